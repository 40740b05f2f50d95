"""CUSUM and GLR: small rises that last, summed over periods, with limits from the fitted negative binomial."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from patrolgeo._checks import check_count, check_number, check_seed, check_share
from patrolgeo._typing import Floats, Ints
from patrolgeo.alerts._monitor import PLAIN, SHORT, BaseDetector, Judged, Seen, judged_at
from patrolgeo.alerts._negbin import draw
from patrolgeo.alerts.negbin_ewma import NegBinEwma

SEARCHED = 64  # counts above the expectation that are looked at for the least alarm


@dataclass(kw_only=True, eq=False, repr=False)
class _Summed(BaseDetector):
    """A statistic that goes from period to period, held against drawn paths of the counts that nothing lifts."""

    alpha: float = 0.01
    n_paths: int = 999
    forecast: NegBinEwma = field(default_factory=lambda: NegBinEwma(half_life=52.0))
    random_state: Any = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_share(self.alpha, "alpha")
        check_count(self.n_paths, "n_paths", least=99)

    def _start(self, shape: tuple[int, ...]) -> Floats:
        raise NotImplementedError

    def _step(self, state: Floats, count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Return the next state and the statistic; all arrays end in (n_columns,)."""
        raise NotImplementedError

    def _judge(self, seen: Seen, tested: Ints) -> Judged:
        n = seen.counts.shape[1]
        until = np.arange(int(max(tested, default=-1)) + 1)
        mean, variance = self.forecast.predict(seen, until)
        seed = check_seed(self.random_state)
        own, paths = self._start((n,)), self._start((self.n_paths, n))
        limit, least, p_value = np.full((3, len(until), n), np.nan)
        for t in until[self.forecast.least_history :]:
            rng = np.random.default_rng([seed, int(t)])  # a period has its draws whatever comes later
            paths, drawn = self._step(paths, draw(rng, mean[t], variance[t], self.n_paths), mean[t], variance[t])
            limit[t] = np.quantile(drawn, 1 - self.alpha, axis=0, method="higher")
            if t in tested:
                least[t] = self._least(own, mean[t], variance[t], limit[t])
            own, value = self._step(own, seen.counts[t], mean[t], variance[t])
            p_value[t] = (1 + (drawn >= value).sum(axis=0)) / (1 + self.n_paths)
        status = np.where(np.isfinite(least), PLAIN, SHORT).astype(object)
        alarm = seen.counts[until] >= least
        return judged_at(tested, mean, mean, variance, least - 1, least, p_value, alarm, status)

    def _least(self, state: Floats, mean: Floats, variance: Floats, limit: Floats) -> Floats:
        """Return the smallest count that lifts the statistic above its limit; it rises with the count."""
        low, high = np.full(mean.shape, -1.0), np.ceil(mean + SEARCHED * np.sqrt(variance)) + SEARCHED
        while (high - low > 1).any():
            middle = np.floor((low + high) / 2)
            above = self._step(state, middle, mean, variance)[1] > limit
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return np.asarray(high)


@dataclass(kw_only=True, eq=False, repr=False)
class Cusum(_Summed):
    """Has the count been `factor` times the usual for some time? The log likelihood ratio, summed and kept above 0.

    Finds a lasting small rise before any single period stands out. Its limit in each period is the quantile of drawn
    paths that follow the forecast mean and dispersion, so that `alpha` is the share of periods in alarm when nothing
    rises: 0.01 of weeks is a week in alarm every two years.

    Parameters
    ----------
    alpha
        Share of periods in alarm when nothing rises.
    n_paths
        Drawn paths; limits are quantiles of them.
    forecast
        What gives mean and variance; a mean that forgets slowly keeps a rise visible.
    random_state
        Seed of the paths.
    factor
        The rise it is made for, 1.5 times the usual.

    References
    ----------
    Höhle and Paul 2008, doi:10.1016/j.csda.2008.02.015.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import Cusum
    >>> weeks = pd.date_range("2023-01-02", periods=80, freq="7D", name="period")
    >>> usual = np.random.default_rng(0).poisson(4.0, 80)
    >>> rising = pd.Series(usual + np.where(np.arange(80) >= 74, 4, 0), weeks)
    >>> bool(Cusum().monitor(rising, test=1)["alarm"].iloc[0])
    True
    """

    factor: float = 1.5

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        check_number(self.factor, "factor", above=1)

    def _start(self, shape: tuple[int, ...]) -> Floats:
        return np.zeros(shape)

    def _step(self, state: Floats, count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        spread = np.maximum(variance / np.maximum(mean, 1e-9), 1.0)
        ratio = (count * np.log(self.factor) - mean * (self.factor - 1)) / spread
        state = np.maximum(state + ratio, 0.0)
        return state, state


@dataclass(kw_only=True, eq=False, repr=False)
class Glr(_Summed):
    """Has the count been above the usual, by whatever factor, since some period of the last `window`?

    The generalised likelihood ratio: over all starts, the best factor for the sum since then. Slower than `Cusum` on
    the rise that that one is made for, better on others; limits as there.

    Parameters
    ----------
    alpha
        Share of periods in alarm when nothing rises.
    n_paths
        Drawn paths; limits are quantiles of them.
    forecast
        What gives mean and variance; a mean that forgets slowly keeps a rise visible.
    random_state
        Seed of the paths.
    window
        Longest rise looked for, in periods.

    References
    ----------
    Höhle and Paul 2008, doi:10.1016/j.csda.2008.02.015.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import Glr
    >>> weeks = pd.date_range("2023-01-02", periods=80, freq="7D", name="period")
    >>> usual = np.random.default_rng(0).poisson(4.0, 80)
    >>> rising = pd.Series(usual + np.where(np.arange(80) >= 74, 4, 0), weeks)
    >>> bool(Glr().monitor(rising, test=1)["alarm"].iloc[0])
    True
    """

    window: int = 8

    def __post_init__(self) -> None:
        """Check the settings."""
        super().__post_init__()
        check_count(self.window, "window")

    def _start(self, shape: tuple[int, ...]) -> Floats:
        return np.zeros((2, self.window, *shape))  # counts and expectations summed since each start

    def _step(self, state: Floats, count: Floats, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        added = np.stack([count, np.broadcast_to(mean, count.shape)])
        state = np.concatenate([np.zeros_like(state[:, :1]), state[:, :-1]], axis=1) + added[:, None]
        counts, means = state[0], np.maximum(state[1], 1e-9)
        gain = counts * np.log(np.maximum(counts, 1e-300) / means) - counts + means
        spread = np.maximum(variance / np.maximum(mean, 1e-9), 1.0)
        return state, np.where(counts > means, gain, 0.0).max(axis=0) / spread
