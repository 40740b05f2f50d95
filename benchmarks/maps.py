"""What a map costs to write, in CPU seconds and megabytes: the offline page, our folium map, GeoDataFrame.explore.

    python benchmarks/maps.py

Writes benchmarks/results/maps.json. `explore` runs where matplotlib and mapclassify are installed, and like folium only
up to 20,000 cells. Each is given one layer; the page is measured with its five layers as well.
"""

import importlib.util
import json
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from patrolgeo import HexGrid, map_cells, save_html, write_plan_page

ROOT = Path(__file__).parents[1]
SIZES = (5_000, 20_000, 100_000)
FOLIUM_LIMIT = 20_000
HAS_EXPLORE = all(importlib.util.find_spec(name) for name in ("mapclassify", "matplotlib"))


def make_cells(n):
    half = np.sqrt(n) * 0.0021  # degrees: resolution 10 gives some n cells
    area = gpd.GeoSeries([shapely.box(119.9 - half, 31.7 - half, 119.9 + half, 31.7 + half)], crs="EPSG:4326")
    grid = HexGrid.from_area(area, 10)
    grid = HexGrid.from_cells(grid.ids[:n])
    risk = np.random.default_rng(0).gamma(0.3, 1.0, len(grid))
    return grid.to_gdf().assign(risk=risk)


def cost(write, folder):
    target = Path(folder) / "map.html"
    start = time.process_time()
    write(target)
    seconds = time.process_time() - start
    return {"cpu_seconds": round(seconds, 3), "mb": round(target.stat().st_size / 2**20, 2)}


def five_layers(cells):
    return cells.assign(hotspot=cells.risk > 2, workload=cells.risk, population=100.0, incidents=cells.risk.round())


def measure(n, folder):
    cells = make_cells(n)
    full = five_layers(cells)
    found = {
        "page": cost(lambda p: write_plan_page(p, title="Page", cells=cells), folder),
        "page_five_layers": cost(lambda p: write_plan_page(p, title="Page", cells=full, n_periods=104), folder),
    }
    if n <= FOLIUM_LIMIT:
        found["map_cells"] = cost(lambda p: save_html(map_cells(cells, "risk"), p), folder)
    if n <= FOLIUM_LIMIT and HAS_EXPLORE:
        found["explore"] = cost(lambda p: cells.explore("risk", tiles=None, prefer_canvas=True).save(p), folder)
    return found


def main():
    if not HAS_EXPLORE:
        print("GeoDataFrame.explore is left out: matplotlib and mapclassify are not installed")
    with tempfile.TemporaryDirectory() as folder:
        measure(100, folder)  # imports and first calls
        results = {str(n): measure(n, folder) for n in SIZES}
    target = ROOT / "benchmarks" / "results" / "maps.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
