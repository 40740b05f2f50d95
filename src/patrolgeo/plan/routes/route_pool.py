"""Plans to draw from: at least 97 % of the best, weighed so that nobody can foresee them, caps kept from day to day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, by_label, check_columns
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.optimise.routes.moves import put_in
from patrolgeo.plan.optimise.routes.pool import COOL, near_best, worth_of
from patrolgeo.plan.optimise.routes.search import Search, steps_for
from patrolgeo.plan.optimise.routes.visits import Tours, empty_tours
from patrolgeo.plan.routes.route_problem import RouteProblem
from patrolgeo.plan.routes.route_rules import position

SHARE = 0.97  # of the worth of the best plan
PLANS, FEWEST = 120, 60  # plans of a pool at an effort of 1, and least
TRIES = 3  # tries a plan
STEPS, LEAST_STEPS, MOST_STEPS = 0.01, 30, 400  # steps of a try: share of the search's, least and most


@dataclass(frozen=True, repr=False)
class RoutePool(Shown):
    """Near-best plans and their weights.

    Parameters
    ----------
    plans
        By plan and unit the visits in order.
    worth
        Share of the best plan's worth, by plan.
    weights
        Chance of each plan, shape (plans,).
    chance
        DataFrame by place: `chance` of a visit on a day, the wanted `low` and `high`, whether the place is `needed`
        (no plan near the best was found without it), and whether the wanted chance is `reached`.

    Examples
    --------
    >>> from patrolgeo import design_routes
    >>> minutes = [[0, 5, 9, 6], [5, 0, 6, 4], [9, 6, 0, 5], [6, 4, 5, 0]]
    >>> pool = design_routes([0, 10, 9, 10], minutes, 1, 50, 12, base=0).pool
    >>> bool((pool.worth >= 0.97).all()), round(float(pool.weights.sum()), 6)
    (True, 1.0)
    """

    plans: tuple[tuple[Ints, ...], ...]
    worth: Floats
    weights: Floats
    chance: pd.DataFrame

    @property
    def entropy(self) -> float:
        """Return the entropy of a draw in bits: 1 more is twice as many plans."""
        w = self.weights[self.weights > 0]
        return float(-(w * np.log2(w)).sum())

    def _head(self) -> str:
        return f"{len(self.plans)} plans, {self.entropy:.1f} bits, at least {self.worth.min():.1%} of the best"

    def _rows(self) -> Rows:
        wanted = self.chance["low"].gt(0) | self.chance["high"].lt(1)
        return [
            ("in range", f"{int(self.chance['reached'][wanted].sum())} of {int(wanted.sum())} wanted places"),
            ("needed every day", f"{int(self.chance['needed'].sum())}, as far as the search can tell"),
        ]


def make_pool(problem: RouteProblem, tours: tuple[Ints, ...], effort: float, seed: int) -> RoutePool:
    """Look for plans near the best one and weigh them."""
    v, best = problem.visits, _filled(problem, tours)
    low, high = _wanted(problem, tours)
    prizes, forced = problem.prizes, problem.forced
    top = worth_of(v._replace(worth=prizes), best.of)
    of_group = np.zeros(len(v.worth), np.int64)
    of_group[v.group] = problem.place
    wanted = int(np.clip(PLANS * effort**0.5, FEWEST, 2 * PLANS))
    steps = int(min(MOST_STEPS, max(LEAST_STEPS, STEPS * steps_for(v, effort))))
    search = Search(v, COOL * max(float(prizes.sum()), 1e-12), problem.bonus * float(forced.sum()))
    plans, weights, needed = near_best(
        search, best, ~forced, SHARE, wanted, TRIES * wanted, steps, np.where(forced, 0.0, low[of_group]),
        np.where(forced, 1.0, high[of_group]), seed,
    )  # fmt: skip
    worth = np.array([worth_of(v._replace(worth=prizes), plan.of) for plan in plans]) / (top or 1.0)
    seen = np.array([_seen(problem, plan) for plan in plans])
    chance = pd.DataFrame({"chance": weights @ seen, "low": low, "high": high}, index=problem.places)
    chance["needed"] = np.isin(problem.places, problem.places[of_group[needed]])
    chance["reached"] = chance["chance"].between(low - 1e-9, high + 1e-9)
    lists = tuple(tuple(p.order[k, 1 : size + 1].copy() for k, size in enumerate(p.size)) for p in plans)
    return RoutePool(lists, worth, weights, chance)


def _filled(problem: RouteProblem, tours: tuple[Ints, ...]) -> Tours:
    made = empty_tours(problem.visits)
    for k, tour in enumerate(tours):
        for q, i in enumerate(tour, 1):
            put_in(problem.visits, made, k, q, int(i))
    return made


def _seen(problem: RouteProblem, plan: Tours) -> Bools:
    """Return which places a plan visits for a stop."""
    return np.bincount(problem.place[(plan.of >= 0) & ~problem.is_break], minlength=len(problem.places)) > 0


def _minutes_at(problem: RouteProblem, tours: tuple[Ints, ...]) -> Floats:
    """Return the minutes of stops by place."""
    made = np.concatenate(tours)
    halts = made[~problem.is_break[made]]
    stays = np.bincount(problem.place[halts], problem.visits.stay[halts], minlength=len(problem.places))
    return np.asarray(stays, np.float64)


def _wanted(problem: RouteProblem, tours: tuple[Ints, ...]) -> tuple[Floats, Floats]:
    """Return the wanted chance by place, 0 to 1 where none is wanted or the place must be visited anyway."""
    given, places = problem.rules.visit_range, problem.places
    low, high = np.zeros(len(places)), np.ones(len(places))
    if given is None:
        return low, high
    if isinstance(given, pd.DataFrame):
        check_columns(given, ["low", "high"], "visit_range")
        at = np.array([position(places, p, "visit_range") for p in given.index], int)
        low[at], high[at] = as_floats(given["low"], "visit_range"), as_floats(given["high"], "visit_range")
    else:
        pair = as_floats(given, "visit_range").reshape(-1)
        if len(pair) != 2:
            raise DataError(f"visit_range={given!r} must be (low, high), or a table by place.")
        listed = problem.rules.visit_range_places
        at = np.flatnonzero(_minutes_at(problem, tours) > 0) if listed is None else np.array(
            [position(places, p, "visit_range_places") for p in listed], int
        )  # fmt: skip
        low[at], high[at] = pair
    if not ((low >= 0) & (low <= high) & (high <= 1)).all():
        raise DataError("visit_range must hold chances with 0 <= low <= high <= 1.")
    low[problem.must], high[problem.must] = 0.0, 1.0
    return low, high


def draw_from(pool: RoutePool, problem: RouteProblem, day: pd.Timestamp, seed: int) -> tuple[Ints, ...]:
    """Return the visits of the plan of a day; the days of its week before it are drawn too where minutes are capped."""
    caps = _caps(problem)
    if caps is None:
        return _mixed(problem, pool, _pick(pool.weights, day, seed), day, seed)
    used = np.zeros(len(problem.places))
    monday, minutes = day - pd.Timedelta(days=day.weekday()), _minutes(pool, problem)
    tours: tuple[Ints, ...] = ()
    for ahead in range(day.weekday() + 1):
        date = monday + pd.Timedelta(days=ahead)
        fits = (used + minutes <= caps + 1e-6).all(axis=1)
        weights = pool.weights * fits if (pool.weights * fits).sum() > 0 else pool.weights
        tours = _within(problem, _mixed(problem, pool, _pick(weights, date, seed), date, seed), caps - used)
        used += _minutes_at(problem, tours)
    return tours


def _caps(problem: RouteProblem) -> Floats | None:
    given, places = problem.rules.week_minutes, problem.places
    if given is None:
        return None
    caps = (
        np.full(len(places), given, float) if np.ndim(given) == 0 else by_label(given, places, "week_minutes", "places")
    )
    if not (caps >= 0).all():
        raise DataError("week_minutes must be minutes of 0 or more for every place.")
    return caps


def _minutes(pool: RoutePool, problem: RouteProblem) -> Floats:
    return np.array([_minutes_at(problem, plan) for plan in pool.plans])


def _rng(day: pd.Timestamp, seed: int, what: int) -> np.random.Generator:
    return np.random.default_rng([seed, day.toordinal(), what])


def _pick(weights: Floats, day: pd.Timestamp, seed: int) -> int:
    total = np.cumsum(weights)
    return int(np.searchsorted(total / total[-1], _rng(day, seed, 0).random(), side="right"))


def _mixed(problem: RouteProblem, pool: RoutePool, which: int, day: pd.Timestamp, seed: int) -> tuple[Ints, ...]:
    """Return a plan with its routes dealt out anew among units that are the same, and some of them turned round.

    Neither changes what is visited; both change who comes when.
    """
    rng, alike = _rng(day, seed, 1), problem.visits.alike
    tours = list(pool.plans[which])
    for first in np.unique(alike):
        mates = np.flatnonzero(alike == first)
        for k, source in zip(mates, rng.permutation(mates), strict=True):
            tour = pool.plans[which][source]
            turned = tour[::-1]
            tours[k] = turned if rng.random() < 0.5 and _can_be_made(problem, int(k), turned) else tour
    return tuple(tours)


def _can_be_made(problem: RouteProblem, k: int, tour: Ints) -> bool:
    v, n, units = problem.visits, len(problem.place), len(problem.visits.kind)
    at, now = n + k, float(v.early[n + k])
    for i in [*tour.tolist(), n + units + k]:
        now = max(float(v.early[i]), now + float(v.stay[at]) + float(v.travel[v.kind[k], v.spot[at], v.spot[i]]))
        if now > v.late[i] + 1e-9:
            return False
        at = i
    return True


def _within(problem: RouteProblem, tours: tuple[Ints, ...], left: Floats) -> tuple[Ints, ...]:
    """Leave out stops that would use up more than is left of a place's minutes; mandatory ones stay."""
    left, kept = left.copy(), []
    for tour in tours:
        stays = []
        for i in tour.tolist():
            place, free = problem.place[i], problem.is_break[i] or problem.place[i] in problem.must
            if free or problem.visits.stay[i] <= left[place] + 1e-6:
                stays.append(i)
                left[place] -= 0.0 if problem.is_break[i] else problem.visits.stay[i]
        kept.append(np.array(stays, np.int64))
    return tuple(kept)
