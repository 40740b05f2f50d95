"""How the counts of all columns together go over time: season, trend, day of the week, and events of a calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._typing import Bools, Floats
from patrolgeo.alerts._glm import fit_glm

YEAR, MONTH = 365.25, 28.0
SEASON_YEARS, TREND_YEARS, WEEKS = 2.0, 2.0, 8  # history from which each part is fitted


def shape_over_time(
    totals: Floats, periods: pd.DatetimeIndex, events: Floats, decay: float
) -> tuple[Floats, Floats, Bools]:
    """Return what is expected in each period against the usual, fitted anew every four weeks on the past alone.

    A new fit has another unit: the second array says by what a sum of earlier shapes, weighted down by `decay` a
    period, is multiplied at its first period. The third marks the periods from which on more is fitted.

    Parameters
    ----------
    totals
        Counts of all columns over their exposure, shape (n_periods,).
    events
        What is known of each period beforehand (holidays, market days), shape (n_periods, n_events).
    """
    shape, unit, coarse = np.ones(len(totals)), np.ones(len(totals)), np.zeros(len(totals), bool)
    used, parts = 0.0, 0
    days = np.asarray((periods - periods[0]) / pd.Timedelta(days=1), float) if len(periods) else np.empty(0)
    every = max(round(MONTH / (float(np.median(np.diff(days))) if len(days) > 1 else MONTH)), 1)
    for start in range(0, len(totals), every):
        design = _design(days, periods, events, start)
        ahead, past = slice(start, start + every), 0.0
        if design.shape[1] and totals[:start].any():
            full = np.column_stack([np.ones(start), design[:start]])
            fit = fit_glm(full, *(part[None, :start] for part in (totals, 0 * totals, 0 * totals + 1)))
            whole = np.exp(np.clip((design - design[start]) @ fit.coef[0, 1:], -3, 3))
            shape[ahead] = whole[ahead]
            past = float(whole[:start] @ decay ** np.arange(start - 1, -1, -1))
            coarse[start], parts = design.shape[1] > parts, design.shape[1]
        if past and used:
            unit[start], used = past / used, past
        n = len(shape[ahead])
        used = used * decay**n + float(shape[ahead] @ decay ** np.arange(n - 1, -1, -1))
    return shape, unit, coarse


def _design(days: Floats, periods: pd.DatetimeIndex, events: Floats, start: int) -> Floats:
    """Return season, trend, weekday and events as far as the periods before `start` suffice to fit them."""
    years = (days[start] - days[0]) / YEAR
    angle = 2 * np.pi * days / YEAR
    columns = [np.sin(angle), np.cos(angle)] if years >= SEASON_YEARS else []
    columns += [days / YEAR] if years >= TREND_YEARS else []
    weekday = np.asarray(periods.day_of_week)
    if years * YEAR >= 7 * WEEKS:
        columns += [(weekday == day).astype(float) for day in np.unique(weekday)[1:]]
        columns += [event for event in events.T if 0 < np.count_nonzero(event[:start]) < start]
    return np.column_stack([np.empty((len(days), 0)), *columns])
