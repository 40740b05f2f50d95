"""Covering by annealing: a site moves to a candidate that shares demand with it, or sometimes to any other."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.cover.sets import CoverArrays

COLD = 0.004  # heat at the end, as a share of the mean demand of a site
FAR = 0.2  # share of moves to any candidate


@kernel
def anneal(sets: CoverArrays, n_fixed: int, known: Ints, steps: int, hot: float, seed: int) -> tuple[Ints, float]:
    """Return the best plan met from `known` on (its first `n_fixed` sites stay), and its value; deterministic.

    The heat, a share of the mean demand of a site, falls from `hot` to `COLD` while `steps` elementary steps are spent.
    """
    np.random.seed(seed)
    chosen, times = known.copy(), np.zeros(len(sets.weight), np.int64)
    is_open = np.zeros(len(sets.start) - 1, np.bool_)
    for site in chosen:
        is_open[site] = True
        _open(site, sets, times)
    value = sets.weight[times > 0].sum() + sets.second[times > 1].sum()
    best, best_value, work, unit = chosen.copy(), value, 0, sets.weight.sum() / len(chosen)
    tiny = 1e-9 * sets.weight.sum()
    while work < steps and n_fixed < len(chosen):
        heat = unit * hot * (COLD / hot) ** (work / steps)
        q = n_fixed + np.random.randint(len(chosen) - n_fixed)
        old = chosen[q]
        new = _draw(old, sets)
        work += 20 + 2 * (sets.start[old + 1] - sets.start[old]) + sets.start[new + 1] - sets.start[new]
        if is_open[new]:
            continue
        loss, gain = _close(old, sets, times), _gain(new, sets, times)
        if gain - loss < heat * np.log(np.random.random()):
            _open(old, sets, times)
            continue
        _open(new, sets, times)
        chosen[q] = new
        is_open[old], is_open[new] = False, True
        value += gain - loss
        if value > best_value + tiny:
            best_value = value
            best[:] = chosen
    return best, best_value


@inner
def _open(site: int, sets: CoverArrays, times: Ints) -> None:
    for t in range(sets.start[site], sets.start[site + 1]):
        times[sets.member[t]] += 1


@inner
def _close(site: int, sets: CoverArrays, times: Ints) -> float:
    """Count a site out; return what it added."""
    loss = 0.0
    for t in range(sets.start[site], sets.start[site + 1]):
        j = sets.member[t]
        times[j] -= 1
        if times[j] == 0:
            loss += sets.weight[j]
        elif times[j] == 1:
            loss += sets.second[j]
    return loss


@inner
def _gain(site: int, sets: CoverArrays, times: Ints) -> float:
    """Return what a site would add."""
    gain = 0.0
    for t in range(sets.start[site], sets.start[site + 1]):
        j = sets.member[t]
        if times[j] == 0:
            gain += sets.weight[j]
        elif times[j] == 1:
            gain += sets.second[j]
    return gain


@inner
def _draw(site: int, sets: CoverArrays) -> int:
    """Return a candidate that shares demand with `site`, or any."""
    first, size = sets.start[site], sets.start[site + 1] - sets.start[site]
    if size == 0 or np.random.random() < FAR:
        return np.random.randint(len(sets.start) - 1)
    j = sets.member[first + np.random.randint(size)]
    return sets.owner[sets.back[j] + np.random.randint(sets.back[j + 1] - sets.back[j])]
