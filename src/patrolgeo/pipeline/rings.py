"""Rings around areas: the roads to close or staff, the gate that stays open, what it means for the people inside."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.config.cordons import CordonWish
from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.pipeline.cameras import check_classes
from patrolgeo.pipeline.results import Place, Ring
from patrolgeo.pipeline.traffic import of_kinds, people_points
from patrolgeo.plan.checkpoints.cordon.plan import seal_cordon
from patrolgeo.plan.checkpoints.traffic import nearest_pieces
from patrolgeo.roads.graph import RoadGraph

NAMES = ("name", "road_class")


def check_rings(plan: Plan, place: Place) -> None:
    """Raise when a ring names an area, class of road or kind of place that the files lack, or has ended already."""
    roads, places = place["roads"], place["places"]
    for wish in plan.cordon:
        at = f"cordon {wish.name!r}"
        _inside(plan, place, wish)
        check_open(plan, place, wish.valid_until, f"{at}: valid_until")
        if roads is not None:
            check_classes(plan, roads, wish.costs, f"{at}: costs")
        if places is not None and wish.gate_to is not None:
            of_kinds(plan.path, places, f"{at}: gate_to", wish.gate_to)


def check_open(plan: Plan, place: Place, valid_until: str, key: str) -> None:
    """Raise when an order had ended before the newest record: what is planned comes after it."""
    newest = place.incidents["time"].max()
    if pd.Timestamp(valid_until).date() < newest.date():
        raise DataError(
            f"{plan.path}: {key} = {valid_until!r} lies before the newest record ({newest:%Y-%m-%d}); an order that "
            "has ended closes no road."
        )


def seal_rings(plan: Plan, place: Place) -> tuple[Ring, ...]:
    """Find the roads that enclose each area that the plan names; none when no ring is wished."""
    graph = place.graph
    return () if graph is None else tuple(_sealed(plan, place, graph, wish) for wish in plan.cordon)


def _sealed(plan: Plan, place: Place, graph: RoadGraph, wish: CordonWish) -> Ring:
    roads, people, places, existing = (place[role] for role in ("roads", "population", "places", "existing"))
    held = () if existing is None else graph.edges["line"].iloc[nearest_pieces(graph, existing)].unique()
    known = {column: roads[column] for column in NAMES if roads is not None and column in roads}
    try:
        ring = seal_cordon(
            graph, _inside(plan, place, wish), wish.depth, wish.direction, valid_until=wish.valid_until,
            basis=wish.basis, costs=wish.costs or None, road_class=known["road_class"] if wish.costs else None,
            existing=held, population=None if people is None else people_points(people),
            hospitals=None if places is None or wish.gate_to is None else places[places["kind"].isin(wish.gate_to)],
        )  # fmt: skip
    except PatrolgeoError as problem:
        raise type(problem)(f"{plan.path}: cordon {wish.name!r}: {problem}") from None
    table = ring.pieces[["line", "cost", "gate", "geometry"]].reset_index(drop=True)
    names = {
        column: table["line"].map(known[column]).replace("", None) if column in known else None for column in NAMES
    }
    return Ring(wish, ring, table.assign(**names).drop(columns="line"))


def _inside(plan: Plan, place: Place, wish: CordonWish) -> gpd.GeoSeries:
    """Return the polygons that a ring names, of today's areas or of the units."""
    layers = [layer for role in ("current", "units") if (layer := place[role]) is not None and "name" in layer]
    known = [str(name) for layer in layers for name in layer["name"].dropna()]
    for name in wish.inside:
        if name not in known:
            hint = nearest(name, known) if known else "; name [current] or [units] with a column name."
            raise DataError(f"{plan.path}: cordon {wish.name!r}: inside holds {name!r}, which no area is called{hint}")
    shapes = [layer.geometry[layer["name"].astype(str).isin(wish.inside)] for layer in layers]
    return pd.concat(shapes)


def rings_summary(rings: tuple[Ring, ...]) -> list[dict[str, Any]]:
    """Return one row a ring: its ground and end, its roads and gates, and what it means for the people inside."""
    return [
        {
            "name": ring.wish.name, "inside": ring.wish.inside, "pieces": len(ring.table),
            "gate_pieces": int(ring.table["gate"].sum()), **ring.plan.summary(), "valid_until": ring.wish.valid_until,
            "gate_to": ring.wish.gate_to or [],
        }
        for ring in rings
    ]  # fmt: skip


def rings_table(rings: tuple[Ring, ...]) -> gpd.GeoDataFrame | None:
    """Return one row a piece of road of a ring: the ring, its basis and end, what it costs, whether it is the gate."""
    if not rings:
        return None
    parts = [
        ring.table.assign(ring=ring.wish.name, basis=ring.wish.basis, valid_until=ring.wish.valid_until)
        for ring in rings
    ]
    columns = ["ring", "name", "road_class", "gate", "cost", "basis", "valid_until", "geometry"]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True)[columns], geometry="geometry", crs=rings[0].table.crs)
