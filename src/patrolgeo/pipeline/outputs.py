"""The files that a run leaves behind, and the manifest that accounts for them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.files import write_json
from patrolgeo.folders import MANIFEST
from patrolgeo.maps.exports import write_layer
from patrolgeo.pages import release
from patrolgeo.pages.camera_sheets import write_camera_sheets
from patrolgeo.pages.country import words_of_country
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.gathered import cell_steps
from patrolgeo.pages.office.office import OFFICE, write_office
from patrolgeo.pages.office.roster import write_roster
from patrolgeo.pages.plan_page.page import write_plan_page
from patrolgeo.pages.report.report import write_report
from patrolgeo.pipeline.base_map import base_layers, day_made
from patrolgeo.pipeline.chosen import credits_of, notes_on_chosen, titled
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.excluded import excluded_ground, note_on_excluded
from patrolgeo.pipeline.forecast import VALID
from patrolgeo.pipeline.harm import harm_of_cells, ranks_of
from patrolgeo.pipeline.inputs import Inputs
from patrolgeo.pipeline.layers import LAYERS, further_layers
from patrolgeo.pipeline.manifest import make_manifest
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.problems import sheets_of
from patrolgeo.pipeline.recent import recent_counts
from patrolgeo.pipeline.results import Results
from patrolgeo.pipeline.summary import summarise
from patrolgeo.pipeline.tasks import route_tasks
from patrolgeo.pipeline.traffic import checkpoints_table, flows_table
from patrolgeo.tasks.task_list import write_tasks
from patrolgeo.words.messages import load_words, say
from patrolgeo.words.note import Note

PERIODS = {"D": "day", "W": "week", "28D": "period", "91D": "period", "MS": "month", "YS": "year"}
PLAN = "plan.toml"  # a copy of the plan file
SHEETS = "camera_sheets.html"
BY_CELL = "equity_cells.csv"  # what the audit of who bears the plan is made from
ROSTER = "roster.xlsx"  # a sheet a day
TASKS = "tasks.csv"  # the stops of all days, to be filled in
STEPS = "cell_steps.parquet"  # what the slider of the map shows
OUTPUTS = (
    MANIFEST, PLAN, "plan.html", "report.html", "areas.gpkg", "cells.parquet", "sites.geojson", "hot_spots.geojson",
    "checkpoints.geojson", "scores.csv", "summary.json", SHEETS, ROSTER, BY_CELL,
    TASKS, STEPS,
    *(f"{layer}.geojson" for layer in LAYERS), *OFFICE,
)  # fmt: skip


def write_outputs(
    folder: Path, results: Results, since: dict[str, Any] | None, clock: Clock, inputs: Inputs
) -> dict[str, Any]:
    """Write all files of a run into `folder`, from what may be shown to its audience; return the summary."""
    found, plan = findings(results, since), results.plan
    public = plan.audience == "public"
    if public:
        found = release.public(found, results.ground.grid, plan.release_register)
    for name, layer in {"sites": found.sites, "hot_spots": found.spots, "checkpoints": found.checkpoints,
                        **{key: found.overlays.get(key) for key in LAYERS}}.items():  # fmt: skip
        if layer is not None:
            write_layer(layer, folder / f"{name}.geojson")
    cells = None if found.cells is None else with_excluded(found.cells, results.ground.excluded)
    if cells is not None:
        cells.to_crs(plan.output.crs).reset_index().to_parquet(folder / "cells.parquet", index=False)
    if (steps := cell_steps(found)) is not None:
        steps.to_parquet(folder / STEPS, index=False)
    write_layer(gpd.GeoDataFrame(found.areas).to_crs(plan.output.crs), folder / "areas.gpkg")
    if found.past_scores is not None:
        found.past_scores.to_csv(folder / "scores.csv", index=False, float_format="%.6g", lineterminator="\n")
    write_json(folder / "summary.json", found.summary)
    write_plan_page(folder / "plan.html", found, edition(results))
    write_report(folder / "report.html", found, edition(results))
    if (cameras := found.overlays.get("cameras")) is not None:
        write_camera_sheets(folder / SHEETS, cameras, found.summary["cameras"], edition(results))
    if found.roster is not None:
        write_roster(folder / ROSTER, found, edition(results))
    if results.equity is not None and not public:
        results.equity.cells.to_csv(folder / BY_CELL, float_format="%.6g", lineterminator="\n")
    if not public and (tasks := tasks_table(results)) is not None:
        write_tasks(tasks, folder / TASKS, language=plan.language)
    write_office(folder, replace(found, cells=cells), edition(results), plan.output.crs, plan.output.names)
    if not public:
        shutil.copyfile(plan.path, folder / PLAN)
    manifest = make_manifest(folder, results, clock, inputs)
    write_json(folder / MANIFEST, release.public_manifest(manifest) if public else manifest)
    return dict(found.summary)


def edition(results: Results) -> Edition:
    """Return for whom the run prints."""
    plan = results.plan
    return Edition(
        titled(plan), language=plan.language, audience=plan.audience, valid_until=valid_until(results),
        synthetic=plan.synthetic, attribution=credits_of(plan), words=words_of_country(plan.language, plan.country),
        made=day_made(plan),
    )  # fmt: skip


def findings(results: Results, since: dict[str, Any] | None = None) -> Findings:
    """Return everything that maps, reports and files show, not yet released; `since`: what changed since the last."""
    plan, place, checkpoints, times = results.plan, results.place, results.checkpoints, results.place.incidents["time"]
    areas = areas_table(results)
    return Findings(
        summary=summarise(results, since), cells=cells_table(results), areas=areas, spots=spots_table(results, areas),
        sheets=sheets_of(results),
        sites=sites_table(results), places=place["places"], forces=place["forces"], roads=place["roads"],
        checkpoints=None if checkpoints is None else named_checkpoints(results, checkpoints_table(checkpoints)),
        flows=None if checkpoints is None else flows_table(checkpoints),
        overlays=overlays(results),
        boundary=place.area, counts=recent_counts(results.counts.panel),
        n_periods=len(results.counts.panel), period=PERIODS[plan.analysis.freq],
        workload_unit=results.sheet.unit, ledgers=place.ledgers, scores=results.forecast.summary.reset_index(),
        past_scores=results.forecast.scores,
        roster=None if results.staffing is None else results.staffing.sheet,
        data_span=(f"{times.min():%Y-%m-%d}", f"{times.max():%Y-%m-%d}"), origins=origins(results),
        changes=changes(results), notes=notes(results),
    )  # fmt: skip


def tasks_table(results: Results) -> pd.DataFrame | None:
    """Return the tasks that follow from the plan, by area and shift; None without routes."""
    if results.routes is None:
        return None
    area = results.sheet.of_cell.map(results.sheet.names["name"])
    return route_tasks(results.routes, results.place, results.ground, area)


def overlays(results: Results) -> dict[str, gpd.GeoDataFrame]:
    """Return the further layers of the map."""
    left_out = excluded_ground(results.plan, results.place)
    base = base_layers(results.plan, results.place) | further_layers(results)
    return base if left_out is None else {**base, "excluded": left_out}


def cells_table(results: Results) -> gpd.GeoDataFrame:
    """Return one row a cell with everything known of it, index `cell`."""
    ground = results.ground
    known = pd.DataFrame({
        "population": ground.population,
        "households": ground.households,
        "road_km": ground.road_km,
        "patrollable": ground.patrollable,
        "incidents": results.counts.panel.sum(),
        "harm": harm_of_cells(results),
        "officer_records": results.counts.officer["cell"].value_counts().reindex(ground.grid.cells, fill_value=0),
        "risk": results.forecast.expected,
        "workload": results.workload,
        "area": results.sheet.of_cell + 1,
        "area_name": results.sheet.of_cell.map(results.sheet.names["name"]),
        "radio_code": results.sheet.of_cell.map(results.sheet.names["radio_code"]),
        "village": results.sheet.village,
        "minutes_to_site": None if results.sites is None else results.sites.minutes,
        **({} if results.response is None else results.response.minutes.add_prefix("response_").to_dict("series")),
        **(results.sheet.by_shift + 1).add_prefix("shift_area_").to_dict("series"),
        "hotspot": results.hotspots.hot,
        "hot_spot": results.hotspots.spots.of_cell,
    }, index=ground.grid.cells)  # fmt: skip
    beside = results.forecast.by_cell.drop(columns="risk")
    went = [] if results.delivered is None else [results.delivered.by_cell]
    return ground.grid.to_gdf(known.dropna(axis=1, how="all").join([beside, results.hotspots.cells, *went]))


def with_excluded(cells: gpd.GeoDataFrame, excluded: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the cells with those that were left out, which are no patrol's: only their place and kind are known."""
    if excluded.empty:
        return cells
    whole = dict.fromkeys(cells.select_dtypes("integer").columns, "Int64")
    bare = excluded.assign(**dict.fromkeys(cells.select_dtypes("bool").columns, False))
    return gpd.GeoDataFrame(pd.concat([cells.astype(whole), bare]).rename_axis("cell"), crs=cells.crs)


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
    beside = [known, rates, ranks_of(results, of_cell), hotspots.facts]
    return gpd.GeoDataFrame(spots.join(beside), geometry="geometry", crs=spots.crs)


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
    ranks = ranks_of(results, results.sheet.of_cell)
    table = results.sheet.names.join(areas).join(by_area.sum()).join([ranks, work])
    return gpd.GeoDataFrame(table, geometry="geometry", crs=areas.crs).rename(index=lambda a: a + 1).rename_axis("area")


