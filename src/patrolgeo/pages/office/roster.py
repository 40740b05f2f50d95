"""The roster as a workbook of its own: what must be read first, then a sheet a day, to be filed and pinned up."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.fields import Reader, worded
from patrolgeo.pages.office.tables import TABLES
from patrolgeo.sources.xlsx import write_workbook


def write_roster(path: Path, found: Findings, edition: Edition) -> Path:
    """Write the roster of the findings, a sheet a day, with the words of the edition."""
    spec = next(table for table in TABLES if table.key == "roster")
    reader = Reader([edition.table])
    roster = pd.DataFrame() if found.roster is None else worded(spec, found.roster, edition.table)
    first = [edition.title, *edition.credits, *caveats(found, edition)]
    sheets = {reader.words["read_first"]: pd.DataFrame({reader.words["read_first"]: first})}
    heads = {column: reader.field(spec, column).title for column in roster}
    for day, duties in roster.groupby("date"):
        sheets[f"{day:%Y-%m-%d}"] = duties.rename(columns=heads)
    return write_workbook(path, sheets)
