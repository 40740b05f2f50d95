"""Columns found by themselves: what their values say, then what their names say.

A column is scored for a field by the product of two shares: how many of its values can be what the field holds (a time,
a coordinate within the range, a text that repeats), and how much its name speaks for it. No list of portals.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.columns import plain
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.persons import identifies
from patrolgeo.sources.times import parse_times, text_of
from patrolgeo.sources.wording import HALF_WORDS

_SAMPLE = 400
_LIKELY = 0.2
HALF = "hours from 1 to 12"
CLOCKS = (
    rf"^\s*(?:{HALF_WORDS})?\s*\d{{1,2}}(?::\d{{2}}(?::\d{{2}}(?:\.\d+)?)?|[hH](?:\d{{2}})?)"
    r"\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s*(?:-\s*\d{1,2}:\d{2}.*)?$"
)
_HALVES = r"[AaPp]\.?\s?[Mm]\.?"
_NOT_KINDS = {
    *(
        "i",
        "o",
        "inside",
        "outside",
        "in",
        "out",
        "indoor",
        "outdoor",
        "indoors",
        "outdoors",
        "yes",
        "no",
        "y",
        "n",
        "true",
        "false",
    ),
    *(
        "felony",
        "misdemeanor",
        "misdemeanour",
        "infraction",
        "violation",
        "gross misdemeanor",
        "am",
        "pm",
        "m",
        "f",
        "male",
        "female",
    ),
    *(
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "day",
        "night",
        "evening",
        "midnight",
    ),
}
_POINTS = r"^\s*(?:POINT\s*)?\(?\s*-?\d{1,3}\.\d+\s*[, ]\s*-?\d{1,3}\.\d+\s*\)?\s*$"
_DATES = r"^\s*\d{1,4}[-/.年]\d{1,2}[-/.月]\d{1,4}"
_MOMENTS = ("time", "clock", "hour", "minute")


@dataclass(frozen=True)
class Proposal:
    """A column that may be a field, with a score between 0 and 1 and what speaks for it."""

    field: str
    column: str
    score: float
    why: str


@cache
def _roles() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("patrolgeo.sources").joinpath("roles.toml").read_text(encoding="utf-8"))


def propose_columns(frame: pd.DataFrame) -> list[Proposal]:
    """Which column may be which field? In order of likelihood, by field.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.sources.propose import propose_columns
    >>> table = pd.DataFrame({"wann_date": ["2024-03-05 23:40", "2024-03-06 01:10"], "delito": ["robo", "robo"],
    ...                       "pos_y": [19.43, 19.41], "pos_x": [-99.13, -99.15]})
    >>> {p.field: p.column for p in propose_columns(table)}
    {'time': 'wann_date', 'category': 'delito', 'lon': 'pos_x', 'lat': 'pos_y'}
    """
    found = []
    for column in (str(c) for c in frame.columns if c != "geometry"):
        found += _of_column(column, sample(frame[column]))
    found = _paired(found)
    order = {field: i for i, field in enumerate(_roles())}
    return sorted((p for p in found if p.score >= _LIKELY), key=lambda p: (order[p.field], -p.score))


def sample(values: pd.Series) -> pd.Series:
    """Return some of the values that are there, evenly spaced."""
    known = values.dropna()
    return known.iloc[:: max(1, len(known) // _SAMPLE)]


def _of_column(column: str, values: pd.Series) -> list[Proposal]:
    if not len(values) or pd.api.types.is_bool_dtype(values.dtype):
        return []
    numbers = read_numbers(values, column, decimal=",").values
    numeric = bool(np.isfinite(numbers).mean() > 0.5) and not pd.api.types.is_datetime64_any_dtype(values.dtype)
    content = {**_moments(column, values, numeric), **(_numbers(numbers) if numeric else _words(column, values))}
    found = []
    for field, (share, said) in content.items():
        name, word = _name_says(column, field)
        if share > 0:
            why = f"{said}; {word}" if word else said
            found.append(Proposal(field, column, round(share * name, 2), why))
    return found


def _name_says(column: str, field: str) -> tuple[float, str]:
    """Return how much the name speaks for the field, and the words heard."""
    role = _roles()[field]
    heard = {kind: [w for w in words if _hears(column, w)] for kind, words in role.items()}
    score = 0.9 if heard["words"] else 0.8 if heard["better"] else 0.65 if heard["weak"] else 0.45
    score += 0.05 * min(len(heard["better"]), 2) if heard["words"] else 0.0
    if heard["worse"]:
        score *= 0.5
    told = [f"named {', '.join(heard['words'] + heard['better'])}"] if heard["words"] or heard["better"] else []
    told += [f"but also {', '.join(heard['worse'])}"] if heard["worse"] else []
    return score, ", ".join(told)


@cache
def _hears(column: str, word: str) -> bool:
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+", column)
    if any(part.lower() == word for part in parts):
        return True
    return (len(word) >= 4 or not word.isascii()) and word in plain(column)


def _moments(column: str, values: pd.Series, numeric: bool) -> dict[str, tuple[float, str]]:
    """Return how much the values are times, clocks or hours."""
    named = {f: any(_hears(column, w) for w in _roles()[f]["words"] + _roles()[f]["weak"]) for f in _MOMENTS}
    found: dict[str, tuple[float, str]] = {}
    text = text_of(values).dropna()
    clock = float(text.str.match(CLOCKS).mean()) if len(text) else 0.0
    if clock > 0.5:
        return {"clock": (clock, f"{clock:.0%} are times of day")}
    if numeric:
        whole = pd.to_numeric(text, errors="coerce").dropna()
        if named["hour"] and len(whole) and whole.between(0, 24).mean() > 0.95:
            found["hour"] = (1.0, HALF if whole.between(1, 12).all() else "hours from 0 to 24")
        elif named["clock"] and len(whole) and (whole.between(0, 2400) & (whole % 100 < 60)).mean() > 0.95:
            found["clock"] = (0.9, "four digits of a clock")
        elif named["clock"] and len(whole) and (whole.between(0, 240_000) & (whole % 100 < 60)).mean() > 0.95:
            found["clock"] = (0.9, "six digits of a clock")
        elif named["minute"] and len(whole) and whole.between(0, 59).mean() > 0.95:
            found["minute"] = (1.0, "minutes from 0 to 59")
    elif len(text) and text.str.fullmatch(_HALVES).mean() > 0.9:
        return {"ampm": (1.0, "AM and PM")}
    if named["time"] or not numeric:
        share, with_clock = share_of_times(values, column)
        if share > 0.5:
            kind = "times" if with_clock else "days"
            found["time"] = (share * (1.0 if with_clock else 0.9), f"{share:.0%} are {kind}")
    return found


def share_of_times(values: pd.Series, column: str) -> tuple[float, bool]:
    """Return the share of values that are times, and whether any has a clock."""
    text = text_of(values)
    if not pd.api.types.is_datetime64_any_dtype(values.dtype) and not text.str.contains(r"\d", regex=True).mean() > 0.5:
        return 0.0, False
    for day_first in (None, True):
        try:
            times = parse_times(values, column, day_first=day_first, tz=None)
        except DataError:
            continue
        read = ~np.isnat(times.values)
        years = times.values[read].astype("datetime64[Y]").astype(int) + 1970
        plausible = float(((years >= 1950) & (years <= pd.Timestamp.now().year + 1)).sum() / max(len(values), 1))
        seconds = times.values[read] - times.values[read].astype("datetime64[D]")
        looks = 0.9 * float(text.str.contains(_DATES, regex=True).mean())
        clocks = bool((seconds > np.timedelta64(0, "s")).any())
        if plausible < looks:
            clocks = bool(text.str.contains(r"\d:\d", regex=True).mean() > 0.5)
        return max(plausible, looks), clocks
    return 0.9, True


def _numbers(numbers: Any) -> dict[str, tuple[float, str]]:
    """Return how much the values are degrees or projected coordinates."""
    known = numbers[np.isfinite(numbers) & (numbers != 0)]
    if not len(known):
        return {}
    broken = float((known % 1 != 0).mean())
    found = {}
    for field, limit in (("lon", 180.0), ("lat", 90.0)):
        inside = float((np.abs(known) <= limit).mean())
        if inside > 0.9 and broken > 0.5:
            found[field] = (inside * broken, f"numbers from {known.min():.6g} to {known.max():.6g}")
    large = float((np.abs(known) > 1_000).mean())
    if large > 0.9 and not found:
        for field in ("x", "y"):
            found[field] = (large, f"numbers from {known.min():.6g} to {known.max():.6g}, no degrees")
    if not found and not broken and len(np.unique(known)) < 0.5 * len(known):
        found["category"] = (0.4, "codes that repeat")
    return found


def _words(column: str, values: pd.Series) -> dict[str, tuple[float, str]]:
    """Return how much the values are points as text, or words that repeat."""
    text = text_of(values).dropna()
    if not len(text):
        return {}
    points = float(text.str.match(_POINTS, case=False).mean())
    if points > 0.5:
        return {"location": (points, f"{points:.0%} are points")}
    if identifies(column, text) and plain(column) != "description":
        return {}
    if text.str.lower().isin(_NOT_KINDS).mean() > 0.95:
        return {}
    different = text.nunique()
    digits = float(text.str.count(r"\d").sum() / max(text.str.len().sum(), 1))
    worded = float(text.str.contains(r"[^\W\d_]{3}|[^\x00-\x7f]", regex=True).mean())
    repeats = 0.75 if different == 1 else 1 - (different - 1) / len(text)
    if text.str.fullmatch(r"(?=.*\d)[A-Z\d]{1,4}").mean() > 0.9 and repeats > 0.5:
        return {"category": (0.4, "codes that repeat")}
    short = 1.0 if text.str.len().mean() <= 60 else 0.3
    share = repeats * (0.5 + 0.5 * worded) * short * (1 - digits)
    return {"category": (share, f"{different:,} different words in {len(text):,} rows")}


def _paired(found: list[Proposal]) -> list[Proposal]:
    """Keep coordinates only where the other half of the pair is there too; the names of a pair are alike."""
    kept = [p for p in found if p.field not in ("lon", "lat", "x", "y")]
    for east, north in (("lon", "lat"), ("x", "y")):
        halves = {f: [p for p in found if p.field == f] for f in (east, north)}
        pairs = [(a, b, _pair_score(a, b)) for a in halves[east] for b in halves[north] if a.column != b.column]
        for field, side in ((east, 0), (north, 1)):
            for p in halves[field]:
                score = max((s for *pair, s in pairs if pair[side] is p), default=0.0)
                kept.append(Proposal(field, p.column, score, p.why))
    return kept


def _pair_score(a: Proposal, b: Proposal) -> float:
    """Return the mean of the two scores, less for a pair whose names say nothing of their order."""
    named = _name_says(a.column, a.field)[0] > 0.45 and _name_says(b.column, b.field)[0] > 0.45
    turned = _speaks_more(a, b.field) or _speaks_more(b, a.field)
    alike = _stem(a.column) == _stem(b.column)
    if a.field == "x" and not named:
        return 0.0  # large numbers are coordinates only by their names
    return round((a.score + b.score) / 2 * (1.0 if named else 0.6) * (0.3 if turned else 1.0 if alike else 0.9), 2)


def _speaks_more(p: Proposal, field: str) -> bool:
    """Say whether the name of a column speaks more for another field than for its own."""
    return _name_says(p.column, field)[0] > _name_says(p.column, p.field)[0]


def _stem(column: str) -> str:
    return re.sub(r"long?(?:gitude?)?|lng|lat(?:itude?)?|[xy]|easting|northing", "", plain(column))
