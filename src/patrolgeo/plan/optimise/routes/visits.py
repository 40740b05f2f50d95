"""The problem that every search of this folder takes: what may be visited, by whom, when, and what it is worth."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints


class Visits(NamedTuple):
    """Visits that units may make on their routes, all as arrays.

    A visit is a stop at a spot. Those of one group are worth less each time (a place once more, a street in the other
    direction). The last 2 K visits are the ends of the K routes: n + k is where unit k begins, n + K + k where it ends.

    Parameters
    ----------
    travel
        Cost or minutes from spot to spot by kind of unit, shape (kinds, spots, spots).
    spot
        Spot of each visit and of the ends, shape (n + 2 K,).
    group
        Group of each visit, shape (n,).
    worth
        What the first, second, ... visit of a group is worth, shape (groups, times); 0 ends the row.
    stay
        Length of the stop, 0 at the ends, shape (n + 2 K,).
    early, late
        A stop begins no earlier and no later; at the ends the shift, shape (n + 2 K,).
    load
        What a visit takes of the room of its unit, shape (n,).
    able
        Whether a unit may make the visit, shape (K, n).
    kind, room, alike
        By unit: its kind, its room, and the first unit that is the same in everything, shape (K,).
    toll
        What a minute of travel costs, in the unit of `worth`.
    """

    travel: Floats
    spot: Ints
    group: Ints
    worth: Floats
    stay: Floats
    early: Floats
    late: Floats
    load: Floats
    able: Bools
    kind: Ints
    room: Floats
    alike: Ints
    toll: float


class Tours(NamedTuple):
    """A plan: by unit the visits in order, both ends included, with the earliest and latest begin of each.

    `size` counts the visits without the ends; `of` is the unit of a visit, -1 when nobody makes it; `times` how many
    visits of a group are made; `filled` the load by unit.
    """

    order: Ints
    size: Ints
    earliest: Floats
    latest: Floats
    of: Ints
    times: Ints
    filled: Floats


def empty_tours(visits: Visits) -> Tours:
    """Return a plan in which no unit leaves."""
    n, units = len(visits.group), len(visits.kind)
    width = longest(visits) + 2
    order = np.full((units, width), -1, np.int64)
    order[:, 0] = n + np.arange(units)
    order[:, 1] = n + units + np.arange(units)
    return Tours(
        order, np.zeros(units, np.int64), np.zeros((units, width)), np.zeros((units, width)),
        np.full(n, -1, np.int64), np.zeros(len(visits.worth), np.int64), np.zeros(units),
    )  # fmt: skip


def longest(visits: Visits) -> int:
    """Return how many visits one route can have at most, by time and by load."""
    n, units = len(visits.group), len(visits.kind)
    if n == 0:
        return 0
    time = (visits.late[n + units :] - visits.early[n : n + units]).max()
    by_time = np.searchsorted(np.cumsum(np.sort(visits.stay[:n] + least_leg(visits)[:n])), time * (1 + 1e-9), "right")
    by_load = np.searchsorted(np.cumsum(np.sort(visits.load)), visits.room.max() * (1 + 1e-9), "right")
    return int(min(by_time, by_load, n))


def least_leg(visits: Visits) -> Floats:
    """Return the shortest way from each visit to one of another group or to an end, over all kinds of units."""
    n = len(visits.group)
    travel = visits.travel.min(axis=0)[visits.spot[:n]][:, visits.spot]
    travel[:, :n][visits.group[:, None] == visits.group[None, :]] = np.inf
    return travel.min(axis=1)
