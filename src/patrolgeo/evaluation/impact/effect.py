"""One effect with its interval, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats


@dataclass(frozen=True, eq=False, repr=False)
class Effect(Shown):
    """An effect, in the unit that its maker names; below zero there are fewer incidents.

    Parameters
    ----------
    effect
        The estimate.
    standard_error, z
        Of the estimate, on the scale on which it is about normal.
    low, high
        Interval; NaN where none can be given.
    p_value
        Two-sided.
    alpha
        1 - coverage of the interval.
    """

    effect: float
    standard_error: float
    z: float
    low: float
    high: float
    p_value: float
    alpha: float = 0.05

    @property
    def finding(self) -> str:
        """What the interval allows to say: "fewer", "more", "no evidence" of a change, or "not known".

        "No evidence" is never "no effect": the interval says how large an effect may have gone unseen.
        """
        if np.isnan(self.low) or np.isnan(self.high):
            return "not known"
        if self.low <= 0 <= self.high:
            return "no evidence"
        return "fewer" if self.high < 0 else "more"

    def _head(self) -> str:
        said = {"no evidence": "no evidence of a change", "not known": "no interval can be given"}
        span = f"[{self.low:,.4g}, {self.high:,.4g}]"
        return f"{self.effect:,.4g} {span}, {said.get(self.finding, self.finding)}"

    def _rows(self) -> Rows:
        return [
            ("standard error", f"{self.standard_error:,.4g}"),
            ("z", f"{self.z:.3f}, p {self.p_value:.3g}"),
            ("interval", f"{1 - self.alpha:.0%}; effects within it are not ruled out"),
        ]


def reach(alpha: float, freedom: float = np.inf) -> float:
    """Return how many standard errors an interval reaches to either side: Student's t, normal without an end."""
    if np.isinf(freedom):
        return float(special.ndtri(1 - alpha / 2))
    return float(special.stdtrit(freedom, 1 - alpha / 2)) if freedom > 0 else np.nan


def two_sided(z: float | Floats, freedom: float = np.inf) -> float:
    """Return the two-sided p of a statistic; NaN stays."""
    tail = special.ndtr(-np.abs(z)) if np.isinf(freedom) else special.stdtr(freedom, -np.abs(z))
    return float(2 * tail)
