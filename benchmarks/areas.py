"""Patrol areas beside METIS, KaHIP, GerryChain ReCom, spopt and pygeoda; proven optima; real places; large counties.

`python benchmarks/areas.py` writes benchmarks/results/areas.json; with names of rooms behind it (`large choices`)
only these are measured, and the others stay in the file as they are. Peers that are not installed are left out, with a
message. CPU seconds are taken side by side in this run; compare their ratios.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo import (
    CellGraph,
    HexGrid,
    RoadGraph,
    area_robustness,
    bootstrap_workload,
    design_areas,
    design_shift_areas,
    draft_areas,
    hexagon_graph,
    measure_areas,
    pareto_areas,
    travel_time,
    unit_graph,
    workload_index,
)

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PATROLGEO_DATA", HERE.parents[1] / "shared" / "data"))
LAT, LON = 44.0, 27.0


def make_county(n, seed):
    """Return cells, travel and workload of a county: towns, correlated risk, a river with few bridges."""
    rng = np.random.default_rng(seed)
    disk = h3.grid_disk(h3.latlng_to_cell(LAT, LON, 8), int(np.ceil(np.sqrt(n / 3) * 1.35)))
    lat, lon = np.array([h3.cell_to_latlng(c) for c in disk]).T
    x, y = (lon - LON) * 111.32 * np.cos(np.radians(LAT)), (lat - LAT) * 111.32
    turn, phases = np.arctan2(y, x), rng.uniform(0, 2 * np.pi, 5)
    outline = 1 + sum(0.12 / (m + 1) * np.cos((m + 2) * turn + p) for m, p in enumerate(phases))
    keep = np.argsort(np.hypot(x, y) / outline, kind="stable")[:n]
    grid = HexGrid.from_cells([disk[i] for i in keep])
    x, y = grid.xy.T / 1000
    reach = np.hypot(x, y).max()
    pairs = sparse.triu(grid.adjacency(1)).tocoo()
    i, j = pairs.row.astype(int), pairs.col.astype(int)
    north = y > 0.18 * reach * np.sin(2 * np.pi / (1.3 * reach) * x + rng.uniform(0, 6))
    crosses = np.flatnonzero(north[i] != north[j])
    spots = np.linspace(-0.85, 0.85, max(3, int(reach / 4))) * reach
    bridges = [crosses[np.abs((x[i] + x[j])[crosses] / 2 - s).argmin()] for s in spots]
    open_ = (north[i] == north[j]) | np.isin(np.arange(len(i)), bridges)
    i, j = i[open_], j[open_]
    people = np.full(n, 5.0)
    for _ in range(max(4, int(6 * np.sqrt(n / 1000)))):
        at, mass, width = (
            rng.uniform(-0.8, 0.8, 2) * reach,
            rng.pareto(1.2) + 1,
            rng.uniform(1, 2.5) * max(1, reach / 20),
        )
        people += 400 * mass * np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * width**2))
    waves, shifts = rng.normal(0, 6 / reach, (200, 2)), rng.uniform(0, 2 * np.pi, 200)
    field = np.sqrt(2 / 200) * np.cos(np.outer(x, waves[:, 0]) + np.outer(y, waves[:, 1]) + shifts).sum(axis=1)
    risk = np.exp(0.9 * field + 0.4 * rng.normal(size=n)) * np.sqrt(people)
    work = 0.5 * people / people.sum() + 0.3 * risk / risk.sum() + 0.2 / n
    slow = 60 / (np.where(people > np.quantile(people, 0.9), 35.0, 60.0) * np.exp(0.15 * rng.normal(size=n)))
    minutes = np.hypot(x[i] - x[j], y[i] - y[j]) * (slow[i] + slow[j]) / 2
    graph = sparse.csr_matrix((np.r_[minutes, minutes], (np.r_[i, j], np.r_[j, i])), shape=(n, n))
    part = connected_components(graph, directed=False)[1]
    main = np.flatnonzero(part == np.bincount(part).argmax())
    graph = graph[main][:, main].tocsr()
    graph.sort_indices()
    links = pd.DataFrame({"from_cell": [], "to_cell": [], "km": []})
    travel = CellGraph(grid.cells[main], graph, links, np.zeros(len(main), np.int64), grid.xy[main])
    return travel, pd.Series(work[main] / work[main].sum(), index=travel.cells)


def make_other(kind, n, seed):
    """Return a county that no setting was chosen on: a coast, islands behind a strait, a seat with half the work."""
    travel, work = make_county(int(1.4 * n), seed)
    rng = np.random.default_rng(seed)
    x, y = travel.xy.T / 1000
    reach = np.hypot(x, y).max()
    wave = 0.2 * reach * np.sin(3 * y / reach + rng.uniform(0, 6))
    graph, keep = travel.minutes.tolil(), np.ones(len(x), bool)
    if kind == "coast":
        keep = x < np.sort(x - wave)[n - 1] + wave
    elif kind == "islands":  # a strait without cells; one ferry over it joins the sides
        keep = np.abs(x - 0.35 * reach - wave) > 0.06 * reach
    else:
        seat = np.hypot(x - 0.1 * reach, y) < 0.12 * reach
        work = work.where(~seat, work / work[seat].sum() * work[~seat].sum())
    kept = np.flatnonzero(keep)
    part = connected_components(graph.tocsr()[kept][:, kept], directed=False)[1]
    main = np.argsort(-np.bincount(part))[: 2 if kind == "islands" else 1]
    if kind == "islands":
        a, b = (kept[part == m] for m in main)
        far = np.hypot(x[a][:, None] - x[b], y[a][:, None] - y[b])
        i, j = np.unravel_index(far.argmin(), far.shape)
        graph[a[i], b[j]] = graph[b[j], a[i]] = 30.0
    kept = np.sort(kept[np.isin(part, main)])
    minutes = graph.tocsr()[kept][:, kept]
    minutes.sort_indices()
    ground = CellGraph(travel.cells[kept], minutes, travel.links, np.zeros(len(kept), np.int64), travel.xy[kept])
    return ground, work.iloc[kept] / work.iloc[kept].sum()


def measure(label, travel, work):
    """Return what all methods are compared on, computed here from the labels alone."""
    _, z = np.unique(label, return_inverse=True)
    k, w, graph = z.max() + 1, work.to_numpy(float), travel.minutes.tocoo()
    load = np.bincount(z, w)
    same = z[graph.row] == z[graph.col]
    joined = sparse.csr_matrix((np.ones(same.sum()), (graph.row[same], graph.col[same])), shape=graph.shape)
    x, y = travel.xy.T / 1000
    cx, cy = np.bincount(z, w * x) / load, np.bincount(z, w * y) / load
    sides = np.bincount(z, 6 - np.asarray(joined.sum(axis=1)).ravel())
    minutes = 0.0
    for j in range(k):
        own = np.flatnonzero(z == j)
        tries = np.argsort((x[own] - cx[j]) ** 2 + (y[own] - cy[j]) ** 2)[:12]
        far = dijkstra(travel.minutes[own][:, own], directed=False, indices=tries)
        minutes += (np.where(np.isfinite(far), far, 120.0) @ w[own]).min()
    return {
        "max_over_mean": load.max() * k / w.sum(),
        "min_over_mean": load.min() * k / w.sum(),
        "split": int(connected_components(joined, directed=False)[0] - k),
        "inertia": float((w * ((x - cx[z]) ** 2 + (y - cy[z]) ** 2)).sum()),
        "polsby_popper": float(np.mean(4 * np.pi * 1.5 * np.sqrt(3) * np.bincount(z) / sides**2)),
        "travel": minutes / w.sum(),
    }


def ours(travel, work, k):
    return design_areas(work, None, k, travel=travel, prove=False, random_state=0).labels.to_numpy()


def metis(travel, work, k):
    import pymetis

    weights = np.maximum(1, np.round(work / work.mean() * 1000)).astype(int).to_numpy()
    options = pymetis.Options(contig=1, ncuts=5, ufactor=20)
    graph = pymetis.CSRAdjacency(travel.minutes.indptr, travel.minutes.indices)
    return np.array(pymetis.part_graph(k, adjacency=graph, vweights=weights, options=options, recursive=False)[1])


def kahip_strong(travel, work, k):
    import kahip

    weights = np.maximum(1, np.round(work / work.mean() * 1000)).astype(int).tolist()
    graph = travel.minutes
    ones = [1] * graph.nnz
    return np.array(kahip.kaffpa(weights, graph.indptr.tolist(), ones, graph.indices.tolist(), k, 0.02, True, 0, 2)[1])


def gerrychain_recom(travel, work, k):
    from functools import partial

    import networkx as nx
    from gerrychain import Graph, MarkovChain, Partition, accept, constraints, tree, updaters
    from gerrychain.proposals import recom

    network = nx.from_scipy_sparse_array(travel.minutes)
    nx.set_node_attributes(network, {i: int(v) for i, v in enumerate(np.round(work / work.sum() * 1e7))}, "work")
    graph = Graph.from_networkx(network)
    mean = 1e7 / k
    start = tree.recursive_tree_part(graph, range(k), mean, "work", 0.05)
    first = Partition(graph, start, updaters={"work": updaters.Tally("work"), "cut_edges": updaters.cut_edges})
    step = partial(recom, pop_col="work", pop_target=mean, epsilon=0.05, node_repeats=1)
    within = constraints.within_percent_of_ideal_population(first, 0.05, pop_key="work")
    chain = MarkovChain(step, [within], accept.always_accept, first, total_steps=100)
    best = min(chain, key=lambda p: len(p["cut_edges"]))
    return np.array([best.assignment[i] for i in range(len(work))])


def spopt_ward(travel, _, k):
    from libpysal.weights import WSP
    from spopt.region import WardSpatial

    frame = gpd.GeoDataFrame({"x": travel.xy[:, 0], "y": travel.xy[:, 1]}, geometry=gpd.points_from_xy(*travel.xy.T))
    model = WardSpatial(frame, WSP(travel.minutes > 0).to_W(silence_warnings=True), ["x", "y"], n_clusters=k)
    model.solve()
    return np.asarray(model.labels_)


def pygeoda_redcap(travel, _, k):
    import pygeoda

    cells = HexGrid.from_cells(list(travel.cells)).geometry.reindex(travel.cells)
    frame = pygeoda.open(gpd.GeoDataFrame({"x": travel.xy[:, 0], "y": travel.xy[:, 1]}, geometry=cells.to_numpy()))
    found = pygeoda.redcap(k, pygeoda.queen_weights(frame), frame[["x", "y"]], "fullorder-wardlinkage")
    return np.asarray(found["Clusters"])


PEERS = {
    "metis": metis,
    "kahip": kahip_strong,
    "recom": gerrychain_recom,
    "spopt": spopt_ward,
    "pygeoda": pygeoda_redcap,
}
SMALL_ONLY = {"recom", "spopt", "pygeoda"}


def timed(method, *arguments):
    started = time.process_time()
    answer = method(*arguments)
    return answer, time.process_time() - started


def compare(name, travel, work, k, result):
    """Run every method on one place and print how ours stands to each peer."""
    rows = {}
    for label, method in {"patrolgeo": ours, **PEERS}.items():
        if label in SMALL_ONLY and len(work) > 1200:
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer, cpu = timed(method, travel, work, k)
        except ImportError as absent:
            print(f"  {label} left out: {absent}")
            continue
        except Exception as failure:  # noqa: BLE001  a peer that gives no answer is a result too
            print(f"  {label} gave no answer: {type(failure).__name__} {str(failure)[:80]}")
            continue
        rows[label] = {
            **{key: round(float(v), 4) for key, v in measure(answer, travel, work).items()},
            "cpu": round(cpu, 3),
        }
        print(f"  {name:16} {label:10}", rows[label], flush=True)
    result[name] = rows


def proven(result):
    """Compare with the proven optima of 510 hexagons (contiguity rules C1, C2, C3)."""
    folder = DATA / "districting_0510"
    tables = np.load(folder / "matrices.npz")
    air, optima = tables["air_distance_km"], pd.read_csv(folder / "optima.csv")
    near = sparse.csr_matrix(((air > 0) & (air < 1.1)).astype(float))
    for level in (1, 2, 3):
        over, cpu = {}, 0.0
        for k in (6, 12, 18, 24, 30):
            plan, seconds = timed(
                lambda k=k, level=level: design_areas(
                    tables["weight"], None, k, cost=tables["workload"], adjacency=near, distance=air, tolerance=None,
                    compactness=level, random_state=0,
                )
            )  # fmt: skip
            rows = (optima.n_areas == k) & (optima.contiguity == f"C{level}")
            over[k] = round(float(100 * (plan.objective / optima[rows].optimal_workload_minutes.iloc[0] - 1)), 4)
            cpu += seconds
        result[f"C{level}"] = {"percent_above_optimum": over, "mean": round(float(np.mean(list(over.values()))), 4),
                               "cpu": round(cpu, 2)}  # fmt: skip
        print(f"  districting_0510 C{level}", result[f"C{level}"], flush=True)


def exact(result):
    """Small counties, where the program proves how far the plan is from the best."""
    for n, k, seed in ((60, 3, 1), (100, 4, 1), (100, 4, 2), (120, 6, 1), (150, 5, 1), (150, 5, 2)):
        travel, work = make_county(n, seed)
        first = design_areas(work, None, k, travel=travel, tolerance=0.1, prove=False, random_state=0)
        plan, cpu = timed(
            lambda w=work, k=k, t=travel: design_areas(w, None, k, travel=t, tolerance=0.1, random_state=0)
        )
        name = f"{n}/{k} seed {seed}"
        result[name] = {
            "status": plan.status, "bound_holds_for": plan.bound_holds_for, "gap_percent": round(100 * plan.gap, 3),
            "cpu": round(cpu, 2), "split": plan.noncontiguous, "max_over_mean": round(plan.max_over_mean, 4),
            "search_above_bound_percent": round(100 * (first.objective / plan.bound - 1), 3),
        }  # fmt: skip
        print(f"  exact {name}", result[name], flush=True)


def bounds(result):
    """Larger counties: distance to the transport bound of the plan's own centres."""
    for n, k in ((1000, 8), (1000, 20), (5000, 60), (20000, 60)):
        travel, work = make_county(n, 1)
        plan = design_areas(work, None, k, travel=travel, random_state=0)
        result[f"{n}/{k}"] = {"gap_percent": round(100 * plan.gap, 3), "bound_holds_for": plan.bound_holds_for,
                               "max_over_mean": round(plan.max_over_mean, 4)}  # fmt: skip
        print(f"  transport bound {n}/{k}", result[f"{n}/{k}"], flush=True)


