"""Roads and sites beside published values and peers.

    python benchmarks/sites.py [median] [center] [capacitated] [cover] [large] [peers] [travel] [cities]
                               [many] [unseen] [prove]

Writes benchmarks/results/sites.json, each part on its own. CPU seconds are of one thread, kernels warm; only ratios
carry over to other machines. `prove` (minutes) asks for proofs. Peers (extra `peers`) not installed are left out.
"""

import json
import os
import sys
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import dijkstra, shortest_path
from scipy.spatial import cKDTree

from patrolgeo import (
    HexGrid,
    PostRule,
    RoadGraph,
    blind_spots,
    capacitated_p_median,
    from_edges,
    hexagon_graph,
    interpolate,
    join_graphs,
    max_coverage,
    p_center,
    p_median,
    plan_posts,
    read_area,
    read_places,
    read_population,
    travel_time,
    write_plan_page,
)
from patrolgeo.sources.osm import read_osm

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
TARGET = ROOT / "benchmarks" / "results" / "sites.json"
EARTH_M = 6_378_100.0
WALL_S = 900  # on a busy machine the clock runs ahead of the CPU seconds that are measured


def cpu(call):
    """Return CPU seconds and the answer."""
    start = time.process_time()
    answer = call()
    return round(time.process_time() - start, 3), answer


def with_children():
    return sum(os.times()[:4])


def row(name, plan, known, seconds):
    short = 100 * abs(plan.objective / known - 1)
    line = {"instance": name, "value": plan.objective, "known": known, "off_percent": round(short, 4)}
    line |= {"bound": plan.bound, "status": plan.status, "cpu_s": seconds}
    print(line, flush=True)
    return line


def verdict(rows):
    off = np.array([r["off_percent"] for r in rows])
    return {
        "exact": int((off < 1e-7).sum()), "of": len(rows), "mean_percent": off.mean(), "worst_percent": off.max(),
        "proved": sum(r["status"] == "optimal" for r in rows), "cpu_s": sum(r["cpu_s"] for r in rows),
        "slowest_cpu_s": max(r["cpu_s"] for r in rows), "rows": rows,
    }  # fmt: skip


def networks():
    optima = pd.read_csv(DATA / "benchmarks" / "pmed_optima.csv")
    edges = pd.read_parquet(DATA / "benchmarks" / "pmed_edges.parquet").sort_values("order")
    for q in optima.itertuples():
        last = {}  # of an edge given twice the last one counts
        for u, v, c in edges.loc[edges.instance == q.instance, ["u", "v", "cost"]].to_numpy():
            last[u - 1, v - 1] = last[v - 1, u - 1] = float(c)
        graph = sparse.csr_matrix((list(last.values()), np.array(list(last)).T), shape=(q.n, q.n))
        yield q, shortest_path(graph, directed=False)


def median(prove=False):
    p_median(np.random.default_rng(0).random((30, 30)), 3, prove=True)
    rows = []
    for q, cost in networks():
        seconds, plan = cpu(
            lambda cost=cost, q=q: p_median(cost, int(q.p), prove=prove, time_limit=WALL_S, random_state=0)
        )
        rows.append(row(q.instance, plan, q.p_median_optimum, seconds))
    return verdict(rows)


def center(prove=False):
    p_center(np.random.default_rng(0).random((30, 30)), 3)
    rows = []
    for q, cost in networks():
        seconds, plan = cpu(
            lambda cost=cost, q=q: p_center(cost, int(q.p), prove=prove, time_limit=WALL_S, random_state=0)
        )
        rows.append(row(q.instance, plan, q.p_center_optimum, seconds))
    return verdict(rows)


def capacitated():
    capacitated_p_median(np.random.default_rng(0).random((6, 12)), 2, 9.0)
    nodes = pd.read_csv(DATA / "benchmarks" / "pmedcap_nodes.csv.gz")
    rows = []
    for q in pd.read_csv(DATA / "benchmarks" / "pmedcap_best.csv").itertuples():
        mine = nodes[nodes.instance == q.instance]
        xy, load = mine[["x", "y"]].to_numpy(float), mine.demand.to_numpy(float)
        cost = np.floor(np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1)))
        seconds, plan = cpu(
            lambda cost=cost, load=load, q=q: capacitated_p_median(
                cost, int(q.p), float(q.capacity), load=load, time_limit=WALL_S, random_state=0
            )
        )
        rows.append(row(f"pmedcap{q.instance}", plan, q.best_known, seconds))
    return verdict(rows)


