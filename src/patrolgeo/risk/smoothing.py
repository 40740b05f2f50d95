"""Values by cell spread over their surroundings; their sums stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import ceil, sqrt

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats
from patrolgeo.grid.units import Units
from patrolgeo.kernels import smoother
from patrolgeo.risk.history import History


def cell_spacing(history: History) -> float:
    """Return the usual distance between centres of neighbouring cells in metres."""
    return history.grid.spacing_m


def smooth(values: Floats, history: History, bandwidth: float) -> Floats:
    """Spread values by cell with a Gaussian of standard deviation `bandwidth`; their sums stay as they are.

    A wide kernel is a narrow one applied several times (variances add up), so that memory stays small on large grids.
    Each step puts back inside what would leave the study area (edge correction).

    Parameters
    ----------
    values
        Shape (n, n_cells).
    bandwidth
        Metres.
    """
    return smooth_each(values, history, [bandwidth])[0]


def smooth_each(values: Floats, history: History, bandwidths: Iterable[float]) -> list[Floats]:
    """Return `values` smoothed with each of these ascending bandwidths; a wider one goes on from a narrower.

    Many surfaces at once cost half as much each as a few: the matrix is read once for all of them.
    """
    known: dict[float, tuple[int, Floats]] = {}
    out = []
    for bandwidth in bandwidths:
        steps = max(ceil((bandwidth / (1.01 * cell_spacing(history))) ** 2), 1)
        narrow = round(float(bandwidth / sqrt(steps)), 3)
        done, spread = known.get(narrow) or (0, np.ascontiguousarray(values.T))
        for _ in range(steps - done):
            spread = _weights(history.grid, narrow) @ spread
        known[narrow] = steps, spread
        out.append(np.ascontiguousarray(spread.T))
    return out


@lru_cache(maxsize=32)
def _weights(units: Units, bandwidth: float) -> sparse.csr_matrix:
    return smoother(units.xy, bandwidth)
