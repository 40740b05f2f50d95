"""Is it a rise, or is it recorded otherwise since a day? A change of recording lifts all places alike, and stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

LASTS, BEFORE = 3, 52  # periods that a step must last, and of history that it is held against
ALIKE, LEAST = 0.05, 5.0  # p of "all places rose alike"; expected count of a place that says something


def recording_steps(panel: pd.DataFrame) -> Callable[[pd.Timestamp, str], bool]:
    """Return a function that says whether a rise since a period looks like a change of recording.

    All places together must have risen by half or more for at least three periods, each period of them, and the places
    must have risen by the same factor as far as chance can tell (a chi-squared test of their shares).
    """
    has_category = panel.columns.nlevels > 1 and "category" in panel.columns.names

    def looks_like_a_step(since: Any, what: str) -> bool:
        part = panel.loc[:, panel.columns.get_level_values("category") == what] if has_category and what else panel
        by_place = part if part.columns.nlevels == 1 else part.T.groupby(level="cell").sum().T
        at = int(panel.index.get_indexer([since])[0])
        before, after = by_place.iloc[max(at - BEFORE, 0) : at], by_place.iloc[at:]
        if len(after) < LASTS or len(before) < 2 * LASTS or by_place.shape[1] < 2:
            return False
        usual = before.sum(axis=1)
        if not (after.sum(axis=1) > max(1.5 * usual.mean(), usual.quantile(0.9))).all():
            return False
        share = (before.sum() / max(before.to_numpy().sum(), 1)).to_numpy() * after.to_numpy().sum()
        some = share >= LEAST
        if some.sum() < 2:
            return False
        seen = after.sum().to_numpy()
        doubt = share * (1 + len(after) / len(before))  # the shares are counts themselves
        squares = float(((seen - share)[some] ** 2 / doubt[some]).sum())
        return bool(
            special.gammaincc((some.sum() - 1) / 2, squares / 2) > ALIKE and np.median(seen[some] / share[some]) > 0.8
        )

    return looks_like_a_step