def block_points(city):
    points = pd.read_csv(DATA / "benchmarks" / f"mclp_{city}.csv.gz")
    return great_circle(points), points.demand.to_numpy(float)


def great_circle(points):
    lat, lon = np.radians(points.lat.to_numpy()), np.radians(points.lon.to_numpy())
    half = np.sin((lat[:, None] - lat) / 2) ** 2
    half += np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return 2 * EARTH_M * np.arcsin(np.sqrt(half))


def town(m, n):
    """Return distances and weights in a made-up town; where m = n the places are the candidates."""
    rng = np.random.default_rng(1)
    towns = rng.random((12, 2))
    places = np.clip(towns[rng.integers(0, 12, n)] + rng.normal(0, 0.09, (n, 2)), 0, 1)
    places[: n // 3] = rng.random((n // 3, 2))
    sites = places if m == n else rng.random((m, 2))
    return np.hypot(*(sites[:, None] - places[None]).transpose(2, 0, 1)), rng.lognormal(0, 1, n)


MANY_S = 120  # p-center does not end by itself


def many():
    """p-median and p-center at 5,000 places, and with `prove=True` at 2,000."""
    rows = []
    for model in (p_median, p_center):
        model(town(30, 30)[0], 3, prove=True)  # compiles what it needs
        for m, n, p in ((200, 2000, 10), (200, 2000, 30), (500, 5000, 20), (5000, 5000, 50)):
            cost, weight = town(m, n)
            proves = n == 2000
            seconds, plan = cpu(
                lambda cost=cost, weight=weight, p=p, model=model, proves=proves: model(
                    cost, p, weight, prove=proves, time_limit=MANY_S, random_state=0
                )
            )
            rows.append({"model": model.__name__, "candidates": m, "places": n, "sites": p, "prove": proves,
                         "value": plan.objective, "bound": plan.bound, "gap_percent": 100 * plan.gap,
                         "status": plan.status, "cpu_s": seconds})  # fmt: skip
            print(rows[-1], flush=True)
    return rows


# Instances not used for choosing (five were looked at when REGION_ASKED was set): city, reach in m, sites.
UNSEEN = (
    ("newyork", 500, 40), ("newyork", 500, 60), ("newyork", 300, 100), ("newyork", 300, 130), ("bronx", 400, 80),
    ("bronx", 400, 110), ("bronx", 500, 60), ("bronx", 500, 90), ("vancouver", 400, 60), ("vancouver", 500, 80),
    ("vancouver", 600, 50), ("vancouver", 700, 50),
)  # fmt: skip


def vancouver():
    """Incidents of three years on blocks of about 110 m."""
    told = pd.read_parquet(DATA / "vancouver" / "incidents_2020_2022.parquet")
    blocks = pd.DataFrame({"lat": told.lat.round(3), "lon": (told.lon / 1.5).round(3) * 1.5})
    blocks = blocks[blocks.lat.between(49.19, 49.32) & blocks.lon.between(-123.3, -123)]
    blocks = blocks.groupby(["lat", "lon"]).size().rename("demand").reset_index()
    return great_circle(blocks), blocks.demand.to_numpy(float)


def unseen():
    """Covering by the plain call on instances that were not used to choose its settings.

    The best known is the better of the plain plan and of one that is searched for five times as long from another seed.
    """
    rows = []
    for city in dict.fromkeys(q[0] for q in UNSEEN):
        cost, demand = vancouver() if city == "vancouver" else block_points(city)
        max_coverage(cost, 50, 400, demand, effort=0.01)  # kernels warm
        for reach, p in (q[1:] for q in UNSEEN if q[0] == city):
            seconds, plan = cpu(
                lambda cost=cost, demand=demand, p=p, reach=reach: max_coverage(
                    cost, p, reach, demand, time_limit=WALL_S, random_state=0
                )
            )
            long = max_coverage(cost, p, reach, demand, effort=5, time_limit=4 * WALL_S, random_state=1)
            rows.append(row(f"{city} {reach} m, {p}", plan, max(long.objective, plan.objective), seconds))
    return verdict(rows)


def cover():
    rows = []
    for city in ("newyork", "bronx"):
        cost, demand = block_points(city)
        max_coverage(cost, 50, 400, demand, effort=0.01)  # kernels warm
        for q in pd.read_csv(DATA / "benchmarks" / f"mclp_{city}_optima.csv").itertuples():
            seconds, plan = cpu(
                lambda cost=cost, demand=demand, q=q: max_coverage(
                    cost, int(q.p), q.radius_m, demand, effort=4, time_limit=WALL_S, random_state=0
                )
            )
            rows.append(row(f"{city} {q.p}", plan, q.optimum, seconds))
    return verdict(rows)


def prove():
    cost, demand = block_points("newyork")
    seconds, plan = cpu(lambda: max_coverage(cost, 50, 400, demand, prove=True, time_limit=WALL_S, random_state=0))
    return {
        "newyork_50": row("newyork 50", plan, 1153640, seconds), "median": median(True), "center": center(True),
    }  # fmt: skip


def clustered(m, n, reach, seed=1):
    rng = np.random.default_rng(seed)
    towns = rng.random((12, 2))
    places = np.clip(towns[rng.integers(0, 12, n)] + rng.normal(0, 0.09, (n, 2)), 0, 1)
    places[: n // 3] = rng.random((n // 3, 2))
    sites, weight = rng.random((m, 2)), rng.lognormal(0, 1, n)
    near = cKDTree(sites).sparse_distance_matrix(cKDTree(places), reach, output_type="coo_matrix")
    return near.tocsr(), weight


def large():
    rows = []
    for m, n, p, reach in ((500, 5000, 20, 0.08), (1000, 20000, 40, 0.05), (5000, 50000, 60, 0.04)):
        near, weight = clustered(m, n, reach)
        seconds, plan = cpu(
            lambda near=near, weight=weight, p=p, reach=reach: max_coverage(
                near, p, reach, weight, effort=2, time_limit=WALL_S, random_state=0
            )
        )
        rows.append({"candidates": m, "places": n, "sites": p, "value": plan.objective, "bound": plan.bound,
                     "gap_percent": 100 * plan.gap, "status": plan.status, "cpu_s": seconds})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def peers():
    """spopt with CBC works in a child process, so the CPU seconds of children count too."""
    try:
        import pulp
        from spopt.locate import PMedian
    except ImportError:
        print("spopt is not installed (pip install -e '.[peers]'): left out")
        return None
    rng = np.random.default_rng(0)
    cost, weight = (
        np.hypot(*(rng.random((200, 1, 2)) - rng.random((1, 200, 2))).transpose(2, 0, 1)),
        rng.integers(1, 9, 200),
    )
    answer = {}
    p_median(cost, 10, weight.astype(float), prove=True)  # compiles what it needs
    start = with_children()
    plan = p_median(cost, 10, weight.astype(float), prove=True)
    answer["patrolgeo"] = {"value": plan.objective, "status": plan.status, "cpu_s": with_children() - start}
    start = with_children()
    model = PMedian.from_cost_matrix(cost.T.copy(), weight, p_facilities=10)
    try:
        model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=150))
        value = model.problem.objective.value()
    except RuntimeError:  # spopt gives no plan when the time runs out
        value = None
    answer["spopt_cbc"] = {"value": value, "cpu_s": with_children() - start}
    answer["times_faster"] = answer["spopt_cbc"]["cpu_s"] / answer["patrolgeo"]["cpu_s"]
    print(answer, flush=True)
    return answer


