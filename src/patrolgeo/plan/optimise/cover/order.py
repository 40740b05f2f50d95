"""Sites one after another by what each adds to those before it: the greedy plan, and the order of a finished one."""

from __future__ import annotations

import heapq

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints


def greedy(
    reach: sparse.csr_matrix, demand: Floats, begin: Ints, n_sites: int, backup: float = 0.0, pool: Ints | None = None
) -> tuple[Ints, Floats]:
    """Return the sites `begin`, then each next one of `pool` that adds most, and what each adds; ties by position.

    What a site adds only falls while others open, so the one on top of the heap is the best when its gain is fresh.
    """
    left, times = demand.astype(float), np.zeros(len(demand), np.int64)
    order, gains = [], []

    def take(site: int) -> None:
        served = reach.indices[reach.indptr[site] : reach.indptr[site + 1]]
        order.append(site)
        gains.append(float(left[served].sum()))
        times[served] += 1
        left[served] = np.where(times[served] == 1, backup * demand[served], 0.0)

    for site in begin.tolist():
        take(site)
    rest = np.setdiff1d(np.arange(reach.shape[0]) if pool is None else pool, begin)
    heap = [(-gain, site, len(order)) for gain, site in zip((reach @ left)[rest].tolist(), rest.tolist(), strict=True)]
    heapq.heapify(heap)
    while len(order) < n_sites:
        _, site, seen = heapq.heappop(heap)
        if seen == len(order):
            take(site)
            continue
        gain = left[reach.indices[reach.indptr[site] : reach.indptr[site + 1]]].sum()
        heapq.heappush(heap, (-float(gain), site, len(order)))
    return np.array(order, np.int64), np.array(gains)


def by_gain(
    reach: sparse.csr_matrix, demand: Floats, chosen: Ints, fixed: Ints, backup: float = 0.0
) -> tuple[Ints, Floats]:
    """Order chosen sites by what each adds to those before it, the fixed ones first; return the order and the gains."""
    first, _ = greedy(reach, demand, fixed[:0], len(fixed), backup, fixed)
    return greedy(reach, demand, first, len(chosen), backup, chosen)
