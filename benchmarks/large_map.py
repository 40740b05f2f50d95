"""What a map of 103,000 cells with labels costs in a browser: its size, and the longest tasks of its main thread.

    python benchmarks/large_map.py

Needs Chromium and playwright. The map has the twelve columns of a run, 64 areas, 40 posts, 2,000 villages and 12,000
named roads. Pans, zooms, clicks and repaints are done by mouse in headless Chromium without a graphics card; of every
task the CPU time of the thread counts, so that a busy machine changes little. Writes benchmarks/results/large_map.json.
"""

import json
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import sync_playwright

from patrolgeo import HexGrid, write_plan_page

ROOT = Path(__file__).parents[1]
CELLS, AREAS_A_SIDE = 103_000, 8
INCIDENTS = 5_000  # in four weeks
LON, LAT = 119.9, 31.7
MIDDLE = np.array([LON, LAT])
HALF = np.sqrt(CELLS) * 0.00066  # degrees: resolution 10 gives some more cells than wanted
TRACED = ["toplevel", "disabled-by-default-lighthouse"]


def make_cells(rng):
    box = shapely.box(LON - HALF, LAT - HALF, LON + HALF, LAT + HALF)
    grid = HexGrid.from_cells(HexGrid.from_area(gpd.GeoSeries([box], crs="EPSG:4326"), 10).ids[:CELLS])
    cells, n = grid.to_gdf(), len(grid)
    corner = cells.bounds[["minx", "miny"]].to_numpy()
    share = (corner - corner.min(axis=0)) / np.ptp(corner, axis=0)
    column, row = np.minimum((share * AREAS_A_SIDE).astype(int), AREAS_A_SIDE - 1).T
    risk, people = rng.gamma(0.3, 1, n), rng.poisson(rng.gamma(0.5, 60, n))
    return cells.assign(
        area=column * AREAS_A_SIDE + row + 1, risk=risk, risk_low=risk * 0.5, risk_high=risk * 1.7,
        chance=1 - np.exp(-risk), hotspot=risk > 2, workload=risk * 1.3, minutes_to_site=rng.gamma(2, 4, n),
        population=people, households=people // 3, incidents=rng.poisson(risk * 20), road_km=rng.gamma(1, 0.2, n),
        area_km2=rng.normal(0.0132, 0.0001, n), patrollable=rng.random(n) > 0.1,
    )  # fmt: skip


def points(rng, n, name):
    at = rng.uniform(-HALF, HALF, (n, 2)) + MIDDLE
    return gpd.GeoDataFrame({"name": [f"{name} {i}" for i in range(n)]}, geometry=shapely.points(at), crs="EPSG:4326")


def roads(rng, n):
    start, steps = rng.uniform(-HALF, HALF, (n, 1, 2)) + MIDDLE, rng.normal(0, HALF / 120, (n, 6, 2))
    lines = shapely.linestrings(np.concatenate([start, start + steps.cumsum(axis=1)], axis=1))
    kinds = rng.choice(["national", "provincial", "county", "village"], n, p=[0.02, 0.08, 0.2, 0.7])
    names = [f"Road {i % 900}" for i in range(n)]
    return gpd.GeoDataFrame({"name": names, "road_class": kinds}, geometry=lines, crs="EPSG:4326")


def write_map(path, busy=1):
    rng = np.random.default_rng(0)
    cells = make_cells(rng)
    areas = cells[["area", "geometry"]].dissolve("area")
    areas["name"] = [f"Area {i}" for i in areas.index]
    write_plan_page(path, title="Large", cells=cells, areas=areas, sites=points(rng, 40, "Post"),
                    roads=roads(rng, 12_000), overlays={"villages": points(rng, 2_000, "Village")},
                    boundary=areas[["geometry"]], n_periods=104, counts=steps(rng, cells, busy))  # fmt: skip


def steps(rng, cells, busy):
    """Counts of 24 steps of four weeks; `busy` is how many times the incidents of a county with so many cells."""
    first = pd.date_range("2023-02-27", periods=24, freq="28D")
    days = [first.strftime("%Y-%m-%d"), (first + pd.Timedelta(days=27)).strftime("%Y-%m-%d")]
    index = pd.MultiIndex.from_arrays(days, names=["first", "last"])
    mean = cells["risk"].to_numpy() / cells["risk"].sum() * INCIDENTS * busy
    return pd.DataFrame(rng.poisson(mean, (24, len(cells))).astype(float), index, cells.index)


class Watched:
    """A page whose longest main-thread task is told for each thing that is done to it."""

    def __init__(self, browser, url, ratio):
        self.browser, self.longest = browser, {}
        self.page = browser.new_page(viewport={"width": 1400, "height": 900}, device_scale_factor=ratio)
        self.page.goto(url)
        self.page.wait_for_selector("html[data-drawn]")
        self.page.wait_for_timeout(1500)
        box = self.page.locator("#map").bounding_box()
        self.x, self.y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def do(self, name, act):
        self.browser.start_tracing(page=self.page, categories=TRACED)
        act()
        self.page.wait_for_timeout(1000)
        longest = round(max(main_thread(json.loads(self.browser.stop_tracing()))), 1)
        self.longest[name] = max(self.longest.get(name, 0.0), longest)

    def drag(self):
        self.page.mouse.move(self.x, self.y)
        self.page.mouse.down()
        self.page.mouse.move(self.x + 150, self.y + 80, steps=8)
        self.page.mouse.up()

    def click(self):
        self.page.mouse.click(self.x + 33, self.y + 51)

    def wheel(self, pixels):
        self.page.mouse.move(self.x, self.y)
        self.page.mouse.wheel(0, pixels)


def main_thread(trace):
    """Milliseconds of CPU of every task of the page's main thread."""
    events = trace["traceEvents"]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    return [e.get("tdur", 0) / 1000 for e in events if e["name"].endswith("RunTask") and e["ph"] == "X"
            and names.get((e["pid"], e["tid"])) == "CrRendererMain"]  # fmt: skip


def measure(browser, url, ratio):
    watched = Watched(browser, url, ratio)
    for layer in ("hotspot", "population", "areas", "steps"):
        watched.do("repaint", lambda layer=layer: watched.page.check(f"input[name=layer][value={layer}]"))
    for _ in range(4):
        watched.do("step", lambda: watched.page.click(".steps .back"))
    watched.do("repaint", lambda: watched.page.check("input[name=layer][value=risk]"))
    for _ in range(8):
        watched.do("pan", watched.drag)
        watched.do("click", watched.click)
        watched.do("close the card", lambda: watched.page.keyboard.press("Escape"))
        watched.do("zoom", lambda: watched.page.click(".leaflet-control-zoom-in"))
    for _ in range(4):
        watched.do("zoom", lambda: watched.wheel(600))
    watched.page.close()
    return watched.longest


def main():
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        target, start = Path(folder) / "map.html", time.process_time()
        write_map(target)
        written = {"cpu_seconds": round(time.process_time() - start, 1), "mb": round(target.stat().st_size / 2**20, 2)}
        write_map(busiest := Path(folder) / "busiest.html", busy=20)  # so busy that steps are left out
        written["mb_of_20_times_the_incidents"] = round(busiest.stat().st_size / 2**20, 2)
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        longest = {f"ratio_{ratio}": measure(browser, target.as_uri(), ratio) for ratio in (1, 2)}
        browser.close()
    results = {"cells": CELLS, "written": written, "longest_task_cpu_ms": longest}
    (ROOT / "benchmarks" / "results" / "large_map.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
