"""What a first and a second run cost, and other speeds against a peer or an older commit; a function a part.

    python benchmarks/speed.py            # all parts
    python benchmarks/speed.py start      # some of them

Writes benchmarks/results/speed.json, a key a part. CPU seconds of the whole process; on a busy machine they rise by a
third, so compare only what ran together. `start` runs the sample county with an empty folder for compiled code, then
again with what is in it, and counts what was compiled.
"""

import argparse
import json
import os
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
    """The county cold and warm, and the import against that of geopandas."""
    import plan

    with tempfile.TemporaryDirectory() as folder:
        arguments = ["plan", str(plan.PLANS["county"]), "--out", f"{folder}/out"]
        cold, warm = (counted(arguments, folder, Path(folder, "compiled")) for _ in range(2))
    return {"cold": cold, "warm": warm, "import": plan.import_ratio()}


PARTS = {"start": start}


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
