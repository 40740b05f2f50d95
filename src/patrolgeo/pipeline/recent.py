"""The counts of the last periods by cell, for the map that steps through them."""

import numpy as np
import pandas as pd

from patrolgeo.risk.history import next_periods

MOST = 24  # steps
DAYS = 28.0  # of a step at least: few incidents jump from week to week by chance


def recent_counts(panel: pd.DataFrame) -> pd.DataFrame:
    """Return counts by step and cell, the newest last; index `first` and `last` day, as text.

    A step is one period of the panel, or as many shorter ones as make four weeks, counted back from the last. Only
    whole steps are told.
    """
    starts = panel.index.append(next_periods(panel.index, 1))
    together = max(1, round(DAYS / ((starts[-1] - starts[0]).days / len(panel))))
    steps = min(len(panel) // together, MOST)
    edges = starts[len(panel) - steps * together :: together]
    rows = panel.to_numpy(float)[len(panel) - steps * together :]
    days = [edges[:-1].strftime("%Y-%m-%d"), (edges[1:] - pd.Timedelta(days=1)).strftime("%Y-%m-%d")]
    sums = rows.reshape(steps, together, panel.shape[1]).sum(axis=1)
    return pd.DataFrame(np.round(sums, 6), pd.MultiIndex.from_arrays(days, names=["first", "last"]), panel.columns)
