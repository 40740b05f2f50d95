"""Plans to choose from: between balance, travel, response and change, none beaten by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._checks import check_count, check_positive, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import PLAIN, plan_of
from patrolgeo.plan.areas.goals import AreaGoals
from patrolgeo.plan.areas.ground import Ground, read_ground
from patrolgeo.plan.areas.rules import AreaRules
from patrolgeo.plan.areas.search import Asked, Found, by_goals, by_travel, read_asked
from patrolgeo.plan.optimise.districts.bound import transport_bound
from patrolgeo.plan.optimise.districts.graph import minutes_own
from patrolgeo.plan.optimise.pareto import spread_out, undominated

TOLERANCES = (0.01, 0.02, 0.05, 0.1)
STAY = (10.0, 2.0, 0.5, 0.0)  # minutes of travel that a unit must save before it leaves its area of today
RESPONSE = (0.0, 0.4, 0.8)  # what response weighs beside travel
FEWEST = 2
SETTINGS = ("tolerance", "stay_minutes", "travel_weight", "minmax_weight", "response_weight", "within_minutes")


@dataclass(frozen=True, kw_only=True, repr=False)
class ParetoAreas(Shown):
    """Plans of which none is beaten by another in everything; a person chooses.

    Parameters
    ----------
    plans
        The plans, 1 the first, from the one with the least travel on.
    table
        One row a plan, by its number: the criteria, the less the better (`balance`: the most an area is off the mean;
        `travel`: mean minutes; `response`: share of the work that is not in time, or, without `within_minutes`, the
        minutes to the farthest unit; `change`: share of units that leave their area of today); `travel_bound`, below
        which no plan with the same centres and this balance travels, and `travel_gap`; then the settings.
    criteria
        The columns that were compared.
    tried
        How many plans were compared.
    """

    plans: tuple[AreaPlan, ...] = field(repr=False)
    table: pd.DataFrame
    criteria: tuple[str, ...]
    tried: int

    def plan(self, number: int) -> AreaPlan:
        """Return the plan with this number."""
        if number not in self.table.index:
            raise DataError(f"There is no plan {number!r}; the plans are 1 to {len(self.plans)}.")
        return self.plans[number - 1]

    def plan_file_line(self, number: int) -> str:
        """Return the line of a plan file's [areas] that makes this plan.

        Examples
        --------
        >>> from patrolgeo import pareto_areas
        >>> found = pareto_areas(work, grid, 12)  # doctest: +SKIP
        >>> found.plan_file_line(3)  # doctest: +SKIP
        'choice = {tolerance = 0.05, travel = 0.6, minmax = 0.4}'
        """
        self.plan(number)
        said = self.table.loc[number, [name for name in SETTINGS if name in self.table]].dropna()
        told = [f"{name.removesuffix('_weight')} = {value:g}" for name, value in said.items()]
        return "choice = {" + ", ".join(told) + "}"

    def _head(self) -> str:
        return f"{len(self.plans)} of {self.tried} plans that none beats in {', '.join(self.criteria)}"

    def _rows(self) -> Rows:
        return [
            (f"plan {n}", ", ".join(f"{name} {row[name]:.4g}" for name in self.criteria))
            for n, row in self.table.iterrows()
        ]


def pareto_areas(
    workload: Any, travel: Any = None, n_areas: int = 1, *, rules: AreaRules = PLAIN, units: Any = None,
    current: pd.Series | None = None, within_minutes: float | None = None, n_plans: int = 12,
    tolerances: Sequence[float] = TOLERANCES, effort: int = 300, random_state: int | None = 0,
) -> ParetoAreas:  # fmt: skip
    """Which plans are worth choosing from, when balance, travel, response and change pull in different directions?

    Plans are drawn for several tolerances, weights of response beside travel and, with today's areas, prices of a
    change; those that another beats (nowhere worse, somewhere better) fall out, and of the rest those that lie far
    apart are kept. Each is proved as far as its own bound goes; that no plan outside the set beats one is not proved.

    Parameters
    ----------
    workload, travel, n_areas, rules, units, current, effort, random_state
        As in `design_areas`; the rules' own tolerance and `stay_minutes` are replaced by those that are tried.
    within_minutes
        Minutes that count as in time; without them the minutes to the farthest unit stand for response.
    n_plans
        The most plans to keep.
    tolerances
        Bounds of the balance that are tried.

    Returns
    -------
    ParetoAreas

    Raises
    ------
    DataError
        When `n_plans` is below 2; otherwise as `design_areas`.

    References
    ----------
    Ehrgott 2005, Multicriteria Optimization, doi:10.1007/3-540-27659-9.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, pareto_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 8), 6))
    >>> work = pd.Series(range(1, len(grid) + 1), index=grid.cells, dtype=float)
    >>> found = pareto_areas(work, grid, 5, n_plans=4, effort=60)
    >>> len(found.plans) <= 4, list(found.criteria)
    (True, ['balance', 'travel', 'response'])
    """
    check_count(n_plans, "n_plans", FEWEST)
    if within_minutes is not None:
        check_positive(within_minutes, "within_minutes")
    ground, seed = read_ground(travel, units), check_seed(random_state)
    rows, plans = [], []
    for settings, goals in _settings(tolerances, within_minutes, current is not None):
        kept = replace(rules, tolerance=settings["tolerance"], stay_minutes=settings.get("stay_minutes", 1.0))
        if goals is None:
            asked = read_asked(workload, ground, n_areas, kept, current, effort)
            base = found = by_travel(asked, ground, False, seed)
        else:
            found = by_goals(goals, asked, ground, base, seed)
        plans.append(plan_of(asked, found, ground, kept))
        rows.append({**_values(asked, plans[-1], within_minutes), **_proof(asked, found, ground), **settings})
    table = pd.DataFrame(rows)
    criteria = ("balance", "travel", "response", *(["change"] if current is not None else []))
    return _chosen(table, plans, criteria, n_plans)


def _settings(
    tolerances: Sequence[float], within: float | None, from_today: bool
) -> Iterator[tuple[dict[str, Any], AreaGoals | None]]:  # fmt: skip
    """Yield settings and goals: for each tolerance and price of a change travel alone, then response beside it."""
    name = "minmax" if within is None else "response"
    for tolerance in tolerances:
        for stay in STAY if from_today else (None,):
            for weight in RESPONSE:
                said: dict[str, Any] = {
                    "tolerance": tolerance,
                    "travel_weight": round(1 - weight, 6),
                    f"{name}_weight": weight or None,
                }
                said |= {} if stay is None else {"stay_minutes": stay}
                said |= {} if within is None or not weight else {"within_minutes": within}
                goals: dict[str, Any] = {"travel": 1 - weight, name: weight, "within_minutes": within}
                yield said, AreaGoals(**goals) if weight else None


def _values(asked: Asked, plan: AreaPlan, within: float | None) -> dict[str, float]:
    """Return what is compared, measured on the plan itself."""
    over, measures = plan.measures.by_area["over_mean"], plan.measures
    far = measures.worst_travel_minutes
    if within is not None:
        at = plan.travel.cells.get_indexer(measures.by_area["center"])
        minutes = minutes_own(asked.task.graph, at, measures.by_area.index.get_indexer(plan.labels))
        far = float(asked.task.weight[minutes > within].sum() / asked.task.weight.sum())
    found = {
        "balance": float((over - 1).abs().max()),
        "travel": plan.mean_travel_minutes or 0.0,
        "response": far or 0.0,
    }
    return found | ({} if plan.units_moved is None else {"change": plan.units_moved / len(plan.labels)})


def _proof(asked: Asked, found: Found, ground: Ground) -> dict[str, float]:
    """Return the least mean minutes of any plan with these centres and this balance, and how far the plan is above."""
    task, area, centers = asked.task, found.area, found.centers
    weight: Floats = task.weight
    load = pd.Series(weight).groupby(area).sum()
    tolerance = max(task.tolerance or 0.0, float((load / load.mean() - 1).abs().max()))
    minutes = dijkstra(ground.travel.minutes, directed=False, indices=centers)
    spent = float(weight @ minutes[area, range(len(area))])
    bound = min(transport_bound(minutes, weight, tolerance, spent), spent)
    return {"travel_bound": bound / float(weight.sum()), "travel_gap": 1 - bound / spent if spent else 0.0}


def _chosen(table: pd.DataFrame, plans: list[AreaPlan], criteria: tuple[str, ...], most: int) -> ParetoAreas:
    values = table[list(criteria)].to_numpy(float)
    best = undominated(values).nonzero()[0]
    kept = best[spread_out(values[best], most)]
    kept = kept[values[kept, 1].argsort(kind="stable")]
    shown = table.iloc[kept].set_axis(pd.RangeIndex(1, len(kept) + 1, name="plan"))
    return ParetoAreas(
        plans=tuple(plans[i] for i in kept), table=shown.dropna(axis=1, how="all"), criteria=criteria, tried=len(plans)
    )
