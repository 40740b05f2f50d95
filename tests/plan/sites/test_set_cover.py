"""Covering everything, and serving within capacities, against brute force."""

from itertools import combinations, product

import numpy as np
import pytest

from patrolgeo import capacitated_p_median, set_cover
from patrolgeo.errors import InfeasibleError


def town(seed, m=9, n=25):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 10, (m, 2)), rng.uniform(0, 10, (n, 2))
    return np.hypot(*(a[:, None] - b).transpose(2, 0, 1))


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_set_cover_needs_as_few_sites_as_brute_force(seed, times):
    cost = town(seed)
    reach = np.sort(cost, axis=0)[1].max() + 0.5
    near = cost <= reach
    fewest = next(
        k for k in range(1, 10) for s in combinations(range(9), k) if near[list(s)].sum(axis=0).min() >= times
    )
    plan = set_cover(cost, reach, times=times)
    assert (plan.objective, plan.bound, plan.status) == (fewest, fewest, "optimal")
    assert plan.covered.all()
    assert len(plan.sites) == fewest


def test_set_cover_counts_what_sites_cost_and_keeps_existing_ones():
    cost = np.zeros((3, 4))
    assert set_cover(cost, 1, site_cost=[5.0, 2.0, 3.0]).objective == 2.0
    assert set_cover(cost, 1, existing=[2]).sites.tolist() == [2]


def test_set_cover_names_the_place_nobody_reaches():
    with pytest.raises(InfeasibleError, match="first: 1"):
        set_cover([[0.0, 9.0]], 5)
    with pytest.raises(InfeasibleError, match="fewer than 2"):
        set_cover([[0.0, 1.0]], 5, times=2)


@pytest.mark.parametrize("seed", range(3))
def test_capacitated_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    cost, load = town(seed, 4, 7), rng.integers(1, 5, 7).astype(float)
    most = np.ceil(load.sum() / 2) + 1
    best = np.inf
    for pair in combinations(range(4), 2):
        for who in map(np.array, product((0, 1), repeat=7)):
            if max(load[who == 0].sum(), load[who == 1].sum()) <= most:
                best = min(best, cost[np.array(pair)[who], np.arange(7)].sum())
    plan = capacitated_p_median(cost, 2, most, load=load, prove=True)
    assert plan.objective == pytest.approx(best)
    assert plan.status == "optimal"
    assert plan.gain.max() <= most
    assert plan.gain.sum() == load.sum()


def test_capacitated_says_why_it_cannot_be():
    with pytest.raises(InfeasibleError, match="largest sites can serve"):
        capacitated_p_median(town(0), 2, 5)
    with pytest.raises(InfeasibleError, match="One place asks 9"):
        capacitated_p_median(np.zeros((3, 3)), 3, 8, load=[9.0, 1.0, 1.0])


def test_when_time_is_up_the_best_plan_and_its_bound_come_back():
    rng = np.random.default_rng(3)
    cost, load = rng.uniform(0, 1, (30, 40)), rng.uniform(1, 9, 40)
    plan = capacitated_p_median(cost, 6, load.sum() / 4, load=load, time_limit=1e-6)
    assert plan.status == "time_limit"
    assert 0 < plan.bound <= plan.objective
    assert plan.gain.max() <= load.sum() / 4 + 1e-9
    hard = (rng.random((120, 400)) < 0.04).astype(float)  # stored cost 1 within reach, no structure to prove with
    cover = set_cover(
        np.where((hard > 0) | (np.arange(400) % 120 == np.arange(120)[:, None]), 1.0, 9.0), 1, time_limit=1e-6
    )
    assert cover.covered.all()
    assert cover.status == "time_limit"
    assert cover.bound is None or cover.bound <= cover.objective
