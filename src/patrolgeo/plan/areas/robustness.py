"""Does a plan hold when the records come out otherwise? Draws of the workload, and what a plan is worth under them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_count, check_seed, check_type
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import design_areas
from patrolgeo.plan.areas.goals import read_criteria
from patrolgeo.plan.areas.ground import read_workload
from patrolgeo.plan.areas.rules import AreaRules
from patrolgeo.plan.optimise.districts.robust import excess

BRIEF = 60  # moves a unit when a plan is drawn again for a draw
REDRAWN = 20  # draws for which the plan is drawn again


def bootstrap_workload(
    workload: Any, records: Any, *, part: str | None = None, block: int = 1, n_draws: int = 200,
    random_state: int | None = 0,
) -> pd.DataFrame:  # fmt: skip
    """What would the workload be, had other records of the same kind come in?

    Records by unit are drawn again with replacement; a panel is drawn again by whole periods, so that what comes in
    bursts stays in bursts. The part of the workload that rests on records changes in proportion, the rest stays.

    Parameters
    ----------
    workload
        Workload of each unit (Series), or its parts (DataFrame).
    records
        Records of each unit (Series of counts), or the panel (periods x units).
    part
        The part of the workload that rests on the records; None: all of it.
    block
        Periods of a panel that are drawn together, one after the other: seasons and drifts stay in them.
    n_draws
        How many draws.
    random_state
        Seed.

    Returns
    -------
    DataFrame, units x draws: the workload of each unit in each draw; the total is the same in all.

    Raises
    ------
    DataError
        When there are no records, a count is negative or no whole number, or the part is not known.

    References
    ----------
    Efron 1979, Annals of Statistics 7(1), doi:10.1214/aos/1176344552.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import bootstrap_workload
    >>> counts = pd.Series([30, 10, 0], index=list("abc"))
    >>> draws = bootstrap_workload(counts / 40, counts, n_draws=3)
    >>> draws.shape, draws.sum().round(6).tolist()
    ((3, 3), [1.0, 1.0, 1.0])
    """
    check_count(n_draws, "n_draws")
    rng = np.random.default_rng(check_seed(random_state))
    check_type(workload, (pd.Series, pd.DataFrame), "workload", "give the workload of each unit, or its parts")
    weight, parts = read_workload(workload, workload.index)
    drawn = _drawn(records, workload.index, check_count(block, "block"), n_draws, rng)
    moving = weight if part is None else _part(parts, part)
    draws = (weight - moving)[:, None] + moving.sum() * drawn / drawn.sum(axis=0)
    return pd.DataFrame(draws, index=workload.index, columns=pd.RangeIndex(n_draws, name="draw"))


def _part(parts: pd.DataFrame | None, part: str) -> Floats:
    if parts is None or part not in parts:
        known = "none" if parts is None else ", ".join(map(str, parts.columns))
        raise DataError(f"part={part!r} is no part of the workload; its parts are {known}.")
    return parts[part].to_numpy(float)


def _drawn(records: Any, units: pd.Index, block: int, n_draws: int, rng: np.random.Generator) -> Floats:
    """Return counts drawn again, units x draws."""
    check_type(records, (pd.Series, pd.DataFrame), "records", "give counts by unit, or a panel of periods x units")
    panel = isinstance(records, pd.DataFrame)
    counts = align(records.T if panel else records, units, "records", "units").to_numpy(float)
    if not (np.isfinite(counts).all() and (counts >= 0).all() and counts.sum() > 0):
        raise DataError("records holds negative or missing counts, or none at all.")
    if panel:
        sums = np.add.reduceat(counts, np.arange(0, counts.shape[1], block), axis=1)
        n = sums.shape[1]
        drawn = sums @ rng.multinomial(n, np.full(n, 1 / n), size=n_draws).T
        return np.where(drawn.sum(axis=0) > 0, drawn, counts.sum(axis=1)[:, None])
    if (counts != np.round(counts)).any():
        raise DataError("records must be whole numbers: what is drawn again is single records.")
    order = np.argsort(units.astype(str), kind="stable")  # the order in which units come changes no draw
    again: Floats = np.empty((len(counts), n_draws))
    again[order] = rng.multinomial(int(counts.sum()), counts[order] / counts.sum(), size=n_draws).T
    return again


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaRobustness(Shown):
    """What a plan is worth when the workload comes out otherwise.

    Parameters
    ----------
    max_over_mean
        Heaviest workload over the mean in each draw.
    floor
        What the mean of it would be if the areas were exactly even in truth: chance alone makes one the heaviest.
    stays
        Share of the draws in which a unit keeps its area when the plan is drawn again, Series by unit.
    """

    max_over_mean: pd.Series = field(repr=False)
    floor: float
    stays: pd.Series = field(repr=False)

    @property
    def interval(self) -> tuple[float, float]:
        """The heaviest over the mean in nine of ten draws: from, to."""
        low, high = np.quantile(self.max_over_mean, [0.05, 0.95])
        return float(low), float(high)

    @property
    def mean(self) -> float:
        """The heaviest over the mean, in the mean of the draws."""
        return float(self.max_over_mean.mean())

    @property
    def reducible(self) -> float:
        """How much of it a plan could still take off: the mean less the floor, 0 at least."""
        return max(0.0, self.mean - self.floor)

    def removed_share(self, plain: AreaRobustness) -> float | None:
        """Return which share of the reducible part of another plan this one takes off; None where there is none."""
        return None if plain.reducible == 0 else float((plain.mean - self.mean) / plain.reducible)

    def _head(self) -> str:
        low, high = self.interval
        return f"heaviest {self.mean:.3f} of the mean ({low:.3f} to {high:.3f} in nine of ten draws)"

    def _rows(self) -> Rows:
        return [
            ("floor", f"{self.floor:.3f}: exactly even areas, by chance alone"),
            ("reducible", f"{self.reducible:.3f}"),
            ("units stay", f"{self.stays.mean():.1%} in the mean, {(self.stays < 0.5).sum():,} units mostly do not"),
        ]


def area_robustness(
    plan: AreaPlan, draws: pd.DataFrame, *, redrawn: int = REDRAWN, random_state: int | None = 0
) -> AreaRobustness:  # fmt: skip
    """How even does a plan stay, and which units keep their area, when the workload comes out otherwise?

    Parameters
    ----------
    plan
        The plan.
    draws
        Workloads, units x draws (`bootstrap_workload`), or any others, such as next year's forecast.
    redrawn
        For how many of the draws the plan is drawn again, from the areas it has.
    random_state
        Seed.

    Returns
    -------
    AreaRobustness

    Raises
    ------
    AlignmentError
        When the draws lack a unit.
    DataError
        When a workload is negative or missing, or the plan was made from a table of costs.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, area_robustness, bootstrap_workload, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 5))
    >>> counts = pd.Series(20, index=grid.cells)
    >>> plan = design_areas(counts, grid, 4)
    >>> found = area_robustness(plan, bootstrap_workload(counts, counts), redrawn=5)
    >>> bool(found.mean >= 1), bool(found.floor > 1)
    (True, True)
    """
    check_count(redrawn, "redrawn", 0)
    seed = check_seed(random_state)
    if plan.cost is not None:
        raise DataError("The plan was made from a table of costs; area_robustness draws areas by travel anew.")
    values = read_criteria(draws, plan.labels.index)
    if values is None or not values.shape[1]:
        raise DataError("draws holds no workload; give units x draws.")
    area = plan.measures.by_area.index.get_indexer(plan.labels)
    heaviest = pd.Series(1 + excess(values, area, plan.n_areas), index=draws.columns, name="max_over_mean")
    stays: Floats = np.zeros(len(area))
    chosen = np.linspace(0, values.shape[1] - 1, min(redrawn, values.shape[1])).astype(int)
    rules = AreaRules(tolerance=plan.tolerance, stay_minutes=plan.mean_travel_minutes or 0.0)
    for at in chosen:
        again = design_areas(
            pd.Series(values[:, at], index=plan.labels.index), plan.travel, plan.n_areas, rules=rules,
            current=plan.labels, prove=False, effort=BRIEF, random_state=seed,
        )  # fmt: skip
        stays += (again.labels == plan.labels).to_numpy()
    share = stays / len(chosen) if len(chosen) else np.full(len(area), np.nan)
    return AreaRobustness(
        max_over_mean=heaviest, floor=_floor(values, area, plan.n_areas),
        stays=pd.Series(share, index=plan.labels.index, name="stays"),
    )  # fmt: skip


def _floor(values: Floats, area: Any, n_areas: int) -> float:
    """Return the mean of the heaviest over the mean, were all areas even in the mean of the draws."""
    load = np.column_stack([np.bincount(area, column, n_areas) for column in values.T])
    even = load / np.where(load.mean(axis=1, keepdims=True) > 0, load.mean(axis=1, keepdims=True), 1.0)
    return float((even.max(axis=0) / even.mean(axis=0)).mean())
