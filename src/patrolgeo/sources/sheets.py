"""Workbooks (.xlsx, .xls): title rows, merged cells, one sheet a township."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.sources.columns import HeaderWords, plain
from patrolgeo.sources.workbook import read_workbook

SHEET = "sheet"
_Found = tuple[pd.DataFrame, int, list[tuple[str, str]]]


def read_sheets(path: Path, words: HeaderWords, only: str | None = None) -> _Found:
    """Return the rows of all sheets that have the columns of the fullest one, with the sheet's name in `sheet`.

    Sheets of other columns (remarks, code lists) are not read, and named. `only` is the one sheet that is read.
    """
    book, strays = read_workbook(path)
    if only is not None and only not in book:
        raise DataError(f"{path.name} has no sheet {only!r}{nearest(only, book)} It has: {', '.join(book)}.")
    sheets = {name: _sheet(*book[name], words) for name in ([only] if only else book)}
    found = {name: s for name, s in sheets.items() if s is not None}
    if not found:
        raise DataError(f"{path.name} holds no rows in any sheet.")
    first = max(found, key=lambda n: (words.known(found[n].table.columns), len(found[n].table)))
    wanted = {plain(c) for c in found[first].table.columns}
    alike = [n for n in found if len(wanted & {plain(c) for c in found[n].table.columns}) >= 0.8 * len(wanted)]
    others = [n for n in sheets if n not in alike]
    notes = _notes(found, alike, others + [name for name in book if name not in sheets])
    if strays:
        notes.append(("stray_cells", f"Left out, far from the table: {', '.join(strays[:5])}."))
    names = {plain(c): c for c in found[first].table.columns}  # "Lon" of one sheet is "lon" of another
    tables = [found[n].table.rename(columns=lambda c: names.get(plain(c), c)) for n in alike]
    if len(alike) > 1:
        tables = [table.assign(**{SHEET: n}) for table, n in zip(tables, alike, strict=True)]
    return pd.concat(tables, ignore_index=True), found[alike[0]].first_row, notes


class _Sheet:
    def __init__(self, table: pd.DataFrame, first_row: int, filled: int) -> None:
        self.table, self.first_row, self.filled = table, first_row, filled


def _sheet(rows: list[list[Any]], merged: list[Any], words: HeaderWords) -> _Sheet | None:
    at = words.header_row([[str(v) for v in row] for row in rows[:30]])
    if at is None:
        return None
    filled = _fill_merged(rows, merged, at)
    header = [str(v).strip() or f"column {i + 1}" for i, v in enumerate(rows[at])]
    rows = [[int(v) if isinstance(v, float) and v.is_integer() else v for v in row] for row in rows[at + 1 :]]
    table = pd.DataFrame(rows, columns=header).replace({"": None})
    return _Sheet(table.loc[:, ~table.columns.duplicated()], at + 2, filled)


def _fill_merged(rows: list[list[Any]], ranges: Any, header: int) -> int:
    filled = 0
    for (top, left), (bottom, right) in ranges:
        if top <= header or top >= len(rows) or left >= len(rows[top]):
            continue  # above the table, or of a range that the sheet does not have
        for row in range(top, min(bottom, len(rows) - 1) + 1):
            for column in range(left, min(right, len(rows[row]) - 1) + 1):
                filled += (row, column) != (top, left)
                rows[row][column] = rows[top][left]
    return filled


def _notes(found: dict[str, _Sheet], alike: list[str], others: list[str]) -> list[tuple[str, str]]:
    notes = [("sheets", f"Sheets read: {', '.join(alike)}; not read: {', '.join(others) or 'none'}.")]
    titles = max(found[n].first_row for n in alike) - 2
    if titles:
        notes.append(("title_rows", f"Up to {titles} row(s) above the header were skipped."))
    filled = sum(found[n].filled for n in alike)
    if filled:
        notes.append(("merged_cells", f"{filled} cell(s) took the value of the merged cell they belong to."))
    return notes
