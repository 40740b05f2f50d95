"""Evaluation on any units: ``python benchmarks/evaluation.py``.

Three parts, written to ``results/evaluation.json``: the same incidents of Manhattan on hexagons, squares of 200 m and
street segments side by side; pseudo-challenges under the rules of the NIJ challenge in Vancouver; and how long it takes
to score 50 models at 100 origins on 20,000 units (``--parts`` runs some of them).
"""

import argparse
import json
import os
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import (
    AreaUnits,
    HexGrid,
    HistoricalMean,
    KernelRisk,
    RiskStack,
    RoadGraph,
    SquareGrid,
    backtest,
    compare,
    count_incidents,
    evaluate,
    nij_challenge,
    summarise_scores,
)
from patrolgeo.files import write_json

DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
RESULT = Path(__file__).parent / "results" / "evaluation.json"
MODELS = {"past counts": HistoricalMean(), "kernel": KernelRisk(), "stack": RiskStack()}


def incidents(file, category):
    rows = pd.read_parquet(DATA / file).dropna(subset=["lon", "lat", "datetime"])
    rows = rows[rows["category"] == category]
    points = gpd.points_from_xy(rows["lon"], rows["lat"])
    return gpd.GeoDataFrame({"time": rows["datetime"].to_numpy()}, geometry=points, crs="EPSG:4326")


def streets():
    """Return the streets of Manhattan as segments between crossings."""
    nodes = pd.read_csv(DATA / "nyc/manhattan_road_nodes.csv.gz").set_index("node")
    edges = pd.read_parquet(DATA / "nyc/manhattan_road_edges.parquet")[["source", "target"]]
    ends = np.unique(np.sort(edges.to_numpy(), axis=1), axis=0)
    ends = ends[ends[:, 0] != ends[:, 1]]
    xy = nodes[["lon", "lat"]]
    lines = shapely.linestrings(np.stack([xy.loc[ends[:, i]].to_numpy() for i in (0, 1)], axis=1))
    return RoadGraph.from_lines(gpd.GeoSeries(lines, crs="EPSG:4326"), speed=30, split_crossings=False)


def three_kinds():
    """Return scores of the same burglaries on three kinds of units, with intervals."""
    borough = gpd.read_file(DATA / "nyc/boroughs.gpkg")
    area = borough[borough["borough"] == "Manhattan"]
    points = incidents("nyc/incidents_2014_2015.parquet", "burglary")
    points = points[points.within(area.union_all())]
    kinds = {
        "hexagons, resolution 9": HexGrid.from_area(area, 9),
        "squares of 200 m": SquareGrid.from_area(area, 200),
        "street segments": AreaUnits.from_roads(streets(), within_m=60),
    }
    found = {}
    for name, units in kinds.items():
        panel = count_incidents(points, units, until="2016-01-01")
        said = backtest(MODELS, panel, window=4, step=4, n_origins=10, min_train=30, units=units)
        whole = units.size.sum()
        budgets = [0.01, 0.05, "100 units", "5 km" if units.are_lines else "0.5 km2"]
        metrics = ["hit_rate", "pai", "pei", "log_score_spatial"]
        scores = evaluate(panel, said, metrics, units=units, budgets=budgets)
        table = summarise_scores(scores).set_index(["model", "metric"])
        gain = compare(scores, reference="past counts").set_index(["model", "metric"])
        found[name] = {
            "units": len(units), "whole": f"{whole:.1f} {units.size.name.rpartition('_')[2]}",
            "incidents on units": int(panel.to_numpy().sum()), "incidents": len(points),
            "scores": {
                model: {
                    metric: [round(float(v), 4) for v in table.loc[(model, metric), ["value", "low", "high"]]]
                    for metric in table.loc[model].index
                }
                for model in MODELS
            },
            "stack against past counts": {
                metric: [round(float(v), 4) for v in row[["value", "low", "high", "p_adjusted"]]]
                for metric, row in gain.loc["stack"].iterrows()
            },
        }  # fmt: skip
        print(name, {m: table.loc[("stack", m), "value"].round(3) for m in table.loc["stack"].index}, flush=True)
    return found


def challenges():
    """Return PAI and PEI* of pseudo-challenges in Vancouver, squares of 600 ft, 0.25 square miles."""
    areas = gpd.read_parquet(DATA / "vancouver/local_areas.parquet")
    grid = SquareGrid.from_area(areas, 600, "ft")
    points = incidents("vancouver/incidents_2020_2022.parquet", "theft from vehicle")
    models = {"kernel of 300 m": KernelRisk(bandwidth=300), **MODELS}
    scores = nij_challenge(models, count_incidents(points, grid), grid, n_origins=4)
    ratio = compare(scores[["set", "model", "period", "until", "pei"]], reference="kernel of 300 m", how="ratio")
    pooled = summarise_scores(scores).set_index(["metric", "model"])["value"]
    found = {
        "cells": len(grid), "challenges": int(scores.groupby("set")["period"].nunique().sum()),
        "pai": pooled["pai"].round(3).to_dict(), "pei": pooled["pei"].round(4).to_dict(),
        "pei over kernel of 300 m": ratio.set_index("model")[["value", "low", "high"]].round(3).to_dict("index"),
    }  # fmt: skip
    print(found, flush=True)
    return found


def speed(n_models=50, n_origins=100, n_units=20_000):
    """Return CPU seconds of scoring with the default metrics."""
    rng = np.random.default_rng(0)
    grid = SquareGrid.from_area(gpd.GeoSeries([shapely.box(-74.1, 40.6, -73.9, 40.75)], crs="EPSG:4326"), 110)
    grid = grid.select(grid.cells[:n_units])
    weeks = pd.date_range("2020-01-06", periods=n_origins, freq="7D", name="period")
    rate = rng.gamma(0.3, 0.2, n_units)
    panel = pd.DataFrame(rng.poisson(rate, (n_origins, n_units)).astype(float), index=weeks, columns=grid.cells)
    said = {
        f"m{k:02d}": pd.DataFrame(rate * rng.gamma(5, 0.2, panel.shape), weeks, grid.cells) for k in range(n_models)
    }
    forecasts = pd.concat(said, axis=1, names=["model", "cell"])
    del said
    start = time.process_time()
    scores = evaluate(panel, forecasts, units=grid)
    seconds = time.process_time() - start
    found = {"models": n_models, "origins": n_origins, "units": n_units, "scores": int(scores.iloc[:, 2:].size),
             "cpu_seconds": round(seconds, 2)}  # fmt: skip
    print(found, flush=True)
    return found


PARTS = {"three kinds": three_kinds, "challenges": challenges, "speed": speed}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    known = json.loads(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else {}
    for part in parser.parse_args().parts:
        start = time.process_time()
        known[part] = PARTS[part]() | {"cpu_seconds_of_the_part": round(time.process_time() - start, 1)}
        write_json(RESULT, {"command": "python benchmarks/evaluation.py"} | known)


if __name__ == "__main__":
    main()
