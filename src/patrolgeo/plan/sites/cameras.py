"""Cameras on main routes: where they may stand, what they see along the road, and a sheet for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import check_columns, check_positive
from patrolgeo.errors import DataError
from patrolgeo.kernels import within
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.roads.graph import RoadGraph

FORBIDDEN = frozenset({"room", "dormitory", "bath", "changing_room"})
EXCLUDED = frozenset({"home", "worship", "clinic"})


def camera_places(places: pd.DataFrame, include: Iterable[str] = ()) -> tuple[pd.DataFrame, pd.Series]:
    """Which places may hold a camera?

    Rooms, dormitories, baths and changing rooms never do. Homes, worship and clinics do not unless their kind is named
    in `include`; say in the consultation why.

    Parameters
    ----------
    places
        Column `kind`.
    include
        Kinds of the second group that are wanted all the same.

    Returns
    -------
    The places that are allowed, and a Series of reasons by the label of each place that is not.

    Raises
    ------
    DataError
        When `include` names a forbidden kind.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import camera_places
    >>> allowed, refused = camera_places(pd.DataFrame({"kind": ["market", "clinic", "bath"]}))
    >>> allowed["kind"].tolist(), refused.tolist()
    (['market'], ['excluded by default: clinic', 'forbidden: bath'])
    """
    check_columns(places, ["kind"], "places")
    wanted = set(include)
    if wanted & FORBIDDEN:
        raise DataError(f"A camera is never allowed in: {', '.join(sorted(wanted & FORBIDDEN))}.")
    kind = places["kind"].astype(str)
    forbidden, excluded = kind.isin(FORBIDDEN), kind.isin(EXCLUDED - wanted)
    reason = ("forbidden: " + kind).where(forbidden, "excluded by default: " + kind)
    return places[~(forbidden | excluded)], reason[forbidden | excluded].rename("reason")


def camera_view(roads: RoadGraph, nodes: Any, range_m: float = 80.0) -> sparse.csr_matrix:
    """What does a camera at each node see: metres along the road to the far end of each road piece within range.

    It looks along every road that leaves the node, through bends, up to the next junction (a node where three or more
    road pieces meet) or the end of its range. A piece is seen when all of it is: cut long pieces first
    (`cut_stretches`), which also lets a camera stand between junctions.

    Parameters
    ----------
    roads
        The network.
    nodes
        Node labels of the candidates.
    range_m
        Range in metres.

    Returns
    -------
    CSR, candidates x pieces (rows of `roads.edges`), as `cost` for `max_coverage` with ``max_cost=range_m``.

    Raises
    ------
    DataError
        When `range_m` is not positive, or `nodes` are not labels of nodes.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, camera_view, cut_stretches
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
    >>> roads = cut_stretches(RoadGraph.from_lines(road, speed=40), 20)
    >>> camera_view(roads, [0], range_m=80).data.round().tolist()
    [20.0, 40.0, 60.0, 80.0]
    """
    check_positive(range_m, "range_m")
    at = roads.labels.get_indexer(pd.Index(nodes))
    if (at < 0).any():
        raise DataError("nodes must be labels of nodes of the graph; use `roads.locate(points)`.")
    source, target = roads.edges.source.to_numpy(), roads.edges.target.to_numpy()
    length = roads.edges.length_m.to_numpy()
    ends: list[list[int]] = [[] for _ in range(len(roads.nodes))]
    for e, (a, b) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
        ends[a].append(e)
        ends[b].append(e)
    row: list[int] = []
    column: list[int] = []
    metres: list[float] = []
    for k, node in enumerate(at.tolist()):
        seen: dict[int, float] = {}
        waiting = [(node, e, 0.0) for e in ends[node]]
        while waiting:
            here, e, before = waiting.pop()
            far, reach = int(source[e] + target[e]) - here, before + float(length[e])
            if reach > within(range_m) or reach >= seen.get(e, np.inf):
                continue
            seen[e] = reach
            if len(ends[far]) == 2:  # a bend, not a junction
                waiting += [(far, other, reach) for other in ends[far] if other != e]
        row += [k] * len(seen)
        column += seen.keys()
        metres += seen.values()
    return sparse.csr_matrix((metres, (row, column)), shape=(len(at), len(source)))


def camera_sheets(
    plan: SitePlan,
    roads: RoadGraph,
    view: sparse.csr_matrix,
    purpose: str,
    consulted: Mapping[Any, Any],
    *,
    names: pd.Series | None = None,
) -> pd.DataFrame:
    """Return a sheet for each chosen camera, for the people who live there to read and to object to.

    Parameters
    ----------
    plan
        Answer of `max_coverage` over `view` (its sites are rows of it).
    roads, view
        The network and what each candidate sees.
    purpose
        What the cameras are for, in one sentence.
    consulted
        Date of the consultation by site; without one the sheet says that it is still to be held.
    names
        Names of the roads by `line`; the labels themselves by default.

    Returns
    -------
    DataFrame by site: `purpose`, `sees_m` (metres of road), `sees_lines` (roads), `why`, `sign`, `consultation`.

    Raises
    ------
    DataError
        When a purpose is missing, or a date of consultation cannot be read.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, camera_sheets, camera_view, max_coverage
    >>> road = gpd.GeoSeries([shapely.LineString([(119.9, 31.7), (119.901, 31.7)])], ["Main Street"], crs="EPSG:4326")
    >>> roads = RoadGraph.from_lines(road, speed=40)
    >>> view = camera_view(roads, [0, 1], range_m=100)
    >>> plan = max_coverage(view, 1, 100)
    >>> sheet = camera_sheets(plan, roads, view, "thefts at the market", {0: "2026-05-01"})
    >>> sheet[["sees_lines", "consultation"]].values.tolist()
    [['Main Street', '2026-05-01']]
    """
    if not purpose.strip():
        raise DataError("purpose is empty; say in one sentence what the cameras are for.")
    rows = []
    for site, gain in plan.gain.items():
        pieces = roads.edges.iloc[view[[site]].indices]
        seen = pd.unique(pieces.line if names is None else pieces.line.map(names).fillna("without a name"))
        rows.append({
            "site": site, "purpose": purpose, "sees_m": float(pieces.length_m.sum()),
            "sees_lines": ", ".join(map(str, seen)),
            "why": f"adds {gain:g} of the demand that no camera before it sees",
            "sign": "a sign with purpose, operator and telephone number at every way in",
            "consultation": _date(consulted[site]) if site in consulted else "still to be held",
        })  # fmt: skip
    return pd.DataFrame(rows).set_index("site")


def _date(given: Any) -> str:
    date = pd.to_datetime(given, errors="coerce")
    if pd.isna(date):
        raise DataError(f"consulted: {given!r} is not a date such as 2026-05-01.")
    return f"{date:%Y-%m-%d}"
