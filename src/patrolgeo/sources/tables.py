"""Any file or frame as one raw table: every row with its number, nothing interpreted yet."""

from __future__ import annotations

import codecs
import gzip
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.sources.ledger import Ledger

_TEXT = (".csv", ".csv.gz", ".txt", ".tsv", ".tsv.gz")
_VECTOR = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".zip")
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def open_table(source: Any, what: str, *, encoding: str | None = None) -> tuple[pd.DataFrame, Ledger]:
    """Return the rows of `source` (a path or a frame) and a ledger that has counted them.

    The index holds row numbers as a spreadsheet shows them, for a frame positions from 0.
    """
    if isinstance(source, pd.DataFrame):
        table, ledger, first_row = source.copy(), Ledger("table"), 0
    else:
        path = check_file(source, what)
        ledger = Ledger(path.name)
        table, first_row = _read(path, ledger, encoding), 2
    table.index = pd.RangeIndex(first_row, first_row + len(table), name="row")
    table.columns = [str(c).strip() for c in table.columns]
    ledger.read = len(table)
    if not len(table):
        raise DataError(f"{ledger.source} holds no rows; {what} need at least one.")
    return table, ledger


def _read(path: Path, ledger: Ledger, encoding: str | None) -> pd.DataFrame:
    name = path.name.lower()
    try:
        if name.endswith(_TEXT):
            return _read_text(path, ledger, encoding)
        if name.endswith((".parquet", ".geoparquet")):
            return _read_parquet(path)
        if name.endswith(_VECTOR):
            return gpd.read_file(path, encoding=encoding)
    except (pyogrio.errors.DataSourceError, pd.errors.ParserError, OSError, UnicodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    endings = ", ".join((*_TEXT, ".parquet", *_VECTOR))
    raise DataError(f"{path}: files that end in '{path.suffix}' are not known. Known endings: {endings}.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return gpd.read_parquet(path)
    except ValueError:  # no geo metadata
        return pd.read_parquet(path)


def _read_text(path: Path, ledger: Ledger, encoding: str | None) -> pd.DataFrame:
    raw = gzip.decompress(path.read_bytes()) if path.name.lower().endswith(".gz") else path.read_bytes()
    encoding = encoding or detect_encoding(raw, path.name)
    header = raw[:100_000].decode(encoding, errors="ignore").split("\n", 1)[0].strip("\r\ufeff")
    if not header.strip():
        raise DataError(f"{path.name} is empty, or its first row is; the first row must name the columns.")
    ledger.noted("encoding", detail=f"Read as {encoding}; the header is: {header[:200]}")
    separator = max(",;\t", key=header.count)
    return pd.read_csv(BytesIO(raw), sep=separator, encoding=encoding, low_memory=False, index_col=False)


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
