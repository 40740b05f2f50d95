"""Who is on duty at which hour, what they reach in time, and whether they are enough for what the plan asks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.config import Plan
from patrolgeo.pipeline.forces import Strength
from patrolgeo.pipeline.results import Ground, Place
from patrolgeo.sources.clocks import parse_clock

DAY = 1440
MORNING = 360  # 06:00: shifts are counted from the first that begins then or later
YEAR_DAYS, DAY_HOURS = 220.0, 8.0  # that an officer works; whose shifts are longer works fewer days


def who_reaches(
    forces: gpd.GeoDataFrame | None, ground: Ground, demand: pd.Series, max_minutes: float, by_posts: pd.Series
) -> pd.DataFrame:
    """Return by hours of the day how much demand the forces on duty reach in time, and with the new posts.

    A row for each stretch of hours in which the same forces are on duty: `forces`, `officers`, `reached_share` (of the
    demand, from their bases), `with_posts_share`. The rest is a blind spot: nobody arrives in time. Without forces the
    table is empty, and nothing can be said of blind spots.
    """
    columns = ["hours", "forces", "officers", "reached_share", "with_posts_share"]
    if forces is None or not len(forces):
        return pd.DataFrame(columns=columns)
    at = ground.grid.positions(forces.geometry.x, forces.geometry.y)
    start, end = duty_hours(forces)
    weight, total = demand.to_numpy(), float(demand.sum()) or 1.0
    officers = _numbers(forces, "officers")
    rows = []
    for first, last in pairwise(np.unique([0, DAY, *start, *(end % DAY)])):
        on = works(start, end, first) & (at >= 0)
        reached = _reached(ground, at[on], max_minutes)
        shares = [weight[mask].sum() / total for mask in (reached, reached | by_posts.to_numpy())]
        rows.append([f"{_clock(first)}-{_clock(last)}", int(on.sum()), float(officers[on].sum()), *map(float, shares)])
    return pd.DataFrame(rows, columns=columns)


def duty_hours(forces: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    """Return the minutes of the day at which each force starts and ends; the whole day where the file does not say."""
    if not {"start", "end"} <= set(forces.columns):
        return np.zeros(len(forces), np.int64), np.full(len(forces), DAY)
    start, end = (_minutes(forces[name]) for name in ("start", "end"))
    unknown = (start < 0) | (end < 0)
    start, end = np.where(unknown, 0, start), np.where(unknown, DAY, end)
    return start % DAY, np.where(end > start, end, end + DAY)


def _minutes(column: pd.Series) -> Ints:
    seconds = parse_clock(column, hours=True)
    return np.where(np.isnat(seconds), -1, seconds.astype(np.int64) // 60)


def works(start: Ints, end: Ints, minute: int) -> Bools:
    """Return which forces are on duty at a minute of the day; duty may cross midnight."""
    return ((start <= minute) & (minute < end)) | (minute + DAY < end)


def _reached(ground: Ground, bases: Ints, max_minutes: float) -> Bools:
    if not len(bases):
        return np.zeros(len(ground.grid), bool)
    to_travel = ground.travel.cells.get_indexer(ground.grid.cells)
    minutes = dijkstra(
        ground.travel.minutes, directed=False, indices=np.unique(to_travel[bases]), limit=max_minutes, min_only=True
    )
    return np.isfinite(minutes[to_travel])


def _clock(minute: Any) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _numbers(forces: gpd.GeoDataFrame, column: str) -> Floats:
    if column not in forces:
        return np.zeros(len(forces))
    return pd.to_numeric(forces[column], errors="coerce").fillna(0.0).to_numpy(float)


def measure_strength(plan: Plan, place: Place, n_posts: int) -> Strength | None:
    """Hold the officers and vehicles that the plan asks for against those of the dedicated forces, by shift.

    One unit an area around the clock comes first, then checkpoints in their order, then posts in theirs: so many of
    each can be manned. None when the forces are not known by officers.
    """
    forces = place["forces"]
    if forces is None or "officers" not in forces:
        return None
    wish, hours = plan.strength, plan.areas.shift_hours
    relief = 365.0 / days_worked(plan)
    shifts_day = 24.0 / hours
    crews = {"areas": wish.unit_officers, "checkpoints": plan.checkpoints.officers if plan.checkpoints else 0,
             "sites": wish.post_officers}  # fmt: skip
    shifts = {"areas": shifts_day, "checkpoints": shifts_day, "sites": wish.post_hours / hours}
    normal = plan.checkpoints.n if plan.checkpoints else 0  # higher grades of duty are for a time
    wanted = {"areas": plan.areas.n, "checkpoints": normal, "sites": n_posts}
    shift_table = _by_shift(
        counted_forces(forces, wish.roles), wanted, crews, shifts, hours, relief, _first_shift(place["shifts"], hours)
    )
    left = shift_table["officers_on_duty"].to_numpy(float)
    rows = {}
    for use, n in wanted.items():
        manned, left = _manned(n, crews[use], shifts[use], left)
        daily = n * crews[use] * shifts[use]
        rows[use] = {"wanted": n, "staffed": manned, "officer_shifts_day": daily, "officers": daily * relief,
                     "vehicles": n if use == "areas" else 0}  # fmt: skip
    return Strength(pd.DataFrame.from_dict(rows, orient="index").rename_axis("use"), shift_table, relief)


def days_worked(plan: Plan) -> float:
    """Return the days a year that an officer works: as the plan says, else 220 of up to 8 hours."""
    said = plan.strength.days_worked
    return YEAR_DAYS * min(1.0, DAY_HOURS / plan.areas.shift_hours) if said is None else said


def _first_shift(shifts: pd.DataFrame | None, hours: float) -> int:
    """Return the minute of the day at which shifts of so many hours are counted from: one of [shifts], else 06:00."""
    if shifts is None:
        return MORNING
    starts = shifts["start"][shifts["minutes"] == 60 * hours].to_numpy() % DAY
    return int((MORNING + ((starts - MORNING) % DAY).min()) % DAY) if len(starts) else MORNING


def counted_forces(forces: gpd.GeoDataFrame, roles: list[str] | None) -> gpd.GeoDataFrame:
    """Return the forces that can man units: those of the wanted roles, else dedicated ones without auxiliaries."""
    if roles is not None and "role" in forces:
        return forces[forces["role"].isin(roles)]
    dedicated = forces["kind"] == "dedicated"
    if "role" in forces:
        dedicated &= ~forces["role"].astype("str").str.contains("auxiliary|辅警", case=False)
    return forces[dedicated]


def _by_shift(
    forces: gpd.GeoDataFrame, wanted: dict[str, int], crews: dict[str, int], shifts: dict[str, float], hours: float,
    relief: float, begins: int,
) -> pd.DataFrame:  # fmt: skip
    """Return officers and vehicles wanted and on duty in each shift; posts take the first shifts of the day."""
    start, end = duty_hours(forces)
    officers, vehicles = _numbers(forces, "officers"), _numbers(forces, "vehicles")
    per_shift = officers / relief / np.maximum((end - start) / (60 * hours), 1.0)  # officers rest between shifts
    rows = {}
    for k in range(round(24 / hours)):
        first = int(begins + 60 * hours * k) % DAY
        middle = int(first + 30 * hours) % DAY
        on = works(start, end, middle)
        asked = {use: wanted[use] * crews[use] * min(max(shifts[use] - k, 0.0), 1.0) for use in wanted}
        rows[f"{_clock(first)}-{_clock(int(first + 60 * hours) % DAY)}"] = {
            "officers_wanted": sum(asked.values()), "officers_on_duty": float(per_shift[on].sum()),
            "vehicles_wanted": wanted["areas"], "vehicles_on_duty": float(vehicles[on].sum()),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("shift")


def _manned(n: int, crew: int, shifts: float, left: Floats) -> tuple[int, Floats]:
    """Return how many of `n` can be manned with the officers left in each shift, and who is left then."""
    share = np.clip(shifts - np.arange(len(left)), 0.0, 1.0)
    used = share > 0
    can = n if not crew or not used.any() else int(min(n, np.floor((left[used] / (crew * share[used])).min() + 1e-9)))
    can = max(can, 0)
    return can, left - can * crew * share
