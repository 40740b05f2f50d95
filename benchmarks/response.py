"""Response: exactness and speed of the hypercube and the simulation, coverage of intervals, Boone County, Manhattan.

python benchmarks/response.py             # PATROLGEO_DATA names the folder of real data
python benchmarks/response.py coverage    # one part, the others stay
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from patrolgeo import fit_response, hypercube, run_plan, sample_calls, simulate_dispatch
from patrolgeo.testing import check_dispatch

DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[2] / "shared" / "data"))
OUT = Path(__file__).parent / "results" / "response.json"


def city(n_units, n_places, load, seed, unequal=False):
    rng = np.random.default_rng(seed)
    minutes = np.sqrt(((rng.random((n_units, 1, 2)) - rng.random((1, n_places, 2))) ** 2).sum(axis=2)) * 20
    service = rng.uniform(0.7, 1.5, n_units) if unequal else np.ones(n_units)
    rates = rng.lognormal(0, 1, n_places)
    return rates * load * service.sum() / rates.sum(), service, minutes.T.argsort(axis=1), minutes


def timed(function, repeats=3):
    best = np.inf
    for _ in range(repeats):
        begin = time.process_time()
        answer = function()
        best = min(best, time.process_time() - begin)
    return answer, round(best, 4)


def given_systems():
    """Largest difference from the given answers, over all numbers of the four systems."""
    book, worst = json.loads((DATA / "oracles" / "oracles2.json").read_text()), {}
    for name in ("4_units_loss", "4_units_queue", "5_units_unequal_rates_loss", "8_units_queue"):
        case = book[f"hypercube_{name}"]
        given, wanted = case["inputs"], case["expected"]
        found = hypercube(given["rates"], given["service_rates"], given["preference"],
                          0 if given["queue"] == "none" else None, travel=given["travel"])  # fmt: skip
        pairs = [(found.workload, wanted["workloads"]), (found.dispatch_share.sum(), wanted["unit_share"]),
                 (found.loss, wanted["loss"]), (found.wait, wanted["share_waiting"]),
                 (found.mean_wait * sum(given["rates"]), wanted["mean_queue"]),
                 (found.mean_travel, wanted["mean_travel"]), (found.cross_share, wanted["share_not_first_choice"]),
                 (found.busy[0], wanted["p_all_free"])]  # fmt: skip
        worst[name] = float(max(np.abs(np.asarray(a) - np.asarray(b)).max() for a, b in pairs))
    return worst


def hypercube_speed():
    hypercube([1.0], 2.0, [[0]]), hypercube([1.0], 2.0, [[0]], method="approximate")  # compiled
    told = {}
    for n in (16, 18):
        rates, service, lists, minutes = city(n, 5 * n, 0.6, 0)
        told[f"exact {n} units"] = timed(lambda r=rates, s=service, p=lists, m=minutes: hypercube(r, s, p, travel=m))[1]
    rates, service, lists, minutes = city(300, 3000, 0.6, 0)
    told["approximate 300 x 3000"] = timed(lambda: hypercube(rates, service, lists, travel=minutes), 7)[1]
    told["approximate 300 x 3000, no travel"] = timed(lambda: hypercube(rates, service, lists), 7)[1]
    return told


def approximation_error():
    """Mean relative and worst absolute error of workloads against exact, by load; systems that nothing was tuned on."""
    told = {}
    for load in (0.3, 0.45, 0.6, 0.75):
        rows = []
        for seed in range(100, 106):
            for n in (6, 10, 14):
                for unequal in (False, True):
                    for capacity in (0, None):
                        rates, service, lists, _ = city(n, 5 * n, load, seed, unequal)
                        exact = hypercube(rates, service, lists, capacity)
                        near = hypercube(rates, service, lists, capacity, method="approximate")
                        off = (near.workload - exact.workload).abs()
                        rows.append([(off / exact.workload).mean(), off.max()])
        mean, worst = np.array(rows).T
        told[str(load)] = {
            "mean": float(mean.mean()),
            "mean, worst system": float(mean.max()),
            "worst": float(worst.max()),
        }
    return told


def simulation_speed():
    rates, _, lists, minutes = city(10, 50, 0.6, 0)
    table = pd.DataFrame(minutes)
    calls = sample_calls(rates, 1_000_000 / rates.sum() / 168, minutes=60.0)
    shares = {1: 0.2, 2: 0.5, 3: 0.3}
    graded = sample_calls(rates, 1_000_000 / rates.sum() / 168, minutes=40.0, priorities=shares)
    units = pd.DataFrame({"kind": ["dedicated", "social"] * 5})
    small = calls.head(10)
    simulate_dispatch(small, range(10), table, policy=lists)
    plain, seconds = timed(lambda: simulate_dispatch(calls, range(10), table, policy=lists, travel_included=True))
    tiers, seconds_tiers = timed(lambda: simulate_dispatch(graded, units, table, tiers="county"))
    check_dispatch(plain, travel_included=True), check_dispatch(tiers)
    return {"plain, calls a CPU second": len(calls) / seconds, "priorities and tiers": len(graded) / seconds_tiers}


def coverage(seeds=200):
    """Share of units (and of classes) whose interval holds the exact number, over runs of so many weeks.

    No way at all: the exact answers do not know one, and with `travel_included` a call is never shorter than its way.
    """
    rates, _, lists, _ = city(8, 40, 0.6, 7)
    right = hypercube(rates, 1.0, lists).workload
    told = {f"workloads, {weeks} weeks": _held(rates, lists, right, weeks, seeds) for weeks in (60, 12, 1)}
    case = json.loads((DATA / "oracles" / "oracles2.json").read_text())["priority_wait"]
    rates, waits = case["inputs"]["arrivals_per_hour"], []
    for seed in range(seeds):
        calls = sample_calls([sum(rates)], 60, minutes=36.0, priorities=dict(enumerate(rates)), random_state=seed)
        result = simulate_dispatch(calls, range(6), pd.DataFrame(np.zeros((6, 1))))
        for k, wait in enumerate(case["expected"]["mean_wait_hours"]):
            _, low, high = result.interval("wait", k)
            waits.append(low <= 60 * wait <= high)
    told["priority waits, 60 weeks"] = {"held": float(np.mean(waits)), "first 20 seeds": float(np.mean(waits[:60]))}
    return told


def _held(rates, lists, right, weeks, seeds):
    """Return the share of held intervals of workloads, its standard error (runs are independent, units are not)."""
    inside = []
    for seed in range(seeds):
        calls = sample_calls(rates, weeks, minutes=60.0, random_state=seed)
        travel = pd.DataFrame(np.zeros((len(right), len(rates))))
        known = simulate_dispatch(calls, range(len(right)), travel, policy=lists).workload_interval
        inside.append(((known["low"] <= right) & (right <= known["high"])).mean())
    return {
        "held": float(np.mean(inside)), "standard error": float(np.std(inside, ddof=1) / np.sqrt(seeds)),
        "first 20 seeds": float(np.mean(inside[:20])),
    }  # fmt: skip


def boone():
    words = {"call": "received", "dispatch": "dispatched", "arrive": "arrived", "clear": "cleared", "kind": "category"}
    rows = pd.read_parquet(DATA / "boone" / "ambulance_calls_2016_2017.parquet").rename(columns=words)
    calls = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    urgent = calls["category"].isin(["emergency", "traffic"])
    minutes = (calls["arrived"] - calls["received"]) / pd.Timedelta(minutes=1)
    kept = urgent & (minutes > 0) & (minutes < 120)
    model = fit_response(calls[calls["received"].dt.year == 2016], urgent=["emergency", "traffic"])
    result = simulate_dispatch(model.draw(52, random_state=1), model.units, model.travel)
    check_dispatch(result)
    modelled = result.calls.query("priority == 1")
    later = minutes[kept & (calls["received"].dt.year == 2017)]
    by_hour = modelled["response"].groupby(modelled["received"] // 60 % 24).median()
    known = later.groupby(calls["received"].dt.hour).median()
    return {
        "record median": float(minutes[kept].median()), "record p90": float(minutes[kept].quantile(0.9)),
        "2017 median": float(later.median()), "2017 p90": float(later.quantile(0.9)),
        "simulated median": float(modelled["response"].median()),
        "simulated p90": float(modelled["response"].quantile(0.9)),
        "hours within 20 %": int(((by_hour / known - 1).abs() < 0.2).sum()),
        "bases": len(model.bases), "units": len(model.units), "detour": model.detour, "error": model.error,
    }  # fmt: skip


def manhattan():
    """Eight stations, twelve units, travel on the roads with lights; urgent calls first."""
    folder = DATA / "dispatch_manhattan"
    nodes, links = pd.read_parquet(folder / "road_nodes.parquet"), pd.read_parquet(folder / "road_links.parquet")
    stations, demand = pd.read_csv(folder / "stations.csv.gz"), pd.read_csv(folder / "demand_h3_9.csv.gz")
    number = pd.Series(np.arange(len(nodes)), nodes["node"])
    at = [number[links[c]].to_numpy() for c in ("source", "target")]
    graph = csr_matrix((links["seconds_1"], at), shape=(len(nodes),) * 2)

    def nearest(table):
        xy = nodes[["lon", "lat"]].to_numpy()
        return [int(((xy - p) ** 2 @ [0.57, 1.0]).argmin()) for p in table[["lon", "lat"]].to_numpy()]

    demand[["lat", "lon"]] = [h3.cell_to_latlng(cell) for cell in demand["cell"]]
    seconds = dijkstra(graph, indices=nearest(stations))[:, nearest(demand)]
    travel = pd.DataFrame(seconds / 60, index=stations.index, columns=demand["cell"])
    units = pd.DataFrame({"base": np.repeat(stations.index, stations["units"])})
    share = demand.set_index("cell")["share"]
    calls = sample_calls(18.8 * share / share.sum(), 52, minutes=7.6 + 0.85 * 12, priorities={1: 0.42, 3: 0.58})
    result = simulate_dispatch(calls.assign(delay=2.5), units, travel)
    check_dispatch(result)
    return {key: value for key, value in result.summary().items() if not key.startswith("waiting")}


def sacramento():
    """One month of police calls: how many units went to a call, and what it costs that some come in pairs.

    The file has a row a unit sent. Rows of one day, kind and place (100 m) are taken as one call; that joins calls that
    had nothing to do with each other, and hides a second unit that came from another kind of row. Hours are not known:
    the rate is even. Two cars a beat, straight lines x 1.3 at 40 km/h, 40 minutes at the scene: planning values.
    """
    rows = pd.read_parquet(DATA / "sacramento" / "calls_2019_01.parquet")
    rows = rows[rows["dispatched"] & ~rows["officer_initiated"] & rows["unit"].notna() & (rows["unit"] != "")]
    units = rows.groupby(["date", "kind", "lon", "lat"])["unit"].nunique()
    shares = units.value_counts(normalize=True).sort_index()
    beats = rows.groupby("beat")[["lon", "lat"]].mean()
    away = [(beats[[c]].to_numpy() - beats[c].to_numpy()) * km for c, km in (("lon", 87.0), ("lat", 111.0))]
    travel = pd.DataFrame(np.hypot(*away) * 1.3 / 40 * 60 + 2, beats.index, beats.index)
    fleet = pd.DataFrame({"base": np.repeat(beats.index, 2)})
    rates = rows["beat"].value_counts().reindex(beats.index) / 31 / 24 * len(units) / len(rows)
    told = {"rows": len(rows), "calls": len(units), "share by units": {int(n): float(s) for n, s in shares.items()}}
    for name, several in (("one unit each", None), ("as recorded", shares.to_dict())):
        calls = sample_calls(rates, 26, units=several)
        result = simulate_dispatch(calls, fleet, travel)
        check_dispatch(result)
        told[name] = {k: v for k, v in result.summary().items() if not k.startswith("waiting")}
    return told


def new_york():
    """The plan run of New York with [response]: today against proposed, on calls drawn like its records.

    The data name no stations: three cars stand in the middle of each precinct, and times of work are the default of 40
    minutes. Both are planning values; what is compared is the plan's areas with bases in the middle of today's.
    """
    folder = Path(tempfile.mkdtemp())
    precincts = gpd.read_parquet(DATA / "nyc" / "precincts.parquet").to_crs(4326)
    middle = precincts.geometry.representative_point()
    forces = pd.DataFrame({
        "name": "precinct " + precincts["precinct"].astype(str), "role": "station", "kind": "dedicated", "vehicles": 3,
        "lon": middle.x, "lat": middle.y,
    })  # fmt: skip
    forces.to_csv(folder / "forces.csv", index=False)
    plans = Path(__file__).parent / "plans"
    text = (plans / "nyc.toml").read_text().replace("shifts.csv", str(plans / "shifts.csv"))
    (folder / "plan.toml").write_text(f'{text}\n[forces]\nfile = "forces.csv"\n\n[response]\nweeks = 2.0\n')
    os.environ["PATROLGEO_DATA"] = str(DATA)
    begin = time.process_time()
    told = run_plan(folder / "plan.toml", folder / "out")["response"]
    kept = {key: told[key] for key in ("today", "proposed", "change", "worse", "friday_factor", "service_minutes")}
    best = [row for row in told["variants"] if row["kind"] == "one unit more"][:1]
    return kept | {"one unit more": best, "cpu_seconds_of_the_run": round(time.process_time() - begin, 1)}


PARTS = {
    "given systems, largest difference": given_systems, "hypercube, CPU seconds": hypercube_speed,
    "approximation": approximation_error, "simulation": simulation_speed, "coverage": coverage, "boone": boone,
    "manhattan": manhattan, "sacramento": sacramento,
    "new york": new_york,
}  # fmt: skip


def main(parts):
    """Measure the parts named (all by default) and write them beside what was measured before."""
    told = json.loads(OUT.read_text(encoding="utf-8")) if parts else {}
    told |= {part: PARTS[part]() for part in parts or PARTS}
    OUT.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
