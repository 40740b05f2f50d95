"""Feature sets as servers of Esri send them (f=json): attributes, geometry and the number of the reference system."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pyproj
import shapely

from patrolgeo.errors import DataError

_OWN_NUMBERS = 32_767  # numbers above it are Esri's own and not of EPSG


def is_feature_set(content: Any) -> bool:
    """Tell whether a JSON document is a feature set of Esri."""
    features = content.get("features") if isinstance(content, dict) else None
    return (
        isinstance(features, list)
        and bool(features)
        and all(isinstance(f, dict) and isinstance(f.get("attributes"), dict) for f in features)
    )


def table_of_features(content: dict[str, Any], name: str) -> pd.DataFrame:
    """Return the attributes of the features with their shapes; without shapes a plain table.

    Examples
    --------
    >>> from patrolgeo.sources.esri import table_of_features
    >>> found = {"features": [{"attributes": {"id": 7}, "geometry": {"x": 2.5, "y": 48.5}}]}
    >>> table_of_features({**found, "spatialReference": {"wkid": 4326}}, "x.json").geometry.iloc[0].x
    2.5
    """
    features = content["features"]
    table = pd.DataFrame([f["attributes"] for f in features])
    if not any(f.get("geometry") for f in features):
        return table
    try:
        shapes = [_shape(f.get("geometry") or {}) for f in features]
    except (TypeError, ValueError, shapely.errors.ShapelyError) as error:
        raise DataError(f"{name}: a geometry cannot be read: {error}. Export the layer as GeoJSON.") from error
    table = table.drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(table, geometry=shapes, crs=_system(content.get("spatialReference") or {}, name))


def _shape(geometry: dict[str, Any]) -> shapely.Geometry | None:
    if isinstance(geometry.get("x"), int | float) and isinstance(geometry.get("y"), int | float):
        return shapely.Point(geometry["x"], geometry["y"])
    if geometry.get("points"):
        return shapely.MultiPoint([point[:2] for point in geometry["points"]])
    if geometry.get("paths"):
        return shapely.MultiLineString([[point[:2] for point in path] for path in geometry["paths"]])
    if geometry.get("rings"):  # rings inside others are holes
        return shapely.build_area(shapely.MultiLineString([[p[:2] for p in ring] for ring in geometry["rings"]]))
    return None


def _system(reference: dict[str, Any], name: str) -> pyproj.CRS | None:
    number = reference.get("latestWkid", reference.get("wkid"))
    said = (
        f"{'ESRI' if number > _OWN_NUMBERS else 'EPSG'}:{number}" if isinstance(number, int) else reference.get("wkt")
    )
    try:
        return None if said is None else pyproj.CRS(said)
    except pyproj.exceptions.CRSError as error:
        raise DataError(f"{name}: its reference system {str(said)[:80]!r} is not known: {error}.") from error
