"""One series, no comparison place: did it step down when the measure began, beyond trend and season?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_count, check_number, check_share
from patrolgeo._show import Rows
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact._design import _position
from patrolgeo.evaluation.impact.effect import Effect, reach, two_sided


@dataclass(frozen=True, eq=False, repr=False)
class InterruptedSeries(Effect):
    """Step of a series; `interrupted_time_series` makes it. `effect` is the relative change: -0.2 is a fifth fewer.

    Parameters
    ----------
    coefficients
        On the log scale, a row a term: effect, standard_error, low, high.
    expected
        By period: what trend and season would have given without the step.
    dispersion
        Variance over mean of what is left, 1 or more.
    autocorrelation
        Of neighbouring periods in what is left; where above 0 it has widened the interval.
    prevented
        Incidents prevented after the start: value, low, high.
    """

    coefficients: pd.DataFrame | None = None
    expected: pd.Series | None = None
    dispersion: float = np.nan
    autocorrelation: float = np.nan
    prevented: tuple[float, float, float] = (np.nan, np.nan, np.nan)

    def _rows(self) -> Rows:
        return [
            *super()._rows(),
            ("dispersion", f"{self.dispersion:.2f}, neighbouring periods correlated {self.autocorrelation:+.2f}"),
            ("read", "without other places anything else that began then is in the effect too"),
        ]


def interrupted_time_series(
    counts: pd.Series, start: object, *, season: int = 52, harmonics: int = 1, alpha: float = 0.05
) -> InterruptedSeries:
    """Did a series of counts step up or down at the start, beyond its trend and season?

    Log-linear quasi-Poisson: a trend, waves of the season, and a step from the start on. Weaker than a comparison with
    other places, since whatever else began at that time is taken for the effect; and a place chosen after a bad year
    would have stepped down anyway.

    Parameters
    ----------
    counts
        Series by period, in order, without a gap.
    start
        First treated period.
    season
        Periods a year: 52 for weeks, 12 for months; 0 for no season.
    harmonics
        Waves a year: 1 a summer and a winter, 2 finer.
    alpha
        1 - coverage of the intervals.

    Returns
    -------
    InterruptedSeries; NaN where nothing was counted on one side of the start.

    Raises
    ------
    DataError
        When counts are negative or missing, or there are too few periods before or after.

    References
    ----------
    Bernal, Cummins and Gasparrini 2017, Interrupted time series regression, doi:10.1093/ije/dyw098.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import interrupted_time_series
    >>> rng = np.random.default_rng(1)
    >>> weeks = pd.Series(rng.poisson(np.where(np.arange(156) < 104, 40, 28)))
    >>> found = interrupted_time_series(weeks, 104)
    >>> found.finding, -0.45 < found.effect < -0.15
    ('fewer', True)
    """
    check_share(alpha, "alpha")
    check_count(season, "season", 0)
    check_number(harmonics, "harmonics", least=0, most=52, whole=True)
    values = as_floats(counts, "counts")
    if not isinstance(counts, pd.Series) or counts.empty or not (np.isfinite(values) & (values >= 0)).all():
        raise DataError(
            "counts must be a Series of numbers of 0 or more, none missing; fill gaps with 0 if they mean none."
        )
    if not counts.index.is_monotonic_increasing or counts.index.has_duplicates:
        raise DataError("counts: the periods must be in order and without repeats; use .sort_index().")
    at, n = _position(start, counts.index), len(values)
    names, design = _design(n, at, season, harmonics)
    if np.linalg.matrix_rank(design, 1e-6 * np.sqrt(n)) < design.shape[1]:
        raise DataError(
            f"harmonics={harmonics} of season={season} cannot be told from level, trend and step in {n} periods; "
            "take fewer waves (fewer than half the season) or season=0."
        )
    if n < design.shape[1] + 3 or at < 3 or n - at < 2:
        raise DataError(f"{at} periods before and {n - at} after are too few for {design.shape[1]} terms.")
    if not (values[:at].sum() and values[at:].sum()):
        lost = np.nan
        change = -1.0 if values[:at].sum() else lost
        return InterruptedSeries(change, lost, lost, lost, lost, lost, alpha)
    return _fitted(counts, values, names, design, at, alpha)


def _design(n: int, at: int, season: int, harmonics: int) -> tuple[list[str], Floats]:
    time = np.arange(n)
    columns = {"level": np.ones(n), "trend a period": time - (n - 1) / 2, "step": (time >= at).astype(float)}
    for wave in range(1, (harmonics if season else 0) + 1):
        angle = 2 * np.pi * wave * time / season
        columns |= {f"cosine {wave}": np.cos(angle), f"sine {wave}": np.sin(angle)}
    return list(columns), np.column_stack(list(columns.values()))


def _fitted(
    counts: pd.Series, values: Floats, names: list[str], design: Floats, at: int, alpha: float
) -> InterruptedSeries:
    coef, mean, cov = fit_poisson(design, values)
    n, p = design.shape
    left = (values - mean) / np.sqrt(mean)
    dispersion = max(float((left**2).sum() / (n - p)), 1.0)
    lag = float((left[1:] * left[:-1]).sum() / (left**2).sum() + 1 / n)  # residuals of a fit lean below 0 by about 1/n
    wider = (1 + lag) / (1 - lag) if 0 < lag < 1 else 1.0
    errors = np.sqrt(np.diag(cov) * dispersion * wider)
    half = reach(alpha, n - p) * errors
    table = pd.DataFrame(
        {"effect": coef, "standard_error": errors, "low": coef - half, "high": coef + half},
        pd.Index(names, name="term"),
    )
    step = table.loc["step"]
    z = step["effect"] / step["standard_error"]
    seen = values[at:].sum()
    ends = [seen * np.expm1(-end) for end in (step["effect"], step["high"], step["low"])]
    return InterruptedSeries(
        float(np.expm1(step["effect"])), float(step["standard_error"]), float(z), float(np.expm1(step["low"])),
        float(np.expm1(step["high"])), two_sided(z, n - p), alpha, coefficients=table,
        expected=pd.Series(mean * np.exp(-design[:, 2] * coef[2]), counts.index, name="expected"),
        dispersion=dispersion, autocorrelation=lag, prevented=(float(ends[0]), float(ends[1]), float(ends[2])),
    )  # fmt: skip


def fit_poisson(design: Floats, counts: Floats) -> tuple[Floats, Floats, Floats]:
    """Return coefficients, means and the covariance for dispersion 1 of a log-linear Poisson fit."""
    mean = counts + 0.5
    coef: Any = np.zeros(design.shape[1])
    for _ in range(50):
        working = np.log(mean) + (counts - mean) / mean
        normal = (design * mean[:, None]).T @ design
        new = np.linalg.solve(normal, (design * mean[:, None]).T @ working)
        moved, coef = np.abs(new - coef).max(), new
        mean = np.exp(np.clip(design @ coef, -30, 30))
        if moved < 1e-10:
            break
    cov: Any = np.linalg.inv((design * mean[:, None]).T @ design)
    return coef, mean, cov
