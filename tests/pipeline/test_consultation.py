"""What people said enters the plan: votes into the demand of sites, refused places out of the candidates."""

from types import SimpleNamespace

import geopandas as gpd
import h3
import pandas as pd
import pytest

from patrolgeo import HexGrid
from patrolgeo.config.equity import ConsultationWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.consultation import check_consultation, is_refused, with_votes

GRID = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(24.3, 107.3, 8), 2))
PLACES = gpd.GeoDataFrame({"name": ["hall", "mill"]}, geometry=GRID.centroids.iloc[:2].to_numpy(), crs=4326)
PLACE, GROUND = {"places": PLACES, "population": None}, SimpleNamespace(grid=GRID)


def plan(**said):
    return SimpleNamespace(path="plan.toml", consultation=ConsultationWish(date="2025-01-20", who="all", **said))


def test_votes_are_their_share_of_the_demand_and_its_sum_stays():
    asked = plan(votes={"hall": 3.0, GRID.cells[5]: 1.0})
    check_consultation(asked, PLACE, GROUND)
    demand = with_votes(asked, PLACE, GROUND, pd.Series(1.0, GRID.cells))
    assert demand.sum() == pytest.approx(19.0)
    assert demand.iloc[[0, 1, 5]].tolist() == pytest.approx([0.9 + 1.9 * 0.75, 0.9, 0.9 + 1.9 * 0.25])


def test_a_refused_place_or_cell_is_no_candidate():
    for refused in ("mill", GRID.cells[1]):
        assert is_refused(plan(refused=[refused]), PLACES, GRID.locate(PLACES)).tolist() == [False, True]


def test_a_name_that_nobody_knows_is_said_with_the_nearest():
    with pytest.raises(DataError, match="did you mean 'hall'"):
        check_consultation(plan(votes={"halll": 1.0}), PLACE, GROUND)


def test_votes_where_nobody_patrols_are_not_dropped_in_silence():
    with pytest.raises(DataError, match="nobody patrols"):
        with_votes(plan(votes={"hall": 3.0, "mill": 1.0}), PLACE, GROUND, pd.Series(1.0, GRID.cells[1:]))
