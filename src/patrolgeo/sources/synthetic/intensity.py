"""The truth: how many incidents are to be expected at every point in every week.

The expected number at a point is a base rate by category, times the rhythm of its category and market, times the waves
that sweep a neighbourhood for some weeks; every incident brings near repeats within 400 m over the following days. All
of it is known, so the intensity by point and week is exact, near repeats included.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix, diags
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.sources.synthetic.calendar import DAYS, WEEKS, days_to_festival, is_harvest, is_market_day
from patrolgeo.sources.synthetic.categories import CATEGORIES, Category
from patrolgeo.sources.synthetic.settlements import Settlements

REPEAT_DAYS, REPEAT_M = 6.0, 400.0
_CLUSTERS, _CLUSTER_M = 7, 1800.0
# category, first week, weeks, factor: burglars or thieves work one neighbourhood for some weeks
_WAVES = (("burglary", 22, 7, 9.0), ("ebike_theft", 57, 9, 7.0), ("burglary", 84, 6, 9.0))
_WAVE_M = 1500.0
_NO_MARKET = 9


@dataclass(frozen=True, eq=False)
class Truth:
    """What is to be expected at each point.

    Attributes
    ----------
    points
        Points with kind, x, y, settlement, township, weight, market (a township, or 9: none) and reporting rate.
    base
        Category -> expected first incidents at each point in two years, waves aside.
    daily
        Category -> share of each day, shape (10 markets, days).
    spread
        Category -> matrix whose column j says where a near repeat of an incident at j happens.
    waves
        Category, weeks, factor and points of each wave.
    """

    points: pd.DataFrame
    base: dict[str, Floats]
    daily: dict[str, Floats]
    spread: dict[str, csr_matrix]
    waves: pd.DataFrame

    def weekly(self, category: str) -> Floats:
        """Return the expected incidents of a category, shape (points, weeks), near repeats included."""
        by_week = self.daily[category].reshape(-1, len(WEEKS), 7).sum(axis=2)
        first = self.base[category][:, None] * by_week[self.points["market"]] * self.wave_factor(category)
        return _with_repeats(first, CATEGORIES[category].repeats, self.spread[category])

    def wave_factor(self, category: str) -> Floats:
        """Return the factor of the waves, shape (points, weeks)."""
        factor = np.ones((len(self.points), len(WEEKS)))
        for wave in self.waves[self.waves["category"] == category].itertuples():
            factor[wave.points, wave.first : wave.first + wave.weeks] = wave.factor
        return factor


def make_truth(
    towns: Settlements, points: pd.DataFrame, patterns: Ints, minutes_to_station: Floats, rng: np.random.Generator
) -> Truth:
    """Draw base rates, rhythms and waves at the points, scaled to the wanted numbers of recorded rows."""
    rates = reporting_rates(minutes_to_station[towns.committees["centre"]], rng)
    points = points.assign(
        reporting=rates[towns.table["committee"].to_numpy()[points["settlement"]]],
        market=np.where(points["kind"].isin(["market", "shop"]), points["township"], _NO_MARKET),
    )
    waves = _waves(points, rng)
    patrolled = np.exp(-minutes_to_station[points["settlement"]] / 15.0)  # officers find what happens where they are
    near = cKDTree(points[["x", "y"]].to_numpy()).query_pairs(REPEAT_M, output_type="ndarray")
    truth = Truth(points, {}, {}, {}, waves)
    for name, category in CATEGORIES.items():
        by_officers = category.origin == "officer"
        raw = _raw_rate(category, points, towns, rng) * (patrolled if by_officers else 1.0)
        truth.base[name], truth.daily[name] = raw, _daily(category, patterns)
        truth.spread[name] = _spread(near, np.where(raw > 0, points["weight"], 0.0))
        recorded = truth.weekly(name).sum(axis=1) * (1.0 if by_officers else points["reporting"].to_numpy())
        truth.base[name] = raw * category.rows / recorded.sum()
    return truth


def reporting_rates(minutes_to_station: Floats, rng: np.random.Generator) -> Floats:
    """Return which share of incidents becomes a record: 0.35 to 0.9, less likely the farther the station."""
    nearness = -minutes_to_station + rng.normal(0, 10.0, len(minutes_to_station))
    rank = np.argsort(np.argsort(nearness, kind="stable"), kind="stable") / (len(nearness) - 1)
    return np.round(0.35 + 0.55 * (0.7 * rank + 0.3 * rank**2), 3)


def repeat_lags() -> Floats:
    """Return the share of near repeats that fall 0, 1, 2, ... weeks after the week of their parent.

    The delay is exponential with mean `REPEAT_DAYS`, the parent uniform in its week.
    """
    mean = REPEAT_DAYS / 7.0
    lag = np.arange(8)
    later = mean * (1 - np.exp(-1 / mean)) ** 2 * np.exp(-(lag - 1) / mean)
    return np.where(lag == 0, 1 - mean * (1 - np.exp(-1 / mean)), later)


def _with_repeats(first: Floats, repeats: float, spread: csr_matrix) -> Floats:
    """Add the expected near repeats and theirs, week by week; repeats within one week are solved by iteration."""
    if not repeats:
        return first
    lags = repeats * repeat_lags()
    total, passed_on = np.empty_like(first), np.zeros_like(first)
    for week in range(first.shape[1]):
        known = first[:, week].copy()
        for lag in range(1, min(week, len(lags) - 1) + 1):
            known += lags[lag] * passed_on[:, week - lag]
        now = known
        for _ in range(12):
            now = known + lags[0] * (spread @ now)
        total[:, week], passed_on[:, week] = now, spread @ now
    return total


def _spread(near: Ints, weight: Floats) -> csr_matrix:
    """Return where a near repeat of an incident at a point (column) happens: near it, in proportion to weight."""
    n = len(weight)
    rows, columns = np.r_[near[:, 0], near[:, 1], np.arange(n)], np.r_[near[:, 1], near[:, 0], np.arange(n)]
    matrix = csr_matrix((weight[rows], (rows, columns)), shape=(n, n))
    matrix.eliminate_zeros()
    return (matrix @ diags(1.0 / np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1e-12))).tocsr()


def _raw_rate(category: Category, points: pd.DataFrame, towns: Settlements, rng: np.random.Generator) -> Floats:
    """Return rates in proportion: weight and kind of the point, the town, chance, and a few hot clusters."""
    centres = towns.xy[rng.choice(len(towns.xy), _CLUSTERS, replace=False)]
    near = np.exp(-((cKDTree(centres).query(towns.xy)[0] / _CLUSTER_M) ** 2))
    heat = rng.lognormal(0, 0.7, len(towns.xy)) * (1 + 5.0 * near)
    heat *= towns.table["kind"].map({"town": category.town, "seat": 1.2, "village": 1.0}).to_numpy()
    rate = points["weight"] * points["kind"].map(category.at).fillna(0.0)
    return rate.to_numpy() * heat[points["settlement"]]


def _daily(category: Category, patterns: Ints) -> Floats:
    """Return the share of each day of the two years: a row for each market, the last for points without one."""
    festival = days_to_festival(DAYS)
    season = 1.0 + 0.15 * np.cos(2 * np.pi * (DAYS.month.to_numpy() - category.peak_month) / 12)
    season *= _where((festival > 0) & (festival <= 21), category.before_festival)
    season *= _where((festival <= 0) & (festival >= -7), category.festival)
    season *= _where(is_harvest(DAYS) == 1, category.harvest)
    season *= _where(DAYS.day_of_week.to_numpy() >= 4, category.weekend)
    markets = [_where(is_market_day(pattern, DAYS) == 1, category.market) for pattern in patterns]
    rows = season * np.vstack([*markets, np.ones(len(DAYS))])
    return rows / rows.sum(axis=1, keepdims=True)


def _where(days: Array, factor: float) -> Floats:
    return np.where(days, factor, 1.0)


def _waves(points: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the waves, each in one of the most populous neighbourhoods."""
    waves = pd.DataFrame(_WAVES, columns=["category", "first", "weeks", "factor"])
    xy = points[["x", "y"]].to_numpy()
    homes = points[points["kind"] == "home"].sort_values("weight", ascending=False, kind="stable").index[:160]
    centres = xy[rng.choice(homes, len(waves), replace=False)]
    inside = [np.flatnonzero(np.hypot(*(xy - centre).T) < _WAVE_M) for centre in centres]
    return waves.assign(points=pd.Series(inside, dtype=object))
