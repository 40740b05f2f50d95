"""The response in a run: calls drawn like those on record, today's bases and the plan's, minutes by cell and shift."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Floats
from patrolgeo.config import Plan
from patrolgeo.panel.shifts import falls_into
from patrolgeo.pipeline.areas import area_middles
from patrolgeo.pipeline.duty import DAY, counted_forces, duty_hours
from patrolgeo.pipeline.forces import Response, WeakLinks
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.results import AreaSheet, Counts, Forecast, Ground, Place
from patrolgeo.pipeline.tiers import minutes_from
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.response.hypercube import hypercube
from patrolgeo.plan.response.response_plan import plan_response
from patrolgeo.plan.response.sample_calls import sample_calls
from patrolgeo.roads.arcs import arcs, fastest

WORK = 40.0  # minutes at the scene, where nothing is known
DETOUR = 60.0  # minutes, where no road leads any more when one is closed
FRIDAY, BUSY, FRIDAYS = 4, 0.95, 26
WEEK_HOURS, MOST_WORK = 168, 480.0
EXACT_UNITS = 12  # above, minutes by cell and shift come from the approximation: faster, and near enough for a map


def simulate_response(
    plan: Plan, place: Place, ground: Ground, counts: Counts, forecast: Forecast, workload: pd.Series,
    areas: AreaPlan, sheet: AreaSheet, weak: WeakLinks | None,
) -> Response | None:  # fmt: skip
    """Simulate the vehicles of the forces at their bases and in the patrol areas, on the same calls. None: no wish."""
    wish, forces = plan.response, place["forces"]
    if wish is None or forces is None:
        return None
    today, proposed, at = _units(counted_forces(forces, plan.strength.roles), ground, workload, areas, sheet)
    if not len(today):
        return None
    travel = pd.DataFrame(minutes_from(ground.travel, ground, at.to_numpy()), at.index, ground.grid.cells)
    known = _recorded(place, ground, counts)
    rates, rhythm = _rates(known, ground, forecast, place["calls"] is not None)
    work = _work(known) if wish.service_minutes is None else wish.service_minutes
    delay = float(known["delay"].median()) if known["delay"].notna().any() else 0.0
    told = known["priority"].dropna()
    shares = None if told.empty else (told.value_counts(normalize=True).sort_index().to_dict())
    sent = known["units"][known["units"] >= 1]
    several = None if sent.empty else sent.astype(int).value_counts(normalize=True).sort_index().to_dict()
    drawn: dict[str, Any] = {"minutes": work, "priorities": shares, "units": several, "random_state": plan.seed}
    calls = sample_calls(rates, wish.weeks, rhythm=rhythm, **drawn).assign(delay=delay)
    factor = _friday_factor(known["time"])
    on_fridays = np.where(np.arange(WEEK_HOURS) // 24 == FRIDAY, rhythm, 0.0)
    share = on_fridays.sum() / rhythm.sum()
    fridays = sample_calls(rates * factor * share, FRIDAYS, rhythm=on_fridays, **drawn).assign(delay=delay)
    group = calls["place"].map(sheet.of_cell).map(sheet.names["name"]).fillna("–")
    found = plan_response(
        calls, proposed, travel, today=today, busy=fridays, by=group, closed=_closed(place, ground, travel, at, weak),
        within=wish.within_minutes,
    )  # fmt: skip
    mean_work = float(np.mean(work))
    asked = rates * (1.0 if several is None else sum(n * share for n, share in several.items()))
    minutes = _by_shift(place["shifts"], known, asked, travel, proposed, mean_work, found.proposed) + delay
    return Response(found, minutes, place["calls"] is not None, mean_work, factor)


def _units(
    forces: gpd.GeoDataFrame, ground: Ground, workload: pd.Series, areas: AreaPlan, sheet: AreaSheet
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Return today's units (a row a vehicle), as many in the patrol areas by their work, and the cell of each base."""
    cell = ground.grid.positions(forces.geometry.x, forces.geometry.y)
    forces, cell = forces[cell >= 0], cell[cell >= 0]
    cars = pd.to_numeric(forces["vehicles"], errors="coerce") if "vehicles" in forces else pd.Series(1, forces.index)
    cars = cars.fillna(0).clip(lower=0).astype(int).to_numpy()
    if not cars.any():
        cars = np.ones(len(forces), int)
    names = forces["name"].astype(str).where(~forces["name"].duplicated(), forces["name"].astype(str) + " 2")
    start, end = duty_hours(forces)
    today = pd.DataFrame({"base": names.to_numpy(), "start": start, "end": end}).loc[
        np.repeat(np.arange(len(forces)), cars)
    ]
    load = workload.groupby(sheet.of_cell).sum()
    n = _apportion((load / load.sum()).to_numpy(), max(len(today), len(load)))
    label = sheet.names.loc[load.index, "name"].astype(str)
    middle = area_middles(ground, workload, areas, sheet)
    proposed = pd.DataFrame({"base": np.repeat(label.to_numpy(), n)})
    at = pd.concat([pd.Series(cell, names), pd.Series(middle, label)])
    today, proposed = (t.set_axis([f"unit {k + 1}" for k in range(len(t))]) for t in (today, proposed))
    return today, proposed, at[~at.index.duplicated()]


