"""The plan as one HTML page that opens without internet: cells, patrol areas, sites, places, roads, legend."""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import geopandas as gpd
import h3.api.basic_str as h3
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_choice
from patrolgeo.errors import DataError
from patrolgeo.files import write_text
from patrolgeo.maps.classes import TINTS, UNSCORED, WITHHELD, CellLayer, graded_layer, hotspot_layer, tints
from patrolgeo.maps.encode import pack, pack_paths, pack_rings
from patrolgeo.maps.offline import leaflet
from patrolgeo.maps.words import caveats, load_words, number, say

AUDIENCES = ("internal", "public")
PLAIN = {UNSCORED: "#e3e6e8", WITHHELD: "#c9c3d6"}
ROAD_RANKS = ("motorway", "trunk", "national", "primary", "provincial", "secondary", "county", "tertiary", "township")
POINT_STYLES = {
    "forces": {"radius": 5, "color": "#ffffff", "weight": 1.5, "fillColor": "#1f7a4d", "fillOpacity": 1},
    "places": {"radius": 3.5, "color": "#ffffff", "weight": 1, "fillColor": "#5b6672", "fillOpacity": 1},
    "sites": {"radius": 8, "color": "#ffffff", "weight": 2, "fillColor": "#0b4f86", "fillOpacity": 1},
}


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
    gives the same bytes.

    Parameters
    ----------
    path
        The file to write; it is whole or not there.
    title
        Name of the place or plan.
    cells
        One row a cell, index of H3 strings, hexagons as geometry (`HexGrid.to_gdf`). Of these columns those that are
        there become layers or lines of a cell's card: `risk` (expected count of the next period, with `risk_low` and
        `risk_high`), `hotspot` (bool, after correction), `workload`, `population`, `incidents` (recorded count of
        `n_periods`); `area` (label of `areas`), `patrollable` (bool: False is shown, not scored), `withheld` (bool:
        few households, no value of its own; its numbers are not written into the page).
    areas
        Polygons by area label. A column `name` is printed instead of the label; `workload`, `mean_minutes` and
        `worst_minutes` go into the list beside the map.
    sites, places, forces
        Points. `name` and `kind` head the card, further columns of sites are listed on it.
    roads
        Lines; a column `class` or `highway` sets the width.
    boundary
        Outline of the study area.
    n_periods, period
        Number of periods counted and their name ("week", "day", "month", "year", "shift"), for the bound at zero.
    workload_unit
        "minutes" or "index".
    subtitle
        Line under the title, for example data and dates.
    valid_until
        Last day of validity, as it shall be printed.
    sentences
        What must be read first; by default `patrolgeo.maps.words.caveats` with what is known here.
    notes
        Further lines after those, in the user's language.
    attribution
        Source of the data, printed at the lower edge.
    synthetic
        Marks the page as made from invented data.
    audience
        "internal", or "public": sites, forces and workload are left out, and the page says so.
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
    table = load_words(language, words)
    if audience == "public":
        sites = forces = None
        cells = cells.drop(columns="workload", errors="ignore")
    if sentences is None:
        sentences = caveats(table, valid_until=valid_until)
    area_part = _areas(areas, table)
    units = {
        "risk": say(table, "risk_unit", period=table.get(period, period)),
        "workload": say(table, f"workload_unit_{workload_unit}", period=table.get(period, period)),
        "population": table["population_unit"],
        "incidents": say(table, "incidents_unit", n=n_periods or 1, period=table.get(period, period)),
    }
    layers = _layers(cells, area_part, units, table)
    points = [
        _points(key, layer, table)
        for key, layer in (("places", places), ("forces", forces), ("sites", sites))
        if layer is not None and len(layer)
    ]
    data = {
        "words": {k: table[k] for k in _SCRIPT_WORDS},
        "plain": PLAIN,
        "withheld": WITHHELD,
        "unscored": UNSCORED,
        "zero": _zero(n_periods, table.get(period, period), table),
        "attribution": escape(" · ".join(part for part in (attribution, "patrolgeo", "Leaflet") if part)),
        **_cells(cells, areas),
        "layers": [_layer_data(layer, cells) for layer in layers],
        "areas": area_part,
        "points": points,
        "roads": None if roads is None or not len(roads) else _roads(roads),
        "boundary": None if boundary is None else pack_paths(crs.to_lonlat(boundary, "boundary").geometry),
    }
    script, style = leaflet()
    text = _source("page.html").substitute(
        lang={"en": "en", "zh": "zh-CN"}[language],
        title=escape(title),
        subtitle=escape(subtitle),
        marks=_marks(audience, synthetic, table),
        caveats="".join(f"<li>{escape(line)}</li>" for line in [*sentences, *notes]),
        layers=_layer_panel(layers),
        overlays=_overlay_panel(data, table),
        lists=_lists(areas, area_part, points, table),
        panel_word=escape(table["panel"]),
        read_first=escape(table["read_first"]),
        layers_word=escape(table["layers"]),
        overlays_word=escape(table["overlays"]),
        find_word=escape(table["find"]),
        data=json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c"),
        leaflet_style=style,
        leaflet_script=script,
        style=_source("page.css").template,
        script=_source("page.js").template,
    )
    return write_text(path, text)


