"""What the scan statistics share: clusters in order, the null by replicates, p-values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.execution import progress
from patrolgeo.hotspots._scan_kernel import (
    EXPECTATION,
    NO_COUNT,
    best_by_centre,
    largest_means,
    raise_maxima,
)
from patrolgeo.hotspots._scan_zones import Zones

LANES = 64  # replicates done at once, fewer where there are many times
MANY_CASES = 30_000_000  # of the replicates at once: above it they are drawn by cell and not one by one
MOST_CASES = 2**31 - 1
GRID = 1500  # counts at which the walk of `raise_maxima` stops
Draw = Callable[[np.random.Generator, int], Ints]  # how many replicates -> counts (n, times, replicates)


@dataclass(frozen=True)
class Scan:
    """Zones and windows to look at, what was counted and what is expected in them, and how the null is drawn.

    `counts` and `means` have the shape (n, times); `windows` are pairs of first time and the one after the last,
    `totals` the cases behind each. Without `draw`, units change places with all that belongs to them.
    """

    zones: Zones
    counts: Floats
    means: Floats
    windows: Ints
    totals: Floats
    model: int
    draw: Draw | None
    people: float = 0.0


@dataclass(frozen=True)
class Found:
    """One cluster: the ratio, positions of its units, its window, and the cases in it, seen and expected."""

    llr: float
    members: Ints
    window: int
    observed: float
    expected: float


def find_clusters(scan: Scan, most: int) -> list[Found]:
    """Return the clusters, best first; each shares no unit with those before it."""
    found: list[Found] = []
    taken = np.zeros(len(scan.counts))
    while len(found) < most:
        best, entry, window = _best(scan, scan.counts, scan.means, taken)
        if not len(best) or best.max() <= 1e-9:
            break
        at = int(np.flatnonzero(best >= best.max() * (1 - 1e-9))[0])  # rounding must not choose among equals
        members = np.unique(scan.zones.members(at, int(entry[at])))
        a, b = scan.windows[window[at]]
        sums = (float(values[members, a:b].sum()) for values in (scan.counts, scan.means))
        found.append(Found(float(best[at]), members, int(window[at]), *sums))
        taken[members] = 1.0
    return found


def null_maxima(scan: Scan, n_draws: int, rng: np.random.Generator, passed: float, enough: int | None) -> Floats:
    """Return the largest ratio of each replicate, in the order drawn.

    With `enough` the draws end with the replicate that passes `passed` for that many times (Besag and Clifford 1991).
    """
    lanes = max(LANES // scan.counts.shape[1], 16) if scan.draw is not None else 1
    maxima = np.empty(0)
    for start in progress(range(0, n_draws, lanes), what="replicates"):
        maxima = np.r_[maxima, _maxima(scan, min(lanes, n_draws - start), rng)]
        reached = np.flatnonzero(np.cumsum(maxima >= passed * (1 - 1e-9)) == enough)
        if len(reached):
            return maxima[: reached[0] + 1]
    return maxima


def p_values(llr: float, maxima: Floats, stopped: bool) -> tuple[float, float]:
    """Return the Monte Carlo p of a ratio, and the one of a Gumbel distribution with the moments of the maxima."""
    above = int((maxima >= llr * (1 - 1e-9)).sum())
    own = 0 if stopped else 1  # what was seen is one of the draws, unless these ended at the wanted number
    monte_carlo = (above + own) / (len(maxima) + own)
    if len(maxima) < 2 or np.ptp(maxima) == 0:
        return monte_carlo, np.nan
    scale = maxima.std(ddof=1) * np.sqrt(6) / np.pi
    place = maxima.mean() - np.euler_gamma * scale
    return monte_carlo, float(-np.expm1(-np.exp(-(llr - place) / scale)))


def _best(scan: Scan, counts: Floats, means: Floats, taken: Floats) -> tuple[Floats, Ints, Ints]:
    z = scan.zones
    best, entry, window = best_by_centre(
        z.rows, z.starts, z.ends, z.weight, z.table(counts), z.table(means), z.table(taken), scan.windows, scan.totals,
        scan.people, scan.model,
    )  # fmt: skip
    return best, entry, window


def _maxima(scan: Scan, size: int, rng: np.random.Generator) -> Floats:
    """Return the largest ratios of `size` replicates."""
    z = scan.zones
    if scan.draw is None:
        order = rng.permutation(len(scan.counts))
        return np.array([_best(scan, scan.counts[order], scan.means[order], np.zeros(len(order)))[0].max(initial=0.0)])
    counts = z.table(scan.draw(rng, size).cumsum(axis=1, dtype=np.int32))
    means = z.table(scan.means.cumsum(axis=1))
    totals, kind = np.unique(scan.totals, return_inverse=True)
    grid = _grid(counts, scan)
    maxima, n = np.zeros(size), len(z.starts) - 1
    for step in (50, 7, 1):  # a few zones first: what they pass need not be looked at closely again
        reach = largest_means(maxima.min(), grid[:-1], totals, scan.people, scan.model)
        raise_maxima(
            np.arange(0, n, step), z.rows, z.starts, z.ends, z.weight, counts, means, scan.windows, scan.totals, kind,
            scan.people, scan.model, grid, np.c_[reach, np.full(len(totals), np.inf)], maxima,
        )  # fmt: skip
    return maxima


def _grid(counts: Ints, scan: Scan) -> Ints:
    most = counts.max(initial=1) * len(scan.counts) if scan.model == EXPECTATION else scan.totals.max(initial=1)
    return np.r_[np.unique(np.rint(np.geomspace(1, max(most, 2), GRID))).astype(np.int64), NO_COUNT]


# --- nulls ----------------------------------------------------------------------------------------------------------


def spread_cases(shares: Floats, totals: Array, *, random_totals: bool = False) -> Draw:
    """Return a null in which cases fall by `shares` (strata, n, times), so many in each stratum.

    What a stratum lacks to 1 falls elsewhere. With `random_totals` the numbers are Poisson with the means `totals`.
    """
    strata, n, times = shares.shape
    if np.sum(totals) >= MOST_CASES:
        raise DataError(f"{np.sum(totals):,.0f} cases are more than a scan counts; it takes fewer than {MOST_CASES:,}.")
    upto = np.cumsum(shares.reshape(strata, -1), axis=1)

    def draw(rng: np.random.Generator, size: int) -> Ints:
        counts = np.zeros(n * times * size, np.int64)
        for ends, total in zip(upto, totals, strict=True):
            each = rng.poisson(total, size) if random_totals else np.full(size, round(total))
            if each.sum() > MANY_CASES:
                parts = np.diff(ends, prepend=0.0, append=max(float(ends[-1]), 1.0))
                counts += rng.multinomial(each, parts / parts.sum())[:, :-1].T.ravel()
                continue
            place = np.searchsorted(ends, rng.random(each.sum()), side="right")
            replicate = np.repeat(np.arange(size), each)
            within = place < n * times
            counts += np.bincount(place[within] * size + replicate[within], minlength=len(counts))
        return counts.reshape(n, times, size).astype(np.int32)

    return draw


def mark_cases(people: Ints, cases: int) -> Draw:
    """Return the null in which so many of the people, whoever they are, are cases."""

    def draw(rng: np.random.Generator, size: int) -> Ints:
        marked = rng.multivariate_hypergeometric(people, cases, size, method="marginals")
        return np.ascontiguousarray(marked.T[:, None, :], np.int32)

    return draw


def permute_times(counts: Ints, times: slice) -> Draw:
    """Return the null in which incidents keep their places and change their times; only `times` are looked at."""
    n, n_times = counts.shape
    unit, time = (np.repeat(index.ravel(), counts.ravel()) for index in np.indices(counts.shape))

    def draw(rng: np.random.Generator, size: int) -> Ints:
        mixed = rng.permuted(np.tile(time, (size, 1)), axis=1)
        at = (unit * n_times + mixed) * size + np.arange(size)[:, None]
        table = np.bincount(at.ravel(), minlength=n * n_times * size).reshape(n, n_times, size)
        return np.ascontiguousarray(table[:, times], np.int32)

    return draw
