"""The best forecast: the stack times a boosted correction, taken only as far as it has helped on the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from patrolgeo._checks import check_count, check_number
from patrolgeo._typing import Floats
from patrolgeo.risk.bank import bank
from patrolgeo.risk.history import History
from patrolgeo.risk.level import at_level
from patrolgeo.risk.likelihood import log_score, ridge_poisson, thinned
from patrolgeo.risk.mixture import FADE, Mixture, learn_mixture, told
from patrolgeo.risk.rhythm import Rhythm, Rhythmic
from patrolgeo.risk.windows import past_windows

HELD_BACK = 3  # newest windows that judge the correction
DOSES = (0.0, 0.25, 0.5, 0.75, 1.0)
_CODES = 64
_MIN_EVENTS = 200


@dataclass(eq=False)
class BoostedStack(Rhythmic):
    """The stack, corrected by gradient-boosted trees where the past says that the mixture errs.

    The trees see how each atom of the stack differs from the stack itself and learn a factor (Poisson loss, the stack
    as offset). The correction enters with the dose (a power between 0 and 1) that scored best on the newest windows,
    which the judged trees have not seen; where it did not help the answer is the stack. `dose_` says how much was
    taken, `took_` what the whole forecast took from where.

    Parameters
    ----------
    trees
        Number of boosted trees.
    penalty
        Weight of the squared slopes of the ridge regression.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import BoostedStack
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 3))
    >>> weeks = pd.date_range("2024-01-01", periods=40, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(np.linspace(0, 2, len(cells)), (40, len(cells)))
    >>> model = BoostedStack().fit(pd.DataFrame(counts, index=weeks, columns=cells))
    >>> 0 <= model.dose_ <= 1
    True
    """

    trees: int = 40
    penalty: float = 30.0

    def _check_settings(self) -> None:
        super()._check_settings()
        check_count(self.trees, "trees")
        check_number(self.penalty, "penalty", least=0)

    def _learned_from(self, history: History) -> Self:
        import sklearn.ensemble  # noqa: F401  (what is loaded before learning starts is kept on one core)

        return super()._learned_from(history)

    def _fit(self, history: History) -> None:
        windows = past_windows(history)
        mixture = learn_mixture(history, windows)
        self.weights_, self.dose_ = mixture.weights, self._judged(history, windows)
        self._line = told(mixture, bank(history, len(history.counts)).rates, windows)
        features, stack = _seen(history, mixture, len(history.counts))
        factor = self._learned(history, mixture, windows)(features) if self.dose_ > 0 else np.ones_like(stack)
        self.rate_ = at_level(stack * factor**self.dose_, history)
        self.rhythm_ = Rhythm.learned(history, self.rate_)

    def _took(self) -> str:
        return f"{self._line}; times the correction to the power {self.dose_:g}, learned on windows"

    def _judged(self, history: History, windows: list[tuple[int, int]]) -> float:
        """Return the dose that scores best on the newest windows when all is learned on the older ones."""
        newest, older = windows[:HELD_BACK], windows[HELD_BACK:]
        if sum(history.counts[a:b].sum() for a, b in older) < _MIN_EVENTS:
            return 0.0
        mixture = learn_mixture(history, older)
        correct, scores = self._learned(history, mixture, older), np.zeros(len(DOSES))
        for start, stop in newest:
            features, stack = _seen(history, mixture, start)
            factor, y = correct(features), history.counts[start:stop].sum(axis=0)
            if y.sum() > 0:
                scores += [
                    log_score(y, stack * factor**d, area=history.area, part="spatial", per_event=False) for d in DOSES
                ]
        return DOSES[int(np.argmax(scores))]

    def _learned(
        self, history: History, mixture: Mixture, windows: list[tuple[int, int]]
    ) -> Callable[[Floats], Floats]:
        """Return the function from features to a factor on the stack: the mean of two, in logarithms."""
        seen = [_seen(history, mixture, start) for start, _ in windows]
        counts = [history.counts[start:stop].sum(axis=0) for start, stop in windows]
        offset = np.concatenate([s / s.sum() * y.sum() for (_, s), y in zip(seen, counts, strict=True)]) + 1e-9
        fade = np.repeat(0.5 ** (np.arange(len(windows)) / FADE), len(history.cells))
        y = np.concatenate(counts)
        rows, copies = thinned(y)
        features, y, offset, fade = (
            np.concatenate([f for f, _ in seen])[rows],
            y[rows],
            offset[rows],
            (fade[rows] * copies),
        )
        linear, trees = _linear(features, y, offset, fade, self.penalty), self._trees(features, y, offset, fade)
        return lambda new: np.sqrt(linear(new) * trees(new))

    def _trees(self, features: Floats, y: Floats, offset: Floats, fade: Floats) -> Callable[[Floats], Floats]:
        from sklearn.ensemble import HistGradientBoostingRegressor

        coded = _coder(features)
        trees = HistGradientBoostingRegressor(
            loss="poisson",
            max_iter=self.trees,
            max_leaf_nodes=15,
            learning_rate=0.05,
            min_samples_leaf=100,
            l2_regularization=5.0,
            max_features=0.5,
            max_bins=_CODES + 1,
            early_stopping=False,
            random_state=0,
        )
        # counts over offset, weighted by the offset: the same likelihood as counts with the offset in the exponent
        trees.fit(coded(features), y / offset, sample_weight=offset * fade)
        return lambda new: trees.predict(coded(new))


def _linear(features: Floats, y: Floats, offset: Floats, fade: Floats, penalty: float) -> Callable[[Floats], Floats]:
    center, scale = features.mean(axis=0), features.std(axis=0) + 1e-9
    slopes = ridge_poisson((features - center) / scale, y * fade, offset * fade, penalty)
    return lambda new: np.exp(np.clip(slopes[0] + (new - center) / scale @ slopes[1:], -5, 5))


def _seen(history: History, mixture: Mixture, t: int) -> tuple[Floats, Floats]:
    """Return what the trees see of each cell before row `t`, shape (n_cells, n_atoms + 1), and the stack."""
    rates = bank(history, t).rates.astype(float)
    stack = mixture.surface(rates)
    small = 0.02 * stack.mean() + 1e-12
    return np.column_stack([np.log((rates + small) / (stack + small)).T, np.log(stack + small)]), stack + 1e-12


def _coder(features: Floats) -> Callable[[Floats], Floats]:
    """Return the function that puts each feature into at most 64 classes of about equal size.

    Trees look at classes only, and scikit-learn takes weighted quantiles of everything else, which is very slow.
    """
    cuts = [np.unique(np.quantile(column, np.linspace(0, 1, _CODES + 1)[1:-1])) for column in features.T]
    return lambda new: np.column_stack([np.searchsorted(c, x) for c, x in zip(cuts, new.T, strict=True)]).astype(float)
