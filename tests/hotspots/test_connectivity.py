"""Neighbours of cells, whatever their order."""

import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid, distance_neighbors
from patrolgeo.hotspots.connectivity import connect, in_order

CELLS = pd.Index(h3.grid_disk("8840e0c48bfffff", 3), name="cell")


@pytest.mark.parametrize("rings", [None, 1, 2])
def test_rings_are_those_of_h3_in_the_order_of_the_cells(rings):
    weights = connect(CELLS, rings)
    for i in (0, 7, 36):
        near = set(h3.grid_disk(CELLS[i], rings or 1)) - {CELLS[i]}
        assert set(CELLS[weights[[i]].indices]) == near & set(CELLS)


def test_the_grid_gives_the_same_neighbours():
    grid = HexGrid.from_cells(CELLS)
    assert (connect(grid.cells) != grid.adjacency()).nnz == 0


def test_a_distance_reaches_the_cells_whose_centres_are_near():
    one, two = (distance_neighbors(CELLS, radius) for radius in (1200, 2000))
    assert (one != connect(CELLS, 1)).nnz == 0
    assert two.nnz > one.nnz
    assert one.diagonal().sum() == 0


def test_sorting_moves_matrix_and_cells_together():
    panel = pd.DataFrame(np.arange(len(CELLS), dtype=float)[None], columns=CELLS)
    ordered, weights = in_order(panel, connect(CELLS))
    assert ordered.columns.is_monotonic_increasing
    assert (weights != connect(ordered.columns)).nnz == 0


def test_no_cells_have_no_neighbours():
    assert connect(CELLS[:0]).shape == (0, 0)
    assert distance_neighbors(CELLS[:0], 100).shape == (0, 0)
