"""From one connected group of units to its areas: seeds, even growth, annealing, centres."""

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan import _graph
from patrolgeo.plan._search import anneal
from patrolgeo.plan._seeds import grow_evenly, spread_seeds

PASSES = 60  # of growing and shrinking
REACH = 1.7  # how far beyond its own edge an area looks, as a multiple of its radius
CUT_WEIGHT = 0.35  # a cut pair of neighbours, in mean units of workload
SCHEDULE = (
    (1.0, 2.0),
    (0.4, 6.0),
    (0.2, 20.0),
    (0.1, 100.0),
)  # rounds: starting heat, penalty of imbalance


def solve_group(
    weight: Floats, minutes: sparse.csr_matrix, n_areas: int, tolerance: float | None, effort: int, seed: int
) -> tuple[Ints, Ints]:
    """Return the area of each unit and the position of each area's centre."""
    graph = _graph.Graph.of(minutes)
    n = len(weight)
    if n_areas == n:
        return np.arange(n), np.arange(n)
    felt = weight + weight.sum() / n * 1e-6  # units without workload still want to be near
    centers = spread_seeds(graph, felt, n_areas, seed)
    area, centers = grow_evenly(graph, felt, centers, PASSES)
    slack = 1.0 if tolerance is None else 0.9 * tolerance
    steps = effort * n // len(SCHEDULE)
    for turn, (hot, penalty) in enumerate(SCHEDULE):
        _graph.recenter(graph, felt, area, centers, 3)
        near = _graph.minutes_near(graph, centers, area, REACH)
        pull = 0.0 if tolerance is None else penalty
        anneal(graph, felt, near, area, centers, slack, steps, hot, 0.005, CUT_WEIGHT, pull, seed + turn)
    _graph.recenter(graph, felt, area, centers, 1000)
    return area, centers
