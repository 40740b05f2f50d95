"""How far can a plan be from the best? Proven bounds for its centres, and the exact answer for small study areas."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.districts.assignment import Program
from patrolgeo.plan.optimise.districts.center_bound import hess_bound
from patrolgeo.plan.optimise.median.bound import median_bound

STEPS = 150
EXACT_UNITS = 150  # up to so many the program is solved over all centres
NODES = 30  # of a program's search tree; a limit in nodes, unlike one in seconds, gives the same plan every time
GAP = 0.006  # how near the plan the bound is brought
TRIED = 4  # sets of centres assigned exactly
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
    if tolerance is None:
        return float(weight @ minutes.min(axis=0))
    k, mean = len(minutes), weight.sum() / len(minutes)
    price, best, scale, idle = np.zeros(k), -np.inf, 1.0, 0
    for _ in range(STEPS):
        served = np.argmin(minutes + price[:, None], axis=0)
        capacity = np.where(price > 0, 1 + tolerance, 1 - tolerance) * mean
        load = np.bincount(served, weight, k)
        bound = float(weight @ (minutes[served, np.arange(len(weight))] + price[served]) - price @ capacity)
        idle = 0 if bound > best else idle + 1
        best = max(best, bound)
        if idle == 5:
            scale, idle = scale / 2, 0
        slope = load - np.where((price > 0) | ((price == 0) & (load > mean)), 1 + tolerance, 1 - tolerance) * mean
        slope[(price == 0) & (np.abs(load / mean - 1) <= tolerance)] = 0.0
        size = slope @ slope
        if size == 0 or scale < 1e-3:
            break
        price = price + scale * max(value - bound, 0.0) / size * slope
    return min(best, value)


def exact_areas(
    weight: Floats, minutes: sparse.csr_matrix, n_areas: int, tolerance: float | None, start: Ints
) -> tuple[Ints, float, bool]:
    """Return the centre of each unit, a proven bound over all centres, and whether the plan is optimal.

    `start` is the centre of each unit in a known plan, which comes back when nothing better is found. Branching on
    where the centres lie brings the bound within a little of the plan; the centres met there are tried with an exact
    assignment; where few pairs of centre and unit are left, one program over all of them settles the rest.
    """
    travel = dijkstra(minutes, directed=False)
    cost, everyone = travel * weight, np.arange(len(weight))
    value = float(cost[start, everyone].sum())
    bound, sets = hess_bound(travel, weight, n_areas, tolerance, value, GAP)
    for centers in [np.unique(start), *sets[:TRIED]]:
        program = _program(cost, centers, np.ones((n_areas, len(weight)), bool), minutes, weight, tolerance)
        served = program.solve_connected(cutoff=value, gap=1e-3, node_limit=NODES)[0]
        if served is not None and cost[centers[served], everyone].sum() < value:
            start, value = centers[served], float(cost[centers[served], everyone].sum())
    allowed = _can_be_near(travel, weight, n_areas, value)
    if allowed.sum() > PAIRS:
        return start, min(bound, value), bound >= value * (1 - 1e-9)
    allowed[start, everyone] = True
    program = _program(cost, everyone, allowed, minutes, weight, tolerance, n_areas)
    served, proven, optimal = program.solve_connected(start=start, gap=1e-3, node_limit=NODES)
    best = start if served is None else served
    return best, max(bound, proven or -np.inf), optimal


def _program(
    cost: Floats, candidates: Ints, allowed: Bools, minutes: sparse.csr_matrix, weight: Floats,
    tolerance: float | None, n_areas: int | None = None,
) -> Program:  # fmt: skip
    """Return the program of all areas around `n_areas` of the candidates, or around each of them."""
    program = Program(cost[candidates], candidates, allowed, minutes)
    program.serve_all(n_areas or len(candidates))
    if n_areas is None:
        program.fix_centers()
    else:
        program.touch()
    if tolerance is not None:
        program.balance(weight, n_areas or len(candidates), tolerance)
    return program


def _can_be_near(travel: Floats, weight: Floats, n_areas: int, value: float) -> Bools:
    """Return the pairs of centre and unit that a plan better than `value` can hold (reduced-cost test)."""
    cost = travel * weight
    bound, price = median_bound(cost, n_areas, value)
    worth = np.minimum(cost - price, 0.0).sum(axis=1)
    opening = np.maximum(worth - np.partition(worth, n_areas - 1)[n_areas - 1], 0.0)
    return bound + opening[:, None] + np.maximum(cost - price, 0.0) <= value * (1 + 1e-9)
