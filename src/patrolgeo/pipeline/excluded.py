"""Ground that a plan leaves out: bases, airports, water. Cells, people and records on it are accounted for."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._typing import Bools
from patrolgeo.config import Plan
from patrolgeo.config.source import Exclusion
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.results import Place
from patrolgeo.words.note import Note

NO_PATROL, NO_RESIDENTS, NO_POST = "no_patrol", "no_residents", "no_post"


def excluded_ground(plan: Plan, place: Place) -> gpd.GeoDataFrame | None:
    """Return the polygons that the plan leaves out: `name`, `kind`; None where it leaves out none."""
    tables = []
    for role, source in plan.sources.items():
        layer = place[role]
        if isinstance(source, Exclusion) and layer is not None:
            named = layer["name"].astype(str) if "name" in layer else ""
            tables.append(layer[["geometry"]].assign(name=named, kind=source.kind))
    if not tables:
        return None
    return gpd.GeoDataFrame(pd.concat(tables, ignore_index=True)[["name", "kind", "geometry"]])


def of_kind(ground: gpd.GeoDataFrame | None, *kinds: str) -> gpd.GeoDataFrame | None:
    """Return the polygons of some kinds, None where there are none."""
    some = None if ground is None else ground[ground["kind"].isin(kinds)]
    return None if some is None or some.empty else some


def lies_in(points: gpd.GeoSeries, polygons: gpd.GeoDataFrame | None) -> Bools:
    """Return which points lie in one of the polygons."""
    inside = np.zeros(len(points), bool)
    if polygons is not None:
        middles = crs.to_lonlat(points, "points").to_numpy()
        inside[shapely.STRtree(polygons.geometry.to_numpy()).query(middles, predicate="intersects")[0]] = True
    return inside


def cut_out(plan: Plan, grid: HexGrid, ground: gpd.GeoDataFrame | None) -> tuple[HexGrid, gpd.GeoDataFrame]:
    """Return the cells that are planned for, and those that are not: their middle lies where no patrol goes."""
    polygons = of_kind(ground, NO_PATROL)
    middles = grid.centroids
    out = lies_in(middles, polygons)
    if out.all():
        raise DataError(f'{plan.path}: [exclude] of the kind "no_patrol" covers every cell of [area]; nothing is left.')
    named = [] if polygons is None else _names_at(middles[out], polygons)
    left = gpd.GeoDataFrame(geometry=grid.geometry[out]).assign(excluded=NO_PATROL, excluded_name=named)
    return (HexGrid.from_cells(grid.cells[~out]) if out.any() else grid), left


def _names_at(points: gpd.GeoSeries, polygons: gpd.GeoDataFrame) -> list[str]:
    at, polygon = shapely.STRtree(polygons.geometry.to_numpy()).query(points.to_numpy(), predicate="intersects")
    return [str(polygons["name"].iloc[polygon[at == i].min()]) for i in range(len(points))]


def people_elsewhere(people: gpd.GeoDataFrame, ground: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Return the people with the ground where nobody lives taken from their polygons; their numbers stay.

    A polygon that lies wholly on such ground is kept as it is: its people live somewhere, and nothing says where.
    """
    polygons = of_kind(ground, NO_RESIDENTS)
    if polygons is None:
        return people
    rest = people.geometry.difference(polygons.geometry.union_all())
    return people.set_geometry(rest.where(~rest.is_empty, people.geometry))


def excluded_numbers(plan: Plan, place: Place, cells: gpd.GeoDataFrame, people: float | None) -> dict[str, Any] | None:
    """Return what was left out, for the summary; None where nothing was."""
    ground = excluded_ground(plan, place)
    if ground is None:
        return None
    km2 = (
        crs.to_local(ground.geometry, tuple(shapely.get_coordinates(ground.geometry.to_numpy()).mean(axis=0))).area
        / 1e6
    )
    return {
        "cells": len(cells),
        "residents": people,
        "polygons": [
            {"name": str(row.name), "kind": str(row.kind), "km2": float(size)}
            for row, size in zip(ground[["name", "kind"]].itertuples(index=False), km2, strict=True)
        ],
    }


def note_on_excluded(plan: Plan, place: Place, cells: gpd.GeoDataFrame) -> list[Note]:
    """Say what was left out, by kind."""
    ground = excluded_ground(plan, place)
    if ground is None:
        return []
    notes = []
    for kind, rows in ground.groupby("kind", sort=True):
        names = ", ".join(dict.fromkeys(name for name in rows["name"] if name)) or "–"
        notes.append(Note(f"excluded_{kind}", {"n": len(rows), "names": names, "cells": len(cells)}))
    return notes
