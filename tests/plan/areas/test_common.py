"""Every way to make a plan of areas passes the checks that all plans of areas pass; the checks find what is wrong."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import dijkstra

from patrolgeo import AreaRules, design_areas, design_areas_by_cost
from patrolgeo.testing import check_area_plan


class Cuts:
    """Pairs of neighbours that an area border cuts."""

    def __init__(self, travel):
        self.near = travel.minutes

    def value(self, area):
        pairs = self.near.tocoo()
        return float((area[pairs.row] != area[pairs.col]).sum() / 2)

    def change(self, area, unit, to):
        around = area[self.near.indices[self.near.indptr[unit] : self.near.indptr[unit + 1]]]
        return float((around == area[unit]).sum() - (around == to).sum())


def by_travel(work, travel, n_areas):
    return design_areas(work, travel, n_areas, rules=AreaRules(tolerance=0.2), effort=30)


def without_balance(work, travel, n_areas):
    return design_areas(work, travel, n_areas, rules=AreaRules(tolerance=None), prove=False, effort=30)


def with_rules(work, travel, n_areas):
    rules = AreaRules(tolerance=0.4, anchors=[travel.cells[2]], max_minutes=40.0)
    return design_areas(work, travel, n_areas, rules=rules, effort=30)


def by_cost(work, travel, n_areas):
    minutes = dijkstra(travel.minutes, directed=False)
    cost = pd.DataFrame(minutes * work[travel.cells].to_numpy(), travel.cells, travel.cells)
    return design_areas_by_cost(work, cost, n_areas, adjacency=travel, tolerance=None)


def by_moves(work, travel, n_areas):
    return design_areas(work, travel, n_areas, objective=Cuts(travel), rules=AreaRules(tolerance=0.3), effort=30)


def by_labels(work, travel, n_areas):
    def uneven(labels):
        return float(work.groupby(labels).sum().max())

    return design_areas(work, travel, n_areas, objective=uneven, rules=AreaRules(tolerance=0.3), effort=30)


@pytest.mark.parametrize("design", [by_travel, without_balance, with_rules, by_cost, by_moves, by_labels])
def test_plans_pass_the_common_checks(design):
    check_area_plan(design)


@pytest.fixture(scope="module")
def plan(small_place):
    travel, weight, n_areas, _ = small_place(4)
    return design_areas(pd.Series(weight, index=travel.cells), travel, n_areas, rules=AreaRules(tolerance=0.6))


def spoil_value(plan):
    return replace(plan, objective=plan.objective * 1.01, status="heuristic")


def spoil_labels(plan):
    labels = plan.labels.copy()
    labels.iloc[0], labels.iloc[-1] = labels.iloc[-1], labels.iloc[0]
    return replace(plan, labels=labels)


def spoil_names(plan):
    return replace(plan, labels=plan.labels + 1)


@pytest.mark.parametrize("spoil", [spoil_value, spoil_labels, spoil_names])
def test_the_checks_find_what_was_spoiled(plan, spoil):
    check_area_plan(plan)
    with pytest.raises(AssertionError):
        check_area_plan(spoil(plan))


def test_the_checks_find_a_way_that_changes_its_input():
    def greedy(work, travel, n_areas):
        answer = by_travel(work, travel, n_areas)
        work.iloc[0] += 1.0
        return answer

    with pytest.raises(AssertionError):
        check_area_plan(greedy)


def test_an_own_objective_gets_better_than_the_plan_by_travel_and_rules_hold(small_place):
    travel, weight, _, _ = small_place(11)
    work, own = pd.Series(weight, index=travel.cells), Cuts(travel)
    rules = AreaRules(tolerance=0.6)
    start = design_areas(work, travel, 2, rules=rules, prove=False)
    plan = design_areas(work, travel, 2, rules=rules, objective=own, random_state=1)
    assert plan.objective <= own.value(start.labels.to_numpy())
    assert plan.max_over_mean <= 1.6
    assert (plan.bound, plan.status) == (None, "heuristic")


@pytest.mark.parametrize("seed", range(5))
def test_the_change_of_a_move_is_what_the_value_says(seed, small_place):
    travel, _, _, _ = small_place(seed)
    rng, own = np.random.default_rng(seed), Cuts(travel)
    area = rng.integers(0, 3, len(travel))
    unit, to = int(rng.integers(len(travel))), int(rng.integers(3))
    moved = area.copy()
    moved[unit] = to
    assert own.value(moved) - own.value(area) == own.change(area, unit, to)
