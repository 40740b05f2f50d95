"""Forces: stations, units, posts and volunteer groups, with kind, base, shift and speed; no officers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.clocks import parse_clock
from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers, to_floats
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import with_points
from patrolgeo.sources.tables import Where, open_table
from patrolgeo.sources.times import text_of

KINDS = ("dedicated", "social", "volunteer")
_CHINESE = {"专业": "dedicated", "社会": "social", "群防群治": "volunteer", "志愿": "volunteer"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_WORDS = {
    "": _DAYS,
    "daily": _DAYS,
    "每天": _DAYS,
    "每日": _DAYS,
    "weekdays": _DAYS[:5],
    "工作日": _DAYS[:5],
    "weekend": _DAYS[5:],
    "周末": _DAYS[5:],
}


def read_forces(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """Which forces are there, where do they start from, when and how fast?

    Parameters
    ----------
    source
        Table with ``lon, lat`` (or points): ``name, kind`` ("dedicated", "social", "volunteer", or the same in
        Chinese), ``base, shift, speed_kmh, vehicles`` when known; further columns are kept. Without a kind a force
        is dedicated.
    columns
        Names of columns by field.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.
    datum
        "WGS84", "GCJ02" or "BD09".
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``name, kind`` and what else the source has.

    Raises
    ------
    MissingColumnError
        When there is no column `name`, or there are neither points nor coordinates.
    CRSError
        When the datum or the coordinate reference system is not known.
    DataError
        When the file cannot be read, or no row can be used (of a known kind).
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_forces
    >>> units = pd.DataFrame({"name": ["Unit 1"], "kind": ["dedicated"], "speed_kmh": [40], "lon": [119.9],
    ...                       "lat": [31.7]})
    >>> read_forces(units)[["name", "kind", "speed_kmh"]]
         name       kind  speed_kmh
    0  Unit 1  dedicated       40.0
    """
    table, ledger = open_table(source, "forces", encoding=encoding, **where)
    table = name_columns(table, "forces", ledger, columns=columns, needed=("name",))
    table = drop_persons(table, ledger, set(known_names("forces")))
    table = _checked(with_points(table, ledger, "forces", datum), ledger)
    table = ledger.close(table, "forces")
    return ledger.finish(table, return_ledger)


def _checked(table: Any, ledger: Ledger) -> Any:
    kind = text_of(table["kind"]) if "kind" in table.columns else pd.Series(pd.NA, index=table.index, dtype="str")
    kind = kind.fillna("dedicated").map(_kind)
    ledger.reject(~kind.isin(KINDS), "bad_kind", f"Known: {', '.join(KINDS)}.")
    table = table.assign(name=text_of(table["name"]).fillna(""), kind=kind)
    if "speed_kmh" in table.columns:
        speed = read_numbers(table["speed_kmh"], f"{ledger.source}, speed_kmh").values
        ledger.reject(speed <= 0, "bad_speed")
        table = table.assign(speed_kmh=speed)
    _warn_of_unread(table, ledger)
    return table


def _warn_of_unread(table: Any, ledger: Ledger) -> None:
    """Warn of hours of duty and numbers of officers that are given and cannot be read: the plan takes a guess there."""
    for names, code in ((("start", "end"), "unread_duty"), (("officers", "vehicles"), "unread_officers")):
        for name in [n for n in names if n in table.columns]:
            column = table[name]
            known = ~np.isnat(parse_clock(column, hours=True)) if code == "unread_duty" else to_floats(column) >= 0
            unread = ~known & text_of(column).notna().to_numpy()
            if unread.any():
                at = int(np.flatnonzero(unread)[0])
                ledger.warned(code, unread, f"The first: {name} {str(column.iloc[at])[:60]} (row {ledger.rows[at]}).")


def _kind(word: str) -> str:
    return next((kind for start, kind in _CHINESE.items() if word.startswith(start)), word.strip().lower())


def read_shifts(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """When does each shift begin and end, and on which days?

    Parameters
    ----------
    source
        Table with ``name, start, end`` ("22:00") and, when not daily, ``days`` ("Mon-Fri", "Sat,Sun", "weekend").
        A shift whose end is not after its start crosses midnight; "24:00" is the end of the day.
    columns
        Names of columns by field.
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.

    Returns
    -------
    DataFrame indexed by ``name`` with ``start`` and ``minutes`` (how long), both in minutes, and ``days``, a list of
    the days on which it starts.

    Raises
    ------
    DataError
        When a time or a day cannot be read, or two shifts have one name.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_shifts
    >>> read_shifts(pd.DataFrame({"name": ["night"], "start": ["22:00"], "end": ["06:00"], "days": ["Fri-Sat"]}))
           start  minutes        days
    name
    night   1320      480  [Fri, Sat]
    """
    table, ledger = open_table(source, "shifts", encoding=encoding, **where)
    table = name_columns(table, "shifts", ledger, columns=columns, needed=("name", "start", "end"))
    start, end = (_minutes(table[n], f"{ledger.source}, {n}") for n in ("start", "end"))
    words = text_of(table["days"]).fillna("") if "days" in table.columns else [""] * len(table)
    days = [_days(w, f"{ledger.source}, row {row}") for row, w in zip(table.index, words, strict=True)]
    length = np.where(end > start, end - start, end - start + 1440)
    name = pd.Index(text_of(table["name"]).fillna(""), name="name")
    if name.has_duplicates:
        raise DataError(f"{ledger.source}: the shift {name[name.duplicated()][0]!r} stands twice.")
    shifts = pd.DataFrame({"start": start, "minutes": length, "days": days}, index=name)
    return ledger.finish(shifts, return_ledger)


def _minutes(column: pd.Series, what: str) -> Any:
    seconds = parse_clock(column, hours=True)
    if np.isnat(seconds).any():
        at = int(np.flatnonzero(np.isnat(seconds))[0])
        raise DataError(f"{what}, row {column.index[at]}: {column.iloc[at]!r} is not a time of day such as 22:00.")
    return seconds.astype(np.int64) // 60


def _days(words: str, what: str) -> list[str]:
    """Read "daily", "Mon-Fri", "Sat,Sun" and the like."""
    if words.lower() in _DAY_WORDS:
        return list(_DAY_WORDS[words.lower()])
    found: list[str] = []
    for part in words.replace(";", ",").replace(" ", ",").split(","):
        ends = [d.strip()[:3].capitalize() for d in part.split("-")]
        if not part or not set(ends) <= set(_DAYS):
            raise DataError(f"{what}: days {words!r} cannot be read; write daily, Mon-Fri or Sat,Sun.")
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        found += [_DAYS[(first + i) % 7] for i in range((last - first) % 7 + 1)]
    return list(dict.fromkeys(found))
