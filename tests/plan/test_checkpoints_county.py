"""The sample county runs end to end: traffic over its 16 border roads, sites, borders, staffing."""

import geopandas as gpd
import pandas as pd
import pytest

from patrolgeo import RoadGraph, plan_checkpoints, read_population, sample_folder


@pytest.fixture(scope="module")
def county():
    folder = sample_folder()
    borders = gpd.read_file(folder / "borders.geojson")
    forces = pd.read_csv(folder / "forces.csv")
    stations = forces[forces["role"] == "station"].set_index("name")
    posts = pd.read_csv(folder / "checkpoints.csv")

    def points(table):
        return gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")

    return {
        "graph": RoadGraph.from_lines(gpd.read_file(folder / "roads.geojson")),
        "villages": read_population(folder / "villages.csv"),
        "crossings": borders[borders["kind"] == "crossing"].set_index("name"),
        "areas": gpd.read_file(folder / "townships.geojson").set_index("name"),
        "stations": points(stations), "existing": points(posts),
    }  # fmt: skip


def test_the_county_has_its_plan_and_every_border_village_its_second_cover_or_a_name(county):
    plan = plan_checkpoints(**county, n_sites=12, reach_minutes=30, random_state=1)
    said = plan.summary()
    assert len(county["crossings"]) == 16
    assert said["n"] == 12
    assert 0.3 < said["intercepted_share"] <= said["bound"] <= 1
    assert set(said["by_kind"]) == {"inside", "in", "out", "through"}
    assert said["staff_hours_per_day"] == 12 * 2 * 24
    table = plan.joint.places
    assert said["border_villages_covered_twice"] + len(said["border_villages_missing"]) == len(table) > 100
    met = table[table["both"]]
    assert len(met) > 0
    assert (met[["own_minutes", "other_minutes"]] <= 30).all().all()
    more = plan_checkpoints(**county, n_sites=12, reach_minutes=30, n_border_posts=3, random_state=1)
    assert more.joint.covered_twice > plan.joint.covered_twice
