"""Blind spots: where nobody on duty arrives within the minutes of a tier, shift by shift."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Floats
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.kernels import within
from patrolgeo.pipeline.forces import BlindSpots
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.results import Counts, Forecast, Ground, Place
from patrolgeo.pipeline.shifts import check_shifts, expected_by_shift, hours_of, on_duty
from patrolgeo.plan.areas.outlines import dissolve
from patrolgeo.plan.sites.weak_points import blind_spots
from patrolgeo.roads.hexagons import CellGraph, hexagon_graph


def check_tiers(plan: Plan, place: Place) -> None:
    """Raise when a tier asks for a shift or kind of force that the files lack."""
    wish, shifts, forces = plan.tiers, place["shifts"], place["forces"]
    if wish is None or shifts is None or forces is None:
        return
    check_shifts(plan, shifts, wish.shifts or [], "tiers.shifts")
    for kind in wish.kinds or []:
        if not (forces["kind"] == kind).any():
            raise DataError(f"{plan.path}: tiers.kinds holds {kind!r}, which no force of [forces] is.")


def find_blind_spots(plan: Plan, place: Place, ground: Ground, counts: Counts, forecast: Forecast) -> BlindSpots | None:
    """Find the patrollable cells that no force on duty reaches in time, by tier and shift. None when not wished."""
    wish, forces, shifts = plan.tiers, place["forces"], place["shifts"]
    if wish is None or forces is None or shifts is None:
        return None
    counted = forces if wish.kinds is None else forces[forces["kind"].isin(wish.kinds)]
    looked = shifts if wish.shifts is None else shifts.loc[wish.shifts]
    minutes = force_minutes(plan, place, ground, counted, max(wish.minutes.values()))
    duty = on_duty(counted, looked).loc[minutes.index]
    blind = blind_spots(minutes, wish.minutes, duty).loc[ground.patrollable_cells]
    expected = expected_by_shift(forecast, counts.records, looked).loc[ground.patrollable_cells]
    rows = [
        {
            "tier": str(tier), "within_minutes": wish.minutes[tier], "shift": str(shift),
            "hours": hours_of(looked.loc[shift]), "forces": int(duty[shift].sum()),
            **_told(blind[tier, shift], expected[shift], ground, place),
        }
        for tier, shift in blind
    ]  # fmt: skip
    return BlindSpots(pd.DataFrame(rows), blind)


def _told(blind: pd.Series, expected: pd.Series, ground: Ground, place: Place) -> dict[str, Any]:
    """Return how much of what is expected, how many people and cells are out of reach, and the largest such place."""
    there = blind[blind].index
    worst = expected[there].idxmax() if len(there) else None
    known = [place[role] for role in ("population", "places", "current")]
    near = (
        "" if worst is None else nearest_names(ground.grid.centroids.loc[[worst]].to_frame("geometry"), known).iloc[0]
    )
    return {
        "blind_share": float(expected[there].sum()) / (float(expected.sum()) or 1.0),
        "residents": None if ground.population is None else float(ground.population[there].sum()),
        "cells": len(there), "worst": worst, "near_place": near,
    }  # fmt: skip


def force_minutes(plan: Plan, place: Place, ground: Ground, forces: gpd.GeoDataFrame, most: float) -> pd.DataFrame:
    """Return minutes from the base of each force in the study area to every cell, infinite beyond `most`.

    Forces travel as the patrol does; one that is slower (on foot, by bicycle) at its own speed.
    """
    at = ground.grid.positions(forces.geometry.x, forces.geometry.y)
    inside, at = forces[at >= 0], at[at >= 0]
    own = (
        pd.to_numeric(inside["speed_kmh"], errors="coerce")
        if "speed_kmh" in inside
        else pd.Series(np.nan, inside.index)
    )
    slow = own.where(own < plan.areas.speed_kmh).fillna(0.0).to_numpy()
    table = np.full((len(inside), len(ground.grid)), np.inf)
    for speed in np.unique(slow):
        graph = ground.travel if speed == 0 else hexagon_graph(
            ground.grid, float(speed), barriers=place["barriers"], bridges=place["roads"]
        )  # fmt: skip
        mine = slow == speed
        table[mine] = minutes_from(graph, ground, at[mine], most)
    return pd.DataFrame(table, index=inside.index, columns=ground.grid.cells)


def minutes_from(graph: CellGraph, ground: Ground, bases: Any, most: float = np.inf) -> Floats:
    """Return minutes from cells (positions) to all cells, a row a base, infinite beyond `most`."""
    order = graph.cells.get_indexer(ground.grid.cells)
    start, row = np.unique(order[bases], return_inverse=True)
    minutes: Floats = dijkstra(graph.minutes, directed=False, indices=start, limit=within(most))
    return minutes[row.ravel()][:, order]


def blind_table(blind: BlindSpots, ground: Ground) -> gpd.GeoDataFrame:
    """Return one row a tier and shift that has blind spots, with their outline."""
    table = blind.table[blind.table["cells"] > 0].drop(columns="worst")
    shapes = [dissolve(ground.grid.geometry[blind.cells.index[blind.cells[t, s]]].to_numpy())
              for t, s in zip(table["tier"], table["shift"], strict=True)]  # fmt: skip
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=shapes, crs=ground.grid.geometry.crs)


def blind_summary(blind: BlindSpots) -> list[dict[str, Any]]:
    """Return one row a tier and shift."""
    return list(blind.table.drop(columns="worst").astype(object).to_dict("records"))
