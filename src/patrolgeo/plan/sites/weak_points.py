"""What a choice of sites leaves open: blind spots and weak links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._checks import align
from patrolgeo._typing import Ints
from patrolgeo.errors import DataError
from patrolgeo.execution import progress
from patrolgeo.kernels import within
from patrolgeo.roads.arcs import arcs
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.joined import JoinedGraph


def blind_spots(minutes: pd.DataFrame, tiers: Mapping[str, float], on_duty: pd.DataFrame | None = None) -> pd.DataFrame:
    """Which places does no force reach in time, by tier and shift?

    Parameters
    ----------
    minutes
        Travel minutes, units x places.
    tiers
        Minutes within which a unit must be there, by name of the tier.
    on_duty
        Which unit works in which shift, units x shifts of true and false; None: all units, one shift "always".

    Returns
    -------
    DataFrame of true (blind) and false, places x (tier, shift). ``demand @ blind_spots(...)`` is the demand
    that nobody reaches.

    Raises
    ------
    DataError
        When no tier is named.
    AlignmentError
        When `on_duty` lacks units.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import blind_spots
    >>> minutes = pd.DataFrame([[2.0, 8.0]], index=["car"], columns=["town", "hill"])
    >>> blind_spots(minutes, {"urgent": 5})[("urgent", "always")].to_dict()
    {'town': False, 'hill': True}
    """
    shifts = pd.DataFrame({"always": True}, index=minutes.index) if on_duty is None else on_duty
    shifts = align(shifts, minutes.index, "on_duty", "units").astype(bool)
    nearest = {s: minutes[shifts[s].to_numpy()].min().fillna(np.inf) for s in shifts}
    if not tiers:
        raise DataError("tiers names no tier; give minutes by name, for example {'urgent': 5}.")
    table = {(tier, shift): nearest[shift] > within(limit) for tier, limit in tiers.items() for shift in shifts}
    return pd.DataFrame(table, index=minutes.columns).rename_axis(columns=["tier", "shift"])


def weak_units(minutes: pd.DataFrame, demand: pd.Series, max_minutes: float, share: float = 0.01) -> pd.DataFrame:
    """Which units cannot be missed: without them more than `share` of the demand loses its cover.

    Each unit is taken away in turn, exactly.

    Parameters
    ----------
    minutes
        Travel minutes, units x places.
    demand
        Series by place.
    max_minutes
        Reach of a unit.
    share
        Least share of the demand that makes a unit a weak link.

    Returns
    -------
    DataFrame by unit, worst first: `lost` (demand) and `lost_share`, only those above `share`.

    Raises
    ------
    AlignmentError
        When `demand` lacks places.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import weak_units
    >>> minutes = pd.DataFrame([[2.0, 8.0], [3.0, 4.0]], index=["car", "foot"], columns=["town", "hill"])
    >>> weak_units(minutes, pd.Series({"town": 90.0, "hill": 10.0}), 5)["lost"].to_dict()
    {'foot': 10.0}
    """
    reached = (minutes <= within(max_minutes)).to_numpy()
    weight = align(demand, minutes.columns, "demand", "places of minutes")
    alone = reached & (reached.sum(axis=0) == 1)
    return _worst(pd.Series(alone @ weight.to_numpy(), index=minutes.index), float(weight.sum()), share)


def weak_roads(
    graph: RoadGraph | JoinedGraph, bases: Any, demand: pd.Series, max_minutes: float, share: float = 0.01
) -> pd.DataFrame:
    """Which roads cannot be missed: closed, they take more than `share` of the demand out of reach.

    Each road on the fastest ways from the bases is closed in turn and the times are computed anew; a road on no such
    way cannot take anything out of reach.

    Parameters
    ----------
    graph
        The network, alone or joined with hexagons (`join_graphs`), where traffic may go round over the cells.
    bases
        Labels of the units: nodes; in a joined graph also cells.
    demand
        Series by label, as `bases`.
    max_minutes
        Reach from the nearest base.
    share
        Least share of the demand that makes a road a weak link.

    Returns
    -------
    DataFrame by road (`line`), worst first: `lost` (demand) and `lost_share`.

    Raises
    ------
    DataError
        When bases or places are not labels of the graph.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, weak_roads
    >>> ways = [shapely.LineString([(119.9 + k / 100, 31.7), (119.91 + k / 100, 31.7)]) for k in range(2)]
    >>> roads = RoadGraph.from_lines(gpd.GeoSeries(ways, index=["street", "bridge"], crs="EPSG:4326"), speed=30)
    >>> weak_roads(roads, [0], pd.Series({1: 70.0, 2: 30.0}), max_minutes=10)["lost"].to_dict()
    {'street': 100.0, 'bridge': 30.0}
    """
    start, places = (_labels_at(graph, labels) for labels in (bases, demand.index))
    weight = demand.to_numpy(float)
    minutes, before, _ = csgraph.dijkstra(
        graph.minutes, indices=start, min_only=True, limit=within(max_minutes), return_predecessors=True
    )
    reached = np.isfinite(minutes[places])
    arcs = _RoadArcs(graph)
    lines = arcs.on_the_way(before, places[reached])
    lost = []
    for line in progress(lines, what="closing roads"):
        left = csgraph.dijkstra(arcs.without(line), indices=start, min_only=True, limit=within(max_minutes))
        lost.append(float(weight[reached & ~np.isfinite(left[places])].sum()))
    return _worst(pd.Series(lost, index=pd.Index(lines, name="line"), dtype=float), float(weight.sum()), share)


def _labels_at(graph: Any, labels: Any) -> Ints:
    at = graph.labels.get_indexer(pd.Index(labels, tupleize_cols=False))
    if (at < 0).any():
        raise DataError("bases and demand must name nodes (or cells) of the graph; use `roads.locate(points)`.")
    return at


class _RoadArcs:
    """The arcs that roads bring to a graph, so that one road can be closed at a time."""

    def __init__(self, graph: RoadGraph | JoinedGraph) -> None:
        roads, first = (graph, 0) if isinstance(graph, RoadGraph) else (graph.roads, len(graph.on_roads))
        e = roads.edges
        rows = np.arange(len(e), dtype=float)
        tail, head, row_of = arcs(e.source.to_numpy(), e.target.to_numpy(), rows, e.oneway.to_numpy())
        piece = row_of.astype(np.int64)
        number, self.lines = pd.factorize(e.line)
        self.number, self.time = number[piece], e.minutes.to_numpy()[piece]
        self.tail, self.head, self.minutes = tail + first, head + first, graph.minutes.copy()
        self.minutes.sort_indices()
        row = np.repeat(np.arange(self.minutes.shape[0]), np.diff(self.minutes.indptr))
        key = row * self.minutes.shape[0] + self.minutes.indices
        self.entry = np.searchsorted(key, self.tail * self.minutes.shape[0] + self.head)

    def on_the_way(self, before: Ints, places: Ints) -> list[Any]:
        """Return the roads between nodes that follow each other on a fastest way to one of the places."""
        used: set[int] = set()
        waiting = np.unique(places).tolist()
        while waiting:
            node = waiting.pop()
            if before[node] >= 0 and node not in used:
                used.add(node)
                waiting.append(int(before[node]))
        head = np.fromiter(used, np.int64, len(used))
        hit = np.isin(self.head, head) & (before[self.head] == self.tail)
        return self.lines[pd.unique(self.number[hit])].tolist()

    def without(self, line: Any) -> sparse.csr_matrix:
        """Return the minutes with one road closed; where another runs beside it, that one counts."""
        mine = self.number == self.lines.get_loc(line)
        minutes = self.minutes.copy()
        minutes.data[self.entry[mine]] = np.inf
        beside = ~mine & np.isin(self.entry, self.entry[mine])
        np.minimum.at(minutes.data, self.entry[beside], self.time[beside])
        return minutes


def _worst(lost: pd.Series, total: float, share: float) -> pd.DataFrame:
    table = pd.DataFrame({"lost": lost, "lost_share": lost / total if total else 0.0})
    return table[table.lost_share > share].sort_values("lost", ascending=False, kind="stable")
