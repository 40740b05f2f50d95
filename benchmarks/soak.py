"""Runs under attack and faults: kills, broken files, bad plans, hostile texts; what was lost, run or left unsaid.

    python benchmarks/soak.py                     everything, about 30 minutes on two cores (`make soak`)
    python benchmarks/soak.py --size 0.02         a hundredth or two of it
    python benchmarks/soak.py --part kills        one part: kills, starts, forced, files, plans, texts, memory
    python benchmarks/soak.py --part billion --size 0.1   100 million rows on two workers, both killed
    python benchmarks/soak.py --size 0.25 --slice 2   the second quarter

Writes benchmarks/results/soak.json; slices of the same size add up. The table of docs/reliability.md is made from it
(`python benchmarks/soak.py --table`).
"""

import argparse
import hashlib
import importlib.util
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import patrolgeo
from patrolgeo import HexGrid, PatrolgeoError, count_files
from patrolgeo.config import read_plan

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "soak.json"
PAGE = ROOT / "docs" / "reliability.md"
KILLS, STARTS, FORCED, FILES, PLANS, PLAN_RUNS, TEXTS, ROWS = 200, 300, 60, 100_000, 5_000, 40, 1_000, 40_000_000
NUMBERS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
AREA = shapely.box(119.90, 31.70, 119.96, 31.75)
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "sources")]
from examples import CALLS, EXAMPLES  # noqa: E402
from mutations import check_reading, mutate  # noqa: E402

from many_rows import billion  # noqa: E402
from plan_files import as_toml, bad_plan, good_plan  # noqa: E402
from stops import before_our_code  # noqa: E402
from study_town import write_study_town  # noqa: E402


# --- inputs ----------------------------------------------------------------------------------------------------------
def town(folder: Path) -> Path:
    """Write a small town as three files; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    gpd.GeoDataFrame(geometry=[AREA], crs="EPSG:4326").to_file(folder / "area.geojson")
    n = 400
    rows = pd.DataFrame({
        "id": range(n), "datetime": pd.date_range("2023-01-02", periods=n, freq="D").strftime("%Y-%m-%d %H:%M:%S"),
        "category": "theft", "lon": [119.91 + 0.04 * (i * 7 % 13) / 13 for i in range(n)],
        "lat": [31.71 + 0.03 * (i * 5 % 11) / 11 for i in range(n)],
    })  # fmt: skip
    rows.to_csv(folder / "incidents.csv", index=False)
    people = pd.DataFrame({"name": ["A", "B", "C"], "lon": [119.91, 119.93, 119.95], "lat": [31.71, 31.73, 31.74],
                           "population": [500, 900, 300]})  # fmt: skip
    people.to_csv(folder / "people.csv", index=False)
    return folder


def plan_of(folder: Path, seed: int) -> Path:
    path = folder / f"plan{seed}.toml"
    path.write_text(
        f'title = "Town"\npreset = "city"\nseed = {seed}\n[incidents]\nfile = "incidents.csv"\n[area]\nfile = '
        '"area.geojson"\n[population]\nfile = "people.csv"\n[analysis]\nresolution = 7\norigins = 2\nmodel = "ewma"\n'
        "[areas]\nn = 2\n[sites]\nn = 1\n"
    )
    return path


def parquet_files(folder: Path, n_files: int, rows: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part in range(n_files):
        rng = np.random.default_rng(part)
        table = pd.DataFrame({
            "time": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 4 * 365 * 86400, rows), unit="s"),
            "lon": rng.uniform(119.88, 119.98, rows), "lat": rng.uniform(31.68, 31.77, rows),
        })  # fmt: skip
        table.to_parquet(folder / f"{part:03d}.parquet")
    return folder


# --- kills -----------------------------------------------------------------------------------------------------------
def start(words: list[str], before: list[str] | None = None) -> subprocess.Popen:
    """Start a command of ours in a process group of its own, with the signals as a terminal has them."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [*(before or []), sys.executable, *words]
    return subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip


