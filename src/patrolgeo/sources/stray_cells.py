"""Cells far from the table of a sheet, which make its used range too large: the workbook without them."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

_SHEET = re.compile(r"xl/worksheets/sheet\d+\.xml")
_CELL = re.compile(rb'<c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
_ROWS, _COLUMNS, _FEW = 1_000, 100, 20  # empty rows or columns before a cell that is far; how many such cells are few


def without_strays(path: Path, target: Path) -> list[str]:
    """Write a workbook without its few cells that stand behind a wide gap; return their names, sheet by sheet.

    Nothing is written for a workbook of another kind, or when what stands behind the gap is more than a few cells.
    """
    if not zipfile.is_zipfile(path):
        return []
    told = []
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            raw = old.read(part)
            if _SHEET.fullmatch(part.filename):
                raw, names = _trim(raw)
                told += [f"{name} of {Path(part.filename).stem}" for name in names]
            new.writestr(part.filename, raw)
    return told


def _trim(raw: bytes) -> tuple[bytes, list[str]]:
    cells = [m for m in _CELL.finditer(raw) if b"<v>" in m[0] or b"<is>" in m[0]]
    rows = np.array([int(m[2]) for m in cells], np.int64)
    columns = np.array([_number(m[1]) for m in cells], np.int64)
    far = _behind_gap(rows, _ROWS) | _behind_gap(columns, _COLUMNS)
    if not 0 < far.sum() <= _FEW:
        return raw, []
    strays = [cells[i] for i in np.flatnonzero(far)]
    for cell in reversed(strays):
        raw = raw[: cell.start()] + raw[cell.end() :]
    return re.sub(rb"<dimension\b[^>]*/>", b"", raw, count=1), [(m[1] + m[2]).decode() for m in strays]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _behind_gap(places: Any, gap: int) -> Any:
    """Say which cells stand behind the first gap of more than so many empty rows or columns."""
    used = np.unique(places)
    wide = np.flatnonzero(np.diff(used) > gap)
    return places > used[wide[0]] if len(wide) else np.zeros(len(places), bool)
