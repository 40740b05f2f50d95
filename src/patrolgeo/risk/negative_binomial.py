"""Negative binomial regression of incidents on places: coefficients with intervals that hold under clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import gammaln

from patrolgeo._checks import check_positive
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.risk.blocks import blocks_of, clustered, reach_of
from patrolgeo.risk.history import History
from patrolgeo.risk.level import at_level
from patrolgeo.risk.protocol import Constant

LEVEL = 0.95
LEAST, MOST = 1e-6, 1e3  # of the overdispersion


@dataclass(eq=False)
class NegativeBinomialRegression(Constant):
    """How do incidents of a cell go with what is there? A table of coefficients, with intervals clustered by block.

    Counts of the whole past are negative binomial, their mean exposure (or area) times exp(intercept + covariates x
    coefficients). Neighbouring cells resemble each other, so standard errors are those of the sandwich over blocks of
    ground, which hold although incidents cluster. A coefficient says what goes together, not what causes what.
    `coefficients_` has a row for the intercept (log of the rate a period) and for each covariate: `coefficient` (a unit
    of the covariate), `standard_error`, `low`, `high` (95 %), `ratio` (exp of the coefficient), `p_value`, and
    `p_adjusted` over the covariates (Benjamini and Hochberg). `overdispersion_` is d in variance = mean + d mean^2.

    Parameters
    ----------
    block_m
        Side of a block in metres; None is four cell spacings, at least 1,500 m.

    References
    ----------
    Osgood 2000, doi:10.1023/A:1007521427059 (regression of crime rates); Cameron and Miller 2015,
    doi:10.3368/jhr.50.2.317 (clustered standard errors).

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import NegativeBinomialRegression
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 15))
    >>> rng = np.random.default_rng(1)
    >>> bars = pd.Series(rng.poisson(0.3, len(cells)), index=cells, dtype=float)
    >>> weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    >>> counts = rng.poisson(0.1 * np.exp(0.4 * bars) * rng.gamma(2, 0.5, len(cells)), (30, len(cells)))
    >>> panel = pd.DataFrame(counts, index=weeks, columns=cells)
    >>> table = NegativeBinomialRegression().fit(panel, covariates={"bars": bars}).coefficients_
    >>> table.loc["bars", ["coefficient", "low", "high"]].round(2).tolist()
    [0.43, 0.33, 0.53]
    """

    block_m: float | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.block_m is not None:
            check_positive(self.block_m, "block_m")

    def _fit(self, history: History) -> None:
        base = history.area if history.exposure is None else history.exposure + 0.05 * history.exposure.mean()
        y, base = history.counts.sum(axis=0), base * len(history.counts)
        X = np.column_stack([np.ones(len(y)), *history.places.values()])
        names = pd.Index(["intercept", *history.places], name="term")
        if np.linalg.matrix_rank(X / np.maximum(np.abs(X).max(axis=0), 1e-300)) < len(names):
            raise DataError(
                f"The covariates {list(names[1:])} are not free of each other, or one is the same everywhere."
            )
        slopes, self.overdispersion_ = (np.zeros(len(names)), 0.0) if not y.any() else fitted(X, y, base)
        self.coefficients_ = _table(names, slopes, *_errors(self, X, y, base, slopes))
        self.rate_ = at_level(base * np.exp(np.clip(X @ slopes, -30, 30)), history)

    def _took(self) -> str:
        by = "area" if self.history_.exposure is None else "exposure"
        ratios = [f"{name} x{ratio:.2f}" for name, ratio in self.coefficients_["ratio"].iloc[1:].items()]
        return f"{', '.join([by, *ratios])}; {len(self.history_.counts)} periods"


def fitted(X: Floats, y: Floats, base: Floats, *, steps: int = 100) -> tuple[Floats, float]:
    """Return slopes and overdispersion that are most likely (NB2, log link), in turn until neither moves.

    Parameters
    ----------
    X
        Shape (n, p), a column of ones first.
    y, base
        Counts and offsets (above 0), shape (n,).

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.risk.negative_binomial import fitted
    >>> slopes, d = fitted(np.ones((4, 1)), np.array([0.0, 2, 4, 10]), np.full(4, 2.0))
    >>> slopes.round(4), round(d, 2)
    (array([0.6931]), 0.92)
    """
    scale = np.maximum(np.abs(X).max(axis=0), 1e-300)
    Z, slopes, d = X / scale, np.zeros(X.shape[1]), LEAST
    slopes[0] = np.log(y.sum() / base.sum())
    for _ in range(steps):
        mu = base * np.exp(np.clip(Z @ slopes, -30, 30))
        weight = mu / (1 + d * mu)
        step = np.linalg.lstsq((Z * weight[:, None]).T @ Z, Z.T @ ((y - mu) / (1 + d * mu)))[0]
        slopes = slopes + np.clip(step, -2, 2)
        before, d = d, _most_likely(y, base * np.exp(np.clip(Z @ slopes, -30, 30)))
        if np.abs(step).max() < 1e-9 and abs(d - before) < 1e-7:
            break
    return slopes / scale, d


def _most_likely(y: Floats, mu: Floats) -> float:
    """Return the overdispersion that makes the counts most likely around their means."""
    found = minimize_scalar(
        lambda log_d: -_likelihood(y, mu, np.exp(log_d)),
        bounds=np.log([LEAST, MOST]), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    return float(np.exp(found.x))


def _likelihood(y: Floats, mu: Floats, d: float) -> float:
    """Return the log likelihood but for a constant."""
    size = 1 / d
    return float((gammaln(y + size) - gammaln(size) - (y + size) * np.log1p(d * mu) + y * np.log(d * mu)).sum())


def _errors(
    model: NegativeBinomialRegression, X: Floats, y: Floats, base: Floats, slopes: Floats
) -> tuple[Floats, ...]:
    """Return standard errors over blocks and their degrees of freedom."""
    blocks = blocks_of(model.history_, model.block_m)
    mu = base * np.exp(np.clip(X @ slopes, -30, 30))
    shrink = 1 + model.overdispersion_ * mu
    score = blocks @ (X * ((y - mu) / shrink)[:, None])
    pairs = (X[:, :, None] * X[:, None, :] * (mu / shrink)[:, None, None]).reshape(len(y), -1)
    return clustered(score, (blocks @ pairs).reshape(len(score), X.shape[1], X.shape[1]))


def _table(names: pd.Index, slopes: Floats, error: Floats, df: Floats) -> pd.DataFrame:
    half = reach_of(df, LEVEL) * error
    p_value = 2 * stats.t.sf(np.abs(slopes) / np.maximum(error, 1e-300), df)
    adjusted = stats.false_discovery_control(p_value[1:]) if len(names) > 1 else p_value[1:]
    return pd.DataFrame({
        "coefficient": slopes, "standard_error": error, "low": slopes - half, "high": slopes + half,
        "ratio": np.exp(slopes), "p_value": p_value, "p_adjusted": np.r_[np.nan, adjusted],
    }, index=names)  # fmt: skip
