"""How good is a division into areas? Measures of any labels: a plan's own or the areas of today."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import align
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.drawing import draw_along
from patrolgeo.plan.areas.outlines import area_outlines, inside_test, shape_measures
from patrolgeo.plan.optimise.districts.faults import enclaves, necks
from patrolgeo.plan.optimise.districts.graph import TRAVEL, Graph, heaviest_units, minutes_own, pieces, recenter
from patrolgeo.roads.hexagons import CellGraph

ENOUGH_STEPS = 1000  # a centre that still wanders after so many steps does not exist in practice


@dataclass(frozen=True, repr=False)
class AreaMeasures(Shown):
    """What a division into areas is worth.

    Parameters
    ----------
    by_area
        One row an area: `units`, `workload`, `over_mean` (workload / mean), `center`, `mean_minutes` (weighted by
        workload, from the centre), `worst_minutes`, `pieces` (1 = connected), `border` (pairs of neighbours it cuts),
        `inertia` (mean squared distance of the workload from its own middle, km2), `enclaves` (pieces of it that one
        other area encloses), `necks` (units that cut the area when they are taken out, though not the study area).
        Minutes and inertia are missing where the travel graph knows neighbours only.
    centers
        The centre that serves each unit, Series by unit.
    labels
        Area of each unit, Series by unit.
    heaviest_unit
        Workload of the heaviest unit over the mean of the areas: no division is more even than that.
    geometry
        Outlines of the units; without them nothing is known of shapes and lengths.
    lines
        Roads and rivers that the outlines of the areas follow where these cross the units of a border.
    drawn
        Outlines of the areas, Series by area, where they are known better than by their units.
    """

    by_area: pd.DataFrame
    centers: pd.Series
    labels: pd.Series = field(repr=False)
    heaviest_unit: float
    geometry: gpd.GeoSeries | None = field(default=None, repr=False)
    lines: gpd.GeoSeries | None = field(default=None, repr=False)
    drawn: gpd.GeoSeries | None = field(default=None, repr=False)

    def _head(self) -> str:
        return f"{len(self.by_area)} areas, workload {self.min_over_mean:.3f} to {self.max_over_mean:.3f} of the mean"

    def _rows(self) -> Rows:
        minutes, worst, inertia = self.mean_travel_minutes, self.worst_travel_minutes, self.inertia
        units = self.by_area["units"]
        return [
            ("heaviest unit", f"{self.heaviest_unit:.3f} of the mean"),
            ("units an area", f"{units.min():,} to {units.max():,}"),
            ("in one piece", f"{len(self.by_area) - self.noncontiguous} of {len(self.by_area)}"),
            ("travel", "not known" if minutes is None else f"{minutes:.1f} minutes in the mean, {worst:.1f} at worst"),
            ("inertia", "not known" if inertia is None else f"{inertia:,.4g} km2"),
            ("cut pairs", f"{self.cut_pairs:,} pairs of neighbours in different areas"),
        ]

    @cached_property
    def max_over_mean(self) -> float:
        """Heaviest workload over the mean; 1 is perfect balance."""
        return float(self.by_area["over_mean"].max())

    @cached_property
    def min_over_mean(self) -> float:
        """Lightest workload over the mean."""
        return float(self.by_area["over_mean"].min())

    @cached_property
    def noncontiguous(self) -> int:
        """Areas split on the linked travel graph."""
        return int((self.by_area["pieces"] > 1).sum())

    @cached_property
    def mean_travel_minutes(self) -> float | None:
        """Minutes from an area's centre to its units, weighted by workload; None where no minutes are known."""
        return self._mean_by_work("mean_minutes")

    @cached_property
    def worst_travel_minutes(self) -> float | None:
        """Minutes from an area's centre to the farthest unit of the worst area; None where no minutes are known."""
        return _known(float(self.by_area["worst_minutes"].max()))

    @cached_property
    def cut_pairs(self) -> int:
        """Pairs of neighbours that lie in different areas: the length of all borders in cell sides."""
        return int(self.by_area["border"].sum()) // 2

    @cached_property
    def enclaves(self) -> int:
        """Areas, or pieces of them, that lie wholly within one other area."""
        return int(self.by_area["enclaves"].sum())

    @cached_property
    def necks(self) -> int:
        """Units by which an area hangs together: without one of them it falls apart, while the study area does not."""
        return int(self.by_area["necks"].sum())

    @cached_property
    def inertia(self) -> float | None:
        """Mean squared distance of the workload from the middle of its area, km2; None where no places are known."""
        return self._mean_by_work("inertia")

    @cached_property
    def outlines(self) -> gpd.GeoSeries:
        """Outline of each area, Series by area."""
        if self.drawn is not None:
            return self.drawn
        if self.geometry is None:
            raise DataError("No outlines are known; give a grid, units with polygons, or geometry=.")
        if self.lines is None:
            return area_outlines(self.geometry, self.labels)
        return draw_along(self.geometry, self.labels, self.lines)

    @cached_property
    def shapes(self) -> pd.DataFrame:
        """One row an area: `area_km2`, `perimeter_km` and `polsby_popper` (4 pi area / perimeter2, 1 is a circle)."""
        return shape_measures(self.outlines)

    @cached_property
    def polsby_popper(self) -> float:
        """Mean Polsby-Popper compactness of the areas."""
        return float(self.shapes["polsby_popper"].mean())

    @cached_property
    def border_km(self) -> float:
        """Length of the borders between areas; the edge of the study area does not count."""
        edge = shape_measures(area_outlines(self.outlines, pd.Series(0, self.outlines.index)))
        return float(self.shapes["perimeter_km"].sum() - edge["perimeter_km"].sum()) / 2

    def _mean_by_work(self, column: str) -> float | None:
        weight = self.by_area["workload"].to_numpy(float)
        weight = weight if weight.sum() > 0 else self.by_area["units"].to_numpy(float)
        return _known(float(np.average(self.by_area[column], weights=weight)))

    def summary(self) -> dict[str, float | int | None]:
        """Return the measures as plain numbers, None where one is not known; those of shapes where outlines are."""
        numbers: dict[str, float | int | None] = {
            "n": len(self.by_area), "max_over_mean": self.max_over_mean, "min_over_mean": self.min_over_mean,
            "heaviest_unit": self.heaviest_unit, "noncontiguous": self.noncontiguous,
            "mean_travel_minutes": self.mean_travel_minutes, "worst_travel_minutes": self.worst_travel_minutes,
            "inertia": self.inertia, "cut_pairs": self.cut_pairs, "enclaves": self.enclaves, "necks": self.necks,
        }  # fmt: skip
        if self.geometry is None:
            return numbers
        return {**numbers, "polsby_popper": self.polsby_popper, "border_km": self.border_km}


