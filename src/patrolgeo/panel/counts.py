"""Incidents into the panel: periods as rows, cells as columns, zeros present."""

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

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
    The panel, shape (n_periods, n_cells). Incidents outside the grid are counted in ``panel.attrs["outside"]``.

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
    starts = period_index(
        incidents["time"].min(), incidents["time"].max(), freq, week_start=week_start, day_start=day_start
    )
    cell = grid.positions(incidents.geometry.x, incidents.geometry.y)
    inside = cell >= 0
    period = period_positions(incidents["time"], starts)
    mass = incidents[weight].to_numpy(float) if weight else np.ones(len(incidents))
    counts = sparse.coo_matrix(
        (mass[inside], (period[inside], cell[inside])), shape=(len(starts) - 1, len(grid))
    ).toarray()
    panel = pd.DataFrame(counts, index=starts[:-1], columns=grid.cells)
    panel.attrs["outside"] = float(mass[~inside].sum())
    if not partial and len(panel) > 1 and incidents["time"].max() < starts[-1] - pd.Timedelta(days=1):
        panel = panel.iloc[:-1]
    return panel
