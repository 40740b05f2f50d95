"""Times of every writing into local clock time; the order of day and month is found once for a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from patrolgeo._typing import Array, Bools, Ints
from patrolgeo.errors import DataError
from patrolgeo.sources.date_parts import DIGITS, NONE, WRITTEN, date_parts, parts_by, put_parts
from patrolgeo.sources.numbers import matches, plain_text, to_floats
from patrolgeo.sources.respelling import respelled
from patrolgeo.sources.wording import NO_YEAR, in_digits, split_range

_SPARE = (
    WRITTEN,
    r"^\s*(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})[T ]+(?P<hour>\d{2})(?P<minute>\d{2})(?P<zone>)$",
    r"^\s*(?P<b>\d{1,2})[-/.](?P<a>\d{4})(?P<zone>)$",
)
_NO_DATE = r"^(?:000[01]|9999)\D|[^\d+](?:000[01]|9999)(?:\D|$)|^0+\D0+\D0+"
_OFFSETS = range(-12 * 60, 14 * 60 + 1, 15)
_SERIAL_ORIGIN = np.datetime64("1899-12-30", "s")  # day 0 of Excel's calendar, its false 29 February included
_TYPING_ERRORS = 0.02  # days above 12 are three of five; a share like this is mistakes, and decides nothing
_ORDERS = {"day": "day, month, year", "month": "month, day, year", "year": "year, day, month"}


@dataclass(frozen=True)
class Times:
    """Local clock times, NaT where unreadable, and how they were read.

    `missing`, `month_only`, `day_only` and `no_year` are masks by row. `utc` says that clocks are those of UTC,
    `moved` how many were taken from an offset to the clock of a zone, `order` the order of day and month that was
    taken, and `end` holds the ends of ranges (NaT where there is none).
    """

    values: Array
    missing: Bools
    month_only: Bools
    day_only: Bools
    no_year: Bools
    utc: bool = False
    moved: int = 0
    order: str = ""
    end: Array | None = None


def parse_times(column: pd.Series, what: str, *, day_first: bool | None = None, tz: str | None = None) -> Times:
    """Read a column of times.

    Understood are datetimes, ISO 8601, day-first and month-first dates, month names of any language, Chinese writing,
    digits (20240305, 202403052340), Excel serial days and Unix seconds, each with or without an offset. The years 1
    and 9999 stand for no date.

    Raises
    ------
    DataError
        When every value fits both day-first and month-first; the message shows two rows.
    """
    none = np.zeros(len(column), bool)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _from_datetimes(column, tz)
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(float, na_value=np.nan)
        values, unix = _from_numbers(numbers, tz)
        moved = int(unix.sum()) if tz else 0
        return Times(values, np.isnan(numbers), none, none, none, bool(unix.any()) and not tz, moved)
    return _from_text(plain_text(column), column.index, what, day_first, tz)


def _from_datetimes(column: pd.Series, tz: str | None) -> Times:
    none = np.zeros(len(column), bool)
    utc, moved = False, 0
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        utc = tz is None and str(column.dtype.tz) in ("UTC", "UTC+00:00", "Etc/UTC", "GMT")
        moved = int(column.notna().sum()) if tz else 0
        column = (column.dt.tz_convert(tz) if tz else column).dt.tz_localize(None)
    values = _seconds(column)
    return Times(values, np.isnat(values) | _is_no_date(values), none, none, none, utc, moved)


def _is_no_date(values: Array) -> Bools:
    return (values < np.datetime64("0002-01-01")) | (values >= np.datetime64("9999-01-01"))


def _seconds(values: pd.Series) -> Array:
    return values.to_numpy().astype("datetime64[s]")


def _from_text(text: Any, rows: pd.Index, what: str, day_first: bool | None, tz: str | None) -> Times:
    missing = pc.is_null(text).to_numpy(zero_copy_only=False)
    parts = date_parts(text)
    no_year = np.zeros(len(text), bool)
    end = None
    unread = (parts["a"] == NONE) & ~missing
    if unread.any():
        text = respelled(text, unread, what, tz)
        no_year, end = _rewritten(text, parts, unread)
    missing |= _holds_no_date(text, parts)
    values, order = _assemble(parts, rows, text, what, day_first)
    rest = np.isnat(values) & ~missing
    month_only = (parts["c"] == NONE) & ~np.isnat(values)
    day_only = (parts["hour"] == NONE) & ~np.isnat(values) & ~month_only
    unix = np.zeros(len(text), bool)
    if rest.any():
        left = text.filter(pa.array(rest))
        digits = parts_by(left, DIGITS)
        values[rest] = _to_time(digits["a"], digits["b"], digits["c"], digits)
        parts["zone"][rest] = digits["zone"]
        rest &= np.isnat(values)
        left = text.filter(pa.array(rest))
        numbers = np.where(matches(left, r"^0\d"), np.nan, to_floats(left.to_pandas()))  # 030124 is no serial day
        values[rest], unix[rest] = _from_numbers(numbers, tz)
    ranges = _range_ends(parts, values)
    values, utc, moved = _without_offset(values, parts["zone"], tz, what)
    end = ranges if end is None else _ends(end, rows, what, order, tz, ranges)
    utc = utc or (tz is None and bool(unix.any()))
    moved += int(unix.sum()) if tz else 0
    values = np.where(missing, np.datetime64("NaT"), values)
    return Times(values, missing, month_only, day_only, no_year, utc, moved, order, end)


def _rewritten(text: Any, parts: dict[str, Ints], unread: Bools) -> tuple[Bools, Any]:
    """Read words, ranges and clocks of four digits into `parts`; return where the year lacks, and ends of ranges."""
    where = np.flatnonzero(unread)
    for pattern in _SPARE:
        spare = parts_by(text.take(pa.array(where)), pattern)
        found = spare["a"] != NONE
        put_parts(parts, spare, where, found)
        where = where[~found]
    left = pd.Series(text.take(pa.array(where)).to_pylist(), index=where, dtype=object)
    kinds = left.unique()
    ranges = {value: pair for value in kinds if (pair := split_range(value))}
    begins = {value: pair[0] for value, pair in ranges.items()}
    words = in_digits(begins.get(v, v) for v in kinds if any(c.isalpha() for c in begins.get(v, v)))
    plain = left.map({v: words.get(begins.get(v, v), begins.get(v, v)) for v in kinds if v in begins or v in words})
    no_year = np.zeros(len(text), bool)
    no_year[where] = (plain == NO_YEAR).to_numpy(bool)
    known = plain[plain.notna() & (plain != NO_YEAR)]
    if len(known):
        read = parts_by(pa.array(known.to_numpy(), pa.string()), WRITTEN)
        put_parts(parts, read, known.index.to_numpy(), read["a"] != NONE)
    end = left.map({value: pair[1] for value, pair in ranges.items()}) if ranges else None
    return no_year, end


def _holds_no_date(text: Any, parts: dict[str, Ints]) -> Bools:
    """Return where the year is 1 or 9999 (or all is 0), which stand for no date."""
    a, c = parts["a"], parts["c"]
    suspect = (a == 9999) | (c == 9999) | ((a != NONE) & (a <= 1)) | ((c != NONE) & (c <= 1))
    if suspect.any():
        suspect[suspect] = matches(text.filter(pa.array(suspect)), _NO_DATE)
    return suspect


def _range_ends(parts: dict[str, Ints], values: Array) -> Array | None:
    """Take what looks like an offset and is none, as in ``19:48-23:08``, for the clock of an end."""
    zone = parts["zone"]
    bare = (zone != NONE) & (parts["second"] == NONE) & (parts["sign"] == 1)
    kinds = np.unique(zone[bare])
    if len(kinds) <= 2 and np.isin(kinds, _OFFSETS).all():
        bare = bare & False
    bare |= (zone != NONE) & ~np.isin(zone, _OFFSETS)
    if not bare.any():
        return None
    clock = np.where(bare, -zone, 0).astype("timedelta64[m]")
    end = values.astype("datetime64[D]").astype("datetime64[s]") + clock
    end = np.where(end < values, end + np.timedelta64(1, "D"), end)
    zone[bare] = NONE
    return np.where(bare & (-zone != 0), end, np.datetime64("NaT"))


def _ends(end: Any, rows: pd.Index, what: str, order: str, tz: str | None, ranges: Array | None) -> Array:
    values = np.full(len(rows), np.datetime64("NaT"), "datetime64[s]") if ranges is None else ranges
    known = end.dropna()
    try:
        read = parse_times(pd.Series(known.astype("str")), what, day_first=order == _ORDERS["day"], tz=tz).values
    except DataError:
        return values
    values[known.index.to_numpy()] = read
    return values


def _assemble(
    parts: dict[str, Ints], rows: pd.Index, text: Any, what: str, day_first: bool | None
) -> tuple[Array, str]:
    a, b, c = parts["a"], parts["b"], parts["c"]
    year_first = a > 31
    last = ~year_first & (a != NONE) & (c != NONE)
    order = ""
    if last.any() and not day_first and _is_short_year_first(parts, last, rows, text, what, day_first is None):
        a, last, order = np.where(last, a + 2000, a), last & False, "year (of two digits), month, day"
        year_first = a > 31
    if last.any():
        if day_first is None:
            day_first = _day_first(a[last], b[last], rows[last], text.filter(pa.array(last)), what)
        order = _ORDERS["day" if day_first else "month"]
    day, month = (a, b) if day_first else (b, a)
    year = np.where(year_first, a, np.where(c == NONE, NONE, c))
    year = np.where((year >= 0) & (year < 100), year + np.where(year < 70, 2000, 1900), year)
    second, third = (c, b) if _is_day_second(b, c, year_first) else (b, c)
    order = order or (_ORDERS["year"] if second is c else "")
    month = np.where(year_first, second, month)
    day = np.where(year_first, np.where(c == NONE, 1, third), day)
    month = np.where(year_first & (c == NONE), b, month)
    return _to_time(year, month, day, parts), order


def _is_short_year_first(
    parts: dict[str, Ints], last: Bools, rows: pd.Index, text: Any, what: str, days_may_lead: bool
) -> bool:
    """Tell whether dates of two digits each begin with the year: by the orders that fit, then by what varies most.

    Days vary more than years, and no year lies after this one.
    """
    a, b, c = (parts[name][last] for name in "abc")
    this = pd.Timestamp.now().year % 100
    month, ends_in_year = (b >= 1) & (b <= 12), (c <= this) | (c >= 70)
    year_first = month & (a <= this) & (c >= 1) & (c <= 31)
    day_first = month & (a >= 1) & (a <= 31) & ends_in_year
    month_first = (a >= 1) & (a <= 12) & (b >= 1) & (b <= 31) & ends_in_year
    other = day_first if days_may_lead and day_first.sum() >= month_first.sum() else month_first
    unclear = year_first & other & (a != c)
    more = int(year_first.sum()) - int(other.sum())
    if not days_may_lead or not unclear.any() or abs(more) > _TYPING_ERRORS * unclear.sum():
        return more > 0
    firsts, lasts = len(np.unique(a[unclear])), len(np.unique(c[unclear]))
    if max(firsts, lasts) > 5 and 3 * min(firsts, lasts) <= max(firsts, lasts):
        return lasts > firsts
    at = int(np.flatnonzero(last)[np.flatnonzero(unclear)[0]])
    raise DataError(
        f"{what}: {text[at]} (row {rows[at]}) can begin or end with its year. Say day_first=True when the day comes "
        "first, day_first=False when the month or the year does, or write it as 2024-03-05."
    )


def _is_day_second(b: Ints, c: Ints, year_first: Bools) -> bool:
    """Tell whether dates that begin with the year go on with the day: one decision for the column, not of one row."""
    rows = year_first & (c != NONE)
    swapped, usual = ((b > 12) & (b <= 31) & (c <= 12))[rows].sum(), ((c > 12) & (c <= 31) & (b <= 12))[rows].sum()
    return bool(swapped > usual and swapped >= max(2, 0.1 * rows.sum()))


def _day_first(a: Ints, b: Ints, rows: pd.Index, text: Any, what: str) -> bool:
    fits_day, fits_month = (b <= 12) & (a <= 31), (a <= 12) & (b <= 31)
    unclear = fits_day & fits_month & (a != b)
    if abs(int(fits_day.sum()) - int(fits_month.sum())) > _TYPING_ERRORS * unclear.sum():
        return bool(fits_day.sum() > fits_month.sum())
    if not unclear.any():
        return True
    shown = np.flatnonzero(unclear)[:2]
    seen = ", ".join(f"row {rows[i]}: {text[int(i)]}" for i in shown)
    raise DataError(
        f"{what}: the values fit day-first and month-first alike ({seen}). "
        "Say day_first=True or day_first=False, or write them as 2024-03-05."
    )


def _to_time(year: Ints, month: Ints, day: Ints, parts: dict[str, Ints]) -> Array:
    hour, minute, second = (np.where(parts[n] == NONE, 0, parts[n]) for n in ("hour", "minute", "second"))
    sane = (year >= 1000) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    sane &= (hour < 24) | ((hour == 24) & (minute == 0) & (second == 0))
    sane &= (minute < 60) & (second < 60)
    months = (np.where(sane, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(sane, day - 1, 0).astype("timedelta64[D]")
    sane &= days.astype("datetime64[M]") == months
    clock = np.where(sane, 3600 * hour + 60 * minute + second, 0).astype("timedelta64[s]")
    return np.where(sane, days.astype("datetime64[s]") + clock, np.datetime64("NaT"))


def _from_numbers(numbers: Any, tz: str | None) -> tuple[Array, Bools]:
    """Read 20240305 and longer digits, Excel's serial days, Unix seconds and milliseconds; say which were Unix."""
    values = np.full(len(numbers), np.datetime64("NaT"), "datetime64[s]")
    with np.errstate(invalid="ignore"):
        serial = (numbers >= 18_000) & (numbers < 80_000)
        epoch = (numbers >= 3e8) & (numbers < 5e9)
        milli = (numbers >= 3e11) & (numbers < 5e12) & ~_is_digits(numbers, 100)
        digits = _is_digits(numbers, 1) | _is_digits(numbers, 10_000) | _is_digits(numbers, 1_000_000)
    values[serial] = _SERIAL_ORIGIN + np.round(numbers[serial] * 86_400).astype("timedelta64[s]")
    unix = (epoch | milli) & ~digits
    seconds = np.where(milli, numbers / 1000, numbers)[unix].astype(np.int64).astype("datetime64[s]")
    values[unix] = _local(seconds, tz)
    if digits.any():
        text = pa.array([f"{v:.0f}" for v in numbers[digits]], pa.string())
        parts = parts_by(text, DIGITS)
        values[digits] = _to_time(parts["a"], parts["b"], parts["c"], parts)
    return values, unix


