"""Areas from a cost table: centres by vertex substitution, units to centres by a proven assignment under the rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.districts.assignment import Program
from patrolgeo.plan.optimise.districts.graph import Graph
from patrolgeo.plan.optimise.districts.solve import anneal_once, solve_task
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.plan.optimise.median import search as medians
from patrolgeo.plan.optimise.median.bound import median_bound

SEARCH_ENTRIES = 100_000_000  # costs the search for sets of centres may read
KEPT = 8  # of these tried under the rules
EFFORT = 400  # moves tried for each unit
NEAR = 6  # centres a unit may go to, at first
KEPT_HARD = 3
NEAR_MOVED = 4  # of the centres beside it, for a centre that moves
RECENTERED = 3  # times the centres follow their balanced areas
HARD_NODES = 50  # for an assignment under a balance or strict compactness
DEAR_RULES = 0.005  # what the rules may cost before single centres are moved as well
ROUNDS, MOVES = 5, 16  # of moving them, and the likeliest units each is moved to


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
    keep = KEPT if table.tolerance is None else KEPT_HARD
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
    if table.level >= 2 and table.total(best) > values[0] * (1 + DEAR_RULES):
        best = _move_centers(table, best)
    value = table.total(best)
    return best, value, median_bound(table.cost, n_areas, value)[0]


def _anneal_by_cost(table: CostTable, n_areas: int, seed: int) -> Ints:
    """Return connected, balanced areas: those of a plan on the travel graph, then annealed and recentred by cost."""
    weight = table.weight + table.weight.sum() / len(table.weight) * 1e-6
    task = Task(weight, Graph.of(table.neighbors), n_areas, table.tolerance, EFFORT)
    area, centers = solve_task(task, seed)
    plans = [centers[area]]
    for turn in range(RECENTERED):
        centers = middles(table.cost, area)
        anneal_once(
            task, area, centers, np.ascontiguousarray((table.cost[centers] / weight).astype(np.float32).T), seed + turn
        )
        plans.append(middles(table.cost, area)[area])
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
        moved = middles(table.cost, best)
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
    return _solve_allowed(table, centers, allowed)


def _solve_allowed(table: CostTable, centers: Ints, allowed: Bools) -> Ints | None:
    """Return the cheapest plan around these centres with these pairs of centre and unit, None when there is none."""
    program = Program(table.cost[centers], centers, allowed, table.neighbors)
    program.serve_all(len(centers))
    program.fix_centers()
    if table.tolerance is not None:
        program.balance(table.weight, len(centers), table.tolerance)
    if table.level > 0:
        program.lean(_distance_from(table, centers), table.level)
    limits: dict[str, Any] = {}
    if table.tolerance is not None or table.level >= 2:  # the last thousandth would be costly
        limits = {"gap": 1e-3, "node_limit": HARD_NODES}
    served, _, _ = program.solve_connected(**limits)
    return None if served is None else centers[served]


def _move_centers(table: CostTable, served: Ints) -> Ints:
    """Try the likeliest units of each area as its centre; only its own area and those beside it are assigned anew."""
    for _ in range(ROUNDS):
        before = table.total(served)
        for center in np.unique(served):
            own = np.flatnonzero(served == center)
            for other in own[np.argsort(table.cost[np.ix_(own, own)].sum(axis=1))][:MOVES]:
                if other == center:
                    continue
                plan = _replace_center(table, served, int(center), int(other))
                if plan is not None and table.total(plan) < table.total(served):
                    served = plan
                    break
        if table.total(served) >= before * (1 - 1e-4):
            break
    return served


def _replace_center(table: CostTable, served: Ints, center: int, other: int) -> Ints | None:
    pairs = table.neighbors.tocoo()
    beside = np.unique(served[pairs.col[served[pairs.row] == center]])
    moved = np.where(served == center, other, served)
    centers = np.unique(moved)
    open_units = np.isin(served, beside)
    local = np.isin(centers, np.where(beside == center, other, beside))
    cost = np.where(local[:, None], table.cost[centers], np.inf)
    allowed = np.zeros(cost.shape, bool)
    near = min(NEAR_MOVED, int(local.sum()))
    allowed[np.argpartition(cost, near - 1, axis=0)[:near], np.arange(len(served))] = True
    allowed[:, ~open_units] = centers[:, None] == moved[~open_units]
    least = np.where(allowed, table.cost[centers], np.inf).min(axis=0).sum()
    return None if least >= table.total(served) else _solve_allowed(table, centers, allowed)


def _distance_from(table: CostTable, centers: Ints) -> Floats:
    if table.distance is not None:
        return table.distance[centers]
    return dijkstra(table.neighbors, directed=False, unweighted=True, indices=centers)


def middles(cost: Floats, area: Ints) -> Ints:
    """Return the unit of each area (in the order of their numbers) that serves it at least cost."""
    middles = []
    for label in np.unique(area):
        members = np.flatnonzero(area == label)
        middles.append(members[cost[np.ix_(members, members)].sum(axis=1).argmin()])
    return np.array(middles)
