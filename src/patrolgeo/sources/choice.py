"""What a reading takes beside the file: one part of a source, and the rows that are wanted of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, nearest
from patrolgeo.errors import DataError
from patrolgeo.sources.clocks import parse_clock
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.presets import Preset, reading_rules
from patrolgeo.sources.tables import Where

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Choice(Where, total=False):
    """Options that incidents and calls share, with the words of a plan file (`from_` is ``from`` there).

    Keys
    ----
    layer
        Layer of a GeoPackage, folder of a KML.
    table, sql
        Table or query of a database.
    hours
        Two clock times: only rows from the first (included) to the second are wanted, over midnight too.
    weekdays
        Only rows of these days, "mon" to "sun"; with `hours` over midnight a night belongs to the day it begins on.
    categories
        Only rows of these categories.
    from_, until
        First and last time wanted, for example "2024-01" or "2024-06-30"; the whole of the month or day named.
    kinds
        Table of kinds, see `map_kinds`.
    streets, address_points
        Layers on which addresses are located, see `locate_addresses`.
    """

    hours: Sequence[str] | None
    weekdays: Sequence[str] | None
    categories: Sequence[str] | None
    from_: str | None
    until: str | None
    kinds: Any
    streets: Any
    address_points: Any


@dataclass(frozen=True)
class Part:
    """One file or table of a source, and how it is read."""

    source: Any
    rules: Preset
    columns: Mapping[str, str] | None
    choice: Choice
    name: str | None = None
    channel: str | None = None

    @property
    def addressed(self) -> bool:
        """Say whether addresses are located."""
        return self.choice.get("streets") is not None or self.choice.get("address_points") is not None


_RULES = ("preset", "columns", "datum", "tz", "encoding", "day_first")


def parts_of(source: Any, kind: str, said: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a source: one, or those of a list, of which a mapping says its own words of a plan file."""
    _check_words(said, Choice.__annotations__.keys() | set(_RULES), "option")
    listed = source if isinstance(source, (list, tuple)) else [source]
    if not listed:
        raise DataError("There is no source to read; the list is empty.")
    return [_part(one, kind, said) for one in listed]


def _part(source: Any, kind: str, said: Mapping[str, Any]) -> Part:
    own: dict[str, Any] = {"file": source}
    if isinstance(source, Mapping):
        own = {("from_" if key == "from" else key): value for key, value in source.items()}
        _check_words(own, {"file", "source", "channel", *_RULES, *Choice.__annotations__}, "key of a source")
        if "file" not in own:
            raise DataError(f"A source needs 'file' (a path, a frame or a database); it has: {', '.join(source)}.")
    whole = {**said, **{key: value for key, value in own.items() if value is not None}}
    rules = {name: whole.get(name) for name in _RULES if name not in ("preset", "columns")}
    choice: Choice = {key: whole[key] for key in Choice.__annotations__ if whole.get(key) is not None}  # type: ignore[assignment]
    preset = reading_rules(kind, whole.get("preset"), **rules)
    return Part(own["file"], preset, whole.get("columns"), choice, own.get("source"), own.get("channel"))


def _check_words(said: Mapping[str, Any], known: Any, what: str) -> None:
    for word in said:
        if word not in known:
            raise DataError(f"{word!r} is not a known {what}{nearest(word, known)} Known: {', '.join(sorted(known))}.")


def choose_rows(time: Any, category: Any, choice: Choice, ledger: Ledger) -> None:
    """Set the rows aside that are not wanted: other hours, days or categories, before `from_` or after `until`."""
    stamps = pd.Series(np.asarray(time))
    if choice.get("from_") is not None:
        first = _span(choice["from_"], "from")[0]
        ledger.reject(stamps < first, "not_wanted", f"Before {first:%Y-%m-%d %H:%M} (from).")
    if choice.get("until") is not None:
        last = _span(choice["until"], "until")[1]
        ledger.reject(stamps > last, "not_wanted", f"After {last:%Y-%m-%d %H:%M} (until).")
    if choice.get("hours") is not None:
        ledger.reject(~_within(stamps, choice["hours"]), "not_wanted", "Outside the hours wanted.")
    if choice.get("weekdays") is not None:
        on = _on_days(stamps, choice["weekdays"], choice.get("hours"))
        ledger.reject(~on, "not_wanted", f"Of other days than {', '.join(choice['weekdays'] or [])}.")
    if choice.get("categories") is not None:
        _choose_categories(pd.Series(np.asarray(category)), choice["categories"], ledger)


def _choose_categories(category: pd.Series, wanted: Sequence[str] | None, ledger: Ledger) -> None:
    names = [wanted] if isinstance(wanted, str) else list(wanted or [])
    known = sorted(category.dropna().unique())
    for name in names:
        if name not in known:
            shown = ", ".join(known[:20])
            raise DataError(
                f"{ledger.source}: no row is of the category {name!r}{nearest(name, known)} It has: {shown}."
            )
    ledger.reject(~category.isin(names), "not_wanted", "Of other categories.")


def _span(text: Any, what: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    try:
        period = pd.Period(str(text))
    except ValueError as error:
        raise DataError(f"{what} = {text!r} is not a date; write 2024, 2024-06 or 2024-06-30.") from error
    return period.start_time, period.end_time


def _within(stamps: pd.Series, hours: Any) -> Any:
    first, last = _bounds(hours)
    clock = (stamps - stamps.dt.floor("D")).to_numpy()
    return (clock >= first) & (clock < last) if first < last else (clock >= first) | (clock < last)


def _bounds(hours: Any) -> Any:
    bounds = parse_clock(pd.Series(list(hours)))
    if len(bounds) != 2 or np.isnat(bounds).any():
        raise DataError(f"hours = {hours!r} must be two clock times, for example ['22:00', '06:00'].")
    return bounds


def _on_days(stamps: pd.Series, weekdays: Any, hours: Any) -> Any:
    """Return which rows are of the days wanted; the hours after midnight belong to the night before."""
    for day in weekdays:
        check_choice(day, WEEKDAYS, "weekdays")
    first, last = (np.timedelta64(0), np.timedelta64(0)) if hours is None else _bounds(hours)
    began = stamps - pd.Timedelta(last) if first > last else stamps
    return began.dt.day_of_week.isin([WEEKDAYS.index(day) for day in weekdays])
