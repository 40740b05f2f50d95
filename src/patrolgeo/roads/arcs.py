"""Road pieces as directed arcs, and arcs as the matrix in which shortest paths are looked for."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.kernels import least_csr


def arcs(source: Ints, target: Ints, minutes: Floats, oneway: Bools) -> tuple[Ints, Ints, Floats]:
    """Return the directed arcs of road pieces: forwards, and backwards where the road is open both ways; no loops."""
    both = ~np.asarray(oneway, bool)
    tail, head = np.r_[source, target[both]], np.r_[target, source[both]]
    time = np.r_[minutes, minutes[both]]
    real = tail != head
    return tail[real], head[real], time[real]


def fastest(arc: tuple[Ints, Ints, Floats], n: int) -> sparse.csr_matrix:
    """Return arcs as CSR (n, n), of parallel ones the fastest."""
    return least_csr(*arc, (n, n))


def by_size(part: Ints) -> Ints:
    """Return numbers of parts, counted anew from the largest, 0, on."""
    order = np.argsort(-np.bincount(part), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank[part]
