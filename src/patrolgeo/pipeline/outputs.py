"""The files that a run leaves behind, and the manifest that accounts for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.files import write_json
from patrolgeo.folders import MANIFEST
from patrolgeo.maps.exports import write_layer
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.plan_page.layers import withheld_cells
from patrolgeo.pages.plan_page.page import write_plan_page
from patrolgeo.pages.report.report import write_report
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.forecast import VALID
from patrolgeo.pipeline.inputs import Inputs
from patrolgeo.pipeline.manifest import make_manifest
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.release import public_cells
from patrolgeo.pipeline.results import Results
from patrolgeo.pipeline.traffic import checkpoints_table, flows_table
from patrolgeo.words.messages import load_words, say
from patrolgeo.words.note import Note, worded

PERIODS = {"D": "day", "W": "week", "28D": "period", "91D": "period", "MS": "month", "YS": "year"}
REPORTED = ("name", "radio_code", "spoken_border", "over_mean", "mean_minutes", "worst_minutes", "population", "risk")
PLAN = "plan.toml"  # a copy of the plan file
OUTPUTS = (
    MANIFEST, PLAN, "plan.html", "report.html", "areas.gpkg", "cells.parquet", "sites.geojson", "hot_spots.geojson",
    "checkpoints.geojson", "scores.csv", "summary.json",
)  # fmt: skip


def write_outputs(folder: Path, results: Results, summary: dict[str, Any], clock: Clock, inputs: Inputs) -> None:
    """Write all files of a run into `folder`; a public version leaves out checkpoints and merges small cells."""
    cells, areas, sites = cells_table(results), areas_table(results), sites_table(results)
    spots = spots_table(results, areas)
    if results.plan.audience == "public":
        cells = public_cells(cells, results.ground.grid, results.plan.release_register)
        areas = areas.drop(columns="radio_code")
    else:
        write_layer(sites, folder / "sites.geojson")
        write_layer(spots, folder / "hot_spots.geojson")
        if results.checkpoints is not None:
            write_layer(checkpoints_table(results.checkpoints), folder / "checkpoints.geojson")
    cells.reset_index().to_parquet(folder / "cells.parquet", index=False)
    write_layer(areas, folder / "areas.gpkg")
    results.forecast.scores.to_csv(folder / "scores.csv", index=False, float_format="%.6g", lineterminator="\n")
    write_json(folder / "summary.json", summary)
    write_map(folder / "plan.html", results, cells, areas, sites)
    write_words(folder / "report.html", results, summary, cells, areas, sites)
    if results.plan.audience == "internal":
        shutil.copyfile(results.plan.path, folder / PLAN)
    write_json(folder / MANIFEST, make_manifest(folder, results, clock, inputs))


def cells_table(results: Results) -> gpd.GeoDataFrame:
    """Return one row a cell with everything known of it, index `cell`."""
    ground = results.ground
    known = pd.DataFrame({
        "population": ground.population,
        "households": ground.households,
        "road_km": ground.road_km,
        "patrollable": ground.patrollable,
        "incidents": results.counts.panel.sum(),
        "risk": results.forecast.expected,
        "workload": results.workload,
        "area": results.sheet.of_cell + 1,
        "area_name": results.sheet.of_cell.map(results.sheet.names["name"]),
        "radio_code": results.sheet.of_cell.map(results.sheet.names["radio_code"]),
        "minutes_to_site": results.sites.minutes,
        "hotspot": results.hotspots.hot,
        "hot_spot": results.hotspots.spots.of_cell,
    }, index=ground.grid.cells)  # fmt: skip
    beside = results.forecast.by_cell.drop(columns="risk")
    return ground.grid.to_gdf(known.dropna(axis=1, how="all").join([beside, results.hotspots.cells]))


def spots_table(results: Results, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a hot spot, the largest excess first: what is there, in which area, near what, for whom."""
    hotspots, place, ground = results.hotspots, results.place, results.ground
    spots = hotspots.spots.table
    of_cell = hotspots.spots.of_cell[hotspots.spots.of_cell > 0]
    by_spot = pd.DataFrame({"area": (results.sheet.of_cell + 1)[of_cell.index], "spot": of_cell})
    area = by_spot.groupby("spot")["area"].agg(lambda numbers: numbers.mode().iloc[0])
    known = pd.DataFrame({"area": area, "area_name": area.map(areas["name"])})
    if ground.population is not None:
        known["residents"] = ground.population[of_cell.index].groupby(of_cell).sum()
    named = [place[role] for role in ("population", "places", "roads")]
    known["near"] = nearest_names(spots, named)
    rates = ambient_ratio(results, of_cell)
    return gpd.GeoDataFrame(spots.join([known, rates, hotspots.facts]), geometry="geometry", crs=spots.crs)


def ambient_ratio(results: Results, of_cell: pd.Series) -> pd.DataFrame:
    """Return by spot how many times more is recorded than its share of the places explains; empty without places.

    Few people live at a market or a station, so that the ratio to residents is poor there: visitors go to places.
    """
    places, panel = results.place["places"], results.counts.panel
    if places is None:
        return pd.DataFrame(index=pd.Index(of_cell.unique(), name="spot"))
    there = results.ground.grid.locate(places).value_counts().reindex(panel.columns, fill_value=0)
    counts = panel.sum()
    here = pd.DataFrame({"places": there, "incidents": counts}).loc[of_cell.index].groupby(of_cell).sum()
    expected = here["places"] / max(int(there.sum()), 1) * counts.sum()
    return pd.DataFrame({"places": here["places"], "ratio_places": (here["incidents"] / expected).where(expected > 0)})


