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

_CLOCK = (
    r"(?P<half>上午|下午|晚上)?\s*(?:(?P<hour>\d{1,2})\s*[:时点hH]\s*(?P<minute>\d{1,2})?\s*[:分]?\s*(?P<second>\d{1,2})?"
    r"(?:[.,]\d+)?\s*秒?)?\s*(?P<ampm>[AaPp])?(?:\.?[Mm]\.?)?\s*(?P<zone>Z|[+-]\d\d:?\d\d)?\s*$"
)
_DATE = r"^\s*(?P<a>\d{1,4})\s*[-/.年 ]\s*(?P<b>\d{1,2})\s*[-/.月 ]?,?\s*(?P<c>\d{1,4})?\s*日?[T ,]*"
_DIGITS = (
    r"^\s*(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})[T ]?(?P<hour>\d{2})?:?(?P<minute>\d{2})?:?(?P<second>\d{2})?(?:\.0)?\s*$"
)
_COMPACT_CLOCK = r"^\s*(?P<hour>\d{0,2}?)(?P<minute>\d{1,2})(?:\.0)?\s*$"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SERIAL_ORIGIN = np.datetime64("1899-12-30", "s")  # day 0 of Excel's calendar, its false 29 February included
_NONE = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Times:
    """Local clock times, NaT where unreadable, and how precise they are.

    `missing`, `month_only`, `day_only` and `utc` are masks by row; `zone` says whether the text carried offsets.
    """

    values: Array
    missing: Bools
    month_only: Bools
    day_only: Bools
    utc: bool = False


def parse_times(column: pd.Series, what: str, *, day_first: bool | None = None, tz: str | None = None) -> Times:
    """Read a column of times.

    Understood are datetimes, ISO 8601, day-first and month-first dates, month names, ``2024年3月5日 23时40分``, digits
    (20240305, 202403052340), Excel serial days and Unix seconds, each with or without an offset.

    Raises
    ------
    DataError
        When every value fits both day-first and month-first; the message shows two rows.
    """
    none = np.zeros(len(column), bool)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        local = column.dt.tz_convert(tz) if tz else column
        return Times(_seconds(local.dt.tz_localize(None)), column.isna().to_numpy(), none, none)
    if pd.api.types.is_datetime64_dtype(column.dtype):
        return Times(_seconds(column), column.isna().to_numpy(), none, none)
    if pd.api.types.is_numeric_dtype(column.dtype):
        numbers = column.to_numpy(float, na_value=np.nan)
        return Times(_from_numbers(numbers, tz), np.isnan(numbers), none, none)
    text = _text(column)
    missing = pc.is_null(text).to_numpy(zero_copy_only=False)
    found = _from_text(text, column.index, what, day_first, tz)
    return Times(found.values, missing, found.month_only, found.day_only & ~found.month_only, found.utc)


def _seconds(values: pd.Series) -> Array:
    return values.to_numpy().astype("datetime64[s]")


def _text(column: pd.Series) -> Any:
    strings = column.astype("str").str.strip()
    empty = strings.isin(["", "nan", "None", "NaT", "<NA>", "null", "NULL", "-"])
    strings = strings.mask(empty) if empty.any() else strings
    return pa.array(strings.array).cast(pa.string())


def _from_text(text: Any, rows: pd.Index, what: str, day_first: bool | None, tz: str | None) -> Times:
    parts = _parts(text, _DATE + _CLOCK)
    if (parts["a"] == _NONE).all() or _named_months(text):
        text, day_first = _without_month_names(text, day_first)
        parts = _parts(text, _DATE + _CLOCK)
    values = _assemble(parts, rows, text, what, day_first)
    rest = np.isnat(values)
    month_only = (parts["c"] == _NONE) & ~rest
    day_only = (parts["hour"] == _NONE) & ~rest
    if rest.any():
        digits = _parts(text.filter(pa.array(rest)), _DIGITS)
        values[rest] = _to_time(digits["a"], digits["b"], digits["c"], digits)
        rest = np.isnat(values)
        numbers = pd.to_numeric(text.filter(pa.array(rest)).to_pandas(), errors="coerce").to_numpy(
            float, na_value=np.nan
        )
        values[rest] = _from_numbers(numbers, tz)
    values, utc = _without_offset(values, parts["zone"], tz, what)
    return Times(values, rest, month_only, day_only, utc)


