"""The truth: how many incidents are to be expected at every point in every week.

An incident happens at one of a few thousand points: clusters of homes, places, fields beside villages, main roads. The
expected number at a point is a base rate by category, times the rhythm of its category and market, times the waves that
sweep a neighbourhood for some weeks; every incident brings near repeats within 400 m over the following days. All of
it is known, so the intensity by point and week is exact, near repeats included.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix, diags
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.sources.synthetic.calendar import DAYS, WEEKS, days_to_festival, is_harvest, is_market_day
from patrolgeo.sources.synthetic.land import Land
from patrolgeo.sources.synthetic.roads import Network
from patrolgeo.sources.synthetic.settlements import Settlements

# category -> (rows recorded in two years, near repeats per incident, weights by kind of point)
REPORTED = {
    "burglary": (430, 0.25, {"home": 1.0, "shop": 3.0}),
    "theft": (560, 0.10, {"home": 0.2, "market": 60.0, "shop": 12.0, "road": 3.0}),
    "ebike_theft": (380, 0.20, {"home": 0.35, "market": 15.0, "shop": 6.0, "night": 6.0}),
    "farm_theft": (260, 0.15, {"field": 1.0}),
    "assault": (300, 0.05, {"home": 0.5, "market": 10.0, "night": 40.0, "road": 1.0}),
}
OFFICER = {
    "gambling": (90, {"home": 0.3, "market": 6.0, "night": 8.0}),
    "drink_driving": (120, {"road": 5.0, "night": 4.0}),
}
FRAUD_ROWS = 320
CATEGORIES = [*REPORTED, "fraud", *OFFICER]
REPEAT_DAYS, REPEAT_M = 6.0, 400.0
_POINT_KIND = {
    "market": "market",
    "night market": "night",
    "karaoke": "night",
    "supermarket": "shop",
    "bus station": "shop",
    "hospital": "shop",
    "factory": "shop",
    "petrol station": "shop",
}
_TOWN_FACTOR = {"burglary": 0.7, "theft": 1.6, "ebike_theft": 2.4, "farm_theft": 0.0, "assault": 1.3, "fraud": 1.3}


@dataclass(frozen=True, eq=False)
class Truth:
    """Points where incidents happen, and what is to be expected there.

    `points` has kind, settlement, township, weight and reporting rate; `xy` metres; `base[category]` the expected
    first incidents at each point in two years; `daily[category]` the share of each day, a row for each market
    (townships 0 to 8, then 9: no market near); `waves` a table of place, days, category and factor.
    """

    points: pd.DataFrame
    xy: Floats
    base: dict[str, Floats]
    daily: dict[str, Floats]
    spread: csr_matrix
    waves: pd.DataFrame

    def weekly(self, category: str) -> Floats:
        """Return the expected incidents of a category, shape (points, weeks), near repeats included."""
        shares = self.daily[category].reshape(10, len(WEEKS), 7).sum(axis=2)
        first = self.base[category][:, None] * shares[self.points["market"]] * self._wave_factor(category)
        branching = REPORTED[category][1] if category in REPORTED else 0.0
        return _with_repeats(first, branching, self.spread)

    def _wave_factor(self, category: str) -> Floats:
        factor = np.ones((len(self.points), len(WEEKS)))
        for wave in self.waves[self.waves["category"] == category].itertuples():
            factor[np.ix_(wave.points, np.arange(wave.first_week, wave.last_week + 1))] = wave.factor
        return factor

    def wave_factor_on(self, category: str, point: Ints, week: Ints) -> Floats:
        """Return the factor of the waves at given points and weeks."""
        return self._wave_factor(category)[point, week]


def repeat_lags() -> Floats:
    """Return the share of near repeats that fall 0, 1, 2, ... weeks after the week of their parent.

    The delay is exponential with mean `REPEAT_DAYS`, the parent uniform in its week.
    """
    a = REPEAT_DAYS / 7.0
    lag = np.arange(8)
    later = a * (1 - np.exp(-1 / a)) ** 2 * np.exp(-(lag - 1) / a)
    return np.where(lag == 0, 1 - a * (1 - np.exp(-1 / a)), later)


def _with_repeats(first: Floats, branching: float, spread: csr_matrix) -> Floats:
    """Add the expected near repeats, and theirs: week by week, each week's own repeats solved by iteration."""
    if not branching:
        return first
    lags, total = branching * repeat_lags(), first.copy()
    for week in range(first.shape[1]):
        for lag in range(1, min(week, len(lags) - 1) + 1):
            total[:, week] += lags[lag] * (spread @ total[:, week - lag])
        own, known = total[:, week], total[:, week].copy()
        for _ in range(12):
            own = known + lags[0] * (spread @ own)
        total[:, week] = own
    return total


