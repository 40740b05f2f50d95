"""Squares, areas and segments as units: where a point lies, who is a neighbour, what is refused."""

import pickle

import geopandas as gpd
import joblib
import numpy as np
import pytest
import shapely

from patrolgeo import AlignmentError, AreaUnits, DataError, HexGrid, RoadGraph, SquareGrid
from small_city import KINDS, small_city

BOX = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326")
NEW_YORK = gpd.GeoSeries([shapely.box(-74.02, 40.70, -73.99, 40.73)], crs="EPSG:4326")


@pytest.fixture(params=KINDS)
def units(request):
    return small_city(request.param).units


def test_labels_are_ascending_and_every_table_goes_by_them(units):
    assert units.cells.is_monotonic_increasing
    assert not units.cells.has_duplicates
    for table in (units.geometry, units.area_km2, units.size, units.ground_km2, units.centroids):
        assert table.index.equals(units.cells)
    assert units.xy.shape == units.lonlat.shape == (len(units), 2)


def test_a_point_of_a_unit_lies_in_it(units):
    assert units.positions(*units.lonlat.T).tolist() == list(range(len(units)))
    assert units.locate(units.centroids).tolist() == units.cells.tolist()
    assert units.positions([0.0, np.nan], [0.0, 31.72]).tolist() == [-1, -1]


def test_neighbours_within_k_steps_are_those_of_a_walk_from_each_unit(units):
    near = units.adjacency(1).toarray() > 0
    assert (near == near.T).all()
    assert not near.diagonal().any()
    walked = near.copy()
    for k in (2, 3):
        walked = walked | (walked @ near)
        expected = walked & ~np.eye(len(units), dtype=bool)
        np.testing.assert_array_equal(units.adjacency(k).toarray() > 0, expected)


def test_some_of_the_units_keep_their_labels_places_and_neighbours(units):
    wanted = units.cells[[7, 2, 30, 3]]
    some, at = units.select(wanted), units.cells.get_indexer(np.sort(wanted))
    assert some.cells.tolist() == sorted(wanted)
    np.testing.assert_allclose(some.size, units.size[some.cells])
    np.testing.assert_array_equal(some.adjacency().toarray(), units.adjacency().toarray()[at][:, at])
    assert some.positions(*units.lonlat[at].T).tolist() == [0, 1, 2, 3]
    assert units.select(units.cells) is units
    with pytest.raises(AlignmentError, match="units lacks 1 of 2 units of the panel \\(first: 'nowhere'\\)"):
        units.select(["nowhere", units.cells[0]])


def test_what_is_derived_is_no_part_of_a_file(units):
    fresh = units.select(units.cells[:20])
    key = joblib.hash(fresh)
    assert fresh.adjacency(1).shape == (20, 20)
    assert len(fresh.centroids) == len(fresh.xy) == 20
    assert joblib.hash(fresh) == key
    assert pickle.loads(pickle.dumps(fresh)).cells.equals(fresh.cells)


def test_the_ground_of_a_city_is_counted_once():
    total = {kind: small_city(kind).units.ground_km2.sum() for kind in KINDS}
    assert total["segments"] == pytest.approx(2.2 * 2.2, rel=0.1)  # the blocks between the outer streets
    assert total["squares"] == pytest.approx(small_city("squares").units.area_km2.sum())


def test_squares_cover_the_area_have_their_size_and_hold_their_points():
    grid = SquareGrid.from_area(BOX, 200)
    assert shapely.union_all(grid.geometry.to_numpy()).buffer(1e-7).covers(BOX.iloc[0])
    assert grid.area_km2.to_numpy() == pytest.approx(0.04)
    np.testing.assert_allclose(grid.geometry.to_crs("EPSG:32650").area, 40_000, rtol=2e-3)  # the zone's own scale
    lon, lat = np.random.default_rng(0).uniform([119.89, 31.69], [119.97, 31.76], (500, 2)).T
    point, unit = shapely.STRtree(grid.geometry.to_numpy()).query(shapely.points(lon, lat), predicate="within")
    by_shape = np.full(500, -1)
    by_shape[point] = unit
    assert (grid.positions(lon, lat) == by_shape).all()


def test_squares_of_a_state_plane_lie_along_its_axes_in_its_feet():
    grid = SquareGrid.from_area(NEW_YORK, 600, "us-ft", crs="EPSG:2263")
    corners = shapely.bounds(grid.geometry.to_crs("EPSG:2263").to_numpy())
    np.testing.assert_allclose(corners / 600, np.rint(corners / 600), atol=1e-6)
    assert grid.area_km2.iloc[0] * 1e6 == pytest.approx((600 * 1200 / 3937) ** 2)
    assert SquareGrid.from_area(NEW_YORK, 600, "ft", crs="EPSG:2263").step == pytest.approx(599.9988)


