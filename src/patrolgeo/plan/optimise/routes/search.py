"""The search: tear near visits out of some routes, put the best ones back, keep what is better or nearly so.

Large-neighbourhood search after Shaw (1998), with the strings of Christiaens and Vanden Berghe (2020) and annealing,
from many starts of which the better half goes on, again and again.
"""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Ints
from patrolgeo.compiled import lean, lean_kernel
from patrolgeo.plan.optimise.routes.moves import (
    LIMIT,
    Desk,
    Prices,
    copy_counts,
    copy_prices,
    copy_route,
    copy_tours,
    drop_losses,
    fill,
    price_all,
    price_one,
    renew,
    seed_routes,
    straighten,
    tear,
    value_of,
)
from patrolgeo.plan.optimise.routes.visits import Tours, Visits, empty_tours

NEAR = 40  # neighbours of a visit that a tear can reach
HOT, COLD = 0.006, 0.001  # temperature at begin and end, as a share of what there is to gain
MOST = 20  # visits that a tear takes out of a route
BLUR = 0.6  # by how much the order of filling may stray from worth
SMOOTH = 0.3  # what a share less travel counts against a share more worth, where travel is free
WORK = 6.0e7  # work of an effort of 1, in priced visits
MOST_STEPS, LEAST_STEPS = 60_000, 200
STEPS_A_PAIR = 400
STARTS, START_STEPS = 16, 150  # most starts, and the steps that each has before half of them are given up


@lean
def retear(v: Visits, t: Tours, kept: Tours, prices: Prices, near: Ints, torn: np.ndarray) -> None:
    """Tear a plan and price what lies bare."""
    for k in range(len(torn)):
        torn[k] = False
    tear(v, t, near, torn, MOST)
    for k in range(len(torn)):
        if torn[k]:
            price_all(v, t, prices, k)
            continue
        for i in range(len(t.of)):
            if t.of[i] < 0 and kept.of[i] >= 0:
                price_one(v, t, prices, k, i)


@lean
def mend(v: Visits, t: Tours, prices: Prices, desk: Desk, plain: bool, loaded: bool) -> None:
    """Fill the torn routes up, and once more when turning parts round made room."""
    torn, noise, blur = desk.torn, desk.noise, BLUR * np.random.random()
    for i in range(len(noise)):
        noise[i] = 1 - blur * np.random.random()
    power, by_load = 0.5 + np.random.random(), np.random.random() if loaded else 0.0
    toll, turned = v.toll * np.random.random(), False
    fill(v, t, prices, desk, power, by_load, toll)
    if plain:
        for k in range(len(torn)):
            if torn[k] and straighten(v, t, k):
                turned = True
                price_all(v, t, prices, k)
        if turned:
            fill(v, t, prices, desk, power, by_load, toll)
    if v.toll > 0:
        drop_losses(v, t, prices, torn)


@lean
def keep(t: Tours, kept: Tours, prices: Prices, held: Prices, torn: np.ndarray) -> None:
    """Copy what was torn, with its prices, and the prices of what lies bare since."""
    for i in range(len(t.of)):
        if t.of[i] < 0 and kept.of[i] >= 0:
            for k in range(len(t.size)):
                held.extra[k, i], held.place[k, i] = prices.extra[k, i], prices.place[k, i]
    for k in range(len(t.size)):
        if torn[k]:
            copy_route(t, kept, k)
            copy_prices(prices, held, k)
    copy_counts(t, kept)


