"""What rises at the end of a plan's records: the warnings of a watch, judged once."""

from __future__ import annotations

from typing import Any

import h3
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.pipeline.results import Counts, Place
from patrolgeo.pipeline.watch.judge import judge


def find_rising(plan: Plan, place: Place, counts: Counts) -> pd.DataFrame | None:
    """Return the warnings of the last whole weeks, those of [watch]; None when not wished."""
    if plan.watch is None:
        return None
    coarse = plan.watch.resolution or plan.analysis.resolution - 1
    parents = {cell: h3.cell_to_parent(cell, coarse) for cell in counts.records["cell"].unique()}
    records = pd.DataFrame(counts.records[["time", "category"]]).assign(cell=counts.records["cell"].map(parents))
    records["time"] = records["time"].dt.tz_localize(None)
    end = place.incidents["time"].dt.tz_localize(None).max().normalize() + pd.Timedelta(days=1)
    return judge(records, plan.watch, end)


def rows_of(alerts: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the warnings as plain rows, days as text."""
    told = alerts.assign(**{name: alerts[name].dt.strftime("%Y-%m-%d") for name in ("period", "first_seen")})
    return told.to_dict("records")


def rising_summary(alerts: pd.DataFrame) -> dict[str, Any]:
    """Return the weeks judged, how many warnings chance brings in one, and the warnings."""
    weeks = alerts.attrs["false_alarms"]
    return {
        "first_week": f"{weeks.index[0]:%Y-%m-%d}" if len(weeks) else None,
        "last_week": f"{weeks.index[-1]:%Y-%m-%d}" if len(weeks) else None,
        "by_chance_a_week": float(weeks.mean()) if len(weeks) else 0.0,
        "warnings": rows_of(alerts),
    }
