"""Shifts of a plan: how much is expected in each, and who works through it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.panel.clock import hour_known
from patrolgeo.pipeline.duty import DAY, duty_hours
from patrolgeo.pipeline.results import Forecast
from patrolgeo.risk.hours import Hours, share_in_hours


def check_shifts(plan: Plan, shifts: pd.DataFrame, names: Any, key: str) -> None:
    """Raise when a shift is named that the table of shifts does not know."""
    for name in names:
        if name not in shifts.index:
            raise DataError(
                f"{plan.path}: {key} names the shift {name!r}, which [shifts] lacks{nearest(name, shifts.index)}"
            )


def expected_by_shift(forecast: Forecast, records: gpd.GeoDataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Return expected incidents a period, cells x shifts: those of the cell times the share that falls into the shift.

    The share is that of `predict_hours`: of the area, moved by the surroundings and the cell's own record as far as
    that has helped on the past. Each is estimated by itself, so shifts that fill the day add up about, not exactly.
    """
    past, cells = forecast.history, forecast.planned.index
    share = {
        name: pd.Series(share_in_hours(past, records, Hours.of_shift(shift)), past.cells).reindex(cells, fill_value=0.0)
        for name, shift in shifts.iterrows()
    }
    return pd.DataFrame(share, index=cells).mul(forecast.planned, axis=0)


def expected_by_hour(forecast: Forecast, records: gpd.GeoDataFrame, of_cell: pd.Series) -> pd.DataFrame | None:
    """Return expected incidents a period by area and hour of the day, on all days together; None without hours."""
    by_cell = cells_by_hour(forecast, records)
    return None if by_cell is None else by_cell.groupby(of_cell).sum()


def cells_by_hour(forecast: Forecast, records: gpd.GeoDataFrame) -> pd.DataFrame | None:
    """Return expected incidents a period, cells x hours of the day, on all days together; None without known hours.

    The hours of a cell are those of `predict_hours`, scaled so that they add up to what is expected in the cell.
    """
    if not hour_known(records).any():
        return None
    past, every_day = forecast.history, tuple(range(7))
    share = np.array([share_in_hours(past, records, Hours(every_day, 60 * h, 60 * h + 60)) for h in range(24)])
    return pd.DataFrame((share / share.sum(axis=0)).T, past.cells).mul(forecast.planned, axis=0)


def on_duty(forces: gpd.GeoDataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Return which forces work through the whole of which shift, forces x shifts."""
    start, end = duty_hours(forces)
    table = {}
    for name, shift in shifts.iterrows():
        first, last = int(shift["start"]), int(shift["start"] + shift["minutes"])
        days = [(start + d <= first) & (last <= end + d) for d in (-DAY, 0, DAY)]
        table[name] = np.any(days, axis=0) | (end - start >= DAY)
    return pd.DataFrame(table, index=forces.index)


def hours_of(shift: pd.Series) -> str:
    """Return the hours of a shift in digits, such as "22:00-06:00"."""
    first, last = int(shift["start"]), int(shift["start"] + shift["minutes"])
    return "-".join(f"{m // 60:02d}:{m % 60:02d}" for m in (first, last if last <= DAY else last - DAY))
