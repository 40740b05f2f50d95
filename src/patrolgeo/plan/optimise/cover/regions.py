"""Covering by regions: a few sites near each other are given up, and the best in their place is worked out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.plan.optimise.cover.sets import Covers, merge_equal

SIZE = 8  # sites given up at a time
TIRED = 3  # of so many sites given up one counts as the middle of a region
OVERHEAD = 100_000  # what a region costs beside the entries read, in entries


def by_regions(
    sets: Covers,
    fixed: Ints,
    plan: Floats,
    entries: int,
    seed: int,
    best_of: Callable[[Covers, Floats], tuple[Floats, int]],
) -> Floats:
    """Return a plan at least as good, region after region until so many entries are read.

    The site that was in the middle of no region for longest is that of the next one. `best_of` is told what candidates
    can cover that the sites that stay do not, and which of them are open; it returns which should be, and what
    that took, in entries. A region that gave nothing is not asked again while the plan stays as it is.
    """
    rng, last, turn = np.random.default_rng(seed), np.full(len(plan), -1), 0
    tried: set[bytes] = set()
    while entries > 0:
        entries -= OVERHEAD
        may_go = plan > 0.5
        may_go[fixed] = False
        gone = _around(sets, may_go, _longest_ago(np.flatnonzero(may_go), last, rng))
        last[gone[: 1 + len(gone) // TIRED]], turn = turn, turn + 1
        if (region := np.sort(gone).tobytes()) in tried:
            continue
        tried.add(region)
        candidates, part = _freed(sets, plan, gone)
        known = plan[candidates]
        found, took = best_of(part, known)
        if part.worth(found) > part.worth(known) * (1 + 1e-12):
            plan = plan.copy()
            plan[candidates] = found
            tried.clear()
        entries -= part.sets.nnz + took
    return plan


def _longest_ago(open_sites: Ints, last: Ints, rng: np.random.Generator) -> int:
    return int(open_sites[np.lexsort((rng.random(len(open_sites)), last[open_sites]))[0]])


def _around(sets: Covers, may_go: Bools, middle: int) -> Ints:
    """Return some sites, `middle` first, then those met first on the way from demand to candidates and on."""
    gone, met = [middle], np.zeros(len(may_go))
    met[middle] = 1.0
    while len(gone) < SIZE:
        met = sets.sets @ (sets.served_by @ (met > 0).astype(float))
        new = np.setdiff1d(np.flatnonzero(may_go & (met > 0)), gone)
        if len(new) == 0:
            break
        gone += new[np.argsort(-met[new], kind="stable")][: SIZE - len(gone)].tolist()
    return np.array(gone, np.int64)


def _freed(sets: Covers, plan: Floats, gone: Ints) -> tuple[Ints, Covers]:
    kept = plan.copy()
    kept[gone] = 0.0
    left = sets.served_by @ kept < 0.5
    useful = sets.sets @ left.astype(float) > 0
    candidates = np.union1d(np.flatnonzero(useful & (kept < 0.5)), gone)
    return candidates, merge_equal(sparse.csr_matrix(sets.sets[candidates][:, left]), sets.weight[left])