_SCRIPT_WORDS = ["area", "no_area", "cell", "withheld", "unscored", "hot", "not_hot", "interval", "north", "whole"]


def _source(name: str) -> Template:
    return Template(files("patrolgeo.maps").joinpath(name).read_text(encoding="utf-8"))


def _zero(n_periods: int | None, period: str, words: dict[str, str]) -> str:
    """A zero has an upper bound: with no event in n periods, 95 % of Poisson rates below -ln(0.05) / n fit."""
    return (
        say(words, "zero", bound=number(-np.log(0.05) / n_periods), period=period) if n_periods else words["zero_plain"]
    )


def _marks(audience: str, synthetic: bool, words: dict[str, str]) -> str:
    texts = [words[audience], *([words["synthetic"]] if synthetic else [])]
    return "".join(f"<span>{escape(text)}</span>" for text in texts)


# ---- the cells


def _cells(cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame | None) -> dict[str, Any]:
    polygons = crs.to_lonlat(cells, "cells").geometry
    west, south, east, north = polygons.total_bounds
    known = pd.Index([]) if areas is None or "area" not in cells else areas.index
    at = known.get_indexer(cells["area"]) if len(known) else np.full(len(cells), -1)
    spans = polygons.bounds
    return {
        "cells": {
            "rings": pack_rings(polygons),
            "ids": pack([h3.str_to_int(cell) for cell in cells.index], "<u8"),
            "area": pack(at, "<i2"),
        },
        "bounds": [[round(south, 6), round(west, 6)], [round(north, 6), round(east, 6)]],
        # widest distance from a cell's corner to any of its points, on the unit square of the map
        "reach": float(max((spans.maxx - spans.minx).max(), 2 * (spans.maxy - spans.miny).max()) / 360 * 2),
    }


def _layers(
    cells: gpd.GeoDataFrame, area_part: dict[str, Any] | None, units: Mapping[str, str], words: dict[str, str]
) -> list[CellLayer]:
    scored = cells["patrollable"].astype(bool).to_numpy() if "patrollable" in cells else np.ones(len(cells), bool)
    withheld = cells["withheld"].astype(bool).to_numpy() if "withheld" in cells else np.zeros(len(cells), bool)
    made = []
    for key in ("risk", "hotspot", "workload", "population", "incidents"):
        if key not in cells:
            continue
        values = cells[key]
        if key == "hotspot":
            layer = hotspot_layer(values.mask(withheld, other=False), words)
        else:
            layer = graded_layer(key, values.astype(float).mask(withheld), words[key], units[key], words)
        if key in ("risk", "hotspot", "workload"):
            layer.classes[~scored] = UNSCORED
        layer.classes[withheld] = WITHHELD
        made.append(layer)
    if area_part is not None and "area" in cells:
        made.insert(1 if made else 0, _area_layer(cells["area"], area_part, words))
    if not made:
        raise DataError("cells has none of the columns risk, hotspot, workload, population, incidents, area.")
    return made


