"""Many plans that are nearly as good as the best, and the weights of highest entropy with which to draw among them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.plan.optimise.routes.moves import take_out
from patrolgeo.plan.optimise.routes.search import Search
from patrolgeo.plan.optimise.routes.visits import Tours, Visits, empty_tours

STRAY = 0.05  # how far prizes stray, as the deviation of their logarithm
PARTS = (0.003, 0.3)  # least and most worth that is pushed out of a plan at once, as a share of all
LIFT = 4.0  # what a place that is seen too rarely counts more
STEEPEST = 60.0  # largest multiplier: a range that no weights can reach is reached as far as they can


def worth_of(v: Visits, of: Ints) -> float:
    """Return what the visits that are made are worth."""
    times = np.bincount(v.group[of >= 0], minlength=len(v.worth))
    return float(v.worth[np.arange(v.worth.shape[1]) < times[:, None]].sum())


@dataclass
class _Growing:
    """A pool that grows: its plans, what each visits, and what it takes to look for another."""

    search: Search
    least: float
    steps: int
    rng: np.random.Generator
    plans: list[Tours]

    def __post_init__(self) -> None:
        self.seen = {_key(plan) for plan in self.plans}
        self.made = [_groups(self.search.v, plan) for plan in self.plans]

    def look(self, start: Tours, out: Bools, factor: Floats) -> bool:
        """Search on from a plan without the groups `out`; keep what is good enough, and return whether it was."""
        v = self.search.v
        worth = v._replace(worth=v.worth * np.where(out, 0.0, factor)[:, None])
        _, found = self.search.go_on(
            _without(v, _copy(v, start), out), self.steps, int(self.rng.integers(2**31)), worth
        )
        good = worth_of(v, found.of) >= self.least
        if good and (key := _key(found)) not in self.seen:
            self.seen.add(key)
            self.plans.append(found)
            self.made.append(_groups(v, found))
        return good


def near_best(
    v: Visits, best: Tours, free: Bools, least: float, n_plans: int, tries: int, steps: int, low: Floats, high: Floats,
    seed: int, scale: float,
) -> tuple[list[Tours], Bools]:  # fmt: skip
    """Return plans worth at least `least`, the best first, and the groups that none of them can do without.

    First every group that shall not always be visited is left out by itself; where the rest is worth too little, it is
    needed. Then prizes stray at random, some groups that more than `high` of the plans visit are left out together, and
    some that fewer than `low` visit count for more.

    Parameters
    ----------
    free
        Which groups may stray; the others must be visited in every plan.
    low, high
        Shares of plans by group, shape (groups,); 0 and 1 where none is wanted.
    """
    rng, part, every = np.random.default_rng(seed), 0.02, np.arange(len(v.worth))
    pool, plain = _Growing(Search(v, scale), least, steps, rng, [best]), np.ones(len(v.worth))
    needed = np.zeros(len(v.worth), bool)
    for g in np.flatnonzero(free & (high < 1) & pool.made[0]):
        needed[g] = not pool.look(best, every == g, plain)
    most = len(pool.plans) + n_plans
    for _ in range(tries):
        if len(pool.plans) >= most:
            break
        share = np.mean(pool.made, axis=0)
        out = _drawn(rng, v.worth[:, 0], free & ~needed & (share > high), part * least)
        factor = np.where(free, np.exp(STRAY * rng.normal(size=len(v.worth))), 1.0)
        factor[_drawn(rng, v.worth[:, 0], free & (share < low), part * least)] *= LIFT
        good = pool.look(best if out.any() else pool.plans[rng.integers(len(pool.plans))], out, factor)
        part = float(np.clip(part * (1.1 if good else 0.85), *PARTS))
    return pool.plans, needed & np.all(pool.made, axis=0)


def _drawn(rng: np.random.Generator, worth: Floats, some: Bools, most: float) -> Bools:
    """Return some groups drawn at random, at least one where there is one, worth no more than `most` together."""
    order = rng.permutation(np.flatnonzero(some))
    drawn = np.zeros(len(worth), bool)
    drawn[order[: max(1, int(np.searchsorted(np.cumsum(worth[order]), most)))]] = True
    return drawn


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


def entropy_weights(seen: Array, low: Floats, high: Floats) -> Floats:
    """Return weights of plans of highest entropy with which each place is visited with a chance in its range.

    The weights are an exponential family in what the plans visit (Jaynes 1957); its multipliers minimise the dual, a
    convex function with bounds, a multiplier a limit. Where the plans cannot meet a range, they come as near as
    multipliers of `STEEPEST` bring them.

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
        return np.full(len(seen), 1.0 / len(seen))

    def dual(push: Floats) -> tuple[float, Floats]:
        score = tilt @ push
        top = score.max()
        weight = np.exp(score - top)
        total = weight.sum()
        return float(top + np.log(total) - limit @ push), weight @ tilt / total - limit

    answer = minimize(dual, np.zeros(len(limit)), jac=True, method="L-BFGS-B", bounds=[(0.0, STEEPEST)] * len(limit))
    score = tilt @ answer.x
    weight = np.exp(score - score.max())
    return weight / weight.sum()
