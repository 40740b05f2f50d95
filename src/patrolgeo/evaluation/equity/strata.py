"""Is the forecast as true, and does it catch as much, where more of a group live? By stratum, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._checks import align, as_floats, check_count, check_share
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError


def stratum_audit(
    observed: pd.Series,
    expected: pd.Series,
    share: pd.Series,
    *,
    flagged: pd.Series | None = None,
    n_strata: int = 5,
    level: float = 0.95,
) -> pd.DataFrame:
    """Are forecasts too high, or what is flagged too much, in areas with more of a group?

    Areas are cut into strata of like size by the share of the group. In each, what happened is divided by what was
    expected: above 1 too little was expected there, below 1 too much. The interval is that of a count whose variance
    exceeds the mean by the spread that all areas show.

    Parameters
    ----------
    observed
        Incidents by area after the forecast was made.
    expected
        What was expected of them.
    share
        Share of a group by area, 0 to 1 (or any number by which strata are formed, such as income).
    flagged
        Whether an area was to be patrolled (True or False); then capture is told as well.
    n_strata
        Number of strata; fewer where many areas share a value.
    level
        Probability of the intervals.

    Returns
    -------
    DataFrame by stratum, lowest share first: `areas`, `share_low`, `share_high`, `observed`, `expected`, `ratio`,
    `low`, `high`; with `flagged` also `flagged_share` (of the areas) and `captured` (share of its incidents that lie in
    flagged areas). ``attrs``: `dispersion`, `slope` (change of the log ratio from share 0 to share 1) and `p_value` (of
    no slope, score test).

    Raises
    ------
    AlignmentError
        When areas differ.
    DataError
        When numbers are negative or missing, or nothing is expected.

    References
    ----------
    Wheeler (2020), Allocating police resources while limiting racial inequality, doi:10.1080/07418825.2019.1630471.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import stratum_audit
    >>> share = pd.Series([0.1, 0.2, 0.8, 0.9])
    >>> found = stratum_audit(pd.Series([9, 11, 4, 6]), pd.Series([10.0] * 4), share, n_strata=2)
    >>> found["ratio"].tolist()
    [1.0, 0.5]
    """
    check_count(n_strata, "n_strata", least=2)
    check_share(level, "level", "0.95 means 95 %")
    areas = observed.index if isinstance(observed, pd.Series) else pd.Index([])
    y, e, x = (
        _numbers(align(values, areas, name, "areas"), name)
        for name, values in (("observed", observed), ("expected", expected), ("share", share))
    )
    if not e.sum() > 0:
        raise DataError("expected is 0 in every area, so nothing can be held against it.")
    of = _strata(x, min(n_strata, max(len(x), 2)))
    spread = _dispersion(y, e)
    sums = pd.DataFrame({"share": x, "observed": y, "expected": e}).groupby(of)
    table = (
        sums["share"].agg(areas="size", share_low="min", share_high="max").join(sums[["observed", "expected"]].sum())
    )
    table["ratio"] = table["observed"] / table["expected"].where(table["expected"] > 0)
    table["low"], table["high"] = _limits(table["observed"].to_numpy(), table["expected"].to_numpy(), spread, level)
    if flagged is not None:
        flag = _numbers(align(flagged, areas, "flagged", "areas"), "flagged") > 0
        table["flagged_share"] = pd.Series(flag).groupby(of).mean()
        table["captured"] = pd.Series(y * flag).groupby(of).sum() / table["observed"].where(table["observed"] > 0)
    slope, p_value = _slope(y, e, x, spread)
    table.attrs.update(dispersion=spread, slope=slope, p_value=p_value)
    return table.rename_axis("stratum")


def _numbers(values: pd.Series, name: str) -> Floats:
    numbers = as_floats(values, name)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise DataError(f"{name} holds negative or missing numbers; put 0 where there is nothing.")
    return numbers


def _strata(share: Floats, n_strata: int) -> Ints:
    """Number areas from 1 by quantiles of the share; areas of one value stay together."""
    edges = np.unique(np.quantile(share, np.arange(1, n_strata) / n_strata))
    return pd.factorize(np.searchsorted(edges, share, side="left"), sort=True)[0].astype(np.int64) + 1


def _dispersion(y: Floats, e: Floats) -> float:
    """Return how much the variance of counts exceeds the mean (Pearson), at least 1."""
    fitted = e * y.sum() / e.sum()
    has = fitted > 0
    return max(1.0, float((((y - fitted)[has] ** 2) / fitted[has]).sum() / max(int(has.sum()) - 1, 1)))


def _limits(y: Floats, e: Floats, spread: float, level: float) -> tuple[Floats, Floats]:
    """Return Garwood limits of the ratio, of a count that carries as much information as its spread leaves."""
    n, tail = y / spread, (1 - level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(n > 0, stats.chi2.ppf(tail, 2 * n) / 2, 0.0) * spread / e
        high = stats.chi2.ppf(1 - tail, 2 * n + 2) / 2 * spread / e
    return np.where(e > 0, low, np.nan), np.where(e > 0, high, np.nan)


def _slope(y: Floats, e: Floats, x: Floats, spread: float) -> tuple[float, float]:
    """Return the slope of log(observed / expected) on the share (Poisson likelihood), and its score test's p-value."""
    score, information = _score(y, e, x, 0.0)
    if information <= 0:
        return 0.0, 1.0
    slope, reach = 0.0, 30 / float(np.ptp(x))  # where all that happened lies at one end, the likelihood has no top
    for _ in range(50):
        push, bend = _score(y, e, x, slope)
        step = float(np.clip(push / bend, -reach / 10, reach / 10)) if bend > 0 else 0.0
        slope = float(np.clip(slope + step, -reach, reach))
        if abs(step) < 1e-10 * reach:
            break
    return slope, float(2 * stats.norm.sf(abs(score) / np.sqrt(spread * information)))


def _score(y: Floats, e: Floats, x: Floats, slope: float) -> tuple[float, float]:
    """Return the derivative of the log-likelihood by the slope, its sum held to what happened, and the information."""
    fitted = e * np.exp(slope * (x - x.mean()))
    if not y.sum() > 0:
        return 0.0, 0.0
    fitted *= y.sum() / fitted.sum()
    away = x - (fitted @ x) / fitted.sum()
    return float((y - fitted) @ away), float(fitted @ away**2)
