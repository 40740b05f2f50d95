"""How long the app takes for a step of a planner, at 5,000 and 20,000 cells: what server and browser compute.

    python benchmarks/app.py

Each step (a lasso of 40 cells, a lock, a post) is taken and answered on plans of 12 areas with roads; CPU milliseconds
of step and answer together, the middle of nine. In headless Chromium without a graphics card a lasso and a click move
cells: CPU milliseconds of all tasks of the page's main thread from the click on, and of the longest one, the middle of
five. CPU counts, so that a busy machine changes little. Writes benchmarks/results/app.json.
"""

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from large_map import TRACED, main_thread
from patrolgeo import Edition, Findings, HexGrid, design_areas, draft_areas, write_plan_page
from patrolgeo.app.bench import Bench, Reach, State
from patrolgeo.pages.office.office import write_office
from patrolgeo.roads.hexagons import hexagon_graph

ROOT = Path(__file__).parents[1]
SIZES = (5_000, 20_000)
TIMES, MOVES = 9, 5


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


def write_folder(folder, bench):
    """Write the folder of a plan as the app opens it."""
    labels = bench.draft.labels
    grid = HexGrid.from_cells(list(labels.index))
    cells = grid.to_gdf().assign(area=labels, workload=bench.draft.plan.workload, risk=bench.reach.risk)
    areas = cells[["area", "geometry"]].dissolve("area").assign(name=[f"Area {i}" for i in bench.names])
    found, edition = Findings(cells=cells, areas=areas), Edition("Bench")
    cells.reset_index().to_parquet(folder / "cells.parquet", index=False)
    write_office(folder, found, edition)
    write_plan_page(folder / "plan.html", found, edition)
    wishes = {"speed_kmh": 30.0, "tolerance": 0.05}
    (folder / "manifest.json").write_text(json.dumps({"settings": {"areas": wishes}}))
    (folder / "summary.json").write_text(json.dumps({"title": "Bench"}))
    (folder / "plan.toml").write_text("[areas]\nn = 12\n")


def moves(page):
    """What is done with the mouse: a stroke around some 40 cells in the middle, and a click beside it."""
    box = page.locator("#map").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    count = int(page.get_attribute("html", "data-drawn"))
    wide = min(box["width"], box["height"]) * (40 / count) ** 0.5

    def lasso():
        page.check("input[name=mode][value=lasso]")
        page.mouse.move(x, y)
        page.mouse.down()
        for dx, dy in ((wide, 0), (wide, wide), (0, wide), (0, 0)):
            page.mouse.move(x + dx, y + dy, steps=3)
        page.mouse.up()

    def click():
        page.check("input[name=mode][value=move]")
        page.mouse.click(x - 30, y - 30)

    return {"lasso": lasso, "click": click}


def cost_in_browser(browser, url):
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(url)
    page.wait_for_selector("#edit[data-ready]")
    spent, done = {}, 0
    for name, act in moves(page).items():
        for turn in range(MOVES):
            page.select_option("#edit select", str(1 + turn % 2))
            page.wait_for_timeout(300)
            browser.start_tracing(page=page, categories=TRACED)
            act()
            done += 1
            page.wait_for_selector(f"#edit[data-steps='{done}']")
            page.wait_for_timeout(500)
            tasks = main_thread(json.loads(browser.stop_tracing()))
            spent.setdefault(name, []).append((sum(tasks), max(tasks)))
    page.close()
    middle = {name: np.median(told, axis=0).round(1).tolist() for name, told in spent.items()}
    return {name: {"all": together, "longest": longest} for name, (together, longest) in middle.items()}


def in_browser(bench):
    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        write_folder(Path(name), bench)
        command = [sys.executable, "-m", "patrolgeo", "app", name]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        try:
            return cost_in_browser(browser, re.search(r"http://\S+", server.stdout.readline())[0])
        finally:
            browser.close()
            server.kill()
            server.wait()


def main():
    results = {}
    for n in SIZES:
        bench = make_bench(n)
        results[str(n)] = {name: cost(bench, step) for name, step in steps_of(bench).items()}
        results[str(n)]["browser"] = in_browser(bench)
    (ROOT / "benchmarks" / "results" / "app.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
