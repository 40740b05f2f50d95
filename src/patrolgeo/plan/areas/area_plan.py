"""A division into patrol areas: who is where, what each carries, how far from the best it can be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas
from patrolgeo.plan.outcome import Outcome
from patrolgeo.roads.hexagons import CellGraph


@dataclass(frozen=True, kw_only=True)
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
    def mean_travel_minutes(self) -> float:
        """Workload-weighted minutes from each area's centre to its units."""
        return self.measures.mean_travel_minutes

    @property
    def worst_travel_minutes(self) -> float:
        """Minutes from a centre to the farthest unit of its area."""
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

    def reassign(self, changes: Mapping[Any, Any]) -> AreaPlan:
        """Return the plan with units put into other areas by hand: checked, measured again, and said in the notes.

        Parameters
        ----------
        changes
            Area of each unit to be moved, ``{unit: area}``.

        Raises
        ------
        DataError
            When a unit or an area is not known, or an area is left without units.
        """
        labels = self.labels.copy()
        areas = self.measures.by_area.index
        for unit, area in changes.items():
            if unit not in labels.index:
                raise DataError(f"{unit!r} is no unit of this plan{nearest(unit, labels.index)}")
            if area not in areas:
                raise DataError(f"{area!r} is no area of this plan; its areas are {', '.join(map(str, areas))}.")
            labels[unit] = area
        if labels.nunique() < len(areas):
            raise DataError(f"Area {areas.difference(labels.unique())[0]} would be left without units.")
        measures = measure_areas(labels, self.workload, self.travel, self.measures.geometry, self.measures.lines)
        weight = self.workload.sum() if self.workload.sum() > 0 else float(len(labels))
        moved = {unit: (self.labels[unit], area) for unit, area in changes.items() if self.labels[unit] != area}
        first = {unit: (self.by_hand.get(unit, (before,))[0], now) for unit, (before, now) in moved.items()}
        by_hand = {unit: areas for unit, areas in {**self.by_hand, **first}.items() if areas[0] != areas[1]}
        return replace(
            self, labels=labels, measures=measures, objective=measures.mean_travel_minutes * weight, bound=None,
            bound_holds_for="none", status="by hand", by_hand=by_hand,
            notes=(*self.notes, *_hand_notes(moved, measures, self.tolerance)),
        )  # fmt: skip

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


def _hand_notes(moved: Mapping[Any, tuple[Any, Any]], measures: AreaMeasures, tolerance: float | None) -> Iterator[str]:
    """Say what was moved by hand and which rules the areas no longer keep."""
    units = ", ".join(f"{unit} from {before} to {now}" for unit, (before, now) in moved.items())
    yield f"{len(moved)} unit(s) were put into other areas by hand: {units or 'none'}."
    split = measures.by_area.index[measures.by_area["pieces"] > 1]
    if len(split):
        yield f"Area(s) {', '.join(map(str, split))} are no longer in one piece."
    if tolerance is not None and measures.max_over_mean > 1 + tolerance + 1e-9:
        heaviest, share = measures.by_area["over_mean"].idxmax(), measures.max_over_mean
        yield f"Area {heaviest} now carries {share:.3f} of the mean, beyond the wanted {1 + tolerance:.3f}."
