"""Farrington: is this week above what the same weeks of earlier years, season and trend predict?"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from scipy import special, stats

from patrolgeo._checks import check_choice, check_count, check_number, check_share
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.alerts._glm import Fit, fit_glm
from patrolgeo.alerts._monitor import FEW, NO_FIT, PLAIN, SHORT, TREND, BaseDetector, Judged, Seen, nothing
from patrolgeo.alerts._negbin import bound, tail
from patrolgeo.alerts._null import smooth_null
from patrolgeo.alerts._reference import Reference, design_of, reference_periods

# blocks of the year, periods before the tested one left out, residuals from which a past count weighs less, level of
# the test of the trend
_USUAL = {"1996": (1, 3, 1.0, 0.05), "flexible": (10, 26, 2.58, 1.0)}
_CHANCE = 0.001  # a latest year that a trend gives less chance than this speaks against the trend
_POWER = 2 / 3  # makes counts nearly normal


@dataclass(kw_only=True, eq=False, repr=False)
class Farrington(BaseDetector):
    """Is a count above the bound that a regression on the same season of earlier years predicts?

    A quasi-Poisson regression with trend on past counts, in which past outbreaks weigh less. "flexible" takes the whole
    year, in blocks, and the default for areas with five years or more and a count a week; "1996" takes only the weeks
    around the same date. All columns are fitted at once.

    Parameters
    ----------
    method
        "flexible" (Noufaily et al. 2013) or "1996" (Farrington et al. 1996).
    threshold
        "nbPlugin": quantile of the negative binomial with the fitted mean and dispersion. "muan": the same at the upper
        limit of the mean. "delta": normal bound of the count to the power 2/3. None: "nbPlugin", of "1996" "delta".
    alpha
        Nominal share of false alarms.
    b, w
        Years back, and periods either side of the same date.
    blocks, left_out
        Parts of the year, the season of the tested period among them; periods before the tested one that are not used.
        None: 10 and 26, of "1996" 1 and 3.
    weights_above
        Standardised residual above which a past count weighs less. None: 2.58, of "1996" 1.
    trend_p
        The trend stays when its p is below this, it predicts no more than was ever seen, and it does not fall away
        from the latest year: fitted to less than half of it (a rule of ours). None: 1, of "1996" 0.05.
    few
        (5, 4): no bound where fewer than 5 incidents in the last 4 periods, the tested one among them.

    References
    ----------
    Farrington, Andrews, Beale and Catchpole 1996, doi:10.2307/2983331; Noufaily et al. 2013, doi:10.1002/sim.5595;
    Salmon, Schumacher and Höhle 2016, doi:10.18637/jss.v070.i10.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import Farrington
    >>> weeks = pd.date_range("2018-01-01", periods=320, freq="7D", name="period")
    >>> counts = pd.Series(np.random.default_rng(0).poisson(5.0, 320), weeks)
    >>> counts.iloc[-1] = 19
    >>> Farrington().monitor(counts, test=2)[["expected", "upper", "alarm", "status"]].round(1)
                expected  upper  alarm      status
    period
    2024-02-05       4.7   10.0  False  trend used
    2024-02-12       4.6   10.0   True  trend used
    """

    method: str = "flexible"
    threshold: Any = None
    alpha: float = 0.01
    b: int = 5
    w: int = 3
    blocks: Any = None
    left_out: Any = None
    weights_above: Any = None
    trend_p: Any = None
    few: tuple[int, int] = (5, 4)

    def __post_init__(self) -> None:
        """Check the settings and fill those that go with the method."""
        check_choice(self.method, _USUAL, "method")
        usual = ("delta" if self.method == "1996" else "nbPlugin", *_USUAL[self.method])
        names = ("threshold", "blocks", "left_out", "weights_above", "trend_p")
        for name, value in zip(names, usual, strict=True):
            setattr(self, name, value if getattr(self, name) is None else getattr(self, name))
        check_choice(self.threshold, ("nbPlugin", "muan", "delta"), "threshold")
        check_share(self.alpha, "alpha")
        for name, least in (("b", 1), ("w", 0), ("blocks", 1), ("left_out", 0)):
            check_count(getattr(self, name), name, least=least)
        check_number(self.weights_above, "weights_above", above=0)
        check_number(self.trend_p, "trend_p", least=0, most=1)

    def _judge(self, seen: Seen, tested: Ints) -> Judged:
        rows = [self._judge_one(seen, int(at)) for at in tested]
        if not rows:
            return nothing((0, seen.counts.shape[1]), SHORT)
        return Judged(*(np.stack([getattr(row, field.name) for row in rows]) for field in fields(Judged)))

    def _judge_one(self, seen: Seen, at: int) -> Judged:
        reference = reference_periods(seen.periods, at, self.b, self.w, self.blocks, self.left_out)
        if reference is None or len(reference.rows) < reference.block.max() + 4:
            return _row(nothing((1, seen.counts.shape[1]), SHORT))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            mean, se, phi, trended, converged = self._predict(seen, at, reference)
            return self._told(seen, at, mean, se, phi, trended, converged)

    def _predict(self, seen: Seen, at: int, reference: Reference) -> tuple[Floats, Floats, Floats, Bools, Bools]:
        """Return mean, standard error of its logarithm, dispersion, whether the trend is used, and whether it fits."""
        counts = seen.counts[reference.rows].T
        offset = np.log(seen.exposure[reference.rows].T)
        design, row = design_of(reference, at, trend=True)
        fit = self._fit(design, counts, offset)
        mean, se = _at(fit, row, seen.exposure[at])
        keep = (_trend_p(fit, counts.shape[1]) < self.trend_p) & (mean <= counts.max(axis=1)) & fit.converged
        keep &= ~_falls_away(fit.mean, counts, max(counts.shape[1] // self.b, 1))
        keep &= self.b >= 3 or self.method == "flexible"
        phi, converged = fit.dispersion.copy(), fit.converged.copy()
        if not keep.all():
            plain, plain_row = design_of(reference, at, trend=False)
            again = self._fit(plain, counts[~keep], offset[~keep])
            mean[~keep], se[~keep] = _at(again, plain_row, seen.exposure[at, ~keep])
            phi[~keep], converged[~keep] = again.dispersion, again.converged
        return mean, se, phi, keep, converged

    def _fit(self, design: Floats, counts: Floats, offset: Floats) -> Fit:
        """Fit twice: past counts far above the first fit weigh less in the second."""
        first = fit_glm(design, counts, offset, np.ones_like(counts))
        residual = 1.5 * (counts ** (2 / 3) * first.mean ** (-1 / 6) - np.sqrt(first.mean))
        residual = residual / np.sqrt(first.dispersion[:, None] * (1 - first.hat))
        far = residual > self.weights_above
        weights = np.where(far, residual**-2.0, 1.0)
        weights *= (counts.shape[1] / weights.sum(axis=1))[:, None]
        return fit_glm(design, counts, offset, weights, first.mean)

    def _told(
        self, seen: Seen, at: int, mean: Floats, se: Floats, phi: Floats, trended: Bools, converged: Bools
    ) -> Judged:
        count = seen.counts[at]
        few, last = self.few
        need = few - seen.counts[max(at - last + 1, 0) : at].sum(axis=0)
        upper, p_value = self._bound(count, mean, se, phi)
        status = np.where(trended, TREND, PLAIN).astype(object)
        status[count < need], status[~converged] = FEW, NO_FIT
        mean, upper, p_value = (np.where(converged, part, np.nan) for part in (mean, upper, p_value))
        least = np.maximum(np.floor(upper) + 1, need)
        upper = np.where(count < need, np.nan, upper)
        usual = smooth_null(seen.counts, seen.exposure, seen.periods, at, self.left_out)
        return Judged(mean, *usual, upper, least, p_value, count > upper, status)

    def _bound(self, count: Floats, mean: Floats, se: Floats, phi: Floats) -> tuple[Floats, Floats]:
        if self.threshold == "delta":
            spread = np.sqrt(4 / 9 * mean ** (1 / 3) * (phi + se**2 * mean))
            z = float(special.ndtri(1 - self.alpha))
            return (mean**_POWER + z * spread) ** 1.5, special.ndtr((mean**_POWER - count**_POWER) / spread)
        if self.threshold == "muan":
            mean = mean * np.exp(float(special.ndtri(1 - self.alpha)) * se)
        # One wild past count makes the dispersion so large that nearly all chance lies on 0: no less than Poisson's.
        upper = np.maximum(bound(self.alpha, mean, phi * mean), bound(self.alpha, mean, mean))
        return upper, np.maximum(tail(count, mean, phi * mean), tail(count, mean, mean))


def _at(fit: Fit, row: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    return exposure * np.exp(fit.coef @ row), np.sqrt(fit.dispersion * np.einsum("i,kij,j->k", row, fit.cov, row))


def _falls_away(mean: Floats, counts: Floats, year: int) -> Bools:
    """Return where the fit tells less than half of the latest year, by more than chance: one past count bends it."""
    told, seen = mean[:, -year:].sum(axis=1), counts[:, -year:].sum(axis=1)
    return np.asarray((2 * told < seen) & (stats.poisson.sf(seen - 1, told) < _CHANCE))


def _trend_p(fit: Fit, n: int) -> Floats:
    """Return the two-sided p of the trend, by the t distribution."""
    degrees = max(n - fit.coef.shape[1], 1)
    t = np.abs(fit.coef[:, 1]) / np.sqrt(fit.dispersion * fit.cov[:, 1, 1])
    return np.where(np.isfinite(t), 2 * special.stdtr(degrees, -t), 1.0)


def _row(judged: Judged) -> Judged:
    return Judged(*(getattr(judged, field.name)[0] for field in fields(Judged)))
