"""Does noise enter a risk terrain, and is a planted factor found? ``python benchmarks/risk_terrain.py``.

Real incidents of Memphis, New York and Philadelphia, and places that mean nothing: three kinds (40, 100 and 300),
spread evenly in every other run and in clusters in the others. In the planted runs half of the incidents outside a
distance from 250 places are taken away, which makes a factor of 2 near them, beside a kind of 100 places that means
nothing. A run counts as noise when any meaningless layer enters. Settings were chosen on Memphis and New York;
Philadelphia was run once, at the end.
"""

import argparse
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

import risk as tested
from patrolgeo import HexGrid, RiskTerrain
from patrolgeo.files import write_json
from patrolgeo.risk.history import History

RESULT = Path(__file__).parent / "results" / "risk_terrain.json"
SETS = {
    "Memphis robbery": ("memphis/robberies_2019.parquet", "memphis/precincts.parquet", None),
    "New York robbery": (*tested.FILES["nyc"], "robbery"),
    "New York shootings": (*tested.FILES["shootings"], None),
    "Philadelphia theft from vehicle": (
        "exports/philadelphia/incidents_2024_2025.csv.gz", "exports/philadelphia/boundary.gpkg", "Theft from Vehicle",
    ),
    "Philadelphia aggravated assault": (
        "exports/philadelphia/incidents_2024_2025.csv.gz", "exports/philadelphia/boundary.gpkg",
        "Aggravated Assault No Firearm",
    ),
}  # fmt: skip


def city(incidents, area, category):
    """Return the grid of resolution 9, and the incidents by cell as a panel of one period."""
    rows = tested.records(tested.DATA / incidents)
    rows = rows if category is None else rows[rows["category"] == category]
    grid = HexGrid.from_area(tested.outline(tested.DATA / area), 9)
    at = grid.positions(rows["lon"], rows["lat"])
    counts = np.bincount(at[at >= 0], minlength=len(grid)).astype(float)
    return grid, counts


def panel_of(counts, grid):
    weeks = pd.date_range("2024-01-01", periods=2, freq="364D", name="period")
    return pd.DataFrame(np.array([counts // 2, counts - counts // 2]), index=weeks, columns=grid.cells)


def places(rng, grid, n, clustered):
    """Return n points that know nothing of incidents: in random cells, or around a tenth as many random cells."""
    at = grid.lonlat[rng.integers(0, len(grid), max(n // 10, 3) if clustered else n)]
    at = at[rng.integers(0, len(at), n)] if clustered else at
    metres = rng.normal(0, 1000 if clustered else 100, (n, 2))
    degrees = metres / (111_195 * np.c_[np.cos(np.radians(at[:, 1])), np.ones(n)])
    return gpd.GeoSeries.from_xy(*(at + degrees).T, crs="EPSG:4326")


def noise(grid, counts, run):
    rng = np.random.default_rng(run)
    kinds = {f"kind {n}": places(rng, grid, n, run % 2 == 1) for n in (40, 100, 300)}
    return bool(len(RiskTerrain().fit(panel_of(counts, grid), covariates=kinds).relative_risk_))


def planted(grid, counts, run):
    """Return the planted distance, the row of what was found (or None), and whether noise entered beside it."""
    rng = np.random.default_rng(10_000 + run)
    layers = {k: places(rng, grid, n, run % 2 == 1) for k, n in (("planted", 250), ("noise", 100))}
    reach = float(rng.choice([200, 300, 400, 500, 600]))
    where = History.of(panel_of(counts, grid), covariates=layers).points["planted"]
    near = cKDTree(where).query(grid.xy)[0] <= reach
    thinned = np.where(near, counts, rng.binomial(counts.astype(int), 0.5))
    table = RiskTerrain().fit(panel_of(thinned, grid), covariates=layers).relative_risk_.set_index("kind")
    found = table.loc["planted"].to_dict() if "planted" in table.index else None
    return reach, found, "noise" in table.index


def noise_part(name, runs):
    grid, counts = city(*SETS[name])
    entered = float(np.mean([noise(grid, counts, run) for run in range(runs)]))
    return {"cells": len(grid), "incidents": float(counts.sum()), "runs": runs, "noise entered": entered}


def planted_part(name, runs):
    grid, counts = city(*SETS[name])
    told = [planted(grid, counts, run) for run in range(runs)]
    rows = pd.DataFrame([{"reach": reach} | found for reach, found, _ in told if found])
    right = rows[(rows["operation"] == "within") & (rows["reach"] == rows["reach_m"])]
    return {
        "planted runs": runs,
        "noise entered beside the planted": float(np.mean([n for *_, n in told])),
        "planted found": len(rows) / runs,
        "interval holds 2": float(((rows["low"] <= 2) & (rows["high"] >= 2)).mean()),
        "distance and operation exact": len(right) / len(rows),
        "median factor": float(rows["factor"].median()),
        "median high / low": float((rows["high"] / rows["low"]).median()),
    }  # fmt: skip


PARTS = {"noise": noise_part, "planted": planted_part}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    asked = parser.parse_args()
    known = json.loads(RESULT.read_text(encoding="utf-8"))["sets"] if RESULT.exists() else {}
    for name in asked.sets:
        for part in asked.parts:
            known[name] = known.get(name, {}) | PARTS[part](name, asked.runs)
        print(name, known[name], flush=True)
        sets = {name: known[name] for name in SETS if name in known}
        write_json(RESULT, {"command": "python benchmarks/risk_terrain.py", "sets": sets})


if __name__ == "__main__":
    main()
