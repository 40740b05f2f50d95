"""A division into patrol areas: who is where, what each carries, how far from the best it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import check_type, nearest
from patrolgeo._show import Rows
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.goals import GoalsOf
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas, measure_codes
from patrolgeo.plan.areas.objective import value_of
from patrolgeo.plan.areas.remarks import hand_notes
from patrolgeo.plan.optimise.districts.by_cost import middles
from patrolgeo.plan.outcome import Outcome
from patrolgeo.roads.hexagons import CellGraph


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaPlan(Outcome):
    """A division into patrol areas.

    Parameters
    ----------
    labels
        Area of each unit, Series by unit, 0 to n_areas - 1.
    measures
        Workload, travel and shape by area.
    tolerance
        The balance that was asked for; None when there was no rule.
    bound_holds_for
        "any plan" when the bound is proved for all centres, "these centers" when only for the plan's own, "none".
    notes
        What the plan could not keep or had to assume, in sentences for the report.
    workload, travel
        What the plan was made from, so that it can be measured again.
    current
        Areas of today, Series by unit, None when they were not given.
    parts
        What the workload is made of, units x parts, None when it was given as one number a unit.
    by_hand
        Units that were put into other areas by hand, ``{unit: (area before, area now)}``.
    cost
        The table of costs the plan was made from, shape (n_units, n_units); None when it was made from travel.
    own_objective
        The objective that was given in place of travel; None for travel.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import AreaRules, HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 4))
    >>> plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 3, rules=AreaRules(tolerance=0.05))
    >>> plan
    AreaPlan(3 areas of 61 units, heaviest 1.033 of the mean, optimal)
    """

    labels: pd.Series
    measures: AreaMeasures
    tolerance: float | None
    bound_holds_for: str
    notes: tuple[str, ...]
    workload: pd.Series = field(repr=False)
    travel: CellGraph = field(repr=False)
    current: pd.Series | None = field(default=None, repr=False)
    parts: pd.DataFrame | None = field(default=None, repr=False)
    by_hand: Mapping[Any, tuple[Any, Any]] = field(default_factory=dict)
    cost: Floats | None = None
    own_objective: Any = None

    def _head(self) -> str:
        return (
            f"{self.n_areas} areas of {len(self.labels)} units, heaviest {self.max_over_mean:.3f} of the mean, "
            f"{self.status}"
        )

    def _rows(self) -> Rows:
        by_area, minutes = self.measures.by_area, self.mean_travel_minutes
        asked = "no rule" if self.tolerance is None else f"asked: {1 - self.tolerance:g} to {1 + self.tolerance:g}"
        value, (bound, proof) = self.proof()
        rows = [
            ("workload", f"{self.measures.min_over_mean:.3f} to {self.max_over_mean:.3f} of the mean ({asked})"),
            ("units an area", f"{by_area['units'].min():,} to {by_area['units'].max():,}"),
            ("in one piece", f"{self.n_areas - self.noncontiguous} of {self.n_areas}"),
            ("travel", "not known" if minutes is None else
             f"{minutes:.1f} minutes in the mean, {self.worst_travel_minutes:.1f} at worst"),
            value, (bound, proof if self.gap is None else f"{proof}; holds for {self.bound_holds_for}"),
        ]  # fmt: skip
        if isinstance(self.own_objective, GoalsOf):
            told = self.own_objective.table(self.labels)
            rows.append(("goals", ", ".join(f"{g} {r.weight:.0%}: {r.ratio:.3f}" for g, r in told.iterrows())))
        if self.units_moved is not None:
            rows.append(("changed", f"{self.units_moved:,} units leave their area of today"))
        if self.by_hand:
            rows.append(("by hand", f"{len(self.by_hand)} units"))
        return [*rows, *(("note", note) for note in self.notes)]

    @property
    def n_areas(self) -> int:
        """How many areas there are."""
        return len(self.measures.by_area)

    @property
    def centers(self) -> pd.Series:
        """The unit from which each unit is served, Series by unit."""
        return self.measures.centers

    @property
    def max_over_mean(self) -> float:
        """Heaviest workload over the mean."""
        return self.measures.max_over_mean

    @property
    def noncontiguous(self) -> int:
        """Areas split on the linked travel graph (always 0 for a plan made here)."""
        return self.measures.noncontiguous

    @property
    def mean_travel_minutes(self) -> float | None:
        """Workload-weighted minutes from each area's centre to its units; None where no minutes are known."""
        return self.measures.mean_travel_minutes

    @property
    def worst_travel_minutes(self) -> float | None:
        """Minutes from a centre to the farthest unit of its area; None where no minutes are known."""
        return self.measures.worst_travel_minutes

    @property
    def units_moved(self) -> int | None:
        """Units that change their area of today; None when today's areas were not given."""
        return None if self.current is None else int((self.labels != self.current).sum())

    @property
    def workload_table(self) -> pd.DataFrame:
        """Workload of each area and what it is made of: a column each part, `workload` their sum, `over_mean`."""
        parts = pd.DataFrame(index=self.labels.index) if self.parts is None else self.parts.loc[self.labels.index]
        by_area = parts.groupby(self.labels.to_numpy()).sum().reindex(self.measures.by_area.index)
        return by_area.join(self.measures.by_area[["workload", "over_mean"]])

    @property
    def goals(self) -> pd.DataFrame | None:
        """What each goal weighs, its value, that of the plan by travel alone, and their ratio; None without goals."""
        return self.own_objective.table(self.labels) if isinstance(self.own_objective, GoalsOf) else None

    def reassign(self, changes: Mapping[Any, Any]) -> AreaPlan:
        """Return the plan with units put into other areas by hand: checked, measured again, and said in the notes.

        Parameters
        ----------
        changes
            Area of each unit to be moved, ``{unit: area}``.

        Returns
        -------
        AreaPlan
            With status "by hand", without a bound; this plan stays as it is.

        Raises
        ------
        DataError
            When a unit or an area is not known, or an area is left without units.
        """
        check_type(changes, Mapping, "changes", "give {unit: area}")
        labels = self.labels.copy()
        areas = self.measures.by_area.index
        for unit, area in changes.items():
            if unit not in labels.index:
                raise DataError(f"{unit!r} is not a unit of this plan{nearest(unit, labels.index)}")
            if area not in areas:
                raise DataError(f"{area!r} is not an area of this plan; its areas are {', '.join(map(str, areas))}.")
            labels[unit] = area
        if labels.nunique() < len(areas):
            raise DataError(f"Area {areas.difference(labels.unique())[0]} would be left without units.")
        measures, objective = self._measure_again(labels)
        moved = {unit: (self.labels[unit], area) for unit, area in changes.items() if self.labels[unit] != area}
        first = {unit: (self.by_hand.get(unit, (before,))[0], now) for unit, (before, now) in moved.items()}
        by_hand = {unit: areas for unit, areas in {**self.by_hand, **first}.items() if areas[0] != areas[1]}
        return replace(
            self, labels=labels, measures=measures, objective=objective, bound=None, bound_holds_for="none",
            status="by hand", by_hand=by_hand, notes=(*self.notes, *hand_notes(moved, measures, self.tolerance)),
        )  # fmt: skip

    def _measure_again(self, labels: pd.Series) -> tuple[AreaMeasures, float]:
        """Return the measures of other labels, and their value by travel, cost table or own objective."""
        known = self.measures
        if self.cost is not None:
            area = known.by_area.index.get_indexer(labels)
            centers = middles(self.cost, area)
            weight = self.workload.to_numpy(float)
            measures = measure_codes(
                area, known.by_area.index, weight, self.travel, centers, known.geometry, known.lines
            )
            return measures, float(self.cost[centers[area], range(len(area))].sum())
        if isinstance(self.own_objective, GoalsOf):
            area, weight = known.by_area.index.get_indexer(labels), self.workload.to_numpy(float)
            centers, names = self.own_objective.centers(area), known.by_area.index
            again = measure_codes(area, names, weight, self.travel, centers, known.geometry, known.lines)
            return again, self.own_objective(labels)
        measures = measure_areas(labels, self.workload, self.travel, known.geometry, known.lines)
        if self.own_objective is not None:
            return measures, value_of(self.own_objective, labels, known.by_area.index)
        weight = float(self.workload.sum()) or float(len(labels))
        return measures, (measures.mean_travel_minutes or 0.0) * weight

    def summary(self) -> dict[str, Any]:
        """Return the plan's numbers: those of the measures, objective, bound, gap, status, notes."""
        return {
            **self.measures.summary(), "tolerance": self.tolerance, "objective": self.objective, "bound": self.bound,
            "gap": self.gap, "bound_holds_for": self.bound_holds_for, "status": self.status,
            "units_moved": self.units_moved, "units_by_hand": len(self.by_hand), "notes": list(self.notes),
        }  # fmt: skip

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return one row an area: the measures, the shape and the outline."""
        table = self.measures.by_area.join(self.measures.shapes)
        return gpd.GeoDataFrame(table, geometry=self.measures.outlines)
