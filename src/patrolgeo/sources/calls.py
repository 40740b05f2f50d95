"""Calls for service: received, dispatched, arrived, cleared, with priority, units and origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo._typing import Array, Bools
from patrolgeo.sources.boundaries import read_area
from patrolgeo.sources.choice import Choice, Part, choose_rows, parts_of
from patrolgeo.sources.labels import categories, identity
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.occurrence import in_zone, note_reading
from patrolgeo.sources.placing import find_places, open_rows
from patrolgeo.sources.positions import Points
from patrolgeo.sources.presets import Preset
from patrolgeo.sources.times import parse_times, text_of

STAMPS = ("received", "dispatched", "arrived", "cleared")
_DAY = np.timedelta64(24, "h")


def read_calls(
    source: Any,
    *,
    preset: str | None = None,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    tz: str | None = None,
    encoding: str | None = None,
    day_first: bool | None = None,
    area: Any = None,
    places: Any = None,
    return_ledger: bool = False,
    **more: Unpack[Choice],
) -> Any:
    """Which calls came, and when was someone sent, there and done?

    One row a call. Of a table with one row a unit the first unit's arrival and the last unit's clearing count, and
    `units` says how many there were. A stamp before its predecessor, or more than 24 hours after the call, is left
    out of the row and counted; the call stays.

    Parameters
    ----------
    source
        Path or frame with ``id, received, dispatched, arrived, cleared, priority, category, units, origin`` and a
        place; all but `received` and the place may be missing. Of Chinese 110 tables 反馈时间 (the report back, hours
        later) is not taken for the clearing. A list of these, or of mappings with their own words as ``[[calls]]`` of a
        plan file, is put together with a column `source`.
    preset, columns, datum, tz, encoding, day_first, area, places
        As in `read_incidents`.
    more
        ``layer, table, sql, hours, weekdays, categories, from_, until``; see `Choice`.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``id, received, dispatched, arrived, cleared, priority, category, units, origin,
    geometry``; stamps that are not known are NaT. The ledger notes the median and the 90th percentile of the response.

    Raises
    ------
    MissingColumnError
        When there is no column for `received`, or no place.
    MissingFileError
        When the file does not exist.
    CRSError
        When the datum is not known, or the coordinates are not degrees and their system is not named.
    DataError
        When the file cannot be read, no row can be used, or the preset, a category or a setting is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_calls
    >>> rows = pd.DataFrame({"id": ["A1", "A1"], "unit": ["P7", "P9"], "received": ["2024-03-05 23:40"] * 2,
    ...                      "arrived": ["2024-03-05 23:52", "2024-03-05 23:47"], "lon": 119.97, "lat": 31.81})
    >>> calls, ledger = read_calls(rows, return_ledger=True)
    >>> calls[["id", "arrived", "units"]]
       id             arrived  units
    0  A1 2024-03-05 23:47:00      2
    >>> ledger.set_aside
    {'further_unit': 1}
    """
    own = {"preset": preset, "columns": columns, "datum": datum, "tz": tz, "encoding": encoding, "day_first": day_first}
    areas = None if area is None else read_area(area)
    found = [_read(part, areas, places) for part in parts_of(source, "calls", {**own, **more})]
    table, points, ledger = found[0] if len(found) == 1 else _fuse(found)
    _note_response(table, ledger)
    table = points.join(ledger.close(table.drop(columns="_made_id"), "calls"), ledger.alive)
    return ledger.finish(table, return_ledger)


_Found = tuple[pd.DataFrame, Points, Ledger]


def _read(part: Part, areas: Any, places: Any) -> _Found:
    raw, ledger, rules = open_rows(part, needed=("received",))
    table = _stamps(raw, ledger, rules.day_first, rules.tz)
    table = _labelled(table, raw, ledger, rules)
    choose_rows(table["received"], table["category"], part.choice, ledger)
    table = _one_row_a_call(table, raw, ledger)
    table = _sane(table, ledger)
    points, _ = find_places(table, raw, ledger, rules, areas, places)
    return table, points, ledger


def _fuse(found: list[_Found]) -> _Found:
    """Return the calls of several sources as one table; made-up ids are told apart by the source."""
    table = pd.concat([calls.assign(source=ledger.source) for calls, _, ledger in found])
    table["id"] = table["id"].mask(table["_made_id"], table["source"] + " " + table["id"].astype("str"))
    return table, Points.joined([points for _, points, _ in found]), Ledger.fused(ledger for *_, ledger in found)


def _stamps(raw: Any, ledger: Ledger, day_first: bool | None, tz: str | None) -> pd.DataFrame:
    table = {}
    for name in STAMPS:
        if name not in raw.columns:
            table[name] = np.full(len(raw), np.datetime64("NaT", "us"))
            continue
        times = parse_times(raw[name], f"{ledger.source}, {name}", day_first=day_first, tz=tz)
        note_reading(times, name, tz, ledger)
        if name == "received":
            ledger.reject(times.missing, "missing_time")
            ledger.reject(times.no_year, "no_year")
            ledger.reject(np.isnat(times.values), "bad_time")
        else:
            _note_stamp(ledger, name, times.missing, np.isnat(times.values) & ~times.missing)
        table[name] = in_zone(times.values, tz, ledger).astype("datetime64[us]")
    return pd.DataFrame(table, index=raw.index)


def _note_stamp(ledger: Ledger, name: str, missing: Bools, bad: Bools) -> None:
    if (missing & ledger.alive).any():
        ledger.noted("missing_stamp", missing & ledger.alive, f"{name} is missing.")
    if (bad & ledger.alive).any():
        ledger.repaired("bad_stamp", bad & ledger.alive, f"{name} cannot be read.")


def _labelled(table: pd.DataFrame, raw: Any, ledger: Ledger, preset: Preset) -> pd.DataFrame:
    ids, made = identity(raw, ledger)
    table.insert(0, "id", ids)
    table["_made_id"] = made
    table["priority"] = text_of(raw["priority"]) if "priority" in raw.columns else pd.NA
    table["category"], origin = categories(raw, ledger, preset.origin)
    units = pd.to_numeric(raw["units"], errors="coerce") if "units" in raw.columns else pd.Series(1, index=raw.index)
    table["units"] = units.where(units >= 1, 1).round().astype("int64")
    table["origin"] = "unknown" if origin is None else origin
    return table


def _one_row_a_call(table: pd.DataFrame, raw: Any, ledger: Ledger) -> pd.DataFrame:
    """Give the first row of each call its first arrival and last clearing; set its further rows aside."""
    alive = table[ledger.alive]
    again = alive["id"].duplicated()
    if "id" not in raw.columns or not again.any():
        return table
    calls = alive.groupby("id", sort=False)
    units = raw.loc[alive.index, "unit"] if "unit" in raw.columns else pd.Series(alive.index, index=alive.index)
    whole = pd.DataFrame(
        {
            "received": calls["received"].transform("min"),
            "dispatched": calls["dispatched"].transform("min"),
            "arrived": calls["arrived"].transform("min"),
            "cleared": calls["cleared"].transform("max"),
            "units": np.maximum(units.groupby(alive["id"]).transform("nunique"), calls["units"].transform("max")),
        }
    )
    table.loc[whole.index, whole.columns] = whole
    mask = np.zeros(len(table), bool)
    mask[np.flatnonzero(ledger.alive)[again.to_numpy()]] = True
    ledger.noted("units_of_call", ~mask & ledger.alive & (table["units"] > 1).to_numpy())
    ledger.reject(mask, "further_unit")
    return table


def _sane(table: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Leave out stamps that lie before their predecessor or more than a day after the call."""
    stamps = {n: table[n].to_numpy().astype("datetime64[s]") for n in STAMPS}
    last = stamps["received"].copy()
    for name in STAMPS[1:]:
        early = (stamps[name] < last) & ledger.alive
        late = (stamps[name] - stamps["received"] > _DAY) & ledger.alive
        if early.any():
            ledger.repaired("negative_duration", early, f"{name} lies before the stamp it follows.")
        if late.any():
            ledger.repaired("long_duration", late, f"{name} lies more than 24 hours after the call.")
        stamps[name] = np.where(early | late, np.datetime64("NaT"), stamps[name])
        last = np.fmax(last, stamps[name])
    return table.assign(**{n: s.astype("datetime64[us]") for n, s in stamps.items()})


