"""How good are the forecasts? Rolling origins on New York, Vancouver and Philadelphia: ``python benchmarks/risk.py``.

A set is a type of incident and a window (7, 28 or 91 days) with at least 20 events per window; the last 10 origins
count, 14 or 28 days apart. Every model has its default settings. Results of a set are written when it is done, and a
further run goes on with the sets that are missing; ``--sources`` shares the sets out among processes. The first nine
sets are the configurations that the requirements name. Nothing was chosen on Philadelphia ("unseen"); its 18 months
leave no room for ten windows of 91 days.
"""

import argparse
import json
import os
import time
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import (
    BoostedStack,
    Ewma,
    HexGrid,
    HistoricalMean,
    KernelRisk,
    ProMap,
    RiskStack,
    backtest,
    calibration_table,
    count_incidents,
    evaluate,
    hit_rate,
    log_score,
    pei,
    pei_ceiling,
    randomised_pit,
)
from patrolgeo.files import write_json

DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
RESULT = Path(__file__).parent / "results" / "risk.json"
FILES = {
    "nyc": ("nyc/incidents_2014_2015.parquet", "nyc/precincts.parquet"),
    "vehicle": ("nyc/vehicle_thefts.parquet", "nyc/precincts.parquet"),
    "shootings": ("nyc/shootings.parquet", "nyc/precincts.parquet"),
    "vancouver": ("vancouver/incidents_2020_2022.parquet", "vancouver/local_areas.parquet"),
    "philadelphia": ("exports/philadelphia/incidents_2024_2025.csv.gz", "exports/philadelphia/boundary.gpkg"),
}
UNSEEN = {"philadelphia": ["Theft from Vehicle", "Motor Vehicle Theft", "Vandalism/Criminal Mischief",
                           "Aggravated Assault No Firearm", "Burglary Residential", "Robbery No Firearm"]}  # fmt: skip
BREAK_IN, FROM_VEHICLE = "break and enter residential/other", "theft from vehicle"
NINE = [
    ("vancouver", BREAK_IN, 1), ("vancouver", BREAK_IN, 4), ("vancouver", FROM_VEHICLE, 1),
    ("vancouver", FROM_VEHICLE, 4), ("vancouver", FROM_VEHICLE, 13), ("shootings", None, 13), ("vehicle", None, 4),
    ("nyc", "robbery", 4), ("nyc", "robbery", 1),
]  # fmt: skip
FINE = [
    ("vancouver", FROM_VEHICLE, 4), ("vancouver", "other theft", 4), ("vancouver", BREAK_IN, 4), ("vehicle", None, 4),
    ("nyc", "robbery", 4), ("nyc", "grand larceny", 4), ("nyc", "burglary", 4), ("nyc", "felony assault", 4),
]  # fmt: skip
OTHERS = {
    "vancouver": ["other theft", "mischief", "break and enter commercial", "theft of bicycle", "theft of vehicle",
                  "vehicle collision or pedestrian struck (with injury)"],
    "nyc": ["burglary", "felony assault", "grand larceny"],
}  # fmt: skip
SIZES = (20, 50, 150)  # least expected total of each class
SPREAD = [("vancouver", FROM_VEHICLE), ("vancouver", "other theft"), ("vancouver", "mischief"),
          ("nyc", "robbery"), ("nyc", "grand larceny"), ("nyc", "burglary"), ("nyc", "felony assault")]  # fmt: skip
METRICS = {
    **{f"hit@{s:g}": partial(hit_rate, area_share=s) for s in (0.01, 0.05)},
    "pei@0.01": partial(pei, area_share=0.01),
    "log_score": partial(log_score, part="spatial"),
    "events": lambda y_true, _: float(np.sum(y_true)),
    "ceiling@0.01": lambda _, y_pred, area: pei_ceiling(y_pred, 0.01, area),
}


def plan():
    """Return the sets in the order of their weight: (source, category, weeks, resolution)."""
    types = [*((d, c) for d, names in OTHERS.items() for c in names), *((d, c) for d, c, _ in NINE)]
    sets = [(*s, 9) for s in NINE] + [(*s, resolution) for s in FINE for resolution in (9, 10)]
    sets += [(*one, weeks, 9) for one in types for weeks in (4, 1, 13)]
    sets += [(source, c, weeks, 9) for source, names in UNSEEN.items() for c in names for weeks in (4, 1)]
    return list(dict.fromkeys(sets))


