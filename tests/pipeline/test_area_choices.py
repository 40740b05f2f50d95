"""A choice between areas in one line of the plan file, other numbers side by side, a limit of change with its curve."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely

from auditor import Folder, audit
from patrolgeo import HexGrid, run_plan
from patrolgeo.config import parse_plan
from patrolgeo.errors import DataError
from town import write_town

TOWN = {
    "title": "Town", "preset": "city", "incidents": {"file": "incidents.csv"}, "area": {"file": "area.geojson"},
    "population": {"file": "people.csv"}, "current": {"file": "today.geojson"},
}  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choice")
    text = write_town(folder, 40).read_text()
    wish = "[areas]\nchoice = {tolerance = 0.1, travel = 0.5, minmax = 0.5}\nn_beside = [2]\n"
    wish = f'[shifts]\nfile = "shifts.csv"\n\n{wish}shift_change = 0.2\n'
    (folder / "shifts.csv").write_text("name,start,end\nday,08:00,20:00\nnight,20:00,08:00\n")
    (folder / "chosen.toml").write_text(text.replace("[areas]\n", wish))
    return folder, text, run_plan(folder / "chosen.toml", folder / "out")


def test_goals_and_other_numbers_stand_in_summary_and_report(first):
    folder, _, summary = first
    areas = summary["areas"]
    assert {row["goal"] for row in areas["goals"]} == {"travel", "minmax"}
    assert sum(row["weight"] * row["ratio"] for row in areas["goals"]) == pytest.approx(areas["objective"])
    assert areas["tolerance"] == 0.1
    assert [row["n"] for row in areas["numbers"]] == [2, areas["n"]]
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "What the areas were chosen by" in report
    assert "Other numbers of areas" in report


def test_areas_by_shift_differ_by_no_more_than_the_plan_file_allows(first):
    folder, _, summary = first
    cells, rows = gpd.read_parquet(folder / "out" / "cells.parquet"), summary["areas"]["shifts"]
    assert [row["shift"] for row in rows] == ["day", "night"]
    assert (cells["shift_area_day"] != cells["shift_area_night"]).mean() <= 0.2 + 1e-9
    for row in rows:
        mine = cells[f"shift_area_{row['shift']}"]
        assert row["changed"] == pytest.approx((mine != cells["area"]).mean(), abs=1e-6)
        assert row["max_over_mean"] <= row["kept_max_over_mean"] + 1e-9
    assert "Areas by shift" in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_villages_stay_whole_on_cells_and_the_report_says_so(first, tmp_path):
    folder, text, _ = first
    across = np.linspace(119.90, 119.96, 6)
    villages = gpd.GeoDataFrame(
        {"name": [f"V{i}" for i in range(5)]}, crs="EPSG:4326",
        geometry=[shapely.box(a, 31.70, b, 31.72) for a, b in pairwise(across)],
    )  # fmt: skip
    villages.to_file(folder / "villages.geojson")
    wish = '[units]\nfile = "villages.geojson"\n\n[areas]\ntogether = true\ntolerance = 0.3\n'
    (folder / "whole.toml").write_text(text.replace("[areas]\n", wish))
    summary = run_plan(folder / "whole.toml", tmp_path)
    cells = gpd.read_parquet(tmp_path / "cells.parquet")
    cells = cells.sort_values("cell", ignore_index=True)
    middles = cells.set_geometry(gpd.points_from_xy(*HexGrid.from_cells(cells["cell"]).lonlat.T, crs="EPSG:4326"))
    held = middles.sjoin(villages, predicate="intersects")
    assert 10 < len(held) < len(cells)
    assert (held.groupby("name")["area"].nunique() == 1).all()
    assert summary["areas"]["noncontiguous"] == 0
    found = audit(Folder(tmp_path))
    assert "note_areas_together" in found.keys
    assert not found.wrong + found.unknown


def test_no_more_changes_than_the_plan_file_allows_and_the_curve_is_told(first):
    folder, text, _ = first
    today = gpd.read_file(folder / "out" / "areas.gpkg")
    today[["name", "geometry"]].to_file(folder / "today.geojson")
    n = len(today)
    wish = '[current]\nfile = "today.geojson"\n\n[areas]\nkeep = "mostly"\nmax_change = 0.2\n'
    (folder / "kept.toml").write_text(text.replace("[areas]\n", wish).replace(f"n = {n}\n", "", 1))
    areas = run_plan(folder / "kept.toml", folder / "kept")["areas"]
    assert [row["max_change"] for row in areas["change"]] == pytest.approx([0.05, 0.1, 0.2, 0.4])
    assert all(row["changed"] <= row["max_change"] + 1e-9 for row in areas["change"])
    assert "What more change would bring" in (folder / "kept" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("wrong", [
    {"n": 4, "choice": {"speed": 1.0}}, {"n": 4, "choice": {"response": 1.0}}, {"n": 4, "choice": {"tolerance": 2.0}},
    {"n": 4, "max_change": 0.1}, {"keep": "mostly", "n_beside": [3]}, {"keep": "exactly", "max_change": 0.1},
    {"n": 4, "shift_change": 0.1}, {"keep": "exactly", "shift_change": 0.1},
])  # fmt: skip
def test_wishes_that_cannot_be_meant_are_refused(wrong, tmp_path):
    with pytest.raises(DataError, match="areas"):
        parse_plan({**TOWN, "areas": wrong}, tmp_path / "plan.toml")
