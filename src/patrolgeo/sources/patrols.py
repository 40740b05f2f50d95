"""Patrols as they were delivered: positions or stops of units, and how much time each stands for; no officers."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.files import check_file
from patrolgeo.sources.columns import HeaderWords, check_needed, known_names, match_columns, rename_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.occurrence import in_zone, note_reading
from patrolgeo.sources.persons import drop_persons, names_crew
from patrolgeo.sources.positions import locate
from patrolgeo.sources.tables import Where, open_table
from patrolgeo.sources.times import parse_times, text_of
from patrolgeo.sources.track_faults import by_unit_and_time, far_clocks, repeats_and_jumps, until_next
from patrolgeo.sources.tracks import points_of_lines, read_gpx
from patrolgeo.words.note import Note

FAULTS = ("clock", "jump", "speed", "repeated", "place", "minutes")
GAP_S = 300  # seconds without a position that the ledger calls a gap
_LONG_S = 86_400  # of a stop


def read_patrols(
    source: Any,
    *,
    key: str | None = None,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    tz: str | None = None,
    encoding: str | None = None,
    day_first: bool | None = None,
    max_kmh: float = 200.0,
    set_aside: Iterable[str] = (),
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """Where were the patrol units, and for how long?

    A position stands for the time until the next position of its unit, a stop for its own time. What looks wrong is
    noted in the ledger and stays, unless it is asked for in `set_aside`. Codes of units leave only as hashes, columns
    that tell of officers, drivers or other persons are dropped and counted, speeds are looked at and not kept.

    Parameters
    ----------
    source
        Table, CSV, Excel, Parquet, GeoJSON (points, or lines with `coordTimes`), GPX: positions with ``unit, time, lon,
        lat``, or stops with ``unit, start, end, lon, lat`` and, where known, ``minutes``; ``force`` (kind of force) and
        a speed where known. The unit of a GPX file is the name of the track, else of the file.
    key
        Secret text with which the codes of units are hashed; keep it, and the same unit has the same code in every
        file. Without it units are numbered in the order in which they appear, and files cannot be joined by unit.
    columns
        Names of columns by field. A column of officers cannot be the unit.
    datum, tz, encoding, day_first
        As in `read_incidents`.
    max_kmh
        Faster than this no unit is: a jump, or a recorded speed that is wrong.
    set_aside
        Which faults are set aside: "clock" (a date far from the rest, a stop that ends before it starts or lasts more
        than a day), "jump" (there and on only faster than `max_kmh`), "speed" (a recorded speed below 0 or above
        `max_kmh`), "repeated" (the same unit, time and place again), "place" (no place), "minutes" (a stop without).
    return_ledger
        Return the ledger too; its `minutes` are those of the log and of the rows set aside.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.

    Returns
    -------
    DataFrame, a row a position (``unit, time, lon, lat, minutes``, by unit and time) or a stop (``unit, start, end,
    lon, lat, minutes``, as in the file); ``force`` where known. `lon`, `lat` are missing where the place is unknown,
    `minutes` where the time of a stop is. Positions without unit or time are always set aside: they hold no minutes.

    Raises
    ------
    MissingColumnError
        When there is no unit, no time and no start, or no place.
    DataError
        When no row can be used, the unit is a column of officers, or lines carry no times.
    CRSError, MissingFileError
        As in `read_incidents`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_patrols
    >>> log = pd.DataFrame({"unit": ["P7"] * 3, "time": ["2024-03-05 22:00", "2024-03-05 22:02", "2024-03-05 22:20"],
    ...                     "lon": [119.97, 119.98, 119.98], "lat": 31.81, "driver": "x"})
    >>> patrols, ledger = read_patrols(log, key="ours alone", return_ledger=True)
    >>> patrols[["time", "minutes"]]
                     time  minutes
    0 2024-03-05 22:00:00      2.0
    1 2024-03-05 22:02:00     18.0
    2 2024-03-05 22:20:00      0.0
    >>> [entry.code for entry in ledger.entries]
    ['persons_dropped', 'ping_interval', 'ping_gap']
    """
    asked = _asked(set_aside)
    check_positive(max_kmh, "max_kmh")
    raw, ledger = _open(source, encoding, where)
    raw, fields = _named(raw, ledger, columns)
    code, names = _units(raw["unit"], key)
    read = _stops if fields & {"start", "minutes"} and "time" not in fields else _positions
    found = read(raw, code, ledger, (datum, tz, day_first), max_kmh, asked)
    found.insert(0, "unit", pd.array(names, dtype="str").take(code, allow_fill=True))
    if "force" in raw.columns:
        found["force"] = text_of(raw["force"]).to_numpy()
    table = ledger.close(found, "positions or stops")
    if "time" in table.columns:
        table = _in_order(table, code[ledger.alive])
    return ledger.finish(table, return_ledger)


def as_patrols(patrols: Any) -> pd.DataFrame:
    """Return patrols as `read_patrols` gives them; any other table is read by it first."""
    if isinstance(patrols, pd.DataFrame) and {"unit", "lon", "lat", "minutes"} <= set(patrols.columns):
        begin = patrols.get("start", patrols.get("time"))
        if begin is not None and pd.api.types.is_datetime64_any_dtype(begin.dtype):
            return patrols
    table: pd.DataFrame = read_patrols(patrols)
    return table


def _asked(set_aside: Iterable[str]) -> frozenset[str]:
    words = frozenset(set_aside)
    for word in words:
        check_choice(word, FAULTS, "set_aside")
    return words


def _open(source: Any, encoding: str | None, where: Where) -> tuple[Any, Ledger]:
    if isinstance(source, (str, Path)) and str(source).lower().endswith(".gpx"):
        path = check_file(source, "patrols")
        raw, ledger = open_table(read_gpx(path), "patrols")
        ledger.source = path.name
        return raw, ledger
    raw, ledger = open_table(source, "patrols", words=HeaderWords(), encoding=encoding, **where)
    points = points_of_lines(raw, ledger.source)
    if points is raw:
        return raw, ledger
    return points, Ledger(ledger.source, points.index)


def _named(raw: Any, ledger: Ledger, columns: Mapping[str, str] | None) -> tuple[Any, set[str]]:
    """Return the table with its fields named and nothing that tells of persons, and which fields it has."""
    chosen = match_columns(raw, "patrols", ledger, columns=columns)
    check_needed(raw, chosen, ("unit", "time|start|minutes"), ledger)
    if names_crew(chosen["unit"]):
        raise DataError(
            f"{ledger.source}: {chosen['unit']!r} is a column of officers; name one of cars or crews as the unit. "
            "Patrols are told by place and force, never by officer."
        )
    raw = rename_columns(raw, chosen, ledger)
    return drop_persons(raw, ledger, set(known_names("patrols")), crew=True), set(chosen)


def _units(column: pd.Series, key: str | None) -> tuple[Ints, list[str]]:
    """Return the position of each row's unit among the units (-1 without one), and what these are called outside."""
    inner, written = pd.factorize(column)
    outer, units = pd.factorize(text_of(pd.Series(written, dtype=object)))
    code = np.append(outer, -1)[inner].astype(np.int64)
    if key is None:
        return code, [f"unit {n}" for n in range(1, len(units) + 1)]
    return code, [hmac.digest(key.encode(), str(unit).encode(), "sha256").hex()[:12] for unit in units]


