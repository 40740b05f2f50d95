"""The sample county runs end to end: traffic over its 16 border roads, sites, borders, staffing."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    RoadGraph,
    defend_places,
    plan_checkpoints,
    read_population,
    sample_folder,
    space_checkpoints,
    travel_time,
)
from patrolgeo.plan.checkpoints.key_places import middles


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


def test_key_places_come_first_and_higher_duty_only_adds(county):
    folder = sample_folder()
    places = pd.read_csv(folder / "places.csv")
    schools = places[places["kind"] == "middle school"].set_index("name")
    points = gpd.GeoSeries.from_xy(schools["lon"], schools["lat"], crs="EPSG:4326").set_axis(schools.index)
    wish = {**county, "n_sites": 10, "grades": {"raised": 14}, "random_state": 1}
    plan, plain = plan_checkpoints(**wish, key_places=points, key_minutes=8), plan_checkpoints(**wish)
    known = plan.defence.places
    near = travel_time(county["graph"], plan.points, points).min() <= 8
    assert near[known.index[known["defended"]]].all()
    assert known["defended"].sum() > (travel_time(county["graph"], plain.points, points).min() <= 8).sum()
    assert plan.interception.objective <= plain.interception.objective
    assert set(plan.defence.sites) <= set(plan.interception.sites) < set(plan.tiers.plans["raised"].sites)
    table = plan.to_gdf()
    assert table["grade"].tolist() == ["normal"] * 10 + ["raised"] * 4
    total = plan.summary()["grades"]["raised"]["intercepted_share"]
    assert table["adds_share"].sum() == pytest.approx(total)
    assert table["adds_share"][:10].sum() == pytest.approx(plan.interception.intercepted_share)
    assert plan.summary()["one_more_share"] == pytest.approx(plain_one_more(plan), abs=0.01)


def plain_one_more(plan):
    """The best single further site, by trying each on the flows that are not met."""
    missed = plan.flows.where(~plan.interception.intercepted, 0.0).to_numpy()
    return float((plan.paths.passes.T @ missed).max() / plan.flows.sum())


def test_what_cannot_be_defended_is_named(county):
    graph = county["graph"]
    load = pd.Series(1.0, graph.edges.index[:50])
    far = gpd.GeoSeries.from_xy([107.0, 107.8], [24.1, 24.6], index=["a", "b"], crs="EPSG:4326")
    near = middles(graph, graph.edges.index[[7]]).set_axis(["c"])
    plan = defend_places(graph, pd.concat([far, near]), 3, 5, load, existing=[60])
    assert plan.missing.index.tolist() == ["a", "b"]
    assert plan.sites[0] == 60
    nobody = defend_places(graph, far, 3, 5, load)
    assert (len(nobody.sites), nobody.places["defended"].any()) == (0, False)


def test_no_stretch_of_the_national_roads_is_without_a_checkpoint(county):
    graph, roads = county["graph"], gpd.read_file(sample_folder() / "roads.geojson")
    national = roads.index[roads["road_class"] == "national"]
    held = graph.edges.index[graph.edges["line"].isin(national)][:1]
    plan = space_checkpoints(graph, national, 20, existing=held)
    pieces = graph.edges[graph.edges["line"].isin(national)]
    along = RoadGraph(graph.nodes, pieces.assign(minutes=pieces["length_m"] / 1000), graph.center)
    ends = graph.labels[pieces.loc[plan.sites, "source"]]
    away = travel_time(along, ends, graph.labels[pieces["target"].unique()]).min()
    assert held[0] in plan.sites
    assert (away <= 10 + pieces["length_m"].max() / 1000).all()
    assert plan.status == "optimal"
    assert plan.objective >= plan.bound >= pieces["length_m"].sum() / 1000 / 20 / 4
    assert space_checkpoints(graph, national, 40).objective < plan.objective


def test_no_checkpoint_stands_where_the_road_is_closed_to_them():
    lines = gpd.GeoSeries(
        [shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(3)], crs="EPSG:4326"
    )
    villages = gpd.GeoDataFrame(
        {"population": [900, 100, 500]},
        geometry=gpd.points_from_xy([119.9, 119.92, 119.96], [31.7] * 3),
        crs="EPSG:4326",
    )
    graph = RoadGraph.from_lines(lines, speed=40)
    assert plan_checkpoints(graph, villages, 1).interception.sites.tolist() == [0]
    assert plan_checkpoints(graph, villages, 1, closed=[0]).interception.sites.tolist() == [1]
