"""What every detector of rises keeps, whoever made it."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pandas as pd

from patrolgeo.alerts.detector import Detector
from patrolgeo.testing._hold import hold, same

_SAID = ["expected", "upper", "p_value", "alarm"]


def check_detector(detector: Detector, *, seed: int = 0) -> None:
    """Hold a detector against what every detector must keep.

    On seeded counts of 120 days: a row for each period judged with `expected`, `upper`, `p_value` and `alarm`; the same
    counts give the same answer; later counts change no earlier judgement; a count twenty times the usual raises an
    alarm.

    Parameters
    ----------
    detector
        A detector with `monitor`; it is copied before each use.
    seed
        Seed of the counts.

    Raises
    ------
    AssertionError
        When something does not hold.
    """
    days = pd.date_range("2024-01-01", periods=120, freq="D", name="period")
    counts = pd.Series(np.random.default_rng(seed).poisson(5.0, 120).astype(float), days)
    counts.iloc[-1] = 100.0
    found = deepcopy(detector).monitor(counts)
    missing = set(_SAID) - set(found.columns)
    hold(not missing, f"the answer lacks {', '.join(sorted(missing))}")
    hold(found.index.isin(days).all(), "the rows must be periods of the counts")
    hold(bool(found["p_value"].dropna().between(0, 1).all()), "p_value must lie between 0 and 1")
    hold(same(deepcopy(detector).monitor(counts)[_SAID], found[_SAID]), "the same counts must give the same answer")
    early = deepcopy(detector).monitor(counts.iloc[:100])
    hold(same(found.loc[early.index, _SAID], early[_SAID]), "later counts must not change an earlier judgement")
    hold(bool(found["alarm"].iloc[-1]), "a count twenty times the usual must raise an alarm")