def _apportion(share: Floats, n: int) -> Any:
    """Return whole units: one each, the rest by largest remainder."""
    ideal = share * (n - len(share))
    units = 1 + np.floor(ideal).astype(np.int64)
    units[np.argsort(np.floor(ideal) - ideal, kind="stable")[: n - int(units.sum())]] += 1
    return units


def _recorded(place: Place, ground: Ground, counts: Counts) -> pd.DataFrame:
    """Return cell, time, delay, work (minutes, missing where not known), priority and units of calls from people."""
    calls = place["calls"]
    if calls is None:
        records = counts.records
        return pd.DataFrame({"cell": records["cell"], "time": records["time"]}).assign(
            delay=np.nan, work=np.nan, priority=None, units=np.nan
        )
    calls = calls[calls["origin"] != "officer"]
    minute = pd.Timedelta(minutes=1)
    table = pd.DataFrame({
        "cell": ground.grid.locate(calls), "time": calls["received"], "priority": calls["priority"],
        "units": pd.to_numeric(calls["units"], errors="coerce"),
        "delay": (calls["dispatched"] - calls["received"]) / minute,
        "work": (calls["cleared"] - calls["arrived"]) / minute,
    })  # fmt: skip
    return table.dropna(subset="cell")


def _rates(known: pd.DataFrame, ground: Ground, forecast: Forecast, called: bool) -> tuple[pd.Series, Floats]:
    """Return calls an hour by cell (of incidents: spread as the forecast has them) and how they follow the week."""
    hours = max((known["time"].max() - known["time"].min()) / pd.Timedelta(hours=1), 1.0)
    n = known["cell"].value_counts().reindex(ground.grid.cells, fill_value=0).astype(float)
    spread = n if called else forecast.planned / max(float(forecast.planned.sum()), 1e-12) * len(known)
    at = known["time"].dt.day_of_week * 24 + known["time"].dt.hour
    rhythm: Floats = np.bincount(at, minlength=WEEK_HOURS).astype(float) + 1.0  # no hour is without a chance
    return spread / hours, rhythm


def _work(known: pd.DataFrame) -> Any:
    """Return recorded minutes at the scene to draw from, or a mean where nothing is known."""
    work = known["work"][known["work"].between(0, MOST_WORK, inclusive="right")].to_numpy()
    return np.sort(work) if len(work) else WORK  # what is drawn does not hang on the order of rows


def _friday_factor(times: pd.Series) -> float:
    """Return how many times more calls than usual a Friday has that only one in twenty exceeds."""
    days = times[times.dt.day_of_week == FRIDAY].dt.normalize().value_counts()
    return max(1.0, float(days.quantile(BUSY) / days.mean())) if len(days) else 1.0


