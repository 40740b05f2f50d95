"""Areas from a cost table: centres by vertex substitution, units to centres by a proven assignment under the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan import medians
from patrolgeo.plan._graph import Graph
from patrolgeo.plan._hess import Program
from patrolgeo.plan._solve import Task, anneal_once, solve_task
from patrolgeo.plan.median_bounds import median_bound

SEARCH_ENTRIES = 100_000_000  # costs the search for sets of centres may read
KEPT = 8  # of these tried under the rules
EFFORT = 400  # moves tried for each unit
NEAR = 6  # centres a unit may go to, at first
KEPT_HARD = 3
RECENTERED = 3  # times the centres follow their balanced areas
HARD_SECONDS = 60.0  # for an assignment under a balance or strict compactness


@dataclass(frozen=True)
class CostTable:
    """What it costs to serve each unit from each candidate, and the rules an area must keep.

    Parameters
    ----------
    cost
        Shape (units, units): row = centre.
    weight
        Workload, for the balance.
    neighbors
        Symmetric CSR.
    distance
        Shape (units, units), or None for hops.
    level
        Compactness 0 to 3.
    tolerance
        Of the balance; None for no rule.
    """

    cost: Floats
    weight: Floats
    neighbors: sparse.csr_matrix
    distance: Floats | None
    level: int
    tolerance: float | None

    def total(self, served: Ints) -> float:
        """Return the cost of a plan given by the centre of each unit."""
        return float(self.cost[served, np.arange(len(served))].sum())


def solve_by_cost(table: CostTable, n_areas: int, seed: int) -> tuple[Ints, float, float]:
    """Return the centre of each unit, the cost of the plan and a proven lower bound of any plan's cost.

    Sets of centres are tried in the order of their cost without rules, which no rule can lower; the search ends when
    that alone is above the best plan.
    """
    if table.tolerance is not None and table.level == 0:
        annealed = _anneal_by_cost(table, n_areas, seed)
        value = table.total(annealed)
        return annealed, value, median_bound(table.cost, n_areas, value)[0]
    best: Ints | None = None
    keep = KEPT if table.tolerance is None and table.level < 2 else KEPT_HARD
    known = medians.greedy(table.cost, np.empty(0, np.int64), n_areas)
    pool, values = medians.search(table.cost, known, 0, SEARCH_ENTRIES, seed, keep)
    for value, centers in zip(values, pool, strict=True):
        if best is not None and value >= table.total(best):
            break
        plan = _assign_and_recenter(table, centers)
        if plan is not None and (best is None or table.total(plan) < table.total(best)):
            best = plan
    if best is None:
        raise InfeasibleError(
            f"No {n_areas} areas that keep tolerance={table.tolerance} and compactness={table.level} were found around "
            f"{len(pool)} sets of centres; widen the tolerance or lower the compactness."
        )
    value = table.total(best)
    return best, value, median_bound(table.cost, n_areas, value)[0]


def _anneal_by_cost(table: CostTable, n_areas: int, seed: int) -> Ints:
    """Return connected, balanced areas: those of a plan on the travel graph, then annealed and recentred by cost."""
    felt = table.weight + table.weight.sum() / len(table.weight) * 1e-6
    task = Task(felt, Graph.of(table.neighbors), n_areas, table.tolerance, EFFORT, np.empty(0, np.int64))
    area, centers = solve_task(task, seed)
    plans = [centers[area]]
    for turn in range(RECENTERED):
        centers = _middles(table.cost, area)
        anneal_once(task, area, centers, (table.cost[centers] / felt).astype(np.float32), seed + turn)
        plans.append(_middles(table.cost, area)[area])
    kept = [p for p in plans if _balanced(table, p)] or plans
    return min(kept, key=table.total)


def _balanced(table: CostTable, served: Ints) -> bool:
    load = np.bincount(np.unique(served, return_inverse=True)[1], table.weight)
    return bool(np.abs(load / load.mean() - 1).max() <= (table.tolerance or 0.0) + 1e-9)


def _assign_and_recenter(table: CostTable, centers: Ints) -> Ints | None:
    """Assign units to centres under the rules; with a balance, let the centres follow their areas while it helps."""
    best = assign(table, centers)
    if best is None or table.tolerance is None:
        return best
    for _ in range(RECENTERED):
        moved = _middles(table.cost, best)
        plan = assign(table, moved)
        if plan is None or table.total(plan) >= table.total(best) * (1 - 1e-9):
            break
        best = plan
    return best


def assign(table: CostTable, centers: Ints) -> Ints | None:
    """Return the cheapest plan around these centres that keeps the rules, None when there is none."""
    plan = _solve(table, centers, NEAR) if len(centers) > NEAR else None
    return plan if plan is not None else _solve(table, centers, len(centers))


def _solve(table: CostTable, centers: Ints, near: int) -> Ints | None:
    cost = table.cost[centers]
    allowed = np.zeros(cost.shape, bool)
    allowed[np.argpartition(cost, near - 1, axis=0)[:near], np.arange(cost.shape[1])] = True
    program = Program(cost, centers, allowed, table.neighbors)
    program.serve_all(len(centers))
    program.fix_centers()
    if table.tolerance is not None:
        program.balance(table.weight, len(centers), table.tolerance)
    if table.level > 0:
        program.lean(_distance_from(table, centers), table.level)
    limits: dict[str, float] = {}
    if table.tolerance is not None or table.level >= 2:  # the last thousandth would be costly
        limits = {"gap": 1e-3, "time_limit": HARD_SECONDS}
    served, _, _ = program.solve_connected(**limits)
    return None if served is None else centers[served]


def _distance_from(table: CostTable, centers: Ints) -> Floats:
    if table.distance is not None:
        return table.distance[centers]
    return dijkstra(table.neighbors, directed=False, unweighted=True, indices=centers)


def _middles(cost: Floats, area: Ints) -> Ints:
    """Return the unit of each area (in the order of their numbers) that serves it at least cost."""
    middles = []
    for label in np.unique(area):
        members = np.flatnonzero(area == label)
        middles.append(members[cost[np.ix_(members, members)].sum(axis=1).argmin()])
    return np.array(middles)
