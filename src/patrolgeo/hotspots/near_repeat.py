"""Near repeats: do incidents follow each other closely in place and time more than chance lets them?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_seed
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.execution import progress

_NORMS = {"euclidean": 2.0, "manhattan": 1.0}


@dataclass(frozen=True)
class KnoxResult:
    """Close pairs by band of distance (rows) and of days (columns); each table has the shape (distances, days).

    Parameters
    ----------
    distance_bands, day_bands
        Edges of the bands; a band holds its lower edge and not its upper one.
    observed
        Pairs of incidents (sums of products of weights when there are weights).
    expected
        Their mean over all orders of the dates, exact.
    ratio
        observed / expected; missing where nothing is expected.
    residual
        (observed - expected) / standard deviation over the permutations.
    p_value
        (1 + permutations with at least as many pairs) / (permutations + 1).
    n_permutations
        How many orders of the dates were drawn.
    """

    distance_bands: Floats
    day_bands: Floats
    observed: Floats
    expected: Floats
    ratio: Floats
    residual: Floats
    p_value: Floats
    n_permutations: int

    def to_frame(self) -> pd.DataFrame:
        """Return one row per band, in metres and days."""
        rows, columns = np.indices(self.observed.shape).reshape(2, -1)
        bands = {
            "metres_from": self.distance_bands[rows], "metres_to": self.distance_bands[rows + 1],
            "days_from": self.day_bands[columns], "days_to": self.day_bands[columns + 1],
        }  # fmt: skip
        values = {n: getattr(self, n).ravel() for n in ("observed", "expected", "ratio", "residual", "p_value")}
        return pd.DataFrame({**bands, **values})

    def summary(self) -> str:
        """Return one line for a report: the band nearest in place and time."""
        if not self.expected.any():
            return f"no two incidents lie within {self.distance_bands[-1]:g} m and {self.day_bands[-1]:g} days"
        return (
            f"{self.observed[0, 0]:g} pairs under {self.distance_bands[1]:g} m and {self.day_bands[1]:g} days, "
            f"{self.ratio[0, 0]:.2f} times what chance gives (p {self.p_value[0, 0]:.3g})"
        )


def knox(
    coords: Any,
    dates: Any,
    distance_bands: Any,
    day_bands: Any,
    metric: str = "euclidean",
    n_permutations: int = 999,
    random_state: int | None = 0,
    *,
    weights: Any = None,
) -> KnoxResult:
    """Are there more pairs close in place and time than if dates and places had nothing to do with each other?

    The dates change places; incidents stay where they are, so that neither lasting hot spots nor busy weeks count as
    near repeats. A trend that differs between parts of the area does: look at short spans. Close pairs are found once
    by a tree; a permutation costs one look at each of them.

    Parameters
    ----------
    coords
        Points (GeoDataFrame or GeoSeries in any CRS), or metres of shape (n, 2).
    dates
        Timestamps (days are calendar days) or numbers of days, shape (n,).
    distance_bands, day_bands
        Edges in metres and days, ascending, for example ``[0, 100, 200]``; 0 is put before them when it is missing.
        A band holds its lower edge and not its upper one: ``[0, 0.1, 100]`` sets the same address apart.
    metric
        "euclidean" or "manhattan".
    n_permutations
        0 gives observed, expected and ratio only, p = 1.
    random_state
        Seed.
    weights
        What each incident counts (harm), shape (n,); a pair counts the product.

    References
    ----------
    Knox 1964; Johnson et al. 2007; Ratcliffe and Rengert 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import knox
    >>> rng = np.random.default_rng(0)
    >>> first = rng.random((200, 2)) * 5000
    >>> day = rng.integers(0, 365, 200)
    >>> coords = np.vstack([first, first + 50])
    >>> found = knox(coords, np.r_[day, day + 3], [0, 100, 200], [0, 7, 14], random_state=0)
    >>> found.observed.astype(int).tolist(), found.p_value[0, 0].round(3).item()
    ([[213, 3], [16, 9]], 0.001)
    """
    check_choice(metric, _NORMS, "metric")
    xy, days, mass = _in_strips(*checked_events(coords, dates, weights))
    far, late = _edges(distance_bands, "distance_bands"), _edges(day_bands, "day_bands")
    first, second, band = _banded_pairs(xy, far, metric)
    product = mass[first] * mass[second] if weights is not None else np.ones(0)
    scale = product.mean() if product.size and product.mean() > 0 else 1.0
    shape = (len(far) - 1, len(late) - 1)
    rng = np.random.default_rng(check_seed(random_state))
    observed, above, squares = _permute(first, second, band, product / scale, days, late, shape, n_permutations, rng)
    near = np.bincount(band, product if product.size else None, shape[0]).astype(float)
    expected = np.outer(near, pairs_in_bands(days, late)) / max(len(xy) * (len(xy) - 1) / 2, 1)
    observed, spread = observed * scale, np.sqrt(squares / max(n_permutations, 1)) * scale
    return KnoxResult(
        far, late, observed, expected,
        ratio=np.divide(observed, expected, out=np.full(shape, np.nan), where=expected > 0),
        residual=np.divide(observed - expected, spread, out=np.zeros(shape), where=spread > 0),
        p_value=(1.0 + above) / (n_permutations + 1),
        n_permutations=n_permutations,
    )  # fmt: skip


def pairs_in_bands(days: Floats, edges: Floats) -> Floats:
    """Return how many of all pairs lie in each half-open band of days, without looking at each pair."""
    ordered = np.sort(days)
    below = np.array([np.searchsorted(ordered, ordered + edge).sum() for edge in edges], float)
    ties = np.unique(ordered, return_counts=True)[1].astype(float)
    below[0] += (ties * (ties + 1) / 2).sum()  # from 0 on, an incident met itself, and a tie was met from both sides
    return np.diff(below)


def checked_events(coords: Any, dates: Any, weights: Any) -> tuple[Floats, Floats, Floats]:
    """Return metres, days and weights of incidents, checked."""
    if hasattr(coords, "geometry"):
        points = crs.to_lonlat(coords, "coords").geometry
        coords = crs.local_xy(points.x, points.y)
    xy = np.asarray(coords, float)
    if xy.size == 0:
        xy = xy.reshape(-1, 2)
    if xy.ndim != 2 or xy.shape[1] != 2 or not np.isfinite(xy).all():
        raise DataError(f"coords must be metres of shape (n, 2) without gaps, got the shape {xy.shape}.")
    days = _days(dates)
    mass = np.ones(len(xy)) if weights is None else np.asarray(weights, float)
    if len(days) != len(xy) or len(mass) != len(xy):
        raise DataError(f"There are {len(xy)} coords, {len(days)} dates and {len(mass)} weights; they must be as many.")
    if not np.isfinite(days).all() or not (np.isfinite(mass).all() and (mass >= 0).all()):
        raise DataError("dates or weights hold missing or negative values; set these incidents aside first.")
    return xy, days, mass


def _in_strips(xy: Floats, days: Floats, mass: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the incidents strip by strip, so that near ones are near in memory too."""
    height = np.ptp(xy[:, 1]) / max(np.sqrt(len(xy)), 1) if len(xy) else 0.0
    order = np.lexsort((xy[:, 0], xy[:, 1] // height if height > 0 else xy[:, 1]))
    return xy[order], days[order], mass[order]


def _days(dates: Any) -> Floats:
    """Return calendar days since 1970 as numbers; numbers stay what they are."""
    values = pd.Series(np.asarray(dates)) if not isinstance(dates, pd.Series) else dates
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_datetime(values)
        days = values.dt.tz_localize(None).dt.normalize() - pd.Timestamp(0)
        return np.asarray(days / pd.Timedelta(days=1), float)
    return values.to_numpy(float)


def _edges(bands: Any, name: str) -> Floats:
    edges = np.atleast_1d(np.asarray(bands, float))
    if edges[:1].sum() > 0:
        edges = np.r_[0.0, edges]
    if len(edges) < 2 or not np.isfinite(edges).all() or edges[0] < 0 or (np.diff(edges) <= 0).any():
        raise DataError(f"{name}={list(bands)} must be edges in ascending order, from 0 on, for example [0, 100, 200].")
    return edges


def _banded_pairs(xy: Floats, edges: Floats, metric: str) -> tuple[Ints, Ints, Ints]:
    """Return the pairs below the last edge and the band of each, in an order that reads the dates nearly in a row."""
    pairs = cKDTree(xy).query_pairs(edges[-1], p=_NORMS[metric], output_type="ndarray")
    distance = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], ord=_NORMS[metric], axis=1)
    band = np.searchsorted(edges, distance, side="right") - 1
    close = band < len(edges) - 1
    pairs, band = pairs[close], band[close]
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return pairs[order, 0], pairs[order, 1], band[order]


