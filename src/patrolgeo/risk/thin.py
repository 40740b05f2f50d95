"""Panels from which little can be learned: a forecast comes all the same, and a warning with the number beside it."""

from __future__ import annotations

import warnings

import numpy as np

from patrolgeo.errors import PatrolgeoWarning
from patrolgeo.risk.history import History

FEW_INCIDENTS = 10
SURPRISE = 1e-3  # probability of so long a silence below which a series looks ended
FIRST_OF_MONTH = 0.9  # share of incidents in periods that hold the first of a month above which days look unknown


def warn_if_thin(history: History) -> None:
    """Warn, with numbers, of a panel that is nearly empty, has one period, ends early, or knows months only."""
    for message in (_few(history), _one_period(history), _months_only(history) or _ended(history)):
        if message:
            warnings.warn(message, PatrolgeoWarning, stacklevel=3)


def _few(history: History) -> str | None:
    n, (periods, cells) = history.counts.sum(), history.counts.shape
    if n == 0:
        return (
            f"No incident in {periods} periods and {cells} cells: the forecast is zero everywhere, which means "
            "'no recorded incident', never 'safe'."
        )
    if n < FEW_INCIDENTS:
        return f"Only {n:g} incident(s) in {periods} periods and {cells} cells: the forecast can hardly tell where."
    return None


def _one_period(history: History) -> str | None:
    if len(history.counts) > 1:
        return None
    return "The panel has 1 period: nothing can be tuned or checked on the past, and the forecast repeats that period."


def _ended(history: History) -> str | None:
    totals = history.counts.sum(axis=1)
    silent = len(totals) - 1 - int(np.flatnonzero(totals).max(initial=-1))
    seen = len(totals) - silent
    if not seen or silent == 0 or np.exp(-totals[:seen].mean() * silent) > SURPRISE:
        return None
    return (
        f"No incident in the last {silent} of {len(totals)} periods, after {totals[:seen].mean():.3g} a period until "
        f"{history.periods[seen - 1]:%Y-%m-%d}: has the category ended or been renamed? The forecast fades but keeps "
        "the map; cut the panel where the recording changed."
    )


def _months_only(history: History) -> str | None:
    n = history.counts.sum()
    if history.days > 10 or len(history.counts) * history.days < 90 or n < FEW_INCIDENTS:
        return None
    day = history.periods.day.to_numpy()
    first = (day == 1) | (day + history.days > history.periods.days_in_month.to_numpy() + 1)
    share = history.counts[first].sum() / n
    if share < FIRST_OF_MONTH:
        return None
    return (
        f"{share:.0%} of the incidents lie in periods that hold the first of a month: their days seem unknown. Count "
        'them by month (freq="MS").'
    )
