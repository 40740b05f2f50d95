"""Cells by arithmetic say what h3 says: points, neighbours, outlines, everywhere on the globe."""

import h3.api.numpy_int as h3
import numpy as np
import pytest
import shapely

from patrolgeo import HexGrid
from patrolgeo.grid import lattice, neighbors
from patrolgeo.grid.neighbors import positions_of

PLACES = {
    "Changzhou": (119.6, 31.4, 120.4, 32.0),
    "New York": (-74.26, 40.5, -73.7, 40.92),
    "London": (-0.5, 51.28, 0.33, 51.7),
    "Quito": (-78.6, -0.4, -78.3, 0.1),
    "the globe": (-180.0, -90.0, 180.0, 90.0),
}


@pytest.fixture(autouse=True)
def by_arithmetic(request, monkeypatch):
    """The arithmetic, also for the few cells of a test; tests marked `both` ask h3 as well, as small grids do."""
    few = getattr(request, "param", 0)
    monkeypatch.setattr(lattice, "FEW", few)
    monkeypatch.setattr(neighbors, "FEW", few)


both = pytest.mark.parametrize("by_arithmetic", [0, lattice.FEW], indirect=True, ids=["arithmetic", "h3"])
PENTAGON = sorted(h3.get_pentagons(0))[4]


def points_in(box, n, seed=0):
    west, south, east, north = box
    rng = np.random.default_rng(seed)
    return rng.uniform(west, east, n), rng.uniform(south, north, n)


@pytest.mark.parametrize("resolution", [0, 1, 4, 7, 9, 10, 11, 15])
@pytest.mark.parametrize("place", PLACES)
def test_cells_are_those_of_h3(place, resolution):
    lon, lat = points_in(PLACES[place], 4000, seed=resolution)
    expected = lattice.ask_h3(lon, lat, resolution)
    np.testing.assert_array_equal(lattice.cells_of(lon, lat, resolution), expected)


@pytest.mark.parametrize("resolution", [5, 8, 11])
def test_points_on_the_sides_of_cells_and_faces_are_those_of_h3(resolution):
    """The corners and sides of cells, the middles of faces and the pentagons are where rounding could decide."""
    lat0, lon0 = h3.cell_to_latlng(PENTAGON)
    around = [h3.latlng_to_cell(lat0, lon0, resolution), h3.latlng_to_cell(31.7, 119.9, resolution)]
    corners = np.concatenate([h3.cell_to_boundary(c) for a in around for c in h3.grid_disk(a, 6)])
    sides = (corners + np.roll(corners, 1, axis=0))[1:] / 2
    lat, lon = np.concatenate([corners, sides, [[46.04189431883771, 71.52790329909925]]]).T
    expected = lattice.ask_h3(lon, lat, resolution)
    np.testing.assert_array_equal(lattice.cells_of(lon, lat, resolution), expected)


def test_points_beside_a_side_differ_from_it_only_as_h3_does():
    """A grid of points a hair left and right of the sides: arithmetic may never be surer than it can be."""
    centre = h3.latlng_to_cell(40.7, -74.0, 9)
    corners = np.array(h3.cell_to_boundary(centre))
    middles = (corners + np.roll(corners, 1, axis=0)) / 2
    inward = np.array(h3.cell_to_latlng(centre)) - middles
    hairs = np.concatenate(
        [middles + inward * s for s in (0, 1e-13, -1e-13, 1e-11, -1e-11, 1e-9, -1e-9, 1e-5, -1e-5, 1e-3, -1e-3)]
    )
    lat, lon = hairs.T
    expected = lattice.ask_h3(lon, lat, 9)
    assert len(np.unique(expected)) == 7
    np.testing.assert_array_equal(lattice.cells_of(lon, lat, 9), expected)


def test_odd_coordinates_are_left_to_h3():
    lon, lat = np.array([190.0, -540.0, 12.0, 0.0]), np.array([10.0, 10.0, 90.0, -90.0])
    np.testing.assert_array_equal(lattice.cells_of(lon, lat, 6), lattice.ask_h3(lon, lat, 6))
    assert len(lattice.cells_of(np.empty(0), np.empty(0), 6)) == 0


def test_points_that_arithmetic_leaves_to_h3_may_be_all_there_are():
    (lat, lon), *_ = h3.cell_to_boundary(CENTRES["plain"])
    assert lattice.lattice_keys(np.array([lon]), np.array([lat]), 8)[0] == lattice.UNSURE
    expected = lattice.ask_h3(np.array([lon] * 3), np.array([lat] * 3), 8)
    np.testing.assert_array_equal(lattice.cells_of(np.array([lon] * 3), np.array([lat] * 3), 8), expected)


