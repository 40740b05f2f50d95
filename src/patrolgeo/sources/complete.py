"""Which of the proposed columns are taken, and what is asked when that is not sure."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from patrolgeo.errors import MissingColumnError
from patrolgeo.sources.columns import listed, plain
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.propose import CLOCKS, HALF, Proposal, propose_columns, sample, share_of_times
from patrolgeo.sources.times import text_of

_SURE = 0.6
_PARTS = ("year", "month", "day", "hour", "minute", "clock", "time_start", "time_end")
_FIELDS = {"time": ("time", "clock", "hour"), "category": ("category",), "place": ("lon", "lat", "x", "y", "location")}


def complete_columns(frame: pd.DataFrame, chosen: Mapping[str, str], ledger: Ledger, *, placed: bool) -> dict[str, str]:
    """Return the fields that names alone settled (`chosen`) with those that values and names together tell.

    Time and place that stay unknown are one error, which holds the lines that mend it. `placed` says that rows get
    their place otherwise (a gazetteer, addresses).
    """
    need = _unmet(frame, chosen, placed)
    if not need:
        return dict(chosen)
    found = [p for p in propose_columns(frame) if p.column not in _kept_columns(chosen, need)]
    taken = dict(chosen)
    for part in need:
        taken = _ADD[part](taken, found, frame)
    said = [p for p in found if taken.get(p.field) == p.column and chosen.get(p.field) != p.column]
    said += [p for p in found if p.field == "time" and taken.get("date") == p.column and "date" not in chosen]
    if said:
        told = "; ".join(f"{p.field} = {p.column} ({p.score:.2f}: {p.why}){_next(p, found)}" for p in said)
        ledger.noted("columns_found", detail=f"Found by values and name: {told}.")
    still = [need for need in _unmet(frame, taken, placed) if need != "clock"]
    if "time_start" in taken or {"year", "month"} <= set(taken):
        still = [s for s in still if s != "time"]
    if {"time", "place"} & set(still):
        raise _not_found(frame, taken, found, still, ledger)
    if "category" in still:
        likely = ", ".join(f"{p.column} ({p.score:.2f})" for p in found if p.field == "category")
        ledger.noted("no_category", detail=f"Likely: {likely}." if likely else "")
    return taken


def _kept_columns(chosen: Mapping[str, str], need: list[str]) -> set[str]:
    open_fields = {"time": ("time", *_PARTS), "place": ("location", "lon", "lat")}
    free = {f for part in need for f in open_fields.get(part, ())}
    return {column for field, column in chosen.items() if field not in free}


def _unmet(frame: pd.DataFrame, chosen: Mapping[str, str], placed: bool) -> list[str]:
    has = set(chosen)
    need = []
    started = "time_start" in has and not _only_days(frame, chosen["time_start"])
    if not (_tells_time(frame, chosen) or started or has & {"date", "received"} or {"year", "month", "day"} <= has):
        need.append("time")
    if _day_alone(frame, chosen):
        need.append("clock")
    if "category" not in has:
        need.append("category")
    pair = {"lon", "lat"} <= has
    spare = {"x", "y"} <= has and not _degrees_elsewhere(frame, chosen)
    if not (pair or spare or "geometry" in frame.columns or placed or _tells_points(frame, chosen)):
        need.append("place")
    return need


def _day_alone(frame: pd.DataFrame, chosen: Mapping[str, str]) -> bool:
    """Say whether the moment is a column of days with nothing beside it that tells the time of day."""
    if "date" not in chosen or set(chosen) & {"time", "time_start", "received", *_PARTS}:
        return False
    return _only_days(frame, chosen["date"]) or _at_one_clock(frame[chosen["date"]])


def _at_one_clock(values: pd.Series) -> bool:
    """Say whether all times of a column stand at the same clock, or two: days, such as midnights of a zone in UTC."""
    clocks = text_of(sample(values)).dropna().str.extract(r"[T ](\d\d:\d\d)")[0]
    return bool(clocks.notna().all() and clocks.str.contains(r":(?:00|15|30|45)$").all() and clocks.nunique() <= 2)


def _tells_time(frame: pd.DataFrame, chosen: Mapping[str, str]) -> bool:
    if "time" not in chosen:
        return False
    text = text_of(sample(frame[chosen["time"]])).dropna()
    return not len(text) or "date" in chosen or not text.str.match(CLOCKS).mean() > 0.5


def _only_days(frame: pd.DataFrame, column: str) -> bool:
    return not share_of_times(sample(frame[column]), column)[1]


def _tells_points(frame: pd.DataFrame, chosen: Mapping[str, str]) -> bool:
    if "location" not in chosen:
        return False
    text = text_of(sample(frame[chosen["location"]])).dropna()
    looks = r"-?\d{1,3}\.\d+[,\s]+-?\d{1,3}\.\d+|['\"]coordinates['\"]|^0[01][0-9A-Fa-f]{40,}$"
    return bool(text.str.contains(looks).mean() > 0.5)


def _degrees_elsewhere(frame: pd.DataFrame, chosen: Mapping[str, str]) -> bool:
    """Say whether x and y are not degrees while another pair of columns is."""
    x = pd.to_numeric(sample(frame[chosen["x"]]), errors="coerce")
    if not len(x) or not x.abs().median() > 180:
        return False
    return any(p.field == "lon" and p.score >= _SURE for p in propose_columns(frame))


def _add_time(taken: dict[str, str], found: list[Proposal], frame: pd.DataFrame) -> dict[str, str]:
    times = [p for p in found if p.field == "time"]
    if not times or times[0].score < _SURE or (len(times) > 1 and not _ahead(times[0], times[1], frame)):
        return taken
    rest = {f: c for f, c in taken.items() if f not in ("time", *_PARTS)}
    moment = _moment(times[0], found, frame)
    return taken if "time_start" in taken and "time" in moment and not _tells_clock(times[0]) else {**rest, **moment}


def _tells_clock(time: Proposal) -> bool:
    return "times" in time.why.split(";")[0]


def _moment(time: Proposal, found: list[Proposal], frame: pd.DataFrame) -> dict[str, str]:
    """Return the columns that tell a moment: one of times, or one of days with the clock or the hours beside it."""
    parts = _clock_beside(time.column, found)
    if _tells_clock(time) and parts:
        differ = text_of(sample(frame[next(iter(parts.values()))])).nunique() > 2
        parts = parts if differ and _at_one_clock(frame[time.column]) else {}
    return {"date": time.column, **parts} if parts else {"time": time.column}


def _clock_beside(date: str, found: list[Proposal]) -> dict[str, str]:
    """Return the clock, or the hour with its minute and its half of the day, whose name is the nearest to a day's."""
    for field in ("clock", "hour"):
        near = _nearest(date, [p for p in found if p.field == field and p.score >= 0.4])
        if near is None:
            continue
        parts = {field: near.column}
        if field == "hour":
            beside = {f: [p for p in found if p.field == f] for f in ("minute", "ampm")}
            parts |= {f: p.column for f, ps in beside.items() if (p := _nearest(near.column, ps, alone=len(ps) == 1))}
            if near.why.startswith(HALF) and beside["ampm"] and "ampm" not in parts:
                continue
        return parts
    return {}


