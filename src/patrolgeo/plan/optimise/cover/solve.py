"""Maximal covering: greedy choice, annealing and the best mix of what it finds, a Lagrangian tree, HiGHS for proofs."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.cover.anneal import anneal
from patrolgeo.plan.optimise.cover.bound import left_over, root_bound, tree_bound
from patrolgeo.plan.optimise.cover.search import search
from patrolgeo.plan.optimise.cover.sets import Covers
from patrolgeo.solver import HEURISTIC, OPTIMAL, TIME_LIMIT, Solution, solve_milp

QUICK_STEPS = 20_000_000  # a twentieth of a CPU second
ANNEAL_STEPS = 140_000_000  # with effort=1: about half a CPU second
# Heats to begin with, an annealing each; after each round the best mix of all plans met. Few sites want more heat.
ROUNDS = ((0.05, 0.03, 0.03), (0.02, 0.015, 0.015), (0.02, 0.015, 0.015))
MIXED_ENTRIES = 15_000  # stored entries of the candidates that are mixed
SMALL_MODEL = 12_000  # stored entries up to which HiGHS is asked for the whole model without `prove`
SMALL_NODES, MIXED_NODES = 20, 5


def choose(sets: Covers, fixed: Ints, n_sites: int, effort: float, prove: bool, deadline: float, seed: int) -> Solution:
    """Search a little, bound, and where a gap is left search more; HiGHS where it is small or a proof is wanted."""
    best = _greedy(sets, fixed, n_sites, 1 if time.monotonic() > deadline else QUICK_STEPS, seed)
    if best.status == OPTIMAL:
        return best
    everyone = np.arange(sets.sets.shape[0])
    bound, price = root_bound(sets, fixed, n_sites, best.objective)
    best = _settled(replace(best, bound=bound), sets)
    if best.status != OPTIMAL and sets.sets.nnz <= SMALL_MODEL:
        best = _ask(sets, everyone, fixed, best, deadline, SMALL_NODES)
    if best.status != OPTIMAL:
        best = _anneal_and_mix(sets, fixed, best, int(effort * ANNEAL_STEPS), deadline, seed)
    if best.status != OPTIMAL and time.monotonic() < deadline:
        best = _prove_more(sets, fixed, best, bound, price, prove, deadline)
    late = time.monotonic() > deadline
    return replace(best, status=TIME_LIMIT if late and best.status != OPTIMAL else best.status)


def _prove_more(
    sets: Covers, fixed: Ints, best: Solution, bound: float, price: Floats, prove: bool, deadline: float
) -> Solution:
    """Leave out the candidates that no better plan can hold; bound by a tree, and with `prove` let HiGHS finish."""
    assert best.values is not None and best.bound is not None  # noqa: PT018, S101
    keep = left_over(sets, fixed, best.values, bound, price, best.objective)
    if prove:
        return _ask(sets, keep, fixed, best, deadline, None)
    part = sets.among(keep)
    grouped = part.group >= 0
    prices = np.bincount(part.group[grouped], price[grouped], minlength=len(part.weight)).astype(float)
    there, n_sites = np.searchsorted(keep, fixed), int(best.values.sum())
    upper = tree_bound(part, there, n_sites, best.objective, bound, prices)
    return _settled(replace(best, bound=min(upper, best.bound)), sets)


def _greedy(sets: Covers, fixed: Ints, n_sites: int, steps: int, seed: int) -> Solution:
    m, none = sets.sets.shape[0], np.zeros(0, np.int64)
    found, value = search(sets.arrays, np.ones(m, bool), fixed, n_sites, none, steps, seed)
    return _settled(Solution(_as_values(found, m), value, None, HEURISTIC), sets)


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
    met: list[Ints] = []
    runs = sum(len(heats) for heats in ROUNDS)
    for heats in ROUNDS:
        start = _in_order(best, fixed)
        for hot in heats:
            if time.monotonic() > deadline:
                return best
            found, value = anneal(sets.arrays, len(fixed), start, steps // runs, hot, seed + len(met))
            met.append(found)
            if value > best.objective:
                best = replace(best, values=_as_values(found, sets.sets.shape[0]), objective=value)
        best = _settled(_mixed(sets, fixed, best, met, deadline), sets)
    return best


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
