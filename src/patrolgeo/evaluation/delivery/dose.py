"""Minutes and visits by cell, by cell and shift, by cell and period; every minute of the log accounted for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_time, check_type
from patrolgeo._typing import Ints
from patrolgeo.errors import DataError
from patrolgeo.evaluation.delivery.stays import NO_PLACE, OUTSIDE, TICKS, Rows, minutes_by, rows_of, visits_of
from patrolgeo.panel.shifts import shift_of
from patrolgeo.sources.ledger import Ledger

NO_SHIFT = "none"
PARTS = ("in_cells", "outside", "no_place", "in_gaps", "set_aside")


def patrol_dose(
    patrols: Any,
    grid: Any,
    *,
    shifts: pd.DataFrame | None = None,
    max_gap_minutes: float = 5,
    min_stay_minutes: float = 0,
) -> pd.DataFrame:
    """How many minutes and visits did each cell get?

    The time from one position of a unit to its next counts for the cell of the first, as long as the gap is not longer
    than `max_gap_minutes`; a stop counts for its cell. It misleads where positions are rarer than the time a unit needs
    to cross a cell: see `thinning_change`. What no cell gets is told by `patrol_account`.

    Parameters
    ----------
    patrols
        As `read_patrols` gives them; any other table or file is read by it first.
    grid
        `HexGrid` or other units.
    shifts
        As `read_shifts` gives them: the dose is then by cell and shift. Of shifts that overlap the first of the table
        counts; what no shift holds stands under "none". The time at which a row begins decides.
    max_gap_minutes
        A longer gap between positions counts for nobody.
    min_stay_minutes
        A shorter stay is driving through, not a visit; its minutes count all the same.

    Returns
    -------
    DataFrame by cell, or by cell and shift: `minutes`, and `visits` (stays of a unit; its next position in the same
    cell is the same stay). Cells nobody came to have zeros.

    Raises
    ------
    DataError
        When `grid` is none, a number is out of its range, or the patrols cannot be read.
    MissingColumnError
        When `shifts` or the patrols lack a column.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, patrol_dose
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 1))
    >>> log = pd.DataFrame({"unit": "P7", "time": ["2024-03-05 22:00", "2024-03-05 22:02", "2024-03-05 22:20"],
    ...                     "lon": 119.97, "lat": 31.81})
    >>> dose = patrol_dose(log, grid)
    >>> dose[dose["visits"] > 0]
                     minutes  visits
    cell
    89309c45a37ffff      2.0       1
    """
    rows = rows_of(patrols, grid, max_gap_minutes, min_stay_minutes)
    begins = visits_of(rows, min_stay_minutes)
    if shifts is None:
        return _table(grid.cells, rows, begins, rows.cell, len(grid))
    check_type(shifts, pd.DataFrame, "shifts", "read_shifts(file), for example")
    shift = shift_of(pd.to_datetime(rows.time), shifts)
    names = [*map(str, shifts.index), *([NO_SHIFT] if (shift[rows.cell >= 0] < 0).any() else [])]
    labels = pd.MultiIndex.from_product([grid.cells, names], names=["cell", "shift"])
    return _table(
        labels, rows, begins, rows.cell * len(names) + np.where(shift < 0, len(names) - 1, shift), len(labels)
    )


def _table(labels: pd.Index, rows: Rows, begins: Ints, at: Ints, n: int) -> pd.DataFrame:
    counted = rows.counted
    minutes = minutes_by(at[counted], rows.ticks[counted], n)
    return pd.DataFrame({"minutes": minutes, "visits": np.bincount(at[begins], minlength=n)}, index=labels)


def patrol_account(patrols: Any, grid: Any, *, ledger: Ledger | None = None, max_gap_minutes: float = 5) -> pd.Series:
    """Where did every minute of the log go?

    Sums are of whole microseconds, so that the parts are the log exactly.

    Parameters
    ----------
    patrols, grid, max_gap_minutes
        As in `patrol_dose`.
    ledger
        Of `read_patrols`: the minutes that were set aside on reading.

    Returns
    -------
    Series of minutes: `in_cells` (what `patrol_dose` gives to cells), `outside` the grid, `no_place`, `in_gaps`,
    `set_aside`, and `log`, their sum.

    Raises
    ------
    DataError
        When the ledger is of another log.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, patrol_account
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 1))
    >>> log = pd.DataFrame({"unit": "P7", "time": ["2024-03-05 22:00", "2024-03-05 22:02", "2024-03-05 22:20"],
    ...                     "lon": 119.97, "lat": 31.81})
    >>> patrol_account(log, grid)
    in_cells      2.0
    outside       0.0
    no_place      0.0
    in_gaps      18.0
    set_aside     0.0
    log          20.0
    Name: minutes, dtype: float64
    """
    rows = rows_of(patrols, grid, max_gap_minutes, 0)
    told = {} if ledger is None else dict(ledger.minutes or {})
    masks = (rows.counted, rows.cell == OUTSIDE, rows.cell == NO_PLACE)
    parts = [int(rows.ticks[mask & ~rows.gaps].sum()) for mask in masks]
    parts += [int(rows.ticks[rows.gaps].sum()), round(told.get("set_aside", 0.0) * TICKS)]
    log = int(rows.ticks.sum()) + parts[-1]
    if told and round(told["log"] * TICKS) != log:
        raise DataError(
            f"The ledger tells of {told['log']:,.2f} minutes, the patrols and what was set aside make "
            f"{log / TICKS:,.2f}: they are not of one reading, or rows were taken out since."
        )
    if sum(parts) != log:
        raise RuntimeError(f"{sum(parts)} microseconds accounted for, {log} in the log")
    return pd.Series([*(part / TICKS for part in parts), log / TICKS], [*PARTS, "log"], name="minutes")


def patrol_panel(
    patrols: Any, grid: Any, periods: pd.DatetimeIndex, *, end: Any = None, max_gap_minutes: float = 5
) -> pd.DataFrame:
    """How many minutes did each cell get in each period? The dose as a panel, for models of effect.

    Parameters
    ----------
    patrols, grid, max_gap_minutes
        As in `patrol_dose`. What begins before the first period, or at or after the end, is left out.
    periods
        Starts of the periods, ascending: the index of a panel.
    end
        End of the last period; by default the last is as long as the one before.

    Returns
    -------
    DataFrame of minutes, periods x cells.

    Raises
    ------
    DataError
        When `periods` is no ascending DatetimeIndex, or a single one has no end.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, patrol_panel
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 1))
    >>> log = pd.DataFrame({"unit": "P7", "time": ["2024-03-05 22:00", "2024-03-05 22:02", "2024-03-06 22:04"],
    ...                     "lon": 119.97, "lat": 31.81})
    >>> patrol_panel(log, grid, pd.date_range("2024-03-05", periods=2)).sum(axis=1).tolist()
    [2.0, 0.0]
    """
    check_type(periods, pd.DatetimeIndex, "periods", "the index of a panel, for example")
    if not len(periods) or not periods.is_monotonic_increasing or periods.has_duplicates or periods.hasnans:
        raise DataError("periods must be starts of periods in order, without repeats, and at least one.")
    if end is None and len(periods) < 2:
        raise DataError("One period alone does not tell how long it is; give end=.")
    rows = rows_of(patrols, grid, max_gap_minutes, 0)
    stop = periods[-1] + (periods[-1] - periods[-2]) if end is None else check_time(end, "end")
    time = rows.time.to_numpy()
    at = np.searchsorted(periods.to_numpy(), time, side="right") - 1
    counted = rows.counted & (at >= 0) & (time < stop.to_datetime64())
    label = at[counted] * len(grid) + rows.cell[counted]
    minutes = minutes_by(label, rows.ticks[counted], len(periods) * len(grid)).reshape(len(periods), len(grid))
    return pd.DataFrame(minutes, index=periods.rename("period"), columns=grid.cells)


def thinning_change(patrols: Any, grid: Any, *, max_gap_minutes: float = 5) -> float:
    """How much do the minutes of the median cell change when every second position is left out?

    Above 0.1 the positions are too rare for the size of the cells: use larger ones, or a log with shorter intervals.
    The longest gap is doubled with the interval.

    Parameters
    ----------
    patrols, grid, max_gap_minutes
        As in `patrol_dose`; a log of stops does not change, 0.

    Returns
    -------
    Median over the cells with minutes of ``|thinned - full| / full``; NaN when no cell has any.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, thinning_change
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 1))
    >>> log = pd.DataFrame({"unit": "P7", "time": pd.date_range("2024-03-05", periods=9, freq="2min"),
    ...                     "lon": 119.97, "lat": 31.81})
    >>> thinning_change(log, grid)
    0.0
    """
    rows = rows_of(patrols, grid, max_gap_minutes, 0)
    full = minutes_by(rows.cell[rows.counted], rows.ticks[rows.counted], len(grid))
    if rows.stops or not full.any():
        return 0.0 if full.any() else float("nan")
    starts = np.flatnonzero(np.append(True, np.diff(rows.unit) != 0))
    number = np.arange(len(rows.unit)) - np.repeat(starts, np.diff(np.append(starts, len(rows.unit))))
    kept = np.flatnonzero(number % 2 == 0)
    pairs = np.add.reduceat(rows.ticks, kept)
    counted = (rows.cell[kept] >= 0) & (pairs <= 2 * max_gap_minutes * TICKS)
    thin = minutes_by(rows.cell[kept][counted], pairs[counted], len(grid))
    there = full > 0
    return float(np.median(np.abs(thin[there] - full[there]) / full[there]))
