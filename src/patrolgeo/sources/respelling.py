"""Times as machines export them, respelled so that the patterns of dates read them; words of zones become offsets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from patrolgeo.errors import DataError

_HALF = r"(?:\s*[AaPp]\.?\s?[Mm]\.?)?"
_SPELLINGS = (
    (r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$", r"\1"),  # JSON of .NET: milliseconds, whatever the offset
    (r"(?i)\s*\b(?:uhr|hrs?)\.?$", ""),
    (r"^(\d{1,2}\W?[A-Za-z]{3}\W?\d{2,4}):(\d)", r"\1 \2"),  # SAS and logs of servers: the day, a colon, the clock
    (r"(\d[T ,]+\d{1,2})\.(\d\d)\.(\d\d)(?:[.,]\d+)?(\s*[^\d.,].*)?$", r"\1:\2:\3\4"),  # Oracle
    (r"(\d[T ,]+\d{1,2})\.(\d\d)(\s*[^\d.,].*)?$", r"\1:\2\3"),
    (rf"^(\d{{1,2}}:\d\d(?::\d\d)?(?:\.\d+)?{_HALF})[ ,]+(\w[^:]*\d)$", r"\2 \1"),  # the clock before the day
)
_ZONE_WORD = rf":\d\d(?:[.,]\d+)?{_HALF}\s*\(?(?P<word>[A-Z]{{3,5}}|[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\)?$"
_CLOCKS = ("UTC", "GMT")
_STRAY = 0.02  # a word on fewer rows is a remark, and its rows are set aside


def respelled(text: Any, unread: Any, what: str, tz: str | None) -> Any:
    """Return an arrow array of text with those that are `unread` respelled.

    Raises
    ------
    DataError
        When a word such as EST tells the zone, and `tz` does not tell which offset it means.
    """
    some = text.filter(pa.array(unread))
    for pattern, plain in _SPELLINGS:
        some = pc.replace_substring_regex(some, pattern, plain)
    return pc.replace_with_mask(text, pa.array(unread), _with_offsets(some, len(text), what, tz))


def _with_offsets(text: Any, n: int, what: str, tz: str | None) -> Any:
    words = pc.struct_field(pc.extract_regex(text, _ZONE_WORD), "word")
    offsets = _offsets(tz) if tz else {}
    for word in pc.unique(words.drop_null()).to_pylist():
        if word in _CLOCKS:
            continue
        rows = np.flatnonzero(pc.fill_null(pc.equal(words, word), False).to_numpy(zero_copy_only=False))
        if word not in offsets and len(rows) <= _STRAY * n:
            continue
        if word not in offsets:
            raise DataError(
                f"{what}: {text[int(rows[0])]} ends with the zone {word!r}"
                + (
                    f", which the clocks of {tz} do not bear. "
                    if tz
                    else ", and such a word can mean several offsets. "
                )
                + "Name the zone of the place, for example tz='America/New_York', or take the word away."
            )
        text = pc.replace_substring_regex(text, rf"\s*\(?{word}\)?$", f" {offsets[word]}")
    return text


def _offsets(tz: str) -> dict[str, str]:
    """Return the offset of each word for the clocks of a zone: EST and EDT of America/New_York."""
    months = pd.date_range("2023-01-01", periods=18, freq="MS", tz=tz)
    return {month.strftime("%Z"): month.strftime("%z") for month in months}
