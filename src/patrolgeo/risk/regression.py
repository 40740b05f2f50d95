"""Poisson regression on what was known before: lags, rings, seasons, places and the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_number
from patrolgeo._typing import Floats
from patrolgeo.panel.features import known_before, ring_means, season
from patrolgeo.risk.history import History, next_periods
from patrolgeo.risk.likelihood import ridge_poisson
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.rhythm import Rhythm
from patrolgeo.risk.windows import past_windows


@dataclass(eq=False)
class PoissonRegression(BaseRisk):
    """Ridge Poisson regression: log expected counts are linear in logs of past counts here and in the rings around.

    Lags of four weeks, a quarter, a year and the whole past, each in the cell and in two rings; the season once two
    years are known; exposure, places and the calendar when given. Learned on the past windows, so that what it knew
    then is what it knows now.

    Parameters
    ----------
    penalty
        Weight of the squared slopes of standardised features.
    rings
        Rings of neighbours.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import PoissonRegression
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 3))
    >>> weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(np.linspace(0, 2, len(cells)), (30, len(cells)))
    >>> said = PoissonRegression().fit(pd.DataFrame(counts, index=weeks, columns=cells)).predict().iloc[0]
    >>> bool(said.iloc[-5:].mean() > 3 * said.iloc[:5].mean())
    True
    """

    penalty: float = 10.0
    rings: int = 2

    def _check_settings(self) -> None:
        super()._check_settings()
        check_number(self.penalty, "penalty", least=0)
        check_count(self.rings, "rings")

    def _fit(self, history: History) -> None:
        self._rings = [ring_means(ring) for ring in _rings(history, self.rings)]
        windows = past_windows(history) or [(0, len(history.counts))]
        rows = [self._features(history, max(start, 1), history.periods[start:stop]) for start, stop in windows]
        y = np.concatenate([history.counts[start:stop].sum(axis=0) for start, stop in windows])
        base = np.repeat([float(stop - start) for start, stop in windows], len(history.cells))
        raw = np.concatenate(rows)
        self.center_, self.scale_ = raw.mean(axis=0), raw.std(axis=0)
        self.scale_[self.scale_ < 1e-12] = np.inf
        self.slopes_ = ridge_poisson((raw - self.center_) / self.scale_, y, base, self.penalty)
        self.rhythm_ = Rhythm.learned(history, self._lasting(next_periods(history.periods, 1))[0] + 1e-12)

    def _took(self) -> str:
        windows = len(past_windows(self.history_))
        return f"{len(self.slopes_) - 1} slopes on what was known before each of {windows} windows"

    def _expected(self, horizon: int) -> Floats:
        periods = next_periods(self.history_.periods, horizon)
        return self._lasting(periods) * self.rhythm_.factor(self.history_, periods)

    def _lasting(self, periods: pd.DatetimeIndex) -> Floats:
        """Return expected counts without the calendar, shape (n_periods, n_cells)."""
        past = self.history_
        if past.counts.sum() == 0:
            return np.zeros((len(periods), len(past.cells)))
        rows = []
        for period in periods:
            X = self._features(past, len(past.counts), pd.DatetimeIndex([period]))
            rows.append(np.exp(np.clip(self.slopes_[0] + (X - self.center_) / self.scale_ @ self.slopes_[1:], -30, 30)))
        return np.array(rows)

    def _features(self, history: History, t: int, periods: pd.DatetimeIndex) -> Floats:
        """Return the features known before row `t` for the mean of `periods`, shape (n_cells, n_features)."""
        n = len(history.cells)
        columns = [known_before(history.counts, t, self._rings, history.days)]
        if len(history.counts) * history.days >= 2 * 365:
            columns.append(np.tile(season(periods).mean(axis=0), (n, 1)))
        if history.exposure is not None:
            columns.append(np.log(history.exposure + 0.05 * history.exposure.mean())[:, None])
        columns += [values[:, None] for values in history.places.values()]
        return np.column_stack(columns)


def _rings(history: History, most: int) -> list[object]:
    """Return links to the first ring, to the second alone, and so on."""
    disks = [history.grid.adjacency(k) for k in range(1, most + 1)]
    return [disks[0], *(wide - narrow for narrow, wide in pairwise(disks))]