def _parts(text: Any, pattern: str) -> dict[str, Ints]:
    found = pc.extract_regex(text, pattern)
    names = [f.name for f in found.type]
    parts = {name: pc.struct_field(found, name) for name in names}
    numbers = {name: _numbers(part) for name, part in parts.items() if name not in ("half", "ampm", "zone")}
    for name in ("hour", "minute", "second", "c"):
        numbers.setdefault(name, np.full(len(text), _NONE))
    late = np.zeros(len(text), bool)
    early = late.copy()
    if "ampm" in parts:
        late = _is_in(parts["ampm"], ["P", "p"]) | _is_in(parts["half"], ["下午", "晚上"])
        early = _is_in(parts["ampm"], ["A", "a"]) | _is_in(parts["half"], ["上午"])
    hour = numbers["hour"]
    numbers["hour"] = np.where(late & (hour >= 0) & (hour < 12), hour + 12, np.where(early & (hour == 12), 0, hour))
    numbers["zone"] = _offsets(parts["zone"]) if "zone" in parts else np.full(len(text), _NONE)
    return numbers


def _numbers(part: Any) -> Ints:
    digits = pc.if_else(pc.equal(part, ""), None, part)
    return pc.fill_null(pc.cast(digits, pa.int64()), _NONE).to_numpy(zero_copy_only=False)


def _is_in(part: Any, words: list[str]) -> Bools:
    return pc.fill_null(pc.is_in(part, pa.array(words)), False).to_numpy(zero_copy_only=False)


def _offsets(zone: Any) -> Ints:
    """Return offsets from UTC in minutes; none where the text has none."""
    codes = pd.Series(pc.fill_null(zone, "").to_pandas()).astype("category")
    minutes = [_offset(str(c)) for c in codes.cat.categories]
    return np.array(minutes, np.int64)[codes.cat.codes.to_numpy()]


def _offset(zone: str) -> int:
    if not zone:
        return _NONE
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return (60 * hours + minutes) * (-1 if zone[0] == "-" else 1)


def _assemble(parts: dict[str, Ints], rows: pd.Index, text: Any, what: str, day_first: bool | None) -> Array:
    a, b, c = parts["a"], parts["b"], parts["c"]
    year_first = a > 31
    last = ~year_first & (a != _NONE) & (c != _NONE)
    if day_first is None and last.any():
        day_first = _day_first(a[last], b[last], rows[last], text.filter(pa.array(last)), what)
    day, month = (a, b) if day_first else (b, a)
    year = np.where(year_first, a, np.where(c == _NONE, _NONE, c))
    year = np.where((year >= 0) & (year < 100), year + np.where(year < 70, 2000, 1900), year)
    month, day = np.where(year_first, b, month), np.where(year_first, np.where(c == _NONE, 1, c), day)
    return _to_time(year, month, day, parts)


def _day_first(a: Ints, b: Ints, rows: pd.Index, text: Any, what: str) -> bool:
    fits_day, fits_month = (b <= 12) & (a <= 31), (a <= 12) & (b <= 31)
    if fits_day.sum() != fits_month.sum():
        return bool(fits_day.sum() > fits_month.sum())
    unclear = fits_day & fits_month & (a != b)
    if not unclear.any():
        return True
    shown = np.flatnonzero(unclear)[:2]
    seen = ", ".join(f"row {rows[i]}: {text[int(i)]}" for i in shown)
    raise DataError(
        f"{what}: the values fit day-first and month-first alike ({seen}). "
        "Say day_first=True or day_first=False, or write them as 2024-03-05."
    )


