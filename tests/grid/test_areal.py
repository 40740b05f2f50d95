"""Counts of other units onto cells: mass is kept, shares are right, what counts as patrollable."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, HexGrid, MissingColumnError, PatrolgeoWarning, crs, interpolate, patrollable_cells
from patrolgeo.grid.areal import area_weights

BOX = shapely.box(119.90, 31.70, 119.96, 31.75)


def frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_area(frame([BOX]), 9)


def random_triangles(n, seed=0):
    rng = np.random.default_rng(seed)
    corners = rng.uniform([119.88, 31.68], [119.98, 31.77], (n, 1, 2)) + rng.uniform(-0.01, 0.01, (n, 3, 2))
    return [shapely.Polygon(c).convex_hull for c in corners]


def test_mass_on_cells_and_outside_is_what_came_in(grid):
    people = np.random.default_rng(1).integers(0, 500, 60)
    on_cells = interpolate(frame(random_triangles(60), people=people), grid, "people")
    assert on_cells["people"].sum() + on_cells.attrs["outside"]["people"] == pytest.approx(people.sum(), abs=1e-9)
    assert on_cells.attrs["outside"]["people"] > 0
    assert list(on_cells.index) == list(grid.cells)


def test_units_within_the_filled_area_lose_nothing(grid):
    inside = frame([shapely.box(119.905, 31.705, 119.9275, 31.74), BOX], people=[77.0, 1000.0])
    on_cells = interpolate(inside, grid, "people")
    assert on_cells.attrs["outside"]["people"] == 0
    assert on_cells["people"].sum() == pytest.approx(1077, abs=1e-9)


def test_shares_agree_with_an_overlay_by_brute_force(grid):
    triangles = gpd.GeoSeries(random_triangles(12, seed=3), crs="EPSG:4326").segmentize(0.001)
    middle = tuple(grid.lonlat.mean(axis=0))
    cells, shapes = crs.to_local(grid.geometry, middle), crs.to_local(triangles, middle)
    expected = np.array([[c.intersection(s).area / s.area for s in shapes] for c in cells])
    np.testing.assert_allclose(area_weights(triangles, grid).toarray(), expected, atol=1e-6)


def test_points_give_all_to_their_cell(grid):
    points = frame(shapely.points([[119.91, 31.71], [119.91, 31.71], [0, 0]]), people=[3, 4, 5])
    on_cells = interpolate(points, grid, "people")
    cell = h3.latlng_to_cell(31.71, 119.91, 9)
    assert on_cells.loc[cell, "people"] == 7
    assert on_cells["people"].sum() == 7
    assert on_cells.attrs["outside"] == {"people": 5.0}


def test_points_and_polygons_may_share_a_table(grid):
    mixed = frame([shapely.Point(119.91, 31.71), shapely.box(119.91, 31.71, 119.92, 31.72)], people=[3, 10])
    assert interpolate(mixed, grid, "people")["people"].sum() == pytest.approx(13, abs=1e-9)


def test_an_h3_table_is_taken_as_it_is(grid):
    people = np.arange(len(grid)) * 0.1
    same = interpolate(pd.DataFrame({"cell": grid.cells, "people": people}), grid, "people")
    np.testing.assert_array_equal(same["people"], people)


def test_finer_cells_are_summed_and_coarser_ones_spread(grid):
    inner = grid.cells[len(grid) // 2]
    children = sorted(h3.cell_to_children(inner, 11))
    finer = interpolate(pd.DataFrame({"cell": children, "people": 2}), grid, "people")
    assert finer.loc[inner, "people"] == 2 * 49
    parent = h3.cell_to_parent(inner, 8)
    on_grid = grid.cells.intersection(h3.cell_to_children(parent, 9))
    coarser = interpolate(pd.DataFrame({"cell": [parent], "people": 70}), grid, "people")
    np.testing.assert_allclose(coarser.loc[on_grid, "people"], 10)
    assert coarser["people"].sum() + coarser.attrs["outside"]["people"] == pytest.approx(70)


def test_zero_area_and_missing_shapes_count_as_outside(grid):
    odd = frame([None, shapely.Polygon(), shapely.box(119.91, 31.71, 119.92, 31.72)], people=[1, 2, 4])
    on_cells = interpolate(odd, grid, "people")
    assert on_cells["people"].sum() == pytest.approx(4)
    assert on_cells.attrs["outside"]["people"] == pytest.approx(3)


def test_several_columns_share_the_weights(grid):
    units = frame(random_triangles(5), people=[1, 2, 3, 4, 5], households=[10, 20, 30, 40, 50])
    on_cells = interpolate(units, grid, ["people", "households"])
    np.testing.assert_allclose(on_cells["households"], on_cells["people"] * 10)


@pytest.mark.parametrize("kind", ["points", "lines", "polygons"])
def test_a_mask_draws_people_to_where_it_is(grid, kind):
    west = {
        "points": shapely.points([[119.905, 31.72], [119.906, 31.73], [119.905, 31.721]]),
        "lines": [shapely.LineString([(119.902, 31.71), (119.908, 31.74)])],
        "polygons": [shapely.box(119.9051, 31.72, 119.9052, 31.7201), shapely.box(119.906, 31.73, 119.9061, 31.7301)],
    }[kind]
    on_cells = interpolate(frame([BOX], people=[900]), grid, "people", mask=frame(west))
    assert on_cells["people"].sum() == pytest.approx(900, abs=1e-9)
    assert on_cells["people"][grid.lonlat[:, 0] > 119.912].sum() == 0
    if kind == "points":
        assert on_cells.loc[h3.latlng_to_cell(31.73, 119.906, 9), "people"] == pytest.approx(300)


def test_units_without_any_mask_are_spread_evenly(grid):
    two = frame(
        [shapely.box(119.905, 31.705, 119.92, 31.74), shapely.box(119.94, 31.71, 119.95, 31.72)], people=[10, 20]
    )
    shop = frame([shapely.Point(119.91, 31.71)])
    masked, plain = (interpolate(two, grid, "people", mask=m)["people"] for m in (shop, None))
    east = grid.lonlat[:, 0] > 119.935
    np.testing.assert_allclose(masked[east], plain[east])
    assert masked[~east].max() == pytest.approx(10)
    with pytest.raises(DataError, match="all of one kind"):
        interpolate(two, grid, "people", mask=frame([shapely.Point(0, 0), BOX]))


def test_clear_messages_for_what_cannot_be_spread(grid):
    with pytest.raises(MissingColumnError, match="people"):
        interpolate(frame([BOX], folk=[1]), grid, "people")
    with pytest.raises(DataError, match="'many'"):
        interpolate(frame([BOX, BOX], people=[1, "many"]), grid, "people")
    with pytest.raises(DataError, match="-1"):
        interpolate(frame([BOX], people=[-1]), grid, "people")
    with pytest.raises(DataError, match="LineString"):
        interpolate(frame([shapely.LineString([(0, 0), (1, 1)])], people=[1]), grid, "people")
    with pytest.raises(DataError, match="not an H3 cell"):
        interpolate(pd.DataFrame({"cell": ["village 7"], "people": [1]}), grid, "people")
    with pytest.warns(PatrolgeoWarning, match="1 of 2 units have no 'people'"):
        assert interpolate(frame([BOX, BOX], people=[np.nan, 5]), grid, "people")["people"].sum() == pytest.approx(5)


def test_patrollable_is_inhabited_near_a_road_or_with_a_place(grid):
    people = pd.Series(0.0, index=grid.cells)
    people.iloc[7] = 3
    shop = frame([shapely.Point(grid.lonlat[20])])
    road = frame([shapely.LineString([(119.90, 31.72), (119.96, 31.72)])])
    assert patrollable_cells(grid).all()
    assert list(np.flatnonzero(patrollable_cells(grid, inhabited=people))) == [7]
    assert list(np.flatnonzero(patrollable_cells(grid, places=shop))) == [20]
    both = patrollable_cells(grid, people, road, shop, within_m=100)
    middle = tuple(grid.lonlat.mean(axis=0))
    metres = crs.to_local(grid.geometry, middle).distance(crs.to_local(road, middle).geometry.iloc[0])
    expected = (metres <= 100).to_numpy(copy=True)
    expected[[7, 20]] = True
    np.testing.assert_array_equal(both, expected)
    assert both.name == "patrollable"


@pytest.mark.real
def test_new_york_keeps_its_people(real_data):
    grid = HexGrid.from_area(gpd.read_file(real_data / "nyc/boroughs.gpkg"), 9)
    tracts = gpd.read_parquet(real_data / "nyc/tracts_population.parquet")
    with pytest.warns(PatrolgeoWarning, match="1 of 2166"):
        on_cells = interpolate(tracts, grid, "population")
    kept, outside = on_cells["population"].sum(), on_cells.attrs["outside"]["population"]
    assert kept + outside == pytest.approx(8_560_072, abs=1e-6)
    assert kept >= 0.999 * 8_560_072


@pytest.mark.real
def test_porto_alegre_is_taken_unchanged(real_data):
    table = pd.read_csv(real_data / "porto_alegre/h3_population.csv.gz")
    grid = HexGrid.from_cells(table["cell"])
    on_cells = interpolate(table, grid, "population")["population"]
    assert on_cells.sum() == 812_935
    np.testing.assert_array_equal(on_cells, table.set_index("cell")["population"].reindex(grid.cells))