def street_grid(side=142):
    rng = np.random.default_rng(0)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    xy = np.column_stack([(x + rng.uniform(-0.3, 0.3, x.shape)).ravel(), (y + rng.uniform(-0.3, 0.3, y.shape)).ravel()])
    at = np.arange(side * side).reshape(side, side)
    pairs = np.r_[np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    pairs = pairs[rng.random(len(pairs)) > 0.25]
    km = 0.25 * np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    minutes = km / rng.choice([30, 50, 80], len(km), p=[0.6, 0.3, 0.1]) * 60
    nodes = pd.DataFrame({"lon": 119.5 + xy[:, 0] * 0.0026, "lat": 31.5 + xy[:, 1] * 0.00225})
    both = np.r_[pairs, pairs[:, ::-1]]
    edges = pd.DataFrame({"source": both[:, 0], "target": both[:, 1], "minutes": np.r_[minutes, minutes]})
    return from_edges(nodes, edges, "minutes"), rng.choice(side * side, 200, replace=False)


def travel():
    roads, origins = street_grid()
    roads.minutes  # noqa: B018
    plain, reach, peer = [], [], []
    for _ in range(5):
        seconds, theirs = cpu(lambda: dijkstra(roads.minutes, indices=origins))
        peer.append(seconds)
        seconds, ours = cpu(lambda: travel_time(roads, origins, roads.labels))
        plain.append(seconds)
        seconds, near = cpu(lambda: travel_time(roads, origins, roads.labels, max_minutes=10))
        reach.append(seconds)
    finite, known = np.isfinite(near.to_numpy()), np.isfinite(theirs)
    answer = {
        "nodes": len(roads.nodes), "arcs": int(roads.minutes.nnz), "scipy_cpu_s": float(np.median(peer)),
        "over_scipy": float(np.median(plain) / np.median(peer)),
        "with_reach_over_scipy": float(np.median(reach) / np.median(peer)),
        "largest_difference": float(np.abs(ours.to_numpy()[known] - theirs[known]).max()),
        "largest_difference_within_reach": float(np.abs(near.to_numpy()[finite] - theirs[finite]).max()),
    }  # fmt: skip
    print(answer, flush=True)
    return answer


def cities():
    return {"porto_alegre": _porto_alegre(), "new_york": _new_york()}


def _report(name, minutes, people, n_sites, reach, roads, points, grid, sources):
    """Choose sites, look at what they leave open, and draw roads, sites and blind spots as a user would."""
    plan = max_coverage(minutes, n_sites, reach, people, random_state=0)
    blind = blind_spots(minutes.loc[plan.sites], {"urgent": reach / 2, "normal": reach, "late": 2 * reach})
    served = plan.cost.where(plan.covered)
    cells = grid.to_gdf().assign(population=people, minutes_to_site=served, patrollable=people > 0)
    sites = plan.to_gdf(points).assign(kind="post").rename(columns={"gain": "residents_more"})
    largest = plan.uncovered.head(20)
    spots = gpd.GeoDataFrame(
        {"name": [f"{n:,.0f} residents beyond reach" for n in largest], "kind": "blind spot"},
        geometry=grid.centroids.loc[largest.index].to_numpy(), crs=grid.centroids.crs,
    )  # fmt: skip
    share = 1 - plan.covered_share
    page = write_plan_page(
        ROOT / "out" / "cities" / f"{name.lower().replace(' ', '_')}.html", title=f"{name}: {n_sites} posts",
        subtitle=f"within {reach:g} minutes on roads; {share:.1%} of the residents are beyond reach",
        cells=cells, sites=sites, places=spots, roads=roads, attribution=sources,
        words={"places": "Largest blind spots"},
    )  # fmt: skip
    answer = plan.summary() | {
        "places": len(people), "largest_blind_spot": float(plan.uncovered.max()),
        "residents_beyond": {tier: float(v) for (tier, _), v in (people @ blind).items()},
        "map_mb": round(page.stat().st_size / 1e6, 2),
    }  # fmt: skip
    print(name, answer, page.relative_to(ROOT), flush=True)
    return answer


def _porto_alegre():
    start = time.process_time()
    people = pd.read_csv(DATA / "porto_alegre" / "h3_population.csv.gz").set_index("cell")
    grid = HexGrid.from_cells(people.index)
    demand = people.population.astype(float).reindex(grid.cells)
    lines = read_osm(DATA / "porto_alegre" / "roads.osm.pbf")
    roads = RoadGraph.from_osm(DATA / "porto_alegre" / "roads.osm.pbf")
    schools = grid.centroids.loc[grid.cells.intersection(people.index[people.schools > 0])]
    minutes = travel_time(roads, schools, grid, max_minutes=20)
    answer = _report("Porto Alegre", minutes, demand, 12, 5.0, lines, schools, grid, "OpenStreetMap, IBGE")
    return answer | {"roads": roads.summary(), "cpu_s": round(time.process_time() - start, 2)}


def _new_york():
    start = time.process_time()
    grid = HexGrid.from_area(read_area(DATA / "nyc" / "boroughs.gpkg"), 9)
    tracts = gpd.read_parquet(DATA / "nyc" / "tracts_population.parquet")
    people = interpolate(read_population(tracts), grid, ["population"])["population"]
    nodes = pd.read_csv(DATA / "nyc" / "manhattan_road_nodes.csv.gz").set_index("node")
    edges = pd.read_parquet(DATA / "nyc" / "manhattan_road_edges.parquet").set_index("edge")
    roads = from_edges(nodes, edges, "week_08", unit="seconds")
    graph = join_graphs(roads, hexagon_graph(grid, speed_kmh=25.0), access_kmh=25.0)  # cells are entered by car
    places = read_places(DATA / "nyc" / "places.csv.gz")
    schools = grid.locate(places[places.kind != "liquor outlet"]).dropna()
    points = grid.centroids.loc[grid.cells.intersection(schools)]
    minutes = travel_time(graph, points.index, grid, max_minutes=12)
    answer = _report("New York", minutes, people, 40, 6.0, roads.edges, points, grid, "NYC Open Data, US Census")
    return answer | {
        "cells_on_roads": int(graph.on_roads.sum()), "cpu_s": round(time.process_time() - start, 2)
    }  # fmt: skip


# What 2,428 existing places may be, and the posts that three forces ask for, 8,204 people in three shifts: the numbers
# of a system of such posts in use (Longcheng: 2,428 places, 8,204 people).
SHARES = {"gate": 0.3, "shop": 0.3, "booth": 0.1, "school": 0.1, "supermarket": 0.1, "bank": 0.07, "hospital": 0.03}
MAY_BE = {
    "gate": [PostRule("social", ("day", "evening", "night")), PostRule("volunteer", ("evening",))],
    "shop": PostRule("volunteer", ("day", "evening")), "supermarket": PostRule("volunteer", ("day", "evening")),
    "booth": PostRule("dedicated", ("day", "evening", "night")), "school": PostRule("social", ("day",)),
    "hospital": PostRule("social", ("day", "evening", "night")), "bank": PostRule("social", ("day", "evening")),
}  # fmt: skip
WANTED = {
    "day": {"social": 502, "volunteer": 400, "dedicated": 120},
    "evening": {"social": 350, "volunteer": 700, "dedicated": 120}, "night": {"social": 300, "dedicated": 122},
}  # fmt: skip
PEOPLE = {"social": 3, "volunteer": 3, "dedicated": 4}


def fulcrums():
    """Existing places as posts of three forces in three shifts, against the bound; a made-up town of 6,000 cells."""
    rng = np.random.default_rng(3)
    places = pd.DataFrame({"kind": rng.choice(list(SHARES), 2428, p=list(SHARES.values()))})
    centres = rng.normal(0, 4, (40, 2))
    at, cells = (centres[rng.integers(0, 40, n)] + rng.normal(0, 0.8, (n, 2)) for n in (len(places), 6000))
    minutes = pd.DataFrame(np.hypot(*(at[:, None] - cells[None]).transpose(2, 0, 1)) * 1.3 / 5 * 60)
    risk = rng.gamma(0.3, 1, len(cells))
    demand = pd.DataFrame({"day": 0.45 * risk, "evening": 0.35 * risk, "night": 0.2 * risk})
    reach = {"social": 5.0, "volunteer": 5.0, "dedicated": 10.0}
    small = {shift: dict.fromkeys(forces, 2) for shift, forces in WANTED.items()}
    plan_posts(places.head(300), minutes.head(300), demand, MAY_BE, small, reach)  # compiles what it needs
    seconds, posts = cpu(lambda: plan_posts(places, minutes, demand, MAY_BE, WANTED, reach))
    answer = {
        "places": len(places), "cells": len(cells), "cpu_s": round(seconds, 2), "posts": len(posts),
        "people_wanted": sum(n * PEOPLE[f] for forces in WANTED.values() for f, n in forces.items()),
        "people_placed": int(posts["force"].map(PEOPLE).sum()),
        "gap": {shift: told["gap"] for shift, told in posts.attrs["shifts"].items()},
    }  # fmt: skip
    print(answer, flush=True)
    return answer


PARTS = {
    "median": median, "center": center, "capacitated": capacitated, "cover": cover, "large": large, "peers": peers,
    "travel": travel, "cities": cities, "fulcrums": fulcrums, "many": many, "unseen": unseen,
    "prove": prove,
}  # fmt: skip


def main(wanted):
    if not DATA.is_dir():
        sys.exit(f"the shared data are absent: {DATA.name} (set PATROLGEO_DATA)")
    results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in wanted or [p for p in PARTS if p != "prove"]:
        answer = PARTS[name]()
        if answer is not None:
            results[name] = answer
        TARGET.parent.mkdir(exist_ok=True)
        TARGET.write_text(json.dumps(results, indent=1, default=float) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