def _to_time(year: Ints, month: Ints, day: Ints, parts: dict[str, Ints]) -> Array:
    hour, minute, second = (np.where(parts[n] == _NONE, 0, parts[n]) for n in ("hour", "minute", "second"))
    sane = (year >= 1000) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    sane &= (hour < 24) | ((hour == 24) & (minute == 0) & (second == 0))
    sane &= (minute < 60) & (second < 60)
    months = (np.where(sane, (year - 1970) * 12 + month - 1, 0)).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + np.where(sane, day - 1, 0).astype("timedelta64[D]")
    sane &= days.astype("datetime64[M]") == months
    clock = np.where(sane, 3600 * hour + 60 * minute + second, 0).astype("timedelta64[s]")
    return np.where(sane, days.astype("datetime64[s]") + clock, np.datetime64("NaT"))


def _named_months(text: Any) -> bool:
    return bool(
        pc.any(pc.match_substring_regex(text, r"(?i)[^a-z](?:" + "|".join(_MONTHS) + ")|^[a-z]{3,9}[ .-]")).as_py()
    )


def _without_month_names(text: Any, day_first: bool | None) -> tuple[Any, bool | None]:
    if pc.any(pc.match_substring_regex(text, r"^\s*[A-Za-z]{3}")).as_py():
        day_first = False
    elif pc.any(pc.match_substring_regex(text, r"^\s*\d+[ -]*[A-Za-z]{3}")).as_py():
        day_first = True
    for number, name in enumerate(_MONTHS, 1):
        text = pc.replace_substring_regex(text, rf"(?i)[ -]?\b{name}[a-z]*[.,]?[ -]?", f"-{number}-")
    return pc.replace_substring_regex(text, r"^\s*-", ""), day_first


def _from_numbers(numbers: Any, tz: str | None) -> Array:
    """Read 20240305 and longer digits, Excel's serial days, Unix seconds and milliseconds."""
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
        parts = _parts(text, _DIGITS)
        values[digits] = _to_time(parts["a"], parts["b"], parts["c"], parts)
    return values


def _is_digits(numbers: Any, scale: int) -> Bools:
    return (numbers >= 19_000_101 * scale) & (numbers < 21_000_000 * scale)


def _without_offset(values: Array, offset: Ints, tz: str | None, what: str) -> tuple[Array, bool]:
    given = (offset != _NONE) & ~np.isnat(values)
    if not given.any():
        return values, False
    kinds = np.unique(offset[given])
    if tz is None and len(kinds) > 1:
        raise DataError(
            f"{what}: the times carry {len(kinds)} different offsets from UTC; name the zone, for example "
            "tz='Europe/London'."
        )
    if tz is None:
        return values, bool(kinds[0] == 0)
    values = values.copy()
    values[given] = _local(values[given] - offset[given].astype("timedelta64[m]"), tz)
    return values, False


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


def parse_clock(column: pd.Series) -> Array:
    """Return seconds since midnight of a time of day such as 2340, "23:40:00" or "11:40 PM"; NaT where unreadable."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        column = pd.Series(column.to_numpy(float, na_value=np.nan), index=column.index)
        column = column.map(lambda v: f"{v:04.0f}", na_action="ignore")
    text = _text(column)
    parts = _parts(text, r"^\s*" + _CLOCK)
    compact = _parts(text, _COMPACT_CLOCK)
    compact["hour"] = np.where((compact["hour"] == _NONE) & (compact["minute"] != _NONE), 0, compact["hour"])
    use = parts["hour"] == _NONE
    parts = {n: np.where(use, compact[n], parts[n]) for n in ("hour", "minute", "second")}
    known = parts["hour"] != _NONE
    day = np.ones(len(column), np.int64)
    values = _to_time(np.where(known, 1970, _NONE), day, day, parts)
    return values - np.datetime64(0, "s")


def text_of(values: Any) -> pd.Series:
    """Return values as trimmed text, missing where empty."""
    text = pd.Series(values).astype("str").str.strip()
    empty = text.isin(["", "nan", "None", "NaN", "NaT", "<NA>"])
    return text.mask(empty) if empty.any() else text
