"""The time of patrols as arrays: the cell of every row, what is a gap, and the stays of units in cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_number, check_type
from patrolgeo._typing import Bools, Ints
from patrolgeo.grid.units import Units
from patrolgeo.sources.patrols import as_patrols
from patrolgeo.sources.track_faults import by_unit_and_time

TICKS = 60_000_000  # of a minute: sums of whole microseconds are exact
OUTSIDE, NO_PLACE = -1, -2


@dataclass(frozen=True)
class Rows:
    """Rows of patrols: when, in which cell (`OUTSIDE` the grid, `NO_PLACE`), for how long, and of which unit.

    `ticks` are whole microseconds, 0 where the time is not known (`known`); `gaps` are positions after which the unit
    was not seen for too long.
    """

    time: pd.Series
    cell: Ints
    ticks: Ints
    known: Bools
    gaps: Bools
    unit: Ints
    stops: bool

    @property
    def counted(self) -> Bools:
        """Which rows have minutes for a cell of the grid."""
        return (self.cell >= 0) & ~self.gaps


def rows_of(patrols: Any, grid: Any, max_gap_minutes: float, min_stay_minutes: float) -> Rows:
    """Return the rows of patrols, positions by unit and time; arguments are checked here."""
    check_type(grid, Units, "grid", "HexGrid.from_area(area), for example")
    check_number(max_gap_minutes, "max_gap_minutes", above=0)
    check_number(min_stay_minutes, "min_stay_minutes", least=0)
    table = as_patrols(patrols)
    stops = "start" in table.columns
    unit = pd.factorize(table["unit"])[0]
    if not stops:
        order = by_unit_and_time(unit, table["time"].to_numpy())
        table, unit = table.iloc[order], unit[order]
    minutes = table["minutes"].to_numpy(float)
    ticks = np.rint(np.nan_to_num(minutes) * TICKS).astype(np.int64)
    lon, lat = table["lon"].to_numpy(float), table["lat"].to_numpy(float)
    placed = np.isfinite(lon) & np.isfinite(lat)
    cell = np.full(len(table), NO_PLACE)
    cell[placed] = grid.positions(lon[placed], lat[placed])
    gaps = np.zeros(len(table), bool) if stops else ticks > max_gap_minutes * TICKS
    return Rows(table["start" if stops else "time"], cell, ticks, np.isfinite(minutes), gaps, unit, stops)


def visits_of(rows: Rows, min_stay_minutes: float) -> Ints:
    """Return the rows with which a visit begins: a stop, or the first position of a stay in a cell of the grid.

    A stay is a run of positions of one unit in one cell, over gaps and positions without a place; it is a visit when
    its minutes (those that are no gap) are at least `min_stay_minutes`.
    """
    least = min_stay_minutes * TICKS
    if rows.stops:
        return np.flatnonzero((rows.cell >= 0) & (rows.ticks >= least))
    placed = np.flatnonzero(rows.cell != NO_PLACE)
    begins = np.ones(len(placed), bool)
    begins[1:] = (np.diff(rows.cell[placed]) != 0) | (np.diff(rows.unit[placed]) != 0)
    first = placed[begins]
    if least:
        ticks = np.where(rows.gaps, 0, rows.ticks)[placed]
        first = first[np.add.reduceat(ticks, np.flatnonzero(begins)) >= least] if len(first) else first
    return first[rows.cell[first] >= 0]


def minutes_by(label: Ints, ticks: Ints, n: int) -> Any:
    """Return the minutes by label, shape (n,)."""
    return np.bincount(label, ticks, n) / TICKS
