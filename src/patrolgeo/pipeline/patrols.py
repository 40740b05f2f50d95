"""How it went: what was patrolled, week by week, against what had been planned and what was reported back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.patrols import PatrolLog
from patrolgeo.errors import DataError
from patrolgeo.evaluation.delivery.compare import Delivery, compare_delivery, sums_by
from patrolgeo.evaluation.delivery.dose import PARTS, patrol_account, patrol_dose, thinning_change
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.forces import Delivered
from patrolgeo.pipeline.reading import read_source
from patrolgeo.pipeline.results import Ground, Place
from patrolgeo.sources.ledger import Ledger
from patrolgeo.tasks.reports import read_reports, read_tasks
from patrolgeo.tasks.shares import STEPS, task_shares

TOLD = ("planned", "delivered", "done", "done_share", "low", "high", "beyond", "outside", "cells", "never")
RARE = 0.1  # a median cell that changes by more when every second position is left out


@dataclass(frozen=True)
class Issued:
    """The tasks that had been planned, and what came back of them (None where no sheets are named)."""

    tasks: pd.DataFrame
    reports: pd.DataFrame | None
    ledgers: tuple[Ledger, ...]


def read_issued(plan: Plan) -> Issued | None:
    """Return the tasks that the log is held against, and their sheets; None when the plan names none."""
    log = plan.patrols
    if log is None or log.planned is None:
        return None
    tasks, ledger = read_tasks(log.planned, return_ledger=True)
    lacking = [name for name in ("start", "minutes", "lon") if tasks[name].isna().all()]
    if lacking:
        raise DataError(f"{log.planned}: no task has {' or '.join(lacking)}, so that nothing can be held against it.")
    if log.reported is None:
        return Issued(tasks, None, (ledger,))
    reports, came = read_reports(log.reported, tasks, return_ledger=True)
    return Issued(tasks, reports, (ledger, came))


_Weeks = dict[pd.Timestamp, tuple[pd.DataFrame, Delivery | None]]


def hold_patrols(
    plan: Plan, place: Place, ground: Ground, of_cell: pd.Series, issued: Issued | None
) -> Delivered | None:
    """Return what was patrolled, `of_cell` by area of the plan; None when the plan names no log."""
    log, patrols = plan.patrols, place["patrols"]
    if log is None or patrols is None:
        return None
    tasks = None if issued is None else _on_cells(issued.tasks, ground.grid, place["shifts"])
    weeks = _by_week(log, patrols, ground.grid, place["shifts"], tasks)
    held = [went.by_cell for _, went in weeks.values() if went is not None]
    gap = log.max_gap_minutes
    return Delivered(
        weeks=_week_table(weeks),
        **_sums(weeks, _sum(held) if held else None, of_cell),
        account=patrol_account(patrols, ground.grid, ledger=place.ledgers["patrols"], max_gap_minutes=gap),
        units=int(patrols["unit"].nunique()),
        thinning=thinning_change(patrols, ground.grid, max_gap_minutes=gap),
        shares=_shares(issued),
        planned_outside=0.0 if tasks is None else float(tasks["minutes"][tasks["cell"].isna()].sum()),
    )


def tasks_of_week(plan: Plan, grid: HexGrid, monday: pd.Timestamp) -> dict[str, float] | None:
    """Return how many tasks of a week were issued, taken, reported and done, and of their minutes those of the log.

    None when the plan names no tasks; without `done` where no sheets came back, without `delivered` where the log has
    nothing of the week.
    """
    issued, log = read_issued(plan), plan.patrols
    if issued is None or log is None:
        return None
    shifts = None if plan.shifts is None else read_source(plan, "shifts")[0]
    tasks = _on_cells(issued.tasks, grid, shifts)
    own = tasks[tasks["week"] == monday]
    told = {"tasks": float(len(own)), "planned": float(own["minutes"].sum())}
    shares = _shares(issued)
    if shares is not None and monday in shares.index:
        told |= {step: float(shares.at[monday, step]) for step in STEPS}
    patrols = read_source(plan, "patrols")[0]
    patrols = patrols[_monday(patrols["start" if "start" in patrols else "time"]) == monday]
    if len(patrols) and len(own):
        _, went = _by_week(log, patrols, grid, shifts, tasks)[monday]
        told["delivered"] = 0.0 if went is None else float(went.total["done"])
    return told


def _by_week(
    log: PatrolLog, patrols: pd.DataFrame, grid: HexGrid, shifts: pd.DataFrame | None, tasks: pd.DataFrame | None
) -> _Weeks:
    """Return the dose of each week, and how it stands to the plan of that week (None without one)."""
    week, weeks = _monday(patrols["start" if "start" in patrols else "time"]), _Weeks()
    for monday in sorted(week.dropna().unique()):
        dose = patrol_dose(
            patrols[week == monday], grid, shifts=shifts,
            max_gap_minutes=log.max_gap_minutes, min_stay_minutes=log.min_stay_minutes,
        )  # fmt: skip
        own = None if tasks is None else tasks[(tasks["week"] == monday) & tasks["cell"].notna()]
        labels = [] if own is None else ["cell", *(["shift"] if "shift" in own else []), "minutes"]
        weeks[monday] = dose, None if own is None or own.empty else compare_delivery(own[labels], dose)
    return weeks


def _monday(times: pd.Series) -> pd.Series:
    day = pd.to_datetime(times).dt.normalize()
    return day - pd.to_timedelta(day.dt.day_of_week, unit="D")


def _on_cells(tasks: pd.DataFrame, grid: HexGrid, shifts: pd.DataFrame | None) -> pd.DataFrame:
    """Return the tasks with minutes, their week and cell (missing outside), and no shifts but those that are known."""
    tasks = tasks[tasks["minutes"] > 0]
    at = grid.positions(tasks["lon"], tasks["lat"])
    cell = pd.Series(grid.cells[at], tasks.index).where(at >= 0)
    known = shifts is not None and tasks["shift"].isin(shifts.index).all()
    return tasks.assign(cell=cell, week=_monday(tasks["start"])).drop(columns=[] if known else ["shift"])


def _sums(weeks: _Weeks, held: pd.DataFrame | None, of_cell: pd.Series) -> dict[str, Any]:
    """Return the sums of all weeks by cell, area and shift, and all together; `held` is what was held against plans."""
    by_cell = _sum([dose.groupby(level=0, sort=False).sum() for dose, _ in weeks.values()]).add_prefix("patrol_")
    if held is None:
        return {"by_cell": by_cell, "by_area": None, "by_shift": None, "total": None}
    planned = held["planned"].groupby(level=0).sum().reindex(by_cell.index, fill_value=0.0)
    labels = [held.index.get_level_values(level).to_numpy() for level in range(held.index.nlevels)]
    return {
        "by_cell": by_cell.assign(planned_minutes=planned),
        "by_area": _worked(sums_by(held, of_cell[labels[0]].to_numpy(), "area")),
        "by_shift": _worked(sums_by(held, labels[1], "shift", in_order=True)) if len(labels) > 1 else None,
        "total": sums_by(held, np.zeros(len(held), int), "all").iloc[0],
    }


def _worked(sums: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of areas or shifts for which something was planned or patrolled."""
    return sums[(sums["planned"] > 0) | (sums["delivered"] > 0)]


