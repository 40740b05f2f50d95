"""What tests of plans share: the truth by looking at every division."""

from functools import cache

import h3
import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo import HexGrid, hexagon_graph
from patrolgeo.plan.optimise import capacitated, center, hitting
from patrolgeo.plan.optimise.constrained import solve as constrained
from patrolgeo.plan.optimise.cover import solve as cover
from patrolgeo.plan.optimise.median import solve as median


def divide_by_brute_force(weight, minutes, n_areas, tolerance):
    """Return the least weighted minutes of all connected divisions within the tolerance, infinite when there is none.

    Parameters
    ----------
    weight
        Shape (n,), n up to 12 or so.
    minutes
        Between neighbours, CSR.
    tolerance
        Of |load / mean - 1|; None for no rule.
    """
    n, travel = len(weight), dijkstra(minutes, directed=False)
    mean = weight.sum() / n_areas
    cost = {}
    for subset in range(1, 2**n):
        own = np.flatnonzero((subset >> np.arange(n)) & 1)
        if tolerance is not None and abs(weight[own].sum() / mean - 1) > tolerance + 1e-9:
            continue
        if connected_components(minutes[own][:, own], directed=False)[0] == 1:
            cost[subset] = float((travel[np.ix_(own, own)] @ weight[own]).min())
    with_first = {bit: [s for s in cost if s & -s == 1 << bit] for bit in range(n)}

    @cache
    def least(left, k):
        if k == 0 or left == 0:
            return 0.0 if k == left == 0 else np.inf
        first = (left & -left).bit_length() - 1
        return min((cost[s] + least(left & ~s, k - 1) for s in with_first[first] if s & left == s), default=np.inf)

    return least(2**n - 1, n_areas)


def draw_small_place(seed, most=12):
    """Return a travel graph of 5 to `most` hexagons that hang together, workloads, a number of areas, a tolerance."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, most + 1))
    ground = h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 2)
    cells = [ground[rng.integers(len(ground))]]
    while len(cells) < n:
        around = [c for c in h3.grid_disk(cells[rng.integers(len(cells))], 1) if c in ground and c not in cells]
        cells += around[:1] if rng.random() < 0.5 else around[-1:]
    weight = (rng.gamma(2, 1, n) if rng.random() < 0.5 else rng.integers(1, 4, n)) * 10.0 ** rng.integers(-6, 7)
    travel = hexagon_graph(HexGrid.from_cells(cells))
    return travel, weight, int(rng.integers(2, 5)), (0.02, 0.1, 0.3, 0.6, None)[rng.integers(5)]


@pytest.fixture(scope="session")
def best_division():
    """The least weighted minutes of all divisions of a few units."""
    return divide_by_brute_force


@pytest.fixture(scope="session")
def small_place():
    """A place of a dozen hexagons at most, drawn from a seed."""
    return draw_small_place


@pytest.fixture
def little_work(monkeypatch):
    """Searches take a thousandth of their steps: enough for a handful of candidates, and quick."""
    monkeypatch.setattr(median, "SEARCH_ENTRIES", (2_000, 2_000, 2_000))
    monkeypatch.setattr(cover, "QUICK_STEPS", 2_000)
    monkeypatch.setattr(cover, "ANNEAL_STEPS", 9_000)
    monkeypatch.setattr(center, "SEARCH_STEPS", 2_000)
    monkeypatch.setattr(constrained, "SEARCH_STEPS", (2_000, 2_000))
    monkeypatch.setattr(constrained, "BOUND_ROUNDS", 20)
    monkeypatch.setattr(hitting, "SEARCH_STEPS", 2_000)
    monkeypatch.setattr(capacitated, "STARTS", 2)
    monkeypatch.setattr(capacitated, "MOVES", 50)
