"""Several wishes at once: what a division is worth by each of them, and the prices by which the search weighs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.districts.graph import Goal, heaviest_units, minutes_own, recenter
from patrolgeo.plan.optimise.districts.solve import Division, anneal_from
from patrolgeo.plan.optimise.districts.task import Task

GOALS = ("travel", "minmax", "response", "balance", "equity", "reform")
LEAST = {"response": 0.01, "balance": 0.02, "equity": 0.02, "reform": 0.02}  # references below it count as it
LEAST_TRAVEL = 0.05  # what travel weighs at least while areas are searched: areas need a shape
STRENGTHS = (1.0, 4.0)  # prices are tried as they follow from the weights, and higher
EVEN = 0.05  # the imbalance at which a step is priced as its weight says
POWER = 8  # of the minutes over the worst ones


@dataclass(frozen=True)
class Wishes:
    """Weights by goal (sum 1), the minutes that count as in time, and what is to be balanced beside the workload."""

    weights: Mapping[str, float]
    within: float
    criteria: Floats | None
    today: Ints | None

    def values(self, task: Task, area: Ints, centers: Ints) -> dict[str, float]:
        """Return what a division is worth by each goal, the less the better."""
        k, weight = task.n_areas, task.weight
        minutes = minutes_own(task.graph, centers, area)
        load = np.bincount(area, weight, k)
        mean = np.bincount(area, weight * minutes, k) / load
        columns = [weight, *([] if self.criteria is None else self.criteria.T)]
        off = [np.abs(np.bincount(area, column, k) * k / column.sum() - 1).max() for column in columns if column.sum()]
        total = float(weight @ minutes) / float(weight.sum())
        return {
            "travel": total,
            "minmax": float(minutes.max()),
            "response": float(weight[minutes > self.within].sum() / weight.sum()),
            "balance": float(np.mean(off)),
            "equity": float(np.sqrt(load @ (mean - total) ** 2 / load.sum()) / total) if total > 0 else 0.0,
            "reform": 0.0 if self.today is None else float((area != self.today).mean()),
        }

    def score(self, values: Mapping[str, float], reference: Mapping[str, float]) -> float:
        """Return the weighted sum of values over their reference: 1 is as good as the reference."""
        return sum(weight * ratio(goal, values, reference) for goal, weight in self.weights.items() if weight)


def ratio(goal: str, values: Mapping[str, float], reference: Mapping[str, float]) -> float:
    """Return a value over its reference; a reference next to nothing counts as a little."""
    least = max(reference[goal], LEAST.get(goal, 1e-12))
    return values[goal] / least


def centers_for(task: Task, area: Ints, goal: Goal) -> Ints:
    """Return the centre of each area by what the minutes to a unit cost; anchors are those of their areas."""
    centers = heaviest_units(area, task.weight, task.n_areas)
    recenter(task.graph, task.weight, area, centers, 0, len(area), goal)
    centers[area[task.anchors]] = task.anchors
    return centers


def reach_goals(task: Task, wishes: Wishes, area: Ints, centers: Ints, seed: int) -> Division:
    """Return the best division found by the weighted goals, from one that is good by travel.

    It is never worse than that one, by the goals or by a rule.
    """
    reference = wishes.values(task, area, centers)
    best, least, broken = (area, centers), wishes.score(reference, reference), _broken(task, area)
    for turn, strength in enumerate(STRENGTHS):
        found = anneal_from(price_goals(task, wishes, reference, area, centers, strength), *best, seed + turn)
        value = wishes.score(wishes.values(task, *found), reference)
        if value < least and all(now <= before for now, before in zip(_broken(task, found[0]), broken, strict=True)):
            best, least = found, value
    return best


def _broken(task: Task, area: Ints) -> tuple[float, ...]:
    """Return how much a division breaks each rule: balance, pairs to be kept apart, units of the smallest area."""
    load = np.bincount(area, task.weight, task.n_areas)
    over = 0.0 if task.tolerance is None else max(0.0, float(np.abs(load / load.mean() - 1).max()) - task.tolerance)
    return over, len(task.together(area)), max(0, task.min_units - int(np.bincount(area).min()))


def price_goals(
    task: Task, wishes: Wishes, reference: Mapping[str, float], area: Ints, centers: Ints, strength: float
) -> Task:  # fmt: skip
    """Return the task with prices at which a small gain by each goal is worth what its weight says."""
    weights = wishes.weights
    travel = max(weights["travel"], LEAST_TRAVEL)
    worth = {goal: strength * weights[goal] / travel for goal in GOALS}
    base = {goal: max(reference[goal], LEAST.get(goal, 1e-12)) for goal in GOALS}
    minutes = minutes_own(task.graph, centers, area)
    spent, power = float(task.weight @ minutes), float(((minutes / base["minmax"]) ** POWER).sum())
    goal = Goal(
        limit=wishes.within if weights["response"] else np.inf,
        late=worth["response"] / base["response"] * base["travel"],
        worst=base["minmax"],
        far=2 / POWER * worth["minmax"] * spent / power,
    )
    criteria = np.column_stack([task.weight, *([] if wishes.criteria is None else wishes.criteria.T)])
    press = worth["balance"] / (2 * EVEN * base["balance"]) / criteria.shape[1]
    asked = replace(
        task, goal=goal, equity=worth["equity"] / (2 * base["equity"] ** 2),
        criteria=criteria if weights["balance"] else None, press=(press,) * criteria.shape[1],
    )  # fmt: skip
    if not weights["reform"] or wishes.today is None:
        return asked
    return replace(asked, current=wishes.today, stay_minutes=worth["reform"] / base["reform"] * base["travel"])
