"""Cameras: where they may stand, which of them see most of what is expected, and a sheet for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import nearest
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.config import Plan
from patrolgeo.config.cameras import CameraWish
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.pipeline.consultation import is_refused
from patrolgeo.pipeline.excluded import NO_PATROL, NO_POST, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.results import Cameras, Forecast, Ground, Place
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.plan.sites.cameras import FORBIDDEN, camera_places, camera_sheets, camera_view
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.stretches import cut_stretches

ID_RESOLUTION = 12  # H3 cells of about ten metres: the id of a camera stays the same from run to run
STRETCHES = 4  # of a road within the range of a camera
MOST = 3_000  # candidates: where there are more, those with most expected on their stretch are looked at


@dataclass(frozen=True)
class CameraGround:
    """Roads in stretches, the nodes at which a camera may stand (positions), and what was refused, by kind of place."""

    roads: RoadGraph
    nodes: Ints
    refused: dict[str, int]


def check_cameras(plan: Plan, place: Place) -> None:
    """Raise when a camera is asked for at a road or kind of place that the files lack, or where none may be."""
    wish, roads, places = plan.cameras, place["roads"], place["places"]
    if wish is None or roads is None:
        return
    check_classes(plan, roads, wish.road_classes or [], "cameras.road_classes")
    if places is not None and wish.kinds is not None:
        of_kinds(plan.path, places, "cameras.kinds", wish.kinds)
    for kind in [*wish.include, *(wish.kinds or [])]:
        if kind in FORBIDDEN:
            raise DataError(f"{plan.path}: cameras: a camera is never allowed in: {kind}.")
    for camera in wish.consulted:
        if not (h3.is_valid_cell(camera) and h3.get_resolution(camera) == ID_RESOLUTION):
            raise DataError(
                f"{plan.path}: cameras.consulted names {camera!r}, which is no id of a camera; take the ids from "
                "cameras.geojson of an earlier run."
            )


def check_classes(plan: Plan, roads: gpd.GeoDataFrame, classes: Any, key: str) -> None:
    """Raise when a class of road is named that no road has."""
    known = roads["road_class"].dropna().astype(str).unique() if "road_class" in roads else []
    for name in classes:
        if name not in known:
            raise DataError(f"{plan.path}: {key} holds {name!r}, which no road of [roads] has{nearest(name, known)}")


def find_camera_ground(plan: Plan, place: Place, ground: Ground) -> CameraGround | None:
    """Return where a camera may stand: on the wanted roads and at the wanted places, away from homes and the like.

    Where people want none when they are asked, none may stand.

    Raises
    ------
    InfeasibleError
        When fewer such points are left than cameras are wanted.
    """
    wish, graph = plan.cameras, place.graph
    if wish is None or graph is None:
        return None
    main, beside = _wanted_lines(plan, place, graph)
    roads = cut_stretches(graph, wish.range_m / STRETCHES)
    able = _ends(roads, main) | (_ends(roads, beside) & _near(roads, _wanted_places(plan, place), wish.range_m))
    near, refused = _refused(plan, place, roads, able)
    left_out = of_kind(excluded_ground(plan, place), NO_POST, NO_PATROL)
    unwanted = lies_in(roads.nodes.geometry, left_out) | _unwanted(plan, place, ground, roads)
    nodes = np.flatnonzero(able & ~near & ~unwanted)
    if len(nodes) < wish.n:
        raise InfeasibleError(
            f"{plan.path}: cameras.n = {wish.n}, but only {len(nodes)} points are left on the wanted roads and away "
            f"from homes, worship, clinics ({sum(refused.values())} refused) and where people want none; ask for "
            "fewer, or for other roads."
        )
    return CameraGround(roads, nodes, refused)


def _wanted_places(plan: Plan, place: Place) -> gpd.GeoDataFrame | None:
    places, kinds = place["places"], plan.cameras.kinds if plan.cameras else None
    return None if places is None or kinds is None else places[places["kind"].isin(kinds)]


def _wanted_lines(plan: Plan, place: Place, graph: RoadGraph) -> tuple[pd.Index, pd.Index]:
    """Return the lines of the wanted classes, and those at which wanted places stand."""
    line, classes, layer = graph.edges["line"], plan.cameras.road_classes if plan.cameras else None, place["roads"]
    main = line if classes is None or layer is None else line[line.map(layer["road_class"]).isin(classes)]
    places = _wanted_places(plan, place)
    beside = line.iloc[[] if places is None else graph.along(places)["piece"]]
    return pd.Index(main.unique()), pd.Index(beside.unique())


def _ends(roads: RoadGraph, lines: pd.Index) -> Bools:
    """Return which nodes are ends of pieces of some lines."""
    pieces = roads.edges[roads.edges["line"].isin(lines)]
    able = np.zeros(len(roads.nodes), bool)
    able[np.r_[pieces["source"].to_numpy(), pieces["target"].to_numpy()]] = True
    return able


def _near(roads: RoadGraph, places: gpd.GeoDataFrame | None, metres: float) -> Bools:
    """Return which nodes lie within some metres of a place."""
    near = np.zeros(len(roads.nodes), bool)
    if places is not None and len(places):
        at = crs.to_local(places, roads.center).geometry
        nodes = crs.to_local(roads.nodes, roads.center).geometry
        for own in cKDTree(np.column_stack([nodes.x, nodes.y])).query_ball_point(np.column_stack([at.x, at.y]), metres):
            near[own] = True
    return near


def _refused(plan: Plan, place: Place, roads: RoadGraph, able: Bools) -> tuple[Bools, dict[str, int]]:
    """Return the nodes from which a home, place of worship or clinic lies within the range, and how many by kind."""
    wish, places = plan.cameras, place["places"]
    near = np.zeros(len(able), bool)
    refused: dict[str, int] = {}
    if wish is None or places is None:
        return near, refused
    _, reasons = camera_places(places, wish.include)
    for kind, apart in places.loc[reasons.index].groupby("kind"):
        own = _near(roads, apart, wish.range_m) & able & ~near
        refused[str(kind)] = int(own.sum())
        near |= own
    return near, {kind: n for kind, n in refused.items() if n}


def _unwanted(plan: Plan, place: Place, ground: Ground, roads: RoadGraph) -> Bools:
    """Return the nodes in a cell that people refused, or from which a refused place is seen."""
    if plan.cameras is None or plan.consultation is None:
        return np.zeros(len(roads.nodes), bool)
    places, seen = place["places"], None
    if places is not None:
        seen = places[is_refused(plan, places, ground.grid.locate(places))]
    inside = is_refused(plan, roads.nodes, ground.grid.locate(roads.nodes))
    return np.asarray(inside | _near(roads, seen, plan.cameras.range_m))


def place_cameras(
    plan: Plan, place: Place, ground: Ground, forecast: Forecast, at: CameraGround | None
) -> Cameras | None:
    """Choose the cameras that see most of what is expected on the roads, with their sheets. None when not wished."""
    wish = plan.cameras
    if wish is None or at is None:
        return None
    expected = _on_pieces(at.roads, ground, forecast.planned)
    nodes = _best(at, ground, expected)
    if len(nodes) < wish.n:
        raise InfeasibleError(
            f"{plan.path}: cameras.n = {wish.n}, but only {len(nodes)} points see a road on which anything is expected."
        )
    view = camera_view(at.roads, at.roads.labels[nodes], wish.range_m)
    chosen = max_coverage(view, wish.n, wish.range_m, expected, random_state=plan.seed)
    points = at.roads.nodes.geometry.iloc[nodes[chosen.sites]]
    ids = _ids(points)
    held = {site: wish.consulted[name] for site, name in zip(chosen.sites, ids, strict=True) if name in wish.consulted}
    sheets = camera_sheets(chosen, at.roads, view, wish.purpose, held)
    table = gpd.GeoDataFrame(
        {
            "camera": ids, "roads": _road_names(place, at.roads, view, chosen.sites), "sees_m": sheets["sees_m"],
            "adds_share": chosen.gain / (expected.sum() or 1.0),
            "consulted": sheets["consultation"].where(sheets.index.isin(list(held)), None),
        },
        geometry=points.to_numpy(), crs=points.crs,
    ).set_axis(pd.RangeIndex(1, len(points) + 1, name="rank"))  # fmt: skip
    near = nearest_names(table, [place[role] for role in ("places", "population")])
    return Cameras(chosen, table.assign(name=near), len(nodes), at.refused)


def _on_pieces(roads: RoadGraph, ground: Ground, planned: pd.Series) -> Floats:
    """Return what is expected along each piece of road: that of its cell, spread over its roads by their length."""
    middle = shapely.line_interpolate_point(roads.edges.geometry.to_numpy(), 0.5, normalized=True)
    cell = ground.grid.positions(shapely.get_x(middle), shapely.get_y(middle))
    metres = roads.edges["length_m"].to_numpy()
    there = np.bincount(cell[cell >= 0], metres[cell >= 0], len(ground.grid))
    share = np.where(cell >= 0, metres / np.where(cell >= 0, there[cell], 1.0), 0.0)
    return np.where(cell >= 0, planned.to_numpy()[cell], 0.0) * share


def _best(at: CameraGround, ground: Ground, expected: Floats) -> Ints:
    """Return the candidates in the study area, one for each id, of too many those with most expected beside them."""
    roads = at.roads
    ends = (np.bincount(roads.edges[end], expected, len(roads.nodes)) for end in ("source", "target"))
    beside = np.sum(list(ends), axis=0)
    points = roads.nodes.geometry.iloc[at.nodes]
    nodes = at.nodes[(ground.grid.positions(points.x, points.y) >= 0) & (beside[at.nodes] > 0)]
    nodes = nodes[np.argsort(-beside[nodes], kind="stable")][:MOST]
    return np.sort(nodes[np.unique(_ids(roads.nodes.geometry.iloc[nodes]), return_index=True)[1]])


def _ids(points: gpd.GeoSeries) -> list[str]:
    return [h3.latlng_to_cell(y, x, ID_RESOLUTION) for x, y in zip(points.x, points.y, strict=True)]


def _road_names(place: Place, roads: RoadGraph, view: Any, sites: pd.Index) -> list[str]:
    """Return the names of the roads that each camera sees, "" where they have none."""
    layer = place["roads"]
    if layer is None or "name" not in layer:
        return [""] * len(sites)
    seen = (roads.edges["line"].iloc[view[[site]].indices].unique() for site in sites)
    return [", ".join(dict.fromkeys(n for n in layer.loc[lines, "name"].fillna("").astype(str) if n)) for lines in seen]


def cameras_summary(wish: CameraWish, cameras: Cameras, country: str | None = None) -> dict[str, Any]:
    """Return what the cameras see, how good the choice is, what was refused, and who was asked."""
    chosen = cameras.plan
    total = float(chosen.demand.sum()) or 1.0
    return {
        "n": len(cameras.table), "country": country, "candidates": cameras.candidates, "range_m": wish.range_m,
        "covered_share": chosen.objective / total, "bound": None if chosen.bound is None else chosen.bound / total,
        "gap": chosen.gap, "status": chosen.status, "refused": cameras.refused,
        "consulted": int(cameras.table["consulted"].notna().sum()), "included": dict(wish.include),
        "consulted_elsewhere": sorted(set(wish.consulted) - set(cameras.table["camera"])),
        "purpose": wish.purpose, "operator": wish.operator, "keep_days": wish.keep_days,
    }  # fmt: skip