def ended_well(code: int, said: str, found: Counter) -> None:
    """Raise AssertionError unless a stop ended a command as told: a code of its own and no traceback of ours."""
    early = before_our_code(code, said)  # then only the interpreter speaks
    found["ended by the interpreter alone"] += early
    assert early or code in (0, 130, 143, -9, -15, -2), f"{code} {said[-1000:]}"
    assert early or "Traceback" not in said, said[-1000:]


def whole_plan(out: Path) -> int:
    """Return the seed of the one whole plan in `out`; anything else is an AssertionError."""
    manifest = json.loads((out / "manifest.json").read_text())
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest, name
    assert set(manifest["outputs"]) | {"manifest.json", "my notes.txt", "my link"} == {p.name for p in out.iterdir()}
    assert (out / "my notes.txt").read_text() == "mine"
    assert os.readlink(out / "my link") == "nowhere"
    return manifest["seed"]


class PlanRuns:
    """Plans that replace each other in one folder, and are stopped on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = town(folder), folder / "out"
        self.plans = {seed: plan_of(folder, seed) for seed in (1, 2)}
        began = time.monotonic()
        self.finish(1)
        self.seconds = time.monotonic() - began
        (self.out / "my notes.txt").write_text("mine")
        (self.out / "my link").symlink_to("nowhere")

    def words(self, seed: int) -> list[str]:
        return ["-m", "patrolgeo", "plan", str(self.plans[seed]), "--out", str(self.out)]

    def finish(self, seed: int) -> None:
        with start(self.words(seed)) as run:
            said = run.communicate(timeout=300)[1]
        assert run.returncode == 0, said

    def check(self, code: int, said: str, found: Counter) -> None:
        """Count what a stop left: the old plan or the new one, whole; no traceback; at most hidden leftovers."""
        try:
            ended_well(code, said, found)
            found["new" if whole_plan(self.out) == 2 else "old"] += 1
        except (AssertionError, OSError, ValueError, KeyError) as problem:
            found["broken"] += 1
            found[f"broken: {type(problem).__name__} {str(problem)[:1000]}"] += 1
        found["runs"] += 1

    def tidies(self, found: Counter) -> None:
        """The next run leaves nothing hidden."""
        self.finish(1)
        hidden = [p.name for p in self.folder.iterdir() if p.name.startswith(".")]
        found["broken"] += bool(hidden) or whole_plan(self.out) != 1
        found["tidied"] += 1


COUNT = """
import sys, pandas as pd, geopandas as gpd, shapely
from patrolgeo import HexGrid, count_files
grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326"), 9)
count_files(sys.argv[1], grid, resume=sys.argv[2])
"""


class CountRuns:
    """Counts of files that are stopped on the way and go on from what is finished."""

    def __init__(self, folder: Path) -> None:
        self.files, self.resume = parquet_files(folder / "files", 8, 150_000), folder / "sums"
        self.grid = HexGrid.from_area(gpd.GeoSeries([AREA], crs="EPSG:4326"), 9)
        self.truth = count_files(self.files, self.grid)
        began = time.monotonic()
        with start(self.words()) as run:
            run.communicate(timeout=300)
        self.seconds = time.monotonic() - began

    def words(self) -> list[str]:
        return ["-c", COUNT, str(self.files), str(self.resume)]

    def check(self, found: Counter) -> None:
        """Whatever was left, the count goes on to the same panel and leaves nothing."""
        panel = count_files(self.files, self.grid, resume=self.resume)
        same = panel.equals(self.truth) and panel.attrs == self.truth.attrs
        left = [p.name for p in self.resume.glob("*") if not p.name.startswith(".")] if self.resume.exists() else []
        found["broken"] += (not same) or bool(left)
        found["runs"] += 1


class StudyRuns:
    """Studies that are stopped on the way and go on from the forecasts that are made."""

    def __init__(self, folder: Path) -> None:
        self.study, self.out = write_study_town(folder), folder / "out"
        began = time.monotonic()
        self.truth = self.finish()
        self.seconds = time.monotonic() - began

    def words(self) -> list[str]:
        return ["-m", "patrolgeo", "study", str(self.study), "--out", str(self.out)]

    def finish(self) -> dict[str, str]:
        """Run to the end; return the hashes of all files."""
        with start(self.words()) as run:
            said = run.communicate(timeout=600)[1]
        assert run.returncode == 0, said
        return json.loads((self.out / "manifest.json").read_text())["outputs"]

    def check(self, found: Counter) -> None:
        """Whatever was left, the study goes on to the same bytes and leaves nothing hidden."""
        same = self.finish() == self.truth
        found["broken"] += not same or any(p.name.startswith(".") for p in self.out.parent.iterdir())
        found["runs"] += 1


def kills(rng: random.Random, n: int) -> Counter:
    """Stop plans (two of three), counts and studies at random moments."""
    found: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        plans = PlanRuns(Path(folder) / "plan")
        resumed = [CountRuns(Path(folder) / "count"), StudyRuns(Path(folder) / "study")]
        for number in range(n):
            runs = resumed[number // 3 % 2] if number % 3 == 2 else plans
            with start(plans.words(2) if runs is plans else runs.words()) as run:
                # half of the moments lie in the last fifth, where results are written
                share = rng.uniform(0.8, 1.05) if number % 2 else rng.uniform(0.0, 1.0)
                try:
                    said = run.communicate(timeout=share * runs.seconds)[1]
                except subprocess.TimeoutExpired:
                    run.send_signal(rng.choice(NUMBERS))
                    said = run.communicate(timeout=300)[1]
            if runs is not plans:
                runs.check(found)
            else:
                plans.check(run.returncode, said, found)
                if number % 20 == 0:
                    plans.tidies(found)
        plans.tidies(found)
    return found


def starts(rng: random.Random, n: int) -> Counter:
    """Stop a command in its first second and a half, while interpreter, libraries and program are loaded."""
    found: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        words = ["-m", "patrolgeo", "check", str(town(Path(folder)) / "incidents.csv")]
        for _ in range(n):
            with start(words) as run:
                time.sleep(rng.uniform(0.0, 1.5))
                run.send_signal(rng.choice(NUMBERS[1:]))
                said = run.communicate(timeout=300)[1]
            try:
                ended_well(run.returncode, said, found)
            except AssertionError as problem:
                found["broken"] += 1
                found[f"broken: {problem}"] += 1
            found["runs"] += 1
    return found


def forced_points(rng: random.Random, n: int) -> list[tuple[str, int, str]]:
    """Return system calls of the write phase, the how-manieth of each, and signals, evenly spread."""
    calls = {"renameat2": 1, "rename": 10, "fsync": 20, "linkat": 2, "link": 2, "unlink": 14, "rmdir": 2, "mkdir": 4}
    every = [(call, count, name) for call, most in calls.items() for count in range(1, most + 1)
             for name in ("SIGKILL", "SIGTERM")]  # fmt: skip
    rng.shuffle(every)
    # the swap itself is always among them
    swap = [point for point in every if point[0] in ("renameat2", "linkat")]
    return (swap + [point for point in every if point not in swap])[:n]


def forced(rng: random.Random, n: int) -> Counter:
    """Stop plans (three of four) and counts at named system calls, with strace."""
    found: Counter = Counter()
    if shutil.which("strace") is None:
        found["skipped: no strace"] += 1
        return found
    with tempfile.TemporaryDirectory() as folder:
        plans, counts = PlanRuns(Path(folder) / "plan"), CountRuns(Path(folder) / "count")
        for number, (call, count, name) in enumerate(forced_points(rng, n)):
            tracer = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}",
                      "-e", f"inject={call}:signal={name}:when={count}"]  # fmt: skip
            counting = number % 4 == 3 and call in ("rename", "fsync", "unlink")
            with start(counts.words() if counting else plans.words(2), before=tracer) as run:
                said = run.communicate(timeout=300)[1]
            found["stopped"] += run.returncode != 0
            if counting:
                counts.check(found)
            else:
                plans.check(run.returncode, said, found)
        plans.tidies(found)
    return found


# --- files -----------------------------------------------------------------------------------------------------------
def originals(folder: Path) -> list[tuple]:
    """Return (reader, file name, bytes, encoding, preset) of small good files for all readers."""
    source = town(folder)
    cases = []
    for preset in EXAMPLES:
        encoding, text = EXAMPLES[preset]
        read = patrolgeo.read_calls if preset in CALLS else patrolgeo.read_incidents
        cases.append((read, "export.csv", text.encode(encoding), encoding, preset))
    area = gpd.GeoDataFrame({"name": ["A"], "population": [7]}, geometry=[AREA], crs="EPSG:4326")
    lines = gpd.GeoDataFrame(
        {"road_class": ["county"], "speed_kmh": [40]},
        geometry=[shapely.LineString(AREA.exterior.coords)],
        crs="EPSG:4326",
    )
    for table, readers in ((area, (patrolgeo.read_area, patrolgeo.read_polygons, patrolgeo.read_population)),
                           (lines, (patrolgeo.read_roads,))):  # fmt: skip
        for ending, driver in (("geojson", "GeoJSON"), ("gpkg", "GPKG"), ("fgb", "FlatGeobuf")):
            table.to_file(folder / f"a.{ending}", driver=driver)
            raw = (folder / f"a.{ending}").read_bytes()
            cases += [(read, f"a.{ending}", raw, "utf-8", None) for read in readers]
        table.to_parquet(folder / "a.parquet")
        cases += [(read, "a.parquet", (folder / "a.parquet").read_bytes(), "utf-8", None) for read in readers]
    people = (source / "people.csv").read_bytes()
    cases += [(read, "a.csv", people, "utf-8", None) for read in
              (patrolgeo.read_places, patrolgeo.read_population, patrolgeo.read_forces)]  # fmt: skip
    plain = (source / "incidents.csv").read_bytes()[:1500]
    pd.read_csv(source / "incidents.csv").head(20).to_excel(folder / "a.xlsx", index=False)
    cases += [(patrolgeo.read_incidents, "a.csv", plain, "utf-8", None),
              (patrolgeo.read_incidents, "a.xlsx", (folder / "a.xlsx").read_bytes(), "utf-8", None)]  # fmt: skip
    return cases


def unchanged(path: Path, raw: bytes, read, truth) -> bool:
    """Say whether rows whose line no accident touched have the values they had."""
    lines, mutated = raw.split(b"\n"), path.read_bytes().split(b"\n")
    if mutated[0] != lines[0] or b'"' in path.read_bytes():
        return True  # another header or quotes: lines are not rows
    table = read(path)
    times = Counter(line.split(b",")[0].strip() for line in mutated)
    kept = {
        line.split(b",")[0].decode() for line in mutated[1:] if line in lines[1:] and times[line.split(b",")[0]] == 1
    }
    once = ~table["id"].astype(str).duplicated(keep=False)  # a broken id can be read as that of another row
    both = table[table["id"].astype(str).isin(kept) & once].set_index("id")
    known = truth[truth["id"].astype(str).isin(both.index.astype(str))].set_index("id")
    both.index, known.index = both.index.astype(str), known.index.astype(str)
    both = both.reindex(known.index)
    return bool((both["time"] == known["time"]).all() and (both["category"] == known["category"]).all()
                and both.geometry.geom_equals(known.geometry).all())  # fmt: skip


def files(rng: random.Random, n: int) -> Counter:
    """Break small files of every reader: only errors of our own, every row accounted for, other rows unchanged."""
    pieces = [(rng.random(), min(500, n - first)) for first in range(0, n, 500)]
    found: Counter = Counter()
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        for some in pool.map(broken_files, pieces):
            found += some
    return found + Counter({"files": 0})


def broken_files(piece: tuple[float, int]) -> Counter:
    rng, n = random.Random(piece[0]), piece[1]
    found: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = originals(Path(folder) / "good")
        weights = [0.05 if name.endswith(".xlsx") else 1.0 for _, name, *_ in cases]  # a process each
        plain = next(case for case in cases if case[1] == "a.csv" and case[0] is patrolgeo.read_incidents)
        (Path(folder) / "plain.csv").write_bytes(plain[2])
        truth = patrolgeo.read_incidents(Path(folder) / "plain.csv")
        for number in range(n):
            # the plain table is every fourth: only there the values are held against the whole file's
            read, name, raw, encoding, preset = plain if number % 4 == 0 else rng.choices(cases, weights)[0]
            path = Path(folder) / name
            path.write_bytes(mutate(raw, encoding, rng))
            found["files"] += 1
            try:
                found["read"] += reads(path, read, preset)
                if number % 4 == 0:
                    found["changed values"] += not unchanged(path, raw, read, truth)
            except PatrolgeoError:
                pass
            except AssertionError as problem:
                found["unaccounted"] += 1
                found[f"unaccounted: {read.__name__} {name} {str(problem)[:150]}"] += 1
            except Exception as problem:  # noqa: BLE001
                found["foreign"] += 1
                found[f"foreign: {read.__name__} {name} {type(problem).__name__} {str(problem)[:100]}"] += 1
    return found


def reads(path: Path, read, preset: str | None) -> bool:
    if preset is not None:
        return check_reading(path, preset, read, PatrolgeoError)
    try:
        table, ledger = read(path, return_ledger=True)
    except PatrolgeoError as problem:
        if not str(problem).strip():
            raise AssertionError("an error without a message") from None
        return False
    account = ledger.to_dict()
    assert account["read"] == account["kept"] + sum(account["set_aside"].values()), account
    assert account["kept"] == len(table), account
    return True


# --- plans -----------------------------------------------------------------------------------------------------------
def plans(rng: random.Random, n: int) -> Counter:
    """Bad plans are refused when they are read, good ones taken; some good ones run to the end."""
    found: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        source = town(Path(folder))
        path = source / "plan.toml"
        for number in range(n):
            bad = rng.random() < 0.7
            plan, key = bad_plan(rng) if bad else (good_plan(rng), "")
            path.write_text(as_toml(plan), encoding="utf-8")
            found["plans"] += 1
            try:
                read_plan(path)
                if bad:
                    found["taken though bad"] += 1
                    found[f"taken though bad: {key} = {str(plan[key])[:60]}"] += 1
            except PatrolgeoError as problem:
                found["refused"] += 1
                found["refused though good"] += not bad
                if not bad:
                    found[f"refused though good: {str(problem)[-150:]}"] += 1
            except Exception as problem:  # noqa: BLE001
                found["foreign"] += 1
                found[f"foreign: {key} {type(problem).__name__} {str(problem)[:100]}"] += 1
            else:
                if not bad and number % (PLANS // PLAN_RUNS) == 0:
                    run_whole(path, source / "out", found)
    return found


def run_whole(path: Path, out: Path, found: Counter) -> None:
    """Run a plan that was taken: it ends well, or fails before the cells are counted."""
    with start(["-m", "patrolgeo", "plan", str(path), "--out", str(out)]) as run:
        said = run.communicate(timeout=600)[1]
    found["runs"] += 1
    if run.returncode:
        late = "count the incidents" in said
        found["failed in the run" if late else "refused by the files"] += 1
        if late:
            found[f"failed in the run: {said.splitlines()[-1][-200:]}"] += 1


# --- texts -----------------------------------------------------------------------------------------------------------
def texts(rng: random.Random, n: int) -> Counter:
    """Put hostile texts into every text of maps and pages and open them in a browser without a network."""
    found: Counter = Counter()
    spec = importlib.util.spec_from_file_location("hostile", ROOT / "tests" / "test_hostile_text.py")
    hostile = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hostile)
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        found["skipped: no playwright"] += 1
        return found
    if not Path("/usr/bin/chromium").exists():
        found["skipped: no chromium"] += 1
        return found
    first = list(hostile.PAYLOADS)
    hostile.PAYLOADS[:] = [
        rng.choice(['"', "'", "`", ">", "", "]]>", "--> "])
        + rng.choice(first)
        + rng.choice(["", " ", rng.choice(first)])
        for _ in range(n)
    ]
    table = hostile.table.__wrapped__() if hasattr(hostile.table, "__wrapped__") else hostile.table()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        context = play.chromium.launch_persistent_context(
            f"{folder}/profile", executable_path="/usr/bin/chromium", headless=True, args=hostile.FLAGS
        )
        context.set_offline(True)
        context.add_init_script(hostile.WATCH)
        used = 0
        for case in itertools.cycle(hostile.CALLS):
            if used >= n:
                break
            poison = hostile.Poison(used)
            page, asked = hostile.seen(context, hostile.save(case, table, Path(folder) / "page.html", poison))
            shown = hostile.squeezed(page["text"])
            lost = [old for old, new in poison.given.items() if hostile.squeezed(hostile.printable(new)) not in shown
                    and old not in hostile.SILENT.get(case, ())]  # fmt: skip
            found["texts"] += len(poison.given)
            found["pages"] += 1
            found["ran"] += len(page["ran"])
            found["asked of the network"] += len(asked)
            found["not shown as written"] += len(lost)
            used += len(poison.given)
        context.close()
    found["ran"] += "PATROLGEO_RAN" in os.environ
    return found


# --- memory ----------------------------------------------------------------------------------------------------------
PEAK = """
import resource, sys, geopandas as gpd, shapely
from patrolgeo import HexGrid, count_files
grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326"), 9)
panel = count_files(sys.argv[1], grid)
print(int(panel.attrs["read"]), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def memory(_: random.Random, n: int) -> Counter:
    """Read and count rows in files of a million: the most memory that it takes."""
    with tempfile.TemporaryDirectory() as folder:
        parts = parquet_files(Path(folder), max(1, n // 1_000_000), min(n, 1_000_000))
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        told = subprocess.run(
            [sys.executable, "-c", PEAK, str(parts)], env=env, capture_output=True, text=True, check=True
        )
    rows, peak = map(int, told.stdout.split())
    return Counter({"rows": rows, "peak_mb": peak})


# --- results ---------------------------------------------------------------------------------------------------------
PARTS = {"kills": (kills, KILLS), "starts": (starts, STARTS), "forced": (forced, FORCED), "files": (files, FILES),
         "plans": (plans, PLANS), "texts": (texts, TEXTS), "memory": (memory, ROWS),
         "billion": (billion, 1_000_000_000)}  # fmt: skip
AT_WISH = ("billion",)  # some 20 minutes by itself, and half a GB of disk
FAULTS = ("broken", "counted otherwise", "foreign", "unaccounted", "changed values", "taken though bad",
          "refused though good", "failed in the run", "ran", "asked of the network",
          "not shown as written")  # fmt: skip


def add(to: Path, part: str, size: float, piece: int, seconds: float, found: Counter) -> None:
    """Put what a part found into the results; slices of one size add up."""
    results = json.loads(to.read_text()) if to.exists() else {}
    entry = results.get(part)
    if entry is None or entry["size"] != size or piece in entry["slices"]:
        entry = {"size": size, "slices": [], "seconds": 0.0, "found": {}}
    biggest = {key: max(found[key], entry["found"].get(key, 0)) for key in found if key == "peak_mb"}
    total = Counter(entry["found"]) + found
    entry["found"] = dict(sorted({**{k: 0 for k in FAULTS if k in found}, **total, **biggest}.items()))
    entry["slices"] = sorted([*entry["slices"], piece])
    entry["seconds"] = round(entry["seconds"] + seconds, 1)
    results[part] = entry
    to.write_text(json.dumps(dict(sorted(results.items())), indent=2, ensure_ascii=False) + "\n")


ROWS_OF_TABLE = [
    ("Stops of `plan`, `study` and `count_files` at random moments", "kills", "runs", {"broken": "broken states"}),
    ("Stops of a command in its first second and a half", "starts", "runs",
     {"broken": "ended otherwise", "ended by the interpreter alone": "by the interpreter before our first line"}),
    ("Stops at named system calls of the write phase", "forced", "runs", {"broken": "broken states"}),
    ("Small files with accidents, over all readers", "files", "files",
     {"foreign": "foreign exceptions", "unaccounted": "files with unaccounted rows",
      "changed values": "files with changed values in untouched rows"}),
    ("Plan files, seven of ten with a bad value", "plans", "plans",
     {"taken though bad": "bad ones taken", "refused though good": "good ones refused",
      "foreign": "foreign exceptions"}),
    ("Good plans run to the end", "plans", "runs", {"failed in the run": "failed after the door"}),
    ("Hostile texts in maps and pages, in a browser", "texts", "texts",
     {"ran": "ran", "asked of the network": "requests", "not shown as written": "not shown as written"}),
    ("Rows read and counted from files", "memory", "rows", {"peak_mb": "MB at most"}),
    ("Rows counted on two workers, two files at a time", "billion", "rows",
     {"workers killed": "workers killed", "counted otherwise": "batches counted otherwise than written",
      "peak_mb": "MB at most in a process", "cpu_seconds_a_billion": "CPU seconds a billion rows"}),
]  # fmt: skip


def table() -> None:
    """Write the table of docs/reliability.md between its marks."""
    results = json.loads(RESULTS.read_text())
    lines = ["| what | how many | found |", "| --- | ---: | --- |"]
    for title, part, number, told in ROWS_OF_TABLE:
        found = results.get(part, {}).get("found")
        if found is not None:
            said = ", ".join(f"{found.get(key, 0):,} {words}" for key, words in told.items())
            lines.append(f"| {title} | {found.get(number, 0):,} | {said} |")
    head, rest = PAGE.read_text(encoding="utf-8").split("<!-- soak -->\n", 1)
    tail = rest.split("<!-- end -->", 1)[1]
    PAGE.write_text(f"{head}<!-- soak -->\n" + "\n".join(lines) + f"\n<!-- end -->{tail}", encoding="utf-8")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--size", type=float, default=1.0, help="share of the whole that is run")
    asked.add_argument("--slice", type=int, default=1, help="which slice of this size: another seed")
    asked.add_argument("--part", choices=PARTS, action="append")
    asked.add_argument("--table", action="store_true", help="only write the table of docs/reliability.md")
    asked.add_argument("--results", type=Path, default=RESULTS, help="where the results are written")
    options = asked.parse_args()
    if options.table:
        table()
        return 0
    faults = 0
    for part in options.part or [p for p in PARTS if p not in AT_WISH]:
        work, whole = PARTS[part]
        began = time.monotonic()
        found = work(random.Random(f"{part} {options.slice}"), max(1, round(whole * options.size)))
        add(options.results, part, options.size, options.slice, time.monotonic() - began, found)
        faults += sum(found[name] for name in FAULTS)
        print(part, f"{time.monotonic() - began:.0f} s", dict(found), flush=True)
    if options.results == RESULTS:
        table()
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())
