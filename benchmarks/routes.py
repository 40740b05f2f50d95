"""Routes and streets beside published values, and plans of Manhattan that nobody can foresee.

    python benchmarks/routes.py [prizes] [streets] [windows] [rules] [manhattan] [county]

Writes benchmarks/results/routes.json, each part on its own. CPU seconds are of one thread, kernels warm; only ratios
carry over to other machines. The search was tuned on five instances of p4 (2.g, 2.j, 2.m, 3.p, 4.p); the other sixteen,
and all other sets, judge it. `county` runs the sample plan, [routes] and all.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from scipy.stats import binom, false_discovery_control

from patrolgeo import HexGrid, RouteRules, design_routes, read_area, run_plan, street_routes, watch_routes
from patrolgeo.plan.optimise.routes.search import Search
from patrolgeo.plan.optimise.routes.visits import Visits
from patrolgeo.testing import check_route_plan

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
TARGET = ROOT / "benchmarks" / "results" / "routes.json"
TUNED = ("p4.2.g", "p4.2.j", "p4.2.m", "p4.3.p", "p4.4.p")
WINDOW_STEPS = 4000  # about 30 CPU seconds an instance
DRAWS = 200


def distances(xy):
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))


def prizes():
    """Team orienteering p4 at the default effort."""
    nodes = pd.read_csv(DATA / "orienteering" / "nodes.csv.gz")
    travel, prize = distances(nodes[["x", "y"]].to_numpy()), nodes["prize"].to_numpy(float)
    rows = []
    for told in pd.read_csv(DATA / "orienteering" / "instances.csv.gz").itertuples():
        plan = design_routes(prize, travel, told.units, told.limit, 0, start=0, end=len(prize) - 1)
        check_route_plan(plan)
        rows.append({"instance": told.instance, "value": plan.objective, "best": told.best, "bound": plan.bound,
                     "share": plan.objective / told.best, "cpu_s": plan.runtime})  # fmt: skip
        print(rows[-1], flush=True)
    share = pd.Series({row["instance"]: row["share"] for row in rows})
    return {"instances": rows, "mean": share.mean(), "worst": share.min(), "reached": int((share > 1 - 1e-9).sum()),
            "mean_not_tuned": share.drop(list(TUNED)).mean(),
            "worst_not_tuned": share.drop(list(TUNED)).min()}  # fmt: skip


def streets():
    """Arc routing at the default effort."""
    edges = pd.read_csv(DATA / "benchmarks" / "carp_edges.csv.gz").rename(columns={"u": "source", "v": "target"})
    rows = []
    for told in pd.read_csv(DATA / "benchmarks" / "carp_best.csv").itertuples():
        mine = edges[edges["instance"] == told.instance].reset_index(drop=True)
        plan = street_routes(mine, 0, told.capacity)
        rows.append({"instance": told.instance, "cost": plan.objective, "best": told.best_known, "bound": plan.bound,
                     "above": plan.objective / told.best_known - 1, "cpu_s": plan.runtime})  # fmt: skip
        print(rows[-1], flush=True)
    above = np.array([row["above"] for row in rows])
    return {"instances": rows, "worst_above": above.max(), "reached": int((above < 1e-9).sum())}


def windows():
    """Prize collecting with windows, 1,000 stops: the array engine by itself."""
    nodes, rows = pd.read_csv(DATA / "prize_routes" / "nodes.csv.gz"), []
    for told in pd.read_csv(DATA / "prize_routes" / "instances.csv.gz").itertuples():
        table, units = nodes[nodes["instance"] == told.instance], 30
        visits = windowed(table, units, float(told.capacity))
        begun = time.process_time()
        tours = Search(visits, 0.1 * float(visits.worth.sum())).run(WINDOW_STEPS, 1)
        cpu, cost = time.process_time() - begun, cost_of(table, tours, float(told.capacity))
        rows.append({"instance": told.instance, "cost": cost, "best": told.best_cost,
                     "above": cost / told.best_cost - 1, "cpu_s": cpu})  # fmt: skip
        print(rows[-1], flush=True)
    return {"instances": rows, "worst_above": max(row["above"] for row in rows)}


def windowed(table, units, capacity):
    """Return an instance as arrays; costs are ten times the minutes, which are cut to one decimal."""
    xy, n = table[["x", "y"]].to_numpy(float), len(table) - 1
    travel = np.floor(10 * distances(xy)) / 10
    stay, early, late, load, prize = (table[c].to_numpy(float) for c in ("service", "early", "late", "demand", "prize"))
    ends = np.zeros(2 * units)
    return Visits(
        travel=travel[None].copy(), spot=np.r_[1 : n + 1, ends].astype(np.int64), group=np.arange(n),
        worth=10 * prize[1:, None], stay=np.r_[stay[1:], ends], early=np.r_[early[1:], ends + early[0]],
        late=np.r_[late[1:], ends + late[0]], load=load[1:].copy(), able=np.ones((units, n), bool),
        kind=np.zeros(units, np.int64), room=np.full(units, capacity), alike=np.zeros(units, np.int64), toll=10.0,
    )  # fmt: skip


def cost_of(table, tours, capacity):
    """Return the cost by the rule of the set, from the file alone; raise when a route breaks a window or its load."""
    rows = table.reset_index(drop=True)
    xy, cost, seen = rows[["x", "y"]].to_numpy(float), 0, set()
    for k, size in enumerate(tours.size):
        if not size:
            continue
        at, now, load = 0, float(rows["early"][0]), 0.0
        for stop in [*(tours.order[k, 1 : size + 1] + 1), 0]:
            leg = int(10 * np.hypot(*(xy[at] - xy[stop])))
            now, cost, at = (
                max(now + leg / 10, float(rows["early"][stop]) if stop else now + leg / 10),
                cost + leg,
                stop,
            )
            assert now <= rows["late"][stop] + 1e-6, "a window is broken"
            if stop:
                assert stop not in seen, "a stop is made twice"
                seen.add(stop)
                now, load = now + float(rows["service"][stop]), load + float(rows["demand"][stop])
        assert load <= capacity, "a route carries too much"
    return cost + 10 * int(rows["prize"].sum() - rows["prize"][sorted(seen)].sum())


def rules(n=500):
    """Random plans with every rule, each checked by an independent function; what cannot be is counted."""
    rng, made, refused = np.random.default_rng(7), 0, 0
    for seed in range(n):
        case = random_case(rng)
        try:
            plan = design_routes(*case[0], **case[1], effort=0.002, random_state=seed)
        except ValueError:
            refused += 1
            continue
        check_route_plan(plan)
        made += 1
    return {"plans": n, "checked": made, "refused_as_infeasible": refused, "broken": 0}


def random_case(rng):
    """Return the arguments of a random problem with windows, repeats, breaks, mandatory places, several bases."""
    n, units = int(rng.integers(6, 30)), int(rng.integers(1, 4))
    prize = np.where(rng.random(n) < 0.1, 0.0, rng.lognormal(1, 0.8, n))
    begin = rng.uniform(0, 200, n)
    some = rng.choice(n, int(rng.integers(0, 4)), replace=False)
    told = RouteRules(
        mandatory=rng.choice(n, int(rng.integers(0, 3)), replace=False).tolist(),
        windows={int(p): (begin[p], begin[p] + rng.uniform(30, 200)) for p in some},
        visits=int(rng.integers(1, 4)), gap_minutes=float(rng.uniform(0, 60)),
        break_minutes=float(rng.choice([0, 20])), break_window=(60, 200), day_begins="22:00",
        shift_begins=rng.uniform(0, 30, units).round(1).tolist(),
    )  # fmt: skip
    travel = distances(rng.uniform(0, 25, (n, 2))) + rng.uniform(0, 3, (n, n)) * (1 - np.eye(n))
    base = rng.choice(n, units).tolist()
    return (prize, travel, units, float(rng.uniform(150, 300)), rng.uniform(5, 15, n)), {"base": base, "rules": told}


def manhattan(n_cells=500, units=20):
    """500 hot cells of Manhattan, 20 units of 8 hours on its one-way roads, 15 minutes a stop, 90 between two."""
    cells, travel, bases = manhattan_case(n_cells, units)
    told = RouteRules(visits=2, gap_minutes=90, visit_range=(0.5, 0.98), visit_range_places=cells.index[cells > 0])
    begun = time.process_time()
    plan = design_routes(cells, travel, units, 480, 15, base=bases, rules=told)
    check_route_plan(plan)
    return told_of(plan) | {"cpu_s": time.process_time() - begun, "cells": n_cells, "units": units}


def manhattan_case(n_cells, units):
    area = gpd.read_file(DATA / "nyc" / "boroughs.gpkg")
    area = area[area["borough"].str.contains("Manhattan")]
    grid = HexGrid.from_area(read_area(area), 10)
    found = pd.read_parquet(DATA / "nyc" / "incidents_2014_2015.parquet")
    cell = grid.locate(gpd.GeoSeries(gpd.points_from_xy(found["lon"], found["lat"]), crs=4326)).dropna()
    cells = cell.value_counts(sort=True).sort_index().sort_values(ascending=False, kind="stable").head(n_cells)
    nodes = pd.read_csv(DATA / "nyc" / "manhattan_road_nodes.csv.gz")
    edges = pd.read_parquet(DATA / "nyc" / "manhattan_road_edges.parquet")
    index = pd.Index(nodes["node"])
    minutes = csr_matrix(
        (edges["week_08"] / 60, (index.get_indexer(edges["source"]), index.get_indexer(edges["target"]))),
        (len(nodes),) * 2,
    )
    tree = cKDTree(np.c_[nodes["lon"] * np.cos(np.radians(40.75)), nodes["lat"]])
    near = lambda points: tree.query(np.c_[points.x * np.cos(np.radians(40.75)), points.y])[1]  # noqa: E731
    precincts = gpd.read_parquet(DATA / "nyc" / "precincts.parquet").to_crs(4326)
    inside = precincts.geometry.representative_point()
    inside = inside[inside.within(area.to_crs(4326).union_all())].iloc[:units]
    bases = [f"station {k}" for k in range(len(inside))]
    spots = np.r_[near(grid.centroids[cells.index]), near(inside)]
    table = dijkstra(minutes, indices=spots)[:, spots]
    labels = [*cells.index, *bases]
    prize = pd.Series(np.r_[cells.to_numpy(float), np.zeros(len(bases))], labels)
    return prize, pd.DataFrame(table, labels, labels), [bases[k % len(bases)] for k in range(units)]


def told_of(plan):
    """Return how good a plan, its draws and its secrecy are."""
    pool, problem = plan.pool, plan.problem
    drawn = [plan.draw(pd.Timestamp("2025-01-06") + pd.Timedelta(days=d), 3) for d in range(DRAWS)]
    for one in drawn[:20]:
        check_route_plan(one)
    low, high = pool.chance["low"].to_numpy(), pool.chance["high"].to_numpy()
    wanted = (low > 0) | (high < 1)
    seen = np.zeros(len(problem.places))
    for one in drawn:
        seen[problem.places.get_indexer(one.stops.loc[one.stops["activity"] == "stop", "place"].unique())] += 1
    below, above = binom.cdf(seen, DRAWS, low), binom.sf(seen - 1, DRAWS, high)
    outside = (
        false_discovery_control(np.minimum(1.0, 2 * np.minimum(below, above))[wanted]) < 0.05
        if wanted.any()
        else np.zeros(0)
    )
    watched = watch_routes(plan, n_days=DRAWS)
    return {
        "value": plan.objective, "bound": plan.bound, "of_bound": plan.objective / plan.bound, "plans": len(pool.plans),
        "least_draw": min(one.objective for one in drawn) / plan.objective, "wanted": int(wanted.sum()),
        "outside_range": int(outside.sum()), "needed": int(pool.chance["needed"].sum()),
        "entropy_bits": pool.entropy, "watcher": watched.summary(),
    }  # fmt: skip


def county():
    """The sample county: [routes] of its plan."""
    with tempfile.TemporaryDirectory() as folder:
        told = run_plan(ROOT / "data" / "samples" / "county" / "plan.toml", Path(folder) / "out")
    return told["routes"]


PARTS = {part.__name__: part for part in (prizes, streets, windows, rules, manhattan, county)}

if __name__ == "__main__":
    design_routes(np.ones(20), np.ones((20, 20)), 1, 30, 5, base=0, effort=0)  # compile
    for name in sys.argv[1:] or PARTS:
        print(name, flush=True)
        answer = PARTS[name]()
        kept = json.loads(TARGET.read_text()) if TARGET.exists() else {}
        TARGET.write_text(json.dumps({**kept, name: answer}, indent=1, default=float) + "\n")
        print(json.dumps({k: v for k, v in answer.items() if k != "instances"}, default=float), flush=True)
