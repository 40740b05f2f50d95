"""Villages or reporting areas as the units of patrol areas, in place of cells."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo._checks import nearest
from patrolgeo._typing import Floats, Ints
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.grid.membership import assign_cells
from patrolgeo.grid.units import Units
from patrolgeo.pipeline.results import Ground, Place
from patrolgeo.roads.hexagons import CellGraph, unit_graph


@dataclass(frozen=True)
class Villages:
    """The units: polygons by name, the unit of each cell, the cell each is reached at, each one's jurisdiction."""

    units: gpd.GeoDataFrame
    of_cell: pd.Series
    main_cell: pd.Series
    jurisdiction: pd.Series | None
    travel: CellGraph

    def sum(self, parts: pd.DataFrame) -> pd.DataFrame:
        """Return what the cells of each unit ask for together."""
        return parts.groupby(self.of_cell).sum().reindex(self.units.index, fill_value=0.0)


def find_villages(plan: Plan, place: Place, ground: Ground, parts: pd.DataFrame) -> Villages | None:
    """Return the units that the plan names, None when cells are divided.

    A cell belongs to the unit that holds its middle. Units are neighbours where a way leads from a cell of one to a
    cell of the other, so that a river without a crossing parts them; minutes are those between their busiest cells.
    """
    layer = divided_layer(plan, place)
    if layer is None:
        return None
    jurisdiction = jurisdiction_of(plan, layer)
    units = layer.set_axis(labels_of(layer, jurisdiction))
    if jurisdiction is not None:
        jurisdiction = jurisdiction.set_axis(units.index)
    of_cell = assign_cells(units, ground.grid)
    main_cell = _main_cells(units, of_cell, parts.sum(axis=1), ground)
    minutes = ground.travel.travel_minutes(main_cell.to_numpy())[main_cell.to_numpy()].to_numpy()
    adjacency = _neighbors(units, of_cell, ground.travel)
    if jurisdiction is not None:
        adjacency = _joined(adjacency, minutes, pd.factorize(jurisdiction)[0].astype(np.int64))
    travel = unit_graph(
        units, adjacency=adjacency, minutes=minutes, speed_kmh=plan.areas.speed_kmh, link_parts=plan.areas.link_parts
    )
    return Villages(units, of_cell, main_cell, jurisdiction, travel)


def divided_layer(plan: Plan, place: Place) -> gpd.GeoDataFrame | None:
    """Return the polygons that are divided, None where cells are."""
    return None if plan.areas.together else place["units"]


def kept_together(plan: Plan, place: Place, grid: Units) -> dict[str, pd.Series | None]:
    """Return the village and jurisdiction of each cell where villages stay whole; a cell in no village has None."""
    layer = place["units"]
    if layer is None or not plan.areas.together:
        return {}
    jurisdiction = jurisdiction_of(plan, layer)
    nearest_one = assign_cells(layer.set_axis(range(len(layer))), grid)
    within = layer.geometry.iloc[nearest_one].intersects(grid.centroids.to_crs(layer.crs).set_axis(nearest_one))
    label = pd.Series(labels_of(layer, jurisdiction)[nearest_one], grid.cells, name="village")
    return {
        "together": label.where(within.to_numpy(), None),
        "nest_in": None if jurisdiction is None else jurisdiction.iloc[nearest_one].set_axis(grid.cells),
    }


def jurisdiction_of(plan: Plan, layer: gpd.GeoDataFrame) -> pd.Series | None:
    """Return the jurisdiction of each unit, whose borders no area crosses; None when areas may cross them.

    Raises
    ------
    DataError
        When [units] has no column of that name.
    """
    column = plan.areas.nest_in
    if not column:
        return None
    if column not in layer:
        raise DataError(
            f"{plan.path}: areas.nest_in = {column!r} is no column of [units]{nearest(column, layer.columns)} "
            f'It has: {", ".join(map(str, layer.columns))}. Name the column of the jurisdictions, or set nest_in = "".'
        )
    return layer[column].astype(str)


def labels_of(layer: gpd.GeoDataFrame, jurisdiction: pd.Series | None) -> pd.Index:
    """Return a name for each unit: its own, with its jurisdiction where the name occurs twice, else a number."""
    own = layer["name"].astype(str) if "name" in layer else pd.Series(range(1, len(layer) + 1), layer.index).astype(str)
    if own.duplicated().any() and jurisdiction is not None:
        own = jurisdiction + " " + own
    again = own.groupby(own).cumcount()
    return pd.Index(own.where(again == 0, own + " " + (again + 1).astype(str)), name="unit")


def _main_cells(units: gpd.GeoDataFrame, of_cell: pd.Series, workload: pd.Series, ground: Ground) -> pd.Series:
    """Return the busiest cell of each unit; of a unit that holds no cell's middle, the cell it lies in."""
    order = workload.sort_values(ascending=False, kind="stable").index
    busiest = pd.Series(order, index=of_cell[order].to_numpy()).groupby(level=0, sort=False).first()
    main = busiest.reindex(units.index)
    none = main.isna().to_numpy()
    points = units.geometry.representative_point()[none]
    at = ground.grid.positions(points.x, points.y)
    far = at < 0
    if far.any():
        apart = ground.grid.centroids.sindex.nearest(points[far].to_numpy(), return_all=False)[1]
        at[far] = apart
    main[none] = ground.grid.cells.to_numpy()[at]
    return main.rename("cell")


def _neighbors(units: gpd.GeoDataFrame, of_cell: pd.Series, travel: CellGraph) -> sparse.csr_matrix:
    """Return which units a way joins; units without a cell of their own are joined with those they touch."""
    code = units.index.get_indexer(of_cell.reindex(travel.cells))
    ways = travel.minutes.tocoo()
    pairs = np.column_stack([code[ways.row], code[ways.col]])
    bare = np.setdiff1d(np.arange(len(units)), code)
    shapes = units.geometry.to_numpy()
    a, b = units.sindex.query(shapes[bare], predicate="touches")
    touching = np.column_stack([bare[a], b])
    pairs = np.vstack([pairs[pairs[:, 0] != pairs[:, 1]], touching, touching[:, ::-1]])
    matrix = sparse.csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(units), len(units)))
    matrix.data[:] = 1.0
    return matrix


def _joined(adjacency: sparse.csr_matrix, minutes: Floats, jurisdiction: Ints) -> sparse.csr_matrix:
    """Join the parts of each jurisdiction by the quickest way between them, wherever that leads."""
    matrix = adjacency.tolil()
    for which in np.unique(jurisdiction):
        own = np.flatnonzero(jurisdiction == which)
        while True:
            count, part = connected_components(matrix[own][:, own], directed=False)
            if count == 1:
                break
            first, rest = own[part == 0], own[part != 0]
            between = minutes[np.ix_(first, rest)]
            i, j = np.unravel_index(np.argmin(between), between.shape)
            matrix[first[i], rest[j]] = matrix[rest[j], first[i]] = 1.0
    return sparse.csr_matrix(matrix)
