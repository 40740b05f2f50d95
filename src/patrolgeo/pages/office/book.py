"""The tables of a run as one workbook: what must be read first, a sheet a table, and what the columns mean."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import shapely

from patrolgeo.crs import to_lonlat
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.fields import Reader, worded
from patrolgeo.pages.office.geopackage import columns_table
from patrolgeo.pages.office.tables import OfficeTable, is_layer, office_tables
from patrolgeo.sources.xlsx import ROWS, write_workbook


def write_book(path: Path, found: Findings, edition: Edition, reader: Reader) -> Path:
    """Write every table of a run as a sheet, with the headings of the reader."""
    tables = [(spec, flat(spec, table)) for spec, table in office_tables(found) if spec.sheet]
    fitting = [(spec, table) for spec, table in tables if len(table) <= ROWS]
    words = reader.words
    explained = columns_table(fitting, reader)
    sheets = {words["read_first"]: _first(found, edition, reader, [s for s, t in tables if len(t) > ROWS])}
    forms = {}
    for spec, table in fitting:
        fields = [reader.field(spec, column) for column in table]
        name = words[f"table_{spec.key}"]
        sheets[name] = worded(spec, table, words).set_axis([f.title for f in fields], axis=1)
        forms[name] = {f.title: _form(f.form, table[c]) for c, f in zip(table, fields, strict=True) if f.form}
    heads = {c: reader.say(f"explained_{c}") for c in explained}
    sheets[words["table_columns"]] = explained.rename(columns=heads)
    return write_workbook(path, sheets, forms)


def flat(spec: OfficeTable, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as its sheet has it: latitude and longitude of a place within each shape in place of the shape."""
    if is_layer(table):
        at = shapely.get_coordinates(to_lonlat(table, spec.key).geometry.representative_point())
        table = pd.DataFrame(table.drop(columns=table.geometry.name)).assign(lat=at[:, 1], lon=at[:, 0])
    return table[sorted(table.columns, key=spec.order)]


def _form(form: str, values: pd.Series) -> str:
    """Return how the numbers of a column are shown: whole ones without anything after the point."""
    whole = form.startswith("#,##0.") and (values.dropna() % 1 == 0).all()
    return "#,##0" if whole else form


def _first(found: Findings, edition: Edition, reader: Reader, long: list[OfficeTable]) -> pd.DataFrame:
    """Return what stands on page one, a line a row."""
    risk = found.summary.get("risk") or {}
    lines = [edition.title, *edition.credits, *caveats(found, edition)]
    if "period_end" in risk:
        lines.append(reader.say("book_forecast", first=risk["period"][:10], end=risk["period_end"][:10]))
    lines += [reader.say("book_period"), reader.say("book_columns")]
    lines += [reader.say("book_long", name=reader.words[f"table_{s.key}"], files=" ".join(s.files)) for s in long]
    return pd.DataFrame({reader.words["read_first"]: lines})
