"""Cells and counts: exactness against h3, CPU beside the plain h3 loop and geopandas.sjoin, files, memory, Dask.

    python benchmarks/cells.py            all parts; about ten CPU minutes
    python benchmarks/cells.py exact      one part: exact, counting, join, shapes, files

Writes benchmarks/results/cells.json. Ratios are of CPU seconds of one thread, side by side in one process.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import shapely

from patrolgeo import HexGrid, count_files
from patrolgeo.grid.lattice import cells_of
from patrolgeo.panel.counts import Tally
from patrolgeo.panel.periods import period_index

ROOT = Path(__file__).parents[1]
PLACES = {
    "Changzhou": (119.6, 31.4, 120.4, 32.0),
    "New York": (-74.26, 40.5, -73.7, 40.92),
    "London": (-0.5, 51.28, 0.33, 51.7),
    "Quito": (-78.6, -0.4, -78.3, 0.1),
    "Nairobi": (36.6, -1.5, 37.1, -1.1),
}
BOXES = {"30,000 cells": (119.3, 31.1, 119.87, 31.63), "200,000 cells": (119.3, 31.1, 120.8, 32.45)}
WEEKS = 104
START = pd.Timestamp("2020-01-06")
WORKER_MEMORY = "3GB"


def cpu(task, times=3):
    """Return the least CPU seconds of several runs, and the last answer."""
    least = np.inf
    for _ in range(times):
        begin = time.process_time()
        answer = task()
        least = min(least, time.process_time() - begin)
    return least, answer


def points(box, n, seed=0):
    rng = np.random.default_rng(seed)
    moments = START.to_datetime64() + rng.integers(0, WEEKS * 7 * 86400, n).astype("timedelta64[s]")
    return rng.uniform(box[0], box[2], n), rng.uniform(box[1], box[3], n), pd.Series(moments)


def h3_loop(lon, lat):
    pairs = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.fromiter((h3.latlng_to_cell(a, b, 9) for a, b in pairs), np.uint64, len(lon))


def exact(n=10_000_000):
    """Mismatches between the lattice and h3, point by point."""
    wrong, asked = {}, n // len(PLACES) // 5
    for place, box in PLACES.items():
        for resolution in range(7, 12):
            lon, lat, _ = points(box, asked, seed=resolution)
            pairs = zip(lat.tolist(), lon.tolist(), strict=True)
            truth = np.fromiter((h3.latlng_to_cell(a, b, resolution) for a, b in pairs), np.uint64, asked)
            wrong[f"{place} {resolution}"] = int((cells_of(lon, lat, resolution) != truth).sum())
    return {"points": asked * len(wrong), "mismatches": sum(wrong.values())}


def counting(n=10_000_000):
    """Points to counts by cell and week, beside the plain loop over h3 with numpy's unique and bincount."""
    starts = period_index(START, START + pd.Timedelta(days=WEEKS * 7 - 1), "W")
    results = {}
    for name, box in BOXES.items():
        lon, lat, times = points(box, n)

        def loop(lon=lon, lat=lat, times=times):
            cell, at = np.unique(h3_loop(lon, lat), return_inverse=True)
            week = (times.to_numpy() - START.to_datetime64()).astype("timedelta64[s]").astype(np.int64) // 604800
            return np.bincount(at * WEEKS + week, minlength=len(cell) * WEEKS), cell

        def known(grid, lon=lon, lat=lat, times=times):
            tally = Tally(grid, starts, None)
            return np.bincount(tally.codes(times, lon, lat), minlength=tally.size)

        theirs, (counts, cells) = cpu(loop, times=1)
        theirs_cells, _ = cpu(lambda: h3_loop(lon, lat), times=1)  # noqa: B023
        grid = HexGrid.from_cells(cells)
        known(grid, lon[:1000], lat[:1000], times[:1000])
        ours, flat = cpu(lambda: known(grid))  # noqa: B023
        same = flat.reshape(WEEKS, -1)[:, :-1].T.ravel()
        results[name] = {
            "cells": len(cells),
            "h3_loop_seconds": round(theirs, 2),
            "ratio_on_a_grid": round(ours / theirs, 3),
            "times_faster": round(theirs / ours, 1),
            "cells_of_over_h3_alone": round(cpu(lambda: cells_of(lon, lat, 9))[0] / theirs_cells, 3),  # noqa: B023
            "differences": int((same != counts).sum()),
        }
    return results


