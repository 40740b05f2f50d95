"""How well somebody who watches every day could guess where a patrol will be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Bools, Floats
from patrolgeo.plan.routes.route_plan import RoutePlan, times_of
from patrolgeo.plan.routes.route_pool import draw_from

FIRST_DAY = pd.Timestamp("2001-01-01")  # a Monday; any days do, since each is drawn by itself
N_BOOT = 500


@dataclass(frozen=True, kw_only=True, repr=False)
class Watcher(Shown):
    """What a watcher's guesses are worth.

    The guess of an hour is the place that was most often visited in that hour over the last `days` days.

    Parameters
    ----------
    hit_rate
        Share of guesses at which a patrol was at the place in that hour.
    reference
        The same when every place and hour is visited by itself with the same chance: what the chances alone give away.
    chance
        Share of hits of a guess at random among the places that are ever visited.
    ratio, low, high
        `hit_rate` over `reference`, with its 95 % interval from whole days drawn anew.
    days, n_days
        Days that the watcher looks back; days that were guessed.

    Examples
    --------
    >>> from patrolgeo import design_routes, watch_routes
    >>> minutes = [[0, 5, 9], [5, 0, 6], [9, 6, 0]]
    >>> told = watch_routes(design_routes([0, 10, 20], minutes, 1, 60, 12, base=0), days=5, n_days=20)
    >>> told.hit_rate
    1.0
    """

    hit_rate: float
    reference: float
    chance: float
    ratio: float
    low: float
    high: float
    days: int
    n_days: int

    def _head(self) -> str:
        return f"{self.hit_rate:.1%} of guesses right, {self.ratio:.2f} times what the chances alone give away"

    def _rows(self) -> Rows:
        return [
            ("reference", f"{self.reference:.1%}"), ("at random", f"{self.chance:.1%}"),
            ("ratio", f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})"),
        ]  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the numbers as one dictionary."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def watch_routes(plan: RoutePlan, *, days: int = 30, n_days: int = 200, random_state: int | None = 0) -> Watcher:
    """How often would a watcher of some weeks guess right where a patrol will be in an hour?

    `n_days` plans are drawn after `days` to learn from. Being seldom right is not the aim by itself: hot places are to
    be visited often. The ratio says whether the plans give away more than these chances do.

    Parameters
    ----------
    plan
        The plan to draw from.
    days
        Days that the watcher looks back.
    n_days
        Days that are guessed.
    random_state
        Seed of the draws.

    Returns
    -------
    Watcher.

    Raises
    ------
    DataError
        When a number cannot be used.

    Examples
    --------
    >>> from patrolgeo import design_routes, watch_routes
    >>> minutes = [[0, 5, 9], [5, 0, 6], [9, 6, 0]]
    >>> watch_routes(design_routes([0, 10, 20], minutes, 1, 60, 12, base=0), days=5, n_days=20).hit_rate
    1.0
    """
    days, n_days, seed = check_count(days, "days"), check_count(n_days, "n_days"), check_seed(random_state)
    seen = presence(plan, days + n_days, seed)
    hits = guesses(seen, days)
    rng = np.random.default_rng(seed)
    alone = guesses(rng.random(seen.shape) < seen.mean(axis=0), days)
    ever = seen.any(axis=(0, 1)).sum()
    boot = rng.integers(0, n_days, (N_BOOT, n_days))
    reference = float(alone.mean())
    ratios = hits.mean(axis=1)[boot].mean(axis=1) / np.maximum(alone.mean(axis=1)[boot].mean(axis=1), 1e-12)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return Watcher(
        hit_rate=float(hits.mean()), reference=reference, chance=float(seen.sum(axis=2).mean() / max(ever, 1)),
        ratio=float(hits.mean() / max(reference, 1e-12)), low=float(low), high=float(high), days=days, n_days=n_days,
    )  # fmt: skip


def presence(plan: RoutePlan, n: int, seed: int) -> Bools:
    """Return whether a stop is made, by day, hour after the plan's zero and place; shape (days, hours, places)."""
    problem = plan.problem
    hours = int(np.ceil(problem.visits.late.max() / 60.0)) or 1
    seen = np.zeros((n, hours, len(problem.places)), bool)
    for day in range(n):
        tours = draw_from(plan.pool, problem, FIRST_DAY + pd.Timedelta(days=day), seed)
        _, _, visit, arrive, leave = times_of(problem, tours)
        halts = ~problem.is_break[visit]
        at = problem.place[visit[halts]]
        first, last = arrive[halts] // 60, (leave[halts] - 1e-9) // 60
        for hour in range(hours):
            seen[day, hour, at[(first <= hour) & (hour <= np.maximum(first, last))]] = True
    return seen


def guesses(seen: Bools, days: int) -> Floats:
    """Return whether the guess of each day after the first `days`, and hour, was right; shape (days, hours)."""
    total = np.concatenate([np.zeros((1, *seen.shape[1:])), np.cumsum(seen, axis=0, dtype=float)])
    past = total[days:-1] - total[: -1 - days]
    guess = past.argmax(axis=2)
    return np.take_along_axis(seen[days:], guess[:, :, None], axis=2)[:, :, 0].astype(float)
