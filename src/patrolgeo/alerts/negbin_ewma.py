"""A moving mean with a negative binomial around it: for cells, short histories, days and shifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_positive, check_share
from patrolgeo._typing import Floats, Ints
from patrolgeo.alerts._monitor import PLAIN, SHORT, BaseDetector, Judged, Seen, nothing
from patrolgeo.alerts._negbin import bound, tail
from patrolgeo.alerts._null import shrunk_dispersion
from patrolgeo.alerts._shape import shape_over_time
from patrolgeo.errors import DataError

LENT = 0.5  # counts that the mean of all columns lends to each where they do not tell
COARSE = 0.02  # weight of earlier errors once season and trend can be fitted
OUTLIER = 6.0  # an error further above widens the dispersion no more than this
GUARD = 8  # periods before their errors count
FAR = 3.0  # a count further above, in standard deviations, lifts the mean no more than this


@dataclass(kw_only=True, eq=False, repr=False)
class NegBinEwma(BaseDetector):
    """Is a count above the negative binomial around its exponentially weighted mean?

    Each column has its own mean, in which the past counts by half after `half_life` periods, and its own dispersion,
    measured on the errors of its forecasts and drawn towards that of all columns where it had few incidents. Season and
    trend (from two years on), weekdays and events are those of all columns together, so that one cell borrows them from
    the others. One pass over time: cheap on a hundred thousand cells.

    Parameters
    ----------
    alpha
        Nominal share of false alarms; counts are whole numbers, so that the real one is lower, and is announced.
    half_life
        Periods after which a count weighs half.
    least_history
        Periods before the first judgement.
    events
        Known beforehand, by period: a Series or table with 1 (or a share) on holidays, market days and the like. It may
        reach further than the counts.

    References
    ----------
    Lambert and Liu 2006, doi:10.1198/016214505000000943; West and Harrison 1997, section 2.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import NegBinEwma
    >>> weeks = pd.date_range("2024-01-01", periods=60, freq="7D", name="period")
    >>> panel = pd.DataFrame(np.random.default_rng(0).poisson(0.5, (60, 3)), weeks, ["a", "b", "c"])
    >>> panel.iloc[-1, 1] = 6
    >>> NegBinEwma().monitor(panel, test=1)["alarm"].iloc[0].to_dict()
    {'a': False, 'b': True, 'c': False}
    """

    alpha: float = 0.01
    half_life: float = 26.0
    least_history: int = 13
    events: Any = None

    def __post_init__(self) -> None:
        """Check the settings."""
        check_share(self.alpha, "alpha")
        check_positive(self.half_life, "half_life")
        check_count(self.least_history, "least_history", least=2)

    def _judge(self, seen: Seen, tested: Ints) -> Judged:
        mean, variance = self.predict(seen, tested)
        if not len(tested):
            return nothing(mean.shape, SHORT)
        count = seen.counts[tested]
        upper = bound(self.alpha, mean, variance)
        known = np.isfinite(upper)
        p_value = np.where(known, tail(count, np.where(known, mean, 1.0), np.where(known, variance, 1.0)), np.nan)
        status = np.where(known, PLAIN, SHORT).astype(object)
        return Judged(mean, mean, variance, upper, upper + 1, p_value, count > upper, status)

    def predict(self, seen: Seen, tested: Ints) -> tuple[Floats, Floats]:
        """Return mean and variance of the counts of the tested periods, each from the periods before it."""
        decay = 0.5 ** (1 / self.half_life)
        with np.errstate(invalid="ignore", divide="ignore"):
            totals = (seen.counts / seen.exposure).sum(axis=1)
        shape, unit, coarse = shape_over_time(totals, seen.periods, self._events(seen.periods), decay)
        at = {int(position): row for row, position in enumerate(tested)}
        n = seen.counts.shape[1]
        means, variances = np.full((2, len(tested), n), np.nan)
        sums, weight, told, squares = np.zeros((4, n))
        n_told = 0.0
        waiting: list[tuple[Floats, Floats]] = []
        for t in range(int(max(tested, default=-1)) + 1):
            here = shape[t] * seen.exposure[t]
            weight = weight * unit[t]
            if coarse[t]:  # errors of a forecast without season say little about one with it
                told, squares, n_told = COARSE * told, COARSE * squares, COARSE * n_told
            enough = t >= self.least_history
            mean, variance = here * sums / weight if t else np.full(n, np.nan), np.full(n, np.nan)
            doubt = here**2 * sums / np.maximum(weight, 1e-12) ** 2 / (1 + decay)  # about the mean: no dispersion
            if enough:  # where nothing was seen yet something may come
                lent, usual = _lent(sums, weight)
                mean = here * (sums + lent) / (weight + lent / usual)
                doubt = mean**2 / ((1 + decay) * sums + lent)
                variance = mean * shrunk_dispersion(told, squares, n_told) + doubt
            if t in at and enough:
                means[at[t]], variances[at[t]] = mean, variance
            count = seen.counts[t]
            reach = np.sqrt(variance) if enough else np.full(n, np.inf)
            if t >= self.least_history // 2:
                waiting.append((mean, np.minimum(count - mean, OUTLIER * reach + 1) ** 2 - doubt))
                if len(waiting) > (GUARD if enough else 0):  # what rises now must not hide itself
                    told, squares, n_told = told + waiting[0][0], squares + waiting.pop(0)[1], n_told + 1
            sums, weight = (
                decay * sums + np.minimum(count, mean + FAR * reach + 1 if t else count),
                decay * weight + here,
            )
        return means, variances

    def _events(self, periods: pd.DatetimeIndex) -> Floats:
        if self.events is None:
            return np.empty((len(periods), 0))
        if not isinstance(self.events, (pd.Series, pd.DataFrame)) or not periods.isin(self.events.index).all():
            raise DataError("events must be a Series or table by period that has every period of the counts.")
        return self.events.loc[periods].to_numpy(float).reshape(len(periods), -1)


def _lent(sums: Floats, weight: Floats) -> tuple[float, float]:
    """Return how many counts the mean of all columns lends to each (fewer, the more they differ), and that mean."""
    rate = sums / weight
    usual = max(float(sums.sum() / weight.sum()), 1e-9)
    differ = float(rate.var() - usual / weight.mean())
    return (min(max(usual**2 / differ, 0.02), LENT) if differ > 0 else LENT), usual
