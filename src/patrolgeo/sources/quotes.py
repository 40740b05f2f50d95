"""Quotes without a partner: each is found in its line and read as a plain character; honest text over lines stays."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from functools import cache

_LONGEST = 1_000  # lines that one quoted text may run over
_TRIES = 64


_WHOLE = re.compile(r'"((?:[^"]|"")*+)"')


def unwrap_lines(text: str, separators: str) -> tuple[str, int]:
    """Return a text whose lines that were quoted as a whole are rows again, and how many they were.

    Some programs write a row as one field, with the quotes inside doubled. A line counts when what stands in its quotes
    has as many fields as the header.

    Examples
    --------
    >>> from patrolgeo.sources.quotes import unwrap_lines
    >>> unwrap_lines('id,kind,at\\n"7,theft,north"\\n"8,theft,south"', ",")
    ('id,kind,at\\n7,theft,north\\n8,theft,south', 2)
    """
    head = [line for line in text[:100_000].split("\n")[:30] if line]
    inside = [_inside(line) for line in head[1:]]
    for separator in separators:
        width = len(_cells(_inside(head[0]) or head[0], separator)) if head else 0
        fits = Counter(len(_cells(line, separator)) == width for line in inside if line)
        if width >= 3 and fits[True] >= 2 and fits[True] > fits[False]:
            break
    else:
        return text, 0
    lines = text.split("\n")
    found = {
        i: inner for i, line in enumerate(lines) if (inner := _inside(line)) and len(_cells(inner, separator)) == width
    }
    return "\n".join(found.get(i, line) for i, line in enumerate(lines)), len(found)


def _inside(line: str) -> str:
    """Return what stands in the quotes of a line that is one quoted field."""
    whole = _WHOLE.fullmatch(line)
    return whole[1].replace('""', '"') if whole else ""


def _cells(line: str, separator: str) -> list[str]:
    return next(csv.reader([line], delimiter=separator), [])


def mend_quotes(lines: list[str], separator: str, width: int) -> tuple[list[str], list[int]]:
    """Return lines of which no quote swallows the rows after it, and the positions of the lines that were mended.

    A quote that opens a field and does not close it in its line is honest when the lines that follow are the rest of
    one row. It is stray when they are rows by themselves, of `width` fields, or when it never closes.

    Examples
    --------
    >>> from patrolgeo.sources.quotes import mend_quotes
    >>> mend_quotes(['1,"a', '2,b', '3,"two', 'lines"'], ",", 2)
    (['1,\"\"\"a\"', '2,b', '3,"two', 'lines"'], [0])
    """
    mended, stray = [], []
    at = 0
    while at < len(lines):
        line = lines[at]
        end = at if '"' not in line or _closed(line, separator) else _closing(lines, at, separator, width)
        if end is None:
            stray.append(at)
            mended.append(_literal(line, separator, width))
            at += 1
        else:
            mended.extend(lines[at : end + 1])
            at = end + 1
    return mended, stray


def _closed(line: str, separator: str) -> bool:
    return _fields(separator).fullmatch(line) is not None


@cache
def _fields(separator: str) -> re.Pattern[str]:
    """Return the pattern of a line whose quoted fields all close; what follows a closing quote belongs to the field."""
    s = re.escape(separator)
    one = rf'(?:"(?:[^"]|"")*+"[^{s}]*+|[^"{s}][^{s}]*+|)'
    return re.compile(rf"{one}(?:{s}{one})*+", re.DOTALL)


@cache
def _rest(separator: str) -> re.Pattern[str]:
    """Return the pattern of a line that begins inside quotes and closes them and all others."""
    s = re.escape(separator)
    return re.compile(rf'(?:[^"]|"")*+"[^{s}]*+(?:{s}{_fields(separator).pattern})?', re.DOTALL)


def _closing(lines: list[str], at: int, separator: str, width: int) -> int | None:
    """Return the line in which the quote opened in line `at` closes, or None when it is stray."""
    whole = lines[at].count(separator) >= width - 1
    rows = 0
    for end in range(at + 1, min(at + _LONGEST, len(lines))):
        line = lines[end]
        rows += line.count(separator) >= width - 1
        if '"' in line and _rest(separator).fullmatch(line):
            swallowed = whole and 2 * rows >= end - at
            return None if swallowed else end
    return None


def _literal(line: str, separator: str, width: int) -> str:
    """Return a line in which one quote, of those that make the row fit its header best, is a plain character."""
    marks = [m.start() for m in re.finditer('"', line)][:_TRIES]
    for mark in marks:
        tried = line[:mark] + "\ue000" + line[mark + 1 :]
        if _closed(tried, separator):
            fields = next(csv.reader([tried], delimiter=separator))
            if len(fields) == width:
                return _written([f.replace("\ue000", '"') for f in fields], separator)
    return _written(line.split(separator), separator)


def _written(fields: list[str], separator: str) -> str:
    target = io.StringIO()
    csv.writer(target, delimiter=separator, lineterminator="").writerow(fields)
    return target.getvalue()
