"""Dispatch, event by event: calls come, units are chosen, drive, work and are free again. Minutes, one compiled loop.

Nothing here is drawn at random: the same calls under two plans meet the same luck. What happened is left as a log, a
row each time that a unit was sent. Tables are arrays of records, a row a task, a unit, a stop, a sending.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import lean, lean_kernel
from patrolgeo.plan.optimise.queues.waiting import append, prepend, unlink

OFF, IDLE, BUSY = 0, 1, 2
NEVER, ON_THE_WAY, AT_THE_SCENE = 0, 1, 2  # when an urgent call may take a unit away
HOUR, HOURS, DAY = 60.0, 168, 1440.0

# One task a unit that a call wants, in the order in which they can be given out. `level` 0 is the most urgent; `held`
# minutes a task waits for the unit of its own area although another is free. The rest is kept by the loop.
TASK = np.dtype([
    ("ready", "f8"), ("minutes", "f8"), ("held", "f8"), ("access", "f8"), ("place", "i8"), ("level", "i8"),
    ("open_at", "f8"), ("rest", "f8"), ("after", "i8"), ("before", "i8"), ("lost", "?"),
], align=True)  # fmt: skip
# `base` is a row of travel; `aid` 1 for units of a neighbour, which go only when no own unit can. Windows of work and
# stops of a patrol are rows of other tables, from first to last.
UNIT = np.dtype([
    ("base", "i8"), ("kind", "i8"), ("area", "i8"), ("aid", "i8"), ("first_window", "i8"), ("last_window", "i8"),
    ("first_stop", "i8"), ("last_stop", "i8"),
    ("status", "i8"), ("row", "i8"), ("at", "i8"), ("left", "f8"), ("window", "i8"), ("way", "f8"),
], align=True)  # fmt: skip
STOP = np.dtype([("stop", "i8"), ("arrive", "f8"), ("leave", "f8")], align=True)  # minutes of the day
LOG = np.dtype([
    ("task", "i8"), ("unit", "i8"), ("sent", "f8"), ("arrived", "f8"), ("cleared", "f8"), ("done", "?"),
], align=True)  # fmt: skip


class Rules(NamedTuple):
    """How units are chosen, and what a minute of work means."""

    own_first: bool = False  # the unit of the call's area before a nearer one
    moves: bool = False  # travel has a row a place: units start from where they are
    whole: bool = False  # minutes of work are from being sent to being free, else at the scene
    report: float = 0.0
    preempt: int = NEVER
    yields_from: int = 1  # the first level that may be interrupted
    most_aid: int = 0
    nearest_waiting: bool = False
    capacity: int = -1  # how many tasks may wait, -1 any number


class World(NamedTuple):
    """Everything that the loop reads and writes.

    `lists` without rows: the nearest unit of the first tier that has one in time. `reach` has minutes by tier and kind,
    -1 where a kind has no part in a tier; kinds of the last tier go beyond it too.
    """

    rules: Rules
    travel: Floats
    factor: Floats  # of travel, by hour of the week
    lists: Ints
    reach: Floats
    area: Ints  # of each place
    tasks: Array
    units: Array
    windows: Floats
    stops: Array
    until: Floats  # next event by unit
    queue: Ints  # first and last waiting task by level
    tally: Ints  # rows of the log, tasks waiting, units of neighbours at work
    log: Array


def make_world(
    rules: Rules, travel: Floats, tasks: Array, units: Array, *, windows: Floats | None = None,
    stops: Array | None = None, factor: Floats | None = None, lists: Ints | None = None, reach: Floats | None = None,
    area: Ints | None = None, n_levels: int = 1,
) -> World:  # fmt: skip
    """Return the world at its beginning; without windows all units work all the time."""
    if windows is None:
        windows, units["first_window"] = np.array([[0.0, np.inf]] * len(units)), np.arange(len(units))
        units["last_window"] = units["first_window"] + 1
    tasks["rest"], tasks["after"], tasks["before"] = tasks["minutes"], -1, -1
    units["status"], units["row"], units["at"], units["left"] = OFF, -1, units["base"], -1e18
    units["window"] = units["first_window"]
    at_work = units["first_window"] < units["last_window"]
    first = windows[np.minimum(units["first_window"], len(windows) - 1), 0] if len(windows) else np.inf
    n_log = len(tasks) * (1 if rules.preempt == NEVER else 2)  # an urgent call interrupts at most one
    return World(
        rules, np.array(travel, float, order="C"), np.ones(HOURS) if factor is None else factor,
        np.empty((0, 0), np.int64) if lists is None else np.array(lists, np.int64, order="C"),
        np.empty((0, 1)) if reach is None else reach,
        np.zeros(travel.shape[1], np.int64) if area is None else area,
        tasks, units, windows, np.empty(0, STOP) if stops is None else stops, np.where(at_work, first, np.inf),
        np.full((n_levels, 2), -1), np.zeros(3, np.int64), np.zeros(n_log, LOG),
    )  # fmt: skip


def simulate(world: World) -> Array:
    """Run the world to its end (the last task done, or nobody left to do it) and return the log; tasks say `lost`."""
    _run(world)
    return world.log[: world.tally[0]]


@lean_kernel
def _run(w: World) -> None:
    n, i, holds = len(w.tasks), 0, False
    for k in range(n):
        holds = holds or w.tasks[k].held > 0
    while True:
        u = _next_unit(w.until)
        soonest, opening, held = w.until[u], np.inf, -1
        if holds and w.tally[1]:
            opening, held = _next_opening(w)
        if i < n and w.tasks[i].ready < min(soonest, opening):
            _come(i, w.tasks[i].ready, w)
            i += 1
        elif soonest <= opening:
            if soonest == np.inf or (i >= n and w.tally[1] == 0 and not _any_busy(w)):
                break
            _unit_event(u, soonest, w)
        else:
            w.tasks[held].open_at = -np.inf
            v = _choose(held, opening, w)
            if v >= 0:
                unlink(held, w.tasks[held].level, w)
                _send(v, held, opening, _way(v, w.tasks[held].place, opening, w), w)


@lean
def _next_unit(until: Floats) -> int:
    best = 0
    for u in range(1, len(until)):
        if until[u] < until[best]:
            best = u
    return best


@lean
def _any_busy(w: World) -> bool:
    n = 0
    for u in range(len(w.units)):
        n += w.units[u].status == BUSY
    return n > 0


@lean
def _come(i: int, t: float, w: World) -> None:
    """A task comes: send a unit, take one away from less urgent work, or wait."""
    w.tasks[i].open_at = t + w.tasks[i].held
    u, way = _choose(i, t, w), 0.0
    if u >= 0:
        way = _way(u, w.tasks[i].place, t, w)
    elif w.rules.preempt != NEVER and w.tasks[i].level == 0:
        u, way = _interrupt(i, t, w)
    if u >= 0:
        _send(u, i, t, way, w)
    elif w.rules.capacity < 0 or w.tally[1] < w.rules.capacity:
        append(i, w.tasks[i].level, w)
    else:
        w.tasks[i].lost = True


@lean
def _unit_event(u: int, t: float, w: World) -> None:
    """A unit is free again, goes off, or comes on; when it is there it takes a waiting task."""
    if w.units[u].status == BUSY:
        row = w.units[u].row
        w.units[u].at = w.tasks[w.log[row].task].place if w.rules.moves else w.units[u].base
        w.units[u].left = t
        w.tally[2] -= w.units[u].aid
    last = w.units[u].last_window
    while w.units[u].window < last and w.windows[w.units[u].window, 1] <= t:
        w.units[u].window += 1
    k = w.units[u].window
    if k == last or w.windows[k, 0] > t:
        w.units[u].status = OFF
        w.until[u] = np.inf if k == last else w.windows[k, 0]
        w.units[u].at, w.units[u].left = w.units[u].base, -1e18
        return
    w.units[u].status, w.until[u] = IDLE, w.windows[k, 1]
    i = _waiting_for(u, t, w)
    if i >= 0:
        unlink(i, w.tasks[i].level, w)
        _send(u, i, t, _way(u, w.tasks[i].place, t, w), w)


@lean
def _send(u: int, i: int, t: float, way: float, w: World) -> None:
    way += w.tasks[i].access
    row = w.tally[0]
    w.tally[0] += 1
    work = w.tasks[i].rest + w.rules.report
    w.log[row].task, w.log[row].unit, w.log[row].done = i, u, True
    w.log[row].sent, w.log[row].arrived = t, t + way
    w.log[row].cleared = t + (max(work, way) if w.rules.whole else way + work)
    w.units[u].status, w.until[u], w.units[u].row = BUSY, w.log[row].cleared, row
    w.tally[2] += w.units[u].aid


@lean
def _interrupt(i: int, t: float, w: World) -> tuple[int, float]:
    """Take the nearest unit away from a task that yields; that task waits again, first of its level."""
    best, least = -1, np.inf
    for u in range(len(w.units)):
        if w.units[u].status != BUSY or w.windows[w.units[u].window, 1] <= t:  # nobody is sent after the shift
            continue
        row = w.units[u].row
        there = w.log[row].arrived <= t
        if w.tasks[w.log[row].task].level < w.rules.yields_from or (there and w.rules.preempt == ON_THE_WAY):
            continue
        way = _way_of_busy(u, w.tasks[i].place, t, w)
        if way < least and _allowed(u, way, w):
            best, least = u, way
    if best >= 0:
        row = w.units[best].row
        old = w.log[row].task
        w.tasks[old].rest = max(0.0, w.log[row].cleared - max(t, w.log[row].arrived) - w.rules.report)
        if w.rules.whole:
            w.tasks[old].rest = max(0.0, w.log[row].cleared - t - w.rules.report)
        w.units[best].at = w.tasks[old].place if w.rules.moves and w.log[row].arrived <= t else w.units[best].at
        w.units[best].left = t
        w.log[row].cleared, w.log[row].done = t, False
        w.tally[2] -= w.units[best].aid
        prepend(old, w.tasks[old].level, w)
        w.tasks[old].open_at = -np.inf
    return best, least


@lean
def _choose(i: int, t: float, w: World) -> int:
    """Return the free unit that a task gets, -1 for none: by its list, else tier by tier the nearest, then aid."""
    j = w.tasks[i].place
    if len(w.lists):
        for r in range(w.lists.shape[1]):
            u = w.lists[j, r]
            if u < 0:
                return -1
            if w.units[u].status == IDLE:
                return u
        return -1
    for u in range(len(w.units)):
        if w.units[u].status == IDLE:
            w.units[u].way = _way(u, j, t, w)
            own = w.units[u].area == w.area[j] and (w.rules.own_first or w.tasks[i].open_at > t)
            if own and _allowed(u, w.units[u].way, w):
                return u
    if w.tasks[i].open_at > t:
        return -1
    found = _nearest(False, w)
    if found < 0 and w.tally[2] < w.rules.most_aid:
        found = _nearest(True, w)
    return found


@lean
def _nearest(aid: bool, w: World) -> int:
    """Return the nearest free unit of the first tier that has one in time; else the nearest that goes beyond."""
    n_tiers = len(w.reach)
    for tier in range(n_tiers + 1):
        best, least = -1, np.inf
        for u in range(len(w.units)):
            if w.units[u].status != IDLE or w.units[u].aid != aid or w.units[u].way >= least:
                continue
            if tier < n_tiers:
                fits = w.units[u].way <= w.reach[tier, w.units[u].kind]
            else:
                fits = n_tiers == 0 or w.reach[n_tiers - 1, w.units[u].kind] >= 0
            if fits:
                best, least = u, w.units[u].way
        if best >= 0:
            return best
    return -1


@lean
def _allowed(u: int, way: float, w: World) -> bool:
    """Say whether a unit answers at such a distance: kinds of the last tier always, others within their tier."""
    n_tiers = len(w.reach)
    if n_tiers == 0 or w.reach[n_tiers - 1, w.units[u].kind] >= 0:
        return way < np.inf
    most = -1.0
    for tier in range(n_tiers):
        most = max(most, w.reach[tier, w.units[u].kind])
    return way <= most


@lean
def _may(u: int, i: int, t: float, w: World) -> bool:
    """Say whether a free unit may take a waiting task."""
    j = w.tasks[i].place
    if len(w.lists):
        found = False
        for r in range(w.lists.shape[1]):
            found = found or w.lists[j, r] == u
        return found
    if w.tasks[i].open_at > t and w.units[u].area != w.area[j]:
        return False
    if w.units[u].aid and w.tally[2] >= w.rules.most_aid:
        return False
    w.units[u].way = _way(u, j, t, w)
    return _allowed(u, w.units[u].way, w)


@lean
def _waiting_for(u: int, t: float, w: World) -> int:
    """Return the waiting task that a free unit takes: of the most urgent level the oldest, or the nearest."""
    if w.tally[1] == 0:
        return -1
    for level in range(len(w.queue)):
        i, best, least = w.queue[level, 0], -1, np.inf
        while i >= 0:
            if _may(u, i, t, w):
                if not w.rules.nearest_waiting:
                    return i
                if w.units[u].way < least:
                    best, least = i, w.units[u].way
            i = w.tasks[i].after
        if best >= 0:
            return best
    return -1


@lean
def _next_opening(w: World) -> tuple[float, int]:
    """Return when the next waiting task is open to all units, and which."""
    soonest, task = np.inf, -1
    for level in range(len(w.queue)):
        i = w.queue[level, 0]
        while i >= 0:
            if -np.inf < w.tasks[i].open_at < soonest and w.tasks[i].held > 0:
                soonest, task = w.tasks[i].open_at, i
            i = w.tasks[i].after
    return soonest, task


# --- where a unit is, and how far ------------------------------------------------------------------------------------


@lean
def _way(u: int, j: int, t: float, w: World) -> float:
    """Return minutes from where a free unit is: on its route, on the way back to its base, or there."""
    scale = w.factor[int(t / HOUR) % HOURS]
    base = w.units[u].base
    if w.units[u].first_stop < w.units[u].last_stop:
        return scale * _from_route(u, j, t % (DAY), w)
    if not w.rules.moves or w.units[u].at == base:
        return scale * w.travel[base, j]
    back = w.travel[w.units[u].at, base] * scale
    gone = min(1.0, (t - w.units[u].left) / back) if back > 0 else 1.0
    return scale * ((1.0 - gone) * w.travel[w.units[u].at, j] + gone * w.travel[base, j])


@lean
def _from_route(u: int, j: int, minute: float, w: World) -> float:
    """Return minutes from a patrol under way: at a stop, or between the stop that it left and the next."""
    first, last = w.units[u].first_stop, w.units[u].last_stop
    if minute < w.stops[first].arrive or minute >= w.stops[last - 1].leave:
        return w.travel[w.units[u].base, j]
    k = first
    while minute >= w.stops[k].leave:
        k += 1
    here = w.travel[w.stops[k].stop, j]
    if minute >= w.stops[k].arrive:
        return here
    gone = (minute - w.stops[k - 1].leave) / (w.stops[k].arrive - w.stops[k - 1].leave)
    return (1.0 - gone) * w.travel[w.stops[k - 1].stop, j] + gone * here


@lean
def _way_of_busy(u: int, j: int, t: float, w: World) -> float:
    """Return minutes from a unit that is at work: from the scene, or from between its start and the scene."""
    if not w.rules.moves:
        return _way(u, j, t, w)
    row = w.units[u].row
    scene = w.tasks[w.log[row].task].place
    scale = w.factor[int(t / HOUR) % HOURS]
    drive = w.log[row].arrived - w.log[row].sent
    gone = min(1.0, (t - w.log[row].sent) / drive) if drive > 0 else 1.0
    return scale * ((1.0 - gone) * w.travel[w.units[u].at, j] + gone * w.travel[scene, j])
