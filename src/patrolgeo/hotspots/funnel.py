"""A funnel: which areas differ from the rest by more than their size lets chance explain?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._checks import align, as_floats
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.events import check_total, incident_size

LIMITS = {"95": 0.95, "998": 0.998}
TRIM = 0.1  # of the areas at each end, whose distance is cut to that of the next (winsorised)


def funnel(counts: pd.Series | pd.DataFrame, exposure: pd.Series) -> pd.DataFrame:
    """Which areas have more or fewer incidents than areas of their size should, and which differ by chance alone?

    A ranking of rates has the smallest areas at both ends, because chance moves them most. A funnel holds each area
    against limits that narrow with its size. Where areas differ anyway by more than chance, the limits are widened by
    the spread that most of them show (Spiegelhalter 2005), so that only those that differ from that stand out.

    Parameters
    ----------
    counts
        Incidents by area; a panel is summed over its periods.
    exposure
        Residents, premises or kilometres by area.

    Returns
    -------
    DataFrame by area: `observed`, `expected` (its share of the exposure), `ratio` (observed / expected), `low_95`,
    `high_95`, `low_998`, `high_998` (limits of the ratio), `outside` ("above" or "below" the wide limits; else
    "").
    ``attrs["dispersion"]`` is the factor on the variance, 1 for plain Poisson.

    Raises
    ------
    AlignmentError
        When `exposure` lacks areas.
    DataError
        When numbers are negative or missing, counts are not whole, or the exposure is 0 throughout.

    References
    ----------
    Spiegelhalter 2005, doi:10.1002/sim.1970.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import funnel
    >>> counts = pd.Series([42, 12, 9, 26, 31, 18, 22, 95], index=list("abcdefgh"))
    >>> found = funnel(counts, pd.Series([800, 250, 200, 500, 600, 350, 450, 700], index=list("abcdefgh")))
    >>> found.query("outside != ''")["ratio"].round(2).to_dict()
    {'h': 2.05}
    """
    totals = counts.sum(axis=0) if isinstance(counts, pd.DataFrame) else counts
    incident_size(totals, 1.0 if "incident" in counts.attrs else None, "counts")
    values = as_floats(totals, "counts")
    size = as_floats(align(exposure, totals.index, "exposure", "areas"), "exposure")
    for name, numbers in (("counts", values), ("exposure", size)):
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise DataError(f"{name} holds negative or missing values; put 0 where there is nothing.")
    check_total(values, "counts")
    if not size.sum():
        raise DataError("exposure is 0 in every area, so nothing can be expected of any.")
    expected = values.sum() * size / size.sum()
    dispersion = _dispersion(values, expected)
    table = pd.DataFrame({"observed": values, "expected": expected}, index=totals.index)
    table["ratio"] = np.divide(values, expected, out=np.full(len(values), np.nan), where=expected > 0)
    for name, level in LIMITS.items():
        low, high = (_limit(q, expected, dispersion) for q in ((1 - level) / 2, (1 + level) / 2))
        table[f"low_{name}"], table[f"high_{name}"] = low, high
    above, below = table["ratio"] > table["high_998"], table["ratio"] < table["low_998"]
    table["outside"] = np.select([above, below], ["above", "below"], "")
    table.attrs["dispersion"] = dispersion
    return table


def _dispersion(values: Floats, expected: Floats) -> float:
    """Return the winsorised mean of squared distances of the ratios from 1, in standard deviations; at least 1."""
    known = expected > 0
    if known.sum() < 2:
        return 1.0
    z = 2 * (np.sqrt(values[known]) - np.sqrt(expected[known]))  # of about unit variance whatever the size
    z = z.clip(*np.quantile(z, [TRIM, 1 - TRIM]))
    return float(max((z**2).mean(), 1.0))


def _limit(q: float, expected: Floats, dispersion: float) -> Floats:
    """Return a quantile of the ratio for a Poisson count of this size, the variance widened; missing for no size."""
    size = np.where(expected > 0, expected, 1.0) / dispersion
    return np.where(expected > 0, stats.poisson.ppf(q, size) / size, np.nan)
