"""Incidents into the panel: periods as rows, cells as columns, zeros present."""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import check_columns
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.panel.periods import period_index, period_positions


def count_incidents(
    incidents: gpd.GeoDataFrame,
    grid: HexGrid,
    freq: str = "W",
    category: str | None = None,
    weight: str | None = None,
    *,
    week_start: str = "Mon",
    day_start: str = "00:00",
    partial: bool = False,
) -> pd.DataFrame:
    """How many incidents fell in each cell in each period?

    Parameters
    ----------
    incidents
        Points with `time` and, when `category` is given, `category`.
    grid
        The study area.
    freq
        "D", "W", "28D", "91D", "MS" or "YS".
    category
        Count only this category.
    weight
        Column of weights; by default each incident counts 1.
    week_start, day_start
        When weeks and days begin.
    partial
        Keep an unfinished last period; by default it is left out.

    Returns
    -------
    The panel, shape (n_periods, n_cells). What lies outside the grid is summed in ``panel.attrs["outside"]``, what lies
    on the cells in an unfinished last period in ``panel.attrs["unfinished"]``: with the panel they make the whole.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import HexGrid, count_incidents
    >>> points = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-01-02", "2024-01-09", "2024-01-14"])},
    ...     geometry=[shapely.Point(119.9, 31.7)] * 3, crs="EPSG:4326")
    >>> grid = HexGrid.from_cells(["88309c4de3fffff"])
    >>> count_incidents(points, grid).sum(axis=1).tolist()
    [1.0, 2.0]
    """
    check_columns(incidents, ["time", *([weight] if weight else []), *(["category"] if category else [])], "incidents")
    if category is not None:
        incidents = incidents[incidents["category"] == category]
    if not len(incidents):
        raise DataError("There is no incident to count" + (f" in the category {category!r}." if category else "."))
    if incidents["time"].isna().any():
        raise DataError(f"{incidents['time'].isna().sum()} incidents have no time; leave them out or give them one.")
    starts = period_index(
        incidents["time"].min(), incidents["time"].max(), freq, week_start=week_start, day_start=day_start
    )
    points = crs.to_lonlat(incidents, "incidents").geometry
    cell = grid.positions(points.x, points.y)
    inside = cell >= 0
    period = period_positions(incidents["time"], starts)
    mass = incidents[weight].to_numpy(float) if weight else np.ones(len(incidents))
    counts = sparse.coo_matrix(
        (mass[inside], (period[inside], cell[inside])), shape=(len(starts) - 1, len(grid))
    ).toarray()
    panel = pd.DataFrame(counts, index=starts[:-1], columns=grid.cells)
    unfinished = not partial and len(panel) > 1 and incidents["time"].max() < starts[-1] - pd.Timedelta(days=1)
    whole = panel.iloc[:-1] if unfinished else panel
    whole.attrs.update(outside=float(mass[~inside].sum()), unfinished=float(panel[len(whole) :].to_numpy().sum()))
    return whole
