"""What a public version shows of the cells does not tell what changed since the last one."""

import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid
from patrolgeo.pages.release import public_cells

COUNTS = [0, 2, 9, 30, 4, 0, 12]


@pytest.fixture
def grid():
    return HexGrid.from_cells(sorted(h3.cell_to_children("88309c4de3fffff", 9)))


def cells_of(grid, counts):
    known = pd.DataFrame({"population": 100.0, "risk": 0.5, "hotspot": False, "incidents": counts}, index=grid.cells)
    return grid.to_gdf(known)


@pytest.mark.parametrize("cell", range(len(COUNTS)))
def test_two_releases_with_a_register_do_not_tell_of_one_more_incident(grid, cell, tmp_path):
    register = tmp_path / "new" / "releases.parquet"
    first = public_cells(cells_of(grid, COUNTS), grid, register)["incidents"]
    more = np.add(COUNTS, np.eye(len(COUNTS), dtype=int)[cell])
    second = public_cells(cells_of(grid, more), grid, register)["incidents"]
    pd.testing.assert_series_equal(first, second)
    assert first.notna().sum() == 3


def test_without_a_register_the_same_two_releases_tell_it(grid):
    """The pair above is broken without the register, so the test above can fail."""
    more = np.add(COUNTS, np.eye(len(COUNTS), dtype=int)[2])
    first, second = (public_cells(cells_of(grid, counts), grid)["incidents"] for counts in (COUNTS, more))
    assert (second - first).max() == 1


def test_a_change_that_is_large_enough_is_told(grid, tmp_path):
    public_cells(cells_of(grid, COUNTS), grid, tmp_path / "r.parquet")
    more = np.add(COUNTS, [0, 0, 0, 20, 0, 0, 0])
    assert public_cells(cells_of(grid, more), grid, tmp_path / "r.parquet")["incidents"].iloc[3] == 50
