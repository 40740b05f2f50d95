"""Cells with few people are shown only with others; cells without people are shown; nobody is lost."""

import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, HexGrid, merge_small_cells, release_cells
from patrolgeo.privacy.merging import FEW_RESIDENTS


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk("89309c4de3bffff", 12))


@pytest.fixture(scope="module")
def residents(grid):
    rng = np.random.default_rng(0)
    people = np.where(rng.random(len(grid)) < 0.3, rng.gamma(0.7, 80, len(grid)), 0)
    return pd.Series(people.round(), index=grid.cells)


def test_every_unit_has_none_or_enough_people(grid, residents):
    people = residents.groupby(merge_small_cells(grid, residents)).sum()
    assert ((people == 0) | (people >= FEW_RESIDENTS)).all()
    assert people.sum() == residents.sum()


def test_cells_without_people_and_with_enough_can_stay_alone(grid, residents):
    units = merge_small_cells(grid, residents)
    empty = residents.index[residents == 0]
    assert (units[empty] == empty).all()
    assert units.nunique() > (residents == 0).sum()
    merged_with = units.value_counts()
    small = residents.index[(residents > 0) & (residents < FEW_RESIDENTS)]
    assert (merged_with[units[small]] >= 2).all()


def test_the_order_of_cells_does_not_matter(grid, residents):
    shuffled = residents.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(merge_small_cells(grid, shuffled), merge_small_cells(grid, residents))


def test_households_rule_and_residents_fill_in(grid):
    households = pd.Series(0.0, index=grid.cells)
    residents = pd.Series(0.0, index=grid.cells)
    households.iloc[[10, 11, 12]] = [9, 10, np.nan]
    residents.iloc[[10, 11, 12]] = [500, 500, 35]
    units = merge_small_cells(grid, residents, households)
    assert units.iloc[10] in set(units.iloc[[11, 12]])
    assert (units == grid.cells).sum() == len(grid) - 1


def test_too_few_people_in_all_are_not_released(grid):
    few = pd.Series(0.0, index=grid.cells)
    few.iloc[[3, 200]] = [5, 6]
    units = merge_small_cells(grid, few)
    assert list(np.flatnonzero(units.isna())) == [3, 200]
    with pytest.raises(DataError, match="Neither residents nor households"):
        merge_small_cells(grid)


def test_release_sums_what_can_be_summed_and_dissolves(grid, residents):
    table = pd.DataFrame({"incidents": np.arange(len(grid)), "label": "x"}, index=grid.cells)
    units = merge_small_cells(grid, residents)
    released = release_cells(table, grid, units)
    assert released["incidents"].sum() == table["incidents"].sum()
    assert "label" not in released
    assert released["n_cells"].sum() == len(grid)
    assert released["area_km2"].sum() == pytest.approx(grid.area_km2.sum())
    assert shapely.area(released.geometry.array).sum() == pytest.approx(shapely.area(grid.geometry.array).sum())
    assert released.attrs["withheld_cells"] == 0
