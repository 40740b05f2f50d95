"""The plan as one HTML page that opens without internet: cells, patrol areas, sites, places, roads, legend."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from patrolgeo import crs
from patrolgeo._checks import check_choice
from patrolgeo.errors import DataError
from patrolgeo.escape import escape, printable
from patrolgeo.files import write_text
from patrolgeo.maps.offline import leaflet
from patrolgeo.pages import release
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import DAYS, Findings, Older, given
from patrolgeo.pages.plan_page.encode import pack, pack_ids, pack_paths, pack_rings
from patrolgeo.pages.plan_page.features import area_features, flow_features, overlay_features, road_features
from patrolgeo.pages.plan_page.layers import HATCHED, PLAIN, UNSCORED, WITHHELD, CellLayer, cell_layers
from patrolgeo.pages.plan_page.panel import area_list, layer_rows, overlay_rows, thing_list
from patrolgeo.pages.plan_page.specs import LAYERS, OVERLAYS, SIGNS, TOLD
from patrolgeo.pages.plan_page.steps import step_layer
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import number, say
from patrolgeo.words.rates import often_table

SCRIPT_WORDS = (
    "area", "no_area", "cell", "withheld", "unscored", "interval", "rate", "rate_chance", "rate_none", "none", "north",
    "whole", "full_screen", "where_am_i", "print", "zoom_in", "zoom_out", "metres", "kilometres", "close",
    "coordinates", "coordinates_gcj02", "nothing_found", "more_in_page", "you_are_here", "you_are_outside",
    "no_location", "steps_now", "steps_at", "steps_play", "steps_stop",
)  # fmt: skip
SCRIPTS = (
    "unpack", "sheet", "cells", "pixels", "map", "lay", "arrange", "marks", "datum", "cards", "panel", "steps", "paper",
    "start",
)  # fmt: skip
UNITS = ("minutes", "index")


def write_plan_page(
    path: str | Path, found: Findings | None = None, edition: Edition | None = None, **older: Unpack[Older]
) -> Path:
    """Write a plan as one HTML file that opens without internet.

    Leaflet and everything else stand in the page; nothing is loaded. Text from the data is shown as written. The same
    input gives the same bytes. A cell with 1 to 9 households (1 to 29 residents when households are unknown) is never
    shown as hot by itself: its numbers are not written into the page.

    Parameters
    ----------
    path
        The file to write; it is whole or not there.
    found
        The results; `cells` are needed.
    edition
        Title, language, audience and the like. A public page leaves out what `patrolgeo.pages.release.public` does.
    **older
        The fields of `Edition` and `Findings` one by one, as keywords: ``title="…"`` stands for ``Edition("…")``.
        `notes` given so are further lines of page one.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When there are no cells or nothing to show of them, or language, audience, unit or own words are not known.
    CRSError
        When a layer has no coordinate reference system.
    TypeError
        When a keyword is not known, or there is no title.

    Examples
    --------
    >>> import tempfile
    >>> from patrolgeo import HexGrid
    >>> grid = HexGrid.from_cells(["89309c00003ffff", "89309c00007ffff"])
    >>> cells = grid.to_gdf().assign(risk=[0.5, 0.0])
    >>> path = write_plan_page(tempfile.mkdtemp() + "/plan.html", Findings(cells=cells), Edition("Two cells"))
    >>> "Forecast risk" in path.read_text("utf-8")
    True
    """
    found, edition = given(found, edition, older)
    check_choice(found.workload_unit, UNITS, "workload_unit")
    if found.cells is None or not len(found.cells):
        raise DataError("cells is empty; a map needs at least one cell.")
    if edition.audience == "public":
        found = release.public(found)
    words = edition.table
    days = DAYS.get(found.period, 0.0)
    areas = None
    if found.areas is not None and len(found.areas):
        areas = area_features(
            found.areas, words, boundary=found.boundary, days=days, workload_unit=found.workload_unit
        )  # fmt: skip
    zero, units = _zero(found, words), _units(found, words)
    layers = cell_layers(
        _with_shares(found.cells, found.workload_unit), areas, units, zero, words, released=found.released,
        days=days,
    )  # fmt: skip
    steps = step_layer(found.counts, found.cells, words, released=found.released)
    at = next((i for i, layer in enumerate(layers, start=1) if layer.key == "incidents"), len(layers))
    layers[at:at] = steps
    data = _data(found, edition, areas, layers)
    first_page = caveats(found, edition) if found.sentences is None else found.sentences
    lists = [area_list(found.areas, areas, words)] if areas and found.areas is not None else []
    specs = {spec.key: spec for spec in OVERLAYS}
    lists += [thing_list(g, specs[g["key"]], words) for g in data["overlays"] if g["numbered"]]
    page = render(
        "plan.html",
        edition=edition,
        words=words,
        first_page=[*first_page, *older.get("notes", ())],
        layers=layer_rows(layers, words),
        overlays=overlay_rows(data, words),
        lists=lists,
        stepped=bool(steps),
        data=_as_json(data),
        leaflet_script=Markup(leaflet()[0]),  # noqa: S704  Leaflet itself
        leaflet_style=Markup(leaflet()[1]),  # noqa: S704
        dates=_dates(found, edition),
        scripts=[source(f"plan/{name}.js") for name in SCRIPTS],
        style=source("plan/plan.css"),
    )
    return write_text(path, page)


def _data(
    found: Findings, edition: Edition, areas: Mapping[str, Any] | None, layers: list[CellLayer]
) -> dict[str, Any]:
    """Return what the page's script draws and tells."""
    words, roads, flows, outer = edition.table, found.roads, found.flows, found.boundary
    tables = [(spec, getattr(found, spec.key, found.overlays.get(spec.key))) for spec in OVERLAYS]
    laid = [overlay_features(spec, table, words) for spec, table in tables if table is not None and len(table)]
    sources = (edition.attribution, "patrolgeo", "Leaflet")
    return {
        "words": {key: words[key] for key in SCRIPT_WORDS},
        "often": often_table(words),
        "signs": SIGNS,
        "plain": PLAIN,
        "hatched": HATCHED,
        "withheld": WITHHELD,
        "unscored": UNSCORED,
        "attribution": escape(" · ".join(part for part in sources if part)),
        "cells": _cell_geometry(found.cells, found.areas),
        "layers": [layer.to_dict() for layer in layers],
        "areas": areas,
        "overlays": laid,
        "roads": road_features(roads) if roads is not None and len(roads) else None,
        "flows": flow_features(flows) if flows is not None and len(flows) else None,
        "boundary": None if outer is None else pack_paths([crs.to_lonlat(outer, "boundary").geometry.union_all()]),
    }


