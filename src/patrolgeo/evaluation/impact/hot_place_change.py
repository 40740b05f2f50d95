"""Places chosen because they were hot: what they let expect without any measure, and what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._checks import check_share, check_type, together
from patrolgeo._show import Rows
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact._design import _chosen
from patrolgeo.evaluation.impact.effect import Effect, reach, two_sided


@dataclass(frozen=True, eq=False, repr=False)
class HotPlaceChange(Effect):
    """Change of places chosen for their counts; `hot_place_change` makes it. `effect` is relative: -0.2 a fifth fewer.

    Parameters
    ----------
    before, after, expected
        Incidents of the chosen places: counted before and after, and what was to be expected after without a measure.
    plain_change
        What a plain comparison of after with before would have said; it is no effect.
    by_unit
        By chosen unit: before, expected, after.
    """

    before: float = np.nan
    after: float = np.nan
    expected: float = np.nan
    plain_change: float = np.nan
    by_unit: pd.DataFrame | None = None

    def _rows(self) -> Rows:
        return [
            ("counted", f"{self.before:,.0f} before, {self.after:,.0f} after"),
            ("expected", f"{self.expected:,.1f} without a measure: hot places cool by themselves"),
            ("plain change", f"{self.plain_change:+.1%}, which is not due to the measure alone"),
            *super()._rows(),
        ]


def before_after(before: object, after: object) -> None:  # noqa: ARG001
    """Refuse a plain comparison of places with themselves before.

    Places that were chosen because they were hot cool down by themselves (regression to the mean), so the difference
    says nothing of the measure.

    Parameters
    ----------
    before, after
        Counts.

    Returns
    -------
    Nothing.

    Raises
    ------
    DataError
        Always; the message names what to do instead.

    Examples
    --------
    >>> from patrolgeo import before_after
    >>> before_after([20], [12])
    Traceback (most recent call last):
    patrolgeo.errors.DataError: A plain before-after comparison is refused: places that were chosen because they were \
hot cool down by themselves (regression to the mean). Take difference_in_differences with equally hot places that were \
not treated, or hot_place_change.
    """
    raise DataError(
        "A plain before-after comparison is refused: places that were chosen because they were hot cool down by "
        "themselves (regression to the mean). Take difference_in_differences with equally hot places that were not "
        "treated, or hot_place_change."
    )


def hot_place_change(before: pd.Series, after: pd.Series, chosen: Any, *, alpha: float = 0.05) -> HotPlaceChange:
    """Did chosen places change more than hot places do by themselves?

    Each place's true mean is taken for Gamma distributed over all places (empirical Bayes); what it let expect lies
    between its own count and the mean of all. The others, held against theirs, give the change that would have come
    anyway.

    Parameters
    ----------
    before, after
        Counts by unit of all places, chosen or not, over times of one length.
    chosen
        Labels of the places that were treated, or a Series of truth values; chosen on the counts before.
    alpha
        1 - coverage of the interval.

    Returns
    -------
    HotPlaceChange

    Raises
    ------
    DataError
        When counts are negative or missing, or all or none of the places are chosen.
    AlignmentError
        When labels do not fit.

    References
    ----------
    Hauer 1997, Observational before-after studies in road safety.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import hot_place_change
    >>> rng = np.random.default_rng(1)
    >>> mean = rng.gamma(2, 3, 400)
    >>> before, after = (pd.Series(rng.poisson(mean)) for _ in range(2))
    >>> found = hot_place_change(before, after, before.nlargest(40).index)  # nothing was done
    >>> round(found.plain_change, 1), found.finding
    (-0.2, 'no evidence')
    """
    check_share(alpha, "alpha")
    check_type(before, pd.Series, "before")
    old, new = together("units", before=before, after=after)
    ours = _chosen(chosen, before.index)
    if not (np.isfinite([old, new]).all() and min(old.min(), new.min()) >= 0):
        raise DataError("before and after must be counts of 0 or more, none missing.")
    if ours.all() or not ours.any():
        raise DataError(f"{ours.sum()} of {len(ours)} places are chosen; it takes chosen ones and others.")
    shape, rate, unsure = gamma_prior(old)
    mean = (old + shape) / (1 + rate)  # of each place, given its count
    anyway = new[~ours].sum() / mean[~ours].sum()
    expected, seen = float(mean[ours].sum() * anyway), float(new[ours].sum())
    error, change = np.nan, np.nan
    if seen > 0 and new[~ours].sum() > 0 and old.sum() > 0:
        around = [1 / ((1 + rate) * mean[arm].sum()) for arm in (ours, ~ours)]  # true means around the expected ones
        pulled = _pull(old, ours, shape * np.exp(0.1)) - _pull(old, ours, shape * np.exp(-0.1))
        error = float(np.sqrt(1 / seen + 1 / new[~ours].sum() + sum(around) + (pulled / 0.2) ** 2 * unsure))
        change = np.log(seen / expected)
    half = reach(alpha) * error
    z = change / error
    table = pd.DataFrame({"before": old, "expected": mean * anyway, "after": new}, before.index)[ours]
    return HotPlaceChange(
        seen / expected - 1 if expected > 0 else np.nan, error, z, float(np.expm1(change - half)),
        float(np.expm1(change + half)), two_sided(z), alpha, before=float(old[ours].sum()), after=seen,
        expected=expected, plain_change=seen / float(old[ours].sum()) - 1 if old[ours].sum() else np.nan, by_unit=table,
    )  # fmt: skip


def _pull(counts: Floats, ours: Any, shape: float) -> float:
    """Return the log of what is expected of the chosen over the others, under another shape of the prior."""
    mean = (counts + shape) / (1 + shape / counts.mean())
    return float(np.log(mean[ours].sum() / mean[~ours].sum()))


def gamma_prior(counts: Floats) -> tuple[float, float, float]:
    """Return shape and rate of the Gamma from which the true means come, by likelihood of the counts.

    The third number is the variance of the log of the shape.
    """
    mean = counts.mean()
    if not mean > 0:
        return 1e-9, 1.0, 0.0
    shapes = np.geomspace(1e-3, 1e4, 400) * mean  # the likelihood is smooth: a fine grid finds its top
    rate = shapes / mean
    told, number = np.unique(counts, return_counts=True)
    like = special.gammaln(told + shapes[:, None]) - special.gammaln(shapes)[:, None]
    like = (like - told * np.log1p(rate)[:, None]) @ number + len(counts) * shapes * np.log(rate / (1 + rate))
    best = int(like.argmax())
    inside = min(max(best, 1), len(shapes) - 2)
    bend = (2 * like[inside] - like[inside - 1] - like[inside + 1]) / np.log(shapes[1] / shapes[0]) ** 2
    return float(shapes[best]), float(rate[best]), float(min(1 / bend, 1.0)) if bend > 0 else 1.0
