"""Kernel density of incidents, read at the cell centres, and its ratio to the density of people."""

import warnings
from typing import Any, Literal

import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import align, as_floats, by_label, check_choice, check_columns, check_positive
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.grid.units import Units
from patrolgeo.hotspots._kernel_sum import binned_sum, kernel_sum
from patrolgeo.hotspots.bandwidth import likelihood_bandwidth, scott_bandwidth
from patrolgeo.kernels import PROFILES

Bandwidth = float | Literal["likelihood", "scott"]
_CLASS = 1.1  # adaptive bandwidths are rounded to powers of this
_WIDEST = 5.0  # and lie at most this factor from the fixed one


def kernel_density(
    points: Any,
    grid: Units,
    bandwidth: Bandwidth,
    kernel: str = "gaussian",
    edge_correction: bool = False,
    *,
    weights: str | Array | None = None,
    adaptive: bool = False,
    binned: bool = False,
) -> pd.Series:
    """How densely do incidents lie around each cell?

    A smooth surface of what was recorded; it says where much happened, not where more happened than people explain
    (for that, `GetisOrd` or `relative_density`). Distances are metres whatever the coordinates.

    Parameters
    ----------
    points
        GeoDataFrame or GeoSeries of points in any CRS. Points outside the grid count as far as they reach into it.
    grid
        The study area: cells or other units; the density is read at a point on each.
    bandwidth
        Standard deviation of the kernel in metres, whatever the kernel; "likelihood" finds the one that foretells
        left-out points best, "scott" is a rule of thumb. The one used is in ``attrs["bandwidth"]``.
    kernel
        "gaussian" (cut at four standard deviations), "epanechnikov", "quartic" or "uniform".
    edge_correction
        Put what an incident would lose over the edge back into the area, so that density times area sums to the
        incidents inside; points outside the grid are then left out, and a warning counts them.
    weights
        Column of `points`, or an array: what each incident counts (harm); 1 by default.
    adaptive
        Narrower where points are dense, wider where they are sparse (square-root law, Abramson 1982).
    binned
        Smooth on a mesh of an eighth of the bandwidth: many times faster for 100,000 points and more, within a
        thousandth of the peak; Gaussian, fixed bandwidth.

    Returns
    -------
    Series by cell, named "density", incidents per km2.

    Raises
    ------
    CRSError, MissingColumnError
        When `points` has no CRS or lacks the column of weights.
    DataError
        When a point has no place, a weight is negative or missing, or a setting is not known or out of its range.

    References
    ----------
    Silverman 1986; Abramson 1982; Diggle 2010 (edge correction by event).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import HexGrid, kernel_density
    >>> area = gpd.GeoSeries.from_xy([119.9], [31.7], crs="EPSG:4326").to_crs(32650).buffer(3000)
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9, 119.91], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> kernel_density(points, HexGrid.from_area(area, 8), bandwidth=400).max().round(2)
    np.float64(1.52)
    """
    check_choice(kernel, PROFILES, "kernel")
    if binned and (adaptive or edge_correction or kernel != "gaussian"):
        raise DataError("binned=True takes the gaussian kernel, a fixed bandwidth and no edge correction.")
    xy, mass, cell = _located(points, grid, weights, inside=edge_correction)
    metres = _metres(bandwidth, xy, mass, grid, kernel)
    if binned:
        density = binned_sum(grid.xy, xy, mass, metres)
    else:
        each = _adapted(xy, mass, metres, kernel) if adaptive and len(xy) else np.full(len(xy), metres)
        density = np.zeros(len(grid))
        for width in np.unique(each):
            at = each == width
            density += _surface(grid, xy[at], mass[at], cell[at], float(width), kernel, edge_correction)
    surface = pd.Series(density * 1e6, index=grid.cells, name="density")
    surface.attrs["bandwidth"] = metres
    surface.attrs["note"] = "" if len(xy) else "No incident is recorded: the density is 0 everywhere."
    return surface


def relative_density(
    points: Any,
    grid: Units,
    exposure: pd.Series,
    bandwidth: Bandwidth,
    kernel: str = "gaussian",
    *,
    weights: str | Array | None = None,
) -> pd.Series:
    """How many incidents are there for each resident, smoothed over the neighbourhood (dual density)?

    Both densities take the same kernel, so that edges and gaps cancel. High values where hardly anyone lives rest on a
    handful of incidents: read them beside `GetisOrd`.

    Parameters
    ----------
    points, grid, bandwidth, kernel, weights
        As in `kernel_density`; a bandwidth is learnt from the incidents.
    exposure
        Residents or another exposure by cell.

    Returns
    -------
    Series by cell, named "rate", incidents per unit of exposure; missing where no exposure is in reach.

    Raises
    ------
    AlignmentError
        When `exposure` lacks cells of the grid.
    CRSError, DataError
        As in `kernel_density`; when `exposure` is negative, missing or infinite.

    References
    ----------
    Kelsall and Diggle 1995, doi:10.1002/sim.4780142106.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo import HexGrid, relative_density
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9, 119.91], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> grid = HexGrid.from_area(points.iloc[:1].to_crs(32650).buffer(3000), 8)
    >>> rate = relative_density(points, grid, pd.Series(100.0, index=grid.cells), bandwidth=400)
    >>> rate.name, bool(rate.max() > 0.005)
    ('rate', True)
    """
    people = as_floats(align(exposure, grid.cells, "exposure"), "exposure")
    if not (np.isfinite(people) & (people >= 0)).all() or not np.isfinite(people.sum()):
        raise DataError("exposure holds negative, missing or infinite values; put 0 where nobody is.")
    incidents = kernel_density(points, grid, bandwidth, kernel, weights=weights)
    around = kernel_sum(grid.xy, grid.xy, people, incidents.attrs["bandwidth"], kernel) * 1e6
    rate = np.divide(incidents.to_numpy(), around, out=np.full(len(grid), np.nan), where=around > 0)
    named = pd.Series(rate, index=grid.cells, name="rate")
    named.attrs["bandwidth"] = incidents.attrs["bandwidth"]
    return named