def name_of(source, category, weeks, resolution):
    return f"{source}: {category or source}, {7 * weeks} d, res {resolution}"


def records(path):
    """Return `datetime` (local), `category`, `lon` and `lat` of the incidents that have a place and a time."""
    if path.suffix == ".parquet":
        rows = pd.read_parquet(path)
    else:
        rows = pd.read_csv(path).rename(columns={"text_general_code": "category", "point_x": "lon", "point_y": "lat"})
        rows["datetime"] = pd.to_datetime(rows["dispatch_date"] + " " + rows["dispatch_time"])
    return rows.dropna(subset=["lon", "lat", "datetime"])


def outline(path):
    area = (gpd.read_parquet if path.suffix == ".parquet" else gpd.read_file)(path).to_crs(4326)
    return area.set_geometry(area.geometry.make_valid())


_panels = {}


def panel_of(source, resolution):
    """Return the weekly panel of a source: (category, cell) where it has several categories."""
    if (source, resolution) not in _panels:
        incidents, area = FILES[source]
        rows = records(DATA / incidents)
        points = gpd.GeoDataFrame(
            {"time": pd.to_datetime(rows["datetime"]).to_numpy(), "category": rows["category"].astype(str).to_numpy()},
            geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs="EPSG:4326",
        )  # fmt: skip
        grid = HexGrid.from_area(outline(DATA / area), resolution)
        if source in OTHERS or source in UNSEEN:
            common = points["category"].value_counts()
            counted = {c: count_incidents(points, grid, category=c) for c in sorted(common.index[common > 500])}
            index = max(counted.values(), key=len).index
            counted = {c: p.reindex(index, fill_value=0.0) for c, p in counted.items()}
            panel = pd.concat(counted, axis=1, names=["category", "cell"])
        else:
            panel = count_incidents(points, grid)
        _panels[source, resolution] = panel
    return _panels[source, resolution]


def run(source, category, weeks, resolution):
    """Return what happened in one set: scores by model and origin, deciles of the best and the default."""
    panel = panel_of(source, resolution)
    wanted = panel if category is None else panel[category]
    settings = {"target": category}
    models = {"mean": HistoricalMean(**settings), "ewma": Ewma(**settings), "kernel": KernelRisk(**settings)}
    models |= {"stack": RiskStack(**settings), "best": BoostedStack(**settings)}
    if weeks == 4:
        models |= {"scott": KernelRisk(bandwidth="scott", **settings), "promap": ProMap(**settings)}
    start = time.process_time()
    said = backtest(models, panel, window=weeks, step=2 if weeks == 1 else 4, n_origins=10, min_train=30)
    seconds = time.process_time() - start
    scores = evaluate(wanted, said, METRICS)
    numbers = scores.drop(columns=["period", "until"], errors="ignore").round(6)
    table = {m: t.drop(columns="model").to_dict("list") for m, t in numbers.groupby("model")}
    happened = wanted.rolling(weeks).sum().shift(1 - weeks).loc[said.index]
    deciles = {
        m: sum(calibration_table(happened.loc[t, said[m].columns], said[m].loc[t]) for t in said.index)[
            ["expected", "observed"]
        ].round(3).to_dict("list")
        for m in ("stack", "best")
    }  # fmt: skip
    return {"cells": wanted.shape[1], "events": float(np.mean(table["mean"]["events"])), "scores": table,
            "deciles": deciles, "cpu_seconds_per_origin": round(seconds / 10, 2)}  # fmt: skip


