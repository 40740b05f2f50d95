"""Incidents counted at places that may be named: cells, segments, facilities; never homes."""

from __future__ import annotations

import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_positive
from patrolgeo.errors import DataError

SMALLEST_M2 = 1_000.0  # polygons that are smaller for the most part are buildings
_HOMES = "home house dwelling residence residential household apartment flat housing condo condominium detached terrace"
DWELLINGS = {*_HOMES.split(" "), "bungalow", "villa", "address", "住宅", "民宅", "民居", "民房", "居民楼", "住宅楼"}
DWELLINGS |= {"住户", "住房", "出租屋", "农房", "公寓"}
_BESIDE = {"private", "single", "family", "semi", "semidetached", "terraced", "multi", "building", "block", "unit"}


def count_at(incidents: gpd.GeoDataFrame | gpd.GeoSeries, places: Any, within_m: float) -> pd.Series:
    """Return the number of incidents by place.

    `places` is a grid or units, which hold their points, or a layer of facilities with a column `kind`: an incident
    counts at the nearest within `within_m` metres; of two at one spot at the one whose label comes first.
    """
    points = crs.to_lonlat(incidents, "incidents").geometry
    lost = points.isna() | points.is_empty
    if lost.any():
        raise DataError(f"{lost.sum()} of {len(points)} incidents have no place; set them aside first.")
    if isinstance(places, gpd.GeoDataFrame):
        at, labels = _nearest_facility(points, places, within_m), places.index
    else:
        check_areas(places, "places")
        at, labels = places.positions(points.x, points.y), places.cells
    return pd.Series(np.bincount(at[at >= 0], minlength=len(labels)).astype(float), index=labels, name="incidents")


def _nearest_facility(points: gpd.GeoSeries, facilities: gpd.GeoDataFrame, within_m: float) -> Any:
    check_columns(facilities, ["kind"], "facilities")
    check_positive(within_m, "within_m")
    crs.warn_of_degrees(within_m, "within_m")
    if facilities.index.has_duplicates:
        twice = facilities.index[facilities.index.duplicated()].tolist()[0]
        raise DataError(f"facilities: the label {twice!r} occurs twice; give each facility its own.")
    refuse_dwellings(facilities["kind"])
    at = np.full(len(points), -1)
    if not len(points) or not len(facilities):
        return at
    shapes = crs.to_lonlat(facilities, "facilities").geometry
    west, south, east, north = shapes.total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    order = facilities.index.argsort()  # of several at one spot the first label, whatever the order of the rows
    tree = shapely.STRtree(crs.to_local(shapes.iloc[order], middle).to_numpy())
    point, place = tree.query_nearest(crs.to_local(points, middle).to_numpy(), max_distance=within_m)
    first = np.unique(point, return_index=True)[1] if len(point) else np.zeros(0, int)
    nearest = np.minimum.reduceat(place, first) if len(point) else place
    at[point[first]] = order[nearest]
    return at


def refuse_dwellings(kinds: pd.Series) -> None:
    """Raise when facilities are homes: what happens at one is said of its area only."""
    homes = kinds.map(is_dwelling)
    if homes.any():
        raise DataError(
            f"{homes.sum()} of {len(homes)} facilities are homes (first kind: {kinds[homes].iloc[0]!r}); places where "
            "people live are never listed. Leave them out, and use repeat_rates for homes, by area."
        )


def is_dwelling(kind: Any) -> bool:
    """Say whether the kind of a place is a home.

    Examples
    --------
    >>> [is_dwelling(k) for k in ("apartments", "Private residence", "nursing home", "bar", "住宅")]
    [True, True, False, False, True]
    """
    words = [w.removesuffix("s") for w in re.findall(r"\w+", str(kind).lower().replace("_", " "))]
    return any(w in DWELLINGS for w in words) and all(w in DWELLINGS or w in _BESIDE for w in words)


def check_areas(units: Any, name: str) -> None:
    """Raise when something is no grid or units, or units are as small as buildings: some of them may be homes."""
    if not hasattr(units, "positions"):
        raise DataError(f"{name} must be a grid or units (HexGrid, AreaUnits), got {type(units).__name__}.")
    area = shapely.area(crs.to_local(units.geometry).to_numpy())
    area = area[area > 0]
    if len(area) and np.median(area) < SMALLEST_M2:
        raise DataError(
            f"Half of the units are smaller than {np.median(area):,.0f} m2 and may be single buildings; homes are "
            f"never listed. Take cells, segments or areas of at least {SMALLEST_M2:,.0f} m2, or facilities of a kind."
        )
