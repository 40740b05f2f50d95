"""What is divided: a travel graph between units, and what the units look like."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.grid.area_units import AreaUnits
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.measures import check_workload
from patrolgeo.roads.hexagons import CellGraph, hexagon_graph, unit_graph


class Ground(NamedTuple):
    """Units and the ways between them.

    Parameters
    ----------
    travel
        The travel graph.
    outlines
        Outline of each unit, Series by unit; None when they are not known.
    is_grid
        Whether the units are cells, whose outlines a road may cut.
    """

    travel: CellGraph
    outlines: gpd.GeoSeries | None
    is_grid: bool


def read_ground(
    travel: Any, units: Any = None, *, barriers: Any = None, adjacency: Any = None, link_parts: bool = True
) -> Ground:  # fmt: skip
    """Return what is divided, from a grid, a travel graph or polygons; a graph that is missing is made."""
    check_type(link_parts, bool, "link_parts")
    grid = next((known for known in (travel, units) if _is_grid(known)), None)
    outlines = _outlines(grid, units)
    if hasattr(travel, "minutes") and hasattr(travel, "parts"):
        graph = travel
    elif travel is not None and not _is_grid(travel):
        raise DataError(f"travel must be a HexGrid, a travel graph or None, got {type(travel).__name__}.")
    elif outlines is None:
        raise DataError("design_areas needs a grid, a travel graph, units= or cost= to know what it divides.")
    elif grid is None or outlines is not grid.geometry or not isinstance(grid, HexGrid):
        near = grid.adjacency() if grid is not None and grid.are_lines else adjacency
        graph = unit_graph(outlines, adjacency=near, link_parts=link_parts)
    else:
        graph = hexagon_graph(grid, barriers=barriers, link_parts=link_parts)
    if outlines is not None:
        align(outlines, graph.cells, "the outlines of the units", "units")
    return Ground(graph, outlines, grid is not None and not isinstance(grid, AreaUnits))


def _is_grid(known: Any) -> bool:
    return hasattr(known, "adjacency") and hasattr(known, "geometry") and hasattr(known, "cells")


def _outlines(grid: Any, units: Any) -> gpd.GeoSeries | None:
    if units is None:
        return None if grid is None else grid.geometry
    if _is_grid(units):
        return units.geometry
    check_type(units, (gpd.GeoDataFrame, gpd.GeoSeries), "units")
    if units.index.has_duplicates:
        raise DataError(
            f"units holds {units.index[units.index.duplicated()][0]!r} twice; each unit needs its own label."
        )
    return units.geometry


def read_workload(workload: Any, units: pd.Index, *, labelled: bool = True) -> tuple[Floats, pd.DataFrame | None]:
    """Return the workload of each unit, and its parts when it was given as a table of them.

    None counts every unit the same. Without labels an array is taken too, by position.
    """
    if isinstance(workload, pd.DataFrame):
        parts = workload.set_axis(units, axis=0) if not labelled and _by_position(workload, units) else workload
        parts = check_parts(align(parts, units, "workload", "units"))
        return parts.sum(axis=1).to_numpy(float), parts
    if workload is None:
        return np.ones(len(units)), None
    if not isinstance(workload, pd.Series) or (not labelled and _by_position(workload, units)):
        if labelled:
            raise DataError(f"workload must be a Series by unit, got {type(workload).__name__}.")
        values = as_floats(workload, "workload")
        if values.shape != (len(units),):
            raise DataError(f"workload has shape {values.shape}, but there are {len(units)} units.")
        workload = pd.Series(values, index=units)
    return check_workload(workload, units), None


def _by_position(values: Any, units: pd.Index) -> bool:
    """Return whether values go by position to units that are positions themselves: their labels are others."""
    return len(values) == len(units) and not values.index.isin(units).all()


def check_parts(parts: pd.DataFrame) -> pd.DataFrame:
    """Return the parts of a workload; one that is negative or missing is an error that names it."""
    for name in parts.columns:
        part = as_floats(parts[name], f"The part {name!r} of the workload")
        if not (np.isfinite(part) & (part >= 0)).all():
            raise DataError(f"The part {name!r} of the workload holds negative or missing values.")
    return parts
