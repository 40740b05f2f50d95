"""Ring control: the cheapest roads whose closing encloses an area, with a gate that stays open."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, check_options, check_time
from patrolgeo._show import Rows, some_of
from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.checkpoints.cordon.gates import Rescue, keep_ways_open
from patrolgeo.plan.checkpoints.cordon.multiway import keep_apart
from patrolgeo.plan.checkpoints.cordon.network import Net, cheapest_cut, check_sealable, nodes_of, within_depth
from patrolgeo.plan.outcome import Outcome
from patrolgeo.solver import OPTIMAL


@dataclass(frozen=True, kw_only=True, repr=False)
class CordonPlan(Outcome):
    """The roads that enclose an area or several, what is proved of their cost, and what it does to the people inside.

    Parameters
    ----------
    sites
        Labels (in the layer of lines) of the roads to staff or close.
    pieces
        GeoDataFrame of the road pieces, index = label of the piece in ``graph.edges``: `line`, `cost`, `gate`.
    gates
        Labels of the roads among them that stay open and staffed: at least one for each enclosed part.
    boundary_sites, boundary_cost
        The closure of every road that crosses the boundary of the area, for comparison.
    inside, enclosed
        Labels of the nodes of the areas, and of all nodes on the inner side of the ring.
    area
        Series by enclosed node: the name of the area on whose side it is.
    rescue
        What the ring and its gates mean for the way to the hospital.
    direction, depth
        As asked for.
    valid_until, basis
        Until when the ring may stand, and the legal basis or order it rests on.
    """

    sites: pd.Index
    pieces: gpd.GeoDataFrame
    gates: pd.Index
    boundary_sites: pd.Index
    boundary_cost: float
    inside: pd.Index
    enclosed: pd.Index
    area: pd.Series
    rescue: Rescue
    direction: str
    depth: int
    valid_until: pd.Timestamp
    basis: str

    def _head(self) -> str:
        return (
            f"{len(self.sites)} roads at cost {self.objective:,.6g} around {self.area.nunique()} area(s), {self.status}"
        )

    def _rows(self) -> Rows:
        cut_off = self.rescue.cut_off
        return [
            ("roads", some_of(self.sites)), ("gates", some_of(self.gates)), *self.proof(),
            ("at the boundary", f"{len(self.boundary_sites)} roads at cost {self.boundary_cost:,.6g}"),
            ("direction", self.direction), ("until", f"{self.valid_until:%Y-%m-%d %H:%M}, {self.basis}"),
            ("cut off", "not known" if cut_off is None else f"{cut_off:,.0f} residents"),
        ]  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "sites": len(self.sites), "cost": self.objective, "bound": self.bound, "gap": self.gap,
            "status": self.status, "boundary_sites": len(self.boundary_sites), "boundary_cost": self.boundary_cost,
            "areas": self.area.nunique(),
            "gates": len(self.gates), "direction": self.direction, "valid_until": self.valid_until.isoformat(),
            "basis": self.basis, **self.rescue.summary(),
        }  # fmt: skip

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the road pieces of the ring."""
        return self.pieces


class People(TypedDict, total=False):
    """Who lives inside a ring, and where they are brought."""

    population: gpd.GeoDataFrame | None
    hospitals: gpd.GeoSeries | gpd.GeoDataFrame | None


