"""Whom a warning concerns: the patrol area and the shift with most of its records, and the post nearest to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.pipeline.reading import read_source
from patrolgeo.risk.hours import Hours

DAY_MINUTES = 1440


@dataclass(frozen=True)
class Duty:
    """What is known of who patrols; None: not known.

    `shifts` are as `read_shifts` gives them, `areas` is the area's name by fine cell, `posts` has
    names and points.
    """

    shifts: pd.DataFrame | None = None
    areas: pd.Series | None = None
    posts: gpd.GeoDataFrame | None = None


def known_duty(plan: Plan) -> Duty:
    """Return what a plan file knows before it is run: its shifts."""
    return Duty(None if plan.shifts is None else read_source(plan, "shifts")[0])


def name_duty(alerts: pd.DataFrame, records: pd.DataFrame, duty: Duty) -> pd.DataFrame:
    """Return the warnings with `area`, `post` and `shift` of each as text; empty where nothing is known.

    `records` have `time`, `category`, `cell` (as the warnings name places) and, where areas are known, the `fine` cell.
    """
    weeks = dict(iter(records.groupby(_monday(records["time"])))) if len(alerts) else {}
    none = records.iloc[:0]
    told = [_duty_of(row, weeks.get(row.period, none), duty) for row in alerts.itertuples()]
    return alerts.assign(**pd.DataFrame(told, index=alerts.index, columns=["area", "post", "shift"]))


def _monday(time: pd.Series) -> pd.Series:
    day = time.dt.normalize()
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D")


def _duty_of(row: Any, week: pd.DataFrame, duty: Duty) -> tuple[str, str, str]:
    rows = _of_warning(row, week)
    area = "" if duty.areas is None else _most(rows["fine"].map(duty.areas).dropna())
    post = "" if duty.posts is None or not row.place else _nearest(row.place, duty.posts)
    return area, post, "" if duty.shifts is None else _busiest(rows["time"], duty.shifts)


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
