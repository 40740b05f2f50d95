"""Many plans that are nearly as good as the best, and the weights of highest entropy with which to draw among them."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.plan.optimise.routes.moves import take_out
from patrolgeo.plan.optimise.routes.search import Search
from patrolgeo.plan.optimise.routes.visits import Tours, Visits, empty_tours

STRAY = 0.1  # how far prizes stray, as the deviation of their logarithm
PARTS = (0.003, 0.3)  # least and most worth that is pushed out of a plan at once, as a share of all
LIFT = 4.0  # what a place that is seen too rarely counts more
STEEPEST = 60.0  # largest multiplier: a range that no weights can reach is reached as far as they can


def worth_of(v: Visits, of: Ints) -> float:
    """Return what the visits that are made are worth."""
    times = np.bincount(v.group[of >= 0], minlength=len(v.worth))
    return float(v.worth[np.arange(v.worth.shape[1]) < times[:, None]].sum())


def near_best(
    v: Visits, best: Tours, free: Bools, least: float, n_plans: int, tries: int, steps: int, low: Floats, high: Floats,
    seed: int, scale: float,
) -> list[Tours]:  # fmt: skip
    """Return plans worth at least `least`, the best first: each the answer to prizes that strayed at random.

    Some groups that more than `high` of the plans visit are left out, some that fewer than `low` visit count for more.

    Parameters
    ----------
    free
        Which groups may stray; the others must be visited in every plan.
    low, high
        Shares of plans by group, shape (groups,); 0 and 1 where none is wanted.
    """
    rng, search = np.random.default_rng(seed), Search(v, scale)
    plans, seen, part = [best], {_key(best)}, 0.05
    made = [_groups(v, best)]
    for _ in range(tries):
        if len(plans) >= n_plans:
            break
        share = np.mean(made, axis=0)
        factor = np.exp(STRAY * rng.normal(size=len(v.worth)))
        factor[_drawn(rng, v.worth[:, 0], free & (share > high), part * least)] = 0.0
        factor[_drawn(rng, v.worth[:, 0], free & (share < low), part * least)] *= LIFT
        worth = np.where(free[:, None], v.worth * factor[:, None], v.worth)
        start = _copy(v, plans[rng.integers(len(plans))])
        _, found = search.go_on(
            _without(v, start, factor == 0), steps, int(rng.integers(2**31)), v._replace(worth=worth)
        )
        good = worth_of(v, found.of) >= least
        part = float(np.clip(part * (1.1 if good else 0.85), *PARTS))
        if good and (key := _key(found)) not in seen:
            seen.add(key)
            plans.append(found)
            made.append(_groups(v, found))
    return plans


def _drawn(rng: np.random.Generator, worth: Floats, some: Bools, most: float) -> Ints:
    """Return some groups drawn at random, at least one, worth no more than `most` together."""
    order = rng.permutation(np.flatnonzero(some))
    return order[: max(1, int(np.searchsorted(np.cumsum(worth[order]), most)))]


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
