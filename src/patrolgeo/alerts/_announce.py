"""How many alerts a period brings when nothing rises, from what is known before it."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Array, Floats
from patrolgeo.alerts._negbin import bound, tail

STEPS, DRAWS = 6, 40_000


def announce(usual: Floats, variance: Floats, least: Floats, n_other: Array, fdr: float | None) -> Floats:
    """Return the expected number of false alerts by period.

    Parameters
    ----------
    usual, variance, least
        Of each series when nothing rises, shape (n_periods, n_series); missing where it is not judged.
    n_other
        How many p-values there are in each period, for detectors that give nothing else.
    fdr
        Rate of false discoveries, or None: every count of at least `least` is an alert.
    """
    told = np.zeros(len(usual))
    for t in range(len(usual)):
        known = np.isfinite(usual[t]) & np.isfinite(least[t])
        mean, spread, lowest = usual[t, known], variance[t, known], least[t, known]
        if fdr is None:
            told[t] = float(tail(lowest, mean, spread).sum())
            continue
        n = int(known.sum()) or int(n_other[t])
        levels = fdr * np.arange(1, STEPS + 1) / max(n, 1)
        if known.any():
            below = [float(tail(np.maximum(bound(u, mean, spread) + 1, lowest), mean, spread).sum()) for u in levels]
        else:
            below = list(levels * n)
        told[t] = _rejections(np.array(below))
    return told


def _rejections(below: Floats) -> float:
    """Return the mean number of rejections when the p-values below step k are Poisson with the means `below`."""
    rng = np.random.default_rng(0)
    gained = np.maximum(np.diff(below, prepend=0.0), 0.0)
    counts = rng.poisson(gained, (DRAWS, len(gained))).cumsum(axis=1)
    rejected = np.where(counts >= np.arange(1, len(gained) + 1), counts, 0).max(axis=1)
    return float(rejected.mean())
