"""A plan file in, a patrol plan out: the method, step by step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd

from patrolgeo.config import Plan, read_plan
from patrolgeo.folders import check_folder, whole_folder
from patrolgeo.grid.areal import interpolate, patrollable_cells
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.lines import line_km
from patrolgeo.pipeline.areas import divide_areas, measure_current, weigh_workload
from patrolgeo.pipeline.cameras import find_camera_ground, place_cameras
from patrolgeo.pipeline.clock import USUAL, Clock, seconds_before
from patrolgeo.pipeline.consultation import check_consultation
from patrolgeo.pipeline.counting import count
from patrolgeo.pipeline.door import check_moves, check_wishes
from patrolgeo.pipeline.duty import measure_strength
from patrolgeo.pipeline.earlier import earlier_plan, since_last_plan
from patrolgeo.pipeline.equity import audit_equity
from patrolgeo.pipeline.events import plan_events
from patrolgeo.pipeline.excluded import cut_out, excluded_ground, people_elsewhere
from patrolgeo.pipeline.forecast import forecast_risk
from patrolgeo.pipeline.hotspots import find_hotspots
from patrolgeo.pipeline.inputs import pin_inputs
from patrolgeo.pipeline.kept import as_many_as_today
from patrolgeo.pipeline.outputs import OUTPUTS, write_outputs
from patrolgeo.pipeline.patrols import hold_patrols, read_issued
from patrolgeo.pipeline.posts import check_posts, place_posts
from patrolgeo.pipeline.reading import RECORDS, read_source, said_of
from patrolgeo.pipeline.refused import may_be_shown
from patrolgeo.pipeline.response import simulate_response
from patrolgeo.pipeline.results import Ground, Place, Results
from patrolgeo.pipeline.rings import seal_rings
from patrolgeo.pipeline.rising import find_rising
from patrolgeo.pipeline.routes import place_routes
from patrolgeo.pipeline.shifts import expected_by_hour
from patrolgeo.pipeline.sites import place_sites
from patrolgeo.pipeline.staffing import staff_plan
from patrolgeo.pipeline.terrain import risk_terrain
from patrolgeo.pipeline.tiers import find_blind_spots
from patrolgeo.pipeline.today import against_today
from patrolgeo.pipeline.traffic import meet_traffic
from patrolgeo.pipeline.weak import find_weak_links
from patrolgeo.privacy.register import check_register
from patrolgeo.roads.hexagons import hexagon_graph


def run_plan(
    path: str | Path, out: str | Path, *, audience: str | None = None, private: bool = False
) -> dict[str, Any]:
    """Run a plan file and write its outputs into the folder `out`.

    Parameters
    ----------
    path
        The plan file (TOML).
    out
        Folder for the outputs; replaced whole when everything went well, untouched when not.
    audience
        "internal" or "public"; by default what the plan says.
    private
        Only the owner may read the outputs.

    Returns
    -------
    The content of ``summary.json``.

    Raises
    ------
    PatrolgeoError
        When the plan or its data cannot be used, or a file changes meanwhile; the message says what is wrong and how to
        mend it.
    OSError
        When the system will not have the outputs: no right to write, no space. Said before the run, where it can be.

    Examples
    --------
    >>> from patrolgeo import run_plan
    >>> summary = run_plan("county/plan.toml", "out/county")  # doctest: +SKIP
    """
    plan = read_plan(path, audience=audience)
    check_folder(out, OUTPUTS)
    clock = Clock(USUAL | seconds_before(Path(out)))
    if plan.release_register is not None:
        check_register(plan.release_register)
    earlier = earlier_plan(Path(out), plan.previous)
    inputs = pin_inputs(plan, earlier)
    with clock.step("read the files"):
        place, issued = read_place(plan), read_issued(plan)
        inputs.check_unchanged()
        check_wishes(plan, place)
    with clock.step("fill the area with cells"):
        ground = lay_ground(plan, place)
        check_moves(plan, place, ground)
        plan = as_many_as_today(plan, place, ground)
        check_posts(plan, place, ground)
        check_consultation(plan, place, ground)
    with clock.step("meet the traffic"):
        checkpoints = meet_traffic(plan, place)
        rings = seal_rings(plan, place)
        camera_ground = find_camera_ground(plan, place, ground)
    with clock.step("count the incidents"):
        counts = count(plan, place, ground)
    with clock.step("find hotspots"):
        hotspots = find_hotspots(plan, counts, ground)
        terrain = risk_terrain(place, counts, ground)
    with clock.step("forecast risk and test the forecast"):
        forecast = forecast_risk(plan, counts.panel, ground)
    with clock.step("divide patrol areas"):
        parts, unit = weigh_workload(plan, place, ground, forecast, hotspots)
        areas, sheet = divide_areas(plan, place, ground, counts, forecast, parts, unit)
        workload = parts.sum(axis=1)
        current = measure_current(place, ground, workload)
        against = None if current is None else against_today(sheet.of_cell, current, workload, ground.travel)
    with clock.step("place sites"):
        sites = None if plan.sites is None else place_sites(plan, plan.sites, place, ground, forecast)
        strength = measure_strength(plan, place, 0 if sites is None else len(sites.plan.sites))
    with clock.step("set posts, cameras and shifts, look for blind spots"):
        posts = place_posts(plan, place, ground, counts, forecast)
        blind = find_blind_spots(plan, place, ground, counts, forecast)
        weak = find_weak_links(plan, place, ground, forecast)
        staffing = staff_plan(plan, place, workload, sheet, sites, checkpoints, posts, ground.road_km)
    with clock.step("hold the patrols against their plan"):
        delivered = hold_patrols(plan, place, ground, sheet.of_cell, issued)
    with clock.step("plan routes, events and the response, ask who bears them"):
        results = Results(
            plan, place, ground, counts, hotspots, forecast, workload, areas, sheet, current, against, sites,
            checkpoints, strength, posts, blind, weak,
            place_cameras(plan, place, ground, forecast, camera_ground), rings, delivered, staffing,
            plan_events(plan, place, ground, workload, areas, sheet, staffing),
            find_rising(plan, place, ground, counts, sheet, posts),
            simulate_response(plan, place, ground, counts, forecast, workload, areas, sheet, weak),
            place_routes(plan, place, ground, forecast, counts.records), terrain,
            audit_equity(plan, place, ground, counts, forecast, parts, unit, sites),
            expected_by_hour(forecast, counts.records, sheet.of_cell),
        )  # fmt: skip
    with clock.step("write the map and the report"), whole_folder(out, private=private) as folder:
        summary = write_outputs(folder, results, since_last_plan(results, earlier), clock, inputs)
        inputs.check_unchanged()
    return summary


def read_place(plan: Plan) -> Place:
    """Read every file that the plan names, each with its ledger."""
    tables: dict[str, gpd.GeoDataFrame] = {}
    ledgers = {}
    for role, source in plan.sources.items():
        said_of(plan.path, role, source)  # a word that a reader does not know, before anything is read
    for role in sorted(plan.sources, key=lambda role: role in RECORDS):  # records last: those outside the area go
        tables[role], ledgers[role] = read_source(plan, role, tables.get("area"))
    return Place(tables, ledgers)


def lay_ground(plan: Plan, place: Place) -> Ground:
    """Fill the area with cells; put people and roads on them; mark where patrols can be; join what lies apart."""
    whole = HexGrid.from_area(place.area, plan.analysis.resolution, max_cells=plan.limits.cells)
    left_out = excluded_ground(plan, place)
    grid, excluded = cut_out(plan, whole, left_out)
    people, roads = place["population"], place["roads"]
    everywhere = None if people is None else interpolate(people_elsewhere(people, left_out), whole, _counted(people))
    residents = None if everywhere is None else everywhere.loc[grid.cells]
    return Ground(
        grid=grid,
        population=None if residents is None else residents["population"],
        households=residents["households"] if residents is not None and "households" in residents else None,
        population_outside=0.0 if everywhere is None else everywhere.attrs["outside"]["population"],
        population_excluded=0.0 if everywhere is None else float(everywhere["population"][excluded.index].sum()),
        excluded=excluded,
        road_km=None if roads is None else line_km(roads, grid),
        patrollable=patrollable_cells(
            grid,
            inhabited=None if residents is None else residents["population"],
            roads=roads,
            places=place["places"],
            incidents=may_be_shown(place.incidents),
        ),
        travel=hexagon_graph(
            grid, plan.areas.speed_kmh, barriers=place["barriers"], roads=roads, link_parts=plan.areas.link_parts
        ),
    )


def _counted(people: gpd.GeoDataFrame) -> list[str]:
    return [name for name in ("population", "households") if name in people]
