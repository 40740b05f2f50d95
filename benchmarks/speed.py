"""What a first and a second run cost, and other speeds against a peer or an older commit; a function a part.

    python benchmarks/speed.py            # all parts
    python benchmarks/speed.py start      # some of them

Writes benchmarks/results/speed.json, a key a part. CPU seconds of the whole process; on a busy machine they rise by a
third, so compare only what ran together. `start` runs the sample county with an empty folder for compiled code, then
again with what is in it, and counts what was compiled; `import` puts the import beside that of geopandas, `roads`
travel times beside scipy, and `reading` a file beside pandas.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "benchmarks" / "results" / "speed.json"
COUNTED = """
import json, sys, time
from numba.core import event

class Compiled(event.Listener):
    def __init__(self):
        self.begun, self.names, self.seconds = [], [], 0.0
    def on_start(self, e):
        self.begun.append(time.process_time())
    def on_end(self, e):
        begun = self.begun.pop()
        self.names.append(e.data["dispatcher"].py_func.__module__ + "." + e.data["dispatcher"].py_func.__name__)
        self.seconds += 0.0 if self.begun else time.process_time() - begun

compiled = Compiled()
event.register("numba:compile", compiled)
from patrolgeo.command.main import main
try:
    main(sys.argv[2:])
except SystemExit as stop:
    assert not stop.code, stop.code
own = [n for n in compiled.names if n.startswith("patrolgeo.")]
json.dump({
    "cpu_seconds": round(time.process_time(), 1), "compile_seconds": round(compiled.seconds, 1),
    "kernels": len(set(own)), "signatures": len(own), "of_numba_itself": len(compiled.names) - len(own),
}, open(sys.argv[1], "w"))
"""


def counted(arguments, folder, cache):
    """Run patrolgeo with `arguments` in a process of its own; return its CPU seconds and what it compiled."""
    import plan

    found = Path(folder, "counted.json")
    env = {"NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT / "src"), "PATROLGEO_DATA": str(plan.DATA)}
    os.environ.update(env)
    plan.run(["-c", COUNTED, str(found), *arguments])
    return json.loads(found.read_text())


def start():
    """The county cold and warm."""
    import plan

    with tempfile.TemporaryDirectory() as folder:
        arguments = ["plan", str(plan.PLANS["county"]), "--out", f"{folder}/out"]
        cold, warm = (counted(arguments, folder, Path(folder, "compiled")) for _ in range(2))
        cache = Path(folder, "warmed")
        own = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
        subprocess.run([sys.executable, "-m", "patrolgeo", "warm"], env=own, check=True)
        warmed = counted(arguments, folder, cache)
    return {"cold": cold, "warm": warm, "first after patrolgeo warm": warmed}


SITES = """
import json, sys, time
sys.path.insert(0, sys.argv[2])
import numpy as np
from scipy.spatial import cKDTree
from patrolgeo import max_coverage

def town(m, n, reach, seed):
    rng = np.random.default_rng(seed)
    sites, places = rng.random((m, 2)), np.clip(0.5 + rng.normal(0, 0.25, (n, 2)), 0, 1)
    near = cKDTree(sites).sparse_distance_matrix(cKDTree(places), reach, output_type="coo_matrix")
    return near.tocsr(), rng.lognormal(0, 1, n)

def seconds(problems):
    begin = time.process_time()
    plans = [max_coverage(cost, n, reach, demand, time_limit=900) for cost, demand, n, reach in problems]
    return time.process_time() - begin, [(p.objective, p.bound) for p in plans]

sizes = ((132, 460, 12, 0.12), (100, 300, 20, 0.08), (36, 60, 12, 0.1), (1000, 3000, 12, 0.05))
problems = [(*town(m, n, reach, seed), k, reach) for seed, (m, n, k, reach) in enumerate(sizes)]
(cold, plans), (warm, again) = seconds(problems), seconds(problems)
assert plans == again
json.dump({"cold_cpu_s": cold, "warm_cpu_s": warm, "proved": sum(v == b for v, b in plans),
           "values": [v for v, _ in plans]}, open(sys.argv[1], "w"))
