"""Building units that are not hexagons: villages, reporting areas, street segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_positive
from patrolgeo._show import Shown, some_of
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError


@dataclass(frozen=True, repr=False)
class AreaUnits(Shown):
    """Polygons or lines with a label each, to count on and to carry people in place of cells.

    A point belongs to the polygon that holds it, or to the nearest line at most `within_m` metres away; on a shared
    border the first unit takes it. `count_incidents` and `interpolate` accept units like a grid; their tables then
    have the labels where cells would stand.

    Parameters
    ----------
    geometry
        Polygons or lines in longitude and latitude, their index the labels. Use `from_layer`.
    within_m
        Reach of lines, metres.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import AreaUnits
    >>> villages = gpd.GeoDataFrame({"village": ["west", "east"]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(119.90, 31.70, 119.91, 31.73), shapely.box(119.91, 31.70, 119.93, 31.73)])
    >>> units = AreaUnits.from_layer(villages, label="village")
    >>> units.positions([119.92, 119.90], [31.71, 31.80]).tolist()
    [1, -1]
    """

    geometry: gpd.GeoSeries
    within_m: float = 50.0

    def _head(self) -> str:
        return f"{len(self.geometry):,} units: {some_of(self.geometry.index, 3)}"

    @classmethod
    def from_layer(cls, layer: gpd.GeoDataFrame, label: str | None = None, within_m: float = 50.0) -> AreaUnits:
        """Take a layer with a CRS; `label` names the column of labels, by default its index is used."""
        check_positive(within_m, "within_m")
        crs.warn_of_degrees(within_m, "within_m")
        layer = crs.to_lonlat(layer, "units")
        if label is not None:
            check_columns(layer, [label], "units")
            layer = layer.set_index(label)
        shapes = layer.geometry
        if shapes.index.has_duplicates:
            twice = shapes.index[shapes.index.duplicated()][0]
            raise DataError(f"The unit {twice!r} occurs twice; labels must be unique. Dissolve its parts first.")
        if not len(shapes) or (shapes.isna() | shapes.is_empty).any():
            raise DataError("Every unit needs a shape, and at least one unit is needed.")
        whole = gpd.GeoSeries(shapely.make_valid(shapes.to_numpy()), index=shapes.index, crs=crs.LONLAT)
        return cls(whole.rename("geometry"), within_m)

    def __len__(self) -> int:
        return len(self.geometry)

    @property
    def cells(self) -> pd.Index:
        """The labels of the units."""
        return self.geometry.index

    @cached_property
    def lonlat(self) -> Floats:
        """Longitude and latitude of a point on each unit, shape (n, 2)."""
        return shapely.get_coordinates(shapely.point_on_surface(self.geometry.to_numpy()))

    @cached_property
    def area_km2(self) -> pd.Series:
        """Area of each unit; 0 for lines."""
        return (crs.to_local(self.geometry, self._middle).area / 1e6).rename("area_km2")

    def positions(self, lon: Any, lat: Any) -> Ints:
        """Return the position of the unit of each point, -1 where there is none; shape (n,)."""
        points = gpd.GeoSeries(shapely.points(np.asarray(lon, float), np.asarray(lat, float)), crs=crs.LONLAT)
        points = crs.to_local(points, self._middle).to_numpy()
        if (shapely.get_dimensions(self._local) == 1).all():
            point, unit = self._tree.query_nearest(points, max_distance=self.within_m, all_matches=True)
        else:
            unit, point = shapely.STRtree(points).query(self._local, predicate="intersects")
        at = np.full(len(points), len(self))
        np.minimum.at(at, point, unit)
        return np.where(at < len(self), at, -1)

    def adjacency(self) -> sparse.csr_matrix:
        """Return which units touch: symmetric CSR of ones, shape (n, n), diagonal left out."""
        a, b = self._tree.query(self._local, predicate="dwithin", distance=0.01)
        apart = a != b
        return sparse.csr_matrix((np.ones(apart.sum()), (a[apart], b[apart])), shape=(len(self), len(self)))

    @cached_property
    def _middle(self) -> tuple[float, float]:
        west, south, east, north = self.geometry.total_bounds
        return (west + east) / 2, (south + north) / 2

    @cached_property
    def _local(self) -> Array:
        return crs.to_local(self.geometry, self._middle).to_numpy()

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._local)