def _dates(found: Findings, edition: Edition) -> list[str]:
    """Return the days of the records, the period of the forecast and the day the map was made, as far as known."""
    words, risk = edition.table, found.summary.get("risk", {})
    lines = []
    if found.data_span:
        lines.append(say(words, "map_records", first=found.data_span[0], last=found.data_span[1]))
    if "period" in risk and "period_end" in risk:
        first, last = pd.Timestamp(risk["period"]), pd.Timestamp(risk["period_end"]) - pd.Timedelta(seconds=1)
        lines.append(say(words, "map_forecast", first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}"))
    if edition.made:
        lines.append(say(words, "map_made", date=edition.made))
    return lines


def _as_json(data: Mapping[str, Any]) -> Markup:
    """Return data as JSON that may stand in a script element."""
    text = json.dumps(_printable(data), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  no "<" is left to end the script


def _printable(data: Any) -> Any:
    """Return the same data with every text fit for a page."""
    if isinstance(data, Mapping):
        return {key: _printable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_printable(value) for value in data]
    return printable(data) if isinstance(data, str) else data


def _units(found: Findings, words: Mapping[str, str]) -> dict[str, str]:
    """Return what each layer is counted in: ``key_unit``, or ``key_unit_minutes`` where it has several."""
    exposure = found.summary.get("hotspots", {}).get("exposure", "residents")
    known = {"period": words.get(found.period, found.period), "shift": words["shift"], "n": found.n_periods,
             "base": words[f"explained_by_{exposure}"]}  # fmt: skip
    units = {}
    for layer in (spec for spec in LAYERS if spec.make != TOLD):
        several = f"{layer.key}_unit_{found.workload_unit}"
        key = several if several in words else f"{layer.key}_unit"
        units[layer.key] = "" if layer.counts and not found.n_periods else say(words, key, **known)
    return units


def _with_shares(cells: gpd.GeoDataFrame, workload_unit: str) -> gpd.GeoDataFrame:
    """An index of workload has no unit; per cent of the whole can be read."""
    if workload_unit == "minutes" or "workload" not in cells:
        return cells
    total = float(cells["workload"].sum())
    return cells.assign(workload=100 * cells["workload"] / total) if total > 0 else cells


def _zero(found: Findings, words: Mapping[str, str]) -> str:
    """A zero has an upper bound: after n periods without an event, Poisson rates above -ln(0.05) / n fit badly."""
    if not found.n_periods:
        return words["zero_plain"]
    bound = number(-math.log(0.05) / found.n_periods)
    return say(words, "zero", bound=bound, period=words.get(found.period, found.period))


def _cell_geometry(cells: Any, areas: pd.DataFrame | None) -> dict[str, Any]:
    known = pd.Index([]) if areas is None or "area" not in cells else areas.index
    return {
        "rings": pack_rings(crs.to_lonlat(cells, "cells").geometry),
        "ids": pack_ids(cells.index.tolist()),
        "area": pack(known.get_indexer(cells["area"]), "<i2") if len(known) else "",
    }
