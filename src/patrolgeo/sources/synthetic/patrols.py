"""Two weeks of patrols of the county: what was planned, what three cars did, what receivers and sheets said of it.

Planted: one car starts late on some days, two places nobody goes to, some stops are cut short, receivers lose their
signal, and the log has the dirt of a real one. Own random numbers, so that the rest of the county stays as it is.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from patrolgeo._typing import Bools, Floats
from patrolgeo.sources.synthetic.county import County

UNITS = {"LC-101": ("early", 6), "LC-102": ("late", 14), "LC-103": ("night", 22)}  # call sign: shift, hour it begins
FIRST_DAY, WEEKS = pd.Timestamp("2024-12-16"), 2  # working days of the last full weeks of the records
LATE_UNIT, LATE_DAYS, LATE_S = "LC-102", (1, 3, 6, 8), 45 * 60
PLACES, SKIPPED, STOP_S, SHIFT_S = 24, 2, 12 * 60, 8 * 3600
SHORT, SHORT_S = 0.1, 5 * 60  # share of stops that are cut short, and how long they then are
PING_S, TRUTH_S = 60, 10
LOST_S = (8 * 60, 25 * 60)  # how long a signal is lost, once in each shift
SPEED_MS, DETOUR = 40 / 3.6, 1.3
_METRES = 111_320.0  # of a degree of latitude
_STREAM = 24_002


@dataclass(frozen=True)
class Patrols:
    """What was planned, logged and reported, and the truth behind it.

    `log` has ``unit, time, lon, lat, speed_kmh, driver``; `tasks` a row a planned stop; `reports` a row a sheet that
    came back; `stops` the truth of each task (``task, done, minutes``); `track` where each car was every ten seconds
    (``time, lon, lat, seen``: whether its receiver told).
    """

    log: pd.DataFrame
    tasks: pd.DataFrame
    reports: pd.DataFrame
    stops: pd.DataFrame
    track: pd.DataFrame


def make_patrols(county: County, seed: int) -> Patrols:
    """Make the patrols of a county; the same county and seed give the same."""
    rng = np.random.default_rng([seed, _STREAM])
    places = _places(county, rng)
    station = county.forces.loc[county.forces["role"] == "station", ["lon", "lat"]].iloc[0].to_numpy(float)
    days = [FIRST_DAY + pd.Timedelta(days=7 * week + day) for week in range(WEEKS) for day in range(5)]
    parts = []
    for number, day in enumerate(days):
        for unit, (shift, hour) in UNITS.items():
            late = LATE_S if unit == LATE_UNIT and number in LATE_DAYS else 0
            begin = day + pd.Timedelta(hours=hour)
            parts.append(_duty(unit, shift, begin, late, places, station, rng))
    tasks, track, log = (pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True))
    tasks.insert(0, "task", [f"S-{n:04d}" for n in range(1, len(tasks) + 1)])
    told = ["task", "kind", "start", "shift", "area", "unit", "order", "place", "minutes", "lon", "lat"]
    stops = tasks[["task", "done", "true_minutes"]].rename(columns={"true_minutes": "minutes"})
    return Patrols(_dirty(log, rng), tasks[told], _reports(tasks, rng), stops, track)


def _places(county: County, rng: np.random.Generator) -> pd.DataFrame:
    """Return the places that are patrolled, those of the county town; the last of them nobody goes to."""
    town = county.places[county.places["township"] == county.townships["name"].iloc[0]]
    chosen = town.iloc[rng.permutation(len(town))].drop_duplicates("name").head(PLACES)
    return chosen.reset_index(drop=True)


def _seconds(a: Floats, b: Floats) -> float:
    """Return the seconds of driving between two points in degrees."""
    east = (b[0] - a[0]) * _METRES * np.cos(np.radians(a[1]))
    return float(np.hypot(east, (b[1] - a[1]) * _METRES) * DETOUR / SPEED_MS)


def _duty(
    unit: str,
    shift: str,
    begin: pd.Timestamp,
    late: int,
    places: pd.DataFrame,
    station: Floats,
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the tasks of one car in one shift, where it was, and what its receiver told."""
    order = rng.permutation(np.tile(np.arange(len(places)), 2))
    order = order[np.append(True, np.diff(order) != 0)]
    xy = places[["lon", "lat"]].to_numpy(float)
    plan = _planned(order, xy, station)
    tasks = places.loc[order[: len(plan)], ["name", "township", "lon", "lat"]].reset_index(drop=True)
    tasks = tasks.rename(columns={"name": "place", "township": "area"})
    tasks = tasks.assign(kind="stop", start=begin + pd.to_timedelta(plan.round(), unit="s"), shift=shift, unit=unit,
                         order=np.arange(1, len(plan) + 1), minutes=STOP_S / 60)  # fmt: skip
    knots, stayed = _driven(order[: len(plan)], xy, station, late, rng)
    tasks = tasks.assign(true_minutes=stayed / 60, done=stayed > 0)
    lost = rng.uniform(0.1, 0.8) * SHIFT_S + np.array([0.0, rng.uniform(*LOST_S)])
    track = _along(knots, begin, TRUTH_S).iloc[:-1]
    log = _along(knots, begin, PING_S)
    log = log[~_within(log, begin, lost)]
    driver = f"D{rng.integers(1, 10)}"
    return tasks, track.assign(seen=_seen(track, log)), log.assign(unit=unit, driver=driver)


