"""Better borders: units cross from one area to the next, or push another one on; areas stay connected (annealing).

Every wanted property of areas meets in one place, `_area_cost`, and every rule about units in another, `_may_join`.
"""

from typing import NamedTuple

import numpy as np

from patrolgeo.compiled import kernel, lean
from patrolgeo.plan.optimise.districts.state import (
    any_neighbor,
    away,
    can_leave,
    count_in,
    move,
    necks_around,
    new_plan,
    side_between,
    sides_in,
)

# A tight tolerance presses imbalance down this far below it, so that the areas around have room to give.
NEAR_LIMIT = 0.02
SHORT = 1000.0  # what an area costs that lacks all the units it should have at least; no balance outweighs it
WALK = 6  # steps to the unit that is pushed on


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


@lean
def _pushed(unit, b, graph, area):  # type: ignore[no-untyped-def]
    """Return a unit of area `b`, a few steps along from `unit`, and an area beside it; -1 when the walk finds none."""
    for _ in range(np.random.randint(WALK)):
        to = any_neighbor(unit, graph)
        if area[to] == b:
            unit = to
    c = area[any_neighbor(unit, graph)]
    return (unit, c) if c != b else (-1, -1)


@lean
def _may_join(unit, to, centers, plan, rules):  # type: ignore[no-untyped-def]
    """Return whether the unit may leave its area for area `to`, as far as the rules about units go."""
    if rules.held[unit] or unit == centers[plan.area[unit]]:
        return False
    together = False
    for e in range(rules.apart_at[unit], rules.apart_at[unit + 1]):
        together |= plan.area[rules.apart[e]] == to
    return not together


@lean
def _excess(load, mean, tolerance):  # type: ignore[no-untyped-def]
    """Return what an area's imbalance costs: its square, and more beyond the tolerance; a wide tolerance is free."""
    off = abs(load / mean - 1.0)
    counted = max(0.0, off - max(0.0, tolerance - NEAR_LIMIT * min(1.0, NEAR_LIMIT / max(tolerance, 1e-9))))
    return counted * counted + 0.3 * max(0.0, off - tolerance)


@lean
def _area_cost(j, unit, back, units, sides, minutes, weight, plan, mean, rules, penalty):  # type: ignore[no-untyped-def]
    """Return the change of what area `j` costs, itself, when it gains `unit`, loses `back`, and gains sides of border.

    -1 is no unit; `minutes` are those it gains, in means of an area.
    """
    size, later = plan.size[j], max(plan.size[j] + units, 1)
    cost = rules.shape * ((plan.edge[j] + sides) * rules.root[later] - plan.edge[j] * rules.root[size])
    if penalty > 0:
        shift = (weight[unit] if unit >= 0 else 0.0) - (weight[back] if back >= 0 else 0.0)
        cost += penalty * (
            _excess(plan.load[j] + shift, mean, rules.tolerance) - _excess(plan.load[j], mean, rules.tolerance)
        )
    for c in range(len(rules.press)):
        more = (rules.criteria[unit, c] if unit >= 0 else 0.0) - (rules.criteria[back, c] if back >= 0 else 0.0)
        cost += rules.press[c] * more * (2 * plan.sums[j, c] - 2 + more)
    if rules.equity > 0:
        cost += rules.equity * minutes * (2 * plan.late[j] - 2 + minutes)
    if min(size, later) < rules.min_units:
        short = max(0, rules.min_units - later) - max(0, rules.min_units - size)
        cost += SHORT * short / rules.min_units
    return cost


@lean
def _cost(unit, back, a, b, c, graph, weight, near, plan, mean, per_minute, rules, penalty):  # type: ignore[no-untyped-def]
    """Return the change of all costs when `unit` goes from `a` to `b` and `back`, if any, from `b` on to `c`."""
    area, sides = plan.area, rules.sides
    gone, come = weight[unit] * near[unit, a] * per_minute, weight[unit] * near[unit, b] * per_minute
    edge_a = 2 * sides_in(unit, a, graph, area, rules) - sides[unit]
    edge_b = sides[unit] - 2 * sides_in(unit, b, graph, area, rules)
    if back < 0:
        cost = come - gone + _area_cost(a, -1, unit, -1, edge_a, -gone, weight, plan, mean, rules, penalty)
        return cost + _area_cost(b, unit, -1, 1, edge_b, come, weight, plan, mean, rules, penalty)
    left, taken = weight[back] * near[back, b] * per_minute, weight[back] * near[back, c] * per_minute
    cost = come - gone + taken - left
    beside = side_between(unit, back, graph, rules)
    edge_b += 2 * (sides_in(back, b, graph, area, rules) + beside) - sides[back]
    edge_c = sides[back] - 2 * (sides_in(back, c, graph, area, rules) - (beside if c == a else 0.0))
    cost += _area_cost(b, unit, back, 0, edge_b, come - left, weight, plan, mean, rules, penalty)
    if c == a:
        return cost + _area_cost(a, back, unit, 0, edge_a + edge_c, taken - gone, weight, plan, mean, rules, penalty)
    cost += _area_cost(a, -1, unit, -1, edge_a, -gone, weight, plan, mean, rules, penalty)
    return cost + _area_cost(c, back, -1, 1, edge_c, taken, weight, plan, mean, rules, penalty)


