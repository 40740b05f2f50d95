"""Bounds of divisions are bounds: below every plan there is, on small places by looking at all of them."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo.plan.optimise.districts.bound import exact_areas, transport_bound
from patrolgeo.plan.optimise.districts.center_bound import Ground, Node, Region, _split, center_bound


@pytest.mark.parametrize("seed", range(20))
def test_branching_on_the_centres_never_rises_above_the_best_plan(seed, small_place, best_division):
    travel, weight, n_areas, tolerance = small_place(seed, most=9)
    n_areas = min(n_areas, len(weight) - 1)
    truth = best_division(weight, travel.minutes, n_areas, tolerance)
    far = dijkstra(travel.minutes, directed=False)
    value = truth if np.isfinite(truth) else float(far[0] @ weight)
    for gap in (0.0, 0.3):  # with no gap wanted it splits on until nothing can be split
        bound, sets = center_bound(far, weight, n_areas, tolerance, value, gap)
        assert bound <= value * (1 + 1e-9)
        assert all(len(set(centers)) == n_areas for centers in sets)


@pytest.mark.parametrize("seed", range(10))
def test_the_cases_of_a_split_hold_every_set_of_centres(seed):
    rng = np.random.default_rng(seed)
    n, n_areas = 7, int(rng.integers(1, 5))
    xy = rng.integers(0, 3, (n, 2)).astype(float)  # some units lie on one place
    far = np.abs(xy[:, None] - xy[None]).sum(axis=2)
    ground = Ground(far, np.ones(n), n_areas, 0.0, float(n))
    whole = (Region(np.arange(n), n_areas),)
    open_cases, settled = [whole], []
    while open_cases:
        regions = open_cases.pop()
        cases = _split(ground, Node(0.0, 0, regions, np.zeros(n), rng.random(n), np.arange(n_areas)))
        (open_cases.extend(cases) if cases else settled.append(regions))
    found = {tuple(sorted(int(u) for r in regions for u in r.units)) for regions in settled}
    assert len(found) == len(settled) == len([c for c in range(2**n) if c.bit_count() == n_areas])


def random_plan(minutes, n_areas, rng):
    """Return the centre of each unit in a random connected division."""
    n = minutes.shape[0]
    pairs = sparse.triu(minutes).tocoo()
    tree = sparse.csgraph.minimum_spanning_tree(
        sparse.csr_matrix((rng.random(pairs.nnz) + 0.1, (pairs.row, pairs.col)), shape=minutes.shape)
    ).tocoo()
    kept = rng.permutation(n - 1)[n_areas - 1 :]
    forest = sparse.csr_matrix((np.ones(len(kept)), (tree.row[kept], tree.col[kept])), shape=minutes.shape)
    area = connected_components(forest, directed=False)[1]
    far = dijkstra(minutes, directed=False)
    served = np.empty(n, np.int64)
    for j in range(n_areas):
        own = np.flatnonzero(area == j)
        served[own] = own[far[np.ix_(own, own)].sum(axis=1).argmin()]
    return served


@pytest.mark.parametrize("seed", range(6))
def test_random_plans_are_never_better_than_the_bound(seed, small_place):
    travel, weight, n_areas, _ = small_place(seed)
    rng, n_areas = np.random.default_rng(seed), min(n_areas, len(weight) - 1)
    far = dijkstra(travel.minutes, directed=False)
    plans = [random_plan(travel.minutes, n_areas, rng) for _ in range(200)]
    for start in plans[:2]:
        load = np.bincount(np.unique(start, return_inverse=True)[1], weight)
        tolerance = float(np.abs(load / load.mean() - 1).max())
        served, bound = exact_areas(weight, travel.minutes, n_areas, tolerance, start)
        value = float((far * weight)[served, np.arange(len(weight))].sum())
        assert bound <= value * (1 + 1e-9)
        for plan in plans:
            load = np.bincount(np.unique(plan, return_inverse=True)[1], weight)
            if np.abs(load / load.mean() - 1).max() <= tolerance:
                assert bound <= (far * weight)[plan, np.arange(len(weight))].sum() * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_the_transport_bound_is_below_every_plan_with_these_centres(seed, small_place):
    travel, weight, n_areas, _ = small_place(seed)
    rng, n_areas = np.random.default_rng(seed), min(n_areas, len(weight) - 1)
    far = dijkstra(travel.minutes, directed=False)
    served = random_plan(travel.minutes, n_areas, rng)
    centers, area = np.unique(served, return_inverse=True)
    load = np.bincount(area, weight)
    off = float(np.abs(load / load.mean() - 1).max())
    value = float((far * weight)[served, np.arange(len(weight))].sum())
    assert transport_bound(far[centers], weight, off, value) <= value * (1 + 1e-9)
    assert transport_bound(far[centers], weight, None, value) <= value * (1 + 1e-9)
