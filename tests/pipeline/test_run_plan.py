"""The main way runs on the sample county and on a real city, accounts for everything, and repeats to the byte."""

import json
import re
from pathlib import Path

import geopandas as gpd
import pytest

from patrolgeo import run_plan

ROOT = Path(__file__).parents[2]
COUNTY = ROOT / "data" / "samples" / "county" / "plan.toml"


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The outputs of the sample county, made once."""
    out = tmp_path_factory.mktemp("county") / "out"
    run_plan(COUNTY, out)
    return out


def read(out, name):
    return json.loads((out / name).read_text(encoding="utf-8"))


def check_accounts(summary):
    """Rows, people and shares add up, and bounds bind."""
    rows = summary["incidents"]
    assert rows["read"] == rows["kept"] + sum(rows["set_aside"].values())
    assert rows["kept"] == rows["counted"] + sum(rows["not_counted"].values())
    people = summary["population"]
    assert people["read"] == pytest.approx(people["on_cells"] + people["outside"], abs=1e-4)
    assert summary["areas"]["noncontiguous"] == 0
    assert summary["areas"]["max_over_mean"] >= 1
    sites = summary["sites"]
    assert 0 < sites["covered_share"] <= sites["bound"] + 1e-6 <= 1 + 2e-6
    for score in ("hit_rate", "pai", "pei"):
        for share in ("0.01", "0.05"):
            interval = summary["risk"][score][share]
            assert interval["low"] <= interval["value"] <= interval["high"]
    assert summary["risk"]["hit_rate"]["0.05"]["value"] > summary["risk"]["naive"]["population"]["0.05"]


def test_the_county_adds_up(county):
    summary = read(county, "summary.json")
    check_accounts(summary)
    assert summary["population"]["read"] == 143_000
    assert summary["areas"]["n"] == 9
    assert summary["sites"]["n"] == 12
    traffic = summary["checkpoints"]
    assert traffic["n"] == 6
    assert 0 < traffic["intercepted_share"] <= traffic["bound"] + 1e-9
    assert traffic["staff_hours_per_day"] == 6 * 2 * 24
    assert (
        traffic["border_villages_covered_twice"] + len(traffic["border_villages_missing"]) == traffic["border_villages"]
    )


def test_the_tables_tell_what_the_summary_tells(county):
    summary, cells = read(county, "summary.json"), gpd.read_parquet(county / "cells.parquet")
    areas, sites = gpd.read_file(county / "areas.gpkg"), gpd.read_file(county / "sites.geojson")
    assert len(cells) == summary["grid"]["cells"] == cells["cell"].nunique()
    assert cells["population"].sum() == pytest.approx(summary["population"]["on_cells"])
    assert cells["incidents"].sum() == summary["incidents"]["counted"]
    assert (cells["hotspot"]).sum() == summary["hotspots"]["significant_cells"]
    assert areas["workload"].max() / areas["workload"].mean() == pytest.approx(summary["areas"]["max_over_mean"], 1e-5)
    assert sites["adds_share"].sum() == pytest.approx(summary["sites"]["covered_share"], abs=1e-6)
    within = cells["minutes_to_site"] <= summary["sites"]["reach_minutes"]
    assert cells.loc[within, "risk"].sum() / cells["risk"].sum() == pytest.approx(
        summary["sites"]["covered_share"], 1e-5
    )


def test_the_manifest_lists_every_input_and_output(county):
    manifest = read(county, "manifest.json")
    assert set(manifest["outputs"]) == {p.name for p in county.iterdir()} - {"manifest.json"}
    assert set(manifest["inputs"]) >= {"incidents", "area", "population", "places", "forces", "roads"}
    assert all(re.fullmatch("[0-9a-f]{64}", source["sha256"]) for source in manifest["inputs"].values())
    assert manifest["seed"] == 1
    assert manifest["seconds"]


def test_a_second_run_writes_the_same_bytes(county, tmp_path):
    run_plan(COUNTY, tmp_path / "again")
    names = sorted(p.name for p in county.iterdir() if p.name != "manifest.json")
    assert [n for n in names if (county / n).read_bytes() != (tmp_path / "again" / n).read_bytes()] == []
    first, second = read(county, "manifest.json"), read(tmp_path / "again", "manifest.json")
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_the_pages_open_without_internet_and_say_what_must_be_said(county):
    for name in ("plan.html", "report.html"):
        page = (county / name).read_text(encoding="utf-8")
        assert not re.findall(r"""<(?:script|img|link|iframe)[^>]+(?:src|href)=["']https?:""", page)
        assert "no ground for stopping, searching or suspecting" in page
        assert "What was recorded is not what happened" in page
        assert "Synthetic data" in page
        assert "not merged with others and small counts are not suppressed" in page
        assert "officers" in page
        assert "Valid until 2025-03-30" in page


def test_a_public_version_shows_no_checkpoints_and_no_few_people(county, tmp_path):
    run_plan(COUNTY, tmp_path / "public", audience="public")
    assert not list((tmp_path / "public").glob("*.geojson"))
    for name in ("plan.html", "report.html"):
        assert "not merged with others" not in (tmp_path / "public" / name).read_text(encoding="utf-8")
    assert "checkpoints" not in read(tmp_path / "public", "summary.json")
    assert "sites" not in read(tmp_path / "public", "summary.json")
    cells = gpd.read_parquet(tmp_path / "public" / "cells.parquet").set_index("cell")
    inside = gpd.read_parquet(county / "cells.parquet").set_index("cell")
    homes = inside["households"].groupby(cells["unit"]).sum()
    assert ((homes.round() == 0) | (homes >= 10 - 1e-9)).all()
    assert cells.loc[cells["withheld"], ["population", "risk"]].isna().all(axis=None)
    small = inside["incidents"].between(1, 4)
    assert small.any()
    assert cells.loc[small, "incidents"].isna().all()
    few = inside["households"].round().between(1, 9)
    assert not cells.loc[few, "hotspot"].any()


@pytest.mark.real
def test_new_york_runs_and_adds_up(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("PATROLGEO_DATA", str(real_data))
    summary = run_plan(ROOT / "benchmarks" / "plans" / "nyc.toml", tmp_path / "nyc")
    check_accounts(summary)
    assert summary["incidents"]["read"] == 191_580
    assert summary["population"]["read"] == 8_560_072
    assert summary["population"]["on_cells"] >= 0.999 * 8_560_072
    assert len(summary["grid"]["links"]) == 7
