"""Where is the middle of a cloud of points, how wide is it, and which way does it lie?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from patrolgeo import crs
from patrolgeo._checks import align, as_floats
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

_CORNERS = 64  # of an ellipse that is drawn
_STEPS = 200  # towards the median centre at most


@dataclass(frozen=True, repr=False)
class Centrography(Shown):
    """Middle, spread and direction of points; places in longitude and latitude, lengths in metres.

    Parameters
    ----------
    mean_center, median_center
        Weighted mean, and the point with the least sum of distances, which single far points do not move.
    standard_distance_m
        Root of the mean squared distance from the mean centre.
    major_m, minor_m
        Half axes of the standard deviational ellipse: root of two times the standard deviation along each axis, so
        that it holds about 63 % of a normal cloud.
    angle
        Direction of the long axis, degrees clockwise from north, 0 to 180.
    ellipse
        The ellipse as a polygon (EPSG:4326).
    n
        Number of points.
    """

    mean_center: shapely.Point
    median_center: shapely.Point
    standard_distance_m: float
    major_m: float
    minor_m: float
    angle: float
    ellipse: shapely.Polygon
    n: int

    def _head(self) -> str:
        return (
            f"{self.n:,} points around {self.mean_center.x:.5f} {self.mean_center.y:.5f}, ellipse of "
            f"{self.major_m:,.0f} by {self.minor_m:,.0f} m at {self.angle:.0f} degrees"
        )

    def _rows(self) -> Rows:
        return [
            ("median centre", f"{self.median_center.x:.5f} {self.median_center.y:.5f}"),
            ("standard distance", f"{self.standard_distance_m:,.0f} m"),
        ]

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return one row with the ellipse as geometry."""
        names = ("n", "standard_distance_m", "major_m", "minor_m", "angle")
        return gpd.GeoDataFrame({k: [getattr(self, k)] for k in names}, geometry=[self.ellipse], crs=crs.LONLAT)


def centrography(points: Any, weights: Any = None) -> Centrography:
    """Where is the middle of the points, how wide are they spread, and which way?

    One middle says little when there are several clusters: look at each by itself (`cluster_incidents`).

    Parameters
    ----------
    points
        GeoDataFrame or GeoSeries with a CRS (other shapes by their centroid).
    weights
        Weight of each point (harm), a Series by label or an array, shape (n,).

    Returns
    -------
    Mean and median centre, standard distance, and the standard deviational ellipse.

    Raises
    ------
    CRSError
        When the points have no CRS.
    DataError
        When there is no point or no weight above 0.

    References
    ----------
    Lefever 1926; Yuill 1971; Weiszfeld 1937 (median centre).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import centrography
    >>> east = [119.90, 119.91, 119.92, 119.93, 119.94]
    >>> found = centrography(gpd.GeoSeries.from_xy(east, [31.700, 31.702, 31.700, 31.698, 31.700], crs="EPSG:4326"))
    >>> found
    Centrography(5 points around 119.92000 31.70000, ellipse of 1,894 by 178 m at 93 degrees)
    """
    lonlat = crs.to_lonlat(points, "points")
    xy, back = _plane(lonlat)
    mass = _weights(weights, lonlat, len(xy))
    mean = mass @ xy
    off = xy - mean
    major, minor, angle = ellipse_axes(off, mass)
    ring = _ring(major, minor, angle) + mean
    return Centrography(
        mean_center=shapely.Point(*back(mean[None])[0]),
        median_center=shapely.Point(*back(_median(xy, mass, mean)[None])[0]),
        standard_distance_m=float(np.sqrt(mass @ (off**2).sum(axis=1))),
        major_m=major, minor_m=minor, angle=angle, ellipse=shapely.Polygon(back(ring)), n=len(xy),
    )  # fmt: skip


def ellipse_axes(off: Floats, mass: Floats) -> tuple[float, float, float]:
    """Return half axes, long and short, and the direction of the long one, of points around their mean."""
    spread, axes = np.linalg.eigh((off * mass[:, None]).T @ off)
    minor, major = np.sqrt(2 * np.maximum(spread, 0))
    angle = float(np.degrees(np.arctan2(*axes[:, 1])) % 180)
    return float(major), float(minor), angle


def _plane(lonlat: Any) -> tuple[Floats, Any]:
    """Return points in metres, and what takes metres back to degrees."""
    if not len(lonlat):
        raise DataError("points holds no point; there is no middle.")
    west, south, east, north = lonlat.total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    xy = crs.metres_of(lonlat.to_crs(crs.local_crs(middle)))

    def back(places: Floats) -> Floats:
        shown = gpd.GeoSeries(shapely.points(places), crs=crs.local_crs(middle)).to_crs(crs.LONLAT)
        return shapely.get_coordinates(shown.to_numpy())

    return xy, back


def _weights(weights: Any, points: Any, n: int) -> Floats:
    """Return weights that sum to 1."""
    if weights is None:
        return np.full(n, 1 / n)
    if hasattr(weights, "index"):
        weights = align(weights, points.index, "weights", "points")
    mass = as_floats(weights, "weights")
    if mass.shape != (n,) or not (np.isfinite(mass).all() and (mass >= 0).all() and mass.any()):
        raise DataError(f"weights must be {n} numbers of 0 or more, one for each point, and not all 0.")
    return mass / mass.sum()


def _median(xy: Floats, mass: Floats, start: Floats) -> Floats:
    """Return the point with the least weighted sum of distances (Weiszfeld), to a millimetre."""
    at = start
    for _ in range(_STEPS):
        pull = mass / np.maximum(np.hypot(*(xy - at).T), 1e-6)
        moved = pull @ xy / pull.sum()
        if np.hypot(*(moved - at)) < 1e-3:
            return moved
        at = moved
    return at


def _ring(major: float, minor: float, angle: float) -> Floats:
    turn, way = np.linspace(0, 2 * np.pi, _CORNERS, endpoint=False), np.radians(angle)
    along, across = major * np.cos(turn), minor * np.sin(turn)
    return np.column_stack([along * np.sin(way) + across * np.cos(way), along * np.cos(way) - across * np.sin(way)])
