"""Whom a warning concerns: patrol area and shift with most of its records, the post nearest to it, who is on duty."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.duty import counted_forces, duty_hours, works
from patrolgeo.pipeline.reading import read_source
from patrolgeo.risk.hours import Hours

DAY_MINUTES = 1440
KNOWN = ["area", "post", "shift", "forces"]
MOST = 3  # forces that are named


@dataclass(frozen=True)
class Duty:
    """What is known of who patrols; None: not known.

    `shifts` are as `read_shifts` gives them, `areas` is the area's name by fine cell, `posts` has
    names and points, `forces` a row a unit that can be sent: `name`, `area`, and its hours, `start` and `end` in
    minutes.
    """

    shifts: pd.DataFrame | None = None
    areas: pd.Series | None = None
    posts: gpd.GeoDataFrame | None = None
    forces: pd.DataFrame | None = None


def known_duty(plan: Plan) -> tuple[Duty, gpd.GeoDataFrame | None]:
    """Return who patrols by the plan file and the finished plan that [watch] names, and the cells of that plan."""
    shifts = None if plan.shifts is None else read_source(plan, "shifts")[0]
    if plan.watch is None or plan.watch.plan is None:
        return Duty(shifts), None
    folder = plan.path.parent / plan.watch.plan
    cells = _finished(plan, folder)
    posts = folder / "posts.geojson"
    points = gpd.read_file(posts)[["name", "geometry"]] if posts.is_file() else None
    forces = None if plan.forces is None else read_source(plan, "forces")[0]
    if forces is not None:
        forces = who_can_go(plan, forces, cells["area_name"].reindex(located(forces, cells)))
    return Duty(shifts, cells["area_name"], points, forces), cells


def _finished(plan: Plan, folder: Path) -> gpd.GeoDataFrame:
    """Return the cells of a finished plan in degrees, by label."""
    path = folder / "cells.parquet"
    cells = gpd.read_parquet(path) if path.is_file() else pd.DataFrame()
    if "area_name" not in cells:
        raise DataError(
            f"{plan.path}: watch.plan = {plan.watch.plan!r} must be the folder of a finished plan for own use, with "  # type: ignore[union-attr]
            "cells.parquet and the names of its areas; run `patrolgeo plan` first."
        )
    return cells.set_index("cell")[["area_name", "geometry"]].to_crs(4326)


def who_can_go(plan: Plan, forces: gpd.GeoDataFrame, area: pd.Series) -> pd.DataFrame:
    """Return the forces that can man units, with their hours; `area` is that of each force, in their order."""
    start, end = duty_hours(forces)
    names = forces["name"].astype(str) if "name" in forces else pd.Series("", forces.index)
    table = pd.DataFrame(
        {"name": names.to_numpy(), "area": area.to_numpy(), "start": start, "end": end}, index=forces.index
    )
    return table.loc[counted_forces(forces, plan.strength.roles).index].dropna(subset="area")


def located(points: Any, cells: gpd.GeoDataFrame) -> pd.Series:
    """Return the label of the cell of each point, missing outside; `points` are a layer or have `lon` and `lat`."""
    if not isinstance(points, gpd.GeoDataFrame):
        points = gpd.GeoDataFrame(
            geometry=gpd.points_from_xy(points["lon"], points["lat"]), index=points.index, crs=4326
        )
    points = points.to_crs(4326).reset_index(drop=True)
    inside = gpd.sjoin(
        points[["geometry"]], cells[["geometry"]].rename_axis("label").reset_index(), predicate="intersects"
    )
    return inside["label"].groupby(level=0).first().reindex(points.index)


def duty_of_plan(alerts: pd.DataFrame, records: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return the warnings with whom they concern, by the plan file and the finished plan that it names.

    `records` have `time`, `category`, `cell`, `lon` and `lat`.
    """
    duty, cells = known_duty(plan)
    rows = records[_monday(records["time"]).isin(alerts["period"])]
    if cells is not None:
        rows = rows.assign(fine=located(rows, cells).to_numpy())
    return name_duty(alerts, rows, duty)


