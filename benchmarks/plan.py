"""The main way as a whole process: CPU, memory and steps of the sample county and of New York; the cost of the import.

    python benchmarks/plan.py

Writes benchmarks/results/plan.json. New York runs where ${PATROLGEO_DATA} has it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT.parent / "shared" / "data"))
PLANS = {"county": ROOT / "data/samples/county/plan.toml", "nyc": ROOT / "benchmarks/plans/nyc.toml"}


def run(arguments):
    """Run python with `arguments`; return its CPU seconds and the largest memory of any child so far, in MB."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    env = {**os.environ, "PATROLGEO_DATA": str(DATA), "PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, *arguments], check=True, env=env, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, after.ru_maxrss / 1024


def plan(path):
    with tempfile.TemporaryDirectory() as folder:
        cpu, memory = run(["-m", "patrolgeo", "plan", str(path), "--out", f"{folder}/out"])
        steps = json.loads(Path(folder, "out", "manifest.json").read_text())["seconds"]
        summary = json.loads(Path(folder, "out", "summary.json").read_text())
    return {"cpu_seconds": round(cpu, 1), "peak_mb": round(memory), "step_seconds": steps, "summary": summary}


def import_ratio(times=5):
    """Median CPU of `import patrolgeo` over that of `import geopandas`, alternating."""
    pairs = [(run(["-c", "import patrolgeo"])[0], run(["-c", "import geopandas"])[0]) for _ in range(times + 1)][1:]
    ours, theirs = (statistics.median(x) for x in zip(*pairs, strict=True))
    return {"patrolgeo": round(ours, 3), "geopandas": round(theirs, 3), "ratio": round(ours / theirs, 3)}


def main():
    results = {"import": import_ratio()}
    for name, path in PLANS.items():
        if name == "nyc" and not (DATA / "nyc").exists():
            print(f"{DATA / 'nyc'} is not there: New York is left out; set PATROLGEO_DATA")
            continue
        results[name] = plan(path)
    target = ROOT / "benchmarks" / "results" / "plan.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps({k: {n: v[n] for n in v if n != "summary"} for k, v in results.items()}, indent=2))


if __name__ == "__main__":
    main()
