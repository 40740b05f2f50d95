"""Which share of a week's incidents falls into some of its hours, cell by cell: Friday night, the day shift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_columns
from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.clock import hour_known
from patrolgeo.panel.counts import wall_clock
from patrolgeo.panel.periods import DAYS
from patrolgeo.risk.history import History
from patrolgeo.risk.smoothing import cell_spacing, smooth

WIDTHS = (1.0, 2.0, 4.0)  # cell spacings
HELD = (10.0, 40.0, 160.0)  # incidents for which what is expected stands when the surroundings or the cell speak
JUDGED = 0.3  # newest share of the incidents, on which widths and weights are judged


class Hours(NamedTuple):
    """Some hours of the week: days on which they begin, and the minutes of the day from `start` to `end`."""

    days: tuple[int, ...]
    start: int
    end: int

    @classmethod
    def of(cls, days: Sequence[str] | None, hours: tuple[str, str] | None) -> Hours:
        """Check days ("Mon" to "Sun", None = all) and hours of the clock ("22:00", "06:00"; None = the whole day)."""
        if isinstance(days, str) or (days is not None and not len(days)):
            raise DataError(f"days must be a list of days such as ['Fri'], got {days!r}.")
        for day in days or ():
            check_choice(day, DAYS, "days")
        at = tuple(DAYS.index(day) for day in (DAYS if days is None else days))
        if hours is not None and (isinstance(hours, str) or len(hours) != 2):
            raise DataError(f"hours must be two times of the clock such as ('22:00', '06:00'), got {hours!r}.")
        start, end = (0, 1440) if hours is None else (_minute(hour) for hour in hours)
        return cls(at, start, end if end > start else end + 1440)

    @classmethod
    def of_shift(cls, shift: pd.Series) -> Hours:
        """Return the hours of a shift (`start`, `minutes`, `days`) as `read_shifts` gives it."""
        start = int(shift["start"])
        return cls(tuple(DAYS.index(day) for day in shift["days"]), start, start + int(shift["minutes"]))

    def on_clock(self, minute: Any) -> Any:
        """Return which minutes of the day lie in these hours, whatever the day."""
        return (minute - self.start) % 1440 < self.end - self.start

    def on_day(self, day: Any, minute: Any) -> Any:
        """Return which times belong to one of the days; those after midnight to the day on which the hours began."""
        return np.isin((day - (minute < self.end - 1440)) % 7, self.days)


def _minute(hour: str) -> int:
    parts = str(hour).split(":")
    if len(parts) != 2 or not all(p.isdigit() for p in parts) or int(parts[0]) > 24 or int(parts[1]) > 59:
        raise DataError(f"{hour!r} is no time of the clock; write it as '22:00'.")
    return int(parts[0]) * 60 + int(parts[1])


def share_in_hours(history: History, incidents: Any, wanted: Hours) -> Floats:
    """Return the share of a week's incidents that falls into these hours, by cell, as the past of the history says.

    The share of the whole area, times how much more of these hours the surroundings have (on any day), times how much
    more of these days they have (at any hour), then the cell's own record of just these hours. How wide the
    surroundings are and for how many incidents each earlier guess stands is decided by how well the newest 30 % of the
    incidents are explained from the older ones; "no difference between cells" is among the guesses. Incidents whose
    hour is not known, and those after the last period of the history, are left aside.
    """
    clock, day, cell, new = _of_the_past(history, incidents, wanted)
    inside = clock & day
    if not len(cell):
        return np.full(len(history.cells), len(wanted.days) * (wanted.end - wanted.start) / (7 * 1440))
    even = np.ones(len(history.cells))
    tallies = [_Tally.of(which, cell, new, len(even)) for which in (clock, day, inside)]
    usual = [float(which.mean()) for which in (clock, day, inside)]
    by_clock, by_day = (
        (u * even, u * even) if which.all() else _local(history, t, (u * even, u * even))
        for which, t, u in zip((clock, day), tallies[:2], usual[:2], strict=True)
    )
    priors = tuple(
        np.clip(usual[2] * (c / max(usual[0], 1e-9)) * (d / max(usual[1], 1e-9)), 0.0, 1.0)
        for c, d in zip(by_clock, by_day, strict=True)
    )
    return _local(history, tallies[2], (priors[0], priors[1]))[1]


def _of_the_past(history: History, incidents: Any, wanted: Hours) -> tuple[Bools, Bools, Any, Bools]:
    """Return for each usable incident: in these hours? on these days? which cell? one of the newest?"""
    check_columns(incidents, ["time"], "incidents")
    times = wall_clock(incidents["time"])
    points = crs.to_lonlat(incidents, "incidents").geometry
    cell = history.grid.positions(points.x, points.y)
    end = history.periods[-1] + pd.Timedelta(days=history.days)
    usable = (cell >= 0) & (times < end).to_numpy() & hour_known(incidents).to_numpy()
    times, cell = times[usable], cell[usable]
    minute, day = (times.dt.hour * 60 + times.dt.minute).to_numpy(), times.dt.day_of_week.to_numpy()
    new = (times > times.quantile(1 - JUDGED)).to_numpy()
    return wanted.on_clock(minute), wanted.on_day(day, minute), cell, new


class _Tally(NamedTuple):
    """Incidents by cell, inside and in all: of the older ones, the newer ones, and together."""

    old: tuple[Floats, Floats]
    new: tuple[Floats, Floats]
    all: tuple[Floats, Floats]

    @classmethod
    def of(cls, inside: Bools, cell: Any, new: Bools, n: int) -> _Tally:
        def counts(some: Bools) -> tuple[Floats, Floats]:
            hit, every = (np.bincount(cell[k], minlength=n).astype(float) for k in (some & inside, some))
            return hit, every

        return cls(counts(~new), counts(new), counts(new | ~new))


def _local(history: History, tally: _Tally, prior: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return the share by cell as the older incidents tell it, and as all tell it.

    A mean over the guesses, each weighted by how likely it makes the newer incidents from the older ones.
    """
    tables = (tally.old, tally.all)
    around = zip(*(_around(history, counts, p) for counts, p in zip(tables, prior, strict=True)), strict=True)
    guesses = [
        [_shrunk(counts, near, held) for counts, near in zip(tables, pair, strict=True)]
        for pair in around for held in (np.inf, *HELD)
    ]  # fmt: skip
    fits = np.array([_likelihood(old, *tally.new) for old, _ in guesses])
    weights = np.exp(fits - fits.max())
    old, every = np.tensordot(weights / weights.sum(), np.array(guesses), axes=1)
    return old, every


def _likelihood(share: Floats, inside: Floats, total: Floats) -> float:
    p = np.clip(share, 1e-6, 1 - 1e-6)
    return float(inside @ np.log(p) + (total - inside) @ np.log(1 - p))


def _around(history: History, counts: tuple[Floats, Floats], prior: Floats) -> Iterator[Floats]:
    """Yield the prior, then for each width and weight the prior times observed over expected around.

    The weight counts as if so many more incidents had been as expected.
    """
    yield prior
    inside, total = counts
    for width in WIDTHS:
        seen, expected = smooth(np.array([inside, total * prior]), history, width * cell_spacing(history))
        # smoothed counts are means over about as many cells as the kernel is wide: scale them back to incidents
        cells = 4 * np.pi * width**2 / (np.sqrt(3) / 2)
        for held in HELD:
            usual = held * max(float(inside.sum() / max(total.sum(), 1.0)), 1e-9)  # hours in which nothing was recorded
            yield np.clip(prior * (seen * cells + usual) / (expected * cells + usual), 0.0, 1.0)


def _shrunk(counts: tuple[Floats, Floats], prior: Floats, held: float) -> Floats:
    inside, total = counts
    return prior if np.isinf(held) else (inside + held * prior) / (total + held)
