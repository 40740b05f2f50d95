"""A small town whose records come hour by hour: late, corrected, twice, withdrawn, and with a rise that is known."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

PLAN = """title = "Watched town"
synthetic = true
[incidents]
file = "base.csv"
[area]
file = "area.geojson"
[analysis]
resolution = 8
[areas]
n = 3
workload = {risk = 1.0}
speed_kmh = 30.0
[watch]
inbox = "inbox/*.csv"
weeks = 4
resolution = 7
"""
RISE_AT, RISE_WEEK = (107.05, 23.05), "2024-05-06"


def write_town(folder, *, n_files=12, weeks=75, a_day=6, more="", seed=0):
    """Write plan, area, a base file, and return the files that come later as tables by name; none is written yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "plan.toml").write_text(PLAN + more, encoding="utf-8")
    box = gpd.GeoDataFrame({"name": ["town"]}, geometry=[shapely.box(107.0, 23.0, 107.1, 23.1)], crs=4326)
    box.to_file(folder / "area.geojson", driver="GeoJSON")
    table = records(weeks, a_day, seed)
    start = pd.Timestamp(RISE_WEEK)
    old = table["time"] < start
    shown(table[old]).to_csv(folder / "base.csv", index=False)
    return arriving(table[~old], table[old], n_files, seed)


def records(weeks, a_day, seed):
    rng = np.random.default_rng(seed)
    end = pd.Timestamp(RISE_WEEK) + pd.Timedelta(days=14)
    days = pd.date_range(end - pd.Timedelta(weeks=weeks), end, freq="D", inclusive="left")
    times = np.repeat(days, rng.poisson(a_day, len(days)))
    times = times + pd.to_timedelta(rng.integers(0, 1440, len(times)), "min")
    n = len(times)
    table = pd.DataFrame({
        "time": times, "category": rng.choice(["theft", "burglary"], n),
        "lon": rng.uniform(107.002, 107.098, n).round(5), "lat": rng.uniform(23.002, 23.098, n).round(5),
    })  # fmt: skip
    extra = pd.DataFrame({
        "time": pd.date_range(RISE_WEEK, periods=40, freq="8h") + pd.Timedelta(hours=1), "category": "burglary",
        "lon": RISE_AT[0], "lat": RISE_AT[1],
    })  # fmt: skip
    table = pd.concat([table, extra], ignore_index=True).sort_values("time", ignore_index=True)
    return table.assign(id=[f"r{k:06d}" for k in range(len(table))], updated=table["time"], status="open")


def shown(table):
    return table[["id", "time", "category", "lon", "lat", "updated", "status"]]


def arriving(new, old, n_files, seed):
    """Return the later files by name: new records in their order, a late one each, corrections, copies, withdrawals."""
    rng = np.random.default_rng(seed + 1)
    files = {}
    for k, part in enumerate(np.array_split(np.arange(len(new)), n_files)):
        rows = new.iloc[part]
        moment = rows["time"].max() + pd.Timedelta(hours=1)
        seen = pd.concat([old, new.iloc[: part[0]]])
        picked = seen.iloc[rng.choice(len(seen), 4, replace=False)]
        changed = picked.iloc[:2].assign(category="theft", updated=moment)
        gone = picked.iloc[2:3].assign(status="withdrawn", updated=moment)
        copy = picked.iloc[3:]
        files[f"h{k:04d}.csv"] = shown(pd.concat([rows, changed, gone, copy]))
    return files