@lean
def _overspends(unit, back, a, b, c, plan, rules):  # type: ignore[no-untyped-def]
    """Return whether the exchange puts more into other areas than today's than may be there."""
    if rules.budget == np.inf:
        return False
    more = away(unit, b, rules) - away(unit, a, rules)
    if back >= 0:
        more += away(back, c, rules) - away(back, b, rules)
    return more > 0 and plan.spent[0] + more > rules.budget


@lean
def _pass_minutes(unit, back, a, b, c, weight, near, per_minute, plan):  # type: ignore[no-untyped-def]
    """Book the minutes of units that have moved."""
    plan.late[a] -= weight[unit] * near[unit, a] * per_minute
    plan.late[b] += weight[unit] * near[unit, b] * per_minute
    if back >= 0:
        plan.late[b] -= weight[back] * near[back, b] * per_minute
        plan.late[c] += weight[back] * near[back, c] * per_minute


@lean
def _try_move(unit, to, room, graph, weight, plan, rules):  # type: ignore[no-untyped-def]
    """Move the unit unless its area would split; return whether it moved, and how many more necks that makes.

    With an infinite `room` for necks nobody counts them.
    """
    if not can_leave(unit, graph, plan):
        return False, 0
    if room == np.inf:
        move(unit, to, graph, weight, rules, plan)
        return True, 0
    own = plan.area[unit]
    before = necks_around(unit, own, to, graph, plan)
    move(unit, to, graph, weight, rules, plan)
    return True, necks_around(unit, own, to, graph, plan) - before


@lean
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
    elif count_in(back, c, graph, plan.area) > 0:
        pushed, more = _try_move(back, c, room, graph, weight, plan, rules)
        if pushed and necks + more <= room:
            return True
        if pushed:
            move(back, b, graph, weight, rules, plan)
    move(unit, a, graph, weight, rules, plan)
    return False


@lean
def _steps(graph, weight, near, area, centers, rules, step, n_steps, plan, mean, per_minute, beyond):  # type: ignore[no-untyped-def]
    """Try so many moves; `beyond` tells which areas are beyond the tolerance, and is kept."""
    unit_share = len(centers) / len(area)
    cooling = (step.cold / step.heat) ** (1.0 / max(n_steps, 1))
    temperature = step.heat
    n_beyond = 0
    for j in range(len(beyond)):
        n_beyond += beyond[j]
    per_neck = step.necks * unit_share
    for _ in range(n_steps):
        temperature *= cooling
        if plan.tally[0] == 0 or (step.focus and n_beyond == 0):
            break
        unit = plan.border[np.random.randint(plan.tally[0])]
        beside = any_neighbor(unit, graph)
        a, b = area[unit], area[beside]
        if a == b or (step.focus and not (beyond[a] or beyond[b])) or not _may_join(unit, b, centers, plan, rules):
            continue
        back, c = _pushed(beside, b, graph, area) if np.random.random() < step.pushes else (-1, -1)
        if (back >= 0 and not _may_join(back, c, centers, plan, rules)) or _overspends(
            unit, back, a, b, c, plan, rules
        ):
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
            _pass_minutes(unit, back, a, b, c, weight, near, per_minute, plan)
            for j in (a, b, c):
                if j >= 0:
                    is_beyond = abs(plan.load[j] / mean - 1.0) > rules.tolerance
                    n_beyond += int(is_beyond) - int(beyond[j])
                    beyond[j] = is_beyond


@kernel
def anneal(graph, weight, near, area, centers, rules, step, n_steps, seed):  # type: ignore[no-untyped-def]
    """Move border units between areas, in place, accepting worse moves ever more rarely.

    Cost: weighted minutes from the centres (`near`, units x areas, in means of an area), the shape of the areas, their
    imbalance, what they lack in units, narrow necks, further criteria and the spread of their minutes; never more units
    are away from their area of today than the budget allows. A share of the moves pushes another unit on, to the first
    area (so that heavy units can cross at even load) or to a third one (so that areas in between pass workload on).
    Centres and last units stay where they are.
    """
    np.random.seed(seed)
    n, k = len(area), len(centers)
    plan = new_plan(graph, weight, area, k, rules)
    mean, total = weight.sum() / k, 0.0
    for i in range(n):
        total += weight[i] * near[i, area[i]]
    per_minute = k / total if total > 0 else 0.0
    for i in range(n):
        plan.late[area[i]] += weight[i] * near[i, area[i]] * per_minute
    beyond = np.abs(plan.load / mean - 1.0) > rules.tolerance
    _steps(graph, weight, near, area, centers, rules, step, n_steps, plan, mean, per_minute, beyond)
