"""Kernel density as a forecast: the past smoothed over neighbouring cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.protocol import Constant
from patrolgeo.risk.smoothing import cell_spacing, smooth, smooth_each
from patrolgeo.risk.windows import past_windows, score_on_past

# The bandwidths that the likelihood chooses from, in cell spacings: narrow ones directly, the others as a kernel of one
# spacing applied this many times (a bandwidth of the square root of it).
NARROW = (0.25, 0.35, 0.42, 0.5, 0.6, 0.71, 0.84)
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


def scale_space(values: Floats, history: History) -> tuple[Floats, Floats]:
    """Return the bandwidths in metres that the likelihood chooses from, and `values` smoothed with each of them.

    `values` has shape (n_cells,), the surfaces (n_bandwidths, n_cells).
    """
    bandwidths = cell_spacing(history) * np.r_[NARROW, np.sqrt(STEPS)]
    return bandwidths, np.concatenate(smooth_each(values[None], history, bandwidths))


@dataclass(eq=False)
class KernelRisk(Constant):
    """Kernel density of the whole past, edge corrected, as expected counts.

    Parameters
    ----------
    bandwidth
        Standard deviation in metres; "likelihood" takes the one that would have scored best on the past, "scott" the
        rule of thumb, which smooths far too much where incidents sit on few corners. `bandwidth_` says what was taken.

    References
    ----------
    Chainey, Tompson and Uhlig 2008, doi:10.1057/palgrave.sj.8350066.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import KernelRisk
    >>> weeks = pd.date_range("2024-01-01", periods=2, freq="7D")
    >>> panel = pd.DataFrame({"892a100d2c3ffff": [40, 20], "892a100d2cbffff": [0, 0]}, index=weeks)
    >>> KernelRisk(bandwidth=200).fit(panel).predict().iloc[0].round(2).tolist()
    [25.06, 4.94]
    """

    bandwidth: float | str = "likelihood"

    def _check_settings(self) -> None:
        super()._check_settings()
        if isinstance(self.bandwidth, str):
            check_choice(self.bandwidth, ("likelihood", "scott"), "bandwidth")
        else:
            check_positive(self.bandwidth, "bandwidth")
            crs.warn_of_degrees(self.bandwidth, "bandwidth", stacklevel=4)

    def _fit(self, history: History) -> None:
        mean = history.counts.mean(axis=0)
        if self.bandwidth == "likelihood":
            bandwidths, surfaces = scale_space(mean, history)
            best = _most_likely(history)
            self.bandwidth_, self.rate_ = float(bandwidths[best]), surfaces[best]
            return
        self.bandwidth_ = _scott(history) if self.bandwidth == "scott" else float(self.bandwidth)
        self.rate_ = smooth(mean[None], history, self.bandwidth_)[0]

    def _took(self) -> str:
        how = {"likelihood": "best on the past", "scott": "Scott's rule"}.get(str(self.bandwidth), "as asked for")
        return f"mean of {len(self.history_.counts)} periods, smoothed by {self.bandwidth_:.0f} m ({how})"


def _scott(history: History) -> float:
    """Standard deviation averaged over the axes times n^(-1/6)."""
    weights = history.counts.sum(axis=0)
    if weights.sum() <= 1:
        return cell_spacing(history)
    xy = history.grid.xy
    spread = np.sqrt(weights @ (xy - weights @ xy / weights.sum()) ** 2 / weights.sum())
    return max(float(spread.mean() * weights.sum() ** (-1 / 6)), cell_spacing(history) / 4)


def _most_likely(history: History) -> int:
    """Return the position of the bandwidth that scores best on the past windows; one cell spacing without any."""

    def rates(t: int) -> Floats:
        return scale_space(history.counts[:t].mean(axis=0), history)[1]

    scores = score_on_past(history, rates, past_windows(history))
    return int(np.argmax(scores)) if len(scores) > 1 else len(NARROW)
