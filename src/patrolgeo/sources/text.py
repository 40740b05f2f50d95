"""Text tables: encoding, separator, title rows, stray quotes and rows of the wrong length."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.budgets import allow, check_budget, limit
from patrolgeo.sources.columns import HeaderWords, plain
from patrolgeo.sources.quotes import mend_quotes, unwrap_lines

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_SEPARATORS = ",;\t|"
_HEAD_LINES = 30
_MANY_SIGNS = 8  # of Chinese signs half lie in the part of level 1 that Korean text leaves empty
_VALUE = re.compile(r"[-+]?\d+(?:[.,]\d+)?|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T].*)?|\d{4}年.*")
_Found = tuple[pd.DataFrame, int, list[tuple[str, str]], list[list[str]]]


def read_text(path: Path, words: HeaderWords, encoding: str | None) -> _Found:
    """Return the rows, the number of the first, what was noticed, and the rows with too many fields."""
    return parse_text(content(path), path.name, words, encoding)


def parse_text(raw: bytes, name: str, words: HeaderWords, encoding: str | None) -> _Found:
    """Return what `read_text` does, of the bytes of a file."""
    encoding = encoding or detect_encoding(raw, name)
    text, unwrapped = unwrap_lines(decode(raw, encoding, name), _SEPARATORS)
    del raw  # a large file would lie beside its text and its rows
    check_budget(text.count("\n"), "rows", name)
    head = list(io.StringIO(text[:200_000], newline=None))[:_HEAD_LINES]
    separator, rows, ends = max(((s, *_split(head, s)) for s in _SEPARATORS), key=lambda found: _fit(found[1], words))
    at = words.header_row(rows)
    if at is None:
        raise DataError(f"{name} is empty; the first row must name the columns.")
    check_budget(len(rows[at]), "columns", name)
    _check_header(rows[at], name, words)
    header = _unique(rows[at])
    notes = [("encoding", f"Read as {encoding}; the header is: {', '.join(header)[:200]}.")]
    if unwrapped:
        notes.append(("whole_lines", f"{unwrapped:,} line(s) stood in quotes as a whole and were read as rows."))
    titles = [" ".join(row) for row in rows[:at] if any(row)]
    if titles:
        above = sum(bool(line.rstrip("\n")) for line in head[: ends[at - 1]])
        notes.append(("title_rows", f"{above} row(s) above the header were skipped: {'; '.join(titles)[:80]}."))
    texts = {name: "str" for name in header if plain(name) in words.texts}
    options = {
        "sep": separator,
        "header": None,
        "names": header,
        "skiprows": ends[at],
        "index_col": False,
        "dtype": texts,
    }
    table, ragged, more = _parse(text, options)
    return table, ends[at] + 1, notes + more, ragged


def decode(raw: bytes, encoding: str, name: str) -> str:
    """Return bytes as text with plain newlines and without marks."""
    try:
        text = raw.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(f"{name} cannot be read as {encoding!r}: {error}") from error
    for old, new in (("\x00", ""), ("\ufeff", ""), ("\r\n", "\n"), ("\r", "\n")):
        text = text.replace(old, new)
    return text


def content(path: Path) -> bytes:
    """Return the bytes of a file, unpacked when it is gzip."""
    with path.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b" and not path.name.lower().endswith(".gz"):
            return path.read_bytes()
    most = limit("unpacked_bytes")
    try:
        with gzip.open(path) as stream:
            raw = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is not a whole gzip file: {error}") from error
    if len(raw) > most:
        raise DataError(f"{path} unpacks to more bytes than are read. {allow('unpacked_bytes')}")
    return raw


def _check_header(cells: list[str], name: str, words: HeaderWords) -> None:
    """Raise when the first row holds values and names nothing: the file has no header."""
    filled = [c for c in cells if c.strip()]
    values = [c for c in filled if _VALUE.fullmatch(c.strip())]
    if not words.known(cells) and len(values) >= 2 and 2 * len(values) >= len(filled):
        raise DataError(
            f"{name} has no header: its first row holds values ({', '.join(filled)[:100]}). Add a row that names the "
            "columns, for example id,datetime,category,lon,lat."
        )


def detect_encoding(raw: bytes, name: str) -> str:
    """Return the encoding of a text: its mark, else UTF-16 by its zero bytes, else strict UTF-8, else GB18030.

    Most texts of other encodings decode as GB18030 without an error, into rare signs; they are refused, not guessed.
    """
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return encoding
    zeros = [raw[i:4096:2].count(0) for i in (0, 1)]  # separators and digits of UTF-16 have one zero byte each
    if max(zeros) > 0.1 * min(len(raw), 4096) / 2 and min(zeros) < 0.05 * max(zeros) and len(raw) % 2 == 0:
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "utf-8" or _is_chinese(text):
            return encoding
    raise DataError(
        f"{name} is neither UTF-8 nor Chinese GB18030 text; name its encoding, for example encoding='cp1252' (western "
        "Europe, the Americas), 'cp1250' (central Europe), 'cp1251' (Cyrillic), 'cp1256' (Arabic), 'cp932' (Japanese), "
        "'cp949' (Korean) or 'big5' (Taiwan, Hong Kong)."
    )


def _is_chinese(text: str) -> bool:
    """Tell whether most signs beyond ASCII are common in Chinese: the 3,755 of level 1 of GB 2312, marks, full width.

    Level 1 goes by sound. A text of many signs without one from S to Z is Korean, whose syllables end before.
    """
    signs = [sign.encode("gb18030") for sign in set(text) if sign > "\x7f" and sign != "\ufeff"]
    common = [s for s in signs if len(s) == 2 and s[1] >= 0xA1 and (0xB0 <= s[0] <= 0xD7 or 0xA1 <= s[0] <= 0xA3)]
    late = sum(s[0] > 0xC8 for s in common)
    return 2 * len(common) >= len(signs) and (late > 0 or len(signs) < _MANY_SIGNS)


def _split(lines: list[str], separator: str) -> tuple[list[list[str]], list[int]]:
    """Return the rows of the first lines, and the number of the line in which each ends."""
    bare = [line.rstrip("\n") for line in lines]
    width = 1 + max((line.count(separator) for line in bare), default=0)
    reader = csv.reader(mend_quotes(bare, separator, width)[0], delimiter=separator)
    try:
        found = [(row, reader.line_num) for row in reader]
    except csv.Error:
        found = [(line.split(separator), number) for number, line in enumerate(bare, 1)]
    return [row for row, _ in found], [number for _, number in found]


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
    notes: list[tuple[str, str]] = []
    ragged: list[list[str]] = []
    table = _read_csv(text, options)
    if table is None or ('"' in text and _lines(text, options) != len(table)):
        text, notes = _without_stray_quotes(text, options)
        table = _read_csv(text, options)
    if table is None:
        table = _read_uneven(text, options, ragged)
    table = _with_leading_zeros(table, text, options)
    joined = _lines(text, options) - len(table) - len(ragged)
    if joined:
        notes.append(("joined_lines", f"{joined} line(s) are blank or belong to the text in quotes begun above them."))
    return table, ragged, notes


def _lines(text: str, options: dict[str, Any]) -> int:
    return int(text.count("\n") + (not text.endswith("\n")) - options["skiprows"])


def _without_stray_quotes(text: str, options: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    lines = text.split("\n")
    top = options["skiprows"]
    body, stray = mend_quotes(lines[top:], options["sep"], len(options["names"]))
    if not stray:
        return text, []
    shown = ", ".join(str(top + 1 + at) for at in stray[:8])
    said = f"Line {shown}: a quote has no partner and was read as a plain character ({len(stray):,} line(s))."
    return "\n".join(lines[:top] + body), [("stray_quote", said)]


def _with_leading_zeros(table: pd.DataFrame, text: str, options: dict[str, Any]) -> pd.DataFrame:
    """Keep codes such as 0460 as they are written: a column that holds one is text."""
    whole = [c for c in table.columns if _is_whole(table[c])]
    if not whole or not re.search(r"[,;\t|\n\"]0\d", text):
        return table
    again = _read_csv(text, {**options, "dtype": dict.fromkeys(options["names"], "str"), "usecols": whole})
    if again is None:
        return table
    return table.assign(**{c: again[c] for c in whole if again[c].str.match(r"\s*0\d").any()})


def _is_whole(column: pd.Series) -> bool:
    if not pd.api.types.is_float_dtype(column.dtype):
        return bool(pd.api.types.is_integer_dtype(column.dtype))
    known = column.to_numpy()[np.isfinite(column.to_numpy())]
    return bool((known == np.floor(known)).all())


def _read_csv(text: str, options: dict[str, Any]) -> pd.DataFrame | None:
    """Return the rows; None when one has more fields than the header names, or a quote never closes.

    Read in blocks of rows, which takes half the time and memory; columns that look different from block to block are
    read again as a whole.
    """
    stream = io.BytesIO(text.encode("utf-8", "replace"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            warnings.simplefilter("ignore", pd.errors.DtypeWarning)
            table = pd.read_csv(stream, **options)
            mixed = [name for name in table.columns if _is_unsure(table[name])]
            if mixed:
                stream.seek(0)
                again = pd.read_csv(stream, low_memory=False, **{**options, "usecols": mixed})
                table = table.assign(**{name: again[name] for name in mixed})
            return table
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=options["names"])
    except (pd.errors.ParserError, pd.errors.ParserWarning):
        return None


def _is_unsure(column: pd.Series) -> bool:
    """Tell whether blocks of a column may have been taken for different things: mixed values, or rounded long ids."""
    large = pd.api.types.is_float_dtype(column.dtype) and bool((column.abs() >= 2**53).any())
    return large or column.dtype == object


def _read_uneven(text: str, options: dict[str, Any], ragged: list[list[str]]) -> pd.DataFrame:
    """Read line by line; rows with too many fields go to `ragged` unless what is too much is empty."""
    names, width = options["names"], len(options["names"])
    lines = io.StringIO(text, newline="")
    csv.field_size_limit(2**31 - 1)
    rows = []
    try:
        for number, row in enumerate(csv.reader(lines, delimiter=options["sep"])):
            if number <= options["skiprows"] - 1 or not row:
                continue
            if len(row) > width and any(field.strip() for field in row[width:]):
                ragged.append(row)
            else:
                rows.append(row[:width] + [""] * (width - len(row)))
    except csv.Error as error:
        raise DataError(f"The text cannot be split into fields: {error}.") from error
    return pd.DataFrame(rows, columns=names, dtype="str").replace("", None).infer_objects()
