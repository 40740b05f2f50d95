"""A plan file in, a patrol plan out: the method, step by step."""

from __future__ import annotations

import warnings
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo.config import Plan, Source, read_plan
from patrolgeo.crs import LONLAT
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.compare import evaluate, summarise_scores
from patrolgeo.evaluation.metrics import hit_rate, pai, pei, pei_ceiling
from patrolgeo.files import whole_folder
from patrolgeo.grid.areal import interpolate, patrollable_cells
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.lines import line_km
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.pipeline.areas import divide_areas, measure_current, weigh_workload
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.counting import count
from patrolgeo.pipeline.outputs import write_outputs
from patrolgeo.pipeline.release import public_summary
from patrolgeo.pipeline.results import Forecast, Ground, Place, Results, Sites
from patrolgeo.pipeline.summary import summarise
from patrolgeo.pipeline.traffic import meet_traffic, of_kinds
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.risk.baselines import Ewma, ExposureMap, HistoricalMean
from patrolgeo.risk.kernel import KernelRisk
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.stack import RiskStack
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.hexagons import hexagon_graph
from patrolgeo.roads.travel import travel_time
from patrolgeo.sources.boundaries import read_area, read_polygons
from patrolgeo.sources.calls import read_calls
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
        parts, unit = weigh_workload(plan, place, ground, forecast, hotspots)
        areas, sheet = divide_areas(plan, place, ground, parts, unit)
        workload = parts.sum(axis=1)
        current = measure_current(place, ground, workload)
    with clock.step("place sites"):
        sites = place_sites(plan, place, ground, forecast)
    with clock.step("meet the traffic"):
        checkpoints = meet_traffic(plan, place)
    results = Results(
        plan, place, ground, counts, hotspots, forecast, workload, areas, sheet, current, sites, checkpoints
    )
    summary = summarise(results) if plan.audience == "internal" else public_summary(summarise(results))
    with clock.step("write the map and the report"), whole_folder(out) as folder:
        write_outputs(folder, results, summary, clock)
    return summary


def read_place(plan: Plan) -> Place:
    """Read every file that the plan names, each with its ledger."""
    tables: dict[str, gpd.GeoDataFrame] = {}
    ledgers = {}
    for role, source in sorted(plan.sources.items(), key=lambda item: item[0] in RECORDS):
        options = _options(plan, role, source)
        if role in RECORDS:  # read last: rows outside the area are set aside
            options |= {"area": tables["area"], "places": source.gazetteer}
        tables[role], ledgers[role] = _READERS[role](source.file, **options, return_ledger=True)
    return Place(tables, ledgers)


RECORDS = ("incidents", "calls")
_READERS: dict[str, Any] = {
    "incidents": read_incidents, "area": read_area, "population": read_population, "places": read_places,
    "forces": read_forces, "roads": read_roads, "barriers": read_roads, "current": read_polygons,
    "crossings": read_places, "existing": read_places, "calls": read_calls, "units": read_polygons,
}  # fmt: skip


def _options(plan: Plan, role: str, source: Source) -> dict[str, Any]:
    """Return what the plan says of how to read a file; what its reader cannot take is an error, not ignored."""
    usual = Source(source.file)
    said = {name: value for name, value in vars(source).items() if name != "file" and value != getattr(usual, name)}
    if role in RECORDS:
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
    _warn_of_few_origins(plan, len(forecasts))
    model = models[MODEL].fit(known, exposure=exposure)
    return Forecast(
        model=MODEL,
        by_cell=_next_period(model, plan.analysis.area_shares[0], plan.seed).reindex(panel.columns),
        period=model.predict().index[0],
        scores=scores,
        summary=summarise_scores(scores, random_state=plan.seed).set_index(["model", "metric"]),
        ceiling=_ceilings(forecasts[MODEL], ground, plan),
    )


def _warn_of_few_origins(plan: Plan, ran: int) -> None:
    if ran < plan.analysis.origins:
        warnings.warn(
            f"{plan.path}: analysis.origins = {plan.analysis.origins}, but this past allows {ran}: the first origin "
            f"needs half of the periods before it. The forecast was tested at {ran}.",
            PatrolgeoWarning, stacklevel=2,
        )  # fmt: skip


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
