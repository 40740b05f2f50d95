"""Are points clustered at all, and at which distances? Nearest neighbours and Ripley's K, held against simulations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import align, as_floats, check_count, check_seed, check_share
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import DataError

_TRIES = 1000


@dataclass(frozen=True, repr=False)
class NearestNeighborIndex(Shown):
    """How near points are to each other, beside points without a pattern.

    Parameters
    ----------
    observed_m, expected_m
        Mean distance to the nearest other point, in the data and in the simulations.
    index
        observed / expected: below 1 clustered, above 1 spread out.
    low, high
        95 % of the simulations lie between, as an index.
    p_value
        Two-sided, from the simulations.
    formula_m
        0.5 / sqrt(density), the expectation of Clark and Evans, which knows no edges.
    n
        Number of points.
    """

    observed_m: float
    expected_m: float
    index: float
    low: float
    high: float
    p_value: float
    formula_m: float
    n: int

    def _head(self) -> str:
        by_chance = f"{self.low:.2f} to {self.high:.2f} by chance"
        return f"{self.index:.2f} ({by_chance}; p {self.p_value:.3g}), {self.n:,} points"

    def _rows(self) -> Rows:
        return [
            ("observed", f"{self.observed_m:,.1f} m"), ("by chance", f"{self.expected_m:,.1f} m"),
            ("Clark and Evans", f"{self.formula_m:,.1f} m"),
        ]  # fmt: skip


@dataclass(frozen=True, repr=False)
class RipleyK(Shown):
    """Ripley's K by distance beside points without a pattern.

    Parameters
    ----------
    table
        By distance in metres: `k` (area x ordered pairs so close / (n (n - 1)), without edge correction), `expected`
        (mean of the simulations), `low` and `high` (of the simulations, at each distance by itself), `ratio`.
    p_value
        One for all distances: of the largest distance from the expectation in standard deviations.
    n_permutations
        How many simulations.
    """

    table: pd.DataFrame
    p_value: float
    n_permutations: int

    def _head(self) -> str:
        return f"{len(self.table)} distances, p {self.p_value:.3g} for all together"

    def _rows(self) -> Rows:
        return [
            (f"{metres:g} m", f"{row['ratio']:.2f} times by chance ({row['low'] / max(row['expected'], 1e-300):.2f} to "
             f"{row['high'] / max(row['expected'], 1e-300):.2f})") for metres, row in self.table.iterrows()
        ]  # fmt: skip


def nearest_neighbor_index(
    points: Any,
    area: Any,
    *,
    exposure: pd.Series | None = None,
    n_permutations: int = 199,
    random_state: int | None = 0,
) -> NearestNeighborIndex:
    """Do points lie nearer to each other than chance, and their people, let them?

    Parameters
    ----------
    points
        GeoDataFrame or GeoSeries with a CRS.
    area
        Where points can be: polygons with a CRS, or a `HexGrid`, `SquareGrid` or `AreaUnits`.
    exposure
        Residents or another exposure by unit of `area` (its index, or the cells): points without a pattern fall by it.
        None: evenly over the area.
    n_permutations
        Simulations, one at least.
    random_state
        Seed.

    Returns
    -------
    The index, what chance gives, and p.

    Raises
    ------
    CRSError
        When `points` or `area` have no CRS.
    DataError
        When there are fewer than two points, or a setting is out of range.

    Notes
    -----
    Snapped addresses put points on one spot, and the index near 0: move them apart, or count by segment.

    References
    ----------
    Clark and Evans 1954.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from patrolgeo import nearest_neighbor_index
    >>> rng = np.random.default_rng(0)
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.95, 31.74)], crs="EPSG:4326")
    >>> points = gpd.GeoSeries.from_xy(119.92 + rng.normal(0, 0.003, 80), 31.72 + rng.normal(0, 0.003, 80), crs=4326)
    >>> found = nearest_neighbor_index(points, area)
    >>> found.index < 0.5, found.p_value
    (True, 0.01)
    """
    xy, ground = laid_out(points, area, exposure)
    check_count(n_permutations, "n_permutations")
    rng = np.random.default_rng(check_seed(random_state))
    observed = _nearest(xy)
    drawn = np.array([_nearest(ground.draw(len(xy), rng)) for _ in range(n_permutations)])
    mean, (low, high) = drawn.mean(), np.quantile(drawn, [0.025, 0.975])
    tail = 1 + min((drawn <= observed).sum(), (drawn >= observed).sum())
    return NearestNeighborIndex(
        observed, float(mean), float(observed / mean), float(low / mean), float(high / mean),
        float(min(2 * tail / (n_permutations + 1), 1.0)), float(0.5 * np.sqrt(ground.m2 / len(xy))), len(xy),
    )  # fmt: skip


def ripley_k(
    points: Any,
    distances: Any,
    area: Any,
    *,
    exposure: pd.Series | None = None,
    level: float = 0.95,
    n_permutations: int = 199,
    random_state: int | None = 0,
) -> RipleyK:
    """At which distances are points clustered, or kept apart?

    K counts the others within a distance of a point. The data lose pairs over the edge of the area, and so do the
    simulations that they are held against: the comparison needs no correction of edges.

    Parameters
    ----------
    points, area, exposure, n_permutations, random_state
        As in `nearest_neighbor_index`.
    distances
        Metres, ascending, shape (k,).
    level
        Share of the simulations between `low` and `high`.

    Returns
    -------
    A table by distance, and one p for all of them.

    Raises
    ------
    CRSError
        When `points` or `area` have no CRS.
    DataError
        When there are fewer than two points, distances are not above 0 and ascending, or a setting is out of range.

    References
    ----------
    Ripley 1976; Myllymäki et al. 2017 (one test over all distances).

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, shapely
    >>> from patrolgeo import ripley_k
    >>> rng = np.random.default_rng(0)
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.95, 31.74)], crs="EPSG:4326")
    >>> points = gpd.GeoSeries.from_xy(119.92 + rng.normal(0, 0.003, 80), 31.72 + rng.normal(0, 0.003, 80), crs=4326)
    >>> ripley_k(points, [100, 500], area).table["ratio"].round().tolist()
    [16.0, 15.0]
    """
    xy, ground = laid_out(points, area, exposure)
    reach = np.atleast_1d(as_floats(distances, "distances"))
    if reach.ndim != 1 or not len(reach) or not (np.isfinite(reach).all() and (np.diff(reach, prepend=0) > 0).all()):
        raise DataError("distances must be metres above 0 in ascending order.")
    check_share(level, "level", "0.95 means 95 %")
    check_count(n_permutations, "n_permutations")
    rng = np.random.default_rng(check_seed(random_state))
    scale = ground.m2 / (len(xy) * (len(xy) - 1))
    observed = _pairs(xy, reach) * scale
    drawn = np.array([_pairs(ground.draw(len(xy), rng), reach) for _ in range(n_permutations)]) * scale
    mean, (low, high) = drawn.mean(axis=0), np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    spread = np.maximum(drawn.std(axis=0), 1e-12 * np.maximum(mean, 1e-300))
    far = [np.abs((k - mean) / spread).max(axis=-1) for k in (observed, drawn)]
    p_value = (1 + (far[1] >= far[0]).sum()) / (n_permutations + 1)
    table = {"k": observed, "expected": mean, "low": low, "high": high}
    ratio = np.divide(observed, mean, out=np.full(len(reach), np.nan), where=mean > 0)
    index = pd.Index(reach, name="metres")
    return RipleyK(pd.DataFrame(table | {"ratio": ratio}, index=index), float(p_value), n_permutations)


@dataclass(frozen=True)
class Ground:
    """Polygons in metres, and the share of the points that each is to have."""

    shapes: Array
    share: Floats

    @property
    def m2(self) -> float:
        """Area in square metres."""
        return float(shapely.area(self.shapes).sum())

    def draw(self, n: int, rng: np.random.Generator) -> Floats:
        """Return points by the shares, evenly within each polygon, shape (n, 2)."""
        of = rng.choice(len(self.shapes), n, p=self.share)
        low, high = np.split(shapely.bounds(self.shapes)[of], 2, axis=1)
        xy, open_ = np.empty((n, 2)), np.arange(n)
        for _ in range(_TRIES):
            xy[open_] = rng.uniform(low[open_], high[open_])
            open_ = open_[~shapely.contains_xy(self.shapes[of[open_]], *xy[open_].T)]
            if not len(open_):
                return xy
        raise DataError("A polygon of the area is so thin that no point falls into it; mend or leave it out.")


def laid_out(points: Any, area: Any, exposure: pd.Series | None) -> tuple[Floats, Ground]:
    """Return points and area in the same metres."""
    shapes = area.geometry if hasattr(area, "geometry") else area
    shapes = crs.to_lonlat(shapes, "area").geometry
    west, south, east, north = shapes.total_bounds
    system = crs.local_crs(((west + east) / 2, (south + north) / 2))
    xy = crs.metres_of(crs.to_lonlat(points, "points").to_crs(system))
    if len(xy) < 2:
        raise DataError(f"{len(xy)} points have no pattern; two are needed at least.")
    local = shapes.to_crs(system)
    polygons = shapely.make_valid(local.to_numpy())
    size = shapely.area(polygons)
    weight = size if exposure is None else as_floats(align(exposure, local.index, "exposure", "units"), "exposure")
    weight = np.where(size > 0, weight, 0.0)
    if not (np.isfinite(weight).all() and (weight >= 0).all() and weight.any()):
        raise DataError("area must hold polygons, and exposure numbers of 0 or more, not all 0.")
    return xy, Ground(polygons, weight / weight.sum())


def _nearest(xy: Floats) -> float:
    return float(cKDTree(xy).query(xy, 2)[0][:, 1].mean())


def _pairs(xy: Floats, reach: Floats) -> Floats:
    """Return how many ordered pairs lie within each distance."""
    tree = cKDTree(xy)
    return np.asarray(tree.count_neighbors(tree, reach), float) - len(xy)