def areas_table(results: Results) -> gpd.GeoDataFrame:
    """Return one row a patrol area: name, radio code, border, work, people, travel, outline; numbered from 1."""
    areas = results.areas.to_gdf()
    by_area = pd.DataFrame(
        {
            "risk": results.forecast.expected,
            "risk_plan": results.forecast.planned,
            "population": results.ground.population,
            "incidents": results.counts.panel.sum(),
        }
    ).groupby(results.sheet.of_cell)
    work = results.areas.workload_table.drop(columns=["workload", "over_mean"]).add_prefix("work_")
    table = results.sheet.names.join(areas).join(by_area.sum()).join(work)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=areas.crs).rename(index=lambda a: a + 1).rename_axis("area")


def sites_table(results: Results) -> gpd.GeoDataFrame:
    """Return one row a site in the order of what it adds: where, what, and the share of expected risk it adds."""
    sites = results.sites.plan.to_gdf(results.sites.candidates.geometry)
    known = results.sites.candidates.loc[sites.index, ["name", "kind", "cell"]]
    total = float(results.sites.plan.demand.sum()) or 1.0
    table = sites.join(known).assign(adds_share=sites["gain"] / total).set_index("rank")
    named = table["name"].fillna(table["cell"].map(dict(zip(table["cell"], _site_names(results, table), strict=True))))
    area = table["cell"].map(results.sheet.of_cell)
    table = table.assign(name=named, area=area + 1, area_name=area.map(results.sheet.names["name"]))
    return table[["name", "kind", "cell", "area", "area_name", "gain", "adds_share", "geometry"]]


def _site_names(results: Results, table: gpd.GeoDataFrame) -> pd.Series:
    return nearest_names(table, [results.place[role] for role in ("population", "roads", "current")])


def write_map(
    path: Path, results: Results, cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> None:
    """Write the one-page map."""
    plan, place, found = results.plan, results.place, results.checkpoints
    write_plan_page(
        path, title=plan.title, cells=cells, areas=areas, sites=sites,
        places=place["places"], forces=place["forces"], roads=place["roads"], boundary=place.area,
        checkpoints=None if found is None else checkpoints_table(found),
        flows=None if found is None else flows_table(found),
        n_periods=len(results.counts.panel), period=PERIODS[plan.analysis.freq], valid_until=valid_until(results),
        workload_unit=results.sheet.unit, sentences=sentences(results), synthetic=plan.synthetic,
        audience=plan.audience, language=plan.language,
    )  # fmt: skip


def write_words(
    path: Path, results: Results, summary: dict[str, Any], cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
) -> None:  # fmt: skip
    """Write the report."""
    plan, times = results.plan, results.place.incidents["time"]
    riskiest = cells[~withheld_cells(cells)].sort_values("risk", ascending=False, kind="stable").head(10)
    write_report(
        path, summary, title=plan.title, ledgers=results.place.ledgers,
        top_cells=pd.DataFrame(riskiest[["risk", "incidents", "hotspot"]]),
        areas=pd.DataFrame(areas[[c for c in REPORTED if c in areas]]),
        sites=pd.DataFrame(sites.drop(columns="geometry")), scores=results.forecast.summary.reset_index(),
        data_span=(f"{times.min():%Y-%m-%d}", f"{times.max():%Y-%m-%d}"), valid_until=valid_until(results),
        origins=origins(results), changes=changes(results), notes=notes(results), synthetic=plan.synthetic,
        audience=plan.audience, language=plan.language,
    )  # fmt: skip


def sentences(results: Results) -> list[str]:
    """Return what stands on page one of every map and report."""
    ledger = results.place.ledgers["incidents"]
    return caveats(
        load_words(results.plan.language), read=ledger.read, kept=ledger.kept, origins=origins(results),
        valid_until=valid_until(results), changes=changes(results), internal=results.plan.audience == "internal",
    )  # fmt: skip


def changes(results: Results) -> list[str]:
    """Return what was changed by hand, one sentence each."""
    words, call = load_words(results.plan.language), results.sheet.call
    return [
        say(words, "moved_by_hand", unit=unit, before=call(before), now=call(now))
        for unit, (before, now) in results.areas.by_hand.items()
    ]


def origins(results: Results) -> dict[str, int] | None:
    """Return how many records were started by whom, None when the files do not say."""
    incidents = results.place.incidents
    return incidents["origin"].value_counts().sort_index().to_dict() if "origin" in incidents else None


def valid_until(results: Results) -> str:
    """Return the last day of validity: 13 weeks after the newest record."""
    return f"{results.place.incidents['time'].max() + VALID:%Y-%m-%d}"


def notes(results: Results) -> list[str]:
    """Return what readers should know, from every ledger and plan, one sentence each."""
    words = load_words(results.plan.language)
    from_files = [f"{role}: {said}" for role, ledger in results.place.ledgers.items() for said in ledger.warnings]
    return [*from_files, *(worded(note, words) for note in (*_notes_on_counting(results), *results.areas.notes))]


def _notes_on_counting(results: Results) -> Iterator[Note]:
    shared = results.counts.shared_out
    if shared:
        yield Note("shared_out", {"n": shared})
    ran, wished = results.forecast.scores["period"].nunique(), results.plan.analysis.origins
    if ran < wished:
        yield Note("few_origins", {"ran": ran, "wished": wished})
