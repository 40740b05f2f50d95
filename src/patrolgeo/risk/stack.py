"""The default forecast: a mixture of smoothed histories whose weights the past decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patrolgeo.risk.bank import bank
from patrolgeo.risk.history import History
from patrolgeo.risk.level import at_level
from patrolgeo.risk.likelihood import mixture_weights
from patrolgeo.risk.rhythm import Rhythm, Rhythmic
from patrolgeo.risk.windows import past_windows

FADE = 6  # windows after which a past window counts half


@dataclass(eq=False)
class RiskStack(Rhythmic):
    """Expected counts as a non-negative mixture of smoothed histories: the default.

    Long-run mean, last year, exponentially weighted means, kernel smooths of them, an even surface, exposure, places
    and the other categories of the panel are mixed; the weights are those that best explain the past windows from what
    was known before each of them (Poisson likelihood, concave, so there is one best answer). It is as good as the best
    simple method without having to know which one that is. `weights_` says what it took.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import RiskStack
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 2))
    >>> weeks = pd.date_range("2024-01-01", periods=20, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(np.linspace(0, 2, len(cells)), (20, len(cells)))
    >>> model = RiskStack().fit(pd.DataFrame(counts, index=weeks, columns=cells))
    >>> model.predict(2).shape
    (2, 19)
    """

    def _fit(self, history: History) -> None:
        self.weights_ = stack_weights(history, past_windows(history))
        self.rate_ = at_level(self.weights_.to_numpy() @ bank(history, len(history.counts)).rates, history)
        self.rhythm_ = Rhythm.learned(history, self.rate_)


def stack_weights(history: History, windows: list[tuple[int, int]]) -> pd.Series:
    """Return the weights that explain the past windows (newest first) best; recent windows count more."""
    names = bank(history, len(history.counts)).names
    rows, counts, totals = [], [], np.zeros(len(names))
    for i, (start, stop) in enumerate(windows):
        atoms, weight = bank(history, start).rates * (stop - start), 0.5 ** (i / FADE)
        y = history.counts[start:stop].sum(axis=0)
        rows.append(atoms[:, y > 0].T)
        counts.append(y[y > 0] * weight)
        totals += weight * atoms.sum(axis=1, dtype=float)
    if not sum(map(len, counts)):
        return pd.Series(np.eye(len(names))[0], index=names, name="weight")
    weights = mixture_weights(np.concatenate(rows).astype(float), np.concatenate(counts), totals)
    return pd.Series(weights, index=names, name="weight")
