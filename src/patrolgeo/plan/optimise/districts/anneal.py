"""Better borders: units cross from one area to the next, or push another one on; areas stay connected (annealing).

Every wanted property of areas meets in one place, `_area_cost`, and every rule about units in another, `_may_join`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrolgeo._typing import Bools, Floats, Ints

# A tight tolerance presses imbalance down this far below it, so that the areas around have room to give.
NEAR_LIMIT = 0.02
SHORT = 1000.0  # what an area costs that lacks all the units it should have at least; no balance outweighs it
WALK = 6  # steps to the unit that is pushed on


class Rules(NamedTuple):
    """What a search must keep, and what shape is worth.

    Parameters
    ----------
    tolerance
        Of the balance, 1 where there is none.
    min_units
        Units an area has at least.
    sides
        Sides of each unit, six for a cell; those that lead to no neighbour are border.
    root
        1 / sqrt(0, 1, 2, ... units).
    shape
        What an area's shape is worth: the weight of border / sqrt(units).
    held
        Units that stay where they are.
    apart_at, apart
        CSR of units that may not share an area.
    """

    tolerance: float
    min_units: int
    sides: Ints
    root: Floats
    shape: float
    held: Bools
    apart_at: Ints
    apart: Ints


class Round(NamedTuple):
    """A round of annealing.

    Parameters
    ----------
    heat, cold
        Worse moves are accepted ever more rarely, in mean units.
    penalty
        Of the imbalance.
    pushes
        Share of the moves in which another unit is pushed on.
    necks
        What a unit costs that its area hangs together by, in mean units; 0 leaves them alone, which is faster.
    focus
        Only move areas beyond the tolerance, until there are none.
    """

    heat: float
    cold: float
    penalty: float
    pushes: float
    necks: float = 0.0
    focus: bool = False


class Plan(NamedTuple):
    """A plan while it is searched: who is where, what areas carry, which units lie on a border.

    Parameters
    ----------
    area
        Area of each unit, shape (n,).
    load, size, edge
        Workload, units and sides on the border of each area, shape (k,).
    border, place
        Units on a border in any order (the first `tally[0]` are valid), and the place of each unit among them, -1
        inside an area.
    mark, queue
        Room for searches; `tally[1]` stamps the marks of the last one.
    """

    area: Ints
    load: Floats
    size: Ints
    edge: Ints
    border: Ints
    place: Ints
    mark: Ints
    queue: Ints
    tally: Ints


@njit(cache=True)
def new_plan(graph, weight, area, k, sides):  # type: ignore[no-untyped-def]
    """Return the search state of `area`, which it changes in place."""
    n = len(area)
    plan = Plan(
        area, np.zeros(k), np.zeros(k, np.int64), np.zeros(k, np.int64), np.empty(n, np.int64), np.full(n, -1),
        np.zeros(n, np.int64), np.empty(n + 1, np.int64), np.zeros(2, np.int64),
    )  # fmt: skip
    for i in range(n):
        plan.load[area[i]] += weight[i]
        plan.size[area[i]] += 1
        plan.edge[area[i]] += sides[i] - _count_in(i, area[i], graph, area)
        _update_border(i, graph, plan)
    return plan


@njit(cache=True)
def _meet_nearby(unit, graph, plan):  # type: ignore[no-untyped-def]
    """Mark the neighbours of the unit in its own area, and walk from one of them to the others along each other.

    Returns how many there are, and how many were met; those met wait in the queue.
    """
    area, mark, queue = plan.area, plan.mark, plan.queue
    plan.tally[1] += 1
    own, stamp, need, first = area[unit], plan.tally[1], 0, -1
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        v = graph.indices[e]
        if area[v] == own:
            need += 1
            first = v
            mark[v] = -stamp
    if need <= 1:
        return need, need
    mark[unit] = mark[first] = stamp
    queue[0] = first
    head, tail = 0, 1
    while head < tail < need:
        u = queue[head]
        head += 1
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[e]
            if mark[v] == -stamp:
                mark[v] = stamp
                queue[tail] = v
                tail += 1
    return need, tail


@njit(cache=True)
def can_leave(unit, graph, plan):  # type: ignore[no-untyped-def]
    """Return whether the area of `unit` is not empty and stays connected without it.

    Nearly always the neighbours of the unit touch each other around it; otherwise a search goes on until all of
    them are met.
    """
    need, met = _meet_nearby(unit, graph, plan)
    if need <= 1 or met == need:
        return need > 0
    area, mark, queue = plan.area, plan.mark, plan.queue
    own, stamp, head, tail = area[unit], plan.tally[1], 0, met
    while head < tail and met < need:
        u = queue[head]
        head += 1
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[e]
            if area[v] == own and mark[v] != stamp:
                if mark[v] == -stamp:
                    met += 1
                mark[v] = stamp
                queue[tail] = v
                tail += 1
    return met == need


@njit(cache=True)
def _necks_around(unit, a, b, graph, plan):  # type: ignore[no-untyped-def]
    """Return how many units of areas `a` and `b`, the unit and its neighbours, have an area on two sides only."""
    need, met = _meet_nearby(unit, graph, plan)
    count = int(met < need)
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        v = graph.indices[e]
        if plan.area[v] == a or plan.area[v] == b:
            need, met = _meet_nearby(v, graph, plan)
            count += met < need
    return count


@njit(cache=True)
def _update_border(unit, graph, plan):  # type: ignore[no-untyped-def]
    """List the unit among those on a border, or strike it off."""
    touches = False
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        touches |= plan.area[graph.indices[e]] != plan.area[unit]
    at, count = plan.place[unit], plan.tally
    if touches and at < 0:
        plan.place[unit], plan.border[count[0]] = count[0], unit
        count[0] += 1
    elif not touches and at >= 0:
        count[0] -= 1
        last = plan.border[count[0]]
        plan.border[at], plan.place[last] = last, at
        plan.place[unit] = -1


@njit(cache=True)
def move(unit, to, graph, weight, sides, plan):  # type: ignore[no-untyped-def]
    """Put the unit into area `to`."""
    area, own = plan.area, plan.area[unit]
    plan.edge[own] -= sides[unit] - 2 * _count_in(unit, own, graph, area)
    plan.edge[to] += sides[unit] - 2 * _count_in(unit, to, graph, area)
    plan.load[own] -= weight[unit]
    plan.load[to] += weight[unit]
    plan.size[own] -= 1
    plan.size[to] += 1
    area[unit] = to
    _update_border(unit, graph, plan)
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        _update_border(graph.indices[e], graph, plan)


@njit(cache=True)
def _count_in(unit, which, graph, area):  # type: ignore[no-untyped-def]
    count = 0
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        count += area[graph.indices[e]] == which
    return count


@njit(cache=True)
def _any_neighbor(unit, graph):  # type: ignore[no-untyped-def]
    begin, end = graph.indptr[unit], graph.indptr[unit + 1]
    return graph.indices[begin + np.random.randint(end - begin)]


@njit(cache=True)
def _are_neighbors(unit, other, graph):  # type: ignore[no-untyped-def]
    found = False
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        found |= graph.indices[e] == other
    return found


@njit(cache=True)
def _pushed(unit, b, graph, area):  # type: ignore[no-untyped-def]
    """Return a unit of area `b`, a few steps along from `unit`, and an area beside it; -1 when the walk finds none."""
    for _ in range(np.random.randint(WALK)):
        to = _any_neighbor(unit, graph)
        if area[to] == b:
            unit = to
    c = area[_any_neighbor(unit, graph)]
    return (unit, c) if c != b else (-1, -1)


@njit(cache=True)
def _may_join(unit, to, centers, plan, rules):  # type: ignore[no-untyped-def]
    """Return whether the unit may leave its area for area `to`, as far as the rules about units go."""
    if rules.held[unit] or unit == centers[plan.area[unit]]:
        return False
    together = False
    for e in range(rules.apart_at[unit], rules.apart_at[unit + 1]):
        together |= plan.area[rules.apart[e]] == to
    return not together


@njit(cache=True)
def _excess(load, mean, tolerance):  # type: ignore[no-untyped-def]
    """Return what an area's imbalance costs: its square, and more beyond the tolerance; a wide tolerance is free."""
    off = abs(load / mean - 1.0)
    counted = max(0.0, off - max(0.0, tolerance - NEAR_LIMIT * min(1.0, NEAR_LIMIT / max(tolerance, 1e-9))))
    return counted * counted + 0.3 * max(0.0, off - tolerance)