"""
OLDER = "4dda9a1"  # what `sites` is held against


def beside(commit, code):
    """Run `code` with the `src` of an older commit and with today's, each in a process and a cache of its own."""
    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=tree, check=True)
        for name, source in (("older", Path(folder, "src")), ("now", ROOT / "src")):
            found = Path(folder, f"{name}.json")
            paths = os.pathsep.join((str(source), str(ROOT / "benchmarks")))
            env = {**os.environ, "PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(Path(folder, name))}
            subprocess.run([sys.executable, "-c", code, str(found), str(source)], env=env, cwd=folder, check=True)
            answer[name] = json.loads(found.read_text())
    return answer


def sites():
    """Covering models of a county's size, the first call of a session and the next, against an older commit."""
    answer = beside(OLDER, SITES)
    older, now = answer["older"], answer["now"]
    assert all(new >= old * (1 - 1e-9) for new, old in zip(now["values"], older["values"], strict=True))
    return answer | {key: now[f"{key}_cpu_s"] / older[f"{key}_cpu_s"] for key in ("cold", "warm")}


LEAST = """
import hashlib, json, sys, time

def least(work, runs):
    best = float("inf")
    for _ in range(runs):
        begin = time.process_time()
        answer = work()
        best = min(best, time.process_time() - begin)
    return best, answer

def digest(*arrays):
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()[:16]
"""
ROADS = (
    LEAST
    + """
import geopandas as gpd, growth, numpy as np, shapely
from scipy.sparse import csgraph
from patrolgeo import RoadGraph, travel_time

RoadGraph.from_lines(growth.streets(200))
lines = growth.streets(300_000)
spent, graph = least(lambda: RoadGraph.from_lines(lines, speed=40), 2)
same = [digest(*(graph.edges[c].to_numpy() for c in ("source", "target", "minutes", "length_m")), graph.xy)]
found = {"lines": len(lines), "from_lines_cpu_s": round(spent, 2), "travel_over_scipy": {}}

lines, rng = growth.streets(2 * 119 * 119), np.random.default_rng(0)
graph = RoadGraph.from_lines(lines, speed=40)
points = gpd.GeoSeries(shapely.line_interpolate_point(lines.to_numpy(), 0.3, normalized=True), crs=4326)
graph.along(points.iloc[:1])
node = np.sort(rng.choice(len(graph.nodes), 500, replace=False))
some, ends = points.iloc[rng.choice(len(points), 500, replace=False)], points.iloc[::14]
for reach in (3.0, 10.0):
    theirs, _ = least(lambda: csgraph.dijkstra(graph.minutes, indices=node, limit=reach), 5)
    cases = {"nodes to all nodes": (graph.labels[node], graph.labels), "points to all nodes": (some, graph.labels),
             "points to 2,040 points": (some, ends), "points to 28,560 points": (some, points)}
    for name, (origins, places) in cases.items():
        for kind in (False, True):
            ours, table = least(lambda: travel_time(graph, origins, places, reach, as_sparse=kind), 5)
            same.append(digest(table.data, table.indptr) if kind else digest(table.to_numpy()))
            label = f"{name}, {reach:g} min, {'sparse' if kind else 'table'}"
            found["travel_over_scipy"][label] = round(ours / theirs, 2)
json.dump(found | {"answers": same}, open(sys.argv[1], "w"))
"""
)
READING = (
    LEAST
    + """
import geopandas as gpd, growth, pandas as pd, shapely
from patrolgeo import read_incidents

def cleaned(path):
    "Read with pandas, and drop what has no time or place, or an id that was there before."
    table = pd.read_csv(path, dtype={"id": "str", "category": "str"})
    table["time"] = pd.to_datetime(table["datetime"], errors="coerce")
    for name in ("lon", "lat"):
        table[name] = pd.to_numeric(table[name], errors="coerce")
    lon, lat = table["lon"], table["lat"]
    real = lon.between(-180, 180) & lat.between(-90, 90) & ~((lon == 0) & (lat == 0))
    table = table[table["time"].notna() & table["id"].notna() & real].drop_duplicates(subset="id")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs=4326)
    return gpd.GeoDataFrame(table[["id", "time", "category"]], geometry=points)

small, path = growth.export(1_000), growth.export(1_000_000)
read_incidents(small), cleaned(small)
theirs, peer = least(lambda: cleaned(path), 3)
ours, table = least(lambda: read_incidents(path), 3)
assert (table["time"].to_numpy() == peer["time"].to_numpy()).all() and (table["id"] == peer["id"]).all()
xy = shapely.get_coordinates(table.geometry.to_numpy())
json.dump({"rows": len(table), "pandas_cpu_s": round(theirs, 2), "cpu_s": round(ours, 2),
           "ratio": round(ours / theirs, 2), "answers": digest(table["time"].to_numpy(), xy)}, open(sys.argv[1], "w"))
"""
)
LARGE = """
import json, resource, sys
from patrolgeo import read_incidents

read_incidents("{path}")
json.dump(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, open(sys.argv[1], "w"))
"""
BEFORE = "0349b19"  # what `roads` and `reading` are held against


def roads():
    """A graph of 300,000 lines; travel times within a reach over scipy's `dijkstra(limit=)` from as many origins."""
    return same_answers(beside(BEFORE, ROADS))


def reading():
    """One million rows of CSV over pandas with the same cleaning, and the peak memory of five million."""
    found = same_answers(beside(BEFORE, READING))
    with tempfile.TemporaryDirectory() as folder:
        import growth

        with contextlib.chdir(folder):
            growth.export(5_000_000)
        found["peak_mb_of_5_million"] = beside(BEFORE, LARGE.format(path=Path(folder, "rows5000000.csv")))
    return found


def same_answers(answer):
    """Return what both commits measured, once they are seen to answer the same."""
    assert answer["older"].pop("answers") == answer["now"].pop("answers")
    return answer | {"answers": "equal"}


def importing():
    """`import patrolgeo` against `import geopandas`."""
    import plan

    return plan.import_ratio()


def arrays():
    """Steps of benchmarks/growth.py against an older commit, whose `src` PATROLGEO_OLD names."""
    import subprocess

    if not os.environ.get("PATROLGEO_OLD"):
        return {"skipped": "set PATROLGEO_OLD to the src folder of an older commit"}
    found = {}
    for step, size in (("forecast", "12000"), ("near_repeat", "100000"), ("knox", "40000")):
        spent = {}
        for name, source in (("old", os.environ["PATROLGEO_OLD"]), ("new", str(ROOT / "src"))):
            words = [sys.executable, str(ROOT / "benchmarks" / "growth.py"), "--one", step, size]
            env = {**os.environ, "PYTHONPATH": source, "OPENBLAS_NUM_THREADS": "1"}
            told = subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout
            spent[name] = json.loads(told.splitlines()[-1])
        ratio = round(spent["new"]["cpu_seconds"] / spent["old"]["cpu_seconds"], 2)
        found[step] = {**spent, "new_over_old": ratio}
    return found


PARTS = {"start": start, "import": importing, "sites": sites, "arrays": arrays, "roads": roads, "reading": reading}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    wanted = parser.parse_args().parts or list(PARTS)
    for name in wanted:
        results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
        results[name] = PARTS[name]()
        TARGET.write_text(json.dumps(results, indent=2) + "\n")
        print(name, json.dumps(results[name], indent=2))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
