"""Chosen sites in the order of what each adds to those before it."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints


def by_gain(
    reach: sparse.csr_matrix, demand: Floats, chosen: Ints, fixed: Ints, backup: float = 0.0
) -> tuple[Ints, Floats]:
    """Order chosen sites by what each adds to those before it, the fixed ones first; return the order and the gains."""
    left, order, gains = demand.copy(), [], []
    times = np.zeros(len(demand), np.int64)
    waiting = {int(i): reach.indices[reach.indptr[i] : reach.indptr[i + 1]] for i in chosen}
    first = [int(i) for i in fixed]
    while waiting:
        pool = [i for i in first if i in waiting] or list(waiting)
        gain, best = max((left[waiting[i]].sum(), -i) for i in pool)
        order.append(-best)
        gains.append(float(gain))
        served = waiting.pop(-best)
        times[served] += 1
        left[served] = np.where(times[served] == 1, backup * demand[served], 0.0)
    return np.array(order, np.int64), np.array(gains)
