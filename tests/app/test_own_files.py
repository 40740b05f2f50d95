"""A planner's whole errand: a CSV and a boundary of one's own, a plan, changes by hand, a plan that names them."""

import html
import json
import re
import subprocess
import sys
import tomllib

import geopandas as gpd
import pandas as pd
import pytest

from app_plan import middle, steps, stroke
from county_plan import COUNTY

pytestmark = pytest.mark.check
OWN = {"id": "Case No", "time": "Reported At", "category": "Offence", "lon": "Longitude", "lat": "Latitude"}


def run(*words):
    return subprocess.run([sys.executable, "-m", "patrolgeo", *map(str, words)], check=True, capture_output=True)


@pytest.fixture
def desk(tmp_path):
    """A folder as somebody brings it: cases with columns of their own names, and the outline of one town."""
    towns = gpd.read_file(COUNTY.parent / "townships.geojson")
    rows = pd.read_csv(COUNTY.parent / "incidents.csv").dropna(subset="lon")
    there = gpd.GeoSeries(gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    town = max(towns.geometry, key=lambda outline: int(there.within(outline).sum()))
    gpd.GeoSeries([town], crs=4326).to_file(tmp_path / "town.geojson")
    rows[there.within(town).to_numpy()].rename(columns=OWN)[list(OWN.values())].to_csv(
        tmp_path / "cases.csv", index=False
    )
    return tmp_path


def test_from_own_files_to_a_plan_changed_by_hand(desk, tmp_path, launch, visit):
    run("new", desk)
    file = desk / "plan.toml"
    text = file.read_text("utf-8").replace("resolution = 9", "resolution = 8")
    text = re.sub(r"(\[areas\]\nn = )\d+", r"\g<1>3", re.sub(r"(\[sites\].*\nn = )\d+", r"\g<1>3", text))
    file.write_text(text, "utf-8")
    run("plan", file, "--out", tmp_path / "first")
    server, url = launch(tmp_path / "first", "--plan", str(file))
    page = visit(url)
    page.select_option("#edit select", "1")
    page.check("input[name=mode][value=lasso]")
    stroke(page, *middle(page, right=-0.25, down=0.1), size=100)
    steps(page, 1)
    page.check("input[name=mode][value=post]")
    page.mouse.click(*middle(page, right=-0.3))
    steps(page, 2)
    told = page.inner_text("#edit .sums")
    page.click("#edit button:has-text('Save')")
    page.wait_for_selector("#edit output:has-text('plan-changed.toml')")
    page.click("#edit button:has-text('Close')")
    assert server.wait(timeout=20) == 0

    new = tomllib.loads((desk / "plan-changed.toml").read_text("utf-8"))
    moved, posts = new["areas"]["reassign"], new["sites"]["by_hand"]
    assert f"{len(moved)} cells moved" in told
    assert f"{len(posts)} posts" in told
    run("plan", desk / "plan-changed.toml", "--out", tmp_path / "second")
    cells = gpd.read_parquet(tmp_path / "second" / "cells.parquet").set_index("cell")
    before = gpd.read_parquet(tmp_path / "first" / "cells.parquet").set_index("cell")
    assert {cell: int(area) for cell, area in cells["area"].items() if area != before["area"][cell]} == moved
    sites = gpd.read_file(tmp_path / "second" / "sites.geojson")
    assert sorted(sites["cell"]) == sorted(posts)
    listed = json.loads((tmp_path / "second" / "manifest.json").read_text("utf-8"))["changed_by_hand"]
    assert {row["unit"] for row in listed} == set(moved)
    for name in ("report.html", "plan.html"):
        shown = html.unescape((tmp_path / "second" / name).read_text("utf-8"))
        assert f"the {len(posts)} posts stand where they were put by hand" in shown
        assert all(f"{row['unit']} from area {row['from']} to area {row['to']}" in shown for row in listed)
