"""Travel times equal networkx, with and without a reach, from either side."""

from itertools import pairwise

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


def pieces(seed, oneway):
    """A small street grid, and places near its roads; pieces in the order of their lines."""
    rng = np.random.default_rng(seed)
    x, y = np.meshgrid(np.arange(4), np.arange(4))
    xy = 500 * (np.column_stack([x.ravel(), y.ravel()]) + rng.uniform(-0.2, 0.2, (16, 2))) + [500_000, 2_600_000]
    at = np.arange(16).reshape(4, 4)
    ends = np.r_[np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    lines = gpd.GeoSeries([LineString(xy[e]) for e in ends], crs="EPSG:32648")
    roads = RoadGraph.from_lines(lines, speed=30, oneway=(rng.random(len(ends)) < 0.4) if oneway else None)
    share, row = rng.random(14), rng.integers(0, len(ends), 14)
    row[1], row[3] = row[0], row[2]  # two on one piece
    spots = gpd.GeoSeries([lines[r].interpolate(s, normalized=True) for r, s in zip(row, share, strict=True)])
    return roads, spots.set_crs(lines.crs)


@pytest.mark.filterwarnings("ignore:.*cut off from the network")
@pytest.mark.parametrize("oneway", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_places_along_a_road_are_reached_as_if_the_road_were_cut_there(seed, oneway):
    roads, spots = pieces(seed, oneway)
    near = roads.along(spots)
    graph = nx.DiGraph()
    for e, row in roads.edges.iterrows():
        on = near[near.piece == e].sort_values("share")
        chain = [row.source, *[("spot", k) for k in on.index], row.target]
        shares = [0.0, *on.share, 1.0]
        for (a, b), step in zip(pairwise(chain), np.diff(shares), strict=True):
            graph.add_edge(a, b, weight=step * row.minutes)
            if not row.oneway or step * row.length_m <= 1:  # at a node every way is open
                graph.add_edge(b, a, weight=step * row.minutes)
    oracle = dict(nx.all_pairs_dijkstra_path_length(graph))
    walk = near.walk_minutes.to_numpy()
    expected = np.array(
        [[oracle["spot", i].get(("spot", j), np.inf) + walk[i] + walk[j] for j in spots.index] for i in spots.index]
    )
    assert np.allclose(travel_time(roads, spots, spots), expected, rtol=0, atol=1e-9)
    assert np.allclose(travel_time(roads, spots, spots[:3]), expected[:, :3], rtol=0, atol=1e-9)
    within = np.where(expected <= 2, expected, np.inf)
    assert np.allclose(travel_time(roads, spots, spots, max_minutes=2), within, rtol=0, atol=1e-9)
    to_nodes = [[oracle["spot", i].get(k, np.inf) + walk[i] for k in range(16)] for i in spots.index]
    assert np.allclose(travel_time(roads, spots, roads.labels), to_nodes, rtol=0, atol=1e-9)
