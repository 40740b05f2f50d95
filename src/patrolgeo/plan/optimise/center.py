"""The p-center on arrays: radii halved by search from above and by programs from below."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.plan.optimise.constrained import solve as constrained
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.plan.optimise.cover.search import search
from patrolgeo.plan.optimise.cover.sets import Covers, merge_equal
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT, solve_milp

SEARCH_STEPS = 20_000_000  # a radius
SMALL_MODEL = 400_000  # costs up to which HiGHS is asked without `prove`
SMALL_NODES = 1  # nodes of HiGHS a radius without `prove`


def loss_without(table: Floats, chosen: Ints) -> Floats:
    """Return by how much the longest way grows when each site alone is closed."""
    rows = table[chosen]
    longest = rows.min(axis=0).max(initial=0.0)
    without = [np.delete(rows, q, axis=0).min(axis=0, initial=np.inf).max(initial=0.0) for q in range(len(rows))]
    return np.array(without) - longest


@dataclass
class Radii:
    """The distinct costs as radii: the least one with a known plan, the largest one proved too small."""

    table: Floats
    rules: Rows
    seed: int
    deadline: float

    def __post_init__(self) -> None:
        least = self.table.min(axis=0).max(initial=0.0)  # no plan can do better than all candidates together
        values = np.unique(self.table[np.isfinite(self.table)])
        self.radius: Floats = values[values >= least] if len(values) else np.zeros(1)
        self.low, self.high = 0, len(self.radius)  # radius[:low] are proved too small, radius[high] has a plan
        self.best, self.status = self.rules.fixed, HEURISTIC
        self._take_cover(self.best)

    @property
    def value(self) -> float:
        """Return the longest way of the best plan, infinite while there is none."""
        return float(self.radius[self.high]) if self.high < len(self.radius) else np.inf

    @property
    def lower(self) -> float:
        """Return the least longest way that is not ruled out."""
        return float(self.radius[min(self.low, self.high)])

    @property
    def late(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() > self.deadline

    def _take(self, chosen: Ints) -> None:
        """Keep a plan when its longest way is shorter than that of the best."""
        at = int(np.searchsorted(self.radius, self.table[chosen].min(axis=0, initial=np.inf).max(initial=0.0)))
        if at < self.high:
            self.best, self.high = chosen, at

    def _covers(self, at: int) -> Covers:
        reach = sparse.csr_matrix(self.table <= self.radius[at], dtype=float)
        return merge_equal(reach, np.ones(self.table.shape[1]))

    def _search(self, at: int) -> None:
        """Look for a plan that covers everything within the radius."""
        sets, steps = self._covers(at), 1 if self.late else SEARCH_STEPS
        if self.rules.only_count:
            everyone, known = np.ones(len(self.table), bool), np.zeros(0, np.int64)
            found, _ = search(sets.arrays, everyone, self.rules.fixed, self.rules.n_sites, known, steps, self.seed)
        else:
            found = constrained.find(constrained.covering(sets), self.rules, steps, self.seed)
        self._take(found)

    def descend(self) -> None:
        """Halve the radii by search: each plan found sets a new upper end, each failure a lower one."""
        left = 0
        while left < self.high:
            middle, before = (left + self.high) // 2, self.high
            self._search(middle)
            if self.high == before:
                left = middle + 1

    def look_widest(self) -> bool:
        """Ask HiGHS for any plan that reaches everybody; return whether it is proved that there is none."""
        return self._impossible(len(self.radius) - 1, whole=True, node_limit=None)

    def raise_bound(self, prove: bool) -> None:
        """Halve the radii between bound and value by LP, then ask HiGHS for a plan below the best."""
        upper = self.high
        while self.low < upper and not self.late:
            middle = (self.low + upper) // 2
            if self._impossible(middle, whole=False, node_limit=None):
                self.low = middle + 1
            else:
                upper = middle
        small = self.table.size <= SMALL_MODEL
        while self.low < self.high and not self.late and (prove or small):
            before = self.high
            if self._impossible(before - 1, whole=True, node_limit=None if prove else SMALL_NODES):
                self.low = before
            elif self.high == before:  # neither proved nor improved
                break
        if self.low >= self.high:
            self.status = OPTIMAL
        elif self.late:
            self.status = TIME_LIMIT

    def _impossible(self, at: int, whole: bool, node_limit: int | None) -> bool:
        """Is it proved that no plan covers everything within this radius? A plan found on the way is kept.

        As LP: the least number of (parts of) sites; as whole numbers: is there any plan of `n_sites`?
        """
        reach = _essential(self.table <= self.radius[at])
        m, places = reach.shape
        floor, first = np.zeros(m), 0 if whole else 1  # the LP counts the sites itself
        floor[self.rules.fixed] = 1.0
        matrix, limit = self.rules.matrix[first:], self.rules.limit[first:]
        answer = solve_milp(
            np.zeros(m) if whole else np.ones(m), sparse.vstack([sparse.csr_matrix(reach.T, dtype=float), matrix]),
            np.r_[np.ones(places), np.full(len(limit), -np.inf)], np.r_[np.full(places, np.inf), limit],
            integer=np.full(m, whole), bounds=(floor, 1.0),
            time_limit=max(self.deadline - time.monotonic(), 0.01), node_limit=node_limit,
        )  # fmt: skip
        if whole and answer.values is not None:
            self._take_cover(np.flatnonzero(answer.values > 0.5))
        short = not whole and answer.status == OPTIMAL and answer.objective > self.rules.n_sites + 1e-6
        return short or answer.status == INFEASIBLE

    def _take_cover(self, chosen: Ints) -> None:
        if self.rules.only_count and len(chosen) <= self.rules.n_sites:
            rest = np.setdiff1d(np.arange(len(self.table)), chosen)
            chosen = np.r_[chosen, rest][: self.rules.n_sites]
        self._take(chosen)


def _essential(reach: Array) -> Array:
    """Leave out places whose candidates all include those of another place: who covers that one covers them too."""
    counts = reach.sum(axis=0)
    order = np.argsort(counts, kind="stable")
    sets = reach[:, order].T.astype(np.float32)
    shared = sets @ sets.T
    inside = shared >= counts[order][:, None]  # row's set within column's
    before = np.tri(len(order), k=-1, dtype=bool).T  # an earlier, so smaller or equal, set
    return reach[:, order[~(inside & before).any(axis=0)]]
