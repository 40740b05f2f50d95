"""Shifts of a plan: how much is expected in each, and who works through it."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.panel.shifts import falls_into
from patrolgeo.pipeline.duty import DAY, duty_hours

USUAL = 20.0  # incidents: a cell with fewer goes mostly by the hours of the whole area


def check_shifts(plan: Plan, shifts: pd.DataFrame, names: Any, key: str) -> None:
    """Raise when a shift is named that the table of shifts does not know."""
    for name in names:
        if name not in shifts.index:
            raise DataError(
                f"{plan.path}: {key} names the shift {name!r}, which [shifts] lacks{nearest(name, shifts.index)}"
            )


def expected_by_shift(planned: pd.Series, records: gpd.GeoDataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """Return expected incidents a period, cells x shifts: those of the cell times the share that falls into the shift.

    The share of a cell leans on that of the whole area, as if it had `USUAL` more incidents like the others.
    """
    inside = pd.DataFrame({name: falls_into(records["time"], shift) for name, shift in shifts.iterrows()})
    cell = records["cell"].to_numpy()
    counts = inside.groupby(cell).sum().reindex(planned.index, fill_value=0)
    n = pd.Series(cell).value_counts().reindex(planned.index, fill_value=0)
    usual = inside.mean() if len(inside) else (shifts["minutes"] / DAY).clip(upper=1.0)
    share = (counts + USUAL * usual).div(n + USUAL, axis=0)
    return share.mul(planned, axis=0)


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
