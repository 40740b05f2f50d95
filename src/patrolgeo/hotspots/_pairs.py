"""Pairs of points that lie close together, found block by block and kept in few bytes."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.kernels import within

MOST = 250_000_000  # pairs that are kept, 6 bytes each
_BLOCK = 2_000_000  # pairs that are looked at together
_POINTS = 2**16  # points in a block at most: numbers of 16 bits are sorted by counting


class Pairs(NamedTuple):
    """Pairs by the first point of each: those of point i are the entries from ``start[i]`` to ``start[i + 1]``.

    Parameters
    ----------
    start
        Shape (n_points + 1,).
    second, band
        The other point, of a higher number, and the band of distance; shape (n_pairs,).
    """

    start: Ints
    second: NDArray[np.int32]
    band: NDArray[np.int16]


def banded_pairs(xy: Floats, edges: Floats, norm: float) -> Pairs:
    """Return the pairs below the last edge; counted before any is made, so that too many are told at once.

    Raises
    ------
    DataError
        When there are more than 250 million, which would take more than 1.5 GB.
    """
    tree = cKDTree(xy)
    reach = within(edges[-1])
    total = (tree.count_neighbors(tree, reach, p=norm) - len(xy)) // 2 if len(xy) else 0
    if total > MOST:
        raise DataError(
            f"{total:,} pairs of {len(xy):,} incidents lie within {edges[-1]:g} m of each other, and every permutation "
            f"looks at each; at most {MOST:,} are. Lower the last edge, or take a part of the area or of the time."
        )
    second, band = np.empty(total, np.int32), np.empty(total, np.int16)
    n_of, done = np.zeros(len(xy), np.int64), 0
    for begin, stop in _blocks(tree, reach, norm):
        first, others, bands = _pairs_from(xy, begin, stop, edges, norm)
        n_of[begin:stop] = np.bincount(first - begin, minlength=stop - begin)
        second[done : done + len(first)], band[done : done + len(first)] = others, bands
        done += len(first)
    return Pairs(np.r_[0, np.cumsum(n_of)], second[:done], band[:done])


def _blocks(tree: cKDTree, reach: float, norm: float) -> list[tuple[int, int]]:
    """Return ranges of points with about as many neighbours."""
    neighbours = np.cumsum(tree.query_ball_point(tree.data, reach, p=norm, return_length=True))
    cuts = np.searchsorted(neighbours, np.arange(_BLOCK, neighbours[-1:].sum(), _BLOCK)) + 1
    ends = np.r_[cuts, np.arange(0, len(neighbours), _POINTS), len(neighbours)]
    return list(pairwise(np.unique(ends).tolist()))


def _pairs_from(xy: Floats, begin: int, stop: int, edges: Floats, norm: float) -> tuple[Array, Array, Array]:
    """Return first, second and band of the pairs whose first point is in this range, in order."""
    found = cKDTree(xy[begin:stop]).sparse_distance_matrix(
        cKDTree(xy[begin:]), within(edges[-1]), p=norm, output_type="ndarray"
    )
    first, second = found["i"] + begin, found["j"] + begin
    later = second > first
    first, second = first[later], second[later]
    band = np.searchsorted(edges, np.linalg.norm(xy[first] - xy[second], ord=norm, axis=1), side="right") - 1
    close = np.flatnonzero(band < len(edges) - 1)
    order = close[np.argsort((first[close] - begin).astype(np.uint16), kind="stable")]
    return first[order], second[order], band[order]
