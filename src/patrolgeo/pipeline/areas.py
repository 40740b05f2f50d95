"""Patrol areas in a run: what they carry, how they are divided, what they are called, what was changed by hand."""

from __future__ import annotations

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.grid.membership import assign_cells
from patrolgeo.pages.borders import spoken_borders
from patrolgeo.pipeline.results import AreaSheet, Forecast, Ground, Hotspots, Place
from patrolgeo.pipeline.villages import Villages, find_villages
from patrolgeo.plan.areas.borders import describe_borders
from patrolgeo.plan.areas.design import AreaPlan, design_areas
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas
from patrolgeo.plan.areas.names import name_areas
from patrolgeo.plan.areas.sensitivity import workload_sensitivity
from patrolgeo.plan.workload import call_rates, workload_index, workload_minutes
from patrolgeo.words.messages import load_words

_OF_NUMBERS = frozenset({"num", "numc", "number", "no", "nr", "nbr", "code"})  # parts of a column's name
_SHORT = {"dist": "district", "distr": "district", "pct": "precinct", "div": "division", "nbhd": "neighbourhood"}
_OF_NO_USE = re.compile(r"^(objectid|fid|ogc_fid|gid|index)|shape|area|length|perimeter|^(x|y|lon|lat)$", re.IGNORECASE)
GREAT_ROADS = ("motorway", "trunk", "national", "primary", "provincial", "secondary", "county")
SENSITIVITY_EFFORT = 50  # moves a unit: the areas are drawn on from where they are


def weigh_workload(
    plan: Plan, place: Place, ground: Ground, forecast: Forecast, hotspots: Hotspots
) -> tuple[pd.DataFrame, str]:
    """Return what each cell asks for, by part, and its unit: minutes where calls are known, else an index."""
    if place["calls"] is not None:
        return _minutes(plan, place["calls"], place, ground, hotspots), "minutes"
    parts = {
        "population": ground.population, "risk": forecast.planned, "roads": ground.road_km,
        "area": ground.grid.area_km2, "visits": inhabited(place, ground),
    }  # fmt: skip
    weights = plan.areas.workload
    return workload_index(**{part: parts[part] for part in weights}, weights=weights, parts=True), "index"


def inhabited(place: Place, ground: Ground) -> pd.Series | None:
    """Return the inhabited villages in each cell; where people come as polygons, 1 in each inhabited cell."""
    people = place["population"]
    if people is None or ground.population is None:
        return None
    if not (people.geom_type == "Point").all():
        return (ground.population >= 0.5).astype(float)
    cells = ground.grid.locate(people[people["population"] > 0])
    return cells.value_counts().reindex(ground.grid.cells, fill_value=0).astype(float)


def _minutes(plan: Plan, calls: gpd.GeoDataFrame, place: Place, ground: Ground, hotspots: Hotspots) -> pd.DataFrame:
    """Return unit-minutes a shift: calls, stops at significant hot spots with the weekly floor, roads to be passed."""
    wish, grid = plan.areas, ground.grid
    rates, kinds = call_rates(
        calls, grid.locate(calls), grid.cells, shift_hours=wish.shift_hours, report_minutes=wish.report_minutes
    )
    return workload_minutes(
        rates, kinds, travel_minutes=_minutes_from_stations(place, ground, kinds),
        visits=_stops(hotspots) * wish.stops, inhabited=inhabited(place, ground),
        stop_minutes=wish.stop_minutes, floor_days=wish.floor_days, shift_hours=wish.shift_hours,
        road_km=ground.road_km, passes=wish.passes_per_week * wish.shift_hours / 168, speed_kmh=wish.speed_kmh,
        parts=True,
    )  # fmt: skip


def _stops(hotspots: Hotspots) -> pd.Series:
    """Return one stop a hot spot, shared out evenly among its cells."""
    spot = hotspots.spots.of_cell
    return (1.0 / spot.map(spot.value_counts())).where(spot > 0, 0.0)


def _minutes_from_stations(place: Place, ground: Ground, kinds: pd.DataFrame) -> pd.Series | float:
    """Return the minutes from the nearest station to each cell; without stations those that the calls took."""
    stations = place.stations
    cells = [] if stations is None else ground.grid.locate(stations).dropna().unique()
    if not len(cells):
        return float(np.average(kinds["travel_minutes"], weights=kinds["calls"]))
    return ground.travel.travel_minutes(cells).min()


