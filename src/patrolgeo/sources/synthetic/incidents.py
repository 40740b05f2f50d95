"""What happened, and what of it became a record: first incidents, their near repeats, reports, officers' own finds."""

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats, Ints
from patrolgeo.sources.synthetic.calendar import DAYS, END, START
from patrolgeo.sources.synthetic.intensity import CATEGORIES, OFFICER, REPEAT_DAYS, REPORTED, Truth

# weights of the hours 0 to 23, in blocks of three hours
_HOURS = {
    "burglary": (5, 5, 2, 4, 4, 3, 2, 3),
    "theft": (1, 1, 3, 9, 7, 6, 4, 2),
    "ebike_theft": (5, 4, 2, 4, 4, 4, 5, 6),
    "farm_theft": (7, 6, 2, 1, 1, 1, 2, 6),
    "assault": (5, 1, 1, 2, 4, 4, 6, 9),
    "fraud": (1, 1, 3, 9, 8, 8, 5, 3),
    "gambling": (3, 0, 0, 1, 5, 6, 6, 9),
    "drink_driving": (5, 0, 0, 0, 2, 1, 6, 10),
}
_WALK_M = 18.0  # an incident lies this far, at most about twice, from its point


def make_incidents(truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Return everything that happened: category, time, point, metres, and whether it was recorded."""
    happened = pd.concat([_happen(category, truth, rng) for category in CATEGORIES], ignore_index=True)
    rate = truth.points["reporting"].to_numpy()[happened["point"]]
    officer = happened["category"].isin(list(OFFICER))
    happened["recorded"] = officer | (rng.uniform(size=len(happened)) < rate)
    happened["origin"] = np.where(officer, "officer", "reported")
    step = np.clip(rng.normal(0, _WALK_M, (len(happened), 2)), -2 * _WALK_M, 2 * _WALK_M)
    happened[["x", "y"]] = truth.xy[happened["point"]] + step
    return happened.sort_values(["time", "category", "point"], kind="stable").reset_index(drop=True)


def _happen(category: str, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Draw first incidents point by point, then generation after generation of near repeats."""
    day, point = _first(category, truth, rng)
    time = START + pd.to_timedelta(day, unit="D") + _hour(category, len(day), rng)
    generations, branching = (
        [pd.DataFrame({"time": time, "point": point, "repeat": False})],
        REPORTED.get(category, (0, 0.0))[1],
    )
    while len(generations[-1]):
        generations.append(_repeats(generations[-1], branching, truth, rng))
    return pd.concat(generations, ignore_index=True).assign(category=category)


def _first(category: str, truth: Truth, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Draw days and points by thinning: at the highest factor of the waves first, then keep in proportion."""
    daily, market = truth.daily[category], truth.points["market"].to_numpy()
    top = max([1.0, *truth.waves.loc[truth.waves["category"] == category, "factor"]])
    number = rng.poisson(truth.base[category] * daily.sum(axis=1)[market] * top)
    point = np.repeat(np.arange(len(number)), number)
    within = np.cumsum(daily, axis=1)
    u = rng.uniform(size=len(point))
    day = np.array(
        [np.searchsorted(within[m], x * within[m, -1]) for m, x in zip(market[point], u, strict=True)], dtype=int
    )
    day = np.minimum(day, len(DAYS) - 1)
    keep = rng.uniform(size=len(point)) < truth.wave_factor_on(category, point, day // 7) / top
    return day[keep], point[keep]


def _hour(category: str, n: int, rng: np.random.Generator) -> pd.TimedeltaIndex:
    weights = np.repeat(np.array(_HOURS[category], float), 3)
    minutes = rng.choice(24, n, p=weights / weights.sum()) * 60 + rng.integers(0, 60, n)
    return pd.to_timedelta(minutes, unit="min")


def _repeats(parents: pd.DataFrame, branching: float, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the near repeats of one generation: some days later, within 400 m, at the hours of the category."""
    parent = np.repeat(np.arange(len(parents)), rng.poisson(branching, len(parents)))
    time = parents["time"].to_numpy()[parent] + pd.to_timedelta(rng.exponential(REPEAT_DAYS, len(parent)), unit="D")
    point = _nearby(parents["point"].to_numpy()[parent], truth, rng)
    time = pd.DatetimeIndex(time).floor("min")
    repeats = pd.DataFrame({"time": time, "point": point, "repeat": True})
    return repeats[repeats["time"] < END + pd.Timedelta(days=1)]


def _nearby(parents: Ints, truth: Truth, rng: np.random.Generator) -> Ints:
    columns = truth.spread.tocsc()
    found = np.empty(len(parents), dtype=int)
    for k, (parent, u) in enumerate(zip(parents, rng.uniform(size=len(parents)), strict=True)):
        column = slice(columns.indptr[parent], columns.indptr[parent + 1])
        total: Floats = np.cumsum(columns.data[column])
        found[k] = columns.indices[column][np.searchsorted(total, u * total[-1])]
    return found
