"""What a finished plan says of a week: the stops that were drawn, whom it takes and who is there, the roster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.errors import DataError

WEEK = pd.Timedelta(days=7)
STOP = ["task", "start", "unit", "cell", "minutes"]


def week_ahead(folder: Path, monday: pd.Timestamp) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return what the finished plan in a folder says of the week from a Monday, and its stops of that week.

    Raises
    ------
    DataError
        When a file of the plan is missing or cannot be read.
    """
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        drawn = _drawn(folder / "tasks.csv")
    except (OSError, ValueError) as error:
        raise DataError(
            f"{folder}: a file of the finished plan cannot be read ({error}). Run the plan again."
        ) from error
    week = drawn[drawn["start"].between(monday, monday + WEEK, inclusive="left")]
    days = {} if drawn.empty else {"drawn_from": f"{drawn['start'].min():%Y-%m-%d}",
                                   "drawn_to": f"{drawn['start'].max():%Y-%m-%d}"}  # fmt: skip
    told = {
        "week": f"{monday:%Y-%m-%d}", **days, "stops": len(week), "minutes": float(week["minutes"].sum()),
        "units": int(week.groupby(week["start"].dt.normalize())["unit"].nunique().max()) if len(week) else 0,
        "strength": _strength(summary), "roster": _roster(summary),
    }  # fmt: skip
    return told, week


def _drawn(path: Path) -> pd.DataFrame:
    """Return all stops that were drawn; none where the plan has no routes."""
    if not path.is_file():
        return pd.DataFrame(columns=STOP).assign(start=pd.DatetimeIndex([]))
    tasks = pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, usecols=[*STOP, "kind"])
    return tasks[tasks["kind"] == "stop"].assign(start=lambda t: pd.to_datetime(t["start"]))


def _strength(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return by shift the officers that the plan asks for and those on duty."""
    shifts = (summary.get("strength") or {}).get("shifts", {})
    return [
        {"shift": name, "wanted": row["officers_wanted"], "there": row["officers_on_duty"]}
        for name, row in shifts.items()
    ]


def _roster(summary: dict[str, Any]) -> dict[str, Any] | None:
    staffing = summary.get("staffing")
    if not staffing:
        return None
    forces = staffing["roster_forces"].values()
    return {
        "first": staffing["first_day"], "last": staffing["last_day"],
        "required": sum(row["required_hours"] for row in forces), "hours": sum(row["duty_hours"] for row in forces),
        "people": sum(row["people"] for row in forces), "employed": staffing["employed_there"],
    }  # fmt: skip


def stops_at(spots: pd.DataFrame, week: pd.DataFrame) -> list[int]:
    """Return how many of the stops of a week are drawn in the cell of each spot within its hours."""
    hour = week["start"].dt.hour
    return [
        int(((week["cell"] == row.cell) & (hour >= int(row.shift[:2])) & (hour < int(row.shift[-5:-3]))).sum())
        for row in spots.itertuples()
    ]
