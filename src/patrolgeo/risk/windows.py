"""The past as a sequence of small forecasts: on these a model tunes itself, never on what it is judged by."""

from collections.abc import Callable

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.likelihood import log_score

WINDOW_DAYS = 28
N_WINDOWS = 13


def past_windows(history: History, days: float = WINDOW_DAYS, most: int = N_WINDOWS) -> list[tuple[int, int]]:
    """Return (start, stop) rows of the latest windows of about `days`, newest first, each with some past before it."""
    n = len(history.counts)
    width = min(max(round(days / history.days), 1), max(n // 4, 1))
    first = max(n // 4, 1)
    stops = range(n, 0, -width)
    return [(stop - width, stop) for stop in stops if stop - width >= first][:most]


def score_on_past(history: History, rates: Callable[[int], Floats], windows: list[tuple[int, int]]) -> Floats:
    """Return the spatial log score of rival surfaces summed over past windows, in nats.

    `rates(t)` gives the surfaces known before row t, shape (n_rivals, n_cells).
    """
    totals: Floats = np.zeros(1)
    for start, stop in windows:
        y = history.counts[start:stop].sum(axis=0)
        if y.sum() > 0:
            totals = totals + np.array(
                [log_score(y, r, area=history.area, part="spatial", per_event=False) for r in rates(start)]
            )
    return totals


def weights_by_age(n_periods: int, half_life: float) -> Floats:
    """Return weights of the rows of a history, summing to 1, that halve every `half_life` periods, newest last."""
    weights = 0.5 ** (np.arange(n_periods)[::-1] / half_life)
    return weights / weights.sum()