def carrollton(result):
    """The published real plan: 12 areas within 10 % of the mean calls."""
    folder = DATA / "carrollton"
    areas = gpd.read_parquet(folder / "reporting_areas.parquet").set_index("area")
    size = areas.geometry.area.to_numpy()  # the published tables name an area by its size in square feet

    def places(column):
        return np.abs(column.to_numpy(float)[:, None] - size).argmin(axis=1)

    pairs = pd.read_csv(folder / "adjacency.csv.gz")
    i, j = places(pairs["area"]), places(pairs["neighbour"])
    near = sparse.csr_matrix((np.ones(len(i)), (i, j)), shape=(len(areas), len(areas)))
    streets = gpd.read_parquet(folder / "streets.parquet")
    points = gpd.GeoSeries(gpd.points_from_xy(areas.x_ft, areas.y_ft), index=areas.index, crs=areas.crs)
    roads = RoadGraph.from_lines(streets, minutes=streets["minutes"])
    nodes = roads.locate(points)  # as the published table does: from street to street, without the way on foot to it
    minutes = travel_time(roads, nodes, nodes).to_numpy()
    calls = areas["calls"].astype(float)
    published = pd.read_csv(folder / "published_12_areas.csv")
    theirs = (published.calls.to_numpy() * minutes[places(published.source), places(published.dest)]).sum()
    travel = unit_graph(areas, adjacency=near, minutes=minutes)
    plan, cpu = timed(
        lambda: design_areas(
            calls, None, 12, units=areas, travel=travel, cost=minutes * calls.to_numpy(), tolerance=0.1, compactness=0
        )
    )
    result["carrollton"] = {
        "call_minutes": round(plan.objective, 1), "bound_holds_for": plan.bound_holds_for,
        "published_plan_on_the_same_minutes": round(float(theirs), 1),
        "published_on_its_own_minutes": round(float(published.cost.sum()), 2),
        "max_over_mean": round(plan.max_over_mean, 4), "min_over_mean": round(plan.measures.min_over_mean, 4),
        "split": plan.noncontiguous,
        "gap_to_bound_without_balance_percent": round(100 * plan.gap, 2), "cpu": round(cpu, 2),
    }  # fmt: skip
    print("  carrollton", result["carrollton"], flush=True)