def _times(raw: Any, name: str, ledger: Ledger, tz: str | None, day_first: bool | None) -> tuple[Any, Bools]:
    """Return the times of a column in whole seconds, and the rows where it is empty."""
    times = parse_times(raw[name], f"{ledger.source}, {name}", day_first=day_first, tz=tz)
    note_reading(times, name, tz, ledger)
    return in_zone(times.values, tz, ledger).astype("datetime64[s]"), times.missing


def _fault(ledger: Ledger, rows: Any, code: str, fault: str, asked: frozenset[str], detail: str = "") -> None:
    """Set rows with a fault aside when that is asked for, else note them."""
    rows = np.asarray(rows) & ledger.alive
    if fault in asked:
        ledger.reject(rows, code, detail)
    elif rows.any():
        ledger.noted(code, rows, detail)


def _speed_faults(raw: Any, ledger: Ledger, most: float) -> Bools:
    wrong = np.zeros(len(raw), bool)
    for name, factor in (("speed_kmh", 1.0), ("speed_ms", 3.6)):
        if name in raw.columns:
            speed = read_numbers(raw[name], f"{ledger.source}, {name}").values * factor
            wrong |= (speed < 0) | (speed > most)
    return wrong


# --- positions ------------------------------------------------------------------------------------------------------

_Said = tuple[str, str | None, bool | None]  # datum, time zone, whether the day stands first


