"""The p-center against brute force; limits and impossible wishes."""

from itertools import combinations

import numpy as np
import pytest

from patrolgeo import p_center
from patrolgeo.errors import InfeasibleError


def town(seed, m=12, n=30):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 10, (m, 2)), rng.uniform(0, 10, (n, 2))
    return np.hypot(*(a[:, None] - b).transpose(2, 0, 1))


@pytest.mark.parametrize("p", [1, 3, 11])
@pytest.mark.parametrize("seed", range(3))
def test_equal_to_brute_force_and_proved(seed, p):
    cost = town(seed)
    plan = p_center(cost, p, prove=True)
    assert plan.objective == min(cost[list(s)].min(axis=0).max() for s in combinations(range(12), p))
    assert (plan.status, plan.bound, plan.cost.max()) == ("optimal", plan.objective, plan.objective)


def test_the_gain_is_what_the_longest_way_grows_without_the_site():
    cost = town(5)
    plan = p_center(cost, 3)
    first = [s for s in plan.sites if s != plan.sites[0]]
    assert plan.gain.iloc[0] == pytest.approx(cost[first].min(axis=0).max() - plan.objective)


def test_existing_sites_stay_and_places_without_demand_do_not_count():
    cost = town(6)
    assert 4 in p_center(cost, 2, existing=[4]).sites
    one = np.zeros(30)
    one[7] = 1.0
    assert p_center(cost, 1, one).objective == cost[:, 7].min()


def test_when_time_is_up_the_best_plan_and_its_bound_come_back():
    cost = np.random.default_rng(0).uniform(0, 1, (60, 60))
    plan = p_center(cost, 6, time_limit=1e-6, prove=True)
    assert plan.status == "time_limit"
    assert 0 < plan.bound < plan.objective <= 1


def test_an_impossible_wish_names_the_demand_or_the_number():
    with pytest.raises(InfeasibleError, match="first: 1"):
        p_center([[0.0, np.inf], [3.0, np.inf]], 1)
    with pytest.raises(InfeasibleError, match="reach every place"):
        p_center(np.where(np.eye(4) > 0, 1.0, np.inf), 3)
    with pytest.raises(InfeasibleError, match="more than the 4"):
        p_center(np.eye(4), 5)
