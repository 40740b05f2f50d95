"""When it happened: the columns of a table that together say time, end and precision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from patrolgeo._typing import Array, Bools
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.sources.clocks import is_clock, parse_clock, parse_hours
from patrolgeo.sources.columns import listed
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import plain_text, to_floats
from patrolgeo.sources.times import Times, daylight_saving, parse_times
from patrolgeo.sources.wording import bare, month_numbers
from patrolgeo.words.note import Note

_EARLIEST = np.datetime64("1950-01-01", "s")
_LONG = np.timedelta64(28, "D")


def occurrence(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> pd.DataFrame:
    """Return `time` and, when known, `time_end` and `time_precision` of every row; unreadable rows are set aside."""
    times = _start(raw, ledger, day_first, tz)
    values = in_zone(times.values, tz, ledger)
    ledger.reject(times.missing, "missing_time")
    ledger.reject(times.no_year, "no_year")
    ledger.reject(np.isnat(values), "bad_time", _first_bad(raw, values, ledger))
    ledger.reject((values < _EARLIEST) | (values > _tomorrow()), "implausible_time")
    note_reading(times, "time", tz, ledger)
    table = pd.DataFrame({"time": values.astype("datetime64[us]")}, index=raw.index)
    if times.month_only.any():
        ledger.noted("month_precision", times.month_only)
        table["time_precision"] = np.where(times.month_only, "month", np.where(times.day_only, "day", "exact"))
    elif times.day_only.any():
        ledger.noted("day_precision", times.day_only)
    end = _end(raw, ledger, day_first, tz)
    if end is None and times.end is not None and not np.isnat(times.end).all():
        ledger.noted("time_range", ~np.isnat(times.end))
        end = times.end
    if end is not None:
        table["time_end"] = _usable_end(values, end, ledger).astype("datetime64[us]")
    return table


def note_reading(times: Times, name: str, tz: str | None, ledger: Ledger) -> None:
    """Write down the order of day and month that was taken, and what was moved from or stands in UTC."""
    if times.order:
        ledger.noted("date_order", detail=Note("detail_date_order", {"column": name, "order": times.order}))
    if times.utc:
        ledger.noted("utc_clock", detail=Note("detail_utc_clock", {"column": name}))
    if times.moved:
        ledger.noted("from_utc", detail=Note("detail_from_utc", {"column": name, "n": times.moved, "tz": tz}))


def _tomorrow() -> np.datetime64:
    return np.datetime64(pd.Timestamp.now(), "s") + np.timedelta64(1, "D")


def _start(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> Times:
    has = set(raw.columns)
    what = f"{ledger.source}, time"
    if {"time_start", "time_end"} <= has or ("time_start" in has and not has & {"time", "date"}):
        ledger.noted("interval_start")
        return parse_times(raw["time_start"], what, day_first=day_first, tz=tz)
    if "date" in has and "clock" not in has and "time" in has and is_clock(raw["time"]):
        return _date_and_clock(raw["date"], raw["time"], ledger, what, day_first, tz)
    first = next((name for name in ("time", "date") if name in has), None)
    if "clock" in has and first:
        return _date_and_clock(raw["date" if "date" in has else "time"], raw["clock"], ledger, what, day_first, tz)
    if first:
        times = parse_times(raw[first], what, day_first=day_first, tz=tz)
        if "hour" not in has:
            return times
        times = _midnights_as_days(times, raw["hour"], ledger)
        whole_days = (times.day_only | np.isnat(times.values)).all()
        return _with_hours(times, raw, ledger) if whole_days else times
    if {"year", "month"} <= has:
        return _with_hours(_from_numbers(raw), raw, ledger)
    raise MissingColumnError(
        f"{ledger.source} lacks a column for time; it has: {listed(raw)}. "
        "Rename one, or name it: columns={'time': '...'}."
    )


def _date_and_clock(
    date: pd.Series, clock: pd.Series, ledger: Ledger, what: str, day_first: bool | None, tz: str | None
) -> Times:
    days = _midnights_as_days(parse_times(date, what, day_first=day_first, tz=tz), clock, ledger)
    return _joined(days, parse_clock(clock), plain_text(clock), ledger, parse_clock(clock, end=True))


def _midnights_as_days(times: Times, hours: pd.Series, ledger: Ledger) -> Times:
    """Return days where all times stand at one clock, or at two (summer time), while the hours beside them differ.

    In UTC they are midnights of a zone, and its day is taken: 05:00 is midnight of that day, 16:00 of the next.
    """
    known = times.values[~np.isnat(times.values)]
    clocks = np.unique((known - known.astype("datetime64[D]")).astype(np.int64))
    if times.day_only.any() or times.month_only.any() or not _are_midnights(clocks) or hours.nunique() <= 2:
        return times
    later = np.timedelta64(1 if times.utc and clocks.max() >= 11 * 3600 else 0, "D")
    days = (times.values.astype("datetime64[D]") + later).astype("datetime64[s]")
    if clocks.any():
        shown = ", ".join(f"{c // 3600}:{c // 60 % 60:02}" for c in clocks)
        ledger.noted("midnights", detail=f"All days stand at {shown}{' in UTC' if times.utc else ''}.")
    return replace(times, values=days, day_only=~np.isnat(days), utc=False)


def _are_midnights(clocks: Array) -> bool:
    one = len(clocks) == 1 or (len(clocks) == 2 and clocks[1] - clocks[0] in (1800, 3600))
    return bool(one and (clocks % 900 == 0).all())


def _with_hours(days: Times, raw: Any, ledger: Ledger) -> Times:
    if "hour" not in raw.columns:
        return days
    return _joined(days, parse_hours(raw["hour"], raw.get("minute"), raw.get("ampm")), plain_text(raw["hour"]), ledger)


def _joined(days: Times, seconds: Array, written: Any, ledger: Ledger, last: Array | None = None) -> Times:
    """Return days with their clocks; a clock that is given and unknown (99, -1) leaves the day, and is counted."""
    known = ~np.isnat(seconds) & ~days.month_only  # an hour without its day tells nothing
    unknown = np.isnat(seconds) & pc.is_valid(written).to_numpy(zero_copy_only=False)
    if unknown.any():
        at = int(np.flatnonzero(unknown)[0])
        ledger.noted("unknown_hour", unknown, f"The first: {written[at].as_py()} (row {ledger.rows[at]}).")
    midnight = days.values.astype("datetime64[D]").astype("datetime64[s]")
    values = np.where(known, midnight + np.where(known, seconds, np.timedelta64(0, "s")), days.values)
    day_only = ~known & ~days.month_only & ~np.isnat(values)
    end = days.end if last is None else _end_of_range(days, seconds, last, values)
    return replace(days, values=values, day_only=day_only, month_only=days.month_only & ~known, end=end)


def _end_of_range(days: Times, first: Array, last: Array, start: Array) -> Array | None:
    """Return the ends of ranges of days, of clocks, or of both; NaT where neither is a range."""
    no = np.full(len(start), np.datetime64("NaT"), "datetime64[s]")
    day = no if days.end is None else days.end
    ranged = ~np.isnat(day) | (last != first) & ~np.isnat(first)
    if not ranged.any():
        return None
    day = np.where(np.isnat(day), days.values, day).astype("datetime64[D]").astype("datetime64[s]")
    end = np.where(ranged & ~np.isnat(last), day + np.where(np.isnat(last), np.timedelta64(0, "s"), last), no)
    return np.where(end < start, end + np.timedelta64(1, "D"), end)


def _from_numbers(raw: Any) -> Times:
    parts = {n: to_floats(raw[n]) for n in ("year", "month", "day") if n in raw.columns}
    words = np.isnan(parts["month"])
    if words.any():
        parts["month"][words] = _months(raw["month"][words])
    missing = np.isnan(parts["year"]) | np.isnan(parts["month"])
    day = parts.get("day", np.full(len(raw), np.nan))
    month_only = np.isnan(day) & ~missing
    frame = pd.DataFrame({"year": parts["year"], "month": parts["month"], "day": np.where(month_only, 1, day)})
    values = pd.to_datetime(frame, errors="coerce").to_numpy().astype("datetime64[s]")
    none = np.zeros(len(raw), bool)
    return Times(values, missing, month_only, ~month_only & ~np.isnat(values), none)


def _months(words: pd.Series) -> Any:
    text = pd.Series(plain_text(words).to_pandas(), dtype=object)
    numbers = month_numbers(text.dropna().unique())
    return text.map(lambda w: numbers.get(bare(w)) if isinstance(w, str) else None).to_numpy(float, na_value=np.nan)


def _end(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> Array | None:
    what = f"{ledger.source}, time_end"
    if "time_end" in raw.columns:
        times = parse_times(raw["time_end"], what, day_first=day_first, tz=tz)
    elif {"date_end", "clock_end"} <= set(raw.columns):
        times = _date_and_clock(raw["date_end"], raw["clock_end"], ledger, what, day_first, tz)
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
        raise DataError(
            f"tz={tz!r} is not a time zone; write one such as 'Asia/Shanghai' or 'Europe/London'."
        ) from error
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
