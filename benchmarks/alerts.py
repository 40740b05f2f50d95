"""Detectors and warnings: given answers, false alarms against announced ones, detection, speed, the planted rises.

Writes benchmarks/results/alerts.json. `python benchmarks/alerts.py --small` takes a tenth of the series.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import patrolgeo as pg
from patrolgeo.alerts._negbin import tail

SMALL = "--small" in sys.argv
SERIES, WEEKS = (60, 400) if SMALL else (300, 400)
DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
MEANS, SPREADS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0), (1, 2, 3)
TESTS = list(range(330, 400, 5))


def simulated(mean, spread, seed, n=None):
    """Negative binomial counts with season and trend, shape (weeks, series), and their mean."""
    n, t = n or SERIES, np.arange(WEEKS)
    rng = np.random.default_rng([seed, int(mean * 10), spread])
    level = mean * np.exp(0.4 * np.sin(2 * np.pi * t / 52.18) + 0.1 * (t - WEEKS / 2) / 52.18)
    rate = level[:, None] * np.ones((1, n))
    counts = rng.poisson(rate if spread == 1 else rng.gamma(rate / (spread - 1), spread - 1))
    return pd.DataFrame(counts.astype(float), pd.date_range("2017-01-02", periods=WEEKS, freq="7D")), rate


def told_and_real(found):
    """Return alarms, their announced number, and how many series and weeks were judged."""
    usual, variance, least = (found[name].to_numpy() for name in ("usual", "variance", "least"))
    known = np.isfinite(least)
    told = float(tail(np.where(known, least, 1), np.where(known, usual, 1), np.where(known, variance, 1))[known].sum())
    return int(found["alarm"].to_numpy().sum()), told, int(known.sum())


def false_alarms():
    """Alarms over their announced number, by mean and dispersion, with a 95 % interval; nothing rises."""
    from scipy import stats

    rows = []
    for name, detector in (("Farrington flexible", pg.Farrington()), ("NegBinEwma", pg.NegBinEwma())):
        for mean in MEANS:
            for spread in SPREADS:
                counts, _ = simulated(mean, spread, 1)
                real, told, n = told_and_real(detector.monitor(counts, test=TESTS))
                low, high = stats.chi2.ppf([0.025, 0.975], [2 * max(real, 1e-9), 2 * real + 2]) / 2 / max(told, 1e-9)
                rows.append({"detector": name, "mean": mean, "dispersion": spread, "judged": n, "alarms": real,
                             "announced": round(told, 2), "ratio": round(real / max(told, 1e-9), 3),
                             "low": round(low, 3), "high": round(high, 3)})  # fmt: skip
                print(rows[-1], flush=True)
    return rows


def detection():
    """A rise of three standard deviations for four weeks: share found, delay, and false alarms beside.

    The smaller alphas are those whose false alarms should be a tenth of EARS C2's, chosen from the rates at 0.01.
    """
    rows = []
    detectors = {
        "EARS C2": pg.Ears(method="C2"), "Farrington flexible": pg.Farrington(), "NegBinEwma": pg.NegBinEwma(),
        "Farrington flexible, alpha 0.002": pg.Farrington(alpha=0.002),
        "NegBinEwma, alpha 0.004": pg.NegBinEwma(alpha=0.004),
    }  # fmt: skip
    for mean in (1.0, 3.0, 10.0, 40.0):
        for spread in (1, 2):
            counts, rate = simulated(mean, spread, 2, SERIES // 2)
            sick = counts.copy()
            rng = np.random.default_rng(9)
            sick.iloc[380:384] += rng.poisson(3 * np.sqrt(spread * rate[380:384]))
            for name, detector in detectors.items():
                quiet = detector.monitor(counts, test=TESTS)["alarm"].to_numpy().mean()
                hits = detector.monitor(sick, test=list(range(380, 384)))["alarm"].to_numpy(bool)
                found = hits.any(axis=0)
                rows.append({"mean": mean, "dispersion": spread, "detector": name, "found": round(found.mean(), 3),
                             "delay_weeks": round(float(hits.argmax(axis=0)[found].mean()), 2) if found.any() else None,
                             "false_alarms_a_week": round(float(quiet), 4)})  # fmt: skip
                print(rows[-1], flush=True)
    return rows


def raised():
    """Alerts of `raise_alerts` over their announced number on panels in which nothing rises, by rate of discoveries."""
    rows = []
    for mean in (0.3, 3.0, 30.0):
        counts, _ = simulated(mean, 2, 3, 100)
        for fdr in (None, 0.5, 0.05):
            found = pg.raise_alerts(
                counts.set_axis([f"v{k}" for k in counts], axis=1), pg.NegBinEwma(), fdr=fdr, test=200
            )
            told = sum(found.attrs["false_alarms"].values())
            rows.append({"mean": mean, "fdr": fdr, "alerts": len(found), "announced": round(told, 2)})
            print(rows[-1], flush=True)
    return rows


def scan():
    """Zones in alarm over their announced number on 61 cells with a season of their own sizes; nothing rises."""
    import h3

    cells = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.95, 8), 4)).cells
    t, rows = np.arange(160), []
    for mean, spread in ((0.1, 1), (0.5, 1), (0.5, 2), (3, 1), (3, 2), (10, 3)):
        rng = np.random.default_rng([1, int(mean * 10), spread])
        real = told = spent = 0.0
        for _ in range(3 if SMALL else 6):
            wave = np.exp(0.4 * np.sin(2 * np.pi * t / 52.18) + 0.1 * (t - 80) / 52)
            rate = mean * rng.gamma(2, 0.5, len(cells)) * wave[:, None]
            counts = rng.poisson(rate if spread == 1 else rng.gamma(rate / (spread - 1), spread - 1)).astype(float)
            panel = pd.DataFrame(counts, pd.date_range("2020-01-06", periods=160, freq="7D", name="period"), cells)
            begin = time.process_time()
            found = pg.ProspectiveScan(alpha=0.1, n_paths=199).monitor(panel, test=100)
            spent += time.process_time() - begin
            real, told = real + found["alarm"].to_numpy().sum(), told + sum(found.attrs["false_alarms"].values())
        rows.append({"mean": mean, "dispersion": spread, "alarms": int(real), "announced": round(told, 1),
                     "cpu_seconds_a_week": round(spent / (600 if not SMALL else 300), 3)})  # fmt: skip
        print(rows[-1], flush=True)
    return rows


def speed():
    """CPU seconds of one week: Farrington on 5,000 areas x 7 years, NegBinEwma on 100,000 cells x 104 weeks."""
    rng = np.random.default_rng(0)
    level = rng.gamma(1, 3, 5000) * np.exp(0.4 * np.sin(2 * np.pi * np.arange(365) / 52.18))[:, None]
    areas = pd.DataFrame(rng.poisson(level).astype(float), pd.date_range("2017-01-02", periods=365, freq="7D"))
    cells = pd.DataFrame(rng.poisson(0.05, (105, 100_000)).astype(float), areas.index[:105])
    told = {}
    for name, detector, panel in (("Farrington, 5,000 areas x 7 years", pg.Farrington(), areas),
                                  ("NegBinEwma, 100,000 cells x 104 weeks", pg.NegBinEwma(), cells)):  # fmt: skip
        begin = time.process_time()
        detector.monitor(panel, test=1)
        told[name] = round(time.process_time() - begin, 2)
    print(told, flush=True)
    return told


def county_without_rises(years=40):
    """Panels with the county's own rates by cell and category, no rise planted: warnings against announced ones."""
    from patrolgeo.pipeline.watch.judge import weekly_panel

    incidents = pg.read_incidents(pg.sample_folder() / "incidents.csv")
    grid = pg.HexGrid.from_area(pg.load_sample("area"), 7)
    rows = pd.DataFrame(incidents[["time", "category"]]).assign(cell=grid.locate(incidents)).dropna()
    rows = rows[rows["category"].isin(["theft", "burglary", "ebike_theft", "assault", "farm_theft"])]
    rates = weekly_panel(rows, 104).mean()
    alerts, told, runs = 0, 0.0, 4 if SMALL else years
    for k in range(runs):
        rng = np.random.default_rng([7, k])
        counts = rng.poisson(rates.to_numpy(), (156, len(rates))).astype(float)
        panel = pd.DataFrame(counts, pd.date_range("2022-01-03", periods=156, freq="7D", name="period"), rates.index)
        found = pg.raise_alerts(panel, pg.NegBinEwma(), test=52)
        alerts, told = alerts + len(found), told + sum(found.attrs["false_alarms"].values())
    return {"years": runs, "alerts": alerts, "announced": round(told, 2)}