@njit(cache=True)
def _area_cost(j, shift, units, sides, plan, mean, rules, penalty):  # type: ignore[no-untyped-def]
    """Return the change of what area `j` costs, itself, when it gains workload, units and sides of border."""
    size, later = plan.size[j], max(plan.size[j] + units, 1)
    cost = rules.shape * ((plan.edge[j] + sides) * rules.root[later] - plan.edge[j] * rules.root[size])
    if penalty > 0:
        cost += penalty * (
            _excess(plan.load[j] + shift, mean, rules.tolerance) - _excess(plan.load[j], mean, rules.tolerance)
        )
    if min(size, later) < rules.min_units:
        short = max(0, rules.min_units - later) - max(0, rules.min_units - size)
        cost += SHORT * short / rules.min_units
    return cost


@njit(cache=True)
def _cost(unit, back, a, b, c, graph, weight, near, plan, mean, per_minute, rules, penalty):  # type: ignore[no-untyped-def]
    """Return the change of all costs when `unit` goes from `a` to `b` and `back`, if any, from `b` on to `c`."""
    area, sides = plan.area, rules.sides
    cost = weight[unit] * (near[unit, b] - near[unit, a]) * per_minute
    edge_a = 2 * _count_in(unit, a, graph, area) - sides[unit]
    edge_b = sides[unit] - 2 * _count_in(unit, b, graph, area)
    if back < 0:
        cost += _area_cost(a, -weight[unit], -1, edge_a, plan, mean, rules, penalty)
        return cost + _area_cost(b, weight[unit], 1, edge_b, plan, mean, rules, penalty)
    cost += weight[back] * (near[back, c] - near[back, b]) * per_minute
    beside = int(_are_neighbors(unit, back, graph))
    edge_b += 2 * (_count_in(back, b, graph, area) + beside) - sides[back]
    edge_c = sides[back] - 2 * (_count_in(back, c, graph, area) - (beside if c == a else 0))
    cost += _area_cost(b, weight[unit] - weight[back], 0, edge_b, plan, mean, rules, penalty)
    if c == a:
        return cost + _area_cost(a, weight[back] - weight[unit], 0, edge_a + edge_c, plan, mean, rules, penalty)
    cost += _area_cost(a, -weight[unit], -1, edge_a, plan, mean, rules, penalty)
    return cost + _area_cost(c, weight[back], 1, edge_c, plan, mean, rules, penalty)


