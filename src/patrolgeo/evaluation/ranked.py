"""Units in the order of a forecast: what every measure of a flagged area reads from.

Units are taken in the order of the forecast per unit of the budget (km2, km of street, minutes, units) until the budget
is spent. Units of equal density count by the expectation over all their orders, and the last unit by the part that
fits, so no result hangs on the order of rows. The curve below is drawn once, and every budget is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from patrolgeo._checks import check_number
from patrolgeo._typing import Floats
from patrolgeo.risk.likelihood import scored


class Curve(NamedTuple):
    """What is caught by every amount of the budget: `spent` and `caught` where groups of equal density end, from 0."""

    spent: Floats
    caught: Floats

    def at(self, budget: float | Floats) -> Any:
        """Return what is caught by a budget; a group of equal density is shared out evenly."""
        return np.interp(budget, self.spent, self.caught)


def curve(values: Floats, density: Floats, size: Floats, budget: float = np.inf) -> Curve:
    """Return how `values` are caught when the densest units are taken first, at least until `budget` is spent.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.evaluation.ranked import curve
    >>> float(curve(np.array([4.0, 1, 2, 0]), np.array([5.0, 0, 3, 3]), np.ones(4)).at(2))
    5.0
    """
    enough = np.ceil(budget / size.min())
    if enough < len(size) / 2:  # sort only what the budget can reach, ties at its end included
        taken = np.flatnonzero(density >= np.partition(density, -int(enough))[-int(enough)])
        values, density, size = values[taken], density[taken], size[taken]
    order = np.argsort(-density)
    ends = np.r_[np.flatnonzero(np.diff(density[order])), len(density) - 1]
    return Curve(np.r_[0.0, size[order].cumsum()[ends]], np.r_[0.0, values[order].cumsum()[ends]])


def density(said: Floats, size: Floats) -> Floats:
    """Return forecasts per unit of the budget to 12 digits: rounding must not break the ties of an even map."""
    mantissa, exponent = np.frexp(said / size)
    return np.asarray(np.ldexp(np.rint(mantissa * 2**40), exponent - 40), float)


@dataclass(frozen=True)
class Ranked:
    """Counts, forecasts and sizes of units, shape (n_units,) each, put in order once for all measures.

    Parameters
    ----------
    y
        Counts.
    said
        Forecasts.
    size
        What each unit takes of the budget, above 0.
    truth
        The curve of the best map there could be, where it is known already.
    most
        The largest share that will be asked for.
    """

    y: Floats
    said: Floats
    size: Floats
    truth: Curve | None = None
    most: float = 1.0

    @classmethod
    def of(cls, y_true: Any, y_pred: Any, size: Any) -> Ranked:
        """Check arguments of a measure: Series by label, arrays by position."""
        y, said, sizes = scored(size, y_true=y_true, y_pred=y_pred)
        return cls(y, said, sizes)

    @cached_property
    def total(self) -> float:
        """N: all incidents."""
        return float(self.y.sum())

    @cached_property
    def whole(self) -> float:
        """A: the budget that takes every unit."""
        return float(self.size.sum())

    @cached_property
    def by_forecast(self) -> Curve:
        """Incidents caught in the order of the forecast."""
        return curve(self.y, density(self.said, self.size), self.size, self.most * self.whole)

    @cached_property
    def by_truth(self) -> Curve:
        """Incidents caught by the best map there could be."""
        return best_curve(self.y, self.size, self.most * self.whole) if self.truth is None else self.truth

    def hits(self, area_share: float) -> float:
        """Return n: incidents in the flagged share."""
        return float(self.by_forecast.at(checked(area_share) * self.whole))

    def best(self, area_share: float) -> float:
        """Return n*: the most incidents that any map of the same budget could catch."""
        return float(self.by_truth.at(checked(area_share) * self.whole))

    def said_share(self, area_share: float) -> float:
        """Return the sum of the forecast in the flagged share."""
        flagged = curve(self.said, density(self.said, self.size), self.size, self.most * self.whole)
        return float(flagged.at(checked(area_share) * self.whole))


def best_curve(y: Floats, size: Floats, budget: float = np.inf) -> Curve:
    """Return the incidents caught by the best map there could be."""
    return curve(y, y / size, size, budget)


def checked(area_share: float) -> float:
    """Return a share of the budget, above 0 to 1."""
    check_number(area_share, "area_share", above=0, most=1, hint="0.01 means 1 % of the area")
    return float(area_share)