def seal_cordon(
    graph: Any,
    inside: Any,
    depth: int = 15,
    direction: str = "both",
    *,
    valid_until: Any = None,
    basis: str | None = None,
    costs: Any = None,
    road_class: pd.Series | None = None,
    existing: Any = (),
    forbidden: Any = (),
    outside: Any = None,
    **people: Unpack[People],
) -> CordonPlan:
    """Which roads, staffed or closed at least cost, enclose an area (or several)?

    A minimum cut between the area and everything more than `depth` hops (road pieces) beyond it. It may lie anywhere in
    that ring, where the network is narrow, and is never dearer than closing every road at the boundary. At least one
    road of the ring for each enclosed part stays open as a staffed gate, the one with the shortest ways to hospital.
    The result is checked by a search over the network.

    Parameters
    ----------
    graph
        A `RoadGraph`.
    inside
        The area: polygons (the nodes within them), points (their nearest nodes), or node labels. A mapping of several
        areas by name encloses each of them, so that no way leads from one to another either (a multiway cut).
    depth
        Only roads with both ends at most this many hops beyond the area may be closed.
    direction
        "out": nobody drives out; "in": nobody drives in; both go by one-way rules. "both": nobody passes either way,
        and nobody escapes against a one-way street.
    valid_until
        Until when the ring may stand (date or time). Needed.
    basis
        Legal basis or order. Needed.
    costs
        What it costs to staff a road (officers, say): Series or mapping by its label in the layer of lines, or by class
        when `road_class` is given; 1 where it is silent.
    road_class
        Series by road label, for example ``roads["road_class"]``.
    existing
        Labels of roads with a checkpoint that is there already: they cost nothing.
    forbidden
        Labels of roads that must not be closed.
    outside
        Polygons, points or node labels to be separated from the area, in place of all that lies beyond `depth`; then
        every road may be closed.
    people
        `population`, points with the column `population`, and `hospitals`, points: for the gates, and for the report
        on the people inside.

    Returns
    -------
    CordonPlan; `objective` is the cost. For one area `bound` is the maximum flow, which equals it; for several, what
    no plan can cost less than.

    Raises
    ------
    DataError
        Without `valid_until` or `basis`, when no node lies inside, or areas share nodes.
    InfeasibleError
        When nothing lies beyond, or roads that must not be closed lead out; the message names them.

    References
    ----------
    Ford and Fulkerson (1956), Maximal flow through a network, doi:10.4153/CJM-1956-045-5.
    Dahlhaus, Johnson, Papadimitriou, Seymour and Yannakakis (1994), The complexity of multiterminal cuts,
    doi:10.1137/S0097539792225297.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, seal_cordon
    >>> ways = [[(0, 0), (1, 1)], [(0, 0), (1, -1)], [(1, 1), (2, 0)], [(1, -1), (2, 0)], [(2, 0), (3, 0)]]
    >>> lines = gpd.GeoSeries([shapely.LineString([(119.9 + x / 100, 31.7 + y / 100) for x, y in w]) for w in ways],
    ...                       index=["north 1", "south 1", "north 2", "south 2", "bridge"], crs="EPSG:4326")
    >>> ring = seal_cordon(RoadGraph.from_lines(lines), [0], depth=2, valid_until="2024-03-01", basis="order 12")
    >>> ring.sites.tolist(), ring.objective, ring.boundary_cost
    (['north 1', 'south 1'], 2.0, 2.0)
    >>> seal_cordon(RoadGraph.from_lines(lines), [0], outside=[4], valid_until="2024-03-01", basis="order 12").sites
    Index(['bridge'], dtype='str', name='line')
    """
    begin = time.process_time()
    check_options(people, People, "seal_cordon")
    until = check_mandate(valid_until, basis)
    check_choice(direction, ["both", "in", "out"], "direction")
    net = Net.of(graph, direction, road_costs(graph, costs, road_class, existing, forbidden))
    areas = _areas(graph, inside)
    area = np.any(list(areas.values()), axis=0)
    net, beyond = _beyond(graph, net, area, depth, outside)
    cut = _separate(net, list(areas.values()), beyond, direction)
    ring = np.flatnonzero(cut.closed)
    gates, rescue = keep_ways_open(graph, ring, cut.sides, people.get("population"), people.get("hospitals"))
    boundary = np.any([net.crossing(area) for area in areas.values()], axis=0)
    side = _by_area(graph, dict(zip(areas, cut.sides, strict=True)))
    line = graph.edges["line"]
    pieces = graph.edges.iloc[ring][["line", "geometry"]].assign(cost=net.cost[ring], gate=np.isin(ring, gates))
    return CordonPlan(
        objective=float(net.cost[ring].sum()), bound=cut.bound, status=cut.status,
        runtime=time.process_time() - begin,
        sites=_labels(line.iloc[ring]), pieces=pieces, gates=_labels(line.iloc[gates]),
        boundary_sites=_labels(line[boundary]), boundary_cost=float(net.cost[boundary].sum()),
        inside=graph.labels[area], enclosed=side.index, area=side, rescue=rescue, direction=direction, depth=depth,
        valid_until=until, basis=str(basis),
    )  # fmt: skip


def _areas(graph: Any, inside: Any) -> dict[Any, Bools]:
    """Return the nodes of each area by its name; areas must not share nodes."""
    named = dict(inside) if isinstance(inside, Mapping) else {"area": inside}
    areas = {name: nodes_of(graph, area, "inside" if len(named) == 1 else f"inside[{name!r}]")
             for name, area in named.items()}  # fmt: skip
    shared = np.sum(list(areas.values()), axis=0) > 1
    if shared.any():
        raise DataError(f"inside: {shared.sum()} nodes (first: {graph.labels[shared][0]!r}) lie in two areas.")
    return areas


