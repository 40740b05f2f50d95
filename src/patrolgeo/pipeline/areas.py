"""Patrol areas in a run: what they carry, how they are divided, what they are called, what was changed by hand."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.pages.borders import spoken_borders
from patrolgeo.pipeline.area_choices import chosen_goals, chosen_rules, more_change, other_numbers
from patrolgeo.pipeline.kept import (
    Kept,
    anchor_cells,
    areas_of_today,
    find_kept,
    keep_areas,
    outlines_of_today,
    rules_of_keeping,
    said_of_change,
)
from patrolgeo.pipeline.results import AreaSheet, Counts, Forecast, Ground, Hotspots, Place
from patrolgeo.pipeline.shift_areas import areas_by_shift, work_by_shift
from patrolgeo.pipeline.villages import Villages, find_villages, kept_together
from patrolgeo.plan.areas.borders import describe_borders
from patrolgeo.plan.areas.design import AreaPlan, design_areas
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas
from patrolgeo.plan.areas.names import name_areas, radio_codes
from patrolgeo.plan.areas.rules import AreaRules
from patrolgeo.plan.areas.sensitivity import workload_sensitivity
from patrolgeo.plan.workload import call_rates, workload_index, workload_minutes
from patrolgeo.words.messages import load_words

GREAT_ROADS = ("motorway", "trunk", "national", "primary", "provincial", "secondary", "county")
USUAL_TOLERANCE = 0.02  # as `design_areas` has it
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
    rates /= plan.calls.share_of_week if plan.calls is not None else 1.0  # a shift lies in the hours that were chosen
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
    plan: Plan,
    place: Place,
    ground: Ground,
    counts: Counts,
    forecast: Forecast,
    parts: pd.DataFrame,
    unit: str,
) -> tuple[AreaPlan, AreaSheet]:
    """Divide cells or villages into patrol areas: contiguous, balanced, short to travel, with borders people know."""
    lines, villages = border_lines(place), find_villages(plan, place, ground, parts)
    kept = find_kept(plan, place, ground, villages)
    areas, beside = _divide(plan, place, ground, parts, unit, villages, kept)
    names = _names(place, ground, areas, villages, plan.language) if kept is None else _names_of(kept)
    areas = _by_hand(plan, areas, names)
    rules, by_shift = beside.pop("rules", None), work_by_shift(plan, place, counts, forecast, parts)
    if by_shift is not None and rules is not None:
        beside |= areas_by_shift(plan, by_shift, areas, rules, villages)
    borders = describe_borders(areas, lines if len(lines) else None)
    spoken = spoken_borders(borders, names["name"], plan.language).reindex(names.index)
    of_cell = areas.labels if villages is None else villages.of_cell.map(areas.labels)
    village = rules.together if villages is None and rules is not None else None
    village = village if villages is None else villages.of_cell
    return areas, AreaSheet(
        names.assign(spoken_border=spoken), of_cell.rename("area"), unit=unit, village=village, **beside
    )


def _divide(
    plan: Plan, place: Place, ground: Ground, parts: pd.DataFrame, unit: str, villages: Villages | None,
    kept: Kept | None,
) -> tuple[AreaPlan, dict[str, Any]]:  # fmt: skip
    """Return the areas, and what stands beside: rules, how much hangs on the weights, other numbers, more change."""
    work = parts if villages is None else villages.sum(parts)
    travel = ground.travel if villages is None else villages.travel
    if kept is not None and plan.areas.keep == "exactly":
        outlines = ground.grid.geometry if villages is None else villages.units.geometry
        drawn = outlines_of_today(place, list(kept.names)) if villages is None else None
        return keep_areas(kept, work, travel, outlines, drawn), {"sensitivity": pd.DataFrame()}
    whole = kept_together(plan, place, ground.grid)
    nest_in = whole.get("nest_in") if villages is None else villages.jurisdiction
    standing = anchor_cells(plan, place, ground)
    rules: dict[str, Any] = {
        "anchors": list(standing if villages is None else villages.of_cell[standing].unique()),
        "tolerance": USUAL_TOLERANCE if plan.areas.tolerance is None else plan.areas.tolerance,
        **({} if kept is None else rules_of_keeping(plan, kept, work.sum(axis=1), travel)),
    }
    kept_to = chosen_rules(plan.areas, {**rules, **whole, "nest_in": nest_in})
    ground_of: dict[str, Any] = {"travel": travel, "units": ground.grid if villages is None else villages.units}
    asked: dict[str, Any] = {
        "rules": kept_to, "current": rules.get("current"), "random_state": plan.seed,
        "objective": chosen_goals(plan.areas),
    }  # fmt: skip
    n = plan.areas.n if kept is None else len(kept.names)
    if villages is None:
        lines = border_lines(place).geometry if plan.areas.follow_lines and kept is None else ()
        areas = design_areas(work, ground.grid, n, travel=travel, follow_lines=lines if len(lines) else None, **asked)
    else:
        areas = design_areas(work, None, n, units=villages.units, travel=travel, **asked)
    areas = areas if kept is None else said_of_change(areas)
    again = {**ground_of, "random_state": plan.seed}
    beside: dict[str, Any] = {
        "numbers": other_numbers(plan.areas, work, kept_to, again),
        "change": more_change(plan.areas, areas, kept_to, again),
    }
    held = AreaRules(anchors=rules["anchors"], fixed=rules.get("fixed", ()), together=whole.get("together"))
    return areas, beside | {
        "rules": kept_to,
        "sensitivity": workload_sensitivity(
            areas, unit=unit, nest_in=nest_in, effort=SENSITIVITY_EFFORT, random_state=plan.seed, rules=held
        ),
    }


def _names_of(kept: Kept) -> pd.DataFrame:
    names = pd.Series(kept.names, name="name")
    return pd.DataFrame({"name": names, "radio_code": radio_codes(names)})


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


def area_middles(ground: Ground, workload: pd.Series, areas: AreaPlan, sheet: AreaSheet) -> list[int]:
    """Return the cell (position) in the middle of each area: its centre, or the one nearest the middle of its work."""
    cells, xy, found = ground.grid.cells, ground.grid.xy, []
    served = areas.centers.reindex(cells)  # by village, when villages were divided: no cell is named then
    for _, own in sheet.of_cell.groupby(sheet.of_cell):
        at, center = cells.get_indexer(own.index), served[own.index].dropna()
        if len(center):
            found.append(int(cells.get_loc(center.iloc[0])))
            continue
        weight = workload[own.index].to_numpy() + 1e-12
        off = xy[at] - np.average(xy[at], axis=0, weights=weight)
        found.append(int(at[(off**2).sum(axis=1).argmin()]))
    return found
