"""The study area as squares of one size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from scipy import sparse

from patrolgeo import crs as systems
from patrolgeo._checks import check_choice, check_count, check_positive
from patrolgeo._show import some_of
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units, links

METRES = {"m": 1.0, "km": 1000.0, "ft": 0.3048, "us-ft": 1200 / 3937, "mi": 1609.344}
STEP_DEG = 0.01  # straight sides in degrees are cut this fine before they are projected
AT_ONCE = 1_000_000  # squares that are held against the area in one go


@dataclass(frozen=True, eq=False, repr=False)
class SquareGrid(Units):
    """Squares of one size that cover a study area, labelled by column and row ("c012r034"); use `from_area`.

    Parameters
    ----------
    side_m
        Side of a square in metres.
    system
        The CRS along whose axes the squares lie, as text.
    corner
        Lower left corner of column 0, row 0 in units of that CRS.
    step
        Side in units of that CRS.
    column, row
        Where each square lies, in the order of its label, shape (n,).
    digits
        Digits of column and row in a label.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import SquareGrid
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326")
    >>> grid = SquareGrid.from_area(area, 600, unit="ft")
    >>> len(grid), grid.cells[0], round(grid.area_km2.iloc[0] * 1e6 / 0.3048**2)
    (304, 'c00r00', 360000)
    """

    side_m: float
    system: str
    corner: tuple[float, float]
    step: float
    column: Ints
    row: Ints
    digits: int

    def _head(self) -> str:
        return (
            f"{len(self):,} squares of {self.side_m:,.6g} m, {self.area_km2.sum():,.6g} km2: {some_of(self.cells, 3)}"
        )

    @classmethod
    def from_area(
        cls, area: Any, size: float, unit: str = "m", *, crs: Any = None, max_cells: int = 2_000_000
    ) -> SquareGrid:
        """Cover an area with every square that overlaps it.

        Parameters
        ----------
        area
            GeoDataFrame or GeoSeries of polygons with a CRS.
        size
            Side of a square, in `unit`.
        unit
            "m", "km", "ft", "us-ft" (the survey foot) or "mi".
        crs
            A projected CRS along whose axes the squares shall lie, such as a State Plane ("EPSG:2263"): their corners
            then are multiples of `size` in it. By default an equal-area projection around the area, with a corner at
            its lower left.
        max_cells
            Budget; more squares are an error.

        Returns
        -------
        The grid.

        Raises
        ------
        CRSError
            When `area` has no coordinate reference system.
        DataError
            When `area` holds no polygon, `size` is not positive, `crs` is not projected, or there would be more than
            `max_cells` squares.
        """
        check_positive(size, "size")
        check_choice(unit, METRES, "unit")
        check_count(max_cells, "max_cells")
        outlines = systems.to_lonlat(area, "area").geometry
        if not np.isfinite(shapely.get_coordinates(outlines.to_numpy())).all():
            raise DataError("The area holds infinite or missing coordinates; mend its boundary.")
        system, metres = _system(outlines, crs)
        shape = shapely.make_valid(outlines.segmentize(STEP_DEG).to_crs(system).union_all())
        if shape.is_empty or shape.area == 0:
            raise DataError("The area holds no polygon; name a boundary file with at least one.")
        side = size * METRES[unit]
        step = side / metres
        low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
        if shape.area / step**2 > max_cells or np.prod((high - low) / step) > 10 * max_cells:
            raise DataError(
                f"The area would need about {shape.area / step**2:,.0f} squares of {size:g} {unit}, above "
                f"max_cells={max_cells:,}; take larger ones, or look for a stray part."
            )
        corner = low if crs is None else np.floor(low / step) * step
        n = np.ceil((high - corner) / step - 1e-9).astype(np.int64)
        column, row = _overlapping(shape, corner, step, n)
        return cls(side, system, (float(corner[0]), float(corner[1])), step, column, row, len(str(n.max() - 1)))

    @cached_property
    def cells(self) -> pd.Index:
        """The labels, Index named "cell"."""
        names = [f"c{c:0{self.digits}d}r{r:0{self.digits}d}" for c, r in zip(self.column, self.row, strict=True)]
        return pd.Index(names, name="cell", dtype="str")

    @cached_property
    def geometry(self) -> gpd.GeoSeries:
        """The squares in longitude and latitude."""
        squares = _squares(self.column, self.row, self.corner, self.step)
        return gpd.GeoSeries(squares, index=self.cells, crs=self.system, name="geometry").to_crs(systems.LONLAT)

    @cached_property
    def lonlat(self) -> Floats:
        """Longitude and latitude of the middle of each square, shape (n, 2)."""
        x, y = (self.corner[i] + (n + 0.5) * self.step for i, n in enumerate((self.column, self.row)))
        return np.column_stack(self._transformer.transform(x, y, direction="INVERSE"))

    @cached_property
    def area_km2(self) -> pd.Series:
        """Area of each square, in the plane of its CRS."""
        return pd.Series(self.side_m**2 / 1e6, index=self.cells, name="area_km2")

    def positions(self, lon: Any, lat: Any) -> Ints:
        """Return the position of the square that holds each point, -1 outside; shape (n,)."""
        x, y = self._transformer.transform(np.asarray(lon, float), np.asarray(lat, float))
        place = (np.column_stack([x, y]) - self.corner) / self.step
        inside: Bools = np.asarray((np.isfinite(place) & (place >= 0) & (place < 2**31)).all(axis=1))
        column, row = np.floor(np.where(inside[:, None], place, -1)).astype(np.int64).T
        return np.where(inside, self._at(column, row), -1)

    def _at(self, column: Ints, row: Ints) -> Ints:
        """Return the position of the square in this column and row, -1 where there is none."""
        high = int(self.row.max()) + 1
        keys, wanted = self.column * high + self.row, column * high + row
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = (keys[at] == wanted) & (row >= 0) & (row < high)
        return np.where(found, at, -1)

    def _touching(self) -> sparse.csr_matrix:
        """Return squares that share a side or a corner."""
        steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
        beside = np.concatenate([self._at(self.column + i, self.row + j) for i, j in steps])
        own = np.tile(np.arange(len(self)), len(steps))
        return links(own[beside >= 0], beside[beside >= 0], len(self))

    def _taken(self, at: Ints) -> SquareGrid:
        return replace(self, column=self.column[at], row=self.row[at])

    @cached_property
    def _transformer(self) -> pyproj.Transformer:
        return pyproj.Transformer.from_crs(systems.LONLAT, self.system, always_xy=True)


def _system(outlines: gpd.GeoSeries, wanted: Any) -> tuple[str, float]:
    """Return the CRS of the squares as text, and how many metres its unit has."""
    if wanted is None:
        west, south, east, north = outlines.total_bounds
        return systems.road_crs(((west + east) / 2, (south + north) / 2)), 1.0
    try:
        system = pyproj.CRS.from_user_input(wanted)
    except pyproj.exceptions.CRSError:
        raise DataError(f"crs={wanted!r} is no coordinate reference system that is known.") from None
    if not system.is_projected:
        raise DataError(f"crs={wanted!r} is not projected, so its squares would be degrees; name a State Plane or UTM.")
    return system.to_wkt(), float(system.axis_info[0].unit_conversion_factor)


def _overlapping(shape: Any, corner: Floats, step: float, n: Ints) -> tuple[Ints, Ints]:
    """Return column and row of every square that shares area with the shape, ascending."""
    shapely.prepare(shape)
    found = []
    for columns in np.array_split(np.arange(n[0]), max(int(np.prod(n)) // AT_ONCE, 1)):
        column, row = (axis.ravel() for axis in np.meshgrid(columns, np.arange(n[1]), indexing="ij"))
        squares = _squares(column, row, corner, step)
        met = np.flatnonzero(shapely.intersects(shape, squares) & ~shapely.touches(shape, squares))
        found.append((column[met], row[met]))
    return np.concatenate([c for c, _ in found]), np.concatenate([r for _, r in found])


def _squares(column: Ints, row: Ints, corner: Any, step: float) -> Array:
    x, y = corner[0] + column * step, corner[1] + row * step
    return shapely.box(x, y, corner[0] + (column + 1) * step, corner[1] + (row + 1) * step)
