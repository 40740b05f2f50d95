"""Borders moved for an objective that is not travel.

Units cross while areas stay connected, balanced and large enough.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from patrolgeo._typing import Ints
from patrolgeo.compiled import kernel
from patrolgeo.plan.optimise.districts.state import can_leave, move, new_plan
from patrolgeo.plan.optimise.districts.task import Task

FIRST = 50  # moves looked at to learn how much the value changes
HEAT, COLD = 1.0, 0.01  # of the mean change
TRIES = 30  # draws for one move that keeps the rules

Change = Callable[[Ints, int, int], float]


def improve_by(change: Change, task: Task, area: Ints, centers: Ints, n_steps: int, seed: int) -> tuple[Ints, float]:
    """Return better areas by an own objective, and how much the value fell; worse moves are taken ever more rarely.

    Centres of areas with an anchor stay where they are, and so do fixed units.
    """
    rng = np.random.default_rng(seed)
    tolerance = np.inf if task.tolerance is None else task.tolerance
    held = task.rules.held.copy()
    held[centers[: len(task.anchors)]] = True
    rules = task.rules._replace(held=held)
    plan = new_plan(task.graph, task.weight, area.copy(), task.n_areas, rules)
    sizes: list[float] = []
    here, least, best = 0.0, 0.0, area
    for step in range(n_steps):
        unit, to = _draw(rng.integers(2**31), task.graph, task.weight, plan, rules, tolerance)
        if unit < 0:
            break
        rise = change(plan.area, int(unit), int(to))
        if len(sizes) < FIRST:
            sizes.append(abs(rise))
        heat = np.mean(sizes) * HEAT * (COLD / HEAT) ** (step / n_steps)
        if rise <= 0 or (heat > 0 and rng.random() < np.exp(-rise / heat)):
            move(unit, to, task.graph, task.weight, rules, plan)
            here += rise
            if here < least:
                least, best = here, plan.area.copy()
    return best, -least


@kernel
def _draw(seed, graph, weight, plan, rules, tolerance):  # type: ignore[no-untyped-def]
    """Return a unit on a border and the area it may cross to, (-1, -1) when no draw keeps the rules."""
    np.random.seed(seed)
    mean = plan.load.sum() / len(plan.load)
    if plan.tally[0] == 0:
        return -1, -1
    for _ in range(TRIES * len(plan.load)):
        unit = plan.border[np.random.randint(plan.tally[0])]
        begin, end = graph.indptr[unit], graph.indptr[unit + 1]
        a, b = plan.area[unit], plan.area[graph.indices[begin + np.random.randint(end - begin)]]
        if a == b or rules.held[unit] or plan.size[a] <= rules.min_units:
            continue
        together = False
        for e in range(rules.apart_at[unit], rules.apart_at[unit + 1]):
            together |= plan.area[rules.apart[e]] == b
        w = weight[unit]
        before = max(abs(plan.load[a] / mean - 1), abs(plan.load[b] / mean - 1), tolerance)
        after = max(abs((plan.load[a] - w) / mean - 1), abs((plan.load[b] + w) / mean - 1))
        if not together and after <= before and can_leave(unit, graph, plan):
            return unit, b
    return -1, -1
