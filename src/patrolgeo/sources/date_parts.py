"""The numbers that written dates are made of: year, month, day, clock and offset of each text, not yet a time."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from patrolgeo._typing import Array, Bools, Ints

_CLOCK = (
    r"(?:(?P<hour>\d{1,2})\s*[:时点hH]\s*(?P<minute>\d{1,2})?\s*[:分]?\s*(?P<second>\d{1,2})?(?:[.,]\d+)?\s*秒?)?\s*"
    r"(?P<ampm>[AaPp])?(?:\.?\s?[Mm]\.?)?\s*(?P<zone>Z|(?:UTC|GMT)?(?:[+-]\d\d?(?::?\d\d)?)?)\s*$"
)
_DATE = r"^\s*(?P<a>\d{1,4})\s*[-/.年 ]\s*(?P<b>\d{1,2})(?:\s*[-/.月 ]\s*,?\s*(?P<c>\d{1,4}))?\s*月?日?[T ,]*"
WRITTEN = _DATE + _CLOCK
DIGITS = (
    r"^\s*(?P<a>\d{4})(?P<b>\d{2})(?P<c>\d{2})[T ]?(?P<hour>\d{2})?:?(?P<minute>\d{2})?:?(?P<second>\d{2})?(?:\.0)?"
    r"(?P<zone>Z?)\s*$"
)
NONE = np.iinfo(np.int32).min
_ISO = "0000-00-00 00:00:00.000"
_ISO_WIDTHS = (10, 16, 19, 23)  # a day, with minutes, with seconds, with thousandths
_ISO_PLACES = {"a": (0, 4), "b": (5, 7), "c": (8, 10), "hour": (11, 13), "minute": (14, 16), "second": (17, 19)}


def date_parts(text: Any) -> dict[str, Ints]:
    """Return the parts of dates that begin with numbers; ISO writing is read from its bytes, the others by pattern."""
    parts: dict[str, Array] = {name: np.full(len(text), NONE, np.int32) for name in (*_ISO_PLACES, "zone")}
    parts["sign"] = np.zeros(len(text), np.int32)
    rest = pc.is_valid(text).to_numpy(zero_copy_only=False).copy()
    first = np.frombuffer(text.buffers()[1], np.int32)[text.offset : text.offset + len(text) + 1]
    for width in _ISO_WIDTHS:
        rows = np.flatnonzero((np.diff(first) == width) & rest)
        letters = _letters(text, first[rows], width)
        found = np.logical_and.reduce([_fits(letters[k], _ISO[k]) for k in range(width)])
        put_parts(parts, _iso_parts(letters, width), rows, found)
        rest[rows[found]] = False
    if rest.any():
        read = parts_by(text.filter(pa.array(rest)), WRITTEN)
        put_parts(parts, read, np.flatnonzero(rest), np.ones(len(read["a"]), bool))
    return parts


def put_parts(parts: dict[str, Ints], read: dict[str, Array], where: Ints, found: Bools) -> None:
    """Put what was read of some rows (`where`, and of them those `found`) into the parts of all."""
    for name, values in read.items():
        parts[name][where[found]] = values[found]


def _letters(text: Any, first: Array, width: int) -> Array:
    """Return the bytes of texts of one width, shape (width, texts)."""
    if not len(first):
        return np.zeros((width, 0), np.uint8)
    whole = np.frombuffer(text.buffers()[2], np.uint8)
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(whole, width)[first].T)


def _fits(letters: Array, like: str) -> Bools:
    fits: Bools = letters == ord(like)
    if like == "0":
        fits = (letters >= ord("0")) & (letters <= ord("9"))
    return fits | (letters == ord("T")) if like == " " else fits


def _iso_parts(letters: Array, width: int) -> dict[str, Array]:
    return {name: _whole(letters[begin:end]) for name, (begin, end) in _ISO_PLACES.items() if end <= width}


def _whole(digits: Array) -> Array:
    """Return the whole numbers that rows of digits spell, the first row the highest; at most four rows."""
    number = np.zeros(digits.shape[1], np.int16)
    for row in digits:
        number = number * 10 + (row - ord("0"))
    return number


def parts_by(text: Any, pattern: str) -> dict[str, Ints]:
    """Return the parts that the groups of a pattern find; what a text lacks is `NONE`."""
    found = pc.extract_regex(text, pattern)
    names = [f.name for f in found.type]
    parts = {name: pc.struct_field(found, name) for name in names}
    numbers = {name: _numbers(part) for name, part in parts.items() if name not in ("ampm", "zone")}
    for name in ("hour", "minute", "second", "c"):
        numbers.setdefault(name, np.full(len(text), NONE, np.int32))
    if "ampm" in parts:
        late, early = _is_in(parts["ampm"], ["P", "p"]), _is_in(parts["ampm"], ["A", "a"])
        hour = numbers["hour"]
        numbers["hour"] = np.where(late & (hour >= 0) & (hour < 12), hour + 12, np.where(early & (hour == 12), 0, hour))
    numbers["zone"], numbers["sign"] = _offsets(parts["zone"])
    return numbers


def _numbers(part: Any) -> Ints:
    digits = pc.if_else(pc.equal(part, ""), None, part)
    return pc.fill_null(pc.cast(digits, pa.int32()), NONE).to_numpy(zero_copy_only=False).copy()


def _is_in(part: Any, words: list[str]) -> Bools:
    return pc.fill_null(pc.is_in(part, pa.array(words)), False).to_numpy(zero_copy_only=False)


def _offsets(zone: Any) -> tuple[Ints, Ints]:
    """Return offsets from UTC in minutes (none where the text has none), and where they read ``-hh:mm`` (1)."""
    coded = pc.fill_null(zone, "").dictionary_encode()
    kinds = coded.dictionary.to_pylist()
    minutes = np.array([_offset(z) for z in kinds] or [NONE], np.int32)
    like_range = np.array([re.fullmatch(r"-\d\d?:\d\d", z) is not None for z in kinds] or [False], np.int32)
    code = coded.indices.to_numpy(zero_copy_only=False)
    return minutes[code], like_range[code]


def _offset(zone: str) -> int:
    if not zone:
        return NONE
    zone = zone.removeprefix("UTC").removeprefix("GMT")
    if zone in ("Z", ""):
        return 0
    hours, _, minutes = zone[1:].partition(":")
    if len(hours) > 2:
        hours, minutes = hours[:-2], hours[-2:]
    return (60 * int(hours) + int(minutes or 0)) * (-1 if zone[0] == "-" else 1)
