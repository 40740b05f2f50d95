"""Ground that is left out: no row, person or cell is lost; nothing is planned there; it is drawn and said."""

import json

import geopandas as gpd
import pytest
import shapely

from patrolgeo import run_plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.excluded import people_elsewhere
from town import write_town

BASE = shapely.box(119.925, 31.715, 119.94, 31.735)
PARK = shapely.box(119.90, 31.70, 119.912, 31.712)


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    write_town(folder, 40)
    gpd.GeoDataFrame({"what": ["North Base"]}, geometry=[BASE], crs=4326).to_file(folder / "base.geojson")
    gpd.GeoDataFrame({"what": ["West Park"]}, geometry=[PARK], crs=4326).to_file(folder / "park.geojson")
    more = '[[exclude]]\nfile = "base.geojson"\nname = "what"\n'
    more += '[[exclude]]\nfile = "park.geojson"\nname = "what"\nkind = "no_post"\n'
    (folder / "cut.toml").write_text((folder / "plan.toml").read_text() + more)
    return folder, run_plan(folder / "cut.toml", folder / "out"), run_plan(folder / "plan.toml", folder / "whole")


def cells_of(town, name):
    return gpd.read_parquet(town[0] / name / "cells.parquet").set_index("cell")


def test_every_cell_is_planned_for_or_left_out_by_where_its_middle_lies(town):
    cells, whole = cells_of(town, "out"), cells_of(town, "whole")
    assert set(cells.index) == set(whole.index)
    points = gpd.GeoSeries(whole.to_crs(32650).centroid.to_crs(4326))
    inside = points.index[points.within(BASE)]
    left = cells.index[cells["excluded"].notna()]
    assert set(left) == set(inside)
    assert len(left) > 1
    assert cells.loc[left, "area"].isna().all()
    assert not cells.loc[left, "patrollable"].any()
    assert cells.loc[left, "excluded_name"].eq("North Base").all()
    assert cells.loc[cells.index.difference(left), "area"].notna().all()


def test_no_person_and_no_record_is_lost(town):
    _, summary, whole = town
    people, incidents = summary["population"], summary["incidents"]
    assert people["on_cells"] + people["outside"] + people["excluded"] == pytest.approx(people["read"])
    assert people["excluded"] > 0
    assert incidents["not_counted"]["excluded"] == summary["excluded"]["incidents"] > 0
    assert incidents["counted"] + sum(incidents["not_counted"].values()) == incidents["kept"]
    assert incidents["counted"] + incidents["not_counted"]["excluded"] == whole["incidents"]["counted"]
    left = cells_of(town, "out")["excluded"].notna()
    assert whole["incidents"]["counted"] - incidents["counted"] == cells_of(town, "whole").loc[left, "incidents"].sum()


def test_no_post_stands_on_ground_that_is_left_out_or_kept_free(town):
    sites = gpd.read_file(town[0] / "out" / "sites.geojson")
    assert not sites.intersects(BASE).any()
    assert not sites.intersects(PARK).any()
    areas = gpd.read_file(town[0] / "out" / "areas.gpkg")
    assert not areas.intersects(gpd.GeoSeries([BASE.centroid], crs=4326).iloc[0]).any()


def test_it_is_drawn_and_said_and_every_file_is_in_the_manifest(town):
    folder, summary, _ = town
    report = (folder / "out" / "report.html").read_text(encoding="utf-8")
    cells = summary["excluded"]["cells"]
    assert f"because no patrol goes there: 1 polygon(s) (North Base), {cells} cells" in report
    assert "No post and no checkpoint was placed on 1 polygon(s) (West Park)" in report
    assert "North Base" in (folder / "out" / "plan.html").read_text(encoding="utf-8")
    assert [p["kind"] for p in summary["excluded"]["polygons"]] == ["no_patrol", "no_post"]
    manifest = json.loads((folder / "out" / "manifest.json").read_text())
    assert {"exclude", "exclude 2"} <= manifest["inputs"].keys()


def test_people_of_a_census_polygon_live_beside_the_ground_where_nobody_lives():
    tract = gpd.GeoDataFrame(
        {"population": [100, 7]}, geometry=[shapely.box(0, 0, 2, 1), shapely.box(3, 0, 4, 1)], crs=4326
    )
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(2.5, -1, 5, 2)]
    water = gpd.GeoDataFrame({"kind": ["no_residents"] * 2}, geometry=shapes, crs=4326)
    rest = people_elsewhere(tract, water)
    assert rest.geometry.iloc[0].equals(shapely.box(1, 0, 2, 1))
    assert rest.geometry.iloc[1].equals(tract.geometry.iloc[1])  # nothing is left of it: its people stay where they are
    assert rest["population"].tolist() == [100, 7]


def test_a_plan_of_which_nothing_is_left_is_refused(town):
    folder = town[0]
    gpd.GeoDataFrame(geometry=[shapely.box(119, 31, 121, 33)], crs=4326).to_file(folder / "all.geojson")
    (folder / "none.toml").write_text((folder / "plan.toml").read_text() + '[exclude]\nfile = "all.geojson"\n')
    with pytest.raises(DataError, match="covers every cell"):
        run_plan(folder / "none.toml", folder / "nothing")
