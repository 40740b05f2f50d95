"""The prospective scan as a detector: where, in zones of any size, is more recorded now than was forecast?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_seed, check_share
from patrolgeo._show import Shown
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.alerts._families import PLACE
from patrolgeo.alerts._monitor import PLAIN, SHORT, Seen, positions, read_counts, read_exposure
from patrolgeo.alerts._negbin import LEAST, draw, size_of
from patrolgeo.alerts._null import shrunk_dispersion
from patrolgeo.alerts.negbin_ewma import NegBinEwma
from patrolgeo.errors import DataError
from patrolgeo.hotspots._scan import Found, Scan, find_clusters, null_maxima, p_values
from patrolgeo.hotspots._scan_kernel import EXPECTATION
from patrolgeo.hotspots._scan_units import label_order, scan_units
from patrolgeo.hotspots._scan_zones import Zones

MOST = 5  # zones told of one period
LEARNT = 8  # periods of errors before the variance is taken from them
ELSEWHERE = "no place"  # status of series that are not those of places
KINDS = {"alarm": bool, "status": object, "zone": object}
FIELDS = ("expected", "upper", "p_value", "alarm", "zone", "status")


@dataclass(kw_only=True, eq=False, repr=False)
class ProspectiveScan(Shown):
    """In which zone, of any size, has more been recorded than was forecast, and is it still so?

    Every circle around every place is looked at over the last period, the last two, up to the last `longest`. Given how
    many there were in all in each period, the most unlikely zone is held against those of counts that are drawn from
    the forecasts (negative binomial) with the same totals: p is corrected for having looked everywhere, and a season or
    a busy week that all places share is no zone. A weak rise of many places together is found that none of them shows
    by itself; of a single place, or of the whole area, `NegBinEwma` knows more.

    Parameters
    ----------
    alpha
        Chance of a zone in alarm in a period in which nothing rises: so many false alarms a period, over all places.
    coords, grid
        Where the places are, as in `scan_statistic`. None: the labels are H3 cells.
    longest
        Longest rise looked for, in periods.
    max_share
        Largest zone, as a share of the places.
    n_paths
        Drawn counts that the zones are held against.
    forecast
        What gives mean and variance of each place from the periods before.
    random_state
        Seed of the draws.

    References
    ----------
    Kulldorff 2001, doi:10.1111/1467-985X.00186; Neill 2009, doi:10.1016/j.ijforecast.2008.12.002 (a forecast as the
    expectation); Tango, Takahashi and Kohriyama 2011, doi:10.1111/j.1541-0420.2010.01412.x (counts beyond Poisson).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import ProspectiveScan
    >>> weeks = pd.date_range("2024-01-01", periods=40, freq="7D", name="period")
    >>> panel = pd.DataFrame(np.random.default_rng(0).poisson(1.0, (40, 25)), weeks, [f"v{k}" for k in range(25)])
    >>> panel.iloc[-2:, [6, 10, 11, 12, 16]] += 4
    >>> places = np.column_stack([np.arange(25) % 5, np.arange(25) // 5]) * 1000.0
    >>> found = ProspectiveScan(coords=places, n_paths=199).monitor(panel, test=1)
    >>> sorted(panel.columns[(found["zone"] != "").to_numpy()[0]]), int(found["alarm"].to_numpy().sum())
    (['v10', 'v11', 'v12', 'v16', 'v6'], 1)
    """

    alpha: float = 0.01
    coords: Any = None
    grid: Any = None
    longest: int = 4
    max_share: float = 0.25
    n_paths: int = 999
    forecast: NegBinEwma = field(default_factory=NegBinEwma)
    random_state: Any = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        check_share(self.alpha, "alpha")
        check_share(self.max_share, "max_share")
        check_count(self.longest, "longest")
        check_count(self.n_paths, "n_paths", least=99)

    def monitor(self, counts: Any, exposure: Any = None, *, test: Any = None) -> pd.DataFrame:
        """Judge periods by those before them.

        Parameters
        ----------
        counts
            Whole numbers by period: a panel of periods x places, or a Series (one place). Of columns with several
            levels those of each category (or other level beside `cell`) are looked at apart and share `alpha`.
        exposure
            What counts go with over time, by period, or by period and column. None: nothing.
        test
            Periods to judge, as in the other detectors. None: all.

        Returns
        -------
        A row a period judged; as outer level over the columns `expected`, `upper` (a count above it would be an alarm
        by itself), `p_value` (of the zone that the column is in, corrected for all zones; 1 elsewhere), `alarm`, at the
        one place of each rising zone that is furthest above its forecast, `zone`, that place's label at all members of
        a rising zone, and `status`. ``attrs["false_alarms"]`` has the number of alarms that chance brings, by period.

        Raises
        ------
        DataError
            When `counts` are no counts by period, nothing tells where the places are, or `test` names a period that is
            not there.
        AlignmentError
            When `exposure`, `coords` or `grid` lack labels.
        """
        panel = read_counts(counts)
        tested = positions(test, pd.DatetimeIndex(panel.index))
        seen = Seen(panel.to_numpy(float), read_exposure(exposure, panel), pd.DatetimeIndex(panel.index))
        answer = _nothing((len(tested), panel.shape[1]))
        groups = list(_groups(panel.columns))
        for number, (at, labels) in enumerate(groups):
            self._judge(seen, tested, at, labels, (number, len(groups)), answer)
        tables = {
            name: pd.DataFrame(answer[name], panel.index[tested], panel.columns, KINDS.get(name)) for name in FIELDS
        }
        found = pd.concat(tables, axis=1) if not isinstance(counts, pd.Series) else pd.DataFrame(
            {name: table.iloc[:, 0] for name, table in tables.items()}
        )  # fmt: skip
        judged = (answer["status"] == PLAIN).any(axis=1)
        level = self.alpha / max(len(groups), 1)
        chance = (_passed(self.n_paths, level) / (self.n_paths + 1) or level) * len(groups)
        found.attrs["false_alarms"] = pd.Series(np.where(judged, chance, 0.0), panel.index[tested]).to_dict()
        return found

    def _judge(
        self, seen: Seen, tested: Ints, at: Ints, labels: pd.Index, group: tuple[int, int], answer: dict[str, Array]
    ) -> None:
        """Fill in the answer for the places of one group, number `group[0]` of `group[1]`."""
        order = label_order(labels)
        at, labels = at[order], labels[order]
        zones = self._zones(labels, order)
        until = np.arange(int(max(tested, default=-1)) + 1)
        part = Seen(seen.counts[:, at], seen.exposure[:, at], seen.periods)
        mean, variance = self.forecast.predict(part, until)
        if len(at) > 1:
            mean, variance = _given_totals(part.counts[until], mean, self.forecast.least_history, self.longest)
        for row, t in enumerate(tested):
            late = until[max(self.forecast.least_history, t - self.longest + 1) : t + 1]
            if not len(late):
                continue
            rng = np.random.default_rng([check_seed(self.random_state), int(t), group[0]])
            scan = _scan_of(zones, part.counts[late], mean[late], variance[late])
            maxima = null_maxima(scan, self.n_paths, rng, np.inf, None)
            level = self.alpha / group[1]
            answer["expected"][row, at], answer["status"][row, at] = mean[t], PLAIN
            answer["upper"][row, at] = _alone(_limit(maxima, level), scan.means[:, -1])
            answer["p_value"][row, at] = 1.0
            for zone in reversed(find_clusters(scan, MOST)):  # the best last
                p = _chance(zone, maxima)
                members = at[zone.members]
                answer["p_value"][row, members] = min(p * group[1], 1.0)
                if p <= level:
                    excess = (scan.counts - scan.means)[zone.members].sum(axis=1)
                    heart = zone.members[int(np.argmax(excess))]
                    answer["alarm"][row, at[heart]], answer["zone"][row, members] = True, str(labels[heart])

    def _zones(self, labels: pd.Index, order: Ints) -> Zones:
        """Return the circles around the places; with one place where it lies is no matter."""
        n = len(labels)
        coords = np.zeros((1, 2)) if n == 1 else self.coords
        if n > 1 and coords is not None and not isinstance(coords, (pd.Series, pd.DataFrame)):
            coords = coords.iloc[order] if hasattr(coords, "iloc") else np.asarray(coords, float)[order]
        units = scan_units(labels, coords, None if n == 1 else self.grid, labelled=True)
        return units.zones("circle", np.full(n, 1 / n), 1.0, max(int(self.max_share * n), 1))


def _scan_of(zones: Zones, counts: Floats, means: Floats, variances: Floats) -> Scan:
    """Return what is to be scanned: the windows that end with the last of these periods."""
    n_times = len(counts)
    windows = np.array([[first, n_times] for first in range(n_times)], np.int64)
    drawn = draw if counts.shape[1] == 1 else _draw_of_total

    def paths(rng: np.random.Generator, size: int) -> Ints:
        parts = [drawn(rng, mean, variance, size).T for mean, variance in zip(means, variances, strict=True)]
        return np.ascontiguousarray(np.stack(parts, axis=1), np.int32)

    return Scan(zones, np.ascontiguousarray(counts.T), np.ascontiguousarray(np.maximum(means, LEAST).T), windows,
                np.full(n_times, np.inf), EXPECTATION, paths)  # fmt: skip


def _given_totals(counts: Floats, mean: Floats, first: int, longest: int) -> tuple[Floats, Floats]:
    """Return mean and variance of counts whose sum over the columns is known, shape (n_periods, n_columns).

    The variance is measured on the errors from period `first` on, up to the `longest` periods before each.
    """
    totals = counts.sum(axis=1, keepdims=True)
    share = mean / mean.sum(axis=1, keepdims=True)
    mean = share * totals
    told, squares = (np.nancumsum(part, axis=0) for part in (mean * (1 - share), (counts - mean) ** 2))
    variance = mean.copy()
    for t in range(first + longest + LEARNT, len(mean)):
        variance[t] *= shrunk_dispersion(told[t - longest], squares[t - longest], t - longest - first + 1)
    return mean, variance


def _draw_of_total(rng: np.random.Generator, mean: Floats, variance: Floats, n: int) -> Floats:
    """Return counts, shape (n, n_columns), given that they sum to what the means sum to.

    Of negative binomials with the same variance over mean this is their law given the sum, a Dirichlet-multinomial.
    """
    total = round(float(mean.sum()))
    if not total:
        return np.zeros((n, len(mean)))
    size = size_of(mean, variance)
    spread = np.isfinite(size)
    rate = np.broadcast_to(mean, (n, len(mean))).copy()
    rate[:, spread] = rng.gamma(size[spread], mean[spread] / size[spread], (n, int(spread.sum())))
    rate = np.maximum(rate, LEAST)
    return rng.multinomial(total, rate / rate.sum(axis=1, keepdims=True)).astype(float)


def _groups(columns: pd.Index) -> Iterator[tuple[Ints, pd.Index]]:
    """Yield the columns that are places, with their labels; those of each category apart."""
    if columns.nlevels == 1:
        yield np.arange(len(columns)), columns
        return
    table = columns.to_frame(index=False)
    name = "place" if "place" in table else "cell"
    if name not in table:
        raise DataError(f"counts: the levels of its columns are {list(table)}; name that of the places cell.")
    if "kind" in table:
        table = table[table["kind"] == PLACE]
    others = [level for level in table if level not in (name, "kind")]
    parts = table.groupby(others, sort=True) if others else [("", table)]
    for _, rows in parts:
        yield rows.index.to_numpy(), pd.Index(rows[name])


def _nothing(shape: tuple[int, int]) -> dict[str, Array]:
    blank = {name: np.full(shape, np.nan) for name in ("expected", "upper", "p_value")}
    return blank | {"alarm": np.zeros(shape, bool), "zone": np.full(shape, "", object),
                    "status": np.full(shape, SHORT, object)}  # fmt: skip


def _chance(zone: Found, maxima: Floats) -> float:
    """Return p from the draws; where none of them reached the zone, from the Gumbel distribution that fits them."""
    p, gumbel = p_values(zone.llr, maxima, False)
    return float(np.fmin(p, gumbel)) if (maxima < zone.llr).all() else p


def _limit(maxima: Floats, level: float) -> float:
    """Return the ratio above which a zone is an alarm."""
    passed = _passed(len(maxima), level)
    return float(np.sort(maxima)[len(maxima) - passed]) if passed else np.inf


def _passed(n_paths: int, level: float) -> int:
    """Return how many of the draws and of what was seen, together, may be alarms."""
    return int(np.floor(level * (n_paths + 1) * (1 + 1e-12)))


def _alone(limit: float, mean: Floats) -> Floats:
    """Return the largest count of one period that is no alarm by itself: c log(c / m) - c + m is at most the limit."""
    if not np.isfinite(limit):
        return np.full(mean.shape, np.inf)
    low, high = np.floor(mean), np.ceil(6 * mean + 2 * limit) + 1  # log 6 is 1.8
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        ratio = middle * np.log(np.maximum(middle, LEAST) / mean) - middle + mean
        above = (ratio * (1 - 1e-9) > limit) & (middle > mean)  # as `p_values` sees equals
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return np.asarray(low)
