"""Calendar: which period a time belongs to."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice
from patrolgeo._typing import Ints
from patrolgeo.errors import DataError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHIFTS = ("06:00", "14:00", "22:00")
_FIXED_DAYS = {"D": 1, "W": 7, "28D": 28, "91D": 91}
_CALENDAR = {"MS": "MS", "YS": "YS"}
FREQUENCIES = (*_FIXED_DAYS, *_CALENDAR, "shift")


def period_index(
    first: pd.Timestamp,
    last: pd.Timestamp,
    freq: str,
    *,
    week_start: str = "Mon",
    day_start: str = "00:00",
    shifts: Sequence[str] = SHIFTS,
) -> pd.DatetimeIndex:
    """Return the starts of all periods from the one that holds `first` to the one that holds `last`, and the next.

    The last entry only ends the last period. Weeks start on `week_start`; 28 and 91 days are counted back from the
    last whole day, so that the newest period is whole; days start at `day_start`. Shifts start at the hours of
    `shifts`, and a day at the first of them: the shift that starts on Friday at 22:00 holds 01:30 on Saturday.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.panel.periods import period_index
    >>> period_index(pd.Timestamp("2024-01-03"), pd.Timestamp("2024-01-16"), "W").strftime("%a %d").tolist()
    ['Mon 01', 'Mon 08', 'Mon 15', 'Mon 22']
    >>> period_index(pd.Timestamp("2024-01-06 01:30"), pd.Timestamp("2024-01-06 07:00"), "shift").strftime("%a %H")
    Index(['Fri 22', 'Sat 06', 'Sat 14'], dtype='str', name='period')
    """
    check_choice(freq, FREQUENCIES, "freq")
    check_choice(week_start, DAYS, "week_start")
    if freq == "shift":
        return _shift_index(first, last, shifts)
    offset = _since_midnight(day_start)
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
    return pd.DatetimeIndex(index + offset, freq=index.freq if offset == pd.Timedelta(0) else "infer", name="period")


def _shift_index(first: pd.Timestamp, last: pd.Timestamp, shifts: Sequence[str]) -> pd.DatetimeIndex:
    offsets = sorted(_since_midnight(s) for s in shifts)
    if not offsets or len(set(offsets)) < len(offsets):
        raise DataError(f"shifts={list(shifts)!r} must name at least one hour such as '06:00', each only once.")
    days = pd.date_range((first - offsets[0]).normalize(), (last - offsets[0]).normalize() + pd.Timedelta(days=1))
    starts = pd.DatetimeIndex(np.sort(np.concatenate([days + o for o in offsets])), name="period")
    begin, end = starts.searchsorted(first, side="right") - 1, starts.searchsorted(last, side="right") + 1
    return pd.DatetimeIndex(starts[begin:end], freq="infer", name="period")


def _since_midnight(hour: str) -> pd.Timedelta:
    try:
        hours, minutes = (int(part) for part in hour.split(":"))
    except ValueError:
        hours, minutes = -1, -1
    if not (0 <= hours < 24 and 0 <= minutes < 60):
        raise DataError(f"{hour!r} is not an hour of the day; write it as '06:00'.")
    return pd.Timedelta(hours=hours, minutes=minutes)


def period_edges(periods: pd.DatetimeIndex, name: str = "panel") -> pd.DatetimeIndex:
    """Return the starts of `periods` and the end of the last; a period that is missing between is an error.

    Parameters
    ----------
    periods
        Starts of days, weeks, months, shifts or other periods, in order.
    name
        What holds the periods, for the message.

    Raises
    ------
    DataError
        When a period is missing between the first and the last, or when there is but one and its length is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.panel.periods import period_edges
    >>> period_edges(pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]))[-1]
    Timestamp('2024-04-01 00:00:00')
    """
    starts = periods.tz_localize(None)
    if len(starts) < 2 and starts.freq is None:
        raise DataError(f"{name} has {len(starts)} periods; how long they are is known from two on.")
    whole = starts if starts.freq is not None else _whole_range(starts)
    missing = whole[:-1].difference(starts) if whole is not starts else whole[:0]
    if len(missing):
        raise DataError(
            f"{name} has a gap: {len(missing)} periods are missing between the first and the last (first: "
            f"{missing[0]:%Y-%m-%d}). If nothing was recorded then, add them with zeros (count_incidents does); if "
            "records are missing, use the part before or after."
        )
    end = starts[-1:] + starts.freq if starts.freq is not None else whole[-1:]
    return pd.DatetimeIndex(starts.append(end), name="period")


def _whole_range(starts: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return all starts of periods of the same rhythm from the first to the one after the last."""
    hours = np.unique(starts - starts.normalize())
    if len(hours) > 1:
        days = pd.date_range(starts[0].normalize(), starts[-1].normalize() + pd.Timedelta(days=1))
        every = pd.DatetimeIndex(np.sort(np.concatenate([days + h for h in hours])))
        return every[every.searchsorted(starts[0]) : every.searchsorted(starts[-1], side="right") + 1]
    steps = np.diff(starts)
    months = np.diff(starts.year * 12 + starts.month)
    if (starts.day == 1).all() and (len(set(steps)) > 1 or steps[0] >= np.timedelta64(28, "D")):
        return pd.date_range(starts[0], starts[-1] + pd.DateOffset(months=months.min()), freq=f"{months.min()}MS")
    return pd.date_range(starts[0], starts[-1] + steps.min(), freq=pd.Timedelta(steps.min()))


def period_positions(times: pd.Series, starts: pd.DatetimeIndex) -> Ints:
    """Return the period of each time as a position in `starts`, -1 before the first, after the last and when missing.

    The periods may be of unequal length; their starts lie on a common raster (days, or hours), which is looked up.
    """
    moments = times.to_numpy()
    edges = starts.as_unit(np.datetime_data(moments.dtype)[0]).asi8
    lengths = np.diff(edges)
    step = np.gcd.reduce(lengths)
    period_of_step = np.repeat(np.arange(len(lengths)), lengths // step)
    at = (moments.astype(np.int64) - edges[0]) // step
    inside = (at >= 0) & (at < len(period_of_step))
    return np.where(inside, period_of_step[np.where(inside, at, 0)], -1)