def name_duty(alerts: pd.DataFrame, records: pd.DataFrame, duty: Duty) -> pd.DataFrame:
    """Return the warnings with `area`, `post`, `shift` and `forces` of each as text; empty where nothing is known.

    `records` have `time`, `category`, `cell` (as the warnings name places) and, where areas are known, the `fine` cell.
    """
    weeks = dict(iter(records.groupby(_monday(records["time"])))) if len(alerts) else {}
    none = records.iloc[:0]
    told = [_duty_of(row, weeks.get(row.period, none), duty) for row in alerts.itertuples()]
    return alerts.assign(**pd.DataFrame(told, index=alerts.index, columns=KNOWN))


def _monday(time: pd.Series) -> pd.Series:
    day = time.dt.normalize()
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D")


def _duty_of(row: Any, week: pd.DataFrame, duty: Duty) -> tuple[str, str, str, str]:
    rows = _of_warning(row, week)
    area = "" if duty.areas is None else _most(rows["fine"].map(duty.areas).dropna())
    post = "" if duty.posts is None or not row.place else _nearest(row.place, duty.posts)
    shift = "" if duty.shifts is None else _busiest(rows["time"], duty.shifts)
    return area, post, shift, _on_duty(area, shift, duty)


def _on_duty(area: str, shift: str, duty: Duty) -> str:
    """Return the forces of the area that are on duty in the middle of the shift; some are named, the others counted."""
    if duty.forces is None or duty.shifts is None or not area or not shift:
        return ""
    hours = Hours.of_shift(duty.shifts.loc[shift])
    middle = (hours.start + hours.end) // 2 % DAY_MINUTES
    there = duty.forces[duty.forces["area"] == area]
    on = there[works(there["start"].to_numpy(), there["end"].to_numpy(), middle)]
    names = sorted({name for name in on["name"] if name})
    return ", ".join(names[:MOST]) + (f" (+{len(on) - MOST})" if len(on) > MOST else "")


def _of_warning(row: Any, week: pd.DataFrame) -> pd.DataFrame:
    """Return the records of the week that a warning speaks of."""
    if row.place:
        cells = {row.place} if row.kind == "place" else set(h3.grid_ring(row.place, 1))
        week = week[week["cell"].isin(cells)]
    if row.kind == "time_of_day":
        first, end = map(int, row.what.split("-"))
        return week[week["time"].dt.hour.between(first, end - 1)]
    return week[week["category"].astype(str) == row.what] if row.what else week


def _most(names: pd.Series) -> str:
    """Return the name that stands most often; of several the first by name."""
    return "" if names.empty else str(names.value_counts().sort_index().idxmax())


def _busiest(time: pd.Series, shifts: pd.DataFrame) -> str:
    """Return the shift with most of the times, of several the shortest; one that lasts all day tells nothing."""
    day, minute = time.dt.day_of_week.to_numpy(), (time.dt.hour * 60 + time.dt.minute).to_numpy()
    best, name = (0, 0), ""
    for label, shift in shifts.iterrows():
        hours = Hours.of_shift(shift)
        length = hours.end - hours.start
        n = int((hours.on_clock(minute) & hours.on_day(day, minute)).sum())
        if length < DAY_MINUTES and n and (n, -length) > best:
            best, name = (n, -length), str(label)
    return name


def _nearest(cell: str, posts: gpd.GeoDataFrame) -> str:
    """Return the post nearest to the middle of a cell, as the crow flies."""
    lat, lon = h3.cell_to_latlng(cell)
    away = np.hypot((posts.geometry.x - lon) * np.cos(np.radians(lat)), posts.geometry.y - lat).to_numpy()
    return "" if not len(away) else str(posts["name"].iloc[int(np.argmin(away))])
