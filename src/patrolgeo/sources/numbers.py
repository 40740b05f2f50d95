"""Numbers of every writing: the separators of thousands and decimals are found once for a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError

MISSING = ("", "nan", "NaN", "None", "NaT", "<NA>", "null", "NULL", "(null)", "NA", "N/A", "n/a", "-", "--", "\\N")
_LOOK_ALIKE = {"−": "-", "‐": "-", "‑": "-", "–": "-", "’": "'", "‘": "'", "´": "'", "º": "°", "˚": "°", "°": "°"}
_BESIDE = {"\u200e": "", "\u200f": "", "٫": ".", "٬": ","}  # marks of direction, Arabic separators
_OTHER_DIGITS = {
    chr(zero + i): str(i) for zero in (0x0660, 0x06F0, 0x0966) for i in range(10)
}  # Arabic, Persian, Hindi
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_GROUPED = r"^[+-]?[1-9]\d{{0,2}}(?:{t}\d{{2,3}})*{t}\d{{3}}(?:{d}\d*)?$"
_SINGLE = r"^[+-]?(?:\d+{d}?\d*|{d}\d+)(?:[eE][+-]?\d+)?$"
_READINGS = ((",", "."), (".", ","), (" ", "."), (" ", ","), ("'", "."), ("'", ","))
_WORDS = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column (NaN where missing or unread) and how they were read.

    `unread` are the rows whose text is not a number; `said` tells the separators, and is empty when there was nothing
    to decide.
    """

    values: Floats
    unread: Bools
    said: str = ""


def plain_text(column: Any) -> Any:
    """Return a column as an arrow array of trimmed text, null where missing, full-width writing made plain (NFKC)."""
    series = pd.Series(column)
    if not isinstance(series.dtype, pd.StringDtype):
        series = series.astype("str")
    text = pa.array(series.array)
    text = (text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text).cast(pa.string())
    text = pc.utf8_trim_whitespace(text)
    if not pc.all(pc.string_is_ascii(text)).as_py():
        foreign = _BESIDE | _OTHER_DIGITS
        others = foreign if matches(text, f"[{''.join(foreign)}]").any() else {}
        for old, new in (_LOOK_ALIKE | others).items():
            text = pc.replace_substring(text, old, new)
        text = pc.utf8_trim_whitespace(pc.utf8_normalize(text, "NFKC"))
    return pc.if_else(pc.is_in(text, pa.array(MISSING)), pa.scalar(None, pa.string()), text)


def read_numbers(column: Any, what: str, *, whole: bool = False, decimal: str = "") -> Numbers:
    """Return the numbers of a column.

    Parameters
    ----------
    column
        Numbers or text.
    what
        The words that name the column in a message.
    whole
        Whether these are counts, so that "1.234" is 1234 and never a fraction.
    decimal
        The separator that "1,234" holds when both readings fit, for example "," for degrees; empty refuses.

    Raises
    ------
    DataError
        When a comma can be of thousands and of decimals; the message shows a value.

    Examples
    --------
    >>> from patrolgeo.sources.numbers import read_numbers
    >>> read_numbers(["5.821.004,2", "393.512,5"], "x").values.tolist()
    [5821004.2, 393512.5]
    """
    series = pd.Series(column)
    if pd.api.types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(float, na_value=np.nan, copy=True)
        return Numbers(values, np.zeros(len(values), bool))
    text = plain_text(series)
    known = pc.is_valid(text).to_numpy(zero_copy_only=False)
    plain = matches(text, _PLAIN)
    if (plain == known).all() and not (whole and matches(text, r"\.\d{3}$").any()):
        return Numbers(_cast(text, plain), known & ~plain)
    thousands, mark, fits = _separators(text, what, whole, decimal)
    bare = pc.replace_substring(pc.replace_substring(text, thousands, ""), mark, ".") if thousands else text
    used = thousands and (_holds(text, thousands) & fits).any()
    said = [f"{_WORDS[thousands]} separates thousands"] if used else []
    said += [f"{_WORDS[mark]} decimals"] if mark == "," and (_holds(text, mark) & fits).any() else []
    return Numbers(_cast(bare, fits), known & ~fits, f"{what}: {', '.join(said)}." if said else "")


def to_floats(column: Any) -> Floats:
    """Return plain numbers as floats, NaN where the text is none."""
    series = pd.Series(column)
    if pd.api.types.is_numeric_dtype(series.dtype):
        return series.to_numpy(float, na_value=np.nan, copy=True)
    text = plain_text(series)
    return _cast(text, matches(text, _PLAIN))


def matches(text: Any, pattern: str) -> Bools:
    """Return where a pattern is found in an arrow array of text."""
    found: Bools = pc.fill_null(pc.match_substring_regex(text, pattern), False).to_numpy(zero_copy_only=False)
    return found


def _holds(text: Any, mark: str) -> Bools:
    found: Bools = pc.fill_null(pc.match_substring(text, mark), False).to_numpy(zero_copy_only=False)
    return found


def _cast(text: Any, fits: Bools) -> Floats:
    values = np.full(len(text), np.nan)
    values[fits] = pc.cast(text.filter(pa.array(fits)), pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _separators(text: Any, what: str, whole: bool, decimal: str) -> tuple[str, str, Bools]:
    """Return the separators of thousands and decimals that fit the most values, and which values they fit."""
    readings = []
    for thousands, mark in _READINGS:
        t, d = ("\\" + c if c == "." else c for c in (thousands, mark))
        grouped = matches(text, _GROUPED.format(t=t, d=d))
        single = matches(text, _SINGLE.format(d=d))
        readings.append((grouped | single, grouped & ~single, single & ~grouped & _holds(text, mark), thousands, mark))
    most = max(r[0].sum() for r in readings)
    best = [r for r in readings if r[0].sum() == most]
    if whole:
        best = sorted(best, key=lambda r: r[2].sum())[:1]
    # readings with the same decimal mark agree on every value that both fit
    marks = list(dict.fromkeys(r[4] for r in best))
    if len(marks) == 2:
        marks = [decimal] if decimal else _told_apart(text, best, what)
    fits, _, _, thousands, mark = max((r for r in best if r[4] == marks[0]), key=lambda r: r[1].sum())
    return thousands, mark, fits


def _told_apart(text: Any, best: list[Any], what: str) -> list[str]:
    """Return the decimal mark when both marks fit all values: free choice unless a comma stands alone among digits."""
    unclear = best[0][0] & matches(text, r"^[+-]?\d{1,3},\d{3}$")
    if unclear.any():
        at = int(np.flatnonzero(unclear)[0])
        raise DataError(
            f"{what}: {text[at].as_py()!r} can mean {text[at].as_py().replace(',', '')} or "
            f"{text[at].as_py().replace(',', '.')}; write the numbers without separators of thousands and with a "
            "decimal point."
        )
    return ["."]