def _nearest(column: str, parts: list[Proposal], *, alone: bool = True) -> Proposal | None:
    """Return the part whose name shares the most words with `column`; without one in common only when it is alone."""
    best = max(parts, key=lambda p: (_shared(p.column, column), p.score), default=None)
    return best if best is not None and (alone or _shared(best.column, column)) else None


def _ahead(first: Proposal, second: Proposal, frame: pd.DataFrame) -> bool:
    """Say whether the first is clearly the better one, or both tell the same days."""
    if first.score >= 1.1 * second.score:
        return True
    a, b = (text_of(frame[p.column]).str.slice(0, 10) for p in (first, second))
    return bool((a == b).mean() > 0.95)


def _shared(a: str, b: str) -> int:
    cut = [set(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", c)) for c in (a, b)]
    return len({w.lower() for w in cut[0]} & {w.lower() for w in cut[1]})


def _add_clock(taken: dict[str, str], found: list[Proposal], _: pd.DataFrame) -> dict[str, str]:
    """Add the clock or hour beside a day that is known by name, when their names have a word in common."""
    date = taken["date"]
    near = [p for p in found if _shared(p.column, date) or plain(p.column)[:4] == plain(date)[:4]]
    return {**taken, **_clock_beside(date, near)}


def _add_category(taken: dict[str, str], found: list[Proposal], _: pd.DataFrame) -> dict[str, str]:
    kinds = [p for p in found if p.field == "category" and p.column not in taken.values()]
    clear = kinds and (kinds[0].score >= _SURE or len(kinds) == 1 or kinds[0].score >= 1.3 * kinds[1].score)
    return {**taken, "category": kinds[0].column} if clear and kinds[0].score >= 0.3 else taken


def _add_place(taken: dict[str, str], found: list[Proposal], _: pd.DataFrame) -> dict[str, str]:
    for pair in (("lon", "lat"), ("x", "y")):
        best = [next((p for p in found if p.field == f), None) for f in pair]
        a, b = best
        if a and b and a.column != b.column and min(a.score, b.score) >= _SURE:
            rest = {f: c for f, c in taken.items() if f != "location"}
            return {**rest, pair[0]: a.column, pair[1]: b.column}
    points = next((p for p in found if p.field == "location" and p.score >= 0.4), None)
    return {**taken, "location": points.column} if points else taken


_ADD = {"time": _add_time, "clock": _add_clock, "category": _add_category, "place": _add_place}


def _next(chosen: Proposal, found: list[Proposal]) -> str:
    others = [p for p in found if p.field == chosen.field and p.column != chosen.column]
    return f", next {others[0].column} {others[0].score:.2f}" if others else ""


def _not_found(
    frame: pd.DataFrame, taken: Mapping[str, str], found: list[Proposal], still: list[str], ledger: Ledger
) -> MissingColumnError:
    """Return one error that names what is missing, what is likely, and the line that mends it."""
    likely = [p for part in still for f in _FIELDS[part] for p in [q for q in found if q.field == f][:3]]
    best = _best(still, found, frame)
    words = {"place": "place (lon and lat, x and y, or a geometry)"}
    text = (
        f"{ledger.source} lacks a column for {' and '.join(words.get(s, s) for s in still)}; it has: {listed(frame)}."
    )
    if likely:
        text += f" Likely: {'; '.join(f'{p.field}: {p.column} {p.score:.2f} ({p.why})' for p in likely)}."
    whole = {**{f: c for f, c in taken.items() if f in ("time", "date", *_PARTS, "category", "lon", "lat")}, **best}
    if "place" in still and not any(p.field in _FIELDS["place"] for p in likely):
        text += (
            " No column looks like a place; places= (names) or streets= (addresses) locate rows without coordinates."
        )
    text += f" Say which: {mending_line(whole or {'time': '...', 'lon': '...', 'lat': '...'})}."
    if "x" in whole and "lon" not in whole:
        text += " x and y also need their system: datum='EPSG:...'."
    problem = MissingColumnError(text, whole)
    problem.likely = tuple(found)
    return problem


def _best(still: list[str], found: list[Proposal], frame: pd.DataFrame) -> dict[str, str]:
    best: dict[str, str] = {}
    times = [p for p in found if p.field == "time"]
    if "time" in still and times:
        best = _moment(times[0], found, frame)
        still = [s for s in still if s != "time"]
    for part in still:
        for field in _FIELDS[part]:
            top = next((p for p in found if p.field == field and p.column not in best.values()), None)
            if top is not None and not (field in ("x", "y", "location") and "lon" in best):
                best[field] = top.column
    return best


def mending_line(columns: Mapping[str, str]) -> str:
    """Return the argument that names columns, ready to paste into Python; `toml_line` does it for a plan.

    Examples
    --------
    >>> mending_line({"time": "rpt_date"})
    "columns={'time': 'rpt_date'}"
    """
    return "columns={" + ", ".join(f"{f!r}: {c!r}" for f, c in columns.items()) + "}"


def toml_line(columns: Mapping[str, str]) -> str:
    """Return the line that names columns in a plan file.

    Examples
    --------
    >>> toml_line({"time": "rpt date"})
    'columns = {time = "rpt date"}'
    """
    inside = ", ".join(f"{f} = {_quoted(c)}" for f, c in columns.items())
    return f"columns = {{{inside}}}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
