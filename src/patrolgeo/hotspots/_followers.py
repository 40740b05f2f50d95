"""Incidents that follow another of their group closely, and how many would if the days were mixed among the group."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._typing import Bools, Floats, Ints


def followers(
    points: gpd.GeoDataFrame,
    times: pd.Series,
    group: Any,
    *,
    days: float,
    metres: float,
    beyond: float = -1.0,
    mixings: int,
) -> tuple[Bools, Bools]:
    """Return which incidents have an earlier one of their group within `days` and `metres`, and which had if mixed.

    The earlier one lies more than `beyond` metres away. The second answer has a row for each of the `mixings`.
    """
    follows, mixed = np.zeros(len(points), bool), np.zeros((mixings, len(points)), bool)
    if not len(points):
        return follows, mixed
    lonlat = crs.to_lonlat(points, "incidents").geometry
    xy = crs.local_xy(lonlat.x, lonlat.y)
    day = (times - times.min()).to_numpy() / np.timedelta64(1, "D")
    rng = np.random.default_rng(0)
    for one in np.unique(group):
        here = np.flatnonzero(group == one)
        here = here[np.lexsort((xy[here, 1], xy[here, 0], day[here]))]  # the order of the rows must not matter
        pairs = cKDTree(xy[here]).query_pairs(metres, output_type="ndarray")
        apart = np.hypot(*(xy[here[pairs[:, 0]]] - xy[here[pairs[:, 1]]]).T)
        pairs = pairs[apart > beyond]
        follows[here] = _follows(pairs, day[here], days)
        for row in mixed:
            row[here] = _follows(pairs, rng.permutation(day[here]), days)
    return follows, mixed


def _follows(pairs: Ints, day: Floats, days: float) -> Bools:
    """Return which points have an earlier one within `days`; of two at the same moment, neither is earlier."""
    a, b = pairs.T
    apart = day[b] - day[a]
    near = (np.abs(apart) <= days) & (apart != 0)
    found = np.zeros(len(day), bool)
    found[np.where(apart > 0, b, a)[near]] = True
    return found
