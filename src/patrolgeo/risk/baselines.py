"""The simple forecasts that a model has to beat: what happened before, and where people are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patrolgeo._checks import check_count, check_positive
from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.protocol import BaseRisk, Constant
from patrolgeo.risk.windows import past_windows, score_on_past, weights_by_age


@dataclass(eq=False)
class HistoricalMean(Constant):
    """Past counts: the mean of all periods, or of the last `periods` of them.

    For frequent incidents it is hard to beat; for rare ones it says zero where something happened only by luck nowhere.

    Parameters
    ----------
    periods
        How many of the last periods count; None: all.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import HistoricalMean
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4], "8930e1d8d07ffff": [0, 0, 0, 1]}, index=weeks)
    >>> HistoricalMean().fit(panel).predict()["8930e1d8d03ffff"].tolist()
    [4.0]
    """

    periods: int | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.periods is not None:
            check_count(self.periods, "periods")

    def _fit(self, history: History) -> None:
        self.rate_ = history.counts[-self.periods if self.periods else 0 :].mean(axis=0)

    def _took(self) -> str:
        known = len(self.history_.counts)
        return f"mean of {min(self.periods or known, known)} periods"


@dataclass(eq=False)
class ExposureMap(Constant):
    """The population map: the usual total, shared out by exposure (by area when there is none).

    A forecast worth its name beats it.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import ExposureMap
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4], "8930e1d8d07ffff": [0, 0, 0, 4]}, index=weeks)
    >>> people = pd.Series([100.0, 300.0], panel.columns)
    >>> ExposureMap().fit(panel, exposure=people).predict().iloc[0].tolist()
    [1.25, 3.75]
    """

    def _fit(self, history: History) -> None:
        share = history.area if history.exposure is None else history.exposure
        self.rate_ = history.counts.sum() / len(history.counts) * share / share.sum()

    def _took(self) -> str:
        by = "area" if self.history_.exposure is None else "exposure"
        return f"mean total of {len(self.history_.counts)} periods, shared out by {by}"


def naive_maps(target: str | None = None) -> dict[str, BaseRisk]:
    """Return the two maps that stand beside every forecast: past counts, and where people are.

    Parameters
    ----------
    target
        The category to forecast when the panel holds several.

    Returns
    -------
    Name -> unfitted model: "past counts" and "population".

    Examples
    --------
    >>> from patrolgeo import RiskStack, naive_maps
    >>> list({"stack": RiskStack()} | naive_maps())
    ['stack', 'past counts', 'population']
    """
    return {"past counts": HistoricalMean(target=target), "population": ExposureMap(target=target)}


@dataclass(eq=False)
class Ewma(Constant):
    """Exponentially weighted mean: an incident counts half after `half_life` periods.

    Without a `half_life` the one that would have scored best on the past is taken; `half_life_` says which.

    Parameters
    ----------
    half_life
        Periods after which an incident counts half; None: the best on the past.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import Ewma
    >>> weeks = pd.date_range("2024-01-01", periods=2, freq="7D")
    >>> Ewma(half_life=1).fit(pd.DataFrame({"8930e1d8d03ffff": [0, 30.0]}, index=weeks)).predict().iloc[0, 0].round(6)
    np.float64(20.0)
    """

    half_life: float | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.half_life is not None:
            check_positive(self.half_life, "half_life")

    def _fit(self, history: History) -> None:
        self.half_life_ = self.half_life if self.half_life is not None else self._tuned(history)
        self.rate_ = weights_by_age(len(history.counts), self.half_life_) @ history.counts

    def _took(self) -> str:
        how = "best on the past" if self.half_life is None else "as asked for"
        return f"mean of {len(self.history_.counts)} periods, an incident half after {self.half_life_:.3g} ({how})"

    def _tuned(self, history: History) -> float:
        def rates(t: int) -> Floats:
            return np.array([weights_by_age(t, h) for h in candidates]) @ history.counts[:t]

        candidates = np.array([28.0, 56, 91, 182, 365, 730]) / history.days
        return float(candidates[np.argmax(score_on_past(history, rates, past_windows(history)))])
