"""The layers of a run in one GeoPackage, each with its style for QGIS, and a table that says what the columns mean."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from patrolgeo.maps.exports import Layer, write_layers
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.fields import Reader
from patrolgeo.pages.office.styles import qml
from patrolgeo.pages.office.tables import OfficeTable, is_layer, office_tables

SHAPE = "geom"  # the column of shapes in a GeoPackage
_MADE = pd.Timestamp("2000-01-01", tz="UTC")


def write_geopackage(path: Path, found: Findings, edition: Edition, reader: Reader, crs: str | None = None) -> Path:
    """Write all tables that have shapes as layers of one GeoPackage.

    `crs` is the coordinate reference system of the file; by default that of the tables.
    """
    shaped = [(spec, table) for spec, table in office_tables(found) if is_layer(table)]
    marks = " · ".join(edition.credits)
    layers = [
        Layer(spec.key, table if crs is None else table.to_crs(crs), reader.say(f"table_{spec.key}"), marks)
        for spec, table in shaped
    ]
    layers.append(Layer("columns", columns_table(shaped, reader)))
    if shaped:
        layers.append(Layer("layer_styles", pd.DataFrame(_styles(shaped, reader))))
    return write_layers(path, layers)


def _styles(shaped: list[tuple[OfficeTable, pd.DataFrame]], reader: Reader) -> Iterator[dict[str, object]]:
    """Give the rows of the table in which QGIS looks for styles."""
    for spec, table in shaped:
        headings = {c: reader.field(spec, c).title for c in table.columns if c != table.geometry.name}
        yield {
            "f_table_catalog": "", "f_table_schema": "", "f_table_name": spec.key, "f_geometry_column": SHAPE,
            "styleName": spec.key, "styleQML": qml(spec.style, table, headings), "styleSLD": "", "useAsDefault": True,
            "description": reader.say(f"table_{spec.key}"), "owner": "", "ui": None, "update_time": _MADE,
        }  # fmt: skip


def columns_table(tables: list[tuple[OfficeTable, pd.DataFrame]], reader: Reader) -> pd.DataFrame:
    """Return what every column of the tables means, a row a column."""
    rows = []
    for spec, table in tables:
        shape = table.geometry.name if is_layer(table) else None
        for column in table.columns.drop(shape, errors="ignore"):
            told = reader.field(spec, column)
            rows.append((reader.say(f"table_{spec.key}"), told.title, column, told.unit, told.meaning))
    return pd.DataFrame(rows, columns=["table", "heading", "column", "unit", "meaning"])
