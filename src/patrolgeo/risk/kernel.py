"""Kernel density as a forecast: the past smoothed over neighbouring cells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import ceil, sqrt

import numpy as np
from scipy import sparse

from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Floats
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.kernels import smoother
from patrolgeo.risk.baselines import _Constant
from patrolgeo.risk.protocol import History
from patrolgeo.risk.windows import past_windows, score_on_past


def cell_spacing(history: History) -> float:
    """Return the usual distance between centres of neighbouring cells in metres."""
    return float(np.sqrt(np.median(history.area) * 1e6 * 2 / sqrt(3)))


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
    weights = _weights(tuple(history.cells), round(bandwidth / sqrt(steps), 3))
    spread = np.ascontiguousarray(values.T)
    for _ in range(steps):
        spread = weights @ spread
    return np.ascontiguousarray(spread.T)


@lru_cache(maxsize=32)
def _weights(cells: tuple[str, ...], bandwidth: float) -> sparse.csr_matrix:
    return smoother(HexGrid.from_cells(list(cells)).xy, bandwidth)


@dataclass
class KernelRisk(_Constant):
    """Kernel density of the whole past, edge corrected, as expected counts.

    Parameters
    ----------
    bandwidth
        Standard deviation in metres; "likelihood" takes the one that would have scored best on the past, "scott" the
        rule of thumb, which smooths far too much where incidents sit on few corners.

    References
    ----------
    Chainey, Tompson and Uhlig 2008, doi:10.1057/palgrave.sj.8350066.
    """

    bandwidth: float | str = "likelihood"

    def _fit(self, history: History) -> None:
        self.bandwidth_ = self._bandwidth(history)
        self.rate_ = smooth(history.counts.mean(axis=0)[None], history, self.bandwidth_)[0]

    def _bandwidth(self, history: History) -> float:
        if not isinstance(self.bandwidth, str):
            check_positive(self.bandwidth, "bandwidth")
            return float(self.bandwidth)
        check_choice(self.bandwidth, ("likelihood", "scott"), "bandwidth")
        return _scott(history) if self.bandwidth == "scott" else _most_likely(history)


def _scott(history: History) -> float:
    """Standard deviation averaged over the axes times n^(-1/6)."""
    weights = history.counts.sum(axis=0)
    if weights.sum() <= 1:
        return cell_spacing(history)
    xy = history.grid.xy
    spread = np.sqrt(weights @ (xy - weights @ xy / weights.sum()) ** 2 / weights.sum())
    return max(float(spread.mean() * weights.sum() ** (-1 / 6)), cell_spacing(history) / 4)


def _most_likely(history: History) -> float:
    candidates = cell_spacing(history) * 2.0 ** np.arange(-1.5, 3.01, 0.5)

    def rates(t: int) -> Floats:
        mean = history.counts[:t].mean(axis=0)[None]
        return np.concatenate([smooth(mean, history, h) for h in candidates])

    windows = past_windows(history)
    return float(candidates[np.argmax(score_on_past(history, rates, windows))] if windows else cell_spacing(history))
