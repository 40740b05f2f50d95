"""Where a drone may fly: in a straight line, and never over homes unless that is allowed."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.plan.routes.route_rules import RouteRules

DRONE = "drone"  # the kind of unit, a key of `travel`


def without_homes(ways: Floats, places: pd.Index, rules: RouteRules, never: float) -> Floats:
    """Return a drone's minutes, shape (n, n), `never` where the straight line touches a place where people live."""
    if rules.over_homes:
        return ways
    points, homes = _shapes(rules.points, "points"), _inhabited(_shapes(rules.homes, "homes"))
    if not points.index.equals(places):
        if not places.isin(points.index).all() or points.index.has_duplicates:
            raise AlignmentError("rules.points must have one point for each place (row of travel).")
        points = points.loc[places]
    at = shapely.get_coordinates(points.geometry.to_numpy())
    if len(at) != len(places):
        raise DataError("rules.points must be points, none of them empty.")
    a, b = np.triu_indices(len(places))
    lines = shapely.linestrings(np.stack([at[a], at[b]], axis=1))
    hit = np.unique(shapely.STRtree(lines).query(homes.to_crs(points.crs).geometry.to_numpy(), "intersects")[1])
    kept = ways.copy()
    kept[a[hit], b[hit]] = kept[b[hit], a[hit]] = never
    return kept


def _shapes(given: Any, name: str) -> gpd.GeoDataFrame:
    if not isinstance(given, (gpd.GeoSeries, gpd.GeoDataFrame)) or given.crs is None:
        raise DataError(
            f"A drone must not fly over homes, and its lines are checked: rules need {name}= with a CRS (homes: where "
            "people live; points: where the places are), or over_homes=True where flying over them is allowed."
        )
    return given.to_frame("geometry").set_geometry("geometry") if isinstance(given, gpd.GeoSeries) else given


def _inhabited(homes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what people live in: of a table with `population` (cells) the rows that have some; unknown counts too."""
    return homes[~(homes["population"] == 0)] if "population" in homes else homes