@njit(cache=True)
def _try_move(unit, to, room, graph, weight, plan, rules):  # type: ignore[no-untyped-def]
    """Move the unit unless its area would split; return whether it moved, and how many more necks that makes.

    With an infinite `room` for necks nobody counts them.
    """
    if not can_leave(unit, graph, plan):
        return False, 0
    if room == np.inf:
        move(unit, to, graph, weight, rules.sides, plan)
        return True, 0
    own = plan.area[unit]
    before = _necks_around(unit, own, to, graph, plan)
    move(unit, to, graph, weight, rules.sides, plan)
    return True, _necks_around(unit, own, to, graph, plan) - before


@njit(cache=True)
def exchange(unit, back, a, b, c, room, graph, weight, plan, rules):  # type: ignore[no-untyped-def]
    """Send `unit` from `a` to `b`, and `back` (-1: none) from `b` to `c`.

    Returns False, and changes nothing, when an area would split or more necks arise than there is `room` for.
    """
    moved, necks = _try_move(unit, b, room, graph, weight, plan, rules)
    if not moved:
        return False
    if back < 0:
        if necks <= room:
            return True
    elif _count_in(back, c, graph, plan.area) > 0:
        pushed, more = _try_move(back, c, room, graph, weight, plan, rules)
        if pushed and necks + more <= room:
            return True
        if pushed:
            move(back, b, graph, weight, rules.sides, plan)
    move(unit, a, graph, weight, rules.sides, plan)
    return False


@njit(cache=True)
def anneal(graph, weight, near, area, centers, rules, step, n_steps, seed):  # type: ignore[no-untyped-def]
    """Move border units between areas, in place, accepting worse moves ever more rarely.

    Cost: weighted minutes from the centres (`near`, units x areas, in means of an area), the shape of the areas, their
    imbalance, what they lack in units, and narrow necks. A share of the moves pushes another unit on, to the first
    area (so that heavy units can cross at even load) or to a third one (so that areas in between pass workload on).
    Centres and last units stay where they are.
    """
    np.random.seed(seed)
    n, k = len(area), len(centers)
    plan = new_plan(graph, weight, area, k, rules.sides)
    mean, total = weight.sum() / k, 0.0
    for i in range(n):
        total += weight[i] * near[i, area[i]]
    per_minute, unit_share = k / total if total > 0 else 0.0, k / n
    cooling = (step.cold / step.heat) ** (1.0 / max(n_steps, 1))
    temperature = step.heat
    beyond = np.abs(plan.load / mean - 1.0) > rules.tolerance
    n_beyond = beyond.sum()
    per_neck = step.necks * unit_share
    for _ in range(n_steps):
        temperature *= cooling
        if plan.tally[0] == 0 or (step.focus and n_beyond == 0):
            break
        unit = plan.border[np.random.randint(plan.tally[0])]
        beside = _any_neighbor(unit, graph)
        a, b = area[unit], area[beside]
        if a == b or (step.focus and not (beyond[a] or beyond[b])) or not _may_join(unit, b, centers, plan, rules):
            continue
        back, c = _pushed(beside, b, graph, area) if np.random.random() < step.pushes else (-1, -1)
        if back >= 0 and not _may_join(back, c, centers, plan, rules):
            continue
        change = _cost(unit, back, a, b, c, graph, weight, near, plan, mean, per_minute, rules, step.penalty)
        share = max(unit_share, weight[unit] / mean)  # heavy units are as free to move as light ones
        allowed = 0.0
        if change > 0 or per_neck > 0:
            allowed = -np.log(1.0 - np.random.random()) * temperature * share
        if change > allowed + 2 * per_neck:
            continue
        room = (allowed - change) / per_neck if per_neck > 0 else np.inf
        if exchange(unit, back, a, b, c, room, graph, weight, plan, rules):
            for j in (a, b, c):
                if j >= 0:
                    is_beyond = abs(plan.load[j] / mean - 1.0) > rules.tolerance
                    n_beyond += int(is_beyond) - int(beyond[j])
                    beyond[j] = is_beyond
