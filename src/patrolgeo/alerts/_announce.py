"""How many alerts a period brings when nothing rises, from what is known before it."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.alerts._negbin import bound, tail

STEPS, DRAWS = 6, 40_000


def announce(
    usual: Floats, variance: Floats, least: Floats, counted: Bools, n_other: Array, fdr: float | None
) -> tuple[Floats, Floats]:
    """Return the expected number of false alerts by period, and by series the chance of one when it is the only one.

    Parameters
    ----------
    usual, variance, least
        Of each series when nothing rises, shape (n_periods, n_series); missing where it is not judged.
    counted
        Which series count towards the number, shape (n_series,).
    n_other
        How many p-values there are in each period, for detectors that give nothing else.
    fdr
        Rate of false discoveries, or None: every count of at least `least` is an alert.
    """
    alone, known = np.full(usual.shape, np.nan), np.isfinite(usual) & np.isfinite(least)
    told = counted & known
    if fdr is None:
        alone[known] = tail(least[known], usual[known], variance[known])
        return np.array([alone[t, told[t]].sum() for t in range(len(usual))]), alone
    n = np.maximum(np.where(told.any(axis=1), told.sum(axis=1), n_other), 1)
    known[~told.any(axis=1)] = False
    period, mean, spread, lowest = np.nonzero(known)[0], usual[known], variance[known], least[known]
    below, chance = np.empty((STEPS, len(usual))), np.full(usual.shape, np.nan)
    for step in range(STEPS):
        level = fdr * (step + 1) / n
        chance[known] = tail(np.maximum(bound(level[period], mean, spread) + 1, lowest), mean, spread)
        alone = chance.copy() if step == 0 else alone
        below[step] = [chance[t, told[t]].sum() if told[t].any() else level[t] * n_other[t] for t in range(len(usual))]
    return np.array([_rejections(one) for one in below.T]), alone


def _rejections(below: Floats) -> float:
    """Return the mean number of rejections when the p-values below step k are Poisson with the means `below`."""
    rng = np.random.default_rng(0)
    gained = np.maximum(np.diff(below, prepend=0.0), 0.0)
    counts = rng.poisson(gained, (DRAWS, len(gained))).cumsum(axis=1)
    rejected = np.where(counts >= np.arange(1, len(gained) + 1), counts, 0).max(axis=1)
    return float(rejected.mean())
