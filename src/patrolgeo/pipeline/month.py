"""The numbers of a month: against the month before and a year ago, by kind, and where incidents concentrate."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import align
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units
from patrolgeo.hotspots.change import compare_counts
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.hotspots.problem import describe_spots
from patrolgeo.hotspots.problem_sheet import problem_sheets
from patrolgeo.hotspots.spots import join_hot_spots
from patrolgeo.pages.month import Month
from patrolgeo.panel.counts import count_incidents, wall_clock
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.sources.span import last_known

SPOTS = 10
SPAN = 12  # months behind the hot spots and the figures


def month_named(incidents: pd.DataFrame, month: str | None) -> pd.Period:
    """Return the month that is asked for, or the last whole one of the records."""
    times = wall_clock(incidents["time"])
    until = last_known(times, incidents)
    first, last = times.min().to_period("M"), until.to_period("M")
    if month is not None:
        try:
            named = pd.Period(month, "M")
        except (TypeError, ValueError):
            raise DataError(f"month={month!r} must be a month such as '2024-05'.") from None
        if not first <= named <= last:
            raise DataError(f"month={month!r} lies outside the records, {first} to {last}.")
        return named
    whole = last if until.date() == last.end_time.date() else last - 1
    if whole < first:
        raise DataError(f"The records ({times.min():%Y-%m-%d} to {until:%Y-%m-%d}) hold no whole month; name month=.")
    return whole


def last_months(incidents: gpd.GeoDataFrame, month: pd.Period, months: int = SPAN) -> gpd.GeoDataFrame:
    """Return the incidents of so many months up to this one."""
    of = wall_clock(incidents["time"]).dt.to_period("M")
    return incidents[((of > month - months) & (of <= month)).to_numpy()]


def month_facts(
    incidents: gpd.GeoDataFrame, grid: Units, month: pd.Period, exposure: pd.Series | None, places: Any, areas: Any
) -> Month:
    """Return what the bulletin says, tables of the workbook but those of the figures left out."""
    of = wall_clock(incidents["time"]).dt.to_period("M")
    year_known = month - SPAN >= of.min()
    year = last_months(incidents, month)
    spots, share = _spots(year, grid, month, exposure)
    if len(spots):
        spots["near"] = nearest_names(spots, [places])
        spots = spots.join(_area_names(spots, areas))
    first = max(month - SPAN + 1, of.min())
    days = (month.end_time - first.start_time) / pd.Timedelta(days=1)
    return Month(
        month=str(month), before=str(month - 1), since=str(first),
        total=_against(of, month, month - 1), year_ago=_against(of, month, month - SPAN) if year_known else None,
        kinds=_kinds(incidents["category"], of, month, year_known=year_known), spots=spots, share=share,
        sheets=problem_sheets(spots, places, found_on=month.end_time, days=days) if len(spots) else [], tables={},
        months_only=int((incidents["time_precision"] == "month").sum()) if "time_precision" in incidents else 0,
    )  # fmt: skip


def _against(of: pd.Series, now: pd.Period, then: pd.Period) -> dict[str, float]:
    counts = [[float((of == one).sum())] for one in (then, now)]
    days = {"time_before": float(then.days_in_month), "time_after": float(now.days_in_month)}
    return compare_counts(*counts, **days).iloc[0].to_dict()


def _kinds(category: pd.Series, of: pd.Series, month: pd.Period, *, year_known: bool) -> pd.DataFrame:
    """Return one row a category, the most frequent of the month first."""
    names = category.astype(str)
    wanted = {"now": month, "before": month - 1, "year_ago": month - SPAN}
    counts = pd.DataFrame({name: names[(of == one).to_numpy()].value_counts() for name, one in wanted.items()})
    counts = counts.fillna(0.0).sort_index().sort_values("now", ascending=False, kind="stable")
    days = {"time_before": float((month - 1).days_in_month), "time_after": float(month.days_in_month)}
    if len(counts):
        counts[["ratio", "p_adjusted"]] = compare_counts(counts["before"], counts["now"], **days)[
            ["ratio", "p_adjusted"]
        ]
    else:
        counts = counts.assign(ratio=np.nan, p_adjusted=1.0)
    if not year_known:
        counts["year_ago"] = np.nan
    return counts.rename_axis("kind")


def _spots(
    year: gpd.GeoDataFrame, grid: Units, month: pd.Period, exposure: pd.Series | None
) -> tuple[gpd.GeoDataFrame, float]:
    """Return the ranked hot spots of the months, and the share of the incidents that they hold."""
    panel = count_incidents(year, grid, "MS", until=str(month))
    base = grid.size if exposure is None else align(exposure, grid.cells, "exposure")
    hot = GetisOrd().fit_predict(panel, base, units=grid) == "hot"
    counts = panel.sum()
    expected = counts.sum() * base / base.sum()
    spots = join_hot_spots(hot, counts, expected, grid, most=SPOTS)
    if not len(spots):
        return spots.table, 0.0
    of_incident = grid.locate(year).map(spots.of_cell).fillna(0).astype(int)
    share = spots.table["expected"] / counts.sum()
    facts = describe_spots(year, of_incident, share)
    return spots.table.join(facts), float(spots.table["incidents"].sum() / counts.sum())


def _area_names(spots: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return the name of the area that holds the middle of each spot; nothing without areas."""
    if areas is None:
        return pd.DataFrame(index=spots.index)
    named = areas[["name", areas.geometry.name]].to_crs(spots.crs)
    middle = gpd.GeoDataFrame(geometry=spots.geometry.representative_point())
    held = middle.sjoin(named, how="left", predicate="within")
    return held[~held.index.duplicated()]["name"].fillna("").rename("area_name").to_frame()
