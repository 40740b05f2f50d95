"""Blank workbooks of the input tables, to be filled in by hand and read as they are."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.files import write_text
from patrolgeo.sources.kinds import kind_table
from patrolgeo.sources.xlsx import write_workbook

_EXPLAINED = ("column", "needed", "unit", "allowed values", "example", "what it is", "说明")


def blank_tables() -> dict[str, dict[str, dict[str, Any]]]:
    """Return the columns of every input table: needed, unit, allowed, example, en, zh."""
    return tomllib.loads(files("patrolgeo.sources").joinpath("blank.toml").read_text(encoding="utf-8"))


def write_blank(folder: str | Path) -> list[Path]:
    """Write a blank workbook of every input table, and a table of kinds to start from.

    The sheet ``data`` has the columns and is filled in; the sheet ``columns`` says of each its unit, the values allowed
    and an example. Both are read as they are: the readers take the sheet with the columns.

    Parameters
    ----------
    folder
        Where to write; made when it is missing. Workbooks that are there already are not touched.

    Returns
    -------
    The files that were written.

    Examples
    --------
    >>> import tempfile
    >>> from patrolgeo import write_blank
    >>> [path.stem for path in write_blank(tempfile.mkdtemp())]
    ['incidents', 'calls', 'population', 'places', 'forces', 'shifts', 'gates', 'kinds']
    """
    folder = Path(folder)
    written = []
    for name, columns in blank_tables().items():
        path = folder / f"{name}.xlsx"
        if not path.exists():  # it may have been filled in
            rows = [
                (c, d["needed"], d["unit"], d["allowed"], d["example"], d["en"], d["zh"]) for c, d in columns.items()
            ]
            sheets = {
                "data": pd.DataFrame(columns=list(columns)),
                "columns": pd.DataFrame(rows, columns=list(_EXPLAINED)),
            }
            written.append(write_workbook(path, sheets))
    kinds = folder / "kinds.csv"
    if not kinds.exists():
        written.append(write_text(kinds, "\ufeff" + kind_table("nibrs").to_csv(index=False, lineterminator="\n")))
    return written
