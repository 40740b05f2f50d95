"""Times of day and hours, as numbers and as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.sources.numbers import plain_text, to_floats
from patrolgeo.sources.wording import HALF_WORDS, in_digits

_DAY = 86_400
_CLOCK = (
    r"^(?:.*[T ])?(?P<hour>\d{1,2})\s*[:hH.时点]\s*(?P<minute>\d{1,2})?\s*[:分]?\s*(?P<second>\d{1,2})?(?:[.,]\d+)?\s*"
    r"秒?\s*(?:(?P<half>[AaPp])\.?\s?[Mm]\.?|Z)?$"
)
_HOUR_ONLY = r"^(?P<hour>\d{1,2})\s*[hH时点]?\s*(?:(?P<half>[AaPp])\.?\s?[Mm]\.?)?$"
_SPAN = r"^(\d{1,2}(?::\d\d)*\s*(?:[AaPp]\.?\s?[Mm]\.?)?)\s*(?:-|–|—|~|至|到|to)\s*(\d.*)$"
_FEWEST = 10  # numbers that tell hours (0 to 24) from clocks such as 5 for 00:05


def parse_clock(column: pd.Series, *, end: bool = False, hours: bool = False) -> Array:
    """Return seconds since midnight of times of day; NaT where unreadable. Of a span the beginning, or its `end`.

    `hours` says that whole numbers up to 24 are hours however few they are, as in a table of shifts.

    Understood are 2340, 5 (00:05), 234000, "23:40:00", "11:40 PM", "23h40", "下午11:40", 23.40 (of a column whose
    fractions are minutes), a fraction of the day (0.5 is noon) and the clock of a whole time stamp. 24:00 is the next
    midnight.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.sources.clocks import parse_clock
    >>> parse_clock(pd.Series(["2340", "7:05 PM", "24:00", "99"])).astype("timedelta64[m]").astype(str).tolist()
    ['1420 minutes', '1145 minutes', '1440 minutes', 'NaT']
    """
    seconds = _of_numbers(to_floats(column), hours)
    rest = np.isnan(seconds)
    if rest.any() and not pd.api.types.is_numeric_dtype(column.dtype):
        seconds[rest] = _of_text(plain_text(column[rest]), end=end)
    return _timedelta(seconds)


def parse_hours(hour: pd.Series, minute: pd.Series | None = None, half: pd.Series | None = None) -> Array:
    """Return seconds since midnight of hours 0 to 24 and their minutes; NaT where the hour is unknown, as 99 and -1.

    `half` says AM or PM.
    """
    hours = to_floats(hour)
    rest = np.isnan(hours)
    if rest.any() and not pd.api.types.is_numeric_dtype(hour.dtype):
        hours[rest] = _of_text(plain_text(hour[rest])) / 3600
    if np.nanmax(hours, initial=0) > 99:
        return parse_clock(hour)
    if half is not None:
        late = half.astype("str").str.strip().str.lower().str[:1].to_numpy(object)
        hours = np.where((late == "p") & (hours < 12), hours + 12, np.where((late == "a") & (hours == 12), 0, hours))
    minutes = np.zeros(len(hours)) if minute is None else to_floats(minute)
    minutes = np.where((minutes >= 0) & (minutes < 60), minutes, 0)
    known = (hours >= 0) & ((hours < 24) | ((hours == 24) & (minutes == 0)))
    seconds = _of_broken(hours) if minute is None else 3600 * hours + 60 * minutes
    return _timedelta(np.where(known, seconds, np.nan))


def is_clock(column: pd.Series) -> bool:
    """Tell whether a column holds times of day and no dates."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    sample = column.dropna()
    sample = sample.iloc[:: max(1, len(sample) // 500)]
    return bool(len(sample)) and bool((~np.isnat(parse_clock(sample)) & ~_has_date(sample)).mean() > 0.5)


def _has_date(column: pd.Series) -> Bools:
    dated: Bools = column.astype("str").str.contains(r"\d[-/.年]\d+[-/.月]\d|^\d{5,}").to_numpy(bool)
    return dated


def _of_numbers(numbers: Floats, hours: bool = False) -> Floats:
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return np.full(len(numbers), np.nan)
    if ((known >= 0) & (known <= 1)).all() and (known % 1 > 0).any():
        return np.round(numbers * _DAY)
    if (known % 1 > 0).any() and known.max() <= 24:
        return np.where(numbers >= 0, _of_broken(numbers), np.nan)
    if known.max() > 9999:
        hour, minute, second = numbers // 10_000, numbers // 100 % 100, numbers % 100
        sane = (numbers >= 0) & (hour <= 24) & (minute < 60) & (second < 60)
        return np.where(sane & (numbers <= 240_000), 3600 * hour + 60 * minute + second, np.nan)
    clock = np.where((numbers % 1 == 0) & (numbers >= 0) & (numbers <= 2400), numbers, np.nan)
    if known.max() <= 24 and (hours or (len(known) >= _FEWEST and len(np.unique(known)) > 2)):
        return clock * 3600
    hour, minute = clock // 100, clock % 100
    return np.where(minute < 60, 3600 * hour + 60 * minute, np.nan)


def _of_broken(hours: Floats) -> Floats:
    """Return the seconds of hours with a fraction: 14.30 is 14:30, unless the fractions are no minutes, as 14.75.

    Quarters alone (.25, .5, .75) are parts of an hour.
    """
    parts = np.round(hours % 1 * 100, 6)
    some = np.unique(parts[np.isfinite(parts)])
    minutes = (some % 1 == 0).all() and (some < 60).all() and not np.isin(some, (0, 25, 50, 75)).all()
    return np.floor(hours) * 3600 + parts * (60 if minutes else 36)


def _of_text(text: Any, *, end: bool = False) -> Floats:
    text = pd.Series(text, dtype="str")
    if text.str.contains(HALF_WORDS, regex=True).any():
        kinds = {t: f"2000年1月1日 {t}" for t in text.dropna().unique()}
        plain = in_digits(kinds.values())
        text = text.map({t: plain.get(dated, t) for t, dated in kinds.items()}).astype("str")
    text = text.str.replace(_SPAN, r"\2" if end else r"\1", regex=True)
    parts = text.str.extract(_CLOCK)
    short = text.str.extract(_HOUR_ONLY)
    parts = parts.where(parts["hour"].notna(), short.reindex(columns=parts.columns))
    hour, minute, second = (
        pd.to_numeric(parts[n]).to_numpy(float, na_value=np.nan) for n in ("hour", "minute", "second")
    )
    half = parts["half"].str.lower()
    hour = np.where((half == "p") & (hour < 12), hour + 12, np.where((half == "a") & (hour == 12), 0, hour))
    minute, second = np.nan_to_num(minute), np.nan_to_num(second)
    seconds = 3600 * hour + 60 * minute + second
    return np.where((seconds <= _DAY) & (minute < 60) & (second < 60), seconds, np.nan)


def _timedelta(seconds: Floats) -> Array:
    known = np.isfinite(seconds)
    whole = np.where(known, seconds, 0).astype(np.int64).astype("timedelta64[s]")
    return np.where(known, whole, np.timedelta64("NaT", "s"))
