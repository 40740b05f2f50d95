"""What a panel can be counted on: labels in one order, and where each of them lies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from functools import cached_property
from typing import Any, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import align, check_count
from patrolgeo._show import Shown
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import AlignmentError


class Units(Shown, ABC):
    """The units of a study area: hexagons (`HexGrid`), squares (`SquareGrid`), polygons or streets (`AreaUnits`).

    Whatever takes units asks for no more than this. A kind of your own is a frozen dataclass (``eq=False``) that
    derives from `Units` and gives the three attributes and the methods `positions`, `_touching` (who is a neighbour of
    whom) and `_taken` (some of the units); everything else is derived from them.

    Attributes
    ----------
    cells
        The labels, in ascending order.
    geometry
        GeoSeries by label, in longitude and latitude.
    area_km2
        Series by label; 0 for lines.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid, SquareGrid, Units
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326")
    >>> for units in (HexGrid.from_area(area, 8), SquareGrid.from_area(area, 500)):
    ...     print(isinstance(units, Units), len(units), units.size.name, int(units.adjacency(1).sum(axis=1).max()))
    True 25 area_km2 6
    True 42 area_km2 8
    """

    cells: pd.Index
    geometry: gpd.GeoSeries
    area_km2: pd.Series

    @abstractmethod
    def positions(self, lon: Any, lat: Any) -> Ints:
        """Return the position of the unit that holds each point, -1 where none does; shape (n,)."""

    @abstractmethod
    def _touching(self) -> sparse.csr_matrix:
        """Return which units are neighbours: symmetric CSR of ones, shape (n, n), diagonal left out."""

    @abstractmethod
    def _taken(self, at: Ints) -> Self:
        """Return the units at these positions, in this order."""

    def __len__(self) -> int:
        return len(self.cells)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is derived: the same units are the same file and the same message to a worker."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore[arg-type]

    @cached_property
    def lonlat(self) -> Floats:
        """Longitude and latitude of a point on each unit, shape (n, 2)."""
        return shapely.get_coordinates(shapely.point_on_surface(self.geometry.to_numpy()))

    @cached_property
    def xy(self) -> Floats:
        """The points of `lonlat` in metres around the middle of the units, shape (n, 2)."""
        return crs.local_xy(*self.lonlat.T)

    @cached_property
    def centroids(self) -> gpd.GeoSeries:
        """The points of `lonlat` in EPSG:4326."""
        return gpd.GeoSeries(shapely.points(self.lonlat), index=self.cells, crs=crs.LONLAT, name="centroid")

    @cached_property
    def are_lines(self) -> bool:
        """Whether the units are lines, which have a length and no area."""
        return False

    @cached_property
    def size(self) -> pd.Series:
        """What a budget takes of each unit: Series "area_km2", or "length_km" where the units are lines."""
        return self.area_km2

    @cached_property
    def ground_km2(self) -> pd.Series:
        """The ground that each unit stands for: its area; of a street segment, its length times half the usual length.

        In a city of square blocks these strips cover the ground once.
        """
        strip = self.size * self.size.median() / 2 if self.are_lines else self.area_km2
        return strip.rename("ground_km2")

    @cached_property
    def spacing_m(self) -> float:
        """The usual distance between neighbours in metres: as of hexagons that stand for the usual ground."""
        return float(np.sqrt(self.ground_km2.median() * 1e6 * 2 / np.sqrt(3)))

    def locate(self, points: Any) -> pd.Series:
        """Return the unit of each point (GeoSeries or GeoDataFrame), missing where there is none."""
        points = crs.to_lonlat(points, "points")
        at = self.positions(points.geometry.x, points.geometry.y)
        found = pd.Series(self.cells.take(np.maximum(at, 0)), index=points.index, name="cell")
        return found.where(at >= 0)

    def adjacency(self, k: int = 1) -> sparse.csr_matrix:
        """Return who lies within `k` steps of whom: symmetric CSR of ones, shape (n, n), diagonal left out."""
        check_count(k, "k", least=0)
        step = self._touching
        within = sparse.csr_matrix((len(self), len(self)))
        for _ in range(k):
            within = within @ step() + within + step()
            within.data[:] = 1.0
        within.setdiag(0.0)
        within.eliminate_zeros()
        within.sort_indices()
        return within

    def select(self, labels: Any) -> Self:
        """Return the units of these labels; one that is not among them is an error.

        Raises
        ------
        AlignmentError
            When a label is none of these units.
        """
        labels = pd.Index(labels)
        if self.cells.equals(labels):
            return self
        at = self.cells.get_indexer(labels)
        if (at < 0).any():
            raise AlignmentError(
                f"units lacks {(at < 0).sum()} of {len(labels)} units of the panel (first: "
                f"{labels[at < 0].tolist()[0]!r}); its own first is {self.cells.tolist()[0]!r}. "
                "Give the units that the panel was counted on."
            )
        return self._taken(np.sort(at))

    def to_gdf(self, values: pd.Series | pd.DataFrame | None = None) -> gpd.GeoDataFrame:
        """Return the units as a GeoDataFrame with `values` joined by label; a Series without a name becomes "value"."""
        table = self.size.to_frame()
        if values is not None:
            if len(values) and not values.index.isin(self.cells).any():
                raise AlignmentError(f"values: no label is a cell of the grid (first: {values.index[0]!r}).")
            unnamed = isinstance(values, pd.Series) and values.name is None
            table = table.join(values.rename("value") if unnamed else values)
        return gpd.GeoDataFrame(table, geometry=self.geometry)

    def dissolve(self, labels: pd.Series) -> gpd.GeoSeries:
        """Return the joint outline of the cells of each label (areas, parents, units); missing labels are left out."""
        label = align(labels, self.cells, "labels")
        groups = self.geometry.groupby(label)
        outlines = {name: self._joined(cells.to_numpy()) for name, cells in groups}
        return gpd.GeoSeries(outlines, crs=crs.LONLAT, name="geometry").rename_axis(labels.name)

    def _joined(self, shapes: Array) -> Any:
        return shapely.union_all(shapes)


def links(row: Ints, column: Ints, n: int) -> sparse.csr_matrix:
    """Return pairs of positions as a CSR of ones, shape (n, n), each once, the diagonal left out.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.grid.units import links
    >>> links(np.array([0, 0, 1]), np.array([0, 1, 0]), 2).toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    apart: Bools = row != column
    found = sparse.csr_matrix((np.ones(apart.sum()), (row[apart], column[apart])), shape=(n, n))
    found.data[:] = 1.0  # a pair that is met twice is one pair
    return found