def _note_response(table: pd.DataFrame, ledger: Ledger) -> None:
    answer = response_minutes(table[ledger.alive])
    if len(answer):
        median, late = np.percentile(answer, [50, 90])
        detail = (
            f"Received to arrived: median {median:.1f}, 90th percentile {late:.1f} minutes ({len(answer):,} calls)."
        )
        ledger.noted("response", detail=detail)


def response_minutes(calls: pd.DataFrame) -> Array:
    """Return the minutes from received to arrived of the calls that have both and were not started by officers.

    Parameters
    ----------
    calls
        As `read_calls` gives them: `received`, `arrived`, `origin`, a row a call.

    Returns
    -------
    Minutes, shape (n_answered,), in the order of the rows.

    Raises
    ------
    MissingColumnError
        When a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import response_minutes
    >>> times = pd.to_datetime(["2024-03-05 23:40", "2024-03-05 23:52"])
    >>> response_minutes(pd.DataFrame({"received": times[:1], "arrived": times[1:], "origin": "reported"}))
    array([12.])
    """
    check_columns(calls, ["received", "arrived", "origin"], "calls")
    asked = calls[calls["origin"] != "officer"]
    minutes = (asked["arrived"] - asked["received"]).dt.total_seconds().to_numpy() / 60.0
    return minutes[np.isfinite(minutes)]