def city(area, points):
    grid = HexGrid.from_area(area, 9)
    return grid, hexagon_graph(grid), load(grid, points)


def load(grid, points):
    at = grid.positions(points.lon, points.lat)
    counts = pd.Series(np.bincount(at[at >= 0], minlength=len(grid)), index=grid.cells)
    return workload_index(risk=counts, area=grid.area_km2, weights={"risk": 0.8, "area": 0.2})


def large(result):
    import resource

    for n, k in ((50_000, 300), (100_000, 600)):
        travel, work = make_county(n, 1)
        plan, cpu = timed(lambda w=work, k=k, t=travel: design_areas(w, None, k, travel=t, prove=False, random_state=0))
        found = {"cpu": round(cpu, 2), "max_over_mean": round(plan.max_over_mean, 4), "split": plan.noncontiguous}
        found["peak_gb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
        result[f"{n}/{k}"] = found
        print(f"  large {n}/{k}", found, flush=True)


def small_grids(result, n_grids=40):
    """Grids of up to 60 units into 2 to 4 areas: is the plan proved to be the best?"""
    rng, gaps, cpus = np.random.default_rng(7), [], []
    for grid in range(n_grids):
        travel, work = make_county(int(rng.integers(20, 61)), 1000 + grid)
        for k in (2, 3, 4):
            plan, cpu = timed(
                lambda w=work, k=k, t=travel: design_areas(w, None, k, travel=t, tolerance=0.1, random_state=0)
            )
            gaps.append(100 * plan.gap if plan.bound_holds_for == "any plan" else np.nan)
            cpus.append(cpu)
    found = {
        "instances": len(gaps), "proved_optimal": int(np.sum(np.array(gaps) == 0)),
        "no_even_plan_known": int(np.isnan(gaps).sum()), "worst_gap_percent": round(float(np.nanmax(gaps)), 3),
        "worst_cpu": round(max(cpus), 2), "cpu": round(sum(cpus), 1),
    }  # fmt: skip
    result["grids of 20 to 60 units"] = found
    print("  exact grids", found, flush=True)


def from_today(result, travel, grid, work, today):
    """New York from its precincts: workloads of ever more land, so that the island needs more areas than it has."""
    for share in (0.0, 0.2, 0.5, 0.8):
        mixed = (1 - share) * work / work.sum() + share * grid.area_km2 / grid.area_km2.sum()
        plan, cpu = timed(
            lambda w=mixed: design_areas(w, travel, today.nunique(), units=grid, current=today, prove=False)
        )
        result[f"land {share:g}"] = {
            "today": round(measure_areas(today, mixed, travel).max_over_mean, 4), "cpu": round(cpu, 2),
            "max_over_mean": round(plan.max_over_mean, 4), "min_over_mean": round(plan.measures.min_over_mean, 4),
            "moved_share": round(plan.units_moved / len(today), 3), "split": plan.noncontiguous,
        }  # fmt: skip
        print(f"  from today, land {share:g}", result[f"land {share:g}"], flush=True)


def by_shift(name, travel, work, k, result):
    """Areas of day and night that differ by a tenth of the units at most."""
    found, cpu = timed(lambda: design_shift_areas(work, travel, k, max_change=0.1, prove=False))
    result[name] = {
        "differ": round(float(found.changes.to_numpy().max()), 4), "cpu": round(cpu, 2),
        "split": int(sum(plan.noncontiguous for plan in found.plans.values())),
        **{
            shift: {column: round(float(row[column]), 4) for column in ("max_over_mean", "min_over_mean",
                                                                         "base_max_over_mean")}
            for shift, row in found.table.iterrows()
        },
    }  # fmt: skip
    print(f"  by shift {name}", result[name], flush=True)


def choices(result):
    """A Pareto set, held against itself pair by pair; a draft of 20,000 cells moved by hand."""
    travel, work = make_county(1000, 11)
    today = design_areas(np.sqrt(work), travel, 12, prove=False).labels
    found, cpu = timed(lambda: pareto_areas(work, travel, 12, current=today, within_minutes=6.0))
    rows = found.table[list(found.criteria)].to_numpy().tolist()
    beaten = sum(
        any(all(a <= b for a, b in zip(o, r, strict=True)) for j, o in enumerate(rows) if j != i)
        for i, r in enumerate(rows)
    )
    result["pareto 1000/12"] = {
        "plans": len(rows), "tried": found.tried, "beaten": beaten, "cpu": round(cpu, 2),
        "worst_travel_gap_percent": round(100 * float(found.table["travel_gap"].max()), 2),
    }  # fmt: skip
    print("  pareto", result["pareto 1000/12"], flush=True)
    travel, work = make_county(20_000, 1)
    draft, rng, cpus = draft_areas(design_areas(work, travel, 60)), np.random.default_rng(0), []
    pairs = travel.minutes.tocoo()
    for _ in range(10):
        area = draft.labels.to_numpy()
        at = rng.choice(np.flatnonzero(area[pairs.row] != area[pairs.col]), 20)
        changes = dict(zip(travel.cells[pairs.row[at]], area[pairs.col[at]], strict=True))
        draft, cpu = timed(draft.move, changes)
        cpus.append(cpu)
    again = draft.to_plan()
    result["by hand 20000/60"] = {
        "worst_cpu_of_20_moves": round(max(cpus), 3), "moved": len(draft.moved),
        "gap_percent": round(100 * draft.gap, 2),
        "differs_from_measuring_anew": round(abs(again.max_over_mean - draft.max_over_mean), 9),
    }  # fmt: skip
    print("  by hand", result["by hand 20000/60"], flush=True)


def weekly(grid, points):
    at, week = grid.positions(points.lon, points.lat), (points.datetime - points.datetime.min()).dt.days // 7
    inside = (at >= 0) & (week < week.max()).to_numpy()
    counts = np.zeros((int(week.max()), len(grid)))
    np.add.at(counts, (week.to_numpy()[inside], at[inside]), 1)
    return pd.DataFrame(counts, columns=grid.cells)


def robust(name, grid, travel, points, k, result):
    """Plans from the weeks before the last 52, judged on those 52."""
    weeks = weekly(grid, points)
    past, future = weeks.iloc[:-52], weeks.iloc[-52:]
    known, came = (
        workload_index(risk=part.sum(), area=grid.area_km2, weights={"risk": 0.8, "area": 0.2}, parts=True)
        for part in (past, future)
    )
    draws = bootstrap_workload(known, past, part="risk", block=13, random_state=1)
    found = {"weeks_known": len(past)}
    for kind, asked in (("plain", None), ("robust", draws)):
        plan, cpu = timed(lambda a=asked: design_areas(known, travel, k, robust=a, prove=False))
        held, later = area_robustness(plan, draws, redrawn=0), measure_areas(plan.labels, came.sum(axis=1), travel)
        found[kind] = {
            "excess_of_the_next_52_weeks": round(later.max_over_mean - 1, 4), "bootstrap_mean": round(held.mean, 4),
            "floor": round(held.floor, 4), "travel": round(plan.mean_travel_minutes, 4), "cpu": round(cpu, 2),
        }  # fmt: skip
        if kind == "plain":
            plain = held
    found["reducible_part_removed"] = held.removed_share(plain) and round(held.removed_share(plain), 3)
    result[name] = found
    print(f"  robust {name}", found, flush=True)


def philadelphia(result):
    folder = DATA / "exports" / "philadelphia"
    columns = ["dispatch_date", "dispatch_time", "point_x", "point_y"]
    rows = pd.read_csv(folder / "incidents_2024_2025.csv.gz", usecols=columns).dropna()
    times = pd.to_datetime(rows["dispatch_date"] + " " + rows["dispatch_time"])
    points = pd.DataFrame({"datetime": times, "lon": rows["point_x"], "lat": rows["point_y"]})
    grid, travel, _ = city(gpd.read_file(folder / "boundary.gpkg"), points)
    robust("Philadelphia/21", grid, travel, points, 21, result)


def save(result):
    out = HERE / "results" / "areas.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def counties(result):
    for n, k, seed in (
        (1000, 8, 1),
        (1000, 8, 2),
        (1000, 20, 1),
        (1000, 20, 2),
        (5000, 60, 1),
        (5000, 60, 2),
        (20000, 60, 1),
    ):
        compare(f"{n}/{k} seed {seed}", *make_county(n, seed), k, result)


def new_counties(result):
    for kind, n, k, seed in (
        ("coast", 2000, 25, 101),
        ("coast", 6000, 60, 102),
        ("islands", 3000, 30, 103),
        ("islands", 8000, 77, 104),
        ("seat", 1500, 12, 105),
        ("seat", 5000, 40, 106),
    ):
        compare(f"{kind} {n}/{k} seed {seed}", *make_other(kind, n, seed), k, result)


def new_york():
    points = pd.read_parquet(DATA / "nyc" / "incidents_2014_2015.parquet")
    return points, *city(gpd.read_file(DATA / "nyc" / "boroughs.gpkg"), points)


def precincts_of(grid):
    precincts = gpd.read_parquet(DATA / "nyc" / "precincts.parquet").to_crs(2263)
    middles = gpd.GeoDataFrame(geometry=grid.centroids).to_crs(2263)
    return gpd.sjoin_nearest(middles, precincts).groupby(level=0)["precinct"].first().reindex(grid.cells)


def vancouver():
    points = pd.read_parquet(DATA / "vancouver" / "incidents_2020_2022.parquet")
    return points, *city(gpd.read_parquet(DATA / "vancouver" / "local_areas.parquet"), points)


def places(result):
    carrollton(result)
    _, grid, travel, work = new_york()
    compare("New York/77", travel, work, 77, result)
    result["New York precincts today"] = measure_areas(precincts_of(grid), work, travel).summary()
    _, _, travel, work = vancouver()
    compare("Vancouver/12", travel, work, 12, result)


def shifts(result):
    travel, work = make_county(1000, 12)
    night = work * np.exp(0.3 * np.random.default_rng(12).normal(size=len(work)))
    by_shift("county 1000/12", travel, pd.DataFrame({"day": work, "night": night / night.sum()}), 12, result)
    points, grid, travel, _ = new_york()
    hour = points.datetime.dt.hour
    halves = {"day": points[hour.between(8, 19)], "night": points[~hour.between(8, 19)]}
    by_shift("New York/77", travel, pd.DataFrame({s: load(grid, p) for s, p in halves.items()}), 77, result)


def precincts(result):
    _, grid, travel, work = new_york()
    from_today(result, travel, grid, work, precincts_of(grid))


def next_year(result):
    points, grid, travel, _ = new_york()
    robust("New York/77", grid, travel, points, 77, result)
    points, grid, travel, _ = vancouver()
    robust("Vancouver/12", grid, travel, points, 12, result)
    philadelphia(result)


def small(result):
    exact(result)
    small_grids(result)


ROOMS = {
    "large": large, "new_counties": new_counties, "counties": counties, "choices": choices, "bounds": bounds,
    "exact": small, "places": places, "by_shift": shifts, "from_today": precincts, "robust": next_year,
    "proven": proven,
}  # fmt: skip
WITH_DATA = {"places", "by_shift", "from_today", "robust", "proven"}


def main(rooms):
    """Measure the rooms that are named, all without a name; the others stay in the file as they were measured."""
    travel, work = make_county(400, 9)
    design_areas(work, None, 5, travel=travel)  # compile before the clock runs
    hops = dijkstra(travel.minutes, directed=False, unweighted=True)
    design_areas(work.to_numpy(), None, 5, cost=hops, adjacency=travel.minutes, tolerance=None)
    out = HERE / "results" / "areas.json"
    result = json.loads(out.read_text(encoding="utf-8")) if out.exists() and rooms else {}
    for room in rooms or ROOMS:
        if room in WITH_DATA and not DATA.exists():
            print(f"  {room} left out: {DATA} is absent")
            continue
        result[room] = {}
        ROOMS[room](result[room])
        save(result)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
