"""Chinese map datums: GCJ-02 and BD-09 to WGS 84 and back, exact to the micrometre.

Maps published in China are shifted by a published polynomial, some 300 to 700 m from where things are (GCJ-02);
Baidu shifts once more (BD-09). Outside China both are the identity here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from patrolgeo._checks import check_choice
from patrolgeo._typing import Bools, Floats

DATUMS = ("WGS84", "GCJ02", "BD09")
_A, _EE = 6378245.0, 0.00669342162296594323  # Krasovsky 1940, as the polynomial uses it
_BAIDU_K = np.pi * 3000.0 / 180.0
_Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]


def to_wgs84(lon: Any, lat: Any, datum: str) -> tuple[Floats, Floats]:
    """Return WGS 84 degrees of points given in "WGS84", "GCJ02" or "BD09".

    The inverse is found by iteration, to below a micrometre. Points outside China come back as they are.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    datum
        "WGS84", "GCJ02" or "BD09".

    Returns
    -------
    Longitudes and latitudes in WGS 84, shape (n,) each.

    Raises
    ------
    DataError
        When the datum is not known.

    Examples
    --------
    >>> from patrolgeo.sources.datum import from_wgs84, to_wgs84
    >>> lon, lat = from_wgs84([119.97], [31.81], "GCJ02")
    >>> round(float(lon[0]), 4), round(float(lat[0]), 4)
    (119.9747, 31.8079)
    >>> [round(float(v[0]), 9) for v in to_wgs84(lon, lat, "GCJ02")]
    [119.97, 31.81]
    """
    return _apply(_inverse, lon, lat, datum)


def from_wgs84(lon: Any, lat: Any, datum: str) -> tuple[Floats, Floats]:
    """Return the degrees that a map in `datum` shows for WGS 84 points.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,).
    datum
        "WGS84", "GCJ02" or "BD09".

    Returns
    -------
    Longitudes and latitudes, shape (n,) each.

    Raises
    ------
    DataError
        When the datum is not known.

    Examples
    --------
    >>> from patrolgeo import from_wgs84
    >>> [round(float(degrees[0]), 4) for degrees in from_wgs84([119.97], [31.81], "GCJ02")]
    [119.9747, 31.8079]
    """
    return _apply(lambda shift, x, y: shift(x, y), lon, lat, datum)


def in_china(lon: Floats, lat: Floats) -> Bools:
    """Return where the shifts apply: the box that published implementations use."""
    return (lon >= 72.004) & (lon <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _apply(
    way: Callable[[_Shift, Floats, Floats], tuple[Floats, Floats]], lon: Any, lat: Any, datum: str
) -> tuple[Floats, Floats]:
    check_choice(datum, DATUMS, "datum")
    x, y = np.array(lon, float), np.array(lat, float)
    if datum != "WGS84":
        inside = in_china(x, y)
        x[inside], y[inside] = way(_gcj02 if datum == "GCJ02" else _bd09, x[inside], y[inside])
    return x, y


def _inverse(shift: _Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon.copy(), lat.copy()
    for _ in range(20):
        shifted_x, shifted_y = shift(x, y)
        error_x, error_y = shifted_x - lon, shifted_y - lat
        x -= error_x
        y -= error_y
        if max(np.abs(error_x).max(initial=0.0), np.abs(error_y).max(initial=0.0)) < 1e-12:
            break
    return x, y


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    common = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    root = np.sqrt(np.abs(x))
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += _waves(y, (1, 20), (1 / 3, 40)) + _waves(y, (1 / 12, 160), (1 / 30, 320))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += _waves(x, (1, 20), (1 / 3, 40)) + _waves(x, (1 / 12, 150), (1 / 30, 300))
    phi = np.radians(lat)
    magic = 1 - _EE * np.sin(phi) ** 2
    metres_east = np.radians(_A / np.sqrt(magic) * np.cos(phi))
    metres_north = np.radians(_A * (1 - _EE) / magic**1.5)
    return lon + east / metres_east, lat + north / metres_north


def _waves(v: Floats, *terms: tuple[float, float]) -> Floats:
    return np.sum([size * np.sin(frequency * np.pi * v) for frequency, size in terms], axis=0) * 2 / 3


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = _gcj02(lon, lat)
    radius = np.hypot(x, y) + 2e-5 * np.sin(y * _BAIDU_K)
    angle = np.arctan2(y, x) + 3e-6 * np.cos(x * _BAIDU_K)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006
