"""Files beside the table of cells: do they tell more of a cell than the table does?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
from python_calamine import CalamineWorkbook

from patrolgeo._typing import Array
from patrolgeo.crs import to_lonlat

_DIGITS = 9  # after the point, in which two files agree


def told_beside(folder: Path, cells: gpd.GeoDataFrame) -> list[str]:
    """Return a sentence for each number of a GeoPackage or workbook that the table of cells does not tell.

    Parameters
    ----------
    folder
        Of a public run.
    cells
        Its ``cells.parquet``, index `cell`.
    """
    known = _numbers(cells.drop(columns=cells.geometry.name))
    boxes = to_lonlat(cells, "cells.parquet").bounds
    lines = []
    for name, table in _tables(folder):
        naming = [c for c in table if table[c].isin(cells.index).any()]
        for column in naming[:1]:  # further ones name the units that cells are shown with
            rows = table[table[column].isin(cells.index)].set_index(column)
            more = _numbers(rows).merge(known, how="left", on=["cell", "number"], indicator=True)
            more = more[more["_merge"] == "left_only"]
            more = more[~_coordinate(more["number"].to_numpy(), boxes.loc[more["cell"]].to_numpy())]
            lines += [f"{name}: {n:g} is told of {cell}, not so in cells.parquet." for cell, n in
                      more[["cell", "number"]].itertuples(index=False)]  # fmt: skip
    return list(dict.fromkeys(lines))


def _tables(folder: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Give every layer of the GeoPackages and every sheet of the workbooks of a folder."""
    for path in sorted(folder.glob("*.gpkg")):
        for layer, _ in pyogrio.list_layers(path):
            yield f"{path.name}, {layer}", pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    for path in sorted(folder.glob("*.xlsx")):
        book = CalamineWorkbook.from_path(path)
        for sheet in book.sheet_names:
            yield f"{path.name}, {sheet}", pd.DataFrame(book.get_sheet_by_name(sheet).to_python())


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return every number of the rows, as `cell` and `number`; truths are none."""
    values = [
        pd.Series([v if isinstance(v, int | float) and not isinstance(v, bool) else np.nan for v in table[c]],
                  table.index, dtype=float).dropna()
        for c in table
    ]  # fmt: skip
    long = pd.concat(values).round(_DIGITS) if values else pd.Series(dtype=float)
    return pd.DataFrame({"cell": long.index, "number": long.to_numpy()}).drop_duplicates()


def _coordinate(numbers: Array, boxes: Array) -> Array:
    """Return which numbers are the longitude or latitude of a place in their cell."""
    west, south, east, north = boxes.T
    return ((west <= numbers) & (numbers <= east)) | ((south <= numbers) & (numbers <= north))
