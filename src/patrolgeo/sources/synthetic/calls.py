"""18,000 calls for service with their four times: most are disputes, help and traffic, few are crime."""

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats, Ints
from patrolgeo.sources.synthetic.calendar import DAYS, START, days_to_festival

N_CALLS = 18_000
# category -> (share of the calls that are not crimes, priority, median minutes on the scene, weights by kind of point)
KINDS = {
    "dispute": (0.29, 2, 38, {"home": 1.0, "market": 6.0, "night": 5.0}),
    "help request": (0.24, 3, 24, {"home": 1.0, "shop": 2.0, "road": 0.5}),
    "traffic accident": (0.20, 1, 42, {"road": 14.0, "home": 0.25, "market": 6.0, "shop": 3.0}),
    "noise": (0.07, 3, 15, {"home": 0.6, "night": 12.0}),
    "suspicious situation": (0.04, 2, 20, {"home": 1.0, "field": 0.3, "shop": 2.0}),
    "alarm": (0.02, 1, 14, {"shop": 10.0, "market": 6.0}),
    "nuisance call": (0.07, 3, 0, {"home": 1.0}),
    "officer check": (0.07, 3, 12, {"road": 10.0, "night": 10.0, "market": 8.0, "shop": 4.0}),
}
_CRIME = {
    "burglary": (2, 50),
    "assault": (1, 45),
    "theft": (2, 30),
    "ebike_theft": (2, 25),
    "farm_theft": (3, 45),
    "fraud": (3, 40),
}
_HOURS = np.repeat([3, 1, 2, 6, 6, 6, 7, 6], 3) / 111.0


def make_calls(
    points: pd.DataFrame, incidents: pd.DataFrame, minutes: Floats, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the calls: one for every reported incident, and those that are not crimes.

    `minutes` is the travel time from each township's station to every settlement, (9, n).
    """
    reported = incidents[incidents["recorded"] & (incidents["origin"] == "reported")]
    crime = reported[["time", "category", "point", "x", "y"]]
    crime = crime.assign(received=_discovered(reported, rng)).drop(columns="time")
    other = _other(points, N_CALLS - len(crime), rng)
    calls = pd.concat([crime, other], ignore_index=True).sort_values(["received", "category", "point"], kind="stable")
    return _serve(calls.reset_index(drop=True), points, minutes, rng)


def _discovered(reported: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Return when the victim called: soon after a fight, in the morning after a burglary at night."""
    slow = reported["category"].isin(["burglary", "ebike_theft", "farm_theft", "fraud"]).to_numpy()
    delay = np.where(slow, rng.gamma(2.0, 150.0, len(reported)), rng.gamma(1.5, 14.0, len(reported)))
    return reported["time"] + pd.to_timedelta(np.round(delay), unit="min")


def _other(points: pd.DataFrame, n: int, rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    part = np.array([share for share, *_ in KINDS.values()])
    numbers = rng.multinomial(n, part / part.sum())
    festival = (days_to_festival(DAYS) <= 3) & (days_to_festival(DAYS) >= -12)
    for (category, (*_, by_kind)), number in zip(KINDS.items(), numbers, strict=True):
        rate = points["weight"] * points["kind"].map(by_kind).fillna(0.0)
        point = rng.choice(len(rate), number, p=rate / rate.sum())
        busy = np.where(festival & (category in {"dispute", "traffic accident", "noise"}), 1.7, 1.0)
        busy = busy * np.where(DAYS.day_of_week >= 5, 1.15, 1.0)
        day = rng.choice(len(DAYS), number, p=busy / busy.sum())
        second = (rng.choice(24, number, p=_HOURS) * 60 + rng.integers(0, 60, number)) * 60
        received = START + pd.to_timedelta(day, unit="D") + pd.to_timedelta(second, unit="s")
        xy = points[["x", "y"]].to_numpy()[point] + np.clip(rng.normal(0, 25.0, (number, 2)), -50, 50)
        parts.append(
            pd.DataFrame({"category": category, "point": point, "x": xy[:, 0], "y": xy[:, 1], "received": received})
        )
    return pd.concat(parts, ignore_index=True)


def _serve(calls: pd.DataFrame, points: pd.DataFrame, minutes: Floats, rng: np.random.Generator) -> pd.DataFrame:
    """Add the other three times: queue, way from the station, work on the scene. A nuisance call is not dispatched."""
    settlement = points["settlement"].to_numpy()[calls["point"]]
    township = points["township"].to_numpy()[calls["point"]]
    category, n = calls["category"], len(calls)
    own = category == "officer check"
    on_scene = {c: row[2] for c, row in KINDS.items()} | {c: row[1] for c, row in _CRIME.items()}
    wait = np.where(own, 0.0, rng.lognormal(0.7, 0.6, n))
    way = np.where(own, 0.0, 1.5 + (2.0 + minutes[township, settlement]) * rng.lognormal(0, 0.22, n))
    work = np.maximum(category.map(on_scene).to_numpy(), 3.0) * rng.lognormal(0.0, 0.55, n)
    priority = category.map({c: row[1] for c, row in KINDS.items()} | {c: row[0] for c, row in _CRIME.items()})
    calls = calls.assign(
        dispatched=_later(calls["received"], wait),
        arrived=_later(calls["received"], wait + way),
        cleared=_later(calls["received"], wait + way + work),
        priority=priority.astype(int),
        units=_units(priority.to_numpy(), rng),
        origin=np.where(own, "officer", np.where(category == "alarm", "alarm", "reported")),
        township=township,
    )
    idle = category == "nuisance call"
    calls.loc[idle, ["dispatched", "arrived", "cleared"]] = pd.NaT
    calls.loc[idle, "units"] = 0
    return calls


def _later(start: pd.Series, minutes: Floats) -> pd.Series:
    return start + pd.to_timedelta(np.round(minutes * 60), unit="s")


def _units(priority: Ints, rng: np.random.Generator) -> Ints:
    return np.where((priority == 1) & (rng.uniform(size=len(priority)) < 0.35), 2, 1)
