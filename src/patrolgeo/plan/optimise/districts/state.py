"""A division while it is searched: who is where, what areas carry, which units lie on a border, and moving one unit."""

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import kernel, lean, lean_kernel
from patrolgeo.plan.optimise.districts.graph import Graph


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
    side
        What a side of border costs between a unit and each of its neighbours, in the order of the graph: 1, less along
        a river.
    criteria, press
        Further numbers that areas should have as much of as of workload, shape (n, criteria), each in means of an area;
        what the imbalance of each costs beside that of the workload.
    equity
        What the imbalance of the areas' minutes costs.
    home, share, budget
        The area of each unit today, the share of all that it is, and the share that may be elsewhere.
    """

    tolerance: float
    min_units: int
    sides: Floats
    root: Floats
    shape: float
    held: Bools
    apart_at: Ints
    apart: Ints
    side: Floats
    criteria: Floats
    press: Floats
    equity: float
    home: Ints
    share: Floats
    budget: float


def no_rules(graph: Graph, weight: Floats) -> Rules:
    """Return rules that ask for nothing, and count no borders."""
    n, none = len(weight), np.empty(0, np.int64)
    return Rules(
        1.0, 1, np.zeros(n), 1 / np.sqrt(np.maximum(np.arange(n + 2), 1)), 0.0, np.zeros(n, bool),
        np.zeros(n + 1, np.int64), none, np.zeros(len(graph.indices)), np.empty((n, 0)), np.empty(0), 0.0,
        np.full(n, -1), np.zeros(n), np.inf,
    )  # fmt: skip


class Plan(NamedTuple):
    """A plan while it is searched: who is where, what areas carry, which units lie on a border.

    Parameters
    ----------
    area
        Area of each unit, shape (n,).
    load, size, edge, late
        Workload, units, sides on the border and minutes (in means of an area) of each area, shape (k,).
    sums
        What each area has of the further criteria, shape (k, criteria).
    spent
        The share of all units that is not in its area of today, shape (1,).
    border, place
        Units on a border in any order (the first `tally[0]` are valid), and the place of each unit among them, -1
        inside an area.
    mark, queue
        Room for searches; `tally[1]` stamps the marks of the last one.
    """

    area: Ints
    load: Floats
    size: Ints
    edge: Floats
    late: Floats
    sums: Floats
    spent: Floats
    border: Ints
    place: Ints
    mark: Ints
    queue: Ints
    tally: Ints


@kernel
def new_plan(graph, weight, area, k, rules):  # type: ignore[no-untyped-def]
    """Return the search state of `area`, which it changes in place."""
    n = len(area)
    plan = Plan(
        area, np.zeros(k), np.zeros(k, np.int64), np.zeros(k), np.zeros(k), np.zeros((k, len(rules.press))),
        np.zeros(1), np.empty(n, np.int64), np.full(n, -1), np.zeros(n, np.int64), np.empty(n + 1, np.int64),
        np.zeros(2, np.int64),
    )  # fmt: skip
    for i in range(n):
        plan.load[area[i]] += weight[i]
        plan.size[area[i]] += 1
        plan.edge[area[i]] += rules.sides[i] - sides_in(i, area[i], graph, area, rules)
        for c in range(len(rules.press)):
            plan.sums[area[i], c] += rules.criteria[i, c]
        plan.spent[0] += away(i, area[i], rules)
        _update_border(i, graph, plan)
    return plan


@lean
def away(unit, a, rules):  # type: ignore[no-untyped-def]
    """Return the share of all units that the unit is when it is not in its area of today."""
    return rules.share[unit] if rules.home[unit] >= 0 and rules.home[unit] != a else 0.0


@lean
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


@lean
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


@lean
def necks_around(unit, a, b, graph, plan):  # type: ignore[no-untyped-def]
    """Return how many units of areas `a` and `b`, the unit and its neighbours, have an area on two sides only."""
    need, met = _meet_nearby(unit, graph, plan)
    count = int(met < need)
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        v = graph.indices[e]
        if plan.area[v] == a or plan.area[v] == b:
            need, met = _meet_nearby(v, graph, plan)
            count += met < need
    return count


@lean
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


@lean_kernel
def move(unit, to, graph, weight, rules, plan):  # type: ignore[no-untyped-def]
    """Put the unit into area `to`."""
    area, own, sides = plan.area, plan.area[unit], rules.sides
    plan.edge[own] -= sides[unit] - 2 * sides_in(unit, own, graph, area, rules)
    plan.edge[to] += sides[unit] - 2 * sides_in(unit, to, graph, area, rules)
    for c in range(len(rules.press)):
        plan.sums[own, c] -= rules.criteria[unit, c]
        plan.sums[to, c] += rules.criteria[unit, c]
    if rules.budget < np.inf:
        plan.spent[0] += away(unit, to, rules) - away(unit, own, rules)
    plan.load[own] -= weight[unit]
    plan.load[to] += weight[unit]
    plan.size[own] -= 1
    plan.size[to] += 1
    area[unit] = to
    _update_border(unit, graph, plan)
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        _update_border(graph.indices[e], graph, plan)


@lean
def count_in(unit, which, graph, area):  # type: ignore[no-untyped-def]
    """Return how many neighbours of the unit belong to area `which`."""
    count = 0
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        count += area[graph.indices[e]] == which
    return count


@lean
def sides_in(unit, which, graph, area, rules):  # type: ignore[no-untyped-def]
    """Return what the sides of the unit towards area `which` would cost as border."""
    cost = 0.0
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        if area[graph.indices[e]] == which:
            cost += rules.side[e]
    return cost


@lean
def any_neighbor(unit, graph):  # type: ignore[no-untyped-def]
    """Draw a neighbour of the unit."""
    begin, end = graph.indptr[unit], graph.indptr[unit + 1]
    return graph.indices[begin + np.random.randint(end - begin)]


@lean
def side_between(unit, other, graph, rules):  # type: ignore[no-untyped-def]
    """Return what the side between two units would cost as border; 0 when they are no neighbours."""
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        if graph.indices[e] == other:
            return rules.side[e]
    return 0.0
