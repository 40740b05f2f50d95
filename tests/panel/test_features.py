"""Features of a panel: means of rings are means of neighbours, and every row keeps its sum when rolled up."""

import h3
import numpy as np
import pandas as pd

from patrolgeo import HexGrid, roll_up
from patrolgeo.panel.features import known_before, ring_means, season


def test_a_ring_mean_is_the_mean_of_the_neighbours():
    """By hand, cell by cell: the sum over the neighbours in the grid divided by how many there are."""
    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.9, 9), 3))
    value = np.random.default_rng(0).uniform(0, 9, len(grid))
    by_cell = dict(zip(grid.cells, value, strict=True))
    told = ring_means(grid.adjacency(1)) @ value
    for cell, mean in zip(grid.cells, told, strict=True):
        near = [by_cell[other] for other in h3.grid_ring(cell, 1) if other in by_cell]
        assert np.isclose(mean, np.mean(near))


def test_a_cell_without_neighbours_takes_0():
    """Two cells far apart have no neighbour."""
    grid = HexGrid.from_cells([h3.latlng_to_cell(31.7, 119.9, 9), h3.latlng_to_cell(31.9, 119.9, 9)])
    assert (ring_means(grid.adjacency(1)) @ [3.0, 4.0]).tolist() == [0.0, 0.0]


def test_the_season_turns_once_a_year():
    """Sine and cosine lie on the circle, meet again after a year and are opposite after half of one."""
    day = pd.DatetimeIndex(["2023-02-01", "2023-08-02", "2024-02-01"])
    turned = season(day)
    np.testing.assert_allclose((turned**2).sum(axis=1), 1.0)
    np.testing.assert_allclose(turned[0], turned[2], atol=0.01)
    np.testing.assert_allclose(turned[0], -turned[1], atol=0.02)


def test_rolling_up_keeps_every_row_and_knows_its_parents():
    """The children of one cell add up to it."""
    parent = h3.latlng_to_cell(31.7, 119.9, 8)
    cells = pd.Index(sorted(h3.cell_to_children(parent, 9)), name="cell")
    panel = pd.DataFrame(np.arange(14.0).reshape(2, 7), pd.date_range("2024-01-01", periods=2), cells)
    assert roll_up(panel, 8)[parent].tolist() == panel.sum(axis=1).tolist()


def test_what_was_known_before_are_means_of_the_past_alone():
    """4 and 13 weeks and the whole past, in the cell and around it; a later row changes nothing."""
    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.9, 9), 1))
    counts = np.random.default_rng(1).poisson(2.0, (60, len(grid))).astype(float)
    ring = ring_means(grid.adjacency(1))
    known = known_before(counts, 40, [ring], 7.0)
    offset = 0.05 * counts[:40].mean() + 1e-6
    means = [counts[40 - span : 40].mean(axis=0) for span in (4, 13, 40, 40)]
    wanted = [np.log(part + offset) for mean in means for part in (mean, ring @ mean)]
    np.testing.assert_allclose(known, np.column_stack(wanted))
    counts[40:] = 99.0
    np.testing.assert_array_equal(known, known_before(counts, 40, [ring], 7.0))
