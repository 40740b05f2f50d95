"""Borders on roads and rivers: within one cell, in balance, no cell in two areas, and the drawing leaves no gap."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import DataError, HexGrid, design_areas, hexagon_graph
from patrolgeo.plan.areas.drawing import draw_along

CENTRE = (22.8, 108.3)


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), 9))


@pytest.fixture(scope="module")
def travel(grid):
    return hexagon_graph(grid)


def lines(*paths):
    return gpd.GeoSeries([shapely.LineString(path) for path in paths], crs="EPSG:4326")


WINDING = lines([(108.25 + i / 200, 22.8 + 0.004 * np.sin(i)) for i in range(21)], [(108.302, 22.7), (108.298, 22.9)])


@pytest.fixture(scope="module")
def plans(grid, travel):
    work = pd.Series(np.random.default_rng(3).gamma(2.0, size=len(grid)), index=grid.cells)
    wish = {"travel": travel, "tolerance": 0.05, "random_state": 1}
    return design_areas(work, grid, 4, **wish), design_areas(work, grid, 4, **wish, follow_lines=WINDING)


def check_tiles(drawn, geometry):
    """The drawn areas cover what the cells cover, and none covers what another does."""
    whole = shapely.union_all(geometry.to_numpy())
    assert drawn.is_valid.all()
    assert shapely.area(drawn.to_numpy()).sum() == pytest.approx(whole.area, rel=1e-7)
    assert shapely.area(shapely.union_all(drawn.to_numpy())) == pytest.approx(whole.area, rel=1e-7)
    assert shapely.area(shapely.symmetric_difference(shapely.union_all(drawn.to_numpy()), whole)) < 1e-7 * whole.area


def on_lines(outlines, geometry):
    """Share of the border between areas that lies within two metres of a line, by length in degrees."""
    inner = shapely.difference(
        shapely.union_all(shapely.boundary(outlines.to_numpy())),
        shapely.buffer(shapely.boundary(shapely.union_all(geometry.to_numpy())), 1e-5),
    )
    near = shapely.buffer(shapely.union_all(WINDING.to_numpy()), 2e-5)
    return shapely.length(shapely.intersection(inner, near)) / shapely.length(inner)


def test_the_drawn_areas_tile_the_whole_and_stay_in_one_piece(plans, grid):
    drawn = plans[1].to_gdf().geometry
    check_tiles(drawn, grid.geometry)
    assert drawn.geom_type.eq("Polygon").all()


def test_borders_lie_on_the_lines_that_were_near_them(plans, grid):
    before, after = (on_lines(plan.measures.outlines, grid.geometry) for plan in plans)
    assert before < 0.05
    assert after > 0.5
    assert "now lies on a line" in plans[1].notes[0]


def test_a_plan_along_lines_stays_whole_and_even(plans):
    plain, along = plans  # the search itself sees the lines, so that whole areas may lie otherwise
    assert (plain.labels != along.labels).any()
    assert along.noncontiguous == 0
    assert along.max_over_mean <= 1.05 + 1e-9
    assert along.bound <= along.objective
    assert along.measures.by_area["workload"].sum() == pytest.approx(plain.measures.by_area["workload"].sum())


def test_fixed_cells_and_jurisdictions_hold_against_lines(grid, travel):
    work = pd.Series(1.0, index=grid.cells)
    east = pd.Series(grid.lonlat[:, 0] > 108.3, index=grid.cells)
    nested = design_areas(work, grid, 4, travel=travel, nest_in=east, follow_lines=WINDING)
    assert (east.groupby(nested.labels).nunique() == 1).all()
    today = design_areas(work, grid, 4, travel=travel, prove=False).labels
    held = design_areas(
        work, grid, 4, travel=travel, current=today, stay_minutes=99, fixed=grid.cells, follow_lines=WINDING
    )
    assert held.units_moved == 0


def test_a_change_by_hand_is_drawn_along_the_lines_too(plans, grid):
    along = plans[1]
    a, b = along.measures.by_area.index[:2]
    unit = along.labels.index[along.labels == a][0]
    check_tiles(along.reassign({unit: b}).to_gdf().geometry, grid.geometry)


def test_lines_far_away_change_nothing(grid, travel):
    work = pd.Series(1.0, index=grid.cells)
    far = lines([(100, 20), (101, 20)])
    plain, along = (design_areas(work, grid, 4, travel=travel, follow_lines=way) for way in (None, far))
    assert along.measures.border_km <= plain.measures.border_km * (1 + 1e-9)
    check_tiles(along.measures.outlines, grid.geometry)


def test_lines_without_outlines_are_refused(travel, grid):
    with pytest.raises(DataError, match="follow_lines"):
        design_areas(pd.Series(1.0, index=grid.cells), None, 3, travel=travel, follow_lines=WINDING)


coordinates = st.tuples(st.floats(108.28, 108.32), st.floats(22.78, 22.82))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(coordinates, min_size=2, max_size=5), min_size=1, max_size=4), st.integers(0, 99))
def test_whatever_the_lines_the_drawing_tiles(paths, seed):
    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(*CENTRE, 9), 4))
    labels = pd.Series(np.random.default_rng(seed).integers(0, 3, len(grid)), index=grid.cells)
    drawn = draw_along(grid.geometry, labels, lines(*paths))
    check_tiles(drawn, grid.geometry)
    assert list(drawn.index) == sorted(labels.unique())


def test_one_area_has_no_border_to_speak_of(grid, travel):
    work = pd.Series(1.0, index=grid.cells)
    for n in (1, 2):
        plan = design_areas(work, grid, n, travel=travel, random_state=1, follow_lines=WINDING)
        assert len([note for note in plan.notes if "now lies on a line" in note]) == n - 1
