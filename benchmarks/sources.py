"""What reading costs and whether it loses rows: checks, aoristic weights, datums, and exports broken at random.

    python benchmarks/sources.py            (PATROLGEO_FUZZ=500 for a short run)

Writes benchmarks/results/sources.json. CPU seconds; ratios are taken side by side in one process.
"""

import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import patrolgeo
from patrolgeo import aoristic_week, from_wgs84, read_incidents, to_wgs84
from patrolgeo.sources.numbers import to_floats
from patrolgeo.sources.times import parse_times

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
ROWS, BAD = 200_000, 500
BROKEN = int(os.environ.get("PATROLGEO_FUZZ", "5000"))


def cpu(work, repeat=5):
    """Return the least CPU seconds of several runs, and the last answer."""
    best = np.inf
    for _ in range(repeat):
        start = time.process_time()
        answer = work()
        best = min(best, time.process_time() - start)
    return best, answer


def make_export(path):
    """Write 200,000 rows of which 500 have one fault each."""
    rng = np.random.default_rng(0)
    seconds = np.sort(rng.integers(0, 3 * 365 * 86_400, ROWS))
    table = pd.DataFrame(
        {
            "id": np.arange(ROWS).astype(str),
            "datetime": (pd.Timestamp("2021-01-01") + pd.to_timedelta(seconds, unit="s")).strftime("%Y-%m-%d %H:%M:%S"),
            "category": rng.choice(["theft", "burglary", "assault", "robbery"], ROWS),
            "lon": rng.uniform(119.8, 120.2, ROWS).round(6),
            "lat": rng.uniform(31.6, 31.9, ROWS).round(6),
        }
    )
    bad = rng.choice(ROWS, BAD, replace=False).reshape(5, -1)
    table.loc[bad[0], "datetime"] = None
    table.loc[bad[1], ["lon", "lat"]] = 0.0
    table.loc[bad[2], "lat"] = 131.7
    table.loc[bad[3], "id"] = table["id"].iloc[0]
    table.loc[bad[4], "lon"] = np.nan
    table.to_csv(path, index=False)
    return table


def only_read(path):
    """Read the file into the same table of points, with no question asked."""
    table = pd.read_csv(path, dtype={"id": str})
    time = parse_times(table["datetime"], "time").values.astype("datetime64[us]")
    points = shapely.points(to_floats(table["lon"]), to_floats(table["lat"]))
    return gpd.GeoDataFrame({"id": table["id"], "time": time, "category": table["category"]}, geometry=points, crs=4326)


def check_cost(folder):
    """Compare reading with all checks to reading alone, on the same file."""
    path = folder / "export.csv"
    make_export(path)

    alone, _ = cpu(lambda: only_read(path))
    whole, (_, ledger) = cpu(lambda: read_incidents(path, return_ledger=True))
    return {
        "rows": ROWS,
        "bad_rows": BAD,
        "read_cpu_seconds": round(alone, 3),
        "read_and_checked_cpu_seconds": round(whole, 3),
        "checks_cpu_seconds": round(whole - alone, 3),
        "ledger": ledger.to_dict(),
    }


def aoristic():
    """Spread 200,000 intervals over the hours of the week, and the thefts of New York."""
    rng = np.random.default_rng(0)
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365 * 86_400, ROWS), unit="s")
    spans = pd.DataFrame({"time": start, "time_end": start + pd.to_timedelta(rng.exponential(36_000, ROWS), unit="s")})
    seconds, week = cpu(lambda: aoristic_week(spans))
    found = {
        "incidents": ROWS,
        "cpu_seconds": round(seconds, 4),
        "mass_error": float(abs(week.to_numpy().sum() - ROWS)),
    }
    thefts = DATA / "nyc" / "vehicle_thefts.parquet"
    if thefts.exists():
        table = read_incidents(thefts, return_ledger=True)[0]
        found["new_york_thefts"] = len(table)
        found["new_york_mass"] = round(float(aoristic_week(table).to_numpy().sum()), 6)
    else:
        print(f"the thefts of New York are left out: {thefts} is not there")
    return found


