"""EARS: is this period far above the seven before it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from patrolgeo._checks import check_choice, check_count, check_share
from patrolgeo._typing import Floats, Ints
from patrolgeo.alerts._monitor import PLAIN, SHORT, BaseDetector, Judged, Seen, judged_at

LAG = {"C1": 0, "C2": 2, "C3": 2}


@dataclass(kw_only=True, eq=False, repr=False)
class Ears(BaseDetector):
    """Is a count far above the mean of a few periods just before, in their standard deviations? For comparison only.

    A normal bound on a handful of periods: on sparse counts it raises twenty to fifty times more alarms than it says,
    and it knows no season and no trend.

    Parameters
    ----------
    method
        "C1": the `baseline` periods just before. "C2": those before, two periods left out. "C3": as "C2", its bound
        lowered by what the two periods left out were above it.
    alpha
        Nominal share of false alarms. 0.025 is usual for "C3".
    baseline
        How many periods make the mean.

    References
    ----------
    Hutwagner, Thompson, Seeman and Treadwell 2003; Fricker, Hegler and Dunfee 2008, doi:10.1002/sim.3197; Salmon,
    Schumacher and Höhle 2016, doi:10.18637/jss.v070.i10 (the bounds).

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import Ears
    >>> weeks = pd.date_range("2024-01-01", periods=9, freq="7D", name="period")
    >>> found = Ears().monitor(pd.Series([4, 6, 5, 3, 5, 7, 5, 4, 19], weeks))
    >>> found.loc["2024-02-19":, ["expected", "upper", "alarm"]].round(2)
                expected  upper  alarm
    period
    2024-02-19       5.0   8.99  False
    2024-02-26       5.0   8.99   True
    """

    method: str = "C1"
    alpha: float = 0.001
    baseline: int = 7

    def __post_init__(self) -> None:
        """Check the settings."""
        check_choice(self.method, LAG, "method")
        check_share(self.alpha, "alpha")
        check_count(self.baseline, "baseline", least=2)

    def _judge(self, seen: Seen, tested: Ints) -> Judged:
        rates = seen.counts / seen.exposure
        mean, spread = _before(rates, self.baseline, LAG[self.method])
        z = float(special.ndtri(1 - self.alpha))
        above = _carried(rates, mean, spread) if self.method == "C3" else np.zeros_like(mean)
        with np.errstate(divide="ignore", invalid="ignore"):
            upper = np.maximum(mean + spread * (z - above), 0.0)  # no count is below 0
            score = np.where(spread > 0, (rates - mean) / spread, np.where(rates > mean, np.inf, 0.0)) + above
        known = np.isfinite(upper)
        p_value = np.where(known, special.ndtr(-score), np.nan)
        variance = np.maximum(spread**2 * (1 + 1 / self.baseline) * seen.exposure**2, mean * seen.exposure)
        status = np.where(known, PLAIN, SHORT).astype(object)
        upper = upper * seen.exposure
        least = np.floor(upper) + 1
        expected = mean * seen.exposure
        alarm = known & (seen.counts > upper)
        return judged_at(tested, expected, expected, variance, upper, least, p_value, alarm, status)


def _before(rates: Floats, baseline: int, lag: int) -> tuple[Floats, Floats]:
    """Return the mean and standard deviation of the `baseline` periods that end `lag` periods before each."""
    mean, spread = np.full(rates.shape, np.nan), np.full(rates.shape, np.nan)
    if len(rates) > baseline + lag:
        windows = np.lib.stride_tricks.sliding_window_view(rates, baseline, axis=0)[: len(rates) - baseline - lag]
        mean[baseline + lag :], spread[baseline + lag :] = windows.mean(axis=-1), windows.std(axis=-1, ddof=1)
    return mean, spread


def _carried(rates: Floats, mean: Floats, spread: Floats) -> Floats:
    """Return how far the two periods before were more than one standard deviation above their means."""
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.where(spread > 0, (rates - mean) / spread, 0.0)
    above = np.where(np.isnan(mean), np.nan, np.maximum(score - 1, 0.0))
    carried = np.full(rates.shape, np.nan)
    carried[2:] = above[1:-1] + above[:-2]
    return carried
