"""Is a series rising or falling, whatever its shape? Mann and Kendall."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special, stats

from patrolgeo._checks import as_floats
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

_BLOCK = 4_000_000  # slopes held at once


def trend_test(values: pd.Series | pd.DataFrame) -> pd.DataFrame:
    """Is each series rising or falling?

    Mann-Kendall: of all pairs of periods, in how many more is the later value higher than lower? It asks for no
    straight line and no normal distribution, only that neighbouring periods be independent: rates that drift slowly,
    or seasons, look like trends. Compare whole years, or values with the season taken out, and read `p_serial` where
    `autocorrelation` is not near 0: of series without trend whose neighbours correlate by 0.3, `p_value` is below 0.05
    in 11 to 14 %, `p_serial` in 7 % (10 to 100 periods).

    Parameters
    ----------
    values
        One series, or a table with a column each (counts, rates, z), shape (n_periods, n_cells), in order of time.

    Returns
    -------
    DataFrame by column: `s` (later higher less later lower), `tau` (Kendall's tau-b), `slope` (median change a period,
    Sen 1968), `z` and `p_value` (two-sided, normal, corrected for ties and continuity; good from about ten periods on),
    `p_adjusted` (Benjamini and Hochberg of `p_value` over the columns), `autocorrelation` (of neighbouring ranks, the
    slope taken out), `p_serial` (`p_value` with the variance raised by it, where it is positive; Hamed and Rao 1998).

    Raises
    ------
    DataError
        When there are fewer than three periods, or a value is missing.

    References
    ----------
    Mann 1945; Kendall 1975; Sen 1968; Hamed and Rao 1998, doi:10.1016/S0022-1694(97)00125-X.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import trend_test
    >>> years = pd.date_range("2015", periods=10, freq="YS")
    >>> table = pd.DataFrame({"north": [1, 2, 2, 4, 5, 7, 8, 9, 9, 12], "south": [3, 1, 4, 1, 5, 2, 6, 5, 3, 4]}, years)
    >>> trend_test(table)[["s", "slope", "p_adjusted"]].round(3)
            s  slope  p_adjusted
    north  43  1.200       0.000
    south  13  0.286       0.275
    """
    table = values.to_frame() if isinstance(values, pd.Series) else values
    x = as_floats(table, "values")
    if x.ndim != 2 or len(x) < 3:
        raise DataError(f"values has the shape {x.shape}; a trend needs at least three periods as rows.")
    if not np.isfinite(x).all():
        raise DataError("values holds missing or infinite numbers; fill them, or leave those columns out.")
    n = len(x)
    s, ties = np.zeros(x.shape[1]), np.zeros(x.shape)
    for lag in range(1, n):
        step = np.sign(x[lag:] - x[:-lag])
        s += step.sum(axis=0)
        ties[lag:] += step == 0
        ties[:-lag] += step == 0
    same = (ties * (2 * ties + 7)).sum(axis=0)  # sum of t (t - 1) (2 t + 5) over groups of t equal values
    variance = (n * (n - 1) * (2 * n + 5) - same) / 18
    z = np.divide(s - np.sign(s), np.sqrt(variance), out=np.zeros(len(s)), where=variance > 0)
    pairs = n * (n - 1) / 2
    untied = np.sqrt(pairs * np.maximum(pairs - ties.sum(axis=0) / 2, 0))
    p_value = 2 * special.ndtr(-np.abs(z))
    slope = _slopes(x)
    alike = _autocorrelation(x - slope * np.arange(n)[:, None])
    return pd.DataFrame({
        "s": s.astype(int), "tau": np.divide(s, untied, out=np.zeros(len(s)), where=untied > 0), "slope": slope,
        "z": z, "p_value": p_value, "p_adjusted": stats.false_discovery_control(p_value) if len(s) else p_value,
        "autocorrelation": alike, "p_serial": 2 * special.ndtr(-np.abs(z) / np.sqrt(_inflation(alike, n))),
    }, index=table.columns)  # fmt: skip


def _autocorrelation(left: Floats) -> Floats:
    """Return the correlation of the ranks of neighbouring periods, by column."""
    ranks = stats.rankdata(left, axis=0) - (len(left) + 1) / 2
    square = (ranks**2).sum(axis=0)
    return np.divide((ranks[1:] * ranks[:-1]).sum(axis=0), square, out=np.zeros(len(square)), where=square > 0)


def _inflation(alike: Floats, n: int) -> Floats:
    """Return by how much a first-order autocorrelation, corrected for its bias in short series, raises the variance."""
    r = np.clip(alike + (1 + 4 * np.maximum(alike, 0)) / n, 0, 0.95)
    return np.asarray(1 + 2 * (r / (1 - r) - r * (1 - r**n) / (n * (1 - r) ** 2)))


def _slopes(x: Floats) -> Floats:
    """Return the median of the changes a period over all pairs of periods, by column."""
    early, late = np.triu_indices(len(x), 1)
    width = max(_BLOCK // len(early), 1)
    blocks = [x[:, at : at + width] for at in range(0, x.shape[1], width)]
    medians = [np.median((b[late] - b[early]) / (late - early)[:, None], axis=0) for b in blocks]
    return np.concatenate(medians) if medians else np.zeros(0)