def watch(n=None, hours=None):
    """CPU seconds of an hourly run of the watch while its store grows to 200,000 records, by quarter of the year."""
    n, hours = n or (20_000 if SMALL else 200_000), hours or (8 if SMALL else 12)
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from watch_town import PLAN

    folder = Path(tempfile.mkdtemp()) / "town"
    (folder / "inbox").mkdir(parents=True)
    (folder / "plan.toml").write_text(PLAN, encoding="utf-8")
    import geopandas as gpd
    import shapely

    gpd.GeoDataFrame(geometry=[shapely.box(107.0, 23.0, 107.4, 23.4)], crs=4326).to_file(folder / "area.geojson")
    rng = np.random.default_rng(0)
    minutes = np.sort(rng.integers(0, 365 * 1440, n))
    table = pd.DataFrame({
        "id": np.arange(n), "time": pd.Timestamp("2024-01-01") + pd.to_timedelta(minutes, "min"),
        "category": rng.choice(["theft", "burglary", "assault"], n),
        "lon": rng.uniform(107.01, 107.39, n).round(5), "lat": rng.uniform(23.01, 23.39, n).round(5),
    })  # fmt: skip
    table.iloc[: n // 4].to_csv(folder / "base.csv", index=False)
    spent = []
    for k, part in enumerate(np.array_split(np.arange(n // 4, n), hours)):
        hourly = part[-25:]  # the rest of the stretch comes in one file that is not timed
        table.iloc[part[:-25]].to_csv(folder / "inbox" / f"a{k:04d}.csv", index=False)
        pg.run_watch(folder / "plan.toml", folder / "out")
        table.iloc[hourly].to_csv(folder / "inbox" / f"b{k:04d}.csv", index=False)
        begin = time.process_time()
        pg.run_watch(folder / "plan.toml", folder / "out")
        spent.append(time.process_time() - begin)
        print(k, round(spent[-1], 2), flush=True)
    begin = time.process_time()
    pg.run_watch(folder / "plan.toml", folder / "out")
    quarters = [round(float(np.mean(part)), 2) for part in np.array_split(spent, 4)]
    return {
        "records": n,
        "cpu_seconds_a_run_by_quarter": quarters,
        "without_news": round(time.process_time() - begin, 3),
    }


PARTS = {"false_alarms": false_alarms, "detection": detection, "raised": raised, "scan": scan, "speed": speed,
         "county_without_rises": county_without_rises, "watch": watch}  # fmt: skip


def main():
    wanted = [name for name in sys.argv[1:] if name in PARTS] or list(PARTS)
    path = Path(__file__).parent / "results" / "alerts.json"
    for name in wanted:
        print(f"# {name}", flush=True)
        found = PARTS[name]()
        results = (json.loads(path.read_text("utf-8")) if path.exists() else {}) | {name: found}
        path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