def intervals(source, category, weeks=26):
    """Return how often weekly counts of cells and of areas fell where the default said (90 % intervals).

    Totals are those of cells of resolutions 7 and 6 and of the city with at least 20 expected, by size.
    """
    panel = panel_of(source, 9)[category]
    grid = HexGrid.from_cells(panel.columns)
    groups = [grid.parents(r)[panel.columns] for r in (7, 6)] + [pd.Series("city", index=panel.columns)]
    pit, totals = [], []
    for t in range(len(panel) - weeks, len(panel)):
        model, happened = RiskStack().fit(panel.iloc[:t]), panel.iloc[t]
        pit.append(randomised_pit(happened, model.predict().iloc[0], model.dispersion(), random_state=t))
        totals += [covered(model, happened, by) for by in groups]
    u, inside = np.concatenate(pit), pd.concat(totals)
    by_size = inside.groupby(np.digitize(inside.index, SIZES[1:])).agg(["sum", "count"])
    return {
        "cells with PIT in 0.05 to 0.95": round(float(np.mean((u > 0.05) & (u < 0.95))), 4),
        "totals inside 90 % bounds": round(float(inside.mean()), 4),
        "totals": len(inside),
        "inside by size": {f"{SIZES[size]} and more": by_size.loc[size].astype(int).tolist() for size in by_size.index},
    }


def covered(model, happened, groups):
    """Return whether the total of each area lies inside its bounds, by what was expected, 20 at least."""
    bounds = model.predict_interval(level=0.9, groups=groups).iloc[0]
    expected, total = (table.groupby(groups).sum() for table in (model.predict().iloc[0], happened))
    inside = pd.Series(((bounds["low"] <= total) & (total <= bounds["high"])).to_numpy(float), expected.to_numpy())
    return inside[inside.index >= SIZES[0]]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=600, help="start no further set after so many minutes")
    parser.add_argument("--sources", nargs="+", choices=[*FILES, "intervals"], default=[*FILES, "intervals"])
    asked = parser.parse_args()
    stop = time.monotonic() + 60 * asked.minutes
    if not DATA.is_dir():
        raise SystemExit(f"real data are absent: {DATA} (set PATROLGEO_DATA)")
    for one in plan():
        if one[0] not in asked.sources or name_of(*one) in kept()["sets"] or time.monotonic() > stop:
            continue
        result = run(*one)
        keep({name_of(*one): result})
        print(name_of(*one), summary(result), flush=True)
    for one in SPREAD if "intervals" in asked.sources else ():
        name = ": ".join(one)
        if "inside by size" not in kept()["intervals"].get(name, {}) and time.monotonic() < stop:
            keep({}, {name: intervals(*one)})
    print(json.dumps(kept().get("gates"), indent=1))


def kept():
    """Return what earlier runs, and those beside this one, have found."""
    return json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {"sets": {}, "intervals": {}}


def keep(found, bounds=None):
    known = kept()
    every = known["sets"] | found
    sets = {name_of(*one): every[name_of(*one)] for one in plan() if name_of(*one) in every}
    content = {"command": "python benchmarks/risk.py", "gates": gates(sets)}
    write_json(RESULT, content | {"intervals": known["intervals"] | (bounds or {}), "sets": sets})


def summary(result):
    scores = {
        m: np.mean(t["log_score"]) - np.mean(result["scores"]["kernel"]["log_score"])
        for m, t in result["scores"].items()
    }
    hits = {m: np.sum(np.multiply(t["hit@0.01"], t["events"])) for m, t in result["scores"].items()}
    return {m: (round(scores[m], 4), round(hits[m] / max(hits["kernel"], 1e-9), 3)) for m in scores}


# -- the gates: pooled over sets, paired bootstrap over origins --------------------------------------------------------
def gates(found, n_boot=1000):
    sets = {n: r for n, r in found.items() if r["events"] >= 20 and "res 9" in n}
    nine = [name_of(*s, 9) for s in NINE]
    unseen = [n for n in sets if n.split(":")[0] in UNSEEN]
    out = {"sets": len(sets)}
    for label, some in (("nine", [n for n in nine if n in sets]), ("all", list(sets)), ("unseen", unseen)):
        if not some:
            continue
        for model in ("stack", "best"):
            out[f"A1 {model} - kernel, {label}"] = pooled_score([sets[n] for n in some], model, n_boot)
        for share in ("0.01", "0.05"):
            out[f"A2 stack / best simple @{share}, {label}"] = hindsight([sets[n] for n in some], share, n_boot)
        out[f"A4 attained, {label}"] = {
            m: round(float(np.median([attained(sets[n], m) for n in some])), 3) for m in ("best", "stack", "mean")
        }
        out[f"A5 observed / expected, {label}"] = {m: deciles([sets[n] for n in some], m) for m in ("best", "stack")}
    for resolution in ("9", "10", "9 and 10"):
        some = [
            r
            for n, r in found.items()
            if n.rpartition("28 d, res ")[2] in resolution.split() and r["events"] >= 20 and "scott" in r["scores"]
        ]
        for rival in ("scott", "promap"):
            if some:
                out[f"A3 best / {rival} @0.01, res {resolution}"] = pooled_hits(some, "best", rival, n_boot)
        if some:
            out[f"A3 reachable / scott @0.01, res {resolution}"] = geometric([reachable(r, "scott") for r in some])
    pairs = [(found[n.replace("res 9", "res 10")], found[n]) for n in found
             if "28 d, res 9" in n and n.replace("res 9", "res 10") in found and found[n]["events"] >= 500]  # fmt: skip
    if pairs:
        ratios = [np.sum(hits(a, "stack")) / np.sum(hits(b, "stack")) for a, b in pairs]
        out["A6 res 10 / res 9"] = {"pooled": geometric(ratios), "by set": np.round(ratios, 3).tolist()}
    return out


