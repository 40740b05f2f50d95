"""The folder of a finished plan, read back as a plan that can be changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from patrolgeo.app.bench import Bench, Reach, State
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.files import sha256
from patrolgeo.folders import MANIFEST
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.draft import draft_areas
from patrolgeo.plan.areas.measures import measure_areas
from patrolgeo.roads.hexagons import hexagon_graph

UNREAD = (KeyError, ValueError, TypeError, OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError)
NEEDED = (MANIFEST, "summary.json", "plan.html", "plan.gpkg", "cells.parquet", "plan.toml")


def open_bench(folder: Path) -> Bench:
    """Read a finished plan: its cells, areas, work, posts and roads, from which travel is measured as in the run.

    Raises
    ------
    MissingFileError
        When the folder holds no finished internal plan.
    DataError
        When the plan is public, or a file cannot be read.
    """
    check_finished(folder, NEEDED)
    cells, names = read_areas(folder)
    try:
        settings = json.loads((folder / MANIFEST).read_text("utf-8"))["settings"]
        lines = _lines(folder)
        sites = settings.get("sites")
        posts = gpd.read_file(folder / "sites.geojson")["cell"] if sites is not None else ()
    except UNREAD as error:
        raise _unread(folder, error) from error
    if "workload" not in cells:
        raise DataError(f"{folder} is a public plan, which cannot be changed; open the internal one.")
    by_village = settings.get("units") is not None and not settings["areas"].get("together")
    if by_village and "village" not in cells:
        raise DataError(f"{folder} was made by an earlier version, without the village of each cell. Run it again.")
    plan = _plan(cells, settings["areas"], lines)
    cells = cells.loc[plan.labels.index]
    return Bench(
        folder, names, State(draft_areas(plan), posts=tuple(map(str, posts))), sha256(folder / "summary.json")[:8],
        village=cells["village"] if by_village else None,
        reach=None if sites is None else Reach(cells["risk"].to_numpy(float), float(sites["reach_minutes"])),
        roads=lines.get("roads"), barriers=lines.get("barriers"), wishes=settings["areas"],
    )  # fmt: skip


def check_finished(folder: Path, names: tuple[str, ...]) -> None:
    """Raise when the folder of a finished internal plan lacks a file."""
    for name in names:
        if not (folder / name).is_file():
            raise MissingFileError(f"{folder} holds no finished plan for own use: {name} is missing. Make one with: "
                                   f"patrolgeo plan PLAN.toml --out {folder}")  # fmt: skip


def read_areas(folder: Path) -> tuple[gpd.GeoDataFrame, dict[int, str]]:
    """Return the cells of a plan that belong to an area, index `cell`, and the names of the areas by number.

    Raises
    ------
    DataError
        When a file cannot be read, or cells belong to an area that the plan does not list.
    """
    try:
        cells = gpd.read_parquet(folder / "cells.parquet").set_index("cell")
        cells = cells[cells["area"].notna()].astype({"area": int})
        table = pyogrio.read_dataframe(folder / "plan.gpkg", layer="areas", read_geometry=False)
        names = {int(area): str(name) for area, name in zip(table["area"], table["name"], strict=True)}
    except UNREAD as error:
        raise _unread(folder, error) from error
    if strange := sorted(set(cells["area"]) - set(names)):
        raise DataError(f"{folder}: cells.parquet names area {strange[0]}, which plan.gpkg does not have; it has "
                        f"{', '.join(map(str, names))}. Run the plan again.")  # fmt: skip
    return cells, names


def _unread(folder: Path, error: Exception) -> DataError:
    lacks = f"{error} is missing" if isinstance(error, KeyError) else error
    return DataError(f"{folder}: a file of the plan cannot be read ({lacks}). Run the plan again.")


def _lines(folder: Path) -> dict[str, gpd.GeoDataFrame]:
    layers = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
    return {key: gpd.read_file(folder / "plan.gpkg", layer=key) for key in ("roads", "barriers") if key in layers}


def _plan(cells: gpd.GeoDataFrame, wishes: Mapping[str, Any], lines: Mapping[str, gpd.GeoDataFrame]) -> AreaPlan:
    """Return the areas of the folder as a plan, measured as the run measured them."""
    grid = HexGrid.from_cells(list(cells.index))
    cells = cells.loc[grid.cells]
    travel = hexagon_graph(grid, wishes["speed_kmh"], barriers=lines.get("barriers"), roads=lines.get("roads"))
    labels, workload = cells["area"].astype(int), cells["workload"].astype(float)
    measures = measure_areas(labels, workload, travel, grid.geometry)
    total = float(workload.sum()) or float(len(workload))
    return AreaPlan(
        objective=(measures.mean_travel_minutes or 0.0) * total, bound=None, status="by hand", runtime=0.0,
        labels=labels, measures=measures, tolerance=wishes["tolerance"], bound_holds_for="none", notes=(),
        workload=pd.Series(workload, name="workload"), travel=travel,
    )  # fmt: skip
