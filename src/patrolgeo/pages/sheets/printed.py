"""A finished plan as sheets print it: the layers, numbers and words of its folder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from patrolgeo import crs
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.files import sha256
from patrolgeo.folders import MANIFEST
from patrolgeo.pages.country import words_of_country
from patrolgeo.pages.edition import Edition

NEEDED = (MANIFEST, "summary.json", "plan.gpkg")
LAYERS = ("areas", "roads", "barriers", "villages", "hot_spots", "posts", "checkpoints", "day_stops", "stops", "sites")
VALID = pd.Timedelta(weeks=13)


@dataclass(frozen=True)
class Shift:
    """A shift of the sheets: its name, and its hours as ``08:00-18:00``; both "" where the plan knows none."""

    name: str = ""
    hours: str = ""

    def holds(self, time: str) -> bool:
        """Return whether a time of the day lies in the shift; a shift without hours holds all."""
        if not self.hours:
            return True
        begin, end = self.hours.split("-")
        return begin <= time < end if begin < end else time >= begin or time < end

    def parts(self) -> list[tuple[int, int]]:
        """Return the shift as minutes of the day, hour by hour; all 24 where it has no hours."""
        begin, end = [60 * int(h) + int(m) for h, m in (t.split(":") for t in (self.hours or "00:00-24:00").split("-"))]
        end += 1440 * (end <= begin)
        cuts = [begin, *range(60 * (begin // 60 + 1), end, 60), end]
        return list(pairwise(cuts))


@dataclass(frozen=True)
class Printed:
    """The folder of a plan run, read once.

    Parameters
    ----------
    layers
        Layers of ``plan.gpkg`` by name, those that are there, in metres around the middle of the areas.
    summary
        ``summary.json``.
    edition
        Title, language, marks and days.
    code
        What tells this plan from another: the first signs of the SHA-256 of its summary.
    """

    layers: dict[str, gpd.GeoDataFrame]
    summary: dict[str, Any]
    edition: Edition
    code: str

    def layer(self, name: str) -> gpd.GeoDataFrame | None:
        """Return a layer; None where the plan has none."""
        return self.layers.get(name)

    @cached_property
    def shifts(self) -> list[Shift]:
        """The shifts that posts, waits and stops go by; one without a name where there are none."""
        rows = [*self.summary.get("posts", {}).get("by_force", ()), *self.summary.get("blind_spots", ())]
        known = dict.fromkeys(Shift(str(row["shift"]), row["hours"].replace("–", "-")) for row in rows)
        stops = self.layer("day_stops")
        if known and stops is not None and not all(any(s.holds(t) for s in known) for t in stops["from"]):
            return [*known, Shift("routes")]  # a stop at no hour of any shift still has its sheet
        return list(known) or [Shift()]


def read_printed(folder: Path, language: str | None) -> Printed:
    """Read the folder of a plan run.

    Raises
    ------
    MissingFileError
        When the folder holds no finished plan.
    DataError
        When a file of it cannot be read, or the plan has no patrol areas.
    """
    for name in NEEDED:
        if not (folder / name).is_file():
            raise MissingFileError(f"{folder} holds no finished plan: {name} is missing. Make one with: patrolgeo plan "
                                   f"PLAN.toml --out {folder}")  # fmt: skip
    try:
        summary, manifest = (json.loads((folder / name).read_text("utf-8")) for name in ("summary.json", MANIFEST))
        layers = dict(_layers(folder / "plan.gpkg"))
    except (ValueError, OSError, pyogrio.errors.DataSourceError) as error:
        raise DataError(f"{folder}: a file of the plan cannot be read ({error}). Run the plan again.") from error
    if "areas" not in layers or not len(layers["areas"]):
        raise DataError(f"{folder}: the plan has no patrol areas, so there is nothing to print.")
    settings = manifest.get("settings") or {}
    edition = _edition(summary, language or settings.get("language", "en"), settings.get("country"))
    return Printed(layers, summary, edition, sha256(folder / "summary.json")[:8])


def _layers(path: Path) -> Iterator[tuple[str, gpd.GeoDataFrame]]:
    """Yield the layers that sheets draw, in metres around the middle of the areas."""
    there = {name for name, kind in pyogrio.list_layers(path) if kind is not None}
    middle = areas = None
    for name in (name for name in LAYERS if name in there):
        layer = crs.to_lonlat(gpd.read_file(path, layer=name), name)
        if middle is None:
            west, south, east, north = layer.total_bounds
            middle = ((west + east) / 2, (south + north) / 2)
        here = crs.to_local(layer, middle)
        areas = here if name == "areas" else areas
        yield name, here if "area" in here else here.assign(area=_area_of(here, areas))


def _area_of(layer: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> Any:
    """Return the area of each thing: the one that its middle lies in, or the nearest."""
    points = layer.geometry.representative_point().to_numpy()
    at = shapely.STRtree(areas.geometry.to_numpy()).query_nearest(points, all_matches=False)[1]
    return areas["area"].to_numpy()[at]


def _edition(summary: dict[str, Any], language: str, country: str | None) -> Edition:
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.now(UTC).astimezone() if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
    last = summary.get("incidents", {}).get("last")
    return Edition(
        str(summary.get("title", "")), language=language, audience=summary.get("audience", "internal"),
        synthetic=bool(summary.get("synthetic")), attribution=summary.get("credits", ""),
        words=words_of_country(language, country), made=f"{now:%Y-%m-%d}",
        valid_until=None if last is None else f"{pd.Timestamp(last) + VALID:%Y-%m-%d}",
    )  # fmt: skip