def _positions(raw: Any, code: Ints, ledger: Ledger, said: _Said, most: float, asked: frozenset[str]) -> pd.DataFrame:
    datum, tz, day_first = said
    if "time" not in raw.columns:
        raise MissingColumnError(f"{ledger.source} lacks a column for time; name it: columns={{'time': '...'}}.")
    time, missing = _times(raw, "time", ledger, tz, day_first)
    ledger.reject(code < 0, "missing_unit")
    ledger.reject(missing, "missing_time")
    ledger.reject(np.isnat(time), "bad_time")
    points = locate(raw, ledger, "patrols", datum)
    _fault(ledger, far_clocks(time, ledger.alive), "ping_clock", "clock", asked)
    rows = np.flatnonzero(ledger.alive)
    rows = rows[by_unit_and_time(code[rows], time[rows])]
    seconds = np.zeros(len(raw), np.int64)
    seconds[rows] = until_next(code[rows], time[rows])
    _look(ledger, code[rows], seconds[rows], seconds > GAP_S)
    _fault(ledger, ~points.known, "ping_no_place", "place", asked)
    rows = rows[points.known[rows]]
    lonlat = np.column_stack([points.lon[rows], points.lat[rows]])
    again, jumps, fast = repeats_and_jumps(code[rows], time[rows], lonlat, most)
    _fault(ledger, ledger.at(rows[again]), "ping_repeated", "repeated", asked)
    told = Note("detail_ping_jump", {"n": fast, "kmh": most})
    _fault(ledger, ledger.at(rows[jumps]), "ping_jump", "jump", asked, told)
    _fault(ledger, _speed_faults(raw, ledger, most), "ping_speed", "speed", asked)
    _account(ledger, seconds / 60.0)
    return pd.DataFrame({"time": time, "lon": points.lon, "lat": points.lat, "minutes": seconds / 60.0})


def _look(ledger: Ledger, code: Ints, seconds: Ints, long: Bools) -> None:
    """Note the usual interval, and the gaps: `long` says by row of the file where they begin."""
    steps = seconds[seconds > 0]
    if len(steps):
        told = {"seconds": float(np.median(steps)), "units": len(np.unique(code)), "hours": float(steps.sum()) / 3600}
        ledger.noted("ping_interval", detail=Note("detail_ping_interval", told))
    if long.any():
        told = {"n": int(long.sum()), "minutes": float(seconds[seconds > GAP_S].sum()) / 60}
        ledger.noted("ping_gap", long, Note("detail_ping_gap", told))


def _account(ledger: Ledger, minutes: Floats) -> None:
    """Write down the minutes of the log and of the rows set aside."""
    known = np.nan_to_num(minutes)
    ledger.minutes = {"log": float(known.sum()), "set_aside": float(known[~ledger.alive].sum())}


def _in_order(table: pd.DataFrame, code: Ints) -> pd.DataFrame:
    order = by_unit_and_time(code, table["time"].to_numpy())
    return table if (np.diff(order) > 0).all() else table.take(order).reset_index(drop=True)


# --- stops ----------------------------------------------------------------------------------------------------------


def _stops(raw: Any, code: Ints, ledger: Ledger, said: _Said, most: float, asked: frozenset[str]) -> pd.DataFrame:
    datum, tz, day_first = said
    none = np.full(len(raw), np.datetime64("NaT"), "datetime64[s]")
    start, end = (
        _times(raw, name, ledger, tz, day_first)[0] if name in raw.columns else none for name in ("start", "end")
    )
    points = locate(raw, ledger, "patrols", datum)
    seconds = np.where(np.isnat(start) | np.isnat(end), np.nan, (end - start).astype("timedelta64[s]").astype(float))
    with np.errstate(invalid="ignore"):
        wrong = (seconds < 0) | (seconds > _LONG_S)
    minutes = _stop_minutes(raw, np.where(seconds < 0, np.nan, seconds / 60.0), ledger)
    _fault(ledger, wrong, "stop_clock", "clock", asked)
    _fault(ledger, ~points.known, "ping_no_place", "place", asked)
    _fault(ledger, np.isnan(minutes), "stop_no_minutes", "minutes", asked)
    _fault(ledger, _speed_faults(raw, ledger, most), "ping_speed", "speed", asked)
    _fault(ledger, _repeated(code, start, points), "ping_repeated", "repeated", asked)
    _account(ledger, minutes)
    return pd.DataFrame({"start": start, "end": end, "lon": points.lon, "lat": points.lat, "minutes": minutes})


def _stop_minutes(raw: Any, measured: Floats, ledger: Ledger) -> Floats:
    """Return the minutes as the log says them, else from start to end."""
    if "minutes" not in raw.columns:
        return measured
    said = read_numbers(raw["minutes"], f"{ledger.source}, minutes").values
    said = np.where(np.isfinite(said) & (said >= 0), said, np.nan)
    with np.errstate(invalid="ignore"):
        differ = np.abs(said - measured) > 1
    if differ.any():
        ledger.noted("stop_minutes_differ", differ)
    return np.where(np.isnan(said), measured, said)


def _repeated(code: Ints, start: Any, points: Any) -> Bools:
    rows = pd.DataFrame({"unit": code, "start": start, "lon": points.lon, "lat": points.lat})
    again: Bools = (rows.duplicated() & rows.notna().all(axis=1)).to_numpy()
    return again
