"""Patrol areas: balanced in workload, connected, compact in travel time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._checks import check_choice
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan._parts import Group, groups_of_parts
from patrolgeo.plan._solve import solve_group
from patrolgeo.plan.measures import AreaMeasures, _measures, check_workload
from patrolgeo.plan.result import Outcome
from patrolgeo.roads.hexagons import CellGraph, hexagon_graph


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
    notes
        What the plan could not keep or had to assume, in sentences for the report.
    geometry
        Outlines of the units, None when they are not known.
    """

    labels: pd.Series
    measures: AreaMeasures
    tolerance: float | None
    notes: tuple[str, ...]
    geometry: gpd.GeoSeries | None

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

    def summary(self) -> dict[str, Any]:
        """Return the plan's numbers: those of the measures, objective, bound, gap, status, notes."""
        return {
            **self.measures.summary(), "tolerance": self.tolerance, "objective": self.objective, "bound": self.bound,
            "gap": self.gap, "status": self.status, "notes": list(self.notes),
        }  # fmt: skip

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return one row an area: the measures and the outline."""
        if self.geometry is None:
            raise DataError("The plan knows no outlines; give design_areas a grid or units with polygons.")
        area = self.labels.to_numpy()
        shapes = self.geometry.to_numpy()
        outlines = [_dissolve(shapes[area == a]) for a in self.measures.by_area.index]
        return gpd.GeoDataFrame(self.measures.by_area, geometry=outlines, crs=self.geometry.crs)


def design_areas(
    workload: pd.Series, grid: HexGrid | None, n_areas: int, *, travel: CellGraph | None = None,
    tolerance: float | None = 0.02, objective: str = "travel", barriers: Any = None, link_parts: bool = True,
    effort: int = 200, random_state: int | None = None,
) -> AreaPlan:  # fmt: skip
    """How should the cells be divided so that all areas carry the same work and nothing in them is far?

    Minimises workload-weighted travel minutes from each area's centre and the length of the borders, while every
    area stays connected on the travel graph and its workload within `tolerance` of the mean. Centres are spread over
    the workload, areas grow or shrink until they meet equal workloads, then single cells cross the borders
    (simulated annealing). A heuristic: good, not proven best.

    Parts of a study area (islands) heavier than half an area get whole areas, so that the heaviest area is as light
    as possible; lighter parts join the part their link leads to.

    Parameters
    ----------
    workload
        Series by cell, not negative: minutes, or an index of shares. Without any workload cells count evenly.
    grid
        The cells.
    n_areas
        How many areas, 1 to the number of cells.
    travel
        Travel minutes between neighbours; by default `hexagon_graph(grid, barriers=barriers)`.
    tolerance
        Wanted bound of |workload / mean - 1| within a part; where the cells are too heavy for it the plan comes as
        near as it can and says so in `notes`. None = no balance rule.
    objective
        "travel".
    barriers
        Lines that cannot be crossed, for the default `travel`.
    link_parts
        False makes parts of the grid an error that names them.
    effort
        Moves tried for each cell.
    random_state
        Seed; the same seed gives the same plan, None is 0.

    Returns
    -------
    AreaPlan

    Raises
    ------
    InfeasibleError
        When there are more areas than cells, or parts that must not be linked.

    References
    ----------
    Hess, Weaver, Siegfeldt, Whelan, Zitlau 1965, Operations Research 13(6), doi:10.1287/opre.13.6.998;
    Wheeler 2019, Police Practice and Research 20(3).

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 6))
    >>> plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 4, random_state=1)
    >>> plan.n_areas, plan.noncontiguous, plan.max_over_mean < 1.05
    (4, 0, True)
    """
    started = time.process_time()
    check_choice(objective, ["travel"], "objective")
    if travel is None:
        if grid is None:
            raise DataError("design_areas needs a grid, or travel= with the units' own travel graph.")
        travel = hexagon_graph(grid, barriers=barriers, link_parts=link_parts)
    weight = check_workload(workload, travel.cells)
    notes = _check_wish(weight, travel, n_areas, tolerance)
    weighed = weight if weight.sum() > 0 else np.ones_like(weight)
    groups = groups_of_parts(weighed, travel, n_areas)
    area, centers = _solve_groups(groups, weighed, travel, tolerance, effort, random_state or 0)
    measures = _measures(area, pd.RangeIndex(n_areas), weight, travel, centers)
    return AreaPlan(
        objective=float(measures.mean_travel_minutes * weighed.sum()), bound=None, status="heuristic",
        runtime=time.process_time() - started,
        labels=pd.Series(area, index=travel.cells, name="area"), measures=measures, tolerance=tolerance,
        notes=(*notes, *_part_notes(travel, groups), *_balance_notes(measures, tolerance, weighed)),
        geometry=None if grid is None else grid.geometry,
    )  # fmt: skip


def _check_wish(weight: Floats, travel: CellGraph, n_areas: int, tolerance: float | None) -> list[str]:
    n = len(travel)
    if n_areas != int(n_areas) or n_areas < 1:
        raise DataError(f"n_areas={n_areas} must be a whole number of 1 or more.")
    if n_areas > n:
        raise InfeasibleError(f"n_areas={n_areas}, but there are only {n} cells; ask for at most {n} areas.")
    if tolerance is not None and not 0 <= tolerance < 1:
        raise DataError(f"tolerance={tolerance} is a share: 0.02 allows 2 % above and below the mean workload.")
    return [] if weight.sum() > 0 else ["There is no workload; every cell counted the same."]


def _solve_groups(
    groups: list[Group], weight: Floats, travel: CellGraph, tolerance: float | None, effort: int, seed: int
) -> tuple[Ints, Ints]:
    """Divide each group of parts by itself; areas are numbered in the order of their centres."""
    area = np.empty(len(weight), np.int64)
    centers: list[int] = []
    for group in groups:
        own, middle = solve_group(
            weight[group.units], travel.minutes[group.units][:, group.units], group.n_areas, tolerance, effort, seed
        )
        area[group.units] = own + len(centers)
        centers.extend(group.units[middle])
    order = np.argsort(centers, kind="stable")
    return np.argsort(order)[area].astype(np.int64), np.asarray(centers, np.int64)[order]


def _part_notes(travel: CellGraph, groups: list[Group]) -> list[str]:
    if travel.n_parts <= 1:
        return []
    longest = travel.links["km"].max() if len(travel.links) else 0.0
    shares = ", ".join(f"{g.n_areas} to {len(g.units)} cells" for g in groups)
    return [
        f"The study area falls into {travel.n_parts} parts, joined by {len(travel.links)} assumed links of up to "
        f"{longest:.1f} km. Areas: {shares}."
    ]


def _balance_notes(measures: AreaMeasures, tolerance: float | None, weight: Floats) -> list[str]:
    if tolerance is None or measures.max_over_mean <= 1 + tolerance + 1e-9:
        return []
    heaviest = weight.max() * len(measures.by_area) / weight.sum()
    return [
        f"The heaviest area carries {measures.max_over_mean:.3f} of the mean, beyond the wanted {1 + tolerance:.3f}; "
        f"the heaviest single cell alone carries {heaviest:.3f}."
    ]


def _dissolve(shapes: Any) -> Any:
    """Join cells to one outline along their shared corners, with a plain union where corners do not match."""
    joined = shapely.coverage_union_all(shapes)
    return joined if joined.is_valid else shapely.union_all(shapes)
