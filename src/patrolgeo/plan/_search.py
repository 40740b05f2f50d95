"""Better borders: units cross from one area to the next, or change places, while areas stay connected (annealing)."""

from typing import NamedTuple

import numpy as np
from numba import njit

from patrolgeo._typing import Floats, Ints

# A tight tolerance presses imbalance down this far below it, so that the areas around have room to give.
FELT = 0.02


class Plan(NamedTuple):
    """A plan while it is searched: who is where, what areas carry, which units lie on a border.

    Parameters
    ----------
    area
        Area of each unit, shape (n,).
    load
        Workload of each area, shape (k,).
    border, place
        Units on a border in any order (the first `tally[0]` are valid), and the place of each unit among them, -1
        inside an area.
    mark, queue
        Room for searches; `tally[1]` stamps the marks of the last one.
    """

    area: Ints
    load: Floats
    border: Ints
    place: Ints
    mark: Ints
    queue: Ints
    tally: Ints


@njit(cache=True)
def new_plan(graph, weight, area, k):  # type: ignore[no-untyped-def]
    """Return the search state of `area`, which it changes in place."""
    n = len(area)
    plan = Plan(
        area, np.zeros(k), np.empty(n, np.int64), np.full(n, -1), np.zeros(n, np.int64), np.empty(n + 1, np.int64),
        np.zeros(2, np.int64),
    )  # fmt: skip
    for i in range(n):
        plan.load[area[i]] += weight[i]
        _update_border(i, graph, plan)
    return plan


@njit(cache=True)
def can_leave(unit, graph, plan):  # type: ignore[no-untyped-def]
    """Return whether the area of `unit` is not empty and stays connected without it.

    Nearly always the neighbours of the unit touch each other around it; otherwise a search goes on until all of
    them are met.
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
        return need == 1
    mark[unit] = mark[first] = stamp
    queue[0] = first
    met, head, tail = 1, 0, 1
    while head < tail:  # among the neighbours only
        u = queue[head]
        head += 1
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[e]
            if mark[v] == -stamp:
                mark[v] = stamp
                met += 1
                queue[tail] = v
                tail += 1
    head = 0
    while head < tail and met < need:  # through the whole area
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
def move(unit, to, graph, weight, plan):  # type: ignore[no-untyped-def]
    """Put the unit into area `to`."""
    plan.load[plan.area[unit]] -= weight[unit]
    plan.load[to] += weight[unit]
    plan.area[unit] = to
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
def _partner(unit, a, b, graph, area, centers):  # type: ignore[no-untyped-def]
    """Return a unit of area `b`, a few steps along from `unit`, that touches area `a`; -1 when the walk finds none."""
    for _ in range(1 + np.random.randint(4)):
        to = _any_neighbor(unit, graph)
        if area[to] == a or area[to] == b:
            unit = to
    if area[unit] == b and unit != centers[b] and _count_in(unit, a, graph, area) > 0:
        return unit
    return -1


@njit(cache=True)
def _exchange_cost(unit, back, a, b, graph, weight, near, area, per_minute, per_cut):  # type: ignore[no-untyped-def]
    """Return the change of travel and borders when `unit` goes from `a` to `b` and `back`, if any, from `b` to `a`."""
    cost = weight[unit] * (near[b, unit] - near[a, unit]) * per_minute
    cost += per_cut * (_count_in(unit, a, graph, area) - _count_in(unit, b, graph, area))
    if back >= 0:
        cost += weight[back] * (near[a, back] - near[b, back]) * per_minute
        cost += per_cut * (_count_in(back, b, graph, area) - _count_in(back, a, graph, area))
    return cost


@njit(cache=True)
def exchange(unit, back, a, b, graph, weight, plan):  # type: ignore[no-untyped-def]
    """Send `unit` from `a` to `b`, and `back` (-1: none) from `b` to `a`; return False when an area would split."""
    if not can_leave(unit, graph, plan):
        return False
    move(unit, b, graph, weight, plan)
    if back < 0:
        return True
    if _count_in(back, a, graph, plan.area) > 0 and can_leave(back, graph, plan):
        move(back, a, graph, weight, plan)
        return True
    move(unit, a, graph, weight, plan)
    return False


@njit(cache=True)
def _excess(load, mean, tolerance):  # type: ignore[no-untyped-def]
    """Return what an area's imbalance costs: its square, and more beyond the tolerance; a wide tolerance is free."""
    off = abs(load / mean - 1.0)
    felt = max(0.0, off - max(0.0, tolerance - FELT * min(1.0, FELT / max(tolerance, 1e-9))))
    return felt * felt + 0.3 * max(0.0, off - tolerance)


@njit(cache=True)
def _imbalance_change(shift, a, b, load, mean, tolerance):  # type: ignore[no-untyped-def]
    """Return the change of both areas' excess when `shift` of workload goes from `a` to `b`."""
    return (
        _excess(load[a] - shift, mean, tolerance) - _excess(load[a], mean, tolerance)
        + _excess(load[b] + shift, mean, tolerance) - _excess(load[b], mean, tolerance)
    )  # fmt: skip


@njit(cache=True)
def anneal(graph, weight, near, area, centers, tolerance, n_steps, heat, cut_weight, penalty, swaps, focus, seed):  # type: ignore[no-untyped-def]
    """Move border units between areas, in place, accepting worse moves ever more rarely.

    Cost: weighted minutes from the centres (`near`, areas x units, in means of an area) + `cut_weight` for each cut
    pair (in mean units) + `penalty` times the squared imbalance. `heat` falls from its first to its second value, in
    mean units. A share `swaps` of the moves sends another unit back, so that heavy units can cross at even load.
    With `focus` only moves of areas beyond the tolerance are tried, until there are none. Centres and last units
    stay where they are.
    """
    np.random.seed(seed)
    n, k = len(area), len(centers)
    plan = new_plan(graph, weight, area, k)
    mean, total = weight.sum() / k, 0.0
    for i in range(n):
        total += weight[i] * near[area[i], i]
    per_minute, unit_share = k / total if total > 0 else 0.0, k / n
    cooling = (heat[1] / heat[0]) ** (1.0 / max(n_steps, 1))
    temperature = heat[0]
    beyond = np.abs(plan.load / mean - 1.0) > tolerance
    n_beyond = beyond.sum()
    for _ in range(n_steps):
        temperature *= cooling
        if plan.tally[0] == 0 or (focus and n_beyond == 0):
            break
        unit = plan.border[np.random.randint(plan.tally[0])]
        beside = _any_neighbor(unit, graph)
        a, b = area[unit], area[beside]
        if a == b or unit == centers[a] or (focus and not (beyond[a] or beyond[b])):
            continue
        back = _partner(beside, a, b, graph, area, centers) if np.random.random() < swaps else -1
        change = _exchange_cost(unit, back, a, b, graph, weight, near, area, per_minute, cut_weight * unit_share)
        shift = weight[unit] - (weight[back] if back >= 0 else 0.0)
        change += penalty * _imbalance_change(shift, a, b, plan.load, mean, tolerance)
        share = max(unit_share, weight[unit] / mean)  # heavy units are as free to move as light ones
        if change > 0 and np.random.random() >= np.exp(-change / (temperature * share)):
            continue
        if exchange(unit, back, a, b, graph, weight, plan):
            for j in (a, b):
                is_beyond = abs(plan.load[j] / mean - 1.0) > tolerance
                n_beyond += int(is_beyond) - int(beyond[j])
                beyond[j] = is_beyond
