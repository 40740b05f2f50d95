"""Intervals of means over origins whose windows may overlap: bootstrap, block bootstrap, jackknife."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from patrolgeo._checks import check_choice, check_count, check_seed, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import PatrolgeoWarning

METHODS = ("bootstrap", "blocks", "jackknife")
Relate = Callable[[Floats], Floats]


class Sample(NamedTuple):
    """Scores of one data set: `values` of shape (n_origins, n_models), and how many windows do not overlap."""

    values: Floats
    apart: int

    @property
    def block(self) -> int:
        """How many origins in a row are resampled together: twice as many as share a window, at most half of them.

        Of windows that overlap w-fold, blocks of w see two thirds of the variance of the mean, of 2 w five sixths.
        """
        n = len(self.values)
        overlap = round(n / max(self.apart, 1))
        return max(min(2 * overlap if overlap > 1 else 1, n // 2), 1)


class Estimate(NamedTuple):
    """Value, bounds, and two-sided p of the value being the neutral one, shape (n_models,) each."""

    value: Floats
    low: Floats
    high: Floats
    p_value: Floats


@dataclass
class Resampling:
    """How intervals are made.

    Parameters
    ----------
    method
        "bootstrap": as many origins are drawn as there are windows that do not overlap; the quantiles of the draws.
        "blocks": runs of consecutive origins are drawn, in a circle (Politis and Romano 1992). "jackknife": runs are
        left out one after another (Künsch 1989); of several data sets, whole sets. Both take Student's t.
    level
        Probability of the interval.
    n_boot
        Number of draws.
    random_state
        Seed or Generator; None draws a fresh seed.
    """

    method: str
    level: float
    n_boot: int
    random_state: Any

    def __post_init__(self) -> None:
        check_choice(self.method, METHODS, "interval")
        check_share(self.level, "level", "0.95 means 95 %")
        check_count(self.n_boot, "n_boot")
        self.seed = check_seed(self.random_state)
        self._warned = False

    def estimate(self, metric: str, samples: list[Sample], relate: Relate, ratio: bool) -> Estimate:
        """Return the mean over origins of each model, related to each other, pooled over data sets."""
        value = pooled(np.array([relate(_mean(s.values)) for s in samples]), ratio)[0]
        apart = sum(s.apart for s in samples)
        if apart < 2:
            self._warn(metric, apart)
            nothing = np.full(len(value), np.nan)
            return Estimate(value, nothing, nothing, nothing)
        freedom, middle = self._freedom(samples), _log(value, ratio)
        drawn = None if self.method == "jackknife" else self._drawn(samples, relate, ratio)
        if drawn is None:
            spread = self._left_out(samples, relate, ratio)
        else:
            spread = _log(drawn, ratio).std(axis=0) * np.sqrt((freedom + 1) / freedom)
        if drawn is not None and self.method == "bootstrap":
            low, high = np.quantile(drawn, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        else:
            reach = special.stdtrit(freedom, (1 + self.level) / 2) * spread
            low, high = (np.exp(end) if ratio else end for end in (middle - reach, middle + reach))
        return Estimate(value, low, high, _p_value(middle, spread, freedom))

    def _freedom(self, samples: list[Sample]) -> int:
        """Return how many independent groups stand behind the spread, less those that are spent on means."""
        if self.method == "jackknife" and len(samples) > 1:
            return len(samples) - 1
        groups = (s.apart if self.method == "bootstrap" else len(s.values) // s.block for s in samples)
        return max(sum(groups) - len(samples), 1)

    def _drawn(self, samples: list[Sample], relate: Relate, ratio: bool) -> Floats:
        """Return the pooled value in each draw, shape (n_boot, n_models); the data sets are drawn too."""
        drawn = np.array([relate(self._means(s, number)) for number, s in enumerate(samples)])
        sets = np.random.default_rng(self.seed).integers(0, len(samples), (len(samples), self.n_boot))
        return pooled(drawn[sets, np.arange(self.n_boot)], ratio)

    def _means(self, sample: Sample, number: int) -> Floats:
        """Return means over resampled origins, shape (n_boot, n_models).

        Sums over windows that overlap w-fold are correlated so that the variance of their mean is that of one window
        over the number of windows that do not overlap: so many rows are drawn, or runs of rows.
        """
        values, n = sample.values, len(sample.values)
        if not n:
            return np.full((self.n_boot, values.shape[1]), np.nan)
        rng = np.random.default_rng(self.seed + number)
        if self.method == "bootstrap":
            return values[rng.integers(0, n, (self.n_boot, sample.apart))].mean(axis=1)
        starts = rng.integers(0, n, (self.n_boot, -(-n // sample.block)))
        picks = (starts[:, :, None] + np.arange(sample.block)).reshape(self.n_boot, -1)[:, :n] % n
        return values[picks].mean(axis=1)

    def _left_out(self, samples: list[Sample], relate: Relate, ratio: bool) -> Floats:
        """Return the jackknife's standard error of each model, of logarithms for ratios."""
        if len(samples) > 1:
            each = np.array([relate(_mean(s.values)) for s in samples])
            kept = [pooled(np.delete(each, i, axis=0), ratio)[0] for i in range(len(each))]
            scale = len(samples) - 1.0
        else:
            values, block = samples[0].values, samples[0].block
            n = len(values)
            runs = [np.arange(i, i + block) for i in range(n - block + 1)]
            kept = [relate(_mean(np.delete(values, run, axis=0)))[0] for run in runs]
            scale = (n - block) / block
        left = _log(np.array(kept), ratio)
        return np.sqrt(scale * ((left - left.mean(axis=0)) ** 2).mean(axis=0))

    def _warn(self, metric: str, apart: int) -> None:
        """Say once why there is no interval."""
        if not self._warned:
            warnings.warn(
                f"{apart} window(s) with a value of {metric} that do not overlap: no interval can be given. Bring at "
                "least 2 origins, better 10, a window apart.",
                PatrolgeoWarning,
                stacklevel=4,
            )
        self._warned = True


def pooled(values: Floats, ratio: bool) -> Floats:
    """Return the mean over the first axis, the geometric one for ratios."""
    if not ratio:
        return np.asarray(values.mean(axis=0), float)
    with np.errstate(divide="ignore"):
        return np.asarray(np.exp(np.log(values).mean(axis=0)), float)


def _log(values: Floats, ratio: bool) -> Floats:
    """Return logarithms of ratios, where they vary about evenly; anything else as it is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(values) if ratio else values


def holm(p_value: Floats) -> Floats:
    """Return p-values corrected for their number (Holm 1979); missing ones stay missing and do not count.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.evaluation.intervals import holm
    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    adjusted = np.full(len(p_value), np.nan)
    known = np.flatnonzero(np.isfinite(p_value))
    order = known[np.argsort(p_value[known], kind="stable")]
    steps = p_value[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0) if len(order) else steps
    return adjusted


def _mean(values: Floats) -> Floats:
    return values.mean(axis=0)[None] if len(values) else np.full((1, values.shape[1]), np.nan)


def _p_value(value: Floats, spread: Floats, freedom: int) -> Floats:
    """Return the two-sided p of Student's t; of values that never vary, 1 where they are neutral and 0 elsewhere."""
    noise = 1e-12 * np.maximum(np.abs(value), 1e-300)
    t = np.divide(np.abs(value), spread, out=np.where(np.abs(value) > 1e-12, np.inf, 0.0), where=spread > noise)
    return np.where(np.isfinite(value), 2 * special.stdtr(freedom, -t), np.nan)
