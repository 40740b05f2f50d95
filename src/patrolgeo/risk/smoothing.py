"""Values by cell spread over their surroundings; their sums stay as they are."""

from __future__ import annotations

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
    steps = max(ceil((bandwidth / (1.01 * cell_spacing(history))) ** 2), 1)
    return smooth_steps(values, history, bandwidth / sqrt(steps), steps)


def smooth_steps(values: Floats, history: History, bandwidth: float, steps: int) -> Floats:
    """Apply a kernel of this bandwidth so many times."""
    weights = _weights(history.grid, round(bandwidth, 3))
    spread = np.ascontiguousarray(values.T)
    for _ in range(steps):
        spread = weights @ spread
    return np.ascontiguousarray(spread.T)


@lru_cache(maxsize=32)
def _weights(units: Units, bandwidth: float) -> sparse.csr_matrix:
    return smoother(units.xy, bandwidth)
