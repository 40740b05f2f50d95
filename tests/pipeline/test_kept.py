"""Today's areas kept: exactly, with little change, each around a station; what cannot be is said at the door."""

from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import run_plan
from patrolgeo.errors import DataError, PatrolgeoError
from town import write_town

EDGES = (119.90, 119.91, 119.93, 119.96)
NAMES = ("District 2", "District 10", "District 1")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    text = write_town(folder, 20).read_text().replace("n = 3\n", "", 1).replace("origins = 4", "origins = 3")
    shapes = [shapely.box(a - 1e-6, 31.70, b, 31.75) for a, b in pairwise(EDGES)]  # as in files, they overlap a little
    shapes[1] = shapely.segmentize(shapes[1], 0.007)
    gpd.GeoDataFrame({"dist": NAMES, "code": [7, 8, 9]}, geometry=shapes, crs=4326).to_file(
        folder / "districts.geojson"
    )
    stations = pd.DataFrame({"name": ["A", "B"], "kind": "dedicated", "role": "station", "lon": [119.92, 119.95],
                             "lat": [31.71, 31.74], "officers": 4})  # fmt: skip
    stations.to_csv(folder / "forces.csv", index=False)
    (folder / "plan.toml").write_text(text + '[current]\nfile = "districts.geojson"\nname = "dist"\n')
    return folder


def run(town, name, areas, further=""):
    plan = town / f"{name}.toml"
    plan.write_text((town / "plan.toml").read_text().replace("[areas]\n", f"[areas]\n{areas}\n") + further)
    return run_plan(plan, town / name), gpd.read_parquet(town / name / "cells.parquet").set_index("cell")


def district_of(cells):
    """Return the district that holds the middle of each cell, by its longitude."""
    x = cells.geometry.centroid.x
    return pd.cut(x, EDGES, labels=NAMES).astype("str").where(x.between(EDGES[0], EDGES[-1]))


@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_districts_kept_exactly_are_those_of_the_file_with_its_names_and_outlines(town):
    summary, cells = run(town, "exactly", 'keep = "exactly"')
    known = district_of(cells).dropna()
    assert (cells.loc[known.index, "area_name"] == known).all()
    areas = gpd.read_file(town / "exactly" / "areas.gpkg").set_index("name")
    today = gpd.read_file(town / "districts.geojson").set_index("dist")
    assert areas.geometry.symmetric_difference(today.geometry.loc[areas.index]).area.max() < 1e-6
    told = summary["areas"]
    assert (told["keep"], told["units_moved"], told["status"]) == ("exactly", 0, "as today")
    assert [row["name"] for row in told["by_area"]] == ["District 1", "District 2", "District 10"]
    assert told["max_over_mean"] == told["current"]["max_over_mean"]
    assert "kept exactly as they are: 3 areas" in (town / "exactly" / "report.html").read_text(encoding="utf-8")


@pytest.mark.filterwarnings("ignore:Geometry is in a geographic CRS")
def test_districts_kept_mostly_change_little_and_what_is_fixed_does_not(town):
    summary, cells = run(town, "mostly", 'keep = "mostly"\nstay_minutes = 0.0\nfixed = ["District 10"]')
    known = district_of(cells).dropna()
    moved = known.index[cells.loc[known.index, "area_name"] != known]
    assert 0 < summary["areas"]["units_moved"] < 0.3 * len(cells)
    assert len(moved) <= summary["areas"]["units_moved"]
    assert "District 10" not in set(known[moved])
    assert summary["areas"]["mean_travel_minutes"] < summary["areas"]["current"]["mean_travel_minutes"]
    assert summary["areas"]["max_over_mean"] <= summary["areas"]["current"]["max_over_mean"] + 1e-6
    timid, _ = run(town, "timid", 'keep = "mostly"\nstay_minutes = 30.0')
    assert timid["areas"]["units_moved"] <= 1  # a cell that hangs on its district by a neck


def test_each_station_is_the_middle_of_an_area_of_its_own(town):
    _, cells = run(town, "anchored", 'n = 3\nanchors = "stations"', '[forces]\nfile = "forces.csv"\n')
    stations = gpd.GeoDataFrame(geometry=gpd.points_from_xy([119.92, 119.95], [31.71, 31.74]), crs=4326)
    assert stations.sjoin(cells)["area"].nunique() == 2
    with pytest.raises(PatrolgeoError, match=r"areas\.anchors: 2 stations stand in the study area.* but there are 1"):
        run(town, "few", 'n = 1\nanchors = "stations"', '[forces]\nfile = "forces.csv"\n')


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ('keep = "mostly"\nn = 4', r"areas\.n = 4, but \[current\] has 3 areas"),
        ('keep = "mostly"\nfixed = ["District 11"]', r"'District 11' is no area of \[current\].*did you mean"),
    ],
)
def test_what_cannot_be_kept_is_said_before_areas_are_looked_for(town, areas, words):
    with pytest.raises(DataError, match=words):
        run(town, "bad", areas)
