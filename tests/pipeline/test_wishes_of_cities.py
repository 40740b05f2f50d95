"""Every wish about records, areas and ground, on the county and on two cities: the files say what the summary says."""

from pathlib import Path

import geopandas as gpd
import pytest

from patrolgeo import run_plan
from patrolgeo.config import read_plan

ROOT = Path(__file__).parents[2]
PLANS = {
    "county": ROOT / "data" / "samples" / "county" / "night.toml",
    "philadelphia": ROOT / "benchmarks" / "plans" / "philadelphia_kept.toml",
    "new york": ROOT / "benchmarks" / "plans" / "nyc_night.toml",
}
KEYS = {"incidents.hours", "incidents.weekdays", "incidents.categories", "incidents.from_", "incidents.until",
        "areas.keep", "areas.stay_minutes", "areas.fixed", "areas.anchors", "exclude.kind", "exclude.name",
        "current.name", "output.crs"}  # fmt: skip


def said(plan):
    """Return the keys of a plan that say something else than their default."""
    usual = type(plan.areas)(workload={"risk": 1.0}, speed_kmh=25.0, keep="mostly")
    told = {f"areas.{k}" for k in KEYS_OF_AREAS if getattr(plan.areas, k) != getattr(usual, k)} | {"areas.keep"}
    for role in ("incidents", "current", "exclude"):
        source = getattr(plan, role)
        told |= {f"{role}.{k}" for k, value in vars(source).items() if value is not None}
    return told | ({"output.crs"} if plan.output.crs != "EPSG:4326" else set())


KEYS_OF_AREAS = ("stay_minutes", "fixed", "anchors")


def test_the_county_uses_every_wish():
    assert KEYS <= said(read_plan(PLANS["county"]))


@pytest.mark.check
@pytest.mark.real
@pytest.mark.filterwarnings("ignore::patrolgeo.PatrolgeoWarning")  # what ledgers and short pasts ask to look at
@pytest.mark.parametrize("name", PLANS)
def test_the_files_opened_again_say_what_the_summary_says(name, tmp_path, real_data):
    plan = read_plan(PLANS[name])
    summary = run_plan(PLANS[name], tmp_path / "out")
    cells = gpd.read_parquet(tmp_path / "out" / "cells.parquet")
    areas = gpd.read_file(tmp_path / "out" / "areas.gpkg")
    assert cells.crs == areas.crs == plan.output.crs
    left = cells["excluded"].notna()
    assert (len(cells) - left.sum(), left.sum()) == (summary["grid"]["cells"], summary["excluded"]["cells"])
    assert left.sum() > 0
    assert cells["incidents"].sum() == summary["incidents"]["counted"]
    assert cells["population"].sum() == pytest.approx(summary["population"]["on_cells"], rel=1e-6)
    people = summary["population"]
    assert people["on_cells"] + people["outside"] + people["excluded"] == pytest.approx(people["read"], rel=1e-6)
    told = summary["incidents"]
    assert told["counted"] + sum(told["not_counted"].values()) == told["kept"]
    assert told["kept"] + sum(told["set_aside"].values()) == told["read"]
    names = [row["name"] for row in summary["areas"]["by_area"]]
    assert areas["name"].tolist() == names
    assert len(names) == summary["areas"]["n"] == summary["areas"]["current"]["n"]
    work = cells.loc[~left].groupby("area")["workload"].sum()
    assert (work / work.mean()).tolist() == pytest.approx(
        [row["over_mean"] for row in summary["areas"]["by_area"]], rel=1e-3
    )
    assert (tmp_path / "out" / "sites.geojson").exists() == (plan.sites is not None)
    for page in ("plan.html", "report.html"):
        assert summary["title"] in (tmp_path / "out" / page).read_text(encoding="utf-8").split("</title>")[0]
    if plan.areas.keep == "exactly":
        assert summary["areas"]["units_moved"] == 0
