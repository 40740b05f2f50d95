"""Which shift a time falls into; the hours after midnight belong to the day on which the shift starts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo._typing import Bools, Ints

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY = 1440


def falls_into(times: pd.Series, shift: pd.Series) -> Bools:
    """Return which times fall into a shift (`start`, `minutes`, `days`), as `read_shifts` gives it; NaT into none."""
    minute = times.dt.hour.to_numpy() * 60 + times.dt.minute.to_numpy() - int(shift["start"])
    day = (times.dt.day_of_week.to_numpy() - (minute < 0)) % 7
    on = np.isin(day, [WEEK.index(name) for name in shift["days"]])
    return (minute % _DAY < shift["minutes"]) & on


def shift_of(times: pd.Series, shifts: pd.DataFrame) -> Ints:
    """Return the position of the shift that holds each time, -1 where none does; of several the first of the table.

    Raises
    ------
    MissingColumnError
        When `shifts` is not as `read_shifts` gives it.
    """
    check_columns(shifts, ["start", "minutes", "days"], "shifts")
    found = np.full(len(times), -1)
    for position in reversed(range(len(shifts))):
        found[falls_into(times, shifts.iloc[position])] = position
    return found
