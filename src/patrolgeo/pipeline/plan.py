"""A plan file in, a patrol plan out: the method, step by step."""

from __future__ import annotations

from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan, Source, read_plan
from patrolgeo.crs import LONLAT
from patrolgeo.errors import DataError
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.compare import evaluate, summarise_scores
from patrolgeo.evaluation.metrics import hit_rate, pai, pei, pei_ceiling
from patrolgeo.files import whole_folder
from patrolgeo.grid.areal import interpolate, patrollable_cells
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.lines import line_km
from patrolgeo.grid.membership import assign_cells
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.panel.counts import count_incidents
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.outputs import write_outputs
from patrolgeo.pipeline.release import public_summary
from patrolgeo.pipeline.results import Counts, Forecast, Ground, Place, Results, Sites
from patrolgeo.pipeline.summary import summarise
from patrolgeo.pipeline.traffic import meet_traffic, of_kinds
from patrolgeo.plan.areas import AreaPlan, design_areas
from patrolgeo.plan.measures import AreaMeasures, measure_areas
from patrolgeo.plan.sites_cover import max_coverage
from patrolgeo.plan.workload import workload_index
from patrolgeo.risk.baselines import Ewma, ExposureMap, HistoricalMean
from patrolgeo.risk.kernel import KernelRisk
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.stack import RiskStack
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.hexagons import hexagon_graph
from patrolgeo.roads.travel import travel_time
from patrolgeo.sources.boundaries import read_area, read_polygons
from patrolgeo.sources.forces import read_forces
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.lines import read_roads
from patrolgeo.sources.places import read_places
from patrolgeo.sources.population import read_population

MODEL = "stack"


def run_plan(path: str | Path, out: str | Path, *, audience: str | None = None) -> dict[str, Any]:
    """Run a plan file and write its outputs into the folder `out`.

    Parameters
    ----------
    path
        The plan file (TOML).
    out
        Folder for the outputs; replaced whole when everything went well, untouched when not.
    audience
        "internal" or "public"; by default what the plan says.

    Returns
    -------
    The content of ``summary.json``.

    Raises
    ------
    PatrolgeoError
        When the plan or its data cannot be used; the message says what is wrong and how to mend it.
    """
    clock = Clock()
    plan = read_plan(path, audience=audience)
    with clock.step("read the files"):
        place = read_place(plan)
    with clock.step("fill the area with cells"):
        ground = lay_ground(plan, place)
    with clock.step("count the incidents"):
        counts = count(plan, place, ground)
    with clock.step("find hotspots"):
        hotspots = find_hotspots(plan, counts.panel, ground)
    with clock.step("forecast risk and test the forecast"):
        forecast = forecast_risk(plan, counts.panel, ground)
    with clock.step("divide patrol areas"):
        workload = weigh_workload(plan, ground, forecast)
        areas = divide_areas(plan, ground, workload)
        current = measure_current(place, ground, workload)
    with clock.step("place sites"):
        sites = place_sites(plan, place, ground, forecast)
    with clock.step("meet the traffic"):
        checkpoints = meet_traffic(plan, place)
    results = Results(plan, place, ground, counts, hotspots, forecast, workload, areas, current, sites, checkpoints)
    summary = summarise(results) if plan.audience == "internal" else public_summary(summarise(results))
    with clock.step("write the map and the report"), whole_folder(out) as folder:
        write_outputs(folder, results, summary, clock)
    return summary


def read_place(plan: Plan) -> Place:
    """Read every file that the plan names, each with its ledger."""
    tables: dict[str, gpd.GeoDataFrame] = {}
    ledgers = {}
    for role, source in sorted(plan.sources.items(), key=lambda item: item[0] == "incidents"):
        options = _options(plan, role, source)
        if role == "incidents":  # read last: rows outside the area are set aside
            options |= {"area": tables["area"], "places": source.gazetteer}
        tables[role], ledgers[role] = _READERS[role](source.file, **options, return_ledger=True)
    return Place(tables, ledgers)


_READERS: dict[str, Any] = {
    "incidents": read_incidents, "area": read_area, "population": read_population, "places": read_places,
    "forces": read_forces, "roads": read_roads, "barriers": read_roads, "current": read_polygons,
    "crossings": read_places, "existing": read_places,
}  # fmt: skip


def _options(plan: Plan, role: str, source: Source) -> dict[str, Any]:
    """Return what the plan says of how to read a file; what its reader cannot take is an error, not ignored."""
    usual = Source(source.file)
    said = {name: value for name, value in vars(source).items() if name != "file" and value != getattr(usual, name)}
    if role == "incidents":
        said.pop("gazetteer", None)
    known = [name for name in signature(_READERS[role]).parameters if hasattr(usual, name)]
    for name in said:
        if name not in known:
            able = f"only {', '.join(known)}" if known else "none of these settings"
            raise DataError(f"{plan.path}: [{role}] cannot take '{name}'; it takes {able}.")
    return said


def lay_ground(plan: Plan, place: Place) -> Ground:
    """Fill the area with cells; put people and roads on them; mark where patrols can be; join what lies apart."""
    grid = HexGrid.from_area(place.area, plan.analysis.resolution)
    people, roads = place["population"], place["roads"]
    residents = None if people is None else interpolate(people, grid, _counted(people))
    return Ground(
        grid=grid,
        population=None if residents is None else residents["population"],
        households=residents["households"] if residents is not None and "households" in residents else None,
        population_outside=0.0 if residents is None else residents.attrs["outside"]["population"],
        road_km=None if roads is None else line_km(roads, grid),
        patrollable=patrollable_cells(
            grid, inhabited=None if residents is None else residents["population"], roads=roads, places=place["places"]
        ),
        travel=hexagon_graph(
            grid, plan.areas.speed_kmh, barriers=place["barriers"], roads=roads, link_parts=plan.areas.link_parts
        ),
    )