def test_a_table_gives_back_what_was_put_in():
    keys = np.unique(np.random.default_rng(0).integers(0, 1 << 60, 5000))
    table = lattice.table_of(keys[::2], np.arange(len(keys[::2])))
    np.testing.assert_array_equal(lattice.look_up(table, keys[::2]), np.arange(len(keys[::2])))
    assert (lattice.look_up(table, keys[1::2]) == lattice.ABSENT).all()


def grid_around(cell, k):
    return HexGrid.from_cells(h3.grid_disk(cell, k))


CENTRES = {
    "plain": h3.latlng_to_cell(31.7, 119.9, 8),
    "on a face's side": h3.latlng_to_cell(23.793, 77.291, 7),
    "around a pentagon": sorted(h3.get_pentagons(5))[7],
}


@both
@pytest.mark.parametrize("where", CENTRES)
@pytest.mark.parametrize("k", [1, 3])
def test_neighbours_are_those_of_h3(where, k):
    grid = grid_around(CENTRES[where], 7)
    links = grid.adjacency(k)
    expected = np.zeros((len(grid), len(grid)))
    for row, cell in enumerate(grid.ids):
        at = positions_of(h3.grid_disk(cell, k), grid.ids)
        expected[row, at[at >= 0]] = 1
        expected[row, row] = 0
    np.testing.assert_array_equal(links.toarray(), expected)


def test_the_centre_on_a_side_is_on_a_side():
    assert len(h3.get_icosahedron_faces(CENTRES["on a face's side"])) == 2


@both
@pytest.mark.parametrize("where", CENTRES)
def test_outlines_are_those_of_h3(where):
    grid = grid_around(CENTRES[where], 5)
    for cell, shape in zip(grid.ids, grid.geometry, strict=True):
        expected = shapely.Polygon([p[::-1] for p in h3.cell_to_boundary(cell)])
        assert shape.exterior.is_ccw
        assert shape.hausdorff_distance(expected) < 1e-11


@both
@pytest.mark.parametrize("where", CENTRES)
def test_outlines_fit_without_gaps_and_dissolve(where):
    """Also across the side of a face, as in Bhopal, where corners by arithmetic meet corners by h3."""
    shapes = grid_around(CENTRES[where], 10).geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.coverage_union_all(shapes).geom_type == "Polygon"


@both
def test_positions_agree_with_h3_inside_outside_and_for_missing_points():
    grid = grid_around(CENTRES["plain"], 12)
    lon, lat = points_in((119.6, 31.4, 120.2, 32.0), 5000)
    expected = positions_of(lattice.ask_h3(lon, lat, 8), grid.ids)
    assert 0 < (expected >= 0).sum() < len(lon)
    np.testing.assert_array_equal(grid.positions(lon, lat), expected)
    assert list(grid.positions([np.nan, 119.9], [31.7, np.inf])) == [-1, -1]


def test_h3_is_asked_once_a_cell_and_not_once_a_point(monkeypatch):
    """The lattice does the work: of many points in few cells, h3 sees no more than the cells and the unsure ones."""
    asked, own = [], lattice.ask_h3

    def counted(lon, lat, resolution):
        asked.append(len(lon))
        return own(lon, lat, resolution)

    monkeypatch.setattr(lattice, "ask_h3", counted)
    lon, lat = points_in((119.9, 31.7, 119.95, 31.75), 20_000)
    cells = lattice.cells_of(lon, lat, 8)
    unsure = (lattice.lattice_keys(lon, lat, 8) == lattice.UNSURE).mean()
    assert unsure < 0.001
    assert sum(asked) <= len(np.unique(cells)) + unsure * len(lon)


@both
def test_lattice_coordinates_tell_steps_and_are_none_where_faces_meet():
    ids = grid_around(CENTRES["plain"], 6).ids
    q, r = neighbors.axial(ids)
    steps = np.max([abs(q - q[7]), abs(r - r[7]), abs(q + r - q[7] - r[7])], axis=0)
    assert steps.tolist() == [h3.grid_distance(ids[7], c) for c in ids]
    assert neighbors.axial(grid_around(CENTRES["on a face's side"], 6).ids) is None
    assert neighbors.axial(grid_around(CENTRES["around a pentagon"], 2).ids) is None
