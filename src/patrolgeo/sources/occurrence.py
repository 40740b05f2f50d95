"""When it happened: the columns of a table that together say time, end and precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Bools
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.sources.columns import listed
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import to_numbers
from patrolgeo.sources.times import Times, daylight_saving, parse_clock, parse_times, text_of

_EARLIEST = np.datetime64("1950-01-01", "s")
_LONG = np.timedelta64(28, "D")
_CLOCK_ONLY = r"^\s*\d{1,2}:\d{2}(?::\d{2})?\s*(?:[AaPp][Mm])?\s*$"


def occurrence(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> pd.DataFrame:
    """Return `time` and, when known, `time_end` and `time_precision` of every row; unreadable rows are set aside."""
    times = _start(raw, ledger, day_first, tz)
    values = in_zone(times.values, tz, ledger)
    ledger.reject(times.missing, "missing_time")
    ledger.reject(np.isnat(values), "bad_time", _first_bad(raw, values, ledger))
    ledger.reject((values < _EARLIEST) | (values > _tomorrow()), "implausible_time")
    if times.utc and tz is None:
        ledger.noted("utc_clock")
    table = pd.DataFrame({"time": values.astype("datetime64[us]")}, index=raw.index)
    if times.month_only.any():
        ledger.noted("month_precision", times.month_only)
        table["time_precision"] = np.where(times.month_only, "month", np.where(times.day_only, "day", "exact"))
    elif times.day_only.any():
        ledger.noted("day_precision", times.day_only)
    end = _end(raw, ledger, day_first, tz)
    if end is not None:
        table["time_end"] = _usable_end(values, end, ledger).astype("datetime64[us]")
    return table


def _tomorrow() -> np.datetime64:
    return np.datetime64(pd.Timestamp.now(), "s") + np.timedelta64(1, "D")


def _start(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> Times:
    has = set(raw.columns)
    what = f"{ledger.source}, time"
    if {"time_start", "time_end"} <= has or ("time_start" in has and not has & {"time", "date"}):
        ledger.noted("interval_start")
        return parse_times(raw["time_start"], what, day_first=day_first, tz=tz)
    if "date" in has and "clock" not in has and "time" in has and _is_clock(raw["time"]):
        return _date_and_clock(raw["date"], raw["time"], what, day_first, tz)
    if "time" in has and "clock" not in has:
        return parse_times(raw["time"], what, day_first=day_first, tz=tz)
    if "date" in has or {"time", "clock"} <= has:
        date = raw["date"] if "date" in has else raw["time"]
        if "clock" not in has:
            return parse_times(date, what, day_first=day_first, tz=tz)
        return _date_and_clock(date, raw["clock"], what, day_first, tz)
    if {"year", "month", "day"} <= has:
        return _from_numbers(raw)
    raise MissingColumnError(
        f"{ledger.source} lacks a column for time; it has: {listed(raw)}. "
        "Rename one, or name it: columns={'time': '...'}."
    )


def _is_clock(column: pd.Series) -> bool:
    text = text_of(column).dropna()
    return bool(len(text)) and bool(text.iloc[:200].str.match(_CLOCK_ONLY).mean() > 0.5)


def _date_and_clock(date: pd.Series, clock: pd.Series, what: str, day_first: bool | None, tz: str | None) -> Times:
    days = parse_times(date, what, day_first=day_first, tz=tz)
    seconds = parse_clock(clock)
    known = ~np.isnat(seconds)
    midnight = days.values.astype("datetime64[D]").astype("datetime64[s]")
    values = np.where(known, midnight + np.where(known, seconds, np.timedelta64(0, "s")), days.values)
    return Times(values, days.missing, days.month_only, ~known & ~days.month_only & ~np.isnat(values))


def _from_numbers(raw: Any) -> Times:
    parts = {n: to_numbers(raw[n]) for n in ("year", "month", "day", "hour", "minute") if n in raw.columns}
    missing = np.any([np.isnan(parts[n]) for n in ("year", "month", "day")], axis=0)
    clock = {n: np.nan_to_num(parts.get(n, np.zeros(len(raw)))).clip(0, 59) for n in ("hour", "minute")}
    day = pd.DataFrame({n: parts[n] for n in ("year", "month", "day")})
    values = pd.to_datetime(day, errors="coerce").to_numpy().astype("datetime64[s]")
    seconds = (3600 * clock["hour"] + 60 * clock["minute"]).clip(0, 86_399).astype(np.int64)
    none = np.zeros(len(raw), bool)
    unknown = np.isnan(parts["hour"]) if "hour" in parts else ~none
    return Times(values + seconds.astype("timedelta64[s]"), missing, none, unknown & ~np.isnat(values))


def _end(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> Array | None:
    what = f"{ledger.source}, time_end"
    if "time_end" in raw.columns:
        times = parse_times(raw["time_end"], what, day_first=day_first, tz=tz)
    elif {"date_end", "clock_end"} <= set(raw.columns):
        times = _date_and_clock(raw["date_end"], raw["clock_end"], what, day_first, tz)
    else:
        return None
    return times.values


def _usable_end(start: Array, end: Array, ledger: Ledger) -> Array:
    turned = end < start
    if turned.any():
        ledger.repaired("turned_interval", turned & ledger.alive)
        end = np.where(turned, np.datetime64("NaT"), end)
    long = end - start > _LONG
    if long.any():
        ledger.noted("long_interval", long & ledger.alive)
    return end


def in_zone(values: Array, tz: str | None, ledger: Ledger) -> Array:
    """Return clock times that exist in the zone, and note those of the skipped and the repeated hour."""
    if tz is None:
        return values
    try:
        moved, skipped, repeated = daylight_saving(values, tz)
    except (KeyError, ValueError, OSError) as error:
        raise DataError(f"tz={tz!r} is no time zone; name one such as 'Asia/Shanghai' or 'Europe/London'.") from error
    if skipped.any():
        ledger.repaired("skipped_hour", skipped)
    if repeated.any():
        ledger.noted("twice_hour", repeated)
    return moved


def _first_bad(raw: Any, values: Array, ledger: Ledger) -> str:
    column = next((c for c in ("time", "time_start", "date") if c in raw.columns), None)
    bad: Bools = np.isnat(values) & ledger.alive
    if column is None or not bad.any():
        return ""
    at = int(np.flatnonzero(bad)[0])
    return f"The first: {raw[column].iloc[at]!s} (row {raw.index[at]})."
