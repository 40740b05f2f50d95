"""How few servers serve a share of calls in time, for many loads at once."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Floats, Ints


def fewest_servers(load: Floats, patience: float, share: float) -> Ints:
    """Return how few servers begin the wanted share of calls within `patience` mean service times; 0 without load.

    One pass of the recursion of Erlang B over the number of servers serves all loads, shape (n,).
    """
    found, blocked, n = np.where(load > 0, -1, 0), np.ones(load.shape), 0
    while (found < 0).any():
        n += 1
        blocked = load * blocked / (n + load * blocked)
        spare = n - load
        waits = np.where(spare > 0, blocked / (1 - load / n * (1 - blocked)), 1.0)
        enough = (spare > 0) & (1 - waits * np.exp(-np.maximum(spare, 0.0) * patience) >= share)
        found = np.where((found < 0) & enough, n, found)
    return found.astype(np.int64)