def measure_areas(
    labels: pd.Series, workload: pd.Series, travel: CellGraph, geometry: gpd.GeoSeries | None = None,
    lines: gpd.GeoSeries | None = None,
) -> AreaMeasures:  # fmt: skip
    """How balanced, connected and quick to cross are these areas?

    The centre of an area is the unit of the area from which its workload is reached in the fewest minutes (found by
    walking downhill from the heaviest unit; travel may pass through other areas).

    Parameters
    ----------
    labels
        Area of each unit (Series by unit); units without an area are left out of everything.
    workload
        Series by unit, not negative.
    travel
        The linked travel graph.
    geometry
        Outlines of the units (Series by unit with a CRS), for compactness and the length of borders.
    lines
        Roads and rivers that the outlines of the areas follow within the cells of a border.

    Returns
    -------
    AreaMeasures

    Raises
    ------
    AlignmentError
        When the labels or the workload lack a unit of the graph, or hold one twice.
    DataError
        When a workload is negative or missing, or no unit has an area.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, hexagon_graph, measure_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 2))
    >>> halves = pd.Series(grid.lonlat[:, 0] > 108.3, index=grid.cells).map({False: "west", True: "east"})
    >>> measures = measure_areas(halves, pd.Series(1.0, index=grid.cells), hexagon_graph(grid))
    >>> measures.noncontiguous, round(measures.max_over_mean, 2)
    (0, 1.05)
    """
    weight = check_workload(workload, travel.cells)
    labels = align(labels, travel.cells, "labels")
    code, names = pd.factorize(labels, sort=True)
    if not len(names):
        raise DataError("labels give no unit an area.")
    return measure_codes(code.astype(np.int64), names, weight, travel, None, geometry, lines)


