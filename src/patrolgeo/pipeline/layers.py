"""The further layers of a run by key, for files, map and report: what a plan need not ask for."""

from __future__ import annotations

import geopandas as gpd

from patrolgeo.pipeline.events import event_areas_table, events_table
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.posts import posts_table
from patrolgeo.pipeline.results import Results
from patrolgeo.pipeline.rings import rings_table
from patrolgeo.pipeline.routes import lines_table, stops_table
from patrolgeo.pipeline.tiers import blind_table
from patrolgeo.pipeline.traffic import borders_table

LAYERS = (
    "posts",
    "blind_spots",
    "weak_units",
    "weak_roads",
    "border_villages",
    "rings",
    "cameras",
    "event_posts",
    "event_areas",
    "routes",
    "stops",
    "day_stops",
)


def further_layers(results: Results) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that the plan asks for and that hold something, by key."""
    plan, place = results.plan, results.place
    made: dict[str, gpd.GeoDataFrame | None] = {}
    if results.posts is not None and plan.posts is not None:
        made["posts"] = posts_table(plan.posts, results.posts, place.area)
    if results.blind is not None:
        made["blind_spots"] = blind_table(results.blind, results.ground)
    if results.weak is not None:
        made["weak_units"] = results.weak.units
        made["weak_roads"] = _near(results, results.weak.roads)
    if results.checkpoints is not None:
        made["border_villages"] = borders_table(place, results.checkpoints)
    if results.rings:
        made["rings"] = _near(results, rings_table(results.rings))
    if results.cameras is not None:
        made["cameras"] = results.cameras.table
    made["event_posts"], made["event_areas"] = events_table(results.events), event_areas_table(results.events)
    if results.routes is not None:
        made["routes"], made["stops"] = lines_table(results.routes), stops_table(results.routes)
        made["day_stops"] = stops_table(results.routes, days=1)
    return {key: layer for key in LAYERS if (layer := made.get(key)) is not None and len(layer)}


def _near(results: Results, lines: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return roads with the name of what is near, since many have no name of their own."""
    if lines is None:
        return None
    known = [results.place[role] for role in ("population", "places")]
    return lines.assign(near_place=nearest_names(lines, known))
