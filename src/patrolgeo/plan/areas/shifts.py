"""Areas by shift: day and night plans from their own workloads that differ by no more than is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_number
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import PLAIN, design_areas
from patrolgeo.plan.areas.goals import AreaGoals
from patrolgeo.plan.areas.rules import AreaRules

BASE = {"travel": 0.5, "balance": 0.5}  # what the areas that all shifts start from weigh
SLACK = 1e-9


@dataclass(frozen=True, kw_only=True, repr=False)
class ShiftAreas(Shown):
    """Areas of each shift; area 3 of the day is area 3 of the night, with its officers and its radio code.

    Parameters
    ----------
    base
        The areas that every shift starts from, good for all shifts together.
    plans
        The plan of each shift.
    max_change
        The share that may differ between two shifts.
    share
        The share of all that each unit is (of units, or of residents), Series by unit.
    """

    base: AreaPlan = field(repr=False)
    plans: Mapping[str, AreaPlan]
    max_change: float
    share: pd.Series = field(repr=False)

    @property
    def labels(self) -> pd.DataFrame:
        """Area of each unit in each shift, units x shifts."""
        return pd.DataFrame({shift: plan.labels for shift, plan in self.plans.items()})

    @property
    def changes(self) -> pd.DataFrame:
        """The share that is in another area, shift by shift, shape (shifts, shifts)."""
        labels = self.labels
        found = {a: {b: float(self.share[labels[a] != labels[b]].sum()) for b in labels} for a in labels}
        return pd.DataFrame(found).rename_axis(index="shift", columns="shift")

    @property
    def handovers(self) -> pd.DataFrame:
        """The units that change hands, and who has them in each shift."""
        labels = self.labels
        return labels[labels.nunique(axis=1) > 1]

    @property
    def table(self) -> pd.DataFrame:
        """One row a shift: balance, travel, what differs from the base, and how far the plan is proved."""
        rows = {
            shift: {
                "max_over_mean": plan.max_over_mean, "min_over_mean": plan.measures.min_over_mean,
                "base_max_over_mean": _heaviest(plan.workload, self.base.labels),
                "mean_travel_minutes": plan.mean_travel_minutes, "worst_travel_minutes": plan.worst_travel_minutes,
                "changed": float(self.share[plan.labels != self.base.labels].sum()), "gap": plan.gap,
            }
            for shift, plan in self.plans.items()
        }  # fmt: skip
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("shift")

    def _head(self) -> str:
        most = float(np.max(self.changes.to_numpy()))
        return f"{self.base.n_areas} areas in {len(self.plans)} shifts, {most:.1%} differ at most ({self.max_change:g})"

    def _rows(self) -> Rows:
        return [
            (shift, f"heaviest {row.max_over_mean:.3f} of the mean ({row.base_max_over_mean:.3f} if nothing changed)")
            for shift, row in self.table.iterrows()
        ]


def design_shift_areas(
    workloads: pd.DataFrame, travel: Any = None, n_areas: int = 1, *, max_change: float = 0.1,
    change_by: pd.Series | None = None, rules: AreaRules = PLAIN, units: Any = None, current: pd.Series | None = None,
    base: AreaPlan | None = None, prove: bool = True, effort: int = 300, random_state: int | None = 0,
) -> ShiftAreas:  # fmt: skip
    """Which areas fit each shift, when no two shifts may differ by more than a little?

    First areas are drawn that suit all shifts together: by their summed workload, weighing how uneven they are in each
    shift. From there each shift moves at most half of `max_change`, so that two shifts differ by `max_change` at most,
    however many there are. A shift that is then beyond the tolerance is drawn once more, from the areas of another
    shift. Numbers stay, and so do officers, names and radio codes.

    Parameters
    ----------
    workloads
        Workload of each unit in each shift, units x shifts (DataFrame); minutes, or an index.
    travel, n_areas, units, current, prove, effort, random_state
        As in `design_areas`.
    max_change
        Share of the units that two shifts may have in different areas.
    change_by
        What the share is taken of (Series by unit, such as residents) in place of units.
    base
        Areas that every shift starts from, in place of drawn ones; nobody draws others then (`travel`, `n_areas` and
        `current` are theirs).
    rules
        As in `design_areas`; `stay_minutes` is what a unit must save before a shift moves it. `compact` needs `base`.

    Returns
    -------
    ShiftAreas

    Raises
    ------
    DataError
        When there are no two shifts, a share is out of its range, or `compact` is asked for without `base`; otherwise
        as `design_areas`.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, design_shift_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 7))
    >>> east = grid.lonlat[:, 0] > 108.3
    >>> work = pd.DataFrame({"day": 1.0 + 0.2 * east, "night": 1.2 - 0.2 * east}, index=grid.cells)
    >>> found = design_shift_areas(work, grid, 4, max_change=0.12)
    >>> bool(found.changes.to_numpy().max() <= 0.12), found.plans["night"].noncontiguous
    (True, 0)
    """
    if not isinstance(workloads, pd.DataFrame) or len(workloads.columns) < 2:
        raise DataError("workloads must be a DataFrame with a column for each of at least two shifts.")
    check_number(max_change, "max_change", least=0, below=1, hint="a share: 0.1 lets a tenth of the units differ")
    if rules.max_change is not None:
        raise DataError("max_change= is an argument of design_shift_areas; leave it out of the rules.")
    if rules.compact and base is None:
        raise DataError(
            "compact=True cannot be kept by areas that suit all shifts together: draw areas with design_areas and "
            "compact=True, and give them as base=."
        )
    asked: dict[str, Any] = {"units": units, "effort": effort, "random_state": random_state}
    if base is None:
        objective = AreaGoals(**BASE, criteria=workloads)
        work = workloads.sum(axis=1)
        base = design_areas(
            work, travel, n_areas, rules=rules, current=current, objective=objective, prove=False, **asked
        )
    n_areas = base.n_areas
    within = replace(rules, max_change=max_change / 2, change_by=change_by)
    asked |= {"units": base.measures.geometry if units is None else units, "prove": prove}
    plans = {
        str(shift): design_areas(work, base.travel, n_areas, rules=within, current=base.labels, **asked)
        for shift, work in workloads.items()
    }
    found = ShiftAreas(base=base, plans=plans, max_change=max_change, share=_share(change_by, base.labels.index))
    wide = replace(within, max_change=max_change)
    for shift, other in permutations(plans, 2):
        if rules.tolerance is not None and _off(found.plans[shift]) > rules.tolerance:
            start = found.plans[other].labels
            plan = design_areas(workloads[shift], base.travel, n_areas, rules=wide, current=start, **asked)
            found = _evener(found, replace(found, plans={**found.plans, shift: plan}), shift)
    return found


def _evener(known: ShiftAreas, other: ShiftAreas, shift: str) -> ShiftAreas:
    """Return the other answer where its shift is more even, and no two shifts differ by more than is wanted."""
    kept = float(other.changes.to_numpy().max()) <= other.max_change + SLACK
    return other if kept and _off(other.plans[shift]) < _off(known.plans[shift]) else known


def _off(plan: AreaPlan) -> float:
    return max(plan.max_over_mean - 1, 1 - plan.measures.min_over_mean)


def _share(by: pd.Series | None, units: pd.Index) -> pd.Series:
    share: Floats = np.ones(len(units)) if by is None else by.reindex(units).to_numpy(float)
    return pd.Series(share / share.sum(), index=units, name="share")


def _heaviest(workload: pd.Series, labels: pd.Series) -> float:
    load = workload.groupby(labels).sum()
    return float(load.max() / load.mean()) if load.sum() > 0 else 1.0
