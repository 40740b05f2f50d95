"""Counts of other areal units onto the cells (tracts, villages, points, tables on H3); which cells are patrollable."""

import warnings
from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import align, check_columns, check_positive
from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.neighbors import h3_numbers, positions_of
from patrolgeo.grid.units import Units

POLYGONS, POINT = (3, 6), 0  # shapely type ids: Polygon and MultiPolygon, Point
WHOLE = 1e-9  # a unit whose shares sum to 1 within this lies wholly on the cells
PIECE_M = 50  # lines of a mask are counted by pieces of at most this length
STEP_DEG = 0.01  # straight sides in degrees are cut this fine before they are projected


def interpolate(
    units: Any,
    grid: Units,
    columns: str | Sequence[str],
    *,
    mask: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> pd.DataFrame:
    """How many people (or other counts) does each cell hold?

    The count of a polygon is spread over it evenly, so each cell gets the share of the polygon's area that it covers.
    A point gives all to its cell. A table with a column `cell` of H3 ids is taken as it is: finer cells are summed
    into their ancestor, coarser ones are spread evenly over their descendants. Even spreading misleads where people
    live in one corner of a large polygon; use small units or points where there are any, or a mask.

    Parameters
    ----------
    units
        GeoDataFrame of polygons or points with a CRS, or a DataFrame with a column `cell`.
    grid
        The study area: cells, or `AreaUnits` of villages, reporting areas, street segments. Over segments a polygon is
        spread by length.
    columns
        Columns of counts (people, households, ...), not of rates or densities.
    mask
        Where people are within the polygons: buildings (polygons, by area), roads (lines, by length) or places (points,
        by number). A polygon that holds none of it is spread evenly.

    Returns
    -------
    DataFrame by cell, shape (n_cells, n_columns). ``attrs["outside"]`` tells for each column how much lies outside
    the grid; on cells + outside = what came in.

    Raises
    ------
    MissingColumnError
        When a column is not there.
    DataError
        When a count is negative or not a number, or a geometry is neither polygon nor point. A missing count adds
        nothing and is said in a warning.

    References
    ----------
    Goodchild, M. F., Lam, N. S.-N. (1980). Areal interpolation: a variant of the traditional spatial problem.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid, interpolate
    >>> village = gpd.GeoDataFrame({"people": [120]}, geometry=[shapely.box(119.90, 31.70, 119.92, 31.72)],
    ...                            crs="EPSG:4326")
    >>> grid = HexGrid.from_area(village, resolution=8)
    >>> people = interpolate(village, grid, "people")
    >>> float(people["people"].sum().round(6)), people.attrs["outside"]
    (120.0, {'people': 0.0})
    """
    columns = [columns] if isinstance(columns, str) else list(columns)
    check_columns(units, columns, "the table to interpolate")
    counts = _counts(units, columns)
    shares = _shares(units, grid, mask)
    beyond = 1.0 - np.asarray(shares.sum(axis=0)).ravel()
    beyond[beyond < WHOLE] = 0.0  # rounding only: whole units were settled to 1
    table = pd.DataFrame(shares @ counts, index=grid.cells, columns=columns)
    table.attrs["outside"] = dict(zip(columns, (beyond @ counts).tolist(), strict=True))
    return table


def area_weights(
    polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Units, mask: gpd.GeoDataFrame | gpd.GeoSeries | None = None
) -> sparse.csr_matrix:
    """Return the share of each polygon's area that lies in each cell, CSR of shape (n_cells, n_polygons).

    Multiply it by any columns of counts; a column of the matrix sums to 1 when the polygon lies wholly on the grid.
    Areas are taken in an equal-area projection around the grid. With a `mask`, shares of the mask's parts in a polygon
    (area of buildings, length of roads, number of places) take the place of shares of area.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid
    >>> from patrolgeo.grid.areal import area_weights
    >>> half_in = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.94, 31.72)], crs="EPSG:4326")
    >>> grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.92, 31.72)], crs="EPSG:4326"), 11)
    >>> round(float(area_weights(half_in, grid).sum()), 2)
    0.51
    """
    middle = tuple(grid.lonlat.mean(axis=0))
    cells = crs.to_local(grid.geometry, middle).to_numpy()
    shapes = _local_polygons(polygons, middle)
    tree = shapely.STRtree(cells)
    unit, cell = tree.query(shapes, predicate="intersects")
    whole_unit, whole_cell = tree.query(shapes, predicate="contains")
    cut = ~np.isin(unit * len(cells) + cell, whole_unit * len(cells) + whole_cell)
    measure = shapely.length if grid.are_lines else shapely.area
    overlap = measure(cells[cell])
    overlap[cut] = measure(shapely.intersection(shapes[unit[cut]], cells[cell[cut]]))
    area = np.bincount(unit, overlap, minlength=len(shapes)) if grid.are_lines else shapely.area(shapes)
    shares = _settled(overlap / np.where(area > 0, area, 1.0)[unit], cell, unit, (len(cells), len(shapes)))
    if mask is None:
        return shares
    by_mask, masked = _mask_shares(shapes, grid, mask, middle)
    return (shares @ sparse.diags((~masked).astype(float)) + by_mask).tocsr()


def _mask_shares(shapes: Array, grid: Units, mask: Any, middle: tuple[float, ...]) -> tuple[sparse.csr_matrix, Bools]:
    """Shares of each polygon's part of the mask by cell, and which polygons hold any of it."""
    spots, amount = _spots(crs.to_local(mask, (middle[0], middle[1])).geometry.to_numpy())
    unit, spot = shapely.STRtree(spots).query(shapes, predicate="intersects")
    total = np.bincount(unit, amount[spot], minlength=len(shapes))
    lonlat = gpd.GeoSeries(spots, crs=crs.local_crs((middle[0], middle[1]))).to_crs(crs.LONLAT)
    cell = grid.positions(lonlat.x, lonlat.y)[spot]
    on_grid = cell >= 0
    share = (amount[spot] / total[unit])[on_grid]
    return _settled(share, cell[on_grid], unit[on_grid], (len(grid), len(shapes))), total > 0


def _spots(mask: Array) -> tuple[Array, Floats]:
    """The mask as points with an amount each: places count 1, lines their length by pieces, polygons their area."""
    parts = shapely.get_parts(mask[~(shapely.is_missing(mask) | shapely.is_empty(mask))])
    dimension = shapely.get_dimensions(parts)
    if not len(parts) or (dimension != dimension[0]).any():
        raise DataError("A mask holds points, lines or polygons, at least one of them and all of one kind.")
    if dimension[0] == 0:
        return parts, np.ones(len(parts))
    if dimension[0] == 2:
        return shapely.point_on_surface(parts), shapely.area(parts)
    corner, line = shapely.get_coordinates(shapely.segmentize(parts, PIECE_M), return_index=True)
    joined = line[1:] == line[:-1]
    ends = corner[1:][joined], corner[:-1][joined]
    return shapely.points((ends[0] + ends[1]) / 2), np.hypot(*(ends[0] - ends[1]).T)


def patrollable_cells(
    grid: Units,
    inhabited: pd.Series | None = None,
    roads: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    places: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    within_m: float = 300,
    incidents: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> pd.Series:
    """Which cells can a patrol have a reason to be in: inhabited, near a road, holding a place, or with an incident?

    The other cells (forest, water, fields far from roads) are shown on maps but not scored. When nothing is given,
    nothing can be ruled out and every cell is patrollable.

    Parameters
    ----------
    grid
        The study area.
    inhabited
        Residents or households by cell (above 0 counts), or True and False by cell.
    roads
        Lines; a cell counts when any part of it is at most `within_m` metres from one.
    places
        Points or polygons; a cell counts when it holds or touches one.
    within_m
        Metres.
    incidents
        Points that were recorded; a cell counts when it holds one.

    Returns
    -------
    Series of booleans by cell, named "patrollable".

    Raises
    ------
    DataError
        When `within_m` is not positive.
    AlignmentError
        When `inhabited` lacks cells of the grid.
    CRSError
        When roads, places or incidents have no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import HexGrid, patrollable_cells
    >>> grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326"), 9)
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.90, 31.73)])], crs="EPSG:4326")
    >>> patrollable_cells(grid, roads=road).value_counts().to_dict()
    {False: 112, True: 26}
    """
    check_positive(within_m, "within_m")
    known = [inhabited, roads, places]  # incidents alone rule nothing out
    mark = np.full(len(grid), all(k is None for k in known))
    if inhabited is not None:
        mark |= align(inhabited, grid.cells, "inhabited").to_numpy() > 0
    if roads is not None:
        mark |= _near(grid, roads, within_m)
    if places is not None:
        mark |= _near(grid, places, 0.0)
    if incidents is not None:
        points = crs.to_lonlat(incidents, "incidents").geometry
        at = grid.positions(points.x, points.y)
        mark[at[at >= 0]] = True
    return pd.Series(mark, index=grid.cells, name="patrollable")


def _near(grid: Units, layer: gpd.GeoDataFrame | gpd.GeoSeries, metres: float) -> Array:
    middle = tuple(grid.lonlat.mean(axis=0))
    shapes = crs.to_local(layer, middle).geometry.to_numpy()
    tree = shapely.STRtree(crs.to_local(grid.geometry, middle).to_numpy())
    hit = tree.query(shapes[~shapely.is_missing(shapes)], predicate="dwithin", distance=metres)[1]
    return np.isin(np.arange(len(grid)), hit)


def _counts(units: pd.DataFrame, columns: list[str]) -> Floats:
    return np.column_stack([_one_count(units[c], c) for c in columns])


def _one_count(column: pd.Series, name: str) -> Floats:
    values = pd.to_numeric(column, errors="coerce").to_numpy(float, na_value=np.nan)
    missing = column.isna().to_numpy()
    bad = ~missing & ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        raise DataError(
            f"Column {name!r} has {bad.sum()} value(s) that are not counts (first: {column[bad].iloc[0]!r} in row "
            f"{column.index[bad][0]!r}); it must hold numbers of at least 0."
        )
    if missing.any():
        warnings.warn(
            f"{missing.sum()} of {len(column)} units have no {name!r} (first: row {column.index[missing][0]!r}); "
            "they add nothing to any cell.",
            PatrolgeoWarning,
            stacklevel=4,
        )
    return np.where(missing, 0.0, values)


def _shares(units: Any, grid: Any, mask: Any) -> sparse.csr_matrix:
    if isinstance(units, gpd.GeoDataFrame):
        kinds = shapely.get_type_id(units.geometry.to_numpy())
        points, polygons = kinds == POINT, np.isin(kinds, POLYGONS)
        odd = ~(points | polygons | units.geometry.isna() | units.geometry.is_empty)
        if odd.any():
            first = units.geometry[odd].iloc[0]
            raise DataError(f"{odd.sum()} row(s) are neither polygons nor points (first: {first.geom_type}).")
        spread = area_weights(units.geometry.where(~points), grid, mask) if polygons.any() else 0
        return _of_points(units.geometry.where(points), grid) + spread
    check_columns(units, ["cell"], "a table without geometry")
    return _of_cells(units["cell"], grid)


def _of_points(points: gpd.GeoSeries, grid: Units) -> sparse.csr_matrix:
    points = crs.to_lonlat(points, "points")
    at = grid.positions(points.x, points.y)
    unit = np.flatnonzero(at >= 0)
    return sparse.csr_matrix((np.ones(len(unit)), (at[unit], unit)), shape=(len(grid), len(points)))


def _of_cells(cells: pd.Series, grid: Units) -> sparse.csr_matrix:
    if not isinstance(grid, HexGrid):
        raise DataError("A table with a column `cell` of H3 ids goes onto a HexGrid only; give points or polygons.")
    numbers = h3_numbers(cells)
    on_grid = [_at_resolution(c, grid.resolution) for c in numbers]
    unit = np.repeat(np.arange(len(numbers)), [len(c) for c in on_grid])
    share = np.repeat([1.0 / len(c) for c in on_grid], [len(c) for c in on_grid])
    at = positions_of(np.concatenate([*on_grid, np.empty(0, np.uint64)]), grid.ids)
    keep = at >= 0
    return _settled(share[keep], at[keep], unit[keep], (len(grid), len(numbers)))


def _at_resolution(cell: int, resolution: int) -> Array:
    own = h3.get_resolution(cell)
    if own >= resolution:
        return np.array([h3.cell_to_parent(cell, resolution)], np.uint64)
    return h3.cell_to_children(cell, resolution)


def _local_polygons(polygons: gpd.GeoDataFrame | gpd.GeoSeries, middle: tuple[float, ...]) -> Array:
    shapes = crs.to_lonlat(polygons, "polygons").geometry
    whole = shapely.make_valid(shapely.segmentize(shapes.to_numpy(), STEP_DEG))
    return crs.to_local(gpd.GeoSeries(whole, crs=crs.LONLAT), (middle[0], middle[1])).to_numpy()


def _settled(share: Floats, cell: Array, unit: Array, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Sum up shares; a unit that lies on the cells but for rounding gets shares that sum to 1."""
    total = np.bincount(unit, share, minlength=shape[1])
    whole = np.abs(total - 1.0) < WHOLE
    share = np.where(whole[unit], share / np.where(whole, total, 1.0)[unit], share)
    return sparse.csr_matrix((share, (cell, unit)), shape=shape)
