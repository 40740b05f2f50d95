"""Lines onto the cells: how many kilometres of road each cell holds."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo.grid.units import Units


def line_km(lines: gpd.GeoDataFrame | gpd.GeoSeries, grid: Units) -> pd.Series:
    """How many kilometres of these lines lie in each cell?

    A line that runs exactly along the border of two cells counts half in each.

    Parameters
    ----------
    lines
        Lines with a CRS.
    grid
        The study area.

    Returns
    -------
    Series by cell, named "road_km". ``attrs["outside"]`` holds the kilometres outside the grid.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid
    >>> from patrolgeo.grid.lines import line_km
    >>> grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326"), 8)
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.71), (119.93, 31.71)])], crs="EPSG:4326")
    >>> round(float(line_km(road, grid).sum()), 2)
    2.84
    """
    middle = tuple(grid.lonlat.mean(axis=0))
    hexagons = crs.to_local(grid.geometry, middle).to_numpy()
    shapes = _local_lines(lines, middle)
    line, cell = shapely.STRtree(hexagons).query(shapes, predicate="intersects")
    km = shapely.length(shapely.intersection(shapes[line], hexagons[cell])) / 1000
    border = shapely.length(shapely.intersection(shapes[line], shapely.boundary(hexagons[cell]))) / 1000
    by_cell = np.bincount(cell, km - border / 2, minlength=len(grid))
    series = pd.Series(by_cell, index=grid.cells, name="road_km")
    series.attrs["outside"] = max(float(shapely.length(shapes).sum() / 1000 - by_cell.sum()), 0.0)
    return series


def _local_lines(lines: gpd.GeoDataFrame | gpd.GeoSeries, middle: tuple[Any, ...]) -> Any:
    shapes = crs.to_local(lines, (middle[0], middle[1])).geometry.to_numpy()
    return shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
