"""Which past periods a period is held against: the same weeks of earlier years, and the weeks between in blocks."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats, Ints

WEEK = 7


@dataclass(frozen=True)
class Reference:
    """Positions of the periods that are used, and the block of each: 0 is the season of the tested period."""

    rows: Ints
    block: Ints


def reference_periods(
    periods: pd.DatetimeIndex, at: int, b: int, w: int, blocks: int, left_out: int
) -> Reference | None:
    """Return what period `at` is held against; None when the history is too short.

    The same date 1 to `b` years back, moved to the nearest same weekday, with `w` periods either side, is the season of
    the tested period. The periods between two such windows are split into `blocks` - 1 others, longer ones first,
    starting after each older window; without them only the windows are used. The tested period and the `left_out`
    before it are no part of it.
    """
    back = [at, *(_years_back(periods, at, years) for years in range(1, b + 1))]
    if back[-1] - w < 0 or min(np.diff(back[::-1])) < 2 * w + blocks:
        return None
    block = np.full(len(periods), -1)
    block[at - w : at] = 0
    for later, older in pairwise(back):
        block[older - w : older + w + 1] = 0
        if blocks > 1:
            between = np.arange(older + w + 1, later - w)
            for number, part in enumerate(np.array_split(between, blocks - 1), start=1):
                block[part] = number
    rows = np.flatnonzero(block[: max(at - left_out, 0)] >= 0)
    return Reference(rows, block[rows])


def _years_back(periods: pd.DatetimeIndex, at: int, years: int) -> int:
    """Return the position of the same date some years earlier, -1 before the first period."""
    day = periods[at]
    wanted = day - pd.DateOffset(years=years)
    if len(periods) > 1 and (periods[1] - periods[0]) <= pd.Timedelta(days=WEEK):
        wanted = day - pd.Timedelta(days=WEEK * round((day - wanted).days / WEEK))
    if wanted < periods[0]:
        return -1
    return int(periods.get_indexer([wanted], method="nearest")[0])


def design_of(reference: Reference, at: int, trend: bool) -> tuple[Floats, Floats]:
    """Return the design of the reference periods, shape (n, p), and of the tested one, (p,): level, trend, blocks."""
    scale = max(at - int(reference.rows[0]), 1)
    season = np.arange(1, int(reference.block.max()) + 1)
    columns = [np.ones(len(reference.rows))]
    columns += [(reference.rows - at) / scale] if trend else []  # the tested period is the origin of time
    columns += [(reference.block == number).astype(float) for number in season]
    tested = np.zeros(len(columns))
    tested[0] = 1.0
    return np.column_stack(columns), tested
