"""Servers that are all alike: Erlang's formulas of loss and of waiting, and waits by priority.

`load` is everywhere arrivals x mean service time, in servers.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from patrolgeo._typing import Floats


def erlang_b(servers: int, load: float) -> float:
    """Return the probability that all servers are busy when no call waits (Erlang B, by its recursion)."""
    blocked = 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_c(servers: int, load: float) -> float:
    """Return the probability that a call waits (Erlang C); 1 when the servers cannot keep up."""
    if load >= servers:
        return 1.0
    blocked = erlang_b(servers, load)
    return servers * blocked / (servers - load * (1.0 - blocked))


def share_within(servers: int, load: float, wait: float) -> float:
    """Return the share of calls that begin within `wait` (in mean service times); 0 when servers cannot keep up."""
    if load >= servers:
        return 0.0
    return 1.0 - erlang_c(servers, load) * math.exp(-(servers - load) * wait)


def mean_wait(servers: int, load: float) -> float:
    """Return the mean wait of all calls, in mean service times; infinite when the servers cannot keep up."""
    return erlang_c(servers, load) / (servers - load) if load < servers else math.inf


def general_wait(load: float, variation: float) -> float:
    """Return the mean wait at one server for any service time (Pollaczek and Khinchine), in mean service times.

    `variation` is the standard deviation of the service time over its mean.
    """
    return load * (1.0 + variation**2) / (2.0 * (1.0 - load)) if load < 1 else math.inf


def priority_waits(waiting: float, speed: float, rates: ArrayLike) -> Floats:
    """Return the mean wait by class, the most urgent first, when no call is interrupted (Cobham).

    `waiting` is the probability that a call waits, `speed` the service rate of all servers together, `rates` the
    arrivals by class. It holds for unequal servers too: while calls wait, all are busy. A class that the servers cannot
    keep up with waits for ever.
    """
    load = np.cumsum(np.asarray(rates, float)) / speed
    before = np.r_[0.0, load[:-1]]
    room = (1.0 - before) * (1.0 - load)
    return np.where(load < 1.0, waiting / speed / np.where(load < 1.0, room, 1.0), np.inf)


def busy_levels(servers: int, load: float, capacity: float) -> tuple[Floats, float]:
    """Return the probabilities of 0 .. `servers` busy without a queue, and of a queue; `capacity` calls may wait."""
    n = np.arange(1, servers + 1)
    log = np.r_[0.0, np.cumsum(np.log(load) - np.log(n))]
    level = np.exp(log - log.max())
    tail = level[-1] * queue_sum(load / servers, capacity)
    total = level.sum() + tail
    return level / total, float(tail / total)


def queue_sum(ratio: float, capacity: float) -> float:
    """Return ratio + ratio^2 + ... up to the power `capacity`, which may be infinite (the ratio is below 1 then)."""
    if math.isinf(capacity):
        return ratio / (1.0 - ratio)
    return float(np.sum(ratio ** np.arange(1, int(capacity) + 1)))


def queue_length(ratio: float, capacity: float) -> float:
    """Return 1 ratio + 2 ratio^2 + ... up to the power `capacity`, which may be infinite."""
    if math.isinf(capacity):
        return ratio / (1.0 - ratio) ** 2
    k = np.arange(1, int(capacity) + 1)
    return float(np.sum(k * ratio**k))
