"""Does a forecast of Friday night beat the week's forecast spread by hour of week? ``python benchmarks/risk_hours.py``.

At each of the last 13 origins (Memphis, with one year: 6), four weeks apart, the stack is asked for the coming four
Friday nights (22:00 to 06:00) and for all nights. The rival is the same forecast times the share of that night in the
past of the whole city. Poisson log score in nats per event; the interval draws origins with replacement.
"""

import argparse
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

import risk as tested
from patrolgeo import HexGrid, RiskStack, count_incidents, hour_known, log_score
from patrolgeo.files import write_json
from patrolgeo.risk.hours import Hours

RESULT = Path(__file__).parent / "results" / "risk_hours.json"
MEMPHIS = ("memphis/robberies_2019.parquet", "memphis/precincts.parquet")
SETS = {
    "New York robbery": (*tested.FILES["nyc"], "robbery"),
    "New York felony assault": (*tested.FILES["nyc"], "felony assault"),
    "New York grand larceny": (*tested.FILES["nyc"], "grand larceny"),
    "Vancouver theft from vehicle": (*tested.FILES["vancouver"], "theft from vehicle"),
    "Vancouver mischief": (*tested.FILES["vancouver"], "mischief"),
    "Memphis robbery": (*MEMPHIS, None),
}
ASKED = {"Friday night": {"days": ["Fri"], "hours": ("22:00", "06:00")}, "all nights": {"hours": ("22:00", "06:00")}}
ORIGINS, WEEKS = 13, 4


def points_of(incidents, area, category):
    rows = pd.read_parquet(tested.DATA / incidents).dropna(subset=["lon", "lat", "datetime"])
    rows = rows if category is None else rows[rows["category"] == category]
    points = gpd.GeoDataFrame(
        {"time": pd.to_datetime(rows["datetime"]).to_numpy()},
        geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs="EPSG:4326",
    )  # fmt: skip
    outline = gpd.read_parquet(tested.DATA / area)
    return points[hour_known(points)], HexGrid.from_area(outline.set_geometry(outline.geometry.make_valid()), 9)


def run(name):
    points, grid = points_of(*SETS[name])
    panel = count_incidents(points, grid)
    found = {asked: [] for asked in ASKED}
    for t in range(max(len(panel) - ORIGINS * WEEKS, len(panel) // 2), len(panel) - WEEKS + 1, WEEKS):
        model, start = RiskStack().fit(panel.iloc[:t]), panel.index[t]
        coming = points[(points["time"] >= start) & (points["time"] < start + pd.Timedelta(weeks=WEEKS))]
        before = points[points["time"] < start]
        for asked, how in ASKED.items():
            y = counted(inside(coming, how), grid)
            ours = model.predict_hours(points, WEEKS, **how).sum()
            spread = model.predict(WEEKS).sum() * (len(inside(before, how)) / len(before))
            gain = [log_score(y, said, area=grid.area_km2, per_event=False) for said in (ours, spread)]
            found[asked].append((float(y.sum()), gain[0] - gain[1]))
    return {asked: pooled(np.array(rows)) for asked, rows in found.items()}


def inside(points, how):
    hours = Hours.of(how.get("days"), how["hours"])
    minute, day = points["time"].dt.hour * 60 + points["time"].dt.minute, points["time"].dt.day_of_week
    return points[hours.on_clock(minute) & hours.on_day(day, minute)]


def counted(points, grid):
    at = grid.positions(points.geometry.x, points.geometry.y)
    return pd.Series(np.bincount(at[at >= 0], minlength=len(grid)), index=grid.cells, dtype=float)


def pooled(rows):
    picks = np.random.default_rng(0).integers(0, len(rows), (2000, len(rows)))
    boot = rows[picks, 1].sum(axis=1) / rows[picks, 0].sum(axis=1)
    low, high = np.quantile(boot, [0.025, 0.975])
    gain = rows[:, 1].sum() / rows[:, 0].sum()
    numbers = {"gain": gain, "low": low, "high": high}
    return {"origins": len(rows), "events": float(rows[:, 0].sum())} | {
        name: round(float(value), 4) for name, value in numbers.items()
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    known = json.loads(RESULT.read_text(encoding="utf-8"))["sets"] if RESULT.exists() else {}
    for name in parser.parse_args().sets:
        known[name] = run(name)
        print(name, known[name], flush=True)
        sets = {name: known[name] for name in SETS if name in known}
        write_json(RESULT, {"command": "python benchmarks/risk_hours.py", "sets": sets})


if __name__ == "__main__":
    main()
