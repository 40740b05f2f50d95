"""The p-median on arrays: search, bound, and what closes the gap between them.

`table` is everywhere demand x cost, candidates x places, finite.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.plan.optimise.median import bound as bounds
from patrolgeo.plan.optimise.median.bound import CLOSED, FREE, OPEN
from patrolgeo.plan.optimise.median.rows import Rows, greedy_near, improve, lift, rows_of
from patrolgeo.plan.optimise.median.search import greedy, search
from patrolgeo.plan.optimise.median.tree import ROUNDS as NODE_ROUNDS
from patrolgeo.plan.optimise.median.tree import Node, grow
from patrolgeo.solver import HEURISTIC, INFEASIBLE, OPTIMAL, TIME_LIMIT

SEARCH_ENTRIES = (20_000_000, 100_000_000, 100_000_000)  # entries each round may read; 200 million take half a second
LARGE = 4_000_000  # entries from which the search reads only the nearest candidates of each place
ROUNDS, PATIENCE, THETA = 2000, 40, 2.0  # steps at the root, and of them without news before they get shorter
ROOT_ENTRIES = 2_000_000_000  # entries the steps may read: five seconds
LATE_ROUNDS = 60  # no plan without a bound, even when time is up
TREE_ENTRIES = 1_500_000_000  # entries the nodes may read without `prove`: a few seconds at most
SMALL_NODES = 200  # nodes of HiGHS without `prove`


def choose(table: Floats, fixed: Ints, n_sites: int, *, prove: bool, deadline: float, seed: int) -> Work:
    """Search, bound, and close the gap with what is left; `fixed` candidates are open in every plan."""
    rows, large = rows_of(table, n_sites), table.size > LARGE
    start = greedy_near(rows, fixed, n_sites) if large else greedy(table, fixed, n_sites)
    work = Work(table, rows, fixed, start, float(table[start].min(axis=0).sum()), deadline)
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
    rows: Rows
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
        self.price, self.often = bounds.first_price(self.table), np.zeros(len(self.table))

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
            start = self.best
            if self.table.size > LARGE:
                start, entries = improve(self.rows, start, len(self.fixed), entries, seed), 0
            found, values = search(self.table, start, len(self.fixed), entries, seed)
            if values[0] < self.value:
                self.best, self.value = found[0], float(values[0])

    def bound_root(self) -> None:
        """Raise the bound by prices, and fix what they decide."""
        if self.status != HEURISTIC:
            return
        rounds = min(ROUNDS, ROOT_ENTRIES // max(1, len(self.rows.cost)))
        self.best = self.best.copy()
        lower, self.value = lift(
            self.rows, self.state, self.price, self.best, self.value, self.step, THETA,
            LATE_ROUNDS if self.late else rounds, PATIENCE, self.often,
        )  # fmt: skip
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
        read = int(np.diff(self.rows.start)[self.state != CLOSED].sum())
        most = 1 + TREE_ENTRIES // (NODE_ROUNDS * read)
        best, root = self.best.copy(), Node(self.lower, self.state, self.price, self.often)
        lower, self.value = grow(
            self.table, self.rows, root, best, self.value, self.step,
            lambda seen: not self.late and (prove or seen < most),
        )  # fmt: skip
        self.best, self.lower = best, max(self.lower, min(lower, self.value))
        self._settle(self.lower > self.value - self.step)

    def _settle(self, proved: bool) -> None:
        if proved:
            self.lower, self.status = self.value, OPTIMAL
        elif self.late:
            self.status = TIME_LIMIT