def _closed(place: Place, ground: Ground, travel: pd.DataFrame, at: pd.Series, weak: WeakLinks | None) -> Any:
    """Return minutes with the road closed whose loss uncovers most; nothing where no road is known to be weak.

    What the way round takes longer on the roads is added to the minutes; where no road leads any more, `DETOUR`.
    """
    roads, graph = place["roads"], place.graph
    if weak is None or weak.roads is None or roads is None or graph is None or not len(weak.roads):
        return {}
    worst, known = weak.roads.iloc[0], [place[role] for role in ("population", "places")]
    line = roads.index[roads.geometry.geom_equals(worst.geometry)]
    left = graph.edges[~graph.edges["line"].isin(line)]
    arc = arcs(*(left[c].to_numpy() for c in ("source", "target", "minutes", "oneway")))
    node = graph.labels.get_indexer(pd.Index(graph.locate(ground.grid.centroids)))
    before, after = (
        dijkstra(minutes, indices=node[at.to_numpy()])[:, node]
        for minutes in (graph.minutes, fastest(arc, len(graph.labels)))
    )
    longer = np.nan_to_num(
        np.where(np.isinf(before), 0.0, after - np.where(np.isinf(before), 0.0, before)), posinf=DETOUR
    )
    named = [str(worst[c]) for c in ("name", "road_class") if c in worst.index and isinstance(worst[c], str)]
    near = nearest_names(weak.roads.iloc[[0]], known).iloc[0]
    return {", ".join(part for part in (*named[:1], near) if part): travel + np.clip(longer, 0.0, DETOUR)}


def _by_shift(
    shifts: pd.DataFrame | None, known: pd.DataFrame, rates: pd.Series, travel: pd.DataFrame, units: pd.DataFrame,
    work: float, run: Any,
) -> pd.DataFrame:  # fmt: skip
    """Return expected minutes to each cell by shift: the hypercube's mean travel and wait at the load of the shift."""
    table = travel.loc[units["base"]].set_axis(units.index)
    busy = 60 / (work + float(run.counted["travel"].mean()))
    whole = pd.DataFrame({"minutes": [DAY], "start": [0], "days": [list("x")]}, index=["all"])
    told = {}
    for name, shift in (whole if shifts is None else shifts).iterrows():
        share = 1.0 if shifts is None else float(falls_into(known["time"], shift).mean())
        hours = 7 * 24 if shifts is None else float(shift["minutes"]) / 60 * len(shift["days"])
        here = rates * WEEK_HOURS * share / hours
        keeps_up = here.sum() < 0.98 * busy * len(units)
        found = hypercube(
            here if here.sum() else here + 1e-9, busy, capacity=None if keeps_up else 0, travel=table,
            method="auto" if len(units) <= EXACT_UNITS else "approximate",
        )  # fmt: skip
        assert found.travel_by_place is not None  # noqa: S101 - travel is given
        told[str(name)] = found.travel_by_place + (60 * found.mean_wait if keeps_up else np.nan)
    return pd.DataFrame(told)


def response_summary(response: Response) -> dict[str, Any]:
    """Return the numbers of the response: both sides, the busy Friday, what changes do, areas that wait longer."""
    found = response.plan
    told = found.summary()
    told |= {
        "of_calls": response.of_calls, "service_minutes": response.service_minutes,
        "friday_factor": response.friday_factor, "variants": found.variants.to_dict("records"),
        "by_priority": found.table.reset_index().astype({"priority": str}).to_dict("records"),
        "worse_areas": [str(a) for a in found.worse.index[found.worse["worse"]]],
        "by_area": found.worse.rename_axis("area").reset_index().to_dict("records"),
        "by_shift": [
            {"shift": str(name), "mean_minutes": float(column.mean())} for name, column in response.minutes.items()
        ],
        "hours": [{"hour": int(hour), **row} for hour, row in found.hours.to_dict("index").items()],
    }  # fmt: skip
    return told
