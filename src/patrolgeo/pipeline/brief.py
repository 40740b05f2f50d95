"""The Monday brief: a week against the one before and the same weeks of last year, what rises, where in which shift."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from patrolgeo.config import Plan, read_plan
from patrolgeo.config.watch import WatchWish
from patrolgeo.errors import DataError
from patrolgeo.files import write_json, write_text
from patrolgeo.folders import check_folder, whole_folder
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.hotspots.change import compare_counts
from patrolgeo.pages.brief import Brief, brief_page
from patrolgeo.pages.edition import Edition
from patrolgeo.pipeline.patrols import tasks_of_week
from patrolgeo.pipeline.reading import read_source
from patrolgeo.pipeline.refused import not_on_cells
from patrolgeo.pipeline.rising import rows_of
from patrolgeo.pipeline.watch.duty import duty_of_plan
from patrolgeo.pipeline.watch.judge import judge
from patrolgeo.pipeline.watch.store import open_store
from patrolgeo.pipeline.week_ahead import stops_at, week_ahead
from patrolgeo.words.messages import LANGUAGES

WEEK, YEAR = pd.Timedelta(days=7), pd.Timedelta(days=364)  # a year of whole weeks
SPOT_WEEKS, SPOTS = 12, 3  # weeks behind the spots of a shift, and how many of them
EMPTY_BY_CHANCE = 0.01  # days at the end of a week have no record by chance alone when that is as likely as this
SHIFTS = (("00:00", "08:00"), ("08:00", "16:00"), ("16:00", "24:00"))
OUTPUTS = ("brief.html", *(f"brief.{language}.html" for language in LANGUAGES), "brief.json")


def write_brief(
    path: str | Path, out: str | Path, *, week: str | None = None, watch: str | Path | None = None
) -> dict[str, Any]:
    """What does a commander read on Monday? Two pages, one a language, from the records of a plan.

    The week against the one before and against the same three weeks of last year, kind by kind, in counts and never in
    per cent; what rises, as `run_watch` judges it; the spots of each shift with a stop for each; what to decide.

    Parameters
    ----------
    path
        The plan file.
    out
        Folder for ``brief.html``, the same in the other languages, and ``brief.json``.
    week
        A day of the week that is told; by default the last whole week of the records.
    watch
        Folder of a watch of this plan (`run_watch`): its store has what came since the files of [incidents].

    Returns
    -------
    The content of ``brief.json``.

    Raises
    ------
    DataError
        When the plan or its files cannot be used, or the records do not reach to the end of the week.

    Examples
    --------
    >>> from patrolgeo import write_brief
    >>> told = write_brief("county/plan.toml", "out/brief", week="2024-11-04")  # doctest: +SKIP
    """
    plan = read_plan(path)
    target = check_folder(out, OUTPUTS)
    area = read_source(plan, "area")[0]
    grid = HexGrid.from_area(area, plan.analysis.resolution, max_cells=plan.limits.cells)
    records = _records(plan, area, grid) if watch is None else _stored(Path(watch), grid)
    monday = _monday(records, week, plan)
    known = records[records["time"] < monday + WEEK]
    wish = plan.watch or WatchWish()
    coarse = wish.resolution or plan.analysis.resolution - 1
    placed = known.assign(cell=[h3.cell_to_parent(c, coarse) for c in known["cell"]])
    alerts = duty_of_plan(judge(placed, wish, monday + WEEK), placed, plan)
    named = None if plan.places is None else read_source(plan, "places")[0]
    by_kind = pd.DataFrame(alerts.attrs["by_kind"]).reindex([monday]).fillna(0.0).iloc[0]
    spots, ahead = _spots(known, monday, named), None
    if wish.plan is not None:
        ahead, stops = week_ahead(plan.path.parent / wish.plan, monday + WEEK)
        if "drawn_from" in ahead and all(h3.get_resolution(c) == plan.analysis.resolution for c in stops["cell"][:1]):
            spots["drawn"] = stops_at(spots, stops)
    found = Brief(
        f"{monday:%Y-%m-%d}", _changes(known, monday), alerts[alerts["period"] == monday],
        {str(kind): float(n) for kind, n in by_kind.items()},
        spots, _outline(area), tasks_of_week(plan, grid, monday), ahead,
    )  # fmt: skip
    told = {
        "week": found.week,
        "changes": found.changes.reset_index().to_dict("records"),
        "rising": rows_of(found.rising),
        "by_chance_a_week": found.by_chance,
        "spots": found.spots.to_dict("records"),
        "tasks": found.tasks,
        "ahead": found.ahead,
    }
    with whole_folder(target) as folder:
        for language in LANGUAGES:
            name = "brief.html" if language == plan.language else f"brief.{language}.html"
            edition = Edition(plan.title, language=language, synthetic=plan.synthetic)
            write_text(folder / name, brief_page(found, edition))
        write_json(folder / "brief.json", told)
    return told


def _records(plan: Plan, area: Any, grid: HexGrid) -> pd.DataFrame:
    incidents = read_source(plan, "incidents", area)[0]
    reason = not_on_cells(incidents, float(grid.area_km2.mean()), plan.incidents.officer_kinds)
    rows = incidents[(reason == "").to_numpy()]
    table = pd.DataFrame(rows[["time", "category"]]).assign(
        cell=grid.locate(rows), lon=rows.geometry.x, lat=rows.geometry.y
    )
    return table.assign(time=table["time"].dt.tz_localize(None), category=table["category"].astype(str)).dropna()


def _stored(watch: Path, grid: HexGrid) -> pd.DataFrame:
    """Return the records that a watch has stored."""
    store = open_store(watch)
    if not store.n_records:
        raise DataError(f"{watch}: here is no store of a watch; run `patrolgeo watch PLAN.toml --out {watch}` first.")
    rows = store.with_place(store.rows(["time", "category", "lon", "lat"]))
    at = grid.positions(rows["lon"], rows["lat"])
    return rows[at >= 0].assign(cell=np.asarray(grid.cells)[at[at >= 0]])


def _monday(records: pd.DataFrame, week: str | None, plan: Plan) -> pd.Timestamp:
    """Return the Monday of the week that is told, which must be whole.

    Days without a record at its end are believed as long as chance may leave them empty: a quiet county has some.
    """
    first, last = records["time"].min(), records["time"].max()
    a_day = (records["time"] > last - SPOT_WEEKS * WEEK).sum() / (SPOT_WEEKS * 7)
    believed = last + pd.Timedelta(days=-np.log(EMPTY_BY_CHANCE) / a_day)
    end = max(believed, last.normalize() + pd.Timedelta(days=1))  # hours may be rounded, or missing
    day = min(last, end - WEEK) if week is None else pd.to_datetime(week, errors="coerce")
    if pd.isna(day):
        raise DataError(f"week={week!r} must be a day, such as 2024-11-04.")
    monday = pd.Timestamp(day).normalize() - pd.Timedelta(days=pd.Timestamp(day).day_of_week)
    if monday + WEEK > end or not first <= monday <= last:
        raise DataError(
            f"{plan.path}: the week of {monday:%Y-%m-%d} is not whole in the records, which run from "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d}."
        )
    return monday


def _changes(records: pd.DataFrame, monday: pd.Timestamp) -> pd.DataFrame:
    """Return by category `now`, `before`, `year_ago` (three weeks) and the corrected p of both comparisons."""
    kinds = pd.Index(sorted(records["category"].unique()), name="category")

    def counted(start: pd.Timestamp, weeks: int = 1) -> pd.Series:
        part = records[(records["time"] >= start) & (records["time"] < start + weeks * WEEK)]
        return part["category"].value_counts().reindex(kinds, fill_value=0)

    now, before, year_ago = counted(monday), counted(monday - WEEK), counted(monday - YEAR - WEEK, 3)
    table = pd.DataFrame({"now": now, "before": before, "p_before": compare_counts(before, now)["p_adjusted"]})
    if monday - YEAR - WEEK < records["time"].min():
        return table.assign(year_ago=None, p_year=None)
    p_year = compare_counts(year_ago, now, time_before=3.0)["p_adjusted"]
    return table.assign(year_ago=year_ago, p_year=p_year)


def _spots(records: pd.DataFrame, monday: pd.Timestamp, places: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the cells with most records in each shift of the last weeks, and the stop of each: the place nearest."""
    recent = records[records["time"] >= monday + WEEK - SPOT_WEEKS * WEEK]
    rows = []
    for start, end in SHIFTS:
        hour = recent["time"].dt.hour
        part = recent[(hour >= int(start[:2])) & (hour < int(end[:2]))]
        top = part.groupby("cell").size().sort_values(ascending=False, kind="stable")
        for rank, (cell, n) in enumerate(top[top >= 2].head(SPOTS).items(), start=1):
            lat, lon = h3.cell_to_latlng(cell)
            rows.append([f"{start}–{end}", rank, cell, int(n), _stop(lon, lat, places), lon, lat])
    return pd.DataFrame(rows, columns=["shift", "rank", "cell", "records", "stop", "lon", "lat"])


def _stop(lon: float, lat: float, places: gpd.GeoDataFrame | None) -> str:
    if places is None or places.empty:
        return f"{lat:.4f}, {lon:.4f}"
    away = np.hypot((places.geometry.x - lon) * np.cos(np.radians(lat)), places.geometry.y - lat)
    nearest = places.iloc[int(np.argmin(away.to_numpy()))]
    return str(nearest["name"]) if "name" in places else f"{lat:.4f}, {lon:.4f}"


def _outline(area: gpd.GeoDataFrame) -> list[np.ndarray]:
    """Return the rings of the study area as arrays of lon and lat."""
    shape = area.geometry.union_all()
    return [np.asarray(part.exterior.coords)[:, :2] for part in getattr(shape, "geoms", [shape])]