def _counted(people: gpd.GeoDataFrame) -> list[str]:
    return [name for name in ("population", "households") if name in people]


def count(plan: Plan, place: Place, ground: Ground) -> Counts:
    """Count the incidents of the wanted categories into periods and cells; account for those that do not count.

    What officers found on patrol says where patrols were: it is work, not risk.
    """
    incidents, wanted = place.incidents, plan.analysis.categories
    not_counted = {}
    if wanted is not None:
        known = incidents["category"].unique()
        for name in set(wanted) - set(known):
            raise DataError(f"{plan.path}: analysis.categories: no incident is a {name!r}{nearest(name, known)}")
        chosen = incidents["category"].isin(wanted)
        not_counted["other_category"] = int((~chosen).sum())
        incidents = incidents[chosen]
    if "origin" in incidents:
        found = incidents["origin"] == "officer"
        not_counted["officer_initiated"] = int(found.sum())
        incidents = incidents[~found]
    panel = count_incidents(incidents, ground.grid, plan.analysis.freq)
    not_counted["unfinished_period"] = len(incidents) - round(panel.to_numpy().sum())
    return Counts(panel, {reason: rows for reason, rows in not_counted.items() if rows})


def find_hotspots(plan: Plan, panel: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Hold what was recorded against what the people there let expect; correct for the number of cells."""
    model = GetisOrd(alpha=plan.analysis.alpha)
    patrollable = ground.patrollable_cells
    label = model.fit_predict(panel[patrollable], exposure=ground.exposure[patrollable])
    return pd.DataFrame({"hotspot_z": model.statistic_, "hotspot_p": model.p_value_, "hotspot_q": model.p_adjusted_,
                         "hotspot_label": label}).reindex(panel.columns)  # fmt: skip


def forecast_risk(plan: Plan, panel: pd.DataFrame, ground: Ground) -> Forecast:
    """Forecast the next period, and say how good such forecasts were at the last origins, beside two naive maps."""
    models: dict[str, BaseRisk] = {
        MODEL: RiskStack(), "kernel": KernelRisk(), "ewma": Ewma(), "past_counts": HistoricalMean(),
        "population": ExposureMap(),
    }  # fmt: skip
    known, exposure = panel[ground.patrollable_cells], ground.exposure[ground.patrollable_cells]
    forecasts = backtest(models, known, exposure=exposure, n_origins=plan.analysis.origins)
    metrics = {
        f"{name}_{share:g}": partial(metric, area_share=share)
        for share in plan.analysis.area_shares
        for name, metric in {"hit_rate": hit_rate, "pai": pai, "pei": pei}.items()
    }
    scores = evaluate(known, forecasts, metrics)
    model = models[MODEL].fit(known, exposure=exposure)
    return Forecast(
        model=MODEL,
        by_cell=_next_period(model, plan.analysis.area_shares[0], plan.seed).reindex(panel.columns),
        period=model.predict().index[0],
        scores=scores,
        summary=summarise_scores(scores, random_state=plan.seed).set_index(["model", "metric"]),
        ceiling=_ceilings(forecasts[MODEL], ground, plan),
    )


def _next_period(model: BaseRisk, area_share: float, seed: int) -> pd.DataFrame:
    bounds = model.predict_interval().iloc[0]
    return pd.DataFrame({
        "risk": model.predict().iloc[0],
        "risk_low": bounds["low"],
        "risk_high": bounds["high"],
        "top_probability": model.top_probability(area_share, random_state=seed),
    })  # fmt: skip


def _ceilings(forecasts: pd.DataFrame, ground: Ground, plan: Plan) -> dict[float, float]:
    """Return by area share the mean PEI that the forecasts would reach if they were the truth."""
    area = ground.grid.area_km2[forecasts.columns].to_numpy()
    return {
        share: float(np.mean([pei_ceiling(row, share, area, random_state=plan.seed) for row in forecasts.to_numpy()]))
        for share in plan.analysis.area_shares
    }


def weigh_workload(plan: Plan, ground: Ground, forecast: Forecast) -> pd.Series:
    """Weigh people, expected incidents, roads and land into one index of workload by cell."""
    parts = {
        "population": ground.population, "risk": forecast.expected, "roads": ground.road_km,
        "area": ground.grid.area_km2,
    }  # fmt: skip
    weights = plan.areas.workload
    for part in weights:
        if parts[part] is None:
            raise DataError(f"{plan.path}: areas.workload weighs {part!r}, but the plan names no [{part}] file.")
    return workload_index(**{part: parts[part] for part in weights}, weights=weights)


def divide_areas(plan: Plan, ground: Ground, workload: pd.Series) -> AreaPlan:
    """Divide the cells into patrol areas: contiguous, balanced on the workload, short to travel."""
    return design_areas(
        workload,
        ground.grid,
        plan.areas.n,
        travel=ground.travel,
        tolerance=plan.areas.tolerance,
        random_state=plan.seed,
    )


def measure_current(place: Place, ground: Ground, workload: pd.Series) -> AreaMeasures | None:
    """Measure the division of today with the same yardstick; None when the plan names none."""
    current = place["current"]
    if current is None:
        return None
    return measure_areas(assign_cells(current, ground.grid), workload, ground.travel, ground.grid.geometry)


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
