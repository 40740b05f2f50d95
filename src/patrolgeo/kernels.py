"""Weights that fall with distance, close pairs, and how far rounding may carry a sum over a limit."""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, Floats

# Each profile takes distance / standard deviation; all are scaled to unit variance per axis in two dimensions.
PROFILES: dict[str, tuple[Callable[[Floats], Floats], float]] = {
    "gaussian": (lambda u: np.exp(-0.5 * u**2), 4.0),
    "epanechnikov": (lambda u: np.maximum(1 - u**2 / 6, 0), np.sqrt(6.0)),
    "quartic": (lambda u: np.maximum(1 - u**2 / 8, 0) ** 2, np.sqrt(8.0)),
    "uniform": (lambda u: (u <= 2.0).astype(float), 2.0),
}


ROUNDING = 1e-9  # the share of a limit by which a sum of minutes or metres may exceed it and still be within


def within(limit: Any) -> Any:
    """Return a limit (number or array) widened by rounding, so that ``0.1 + 0.2 <= within(0.3)``.

    Every test "at most so many minutes, metres or hops" compares with this; it is the one tolerance of reach.

    Examples
    --------
    >>> from patrolgeo.kernels import within
    >>> 0.1 + 0.2 <= 0.3, 0.1 + 0.2 <= within(0.3), 0.3001 <= within(0.3)
    (False, True, False)
    """
    return limit * (1.0 + ROUNDING)


def least_csr(row: Array, column: Array, values: Floats, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Return entries as CSR, of those in one place the lowest (a plain CSR would add them up); zeros stay.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.kernels import least_csr
    >>> least_csr(np.array([0, 0]), np.array([1, 1]), np.array([3.0, 2.0]), (1, 2)).data.tolist()
    [2.0]
    """
    order = np.lexsort((values, column, row))
    row, column, values = row[order], column[order], values[order]
    first = np.r_[True, (np.diff(row) != 0) | (np.diff(column) != 0)] if len(row) else np.zeros(0, bool)
    return sparse.csr_matrix((values[first], (row[first], column[first])), shape=shape)


def close_pairs(xy: Floats, radius: float) -> sparse.csr_matrix:
    """Return distances between points at most `radius` apart as CSR, shape (n, n), the diagonal left out.

    Distances of zero between different points are kept as the smallest positive number, so that no pair is lost.
    """
    tree = cKDTree(xy)
    pairs = tree.query_pairs(radius, output_type="ndarray")
    distance = np.maximum(np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T), np.finfo(float).tiny)
    i, j = np.r_[pairs[:, 0], pairs[:, 1]], np.r_[pairs[:, 1], pairs[:, 0]]
    return sparse.csr_matrix((np.r_[distance, distance], (i, j)), shape=(len(xy), len(xy)))


def smoother(xy: Floats, bandwidth: float, kernel: str = "gaussian") -> sparse.csr_matrix:
    """Return the matrix that spreads counts over neighbours and keeps their sum inside the study area.

    Each column sums to 1: what an event would put outside the area is put back inside (edge correction).

    Parameters
    ----------
    xy
        Cell centres in metres, shape (n, 2).
    bandwidth
        Standard deviation in metres.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.kernels import smoother
    >>> weights = smoother(np.array([[0.0, 0], [100, 0], [1000, 0]]), bandwidth=100)
    >>> np.asarray(weights.sum(axis=0)).round(12)
    array([[1., 1., 1.]])
    """
    profile, reach = PROFILES[kernel]
    pairs = close_pairs(xy, reach * bandwidth)
    pairs.data = profile(pairs.data / bandwidth)
    weights = (pairs + sparse.identity(len(xy))).tocsr()
    mass = np.asarray(weights.sum(axis=0)).ravel()
    return (weights @ sparse.diags(1.0 / mass)).tocsr()
