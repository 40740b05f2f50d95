"""What lies under the plan on its map: villages and rivers with their names; and the day it was made."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import geopandas as gpd

from patrolgeo.config import Plan
from patrolgeo.pipeline.naming import with_names
from patrolgeo.pipeline.results import Place
from patrolgeo.privacy.merging import FEW_RESIDENTS
from patrolgeo.sources.osm import is_osm, read_osm_rivers

VILLAGE = ("name", "kind", "township", "population", "geometry")


def base_layers(plan: Plan, place: Place) -> dict[str, gpd.GeoDataFrame]:
    """Return villages and rivers, those that are known: from [units], [population], [barriers] and the roads."""
    layers = {"villages": _villages(place), "barriers": _named(place["barriers"])}
    if plan.roads is not None and is_osm(plan.roads.file):
        layers["rivers"] = read_osm_rivers(plan.roads.file)
    return {key: layer for key, layer in layers.items() if layer is not None and len(layer)}


def _named(layer: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    return None if layer is None else layer[[c for c in ("name", layer.geometry.name) if c in layer]]


def _villages(place: Place) -> gpd.GeoDataFrame | None:
    """Return the named villages as points, the largest first; of the smallest the number of people is not told."""
    layer = place["population"] if place["units"] is None else place["units"]
    named = None if layer is None else with_names(layer)
    if named is None or (place["units"] is None and (named.geom_type != "Point").any()):
        return None
    points = named[[c for c in VILLAGE if c in named]].set_geometry(named.geometry.representative_point())
    if "population" not in points:
        return points
    people = points["population"].where(points["population"] >= FEW_RESIDENTS)
    return points.assign(population=people).sort_values("population", ascending=False, kind="stable")


def day_made(plan: Plan) -> str:
    """Return the day that maps give as theirs: what the plan says, SOURCE_DATE_EPOCH, or today."""
    if plan.made is not None:
        return plan.made
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.now(UTC).astimezone() if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
    return f"{now:%Y-%m-%d}"
