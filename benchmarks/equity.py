"""Exposure, frontier, feedback and silence against answers that are known.

    python benchmarks/equity.py [fresno] [frontier] [urn] [sacramento] [county]

Writes benchmarks/results/equity.json, each part on its own. Nothing here is tuned: `county` judges the defaults of
`under_reporting` on ten places that fell silent, on seeds that no setting was looked at, and on the rates of reporting.
"""

import json
import os
import sys
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse, stats

import patrolgeo as pg
from patrolgeo.sources.synthetic.quiet import make_quiet

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("PATROLGEO_DATA", ROOT / ".." / "shared" / "data"))
TARGET = ROOT / "benchmarks" / "results" / "equity.json"


def oracle(name):
    return json.loads((DATA / "oracles" / "oracles2.json").read_text())[name]


def fresno():
    """Where box forecasts fell, by group of residents."""
    table = pd.read_parquet(DATA / "fresno_forecasts" / "block_groups.parquet").set_index("area")
    groups = table.filter(like="group_").div(table["residents"].where(table["residents"] > 0), axis=0).fillna(0.0)
    found = pg.exposure_audit(table["forecasts"].astype(float), groups, table["residents"]).by_group
    known = oracle("exposure_fresno_forecasts")["expected"]
    off = [abs(found.loc[f"group_{k}", what] - known[f"{name}_group_{k}"])
           for k in range(1, 5) for what, name in (("exposure", "exposure"), ("per_head", "per_head"))]  # fmt: skip
    off += [abs(found.loc[f"group_{k}", "exposure_ratio"] - known[f"ratio_{k}_to_1"]) for k in (2, 3)]
    columns = ["exposure_ratio", "exposure_low", "exposure_high", "per_head_ratio", "per_head_low", "per_head_high"]
    return {"worst_error": max(off), "groups": found[columns].round(3).to_dict("index")}


def frontier():
    """The frontier of the oracle."""
    case = oracle("equity_frontier")
    given, expected = case["inputs"], case["expected"]
    series = [pd.Series(given[name]) for name in ("hits", "residents", "group_share")]
    table = pg.equity_frontier(*series, given["cells"], [row["cap"] for row in expected[1:]])
    off = [abs(table[name].iloc[k] - row[name]) for k, row in enumerate(expected) for name in ("hits", "ratio")]
    falls = bool((table["hits"].diff().dropna() <= 1e-9).all())
    rows = table.drop(columns="cap").round(4).assign(cap=["none", *table["cap"].iloc[1:]])
    return {"worst_error": max(off), "falls": falls, "rows": rows.to_dict("records")}


def urn():
    """The urn of equal places against the uniform it tends to; the published pair with and without correction."""
    case = oracle("feedback_urn")["expected"]
    even = pg.simulate_feedback([1.0, 1.0], days=1000, start=1, n_runs=20_000).iloc[0]
    made = {"mean_error": abs(even["share"] - case["mean"]), "sd_error": abs(even["sd"] - case["sd"])}
    for name, rates in (("0.667", [0.2, 0.1]), ("0.524", [0.11, 0.10])):
        for corrected in (False, True):
            row = pg.simulate_feedback(rates, days=3000, start=5, corrected=corrected, n_runs=2000).iloc[0]
            made[f"{name} {'corrected' if corrected else 'naive'}"] = row.round(4).to_dict()
    return made


def sacramento():
    """A month of calls: what officers started, by kind."""
    calls = pd.read_parquet(DATA / "sacramento" / "calls_2019_01.parquet")
    day = pd.DatetimeIndex(pd.to_datetime(calls["date"]))

    def panel(rows):
        return calls[rows].groupby([day[rows], "kind", "beat"]).size().unstack(["kind", "beat"], fill_value=0)

    everything = panel(np.ones(len(calls), bool))
    officer = panel(calls["officer_initiated"].to_numpy())
    officer = officer.reindex(index=everything.index, columns=everything.columns, fill_value=0)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = pg.feedback_audit(everything, officer, area_share=0.2)
    return {
        "officer_share": round(found.by_kind.loc["all", "officer_share"], 4), "warned": len(said),
        "kinds_driven": int(found.by_kind["drives"].sum()) - 1, "first_beats_changed": found.top_changed,
    }  # fmt: skip


def county():
    """Area under the curve of ten silent places, as committed and for twenty other draws; and of the lowest rates."""
    incidents, calls, people = (pg.load_sample(name) for name in ("incidents", "calls", "villages"))
    areas = pg.load_sample("village_areas").set_index("name")
    place = people.set_index("name")["village"]
    home = calls[calls["category"].isin(["dispute", "help request", "noise"])]
    points = gpd.GeoDataFrame(home, geometry=gpd.points_from_xy(home["lon"], home["lat"]), crs=4326)
    known = {
        "calls": gpd.sjoin(points, areas[["geometry"]], predicate="within")["name"].value_counts(),
        "residents": people.groupby("village")["population"].sum(),
    }
    known = {name: series.reindex(areas.index, fill_value=0) for name, series in known.items()}
    i, j = areas.sindex.query(areas.geometry.to_numpy(), predicate="intersects")
    touch = sparse.csr_matrix(((i != j) * 1.0, (i, j)), shape=(len(areas), len(areas)))
    told = incidents[(incidents["origin"] == "reported") & (incidents["category"] != "fraud")]

    def auc(rows, low):
        recorded = rows["village"].map(place).value_counts().reindex(areas.index, fill_value=0)
        found = pg.under_reporting(recorded, known, connectivity=touch)
        return curve(found["score"].fillna(9.0), low)

    def quiet(seed):
        lines = make_quiet(incidents, people, seed)["quiet_places.csv"].splitlines()[1:]
        table = pd.DataFrame([line.split(",") for line in lines], columns=["id", "village"])
        return auc(told[~told["id"].isin(table["id"])], set(table["village"]))

    rates = pg.load_sample("reporting").set_index("village")["reporting_rate"]
    others = [quiet(seed) for seed in range(100, 120)]
    return {
        "auc_ten_silent_places": round(quiet(1), 3), "auc_other_draws": np.round(others, 3).tolist(),
        "auc_other_draws_mean": round(float(np.mean(others)), 3), "auc_other_draws_least": round(min(others), 3),
        "auc_ten_lowest_rates": round(auc(told, set(rates.sort_values().index[:10])), 3),
    }  # fmt: skip


def curve(score, low):
    rank, silent = stats.rankdata(-score), score.index.isin(low)
    n = int(silent.sum())
    return float((rank[silent].sum() - n * (n + 1) / 2) / (n * (len(score) - n)))


PARTS = {part.__name__: part for part in (fresno, frontier, urn, sacramento, county)}

if __name__ == "__main__":
    results = json.loads(TARGET.read_text()) if TARGET.exists() else {}
    for name in sys.argv[1:] or PARTS:
        begin = time.process_time()
        results[name] = PARTS[name]() | {"cpu_s": round(time.process_time() - begin, 2)}
    TARGET.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
