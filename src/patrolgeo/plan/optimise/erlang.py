"""Queues of equal servers (Erlang 1917): who waits, how long, and how few servers serve a share in time."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Array, Floats, Ints


def erlang_b(servers: Array, load: Floats) -> Floats:
    """Return the share of calls that find all servers busy and are lost; shapes are broadcast.

    The recursion B(n) = a B(n - 1) / (n + a B(n - 1)) from B(0) = 1 is exact and does not overflow.

    Parameters
    ----------
    servers
        Whole numbers of 0 or more.
    load
        Arrival rate times mean service time.
    """
    servers, load = np.broadcast_arrays(np.asarray(servers, np.int64), np.asarray(load, float))
    lost, at = np.ones(load.shape), np.ones(load.shape)
    for n in range(1, int(servers.max(initial=0)) + 1):
        at = load * at / (n + load * at)
        lost = np.where(servers >= n, at, lost)
    return lost


def erlang_c(servers: Array, load: Floats) -> Floats:
    """Return the share of calls that wait when nobody is lost; 1 where the load is the servers' or more, 0 without."""
    servers, load = np.broadcast_arrays(np.asarray(servers, np.int64), np.asarray(load, float))
    lost, stable = erlang_b(servers, load), load < servers
    free = 1 - np.where(stable, load / np.maximum(servers, 1), 0.0)
    return np.where(stable, lost / (1 - (1 - free) * (1 - lost)), np.where(load > 0, 1.0, 0.0))


def mean_wait(servers: Array, load: Floats) -> Floats:
    """Return the mean wait of all calls, in mean service times; infinite where the queue grows without end."""
    spare = np.asarray(servers, float) - load
    with np.errstate(divide="ignore"):
        return np.where(
            spare > 0, erlang_c(servers, load) / np.where(spare > 0, spare, 1.0), np.where(load > 0, np.inf, 0.0)
        )


def served_within(servers: Array, load: Floats, patience: float) -> Floats:
    """Return the share of calls that begin within `patience` mean service times; 0 where the queue has no end."""
    spare = np.asarray(servers, float) - load
    late = erlang_c(servers, load) * np.exp(-np.maximum(spare, 0.0) * patience)
    return np.where((spare > 0) | (np.asarray(load) == 0), 1 - late, 0.0)


def fewest_servers(load: Floats, patience: float, share: float) -> Ints:
    """Return how few servers begin the wanted share of calls within `patience` mean service times; 0 without load."""
    found, at, n = np.where(load > 0, -1, 0), np.ones(load.shape), 0
    while (found < 0).any():
        n += 1
        at = load * at / (n + load * at)  # Erlang B of n servers
        spare = n - load
        waits = np.where(spare > 0, at / (1 - load / n * (1 - at)), 1.0)
        enough = (spare > 0) & (1 - waits * np.exp(-np.maximum(spare, 0.0) * patience) >= share)
        found = np.where((found < 0) & enough, n, found)
    return found.astype(np.int64)
