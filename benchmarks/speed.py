"""What a first and a second run cost, and other speeds against a peer or an older commit; a function a part.

    python benchmarks/speed.py            # all parts
    python benchmarks/speed.py start      # some of them

Writes benchmarks/results/speed.json, a key a part. CPU seconds of the whole process; on a busy machine they rise by a
third, so compare only what ran together. `start` runs the sample county with an empty folder for compiled code, then
again with what is in it, and counts what was compiled; `import` puts the import beside that of geopandas.
"""

import argparse
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
    return {"cold": cold, "warm": warm}


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


def sites():
    """Covering models of a county's size, the first call of a session and the next, against an older commit."""
    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        tree = subprocess.run(["git", "archive", OLDER, "src"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=tree, check=True)
        for name, source in (("older", Path(folder, "src")), ("now", ROOT / "src")):
            found = Path(folder, f"{name}.json")
            env = {**os.environ, "PYTHONPATH": str(source), "NUMBA_CACHE_DIR": str(Path(folder, name))}
            subprocess.run([sys.executable, "-c", SITES, str(found), str(source)], env=env, check=True)
            answer[name] = json.loads(found.read_text())
    older, now = answer["older"], answer["now"]
    assert all(new >= old * (1 - 1e-9) for new, old in zip(now["values"], older["values"], strict=True))
    return answer | {key: now[f"{key}_cpu_s"] / older[f"{key}_cpu_s"] for key in ("cold", "warm")}


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


PARTS = {"start": start, "import": importing, "sites": sites, "arrays": arrays}


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
