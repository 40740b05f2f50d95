"""What layers of many makers write for one-way streets and speed limits."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError

FORWARD = frozenset({"yes", "y", "true", "t", "1", "ft"})  # open from the first to the last point of the line
BACKWARD = frozenset({"-1", "tf", "reverse"})
BOTH = frozenset({"", "no", "n", "false", "f", "0", "b", "none", "nan"})

MPH, KNOT = 1.609344, 1.852
ZONES_KMH = {"urban": 50.0, "rural": 90.0, "trunk": 110.0, "motorway": 120.0, "living_street": 10.0, "walk": 5.0}
LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")
ZONE = re.compile(r"(?:[a-z]{2}:)?(?:zone:?)?(\d+|[a-z_]+)")


def read_oneway(values: Array, labels: pd.Index) -> Ints:
    """Return 1 for roads that are open in their direction of drawing only, -1 against it, 0 both ways.

    Missing values and empty words mean both ways; a word that is not known is an error that names its road.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo.sources.road_words import read_oneway
    >>> read_oneway(np.array(["yes", "F", -1, None], dtype=object), pd.RangeIndex(4)).tolist()
    [1, 0, -1, 0]
    """
    words = pd.Series([_word(v) for v in values.tolist()], dtype=object)
    way = np.select([words.isin(FORWARD), words.isin(BACKWARD), words.isin(BOTH)], [1, -1, 0], default=9)
    if (way == 9).any():
        at = int(np.argmax(way == 9))
        raise DataError(
            f"oneway: {(way == 9).sum()} of {len(way)} roads have a word that is not known (first: road {labels[at]!r} "
            f"with {values[at]!r}). Write yes, T, 1 or FT for one-way; -1 or TF for one-way against the drawing; "
            "no, F, 0, B or nothing for both ways."
        )
    return way.astype(np.int64)


def _word(value: Any) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip().lower().removesuffix(".0")


def read_limit(text: Any) -> float:
    """Return a speed limit in km/h: a number with or without its unit, of several the lowest, or a zone; NaN if none.

    Examples
    --------
    >>> from patrolgeo.sources.road_words import read_limit
    >>> [round(read_limit(t)) for t in (50, "25 mph", "50;30", "RO:urban", "DE:zone:30")]
    [50, 40, 30, 50, 30]
    >>> read_limit("none")
    nan
    """
    if not isinstance(text, str):
        return float(text) if np.isreal(text) and not pd.isna(text) else np.nan
    found = [_one_limit(part.strip().lower()) for part in re.split(r"[;|,]", text)]
    known = [kmh for kmh in found if not np.isnan(kmh)]
    return min(known, default=np.nan)


def _one_limit(text: str) -> float:
    number = LIMIT.fullmatch(text)
    if number:
        return float(number[1]) * {"mph": MPH, "knots": KNOT}.get(number[2] or "", 1.0)
    zone = ZONE.fullmatch(text)
    if zone:
        return float(zone[1]) if zone[1].isdigit() else ZONES_KMH.get(zone[1], np.nan)
    return np.nan


def read_limits(values: Array) -> Floats:
    """Return speed limits in km/h, NaN where none can be read."""
    if values.dtype.kind in "fiu":
        return values.astype(float)
    return np.array([read_limit(v) for v in values.tolist()], float)
