"""Near repeats: do incidents follow each other closely in place and time more than chance lets them?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo import crs
from patrolgeo._checks import align, as_floats, check_choice, check_count, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import kernel
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.execution import progress
from patrolgeo.hotspots._pairs import Pairs, banded_pairs

_NORMS = {"euclidean": 2.0, "manhattan": 1.0}
MOST_DAYS = 1_000_000  # a table of the bands of days has at most


@dataclass(frozen=True, repr=False)
class KnoxResult(Shown):
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
        (1 + permutations with at least as many pairs) / (permutations + 1), of each band by itself: of nine bands one
        is below 0.05 by chance in about a third of all cases. `p_adjusted` is corrected for all of them.
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

    @property
    def p_adjusted(self) -> Floats:
        """Return `p_value` corrected for all bands (Benjamini and Hochberg); 1 in bands where nothing is expected."""
        adjusted, tested = np.ones(self.p_value.shape), self.expected > 0
        if tested.any():
            adjusted[tested] = stats.false_discovery_control(self.p_value[tested])
        return adjusted

    def _head(self) -> str:
        return self.summary()

    def _rows(self) -> Rows:
        bands = [
            (f"{row.metres_from:g}-{row.metres_to:g} m", f"{row.days_from:g}-{row.days_to:g} days: {row.observed:g} "
             f"pairs, {row.expected:.1f} expected, p {row.p_adjusted:.3g}")
            for row in self.to_frame().itertuples()
        ]  # fmt: skip
        return [("permutations", f"{self.n_permutations:,}"), *bands]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per band, in metres and days."""
        rows, columns = np.indices(self.observed.shape).reshape(2, -1)
        bands = {
            "metres_from": self.distance_bands[rows], "metres_to": self.distance_bands[rows + 1],
            "days_from": self.day_bands[columns], "days_to": self.day_bands[columns + 1],
        }  # fmt: skip
        names = ("observed", "expected", "ratio", "residual", "p_value", "p_adjusted")
        values = {name: getattr(self, name).ravel() for name in names}
        return pd.DataFrame({**bands, **values})

    def summary(self) -> str:
        """Return one line for a report: the band nearest in place and time."""
        if not self.expected.any():
            return f"no two incidents lie within {self.distance_bands[-1]:g} m and {self.day_bands[-1]:g} days"
        return (
            f"{self.observed[0, 0]:g} pairs under {self.distance_bands[1]:g} m and {self.day_bands[1]:g} days, "
            f"{self.ratio[0, 0]:.2f} times what chance gives (p {self.p_adjusted[0, 0]:.3g}, corrected for all bands)"
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
    near repeats. A trend that differs between parts of the area does: look at short spans. Close pairs are counted
    first, found once by a tree, and kept in 6 bytes each; a permutation costs one look at each of them.

    Parameters
    ----------
    coords
        Points (GeoDataFrame or GeoSeries in any CRS), or metres of shape (n, 2).
    dates
        Timestamps (days are calendar days) or numbers of days, shape (n,). A Series goes with labelled `coords` by its
        labels, anything else by position.
    distance_bands, day_bands
        Edges in metres and days, ascending, for example ``[0, 100, 200]``; 0 is put before them when it is missing.
        A band holds its lower edge and not its upper one: ``[0, 0.1, 100]`` sets the same address apart. The last edge
        may be ``numpy.inf``: all pairs farther apart.
    metric
        "euclidean" or "manhattan".
    n_permutations
        0 gives observed, expected and ratio only, p = 1.
    random_state
        Seed.
    weights
        What each incident counts (harm), shape (n,); a pair counts the product.

    Returns
    -------
    Tables by band of distance and band of days; judge bands by `p_adjusted`.

    Raises
    ------
    AlignmentError
        When `dates` or `weights` have other labels than `coords`.
    DataError
        When numbers of coords, dates and weights differ, one is missing or infinite, edges are not in order, a setting
        is out of its range, or more than 250 million pairs lie within the last finite edge.

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
    check_count(n_permutations, "n_permutations", least=0)
    xy, days, mass = _in_strips(*checked_events(coords, dates, weights))
    far, late = _edges(distance_bands, "distance_bands"), _edges(day_bands, "day_bands")
    crs.warn_of_degrees(far[-1], "distance_bands: the last edge")
    shape = (len(far) - 1, len(late) - 1)
    pairs = banded_pairs(xy, _finite(far), _NORMS[metric])
    own = mass if weights is not None else np.zeros(0)
    near = _by_distance(pairs, own, shape[0])
    mean = near.sum() / max(len(pairs.second), 1) if own.size else 1.0
    scale = 2.0 ** np.round(np.log2(mean)) if mean > 0 else 1.0  # a power of two rounds nothing
    if np.isinf(far[-1]):
        near[-1] = (mass.sum() ** 2 - (mass**2).sum()) / 2 - near[:-1].sum()
    expected = np.outer(near, pairs_in_bands(days, late)) / max(len(xy) * (len(xy) - 1) / 2, 1)
    count, times = _counter(pairs, own, scale, near / scale, days, (far, late))
    rng = np.random.default_rng(check_seed(random_state))
    observed, above, squares = _permute(count, times, near.sum() / scale, n_permutations, rng)
    observed, spread = observed * scale, np.sqrt(squares / max(n_permutations, 1)) * scale
    return KnoxResult(
        far, late, observed, expected,
        ratio=np.divide(observed, expected, out=np.full(shape, np.nan), where=expected > 0),
        residual=np.divide(observed - expected, spread, out=np.zeros(shape), where=spread > 0),
        p_value=(1.0 + above) / (n_permutations + 1),
        n_permutations=n_permutations,
    )  # fmt: skip


def pairs_in_bands(days: Floats, edges: Floats, mass: Floats | None = None) -> Floats:
    """Return how many of all pairs, or what sum of products of `mass`, lie in each half-open band of days.

    No pair is looked at by itself: of incidents in order of time, those before a date are added up.
    """
    order = np.argsort(days, kind="stable")
    ordered, own = days[order], np.ones(len(days)) if mass is None else mass[order]
    up_to, following = np.r_[0.0, np.cumsum(own)], np.arange(1, len(days) + 1)
    ends = (np.maximum(np.searchsorted(ordered, ordered + edge), following) for edge in edges)
    return np.diff([(own * (up_to[end] - up_to[following])).sum() for end in ends])


def checked_events(coords: Any, dates: Any, weights: Any) -> tuple[Floats, Floats, Floats]:
    """Return metres, days and weights of incidents, checked; Series go with labelled coords by their labels."""
    labels = getattr(coords, "index", None) if hasattr(coords, "geometry") else None
    dates, weights = _by_label(dates, labels, "dates"), _by_label(weights, labels, "weights")
    if labels is not None:
        points = crs.to_lonlat(coords, "coords").geometry
        coords = crs.local_xy(points.x, points.y)
    xy = as_floats(coords, "coords")
    if xy.size == 0:
        xy = xy.reshape(-1, 2)
    if xy.ndim != 2 or xy.shape[1] != 2 or not np.isfinite(xy).all():
        raise DataError(f"coords must be metres of shape (n, 2) without gaps, got the shape {xy.shape}.")
    if labels is None:
        crs.warn_of_lonlat(xy, "coords", stacklevel=4)
    days = _days(dates)
    mass = np.ones(len(xy)) if weights is None else as_floats(weights, "weights")
    if len(days) != len(xy) or len(mass) != len(xy):
        raise DataError(f"There are {len(xy)} coords, {len(days)} dates and {len(mass)} weights; they must be as many.")
    if not np.isfinite(days).all() or not (np.isfinite(mass).all() and (mass >= 0).all()):
        raise DataError("dates or weights hold missing, infinite or negative values; set these incidents aside first.")
    return xy, days, mass


def _by_label(values: Any, labels: pd.Index | None, name: str) -> Any:
    if not isinstance(values, pd.Series) or labels is None or values.index.equals(labels):
        return values
    if len(values) != len(labels) or labels.has_duplicates or len(labels.difference(values.index)):
        raise AlignmentError(
            f"{name} has other labels than coords (first: {values.index[:1].tolist()} against {labels[:1].tolist()}). "
            f"Take both from one table, or pass {name}.to_numpy() to go by position."
        )
    return align(values, labels, name, "incidents")


def _in_strips(xy: Floats, days: Floats, mass: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the incidents strip by strip, so that near ones are near in memory too."""
    height = np.ptp(xy[:, 1]) / max(np.sqrt(len(xy)), 1) if len(xy) else 0.0
    order = np.lexsort((xy[:, 0], xy[:, 1] // height if height > 0 else xy[:, 1]))
    return xy[order], days[order], mass[order]


def _days(dates: Any) -> Floats:
    """Return calendar days since 1970 as numbers; numbers stay what they are."""
    values = pd.Series(np.asarray(dates)) if not isinstance(dates, pd.Series) else dates
    if not pd.api.types.is_numeric_dtype(values):
        try:
            values = pd.to_datetime(values)
        except (ValueError, TypeError):
            raise DataError(f"dates must be times or numbers of days; got {values.iloc[0]!r}.") from None
        days = values.dt.tz_localize(None).dt.normalize() - pd.Timestamp(0)
        return np.asarray(days / pd.Timedelta(days=1), float)
    return values.to_numpy(float)


def _edges(bands: Any, name: str) -> Floats:
    edges = as_floats(bands, name).ravel()
    if edges[:1].sum() > 0:
        edges = np.r_[0.0, edges]
    wrong = np.isnan(edges).any() or np.isinf(edges[:-1]).any() or np.ndim(bands) > 1
    if len(edges) < 2 or wrong or edges[0] < 0 or (edges[1:] <= edges[:-1]).any():
        raise DataError(
            f"{name}={bands!r} must be edges in ascending order, from 0 on, for example [0, 100, 200]; only the last "
            "may be infinite."
        )
    return edges


def _finite(edges: Floats) -> Floats:
    return edges[np.isfinite(edges)]


def _by_distance(pairs: Pairs, mass: Floats, n_bands: int) -> Floats:
    """Return how many pairs, or what sum of products of `mass`, each band of distance holds: as if all had one date."""
    one = np.zeros(len(pairs.start) - 1)
    return _count_pairs(*pairs, mass, one, np.zeros(1, np.int64), np.array([0.0, 1.0]), n_bands)[:, 0]


def _counter(
    pairs: Pairs, mass: Floats, per: float, near: Floats, days: Floats, edges: tuple[Floats, Floats]
) -> tuple[Callable[[Array], Floats], Array]:
    """Return what sums pairs by band for an order of the dates, and the dates as it takes them.

    Sums are divided by `per`. Bands without an end are what is left of all pairs: of one distance, `near`; of one
    delay, from the dates and the weights (`mass`, empty without).
    """
    far, late = edges
    end, n_bands = _finite(late), len(_finite(far)) - 1
    lookup, times = _lookup(days, end)
    own = mass / np.sqrt(per) if mass.size else None
    fixed = None if mass.size else pairs_in_bands(days, late)  # without weights no order of the dates changes it

    def count(dates: Array) -> Floats:
        sums = _count_pairs(*pairs, mass, dates, lookup, end, n_bands) / per
        if np.isinf(late[-1]):
            sums = np.column_stack([sums, near[:n_bands] - sums.sum(axis=1)])
        if np.isinf(far[-1]):
            every = pairs_in_bands(dates, late, own) if fixed is None else fixed
            sums = np.vstack([sums, every - sums.sum(axis=0)])
        return sums

    return count, times


def _permute(
    count: Callable[[Array], Floats], times: Array, total: float, n_permutations: int, rng: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Return observed sums, how many permutations reached them, and the sum of squared deviations from their mean."""
    observed = count(times)
    least = observed - 1e-12 * total
    above, sums, square = (np.zeros(observed.shape) for _ in range(3))
    for _ in progress(range(n_permutations), what="permuting dates"):
        drawn = count(rng.permutation(times))
        above += drawn >= least
        sums += drawn - observed
        square += (drawn - observed) ** 2
    return observed, above, square - sums**2 / max(n_permutations, 1)


def _lookup(days: Floats, edges: Floats) -> tuple[Ints, Floats]:
    """Return the band of each whole number of days, and the days from the first on; no table for fractions."""
    since = days - days.min(initial=np.inf) if len(days) else days
    longest = min(np.ceil(edges[-1]), since.max(initial=0.0) + 1)
    if longest > MOST_DAYS or (since != np.rint(since)).any():
        return np.zeros(0, np.int64), since
    return np.searchsorted(edges, np.arange(longest), side="right") - 1, since


@kernel
def _count_pairs(start, second, band, mass, times, lookup, edges, n_bands):  # type: ignore[no-untyped-def]
    """Sum pairs (products of their masses when there are any) that are close in time: bands of distance x of days."""
    sums = np.zeros((n_bands, len(edges) - 1))
    end, columns, weighted = edges[-1], len(lookup), len(mass) > 0
    for i in range(len(start) - 1):
        since = times[i]
        for q in range(start[i], start[i + 1]):
            apart = abs(since - times[second[q]])
            if apart < end:
                column = 0
                if columns:
                    column = lookup[int(apart)]
                else:
                    while apart >= edges[column + 1]:
                        column += 1
                sums[band[q], column] += mass[i] * mass[second[q]] if weighted else 1.0
    return sums
