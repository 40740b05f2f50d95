"""How far should an incident reach? Bandwidths learnt from the points."""

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.hotspots._kernel_sum import kernel_sum, peak

_JUDGES = 2000  # points whose left-out density is looked at
_STEP = 1.2  # ratio between bandwidths tried
_SPREAD = 0.02  # share of the density spread evenly, so that one lonely point does not decide


def scott_bandwidth(xy: Floats) -> float:
    """Return the standard deviation, averaged over the axes, times n^(-1/6) (Scott 1992): smooth, seldom good."""
    return float(xy.std(axis=0).mean() * len(xy) ** (-1 / 6)) if len(xy) > 1 else 0.0


def likelihood_bandwidth(xy: Floats, mass: Floats, smallest: float, largest: float, kernel: str = "gaussian") -> float:
    """Return the bandwidth in metres under which points are best foretold by all others (Habbema et al. 1974).

    All points of one spot are left out together: with addresses snapped to a block or a crossing the likelihood would
    otherwise fall for the smallest bandwidth there is. The search goes upwards and stops when it has got worse.

    Parameters
    ----------
    xy, mass
        Metres, shape (n, 2), and weights, shape (n,).
    smallest, largest
        Range of the search in metres.
    """
    _, spot = np.unique(np.round(xy, 1), axis=0, return_inverse=True)
    together = np.bincount(spot.ravel(), mass)[spot.ravel()]
    judges = np.linspace(0, len(xy) - 1, min(_JUDGES, len(xy))).astype(np.int64)
    rest = np.maximum(mass.sum() - together[judges], np.finfo(float).tiny)
    even = _SPREAD / max(float(np.prod(np.ptp(xy, axis=0))), 1.0)
    best, best_score, worse, bandwidth = smallest, -np.inf, 0, smallest
    while bandwidth <= largest and worse < 4:
        others = kernel_sum(xy[judges], xy, mass, bandwidth, kernel) - together[judges] * peak(bandwidth, kernel)
        score = float((mass[judges] * np.log((1 - _SPREAD) * np.maximum(others, 0) / rest + even)).sum())
        best, best_score, worse = (bandwidth, score, 0) if score > best_score else (best, best_score, worse + 1)
        bandwidth *= _STEP
    return float(best)