@lean_kernel
def anneal(
    v: Visits, t: Tours, kept: Tours, best: Tours, prices: Prices, held: Prices, desk: Desk, near: Ints, steps: int,
    hot: float, cold: float, sure: float, plain: bool, seed: int,
) -> float:  # fmt: skip
    """Search from plan `t` for some steps; `best` ends as the best plan seen. Returns its value.

    `sure` of the value is no choice (what must be made), and does not count when travel is held against worth.
    """
    np.random.seed(seed)
    units, torn, loaded = len(t.size), desk.torn, False
    for i in range(len(v.load)):
        loaded |= v.load[i] > 0
    for k in range(units):
        torn[k] = True
        renew(v, t, k)
        price_all(v, t, prices, k)
    heat, top, shortest, now = hot, -np.inf, np.inf, -np.inf
    for step in range(steps + 1):
        if step > 0:
            retear(v, t, kept, prices, near, torn)
        mend(v, t, prices, desk, plain, loaded)
        value, travel = value_of(v, t)
        if value > top + LIMIT or (value > top - LIMIT and travel < shortest - LIMIT):
            top, shortest = value, travel
            copy_tours(t, best)
        if v.toll == 0:
            value -= SMOOTH * travel * max(top - sure, 0.0) / max(shortest, LIMIT)
        if step == 0 or value > now + heat * np.log(1 - np.random.random()):
            now = value
            keep(t, kept, prices, held, torn)
        else:
            for k in range(units):
                if torn[k]:
                    copy_route(kept, t, k)
                    copy_prices(held, prices, k)
            copy_counts(kept, t)
        heat *= (cold / hot) ** (1.0 / max(steps, 1))
    return top


def neighbours(v: Visits) -> Ints:
    """Return by visit the nearest visits, itself first, shape (n, NEAR or fewer)."""
    at = v.spot[: len(v.group)]
    travel = v.travel.min(axis=0)[np.ix_(at, at)]
    travel = np.minimum(travel, travel.T)
    np.fill_diagonal(travel, -1.0)
    return np.argsort(travel, axis=1, kind="stable")[:, :NEAR]


def is_plain(v: Visits) -> bool:
    """Return whether direction and hour do not count: ways the same both ways, and no windows."""
    n, units = len(v.group), len(v.kind)
    no_windows = (v.early[:n] <= v.early[n : n + units].min()).all() and (v.late[:n] >= v.late[n + units :].max()).all()
    return bool(no_windows and np.allclose(v.travel, v.travel.transpose(0, 2, 1)))


def steps_for(v: Visits, effort: float) -> int:
    """Return how many steps an effort buys, by size alone: the clock never decides."""
    n = len(v.group)
    most = min(MOST_STEPS * max(effort, 1), STEPS_A_PAIR * n * n)  # few visits have few orders
    return int(np.clip(effort * WORK / (n * (len(v.kind) + 6)), LEAST_STEPS, max(most, LEAST_STEPS)))


class Search:
    """The search with its room to work in."""

    def __init__(self, v: Visits, scale: float, sure: float = 0.0) -> None:
        n, units = len(v.group), len(v.kind)
        self.v, self.scale, self.sure = v, scale, sure
        self.near, self.plain = neighbours(v), is_plain(v)
        self.prices = Prices(np.full((units, n), np.inf), np.zeros((units, n), np.int64))
        self.held = Prices(self.prices.extra.copy(), self.prices.place.copy())
        self.kept = empty_tours(v)
        self.desk = Desk(np.zeros(units, bool), np.zeros(n), np.zeros(units, bool), np.zeros(units, bool))

    def start(self, seed: int) -> Tours:
        """Return a plan in which each route has one visit at most, drawn at random."""
        tours = empty_tours(self.v)
        seed_routes(self.v, tours, self.prices, seed)
        return tours

    def go_on(self, tours: Tours, steps: int, seed: int, v: Visits | None = None) -> tuple[float, Tours]:
        """Return the value and the best plan found from one that is given, which is changed."""
        best = empty_tours(self.v)
        top = anneal(
            self.v if v is None else v, tours, self.kept, best, self.prices, self.held, self.desk, self.near, steps,
            HOT * self.scale, COLD * self.scale, self.sure, self.plain, seed,
        )  # fmt: skip
        return top, best

    def run(self, steps: int, seed: int) -> Tours:
        """Return the best plan of several starts; after each round the better half goes on."""
        rounds = 1
        while 2**rounds <= STARTS and 2**rounds * START_STEPS * (rounds + 1) <= steps:
            rounds += 1
        runs = [(0.0, s, self.start(seed + s) if rounds > 1 else empty_tours(self.v)) for s in range(2 ** (rounds - 1))]
        for level in range(rounds):
            each = steps // rounds // len(runs)
            tried = [(*self.go_on(tours, each, seed + 1000 * level + s), s) for _, s, tours in runs]
            tried.sort(key=lambda run: (-run[0], run[2]))
            runs = [(top, s, tours) for top, tours, s in tried[: max(1, len(tried) // 2)]]
        return runs[0][2]
