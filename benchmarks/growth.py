"""How the cost of each step grows: CPU seconds and peak memory at three sizes, each in a process of its own.

    python benchmarks/growth.py                 # every step, about 10 minutes on one core
    python benchmarks/growth.py forecast knox   # some of them
    python benchmarks/growth.py --table         # only write the table of docs/scale.md

Writes benchmarks/results/growth.json and the table of docs/scale.md. The first call on a small input is not timed
(compiling, imports). The exponent is the slope of log seconds over log size from the smallest size to the largest: 1
is linear. Ground grows with the work, so that a cell holds as many incidents in a province as in a town.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import shapely

import patrolgeo as pg

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "results" / "growth.json"
PAGE = ROOT / "docs" / "scale.md"
MIDDLE = (119.9, 31.7)
M_PER_DEGREE = np.array([94_600.0, 111_000.0])


# --- inputs of a size ------------------------------------------------------------------------------------------------
def cells(n):
    """The n cells of resolution 9 around a point."""
    here = h3.latlng_to_cell(MIDDLE[1], MIDDLE[0], 9)
    rings = h3.grid_disk(here, int(np.sqrt(n / 3)) + 2)
    return pg.HexGrid.from_cells(sorted(sorted(rings, key=lambda c: h3.grid_distance(c, here))[:n]))


def panel(n, weeks=156):
    """Counts of n cells: 40 hot places for 10,000 cells, 0.04 incidents a cell and week."""
    rng, grid = np.random.default_rng(0), cells(n)
    hot = grid.xy[rng.choice(n, max(n // 250, 1))]
    from scipy.spatial import cKDTree

    near = cKDTree(hot).query(grid.xy)[0]
    rate = np.exp(-(near**2) / 2 / 800.0**2) + 0.02
    counts = rng.poisson(rate * 0.04 / rate.mean(), (weeks, n)).astype(float)
    index = pd.date_range("2021-01-04", periods=weeks, freq="7D", name="period")
    return pd.DataFrame(counts, index=index, columns=grid.cells)


def events(n):
    """Points on ground that grows with them (16 km2 for 1,000), 60 % around hot places, over three years."""
    rng, side = np.random.default_rng(0), 4000.0 * np.sqrt(n / 1000)
    hot = rng.uniform(0, side, (max(n // 200, 1), 2))
    near = int(0.6 * n)
    xy = np.r_[
        hot[rng.integers(0, len(hot), near)] + rng.normal(0, 150, (near, 2)), rng.uniform(0, side, (n - near, 2))
    ]
    times = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 3 * 365 * 1440, n), unit="min")
    return gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*(MIDDLE + xy / M_PER_DEGREE).T, crs=4326))


def streets(n):
    """About n blocks of streets between crossings that lie 110 m apart."""
    side = int(np.sqrt(n / 2)) + 1
    lon, lat = (MIDDLE[k] + np.arange(side) * 110.0 / M_PER_DEGREE[k] for k in (0, 1))
    at = np.stack(np.meshgrid(lon, lat), -1) + np.random.default_rng(0).normal(0, 1e-4, (side, side, 2))
    blocks = [np.stack([at[:, :-1], at[:, 1:]], 2), np.stack([at[:-1], at[1:]], 2)]
    return gpd.GeoSeries(shapely.linestrings(np.concatenate([b.reshape(-1, 2, 2) for b in blocks])), crs=4326)


def export(n):
    """An export of n rows as CSV."""
    rng = np.random.default_rng(0)
    times = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 94_608_000, n)), unit="s")
    table = pd.DataFrame({
        "id": np.arange(n), "datetime": times.strftime("%Y-%m-%d %H:%M:%S"),
        "category": rng.choice(["theft", "assault"], n),
        "lon": rng.uniform(119.8, 120.2, n).round(6), "lat": rng.uniform(31.6, 31.9, n).round(6),
    })  # fmt: skip
    table.to_csv(f"rows{n}.csv", index=False)
    return f"rows{n}.csv"


def files(n):
    """Parquet files of a million rows each."""
    each, folder = min(n, 1_000_000), Path(f"files{n}")
    folder.mkdir()
    for part in range(n // each):
        rng = np.random.default_rng(part)
        times = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 126_144_000, each), unit="s")
        table = {"time": times, "lon": rng.uniform(119.7, 120.1, each), "lat": rng.uniform(31.5, 31.9, each)}
        pd.DataFrame(table).to_parquet(folder / f"{part:04d}.parquet")
    return folder


# --- steps: what is prepared, and what is timed ----------------------------------------------------------------------
def read(n):
    path = export(n)
    return lambda: pg.read_incidents(path)


def count(n):
    folder, grid = files(n), cells(15_000)
    return lambda: pg.count_files(folder, grid)


def grid(n):
    labels = list(cells(n).cells)
    return lambda: pg.HexGrid.from_cells(labels).adjacency(1)


def forecast(n):
    known = panel(n)
    return lambda: pg.backtest({"stack": pg.RiskStack()}, known, n_origins=8)


def score(n):
    known = panel(n)
    said = pg.backtest({"mean": pg.HistoricalMean()}, known, n_origins=8)
    return lambda: pg.evaluate(known, said)


def hot_spots(n):
    known = panel(n)
    return lambda: pg.GetisOrd().fit_predict(known)


def near_repeat(n):
    found = events(n)
    return lambda: pg.near_repeat(found, 200, 14)


def knox(n):
    found = events(n)
    return lambda: pg.knox(found, found["time"], [0, 100, 200, 400], [0, 7, 14, 28], n_permutations=99)


def roads(n):
    lines = streets(n)
    return lambda: pg.RoadGraph.from_lines(lines, speed=40)


def travel(n):
    """200 origins, a reach of 5 minutes, as many destinations as the tenth part of the lines."""
    lines = streets(n)
    graph, rng = pg.RoadGraph.from_lines(lines, speed=40), np.random.default_rng(0)
    middles = (
        lines.centroid
        if n < 0
        else gpd.GeoSeries(shapely.line_interpolate_point(lines.to_numpy(), 0.5, True), crs=4326)
    )
    origins, ends = (middles.iloc[rng.choice(len(middles), k, replace=False)] for k in (min(200, n // 10), n // 10))
    return lambda: pg.travel_time(graph, origins, ends, max_minutes=5, as_sparse=True)


def areas(n):
    grid, work = cells(n), panel(n, 26).sum()
    return lambda: pg.design_areas(work + 0.01, grid, n_areas=max(n // 250, 4))


def sites(n):
    """A post for 100 places, of ten times as many candidates; each reaches some 30 places of equal density."""
    from scipy.spatial import cKDTree

    rng, side = np.random.default_rng(0), np.sqrt(n)
    places, candidates = rng.uniform(0, side, (n, 2)), rng.uniform(0, side, (n // 10, 2))
    near = cKDTree(candidates).sparse_distance_matrix(cKDTree(places), 3.0, output_type="coo_matrix").tocsr()
    return lambda: pg.max_coverage(near, max(n // 100, 1), 3.0, rng.lognormal(0, 1, n))


def findings(n):
    """Cells with risk, people and incidents, an area for 250 of them and a post for 250."""
    grid, rng = cells(n), np.random.default_rng(0)
    risk, people = rng.gamma(0.3, 1, n), rng.poisson(rng.gamma(0.5, 60, n))
    table = grid.to_gdf().assign(
        area=np.argsort(np.argsort(grid.xy[:, 0])) // 250 + 1, risk=risk, risk_low=risk / 2, risk_high=risk * 2,
        hotspot=risk > 2, workload=risk, population=people, households=people // 3, incidents=rng.poisson(risk * 20),
    )  # fmt: skip
    outlines = table[["area", "geometry"]].dissolve("area")
    outlines["name"] = [f"Area {i}" for i in outlines.index]
    posts = table.iloc[::250][["geometry"]].set_geometry(table.geometry.iloc[::250].representative_point())
    rows = [{"area": str(i), "name": f"Area {i}", "workload": 1 / len(outlines)} for i in outlines.index]
    posts["name"] = [f"Post {i}" for i in range(len(posts))]
    told = {"incidents": {"read": n, "kept": n}, "areas": {"by_area": rows}}
    top = table.drop(columns="geometry").sort_values("risk", ascending=False).head(30)
    return pg.Findings(summary=told, cells=table, areas=outlines, sites=posts, top_cells=top, n_periods=104)


def map_page(n):
    found = findings(n)
    return lambda: pg.write_plan_page("map.html", found, pg.Edition("Growth"))


def report(n):
    found = findings(n)
    return lambda: pg.write_report("report.html", found, pg.Edition("Growth"))


def staffing(n):
    """Calls by hour of a week for about n units at the busiest hour; how many units, and which shifts."""
    rates = n / 2 * (1.2 + np.sin(np.arange(168) / 24 * 2 * np.pi)) / 2.2 * 1.5

    def both():
        return pg.staff_shifts(pg.staff_units(rates, mean_service_hours=0.75, share=0.9, within_hours=0.1))

    return both


def alerts(n):
    known = panel(n, 105)
    return lambda: pg.raise_alerts(known, pg.NegBinEwma(), test=1)


STEPS = {
    "read": (read, "rows", (50_000, 200_000, 1_000_000), 1_000, ""),
    "count": (count, "rows", (1_000_000, 4_000_000, 16_000_000), 10_000, ""),
    "grid": (grid, "cells", (5_000, 20_000, 80_000), 100, ""),
    "forecast": (forecast, "cells", (3_000, 12_000, 48_000), 100, ""),
    "score": (score, "cells", (3_000, 12_000, 48_000), 100, ""),
    "hot spots": (hot_spots, "cells", (3_000, 12_000, 48_000), 100, ""),
    "near_repeat": (near_repeat, "incidents", (25_000, 100_000, 400_000), 500, ""),
    "knox": (knox, "incidents", (10_000, 40_000, 160_000), 500, ""),
    "roads": (roads, "lines", (20_000, 80_000, 320_000), 200, ""),
    "travel": (travel, "lines", (20_000, 80_000, 320_000), 200, ""),
    "areas": (areas, "cells", (1_000, 4_000, 16_000), 100, "above 4,000 cells the search enters over coarse ground"),
    "sites": (sites, "places", (4_000, 16_000, 64_000), 200, "an integer program, proved; posts by places at the end"),
    "staffing": (staffing, "units", (10, 40, 160), 5, "the search for shifts takes what the week asks, not its size"),
    "alerts": (alerts, "cells", (3_000, 12_000, 48_000), 200, ""),
    "map page": (map_page, "cells", (3_000, 12_000, 48_000), 500, ""),
    "report": (report, "cells", (3_000, 12_000, 48_000), 500, ""),
}


def measure(step, n):
    """Return CPU seconds of the step at this size and the peak memory of its process, in MB."""
    prepare, _, _, small, _ = STEPS[step]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        prepare(small)()
        work = prepare(n)
        began = time.process_time()
        work()
        spent = time.process_time() - began
    return {
        "n": n,
        "cpu_seconds": round(spent, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def grown(step):
    """Return the lines of a step, each size measured in a process of its own, and the exponent."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "OPENBLAS_NUM_THREADS": "1"}
    lines = []
    for n in STEPS[step][2]:
        words = [sys.executable, str(Path(__file__).resolve()), "--one", step, str(n)]
        ran = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr[-2000:]
        lines.append(json.loads(ran.stdout.splitlines()[-1]))
        print(step, lines[-1], flush=True)
    first, last = lines[0], lines[-1]
    slope = np.log(max(last["cpu_seconds"], 0.01) / max(first["cpu_seconds"], 0.01)) / np.log(last["n"] / first["n"])
    return {"unit": STEPS[step][1], "exponent": round(float(slope), 2), "sizes": lines}


