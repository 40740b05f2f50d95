"""What happened, and what of it became a record: first incidents, their near repeats, reports, officers' own finds."""

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix

from patrolgeo._typing import Floats, Ints
from patrolgeo.sources.synthetic.calendar import DAYS, END, START
from patrolgeo.sources.synthetic.categories import CATEGORIES
from patrolgeo.sources.synthetic.intensity import REPEAT_DAYS, Truth

_WALK_M = 18.0  # standard deviation of the way from an incident to its point; at most twice that in x and y


def make_incidents(truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Return everything that happened: category, origin, time, point, township, x, y, and whether it was recorded."""
    happened = pd.concat([_happen(name, truth, rng) for name in CATEGORIES], ignore_index=True)
    where = truth.points.loc[happened["point"]]
    origin = happened["category"].map({name: kind.origin for name, kind in CATEGORIES.items()})
    step = np.clip(rng.normal(0, _WALK_M, (len(happened), 2)), -2 * _WALK_M, 2 * _WALK_M)
    told = rng.uniform(size=len(happened)) < where["reporting"].to_numpy()
    happened = happened.assign(
        origin=origin,
        recorded=(origin == "officer") | told,
        township=where["township"].to_numpy(),
        x=where["x"].to_numpy() + step[:, 0],
        y=where["y"].to_numpy() + step[:, 1],
    )
    return happened.sort_values(["time", "category", "point"], kind="stable").reset_index(drop=True)


def _happen(name: str, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the first incidents of a category, then generation after generation of near repeats."""
    generations = [_first(name, truth, rng)]
    where_next = truth.spread[name].tocsc()
    while len(generations[-1]):
        generations.append(_repeats(generations[-1], CATEGORIES[name].repeats, where_next, rng))
    return pd.concat(generations, ignore_index=True).assign(category=name)


def _first(name: str, truth: Truth, rng: np.random.Generator) -> pd.DataFrame:
    """Draw days and points by thinning: as many as in the strongest wave, then only the share that is due is kept."""
    daily, market = truth.daily[name], truth.points["market"].to_numpy()
    factor = truth.wave_factor(name)
    number = rng.poisson(truth.base[name] * factor.max())
    point = np.repeat(np.arange(len(number)), number)
    within = np.cumsum(daily, axis=1)
    day = [np.searchsorted(within[market[p]], u) for p, u in zip(point, rng.uniform(size=len(point)), strict=True)]
    day = np.minimum(np.array(day, dtype=int), len(DAYS) - 1)
    keep = rng.uniform(size=len(point)) < factor[point, day // 7] / factor.max()
    time = START + pd.to_timedelta(day[keep], unit="D") + _hour(CATEGORIES[name].hours, int(keep.sum()), rng)
    return pd.DataFrame({"time": time, "point": point[keep]})


def _hour(blocks: tuple[int, ...], n: int, rng: np.random.Generator) -> pd.TimedeltaIndex:
    weights = np.repeat(np.array(blocks, float), 3)
    minutes = rng.choice(24, n, p=weights / weights.sum()) * 60 + rng.integers(0, 60, n)
    return pd.to_timedelta(minutes, unit="min")


def _repeats(parents: pd.DataFrame, repeats: float, where_next: csc_matrix, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the near repeats of one generation: some days later, within 400 m."""
    parent = np.repeat(np.arange(len(parents)), rng.poisson(repeats, len(parents)))
    delay = pd.to_timedelta(rng.exponential(REPEAT_DAYS, len(parent)), unit="D")
    time = pd.DatetimeIndex(parents["time"].to_numpy()[parent] + delay).floor("min")
    point = _nearby(parents["point"].to_numpy()[parent], where_next, rng)
    return pd.DataFrame({"time": time, "point": point})[time < END + pd.Timedelta(days=1)]


def _nearby(parents: Ints, where_next: csc_matrix, rng: np.random.Generator) -> Ints:
    found = np.empty(len(parents), dtype=int)
    for k, (parent, u) in enumerate(zip(parents, rng.uniform(size=len(parents)), strict=True)):
        column = slice(where_next.indptr[parent], where_next.indptr[parent + 1])
        total: Floats = np.cumsum(where_next.data[column])
        found[k] = where_next.indices[column][np.searchsorted(total, u * total[-1])]
    return found