def test_squares_that_touch_at_a_side_or_corner_are_neighbours():
    grid = SquareGrid.from_area(BOX, 500)
    by_shape = shapely.STRtree(grid.geometry.to_numpy()).query(
        grid.geometry.to_numpy(), predicate="dwithin", distance=1e-7
    )
    expected = np.zeros((len(grid), len(grid)))
    expected[tuple(by_shape)] = 1
    np.testing.assert_array_equal(grid.adjacency().toarray(), expected - np.eye(len(grid)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"size": -200}, "size=-200 must be a number above 0"),
        ({"size": 200, "unit": "yard"}, "unit='yard' is not known"),
        ({"size": 200, "crs": "EPSG:4326"}, "is not projected, so its squares would be degrees"),
        ({"size": 200, "crs": "Gotham"}, "no coordinate reference system"),
        ({"size": 0.1, "unit": "ft"}, "above max_cells=2,000,000"),
    ],
)
def test_squares_that_cannot_be_are_refused(wrong, sentence):
    with pytest.raises(DataError, match=sentence):
        SquareGrid.from_area(BOX, **wrong)


def test_an_area_without_a_polygon_is_refused():
    with pytest.raises(DataError, match="holds no polygon"):
        SquareGrid.from_area(BOX.boundary, 200)
    with pytest.raises(DataError, match="infinite or missing"):
        SquareGrid.from_area(gpd.GeoSeries([shapely.box(0, 0, np.inf, 1)], crs="EPSG:4326"), 200)


def layer(*shapes):
    return gpd.GeoDataFrame({"name": list("abcd")[: len(shapes)]}, geometry=list(shapes), crs="EPSG:4326")


ONE, NEXT = shapely.box(0, 0, 0.01, 0.01), shapely.box(0.01, 0, 0.02, 0.01)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (layer(ONE, shapely.box(0.005, 0, 0.015, 0.01)), "1 pair.* of units overlap .'a' and 'b' by 50%"),
        (layer(ONE, ONE.buffer(-0.003)), "'a' and 'b' by 100%"),
        (layer(ONE, ONE), "'a' and 'b' by 100%"),
        (layer(ONE, shapely.Polygon([(0.02, 0), (0.03, 0), (0.02, 0)])), "units are all polygons or all lines"),
        (layer(ONE, shapely.Point(0.02, 0)), "The unit 'b' is a Point"),
        (layer(shapely.LineString([(0, 0), (0.01, 0)]), shapely.LineString([(1, 1), (1, 1)])), "'b' is a Point"),
    ],
)
def test_units_that_overlap_or_have_no_size_are_refused(bad, sentence):
    with pytest.raises(DataError, match=sentence):
        AreaUnits.from_layer(bad, "name")


def test_borders_that_were_drawn_twice_may_differ_a_little():
    units = AreaUnits.from_layer(layer(ONE, shapely.box(0.00999, 0, 0.02, 0.01)), "name")
    assert units.adjacency().toarray().tolist() == [[0, 1], [1, 0]]


def test_segments_meet_at_nodes_and_not_where_a_bridge_crosses():
    cross = gpd.GeoSeries(
        [shapely.LineString([(0, 0), (0.02, 0)]), shapely.LineString([(0.01, -0.01), (0.01, 0.01)])], crs="EPSG:4326"
    )
    bridge = AreaUnits.from_roads(RoadGraph.from_lines(cross, speed=30, split_crossings=False))
    assert bridge.cells.tolist() == ["0", "1"]
    assert bridge.adjacency().nnz == 0
    met = AreaUnits.from_roads(RoadGraph.from_lines(cross, speed=30))
    assert met.cells.tolist() == ["0/1", "0/2", "1/1", "1/2"]
    assert met.adjacency().nnz == 4 * 3


def test_lengths_are_true_ones():
    degree = gpd.GeoDataFrame(geometry=[shapely.LineString([(119.9, 31.0), (119.9, 31.1)])], crs="EPSG:4326")
    units = AreaUnits.from_layer(degree)
    assert units.size.name == "length_km"
    assert units.size.iloc[0] == pytest.approx(11.087, rel=2e-4)  # a tenth of a degree of the meridian at 31 N, WGS84
    assert units.area_km2.iloc[0] == 0
    with pytest.raises(DataError, match="give a RoadGraph"):
        AreaUnits.from_roads(HexGrid.from_area(BOX, 8))


def test_outlines_of_groups_hold_what_they_were_made_of(units):
    halves = units.centroids.x.gt(units.centroids.x.median()).map({True: "east", False: "west"}).rename("half")
    outlines = units.dissolve(halves)
    assert sorted(outlines.index) == ["east", "west"]
    parts = units.geometry.to_crs("EPSG:32650")
    measure = parts.length if units.are_lines else parts.area
    joined = outlines.to_crs("EPSG:32650")
    total = joined.length if units.are_lines else joined.area
    assert total.to_dict() == pytest.approx(measure.groupby(halves).sum().to_dict(), rel=1e-6)
