"""Which of many answers is beaten by none? And which few of them show the whole choice?"""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints

APART = 1e-9  # differences below it are rounding


def undominated(values: Floats) -> Bools:
    """Return which rows no other row beats: nowhere worse, somewhere better. Of equal rows the first counts.

    Parameters
    ----------
    values
        One row an answer, the less the better, shape (n, criteria).
    """
    values = np.asarray(values, float)
    kept = np.ones(len(values), bool)
    for i, row in enumerate(values):
        no_worse = (values <= row + APART).all(axis=1)
        better = (values < row - APART).any(axis=1)
        same_before = no_worse & ~better & (np.arange(len(values)) < i)
        kept[i] = not (no_worse & better).any() and not (same_before & kept).any()
    return kept


def spread_out(values: Floats, most: int) -> Ints:
    """Return at most `most` rows that lie far apart: the best by each criterion first, then the farthest from those."""
    values = np.asarray(values, float)
    span = values.max(axis=0) - values.min(axis=0)
    scaled = (values - values.min(axis=0)) / np.where(span > 0, span, 1.0)
    chosen = list(dict.fromkeys(np.argmin(scaled + 1e-6 * scaled.sum(axis=1, keepdims=True), axis=0).tolist()))[:most]
    while len(chosen) < min(most, len(values)):
        apart = np.linalg.norm(scaled[:, None] - scaled[chosen], axis=2).min(axis=1)
        apart[chosen] = -1.0
        chosen.append(int(np.argmax(apart)))
    return np.sort(np.asarray(chosen, np.int64))
