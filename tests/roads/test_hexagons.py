"""Travel on hexagons: true distances, barriers and crossings, links between parts."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.sparse.csgraph import connected_components

from patrolgeo import DataError, HexGrid, InfeasibleError, hexagon_graph

LAT, LON = 22.8, 108.3


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(LAT, LON, 9), 6))


def layer(*shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4326")


river = shapely.LineString([(LON + 0.001, LAT - 1), (LON + 0.001, LAT + 1)])


def test_minutes_are_centre_distance_over_speed_and_symmetric(grid):
    graph = hexagon_graph(grid, speed_kmh=30)
    i, j = graph.minutes.nonzero()
    metres = np.hypot(*(grid.xy[i] - grid.xy[j]).T)
    assert graph.minutes.data == pytest.approx(metres / 1000 / 30 * 60)
    assert abs(graph.minutes - graph.minutes.T).max() == 0


def test_a_river_cuts_all_pairs_across_it_except_at_the_bridge(grid):
    bridge = layer(shapely.Point(LON + 0.001, LAT))
    graph = hexagon_graph(grid, barriers=layer(river), bridges=bridge)
    east = grid.lonlat[:, 0] > LON + 0.001
    i, j = graph.minutes.nonzero()
    assert (east[i] != east[j]).sum() == 2  # one pair, both directions
    assert graph.n_parts == 1


def test_without_a_crossing_the_banks_are_two_parts_joined_by_one_marked_link(grid):
    graph = hexagon_graph(grid, barriers=layer(river))
    assert graph.n_parts == 2
    assert connected_components(graph.minutes)[0] == 1
    assert len(graph.links) == 1
    assert graph.links["km"].iloc[0] < 0.5


def test_a_road_across_the_river_is_a_bridge_and_sets_the_speed_of_its_cells(grid):
    road = layer(shapely.LineString([(LON - 0.01, LAT), (LON + 0.01, LAT)]), speed_kmh=[60.0])
    graph = hexagon_graph(grid, barriers=layer(river), roads=road, off_road_kmh=6)
    assert graph.n_parts == 1
    on_road = grid.geometry.intersects(road.geometry.iloc[0]).to_numpy()
    i, j = graph.minutes.nonzero()
    metres = np.hypot(*(grid.xy[i] - grid.xy[j]).T)
    both = on_road[i] & on_road[j]
    assert graph.minutes.data[both] == pytest.approx(metres[both] / 1000)
    assert graph.minutes.data[~on_road[i] & ~on_road[j]].min() > 10 * graph.minutes.data[both].min() * 0.9


def test_parts_are_linked_by_a_tree_of_shortest_links():
    cells = [c for at in (0.0, 0.03, 0.07) for c in h3.grid_disk(h3.latlng_to_cell(LAT, LON + at, 9), 2)]
    graph = hexagon_graph(HexGrid.from_cells(cells))
    assert graph.n_parts == 3
    assert len(graph.links) == 2
    assert connected_components(graph.minutes)[0] == 1
    assert graph.links["km"].max() < 4
    with pytest.raises(InfeasibleError, match="3 parts"):
        hexagon_graph(HexGrid.from_cells(cells), link_parts=False)


def test_travel_minutes_from_cells_stop_at_the_limit(grid):
    graph = hexagon_graph(grid, speed_kmh=30)
    source = grid.cells[0]
    full = graph.travel_minutes([source])
    near = graph.travel_minutes(source, limit=3)
    assert full.loc[source, source] == 0
    assert np.isfinite(full.to_numpy()).all()
    pd.testing.assert_frame_equal(near, full.where(full <= 3, np.inf))
    with pytest.raises(DataError, match="not a unit"):
        graph.travel_minutes(["nowhere"])


def test_speeds_must_be_positive(grid):
    with pytest.raises(DataError, match="speed_kmh"):
        hexagon_graph(grid, speed_kmh=0)
    with pytest.raises(DataError, match="speed"):
        hexagon_graph(grid, speed_kmh=pd.Series(-1.0, index=grid.cells))