def _beyond(graph: Any, net: Net, area: Bools, depth: int, outside: Any) -> tuple[Net, Bools]:
    """Return the nodes to be cut off from the area, and the network with the roads that may be closed for it."""
    if outside is None:
        return within_depth(net, area, depth)
    beyond = nodes_of(graph, outside, "outside")
    if (area & beyond).any():
        raise DataError("inside and outside share nodes; an area cannot be sealed from itself.")
    return net, beyond


class _Ring(NamedTuple):
    """Pieces to close, the nodes on the inner side by area, and what is proved."""

    closed: Bools
    sides: list[Bools]
    bound: float
    status: str


def _separate(net: Net, areas: list[Bools], beyond: Bools, direction: str) -> _Ring:
    """Find the ring, and make sure by a search that it holds."""
    others = [np.any([beyond, *areas[:k], *areas[k + 1 :]], axis=0) for k in range(len(areas))]
    for area, other in zip(areas, others, strict=True):
        check_sealable(net, area, other)
    if len(areas) == 1:
        cut = cheapest_cut(net, areas[0], beyond)
        ring = _Ring(net.crossing(cut.side), [cut.side], cut.flow, OPTIMAL)
    else:
        apart = keep_apart(net, areas, beyond, direction == "both")
        ring = _Ring(apart.closed, [net.reached(a, apart.closed) for a in areas], apart.bound, apart.status)
    for area, other in zip(areas, others, strict=True):
        if (net.reached(area, ring.closed) & other).any():
            raise AssertionError("the ring leaks")  # a cut cannot; tests hold it
    return ring


def _by_area(graph: Any, masks: dict[Any, Bools]) -> pd.Series:
    """Return the area of each node that lies in one, Series by node label."""
    parts = [pd.Series(name, index=graph.labels[mask], dtype=object) for name, mask in masks.items()]
    return pd.concat(parts).rename("area")


def check_mandate(valid_until: Any, basis: str | None) -> pd.Timestamp:
    """Return until when closed roads may stay closed; refuse a plan without an end or a legal basis."""
    if valid_until is None or pd.isna(valid_until):
        raise DataError("valid_until is missing: say until when the roads may be closed, e.g. '2024-03-01 18:00'.")
    if not (isinstance(basis, str) and basis.strip()):
        raise DataError("basis is missing: name the law or order that the closing of roads rests on.")
    return check_time(valid_until, "valid_until")


def road_costs(graph: Any, costs: Any, road_class: Any, existing: Any, forbidden: Any) -> Floats:
    """Return the cost of each road piece: by road or class, 1 where nothing is said; existing 0, forbidden infinite."""
    code, lines = pd.factorize(graph.edges["line"])
    given = pd.Series(dtype=float) if costs is None else pd.Series(costs, dtype=float)
    if not (given.to_numpy() >= 0).all():
        raise DataError("costs holds negative or missing values; a road costs 0 or more, inf if it must stay open.")
    if given.index.has_duplicates:
        raise DataError(f"costs names {given.index[given.index.duplicated()][0]!r} twice; give each road one cost.")
    both = pd.Index(existing).intersection(pd.Index(forbidden))
    if len(both):
        raise DataError(f"{both[0]!r} is named in existing and in forbidden; a road is closed or must stay open.")
    cost = pd.Series(1.0, lines)
    if road_class is None:
        cost[_known(given.index, lines, "costs")] = given.to_numpy()
    else:
        kind = pd.Series(road_class).reindex(lines)
        _known(given.index, pd.Index(kind.unique()), "costs", "no road has as its class")
        cost = kind.map(given).astype(float).fillna(1.0)
    cost[_known(existing, lines, "existing")] = 0.0
    cost[_known(forbidden, lines, "forbidden")] = np.inf
    return cost.to_numpy()[code]


def _known(labels: Any, known: pd.Index, name: str, lacking: str = "the graph lacks") -> pd.Index:
    labels = pd.Index(labels, dtype=known.dtype if not len(labels) else None)
    missing = labels.difference(known, sort=False)
    if len(missing):
        raise DataError(f"{name} names {len(missing)} of {len(labels)} that {lacking} (first: {missing[0]!r}).")
    return labels


def _labels(lines: pd.Series) -> pd.Index:
    return pd.Index(lines.unique(), name="line")
