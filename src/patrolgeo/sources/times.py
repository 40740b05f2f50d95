"""Times of every writing into local clock time; the format is found once for a column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError

_TIMES = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
_DATES = ("%Y-%m-%d", "%m-%d-%Y", "%d-%m-%Y", "%Y-%m")
_FORMATS = [date + time for date in _DATES for time in _TIMES]
_SAMPLE = 500


def parse_times(values: pd.Series, name: str) -> tuple[pd.Series, str]:
    """Return naive local times (NaT where unreadable) and the precision of the column, "exact" or "month"."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return _clock(values), "exact"
    text = _plain(values)
    pattern = _find_format(text, name)
    return pd.to_datetime(text, format=pattern, errors="coerce"), "month" if pattern == "%Y-%m" else "exact"


def _clock(values: pd.Series) -> pd.Series:
    return values.dt.tz_localize(None) if values.dt.tz is not None else values


def _plain(values: pd.Series) -> pd.Series:
    text = values.astype("str").str.strip()
    for old, new in (("[/.年月]", "-"), ("[日T]", " "), ("[时点]", ":"), (r"[分Z]$", ""), (r"\s+", " ")):
        text = text.str.replace(old, new, regex=True)
    return text.str.strip()


def _find_format(text: pd.Series, name: str) -> str:
    sample = text.dropna()
    sample = sample.iloc[:: max(1, len(sample) // _SAMPLE)]
    share = {f: pd.to_datetime(sample, format=f, errors="coerce").notna().mean() for f in _FORMATS}
    best = max(share, key=lambda f: share[f])
    twin = best.replace("%m-%d", "%d-%m") if "%m-%d-%Y" in best else best
    if twin != best and share[twin] == share[best] and _fits_all(text, twin) and _fits_all(text, best):
        rows = ", ".join(f"row {i}: {v}" for i, v in text.dropna().iloc[:2].items())
        raise DataError(f"{name}: every value fits both day-first and month-first ({rows}). Rewrite it as 2024-03-05.")
    return best


def _fits_all(text: pd.Series, pattern: str) -> bool:
    return bool(np.all(pd.to_datetime(text.dropna(), format=pattern, errors="coerce").notna()))


def text_of(values: Any) -> pd.Series:
    """Return values as trimmed text, missing where empty."""
    text = pd.Series(values).astype("str").str.strip()
    return text.mask(text.isin(["", "nan", "None", "NaN", "NaT"]))