def sites_table(results: Results) -> gpd.GeoDataFrame | None:
    """Return one row a site in the order of what it adds: where, what, and the share of expected risk it adds."""
    chosen = results.sites
    if chosen is None:
        return None
    sites = chosen.plan.to_gdf(chosen.candidates.geometry)
    known = chosen.candidates.loc[sites.index, ["name", "kind", "cell"]]
    total = float(chosen.plan.demand.sum()) or 1.0
    table = sites.join(known).assign(adds_share=sites["gain"] / total).set_index("rank")
    named = table["name"].fillna(table["cell"].map(dict(zip(table["cell"], _site_names(results, table), strict=True))))
    area = table["cell"].map(results.sheet.of_cell)
    table = table.assign(name=named, area=area + 1, area_name=area.map(results.sheet.names["name"]))
    return table[["name", "kind", "cell", "area", "area_name", "gain", "adds_share", "geometry"]]


def _site_names(results: Results, table: gpd.GeoDataFrame) -> pd.Series:
    return nearest_names(table, [results.place[role] for role in ("population", "roads", "current")])


def named_checkpoints(results: Results, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the checkpoints with the nearest name that people know, and the patrol area that each lies in."""
    area = results.ground.grid.locate(table).map(results.sheet.of_cell)
    named = nearest_names(table, [results.place[role] for role in ("population", "places")])
    return table.assign(name=named, area=area + 1, area_name=area.map(results.sheet.names["name"]))


def changes(results: Results) -> list[str]:
    """Return what was changed by hand, one sentence each."""
    words, call, sites = load_words(results.plan.language), results.sheet.call, results.plan.sites
    posts = [] if sites is None or not sites.by_hand else [say(words, "posts_by_hand", n=len(sites.by_hand))]
    return posts + [
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
    """Return what readers should know, from every ledger and plan, one remark each."""
    ledgers = results.place.ledgers.items()
    from_files = [
        Note("from_file", {"role": role, "said": said}) for role, ledger in ledgers for said in ledger.warnings
    ]
    left_out = note_on_excluded(results.plan, results.place, results.ground.excluded)
    return [*from_files, *notes_on_chosen(results.plan), *left_out, *_notes_on_counting(results), *results.areas.notes]


def _notes_on_counting(results: Results) -> Iterator[Note]:
    shared = results.counts.shared_out
    if shared:
        yield Note("shared_out", {"n": shared})
    ran, wished = results.forecast.scores["period"].nunique(), results.plan.analysis.origins
    if ran < wished:
        yield Note("few_origins", {"ran": ran, "wished": wished})
