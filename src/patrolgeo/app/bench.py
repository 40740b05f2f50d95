"""A finished plan on the bench: what a planner does to it, one step after another, and how good it stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio

from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.files import sha256
from patrolgeo.folders import MANIFEST
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.draft import AreaDraft, draft_areas
from patrolgeo.plan.areas.measures import measure_areas
from patrolgeo.roads.hexagons import hexagon_graph

NEEDED = (MANIFEST, "summary.json", "plan.html", "plan.gpkg", "cells.parquet", "plan.toml")
MOST_POINTS = 10_000  # of an outline that is drawn by hand


@dataclass(frozen=True)
class Ring:
    """Ground that a planner leaves out: corners as (longitude, latitude)."""

    corners: tuple[tuple[float, float], ...]


@dataclass
class Bench:
    """A plan while it is changed: a draft of its areas, ground left out, and every state before."""

    folder: Path
    names: dict[int, str]
    draft: AreaDraft
    code: str
    rings: tuple[Ring, ...] = ()
    before: list[tuple[AreaDraft, tuple[Ring, ...]]] = field(default_factory=list)

    def do(self, step: Mapping[str, Any]) -> None:
        """Take one step: move, lock, unlock, exclude or undo; a wrong one is an error and changes nothing."""
        what = step.get("do") if isinstance(step, Mapping) else None
        if what == "undo":
            if self.before:
                self.draft, self.rings = self.before.pop()
            return
        now = (self.draft, self.rings)
        if what == "move":
            self.draft = self.draft.move(dict.fromkeys(_cells(step), step.get("to")))
        elif what in ("lock", "unlock"):
            self.draft = getattr(self.draft, what)(_cells(step))
        elif what == "exclude":
            self.rings = (*self.rings, _ring(step))
        else:
            raise DataError(f"{what!r} is no step; the steps are move, lock, unlock, exclude, undo.")
        self.before.append(now)

    def told(self) -> dict[str, Any]:
        """Return what the page shows: who is where else than in the plan, balance, minutes, proof."""
        draft, start = self.draft, self.draft.plan.measures.by_area
        beside = draft.by_area.join(start[["over_mean", "mean_minutes"]].add_suffix("_before"))
        asked = {"over_mean": "over_mean", "mean": "mean_minutes", "worst": "worst_minutes"}
        asked |= {"over_mean_before": "over_mean_before", "mean_before": "mean_minutes_before"}
        rows = [
            {"area": int(area), "name": self.names[area], "units": int(row["units"]), "pieces": int(row["pieces"])}
            | {key: float(row[column]) for key, column in asked.items()}
            for area, row in zip(beside.index, beside.to_dict("records"), strict=True)
        ]
        total = draft.state.weight.sum()
        return {
            "moved": {unit: int(now) for unit, (_, now) in draft.moved.items()}, "locked": sorted(draft.locked),
            "areas": rows, "heaviest": draft.max_over_mean, "gap": draft.gap, "minutes": draft.objective / total,
            "rings": [ring.corners for ring in self.rings], "steps": len(self.before),
        }  # fmt: skip


def _cells(step: Mapping[str, Any]) -> list[str]:
    cells = step.get("cells")
    if not isinstance(cells, list) or not cells or not all(isinstance(cell, str) for cell in cells):
        raise DataError("cells must be a list of cells.")
    return cells


def _ring(step: Mapping[str, Any]) -> Ring:
    corners: Any = step.get("ring")
    good = isinstance(corners, list) and 3 <= len(corners) <= MOST_POINTS
    if not good or not all(_is_point(corner) for corner in corners):
        raise DataError(f"ring must be 3 to {MOST_POINTS:,} corners, each [longitude, latitude].")
    return Ring(tuple((float(lon), float(lat)) for lon, lat in corners))


def _is_point(corner: Any) -> bool:
    numbers = isinstance(corner, list) and len(corner) == 2 and all(type(value) in (int, float) for value in corner)
    return numbers and abs(corner[0]) <= 180 and abs(corner[1]) <= 90


def open_bench(folder: Path) -> Bench:
    """Read a finished plan: its cells, areas, work and roads, from which travel is measured as in the run.

    Raises
    ------
    MissingFileError
        When the folder holds no finished internal plan.
    DataError
        When the plan divides villages or is public, or a file cannot be read.
    """
    for name in NEEDED:
        if not (folder / name).is_file():
            raise MissingFileError(f"{folder} holds no finished plan that can be changed: {name} is missing. Make one "
                                   f"with: patrolgeo plan PLAN.toml --out {folder}")  # fmt: skip
    try:
        settings = json.loads((folder / MANIFEST).read_text("utf-8"))["settings"]
        cells = gpd.read_parquet(folder / "cells.parquet").set_index("cell")
        names = pyogrio.read_dataframe(folder / "plan.gpkg", layer="areas", read_geometry=False).set_index("area")[
            "name"
        ]
        layers = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
        lines = {k: gpd.read_file(folder / "plan.gpkg", layer=k) for k in ("roads", "barriers") if k in layers}
    except (KeyError, ValueError, OSError, pyogrio.errors.DataSourceError) as error:
        raise DataError(f"{folder}: a file of the plan cannot be read ({error}). Run the plan again.") from error
    if settings.get("units") is not None or "workload" not in cells:
        raise DataError(f"{folder}: plans by village and public plans cannot be changed here; write areas.reassign "
                        "into the plan file instead.")  # fmt: skip
    plan = _plan(cells[cells["area"].notna()], settings["areas"], lines)
    return Bench(
        folder, {int(a): str(n) for a, n in names.items()}, draft_areas(plan), sha256(folder / "summary.json")[:8]
    )


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