def datums():
    """Take 100,000 points in China there and back."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(98, 122, 100_000), rng.uniform(21, 45, 100_000)
    found = {"points": len(lon)}
    for datum in ("GCJ02", "BD09"):
        there = from_wgs84(lon, lat, datum)
        seconds, back = cpu(lambda there=there, datum=datum: to_wgs84(*there, datum), repeat=3)
        east = (back[0] - lon) * 111_320 * np.cos(np.radians(lat))
        found[datum] = {
            "round_trip_max_metres": float(np.hypot(east, (back[1] - lat) * 110_900).max()),
            "inverse_million_points_per_cpu_second": round(len(lon) / seconds / 1e6, 2),
        }
    if importlib.util.find_spec("prcoords"):
        found["prcoords"] = peer_datum(lon[:5000], lat[:5000])
    else:
        print("prcoords is left out: it is not installed")
    return found


def peer_datum(lon, lat):
    import prcoords

    there = from_wgs84(lon, lat, "GCJ02")
    start = time.process_time()
    back = np.array([tuple(prcoords.gcj_wgs_bored((b, a))) for a, b in zip(*there, strict=True)])
    seconds = time.process_time() - start
    east = (back[:, 1] - lon) * 111_320 * np.cos(np.radians(lat))
    return {
        "round_trip_max_metres": float(np.hypot(east, (back[:, 0] - lat) * 110_900).max()),
        "inverse_million_points_per_cpu_second": round(len(lon) / seconds / 1e6, 3),
    }


def county():
    """Compare the dirt planted in the sample county with the dirt found."""
    folder = ROOT / "data" / "samples" / "county"
    planted = json.loads((folder / "dirt.json").read_text(encoding="utf-8"))["counts"]
    _, ledger = read_incidents(
        folder / "incidents.csv", area=folder / "area.geojson", places=folder / "villages.csv", return_ledger=True
    )
    codes = {
        "village_only": ["named_place"],
        "gcj02": ["shifted_place"],
        "duplicate": ["duplicate_id", "look_alike"],
        "overnight": ["intervals"],
        "fraud_at_station": ["not_place_bound"],
        "officer": ["officer_initiated"],
    }
    found = {kind: sum(e.rows for e in ledger.entries if e.code in names) for kind, names in codes.items()}
    return {kind: {"planted": planted[kind], "found": found[kind]} for kind in codes}


def broken_exports(folder):
    """Break the examples of the presets at random and read them."""
    sys.path.insert(0, str(ROOT / "tests" / "sources"))
    from examples import CALLS, EXAMPLES
    from mutations import check_reading, mutate

    path, readable, slowest = folder / "broken.csv", 0, 0.0
    clean = {}
    for preset, (encoding, text) in EXAMPLES.items():
        path.write_bytes(text.encode(encoding))
        read = patrolgeo.read_calls if preset in CALLS else patrolgeo.read_incidents
        clean[preset] = text, read(path, preset=preset, return_ledger=True)[0]
    start = time.process_time()
    for number in range(BROKEN):
        preset = list(EXAMPLES)[number % len(EXAMPLES)]
        encoding, text = EXAMPLES[preset]
        path.write_bytes(mutate(text.encode(encoding), encoding, random.Random(number)))
        read = patrolgeo.read_calls if preset in CALLS else patrolgeo.read_incidents
        began = time.process_time()
        readable += check_reading(path, preset, read, patrolgeo.PatrolgeoError, clean[preset])
        slowest = max(slowest, time.process_time() - began)
    return {
        "files": BROKEN,
        "rows_lost_values_changed_or_foreign_errors": 0,  # check_reading raises at the first
        "read": readable,
        "refused_with_a_message": BROKEN - readable,
        "cpu_seconds": round(time.process_time() - start, 1),
        "slowest_file_cpu_seconds": round(slowest, 2),
    }


def reading_cases():
    """Count the small files with a known answer that read as expected."""
    folder, tool = DATA / ".." / "cases" / "reading", DATA / ".." / "tools" / "check-reading"
    if not tool.exists():
        print(f"the cases of reading are left out: {tool} is not there")
        return {}
    done = subprocess.run([sys.executable, tool, folder], capture_output=True, text=True, check=False, env=os.environ)
    right, of = re.search(r"(\d+) of (\d+) cases right", done.stdout).groups()
    return {"right": int(right), "of": int(of)}


def main():
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = {
            "cases": reading_cases(),
            "checks": check_cost(folder),
            "aoristic": aoristic(),
            "datums": datums(),
            "sample_county": county(),
            "broken_exports": broken_exports(folder),
        }
    target = ROOT / "benchmarks" / "results" / "sources.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
