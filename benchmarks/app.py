"""How long the app takes for a step of a planner: what the server computes, at 5,000 and 20,000 cells.

    python benchmarks/app.py

Each step (a lasso of 40 cells, a lock, a post) is taken and answered on plans of 12 areas with roads; CPU milliseconds
of step and answer together, the middle of nine. Writes benchmarks/results/app.json.
"""

import json
import statistics
import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd

from patrolgeo import HexGrid, design_areas, draft_areas
from patrolgeo.app.bench import Bench, Reach, State
from patrolgeo.roads.hexagons import hexagon_graph

ROOT = Path(__file__).parents[1]
SIZES = (5_000, 20_000)
TIMES = 9


def make_bench(n):
    ring = next(k for k in range(1, 200) if 3 * k * (k + 1) + 1 >= n)
    grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(24.3, 107.4, 9), ring)[:n])
    rng = np.random.default_rng(0)
    risk = rng.gamma(0.4, 1.0, len(grid))
    travel = hexagon_graph(grid, pd.Series(rng.uniform(10, 60, len(grid)), grid.cells))
    plan = design_areas(pd.Series(risk + 0.1, grid.cells), grid, 12, travel=travel)
    posts = tuple(grid.cells[rng.choice(len(grid), 12, replace=False)])
    names = {int(area): str(area) for area in plan.measures.by_area.index}
    return Bench(Path(), names, State(draft_areas(plan), posts=posts), "", reach=Reach(risk, 10.0))


def steps_of(bench):
    labels = bench.draft.labels
    first = labels.index[labels == labels.iloc[0]]
    near = [cell for cell in h3.grid_disk(first[0], 6) if cell in labels.index][:40]
    to = next(int(area) for area in bench.names if area != labels.iloc[0])
    free = next(cell for cell in labels.index if cell not in bench.now.posts)
    return {
        "lasso": {"do": "move", "cells": near, "to": to}, "lock": {"do": "lock", "cells": near},
        "post": {"do": "post", "cell": free},
    }  # fmt: skip


def cost(bench, step):
    spent = []
    for _ in range(TIMES):
        start = time.process_time()
        bench.do(step)
        json.dumps(bench.told())
        spent.append(1000 * (time.process_time() - start))
        bench.do({"do": "undo"})
    return round(statistics.median(spent), 1)


def main():
    results = {}
    for n in SIZES:
        bench = make_bench(n)
        results[str(n)] = {name: cost(bench, step) for name, step in steps_of(bench).items()}
    (ROOT / "benchmarks" / "results" / "app.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