def check_workload(workload: pd.Series, units: pd.Index) -> Floats:
    """Return the workload in the order of `units`; missing, negative or infinite values are an error."""
    weight = align(workload, units, "workload").to_numpy(float)
    bad = ~(np.isfinite(weight) & (weight >= 0))
    if bad.any():
        raise DataError(
            f"workload of {units[bad][0]} is {weight[bad][0]}; every unit needs a number of 0 or more "
            f"({int(bad.sum())} do not have one)."
        )
    return weight


def measure_codes(
    area: Ints, names: pd.Index, weight: Floats, travel: CellGraph, centers: Ints | None,
    geometry: gpd.GeoSeries | None = None, lines: gpd.GeoSeries | None = None,
) -> AreaMeasures:  # fmt: skip
    """Measure areas given as codes (-1 = in none); `centers` are searched for when they are not given."""
    k = len(names)
    area = np.where(area < 0, k, area)  # those in none lie in an area beyond the last
    inside = area < k
    graph = Graph.of(travel.minutes)
    load = np.bincount(area, weight, k + 1)
    even = np.where(load[area] > 0, weight, 1.0)  # an area without workload is weighed evenly
    if centers is None:
        centers = heaviest_units(area, even, k)
        recenter(graph, even, area, centers, 0, ENOUGH_STEPS, TRAVEL)
    minutes = minutes_own(graph, centers, area) if travel.in_minutes else np.full(len(area), np.nan)
    rows = np.repeat(np.arange(len(area)), np.diff(graph.indptr))
    cut = rows[area[rows] != area[graph.indices]]
    mean = load[:k].sum() / k
    by_unit = pd.DataFrame({"minutes": minutes, "piece": pieces(graph, area)[1]})[inside]
    groups = by_unit.groupby(area[inside])
    table = pd.DataFrame({
        "units": np.bincount(area, minlength=k + 1)[:k],
        "workload": load[:k],
        "over_mean": load[:k] / mean if mean > 0 else np.ones(k),
        "center": travel.cells[centers],
        "mean_minutes": np.bincount(area[inside], (even * minutes)[inside], k) / np.bincount(area, even, k + 1)[:k],
        "worst_minutes": groups["minutes"].max().to_numpy(),
        "pieces": groups["piece"].nunique().to_numpy(),
        "border": np.bincount(area[cut], minlength=k + 1)[:k],
        "inertia": _inertia(travel.xy / 1000, even, area, k),
        "enclaves": np.bincount(_enclosed(graph, area, k, travel, geometry), minlength=k),
        "necks": np.bincount(area[necks(graph, area)], minlength=k + 1)[:k],
    }, index=pd.Index(names, name="area"))  # fmt: skip
    return AreaMeasures(
        table, _by_code(travel.cells[centers], area, travel.cells, "center"),
        _by_code(pd.Index(names), area, travel.cells, "area"), float(weight[inside].max() / mean) if mean > 0 else 0.0,
        None if geometry is None else crs.to_lonlat(geometry.loc[travel.cells], "geometry"),
        None if lines is None else crs.to_lonlat(lines, "lines").geometry,
    )  # fmt: skip


def _enclosed(graph: Graph, area: Ints, k: int, travel: CellGraph, geometry: gpd.GeoSeries | None) -> Ints:
    """Return the area of each enclave; units in no area neither are one nor enclose one."""
    inside = inside_test(None if geometry is None else geometry.loc[travel.cells], graph)
    found = [area[units[0]] for units, around in enclaves(graph, area, inside) if k not in (area[units[0]], around)]
    return np.asarray(found, np.int64)


def _by_code(values: pd.Index, area: Ints, units: pd.Index, name: str) -> pd.Series:
    """Return the value of each unit's area, of the type the values have; None for units in none."""
    if (area < len(values)).all():
        return pd.Series(values.take(area), index=units, name=name)
    return pd.Series(np.array([*values, None], dtype=object)[area], index=units, name=name)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def _inertia(xy: Floats, weight: Floats, area: Ints, k: int) -> Floats:
    """Return the weighted mean squared distance from the weighted middle of each area."""
    load = np.bincount(area, weight, k + 1)
    load = np.where(load > 0, load, 1.0)
    middle = np.column_stack([np.bincount(area, weight * side, k + 1) / load for side in xy.T])
    apart = ((xy - middle[area]) ** 2).sum(axis=1)
    return (np.bincount(area, weight * apart, k + 1) / load)[:k]
