"""The traffic of a plan: checkpoints that meet it, and the tables of both for files and maps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.excluded import NO_PATROL, NO_POST, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.results import Checkpoints, Place
from patrolgeo.plan.checkpoints.county import plan_checkpoints
from patrolgeo.plan.checkpoints.key_places import middles
from patrolgeo.roads.graph import RoadGraph


def meet_traffic(plan: Plan, place: Place) -> Checkpoints | None:
    """Put checkpoints where they meet most traffic; hold border villages against both sides. None when not wished."""
    wish, roads, people, places = plan.checkpoints, place["roads"], place["population"], place["places"]
    if wish is None or roads is None or people is None:
        return None
    if wish.key_kinds is not None and places is not None:
        places = of_kinds(plan.path, places, "checkpoints.key_kinds", wish.key_kinds)
    graph = RoadGraph.from_lines(roads, oneway=roads.get("oneway"))
    left_out = of_kind(excluded_ground(plan, place), NO_POST, NO_PATROL)
    chosen = plan_checkpoints(
        graph, _by_name(people), wish.n, crossings=_crossings(place["crossings"]), areas=_named(place["current"]),
        stations=place.stations, existing=place["existing"], grades=wish.grades or None,
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


def _by_name(villages: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the villages under their names, where each has its own."""
    named = "name" in villages and villages["name"].notna().all() and villages["name"].is_unique
    return villages.set_index("name") if named else villages


def _crossings(points: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the crossings; a file may hold border lines beside them, told apart by `kind`."""
    if points is None or not (points["kind"] == "crossing").any():
        return points
    return points[points["kind"] == "crossing"]


def _named(areas: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    return areas.set_index("name") if areas is not None and "name" in areas else areas
