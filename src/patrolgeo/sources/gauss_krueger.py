"""Gauss-Krueger coordinates of CGCS2000, zones of 3 and 6 degrees, with or without the zone before the easting.

In Chinese usage x points north and y east; which column is which is told by the size of the numbers, for a northing
in China lies between 1,800 and 6,000 km and an easting without its zone below 1,000 km.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyproj

from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import CRSError

_ZONES_6, _ZONES_3 = range(13, 24), range(25, 46)


def from_gauss_krueger(x: Floats, y: Floats, area: Any = None) -> tuple[Floats, Floats, str]:
    """Return longitude, latitude and the words for the zone.

    Without a zone prefix `area` (a shape in degrees) decides which central meridian is meant.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.sources.gauss_krueger import from_gauss_krueger
    >>> lon, lat, zone = from_gauss_krueger(np.array([3521500.0]), np.array([40497160.0]))
    >>> lon.round(3), lat.round(3), zone
    (array([119.97]), array([31.816]), '3-degree zone 40')
    """
    easting, northing = (x, y) if _is_easting(x, y) else (y, x)
    zone = np.where(np.isfinite(easting), easting // 1e6, 0).astype(np.int64)
    if np.median(zone[np.isfinite(easting)]) > 0:
        known = np.isin(zone, [*_ZONES_6, *_ZONES_3])
        meridian = np.where(known, _meridian(zone), 0)
        lon, lat = _inverse(easting - 1e6 * zone, northing, meridian, known)
        return lon, lat, _words(zone[known])
    if area is None:
        raise CRSError(
            "The eastings carry no zone; name the study area (area=...), or the zone, for example datum='EPSG:4547'."
        )
    return _nearest_zone(easting, northing, area)


def _is_easting(x: Floats, y: Floats) -> bool:
    """Tell whether `x` holds the eastings."""
    size_x, size_y = np.nanmedian(x), np.nanmedian(y)
    return bool(size_x >= 1e7 or (size_y < 1e7 and size_x < size_y))


def _meridian(zone: Ints) -> Ints:
    return np.where(np.isin(zone, _ZONES_6), 6 * zone - 3, 3 * zone)


def _inverse(easting: Floats, northing: Floats, meridian: Ints, known: Any) -> tuple[Floats, Floats]:
    lon, lat = np.full(len(easting), np.nan), np.full(len(easting), np.nan)
    for value in np.unique(meridian[known]):
        at = known & (meridian == value)
        plane = pyproj.Proj(f"+proj=tmerc +lat_0=0 +lon_0={value} +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m")
        lon[at], lat[at] = plane(easting[at], northing[at], inverse=True)
    return np.where(np.isfinite(lon), lon, np.nan), np.where(np.isfinite(lat), lat, np.nan)


def _words(zones: Ints) -> str:
    names = [f"{6 if z in _ZONES_6 else 3}-degree zone {z}" for z in np.unique(zones)]
    return ", ".join(names)


def _nearest_zone(easting: Floats, northing: Floats, area: Any) -> tuple[Floats, Floats, str]:
    center = area.centroid
    known = np.isfinite(easting) & np.isfinite(northing)
    three, six = 3 * round(center.x / 3), 6 * int(center.x // 6) + 3
    best: tuple[float, Any] | None = None
    for meridian in dict.fromkeys((three, six, three - 3, three + 3)):
        lon, lat = _inverse(easting, northing, np.full(len(easting), meridian), known)
        off = abs(np.nanmedian(lon) - center.x)
        if best is None or off < best[0]:
            best = off, (lon, lat, f"central meridian {meridian} E, chosen by the study area")
    assert best is not None  # noqa: S101
    found: tuple[Floats, Floats, str] = best[1]
    return found
