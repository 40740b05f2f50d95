"""Units by hour, shifts and the roster sheet of a plan: who is on duty when, where, and what service it gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.staffing import StaffingWish
from patrolgeo.pipeline.duty import counted_forces, days_worked
from patrolgeo.pipeline.forces import Posts, Staffing
from patrolgeo.pipeline.results import AreaSheet, Checkpoints, Place, Sites
from patrolgeo.pipeline.shifts import hours_of
from patrolgeo.plan.staffing.demand import hourly_calls
from patrolgeo.plan.staffing.roster_sheet import on_duty_by_place, roster_sheet
from patrolgeo.plan.staffing.shift_plan import WEEKDAYS, ShiftPlan
from patrolgeo.plan.staffing.shifts import staff_shifts
from patrolgeo.plan.staffing.units import measure_units, staff_units

PATROL, CHECKPOINT, POST = "patrol", "checkpoint", "post"
RUNS = 1  # of the search for shifts: a second one found nothing better in the sample county
DEDICATED = "dedicated"


def staff_plan(
    plan: Plan, place: Place, workload: pd.Series, areas: AreaSheet, sites: Sites | None,
    checkpoints: Checkpoints | None, posts: Posts | None, road_km: pd.Series | None,
) -> Staffing | None:  # fmt: skip
    """Find units by hour, shifts and the roster of the first week. None when not wished."""
    wish, calls = plan.staffing, place["calls"]
    if wish is None or calls is None:
        return None
    rates, busy = hourly_calls(calls, report_minutes=plan.areas.report_minutes)
    rates = rates.fillna(rates.mean())  # a day of the week without any record is taken as the mean of the others
    fixed = _fixed(checkpoints, posts, place)
    shifts = _shifts(plan, wish, rates["rate"], busy, fixed)
    service = measure_units(
        shifts.staffed[PATROL], rates["rate"], mean_service_hours=busy, within_hours=wish.within_minutes / 60,
        lag=wish.lag, administrative_share=wish.administrative_share,
        road_km=None if road_km is None else float(road_km.sum()), speed_kmh=plan.areas.speed_kmh,
    )  # fmt: skip
    weight = workload.groupby(areas.of_cell).sum().rename(areas.names["name"])
    weight = weight.clip(lower=max(float(weight.max()), 1.0) * 1e-3)
    places = {PATROL: weight} | {force: pd.Series(1.0, table.columns) for force, table in fixed.items()}
    sheet = roster_sheet(shifts, first_day(wish, place), places, vehicles={PATROL: 1}, posts=_duty_points(areas, sites))
    return Staffing(
        rates, busy, shifts, service, sheet, on_duty_by_place(sheet[sheet["force"] == PATROL], weight.index),
        _employed(plan, place),
    )  # fmt: skip


def first_day(wish: StaffingWish, place: Place) -> pd.Timestamp:
    """Return the first date of the sheet: as wished, or the first Monday after the newest record."""
    if wish.first_day is not None:
        return pd.Timestamp(wish.first_day).normalize()
    newest = place.incidents["time"].max().normalize()
    return newest + pd.Timedelta(days=7 - newest.day_of_week)


def _shifts(plan: Plan, wish: StaffingWish, rates: pd.Series, busy: float, fixed: dict[str, pd.DataFrame]) -> ShiftPlan:
    units = staff_units(
        rates, mean_service_hours=busy, share=wish.share, within_hours=wish.within_minutes / 60, lag=wish.lag,
        administrative_share=wish.administrative_share,
    )  # fmt: skip
    floor = plan.areas.n if wish.at_least is None else wish.at_least
    wanted = pd.DataFrame({PATROL: units.clip(lower=floor), **{force: t.sum(axis=1) for force, t in fixed.items()}})
    crews = {PATROL: plan.strength.unit_officers, POST: _post_officers(plan),
             CHECKPOINT: 0 if plan.checkpoints is None else plan.checkpoints.officers}  # fmt: skip
    return staff_shifts(
        wanted, lengths=wish.lengths, rest_hours=wish.rest_hours, days_off=wish.days_off, week_hours=wish.week_hours,
        people={force: crews[force] for force in wanted}, effort=RUNS, random_state=plan.seed,
        hours_worked=min(days_worked(plan) * plan.areas.shift_hours, 8760.0),
    )  # fmt: skip


def _post_officers(plan: Plan) -> int:
    forces = [] if plan.posts is None else plan.posts.forces
    return next((force.officers for force in forces if force.kind == DEDICATED), plan.strength.post_officers)


def _fixed(checkpoints: Checkpoints | None, posts: Posts | None, place: Place) -> dict[str, pd.DataFrame]:
    """Return what dedicated crews hold at which hour of the week, hours x names, by force."""
    made = {}
    if checkpoints is not None:
        table = checkpoints.plan.to_gdf()
        normal = table[table["grade"] == "normal"] if "grade" in table else table
        made[CHECKPOINT] = pd.DataFrame(1, pd.RangeIndex(168), [f"{CHECKPOINT} {k}" for k in normal.index])
    shifts = place["shifts"]
    if posts is not None and shifts is not None:
        held = posts.table[posts.table["force"] == DEDICATED]
        if len(held):
            made[POST] = pd.DataFrame({
                f"{row.name_} {hours_of(shifts.loc[row.shift])}": _open_hours(shifts.loc[row.shift])
                for row in held.rename(columns={"name": "name_"}).itertuples()
            })  # fmt: skip
    return made


def _open_hours(shift: pd.Series) -> Any:
    """Return at which hours of the week a shift is on, 0 or 1; an hour that it begins or ends in counts whole."""
    first, last = int(shift["start"] // 60), int(np.ceil((shift["start"] + shift["minutes"]) / 60))
    on = np.zeros(168, np.int64)
    for day in shift["days"]:
        on[(24 * WEEKDAYS.index(day) + np.arange(first, last)) % 168] = 1
    return on


def _duty_points(areas: AreaSheet, sites: Sites | None) -> pd.Series | None:
    """Return by area the names of the posts in it: where its units stand when they are free."""
    if sites is None:
        return None
    chosen = sites.candidates.loc[sites.plan.sites, ["name", "cell"]]
    area = chosen["cell"].map(areas.of_cell).map(areas.names["name"])
    return chosen["name"].fillna(chosen["cell"]).astype(str).groupby(area.to_numpy()).agg("; ".join)


def _employed(plan: Plan, place: Place) -> int | None:
    forces = place["forces"]
    if forces is None or "officers" not in forces:
        return None
    counted = counted_forces(forces, plan.strength.roles)
    return int(pd.to_numeric(counted["officers"], errors="coerce").fillna(0).sum())


def staffing_summary(wish: StaffingWish, staffing: Staffing) -> dict[str, Any]:
    """Return the numbers of the staffing: demand, units by hour, service, shifts, people."""
    service, required = staffing.service, staffing.shifts.required[PATROL]
    uncovered = int((staffing.on_duty == 0).to_numpy().sum())
    return {
        "share": wish.share, "within_minutes": wish.within_minutes, "lag": wish.lag,
        "asked_a_week": float(staffing.rates["rate"].sum()), "busy_minutes": 60 * staffing.busy_hours,
        "units_least": int(required.min()), "units_most": int(required.max()),
        "units": [int(n) for n in required], "on_duty": [int(n) for n in staffing.shifts.staffed[PATROL]],
        "within_share": float(np.average(service["within_share"], weights=staffing.rates["rate"] + 1e-12)),
        "committed_share": float(service["load"].sum() / max(service["units"].sum(), 1)),
        "committed_share_most": float(service["committed_share"].max()),
        "hours_watch": int((service["advice"] == "watch").sum()),
        "hours_too_few": int((service["advice"] == "too few").sum()),
        "patrol_interval_hours": float(service["patrol_interval_hours"].median()),
        "area_hours": staffing.on_duty.size, "area_hours_without": uncovered,
        **{f"roster_{key}": value for key, value in staffing.shifts.summary().items()},
        "employed": float(staffing.shifts.people["employed"].sum()), "employed_there": staffing.employed,
        "first_day": f"{staffing.sheet['date'].min():%Y-%m-%d}", "last_day": f"{staffing.sheet['date'].max():%Y-%m-%d}",
    }  # fmt: skip


def staffing_unmet(staffing: Staffing | None) -> list[dict[str, Any]]:
    """Return the people that the roster needs beyond those there."""
    if staffing is None or staffing.employed is None:
        return []
    wanted = int(np.ceil(staffing.shifts.people["employed"].sum() - 1e-9))
    return [] if wanted <= staffing.employed else [
        {"wish": "staff_roster", "wanted": wanted, "can": staffing.employed}
    ]  # fmt: skip
