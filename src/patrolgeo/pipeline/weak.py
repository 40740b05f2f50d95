"""Roads and units that cannot be missed."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.forces import WeakWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.duty import counted_forces
from patrolgeo.pipeline.forces import WeakLinks
from patrolgeo.pipeline.results import Forecast, Ground, Place
from patrolgeo.pipeline.tiers import force_minutes
from patrolgeo.plan.sites.weak_points import weak_roads, weak_units


def check_weak(plan: Plan, place: Place) -> None:
    """Raise when no force is left whose loss could be looked at."""
    forces = place["forces"]
    if plan.weak is not None and forces is not None and not len(counted_forces(forces, plan.strength.roles)):
        raise DataError(
            f"{plan.path}: [weak] looks at the forces that count in [strength], and [forces] has none of them."
        )


def find_weak_links(plan: Plan, place: Place, ground: Ground, forecast: Forecast) -> WeakLinks | None:
    """Take away each unit, and close each road on its ways, in turn: what is out of reach? None when not wished."""
    wish, forces = plan.weak, place["forces"]
    if wish is None or forces is None:
        return None
    forces = counted_forces(forces, plan.strength.roles)
    demand = forecast.planned[ground.patrollable_cells]
    units = _units(plan, place, ground, forces, demand) if wish.units else None
    return WeakLinks(units, _roads(wish, place, ground, forces, demand) if wish.roads else None, len(forces))


def _units(
    plan: Plan, place: Place, ground: Ground, forces: gpd.GeoDataFrame, demand: pd.Series
) -> gpd.GeoDataFrame | None:
    if plan.weak is None:
        return None
    reach = plan.weak.reach_minutes
    minutes = force_minutes(plan, place, ground, forces, reach)[demand.index]
    lost = weak_units(minutes, demand, reach, plan.weak.share)
    table = forces.loc[lost.index, ["name", "kind", "geometry"]].assign(lost_share=lost["lost_share"])
    return table.reset_index(drop=True)


def _roads(
    wish: WeakWish, place: Place, ground: Ground, forces: gpd.GeoDataFrame, demand: pd.Series
) -> gpd.GeoDataFrame | None:
    roads, graph = place["roads"], place.graph
    if roads is None or graph is None:
        return None
    node = graph.locate(ground.grid.centroids[demand.index])
    lost = weak_roads(
        graph, graph.locate(forces).unique(), demand.groupby(node).sum(), wish.reach_minutes, wish.share
    )  # fmt: skip
    known = [name for name in ("name", "road_class") if name in roads]
    table = roads.loc[lost.index, [*known, "geometry"]].replace("", None).assign(lost_share=lost["lost_share"])
    return table.reset_index(drop=True)


def weak_summary(wish: WeakWish, weak: WeakLinks) -> dict[str, Any]:
    """Return how many roads and units cannot be missed, and the worst of each."""
    told: dict[str, Any] = {
        "units_looked_at": weak.looked_at, "reach_minutes": wish.reach_minutes, "share": wish.share
    }  # fmt: skip
    for name, table in (("roads", weak.roads), ("units", weak.units)):
        if table is not None:
            told |= {name: len(table), f"{name}_worst_share": float(table["lost_share"].max()) if len(table) else 0.0}
    return told