def divide_areas(
    plan: Plan, place: Place, ground: Ground, parts: pd.DataFrame, unit: str
) -> tuple[AreaPlan, AreaSheet]:
    """Divide cells or villages into patrol areas: contiguous, balanced, short to travel, with borders people know."""
    wish, lines = plan.areas, border_lines(place)
    villages = find_villages(plan, place, ground, parts)
    nest_in = None if villages is None else villages.jurisdiction
    rules: dict[str, Any] = {"tolerance": wish.tolerance, "random_state": plan.seed, "nest_in": nest_in}
    if villages is None:
        follow = lines.geometry if wish.follow_lines and len(lines) else None
        areas = design_areas(parts, ground.grid, wish.n, travel=ground.travel, follow_lines=follow, **rules)
    else:
        areas = design_areas(villages.sum(parts), None, wish.n, units=villages.units, travel=villages.travel, **rules)
    sensitivity = workload_sensitivity(
        areas, unit=unit, nest_in=nest_in, effort=SENSITIVITY_EFFORT, random_state=plan.seed
    )
    names = _names(place, ground, areas, villages, plan.language)
    areas = _by_hand(plan, areas, names)
    borders = describe_borders(areas, lines if len(lines) else None)
    spoken = spoken_borders(borders, names["name"], plan.language).reindex(names.index)
    of_cell = areas.labels if villages is None else villages.of_cell.map(areas.labels)
    return areas, AreaSheet(names.assign(spoken_border=spoken), of_cell.rename("area"), sensitivity, unit)


def _names(place: Place, ground: Ground, areas: AreaPlan, villages: Villages | None, language: str) -> pd.DataFrame:
    today = areas_of_today(place, ground)
    if today is not None and villages is not None:
        today = today.reindex(villages.main_cell.to_numpy()).set_axis(villages.units.index)
    roads = place["roads"]
    return name_areas(
        areas, place["population"], place.stations, today, None if roads is None or "name" not in roads else roads,
        load_words(language)["area_n"].replace("{n}", "{}"),
    )  # fmt: skip


def _by_hand(plan: Plan, areas: AreaPlan, names: pd.DataFrame) -> AreaPlan:
    """Move the units that the plan file puts into other areas, by their number, name or radio code."""
    wish = plan.areas.reassign
    if not wish:
        return areas
    known = {str(area + 1): area for area in names.index}
    for column in ("radio_code", "name"):
        known |= dict(zip(names[column], names.index, strict=True))
    for unit, to in wish.items():
        if str(to) not in known:
            told = "; ".join(f"{a + 1} {name} {code}" for a, name, code in names[["name", "radio_code"]].itertuples())
            raise DataError(f"{plan.path}: areas.reassign.{unit} = {to!r} is no area. The areas are {told}.")
    return areas.reassign({unit: known[str(to)] for unit, to in wish.items()})


def measure_current(place: Place, ground: Ground, workload: pd.Series) -> AreaMeasures | None:
    """Measure the division of today with the same yardstick; None when the plan names none."""
    today = areas_of_today(place, ground)
    return None if today is None else measure_areas(today, workload, ground.travel, ground.grid.geometry)


def areas_of_today(place: Place, ground: Ground) -> pd.Series | None:
    """Return the name of today's area by cell."""
    current = place["current"]
    return None if current is None else assign_cells(current, ground.grid).map(names_of_today(current))


def names_of_today(current: gpd.GeoDataFrame) -> pd.Series:
    """Return the names of today's areas: column `name`, else the first column that tells them apart ("precinct 40").

    Numbers of rows and sizes tell them apart as well, but nobody knows an area by them.
    """
    columns = [c for c in current.columns if c != current.geometry.name]
    telling = [c for c in columns if current[c].is_unique and not _OF_NO_USE.search(str(c))]
    if "name" in columns:
        return current["name"].astype(str)
    if not telling:
        return pd.Series([f"area {i + 1}" for i in range(len(current))], index=current.index)
    words = [c for c in telling if current[c].astype(str).str.contains(r"[^\W\d_]", regex=True).all()]
    return current[words[0]].astype(str) if words else f"{_called(telling[0])} " + current[telling[0]].astype(str)


def _called(column: Any) -> str:
    """Return the word that a column of numbers begins with: "district" of "dist_numc", "precinct" of "precinct"."""
    parts = [part for part in str(column).lower().split("_") if part not in _OF_NUMBERS]
    return " ".join(_SHORT.get(part, part) for part in parts) or str(column)


def border_lines(place: Place) -> gpd.GeoDataFrame:
    """Return the rivers and great roads that may be a border: `kind`, `name`, line."""
    known = load_words()
    found = []
    roads, barriers = place["roads"], place["barriers"]
    if roads is not None and "road_class" in roads:
        great = roads[roads["road_class"].isin(GREAT_ROADS)]
        found.append(great.assign(kind=[c if f"line_{c}" in known else "road" for c in great["road_class"]]))
    if barriers is not None:
        kind = next((barriers[column] for column in ("kind", "road_class") if column in barriers), "river")
        found.append(barriers.assign(kind=kind))
    tables = [
        table.assign(name=table["name"].fillna("") if "name" in table else "")[["kind", "name", "geometry"]]
        for table in found
    ]
    if not tables:
        return gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs="EPSG:4326")
    lines = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True))
    return lines[shapely.length(lines.geometry.to_numpy()) > 0]
