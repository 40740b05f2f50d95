"""Where a row lies: geometry, degrees or projected coordinates into WGS 84 longitude and latitude."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._typing import Bools
from patrolgeo.errors import CRSError, MissingColumnError
from patrolgeo.sources.datum import to_wgs84
from patrolgeo.sources.ledger import Ledger


def locate(table: Any, ledger: Ledger, what: str, datum: str = "WGS84") -> gpd.GeoDataFrame:
    """Return the rows that have a usable point, with that point as geometry; the others are set aside."""
    if isinstance(table, gpd.GeoDataFrame):
        table = to_lonlat(table, ledger, what)
        table = ledger.drop(table, _no_shape(table), "missing_place", "The geometry is empty.")
        points = table.geometry if (table.geom_type == "Point").all() else table.geometry.representative_point()
        lon, lat = points.x.to_numpy(), points.y.to_numpy()
        table = pd.DataFrame(table.drop(columns=table.geometry.name))
    elif {"lon", "lat"} <= set(table.columns):
        lon, lat = to_numbers(table["lon"]), to_numbers(table["lat"])
        table = table.drop(columns=["lon", "lat"])
    else:
        raise MissingColumnError(
            f"{ledger.source} has no coordinates: needed are lon and lat, or a geometry; "
            f"it has: {', '.join(table.columns)}. Name them: columns={{'lon': '...', 'lat': '...'}}."
        )
    return _points(table, lon, lat, ledger, datum)


def _points(table: pd.DataFrame, lon: Any, lat: Any, ledger: Ledger, datum: str) -> gpd.GeoDataFrame:
    missing = ~(np.isfinite(lon) & np.isfinite(lat))
    zero = ~missing & (np.abs(lon) < 1e-6) & (np.abs(lat) < 1e-6)
    beyond = ~missing & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
    usable = ~(missing | zero | beyond)
    kept = ledger.drop(table, missing, "missing_place", "No coordinates.")
    kept = ledger.drop(kept, zero[~missing], "zero_place", "Coordinates 0, 0 mean that the place is unknown.")
    kept = ledger.drop(kept, beyond[~(missing | zero)], "bad_place", "Degrees beyond 180 and 90.")
    lon, lat = to_wgs84(lon[usable], lat[usable], datum)
    return gpd.GeoDataFrame(kept, geometry=shapely.points(lon, lat), crs=crs.LONLAT)


def _no_shape(table: gpd.GeoDataFrame) -> Bools:
    return (table.geometry.isna() | table.geometry.is_empty).to_numpy()


def to_lonlat(table: gpd.GeoDataFrame, ledger: Ledger, what: str) -> gpd.GeoDataFrame:
    """Return a layer in EPSG:4326 and say so when it was not."""
    moved = crs.to_lonlat(table, f"{what} {ledger.source}")
    if moved is not table:
        ledger.noted("reprojected", detail=f"Reprojected from {table.crs.name} to longitude and latitude (EPSG:4326).")
    west, south, east, north = moved.total_bounds
    if np.isfinite(west) and (max(-west, east) > 360 or max(-south, north) > 90.001):
        raise CRSError(
            f"{what} {ledger.source} is marked as degrees but spans {west:.6g} {south:.6g} to {east:.6g} {north:.6g}; "
            "save it with its true CRS."
        )
    return moved


def to_numbers(values: pd.Series) -> Any:
    """Return numbers as floats, missing where the text is none."""
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = values.astype("str").str.strip().str.replace(",", ".")
    return pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)


def clip(table: gpd.GeoDataFrame, area: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """Set the points outside `area` aside; points on its border are inside."""
    shape = area.geometry.union_all()
    shapely.prepare(shape)
    inside = shapely.intersects_xy(shape, table.geometry.x, table.geometry.y)
    west, south, east, north = table.total_bounds
    a_west, a_south, a_east, a_north = shape.bounds
    detail = (
        f"The rows span {west:.3f} {south:.3f} to {east:.3f} {north:.3f}, "
        f"the area {a_west:.3f} {a_south:.3f} to {a_east:.3f} {a_north:.3f} (longitude latitude)."
    )
    return ledger.drop(table, ~inside, "outside_area", detail)
