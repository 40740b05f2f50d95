"""Delivered patrols beside published answers and a planted truth, and what a million positions cost.

    python benchmarks/patrols.py [published] [county] [speed]

Writes benchmarks/results/patrols.json, each part on its own. CPU seconds are of one thread, kernels warm.
"""

import json
import os
import sys
import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd

import patrolgeo as pg

HERE = Path(__file__).parent
DATA = Path(os.environ.get("PATROLGEO_DATA", HERE.parents[1] / "shared" / "data"))
RESULTS = HERE / "results" / "patrols.json"
AUSTIN, PLAINFIELD = "bus_pings_austin/pings_2016_01_17.parquet", "plainfield/patrol_stops.csv.gz"


def grid_of(lon, lat, resolution=9):
    """Return the cells that hold the points."""
    return pg.HexGrid.from_cells([h3.latlng_to_cell(b, a, resolution) for a, b in zip(lon, lat, strict=True)])


def published():
    """Austin and Plainfield against the answers published beside them; parts of the log, thinning by size of cell."""
    known = json.loads((DATA / "oracles" / "oracles2.json").read_text())
    bus, log = known["bus_pings_austin"]["expected"], known["plainfield_stop_log"]["expected"]
    patrols, ledger = pg.read_patrols(DATA / AUSTIN, return_ledger=True)
    dose = pg.patrol_dose(patrols, grid := grid_of(patrols["lon"], patrols["lat"]))
    account = pg.patrol_account(patrols, grid, ledger=ledger)
    stops, stop_ledger = pg.read_patrols(DATA / PLAINFIELD, return_ledger=True)
    placed = stops.dropna(subset="lon")
    stop_account = pg.patrol_account(stops, grid_of(placed["lon"], placed["lat"]), ledger=stop_ledger)
    return {
        "austin": {
            "minutes": dose["minutes"].sum(), "published": bus["minutes_attributed"],
            "difference": abs(dose["minutes"].sum() - bus["minutes_attributed"]),
            "top_cell": dose["minutes"].idxmax() == bus["top_cell"], "top_minutes": dose["minutes"].max(),
            "cells": int((dose["minutes"] > 0).sum()), "entries": int(dose["visits"].max()),
            "account": account.to_dict(),
            "parts_minus_log_seconds": round(60 * (account.drop("log").sum() - account["log"]), 6),
            "thinning": {r: pg.thinning_change(patrols, grid_of(patrols["lon"], patrols["lat"], r)) for r in (9, 8, 7)},
        },
        "plainfield": {
            "stops": len(stops), "published": log["stops"], "units": stops["unit"].nunique(),
            "minutes": stops["minutes"].sum(), "published_minutes": log["minutes"], "account": stop_account.to_dict(),
        },
    }  # fmt: skip


def county():
    """What the log of the sample county finds of the planted truth."""
    folder = pg.sample_folder()
    faults = ["clock", "jump", "repeated"]
    patrols, ledger = pg.read_patrols(folder / "patrols.parquet", set_aside=faults, return_ledger=True)
    grid = pg.HexGrid.from_area(pg.read_area(folder / "area.geojson"), 8)
    dose = pg.patrol_dose(patrols, grid, min_stay_minutes=3)
    truth = pd.read_csv(folder / "patrols_truth.csv").groupby("cell")[["minutes", "seen_minutes"]].sum()
    seen = truth["seen_minutes"].reindex(grid.cells, fill_value=0.0)
    tasks = pg.read_tasks(folder / "patrol_tasks.csv")
    tasks["cell"] = grid.cells[grid.positions(tasks["lon"], tasks["lat"])]
    stops = pd.read_csv(folder / "patrol_stops_truth.csv").set_index("task").loc[tasks["task"]]
    went = pg.compare_delivery(tasks[["cell", "minutes"]], dose)
    wanted = seen.index.isin(tasks["cell"])
    true_outside, planned = seen[~wanted].sum(), tasks.groupby("cell")["minutes"].sum()
    true_done = np.minimum(seen[planned.index], planned).sum()
    return {
        "set_aside": ledger.set_aside, "minutes": dose["minutes"].sum(), "true_minutes_seen": seen.sum(),
        "true_minutes": truth["minutes"].sum(),
        "total_off": dose["minutes"].sum() / seen.sum() - 1,
        "by_cell_off": (dose["minutes"] - seen).abs().sum() / seen.sum(),
        "outside": went.minutes_outside, "outside_off": went.minutes_outside / true_outside - 1,
        "done": went.total["done"], "done_off": went.total["done"] / true_done - 1,
        "share_of_stop_minutes_done": stops["minutes"].sum() / tasks["minutes"].sum(),
        "done_share_of_cells": went.done_share, "thinning": pg.thinning_change(patrols, grid),
        "account": pg.patrol_account(patrols, grid, ledger=ledger).to_dict(),
    }  # fmt: skip


def speed(n=1_000_000, units=200):
    """CPU seconds for a million positions: reading a table, the dose, by shift with a minimum stay, thinning."""
    rng = np.random.default_rng(0)
    steps = rng.normal(0, 0.0005, (n // units, units, 2)).cumsum(axis=0)
    lonlat = (steps % 0.2 + [-97.8, 30.2]).reshape(-1, 2)
    time_of = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.repeat(np.arange(n // units), units), unit="min")
    log = pd.DataFrame({"unit": np.tile([f"U{i}" for i in range(units)], n // units), "time": time_of,
                        "lon": lonlat[:, 0], "lat": lonlat[:, 1]})  # fmt: skip
    grid = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(30.3, -97.7, 9), 70))
    hours = {
        "name": ["early", "late", "night"],
        "start": ["06:00", "14:00", "22:00"],
        "end": ["14:00", "22:00", "06:00"],
    }
    shifts = pg.read_shifts(pd.DataFrame(hours))
    pg.patrol_dose(log.head(1000), grid)
    patrols, read = cpu(pg.read_patrols, log)
    told = {"positions": n, "read": read, "dose": cpu(pg.patrol_dose, patrols, grid)[1]}
    told["read_and_dose"] = told["read"] + told["dose"]
    told["dose_by_shift"] = cpu(pg.patrol_dose, patrols, grid, shifts=shifts, min_stay_minutes=3)[1]
    told["account"] = cpu(pg.patrol_account, patrols, grid)[1]
    return told


def cpu(function, *args, **options):
    """Return an answer, and the least CPU seconds of three calls."""
    spent = []
    for _ in range(3):
        begin = time.process_time()
        answer = function(*args, **options)
        spent.append(time.process_time() - begin)
    return answer, round(min(spent), 3)


if __name__ == "__main__":
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for part in sys.argv[1:] or ["published", "county", "speed"]:
        results[part] = globals()[part]()
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False, default=float) + "\n")
        print(part, json.dumps(results[part], indent=1, default=float))