def make_truth(
    land: Land,
    towns: Settlements,
    residents: Ints,
    places: pd.DataFrame,
    network: Network,
    patterns: Ints,
    minutes_to_station: Floats,
    rng: np.random.Generator,
) -> Truth:
    """Draw the points, their base rates and their rhythms, scaled to the wanted numbers of recorded rows."""
    points, xy = _points(land, towns, residents, places, network, rng)
    rates = reporting_rates(towns, minutes_to_station, rng)
    points["reporting"] = rates[towns.table["committee"].to_numpy()[points["settlement"]]]
    points["market"] = np.where(points["kind"].isin(["market", "shop"]), points["township"], 9)
    near = cKDTree(xy).query_pairs(REPEAT_M, output_type="ndarray")
    daily = {c: _daily(c, patterns) for c in CATEGORIES}
    waves = _waves(points, xy, rng)
    heat = _heat(towns, rng)
    truth = Truth(points, xy, {}, daily, _spread(near, points["weight"].to_numpy()), waves)
    for category in CATEGORIES:
        raw = _raw_rate(category, points, towns.table["kind"].to_numpy()[points["settlement"]], heat)
        truth.base[category] = raw
        recorded = 1.0 if category in OFFICER else points["reporting"].to_numpy()[:, None]
        rows = (
            REPORTED[category][0]
            if category in REPORTED
            else FRAUD_ROWS
            if category == "fraud"
            else OFFICER[category][0]
        )
        truth.base[category] = raw * rows / (truth.weekly(category) * recorded).sum()
    return truth


def reporting_rates(towns: Settlements, minutes_to_station: Floats, rng: np.random.Generator) -> Floats:
    """Return which share becomes a record, by administrative village: 0.35 to 0.9, falling with distance."""
    far = minutes_to_station[towns.committees["centre"]]
    rate = 0.86 - 0.009 * far + rng.normal(0, 0.09, len(far))
    rank = np.argsort(np.argsort(rate))
    return np.round(0.35 + 0.55 * (0.7 * rank / (len(rank) - 1) + 0.3 * (rank / (len(rank) - 1)) ** 2), 3)


