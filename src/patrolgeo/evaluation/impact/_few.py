"""Inference for few clusters: the wild bootstrap under the null, and randomisation."""

from __future__ import annotations

from itertools import combinations
from math import comb, prod

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints

DRAWS = 1999
WEBB = np.sqrt([0.5, 1.0, 1.5])  # six points with mean 0 and variance 1 (Webb 2023): 2 leave too few draws apart
MANY = 12  # clusters from which two points suffice


def wild(sums: Floats, size: Floats, treated: Bools, rng: np.random.Generator) -> tuple[Floats, float]:
    """Return the absolute t of draws under the null, and the observed t.

    Parameters
    ----------
    sums, size
        By cluster: sum of outcomes, and of weights, of which the ratio is a mean; shape (n_clusters,).
    treated
        Which clusters are treated.
    """
    null = sums - size * sums.sum() / size.sum()
    points = np.array([-1.0, 1.0]) if len(sums) >= MANY else np.concatenate([-WEBB, WEBB])
    draws = rng.choice(points, (DRAWS, len(sums))) * null
    return np.abs(_t(draws, size, treated)), float(_t(null[None], size, treated)[0])


def _t(sums: Floats, size: Floats, treated: Bools) -> Floats:
    value, variance = np.zeros(len(sums)), np.zeros(len(sums))
    for arm, sign in ((treated, 1.0), (~treated, -1.0)):
        mean = sums[:, arm].sum(axis=1) / size[arm].sum()
        left = sums[:, arm] - mean[:, None] * size[arm]
        value += sign * mean
        variance += (left**2).sum(axis=1) / size[arm].sum() ** 2 * arm.sum() / max(arm.sum() - 1, 1)
    return np.divide(value, np.sqrt(variance), out=np.zeros_like(value), where=variance > 0)


def assignments(treated: Bools, block: Ints, rng: np.random.Generator) -> Floats:
    """Return other ways in which the same numbers could have been treated within blocks, a row each; all when few."""
    blocks = [np.flatnonzero(block == b) for b in np.unique(block)]
    numbers = [int(treated[b].sum()) for b in blocks]
    if prod(comb(len(b), n) for b, n in zip(blocks, numbers, strict=True)) <= DRAWS:
        rows = np.zeros((1, len(treated)))
        for members, number in zip(blocks, numbers, strict=True):
            ways = list(combinations(members, number))
            rows = np.repeat(rows, len(ways), axis=0)
            for row, way in enumerate(ways * (len(rows) // len(ways))):
                rows[row, list(way)] = 1.0
        return rows
    rows = np.zeros((DRAWS, len(treated)))
    for members, number in zip(blocks, numbers, strict=True):
        order = rng.random((DRAWS, len(members))).argsort(axis=1)[:, :number]
        rows[np.arange(DRAWS)[:, None], members[order]] = 1.0
    return np.concatenate([treated[None].astype(float), rows])
