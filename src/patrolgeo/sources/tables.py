"""Any file or frame as one raw table: every row with its number, nothing interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict, Unpack

import geopandas as gpd
import pandas as pd
import pyogrio

from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.sources.columns import HeaderWords
from patrolgeo.sources.databases import is_database, read_database, shown
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.sheets import read_sheets
from patrolgeo.sources.text import read_text
from patrolgeo.sources.vector import ENDINGS, read_layer

_TEXT = (".csv", ".csv.gz", ".txt", ".tsv", ".tsv.gz")
_SHEETS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods")
_PARQUET = (".parquet", ".geoparquet")


@dataclass
class Raw:
    """A table as it was found: rows, their numbers, those that are no rows, and what was noticed."""

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
    tell a header from the title rows above it.
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
    if raw.ragged:
        table = pd.concat([table, pd.DataFrame(index=range(len(raw.ragged)))], ignore_index=True)
    table.index = pd.RangeIndex(raw.first_row, raw.first_row + len(table), name="row")
    table.columns = [str(c).strip() for c in table.columns]
    table = table.loc[:, ~table.columns.duplicated()]
    if not len(table):
        raise DataError(f"{name} holds no rows; {what} need at least one.")
    ledger = Ledger(name, table.index)
    for code, detail in raw.notes:
        ledger.noted(code, detail=detail)
    if raw.ragged:
        first = ", ".join(raw.ragged[0])[:100]
        ledger.reject(table.index >= table.index[-len(raw.ragged)], "ragged_row", f"The first of them: {first}.")
    if table.iloc[:, 0].isna().any():
        ledger.reject(table.isna().all(axis=1), "empty_row")
    return table, ledger


def _read(path: Path, words: HeaderWords, encoding: str | None, layer: str | None) -> Raw:
    name = path.name.lower()
    try:
        if path.is_dir() and any(path.rglob("*.parquet")):
            return Raw(_read_parquet(path))
        if name.endswith(_TEXT):
            return Raw(*read_text(path, words, encoding))
        if name.endswith(_SHEETS):
            return Raw(*read_sheets(path, words))
        if name.endswith(_PARQUET):
            return Raw(_read_parquet(path))
        if name.endswith(ENDINGS):
            return _read_layer(path, encoding, layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, UnicodeError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    endings = ", ".join((*_TEXT, *_SHEETS, *_PARQUET, *ENDINGS))
    raise DataError(f"{path}: files that end in '{path.suffix}' are not known. Known endings: {endings}.")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return gpd.read_parquet(path)
    except ValueError:  # no geo metadata, or no Parquet at all
        pass
    try:
        return pd.read_parquet(path)
    except ValueError as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}") from error


def _read_layer(path: Path, encoding: str | None, layer: str | None) -> Raw:
    table, layers = read_layer(path, encoding, layer)
    taken = layer or layers[0]
    others = ", ".join(name for name in layers if name != taken)
    told = f"Layer {taken!r} was read; not read: {others} (layer= names another)."
    return Raw(table, notes=[("layers", told)] if others else [])
