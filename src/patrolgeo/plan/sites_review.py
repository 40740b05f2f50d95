"""What a choice of sites leaves open: blind spots, weak links, and what one site more would give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csgraph

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.execution import progress
from patrolgeo.plan.sites_cover import max_coverage
from patrolgeo.roads.graph import RoadGraph, arcs, fastest


def marginal_curve(cost: Any, n_sites: Any, max_cost: Any, demand: Any = None, **options: Any) -> pd.DataFrame:
    """What would one site more give?

    `max_coverage` for each number of sites. Because a later number may find a better plan, the curve is read together
    with the bound beside it.

    Parameters
    ----------
    cost, max_cost, demand, options
        As in `max_coverage`.
    n_sites
        Numbers of sites, for example ``range(1, 13)``.

    Returns
    -------
    DataFrame by n_sites: `covered`, `share`, `bound`, `gain` (over the number before), `status`.

    Examples
    --------
    >>> from patrolgeo import marginal_curve
    >>> marginal_curve([[0.0, 9.0], [9.0, 0.0]], [1, 2], 5)["covered"].tolist()
    [1.0, 2.0]
    """
    rows = []
    for n in progress(list(n_sites), what="sites"):
        plan = max_coverage(cost, n, max_cost, demand, **options)
        rows.append((n, plan.objective, plan.covered_share, plan.bound, plan.status))
    table = pd.DataFrame(rows, columns=["n_sites", "covered", "share", "bound", "status"]).set_index("n_sites")
    table.insert(3, "gain", table["covered"].diff().fillna(table["covered"]))
    return table


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

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import blind_spots
    >>> minutes = pd.DataFrame([[2.0, 8.0]], index=["car"], columns=["town", "hill"])
    >>> blind_spots(minutes, {"urgent": 5})[("urgent", "always")].to_dict()
    {'town': False, 'hill': True}
    """
    shifts = pd.DataFrame({"always": True}, index=minutes.index) if on_duty is None else on_duty
    missing = minutes.index.difference(shifts.index)
    if len(missing):
        raise AlignmentError(f"on_duty lacks {len(missing)} of {len(minutes)} units (first: {missing[0]!r}).")
    shifts = shifts.reindex(minutes.index).astype(bool)
    nearest = {s: minutes[shifts[s].to_numpy()].min().fillna(np.inf) for s in shifts}
    table = {(tier, shift): nearest[shift] > limit for tier, limit in tiers.items() for shift in shifts}
    return pd.DataFrame(table, index=minutes.columns).rename_axis(columns=["tier", "shift"])


def weak_units(minutes: pd.DataFrame, demand: pd.Series, max_minutes: float, share: float = 0.01) -> pd.DataFrame:
    """Which units cannot be missed: without them more than `share` of the demand loses its cover.

    Each unit is taken away in turn, exactly.

    Returns
    -------
    DataFrame by unit, worst first: `lost` (demand) and `lost_share`, only those above `share`.
    """
    reached = (minutes <= max_minutes).to_numpy()
    weight = demand.reindex(minutes.columns)
    if weight.isna().any():
        raise AlignmentError(f"demand lacks {weight.isna().sum()} of {len(weight)} places of minutes.")
    alone = reached & (reached.sum(axis=0) == 1)
    return _worst(pd.Series(alone @ weight.to_numpy(), index=minutes.index), float(weight.sum()), share)


def weak_roads(
    roads: RoadGraph, bases: Any, demand: pd.Series, max_minutes: float, share: float = 0.01
) -> pd.DataFrame:
    """Which roads cannot be missed: closed, they take more than `share` of the demand out of reach.

    Each road on the fastest ways from the bases is closed in turn and the times are computed anew; a road on no such
    way cannot take anything out of reach.

    Parameters
    ----------
    roads
        The network.
    bases
        Node labels of the units.
    demand
        Series by node label.
    max_minutes
        Reach from the nearest base.
    share
        Least share of the demand that makes a road a weak link.

    Returns
    -------
    DataFrame by road (`line`), worst first: `lost` (demand) and `lost_share`.
    """
    start, places = roads.labels.get_indexer(pd.Index(bases)), roads.labels.get_indexer(demand.index)
    if (start < 0).any() or (places < 0).any():
        raise DataError("bases and demand must name nodes of the graph; use `roads.locate(points)`.")
    weight = demand.to_numpy(float)
    minutes, before, _ = csgraph.dijkstra(
        roads.minutes, indices=start, min_only=True, limit=max_minutes, return_predecessors=True
    )
    reached = np.isfinite(minutes[places])
    lines = _on_the_way(roads, before, places[reached])
    lost = [float(weight[reached & ~_reached_without(roads, line, start, places, max_minutes)].sum())
            for line in progress(lines, what="closing roads")]  # fmt: skip
    return _worst(pd.Series(lost, index=pd.Index(lines, name="line"), dtype=float), float(weight.sum()), share)


def _on_the_way(roads: RoadGraph, before: Ints, places: Ints) -> list[Any]:
    """Return the roads that join nodes which follow each other on a fastest way to one of the places."""
    used, waiting = set(), list(np.unique(places))
    while waiting:
        node = int(waiting.pop())
        if before[node] >= 0 and node not in used:
            used.add(node)
            waiting.append(before[node])
    source, target = roads.edges.source.to_numpy(), roads.edges.target.to_numpy()
    steps = {(int(before[v]), v) for v in used}
    hit = [(a, b) in steps or (b, a) in steps for a, b in zip(source.tolist(), target.tolist(), strict=True)]
    return list(dict.fromkeys(roads.edges.line[hit]))


def _reached_without(roads: RoadGraph, line: Any, start: Ints, places: Ints, limit: float) -> Bools:
    left = roads.edges[roads.edges.line != line]
    columns = (left.source.to_numpy(), left.target.to_numpy(), left.minutes.to_numpy(), left.oneway.to_numpy())
    times: Floats = csgraph.dijkstra(
        fastest(arcs(*columns), len(roads.nodes)), indices=start, min_only=True, limit=limit
    )
    return np.isfinite(times[places])


def _worst(lost: pd.Series, total: float, share: float) -> pd.DataFrame:
    table = pd.DataFrame({"lost": lost, "lost_share": lost / total if total else 0.0})
    return table[table.lost_share > share].sort_values("lost", ascending=False, kind="stable")
