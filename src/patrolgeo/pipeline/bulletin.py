"""A monthly bulletin in one call: one page, its figures, and its tables as a workbook."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo.charts.clock import plot_calendar, plot_hour_week
from patrolgeo.charts.curves import plot_funnel, plot_lorenz, plot_weeks
from patrolgeo.charts.tables import plot_knox, plot_top_ten
from patrolgeo.crs import LONLAT, to_lonlat
from patrolgeo.errors import DataError
from patrolgeo.files import check_target, write_text
from patrolgeo.grid.units import Units
from patrolgeo.hotspots.concentration import concentration
from patrolgeo.hotspots.funnel import funnel
from patrolgeo.hotspots.near_repeat import knox
from patrolgeo.hotspots.weeks import FEWEST, weekly_band
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.figures import svg_of
from patrolgeo.pages.month import Month, month_page
from patrolgeo.panel.clock import hour_known
from patrolgeo.panel.counts import count_incidents, hour_of_week, wall_clock
from patrolgeo.pipeline.month import last_months, month_facts, month_named
from patrolgeo.sources.xlsx import write_workbook

PAGE, BOOK, FIGURES = "bulletin.html", "bulletin.xlsx", "figures"
METRES, DAYS, ORDERS = [0, 1, 100, 200, 400], [0, 7, 14, 28], 199


def bulletin(
    incidents: gpd.GeoDataFrame,
    grid: Units,
    out: str | Path,
    *,
    month: str | None = None,
    exposure: pd.Series | None = None,
    places: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    edition: Edition | None = None,
) -> Path:
    """What does a commander read at the beginning of a month?

    The month against the one before and the same a year ago, by kind; when; the hot spots of the last twelve months
    with the first three as problems (who else can change them, patrol last); how incidents follow each other. Give
    reported incidents: what officers found because they were there is their work, not the risk.

    Parameters
    ----------
    incidents
        Points with `time` and `category`.
    grid
        `HexGrid` or other units.
    out
        Folder for ``bulletin.html``, ``bulletin.xlsx`` and ``figures/*.svg``; files of these names are replaced.
    month
        Such as "2024-05"; by default the last whole month of the records.
    exposure
        Residents by cell, behind what is expected; by default the area (length) of the cells.
    places
        Layer with `name` and `kind`: what a hot spot is near to.
    areas
        Polygons with `name`: which area a spot lies in; with a column `population` they are held against each other
        in a funnel.
    edition
        Title, language, marks; "Bulletin" in English by default. For the public take "public" only with incidents that
        may be shown: nothing is suppressed here.

    Returns
    -------
    The path of the page. The same input gives the same files.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    DataError
        When the records hold no whole month, or not the one that is asked for.
    AlignmentError
        When `exposure` lacks cells of the grid.

    Examples
    --------
    >>> import tempfile, geopandas as gpd, numpy as np, pandas as pd, shapely
    >>> from patrolgeo import HexGrid, bulletin
    >>> rng, times = np.random.default_rng(0), pd.date_range("2024-01-01", "2024-05-31 23:00", freq="5h")
    >>> places = gpd.points_from_xy(*rng.normal([119.9, 31.7], 0.01, (len(times), 2)).T)
    >>> calls = gpd.GeoDataFrame({"time": times, "category": "theft"}, geometry=places, crs="EPSG:4326")
    >>> town = gpd.GeoSeries([shapely.box(119.85, 31.65, 119.95, 31.75)], crs="EPSG:4326")
    >>> path = bulletin(calls, HexGrid.from_area(town, 8), tempfile.mkdtemp())
    >>> "149 incidents were recorded in 2024-05, 144 in 2024-04" in path.read_text("utf-8")
    True
    """
    incidents, areas = _at_the_door(incidents, areas)
    if not isinstance(grid, Units):
        raise DataError(f"grid must be HexGrid or other units, got {type(grid).__name__}.")
    edition = edition or Edition("Bulletin")
    folder = Path(out)
    check_target(folder / PAGE)
    named = month_named(incidents, month)
    until = _in_order(incidents[(wall_clock(incidents["time"]) <= named.end_time).to_numpy()])
    found = month_facts(until, grid, named, exposure, places, areas)
    tables, figures = _drawn(until, last_months(until, named), grid, found, areas, edition.language)
    found = replace(found, tables=tables)
    for name, svg in figures.items():
        write_text(folder / FIGURES / f"{name}.svg", svg)
    write_workbook(folder / BOOK, _sheets(found, edition.table))
    return write_text(folder / PAGE, month_page(found, figures, edition))


def _at_the_door(incidents: gpd.GeoDataFrame, areas: Any) -> tuple[gpd.GeoDataFrame, Any]:
    """Return incidents and areas in longitude and latitude; a missing kind, place or name is an error."""
    check_columns(incidents, ["time", "category"], "incidents")
    incidents = to_lonlat(incidents, "incidents")
    if not len(incidents):
        raise DataError("There is no incident to tell of.")
    for what, missing in (("kind", incidents["category"].isna()), ("place", incidents.geometry.isna())):
        if missing.any():
            raise DataError(
                f"{missing.sum()} of {len(incidents)} incidents have no {what}; set them aside or give them one."
            )
    if areas is not None:
        check_columns(areas, ["name"], "areas")
        areas = to_lonlat(areas, "areas")
    return incidents, areas


def _in_order(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the incidents by time, place and kind: what is drawn by chance must not hang on the order of the rows."""
    at = incidents.geometry
    order = np.lexsort((incidents["category"].astype(str), at.y, at.x, incidents["time"]))
    return incidents.iloc[order].reset_index(drop=True)


def _drawn(
    until: gpd.GeoDataFrame, year: gpd.GeoDataFrame, grid: Units, found: Month, areas: Any, language: str
) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Return the tables behind the figures, and the figures by name; what needs more records is left out."""
    known = hour_known(year)
    tables = {"chart_hours": hour_of_week(year[known]).reset_index()}
    charts: dict[str, Any] = {
        "hours": (partial(plot_hour_week, year), (9, 3)),
        "lorenz": (partial(plot_lorenz, concentration(count_incidents(year, grid, "MS", partial=True))), (5, 4)),
    }  # fmt: skip
    dated = not found.months_only
    if dated:
        charts["calendar"] = partial(plot_calendar, year), (9, 2.4)
    span = wall_clock(until["time"])
    if dated and (span.max() - span.min()).days >= 7 * (FEWEST + 2):
        weeks = weekly_band(until)
        tables["chart_weeks"] = weeks.reset_index()
        charts["weeks"] = partial(plot_weeks, weeks), (9, 3)
    if len(found.spots):
        charts["top_ten"] = partial(plot_top_ten, found.spots), (9, 4)
    if dated and len(year) > 1:
        pairs = knox(year, year["time"], METRES, DAYS, n_permutations=ORDERS)
        tables["chart_knox"] = pairs.to_frame()
        charts["knox"] = partial(plot_knox, pairs), (6, 4)
    if areas is not None and "population" in areas:
        tables["chart_funnel"] = _areas(year, areas)
        charts["funnel"] = partial(plot_funnel, tables["chart_funnel"].set_index("name")), (7, 4)
    return tables, {name: svg_of(partial(_on, draw, language), size) for name, (draw, size) in charts.items()}


def _on(draw: Any, language: str, ax: Any) -> Any:
    return draw(ax=ax, language=language)


def _areas(year: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the funnel of the areas; a point on a border counts in one of them."""
    held = year[[year.geometry.name]].sjoin(areas[["name", areas.geometry.name]].to_crs(LONLAT), predicate="intersects")
    held = held.sort_values("name", kind="stable")
    people = areas.groupby("name")["population"].sum()
    counts = held[~held.index.duplicated()].groupby("name").size().reindex(people.index, fill_value=0)
    return funnel(counts.astype(float), people).rename_axis("name").reset_index()


def _sheets(found: Month, words: dict[str, str]) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook under the words of their figures; shapes are left out."""
    spots = pd.DataFrame(found.spots.drop(columns=found.spots.geometry.name)).rename_axis("rank").reset_index()
    heads = {c: words[f"spot_{c}"] for c in spots if f"spot_{c}" in words}
    kinds = found.kinds.reset_index()
    renamed = {c: words[f"bulletin_{c}"] for c in ("kind", "now", "before", "year_ago")}
    renamed |= {"ratio": words["bulletin_change"], "p_adjusted": words["bulletin_p"]}
    sheets = {
        words["bulletin_kinds"]: kinds.rename(columns=renamed),
        words["bulletin_where"]: spots.rename(columns=heads),
    }
    return sheets | {words[name]: table for name, table in found.tables.items()}
