"""The plan as one HTML page that opens without internet: cells, patrol areas, sites, places, roads, legend."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_choice
from patrolgeo.errors import DataError
from patrolgeo.escape import escape, printable
from patrolgeo.files import write_text
from patrolgeo.maps.offline import leaflet
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.html import bullets, section, tags
from patrolgeo.pages.plan_page.encode import pack, pack_ids, pack_paths, pack_rings
from patrolgeo.pages.plan_page.features import area_features, flow_features, point_features, road_features
from patrolgeo.pages.plan_page.layers import PLAIN, UNSCORED, WITHHELD, cell_layers
from patrolgeo.pages.plan_page.panel import area_list, layer_switch, overlay_switches, site_list
from patrolgeo.words.messages import load_words, number, say

AUDIENCES = ("internal", "public")


def write_plan_page(
    path: str | Path,
    *,
    title: str,
    cells: gpd.GeoDataFrame,
    areas: gpd.GeoDataFrame | None = None,
    sites: gpd.GeoDataFrame | None = None,
    places: gpd.GeoDataFrame | None = None,
    forces: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    checkpoints: gpd.GeoDataFrame | None = None,
    flows: gpd.GeoDataFrame | None = None,
    boundary: gpd.GeoDataFrame | None = None,
    n_periods: int | None = None,
    period: str = "week",
    workload_unit: str = "index",
    subtitle: str = "",
    valid_until: str | None = None,
    sentences: Sequence[str] | None = None,
    notes: Iterable[str] = (),
    attribution: str = "",
    synthetic: bool = False,
    audience: str = "internal",
    language: str = "en",
    words: Mapping[str, str] | None = None,
) -> Path:
    """Write a plan as one HTML file that opens without internet.

    Leaflet and everything else stand in the page; nothing is loaded. Text from the data is escaped. The same input
    gives the same bytes. A cell with 1 to 9 households (1 to 29 residents when households are unknown) is never shown
    as hot by itself: its numbers are not written into the page.

    Parameters
    ----------
    path
        The file to write; it is whole or not there.
    title
        Name of the place or plan.
    cells
        One row a cell, index of H3 strings, hexagons as geometry (`HexGrid.to_gdf`). Of these columns those that are
        there become layers or lines of a cell's card: `risk` (expected count of the next period, with `risk_low` and
        `risk_high`), `hotspot` (bool, after correction), `workload`, `minutes_to_site` (missing beyond reach),
        `population`, `incidents` (recorded count of `n_periods`); `area` (label of `areas`), `patrollable` (bool:
        False is shown, not scored), `households` or `withheld` (bool, in place of our rule) for few households.
    areas
        Polygons by area label (`AreaPlan.to_gdf`). A column `name` is printed instead of the label; `radio_code`,
        `over_mean`, `mean_minutes` and `worst_minutes` go into the list beside the map; `radio_code` and
        `spoken_border` stand on the card of a cell.
    sites, places, forces
        Points. `name` and `kind` head the card, further columns of sites are listed on it.
    roads
        Lines (`read_roads`); `road_class` sets the width.
    checkpoints
        Points (`CheckpointPlan.to_gdf`); their columns are listed on the card.
    flows
        Lines with the column `trips`: what passes, shown by width.
    boundary
        Outline of the study area.
    n_periods, period
        Number of periods counted and their name ("week", "day", "month", "year", "shift"), for the bound at zero.
    workload_unit
        "minutes", or "index": shown as per cent of the whole.
    subtitle
        Line under the title, for example data and dates.
    valid_until
        Last day of validity, as it shall be printed.
    sentences
        What must be read first; by default `patrolgeo.pages.caveats.caveats` with what is known here.
    notes
        Further lines after those, in the user's language.
    attribution
        Source of the data, printed at the lower edge.
    synthetic
        Marks the page as made from invented data.
    audience
        "internal", or "public": sites, checkpoints, flows, forces and workload are left out, and the page says so.
    language
        "en" or "zh".
    words
        Own wording by key, see `load_words`.

    Returns
    -------
    The path.

    Examples
    --------
    >>> import tempfile
    >>> from patrolgeo import HexGrid
    >>> grid = HexGrid.from_cells(["89309c00003ffff", "89309c00007ffff"])
    >>> cells = grid.to_gdf().assign(risk=[0.5, 0.0])
    >>> page = write_plan_page(tempfile.mkdtemp() + "/plan.html", title="Two cells", cells=cells).read_text("utf-8")
    >>> "Forecast risk" in page
    True
    """
    check_choice(audience, AUDIENCES, "audience")
    check_choice(workload_unit, ("minutes", "index"), "workload_unit")
    if not len(cells):
        raise DataError("cells is empty; a map needs at least one cell.")
    if audience == "public":
        sites = forces = checkpoints = flows = None
        areas = None if areas is None else areas.drop(columns="radio_code", errors="ignore")
        cells = cells.drop(columns=["workload", "minutes_to_site"], errors="ignore")
    table = load_words(language, words)
    area_part = area_features(areas, table) if areas is not None and len(areas) else None
    units = _units(table, n_periods, period, workload_unit)
    layers = cell_layers(_with_shares(cells, workload_unit), area_part, units, table)
    given = {"places": places, "forces": forces, "sites": sites, "checkpoints": checkpoints}
    points = {
        key: point_features(key, layer, table) for key, layer in given.items() if layer is not None and len(layer)
    }
    data = {
        "words": {key: table[key] for key in _SCRIPT_WORDS},
        "plain": PLAIN,
        "withheld": WITHHELD,
        "unscored": UNSCORED,
        "zero": _zero(n_periods, period, table),
        "attribution": escape(" · ".join(part for part in (attribution, "patrolgeo", "Leaflet") if part)),
        "cells": _cell_geometry(cells, areas),
        "layers": [layer.to_dict() for layer in layers],
        "areas": area_part,
        "points": list(points.values()),
        "roads": road_features(roads) if roads is not None and len(roads) else None,
        "flows": flow_features(flows) if flows is not None and len(flows) else None,
        "boundary": pack_paths(crs.to_lonlat(boundary, "boundary").geometry) if boundary is not None else None,
    }
    first_page = (
        caveats(table, valid_until=valid_until, internal=audience == "internal") if sentences is None else sentences
    )
    lists = [area_list(areas, area_part, table)] if areas is not None and area_part else []
    lists += [site_list(points["sites"], table)] if "sites" in points else []
    headings = {f"{key}_word": escape(table[key]) for key in ("panel", "read_first", "layers")}
    page = _source("page.html").substitute(
        headings,
        lang={"en": "en", "zh": "zh-CN"}[language],
        title=escape(title),
        subtitle=escape(subtitle),
        marks=tags([table[audience], *([table["synthetic"]] if synthetic else [])]),
        caveats=bullets([*first_page, *notes]),
        layers=layer_switch(layers, table),
        overlays=section(table["overlays"], overlay_switches(data, table)),
        lists=section(table["find"], "".join(lists)),
        data=_as_json(data),
        leaflet_script=leaflet()[0],
        leaflet_style=leaflet()[1],
        script=_source("page.js").template,
        style=_source("page.css").template,
    )
    return write_text(path, page)


def _as_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON that may stand in a script element."""
    text = json.dumps(_printable(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")


def _printable(data: Any) -> Any:
    """Return the same data with every text fit for a page."""
    if isinstance(data, Mapping):
        return {key: _printable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_printable(value) for value in data]
    return printable(data) if isinstance(data, str) else data


_SCRIPT_WORDS = "area no_area cell withheld unscored hot not_hot beyond_reach interval north whole".split()  # noqa: SIM905


def _source(name: str) -> Template:
    return Template(files("patrolgeo.pages.plan_page").joinpath(name).read_text(encoding="utf-8"))


def _units(words: Mapping[str, str], n_periods: int | None, period: str, workload_unit: str) -> dict[str, str]:
    name = words.get(period, period)
    return {
        "risk": say(words, "risk_unit", period=name),
        "workload": say(words, f"workload_unit_{workload_unit}", shift=words["shift"]),
        "hotspot": words["hotspot_unit"],
        "minutes_to_site": words["minutes_to_site_unit"],
        "population": words["population_unit"],
        "incidents": say(words, "incidents_unit", n=n_periods, period=name) if n_periods else "",
    }


def _with_shares(cells: gpd.GeoDataFrame, workload_unit: str) -> gpd.GeoDataFrame:
    """An index of workload has no unit; per cent of the whole can be read."""
    if workload_unit == "minutes" or "workload" not in cells:
        return cells
    total = float(cells["workload"].sum())
    return cells.assign(workload=100 * cells["workload"] / total) if total > 0 else cells


def _zero(n_periods: int | None, period: str, words: Mapping[str, str]) -> str:
    """A zero has an upper bound: after n periods without an event, Poisson rates above -ln(0.05) / n fit badly."""
    if not n_periods:
        return words["zero_plain"]
    return say(words, "zero", bound=number(-math.log(0.05) / n_periods), period=words.get(period, period))


def _cell_geometry(cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> dict[str, Any]:
    known = pd.Index([]) if areas is None or "area" not in cells else areas.index
    return {
        "rings": pack_rings(crs.to_lonlat(cells, "cells").geometry),
        "ids": pack_ids(cells.index.tolist()),
        "area": pack(known.get_indexer(cells["area"]), "<i2") if len(known) else "",
    }
