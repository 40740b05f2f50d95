"""Demand by shift: a site serves the shifts in which it is open, and blind spots have a shift."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from patrolgeo import by_shift, max_coverage, p_median
from patrolgeo.errors import AlignmentError, DataError

SHIFTS = ["day", "evening", "night"]


def town(seed):
    rng = np.random.default_rng(seed)
    cost = pd.DataFrame(rng.uniform(0, 10, (8, 20)), [f"s{i}" for i in range(8)], [f"d{j}" for j in range(20)])
    demand = pd.DataFrame(rng.integers(0, 9, (20, 3)).astype(float), cost.columns, SHIFTS)
    open_in = pd.DataFrame(rng.random((8, 3)) < 0.6, cost.index, SHIFTS)
    return cost, demand, open_in.assign(day=True)


@pytest.mark.parametrize("seed", range(3))
def test_coverage_by_shift_equals_brute_force_and_names_blind_spots_by_shift(seed):
    cost, demand, open_in = town(seed)

    def worth(sites):
        near = cost.loc[sites] <= 3
        return sum(demand.loc[near[open_in.loc[sites, s].to_numpy()].any(), s].sum() for s in SHIFTS)

    table, weight = by_shift(cost, demand, open_in)
    plan = max_coverage(table, 3, 3, weight, prove=True)
    assert plan.objective == max(worth(list(s)) for s in combinations(cost.index, 3))
    left = plan.uncovered.groupby("shift").sum()
    for shift in SHIFTS:
        near = (cost.loc[plan.sites] <= 3)[open_in.loc[plan.sites, shift].to_numpy()].any()
        assert left.get(shift, 0.0) == demand.loc[~near, shift].sum()


def test_open_all_day_shifts_add_up_to_the_whole():
    cost, demand, _ = town(5)
    whole = p_median(cost, 3, demand.sum(axis=1))
    assert p_median(*_with(by_shift(cost, demand), 3)).objective == pytest.approx(whole.objective)


def _with(spread, n_sites):
    return spread[0], n_sites, spread[1]


def test_what_is_missing_is_named():
    cost, demand, open_in = town(0)
    with pytest.raises(AlignmentError, match="'d3'"):
        by_shift(cost, demand.drop(index="d3"))
    with pytest.raises(AlignmentError, match=r"1 of 3 shifts .*'night'"):
        by_shift(cost, demand, open_in.drop(columns="night"))
    with pytest.raises(DataError, match="DataFrame"):
        by_shift(cost.to_numpy(), demand)
