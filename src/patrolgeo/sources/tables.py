"""Any file or frame as one raw table: every row with its number, nothing interpreted yet."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import shapely

from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.files import check_file
from patrolgeo.sources.budgets import allow, check_budget, limit
from patrolgeo.sources.columns import HeaderWords
from patrolgeo.sources.databases import is_database, read_database, shown
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.markup import records_of_json, rows_of_html
from patrolgeo.sources.sheets import read_sheets
from patrolgeo.sources.text import content, decode, detect_encoding, parse_text, read_text
from patrolgeo.sources.vector import ENDINGS, read_layer

_TEXT = (".csv", ".csv.gz", ".txt", ".tsv", ".tsv.gz", ".tab", ".dat", ".html", ".htm", ".jsonl")
_SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_PARQUET = (".parquet", ".geoparquet")
_LAYERS = (".gpkg", ".geojson", ".shp", ".fgb", ".kml")


@dataclass
class Raw:
    """A table as it was found: rows, their numbers, those that are not rows, and what was noticed."""

    table: pd.DataFrame
    first_row: int = 0
    notes: list[tuple[str, str]] = field(default_factory=list)
    ragged: list[list[str]] = field(default_factory=list)


class Where(TypedDict, total=False):
    """Which table of a source: `layer` of a vector file, `table` or `sql` of a database."""

    layer: str | None
    table: str | None
    sql: str | None


def open_table(
    source: Any, what: str, *, words: HeaderWords | None = None, encoding: str | None = None, **where: Unpack[Where]
) -> tuple[pd.DataFrame, Ledger]:
    """Return the rows of `source` (a path, a database or a frame) and a ledger that has counted them.

    The index holds row numbers as a spreadsheet shows them, for a frame positions from 0. `words` are the names that
    tell a header from the title rows above it. `layer` names one layer of a GeoPackage or one folder of a KML.
    """
    if hasattr(source, "to_pandas"):  # polars, pyarrow
        source = source.to_pandas()
    if isinstance(source, pd.DataFrame):
        name, raw = "table", Raw(source.copy(deep=False))
    elif is_database(source):
        rows = read_database(source, what, where.get("table"), where.get("sql"))
        name, raw = f"{shown(source)} {where.get('table') or 'query'}", Raw(rows)
    else:
        path = check_file(source, what)
        name, raw = path.name, _read(path, words or HeaderWords(), encoding, where.get("layer"))
    return _counted(raw, name, what)


def _counted(raw: Raw, name: str, what: str) -> tuple[pd.DataFrame, Ledger]:
    table = raw.table
    _check_size(table, name)
    if raw.ragged:
        table = pd.concat([table, pd.DataFrame(index=range(len(raw.ragged)))], ignore_index=True)
    table.index = pd.RangeIndex(raw.first_row, raw.first_row + len(table), name="row")
    table.columns = [str(c).strip() for c in table.columns]
    table = table.loc[:, ~table.columns.duplicated()]
    if not len(table):
        raise DataError(f"{name} holds no rows; {what} need at least one.")
    ledger = Ledger(name, table.index)
    for code, detail in raw.notes:
        (ledger.warned if code == "layers" else ledger.noted)(code, detail=detail)
    if raw.ragged:
        first = ", ".join(raw.ragged[0])[:100]
        ledger.reject(table.index >= table.index[-len(raw.ragged)], "ragged_row", f"The first of them: {first}.")
    if table.iloc[:, 0].isna().any():
        ledger.reject(table.isna().all(axis=1), "empty_row")
    return table, ledger


def _check_size(table: pd.DataFrame, name: str) -> None:
    check_budget(table.shape[1], "columns", name)
    check_budget(len(table), "rows", name)
    if isinstance(table, gpd.GeoDataFrame) and len(table):
        check_budget(int(shapely.get_num_coordinates(table.geometry.to_numpy()).max()), "vertices", f"{name}: a shape")


def _read(path: Path, words: HeaderWords, encoding: str | None, layer: str | None) -> Raw:
    """Read a file by what it holds; its ending decides only where the content leaves it open."""
    endings = (*_TEXT, *_SHEETS, *_PARQUET, *ENDINGS)
    folder = path.is_dir() and any(path.rglob("*.parquet"))
    if not folder and not path.name.lower().endswith(endings):
        raise DataError(
            f"{path}: files that end in '{path.suffix}' are not known. Known endings: {', '.join(endings)}."
        )
    try:
        return Raw(_read_parquet(path)) if folder else _of_content(path, words, encoding, layer)
    except PatrolgeoError:
        raise
    except Exception as error:  # parsers of other packages raise what they like
        raise DataError(f"{path} cannot be read: {type(error).__name__}: {error}") from error


def _of_content(path: Path, words: HeaderWords, encoding: str | None, layer: str | None) -> Raw:
    """Read a file as what its first bytes show; layers must be what their ending says, for their safety."""
    name = path.name.lower()
    head = b"" if path.is_dir() else _head(path)
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")[:1]
    if name.endswith(_PARQUET) or (head.startswith(b"PAR1") and not name.endswith(_LAYERS)):
        return Raw(_read_parquet(path))
    if start in (b"{", b"[") and not name.endswith(_LAYERS):
        records = _records(path, encoding)
        return _read_layer(path, encoding, layer) if records is None else Raw(records)
    if name.endswith(_LAYERS):
        return _read_layer(path, encoding, layer)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return Raw(*read_sheets(path, words, layer))
    packed = head.startswith(b"PK\x03\x04") or name.endswith(".zip")
    return _of_zip(path, words, encoding, layer) if packed else _of_text(path, start == b"<", words, encoding)


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(4096)


def _of_zip(path: Path, words: HeaderWords, encoding: str | None, layer: str | None) -> Raw:
    with zipfile.ZipFile(path) as packed:
        names = [i.filename for i in packed.infolist() if not i.is_dir() and "__MACOSX" not in i.filename]
        if any(n.startswith("xl/") or n == "content.xml" for n in names):
            return Raw(*read_sheets(path, words, layer))
        tables = [n for n in names if n.lower().endswith(_TEXT)]
        if any(n.lower().endswith(ENDINGS) for n in names) or not tables:
            return _read_layer(path, encoding, layer)
        if (len(tables) > 1 or layer) and layer not in tables:
            raise DataError(
                f"{path} holds {len(tables)} table(s): {', '.join(tables[:8])}. Say which: layer={tables[0]!r}."
            )
        most = limit("unpacked_bytes")
        with packed.open(layer or tables[0]) as stream:
            raw = stream.read(most + 1)
    if len(raw) > most:
        raise DataError(f"{path} unpacks to more bytes than are read. {allow('unpacked_bytes')}")
    return Raw(*parse_text(raw, path.name, words, encoding))


def _of_text(path: Path, page: bool, words: HeaderWords, encoding: str | None) -> Raw:
    if not page:
        return Raw(*read_text(path, words, encoding))
    raw = content(path)
    text = decode(raw, encoding or detect_encoding(raw, path.name), path.name)
    target = io.StringIO()
    csv.writer(target).writerows(rows_of_html(text, path.name))
    return Raw(*parse_text(target.getvalue().encode(), path.name, words, "utf-8"))


def _records(path: Path, encoding: str | None) -> pd.DataFrame | None:
    raw = content(path)
    return records_of_json(decode(raw, encoding or detect_encoding(raw, path.name), path.name), path.name)


def _read_parquet(path: Path) -> pd.DataFrame:
    if path.is_file():
        held = pq.read_metadata(path)
        check_budget(held.num_columns, "columns", path.name)
        check_budget(held.num_rows, "rows", path.name)
    try:
        return gpd.read_parquet(path)
    except ValueError:  # no geo metadata
        return pd.read_parquet(path)


def _read_layer(path: Path, encoding: str | None, layer: str | None) -> Raw:
    table, layers = read_layer(path, encoding, layer)
    others = layers[1:] if layer is None else []
    notes = []
    if others:
        told = f"Layer {layers[0]!r} was read; not read: {', '.join(others)}. layer={others[0]!r} reads another."
        notes.append(("layers", told))
    if table.attrs.pop("closed_rings", False):
        notes.append(("closed_rings", "Rings that did not close were closed; look at the shapes."))
    return Raw(table, notes=notes)
