"""How many in all: the expected total of a coming period, and how the calendar moves it."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.windows import weights_by_age

LEVEL_DAYS = 56.0


def level(history: History) -> float:
    """Return the expected total of a coming period: the mean of the periods, the last eight weeks counting most."""
    totals = history.counts.sum(axis=1)
    return float(weights_by_age(len(totals), LEVEL_DAYS / history.days) @ totals)


def at_level(surface: Floats, history: History) -> Floats:
    """Return the surface scaled to the expected total of a coming period."""
    total = float(surface.sum())
    return np.asarray(surface * (level(history) / total) if total > 0 else surface, float)