def _planned(order: Any, xy: Floats, station: Floats) -> Floats:
    """Return the seconds after the beginning of a shift at which its stops begin, as many as fit into it."""
    at, now, starts = station, 0.0, []
    for place in order:
        now += _seconds(at, xy[place])
        if now + STOP_S + _seconds(xy[place], station) > SHIFT_S:
            break
        starts.append(now)
        at, now = xy[place], now + STOP_S
    return np.array(starts)


def _driven(order: Any, xy: Floats, station: Floats, late: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Return the knots of what was driven (second, lon, lat), and the seconds spent at each stop of the plan."""
    at, now, stayed = station, float(late), np.zeros(len(order))
    knots = [(0.0, *at), (now, *at)]
    for n, place in enumerate(order):
        stay = SHORT_S if rng.random() < SHORT else STOP_S
        arrive = now + _seconds(at, xy[place])
        if place >= PLACES - SKIPPED or arrive + stay + _seconds(xy[place], station) > SHIFT_S:
            continue
        at, now, stayed[n] = xy[place], arrive + stay, stay
        knots += [(arrive, *at), (now, *at)]
    knots += [(now + _seconds(at, station), *station), (float(SHIFT_S), *station)]
    return np.array(knots), stayed


def _along(knots: Floats, begin: pd.Timestamp, step: int) -> pd.DataFrame:
    """Return where a car is every `step` seconds of its shift."""
    seconds = np.arange(0, SHIFT_S + 1, step)
    lon, lat = (np.interp(seconds, knots[:, 0], knots[:, axis]) for axis in (1, 2))
    return pd.DataFrame({"time": begin + pd.to_timedelta(seconds, unit="s"), "lon": lon, "lat": lat})


def _within(table: pd.DataFrame, begin: pd.Timestamp, lost: Floats) -> Bools:
    seconds = (table["time"] - begin).dt.total_seconds().to_numpy()
    return (seconds >= lost[0]) & (seconds < lost[1])


def _seen(track: pd.DataFrame, log: pd.DataFrame) -> Bools:
    """Return at which times the car was seen: between two positions not more than five minutes apart."""
    told, now = log["time"].to_numpy(), track["time"].to_numpy()
    after = np.searchsorted(told, now, side="right")
    inside = (after > 0) & (after < len(told))
    gap = np.zeros(len(now), "timedelta64[s]")
    gap[inside] = (told[after[inside]] - told[after[inside] - 1]).astype("timedelta64[s]")
    seen: Bools = inside & (gap <= np.timedelta64(300, "s"))
    return seen


def _reports(tasks: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the sheets that came back: not all do, and not every answer is the truth."""
    n = len(tasks)
    issued, taken, back = rng.random(n) < 0.97, rng.random(n) < 0.95, rng.random(n) < 0.9
    done = tasks["done"].to_numpy()
    activity = rng.choice(["talk", "advice", "open doors", "search", "presence"], n, p=[0.35, 0.25, 0.1, 0.05, 0.25])
    reason = rng.choice(["called away", "no time", "road closed"], n)
    table = pd.DataFrame({
        "task": tasks["task"], "issued": np.where(issued, "yes", "no"),
        "taken": np.where(issued & taken, "yes", "no"),
        "done": np.where(issued & taken & back, np.where(done, "yes", "no"), ""),
        "minutes_done": (tasks["true_minutes"] + rng.choice([-1, 0, 0, 1], n)).clip(lower=0).round(),
        "activity": np.where(done, activity, ""), "reason": np.where(done, "", reason),
    })  # fmt: skip
    silent = table["done"] == ""
    return table.assign(
        minutes_done=table["minutes_done"].mask(silent | ~done),
        activity=table["activity"].mask(silent, ""), reason=table["reason"].mask(silent, ""),
    )  # fmt: skip


def _dirty(log: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the log in the order of time, as a server writes it, with a few rows of every fault."""
    log = log.sort_values(["time", "unit"], kind="stable", ignore_index=True)
    speed = np.abs(rng.normal(25, 12, len(log)))
    lon, lat = (log[name].to_numpy() + rng.normal(0, 6 / _METRES, len(log)) for name in ("lon", "lat"))
    faulty = rng.choice(len(log), 36, replace=False)
    jump, fast, nowhere = faulty[:12], faulty[12:24], faulty[24:]
    lat[jump], speed[fast] = lat[jump] + 0.5, 400.0
    lon, lat = np.round(lon, 5), np.round(lat, 5)
    lon[nowhere], lat[nowhere] = 0.0, 0.0
    told = pd.DataFrame({"unit": log["unit"], "time": log["time"], "lon": lon, "lat": lat,
                         "speed_kmh": speed.round().astype(int), "driver": log["driver"]})  # fmt: skip
    unset = told.iloc[rng.choice(len(told), 6, replace=False)]
    unset = unset.assign(time=unset["time"] - pd.Timedelta(days=7168))  # the week of a receiver rolled over
    again = told.iloc[rng.choice(len(told), 10, replace=False)]
    return pd.concat([told, again, unset], ignore_index=True)


def patrol_files(patrols: Patrols, cells: Any) -> dict[str, str | bytes]:
    """Return the files of the patrols by name; `cells` are those of the track, for the truth by cell and week."""
    track = patrols.track
    week = (track["time"] - pd.to_timedelta(track["time"].dt.day_of_week, unit="D")).dt.strftime("%Y-%m-%d")
    rows = pd.DataFrame({"cell": cells, "week": week, "minutes": TRUTH_S / 60,
                         "seen_minutes": track["seen"] * TRUTH_S / 60})  # fmt: skip
    tables = {
        "patrol_tasks": patrols.tasks, "patrol_reports": patrols.reports,
        "patrol_stops_truth": patrols.stops.assign(done=patrols.stops["done"].astype(int)),
        "patrols_truth": rows.groupby(["cell", "week"], as_index=False).sum().round(2),
    }  # fmt: skip
    texts = {f"{name}.csv": table.to_csv(index=False, lineterminator="\n") for name, table in tables.items()}
    return {"patrols.parquet": _parquet(patrols.log), **texts}


def _parquet(log: pd.DataFrame) -> bytes:
    """Return the log as a Parquet file without the remarks of the program that wrote it."""
    content = io.BytesIO()
    table = pa.Table.from_pandas(log, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, content, compression="zstd", use_dictionary=["unit", "driver"])
    return content.getvalue()
