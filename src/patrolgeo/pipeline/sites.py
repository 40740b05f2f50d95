"""Sites in a run: where posts may stand, which of them cover most, and who reaches what at which hour."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.sites import SiteWish
from patrolgeo.errors import DataError
from patrolgeo.grid.areal import interpolate
from patrolgeo.pipeline.consultation import is_refused, with_votes
from patrolgeo.pipeline.duty import who_reaches
from patrolgeo.pipeline.excluded import NO_PATROL, NO_POST, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.results import Forecast, Ground, Place, Sites
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.roads.travel import travel_time


def place_sites(plan: Plan, wish: SiteWish, place: Place, ground: Ground, forecast: Forecast) -> Sites:
    """Choose the posts that cover most demand within the wanted minutes, and set them beside those who are there."""
    demand = with_votes(plan, place, ground, find_demand(wish, place, ground, forecast))
    candidates, possible = find_candidates(plan, wish, place, ground, demand)
    graph = ground.travel if place.graph is None else place.graph
    minutes = travel_time(graph, candidates.geometry, ground.grid, wish.reach_minutes)
    stand = [] if wish.by_hand is None else list(candidates.index)
    n = wish.n if wish.by_hand is None else len(stand)
    chosen = max_coverage(minutes, n, wish.reach_minutes, demand=demand, existing=stand, random_state=plan.seed)
    nearest = pd.Series(chosen.cost.to_numpy(), index=ground.grid.cells, name="minutes_to_site")
    nearest = nearest.where(nearest <= wish.reach_minutes)
    duty = who_reaches(place["forces"], ground, demand, wish.reach_minutes, nearest.notna())
    return Sites(chosen, candidates, possible, nearest, duty)


def check_demand(plan: Plan, place: Place) -> None:
    """Raise when what the posts are to be near is not in the files."""
    wish, people = "risk" if plan.sites is None else plan.sites.demand, place["population"]
    if wish in ("risk", "residents", "calls"):
        return
    if people is None or wish not in _counts(people):
        known = "" if people is None else f" or a column of counts of [population] ({', '.join(_counts(people))})"
        raise DataError(
            f'{plan.path}: sites.demand = {wish!r} must be "risk", "residents" (with [population]), "calls" (with '
            f"[calls]){known}."
        )


def find_demand(site: SiteWish, place: Place, ground: Ground, forecast: Forecast) -> pd.Series:
    """Return what the posts are to be near, by cell: expected incidents, residents, calls, or a count of people."""
    wish, people, calls = site.demand, place["population"], place["calls"]
    if wish == "calls" and calls is not None:
        return ground.grid.locate(calls).value_counts().reindex(ground.grid.cells, fill_value=0).astype(float)
    if wish == "residents" and ground.population is not None:
        return ground.population
    if wish != "risk" and people is not None:
        return interpolate(people, ground.grid, wish)[wish]
    return forecast.planned


def _counts(people: gpd.GeoDataFrame) -> list[str]:
    return [c for c in people.columns if c != people.geometry.name and pd.api.types.is_numeric_dtype(people[c])]


def find_candidates(
    plan: Plan, wish: SiteWish, place: Place, ground: Ground, demand: pd.Series
) -> tuple[gpd.GeoDataFrame, int]:
    """Return where a post may stand, and of how many: one place (of the wanted kinds) a cell, or the cells themselves.

    When there are more than `max_candidates`, those with most demand in and around their cell are taken.
    """
    grid, places = ground.grid, place["places"]
    left_out = of_kind(excluded_ground(plan, place), NO_POST, NO_PATROL)
    if places is None:
        spots = grid.centroids[ground.patrollable_cells].to_frame("geometry").assign(kind="cell", name=None)
        spots = spots[~lies_in(spots["geometry"], left_out)]
    else:
        if wish.kinds is not None:
            places = of_kinds(plan.path, places, "sites.kinds", wish.kinds)
        places = places[~lies_in(places.geometry, left_out)]
        spots = places.assign(cell=grid.locate(places)).dropna(subset="cell").drop_duplicates("cell").set_index("cell")
    spots = spots[~is_refused(plan, spots, spots.index.to_series())]
    if wish.by_hand is not None:
        return _by_hand(plan, wish.by_hand, spots, ground, left_out), len(spots)
    if spots.empty:
        raise DataError(f"{plan.places.file if plan.places else 'places'}: none of the places lies in the area.")
    around = pd.Series(demand.to_numpy() + grid.adjacency() @ demand.to_numpy(), index=grid.cells)
    best = around[spots.index].sort_values(ascending=False, kind="stable").index[: wish.max_candidates]
    table = spots.loc[best, ["name", "kind", "geometry"]].rename_axis("cell").reset_index()
    return gpd.GeoDataFrame(table, geometry="geometry", crs=grid.centroids.crs), len(spots)


def _by_hand(
    plan: Plan, cells: list[str], spots: gpd.GeoDataFrame, ground: Ground, left_out: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return the posts that a planner put: at the place in the cell where one may stand, else in its middle."""
    there = spots.loc[spots.index.intersection(cells), ["name", "kind", "geometry"]]
    bare = ground.grid.centroids[pd.Index(cells).difference(there.index)].to_frame("geometry")
    barred = lies_in(bare["geometry"], left_out) | is_refused(plan, bare, bare.index.to_series())
    if barred.any():
        raise DataError(
            f"{plan.path}: sites.by_hand: in {bare.index[barred][0]!r} no post may stand, by [[exclude]] or by what "
            "[consultation] refused; take the cell out of either."
        )
    table = pd.concat([there, bare.assign(kind="cell", name=None)])[["name", "kind", "geometry"]].loc[cells]
    return gpd.GeoDataFrame(table.rename_axis("cell").reset_index(), geometry="geometry", crs=ground.grid.centroids.crs)
