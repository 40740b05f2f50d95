"""Covering everything on arrays: a greedy plan, then HiGHS."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.constrained.rows import Rows
from patrolgeo.solver import Solution, solve_milp


def choose(served_by: sparse.csr_matrix, price: Floats, rules: Rows, times: int, time_limit: float) -> Solution:
    """Return the cheapest candidates that reach every group (row of `served_by`) so many times and keep the rules."""
    groups = served_by.shape[0]
    floor = np.zeros(len(price))
    floor[rules.fixed] = 1.0
    start = _greedy(served_by, price, rules.fixed, times)
    return solve_milp(
        price, sparse.vstack([served_by, rules.matrix]),
        np.r_[np.full(groups, float(times)), np.full(len(rules.limit), -np.inf)],
        np.r_[np.full(groups, np.inf), rules.limit], integer=np.ones(len(price), bool), bounds=(floor, 1.0),
        time_limit=time_limit, start=start if rules.kept_by(start) else None,
    )  # fmt: skip


def _greedy(served_by: sparse.csr_matrix, price: Floats, fixed: Ints, times: int) -> Floats:
    """Open the candidate with the most new cover for its price until everything is covered."""
    sets = served_by.T.tocsr()
    chosen = np.zeros(len(price))
    chosen[fixed] = 1.0
    missing = times - served_by @ chosen
    while (missing > 0).any():
        need: Bools = missing > 0
        gain = np.where(chosen > 0, -1.0, (sets @ need) / (price + 1e-9 * (price.max() or 1.0)))
        best = int(np.argmax(gain))
        chosen[best] = 1.0
        missing[sets.indices[sets.indptr[best] : sets.indptr[best + 1]]] -= 1.0
    return chosen
