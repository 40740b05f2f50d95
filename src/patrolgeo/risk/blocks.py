"""Blocks of ground that are taken as independent: tests and intervals that hold although incidents cluster."""

from __future__ import annotations

import numpy as np
from scipy import sparse, stats

from patrolgeo._typing import Floats
from patrolgeo.risk.history import History

WIDTH_SPACINGS, WIDTH_M = 4.0, 1500.0
LEAST_BLOCKS = 20  # small areas are cut into so many at least


def block_width(history: History) -> float:
    """Return the side of a block in metres: four cell spacings and 1.5 km at least, less where the area is small."""
    wide = max(WIDTH_SPACINGS * history.grid.spacing_m, WIDTH_M)
    return float(min(wide, np.sqrt(history.area.sum() * 1e6 / LEAST_BLOCKS)))


def wide_width(history: History) -> float:
    """Return the side of the wide blocks that intervals are clustered by: three blocks, less in small areas."""
    narrow = block_width(history)
    return max(min(3 * narrow, float(np.sqrt(history.area.sum() * 1e6 / LEAST_BLOCKS))), narrow)


def blocks_of(history: History, width: float | None = None) -> sparse.csr_matrix:
    """Return which block holds which cell, a matrix of ones, shape (n_blocks, n_cells); squares of side `width`."""
    xy = history.grid.xy
    square = np.floor((xy - xy.mean(axis=0)) / (block_width(history) if width is None else width)).astype(int)
    block = np.unique(square, axis=0, return_inverse=True)[1].ravel()
    return sparse.csr_matrix((np.ones(len(xy)), (block, np.arange(len(xy)))))


def clustered(scores: Floats, information: Floats) -> tuple[Floats, Floats]:
    """Return standard errors that hold under dependence within blocks, and their degrees of freedom.

    The sandwich of the scores by block, each block's enlarged by what it alone would have moved the slopes (the
    jackknife over blocks, one step): V = H^-1 S H^-1, H the sum of the information, S the sum of outer products of
    (1 - H_b H^-1)^-1 s_b. The degrees of freedom of a slope are those of the blocks that inform it, minus one.

    Parameters
    ----------
    scores
        Score of each slope by block, shape (n_blocks, p).
    information
        By block, shape (n_blocks, p, p).

    References
    ----------
    Bell and McCaffrey 2002 (jackknife variance of clustered estimates); Cameron and Miller 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.risk.blocks import clustered
    >>> se, df = clustered(np.array([[1.0], [-1.0], [2.0], [-2.0]]), np.ones((4, 1, 1)))
    >>> se.round(3), df.round(1)
    (array([1.054]), array([3.]))
    """
    inverse = np.linalg.pinv(information.sum(axis=0))
    p = len(inverse)
    enlarged = np.linalg.solve(np.eye(p) * (1 + 1e-9) - information @ inverse, scores[:, :, None])[:, :, 0]
    moved = enlarged @ inverse
    own = np.einsum("bjj->bj", information)
    effective = own.sum(axis=0) ** 2 / np.maximum((own**2).sum(axis=0), 1e-300)
    return np.sqrt((moved**2).sum(axis=0)), np.maximum(effective - 1, 2.0)


def reach_of(df: Floats, level: float) -> Floats:
    """Return how many standard errors an interval of this level reaches to each side."""
    return np.asarray(stats.t.ppf((1 + level) / 2, df), float)
