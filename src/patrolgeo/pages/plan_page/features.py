"""What lies on the cells: patrol areas, points and roads, ready for the page."""

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
from patrolgeo.pages.plan_page.specs import PointSpec
from patrolgeo.words.messages import number, say

ROAD_RANKS = {
    name: rank
    for rank, names in enumerate(
        ("motorway trunk national", "primary provincial secondary", "county tertiary township")
    )
    for name in names.split()
}
MINOR_ROAD = 3
SPOT = ("area_name", "near", "incidents", "expected", "ratio", "residents", "ratio_places", "kinds")  # on its card
SPOKEN = ("radio_code", "spoken_border")  # what is said of an area on the radio


def area_features(areas: gpd.GeoDataFrame, words: Mapping[str, str]) -> dict[str, Any]:
    """Return names, colours, label points and outlines of the patrol areas."""
    shapes = drawable(areas, "areas").geometry
    at = shapely.get_coordinates(shapely.point_on_surface(shapes.to_numpy()))
    names = _own_names(areas)
    return {
        "labels": [str(label) for label in areas.index],
        "names": [name or _area_name(label, words) for name, label in zip(names, areas.index, strict=True)],
        "cards": [_card_lines(row, words) for _, row in areas[[c for c in SPOKEN if c in areas]].iterrows()],
        "tints": area_tints(shapes),
        "at": [[round(lat, 6), round(lon, 6)] for lon, lat in at],
        "bounds": [[[round(b, 6), round(a, 6)], [round(d, 6), round(c, 6)]] for a, b, c, d in shapes.bounds.to_numpy()],
        "paths": pack_paths(shapes),
    }


def _area_name(label: Any, words: Mapping[str, str]) -> str:
    return label if isinstance(label, str) else say(words, "area_n", n=label)


def _own_names(table: pd.DataFrame) -> list[str]:
    if "name" not in table:
        return [""] * len(table)
    return ["" if pd.isna(name) else str(name) for name in table["name"]]


def point_features(spec: PointSpec, layer: gpd.GeoDataFrame, words: Mapping[str, str]) -> dict[str, Any]:
    """Return points with a kind and a name; numbered ones carry every column for their card."""
    points = drawable(layer, spec.key).geometry.representative_point()
    known = layer["kind"] if "kind" in layer else pd.Series("", index=layer.index)
    codes, plain = pd.factorize(known.fillna("").astype(str), sort=True)
    names = _own_names(layer)
    rows: list[list[tuple[str, str]]] = []
    if spec.numbered:
        names = [name or say(words, spec.numbered, n=i) for i, name in enumerate(names, start=1)]
        more = layer.drop(columns=[layer.geometry.name, "name", "kind"], errors="ignore")
        if spec.heads:
            more = more[[c for c in SPOT if c in more]]
        rows = [_card_lines(row, words, spec.heads) for _, row in more.iterrows()]
    colours = dict(spec.kinds)
    return {
        "key": spec.key,
        "title": words[spec.key],
        "style": spec.style(),
        "sign": spec.sign,
        "at": np.round(np.column_stack([points.y, points.x]), 6).tolist(),
        "names": names,
        "kinds": [words.get(kind, kind) for kind in plain],
        "kind": codes.tolist(),
        "fills": [colours.get(kind, spec.colour) for kind in plain],
        "legend": [(words.get(kind, kind), colour) for kind, colour in colours.items() if kind in plain],
        "rows": rows,
        "paths": pack_paths(drawable(layer, spec.key).geometry) if spec.outlined else None,
    }


def _card_lines(row: pd.Series, words: Mapping[str, str], heads: str = "") -> list[tuple[str, str]]:
    return [
        (words.get(f"{heads}{c}", str(c)), _shown(str(c), value, words)) for c, value in row.items() if pd.notna(value)
    ]


def _shown(column: str, value: Any, words: Mapping[str, str]) -> str:
    if isinstance(value, str | bool):
        return words.get(f"{column}_{value}", str(value))
    return f"{value:.1%}" if column.endswith("_share") else number(float(value))


def road_features(roads: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the roads as lines with a rank: 0 for national roads to 3 for village roads."""
    known = roads["road_class"].map(ROAD_RANKS).fillna(MINOR_ROAD) if "road_class" in roads else 2
    rank = pd.Series(known, index=roads.index).to_numpy(np.int64)
    return {"paths": pack_paths(crs.to_lonlat(roads, "roads").geometry), "rank": rank.tolist()}


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
