"""Where the units of a scan lie: points to measure from, and shapes to draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import align, as_floats, check_choice, check_type
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.grid import neighbors
from patrolgeo.grid.units import Units
from patrolgeo.hotspots._scan_zones import Zones, circles, ellipses, hop_rings, lattice_rings
from patrolgeo.hotspots.connectivity import cell_ids

SHAPES = ("circle", "ellipse", "rings")


@dataclass(frozen=True)
class ScanUnits:
    """Units in one order: their labels, a point each (degrees when `in_degrees`, else metres), their outlines.

    `links` are the units that touch, None where that is not known.
    """

    labels: pd.Index
    points: Floats
    in_degrees: bool
    shapes: Callable[[], gpd.GeoSeries]
    links: sparse.csr_matrix | None

    def take(self, order: Ints) -> ScanUnits:
        """Return the units in another order."""
        links = None if self.links is None else self.links[order][:, order].tocsr()
        return replace(self, labels=self.labels[order], points=self.points[order], links=links)

    def zones(self, shape: str, share: Floats, max_share: float, max_units: int | None) -> Zones:
        """Return the zones to look at; `share` is that of each unit in the population."""
        check_choice(shape, SHAPES, "shape")
        if shape == "rings":
            return self._rings(share, max_share, max_units)
        if shape == "ellipse":
            xy = crs.local_xy(*self.points.T) if self.in_degrees else self.points
            return ellipses(xy, share, max_share, max_units)
        return circles(crs.on_sphere(self.points) if self.in_degrees else self.points, share, max_share, max_units)

    def _rings(self, share: Floats, max_share: float, max_units: int | None) -> Zones:
        found = None
        if _are_cells(self.labels):
            found = lattice_rings(cell_ids(self.labels), share, max_share, max_units)
        if found is not None:
            return found
        if self.links is None:
            raise DataError("shape='rings' needs to know which units touch: give grid= (cells, squares or AreaUnits).")
        return hop_rings(self.links, share, max_share, max_units)

    def outlines(self, members: list[Any]) -> gpd.GeoSeries:
        """Return one outline for each list of labels: polygons joined, of points and lines their convex hull."""
        shapes = self.shapes()
        joined = [shapely.union_all(shapes.loc[m].to_numpy()) for m in members]
        area = [j if shapely.get_dimensions(j) == 2 else shapely.convex_hull(j) for j in joined]
        return gpd.GeoSeries(area, crs=shapes.crs)


def scan_units(labels: pd.Index, coords: Any, grid: Any, *, labelled: bool) -> ScanUnits:
    """Return where the units of these labels lie, in the order of the labels.

    Without `coords` and `grid` the labels must be H3 cells. Labelled `coords` go by label when the counts have labels.
    """
    if grid is not None:
        return _of_grid(labels, grid)
    if coords is None:
        ids = cell_ids(labels)
        outlines = lambda: gpd.GeoSeries(neighbors.polygons(ids), index=labels, crs=crs.LONLAT)  # noqa: E731
        return ScanUnits(labels, neighbors.centres(ids), True, outlines, None)
    if isinstance(coords, (pd.Series, pd.DataFrame)) and labelled:
        coords = align(coords, labels, "coords", "units")
    if hasattr(coords, "geometry"):
        return _of_shapes(labels, coords.geometry)
    points = as_floats(coords, "coords")
    _check_points(points, labels)
    return ScanUnits(labels, points, False, lambda: gpd.GeoSeries(shapely.points(points), index=labels), None)


def label_order(labels: pd.Index) -> Ints:
    """Return the order of sorted labels, so that no answer depends on the order of rows."""
    try:
        return np.asarray(labels.argsort(), np.int64)
    except TypeError:  # labels of several kinds
        return np.asarray(labels.map(str).argsort(), np.int64)


def _of_grid(labels: pd.Index, grid: Any) -> ScanUnits:
    check_type(grid, Units, "grid", "a HexGrid, SquareGrid or AreaUnits")
    known = grid.select(labels)
    at = known.cells.get_indexer(labels)
    shapes = lambda: known.geometry.iloc[at].set_axis(labels)  # noqa: E731
    return ScanUnits(labels, known.lonlat[at], True, shapes, known.adjacency()[at][:, at])


def _of_shapes(labels: pd.Index, shapes: gpd.GeoSeries) -> ScanUnits:
    shapes = gpd.GeoSeries(shapes.to_numpy(), crs=shapes.crs)
    if len(shapes) != len(labels):
        raise AlignmentError(f"coords has {len(shapes)} places, but there are {len(labels)} units.")
    centres = shapely.centroid(shapes.to_numpy())
    if shapely.is_missing(centres).any() or shapely.is_empty(centres).any():
        raise DataError("coords holds missing or empty places; every unit needs one.")
    points = shapely.get_coordinates(centres)
    _check_points(points, labels)
    in_degrees = shapes.crs is not None and shapes.crs.is_geographic
    return ScanUnits(labels, points, in_degrees, lambda: shapes.set_axis(labels), None)


def _check_points(points: Array, labels: pd.Index) -> None:
    if points.shape != (len(labels), 2):
        raise AlignmentError(f"coords has the shape {points.shape}; {len(labels)} units need ({len(labels)}, 2).")
    if not np.isfinite(points).all():
        raise DataError("coords holds missing or infinite numbers; every unit needs a place.")


def _are_cells(labels: pd.Index) -> bool:
    try:
        cell_ids(labels)
    except DataError:
        return False
    return True
