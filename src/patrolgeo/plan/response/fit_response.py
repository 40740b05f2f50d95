"""A model of response fitted to recorded calls where no stations are known: bases, ways, work and hours."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._checks import check_columns, check_number, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.plan.optimise.median import solve as median

STRAIGHT_KMH = 60.0  # at which the detour factor is told
MOST_MINUTES, MOST_WORK = 120.0, 480.0  # beyond, a stamp is taken as wrong
BASES = range(2, 11)
CANDIDATES, LEAST_CALLS = 300, 100
GRID_DEGREES = 0.01
PAIRS = 600  # calls that the slope is fitted on
DAY_HOURS, WEEK_HOURS = 24, 168


@dataclass(frozen=True, kw_only=True, repr=False)
class ResponseModel(Shown):
    """What was fitted: units and their bases, minutes of travel, and the recorded calls that are drawn again.

    Parameters
    ----------
    units
        Table by unit with its `base`.
    travel
        Minutes, bases x places.
    bases
        Points of the bases, found by the calls; nobody told where stations are.
    detour
        Factor of the straight line at 60 km/h that fits the recorded ways.
    error
        Mean absolute error of the fitted ways, in minutes.
    records
        The calls that are drawn: `place`, `hour` (of the week), `delay`, `access`, `minutes`, `priority` (1 where a
        response counts, else 2).
    weeks
        How many weeks the records span.
    """

    units: pd.DataFrame
    travel: pd.DataFrame
    bases: gpd.GeoSeries
    detour: float
    error: float
    records: pd.DataFrame
    weeks: float

    def _head(self) -> str:
        return f"{len(self.units)} units at {len(self.bases)} bases, {len(self.records):,} calls"

    def _rows(self) -> Rows:
        return [
            ("detour", f"{self.detour:.2f} of the straight line at {STRAIGHT_KMH:g} km/h"),
            ("error", f"{self.error:.2f} minutes on average"),
            ("calls", f"{len(self.records) / self.weeks:.1f} a week over {self.weeks:.1f} weeks"),
        ]

    def draw(self, weeks: float = 52.0, random_state: int | None = 0) -> pd.DataFrame:
        """Return calls as `simulate_dispatch` takes them: as many an hour as on record, each like one of that hour."""
        check_number(weeks, "weeks", above=0)
        rng = np.random.default_rng(check_seed(random_state))
        hour = self.records["hour"].to_numpy()
        order = np.argsort(_kind_of_hour(hour), kind="stable")
        start = np.searchsorted(_kind_of_hour(hour)[order], np.arange(2 * DAY_HOURS + 1))
        slots = np.arange(int(np.ceil(weeks * WEEK_HOURS)))
        kind = _kind_of_hour(slots % WEEK_HOURS)
        days = np.where(kind < DAY_HOURS, 5, 2)
        n = rng.poisson(np.diff(start)[kind] / days / self.weeks)
        slot, kind = np.repeat(slots, n), np.repeat(kind, n)
        pick = order[start[kind] + (rng.random(len(kind)) * np.diff(start)[kind]).astype(np.int64)]
        at = (slot + rng.random(len(slot))) * 60.0
        rows = self.records.iloc[pick].drop(columns="hour").assign(time=at)
        return rows.sort_values("time", kind="stable", ignore_index=True)


def fit_response(
    calls: gpd.GeoDataFrame, *, urgent: Collection[str] | None = None, n_bases: int | None = None,
    n_units: int | None = None, random_state: int | None = 0,
) -> ResponseModel:  # fmt: skip
    """What bases, ways and work explain the recorded responses, where nobody says where the stations are?

    Bases are the p-median of the urgent calls, as many as explain the recorded ways best; ways are straight lines times
    one factor, and what the record took longer is kept with the call (from the road to the door, a unit that was
    elsewhere). It misleads when stations lie far from the calls, or move.

    Parameters
    ----------
    calls
        As `read_calls` gives them: `received, dispatched, arrived, cleared`, points; `category` when `urgent` is given,
        `unit` when the number of units is to be found.
    urgent
        Categories whose response counts; the others keep units busy. None: all.
    n_bases, n_units
        How many bases and units there are; by default the bases that explain the ways best, and the median number of
        different units at work in a day.
    random_state
        Seed of the search for bases.

    Returns
    -------
    ResponseModel.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    DataError
        When fewer than 100 urgent calls have all their times.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd
    >>> from patrolgeo import fit_response, simulate_dispatch
    >>> rng = np.random.default_rng(0)
    >>> lon, at = rng.choice([10.0, 10.2], 400) + rng.normal(0, 0.02, 400), pd.Timestamp("2024-01-01")
    >>> received = at + pd.to_timedelta(np.sort(rng.uniform(0, 40000, 400)), "min")
    >>> way = pd.to_timedelta(2 + 80 * np.abs((lon - 10.0 + 0.1) % 0.2 - 0.1), "min")
    >>> calls = gpd.GeoDataFrame({"received": received, "dispatched": received, "arrived": received + way,
    ...     "cleared": received + way + pd.Timedelta(minutes=30)}, geometry=gpd.points_from_xy(lon, 0 * lon), crs=4326)
    >>> model = fit_response(calls, n_bases=2, n_units=4)
    >>> bool(abs(model.detour - 80 / 111.3) < 0.15)
    True
    >>> result = simulate_dispatch(model.draw(4), model.units, model.travel)
    >>> result.summary()["lost"]
    0
    """
    check_columns(calls, ["received", "dispatched", "arrived", "cleared", "geometry"], "calls")
    for name, value in (("n_bases", n_bases), ("n_units", n_units)):
        if value is not None:
            check_number(value, name, least=1, whole=True)
    told = _told(calls, urgent)
    good = told[told["counts"]]
    if len(good) < LEAST_CALLS:
        raise DataError(
            f"calls: only {len(good)} urgent ones have all their times; {LEAST_CALLS} are needed for a fit."
        )
    places, at = _places(told)
    good_at = at[told["counts"].to_numpy()]
    wanted = BASES if n_bases is None else [min(n_bases, len(np.unique(good_at)))]
    seed = check_seed(random_state)
    fits = [_fit(k, places, good_at, good["way"].to_numpy(), seed) for k in wanted]
    bases, slope, error = min(fits, key=lambda fit: fit[2])
    minutes = slope * _km(places[bases], places)
    way = np.where(told["counts"], told["way"], np.nan) - minutes.min(axis=0)[at]
    access = np.clip(way, 0.0, None)
    records = told[["hour", "delay", "minutes"]].assign(
        place=at, access=np.where(np.isfinite(access), access, np.nanmedian(access)),
        priority=np.where(told["counts"], 1, 2),
    )  # fmt: skip
    names = [f"base {k + 1}" for k in range(len(bases))]
    share = np.bincount(minutes.argmin(axis=0)[good_at], minlength=len(bases)) / len(good)
    where = _apportion(share, _usual_units(calls) if n_units is None else n_units)
    units = pd.DataFrame({"base": np.repeat(names, where)}, index=[f"unit {k + 1}" for k in range(where.sum())])
    points = gpd.GeoSeries(gpd.points_from_xy(*places[bases].T), names, crs=4326)
    weeks = max((calls["received"].max() - calls["received"].min()) / pd.Timedelta(weeks=1), 1 / 7)
    return ResponseModel(
        units=units, travel=pd.DataFrame(minutes, names, range(len(places))), bases=points,
        detour=float(slope * STRAIGHT_KMH / 60.0), error=float(error), records=records.reset_index(drop=True),
        weeks=float(weeks),
    )  # fmt: skip


def _told(calls: gpd.GeoDataFrame, urgent: Collection[str] | None) -> pd.DataFrame:
    """Return delay, way and work of every call that kept a unit busy, in minutes, and whether its response counts."""
    counts = pd.Series(True, calls.index)
    if urgent is not None:
        check_columns(calls, ["category"], "calls")
        counts = calls["category"].isin(list(urgent))
    minute = pd.Timedelta(minutes=1)
    where = calls.geometry.to_crs(4326) if calls.crs is not None else calls.geometry
    told = pd.DataFrame({
        "lon": where.x, "lat": where.y,
        "delay": ((calls["dispatched"] - calls["received"]) / minute).clip(lower=0),
        "way": (calls["arrived"] - calls["dispatched"]) / minute,
        "hour": calls["received"].dt.day_of_week * DAY_HOURS + calls["received"].dt.hour,
    })  # fmt: skip
    response = (calls["arrived"] - calls["received"]) / minute
    in_time = (response > 0) & (response < MOST_MINUTES) & (told["way"] > 0)
    from_there = (calls["cleared"] - calls["arrived"]).where(in_time) / minute
    told["minutes"] = from_there.fillna((calls["cleared"] - calls["dispatched"]) / minute)
    told["counts"] = counts & in_time & (from_there >= 0)
    kept = told["minutes"].between(0, MOST_WORK) & told["delay"].lt(MOST_MINUTES) & np.isfinite(told["lon"])
    return told[kept & (told["counts"] | ~counts)]


def _places(told: pd.DataFrame) -> tuple[Floats, Ints]:
    """Return the places (about a kilometre apart) as degrees, and the place of each call."""
    rough = np.round(told[["lon", "lat"]].to_numpy() / GRID_DEGREES).astype(np.int64)
    _, at = np.unique(rough, axis=0, return_inverse=True)
    at = at.ravel()
    n = np.bincount(at)
    return np.c_[np.bincount(at, told["lon"]) / n, np.bincount(at, told["lat"]) / n], at


def _km(a: Floats, b: Floats) -> Floats:
    scale = np.array([111.32 * np.cos(np.radians(b[:, 1].mean())), 110.57])
    return np.sqrt((((a[:, None] - b[None]) * scale) ** 2).sum(axis=2))


def _fit(k: int, places: Floats, at: Ints, way: Floats, seed: int) -> tuple[Ints, float, float]:
    """Return k bases, minutes a kilometre and the mean error of the ways that they explain."""
    load = np.bincount(at, minlength=len(places)).astype(float)
    known = np.argsort(-load, kind="stable")[: min(CANDIDATES, int((load > 0).sum()))]
    table = _km(places[known], places) * load
    found = median.choose(
        np.ascontiguousarray(table), np.empty(0, np.int64), k, prove=False, deadline=time.monotonic() + 60, seed=seed
    )
    bases = known[found.best]
    km = _km(places[bases], places).min(axis=0)[at]
    some = np.linspace(0, len(km) - 1, min(len(km), PAIRS)).astype(np.int64)
    slope = float(np.clip(stats.theilslopes(way[some], km[some])[0], 0.3, 6.0)) if np.ptp(km[some]) > 0 else 1.0
    rest = way - slope * km
    return bases, slope, float(np.abs(rest - np.median(rest)).mean())


def _apportion(share: Floats, n: int) -> Ints:
    """Return whole units by base: one each, the rest by largest remainder; fewer units than bases go to the largest."""
    if n < len(share):
        return np.bincount(np.argsort(-share, kind="stable")[:n], minlength=len(share))
    ideal = share * (n - len(share))
    units = 1 + np.floor(ideal).astype(np.int64)
    left = n - int(units.sum())
    units[np.argsort(np.floor(ideal) - ideal, kind="stable")[:left]] += 1
    return units


def _usual_units(calls: pd.DataFrame) -> int:
    if "unit" not in calls:
        raise MissingColumnError("calls lacks the column unit; give n_units.")
    return int(calls.groupby(calls["received"].dt.normalize())["unit"].nunique().median())


def _kind_of_hour(hour: Any) -> Any:
    """Return the hour of the day, 24 more on Saturday and Sunday."""
    return hour % DAY_HOURS + DAY_HOURS * (hour >= 5 * DAY_HOURS)
