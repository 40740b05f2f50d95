"""What rises at the end of a plan's records: the warnings of a watch, judged once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import h3
import pandas as pd
from scipy import stats

from patrolgeo.config import Plan
from patrolgeo.pipeline.forces import Posts
from patrolgeo.pipeline.results import AreaSheet, Counts, Ground, Place
from patrolgeo.pipeline.watch.duty import Duty, name_duty, who_can_go
from patrolgeo.pipeline.watch.judge import judge

PAST, SHORTEST = 52, 16  # weeks before the last ones that are judged too; weeks of history that are left


def find_rising(
    plan: Plan, place: Place, ground: Ground, counts: Counts, sheet: AreaSheet, posts: Posts | None
) -> pd.DataFrame | None:
    """Return the warnings of the last whole weeks, and of a year before them, whom each concerns; None: no wish."""
    if plan.watch is None:
        return None
    coarse = plan.watch.resolution or plan.analysis.resolution - 1
    parents = {cell: h3.cell_to_parent(cell, coarse) for cell in counts.records["cell"].unique()}
    records = pd.DataFrame(counts.records[["time", "category"]]).assign(cell=counts.records["cell"].map(parents))
    records["time"] = records["time"].dt.tz_localize(None)
    end = place.incidents["time"].dt.tz_localize(None).max().normalize() + pd.Timedelta(days=1)
    past = min(PAST, plan.watch.history - SHORTEST)
    wish = replace(plan.watch, weeks=plan.watch.weeks + past, history=plan.watch.history - past)
    known = None if posts is None else gpd.GeoDataFrame(posts.table[["name", "geometry"]], geometry="geometry")
    names = sheet.of_cell.map(sheet.names["name"])
    duty = Duty(place["shifts"], names, known, _forces(plan, place, ground, names))
    return name_duty(judge(records, wish, end), records.assign(fine=counts.records["cell"]), duty)


def _forces(plan: Plan, place: Place, ground: Ground, names: pd.Series) -> pd.DataFrame | None:
    forces = place["forces"]
    if forces is None:
        return None
    at = ground.grid.positions(forces.geometry.x, forces.geometry.y)
    cell = pd.Series(ground.grid.cells.to_numpy()[at], forces.index).where(at >= 0)
    return who_can_go(plan, forces, cell.map(names))


def rows_of(alerts: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the warnings as plain rows, days as text."""
    told = alerts.assign(**{name: alerts[name].dt.strftime("%Y-%m-%d") for name in ("period", "first_seen")})
    return told.to_dict("records")


def rising_summary(alerts: pd.DataFrame, n_weeks: int) -> dict[str, Any]:
    """Return the last weeks, how many warnings chance brings in one, by kind, their warnings, and how it was before.

    Of the weeks before these the warnings are counted beside those that chance was expected to bring, and what 95 of
    100 spans of as many weeks would have by chance (Poisson).
    """
    judged, kinds = pd.Series(alerts.attrs["false_alarms"], dtype=float), pd.DataFrame(alerts.attrs["by_kind"])
    weeks, past = judged.iloc[-n_weeks:], judged.iloc[:-n_weeks]
    before = alerts["period"].isin(past.index)
    low, high = (int(n) for n in stats.poisson.ppf([0.025, 0.975], max(float(past.sum()), 1e-9)))
    return {
        "first_week": f"{weeks.index[0]:%Y-%m-%d}" if len(weeks) else None,
        "last_week": f"{weeks.index[-1]:%Y-%m-%d}" if len(weeks) else None,
        "by_chance_a_week": {str(kind): float(n) for kind, n in kinds.iloc[-n_weeks:].mean().items()},
        "warnings": rows_of(alerts[~before]),
        "past": {
            "weeks": len(past),
            "n": int(before.sum()),
            "by_chance": float(past.sum()),
            "low": low,
            "high": high,
        },
    }
