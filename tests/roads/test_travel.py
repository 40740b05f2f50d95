"""Travel times equal networkx, with and without a reach, from either side."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from shapely import LineString, Point

from patrolgeo import HexGrid, RoadGraph, travel_time
from patrolgeo.errors import DataError


class Plain:
    """The least a graph needs: minutes and labels."""

    def __init__(self, minutes, labels):
        self.minutes, self.labels = minutes, labels


def labelled(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    pairs = rng.integers(0, n, (3 * n, 2))
    pairs = np.unique(pairs[pairs[:, 0] != pairs[:, 1]], axis=0)
    minutes = sparse.csr_matrix((rng.uniform(0.1, 9, len(pairs)), pairs.T), shape=(n, n))
    return Plain(minutes, pd.RangeIndex(n)), n


@pytest.mark.parametrize("seed", range(50))
def test_equal_to_networkx_from_either_side(seed):
    graph, n = labelled(seed)
    oracle = dict(nx.all_pairs_dijkstra_path_length(nx.from_scipy_sparse_array(graph.minutes, create_using=nx.DiGraph)))
    expected = np.array([[oracle[i].get(j, np.inf) for j in range(n)] for i in range(n)])
    few = [n - 1, 0, 2]
    assert np.allclose(travel_time(graph, range(n), range(n)), expected, rtol=0, atol=1e-9)
    assert np.allclose(travel_time(graph, few, range(n)), expected[few], rtol=0, atol=1e-9)
    assert np.allclose(travel_time(graph, range(n), few), expected[:, few], rtol=0, atol=1e-9)
    near = np.where(expected <= 6, expected, np.inf)
    assert np.allclose(travel_time(graph, range(n), range(n), max_minutes=6), near, rtol=0, atol=1e-9)
    stored = travel_time(graph, few, range(n), max_minutes=6, as_sparse=True)
    assert stored.nnz == np.isfinite(near[few]).sum()  # a stored 0 is kept: the place itself
    assert np.allclose(stored.toarray(), np.where(np.isfinite(near[few]), near[few], 0), rtol=0, atol=1e-9)


@pytest.fixture
def street():
    """A straight road of 3 nodes along the parallel, 1 km and 2 km, at 60 km/h."""
    east = 1 / (111.32 * np.cos(np.radians(31.7)))
    lines = [LineString([(119.9 + a * east, 31.7), (119.9 + b * east, 31.7)]) for a, b in ((0, 1), (1, 3))]
    return RoadGraph.from_lines(gpd.GeoSeries(lines, crs="EPSG:4326"), speed=60)


def test_the_walk_to_the_road_counts_at_both_ends(street):
    points = gpd.GeoSeries([Point(119.9, 31.7 + 0.2 / 110.9)], index=["hut"], crs="EPSG:4326")  # 200 m north of the end
    table = travel_time(street, points, points)
    assert table.loc["hut", "hut"] == pytest.approx(2 * 0.2 / 4 * 60, rel=0.01)
    assert travel_time(street, points, [2]).to_numpy().item() == pytest.approx(3.0 + 3.0, rel=0.01)


def test_a_grid_is_taken_by_its_centres(street):
    cells = HexGrid.from_area(gpd.GeoSeries([Point(119.9, 31.7).buffer(0.01)], crs="EPSG:4326"), 8)
    table = travel_time(street, [0, 1], cells, max_minutes=12)
    assert table.columns.equals(cells.cells)
    assert np.isinf(table.to_numpy()).any()  # beyond the reach is infinite, not absent
    assert table.to_numpy()[np.isfinite(table)].max() <= 12


def test_a_stub_that_cannot_be_left_is_not_entered():
    out = LineString([(119.905, 31.7), (119.905, 31.701)])
    lines = gpd.GeoSeries([LineString([(119.9, 31.7), (119.91, 31.7)]), out], crs="EPSG:4326")
    roads = RoadGraph.from_lines(lines, speed=30, oneway=[False, True])
    node = roads.access(gpd.GeoSeries([Point(119.905, 31.701)], crs="EPSG:4326"))[0][0]
    assert roads.usable[node]
    assert not roads.usable.all()


def test_hexagons_take_points_grids_and_labels_alike():
    grid = HexGrid.from_area(gpd.GeoSeries([Point(119.9, 31.7).buffer(0.02)], crs="EPSG:4326"), 8)
    graph = type("Cells", (), {"minutes": grid.adjacency(1), "cells": grid.cells})()
    points = gpd.GeoSeries([Point(119.9, 31.7)], index=["hut"], crs="EPSG:4326")
    table = travel_time(graph, points, grid)
    by_label = travel_time(graph, [grid.locate(points)["hut"]], grid.cells)
    assert np.array_equal(table, by_label)
    assert table.index.tolist() == ["hut"]
    assert np.isin(table, np.arange(6)).all()  # whole rings of hexagons
    with pytest.raises(DataError, match="lie outside the cells"):
        travel_time(graph, gpd.GeoSeries([Point(0, 0)], crs="EPSG:4326"), grid)


def test_unknown_labels_and_tables_too_large_are_named(street):
    with pytest.raises(DataError, match="first: 99"):
        travel_time(street, [0, 99], [1])
    with pytest.raises(DataError, match="max_minutes"):
        travel_time(street, [0], [1], as_sparse=True)
    with pytest.raises(DataError, match="at least one"):
        travel_time(street, [], [1])
