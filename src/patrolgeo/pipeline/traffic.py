"""The traffic of a plan: checkpoints that meet it, and the tables of both for files and maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.config.checkpoints import CheckpointWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.excluded import NO_PATROL, NO_POST, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.results import Checkpoints, Place
from patrolgeo.plan.checkpoints.border_help import POST
from patrolgeo.plan.checkpoints.county import plan_checkpoints
from patrolgeo.plan.checkpoints.key_places import middles


def meet_traffic(plan: Plan, place: Place) -> Checkpoints | None:
    """Put checkpoints where they meet most traffic; hold border villages against both sides. None when not wished."""
    wish, roads, people, places = plan.checkpoints, place["roads"], place["population"], place["places"]
    if wish is None or roads is None or people is None or place.graph is None:
        return None
    if wish.key_kinds is not None and places is not None:
        places = of_kinds(plan.path, places, "checkpoints.key_kinds", wish.key_kinds)
    graph = place.graph
    left_out = of_kind(excluded_ground(plan, place), NO_POST, NO_PATROL)
    chosen = plan_checkpoints(
        graph, _by_name(people_points(people)), wish.n, crossings=_crossings(place["crossings"]),
        areas=_named(place["current"]), stations=None if place.stations is None else _by_name(place.stations),
        existing=place["existing"], gates=place["gates"], grades=wish.grades or None,
        key_places=None if wish.key_kinds is None else places, key_minutes=wish.key_minutes,
        reach_minutes=wish.border_minutes, n_border_posts=wish.border_posts, officers=wish.officers,
        random_state=plan.seed, closed=graph.edges.index[lies_in(middles(graph, graph.edges.index), left_out)],
    )  # fmt: skip
    names = roads["name"] if "name" in roads else pd.Series(pd.NA, roads.index)
    return Checkpoints(chosen, graph.edges[["geometry"]].assign(road=graph.edges["line"].map(names)))


def of_kinds(path: Path, places: gpd.GeoDataFrame, key: str, kinds: Sequence[str]) -> gpd.GeoDataFrame:
    """Return the places of the wanted kinds; an unknown kind is an error that names the nearest known one."""
    known = places["kind"].unique()
    for kind in kinds:
        if kind not in known:
            raise DataError(f"{path}: {key} holds {kind!r}, which no place has{nearest(kind, known)}")
    return places[places["kind"].isin(kinds)]


def checkpoints_table(checkpoints: Checkpoints) -> gpd.GeoDataFrame:
    """Return one row a checkpoint, with the name of its road where it has one."""
    table = checkpoints.plan.to_gdf()
    names = checkpoints.roads["road"].reindex(table["piece"]).to_numpy()
    return table.assign(road=pd.Series(names, table.index).replace("", pd.NA)).drop(columns="piece")


def flows_table(checkpoints: Checkpoints) -> gpd.GeoDataFrame:
    """Return one row a piece of road with traffic: its trips a day."""
    load = checkpoints.plan.traffic.load
    load = load[load > 0]
    return gpd.GeoDataFrame({"trips": load}, geometry=checkpoints.roads.geometry.loc[load.index])


def people_points(people: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the people at points: of polygons at a point within them."""
    return people.set_geometry(people.geometry.representative_point())


def _by_name(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return villages or stations under their names, where each has its own."""
    named = "name" in layer and layer["name"].notna().all() and layer["name"].is_unique
    return layer.set_index("name") if named else layer


def _crossings(points: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the crossings; a file may hold border lines beside them, told apart by `kind`."""
    if points is None or not (points["kind"] == "crossing").any():
        return points
    return points[points["kind"] == "crossing"]


def _named(areas: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    return areas.set_index("name") if areas is not None and "name" in areas else areas


def traffic_summary(wish: CheckpointWish, place: Place, checkpoints: Checkpoints) -> dict[str, Any]:
    """Return the numbers of the checkpoints with their ground, and how far the traffic was fitted to gates."""
    gates, proposals = place["gates"], checkpoints.plan.proposals
    told = checkpoints.plan.summary() | {
        "border_minutes": wish.border_minutes, "purpose": wish.purpose, "basis": wish.basis,
        "valid_until": wish.valid_until,
    }  # fmt: skip
    if proposals is not None:
        told["border_posts_proposed"] = int(proposals["by"][proposals["proposal"] == POST].nunique())
    return told if gates is None else told | {"gates": len(gates), "gates_counted": float(gates["count"].sum())}


def borders_table(place: Place, checkpoints: Checkpoints) -> gpd.GeoDataFrame | None:
    """Return one row a border village and side from which nobody comes in time: what can be done, by whom."""
    proposals, people = checkpoints.plan.proposals, place["population"]
    if proposals is None or people is None:
        return None
    points = _by_name(people_points(people)).geometry
    table = proposals.rename(columns={"place": "name", "demand": "residents", "minutes": "minutes_away"})
    shapes = points.loc[table["name"]].to_numpy()
    return gpd.GeoDataFrame(table.assign(by=table["by"].map(str, na_action="ignore")), geometry=shapes, crs=points.crs)
