"""Today's areas kept: exactly as they are, or with as little change as the plan allows."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.grid.membership import assign_cells
from patrolgeo.pipeline.results import Ground, Place
from patrolgeo.pipeline.villages import Villages, divided_layer, jurisdiction_of, labels_of
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.measures import measure_areas
from patrolgeo.roads.hexagons import CellGraph
from patrolgeo.words.note import Note

_OF_NUMBERS = frozenset({"num", "numc", "number", "no", "nr", "nbr", "code"})  # parts of a column's name
_SHORT = {"dist": "district", "distr": "district", "pct": "precinct", "div": "division", "nbhd": "neighbourhood"}
_OF_NO_USE = re.compile(r"^(objectid|fid|ogc_fid|gid|index)|shape|area|length|perimeter|^(x|y|lon|lat)$", re.IGNORECASE)


@dataclass(frozen=True)
class Kept:
    """Areas of today: the number of the area of each unit, Series by unit, and the name of each number."""

    today: pd.Series
    names: pd.Index


def areas_of_today(place: Place, ground: Ground) -> pd.Series | None:
    """Return the name of today's area by cell."""
    current = place["current"]
    return None if current is None else assign_cells(current, ground.grid).map(names_of_today(current))


def names_of_today(current: gpd.GeoDataFrame) -> pd.Series:
    """Return the names of today's areas: column `name`, else the first column that tells them apart ("precinct 40").

    Numbers of rows and sizes tell them apart as well, but nobody knows an area by them.
    """
    columns = [c for c in current.columns if c != current.geometry.name]
    telling = [c for c in columns if current[c].is_unique and not _OF_NO_USE.search(str(c))]
    if "name" in columns:
        return current["name"].astype(str)
    if not telling:
        return pd.Series([f"area {i + 1}" for i in range(len(current))], index=current.index)
    words = [c for c in telling if current[c].astype(str).str.contains(r"[^\W\d_]", regex=True).all()]
    return current[words[0]].astype(str) if words else f"{_called(telling[0])} " + current[telling[0]].astype(str)


def _called(column: Any) -> str:
    """Return the word that a column of numbers begins with: "district" of "dist_numc", "precinct" of "precinct"."""
    parts = [part for part in str(column).lower().split("_") if part not in _OF_NUMBERS]
    return " ".join(_SHORT.get(part, part) for part in parts) or str(column)


def find_kept(plan: Plan, place: Place, ground: Ground, villages: Villages | None) -> Kept | None:
    """Return the areas of today that the plan keeps, numbered in the order of their names; None where it keeps none."""
    today = areas_of_today(place, ground)
    if plan.areas.keep is None or today is None:
        return None
    if villages is not None:
        today = today.reindex(villages.main_cell.to_numpy()).set_axis(villages.units.index)
    names = pd.Index(sorted(today.unique(), key=_by_number))
    return Kept(pd.Series(names.get_indexer(today), today.index, name="area"), names)


def _by_number(name: str) -> list[Any]:
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def as_many_as_today(plan: Plan, place: Place, ground: Ground) -> Plan:
    """Return the plan with the number of areas that it keeps, as it stands where areas are drawn anew."""
    today = areas_of_today(place, ground)
    if plan.areas.keep is None or today is None:
        return plan
    return replace(plan, areas=replace(plan.areas, n=today.nunique()))


def check_kept(plan: Plan, place: Place, ground: Ground) -> None:
    """Raise when the plan keeps other areas than there are, fixes what is not known, or anchors too many stations."""
    wish, n = plan.areas, as_many_as_today(plan, place, ground).areas.n
    if wish.n not in (0, n):
        raise DataError(
            f"{plan.path}: areas.n = {wish.n}, but [current] has {n} areas in the study area, which "
            f'keep = "{wish.keep}" keeps. Leave n out.'
        )
    today = areas_of_today(place, ground)
    if today is not None:
        fixed_units(plan, pd.Series(today.unique(), today.unique()), _units(plan, place, ground))
    standing = anchor_cells(plan, place, ground)
    if len(standing) > n:
        raise InfeasibleError(
            f"{plan.path}: areas.anchors: {len(standing)} stations stand in the study area, each the middle of an "
            f"area, but there are {n} areas. Ask for more areas, or leave anchors out."
        )


