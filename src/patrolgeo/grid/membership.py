"""Cells and the polygons they belong to: jurisdictions, today's patrol areas, townships."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo.grid.units import Units


def assign_cells(polygons: gpd.GeoDataFrame | gpd.GeoSeries, grid: Units) -> pd.Series:
    """Which polygon does each cell belong to?

    A cell belongs to the polygon that holds its centre; where none does (border cells, water), to the nearest one.
    Of several at the same distance the first row is taken.

    Parameters
    ----------
    polygons
        Polygons with a CRS.
    grid
        The study area.

    Returns
    -------
    Series by cell, named "polygon": the index label of the polygon.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import HexGrid
    >>> from patrolgeo.grid.membership import assign_cells
    >>> halves = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.91, 31.73), shapely.box(119.91, 31.70, 119.93, 31.73)],
    ...                        index=["west", "east"], crs="EPSG:4326")
    >>> assign_cells(halves, HexGrid.from_area(halves, 8)).value_counts().to_dict()
    {'east': 16, 'west': 9}
    """
    middle = tuple(grid.lonlat.mean(axis=0))
    shapes = crs.to_local(polygons, (middle[0], middle[1])).geometry.to_numpy()
    centres = crs.to_local(grid.centroids, (middle[0], middle[1])).to_numpy()
    first = np.full(len(grid), len(shapes))
    polygon, cell = shapely.STRtree(centres).query(shapes, predicate="intersects")  # prepares each polygon once
    np.minimum.at(first, cell, polygon)
    lost = np.flatnonzero(first == len(shapes))
    cell, polygon = shapely.STRtree(shapes).query_nearest(centres[lost], all_matches=True)
    np.minimum.at(first, lost[cell], polygon)
    return pd.Series(polygons.index.to_numpy()[first], index=grid.cells, name="polygon")
