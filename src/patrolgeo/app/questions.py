"""What a planner asks without changing the plan: a road that is closed, another plan beside this one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from patrolgeo import crs
from patrolgeo.app.bench import Bench, is_point
from patrolgeo.app.opened import check_finished, read_areas
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas
from patrolgeo.roads.hexagons import OFF_ROAD_KMH, hexagon_graph
from patrolgeo.words.note import Note

NEAR = 500.0  # metres: how far from a road a click may lie


def close_road(bench: Bench, step: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the areas of now lose when the road nearest to a point is closed: minutes by area, before and then.

    The road is one line of the file of roads. Cells get the speed of the roads that are left, and a river is no longer
    crossed where only this road crossed it.
    """
    point: Any = step.get("at") if isinstance(step, Mapping) else None
    if not is_point(point):
        raise DataError(Note("app_at"))
    roads = bench.roads
    if roads is None or not len(roads):
        raise DataError(Note("app_no_roads"))
    at = _nearest(roads, point)
    plan, grid = bench.draft.plan, HexGrid.from_cells(list(bench.draft.labels.index))
    left = roads.drop(index=roads.index[at])
    speed = bench.wishes["speed_kmh"] if len(left) else OFF_ROAD_KMH  # without any road everybody walks
    travel = hexagon_graph(grid, speed, barriers=bench.barriers, roads=left if len(left) else None)
    rows = [_measured(bench, way, grid) for way in (plan.travel, travel)]
    name = roads["name"].iloc[at] if "name" in roads and isinstance(roads["name"].iloc[at], str) else ""
    return {"closed": {
        "name": name, "line": [np.round(shapely.get_coordinates(part), 6).tolist()
                               for part in shapely.get_parts(crs.to_lonlat(roads, "roads").geometry.iloc[at])],
        "mean": [row.mean_travel_minutes for row in rows],
        "areas": _beside(bench, *rows), "links": len(travel.links) - len(plan.travel.links),
    }}  # fmt: skip


def _nearest(roads: gpd.GeoDataFrame, point: list[float]) -> int:
    """Return the position of the road nearest to a point (longitude, latitude)."""
    local = crs.to_local(roads)
    spot = gpd.GeoSeries([shapely.Point(point)], crs="EPSG:4326").to_crs(local.crs).iloc[0]
    away = shapely.distance(local.geometry.to_numpy(), spot)
    if not away.min() <= NEAR:
        raise DataError(Note("app_no_road"))
    return int(away.argmin())


def _measured(bench: Bench, travel: Any, grid: HexGrid) -> AreaMeasures:
    return measure_areas(bench.draft.labels, bench.draft.plan.workload, travel, grid.geometry)


def _beside(bench: Bench, first: AreaMeasures, other: AreaMeasures) -> list[dict[str, Any]]:
    """Return the minutes of each area in both."""
    both = first.by_area.join(other.by_area.add_suffix("_then"))
    return [
        {"name": bench.names[int(area)], "mean": [float(row["mean_minutes"]), float(row["mean_minutes_then"])],
         "worst": [float(row["worst_minutes"]), float(row["worst_minutes_then"])]}
        for area, row in zip(both.index, both.to_dict("records"), strict=True)
    ]  # fmt: skip


def read_beside(bench: Bench, folder: Path) -> dict[str, Any]:
    """Return another plan of the same cells: the area of each, and work and minutes with this plan's work and ways."""
    check_finished(folder, ("cells.parquet", "plan.gpkg"))
    cells, names = read_areas(folder)
    labels = bench.draft.labels
    if not set(labels.index) <= set(cells.index):
        raise DataError(f"{folder}: the plan has other cells; two plans of the same area and resolution are compared.")
    other = cells["area"].reindex(labels.index)
    plan = bench.draft.plan
    measures = measure_areas(other, plan.workload, plan.travel, HexGrid.from_cells(list(labels.index)).geometry)
    rows = [
        {"area": int(area), "name": names[int(area)], "over_mean": float(row["over_mean"]),
         "mean": float(row["mean_minutes"]), "worst": float(row["worst_minutes"]), "pieces": int(row["pieces"])}
        for area, row in zip(measures.by_area.index, measures.by_area.to_dict("records"), strict=True)
    ]  # fmt: skip
    return {
        "areas": rows, "cells": {cell: int(area) for cell, area in other.items()},
        "heaviest": float(measures.by_area["over_mean"].max()), "minutes": measures.mean_travel_minutes,
    }  # fmt: skip
