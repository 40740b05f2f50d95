"""Why here: kinds of places enter as they are planted, stand on the sheets, and are audited in both languages."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import Edition, Findings, HexGrid, problem_sheets, write_report
from patrolgeo.pipeline.problems import problems_summary
from patrolgeo.pipeline.results import Place
from patrolgeo.pipeline.terrain import factors_of_spots, risk_terrain, terrain_summary


@pytest.fixture(scope="module")
def planted():
    """Incidents three times as frequent within 250 m of bars; shops and clinics mean nothing."""
    rng = np.random.default_rng(3)
    grid = HexGrid.from_area(gpd.GeoSeries.from_wkt(["POLYGON((0 0, .1 0, .1 .1, 0 .1, 0 0))"], crs=4326), 9)
    at = {
        kind: grid.lonlat[rng.choice(len(grid), n, replace=False)]
        for kind, n in (("bar", 60), ("shop", 60), ("clinic", 30))
    }
    kinds = np.repeat(list(at), [len(xy) for xy in at.values()])
    points = gpd.points_from_xy(*np.concatenate(list(at.values())).T)
    places = gpd.GeoDataFrame({"kind": kinds, "name": kinds}, geometry=points, crs=4326)
    metres = np.linalg.norm((grid.lonlat[:, None] - at["bar"][None]) * 111_195, axis=2).min(axis=1)
    weeks = pd.date_range("2024-01-01", periods=52, freq="7D", name="period")
    panel = pd.DataFrame(rng.poisson(np.where(metres <= 250, 0.3, 0.1), (52, len(grid))), weeks, grid.cells)
    ground = SimpleNamespace(patrollable_cells=grid.cells, exposure=pd.Series(1.0, grid.cells))
    place = Place({"places": places}, {})
    terrain = risk_terrain(place, SimpleNamespace(panel=panel), ground)
    return grid, metres, terrain, ground, panel


def test_what_was_planted_enters_and_kinds_that_lead_to_patients_are_never_asked(planted):
    _, _, terrain, ground, panel = planted
    told = terrain_summary(terrain)
    assert told["kinds"] == 2
    [row] = told["factors"]
    assert row["kind"] == "bar"
    assert row["low"] < 3 < row["high"]
    assert risk_terrain(Place({"places": None}, {}), SimpleNamespace(panel=panel), ground) is None


def test_a_sheet_tells_the_factors_of_its_cells(planted, tmp_path):
    grid, metres, terrain, _, _ = planted
    near, far = grid.cells[metres.argmin()], grid.cells[metres.argmax()]
    of_cell = pd.Series(0, grid.cells)
    of_cell[near], of_cell[far] = 1, 2
    spots = SimpleNamespace(of_cell=of_cell)
    told = factors_of_spots(SimpleNamespace(terrain=terrain, hotspots=SimpleNamespace(spots=spots)))
    facts = {"incidents": 40.0, "expected": 9.0, "kinds": "theft", "hours_known": 1.0, "years_above": 0, "years": 1}
    facts |= {"peak_workdays": "8-12", "peak_weekend": "8-12", "repeat_share": 0.1, "repeat_by_chance": 0.1}
    table = gpd.GeoDataFrame([facts, facts], index=[1, 2], geometry=grid.geometry[[near, far]].to_numpy(), crs=4326)
    sheets = problem_sheets(table, None, found_on="2024-12-31", days=364, factors=told)
    row = terrain.relative_risk_.iloc[0]
    assert sheets[0].factors == (tuple(row),)
    assert sheets[1].factors == ()
    assert problems_summary(sheets)[0]["factors"] == [row.to_dict()]
    for language, words in (("en", "times as many incidents"), ("zh", "案件为同一片区其他地方的")):
        summary = {"hotspots": {"significant_cells": 0, "terrain": terrain_summary(terrain)}}
        found = Findings(summary, sheets=sheets)
        page = write_report(tmp_path / "r.html", found, Edition("Town", language=language)).read_text("utf-8")
        assert page.count(words) == 1
        assert f"{row['factor']:.1f}" in page
