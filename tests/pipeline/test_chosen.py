"""A plan of some records says so in its title; files in the wanted reference system; sources are credited; no posts."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from patrolgeo import run_plan
from patrolgeo.config import parse_plan
from patrolgeo.pipeline.chosen import chosen_records, credits_of, titled
from town import write_town

TOWN = {
    "title": "Town", "preset": "city", "incidents": {"file": "incidents.csv"}, "area": {"file": "area.geojson"},
    "population": {"file": "people.csv"}, "areas": {"n": 4},
}  # fmt: skip


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("night")
    text = write_town(folder, 40).read_text().replace("[sites]\nn = 2\n", '[output]\ncrs = "EPSG:4490"\n')
    wish = 'hours = ["22:00", "06:00"]\nweekdays = ["fri", "sat"]\ncredit = "Town Council"\nfile'
    (folder / "plan.toml").write_text(text.replace("file", wish, 1))
    return folder, run_plan(folder / "plan.toml", folder / "out")


def test_a_night_plan_says_so_in_its_title_on_map_report_and_summary(night):
    folder, summary = night
    title = "Town (22:00–06:00; Fri, Sat)"
    assert summary["title"] == title
    assert summary["records"] == {"hours": ["22:00", "06:00"], "weekdays": ["fri", "sat"], "categories": None,
                                  "from": None, "until": None}  # fmt: skip
    for page in ("plan.html", "report.html"):
        text = (folder / "out" / page).read_text(encoding="utf-8")
        assert title in text.split("</title>")[0]
    assert "Town Council" in (folder / "out" / "plan.html").read_text(encoding="utf-8")
    assert summary["credits"] == "Town Council"


def test_only_the_nights_that_begin_on_these_days_count(night):
    folder, summary = night
    table = pd.read_csv(folder / "incidents.csv", parse_dates=["datetime"])
    began = table["datetime"] - pd.Timedelta(hours=6)
    own = began.dt.day_name().isin(["Friday", "Saturday"]) & ~table["datetime"].dt.hour.between(6, 21)
    assert summary["incidents"]["kept"] == own.sum()
    assert summary["incidents"]["set_aside"] == {"not_wanted": len(table) - own.sum()}


def test_without_sites_there_are_no_posts_and_nothing_is_said_of_them(night):
    folder, summary = night
    assert "sites" not in summary
    assert not (folder / "out" / "sites.geojson").exists()
    assert "minutes_to_site" not in gpd.read_parquet(folder / "out" / "cells.parquet")


def test_files_are_in_the_wanted_reference_system_and_the_manifest_says_it(night):
    folder, _ = night
    assert gpd.read_file(folder / "out" / "areas.gpkg").crs == "EPSG:4490"
    assert gpd.read_parquet(folder / "out" / "cells.parquet").crs == "EPSG:4490"
    assert gpd.read_file(folder / "out" / "hot_spots.geojson").crs == "EPSG:4326"
    assert json.loads((folder / "out" / "manifest.json").read_text())["crs"] == "EPSG:4490"


def test_sources_that_do_not_agree_are_some_records_of_each():
    parts = [{"file": "a.csv", "hours": ["22:00", "06:00"]}, {"file": "b.csv"}]
    plan = parse_plan({**TOWN, "incidents": parts, "language": "zh"}, Path("plan.toml"))
    assert chosen_records(plan)["hours"] == "various"
    assert titled(plan) == "Town(各来源的部分记录)"
    assert titled(parse_plan(TOWN, Path("plan.toml"))) == "Town"


def test_an_openstreetmap_extract_credits_its_contributors_once():
    more = {
        "roads": {"file": "town.osm.pbf"},
        "barriers": {"file": "town.osm.pbf"},
        "places": {"file": "p.csv", "credit": "City"},
    }
    assert credits_of(parse_plan({**TOWN, **more}, Path("plan.toml"))) == "City · © OpenStreetMap contributors"


@pytest.mark.parametrize(
    ("hours", "weekdays", "share"),
    [(None, None, 1.0), (["22:00", "06:00"], None, 8 / 24), (["18:00", "24:00"], ["fri", "sat"], 0.25 * 2 / 7)],
)
def test_the_share_of_the_week_that_calls_are_of(hours, weekdays, share):
    said = {name: value for name, value in (("hours", hours), ("weekdays", weekdays)) if value}
    plan = parse_plan({**TOWN, "calls": {"file": "calls.csv", **said}}, Path("plan.toml"))
    assert plan.calls.share_of_week == pytest.approx(share)