def _permute(
    first: Ints,
    second: Ints,
    band: Ints,
    product: Floats,
    days: Floats,
    edges: Floats,
    shape: tuple[int, int],
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Return observed sums, how many permutations reached them, and the sum of squared deviations from their mean."""
    lookup, times = _lookup(days, edges)
    links = first.astype(np.int32), second.astype(np.int32), (band * shape[1]).astype(np.int32)

    def count(dates: Array) -> Floats:
        return _count_pairs(*links, product, dates, lookup, edges, shape[0] * shape[1]).reshape(shape)

    observed = count(times)
    above, total, square = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for _ in progress(range(n_permutations), what="permuting dates"):
        sums = count(rng.permutation(times))
        above += sums >= observed * (1 - 1e-12)
        total += sums - observed
        square += (sums - observed) ** 2
    return observed, above, square - total**2 / max(n_permutations, 1)


def _lookup(days: Floats, edges: Floats) -> tuple[Ints, Array]:
    """Return the band of each whole number of days, and the days as small integers; no table for fractions."""
    first = days.min(initial=np.inf) if len(days) else 0.0
    since = days - first
    if (since != np.rint(since)).any():
        return np.zeros(0, np.int64), since
    return np.searchsorted(edges, np.arange(np.ceil(edges[-1])), side="right") - 1, since.astype(np.int32)


@numba.njit(cache=True)
def _count_pairs(first, second, row, product, times, lookup, edges, size):  # type: ignore[no-untyped-def]
    """Sum pairs (or their products) that are close in time by band; `row` is where a distance band starts."""
    sums = np.zeros(size)
    end, columns, weighted = edges[-1], len(lookup), len(product) > 0
    for q in range(len(first)):
        apart = abs(times[first[q]] - times[second[q]])
        if apart < end:
            column = 0
            if columns:
                column = lookup[int(apart)]
            else:
                while apart >= edges[column + 1]:
                    column += 1
            sums[row[q] + column] += product[q] if weighted else 1.0
    return sums
