"""A small town in memory, from its incidents to two posts and a page, held against what is known otherwise.

Areas are not drawn: to compile their search takes a minute where nothing is compiled yet.
"""

import tempfile
import time
import warnings
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._typing import Floats
from patrolgeo.doctor.finding import Finding
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.maps.cells import map_cells
from patrolgeo.maps.offline import save_html
from patrolgeo.panel.counts import count_incidents
from patrolgeo.plan.sites.p_median import p_median
from patrolgeo.risk.baselines import Ewma


def self_test() -> Finding:
    """Plan the small town; a wrong answer or an error is a fault that says which."""
    began = time.perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = ", ".join(_wrong())
    except Exception as problem:  # noqa: BLE001  # whatever this machine does to us is what is looked for
        wrong = f"{type(problem).__name__}: {problem}"
    values = {"seconds": time.perf_counter() - began, "wrong": wrong}
    return Finding("test_failed" if wrong else "test", "fault" if wrong else "good", values)


def _wrong() -> Iterator[str]:
    """Yield each step whose answer is wrong."""
    grid, incidents = _town()
    panel = count_incidents(incidents, grid, freq="W", partial=True)
    if panel.to_numpy().sum() != grid.locate(incidents).notna().sum():
        yield "count_incidents"
    labels = GetisOrd(null="raw").fit_predict(panel)
    if labels[panel.sum().idxmax()] != "hot":
        yield "GetisOrd"
    risk = Ewma().fit(panel).predict().iloc[0]
    if not _is_best(grid, risk.to_numpy()):
        yield "p_median"
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "plan.html"
        save_html(map_cells(grid.to_gdf(risk), risk.name), page)
        if "</html>" not in page.read_text(encoding="utf-8"):
            yield "save_html"


def _town() -> tuple[HexGrid, gpd.GeoDataFrame]:
    """Return the cells of a town of 30 km2 and 600 incidents around its centre."""
    grid = HexGrid.from_area(gpd.GeoDataFrame(geometry=[shapely.box(119.90, 31.70, 119.96, 31.75)], crs=4326), 8)
    draws = np.random.default_rng(1).standard_normal((2, 600))
    points = gpd.points_from_xy(119.93 + 0.01 * draws[0], 31.725 + 0.008 * draws[1], crs=4326)
    times = pd.date_range("2023-01-02", periods=600, freq="9h")
    return grid, gpd.GeoDataFrame({"id": range(600), "time": times, "category": "theft"}, geometry=points)


def _is_best(grid: HexGrid, demand: Floats) -> bool:
    """Hold two sites of the solver against every pair of cells."""
    xy = grid.xy
    metres = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    best = min(np.minimum(metres[i], metres[j]) @ demand for i, j in combinations(range(len(metres)), 2))
    return bool(np.isclose(p_median(metres, 2, demand=demand, prove=True).objective, best))
