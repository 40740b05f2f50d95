"""The p-median on arrays: search, bound, and what closes the gap between them.

`table` is everywhere demand x cost, candidates x places, finite.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.plan.optimise.median import bound as bounds
from patrolgeo.plan.optimise.median.bound import FREE, OPEN, Tree
from patrolgeo.plan.optimise.median.search import greedy, search
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT

SEARCH_ENTRIES = (20_000_000, 100_000_000, 100_000_000)  # entries each round may read; 200 million take half a second
LATE_ROUNDS = 60  # no plan without a bound, even when time is up
TREE_ENTRIES = 200_000_000  # entries between two looks at the clock
TREE_MEMORY = 8_000_000  # numbers the stack of the tree may hold
NODE_ROUNDS = 40
SMALL_TREE = 2  # looks at the clock without `prove`
SMALL_NODES = 200  # nodes of HiGHS without `prove`


def choose(table: Floats, fixed: Ints, n_sites: int, *, prove: bool, deadline: float, seed: int) -> Work:
    """Search, bound, and close the gap with what is left; `fixed` candidates are open in every plan."""
    start = greedy(table, fixed, n_sites)
    work = Work(table, fixed, start, float(table[start].min(axis=0).sum()), deadline)
    for k, entries in enumerate(SEARCH_ENTRIES):
        work.search(entries, seed=k + seed)
        work.bound_root()
        if work.open_gap:
            work.close_gap(prove and entries == SEARCH_ENTRIES[-1])
    return work


@dataclass
class Work:
    """A p-median in the making: the best plan, its value, the bound, and what the reduced costs leave open."""

    table: Floats
    fixed: Ints
    best: Ints
    value: float
    deadline: float
    lower: float = -np.inf
    status: str = HEURISTIC

    def __post_init__(self) -> None:
        whole = bool((self.table == np.floor(self.table)).all())
        # what a better plan must at least save: 1 when all costs are whole numbers, else a trifle
        self.step = 1.0 - 1e-6 if whole else 1e-9 * max(self.value, 1e-9)
        self.state: Array = np.full(len(self.table), FREE, np.int8)
        self.state[self.fixed] = OPEN
        self.price = bounds.first_price(self.table)

    @property
    def late(self) -> bool:
        """Return whether the time is up."""
        return time.monotonic() > self.deadline

    @property
    def open_gap(self) -> bool:
        """Return whether a better plan is still possible."""
        return self.lower <= self.value - self.step and self.status == HEURISTIC

    def search(self, entries: int, seed: int) -> None:
        """Look for a better plan while so many entries are read."""
        if self.value > 0 and self.status == HEURISTIC:
            found, values = search(self.table, self.best, len(self.fixed), entries, seed)
            if values[0] < self.value:
                self.best, self.value = found[0], float(values[0])

    def bound_root(self) -> None:
        """Raise the bound by prices, and fix what they decide."""
        if self.status != HEURISTIC:
            return
        often = np.zeros(len(self.table))
        rounds = LATE_ROUNDS if self.late else bounds.ROUNDS
        self.best = self.best.copy()
        lower, self.value, _ = bounds.ascend(
            self.table, self.state, self.price, self.best, self.value, self.step, rounds, bounds.PATIENCE, often
        )
        self.lower = max(self.lower, lower)
        self._settle(self.lower > self.value - self.step)

    def close_gap(self, prove: bool) -> None:
        """Ask HiGHS about what is left where that is small, else grow a tree."""
        if self.late:
            return
        left = max(self.deadline - time.monotonic(), 0.01)
        answer = bounds.solve_reduced(
            self.table, self.state, self.price, self.best, self.value - self.step, left, None if prove else SMALL_NODES
        )
        if answer is None:
            self._grow_tree(prove)
            return
        if answer.values is not None:
            found = answer.values.astype(np.int64)
            value = float(self.table[found].min(axis=0).sum())
            if value < self.value:
                self.best, self.value = found, value
        if answer.bound is not None:
            self.lower = max(self.lower, min(answer.bound, self.value))
        self._settle(answer.status in (OPTIMAL, INFEASIBLE))

    def _grow_tree(self, prove: bool) -> None:
        height = int((self.state == FREE).sum()) + 2
        m, n = self.table.shape
        if height * n > TREE_MEMORY:
            self._settle(False)
            return
        tree = Tree(np.zeros((height, m), np.int8), np.zeros((height, n)), np.zeros(height), np.ones(1, np.int64))
        tree.states[0], tree.prices[0], tree.bounds[0] = self.state, self.price, self.lower
        best, spent = self.best.copy(), 0
        while tree.height[0] > 0 and not self.late and (prove or spent < SMALL_TREE):
            value = bounds.branch(self.table, tree, best, self.value, self.step, NODE_ROUNDS, TREE_ENTRIES)
            self.best, self.value, spent = best, value, spent + 1
        if tree.height[0] > 0:
            self.lower = max(self.lower, min(self.value, float(tree.bounds[: tree.height[0]].min())))
        self._settle(tree.height[0] == 0)

    def _settle(self, proved: bool) -> None:
        if proved:
            self.lower, self.status = self.value, OPTIMAL
        elif self.late:
            self.status = TIME_LIMIT
