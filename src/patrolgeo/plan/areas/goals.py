"""What a good division is: travel, worst response, response in time, balance, equity, little change; by weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_choice, check_number, check_positive
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.ground import check_parts
from patrolgeo.plan.optimise.districts.goals import GOALS, Wishes, centers_for, price_goals, ratio
from patrolgeo.plan.optimise.districts.graph import TRAVEL, Goal
from patrolgeo.plan.optimise.districts.task import Task


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaGoals(Shown):
    """Goals of a division and what each weighs; `design_areas` takes them as `objective=`.

    Each goal is a number, the less the better, and counts as a share of what the plan by travel alone has: with
    ``AreaGoals(travel=0.5, response=0.5)`` a plan of value 0.9 is a tenth better than that plan on the weighted mean.

    Parameters
    ----------
    travel
        Weight of the mean minutes from the centre of an area to its work.
    minmax
        Weight of the minutes to the farthest unit (the worst response, the radius of the largest area).
    response
        Weight of the share of the work that is more than `within_minutes` from its centre.
    balance
        Weight of the imbalance: the most that an area is off the mean, in the mean of the workload and the `criteria`.
    equity
        Weight of unequal response between areas: the standard deviation of their mean minutes over the mean.
    reform
        Weight of the share of units that leave their area of today; needs `current`.
    within_minutes
        Minutes that count as in time.
    criteria
        Further numbers to be balanced (DataFrame units x criteria, none negative): road length, night work.

    Raises
    ------
    DataError
        When no weight is above 0, one is negative, or `response` comes without minutes.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import AreaGoals, HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 8), 9))
    >>> work = pd.Series(1.0, index=grid.cells)
    >>> work.iloc[:30] = 9.0
    >>> plan = design_areas(work, grid, 6, objective=AreaGoals(travel=0.5, minmax=0.5))
    >>> list(plan.goals.columns), bool(plan.objective <= 1)
    (['weight', 'value', 'reference', 'ratio'], True)
    """

    travel: float = 0.0
    minmax: float = 0.0
    response: float = 0.0
    balance: float = 0.0
    equity: float = 0.0
    reform: float = 0.0
    within_minutes: float | None = None
    criteria: pd.DataFrame | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check what can be checked without knowing the units."""
        for goal in GOALS:
            check_number(getattr(self, goal), goal, least=0)
        if not sum(self.weights.values()) > 0:
            raise DataError(f"AreaGoals needs a weight above 0; its goals are {', '.join(GOALS)}.")
        if self.response and self.within_minutes is None:
            raise DataError("AreaGoals(response=) counts what is not reached in time; give within_minutes= as well.")
        if self.within_minutes is not None:
            check_positive(self.within_minutes, "within_minutes")

    @property
    def weights(self) -> dict[str, float]:
        """What each goal weighs, as a share of all weights."""
        given = {goal: float(getattr(self, goal)) for goal in GOALS}
        total = sum(given.values()) or 1.0
        return {goal: weight / total for goal, weight in given.items()}

    def _head(self) -> str:
        return ", ".join(f"{goal} {weight:.0%}" for goal, weight in self.weights.items() if weight)

    def _rows(self) -> Rows:
        rows = [(goal, f"{weight:.0%}") for goal, weight in self.weights.items() if weight]
        if self.within_minutes is not None:
            rows.append(("in time", f"within {self.within_minutes:g} minutes"))
        if self.criteria is not None:
            rows.append(("balanced too", ", ".join(map(str, self.criteria.columns))))
        return rows


@dataclass(frozen=True)
class GoalsOf:
    """The goals of one plan: values any labels by them, over those of the plan by travel."""

    wishes: Wishes
    task: Task
    names: pd.Index
    goal: Goal
    reference: Mapping[str, float]

    @classmethod
    def of(cls, wishes: Wishes, task: Task, names: pd.Index, by_travel: Ints) -> GoalsOf:
        """Return the goals over what the plan by travel has."""
        centers = centers_for(task, by_travel, TRAVEL)
        priced = price_goals(task, wishes, wishes.values(task, by_travel, centers), by_travel, centers, 1.0)
        centers = centers_for(task, by_travel, priced.goal)
        return cls(wishes, task, names, priced.goal, wishes.values(task, by_travel, centers))

    def __call__(self, labels: pd.Series) -> float:
        """Return the weighted goals; 1 is as good as the plan by travel."""
        return self.of_codes(self.names.get_indexer(labels).astype(np.int64))

    def of_codes(self, area: Ints) -> float:
        """Return the weighted goals of areas given as positions."""
        return self.wishes.score(self.wishes.values(self.task, area, self.centers(area)), self.reference)

    def centers(self, area: Ints) -> Ints:
        """Return the centre of each area by these goals."""
        return centers_for(self.task, area, self.goal)

    def table(self, labels: pd.Series) -> pd.DataFrame:
        """Return `weight`, `value`, `reference` (of the plan by travel) and `ratio` of each goal that counts."""
        area = self.names.get_indexer(labels).astype(np.int64)
        values = self.wishes.values(self.task, area, self.centers(area))
        rows = {
            goal: [weight, values[goal], self.reference[goal], ratio(goal, values, self.reference)]
            for goal, weight in self.wishes.weights.items()
            if weight
        }
        columns = ["weight", "value", "reference", "ratio"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("goal")


def read_goals(objective: Any) -> Any:
    """Return an objective as goals where it is a name or names with weights; anything else as it is."""
    if isinstance(objective, str):
        check_choice(objective, GOALS, "objective")
        return None if objective == "travel" else AreaGoals(**{objective: 1.0})
    if isinstance(objective, Mapping):
        for name in objective:
            check_choice(name, (*GOALS, "within_minutes", "criteria"), "objective")
        return AreaGoals(**objective)
    return objective


def wishes_of(goals: AreaGoals, units: pd.Index, today: pd.Series | None, names: pd.Index) -> Wishes:
    """Return the goals in positions; one that needs today's areas without them is an error."""
    if goals.reform and today is None:
        raise DataError("AreaGoals(reform=) keeps units in their area of today; give current= as well.")
    at = None if today is None else names.get_indexer(today).astype(np.int64)
    within = np.inf if goals.within_minutes is None else float(goals.within_minutes)
    return Wishes(goals.weights, within, read_criteria(goals.criteria, units), at)


def read_criteria(criteria: pd.DataFrame | None, units: pd.Index) -> Floats | None:
    """Return further numbers to be balanced by unit, shape (n_units, n_criteria); None where there are none."""
    if criteria is None:
        return None
    if not isinstance(criteria, pd.DataFrame):
        raise DataError(f"criteria must be a DataFrame of units x criteria, got {type(criteria).__name__}.")
    return check_parts(align(criteria, units, "criteria", "units")).to_numpy(float)
