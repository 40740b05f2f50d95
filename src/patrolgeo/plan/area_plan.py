"""A division into patrol areas: who is where, what each carries, how far from the best it can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError
from patrolgeo.plan.measures import AreaMeasures, measure_areas
from patrolgeo.plan.result import Outcome
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
    geometry
        Outlines of the units, None when they are not known.
    """

    labels: pd.Series
    measures: AreaMeasures
    tolerance: float | None
    bound_holds_for: str
    notes: tuple[str, ...]
    workload: pd.Series = field(repr=False)
    travel: CellGraph = field(repr=False)
    current: pd.Series | None = field(default=None, repr=False)
    geometry: gpd.GeoSeries | None = field(default=None, repr=False)

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
                raise DataError(f"{unit!r} is no unit of this plan{nearest(unit, labels.index)}.")
            if area not in areas:
                raise DataError(f"{area!r} is no area of this plan; its areas are {', '.join(map(str, areas))}.")
            labels[unit] = area
        if labels.nunique() < len(areas):
            raise DataError(f"Area {areas.difference(labels.unique())[0]} would be left without units.")
        measures = measure_areas(labels, self.workload, self.travel)
        weight = self.workload.sum() if self.workload.sum() > 0 else float(len(labels))
        split = f", {measures.noncontiguous} area(s) are split now" if measures.noncontiguous else ""
        note = f"{len(changes)} unit(s) were put into other areas by hand{split}: {', '.join(map(str, changes))}."
        return replace(
            self, labels=labels, measures=measures, objective=measures.mean_travel_minutes * weight, bound=None,
            bound_holds_for="none", status="by hand", notes=(*self.notes, note),
        )  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the plan's numbers: those of the measures, objective, bound, gap, status, notes."""
        return {
            **self.measures.summary(), "tolerance": self.tolerance, "objective": self.objective, "bound": self.bound,
            "gap": self.gap, "bound_holds_for": self.bound_holds_for, "status": self.status,
            "units_moved": self.units_moved, "notes": list(self.notes),
        }  # fmt: skip

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return one row an area: the measures and the outline."""
        if self.geometry is None:
            raise DataError("The plan knows no outlines; give design_areas a grid or units with polygons.")
        area = self.labels.to_numpy()
        shapes = self.geometry.to_numpy()
        outlines = [_dissolve(shapes[area == a]) for a in self.measures.by_area.index]
        return gpd.GeoDataFrame(self.measures.by_area, geometry=outlines, crs=self.geometry.crs)


def _dissolve(shapes: Any) -> Any:
    """Join cells to one outline along their shared corners, with a plain union where corners do not match."""
    joined = shapely.coverage_union_all(shapes)
    return joined if joined.is_valid else shapely.union_all(shapes)