def hits(result, model, share="0.01"):
    return np.multiply(result["scores"][model][f"hit@{share}"], result["scores"][model]["events"])


def geometric(ratios):
    return round(float(np.exp(np.mean(np.log(ratios)))), 4)


def draws(n_boot, n=10):
    return np.random.default_rng(0).integers(0, n, (n_boot, n))


def pooled_score(results, model, n_boot):
    """Mean over sets of the mean difference per event; the interval draws origins within each set."""
    gain = np.array([np.subtract(r["scores"][model]["log_score"], r["scores"]["kernel"]["log_score"]) for r in results])
    boot = np.mean([g[draws(n_boot)].mean(axis=1) for g in gain], axis=0)
    low, high = np.quantile(boot, [0.025, 0.975])
    return {"value": round(float(gain.mean()), 4), "low": round(float(low), 4), "high": round(float(high), 4),
            "worst": round(float(gain.mean(axis=1).min()), 4)}  # fmt: skip


def pooled_hits(results, model, rival, n_boot):
    pairs = [(hits(r, model), hits(r, rival)) for r in results]
    boot = np.exp(
        np.mean([np.log(a[draws(n_boot)].sum(1) / b[draws(n_boot)].sum(1).clip(0.5)) for a, b in pairs], axis=0)
    )
    low, high = np.quantile(boot, [0.025, 0.975])
    ratios = [a.sum() / b.sum() for a, b in pairs]
    return {"value": geometric(ratios), "low": round(float(low), 3), "high": round(float(high), 3), "sets": len(pairs)}


def hindsight(results, share, n_boot):
    """Hits of the default over the best simple model, chosen afterwards, in each draw of origins anew."""
    ours = [hits(r, "stack", share) for r in results]
    simple = [np.array([hits(r, m, share) for m in ("mean", "ewma", "kernel")]) for r in results]
    ratios = [a.sum() / b.sum(axis=1).max() for a, b in zip(ours, simple, strict=True)]
    picks = draws(n_boot)
    boot = [
        np.log(a[picks].sum(axis=1) / b[:, picks].sum(axis=2).max(axis=0)) for a, b in zip(ours, simple, strict=True)
    ]
    low, high = np.quantile(np.exp(np.mean(boot, axis=0)), [0.025, 0.975])
    return {"value": geometric(ratios), "low": round(float(low), 3), "high": round(float(high), 3),
            "worst": round(float(min(ratios)), 3)}  # fmt: skip


def reachable(result, rival):
    """Return what `best` would catch, if its forecast were the truth, over the hits of a rival."""
    scores = result["scores"]["best"]
    most = hits(result, "best") / np.array(scores["pei@0.01"])  # of the best ground in hindsight
    return np.nansum(most * scores["ceiling@0.01"]) / hits(result, rival).sum()


def attained(result, model):
    return np.mean(result["scores"][model]["pei@0.01"]) / np.mean(result["scores"][model]["ceiling@0.01"])


def deciles(results, model):
    """Observed over expected in the five riskiest deciles, pooled over sets."""
    parts = [pd.DataFrame(r["deciles"][model]) for r in results]
    total = sum(parts).iloc[:5]
    return (total["observed"] / total["expected"]).round(3).tolist()


if __name__ == "__main__":
    main()
