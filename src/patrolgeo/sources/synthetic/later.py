"""Later weeks of the county, as files that come one a week: records as before, and four rises that are known."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Floats
from patrolgeo.sources.synthetic.calendar import END

WEEKS = 13
STREAM = 26  # its own stream of random numbers beside those of the county
M_PER_DEGREE = 111_320.0


@dataclass(frozen=True)
class Rise:
    """So many more records of a category a week, from one of the later weeks (1, 2, ...) to another.

    `reach` are the metres around the place within which they lie, from and to; () for the whole county.
    """

    kind: str
    category: str
    more: int
    first: int
    last: int
    hours: tuple[int, int] = (0, 24)
    reach: tuple[float, float] | tuple[()] = ()


RISES = (
    Rise("place", "burglary", 8, 3, 6, reach=(0.0, 300.0)),
    Rise("spread", "burglary", 16, 6, 9, reach=(2000.0, 2600.0)),
    Rise("crime_kind", "ebike_theft", 14, 6, 9),
    Rise("time_of_day", "theft", 14, 9, 12, hours=(0, 6)),
)


def make_later(incidents: pd.DataFrame, villages: pd.DataFrame, seed: int) -> dict[str, str]:
    """Return the files of the later weeks by name, and what was planted: ``inbox/2025-W01.csv``, ``rises.json``.

    What is usual is drawn from the records of the two years before, each as often as it would come. Every file has
    corrections of earlier records, a copy, and from time to time a withdrawal.
    """
    rng = np.random.default_rng([seed, STREAM])
    at = _place(villages)
    past = incidents[incidents["lon"].between(70, 140) & incidents["lat"].between(10, 55)].copy()
    past["time"] = pd.to_datetime(past["time"], errors="coerce", format="%Y-%m-%d %H:%M")
    past = past[past["time"].notna() & (past["origin"] == "reported")]
    start = END.normalize() + pd.Timedelta(days=1)
    start += pd.Timedelta(days=-start.day_of_week % 7)
    weeks = [_week(past, at, start + pd.Timedelta(weeks=k), k + 1, rng) for k in range(WEEKS)]
    files = _as_files(pd.concat(weeks, ignore_index=True), start, rng)
    rises = [
        {"kind": r.kind, "category": r.category, "more_a_week": r.more, "hours": list(r.hours),
         "first": f"{start + pd.Timedelta(weeks=r.first - 1):%Y-%m-%d}",
         "last": f"{start + pd.Timedelta(weeks=r.last - 1):%Y-%m-%d}",
         "lon": float(at[0]) if r.reach else None, "lat": float(at[1]) if r.reach else None}
        for r in RISES
    ]  # fmt: skip
    return files | {"rises.json": json.dumps(rises, indent=2, ensure_ascii=False) + "\n"}


def _place(villages: pd.DataFrame) -> Floats:
    """Return the settlement of the middle size that lies nearest to the middle of all."""
    middling = villages[villages["population"].between(*villages["population"].quantile([0.6, 0.9]))]
    away = np.hypot(*(middling[["lon", "lat"]] - villages[["lon", "lat"]].mean()).to_numpy().T)
    return np.asarray(middling[["lon", "lat"]].to_numpy(float)[int(np.argmin(away))])


def _week(past: pd.DataFrame, at: Floats, monday: pd.Timestamp, number: int, rng: np.random.Generator) -> pd.DataFrame:
    span = (past["time"].max() - past["time"].min()) / pd.Timedelta(weeks=1)
    usual = past.iloc[rng.choice(len(past), rng.poisson(len(past) / span))]
    weekday = pd.to_timedelta(usual["time"].dt.day_of_week, "D") + (usual["time"] - usual["time"].dt.normalize())
    rows = [
        pd.DataFrame(
            {"time": monday + weekday, "category": usual["category"], "lon": usual["lon"], "lat": usual["lat"]}
        )
    ]
    rows += [_more(r, past, at, monday, rng) for r in RISES if r.first <= number <= r.last]
    return pd.concat(rows).sort_values(["time", "category", "lon"], ignore_index=True)


def _more(rise: Rise, past: pd.DataFrame, at: Floats, monday: pd.Timestamp, rng: np.random.Generator) -> pd.DataFrame:
    minutes = rng.integers(0, 7, rise.more) * 1440 + rng.integers(60 * rise.hours[0], 60 * rise.hours[1], rise.more)
    if rise.reach:
        angle, metres = rng.uniform(0, 2 * np.pi, rise.more), rng.uniform(*rise.reach, rise.more)
        lon = at[0] + metres * np.cos(angle) / (M_PER_DEGREE * np.cos(np.radians(at[1])))
        lat = at[1] + metres * np.sin(angle) / M_PER_DEGREE
    else:
        lon, lat = past.iloc[rng.choice(len(past), rise.more)][["lon", "lat"]].to_numpy(float).T
    time = monday + pd.to_timedelta(minutes, "min")
    return pd.DataFrame({"time": time, "category": rise.category, "lon": lon.round(5), "lat": lat.round(5)})


def _as_files(rows: pd.DataFrame, start: pd.Timestamp, rng: np.random.Generator) -> dict[str, str]:
    rows = rows.assign(id=[f"LJ2025{k + 1:06d}" for k in range(len(rows))], status="open")
    week = ((rows["time"] - start) // pd.Timedelta(weeks=1)).to_numpy()
    late = rng.uniform(size=len(rows)) < 0.04
    comes = np.minimum(week + late, WEEKS - 1)
    files = {}
    for k in range(WEEKS):
        moment = start + pd.Timedelta(weeks=k + 1, hours=6)
        new, known = rows[comes == k], rows[comes < k]
        parts = [new.assign(updated=moment)]
        if len(known):
            parts += _changed(known, moment, rng)
        table = pd.concat(parts)[["id", "time", "category", "lon", "lat", "updated", "status"]]
        table = table.assign(**{name: table[name].dt.strftime("%Y-%m-%d %H:%M") for name in ("time", "updated")})
        files[f"inbox/{start + pd.Timedelta(weeks=k):%G-W%V}.csv"] = table.to_csv(index=False, lineterminator="\n")
    return files


def _changed(known: pd.DataFrame, moment: pd.Timestamp, rng: np.random.Generator) -> list[pd.DataFrame]:
    """Return a corrected time, a copy, and now and then a withdrawal of earlier records."""
    picked: Array = rng.choice(len(known), 3, replace=False)
    corrected, copied, gone = (known.iloc[[int(k)]].assign(updated=moment) for k in picked)
    corrected = corrected.assign(time=corrected["time"].dt.floor("h"))
    return [corrected, copied, *([gone.assign(status="withdrawn")] if rng.uniform() < 0.3 else [])]
