"""Where the tables of the office come from: as they are, or put together from several findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.pages.findings import Findings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OF_TODAY = ("mostly", "mostly_share", "minutes_today")
OF_SHARES = ("_share", "_low", "_high")
ROAD = ("name", "road_class", "speed_kmh", "oneway")


def named(name: str) -> Callable[[Findings], pd.DataFrame | None]:
    """Return what takes a table of findings by its name, also of those that lie on the map only."""
    return lambda found: getattr(found, name, found.overlays.get(name))


def areas(found: Findings) -> pd.DataFrame | None:
    """Return the patrol areas, beside them what they mostly are today."""
    rows = _part(found, "areas").get("by_area")
    if found.areas is None or not rows:
        return found.areas
    today = pd.DataFrame(rows).set_index("area")
    known = today[[c for c in OF_TODAY if c in today and c not in found.areas]].dropna(axis=1, how="all")
    return found.areas.join(known) if set(known.index) == set(found.areas.index) else found.areas


def roads(found: Findings) -> gpd.GeoDataFrame | None:
    """Return the roads that were used: what the plan takes of them, none of the file's other columns."""
    if found.roads is None:
        return None
    return found.roads[[*(c for c in ROAD if c in found.roads), found.roads.geometry.name]].reset_index(drop=True)


def area_hours(found: Findings) -> pd.DataFrame | None:
    """Return what is expected by hour of the day, a row an area and hour."""
    rows = [row for row in _part(found, "areas").get("by_area") or () if row.get("by_hour")]
    return _rows([
        {"area": row["area"], "area_name": row["name"], "hour": f"{h:02d}:00", "expected": n}
        for row in rows for h, n in enumerate(row["by_hour"])
    ])  # fmt: skip


def cell_steps(found: Findings) -> pd.DataFrame | None:
    """Return what was recorded, a row a step and cell where there is something."""
    if found.counts is None or not len(found.counts):
        return None
    long = found.counts.rename_axis(columns="cell").stack().rename("incidents")
    return long[long > 0].reset_index()[["cell", "first", "last", "incidents"]]


def duty(found: Findings) -> pd.DataFrame | None:
    """Return who reaches how much at which hours, a row a stretch of the day."""
    return _rows(_part(found, "sites").get("duty"))


def strength(found: Findings) -> pd.DataFrame | None:
    """Return what the plan asks of the forces and what they can man, a row a use."""
    return _named_rows(_part(found, "strength").get("uses"), "use")


def shifts(found: Findings) -> pd.DataFrame | None:
    """Return officers and vehicles wanted and on duty, a row a shift."""
    return _named_rows(_part(found, "strength").get("shifts"), "shift")


def patrols(part: str) -> Callable[[Findings], pd.DataFrame | None]:
    """Return what takes a table of what was patrolled: by week, area or shift, or the counts of the tasks."""

    def table(found: Findings) -> pd.DataFrame | None:
        rows = _rows(_part(found, "patrols").get(part))
        return rows if rows is None or part != "tasks" else rows[[c for c in rows if not c.endswith(OF_SHARES)]]

    return table


def unit_hours(found: Findings) -> pd.DataFrame | None:
    """Return patrol units wanted and on duty, a row an hour of the week."""
    told = _part(found, "staffing")
    return _rows([
        {"weekday": DAYS[h // 24], "hour": f"{h % 24:02d}:00", "units": units, "on_duty": there}
        for h, (units, there) in enumerate(zip(told.get("units", ()), told.get("on_duty", ()), strict=True))
    ])  # fmt: skip


def scores(found: Findings) -> pd.DataFrame | None:
    """Return how well each map did, with intervals: a row a model, measure and share of the area."""
    if found.scores is None or "metric" not in found.scores:
        return found.scores
    parts = found.scores["metric"].str.rsplit("_", n=1, expand=True).reindex(columns=[0, 1])
    told = found.scores.assign(metric=parts[0], area_share=pd.to_numeric(parts[1], errors="coerce"))
    return told[[*(c for c in ("model", "metric", "area_share") if c in told), *found.scores.columns.drop(
        ["model", "metric"], errors="ignore")]]  # fmt: skip


def files(found: Findings) -> pd.DataFrame | None:
    """Return what became of the rows of every file: read, kept, and set aside by reason."""
    rows = [
        (role, finding, n)
        for role, ledger in (found.ledgers or {}).items()
        for told in [ledger.to_dict() if hasattr(ledger, "to_dict") else ledger]
        for finding, n in {"read": told["read"], "kept": told["kept"], **told["set_aside"]}.items()
    ]
    return _rows([dict(zip(("role", "finding", "rows"), row, strict=True)) for row in rows])


def _part(found: Findings, name: str) -> Mapping[str, Any]:
    return found.summary.get(name) or {}


def _rows(rows: Any) -> pd.DataFrame | None:
    return pd.DataFrame(rows) if rows else None


def _named_rows(by_name: Mapping[str, Any] | None, name: str) -> pd.DataFrame | None:
    return _rows([{name: key, **row} for key, row in (by_name or {}).items()])
