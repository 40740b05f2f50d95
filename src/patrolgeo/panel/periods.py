"""Calendar: which period a time belongs to."""

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice
from patrolgeo._typing import Ints

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FIXED_DAYS = {"D": 1, "W": 7, "28D": 28, "91D": 91}
_CALENDAR = {"MS": "MS", "YS": "YS"}
FREQUENCIES = (*_FIXED_DAYS, *_CALENDAR)


def period_index(
    first: pd.Timestamp, last: pd.Timestamp, freq: str, *, week_start: str = "Mon", day_start: str = "00:00"
) -> pd.DatetimeIndex:
    """Return the starts of all periods from the one that holds `first` to the one that holds `last`, and the next.

    The last entry only ends the last period. Weeks start on `week_start`; 28 and 91 days are counted back from the
    last whole day, so that the newest period is whole; days start at `day_start`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.panel.periods import period_index
    >>> period_index(pd.Timestamp("2024-01-03"), pd.Timestamp("2024-01-16"), "W").strftime("%a %d").tolist()
    ['Mon 01', 'Mon 08', 'Mon 15', 'Mon 22']
    """
    check_choice(freq, FREQUENCIES, "freq")
    check_choice(week_start, DAYS, "week_start")
    offset = pd.Timedelta(f"{day_start}:00")
    start, end = (first - offset).normalize(), (last - offset).normalize()
    if freq in _CALENDAR:
        start = start.to_period("M" if freq == "MS" else "Y").start_time
        index = pd.date_range(start, end + pd.DateOffset(years=1, months=1), freq=freq)
        index = index[: np.searchsorted(index, end, side="right") + 1]
    else:
        days = _FIXED_DAYS[freq]
        if freq == "W":
            start -= pd.Timedelta(days=(start.day_of_week - DAYS.index(week_start)) % 7)
        elif days > 1:
            start = end + pd.Timedelta(days=1) - pd.Timedelta(days=days * -(-((end - start).days + 1) // days))
        count = (end - start).days // days + 1
        index = pd.date_range(start, periods=count + 1, freq=f"{days}D")
    return pd.DatetimeIndex(index + offset, freq=index.freq, name="period")


def period_positions(times: pd.Series, starts: pd.DatetimeIndex) -> Ints:
    """Return the period of each time as a position in `starts`, -1 before the first."""
    return np.searchsorted(starts.to_numpy(), times.to_numpy(), side="right") - 1
