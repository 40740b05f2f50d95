"""Kernel density of incidents, read at the cell centres."""

import math
import warnings
from typing import Any

import numba
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.kernels import PROFILES

_CODES = {name: code for code, name in enumerate(PROFILES)}
# integral over the plane of each profile of distance / standard deviation
_VOLUMES = {"gaussian": 2 * math.pi, "epanechnikov": 3 * math.pi, "quartic": 8 * math.pi / 3, "uniform": 4 * math.pi}


def kernel_density(
    points: Any,
    grid: HexGrid,
    bandwidth: float,
    kernel: str = "gaussian",
    edge_correction: bool = False,
    *,
    weights: str | Array | None = None,
) -> pd.Series:
    """How densely do incidents lie around each cell?

    A smooth surface of what was recorded; it says where much happened, not where more happened than people explain
    (for that, `GetisOrd`). Distances are metres whatever the coordinates.

    Parameters
    ----------
    points
        GeoDataFrame or GeoSeries of points in any CRS. Points outside the grid count as far as they reach into it.
    grid
        The study area.
    bandwidth
        Standard deviation of the kernel in metres, whatever the kernel.
    kernel
        "gaussian" (cut at four standard deviations), "epanechnikov", "quartic" or "uniform".
    edge_correction
        Put what an incident would lose over the edge back into the area, so that density times area sums to the
        incidents inside; points outside the grid are then left out, and a warning counts them.
    weights
        Column of `points`, or an array: what each incident counts (harm); 1 by default.

    Returns
    -------
    Series by cell, named "density", incidents per km2.

    References
    ----------
    Silverman 1986; Diggle 2010 (edge correction by event).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import HexGrid, kernel_density
    >>> area = gpd.GeoSeries.from_xy([119.9], [31.7], crs="EPSG:4326").to_crs(32650).buffer(3000)
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9, 119.91], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> kernel_density(points, HexGrid.from_area(area, 8), bandwidth=400).max().round(2)
    np.float64(1.52)
    """
    check_positive(bandwidth, "bandwidth")
    check_choice(kernel, PROFILES, "kernel")
    mass = _masses(points, weights)
    lonlat = crs.to_lonlat(points, "points").geometry
    lon, lat = lonlat.x.to_numpy(), lonlat.y.to_numpy()
    if edge_correction:
        lon, lat, mass = _inside(grid, lon, lat, mass)
    at, xy = grid.xy, crs.local_xy(lon, lat, center=_center(grid))
    if edge_correction:
        mass = mass / _mass_inside(xy, grid, bandwidth, kernel)
    density = kernel_sum(at, xy, mass, bandwidth, kernel)
    return pd.Series(density * 1e6, index=grid.cells, name="density")


def kernel_sum(at: Floats, xy: Floats, mass: Floats, bandwidth: float, kernel: str = "gaussian") -> Floats:
    """Return the density at `at` (m, 2) of `mass` (n,) placed on `xy` (n, 2), per square metre; shape (m,)."""
    if not len(xy) or not len(at):
        return np.zeros(len(at))
    reach = float(PROFILES[kernel][1]) * bandwidth
    low = np.minimum(xy.min(axis=0), at.min(axis=0))
    strip = ((xy[:, 0] - low[0]) // reach).astype(np.int64)
    order = np.lexsort((xy[:, 1], strip))
    n_strips = int(max(strip.max(), (at[:, 0].max() - low[0]) // reach)) + 1
    starts = np.searchsorted(strip[order], np.arange(n_strips + 1))
    x, y = np.ascontiguousarray(xy[order].T)
    sums = _sum_strips(at, x, y, mass[order], starts, low[0], reach, bandwidth, _CODES[kernel])
    return sums / (_VOLUMES[kernel] * bandwidth**2)


@numba.njit(cache=True)
def _sum_strips(at, x, y, mass, starts, west, reach, bandwidth, code):  # type: ignore[no-untyped-def]
    """Sum kernel weights over points sorted into strips of width `reach`, by y within a strip: O(n + pairs)."""
    n_strips = len(starts) - 1
    sums = np.zeros(len(at))
    scale, limit = 1.0 / bandwidth**2, reach * reach
    for q in range(len(at)):
        px, py = at[q, 0], at[q, 1]
        strip = int((px - west) // reach)
        for s in range(max(strip - 1, 0), min(strip + 2, n_strips)):
            first = starts[s] + np.searchsorted(y[starts[s] : starts[s + 1]], py - reach)
            for e in range(first, starts[s + 1]):
                dy = y[e] - py
                if dy > reach:
                    break
                square = (x[e] - px) ** 2 + dy**2
                if square <= limit:
                    sums[q] += mass[e] * _profile(square * scale, code)
    return sums


@numba.njit(cache=True, inline="always")
def _profile(square, code):  # type: ignore[no-untyped-def]
    """Weight at a squared distance in units of the variance; the same shapes as `kernels.PROFILES`."""
    if code == 0:
        return math.exp(-0.5 * square)
    if code == 1:
        return 1.0 - square / 6.0
    if code == 2:
        return (1.0 - square / 8.0) ** 2
    return 1.0


def _masses(points: Any, weights: str | Array | None) -> Floats:
    mass = (
        np.ones(len(points))
        if weights is None
        else np.asarray(points[weights] if isinstance(weights, str) else weights, float)
    )
    if mass.shape != (len(points),) or not (np.isfinite(mass).all() and (mass >= 0).all()):
        raise DataError(f"weights must be {len(points)} numbers of 0 or more, one for each point.")
    return mass


def _center(grid: HexGrid) -> tuple[float, float]:
    middle = (grid.lonlat.min(axis=0) + grid.lonlat.max(axis=0)) / 2
    return float(middle[0]), float(middle[1])


def _inside(grid: HexGrid, lon: Floats, lat: Floats, mass: Floats) -> tuple[Floats, Floats, Floats]:
    inside = grid.positions(lon, lat) >= 0
    if not inside.all():
        warnings.warn(
            f"{(~inside).sum()} of {len(inside)} points lie outside the grid and are left out of the density.",
            PatrolgeoWarning,
            stacklevel=3,
        )
    return lon[inside], lat[inside], mass[inside]


def _mass_inside(xy: Floats, grid: HexGrid, bandwidth: float, kernel: str) -> Floats:
    """Return the share of each point's kernel that the cells catch; shape (n,)."""
    return kernel_sum(xy, grid.xy, grid.area_km2.to_numpy() * 1e6, bandwidth, kernel)
