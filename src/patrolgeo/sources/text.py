"""Text tables: encoding, separator, title rows, stray quotes and rows of the wrong length."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import warnings
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.columns import HeaderWords, plain

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t|"
_HEAD_LINES = 30
_Found = tuple[pd.DataFrame, int, list[tuple[str, str]], list[list[str]]]


def read_text(path: Path, words: HeaderWords, encoding: str | None) -> _Found:
    """Return the rows, the number of the first, what was noticed, and the rows with too many fields."""
    raw = _content(path)
    encoding = encoding or detect_encoding(raw, path.name)
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(f"{path.name} cannot be read as {encoding!r}: {error}") from error
    for old, new in (("\x00", ""), ("\ufeff", ""), ("\r\n", "\n"), ("\r", "\n")):
        text = text.replace(old, new)
    head = list(io.StringIO(text[:200_000], newline=None))[:_HEAD_LINES]
    separator, rows = max(((s, _split(head, s)) for s in _SEPARATORS), key=lambda pair: _fit(pair[1], words))
    at = words.header_row(rows)
    if at is None:
        raise DataError(f"{path.name} is empty; the first row must name the columns.")
    header = _unique(rows[at])
    notes = [("encoding", f"Read as {encoding}; the header is: {', '.join(header)[:200]}.")]
    titles = [" ".join(row) for row in rows[:at] if any(row)]
    if titles:
        notes.append(("title_rows", f"{len(titles)} row(s) above the header were skipped: {'; '.join(titles)[:80]}."))
    texts = {name: "str" for name in header if plain(name) in words.texts}
    options = {
        "sep": separator,
        "header": None,
        "names": header,
        "skiprows": at + 1,
        "index_col": False,
        "dtype": texts,
    }
    table, ragged, more = _parse(text, options)
    return table, at + 2, notes + more, ragged


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    if not path.name.lower().endswith(".gz"):
        return raw
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path.name} is no whole gzip file: {error}") from error


def detect_encoding(raw: bytes, name: str) -> str:
    """Return the encoding of a text: its mark, else strict UTF-8, else strict GB18030.

    Big5 text decodes as GB18030 without an error, into wrong words; the ledger therefore shows the decoded header.
    """
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return encoding
    for encoding in ("utf-8", "gb18030"):
        try:
            raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise DataError(f"{name} is neither UTF-8 nor GB18030 text; name its encoding, for example encoding='big5'.")


def _split(lines: list[str], separator: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return [line.rstrip("\r\n").split(separator) for line in lines]


def _fit(rows: list[list[str]], words: HeaderWords) -> tuple[int, int]:
    """Say how well a separator divides: known names in the header, then fields in the fullest row."""
    return max(map(words.known, rows), default=0), max(map(len, rows), default=0)


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for position, name in enumerate(n.strip() or f"column {i + 1}" for i, n in enumerate(names)):
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} {position + 1}")
    return unique


def _parse(text: str, options: dict[str, Any]) -> tuple[pd.DataFrame, list[Any], list[tuple[str, str]]]:
    notes = []
    if text.count('"') % 2:
        options["quoting"] = csv.QUOTE_NONE
        notes.append(("stray_quote", "A quote has no partner; quotes were read as plain characters."))
    ragged: list[list[str]] = []
    table = _read_csv(text, options, ragged)
    if "quoting" in options:
        table = table.apply(lambda c: c.str.strip('"') if pd.api.types.is_string_dtype(c.dtype) else c)
    lines = text.count("\n") + (not text.endswith("\n")) - options["skiprows"]
    joined = lines - len(table) - len(ragged)
    if joined:
        notes.append(("joined_lines", f"{joined} line(s) are blank or were joined to the line before by quotes."))
    return table, ragged, notes


def _read_csv(text: str, options: dict[str, Any], ragged: list[list[str]]) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(io.BytesIO(text.encode("utf-8", "replace")), low_memory=False, **options)
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=options["names"])
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return _read_uneven(text, options, ragged)


def _read_uneven(text: str, options: dict[str, Any], ragged: list[list[str]]) -> pd.DataFrame:
    """Read line by line; rows with too many fields go to `ragged` unless what is too much is empty."""
    names, width = options["names"], len(options["names"])
    quoting = options.get("quoting", csv.QUOTE_MINIMAL)
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(2**31 - 1)
    rows = []
    try:
        for number, row in enumerate(csv.reader(lines, delimiter=options["sep"], quoting=quoting)):
            if number <= options["skiprows"] - 1 or not row:
                continue
            if len(row) > width and any(field.strip() for field in row[width:]):
                ragged.append(row)
            else:
                rows.append(row[:width] + [""] * (width - len(row)))
    except csv.Error as error:
        raise DataError(f"The text cannot be split into fields: {error}.") from error
    return pd.DataFrame(rows, columns=names, dtype="str").replace("", None).infer_objects()
