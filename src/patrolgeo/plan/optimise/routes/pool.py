"""Many plans that are nearly as good as the best, and the weights of highest entropy with which to draw among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.plan.optimise.routes.moves import LIMIT, take_out
from patrolgeo.plan.optimise.routes.search import Search
from patrolgeo.plan.optimise.routes.visits import Tours, Visits, empty_tours

STRAY = 0.05  # how far prizes stray, as the deviation of their logarithm
COOL = 0.2  # temperature of a try, as a share of that of the search: it begins at a good plan
FORCE = (0.0005, 0.02, 0.5)  # least, first and most worth of the largest price, as a share of the best plan's
AGAIN = 8  # tries after which prices are worked out again
ALONE = 8  # how much longer than a try the search for a plan without one place is
INSIDE = 0.01  # share of a wanted range that the weights keep away from its ends
SOFT = 1e-4  # what lets prices stay finite while no weights reach the ranges
STEEPEST = 60.0  # largest multiplier: a range that no weights can reach is reached as far as they can


def worth_of(v: Visits, of: Ints) -> float:
    """Return what the visits that are made are worth."""
    times = np.bincount(v.group[of >= 0], minlength=len(v.worth))
    return float(v.worth[np.arange(v.worth.shape[1]) < times[:, None]].sum())


@dataclass
class _Growing:
    """A pool that grows: its plans, what each visits, and what it takes to look for another.

    Every plan is worth at least `share` of the best one that was seen, what must be made not counted.
    """

    search: Search
    share: float
    steps: int
    rng: np.random.Generator
    plans: list[Tours]

    def __post_init__(self) -> None:
        v = self.search.v
        self.seen = {_key(plan) for plan in self.plans}
        self.made = [_groups(v, plan) for plan in self.plans]
        self.worth = [worth_of(v, plan.of) for plan in self.plans]

    @property
    def least(self) -> float:
        """Return the least worth of a plan of the pool."""
        return self.search.sure + self.share * (max(self.worth) - self.search.sure)

    def look(self, start: Tours, worth: Floats, steps: int) -> bool:
        """Search on from a plan at other prizes, without what is worthless then; keep and return whether it is good."""
        v = self.search.v
        begin = _without(v, _copy(v, start), worth[:, 0] <= 0)
        _, found = self.search.go_on(begin, steps, int(self.rng.integers(2**31)), v._replace(worth=worth))
        total = worth_of(v, found.of)
        good = total >= self.least
        if good and (key := _key(found)) not in self.seen:
            self.seen.add(key)
            self.plans.append(found)
            self.made.append(_groups(v, found))
            self.worth.append(total)
            self.drop_poor()
        return good

    def drop_poor(self) -> None:
        """Drop the plans that are worth too little since a better one was found."""
        stays = [i for i, worth in enumerate(self.worth) if worth >= self.least]
        self.plans, self.made = [self.plans[i] for i in stays], [self.made[i] for i in stays]
        self.worth = [self.worth[i] for i in stays]

    def meets(self, low: Floats, high: Floats) -> bool:
        """Return whether some weights of the plans meet every range."""
        made = np.array(self.made)
        chance = entropy_weights(made, *_inside(low, high))[0] @ made
        return bool(((chance >= low - LIMIT) & (chance <= high + LIMIT)).all())

    def needed(self, some: Bools) -> Bools:
        """Return which groups every plan visits, with none found that leaves the group out, however long the search."""
        v, found = self.search.v, some & np.all(self.made, axis=0)
        for g in np.flatnonzero(found):
            others = np.arange(len(v.worth)) != g
            self.look(self.plans[int(np.argmax(self.worth))], v.worth * others[:, None], ALONE * self.steps)
        return found & np.all(self.made, axis=0)


def near_best(
    search: Search, best: Tours, free: Bools, share: float, n_plans: int, tries: int, steps: int, low: Floats,
    high: Floats, seed: int,
) -> tuple[list[Tours], Floats, Bools]:  # fmt: skip
    """Return plans worth at least a share of the best, their weights, and the groups that none of them can do without.

    Each try changes the prizes by what the multipliers of the weights of highest entropy say: a group that is visited
    too often is worth less, one that is visited too rarely more, as in column generation; besides, prizes stray at
    random. How far prices count follows from how many tries end in a plan that is worth enough. After a third of the
    tries each group that every plan visits is left out by itself, in a longer search; where that fails, it is needed,
    and nothing more is asked of it. Ends when there are enough plans and every range is met, or after all tries.

    Parameters
    ----------
    free
        Which groups may stray; the others must be visited in every plan.
    low, high
        Shares of plans by group, shape (groups,); 0 and 1 where none is wanted.
    """
    v, rng, free_high = search.v, np.random.default_rng(seed), high.copy()
    pool = _Growing(search, share, steps, rng, [best])
    force, top, needed = FORCE[1], pool.worth[0] - search.sure, np.zeros(len(high), bool)
    for t in range(tries):
        if t == tries // 3:
            needed = pool.needed(free & (high < 1))
            free_high[needed] = 1.0
        if t % AGAIN == 0:
            if len(pool.plans) >= n_plans and pool.meets(low, free_high):
                break
            starts = pool.plans.copy()
            chosen, price = entropy_weights(np.array(pool.made), *_inside(low, free_high), SOFT)
            price = np.where(free, price / max(np.abs(price).max(), 1e-12), 0.0)
        worth = v.worth * np.where(free, np.exp(STRAY * rng.normal(size=len(high))), 1.0)[:, None]
        worth[:, 0] += force * top * price
        start = starts[int(rng.choice(len(chosen), p=chosen))]
        good = pool.look(start, np.maximum(worth, 0.0), steps)
        force = float(np.clip(force * (1.1 if good else 0.85), FORCE[0], FORCE[2]))
    weights, _ = entropy_weights(np.array(pool.made), *_inside(low, free_high))
    return pool.plans, weights, needed & np.all(pool.made, axis=0)


def _inside(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Return ranges a little narrower where they bind."""
    room = INSIDE * (high - low)
    return np.where(low > 0, low + room, 0.0), np.where(high < 1, high - room, 1.0)


