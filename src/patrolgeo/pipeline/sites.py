"""Sites in a run: where posts and booths may stand, and which of them cover most."""

from __future__ import annotations

import geopandas as gpd

from patrolgeo.config import Plan
from patrolgeo.crs import LONLAT
from patrolgeo.errors import DataError
from patrolgeo.pipeline.results import Forecast, Ground, Place, Sites
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.travel import travel_time


def place_sites(plan: Plan, place: Place, ground: Ground, forecast: Forecast) -> Sites:
    """Choose the checkpoints that cover most expected incidents within the wanted minutes."""
    candidates = find_candidates(plan, place, ground, forecast)
    roads = place["roads"]
    graph = ground.travel if roads is None else RoadGraph.from_lines(roads)
    minutes = travel_time(graph, candidates.geometry, ground.grid, plan.sites.reach_minutes)
    chosen = max_coverage(
        minutes, plan.sites.n, plan.sites.reach_minutes, demand=forecast.expected, random_state=plan.seed
    )
    return Sites(chosen, candidates, minutes)


def find_candidates(plan: Plan, place: Place, ground: Ground, forecast: Forecast) -> gpd.GeoDataFrame:
    """Return where a checkpoint may stand: one place (of the wanted kinds) in each of the riskiest cells that hold one.

    Without places the riskiest cells themselves stand for them.
    """
    grid, places = ground.grid, place["places"]
    riskiest = forecast.expected.sort_values(ascending=False, kind="stable").index
    if places is None:
        cells = riskiest[: plan.sites.max_candidates]
        names = gpd.GeoDataFrame({"name": cells, "kind": "cell"}, geometry=grid.centroids[cells].to_numpy(), crs=LONLAT)
        return names.assign(cell=cells)
    if plan.sites.kinds is not None:
        places = of_kinds(plan.path, places, "sites.kinds", plan.sites.kinds)
    spots = places.assign(cell=grid.locate(places)).dropna(subset="cell").drop_duplicates("cell").set_index("cell")
    if spots.empty:
        raise DataError(
            f"{plan.places.file if plan.places else 'places'}: none of {len(places)} places lies in the area."
        )
    cells = riskiest[riskiest.isin(spots.index)][: plan.sites.max_candidates]
    return spots.loc[cells, ["name", "kind", "geometry"]].reset_index()
