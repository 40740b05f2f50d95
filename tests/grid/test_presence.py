"""Who is there when: what the table says is there, residents stay where it says nothing, and nobody gets lost."""

from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, HexGrid, MissingColumnError, crs, interpolate, presence
from patrolgeo.grid.membership import assign_cells

COUNTY = Path(__file__).parents[2] / "data" / "samples" / "county"
CELLS = sorted(h3.grid_disk("892a100d2c3ffff", 1))


@pytest.fixture
def people():
    return pd.Series([10.0, 20, 30, 40, 0, 0, 7], index=pd.Index(CELLS, name="cell"), name="population")


@pytest.fixture
def places():
    return pd.Series(["town", "town", "town", "village", "mine", "mine", None], index=CELLS)


def test_a_factor_by_hour_multiplies_all_residents(people):
    table = pd.DataFrame({"hour": [20, 3], "factor": [0.5, 1.25]})
    there = presence(people, table)
    assert list(there.columns) == [3, 20]
    assert (there[20] == people / 2).all()
    assert there.attrs["added"] == {3: people.sum() / 4, 20: -people.sum() / 2}


def test_what_the_table_does_not_say_stays_with_the_residents(people):
    table = pd.DataFrame({"cell": [CELLS[0], CELLS[1]], "hour": [9, 10], "people": [100, 0]})
    there = presence(people, table)
    assert there.loc[CELLS[:3], 9].tolist() == [100, 20, 30]
    assert there.loc[CELLS[:3], 10].tolist() == [10, 0, 30]
    assert there.index.equals(people.index)


def test_people_of_a_place_are_spread_like_its_residents_and_evenly_where_it_has_none(people, places):
    table = pd.DataFrame({"place": ["town", "mine"], "day": "workday", "people": [600, 50]})
    assert presence(people, table, places)["workday"].tolist() == pytest.approx([100, 200, 300, 40, 25, 25, 7])


def test_on_cells_and_outside_is_what_residents_and_table_say():
    rng = np.random.default_rng(4)
    cells = sorted(h3.grid_disk(CELLS[0], 5))
    people = pd.Series(rng.integers(0, 90, 60), index=cells[:60])
    table = pd.DataFrame(
        [(c, h, rng.integers(0, 500)) for c in cells for h in range(24) if rng.random() < 0.3],
        columns=["cell", "hour", "people"],
    )
    there = presence(people, table)
    for hour, rows in table.groupby("hour"):
        silent = people.drop(rows["cell"], errors="ignore").sum()
        assert there[hour].sum() + there.attrs["outside"][hour] == pytest.approx(silent + rows["people"].sum(), 1e-12)
        assert there[hour].sum() == pytest.approx(people.sum() + there.attrs["added"][hour], 1e-12)
    assert any(there.attrs["outside"].values())


def test_days_and_hours_together_become_two_levels(people):
    table = pd.DataFrame({"day": ["market", "market", "other"], "hour": [9, 21, 9], "factor": [3.0, 0.5, 1.0]})
    there = presence(people, table)
    assert there.columns.names == ["day", "hour"]
    assert (there["market", 9] == 3 * people).all()
    assert ("other", 21) not in there


def test_rows_in_another_order_change_nothing_and_the_input_stays(people, places):
    table = pd.DataFrame({"place": ["town", "village"] * 3, "hour": [1, 1, 2, 2, 3, 3], "people": range(6)})
    before = table.copy()
    pd.testing.assert_frame_equal(presence(people, table, places), presence(people, table[::-1], places))
    pd.testing.assert_frame_equal(table, before)


def test_market_days_of_the_county_draw_people_to_their_township_on_their_dates():
    villages, markets = pd.read_csv(COUNTY / "villages.csv"), pd.read_csv(COUNTY / "markets.csv", parse_dates=["date"])
    townships = gpd.read_file(COUNTY / "townships.geojson")
    grid = HexGrid.from_area(gpd.read_file(COUNTY / "area.geojson"), 7)
    points = gpd.GeoDataFrame(villages, geometry=gpd.points_from_xy(villages.lon, villages.lat), crs="EPSG:4326")
    people = interpolate(points, grid, "population")["population"]
    names = townships["name"].to_numpy()[assign_cells(townships, grid)]
    township = pd.Series(names, index=grid.cells)

    table = markets.rename(columns={"township": "place", "date": "day"}).assign(factor=1.8)
    by_date = presence(people, table, township)
    assert set(by_date) == set(markets["date"])
    held = markets[markets["date"] == markets["date"].iloc[5]]
    at_market = township.isin(held["township"])
    assert 0 < at_market.sum() < len(grid)
    day = by_date[markets["date"].iloc[5]]
    assert np.allclose(day[at_market], 1.8 * people[at_market])
    assert (day[~at_market] == people[~at_market]).all()

    kind = table.assign(day="market").drop_duplicates("place")
    market = presence(people, kind, township)
    assert market["market"].sum() == pytest.approx(1.8 * people.sum())
    assert market.attrs["added"]["market"] == pytest.approx(0.8 * people.sum())


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"hour": [24], "factor": [1.0]}, "hours run from 0 to 23"),
        ({"hour": [3, 3], "factor": [1.0, 2.0]}, "occur twice"),
        ({"hour": [3], "factor": [-1.0]}, "0 or more"),
        ({"day": ["market"], "people": [np.nan]}, "0 or more"),
        ({"day": [None], "people": [1]}, "must not be missing"),
        ({"place": ["twon"], "hour": [3], "people": [1]}, "did you mean 'town'"),
        ({"cell": ["892a1008003ffff"], "hour": [3], "factor": [2.0]}, "No cell belongs"),
        ({"cell": [CELLS[0]], "place": ["town"], "hour": [3], "factor": [2.0]}, "both `cell` and `place`"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(people, places, table, words):
    with pytest.raises(DataError, match=words):
        presence(people, pd.DataFrame(table), places)


def test_a_table_without_time_or_value_is_refused(people):
    for columns in ({"hour": [1]}, {"factor": [1.0]}, {"hour": [1], "factor": [1.0], "people": [2]}):
        with pytest.raises(MissingColumnError, match="`hour` or `day`"):
            presence(people, pd.DataFrame(columns))


def test_places_are_asked_for_and_people_must_be_counts(people):
    with pytest.raises(DataError, match="say with `places`"):
        presence(people, pd.DataFrame({"place": ["town"], "hour": [1], "factor": [1.0]}))
    with pytest.raises(DataError, match="0 or more"):
        presence(-people, pd.DataFrame({"hour": [1], "factor": [1.0]}))


def test_a_cell_belongs_to_the_first_of_the_nearest_polygons():
    grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326"), 9)
    boxes = [(119.905, 31.705, 119.915, 31.72), (119.91, 31.705, 119.92, 31.72), (119.925, 31.71, 119.926, 31.711)]
    polygons = gpd.GeoSeries([shapely.box(*b) for b in boxes], index=list("abc"), crs="EPSG:4326")
    middle = tuple(grid.lonlat.mean(axis=0))
    shapes, centres = (crs.to_local(g, middle).geometry for g in (polygons, grid.centroids))
    distance = np.column_stack([centres.distance(shape) for shape in shapes])
    found = assign_cells(polygons, grid)
    assert found.tolist() == [polygons.index[i] for i in distance.argmin(axis=1)]
    assert (distance.min(axis=1) > 0).sum() > 20  # some lie in none
    assert ((distance == 0).sum(axis=1) == 2).sum() > 3  # some in two
