"""Tracks of phones and receivers as rows of a table: GPX files, and lines of GeoJSON that carry their times."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo.errors import DataError
from patrolgeo.sources.budgets import check_budget, limit

TIMES = ("coordTimes", "times", "coordinateProperties")  # where converters of GPX put the times of a line
_ENTITIES = re.compile(rb"<!\s*(?:doctype|entity)", re.IGNORECASE)
_HEAD = 1 << 20


def read_gpx(path: Path) -> pd.DataFrame:
    """Return the points of all tracks of a GPX file: unit (name of the track, else of the file), time, lon, lat.

    Raises
    ------
    DataError
        When the file is not GPX, declares entities, or holds no point of a track.
    """
    with path.open("rb") as stream:
        if _ENTITIES.search(stream.read(_HEAD)):
            raise DataError(f"{path} declares a document type or entities, and such files are not opened.")
    try:
        rows = _track_points(path)
    except ElementTree.ParseError as problem:
        raise DataError(f"{path} cannot be read as GPX: {problem}.") from None
    if not rows:
        raise DataError(f"{path} holds no point of a track (trkpt).")
    return pd.DataFrame(rows, columns=["unit", "time", "lon", "lat"])


def _track_points(path: Path) -> list[tuple[str, str | None, str | None, str | None]]:
    rows: list[tuple[str, str | None, str | None, str | None]] = []
    name, most = path.stem, limit("rows")
    for event, element in ElementTree.iterparse(path, events=("start", "end")):  # noqa: S314  entities are refused
        tag = element.tag.rpartition("}")[2]
        if event == "start":
            name = path.stem if tag == "trk" else name
        elif tag == "trkpt":
            time = next((child.text for child in element if child.tag.endswith("time")), None)
            rows.append((name, time, element.get("lon"), element.get("lat")))
            element.clear()
            if len(rows) > most:
                check_budget(len(rows), "rows", path.name)
        elif tag == "name" and element.text:
            name = element.text.strip()
    return rows


def points_of_lines(table: Any, source: str) -> Any:
    """Return a layer of lines as one of their points with the times that the lines carry; other layers as they are.

    Raises
    ------
    DataError
        When lines carry no times, or not one for each of their points.
    """
    if not isinstance(table, gpd.GeoDataFrame) or not table.geom_type.isin(["LineString", "MultiLineString"]).any():
        return table
    held = next((name for name in TIMES if name in table.columns), None)
    if held is None:
        raise DataError(
            f"{source} holds lines without times; a track needs coordTimes, a list with a time for each point, "
            "or one row a position."
        )
    lists = [_flat(value) for value in table[held]]
    sizes = shapely.get_num_coordinates(table.geometry.to_numpy())
    wrong = np.flatnonzero(sizes != [len(times) for times in lists])
    if len(wrong):
        at = int(wrong[0])
        raise DataError(f"{source}: line {at + 1} has {sizes[at]:,} points and {len(lists[at]):,} times.")
    lon, lat = shapely.get_coordinates(table.geometry.to_numpy()).T
    rows = pd.DataFrame(table.drop(columns=[table.geometry.name, held])).loc[table.index.repeat(sizes)]
    return rows.reset_index(drop=True).assign(time=[t for times in lists for t in times], lon=lon, lat=lat)


def _flat(value: Any) -> list[Any]:
    """Return the times of a line: a list, lists of its parts, or the same as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return []
    if isinstance(value, dict):
        value = value.get("times", [])
    if not isinstance(value, (list, tuple, np.ndarray)):
        return []
    return [t for part in value for t in (part if isinstance(part, (list, tuple, np.ndarray)) else [part])]
