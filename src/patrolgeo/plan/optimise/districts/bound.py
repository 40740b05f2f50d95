"""How far can a plan be from the best? Proven bounds for its centres, and the exact answer for small study areas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.districts.assignment import Program
from patrolgeo.plan.optimise.districts.center_bound import center_bound
from patrolgeo.plan.optimise.median.bound import median_bound
from patrolgeo.plan.optimise.subgradient import paced

STEPS, PATIENCE = 150, 4
EXACT_UNITS = 150  # up to so many the program is solved over all centres
NODES = 30  # of a program's search tree; a limit in nodes, unlike one in seconds, gives the same plan every time
MANY_NODES = 2000  # where the search found no even plan
GAP = 0.006  # how near the plan the bound is brought
CLOSED_UNITS, CLOSED_GAP, CLOSED_PAIRS = 60, 1e-7, 3700  # so few units are branched on until nothing is left
TRIED = 4  # sets of centres assigned exactly
NEAR_PROOF, PROOF = 1e-3, 1e-9  # how far a program may stay from its bound: trials, and the last word
FULL = 1e5  # what a plan costs the solver, whose tolerances are absolute
PAIRS = 1500  # of centre and unit, up to which one program over all centres is solved


def transport_bound(minutes: Floats, weight: Floats, tolerance: float | None, value: float) -> float:
    """Return a proven lower bound of the weighted minutes of any plan with these centres and this balance.

    Units may be split over areas and areas may be in pieces; the balance is priced (Lagrangian relaxation of the
    transport problem), a price for each area, raised while the area is too heavy and lowered while it is too light.

    Parameters
    ----------
    minutes
        From each centre to each unit, shape (areas, units).
    value
        Weighted minutes of a known plan; sets the length of the steps.
    """
    return transport_prices(minutes, weight, tolerance, value, np.zeros(len(minutes)), STEPS)[0]


def transport_prices(
    minutes: Floats, weight: Floats, tolerance: float | None, value: float, price: Floats, steps: int
) -> tuple[float, Floats]:  # fmt: skip
    """Return the bound of `transport_bound` and the prices that prove it, from known prices in so many steps."""
    if tolerance is None:
        return float(weight @ minutes.min(axis=0)), price
    k, mean = len(minutes), weight.sum() / len(minutes)
    best, proof, scale, idle = -np.inf, price, 1.0, 0
    for _ in range(steps):
        served = np.argmin(minutes + price[:, None], axis=0)
        capacity = np.where(price > 0, 1 + tolerance, 1 - tolerance) * mean
        load = np.bincount(served, weight, k)
        bound = float(weight @ (minutes[served, np.arange(len(weight))] + price[served]) - price @ capacity)
        scale, idle = paced(scale, idle, bound > best, PATIENCE, 0.5)
        if bound > best:
            best, proof = bound, price
        slope = load - np.where((price > 0) | ((price == 0) & (load > mean)), 1 + tolerance, 1 - tolerance) * mean
        slope[(price == 0) & (np.abs(load / mean - 1) <= tolerance)] = 0.0
        size = slope @ slope
        if size == 0 or scale < 1e-3:
            break
        price = price + scale * max(value - bound, 0.0) / size * slope
    return best, proof


def exact_areas(
    weight: Floats, minutes: sparse.csr_matrix, n_areas: int, tolerance: float | None, start: Ints
) -> tuple[Ints, float | None]:
    """Return the centre of each unit and a proven bound over all centres; no bound where no even plan is known.

    `start` is the centre of each unit in a known plan, which comes back when nothing better is found. Branching on
    where the centres lie brings the bound within a little of the plan; the centres met there are tried with an exact
    assignment; where few pairs of centre and unit are left, one program over all of them settles the rest.
    """
    travel, everyone = dijkstra(minutes, directed=False), np.arange(len(weight))
    scale = float((travel * weight)[start, everyone].sum()) / FULL
    rules = Rules(travel * weight / scale, weight / weight.mean(), minutes, tolerance)
    if not rules.balanced(start):
        found = _even_plan(rules, n_areas)
        if found is None:
            return start, None
        start = found
    value = rules.total(start)
    gap, pairs = (CLOSED_GAP, CLOSED_PAIRS) if len(weight) <= CLOSED_UNITS else (GAP, PAIRS)
    bound, sets = center_bound(travel * weight.mean() / scale, rules.weight, n_areas, tolerance, value, gap)
    for centers in [np.unique(start), *sets[:TRIED]]:
        program = rules.program(centers, np.ones((n_areas, len(weight)), bool))
        served = program.solve_connected(cutoff=value, gap=NEAR_PROOF, node_limit=NODES)[0]
        start = start if served is None else rules.better(start, centers[served])
    value = rules.total(start)
    allowed = _can_be_near(rules.cost, n_areas, value)
    if bound < value * (1 - PROOF) and allowed.sum() <= pairs:
        allowed[start, everyone] = True
        program = rules.program(everyone, allowed, n_areas)
        served, proven, _ = program.solve_connected(start=start, gap=PROOF, node_limit=NODES)
        start = start if served is None else rules.better(start, served)
        bound = max(bound, min(value, proven if proven is not None else -np.inf))  # the rest is no better than `value`
    return start, bound * scale


def _even_plan(rules: Rules, n_areas: int) -> Ints | None:
    """Return a plan that keeps the balance; None when none is found, or there are too many units to ask."""
    n = len(rules.weight)
    if n * n > PAIRS:
        return None
    program = rules.program(np.arange(n), np.ones((n, n), bool), n_areas)
    served = program.solve_connected(gap=NEAR_PROOF, node_limit=MANY_NODES)[0]
    return served if served is not None and rules.balanced(served) else None


@dataclass(frozen=True)
class Rules:
    """What a plan costs, shape (centres, units), and what it has to keep."""

    cost: Floats
    weight: Floats
    neighbors: sparse.csr_matrix
    tolerance: float | None

    def total(self, served: Ints) -> float:
        """Return the cost of a plan, given by the centre of each unit."""
        return float(self.cost[served, np.arange(len(served))].sum())

    def better(self, known: Ints, found: Ints) -> Ints:
        """Return the cheaper of two plans; one that a solver's tolerance lets out of balance is not taken."""
        return found if self.balanced(found) and self.total(found) < self.total(known) else known

    def balanced(self, served: Ints) -> bool:
        """Return whether the areas keep the tolerance."""
        load = np.bincount(np.unique(served, return_inverse=True)[1], self.weight)
        return self.tolerance is None or bool(np.abs(load / load.mean() - 1).max() <= self.tolerance + 1e-9)

    def program(self, candidates: Ints, allowed: Bools, n_areas: int | None = None) -> Program:
        """Return the program of all areas around `n_areas` of the candidates, or around each of them."""
        program = Program(self.cost[candidates], candidates, allowed, self.neighbors)
        program.serve_all(n_areas or len(candidates))
        if n_areas is None:
            program.fix_centers()
        else:
            program.touch()
        if self.tolerance is not None:
            program.balance(self.weight, n_areas or len(candidates), self.tolerance)
        return program


def _can_be_near(cost: Floats, n_areas: int, value: float) -> Bools:
    """Return the pairs of centre and unit that a plan better than `value` can hold (reduced-cost test)."""
    bound, price = median_bound(cost, n_areas, value)
    worth = np.minimum(cost - price, 0.0).sum(axis=1)
    opening = np.maximum(worth - np.partition(worth, n_areas - 1)[n_areas - 1], 0.0)
    return bound + opening[:, None] + np.maximum(cost - price, 0.0) <= value * (1 + 1e-9)
