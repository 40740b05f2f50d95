"""From p-values to labels: corrected for the number of cells, in one place for every local statistic."""

import numpy as np
from scipy import stats

from patrolgeo._typing import Array, Bools, Floats

HOT, COLD, NEITHER = "hot", "cold", "not significant"


def adjust(p_value: Floats, tested: Bools | None = None) -> Floats:
    """Return Benjamini-Hochberg q-values; cells that were not tested keep 1 and do not count as tests."""
    tested = np.ones(len(p_value), bool) if tested is None else tested
    adjusted = np.ones(len(p_value))
    if tested.any():
        adjusted[tested] = stats.false_discovery_control(p_value[tested])
    return adjusted


def label(statistic: Floats, p_adjusted: Floats, alpha: float) -> Array:
    """Return "hot" or "cold" where the corrected p-value is at most `alpha`."""
    found = p_adjusted <= alpha
    return np.select([found & (statistic > 0), found & (statistic < 0)], [HOT, COLD], NEITHER)
