"""The study area as H3 cells in one fixed order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_count
from patrolgeo._show import Rows, some_of
from patrolgeo._typing import Array, CellIds, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid import lattice, neighbors
from patrolgeo.grid.units import Units

FILLS = ("overlap", "center", "full")
POLAR = 88.0  # degrees of latitude


@dataclass(frozen=True, eq=False, repr=False)
class HexGrid(Units):
    """The cells of a study area, in ascending order of their H3 number; everything else is derived from them.

    Parameters
    ----------
    ids
        H3 numbers (uint64), ascending, all of one resolution. Use `from_area` or `from_cells` to make them.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326")
    >>> grid = HexGrid.from_area(area, resolution=8)
    >>> len(grid), grid.resolution, grid.cells.name
    (25, 8, 'cell')
    """

    ids: CellIds

    def __post_init__(self) -> None:
        """Raise when something else than numbers of cells stands for them, such as their labels."""
        if not (isinstance(self.ids, np.ndarray) and self.ids.dtype == np.uint64):
            raise DataError(
                "HexGrid takes the numbers of cells in ascending order; HexGrid.from_cells takes any labels."
            )

    def _head(self) -> str:
        return f"{len(self):,} cells of resolution {self.resolution}, {self.area_km2.sum():,.6g} km2"

    def _rows(self) -> Rows:
        area = self.area_km2
        low, high = self.lonlat.min(axis=0), self.lonlat.max(axis=0)
        return [
            ("cells", some_of(self.cells, 3)), ("area of a cell", f"{area.min():.4g} to {area.max():.4g} km2"),
            ("longitude", f"{low[0]:.4f} to {high[0]:.4f}"), ("latitude", f"{low[1]:.4f} to {high[1]:.4f}"),
        ]  # fmt: skip

    @classmethod
    def from_area(cls, area: Any, resolution: int = 9, *, fill: str = "overlap", max_cells: int = 2_000_000) -> HexGrid:
        """Fill an area with every cell that overlaps it.

        Parameters
        ----------
        area
            GeoDataFrame or GeoSeries of polygons with a CRS.
        resolution
            H3 resolution, 0 to 15.
        fill
            "overlap": every cell that overlaps the area, so that nothing at the border is lost; "center": cells with
            their centre in it; "full": cells wholly in it.
        max_cells
            Budget; more cells are an error, most often caused by a stray coordinate or the wrong CRS.

        Returns
        -------
        The grid.

        Raises
        ------
        CRSError
            When `area` has no coordinate reference system.
        DataError
            When `area` holds no polygon or infinite coordinates, reaches the antimeridian or a pole, or would need more
            than `max_cells`; when `resolution` or `fill` is not known.
        """
        if not isinstance(resolution, (int, np.integer)) or not 0 <= resolution <= 15:
            raise DataError(
                f"resolution={resolution!r} is not an H3 resolution; choose 0 to 15 (cities 9 or 10, counties 8 or 9)."
            )
        check_choice(fill, FILLS, "fill")
        check_count(max_cells, "max_cells")
        outlines = crs.to_lonlat(area, "area").geometry
        if not np.isfinite(shapely.get_coordinates(outlines.to_numpy())).all():
            raise DataError("The area holds infinite or missing coordinates; mend its boundary.")
        shape = shapely.make_valid(outlines.union_all())
        if shape.is_empty or shape.area == 0:
            raise DataError("The area holds no polygon; name a boundary file with at least one.")
        _refuse_seams(shape.bounds, resolution)
        km2 = float(crs.to_local(gpd.GeoSeries([shape], crs=crs.LONLAT)).area.iloc[0] / 1e6)
        expected = km2 / h3.average_hexagon_area(resolution, unit="km^2")
        if expected > max_cells:
            west, south, east, north = shape.bounds
            raise DataError(
                f"The area of {km2:,.0f} km2 ({west:.3f} {south:.3f} to {east:.3f} {north:.3f}) would need about "
                f"{expected:,.0f} cells at resolution {resolution}, above max_cells={max_cells:,}. "
                f"{_stray(shape)} Look for a stray part, or lower the resolution."
            )
        return cls.from_cells(_filled(shape, resolution, fill))

    @classmethod
    def from_cells(cls, cells: Any) -> HexGrid:
        """Take given cells, as H3 strings or numbers of one resolution; repeats are dropped."""
        ids = np.unique(neighbors.h3_numbers(pd.unique(np.asarray(cells))))
        if not len(ids):
            raise DataError("A grid needs at least one cell.")
        resolutions = {h3.get_resolution(c) for c in ids}
        if len(resolutions) > 1:
            raise DataError(f"The cells are of several resolutions {sorted(resolutions)}; a grid has one.")
        return cls(ids)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def resolution(self) -> int:
        """H3 resolution of the cells."""
        return int(h3.get_resolution(self.ids[0]))

    @cached_property
    def cells(self) -> pd.Index:
        """The cells as H3 strings, Index named "cell"."""
        return pd.Index([h3.int_to_str(c) for c in self.ids], name="cell", dtype="str")

    @cached_property
    def geometry(self) -> gpd.GeoSeries:
        """The hexagons in longitude and latitude."""
        return gpd.GeoSeries(neighbors.polygons(self.ids), index=self.cells, crs=crs.LONLAT, name="geometry")

    @cached_property
    def lonlat(self) -> Floats:
        """Longitude and latitude of the cell centres, shape (n, 2)."""
        return neighbors.centres(self.ids)

    @cached_property
    def _table(self) -> lattice.Table:
        """From a place on the lattice to the position of its cell."""
        lon, lat = self.lonlat.T
        return lattice.table_of(lattice.lattice_keys(lon, lat, self.resolution), np.arange(len(self)))

    @cached_property
    def area_km2(self) -> pd.Series:
        """True area of each cell; H3 cells are not of equal area."""
        return pd.Series([h3.cell_area(c, unit="km^2") for c in self.ids], index=self.cells, name="area_km2")

    def positions(self, lon: Any, lat: Any) -> Ints:
        """Return the position of the cell that holds each point, -1 outside the grid; shape (n,)."""
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        at = np.full(len(lon), lattice.ABSENT)
        if len(lon) > lattice.FEW:
            at = lattice.look_up(self._table, lattice.lattice_keys(lon, lat, self.resolution))
        rest = np.flatnonzero(at == lattice.ABSENT)
        rest = rest[np.isfinite(lon[rest]) & np.isfinite(lat[rest])]
        at[rest] = neighbors.positions_of(lattice.cells_of(lon[rest], lat[rest], self.resolution), self.ids)
        return at

    def adjacency(self, k: int = 1) -> sparse.csr_matrix:
        """Return who lies within `k` rings of whom: symmetric CSR of ones, shape (n, n), diagonal left out."""
        return neighbors.adjacency(self.ids, check_count(k, "k", least=0))

    def parents(self, resolution: int) -> pd.Series:
        """Return the parent of each cell at a coarser resolution, as H3 strings."""
        if not isinstance(resolution, (int, np.integer)) or not 0 <= resolution <= self.resolution:
            raise DataError(f"resolution={resolution!r}: parents lie between 0 and the grid's own {self.resolution}.")
        up = [h3.int_to_str(h3.cell_to_parent(c, resolution)) for c in self.ids]
        return pd.Series(up, index=self.cells, name="parent", dtype="str")

    def _touching(self) -> sparse.csr_matrix:
        return self.adjacency(1)

    def _taken(self, at: Ints) -> HexGrid:
        return HexGrid(self.ids[at])

    def _joined(self, shapes: Array) -> Any:
        return shapely.coverage_union_all(shapes)


def _refuse_seams(bounds: tuple[float, float, float, float], resolution: int) -> None:
    """Raise for areas at the antimeridian or a pole, where outlines and distances in degrees are torn apart."""
    west, south, east, north = bounds
    reach = 2 * h3.average_hexagon_edge_length(resolution, unit="m") / 111_195
    if max(north, -south) + reach > POLAR:
        raise DataError(
            f"The area reaches from latitude {south:.3f} to {north:.3f}; cells are used up to {POLAR} degrees."
        )
    reach /= np.cos(np.radians(max(abs(south), abs(north))))
    if west - reach < -180 or east + reach > 180 or east - west > 180:
        raise DataError(
            f"The area reaches from longitude {west:.3f} to {east:.3f}, to or over the antimeridian (180), where cells "
            f"are torn apart; study each side as an area of its own, {reach:.3f} degrees or more away from it."
        )


def _filled(shape: Any, resolution: int, fill: str) -> CellIds:
    found = [
        h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(part), resolution, contain=fill) for part in _polygons(shape)
    ]
    return np.unique(np.concatenate(found)).astype(np.uint64)


def _polygons(shape: Any) -> list[Any]:
    return [p for p in getattr(shape, "geoms", [shape]) if p.geom_type == "Polygon"]


def _stray(shape: Any) -> str:
    """Name the corner that lies farthest from the middle of all corners."""
    corners = shapely.get_coordinates(shape)
    far = corners[np.argmax(np.abs(corners - np.median(corners, axis=0)).max(axis=1))]
    return f"Its farthest point is {far[0]:.4f} {far[1]:.4f} (longitude, latitude)."