def table():
    """Write the table of docs/scale.md between its marks."""
    results = json.loads(TARGET.read_text())
    out = ["| step | size | CPU seconds | peak MB | exponent | why |", "| --- | --- | --- | --- | --- | --- |"]
    for name in (s for s in STEPS if s in results):
        found = results[name]
        sizes, seconds, memory = (
            " / ".join(f"{line[key]:,}" for line in found["sizes"]) for key in ("n", "cpu_seconds", "peak_mb")
        )
        out.append(
            f"| {name} | {sizes} {found['unit']} | {seconds} | {memory} | {found['exponent']:.2f} | {STEPS[name][4]} |"
        )
    head, rest = PAGE.read_text(encoding="utf-8").split("<!-- growth -->\n", 1)
    tail = rest.split("<!-- end -->", 1)[1]
    PAGE.write_text(f"{head}<!-- growth -->\n" + "\n".join(out) + f"\n<!-- end -->{tail}", encoding="utf-8")


def main():
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("steps", nargs="*", choices=[*STEPS, []])
    asked.add_argument("--one", nargs=2, metavar=("STEP", "SIZE"), help="measure one size here")
    asked.add_argument("--table", action="store_true", help="only write the table of docs/scale.md")
    options = asked.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], int(options.one[1]))))
        return
    for step in [] if options.table else options.steps or list(STEPS):
        results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
        results[step] = grown(step)
        TARGET.write_text(json.dumps(results, indent=2) + "\n")
    table()


if __name__ == "__main__":
    main()