def metres_on(grid: Units, lon: Floats, lat: Floats) -> Floats:
    """Return degrees as metres in the plane of `grid.xy`, shape (n, 2)."""
    middle = (grid.lonlat.min(axis=0) + grid.lonlat.max(axis=0)) / 2
    return crs.local_xy(lon, lat, center=(middle[0], middle[1]))


def _surface(
    grid: Units, xy: Floats, mass: Floats, cell: Ints, bandwidth: float, kernel: str, edge_correction: bool
) -> Floats:
    """Return the density by cell, per square metre; corrected, each point leaves its whole mass on the cells."""
    if not edge_correction:
        return kernel_sum(grid.xy, xy, mass, bandwidth, kernel)
    area = grid.ground_km2.to_numpy() * 1e6
    caught = kernel_sum(xy, grid.xy, area, bandwidth, kernel)
    reached = caught > 1e-6
    own = np.bincount(cell[~reached], mass[~reached], len(grid)) / area  # a kernel too narrow to meet any centre
    return own + kernel_sum(grid.xy, xy[reached], mass[reached] / caught[reached], bandwidth, kernel)


def _adapted(xy: Floats, mass: Floats, bandwidth: float, kernel: str) -> Floats:
    """Return a bandwidth for each point: inverse to the root of a pilot density, its geometric mean kept."""
    pilot = kernel_sum(xy, xy, mass, bandwidth, kernel)
    factor = np.sqrt(np.exp(np.average(np.log(pilot))) / pilot).clip(1 / _WIDEST, _WIDEST)
    return bandwidth * _CLASS ** np.rint(np.log(factor) / np.log(_CLASS))


def _metres(bandwidth: Bandwidth, xy: Floats, mass: Floats, grid: Units, kernel: str) -> float:
    spacing = grid.spacing_m
    if isinstance(bandwidth, str):
        check_choice(bandwidth, ("likelihood", "scott"), "bandwidth")
        metres = scott_bandwidth(xy)
        if bandwidth == "likelihood" and len(xy) > 1:
            largest = max(float(np.ptp(grid.xy, axis=0).max()) / 4, spacing)
            metres = likelihood_bandwidth(xy, mass, spacing / 2, largest, kernel)
        return max(metres, spacing / 2)
    check_positive(bandwidth, "bandwidth")
    crs.warn_of_degrees(bandwidth, "bandwidth", stacklevel=5)
    if bandwidth < spacing / 4:
        warnings.warn(
            f"bandwidth={bandwidth:g} m is below a quarter of the {spacing:.0f} m between cell centres, so incidents "
            "between centres are hardly seen; take a wider one or a finer grid.",
            PatrolgeoWarning,
            stacklevel=3,
        )
    return float(bandwidth)


def _located(points: Any, grid: Units, weights: str | Array | None, inside: bool) -> tuple[Floats, Floats, Ints]:
    """Return metres around the middle of the grid, weights, and, where only points inside count, their cells."""
    if isinstance(weights, str):
        check_columns(points, [weights], "points")
        weights = points[weights].to_numpy()
    if weights is not None and np.shape(weights) != (len(points),):
        raise DataError(f"weights must be {len(points)} numbers of 0 or more, one for each point.")
    mass = np.ones(len(points)) if weights is None else by_label(weights, points.index, "weights", "points")
    if not (np.isfinite(mass).all() and (mass >= 0).all()):
        raise DataError(f"weights must be {len(points)} numbers of 0 or more, one for each point.")
    places = crs.to_lonlat(points, "points").geometry
    lon, lat = places.x.to_numpy(), places.y.to_numpy()
    if not (np.isfinite(lon).all() and np.isfinite(lat).all()):
        raise DataError(f"{(~np.isfinite(lon + lat)).sum()} of {len(lon)} points have no place; set them aside first.")
    xy = metres_on(grid, lon, lat)
    cell = grid.positions(lon, lat)
    crs.warn_if_mostly_outside((cell < 0).sum(), len(cell), "points", stacklevel=4)
    if not inside:
        return xy, mass, np.full(len(xy), -1)
    kept = cell >= 0
    if not kept.all():
        warnings.warn(
            f"{(~kept).sum()} of {len(kept)} points lie outside the grid and are left out of the density.",
            PatrolgeoWarning,
            stacklevel=3,
        )
    return xy[kept], mass[kept], cell[kept]