def _area_layer(labels: pd.Series, area_part: dict[str, Any], words: dict[str, str]) -> CellLayer:
    at = pd.Index(area_part["labels"]).get_indexer(labels.astype(str))
    tint = np.array([TINTS.index(t) for t in area_part["tints"]] + [UNSCORED])
    pale = tuple(_mix(t, 0.45) for t in TINTS)
    return CellLayer("areas", words["areas"], "", pale, (), tint[at].astype(np.uint8), np.zeros(0, "f4"))


def _mix(colour: str, white: float) -> str:
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(p + (255 - p) * white):02x}" for p in parts)


def _layer_data(layer: CellLayer, cells: gpd.GeoDataFrame) -> dict[str, Any]:
    shown = np.where(layer.classes == WITHHELD, 0, np.nan_to_num(layer.values)) if len(layer.values) else layer.values
    data = {
        "key": layer.key,
        "title": layer.title,
        "colours": layer.colours,
        "classes": pack(layer.classes, "<u1"),
        "values": pack(shown, "<f4"),
    }
    if layer.key == "risk" and {"risk_low", "risk_high"} <= set(cells.columns):
        hidden = layer.classes == WITHHELD
        data["interval"] = [pack(cells[c].fillna(0).mask(hidden, 0), "<f4") for c in ("risk_low", "risk_high")]
    return data


# ---- what lies on them


def _areas(areas: gpd.GeoDataFrame | None, words: dict[str, str]) -> dict[str, Any] | None:
    if areas is None or not len(areas):
        return None
    shapes = crs.to_lonlat(areas, "areas").geometry
    at = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()))
    return {
        "labels": [str(label) for label in areas.index],
        "names": [_name(row, label, "area_n", words) for label, row in areas.iterrows()],
        "tints": tints(neighbours_of(shapes)),
        "at": [[round(lat, 6), round(lon, 6)] for lon, lat in at],
        "bounds": [[[round(b, 6), round(a, 6)], [round(d, 6), round(c, 6)]] for a, b, c, d in shapes.bounds.to_numpy()],
        "paths": pack_paths(shapes),
    }


def neighbours_of(shapes: gpd.GeoSeries) -> list[list[int]]:
    """Return for every polygon the positions of those that touch it."""
    near: list[list[int]] = [[] for _ in range(len(shapes))]
    for a, b in shapes.sindex.query(shapes.to_numpy(), predicate="intersects").T:
        if a != b:
            near[a].append(int(b))
    return near


def _name(row: pd.Series, label: Any, key: str, words: dict[str, str]) -> str:
    if isinstance(row.get("name"), str) and row["name"]:
        return str(row["name"])
    return say(words, key, n=label) if not isinstance(label, str) else label


def _points(key: str, layer: gpd.GeoDataFrame, words: dict[str, str]) -> dict[str, Any]:
    places = crs.to_lonlat(layer, key).geometry.representative_point()
    names, rows = [], []
    for number_of, (_, row) in enumerate(layer.drop(columns=layer.geometry.name).iterrows(), start=1):
        kind = str(row.get("kind", ""))
        fallback = say(words, "site_n", n=number_of) if key == "sites" else words.get(kind, kind) or words[key]
        names.append(str(row["name"]) if isinstance(row.get("name"), str) and row["name"] else fallback)
        more = [(c, row[c]) for c in row.index if c not in ("name", "kind")] if key == "sites" else []
        lines = [(words[key], words.get(kind, kind))] if kind else []
        rows.append(
            lines
            + [(words.get(c, c), number(v) if isinstance(v, (int, float)) else str(v)) for c, v in more if pd.notna(v)]
        )
    return {
        "key": key,
        "style": POINT_STYLES[key],
        "at": [[round(p.y, 6), round(p.x, 6)] for p in places],
        "names": names,
        "rows": rows,
    }