def join(n=1_000_000):
    """Points to cells by geopandas.sjoin on the hexagons, beside the lattice."""
    box = BOXES["30,000 cells"]
    lon, lat, _ = points(box, n)
    grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(*box)], crs="EPSG:4326"), 9)
    hexagons = grid.to_gdf()
    made = gpd.GeoDataFrame(geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")
    theirs, joined = cpu(lambda: gpd.sjoin(made, hexagons, predicate="within"), times=1)
    ours, at = cpu(lambda: grid.positions(lon, lat))
    differ = int((grid.cells[at] != joined["cell"].reindex(range(n))).sum())
    return {"points": n, "sjoin_over_lattice": round(theirs / ours, 1), "planar_edges_differ": differ}


def shapes(n=100_000):
    """Adjacency and outlines of cells from their numbers alone."""
    box = shapely.box(119.3, 31.1, 120.5, 32.2)
    ids = HexGrid.from_area(gpd.GeoSeries([box], crs="EPSG:4326"), 10).ids[:n]
    return {
        "cells": n,
        "adjacency_seconds": round(cpu(lambda: HexGrid(ids).adjacency(), times=7)[0], 3),
        "adjacency_3_rings_seconds": round(cpu(lambda: HexGrid(ids).adjacency(3))[0], 3),
        "polygons_seconds": round(cpu(lambda: HexGrid(ids).geometry, times=7)[0], 3),
        "h3_boundary_loop_seconds": round(cpu(lambda: [h3.cell_to_boundary(c) for c in ids.tolist()])[0], 3),
    }


def files():
    """40 million rows in files: memory; 12 million: the loop, processes and Dask, each in a process of its own."""
    box = BOXES["30,000 cells"]
    with tempfile.TemporaryDirectory() as folder:
        for part in range(40):
            lon, lat, times = points(box, 1_000_000, seed=part)
            pd.DataFrame({"time": times, "lon": lon, "lat": lat}).to_parquet(f"{folder}/{part:02d}.parquet")
        big = alone("loop", folder, 40)
        warm = alone("warm", folder, 12)
        runs = {name: alone(name, folder, 12) for name in ("loop", "processes", "dask")}
    answers = {run["answer"] for run in runs.values()}
    return {
        "rows_40M_peak_mb": round(big["peak_mb"]),
        "rows_40M_million_rows_per_cpu_second": round(40 / big["cpu"], 2),
        "processes_over_loop": round(runs["processes"]["cpu"] / runs["loop"]["cpu"], 2),
        "dask_over_loop_on_a_running_cluster": round(warm["dask"] / warm["loop"], 2),
        "dask_over_loop_with_its_start": round(runs["dask"]["cpu"] / runs["loop"]["cpu"], 2),
        "same_answer": len(answers) == 1,
    }


def alone(executor, folder, n):
    """Run one count in a new process, so that its memory and its children's CPU are its own."""
    done = subprocess.run([sys.executable, __file__, "one", executor, folder, str(n)], check=True, capture_output=True)
    return json.loads(done.stdout.splitlines()[-1])


def one(executor, folder, n):
    box = gpd.GeoSeries([shapely.box(*BOXES["30,000 cells"])], crs="EPSG:4326")
    paths = sorted(Path(folder).glob("*.parquet"))[: int(n)]
    panel = with_executor(executor, lambda e: count_files(paths, HexGrid.from_area(box, 9), executor=e))
    mine, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    values = panel.to_numpy()
    answer = f"{values.sum():.0f} {(values * np.arange(values.size).reshape(values.shape) % 1009).sum():.0f}"
    seconds = mine.ru_utime + mine.ru_stime + others.ru_utime + others.ru_stime
    print(json.dumps({"cpu": seconds, "peak_mb": mine.ru_maxrss / 1024, "answer": answer}))


def warm(folder, n):
    """CPU of the count itself, here and on two Dask workers that run already and have counted one file."""
    from distributed import Client, LocalCluster

    grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(*BOXES["30,000 cells"])], crs="EPSG:4326"), 9)
    paths = sorted(Path(folder).glob("*.parquet"))[: int(n)]
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=WORKER_MEMORY)
    seconds = {}
    with cluster, Client(cluster) as client:
        for name, executor in (("loop", None), ("dask", client)):
            count_files(paths[:2], grid, executor=executor)
            before = time.process_time() + sum(client.run(time.process_time).values())
            count_files(paths, grid, executor=executor, until="2023-01-01")
            seconds[name] = time.process_time() + sum(client.run(time.process_time).values()) - before
    print(json.dumps(seconds))


def with_executor(name, task):
    if name == "loop":
        return task(None)
    if name == "processes":
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(2) as pool:
            return task(pool)
    from distributed import Client, LocalCluster

    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=WORKER_MEMORY)
    with cluster, Client(cluster) as client:
        return task(client)


PARTS = {"exact": exact, "counting": counting, "join": join, "shapes": shapes, "files": files}


def main():
    target = ROOT / "benchmarks" / "results" / "cells.json"
    target.parent.mkdir(exist_ok=True)
    results = json.loads(target.read_text()) if target.exists() else {}
    for name in sys.argv[1:] or PARTS:
        results[name] = PARTS[name]()
        print(name, json.dumps(results[name], indent=2), flush=True)
        target.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    if sys.argv[1:3] == ["one", "warm"]:
        warm(*sys.argv[3:])
    elif sys.argv[1:2] == ["one"]:
        one(*sys.argv[2:])
    else:
        main()