def _units(plan: Plan, place: Place, ground: Ground) -> pd.Index:
    layer = divided_layer(plan, place)
    return ground.grid.cells if layer is None else labels_of(layer, jurisdiction_of(plan, layer))


def fixed_units(plan: Plan, area_of: pd.Series, units: pd.Index) -> list[Any]:
    """Return the units that stay in their area of today: all of an area (`area_of`, name by unit), or units by name."""
    fixed: dict[Any, None] = {}
    for name in plan.areas.fixed or []:
        own = area_of.index[area_of == name]
        if not len(own) and name not in units:
            known = [*area_of.unique(), *units]
            raise DataError(
                f"{plan.path}: areas.fixed: {name!r} is no area of [current] and no unit{nearest(name, known)}"
            )
        fixed |= dict.fromkeys(own if len(own) else [name])
    return list(fixed)


def anchor_cells(plan: Plan, place: Place, ground: Ground) -> pd.Index:
    """Return the cells of the stations that are the middle of an area each; none where the plan does not ask for it."""
    stations = place.stations if plan.areas.anchors == "stations" else None
    return pd.Index([]) if stations is None else pd.Index(ground.grid.locate(stations).dropna().unique())


def rules_of_keeping(plan: Plan, kept: Kept, workload: pd.Series, travel: CellGraph) -> dict[str, Any]:
    """Return what `design_areas` is asked for so that little changes: where nothing is said, as even as today."""
    wish, tolerance = plan.areas, plan.areas.tolerance
    if tolerance is None:
        over = measure_areas(kept.today, workload, travel).by_area["over_mean"]
        tolerance = float((over - 1).abs().max()) + 1e-6  # what rounding may put apart
    names = kept.today.map(dict(enumerate(kept.names)))
    return {
        "current": kept.today, "stay_minutes": wish.stay_minutes, "fixed": fixed_units(plan, names, kept.today.index),
        "tolerance": tolerance if tolerance < 1 else None,
    }  # fmt: skip


def said_of_change(areas: AreaPlan) -> AreaPlan:
    """Return the areas with the remark how many units leave their area of today."""
    note = Note("areas_mostly_kept", {"n": areas.units_moved or 0, "of": len(areas.labels)})
    return replace(areas, notes=(note, *areas.notes))


def keep_areas(
    kept: Kept, parts: pd.DataFrame, travel: CellGraph, outlines: gpd.GeoSeries, drawn: gpd.GeoSeries | None
) -> AreaPlan:
    """Return today's areas as a plan in which nothing moves, measured as any other; `drawn` are their own outlines."""
    started, workload = time.process_time(), parts.sum(axis=1)
    measures = replace(measure_areas(kept.today, workload, travel, outlines), drawn=drawn)
    total = float(workload.sum()) or float(len(workload))
    return AreaPlan(
        objective=(measures.mean_travel_minutes or 0.0) * total, bound=None, status="as today",
        runtime=time.process_time() - started, labels=measures.labels, measures=measures, tolerance=None,
        bound_holds_for="none", notes=(Note("areas_kept", {"n": len(kept.names)}),),
        workload=workload.rename("workload"), travel=travel, current=kept.today, parts=parts,
    )  # fmt: skip


def outlines_of_today(place: Place, names: Sequence[str]) -> gpd.GeoSeries | None:
    """Return the outlines of today's areas within the study area, by number."""
    current = place["current"]
    if current is None:
        return None
    shapes = current.geometry.groupby(names_of_today(current).to_numpy()).agg(lambda some: some.union_all())
    whole = place.area.geometry.union_all()
    return gpd.GeoSeries(shapes.loc[list(names)].to_numpy(), crs=current.crs).intersection(whole)
