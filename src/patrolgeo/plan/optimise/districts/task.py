"""What is divided and under which rules: one connected group of units, as the search wants it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.districts.graph import TRAVEL, Goal, Graph, minutes_near, minutes_own, tolls
from patrolgeo.plan.optimise.districts.state import Rules

REACH = 1.7  # how far beyond its own edge an area looks, as a multiple of its radius
SIDES = 6  # of a cell; other units have as many on average
SHAPE = 0.025  # the weight of border / sqrt(units), beside 1 for the travel of an area
SMALL = 150  # units up to which the plan is compared with a proven optimum, so that only minutes count
NONE = np.empty(0, np.int64)


@dataclass(frozen=True)
class Task:
    """A connected group of units to be divided.

    Parameters
    ----------
    weight
        Workload of each unit, above zero.
    graph
        Travel minutes between neighbours.
    n_areas, tolerance, effort
        As in `design_areas`.
    anchors
        Units that are the centres of the first areas and stay so.
    current
        Area of each unit today, None for a plan from scratch.
    stay_minutes
        Minutes a unit must come nearer before it leaves its area of today.
    max_minutes
        Minutes beyond which travel counts ten times.
    fixed
        Units that stay in their area of today.
    min_units
        Units of the smallest area allowed.
    forbidden
        Pairs of units that may not share an area, shape (pairs, 2).
    change_share, max_change
        The share of all that each unit is, shape (n,), and the share that may leave its area of today.
    prices
        What a side of border costs between neighbours, with the entries of the graph; None where each costs 1.
    criteria, press
        Further numbers to be shared out evenly, shape (n, criteria), and what the imbalance of each costs.
    compact
        Whether enclaves and necks are forbidden.
    goal, equity
        What the minutes to a unit cost, and what the spread of the areas' minutes does.
    """

    weight: Floats
    graph: Graph
    n_areas: int
    tolerance: float | None
    effort: int
    anchors: Ints = field(default_factory=NONE.copy)
    current: Ints | None = None
    stay_minutes: float = 0.0
    max_minutes: float = np.inf
    fixed: Ints = field(default_factory=NONE.copy)
    min_units: int = 1
    forbidden: Ints = field(default_factory=lambda: np.empty((0, 2), np.int64))
    change_share: Floats | None = None
    max_change: float = np.inf
    prices: sparse.csr_matrix | None = None
    criteria: Floats | None = None
    press: tuple[float, ...] = ()
    goal: Goal = TRAVEL
    equity: float = 0.0
    compact: bool = False

    @property
    def is_free(self) -> bool:
        """Whether nothing but travel and balance is asked for."""
        asked = len(self.anchors) + len(self.forbidden) + self.min_units - 1
        return self.current is None and asked == 0 and not np.isfinite(self.max_minutes)

    def with_some_weight(self) -> Task:
        """Return the task with a little weight on every unit: those without workload still want to be near."""
        return replace(self, weight=self.weight + self.weight.sum() / len(self.weight) * 1e-6)

    def part(self, units: Ints, minutes: sparse.csr_matrix, n_areas: int) -> Task:
        """Return the task of dividing some of the units only."""
        inside = np.full(len(self.weight), -1)
        inside[units] = np.arange(len(units))
        pairs = inside[self.forbidden]
        weight = self.with_some_weight().weight[units]
        tolerance = self.tolerance
        if tolerance is not None:  # where the part's own mean is high, less is left up to the heaviest area allowed
            mean_over_part = self.weight.sum() / self.n_areas / (weight.sum() / n_areas)
            tolerance = float(np.clip((1 + tolerance) * mean_over_part - 1, tolerance / 4, tolerance))
        return replace(
            self, weight=weight, graph=Graph.of(minutes[units][:, units]), n_areas=n_areas, tolerance=tolerance,
            anchors=inside[self.anchors][inside[self.anchors] >= 0], fixed=inside[self.fixed][inside[self.fixed] >= 0],
            current=None if self.current is None else np.unique(self.current[units], return_inverse=True)[1],
            forbidden=pairs[(pairs >= 0).all(axis=1)],
            change_share=None if self.change_share is None else self.change_share[units],
            prices=None if self.prices is None else self.prices[units][:, units],
            criteria=None if self.criteria is None else self.criteria[units],
        )  # fmt: skip

    @property
    def shape(self) -> float:
        """What the shape of an area is worth beside its travel."""
        return SHAPE if len(self.weight) > SMALL else SHAPE / 20

    @cached_property
    def rules(self) -> Rules:
        """The rules in arrays, the tolerance a little inside the one that is asked for."""
        n = len(self.weight)
        slack = 1.0 if self.tolerance is None else self.tolerance - min(0.002, 0.1 * self.tolerance)
        pairs = np.vstack([self.forbidden, self.forbidden[:, ::-1]])
        pairs = pairs[np.argsort(pairs[:, 0], kind="stable")]
        held = np.zeros(n, bool)
        held[self.fixed] = True
        degree = np.diff(self.graph.indptr)
        price = np.ones(len(self.graph.indices)) if self.prices is None else self.prices.data.astype(float)
        rows = np.repeat(np.arange(n), degree)
        sides = np.bincount(rows, price, n) + np.maximum(SIDES - degree, 0)
        return Rules(
            slack, self.min_units, sides, 1 / np.sqrt(np.maximum(np.arange(n + 2), 1)), self.shape, held,
            np.searchsorted(pairs[:, 0], np.arange(n + 1)), np.ascontiguousarray(pairs[:, 1]), price,
            *self._further(), *self._change(),
        )  # fmt: skip

    def _further(self) -> tuple[Floats, Floats, float]:
        """Return the further criteria in means of an area, what each costs, and what unequal minutes do."""
        if self.criteria is None:
            return np.empty((len(self.weight), 0)), np.empty(0), self.equity
        total = np.maximum(self.criteria.sum(axis=0), 1e-300)
        return np.ascontiguousarray(self.criteria * (self.n_areas / total)), np.asarray(self.press, float), self.equity

    def _change(self) -> tuple[Ints, Floats, float]:
        """Return the area of today, the share of all that each unit is, and the share that may be elsewhere."""
        n = len(self.weight)
        if self.current is None or self.change_share is None:
            return np.full(n, -1), np.zeros(n), np.inf
        return self.current, self.change_share, self.max_change + 1e-12

    def near(self, centers: Ints, area: Ints) -> Floats:
        """Return what a minute's way to each unit from each centre counts, shape (units, areas)."""
        reach = REACH if self.min_units == 1 else np.inf  # a small area may have to grow far
        near = minutes_near(self.graph, centers, area, reach)
        if self.goal != TRAVEL:
            near = tolls(near, self.weight, self.goal)
        if np.isfinite(self.max_minutes):
            near = np.where(near > self.max_minutes, 10 * near - 9 * self.max_minutes, near).astype(np.float32)
        if self.current is not None:
            stay = self._stay().astype(np.float32)
            near += stay[:, None]
            near[np.arange(len(area)), self.current] -= stay
        return near

    def _stay(self) -> Floats:
        """Return the minutes a unit must save before it leaves its area of today, as many as it counts in changes."""
        if self.change_share is None:
            return np.full(len(self.weight), self.stay_minutes)
        return self.stay_minutes * self.change_share * self.weight.sum() / self.weight

    def changed(self, area: Ints) -> float:
        """Return the share of all that is not in its area of today."""
        return 0.0 if self.change_share is None else float(self.change_share[area != self.current].sum())

    def together(self, area: Ints) -> Ints:
        """Return the forbidden pairs that share an area."""
        return self.forbidden[area[self.forbidden[:, 0]] == area[self.forbidden[:, 1]]]

    def score(self, area: Ints, centers: Ints, easy: float) -> float:
        """Return the weighted minutes, made worse by shape and broken rules, and by `easy` times the overload."""
        minutes = minutes_own(self.graph, centers, area)
        load, size = np.bincount(area, self.weight, self.n_areas), np.bincount(area, minlength=self.n_areas)
        over = 0.0 if self.tolerance is None else max(0.0, load.max() / load.mean() - 1 - self.tolerance)
        rows = np.repeat(np.arange(len(area)), np.diff(self.graph.indptr))
        inside = area[rows] == area[self.graph.indices]
        inner = np.bincount(area[rows][inside], self.rules.side[inside], self.n_areas)
        shape = np.mean((np.bincount(area, self.rules.sides, self.n_areas) - inner) / np.sqrt(size))
        late = 0.0 if np.isinf(self.max_minutes) else np.maximum(minutes - self.max_minutes, 0.0).max()
        broken = len(self.together(area)) + np.maximum(self.min_units - size, 0).sum() + late
        return float(self.weight @ minutes) * (1 + easy * over + self.shape * shape + broken)
