"""Checkpoints: speed and proof of flow interception, exactness of rings, shared borders, nested tiers, real networks.

    python benchmarks/checkpoints.py

Writes benchmarks/results/checkpoints.json, and a map of each place into out/checkpoints. Networks of real places
run where ${PATROLGEO_DATA} has them.
"""

import json
import os
import time
from functools import partial
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from patrolgeo import (
    RoadGraph,
    flow_paths,
    gravity_flows,
    hourly_flows,
    intercept_evasive_flows,
    intercept_flows,
    map_flows,
    map_plan,
    market_attraction,
    plan_checkpoints,
    read_population,
    sample_folder,
    save_html,
    seal_cordon,
    space_checkpoints,
    travel_time,
)

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT.parent / "shared" / "data"))
MANDATE = {"valid_until": "2030-01-01", "basis": "benchmark"}


def cpu(call):
    begin = time.process_time()
    answer = call()
    return answer, round(time.process_time() - begin, 3)


def town(side, seed=0):
    """A grid of streets with gaps and a faster road every twelfth line."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    xy = np.c_[np.tile(np.arange(side), side), np.repeat(np.arange(side), side)] + rng.uniform(-0.3, 0.3, (side**2, 2))
    ends = np.r_[np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    row, column = ends // side, ends % side
    main = ((row % 12 == 0).all(axis=1)) | ((column % 12 == 0).all(axis=1))
    speed = np.where(main, 80, rng.choice([25, 40, 50], len(ends)))
    keep = (rng.random(len(ends)) > 0.28) | main
    degrees = np.array([119.9, 31.7]) + xy * [0.003, 0.0027]
    lines = gpd.GeoSeries(shapely.linestrings(degrees[ends[keep]]), crs="EPSG:4326")
    return RoadGraph.from_lines(lines, speed=speed[keep], split_crossings=False), np.where(main, 2.0, 1.0)[keep]


def traffic(graph, n_zones, n_flows, seed=1):
    """The largest gravity flows between chance nodes of Pareto mass."""
    rng = np.random.default_rng(seed)
    zones = rng.choice(np.flatnonzero(graph.usable & (graph.component == 0)), n_zones, replace=False)
    minutes = travel_time(graph, zones, zones)
    return gravity_flows(minutes, pd.Series(rng.pareto(1.1, n_zones) + 1, zones)).nlargest(n_flows)


def interception(graph, flows):
    intercept_flows(flow_paths(graph, flows.head(50)), flows.head(50), 2)  # compile
    paths, seconds = cpu(lambda: flow_paths(graph, flows))
    rows = {"edges": len(graph.edges), "flows": len(flows), "paths_cpu": seconds}
    for n in (20, 80):
        quick = [cpu(lambda n=n: intercept_flows(paths, flows, n, effort=0, random_state=0)) for _ in range(5)]
        exact, exact_cpu = cpu(lambda n=n: intercept_flows(paths, flows, n, prove=True, time_limit=120, random_state=0))
        rows[f"{n} sites"] = {
            "heuristic_cpu": min(s for _, s in quick), "exact_cpu": exact_cpu, "exact_status": exact.status,
            "heuristic_below_optimum": 1 - quick[0][0].objective / exact.objective,
            "intercepted_share": exact.intercepted_share,
        }  # fmt: skip
    return rows


def evasion(graph, flows, max_rounds, n=20, detour=0.1):
    plain = intercept_flows(flow_paths(graph, flows), flows, n, effort=0, random_state=0)
    plan, seconds = cpu(lambda: intercept_evasive_flows(graph, flows, n, detour, max_rounds=max_rounds, random_state=0))
    total = flows.sum()
    return {
        "flows": len(flows), "sites": n, "detour": detour, "cpu": seconds,
        "share_on_quickest_ways": plain.intercepted_share,
        "share_nobody_avoids": plan.intercepted_share, "bound": plan.bound / total, "gap": plan.gap,
        "status": plan.status,
    }  # fmt: skip


def oracle(graph, ring, depth, cost):
    """The minimum cut by networkx on the ring, either way along a road."""
    e, area = graph.edges, graph.labels.get_indexer(ring.inside)
    streets = nx.Graph(list(zip(e.source, e.target, strict=True)))
    far = nx.multi_source_dijkstra_path_length(streets, set(area), weight=None)
    net = nx.DiGraph()
    name = {v: "in" if h == 0 else v if h <= depth else "out" for v, h in far.items()}
    for a, b, c in zip(e.source, e.target, cost, strict=True):
        u, v = name.get(a, "out"), name.get(b, "out")
        if u == v:
            continue
        for x, y in ((u, v), (v, u)):
            before = net[x][y]["capacity"] if net.has_edge(x, y) else 0.0
            net.add_edge(x, y, capacity=before + (c if "out" not in (x, y) else 1e9))
    return nx.maximum_flow_value(net, "in", "out")


def random_rings(n=200):
    worst, dearer = 0.0, 0
    for seed in range(n):
        rng = np.random.default_rng(seed)
        graph, _ = town(10, seed)
        cost = rng.uniform(0.5, 3.0, len(graph.edges))
        area = rng.choice(np.flatnonzero(graph.component == 0), 3, replace=False)
        depth = int(rng.integers(1, 4))
        ring = seal_cordon(graph, area, depth, costs=pd.Series(cost), **MANDATE)
        worst = max(worst, abs(ring.objective - oracle(graph, ring, depth, cost)), abs(ring.objective - ring.bound))
        dearer += ring.objective > ring.boundary_cost + 1e-9
    return {"graphs": n, "largest_difference_from_maximum_flow": worst, "dearer_than_boundary": dearer}


def areas_apart(n=40):
    """Three areas each: exact plans of small towns, and how far the isolating cuts alone are from them."""
    gaps, status, dearer = [], [], 0
    for seed in range(n):
        graph, _ = town(14, seed)
        rng = np.random.default_rng(seed)
        middle = rng.choice(np.flatnonzero(graph.component == 0), 3, replace=False)
        ring = seal_cordon(graph, dict(zip("abc", middle[:, None], strict=True)), 3, **MANDATE)
        gaps.append(ring.gap)
        status.append(ring.status)
        dearer += ring.objective > ring.boundary_cost + 1e-9
    return {
        "graphs": n, "areas": 3, "proved": status.count("optimal"), "largest_gap": max(gaps),
        "dearer_than_boundary": dearer,
    }  # fmt: skip


def disc_ring(graph, share, depth, costs=None, check=True):
    """Ring around the middle of a network."""
    away = np.hypot(*(graph.xy - np.median(graph.xy, axis=0)).T)
    area = graph.labels[(away < share * np.quantile(away, 0.9)) & (graph.component == 0)]
    runs = [cpu(lambda: seal_cordon(graph, area, depth, costs=costs, **MANDATE)) for _ in range(3)]
    ring = runs[0][0]
    row = {
        "nodes": len(graph.nodes), "area_nodes": len(area), "cost": ring.objective, "maximum_flow": ring.bound,
        "boundary_cost": ring.boundary_cost, "gates": len(ring.gates), "cpu": min(s for _, s in runs),
    }  # fmt: skip
    if check:
        each = np.ones(len(graph.edges)) if costs is None else costs.reindex(graph.edges["line"]).to_numpy()
        row["networkx"] = oracle(graph, ring, depth, each)
    return row


def draw(name, graph, paths, flows, plan, sites):
    """Write the map of a place: flows by width, how much of them is intercepted by colour, the sites."""
    folder = ROOT / "out" / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    load, met = paths.load(flows), paths.load(flows.where(plan.intercepted, 0.0))
    save_html(map_plan(sites=sites, m=map_flows(load, graph.edges, met=met)), folder / f"{name}.html")


def points(file):
    table = pd.read_csv(sample_folder() / file)
    return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")


def county():
    folder = sample_folder()
    borders, forces, places = gpd.read_file(folder / "borders.geojson"), points("forces.csv"), points("places.csv")
    roads, villages = gpd.read_file(folder / "roads.geojson"), read_population(folder / "villages.csv")
    graph = RoadGraph.from_lines(roads)
    ask = partial(
        plan_checkpoints, graph, villages, crossings=borders[borders["kind"] == "crossing"].set_index("name"),
        areas=gpd.read_file(folder / "townships.geojson").set_index("name"),
        stations=forces[forces["role"] == "station"].set_index("name"), existing=points("checkpoints.csv"),
        grades={"raised": 24, "highest": 36}, reach_minutes=30, random_state=1,
    )  # fmt: skip
    plan, seconds = cpu(lambda: ask(12, n_border_posts=6))
    said = plan.summary()
    said["border_villages_missing"] = len(said["border_villages_missing"])
    schools = places[places["kind"] == "middle school"]
    defended = ask(12, key_places=schools, key_minutes=8).summary()
    markets = pd.read_csv(folder / "markets.csv")
    drawn = market_attraction(villages, markets, "2023-01-05", seats=villages["kind"] != "village")
    national = space_checkpoints(graph, roads.index[roads["road_class"] == "national"], 20)
    hours = hourly_flows(plan.flows, "market").sum()
    draw("county", graph, plan.paths, plan.flows, plan.interception, plan.to_gdf())
    return {
        "cpu": seconds, "summary": said, "tiers": plan.tiers.table.to_dict("index"), "built": plan.tiers.built,
        "share": {n: ask(n, grades=None).interception.intercepted_share for n in (2, 4, 8, 13, 16)},
        "key_places_first": {k: defended[k] for k in ("key_places", "key_places_defended", "intercepted_share")},
        "market_day_share": ask(12, attraction=drawn).interception.intercepted_share,
        "busiest_market_hours": (hours.nlargest(4) / hours.sum()).to_dict(),
        "national_roads_every_20_km": national.summary(),
    }  # fmt: skip


def manhattan():
    nodes = pd.read_csv(DATA / "nyc/manhattan_road_nodes.csv.gz").set_index("node")
    e = pd.read_parquet(DATA / "nyc/manhattan_road_edges.parquet")
    ends = np.stack([nodes.loc[e[k], ["lon", "lat"]].to_numpy() for k in ("source", "target")], axis=1)
    lines = gpd.GeoSeries(shapely.linestrings(ends), crs="EPSG:4326")
    minutes = e["week_08"].clip(lower=1).to_numpy() / 60  # 21 pieces take 0 seconds in the file
    return RoadGraph.from_lines(lines, minutes=minutes, oneway=np.ones(len(e)), split_crossings=False)


def carrollton():
    return RoadGraph.from_lines(gpd.read_parquet(DATA / "carrollton/streets.parquet"))


def porto_alegre():
    return RoadGraph.from_osm(DATA / "porto_alegre/roads.osm.pbf")


def real(make):
    graph, seconds = cpu(make)
    flows = traffic(graph, 80, 2000)
    paths = flow_paths(graph, flows)
    plan, plan_cpu = cpu(lambda: intercept_flows(paths, flows, 10, random_state=0))
    twice = intercept_flows(paths, flows, 10, backup=0.3, random_state=0).summary()
    draw(make.__name__, graph, paths, flows, plan, plan.to_gdf(graph.edges.geometry))
    return {
        "graph_cpu": seconds, "edges": len(graph.edges), "interception": plan.summary(), "interception_cpu": plan_cpu,
        "with_backup": {k: twice[k] for k in ("intercepted_share", "intercepted_twice", "gap")},
        "ring": disc_ring(graph, 0.3, 8),
    }  # fmt: skip


def main():
    target = ROOT / "benchmarks" / "results" / "checkpoints.json"
    target.parent.mkdir(exist_ok=True)
    graph, cost = town(142)
    flows = traffic(graph, 400, 10_000)
    results = {}
    parts = {
        "interception": lambda: interception(graph, flows), "random_rings": random_rings, "areas_apart": areas_apart,
        "ring": lambda: disc_ring(graph, 0.35, 20, pd.Series(cost), check=False),
        "county": county, **{make.__name__: partial(real, make) for make in (manhattan, carrollton, porto_alegre)},
        "evasion": lambda: [evasion(graph, flows.head(2000), 12), evasion(graph, flows, 6)],
    }  # fmt: skip
    for name, part in parts.items():
        try:
            results[name] = part()
        except FileNotFoundError as missing:
            print(f"{name} is left out, its data are absent: {missing}")
            continue
        print(json.dumps({name: results[name]}, indent=2, default=float, ensure_ascii=False), flush=True)
    target.write_text(json.dumps(results, indent=2, default=float, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
