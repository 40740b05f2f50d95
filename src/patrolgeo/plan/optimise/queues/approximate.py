"""The hypercube, approximately: the workload of each unit as a fixed point, for any number of units.

Units are taken as busy independently of each other, mended by one factor by rank that is right when all units are alike
(Larson 1975); the shares of a place are scaled to add up, and service times may differ by unit (Jarvis 1985).
"""

from __future__ import annotations

import numpy as np
from scipy.special import gammaln

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.queues.erlang import busy_levels
from patrolgeo.plan.optimise.queues.exact import Solved

ROUNDS, CLOSE = 500, 1e-7
NOTHING = 1e-8  # chance that so many units are busy, below which the rest of a list is not looked at


def approximate(rates: Floats, service: Floats, preference: Ints, capacity: float) -> Solved:
    """Return the fixed point; the mean service time follows the units that are sent."""
    total, n_units = float(rates.sum()), len(service)
    mean_time, workload = 1.0 / float(service.mean()), np.empty(0)
    for _ in range(ROUNDS):
        level, queue = busy_levels(n_units, total * mean_time, capacity)
        factor, usual = _rank_factor(level, queue)
        workload = workload if len(workload) else np.full(n_units, usual)
        ready = float(level[:-1].sum())
        waits = 0.0 if capacity == 0 else total * (1.0 - ready) / float(service.sum())
        workload = _fixed_point(rates, service, preference, factor, workload, ready, waits)
        at_once = _all_shares(preference, factor, workload, ready)
        sent = rates @ at_once + waits * service
        new = float((sent / service).sum() / sent.sum())
        if abs(new - mean_time) < CLOSE * mean_time:
            break
        mean_time = new
    return Solved(workload, at_once, level, queue)


def _rank_factor(level: Floats, queue: float) -> tuple[Floats, float]:
    """Return by rank what mends the product of workloads, and the mean workload."""
    n = len(level) - 1
    usual = float(level @ np.arange(n + 1)) / n + queue
    rank, busy = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
    log = gammaln(np.arange(n + 1) + 1.0)  # of the factorials
    held = log[busy] - log[np.maximum(busy - rank, 0)] + log[n - rank] - log[n]
    chance = np.where(busy >= rank, np.exp(held) * (n - busy) / (n - rank), 0.0) @ level[:n]
    alone = usual ** np.arange(n) * (1.0 - usual)
    return chance / np.maximum(alone, np.finfo(float).tiny), usual  # hundreds of busy units: both are 0


@kernel
def _fixed_point(
    rates: Floats, service: Floats, preference: Ints, factor: Floats, workload: Floats, ready: float, waits: float
) -> Floats:
    """Return workloads that agree with the shares that they make; `waits` is the work of queued calls by unit."""
    workload, share = workload.copy(), np.empty(len(service))
    for _ in range(ROUNDS):
        offered, worst = np.zeros(len(service)), 0.0
        for j in range(len(rates)):
            for r in range(_share_out(preference[j], factor, workload, ready, share)):
                offered[preference[j, r]] += rates[j] * share[r]
        for u in range(len(service)):
            busy = offered[u] / service[u] / (1.0 - workload[u])  # per unit of time that it is free
            new = (busy + waits) / (1.0 + busy)
            worst = max(worst, abs(new - workload[u]))
            workload[u] = new
        if worst < CLOSE:
            break
    return workload


@kernel
def _all_shares(preference: Ints, factor: Floats, workload: Floats, ready: float) -> Floats:
    shares, share = np.zeros((len(preference), len(workload))), np.empty(len(workload))
    for j in range(len(preference)):
        for r in range(_share_out(preference[j], factor, workload, ready, share)):
            shares[j, preference[j, r]] = share[r]
    return shares


@inner
def _share_out(units: Ints, factor: Floats, workload: Floats, ready: float, share: Floats) -> int:
    """Share the calls of one place that find a free unit out by rank; return how many ranks it takes.

    Of a list that leaves units out some are lost, so its shares are not scaled.
    """
    busy, total, last = 1.0, 0.0, 0
    while last < len(units) and units[last] >= 0 and busy > NOTHING:
        load = workload[units[last]]
        share[last] = factor[last] * busy * (1.0 - load)
        total += share[last]
        busy *= load
        last += 1
    if len(units) == len(workload) and units[-1] >= 0:
        for r in range(last):
            share[r] *= ready / total
    return last
