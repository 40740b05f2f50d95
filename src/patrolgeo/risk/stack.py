"""The default forecast: a mixture of smoothed histories whose weights the past decides."""

from __future__ import annotations

from dataclasses import dataclass

from patrolgeo._checks import check_choice, check_type
from patrolgeo.risk.history import History
from patrolgeo.risk.level import at_level
from patrolgeo.risk.members import MEMBERS, surfaces_with
from patrolgeo.risk.mixture import learn_mixture, told
from patrolgeo.risk.rhythm import Rhythm, Rhythmic
from patrolgeo.risk.windows import past_windows


@dataclass(eq=False)
class RiskStack(Rhythmic):
    """Expected counts as a non-negative mixture of smoothed histories: the default.

    Long-run mean, last year, exponentially weighted means, kernel smooths of them, means shrunk to their surroundings,
    an even surface, exposure, places and the other categories of the panel are mixed; the weights are those that best
    explain the past windows from what was known before each of them (Poisson likelihood, concave, so there is one best
    answer), apart for the hottest ground as far as incidents allow. It is as good as the best simple method without
    having to know which one that is. `weights_` says what it took, a column for each share of the area from 1.0
    (everywhere) to the hottest; `took_` says it in one line.

    Parameters
    ----------
    members
        Models whose forecasts join the mixture, fitted anew before each past window: "hawkes", "terrain". None by
        default, because they have not earned their time on the sets that were measured (`docs/risk.md`).

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

    members: tuple[str, ...] = ()

    def _check_settings(self) -> None:
        super()._check_settings()
        check_type(self.members, (tuple, list), "members")
        for name in self.members:
            check_choice(name, tuple(MEMBERS), "members")

    def _fit(self, history: History) -> None:
        windows, surfaces = past_windows(history), surfaces_with(tuple(self.members))
        mixture, rates = learn_mixture(history, windows, surfaces), surfaces(history, [len(history.counts)])[0].rates
        self.weights_, self._line = mixture.weights, told(mixture, rates, windows)
        self.rate_ = at_level(mixture.surface(rates), history)
        self.rhythm_ = Rhythm.learned(history, self.rate_)

    def _took(self) -> str:
        return self._line
