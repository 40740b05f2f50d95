"""Roads of an OpenStreetMap extract: ways for motor vehicles, cut at shared nodes, with speeds and one-way rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from patrolgeo import crs
from patrolgeo._typing import Array
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.sources.road_words import BACKWARD, FORWARD, read_limit

# planning values in km/h where a way names no speed of its own: what a patrol car keeps up, stops included
SPEEDS_KMH: dict[str, float] = {
    "motorway": 80, "trunk": 60, "primary": 45, "secondary": 40, "tertiary": 35, "unclassified": 30,
    "residential": 25, "living_street": 10, "service": 15, "road": 25, "track": 15,
    "motorway_link": 45, "trunk_link": 40, "primary_link": 35, "secondary_link": 30, "tertiary_link": 30,
    "ferry": 10,
}  # fmt: skip
LIMIT_SHARE = 0.75  # of a posted limit that is kept up on average
RIVERS = {"river", "canal"}
CLOSED_TO_CARS = {"no", "private"}
ENDINGS = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2")


def read_osm(path: Any, speeds: Mapping[str, float] | None = None) -> gpd.GeoDataFrame:
    """Read the roads for motor vehicles of an OpenStreetMap file (.osm.pbf, .osm, .osm.gz).

    Ways are cut at the nodes they share, so that bridges do not meet the road below. Ferries that take cars are ways of
    the class "ferry"; their hours and waits are for `open_roads`.

    Parameters
    ----------
    path
        File with nodes and ways.
    speeds
        Kilometres per hour by `highway` value (or "ferry"); the ways of other values are left out. Planning values by
        default.

    Returns
    -------
    GeoDataFrame of lines in EPSG:4326: `way`, `name` (or number, else ""), `road_class`, `speed_kmh`, `oneway`, `noded`
    (true: they meet at their ends alone).
    """
    import osmium

    if not Path(path).is_file():
        raise MissingFileError(f"{path} does not exist; name an OpenStreetMap extract (.osm.pbf or .osm).")
    known = SPEEDS_KMH if speeds is None else speeds
    table: dict[str, list[Any]] = {"way": [], "name": [], "road_class": [], "speed_kmh": [], "oneway": []}
    refs, xy = [], []
    wanted = osmium.filter.KeyFilter("highway", "route")
    source: Any = osmium.FileProcessor(str(path)).with_locations().with_filter(wanted)
    for way in source:
        if not way.is_way() or _class(way.tags) not in known or not _open_to_cars(way.tags):
            continue
        nodes = [(n.ref, n.lon, n.lat) for n in way.nodes if n.location.valid()]
        if len(nodes) < 2:
            continue
        backwards = way.tags.get("oneway", "").lower() in BACKWARD
        nodes = nodes[::-1] if backwards else nodes
        refs.append(np.array([n[0] for n in nodes]))
        xy.append(np.array([n[1:] for n in nodes], float))
        table["way"].append(way.id)
        table["name"].append(way.tags.get("name", way.tags.get("ref", "")))
        table["road_class"].append(_class(way.tags))
        table["speed_kmh"].append(_speed(way.tags, float(known[_class(way.tags)])))
        table["oneway"].append(backwards or _oneway(way.tags))
    if not refs:
        raise DataError(f"{path} holds no road for motor vehicles.")
    row, lines = _cut_at_shared(refs, xy)
    columns = {name: np.array(values)[row] for name, values in table.items()} | {"noded": True}
    return gpd.GeoDataFrame(columns, geometry=lines, crs=crs.LONLAT)


def read_osm_rivers(path: Any) -> gpd.GeoDataFrame:
    """Read the rivers and canals of an OpenStreetMap file as lines in EPSG:4326 with their `name`; perhaps none."""
    import osmium

    names, lines = [], []
    source: Any = osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter("waterway"))
    for way in source:
        if way.is_way() and way.tags["waterway"] in RIVERS:
            points = [(n.lon, n.lat) for n in way.nodes if n.location.valid()]
            if len(points) > 1:
                names.append(way.tags.get("name", ""))
                lines.append(shapely.linestrings(points))
    return gpd.GeoDataFrame({"name": names}, geometry=lines, crs=crs.LONLAT)


def is_osm(source: Any) -> bool:
    """Return whether the name of a file says that it is an OpenStreetMap extract."""
    return isinstance(source, str | Path) and str(source).lower().endswith(ENDINGS)


def _class(tags: Any) -> str:
    return "ferry" if tags.get("route") == "ferry" else tags.get("highway", "")


def _open_to_cars(tags: Any) -> bool:
    return tags.get("motor_vehicle", tags.get("access", "yes")) not in CLOSED_TO_CARS and tags.get("area") != "yes"


def _oneway(tags: Any) -> bool:
    given = tags.get("oneway")
    if given is not None:
        return given.lower() in FORWARD
    return tags.get("junction") in {"roundabout", "circular"} or _class(tags) in {"motorway", "motorway_link"}


def _speed(tags: Any, otherwise: float) -> float:
    limit = read_limit(tags.get("maxspeed", ""))
    return max(5.0, LIMIT_SHARE * limit) if limit > 0 else otherwise


def _cut_at_shared(refs: list[Array], xy: list[Array]) -> tuple[Array, Array]:
    """Return the way of each piece, and the pieces; a way is cut at every node that occurs more than once."""
    every = np.concatenate(refs)
    _, back, count = np.unique(every, return_inverse=True, return_counts=True)
    shared = count[back] > 1
    row, lines, at = [], [], 0
    for k, points in enumerate(xy):
        inner = np.flatnonzero(shared[at + 1 : at + len(points) - 1]) + 1
        for a, b in zip(np.r_[0, inner], np.r_[inner, len(points) - 1], strict=True):
            lines.append(shapely.linestrings(points[a : b + 1]))
            row.append(k)
        at += len(points)
    return np.array(row), np.array(lines)
