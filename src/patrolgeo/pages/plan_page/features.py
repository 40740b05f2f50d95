"""What lies on the cells: patrol areas, points and roads, ready for the page."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo.maps.canvas import drawable
from patrolgeo.maps.colours import area_tints
from patrolgeo.maps.flows import COLOUR, WIDTHS, width_classes
from patrolgeo.pages.plan_page.encode import pack_paths
from patrolgeo.pages.plan_page.specs import OverlaySpec, Sort
from patrolgeo.words.messages import number, say
from patrolgeo.words.rates import often

ROAD_RANKS = {
    name: rank
    for rank, names in enumerate(
        ("motorway trunk national", "primary provincial secondary", "county tertiary township")
    )
    for name in names.split()
}
MINOR_ROAD = 3
SHAPES = ("points", "lines", "polygons")  # by dimension
SPOT = ("area_name", "near", "incidents", "expected", "ratio", "residents", "ratio_places", "kinds")  # on its card
SPOKEN = ("radio_code", "spoken_border")  # what is said of an area on the radio: on the card of its cells too
AREA = (
    *SPOKEN, "population", "incidents", "risk", "workload", "over_mean", "mean_minutes", "worst_minutes", "area_km2",
)  # fmt: skip
_KIND = re.compile(r"[^\s,%](?:[^,%]*[^\s,%\d])?(?= \d+ %)")  # the names in "theft 57 %, assault 41 %"
SHARES = {"over_mean": ".2f"}


def area_features(
    areas: gpd.GeoDataFrame, words: Mapping[str, str], *, boundary: gpd.GeoDataFrame | None = None,
    days: float = 0.0, workload_unit: str = "index",
) -> dict[str, Any]:  # fmt: skip
    """Return names, colours, label points, outlines and cards of the patrol areas.

    They end at the `boundary`, so that the map has one outline. `days` is the length of the period of their risk.
    """
    shapes = _within(drawable(areas, "areas").geometry, boundary)
    at = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()))
    names = _own_names(areas)
    columns = [c for c in AREA if c in areas]
    told = {c: [_told_of_area(c, v, words, days, workload_unit) for v in areas[c]] for c in columns}
    if workload_unit == "index" and "workload" in columns:
        told["workload"] = [f"{share:.1%}" for share in areas["workload"] / areas["workload"].sum()]
    return {
        "labels": [str(label) for label in areas.index],
        "names": [name or _area_name(label, words) for name, label in zip(names, areas.index, strict=True)],
        "heads": [words.get(f"area_{c}", words.get(c, c)) for c in columns],
        "rows": [list(row) for row in zip(*told.values(), strict=True)] if columns else [[] for _ in names],
        "spoken": sum(c in SPOKEN for c in columns),
        "more": told.get("radio_code", [""] * len(names)),
        "tints": area_tints(shapes),
        "at": [[round(lat, 6), round(lon, 6)] for lon, lat in at],
        "bounds": [[[round(b, 6), round(a, 6)], [round(d, 6), round(c, 6)]] for a, b, c, d in shapes.bounds.to_numpy()],
        "paths": pack_paths(shapes),
    }


def _within(shapes: gpd.GeoSeries, boundary: gpd.GeoDataFrame | None) -> gpd.GeoSeries:
    """Return the shapes cut at the boundary; one that lies beyond it stays whole."""
    if boundary is None:
        return shapes
    area = shapely.make_valid(crs.to_lonlat(boundary, "boundary").geometry.union_all())
    cut = shapely.intersection(shapely.make_valid(shapes.to_numpy()), area)
    surface = [shapely.union_all([p for p in shapely.get_parts(c) if shapely.get_dimensions(p) == 2]) for c in cut]
    kept = np.where(shapely.is_empty(surface), shapes.to_numpy(), np.array(surface, object))
    return gpd.GeoSeries(kept, index=shapes.index, crs=shapes.crs)


def _told_of_area(column: str, value: Any, words: Mapping[str, str], days: float, workload_unit: str) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if column == "risk" and days:
        return often(float(value) / days, words)
    if column.endswith("minutes") or (column == "workload" and workload_unit == "minutes"):
        return say(words, "minutes", value=number(float(value)))
    return format(value, SHARES[column]) if column in SHARES else number(float(value))


def _area_name(label: Any, words: Mapping[str, str]) -> str:
    return label if isinstance(label, str) else say(words, "area_n", n=label)


def _own_names(table: pd.DataFrame) -> list[str]:
    if "name" not in table:
        return [""] * len(table)
    return ["" if pd.isna(name) else str(name) for name in table["name"]]


def overlay_features(spec: OverlaySpec, layer: gpd.GeoDataFrame, words: Mapping[str, str]) -> dict[str, Any]:
    """Return what lies on the cells, points, lines or polygons: name, sort and every column of each thing."""
    shapes = drawable(layer, spec.key).geometry
    points = shapes.representative_point()
    shape = SHAPES[int(shapely.get_dimensions(shapes.to_numpy()).max())]
    names = _own_names(layer)
    if spec.numbered:
        names = [name or say(words, spec.numbered, n=i) for i, name in enumerate(names, start=1)]
    sorts, sort = _sorts(spec, layer, words)
    heads, rows = _told(spec, layer.drop(columns=[layer.geometry.name, "name"], errors="ignore"), words)
    return {
        "key": spec.key,
        "title": words[spec.key],
        "colour": spec.colour,
        "numbered": bool(spec.numbered),
        "named": spec.named,
        "shape": shape,
        "dots": spec.named and shape == "points",
        "shown": spec.shown,
        "at": np.round(np.column_stack([points.y, points.x]), 6).tolist(),
        "names": names,
        "sorts": sorts,
        "sort": sort,
        "heads": heads,
        "rows": rows,
        "paths": None if shape == "points" else pack_paths(shapes),
        "line": {"colour": spec.colour, "width": spec.width, "dash": list(spec.dash), "hatched": spec.hatched},
    }


def _sorts(spec: OverlaySpec, layer: pd.DataFrame, words: Mapping[str, str]) -> tuple[list[dict[str, Any]], list[int]]:
    """Return the sorts of things that occur, and which each is: the first of the columns `by` that says a known one."""
    plain = Sort("", spec.colour, spec.sign, spec.look)
    known = {sort.value: sort for sort in spec.sorts}
    said = [layer[column].astype(str) for column in spec.by if column in layer]
    each = [next((known[value] for value in values if value in known), plain) for values in zip(*said, strict=True)]
    each = each or [plain] * len(layer)
    there = [sort for sort in (*spec.sorts, plain) if sort in each]
    shown = [
        {"title": _word(spec.by[0], sort.value, words) if sort.value else words[spec.key], "colour": sort.colour,
         "sign": sort.sign, "look": sort.look, "shown": sort.shown}
        for sort in there
    ]  # fmt: skip
    return shown, [there.index(sort) for sort in each]


def _told(spec: OverlaySpec, table: pd.DataFrame, words: Mapping[str, str]) -> tuple[list[str], list[list[str]]]:
    """Return the words of all columns, and what each thing has in them; "" where nothing is known."""
    if spec.key == "spots":
        table = table[[c for c in SPOT if c in table]]
    heads = [words.get(f"{spec.heads}{c}", words.get(str(c), str(c))) for c in table.columns]
    columns = [["" if pd.isna(v) else _shown(str(c), v, words) for v in table[c]] for c in table.columns]
    return heads, [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in range(len(table))]


def _shown(column: str, value: Any, words: Mapping[str, str]) -> str:
    if column == "kinds":
        return _KIND.sub(lambda kind: words.get(f"category_{kind[0]}", kind[0]), value)
    if isinstance(value, str | bool | np.bool_):
        return _word(column, str(value), words)
    return f"{value:.1%}" if column.endswith("_share") else number(float(value))


def _word(column: str, value: str, words: Mapping[str, str]) -> str:
    """Return what a value of a column is called: kinds and roles have words of their own."""
    return words.get(f"{column}_{value}", words.get(value, value) if column in ("kind", "role") else value)


def road_features(roads: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the roads as lines with a name and a rank: 0 for national roads to 3 for village roads.

    Pieces of one name and rank are joined where they meet, so that a name finds a stretch to stand on.
    """
    known = roads["road_class"].map(ROAD_RANKS).fillna(MINOR_ROAD) if "road_class" in roads else 2
    lines = gpd.GeoDataFrame(
        {"name": _own_names(roads), "rank": pd.Series(known, index=roads.index).to_numpy(np.int64)},
        geometry=crs.to_lonlat(roads, "roads").geometry.to_numpy(),
    )  # fmt: skip
    parts = lines.explode().groupby(["rank", "name"])["geometry"].agg(list)
    merged = [shapely.line_merge(shapely.multilinestrings(pieces)) for pieces in parts]
    return {
        "paths": pack_paths(merged),
        "rank": parts.index.get_level_values("rank").tolist(),
        "names": parts.index.get_level_values("name").tolist(),
    }


def flow_features(flows: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the lines of `flows` (column `trips`) with their classes of width and what each class holds."""
    kind, ends = width_classes(flows["trips"].to_numpy(float))
    shown = flows[kind >= 0]
    return {
        "paths": pack_paths(crs.to_lonlat(shown, "flows").geometry),
        "rank": kind[kind >= 0].tolist(),
        "widths": list(WIDTHS),
        "colour": COLOUR,
        "legend": [f"{number(a)} – {number(b)}" for a, b in pairwise(ends)],
    }
