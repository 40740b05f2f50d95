"""Rates of small units drawn towards the mean, as far as their numbers are small: empirical Bayes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, stats

from patrolgeo._checks import align, as_floats, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units
from patrolgeo.hotspots.connectivity import connect
from patrolgeo.panel.events import check_total, incident_size


def empirical_bayes_rates(
    counts: pd.Series | pd.DataFrame,
    exposure: pd.Series,
    *,
    connectivity: Any = None,
    units: Units | None = None,
    level: float = 0.95,
    incident: Any = None,
) -> pd.DataFrame:
    """What is the rate of each unit, when small units are not to be first and last of the list by chance alone?

    The rate of a unit is a mean of its own and that of all units (or of its neighbours); its own counts the more, the
    more people it has and the more the rates of units really differ. Use it for maps and tables; for a test use
    `GetisOrd`, which does not smooth.

    Parameters
    ----------
    counts
        Incidents by unit; a panel is summed over its periods.
    exposure
        Residents or another exposure by unit; units without any get the mean rate.
    connectivity
        None: towards the mean of all units. A whole number of rings, or a matrix in the order of `counts`: towards the
        mean of the unit and its neighbours.
    units
        Where the units lie, when rings are wanted and the labels are not H3 cells.
    level
        Coverage of the interval (of a gamma distribution).
    incident
        For sums of weights: the weights of the incidents, or the size of one, as in `GetisOrd.fit`.

    Returns
    -------
    DataFrame by unit, incidents per unit of exposure: `rate` (its own, missing without exposure), `eb_rate`, `low`,
    `high`, and `own_share`, the weight of its own rate. Where rates differ no more than chance lets them, all are drawn
    to the mean, and the interval is that of the mean.

    Raises
    ------
    AlignmentError
        When `exposure` lacks units, or a matrix has another shape.
    DataError
        When numbers are negative, missing or 0 throughout, or counts are not whole and `incident` is not given.

    References
    ----------
    Marshall 1991, doi:10.2307/2347593; Clayton and Kaldor 1987.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import empirical_bayes_rates
    >>> villages = pd.Index(["a", "b", "c", "d"], name="village")
    >>> counts = pd.Series([1, 40, 10, 90], index=villages)
    >>> people = pd.Series([2, 1000, 1000, 3000], index=villages)
    >>> empirical_bayes_rates(counts, people)[["rate", "eb_rate"]].round(3)["eb_rate"].tolist()
    [0.034, 0.038, 0.013, 0.03]
    """
    check_share(level, "level", "0.95 means 95 %")
    size = incident_size(counts, incident, "counts")
    totals = counts.sum() if isinstance(counts, pd.DataFrame) else counts
    events = as_floats(totals, "counts") / size
    if not (np.isfinite(events).all() and (events >= 0).all()):
        raise DataError("counts holds negative or missing values; put 0 where there is nothing.")
    check_total(events, "counts")
    people = as_floats(align(exposure, totals.index, "exposure", "units"), "exposure")
    check_exposure(people)
    around = None
    if connectivity is not None:
        around = (connect(totals.index, connectivity, units) > 0).astype(float) + sparse.identity(len(events))
        around = (around > 0).astype(float).tocsr()
    mean, between = _prior(events, people, around)
    own = _own_share(mean, between, people)
    rate = np.divide(events, people, out=np.full(len(events), np.nan), where=people > 0)
    smooth = mean + own * (np.where(people > 0, rate, mean) - mean)
    low, high = _interval(events, people, mean, between, around, (1 - level) / 2)
    values = {"rate": rate, "eb_rate": smooth, "low": low, "high": high}
    return pd.DataFrame({k: v * size for k, v in values.items()} | {"own_share": own}, index=totals.index)


def smooth_rates(counts: Floats, exposure: Floats) -> Floats:
    """Return rates drawn towards the mean rate where the exposure is small; without exposure the mean rate."""
    check_exposure(exposure)
    if not len(counts):
        return counts
    mean, between = _prior(counts, exposure, None)
    rate = np.divide(counts, exposure, out=mean.copy(), where=exposure > 0)
    return mean + _own_share(mean, between, exposure) * (rate - mean)


def check_exposure(values: Floats) -> None:
    """Raise when an exposure is negative, missing, too large or 0 throughout."""
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("exposure holds negative or missing values; put 0 where nobody is.")
    with np.errstate(over="ignore"):
        total = values.sum()
    if not np.isfinite(total):
        raise DataError("exposure sums to more than a float can hold; give it in a larger unit.")
    if len(values) and total == 0:
        raise DataError("exposure is 0 in every cell, so nothing can be expected; give residents, or null='raw'.")


def _prior(counts: Floats, exposure: Floats, around: sparse.csr_matrix | None) -> tuple[Floats, Floats]:
    """Return mean and variance of the true rates around each unit, all units by default; shape (n,) each."""

    def total(values: Floats) -> Floats:
        return np.full(len(values), values.sum()) if around is None else around @ values

    people = total(exposure)
    everywhere = counts.sum() / max(exposure.sum(), 1e-300)
    mean = np.divide(total(counts), people, out=np.full(len(counts), everywhere), where=people > 0)
    rate = np.divide(counts, exposure, out=np.zeros(len(counts)), where=exposure > 0)
    squares = total(exposure * rate**2) - 2 * mean * total(exposure * rate) + mean**2 * people
    inhabited = total((exposure > 0).astype(float))
    spread = np.divide(squares - mean * inhabited, people, out=np.zeros(len(counts)), where=people > 0)
    return mean, np.where(spread > 1e-12 * mean**2, spread, 0.0)


def _own_share(mean: Floats, between: Floats, exposure: Floats) -> Floats:
    noise = np.divide(mean, exposure, out=np.full(len(mean), np.inf), where=exposure > 0)
    whole = between + noise
    return np.divide(between, whole, out=np.zeros(len(mean)), where=(between > 0) & np.isfinite(whole))


def _interval(
    counts: Floats, exposure: Floats, mean: Floats, between: Floats, around: sparse.csr_matrix | None, tail: float
) -> tuple[Floats, Floats]:
    """Return the gamma interval of each rate; where nothing differs, that of the counts behind the mean."""
    alike = between <= 0
    shape = np.divide(mean**2, between, out=np.zeros(len(mean)), where=~alike) + counts
    people = np.divide(mean, between, out=np.zeros(len(mean)), where=~alike) + exposure
    behind = (np.full(len(mean), v.sum()) if around is None else around @ v for v in (counts, exposure))
    shape, people = (np.where(alike, b, v) for b, v in zip(behind, (shape, people), strict=True))
    scale = 1 / np.maximum(people, 1e-300)
    low = np.where(shape > 0, stats.gamma.ppf(tail, np.maximum(shape, 1e-12), scale=scale), 0.0)
    return low, stats.gamma.ppf(1 - tail, np.where(alike, shape + 1, np.maximum(shape, 1e-12)), scale=scale)
