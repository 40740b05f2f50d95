"""The step rule of all Lagrangian bounds: how long a step is, when it gets shorter, and which way it goes."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.compiled import kernel

NEWS = 1e-4  # the share of its distance to the known plan by which a bound must come nearer to count as news


def plain(rule: Any) -> Any:
    """Return a rule as Python runs it, for bounds that are sparse products and must not wait for a compiler."""
    return getattr(rule, "py_func", rule)


@kernel
def gained(bound: float, best: float, value: float) -> bool:
    """Return whether `bound` comes nearer to the value of the known plan than the `best` bound so far, by some."""
    side = 1.0 if best > value else -1.0
    return np.isfinite(best) and side * (bound - value) < (1.0 - NEWS) * side * (best - value)


@kernel
def paced(theta: float, stall: int, news: bool, patience: int, shrink: float) -> tuple[float, int]:
    """Return the length of the next step and the rounds without news; after `patience` of them steps get shorter."""
    stall = 0 if news else stall + 1
    return (theta * shrink, 0) if stall > patience else (theta, stall)


@kernel
def blunted(slope: Floats, way: Floats) -> Floats:
    """Return the way to go: a slope that turns back on the last way is blunted by it.

    References
    ----------
    Camerini, Fratta and Maffioli (1975), On improving relaxation methods by modified gradient techniques,
    doi:10.1007/BFb0120697.
    """
    back = (slope * way).sum()
    return slope - 1.5 * back / (way**2).sum() * way if back < 0.0 else slope