def _roads(roads: gpd.GeoDataFrame) -> dict[str, Any]:
    column = next((c for c in ("class", "road_class", "highway", "kind") if c in roads), None)
    if column is None:
        rank = np.full(len(roads), 2)
    else:
        rank = roads[column].map({name: i // 3 for i, name in enumerate(ROAD_RANKS)}).fillna(3).to_numpy()
    return {"paths": pack_paths(crs.to_lonlat(roads, "roads").geometry), "rank": rank.astype(int).tolist()}


# ---- the panel beside the map


def _layer_panel(layers: Sequence[CellLayer]) -> str:
    rows = []
    for i, layer in enumerate(layers):
        unit = f" <small>{escape(layer.unit)}</small>" if layer.unit else ""
        items = "".join(
            f'<li><span class="swatch" style="background:{colour}"></span>{escape(label)}</li>'
            for colour, label in zip(layer.colours, layer.labels, strict=False)
        )
        rows.append(
            f'<div class="layer"><label><input type="radio" name="layer" value="{layer.key}"{"" if i else " checked"}>'
            f'<span>{escape(layer.title)}{unit}</span></label><ul class="legend">{items}</ul></div>'
        )
    return "".join(rows)


def _overlay_panel(data: Mapping[str, Any], words: dict[str, str]) -> str:
    keys = [("borders", "line", "#15202b")] if data["areas"] else []
    keys += [(p["key"], "dot", p["style"]["fillColor"]) for p in reversed(data["points"])]
    keys += [("roads", "line", "#8a9099")] if data["roads"] else []
    keys += [("boundary", "line", "#1d2733")] if data["boundary"] else []
    return "".join(
        f'<label><input type="checkbox" name="overlay" value="{key}" checked>'
        f'<span class="key {shape}" style="{"background" if shape == "dot" else "border-color"}:{colour}"></span>'
        f"<span>{escape(words[key])}</span></label>"
        for key, shape, colour in keys
    )


def _lists(
    areas: gpd.GeoDataFrame | None,
    area_part: dict[str, Any] | None,
    points: Sequence[dict[str, Any]],
    words: dict[str, str],
) -> str:
    parts = []
    if areas is not None and area_part is not None:
        columns = [c for c in ("workload", "mean_minutes", "worst_minutes") if c in areas]
        heads = {
            "workload": words["workload"],
            "mean_minutes": words["mean_travel"],
            "worst_minutes": words["worst_travel"],
        }
        rows = [
            f'<tr><td><button class="go" data-area="{i}" style="--tint:{tint}">{escape(name)}</button></td>'
            + "".join(f"<td>{escape(_measure(areas[c].iloc[i], c, words))}</td>" for c in columns)
            + "</tr>"
            for i, (name, tint) in enumerate(zip(area_part["names"], area_part["tints"], strict=True))
        ]
        head = "".join(f"<th>{escape(heads[c])}</th>" for c in columns)
        parts.append(f"<table><tr><th>{escape(words['areas'])}</th>{head}</tr>{''.join(rows)}</table>")
    for group in points:
        if group["key"] == "sites":
            tint = group["style"]["fillColor"]
            rows = [
                f'<tr><td><button class="go" data-site="{i}" style="--tint:{tint}">{escape(name)}</button></td></tr>'
                for i, name in enumerate(group["names"])
            ]
            parts.append(f"<table><tr><th>{escape(words['sites'])}</th></tr>{''.join(rows)}</table>")
    return "".join(parts)


def _measure(value: float, column: str, words: dict[str, str]) -> str:
    text = number(float(value))
    return say(words, "minutes", value=text) if column.endswith("minutes") else text