def _is_digits(numbers: Any, scale: int) -> Bools:
    return (numbers >= 19_000_101 * scale) & (numbers < 21_000_000 * scale)


def _without_offset(values: Array, offset: Ints, tz: str | None, what: str) -> tuple[Array, bool, int]:
    """Return clock times, whether they are those of UTC, and how many were moved to the clock of `tz`."""
    given = (offset != NONE) & ~np.isnat(values)
    if not given.any():
        return values, False, 0
    kinds = np.unique(offset[given])
    if tz is None and len(kinds) > 1:
        raise DataError(
            f"{what}: the times carry {len(kinds)} different offsets from UTC; name the zone, for example "
            "tz='Europe/London'."
        )
    if tz is None:
        return values, bool(kinds[0] == 0), 0
    values = values.copy()
    values[given] = _local(values[given] - offset[given].astype("timedelta64[m]"), tz)
    return values, False, int(given.sum())


def _local(utc: Array, tz: str | None) -> Array:
    return _seconds(pd.Series(utc).dt.tz_localize("UTC").dt.tz_convert(tz).dt.tz_localize(None)) if tz else utc


def daylight_saving(values: Array, tz: str) -> tuple[Array, Bools, Bools]:
    """Return the times with those of the skipped hour moved forward, and masks of skipped and repeated times."""
    ours = (values > np.datetime64("1900-01-01")) & (values < np.datetime64("2200-01-01"))
    times = pd.Series(np.where(ours, values, np.datetime64("NaT")))
    with_zone = times.dt.tz_localize(tz, ambiguous="NaT", nonexistent="shift_forward")
    unclear = with_zone.isna().to_numpy() & ours
    moved = _seconds(with_zone.dt.tz_localize(None))
    moved = np.where(unclear | ~ours, values, moved)
    return moved, (moved != values) & ~np.isnat(values), unclear


def text_of(values: Any) -> pd.Series:
    """Return values as trimmed text, missing where empty."""
    text = pd.Series(values).astype("str").str.strip()
    empty = text.isin(["", "nan", "None", "NaN", "NaT", "<NA>"])
    return text.mask(empty) if empty.any() else text