def _without(v: Visits, tours: Tours, groups: Bools) -> Tours:
    """Return the plan without the visits of some groups."""
    for k in range(len(tours.size)):
        for q in range(int(tours.size[k]), 0, -1):
            if groups[v.group[tours.order[k, q]]]:
                take_out(v, tours, k, q, 1)
    return tours


def _groups(v: Visits, tours: Tours) -> Bools:
    return np.bincount(v.group[tours.of >= 0], minlength=len(v.worth)) > 0


def _key(tours: Tours) -> bytes:
    return b"".join(tours.order[k, : size + 2].tobytes() for k, size in enumerate(tours.size))


def _copy(v: Visits, tours: Tours) -> Tours:
    fresh = empty_tours(v)
    for to, source in zip(fresh, tours, strict=True):
        to[:] = source
    return fresh


def entropy_weights(seen: Array, low: Floats, high: Floats, soft: float = 0.0) -> tuple[Floats, Floats]:
    """Return the weights of highest entropy with which each place is visited with a chance in its range, and prices.

    The weights are an exponential family in what the plans visit (Jaynes 1957); its multipliers minimise the dual, a
    convex function with bounds, a multiplier a limit. Where the plans cannot meet a range, they come as near as
    multipliers of `STEEPEST` bring them, or as a penalty does that grows with the square of what is missed (`soft`
    times the square of the multipliers in the dual). The price of a place is what one more plan with a visit there
    would help: above 0 where it is visited too rarely, below where too often.

    Parameters
    ----------
    seen
        Whether a plan visits a place, shape (plans, places).
    low, high
        Wanted chance by place.
    """
    tilt = np.hstack([seen, -1.0 * seen])
    limit = np.r_[low, -high]
    bounded = np.r_[low > 0, high < 1]
    tilt, limit = tilt[:, bounded], limit[bounded]
    if not len(limit):
        return np.full(len(seen), 1.0 / len(seen)), np.zeros(len(low))

    def dual(push: Floats) -> tuple[float, Floats]:
        score = tilt @ push
        top = score.max()
        weight = np.exp(score - top)
        total = weight.sum()
        value = float(top + np.log(total) - limit @ push + 0.5 * soft * push @ push)
        return value, weight @ tilt / total - limit + soft * push

    most = STEEPEST if soft == 0 else np.inf
    answer = minimize(dual, np.zeros(len(limit)), jac=True, method="L-BFGS-B", bounds=[(0.0, most)] * len(limit))
    score = tilt @ answer.x
    weight = np.exp(score - score.max())
    pushed = np.zeros(2 * len(low))
    pushed[bounded] = answer.x
    return weight / weight.sum(), pushed[: len(low)] - pushed[len(low) :]