def _points(
    land: Land, towns: Settlements, residents: Ints, places: pd.DataFrame, network: Network, rng: np.random.Generator
) -> tuple[pd.DataFrame, Floats]:
    kind = towns.table["kind"].to_numpy()
    n_homes = np.where(kind == "village", np.clip(residents // 40, 1, 5), 8)
    home = np.repeat(np.arange(len(kind)), n_homes)
    reach = np.where(kind == "village", 90.0, np.where(kind == "seat", 110.0, 150.0))[home]
    part = rng.gamma(3.0, size=len(home))
    weight = residents[home] * part / np.bincount(home, part)[home]
    fields = np.flatnonzero(kind == "village")
    away, turn = rng.uniform(350, 800, len(fields)), rng.uniform(0, 2 * np.pi, len(fields))
    busy = places[places["kind"].isin(_POINT_KIND)]
    road_xy = _road_points(network)
    xy = np.vstack(
        [
            towns.xy[home] + np.clip(rng.normal(size=(len(home), 2)), -2, 2) * reach[:, None],
            towns.xy[fields] + away[:, None] * np.column_stack([np.cos(turn), np.sin(turn)]),
            busy[["x", "y"]].to_numpy(),
            road_xy,
        ]
    )
    nearest = cKDTree(towns.xy).query(road_xy)[1]
    settlement = np.concatenate([home, fields, busy["settlement"], nearest])
    kinds = np.repeat(["home", "field", "", "road"], [len(home), len(fields), len(busy), len(road_xy)]).astype("<U6")
    kinds[kinds == ""] = busy["kind"].map(_POINT_KIND).to_numpy()
    weights = np.concatenate(
        [weight, 20 + residents[fields] * 0.6, 12 * rng.lognormal(0, 0.5, len(busy)), np.full(len(road_xy), 4.0)]
    )
    points = pd.DataFrame({"kind": kinds, "settlement": settlement, "weight": weights})
    points["township"] = towns.table["township"].to_numpy()[settlement]
    inside = shapely.contains_xy(land.boundary, xy[:, 0], xy[:, 1])
    return points[inside].reset_index(drop=True), xy[inside]


def _road_points(network: Network) -> Floats:
    """Return a point every 2 km of the great roads."""
    great = shapely.line_merge(
        shapely.union_all(network.lines[np.isin(network.road_class, ["national", "provincial", "county"])])
    )
    parts = shapely.get_parts(great)
    found = [p.interpolate(d) for p in parts for d in np.arange(1000.0, p.length, 2000.0)]
    return np.array([(p.x, p.y) for p in found])


def _spread(near: Ints, weight: Floats) -> csr_matrix:
    """Return the matrix whose column j says where a near repeat of an incident at j happens: by weight within 400 m."""
    n = len(weight)
    rows, cols = np.r_[near[:, 0], near[:, 1], np.arange(n)], np.r_[near[:, 1], near[:, 0], np.arange(n)]
    matrix = csr_matrix((weight[rows], (rows, cols)), shape=(n, n))
    return (matrix @ diags(1.0 / np.asarray(matrix.sum(axis=0)).ravel())).tocsr()


def _heat(towns: Settlements, rng: np.random.Generator) -> dict[str, Floats]:
    """Return by category how much hotter each settlement is than others: noise and seven clusters."""
    heat = {}
    for category in CATEGORIES:
        centres = towns.xy[rng.choice(len(towns.xy), 7, replace=False)]
        near = np.exp(-((cKDTree(centres).query(towns.xy)[0] / 1800.0) ** 2))
        heat[category] = rng.lognormal(0, 0.7, len(towns.xy)) * (1 + 5.0 * near)
    return heat


def _raw_rate(category: str, points: pd.DataFrame, settlement_kind: Array, heat: dict[str, Floats]) -> Floats:
    by_kind = (
        {"home": 1.0}
        if category == "fraud"
        else (REPORTED.get(category, (0, 0, {}))[2] or OFFICER.get(category, (0, {}))[1])
    )
    town = np.where(
        settlement_kind == "town", _TOWN_FACTOR.get(category, 1.5), np.where(settlement_kind == "seat", 1.2, 1.0)
    )
    rate = points["weight"].to_numpy() * points["kind"].map(by_kind).fillna(0.0).to_numpy() * town
    return rate * heat[category][points["settlement"]]


def _daily(category: str, patterns: Ints) -> Floats:
    """Return the share of each day of the two years, (10, days): a row for each market, the last without one."""
    festival, weekday, month = days_to_festival(DAYS), DAYS.day_of_week.to_numpy(), DAYS.month.to_numpy()
    before, during = (festival > 0) & (festival <= 21), (festival <= 0) & (festival >= -7)
    season = 1.0 + 0.15 * np.cos(2 * np.pi * (month - {"burglary": 1, "assault": 8}.get(category, 7)) / 12)
    season *= np.where(before & np.isin(_of(category), ["theft", "burglary"]), 1.7, 1.0)
    season *= np.where(
        during, {"gambling": 2.5, "assault": 1.8, "drink_driving": 2.0, "ebike_theft": 0.6}.get(category, 1.0), 1.0
    )
    season *= np.where(is_harvest(DAYS) & (category == "farm_theft"), 4.0, 1.0)
    season *= np.where(weekday >= 4, {"assault": 1.5, "drink_driving": 1.7, "gambling": 1.3}.get(category, 1.0), 1.0)
    market = np.array(
        [
            1 + {"theft": 5.0, "assault": 2.0, "ebike_theft": 3.0}.get(category, 0.0) * is_market_day(p, DAYS)
            for p in patterns
        ]
    )
    rows = season * np.vstack([market, np.ones(len(DAYS))])
    return rows / (season.sum() * np.r_[market.mean(axis=1), 1.0][:, None])


def _of(category: str) -> Array:
    return np.full(len(DAYS), category)


def _waves(points: pd.DataFrame, xy: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Return three waves: burglars, e-bike thieves, burglars work one neighbourhood for some weeks each."""
    rows = []
    for category, first, weeks, factor in (
        ("burglary", 22, 7, 9.0),
        ("ebike_theft", 57, 9, 7.0),
        ("burglary", 84, 6, 9.0),
    ):
        homes = np.flatnonzero(points["kind"] == "home")
        heavy = homes[np.argsort(-points["weight"].to_numpy()[homes], kind="stable")[:160]]
        centre = xy[rng.choice(heavy)]
        inside = np.flatnonzero(np.hypot(*(xy - centre).T) < 1500.0)
        rows.append(
            {
                "category": category,
                "first_week": first,
                "last_week": first + weeks - 1,
                "factor": factor,
                "points": inside,
            }
        )
    return pd.DataFrame(rows)
