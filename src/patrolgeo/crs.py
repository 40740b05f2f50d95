"""Degrees and metres: one place where coordinates change their system.

Stored data are longitude and latitude (EPSG:4326). Distances in metres come from a local equal-area projection
(Lambert azimuthal, centred on the data), so nobody has to choose a zone.
"""

import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from patrolgeo._typing import Floats
from patrolgeo.errors import CRSError, DataError, PatrolgeoWarning

LONLAT = "EPSG:4326"
MOSTLY = 2 / 3
DEGREE_LIKE_M = 1.0  # shorter reaches are a slip: a tenth of a degree is 11 km, nobody means a tenth of a metre
DEGREE_LIKE_SPAN = 10.0  # so few degrees span a province, so few metres a flat
EARTH_RADIUS_M = 6_371_007.180918475  # authalic sphere, the one H3 measures its cells on


def local_xy(lon: Any, lat: Any, center: tuple[float, float] | None = None) -> Floats:
    """Project degrees to metres around their middle (spherical Lambert azimuthal equal area).

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    center
        Longitude and latitude of the origin; by default the middle of the extent.

    Returns
    -------
    Array of shape (n, 2): x east, y north, in metres.

    Examples
    --------
    >>> from patrolgeo.crs import local_xy
    >>> local_xy([119.9, 119.9], [31.7, 31.8], center=(119.9, 31.7)).round(0)
    array([[    0.,     0.],
           [    0., 11120.]])
    """
    lon, lat = np.asarray(lon, float), np.asarray(lat, float)
    if center is None:
        center = middle(lon, lat)
    lam, phi = np.radians(lon - center[0]), np.radians(lat)
    phi0 = np.radians(center[1])
    cos_c = np.sin(phi0) * np.sin(phi) + np.cos(phi0) * np.cos(phi) * np.cos(lam)
    scale = EARTH_RADIUS_M * np.sqrt(2.0 / (1.0 + cos_c))
    x = scale * np.cos(phi) * np.sin(lam)
    y = scale * (np.cos(phi0) * np.sin(phi) - np.sin(phi0) * np.cos(phi) * np.cos(lam))
    return np.column_stack([x, y])


def metres_of(points: Any, what: str = "points") -> Floats:
    """Return points with a CRS in metres, shape (n, 2): their own when it is in metres, else around their middle.

    Other shapes are taken by their centroid.
    """
    lonlat = to_lonlat(points, what)
    own = points.crs.is_projected and points.crs.axis_info[0].unit_name == "metre"
    middles = (points if own else lonlat).geometry
    if (shapely.get_dimensions(middles.to_numpy()) > 0).any():
        middles = gpd.GeoSeries(shapely.centroid(middles.to_numpy()))
    xy = np.column_stack([middles.x, middles.y]).astype(float)
    if not np.isfinite(xy).all():
        raise DataError(f"{what} holds {(~np.isfinite(xy).all(axis=1)).sum()} rows without a place; leave them out.")
    return xy if own else local_xy(*xy.T)


def middle(lon: Floats, lat: Floats) -> tuple[float, float]:
    """Return the middle of the extent of points, the origin that `local_xy` takes by default."""
    if lon.size == 0:
        return 0.0, 0.0
    return (lon.min() + lon.max()) / 2, (lat.min() + lat.max()) / 2


def on_sphere(lonlat: Floats) -> Floats:
    """Return points in degrees, shape (n, 2), as places in space, shape (n, 3), in metres.

    The straight line between two of them grows with the great circle, so that nearest stays nearest.
    """
    lam, phi = np.radians(lonlat).T
    return EARTH_RADIUS_M * np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def local_crs(center: tuple[float, float]) -> str:
    """Return the PROJ text of the projection of `local_xy` around `center` (longitude, latitude)."""
    if not np.isfinite(center).all():
        raise CRSError("The layer holds no geometry, so that it has no middle to measure around.")
    return f"+proj=laea +lat_0={center[1]:.6f} +lon_0={center[0]:.6f} +R={EARTH_RADIUS_M} +units=m +no_defs"


def road_crs(center: tuple[float, float]) -> str:
    """Return the PROJ text of an equal-area projection on the WGS84 ellipsoid: lengths of lines to 0.01 % in a county.

    `local_crs` takes the sphere that H3 measures cells on, where distances are up to 0.4 % off.
    """
    return f"+proj=laea +lat_0={center[1]:.6f} +lon_0={center[0]:.6f} +datum=WGS84 +units=m +no_defs"


def to_local(layer: Any, center: tuple[float, float] | None = None) -> Any:
    """Return a GeoDataFrame or GeoSeries in metres around its middle (or around `center`)."""
    layer = to_lonlat(layer)
    if center is None:
        west, south, east, north = layer.total_bounds
        center = ((west + east) / 2, (south + north) / 2)
    return layer.to_crs(local_crs(center))


def to_lonlat(layer: Any, what: str = "layer") -> Any:
    """Return a GeoDataFrame or GeoSeries in longitude and latitude; a missing CRS is an error."""
    if not isinstance(layer, (gpd.GeoDataFrame, gpd.GeoSeries)):
        raise DataError(f"{what} must be a GeoDataFrame or GeoSeries, got {type(layer).__name__}.")
    if layer.crs is None:
        raise CRSError(
            f"{what} has no coordinate reference system (first coordinate: {_first_coordinate(layer)}). "
            "Set it, for example layer.set_crs('EPSG:4326') for degrees, or save the file with its CRS."
        )
    return layer if layer.crs.equals(LONLAT) else layer.to_crs(LONLAT)


def _first_coordinate(layer: gpd.GeoSeries | gpd.GeoDataFrame) -> str:
    coordinates = shapely.get_coordinates(layer.geometry.iloc[:1])
    return f"{coordinates[0, 0]:.6g}, {coordinates[0, 1]:.6g}" if len(coordinates) else "none"


def warn_of_degrees(metres: float, name: str, stacklevel: int = 3) -> None:
    """Warn when a distance in metres is so short that it was probably meant in degrees."""
    if 0 < metres < DEGREE_LIKE_M:
        warnings.warn(
            f"{name}={metres:g} is read as metres; if it was meant in degrees, give about "
            f"{metres * 111_195:.0f} (metres) instead.",
            PatrolgeoWarning,
            stacklevel=stacklevel,
        )


def warn_of_lonlat(xy: Floats, name: str, stacklevel: int = 3) -> None:
    """Warn when an array of coordinates, shape (n, 2), that should be metres looks like longitude and latitude."""
    if len(xy) < 2 or (np.abs(xy) > [180.0, 90.0]).any() or (xy == np.rint(xy)).all():
        return
    span = np.ptp(xy, axis=0)
    if 0 < span.max() < DEGREE_LIKE_SPAN:
        warnings.warn(
            f"{name} spans {span[0]:.3g} x {span[1]:.3g} and is read as metres; if it holds longitude and latitude, "
            "give points with a CRS: geopandas.GeoSeries.from_xy(lon, lat, crs='EPSG:4326').",
            PatrolgeoWarning,
            stacklevel=stacklevel,
        )


def warn_if_mostly_outside(outside: float, total: float, what: str = "incidents", stacklevel: int = 3) -> None:
    """Warn when most points lie outside the study area: a wrong area, CRS or order of coordinates."""
    if outside >= 5 and outside > MOSTLY * total:
        warnings.warn(
            f"{outside:,.0f} of {total:,.0f} {what} ({outside / total:.0%}) lie outside the study area; check the "
            "area, the coordinate reference system, and whether longitude and latitude were exchanged.",
            PatrolgeoWarning,
            stacklevel=stacklevel,
        )
