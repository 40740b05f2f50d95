"""How the calendar moves risk: market days, holidays, the days of the week."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError
from patrolgeo.risk.history import History, next_periods
from patrolgeo.risk.likelihood import ridge_poisson, thinned
from patrolgeo.risk.protocol import Constant

PENALTY = 10.0
LEVEL_WINDOW_DAYS = 56


@dataclass(frozen=True)
class Rhythm:
    """Factors on a lasting surface that the calendar explains; 1 on average over the past of each cell.

    Parameters
    ----------
    slopes
        Logarithm of the factor for each unit of a calendar covariate, name -> slope.
    means
        Usual value of each covariate by cell, name -> shape (n_cells,) or (1,).
    """

    slopes: dict[str, float]
    means: dict[str, Floats]

    @classmethod
    def learned(cls, history: History, surface: Floats) -> Rhythm:
        """Fit the slopes to all past cells and periods, with the surface and the slow level of the city as offset."""
        names = calendar_names(history)
        if not names or history.counts.sum() == 0 or len(history.counts) < 4:
            return cls({}, {})
        known = {name: known_at(history, name, history.periods) for name in names}
        means = {name: table.mean(axis=0) for name, table in known.items()}
        totals = pd.Series(history.counts.sum(axis=1))
        width = max(round(LEVEL_WINDOW_DAYS / history.days), 1)
        slow = totals.rolling(width, center=True, min_periods=1).mean().to_numpy()
        base = np.outer(slow, surface / surface.sum()).ravel() + 1e-12
        rows, copies = thinned(history.counts.ravel())
        columns = [np.broadcast_to(known[n] - means[n], history.counts.shape).ravel()[rows] for n in names]
        y = history.counts.ravel()[rows]
        slopes = ridge_poisson(np.column_stack(columns), y, base[rows] * copies, PENALTY)
        return cls(dict(zip(names, slopes[1:].tolist(), strict=True)), means)

    def factor(self, history: History, periods: pd.DatetimeIndex) -> Floats:
        """Return the factor of each of these periods, shape (n_periods, n_cells) or (n_periods, 1)."""
        linear = np.zeros((len(periods), 1))
        for name, slope in self.slopes.items():
            linear = linear + slope * (known_at(history, name, periods) - self.means[name])
        return np.exp(linear)


class Rhythmic(Constant):
    """A lasting surface, moved by the calendar."""

    rhythm_: Rhythm

    def _expected(self, horizon: int) -> Floats:
        periods = next_periods(self.history_.periods, horizon)
        return self.rate_ * self.rhythm_.factor(self.history_, periods)


def calendar_names(history: History) -> list[str]:
    """Return the covariates that the calendar knows, with days of the week and hours where periods tell them."""
    weekdays = [f"weekday {day}" for day in range(7)] if history.days < 6.5 else []
    hours = [f"hour {hour}" for hour in sorted(set(history.periods.hour))] if history.days < 0.9 else []
    return [*history.calendar, *weekdays, *hours]


def known_at(history: History, name: str, periods: pd.DatetimeIndex) -> Floats:
    """Return the rows of a calendar covariate for these periods, shape (n_periods, n_cells) or (n_periods, 1)."""
    if name not in history.calendar:
        kind, value = name.split()
        clock = periods.day_of_week if kind == "weekday" else periods.hour
        return (clock.to_numpy() == int(value))[:, None].astype(float)
    table = history.calendar[name]
    missing = periods.difference(table.index)
    if len(missing):
        raise AlignmentError(
            f"The covariate {name!r} is not known for {len(missing)} period(s) (first: {missing[0]}); what is known in "
            "advance must reach from the first period of the panel to the last one that is forecast."
        )
    return table.loc[periods].to_numpy(float)
