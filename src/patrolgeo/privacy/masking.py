"""Points and counts that may be shown: points moved into a ring around them, counts with calibrated noise."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import align, check_count, check_panel, check_positive
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.grid.hexgrid import HexGrid

TRIES = 200  # draws for a point near the border before it is withheld
NEAR_CELLS = 127  # cells around a point that are asked for residents: six rings


def geomask(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    area: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    radius_m: tuple[float, float] | None = None,
    k: int | None = None,
    grid: HexGrid | None = None,
    population: pd.Series | None = None,
    random_state: int | np.random.Generator | None = None,
) -> gpd.GeoDataFrame:
    """Where may a point be shown so that it does not tell the address?

    Each point moves to a place drawn evenly by area from a ring around it (donut), within the polygon of `area` that
    holds it, so that no point crosses a border. With `k`, the ring reaches from the circle that holds a tenth of `k`
    residents to the one that holds `k`: short ways in towns, long ones in the country. Points at the same place move
    together, because the mean of many draws would tell the place.

    Parameters
    ----------
    points
        Points with a CRS.
    area
        Polygons with a CRS whose borders no point may cross (precincts, townships, the study area).
    radius_m
        Inner and outer radius of the ring in metres; or give `k`.
    k
        Residents among whom a point shall hide; needs `grid` and `population`.
    grid, population
        The study area, and residents by cell.
    random_state
        Seed; None, the default, draws a fresh one. Keep it secret: with it the move can be undone.

    Returns
    -------
    GeoDataFrame like `points` with the moved geometry, `moved_m` (metres) and, with `k`, `realised_k`: residents
    nearer to the shown place than the true one. A point outside `area`, or whose ring has no place within its
    polygon, has no geometry, and a warning says how many.

    Raises
    ------
    DataError
        When a point has no geometry, both or neither of `radius_m` and `k` are given, or one of them is not valid.
    CRSError
        When `points` or `area` has no coordinate reference system.

    Notes
    -----
    Cells are taken as evenly settled, so `realised_k` is an estimate. Snapping to cells protects better than masking;
    never publish two masks of the same points.

    References
    ----------
    Hampton, K. H. et al. (2010). Mapping health data: improved privacy protection with donut method geomasking.
    American Journal of Epidemiology 172. doi:10.1093/aje/kwq248

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import geomask
    >>> homes = gpd.GeoSeries([shapely.Point(119.91, 31.71)], crs="EPSG:4326")
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326")
    >>> masked = geomask(homes, area, radius_m=(100, 300), random_state=1)
    >>> bool(100 <= masked["moved_m"].iloc[0] <= 300)
    True
    """
    frame = points if isinstance(points, gpd.GeoDataFrame) else gpd.GeoDataFrame(geometry=points)
    if (frame.geometry.isna() | frame.geometry.is_empty).any():
        raise DataError("Some points have no geometry; leave them out before masking.")
    west, south, east, north = crs.to_lonlat(area, "area").total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    borders = crs.to_local(area, middle).geometry.to_numpy()
    true_xy = shapely.get_coordinates(crs.to_local(frame, middle).geometry.to_numpy())
    place, of_place = np.unique(true_xy, axis=0, return_inverse=True)
    people = _people(k, grid, population, middle)
    inner, outer = _rings(place, radius_m, people, k)
    moved = _draw(place, inner, outer, borders, np.random.default_rng(random_state))

    shown = shapely.points(moved[of_place])
    shown[np.isnan(moved[of_place, 0])] = None
    masked = frame.set_geometry(gpd.GeoSeries(shown, index=frame.index, crs=crs.local_crs(middle))).to_crs(frame.crs)
    distance = np.hypot(*(moved - place).T)
    masked["moved_m"] = distance[of_place]
    if people is not None:
        within = np.isfinite(distance)
        realised = np.full(len(place), np.nan)
        realised[within] = _residents_within(moved[within], distance[within], *people)
        masked["realised_k"] = realised[of_place]
    withheld = int(np.isnan(moved[of_place, 0]).sum())
    if withheld:
        warnings.warn(
            f"{withheld} of {len(frame)} points have no place to go within their polygon and are withheld.",
            PatrolgeoWarning,
            stacklevel=2,
        )
    return masked


def noisy_counts(
    panel: pd.DataFrame, epsilon: float, *, max_events: int = 1, random_state: int | np.random.Generator | None = None
) -> pd.DataFrame:
    """Which counts may be published so that no single person's part can be told, whatever else is known?

    Two-sided geometric noise (discrete Laplace) is added to every count: differential privacy. Adding up noisy counts
    adds up noise, so publish few, large cells. Each release spends `epsilon` anew.

    Parameters
    ----------
    panel
        Counts, shape (n_periods, n_cells).
    epsilon
        Privacy budget; smaller is safer and noisier: the standard deviation is about 1.4 max_events / epsilon.
    max_events
        How many counts one person can have added at most.
    random_state
        Seed. Keep it secret.

    Returns
    -------
    The panel with whole, non-negative noisy counts. Cutting at 0 lifts the mean of empty cells a little.

    Raises
    ------
    DataError
        When `epsilon` or `max_events` is not positive, or the panel is not a table of counts.

    References
    ----------
    Ghosh, A., Roughgarden, T., Sundararajan, M. (2012). Universally utility-maximizing privacy mechanisms.
    doi:10.1137/09076828X

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import noisy_counts
    >>> week = pd.DataFrame([[0.0, 7.0, 150.0]], index=pd.DatetimeIndex(["2024-01-01"]))
    >>> noisy_counts(week, epsilon=1.0, random_state=3).iloc[0].tolist()
    [0.0, 7.0, 151.0]
    """
    check_positive(epsilon, "epsilon")
    check_count(max_events, "max_events")
    counts = check_panel(panel).to_numpy(float)
    rng = np.random.default_rng(random_state)
    stop = 1.0 - np.exp(-epsilon / max_events)
    noise = rng.geometric(stop, counts.shape) - rng.geometric(stop, counts.shape)
    return pd.DataFrame(np.maximum(np.rint(counts) + noise, 0.0), index=panel.index, columns=panel.columns)


People = tuple[cKDTree, Floats, Floats]  # cells' centres in metres, their residents, their areas in m2


def _people(
    k: int | None, grid: HexGrid | None, population: pd.Series | None, middle: tuple[float, float]
) -> People | None:
    if k is None:
        return None
    check_count(k, "k")
    if grid is None or population is None:
        raise DataError("A radius by residents (k) needs grid and population.")
    residents = align(population, grid.cells, "population").to_numpy(float)
    tree = cKDTree(crs.local_xy(grid.lonlat[:, 0], grid.lonlat[:, 1], center=middle))
    return tree, residents, grid.area_km2.to_numpy() * 1e6


def _rings(
    place: Floats, radius_m: tuple[float, float] | None, people: People | None, k: int | None
) -> tuple[Floats, Floats]:
    if (radius_m is None) == (people is None):
        raise DataError("Give either radius_m=(inner, outer) in metres or k with grid and population.")
    if people is not None and k is not None:
        return _radius_holding(place, k / 10, *people), _radius_holding(place, k, *people)
    try:
        inner, outer = (float(r) for r in radius_m or (0.0, 0.0))
    except (TypeError, ValueError):
        raise DataError(f"radius_m={radius_m!r} must be an inner and a larger outer radius in metres.") from None
    if not 0 <= inner < outer < np.inf:
        raise DataError(f"radius_m={radius_m!r} must be an inner and a larger outer radius in metres.")
    return np.full(len(place), float(inner)), np.full(len(place), float(outer))


def _near_cells(place: Floats, tree: cKDTree, residents: Floats, areas: Floats) -> tuple[Floats, Floats]:
    """Area and residents of the cells around each place, summed from the nearest outwards; shape (n, cells)."""
    _, cell = tree.query(place, k=min(NEAR_CELLS, len(residents)))
    cell = cell.reshape(len(place), -1)
    return np.cumsum(areas[cell], axis=1), np.cumsum(residents[cell], axis=1)


def _radius_holding(place: Floats, wanted: float, tree: cKDTree, residents: Floats, areas: Floats) -> Floats:
    area, people = _near_cells(place, tree, residents, areas)
    needed = [np.interp(wanted, np.r_[0, p], np.r_[0, a]) for p, a in zip(people, area, strict=True)]
    return np.sqrt(np.array(needed) / np.pi)


def _residents_within(place: Floats, radius: Floats, tree: cKDTree, residents: Floats, areas: Floats) -> Floats:
    area, people = _near_cells(place, tree, residents, areas)
    disk = np.pi * radius**2
    return np.array([np.interp(d, np.r_[0, a], np.r_[0, p]) for d, a, p in zip(disk, area, people, strict=True)])


def _draw(place: Floats, inner: Floats, outer: Floats, borders: Array, rng: np.random.Generator) -> Floats:
    """Draw a place in each ring, evenly by area, again until it lies in the polygon of the true place; else missing."""
    tree = shapely.STRtree(borders)
    home = _polygon_of(place, tree)
    moved = np.full(place.shape, np.nan)
    waiting = np.flatnonzero(home >= 0)
    for _ in range(TRIES):
        if not len(waiting):
            break
        radius = np.sqrt(rng.uniform(inner[waiting] ** 2, outer[waiting] ** 2))
        angle = rng.uniform(0, 2 * np.pi, len(waiting))
        tried = place[waiting] + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
        good = shapely.intersects_xy(borders[home[waiting]], *tried.T)
        moved[waiting[good]] = tried[good]
        waiting = waiting[~good]
    return moved


def _polygon_of(place: Floats, tree: shapely.STRtree) -> Ints:
    point, polygon = tree.query(shapely.points(place), predicate="intersects")
    home = np.full(len(place), len(tree.geometries))
    np.minimum.at(home, point, polygon)
    return np.where(home < len(tree.geometries), home, -1)
