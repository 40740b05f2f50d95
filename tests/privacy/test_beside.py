"""The audit of a release reads the files beside the table of cells: they may tell nothing more of a cell."""

import json

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid, check_release
from patrolgeo.maps.exports import Layer, write_layers
from patrolgeo.sources.xlsx import write_workbook


@pytest.fixture
def cells():
    grid = HexGrid.from_cells(sorted(h3.cell_to_children("88309c4de3fffff", 9)))
    counts = [np.nan, 20, np.nan, 0, 0, 31, np.nan]
    return (
        grid.to_gdf()
        .assign(incidents=counts, population=100.123456789123, hotspot=False, unit=grid.cells[0])
        .reset_index()
    )


def release(folder, cells, layer=None, sheet=None):
    """A public folder; `layer` and `sheet` stand in its GeoPackage and workbook in place of the cells."""
    (folder / "summary.json").write_text(json.dumps({"audience": "public"}))
    cells.to_parquet(folder / "cells.parquet")
    write_layers(folder / "plan.gpkg", [Layer("cells", cells if layer is None else layer)])
    at = cells.representative_point()
    told = pd.DataFrame(cells.drop(columns="geometry")).assign(lat=at.y, lon=at.x)
    write_workbook(
        folder / "plan.xlsx", {"one": pd.DataFrame({"": ["a line"]}), "单元": told if sheet is None else sheet}
    )
    return check_release(folder)


def test_files_that_tell_the_same_are_fine(cells, tmp_path):
    assert release(tmp_path, cells) == []


def test_a_suppressed_count_in_the_geopackage_is_found(cells, tmp_path):
    (line,) = release(tmp_path, cells, layer=cells.assign(incidents=cells["incidents"].where(cells.index != 2, 3)))
    assert line == f"plan.gpkg, cells: 3 is told of {cells['cell'][2]}, not so in cells.parquet."


def test_a_suppressed_count_in_any_sheet_is_found_under_any_heading(cells, tmp_path):
    sheet = pd.DataFrame({"案件": [2, 20], "单元": [cells["cell"][0], cells["cell"][1]]})
    (line,) = release(tmp_path, cells, sheet=sheet)
    assert line == f"plan.xlsx, 单元: 2 is told of {cells['cell'][0]}, not so in cells.parquet."


def test_rows_of_others_and_tables_without_cells_say_nothing(cells, tmp_path):
    others = gpd.GeoDataFrame(
        {"name": ["a", "b"], "rank": [1, 2]}, geometry=cells.geometry[:2].to_numpy(), crs=cells.crs
    )
    assert release(tmp_path, cells, layer=others) == []
