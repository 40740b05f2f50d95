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
    told, alone = np.zeros(len(usual)), np.full(usual.shape, np.nan)
    for t in range(len(usual)):
        known = np.isfinite(usual[t]) & np.isfinite(least[t])
        mean, spread, lowest, counts = usual[t, known], variance[t, known], least[t, known], counted[known]
        if fdr is None:
            alone[t, known] = tail(lowest, mean, spread)
            told[t] = float(alone[t, known][counts].sum())
            continue
        n = int(counts.sum()) or int(n_other[t])
        levels = fdr * np.arange(1, STEPS + 1) / max(n, 1)
        if counts.any():
            chance = [tail(np.maximum(bound(u, mean, spread) + 1, lowest), mean, spread) for u in levels]
            alone[t, known], below = chance[0], [float(one[counts].sum()) for one in chance]
        else:
            below = list(levels * n)
        told[t] = _rejections(np.array(below))
    return told, alone


def _rejections(below: Floats) -> float:
    """Return the mean number of rejections when the p-values below step k are Poisson with the means `below`."""
    rng = np.random.default_rng(0)
    gained = np.maximum(np.diff(below, prepend=0.0), 0.0)
    counts = rng.poisson(gained, (DRAWS, len(gained))).cumsum(axis=1)
    rejected = np.where(counts >= np.arange(1, len(gained) + 1), counts, 0).max(axis=1)
    return float(rejected.mean())
