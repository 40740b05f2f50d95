"""Tables as the sheets of a workbook, the same bytes every time; what data hold never becomes a formula."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping
from numbers import Real
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import numpy as np
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.escape import printable
from patrolgeo.files import whole_file

ROWS = 1_048_575  # of a sheet, below its header
_TEXT = 32_767  # letters of a cell
_NARROW, _WIDE, _PAGE = 8, 45, 110  # letters of a column, and of the only one of a sheet
_FEW = 8  # columns that a page and a screen hold; of more the first two stay in sight
_LOOKED_AT = 300  # rows that decide how wide a column is
_MADE = dt.datetime(2000, 1, 1)  # the format stamps a time; a fixed one keeps runs equal
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_A4 = 9


def write_xlsx(path: str | Path, table: pd.DataFrame) -> Path:
    """Write `table` to one sheet, as `write_workbook` does."""
    return write_workbook(path, {"ledger": table})


def write_workbook(
    path: str | Path, sheets: Mapping[str, pd.DataFrame], forms: Mapping[str, Mapping[str, str]] | None = None
) -> Path:
    """Write tables as the sheets of a workbook: numbers, truths and times as such, all else as text.

    The header stays in sight, every column can be filtered, and all but wide sheets print one page wide. What is
    missing leaves its cell empty. No text is ever read as a formula, a link or a number.

    Parameters
    ----------
    path
        The workbook (.xlsx); whole or not there.
    sheets
        The tables by the name of their sheet; the index is not written.
    forms
        How numbers are shown, as workbooks say it ("0.0%"), by sheet and column.

    Raises
    ------
    DataError
        When a table has more rows than a sheet can hold.
    """
    import xlsxwriter

    for name, table in sheets.items():
        if len(table) > ROWS:
            raise DataError(f"{Path(path).name}: {name} has {len(table):,} rows; a sheet holds {ROWS:,}.")
    taken: list[str] = []
    with whole_file(path) as beside:
        workbook = xlsxwriter.Workbook(str(beside), {"constant_memory": True})
        workbook.set_properties({"created": _MADE})
        for name, table in sheets.items():
            taken.append(_sheet_name(name, taken))
            _fill(workbook, workbook.add_worksheet(taken[-1]), table, (forms or {}).get(name, {}))
        workbook.close()
    return Path(path)


def _sheet_name(name: str, taken: Iterable[str]) -> str:
    """Return a name that a sheet may have and none of `taken` has."""
    plain = _NOT_IN_NAMES.sub(" ", printable(name)).strip("' ") or "sheet"
    known = {other.casefold() for other in taken} | {"history"}  # the one name that is kept for the program itself
    endings = ("", *(f" {i}" for i in range(2, len(known) + 3)))
    return next(n for end in endings if (n := plain[: 31 - len(end)] + end).casefold() not in known)


def _fill(workbook: Any, sheet: Any, table: pd.DataFrame, forms: Mapping[str, str]) -> None:
    head = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
    times = {
        plain: workbook.add_format({"num_format": form, "valign": "top", "align": "left"})
        for plain, form in ((True, "yyyy-mm-dd"), (False, "yyyy-mm-dd hh:mm"))
    }
    widest = _WIDE if table.shape[1] > 1 else _PAGE
    for j, column in enumerate(table.columns):
        width = _width(column, table.iloc[:_LOOKED_AT, j])
        form = {"num_format": forms[column]} if column in forms else {"text_wrap": width > widest}
        sheet.set_column(j, j, min(max(width, _NARROW), widest), workbook.add_format({"valign": "top"} | form))
    for j, column in enumerate(table.columns):
        sheet.write_string(0, j, _text(column), head)
    columns = [table.iloc[:, j].astype(object) for j in range(table.shape[1])]  # as Python has them, read at once
    for i, row in enumerate(zip(*columns, strict=True), start=1):
        for j, value in enumerate(row):
            _write(sheet, i, j, value, times)
    _lay_out(sheet, *table.shape)


def _lay_out(sheet: Any, n_rows: int, n_columns: int) -> None:
    """Fix the head, filter every column, and print on A4 across; wide sheets go over several pages."""
    if n_columns > 1:
        sheet.autofilter(0, 0, max(n_rows, 1), n_columns - 1)
    sheet.freeze_panes(1, 2 if n_columns > _FEW else 0)
    sheet.repeat_rows(0)
    sheet.set_paper(_A4)
    sheet.set_landscape()
    if n_columns > 2 * _FEW:
        sheet.repeat_columns(0, 1)
    else:
        sheet.fit_to_pages(1, 0)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})  # radio codes and ids are no numbers


def _write(sheet: Any, i: int, j: int, value: Any, times: Mapping[bool, Any]) -> None:
    """Write one value as what it is; what is missing or not finite leaves its cell empty."""
    if type(value) is float:  # most cells, so first
        if math.isfinite(value):
            sheet.write_number(i, j, value)
    elif isinstance(value, str):
        sheet.write_string(i, j, _text(value))
    elif value is None or value is pd.NA or value is pd.NaT:
        return
    elif isinstance(value, (bool, np.bool_)):
        sheet.write_boolean(i, j, bool(value))
    elif isinstance(value, Real):
        if math.isfinite(value):
            sheet.write_number(i, j, value)
    elif isinstance(value, dt.datetime):
        sheet.write_datetime(i, j, value.replace(tzinfo=None), times[value.time() == dt.time()])
    else:
        sheet.write_string(i, j, _text(value))


def _text(value: Any) -> str:
    text = printable(value)
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def _width(column: str, values: Iterable[Any]) -> int:
    """Return how many letters wide a column wants to be; a wide letter counts twice, a long header is wrapped."""
    longest = max((_letters(v) for v in values if isinstance(v, str)), default=_NARROW)
    return max(longest + 2, min(_letters(str(column)) + 4, 16))


def _letters(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
