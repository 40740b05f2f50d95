"""Maximal covering: greedy choice, prices, HiGHS on what they leave, and annealing only where that does not end."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.cover.anneal import anneal
from patrolgeo.plan.optimise.cover.bound import ROOT_ROUNDS, Root, left_over, root_bound, tree_bound
from patrolgeo.plan.optimise.cover.order import greedy
from patrolgeo.plan.optimise.cover.regions import by_regions
from patrolgeo.plan.optimise.cover.search import search
from patrolgeo.plan.optimise.cover.sets import Covers
from patrolgeo.solver import HEURISTIC, OPTIMAL, TIME_LIMIT, Solution, solve_milp

QUICK_STEPS = 20_000_000  # a twentieth of a CPU second
ANNEAL_STEPS = 350_000_000  # with effort=1: about two CPU seconds
# Heats to begin with, an annealing each; after each round the best mix of all plans met. Few sites want more heat.
ROUNDS = ((0.05, 0.03, 0.03), (0.02, 0.015, 0.015), (0.02, 0.015, 0.015))
HURRIED, ENOUGH = ((0.015, 0.015), (0.008,)), 1000  # heats where there are fewer steps than that a stored entry
MIXED_ENTRIES = 15_000  # stored entries of the candidates that are mixed
OFTEN = 1.5  # candidates that prices choose most often, as many times the sites, from which HiGHS makes a plan
SMALL_MODEL = 12_000  # stored entries up to which HiGHS is asked for what prices leave over, without `prove`
NEAR, NEAR_MODEL = 2e-4, 60_000  # the same where value and bound are nearly one
LATE_ROUNDS = 60  # of prices, when time is up: no plan without a bound
SMALL_NODES, MIXED_NODES, REGION_NODES = 20, 5, 10
REGION_ENTRIES = 8_000_000  # with effort=1: stored entries of all regions together, about three CPU seconds
REGION_ROUNDS, REGION_MODEL = 200, 20_000  # steps of prices a region; stored entries up to which HiGHS is asked
REGION_ASKED = 10  # HiGHS takes as long as reading its stored entries, squared, over this


def choose(sets: Covers, fixed: Ints, n_sites: int, effort: float, prove: bool, deadline: float, seed: int) -> Solution:
    """Choose one after another, price, let HiGHS finish what is nearly done; else anneal; HiGHS for a wanted proof."""
    plan = _as_values(greedy(sets.sets, sets.weight, fixed, n_sites, sets.backup)[0], sets.sets.shape[0])
    best = _settled(Solution(plan, sets.worth(plan), None, HEURISTIC), sets)
    if best.status == OPTIMAL:
        return best
    root = root_bound(sets, fixed, plan, LATE_ROUNDS if time.monotonic() > deadline else ROOT_ROUNDS)
    best = _settled(Solution(root.plan, root.value, root.bound, HEURISTIC), sets)
    if best.status != OPTIMAL:
        best = _made_of_often(sets, fixed, best, root, deadline)
    if best.status != OPTIMAL:
        best = _left(sets, fixed, best, root, deadline)
    if best.status != OPTIMAL and time.monotonic() < deadline:
        best = _anneal_and_mix(sets, fixed, best, int(effort * ANNEAL_STEPS), deadline, seed)
    if best.status != OPTIMAL and sets.backup == 0 and len(fixed) < n_sites:
        best = _renewed(sets, fixed, best, int(effort * REGION_ENTRIES), deadline, seed)
    if best.status != OPTIMAL and time.monotonic() < deadline:
        best = _prove_more(sets, fixed, best, root, prove, deadline)
    late = time.monotonic() > deadline
    return replace(best, status=TIME_LIMIT if late and best.status != OPTIMAL else best.status)


def _made_of_often(sets: Covers, fixed: Ints, best: Solution, root: Root, deadline: float) -> Solution:
    """Return the best plan made of the known one and the candidates that prices chose most often."""
    assert best.values is not None  # noqa: S101
    n_often = int(OFTEN * best.values.sum())
    often = np.argsort(-root.often, kind="stable")[:n_often]
    pool = np.union1d(often, np.flatnonzero(best.values > 0.5))
    answer = _ask(sets, pool, fixed, replace(best, bound=None), deadline, MIXED_NODES)
    return _settled(replace(answer, bound=best.bound, status=HEURISTIC), sets)


def _left(sets: Covers, fixed: Ints, best: Solution, root: Root, deadline: float) -> Solution:
    """Ask HiGHS for the best of all plans where the candidates that are left over are few, or nothing much to gain."""
    assert best.values is not None  # noqa: S101
    keep = left_over(sets, fixed, best.values, root.bound, root.price, best.objective)
    near = root.bound <= best.objective * (1 + NEAR)
    if sets.among(keep).sets.nnz > (NEAR_MODEL if near else SMALL_MODEL):
        return best
    return _ask(sets, keep, fixed, best, deadline, SMALL_NODES)


def _prove_more(sets: Covers, fixed: Ints, best: Solution, root: Root, prove: bool, deadline: float) -> Solution:
    """Leave out the candidates that no better plan can hold; bound by a tree, and with `prove` let HiGHS finish."""
    assert best.values is not None and best.bound is not None  # noqa: PT018, S101
    keep = left_over(sets, fixed, best.values, root.bound, root.price, best.objective)
    if prove:
        return _ask(sets, keep, fixed, best, deadline, None)
    part = sets.among(keep)
    grouped = part.group >= 0
    prices = np.bincount(part.group[grouped], root.price[grouped], minlength=len(part.weight)).astype(float)
    upper = tree_bound(part, np.searchsorted(keep, fixed), best.values[keep], root.bound, prices)
    return _settled(replace(best, bound=min(upper, best.bound)), sets)


def _as_values(chosen: Ints, m: int) -> Floats:
    values = np.zeros(m)
    values[chosen] = 1.0
    return values


def _settled(answer: Solution, sets: Covers) -> Solution:
    """Return the answer as proved when its value is the bound."""
    bound = sets.most if answer.bound is None else min(answer.bound, sets.most)
    proved = answer.objective >= bound * (1 - 1e-9)
    return replace(answer, bound=answer.objective if proved else bound, status=OPTIMAL if proved else answer.status)


def _anneal_and_mix(sets: Covers, fixed: Ints, best: Solution, steps: int, deadline: float, seed: int) -> Solution:
    """Anneal from the best plan on, several times; after each round let HiGHS mix the sites of all plans met."""
    assert best.values is not None  # noqa: S101
    m, met = sets.sets.shape[0], [np.flatnonzero(best.values > 0.5)]
    found, value = search(sets.arrays, np.ones(m, bool), fixed, met[0].size, fixed[:0], QUICK_STEPS, seed)
    if value > best.objective:
        best = replace(best, values=_as_values(found, m), objective=value)
    rounds = HURRIED if steps < ENOUGH * sets.sets.nnz else ROUNDS
    runs = sum(len(heats) for heats in rounds)
    for heats in rounds:
        start = _in_order(best, fixed)
        for hot in heats:
            if time.monotonic() > deadline:
                return best
            found, value = anneal(sets.arrays, len(fixed), start, steps // runs, hot, seed + len(met) - 1)
            met.append(found)
            if value > best.objective:
                best = replace(best, values=_as_values(found, m), objective=value)
        best = _settled(_mixed(sets, fixed, best, met, deadline), sets)
    return best


def _renewed(sets: Covers, fixed: Ints, best: Solution, entries: int, deadline: float, seed: int) -> Solution:
    """Go over the plan region by region: prices, then HiGHS on the candidates that they leave over."""

    def best_of(part: Covers, known: Floats) -> tuple[Floats, int]:
        if time.monotonic() > deadline:
            return known, 0
        root = root_bound(part, fixed[:0], known, REGION_ROUNDS)
        here = _settled(Solution(root.plan, root.value, root.bound, HEURISTIC), part)
        keep = left_over(part, fixed[:0], root.plan, root.bound, root.price, root.value)
        model = part.among(keep).sets.nnz
        if asked := here.status != OPTIMAL and model <= REGION_MODEL:
            here = _ask(part, keep, fixed[:0], here, deadline, REGION_NODES)
        assert here.values is not None  # noqa: S101
        return here.values, asked * model**2 // REGION_ASKED

    assert best.values is not None  # noqa: S101
    plan = by_regions(sets, fixed, best.values, entries, seed, best_of)
    return _settled(replace(best, values=plan, objective=max(sets.worth(plan), best.objective)), sets)


def _in_order(best: Solution, fixed: Ints) -> Ints:
    assert best.values is not None  # noqa: S101
    return np.r_[fixed, np.setdiff1d(np.flatnonzero(best.values > 0.5), fixed)]


def _mixed(sets: Covers, fixed: Ints, best: Solution, met: list[Ints], deadline: float) -> Solution:
    """Return the best plan made of the sites of the latest plans met, as many as make a small model."""
    pool = _in_order(best, fixed)
    for plan in reversed(met):
        larger = np.union1d(pool, plan)
        if len(larger) > len(pool) and sets.among(larger).sets.nnz > MIXED_ENTRIES:
            break
        pool = larger
    answer = _ask(sets, np.sort(pool), fixed, replace(best, bound=None), deadline, MIXED_NODES)
    return replace(answer, bound=best.bound, status=best.status)


def _ask(sets: Covers, keep: Ints, fixed: Ints, best: Solution, deadline: float, node_limit: int | None) -> Solution:
    """Ask HiGHS for the best plan among `keep`, started from the known one; keep the better plan and bound."""
    left = deadline - time.monotonic()
    if left <= 0:
        return best
    assert best.values is not None  # noqa: S101
    part = sets.among(keep)
    known = replace(best, values=best.values[keep])
    answer = _solve(part, np.searchsorted(keep, fixed), known, left, node_limit)
    if answer.values is not None and answer.objective > best.objective:
        chosen = keep[np.flatnonzero(answer.values > 0.5)]
        best = replace(best, values=_as_values(chosen, len(best.values)), objective=answer.objective)
    if answer.status == OPTIMAL:
        return replace(best, bound=best.objective, status=OPTIMAL)
    bounds = [b for b in (answer.bound, best.bound) if b is not None]
    return _settled(replace(best, bound=max(min(bounds), best.objective) if bounds else None), sets)


def _solve(sets: Covers, fixed: Ints, best: Solution, time_limit: float, node_limit: int | None) -> Solution:
    """Maximise over y (sites, whole), z (groups covered) and, with backup, x (groups covered twice)."""
    assert best.values is not None  # noqa: S101
    m, groups = sets.sets.shape
    layers = 2 if sets.backup > 0 else 1
    n_sites, times = best.values.sum(), sets.served_by @ best.values
    rows = sparse.hstack([sets.served_by] + [-sparse.identity(groups)] * layers)
    count = sparse.csr_matrix((np.ones(m), (np.zeros(m, int), np.arange(m))), shape=(1, rows.shape[1]))
    floor = np.zeros(rows.shape[1])
    floor[fixed] = 1.0
    weights = [sets.weight, sets.backup * sets.weight][:layers]
    integer: Bools = np.arange(rows.shape[1]) < m
    answer = solve_milp(
        np.concatenate([np.zeros(m), *weights]), sparse.vstack([rows, count]), np.zeros(groups + 1),
        np.r_[np.full(groups, np.inf), n_sites], integer=integer, bounds=(floor, 1.0), maximize=True,
        start=np.concatenate([best.values, *[(times > k + 0.5).astype(float) for k in range(layers)]]),
        time_limit=time_limit, node_limit=node_limit,
    )  # fmt: skip
    if answer.values is None:
        return answer
    found = _rounded(answer.values[:m], int(n_sites))
    return replace(answer, values=found, objective=sets.worth(found))


def _rounded(y: Floats, n_sites: int) -> Floats:
    """Return whole numbers with exactly `n_sites` ones (HiGHS may leave sites unused when all is covered)."""
    whole = np.zeros(len(y))
    whole[np.argsort(-y, kind="stable")[:n_sites]] = 1.0
    return whole