def _shares(issued: Issued | None) -> pd.DataFrame | None:
    """Return the shares of the tasks by week, None where no sheets came back."""
    return None if issued is None or issued.reports is None else task_shares(issued.tasks, issued.reports, by=["week"])


def _sum(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the sum of tables of numbers by label, in the order of the first."""
    whole = tables[0]
    for table in tables[1:]:
        whole = whole.add(table.reindex(whole.index.union(table.index, sort=False)), fill_value=0)
    return whole


def _week_table(weeks: _Weeks) -> pd.DataFrame:
    """Return a row a week: minutes and visits in cells, and what was done of its plan."""
    rows = {
        monday: {"minutes": dose["minutes"].sum(), "visits": int(dose["visits"].sum()),
                 **({} if went is None else {name: went.total[name] for name in TOLD})}
        for monday, (dose, went) in weeks.items()
    }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("week")


def patrols_summary(delivered: Delivered, names: pd.Series) -> dict[str, Any]:
    """Return the numbers of what was patrolled; `names` are those of the areas."""
    told: dict[str, Any] = {
        "units": delivered.units,
        "minutes": {part: float(delivered.account[part]) for part in (*PARTS, "log")},
        "visits": int(delivered.by_cell["patrol_visits"].sum()),
        "cells_patrolled": int((delivered.by_cell["patrol_minutes"] > 0).sum()),
        "thinning": delivered.thinning, "too_rare": bool(delivered.thinning > RARE),
        "weeks": [{"week": f"{week:%Y-%m-%d}", **row.dropna().to_dict()} for week, row in delivered.weeks.iterrows()],
    }  # fmt: skip
    if delivered.total is not None:
        told |= {name: delivered.total[name] for name in TOLD} | {"planned_outside": delivered.planned_outside}
    if delivered.by_area is not None:
        areas = delivered.by_area
        told["by_area"] = [{"area": int(a) + 1, "area_name": names[a], **row[list(TOLD)].dropna().to_dict()}
                           for a, row in areas.iterrows()]  # fmt: skip
    if delivered.by_shift is not None:
        told["by_shift"] = [{"shift": str(s), **row[list(TOLD)].dropna().to_dict()}
                            for s, row in delivered.by_shift.iterrows()]  # fmt: skip
    if delivered.shares is not None:
        told["tasks"] = [{"week": f"{week:%Y-%m-%d}", **row.dropna().to_dict()}
                         for week, row in delivered.shares.iterrows()]  # fmt: skip
    return told
