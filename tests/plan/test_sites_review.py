"""Blind spots, weak links by exact removal, the curve of gain, posts and cameras."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from patrolgeo import (
    PostRule,
    RoadGraph,
    blind_spots,
    camera_places,
    camera_sheets,
    camera_view,
    marginal_curve,
    max_coverage,
    plan_posts,
    travel_time,
    weak_roads,
    weak_units,
)  # fmt: skip
from patrolgeo.errors import DataError, InfeasibleError

MINUTES = pd.DataFrame([[2.0, 6.0, 30.0], [9.0, 4.0, 12.0]], index=["car", "foot"], columns=["town", "mill", "hill"])


def lines(*paths):
    """Roads of whole hundreds of metres."""
    return gpd.GeoSeries([LineString(np.array(p) * 100 + [500_000, 2_600_000]) for p in paths], crs="EPSG:32648")


def test_a_blind_spot_is_what_no_unit_on_duty_reaches_in_time():
    duty = pd.DataFrame({"day": [True, True], "night": [False, True]}, index=["car", "foot"])
    blind = blind_spots(MINUTES, {"urgent": 5, "normal": 15}, duty)
    assert blind[("urgent", "day")].tolist() == [False, False, True]
    assert blind[("urgent", "night")].tolist() == [True, False, True]
    assert not blind[("normal", "night")].any()
    nobody = pd.DataFrame({"holiday": [False, False]}, index=MINUTES.index)
    assert blind_spots(MINUTES, {"normal": 15}, nobody).all(axis=None)


def test_a_unit_is_weak_when_it_alone_reaches_much():
    demand = pd.Series({"town": 70.0, "mill": 20.0, "hill": 10.0})
    weak = weak_units(MINUTES, demand, 6)
    assert weak["lost"].to_dict() == {"car": 70.0}
    assert weak_units(MINUTES, demand, 6, share=0.8).empty


def test_the_only_bridge_is_a_weak_road_and_a_side_of_a_ring_is_not():
    ring = [[(0, 0), (5, 0)], [(5, 0), (5, 5)], [(5, 5), (0, 5)], [(0, 5), (0, 0)]]
    roads = RoadGraph.from_lines(lines(*ring, [(5, 5), (9, 9)]), speed=30)
    demand = pd.Series(1.0, index=roads.labels)
    base = roads.labels[[int(roads.edges.source[0])]]
    weak = weak_roads(roads, base, demand, max_minutes=60)
    assert weak["lost"].to_dict() == {4: 1.0}
    for line in range(5):  # the same by closing each road for good
        left = np.isfinite(_times(roads.without([line]), base))
        assert (5 - left.sum() > 0) == (line == 4)


def _times(roads, base):
    return travel_time(roads, base, roads.labels).to_numpy()[0]


def test_the_curve_rises_and_its_gains_add_up():
    rng = np.random.default_rng(0)
    cost = rng.random((20, 200))
    curve = marginal_curve(cost, range(1, 6), 0.1, effort=0.1)
    assert curve["covered"].is_monotonic_increasing
    assert curve["gain"].sum() == pytest.approx(curve["covered"].iloc[-1])
    assert (curve["bound"] >= curve["covered"]).all()


def test_a_post_is_only_where_its_place_is_open():
    places = pd.DataFrame({"kind": ["market", "school", "worship"]}, index=["m", "s", "w"])
    minutes = pd.DataFrame(np.array([[1.0, 9], [9, 1], [0, 0]]), index=places.index, columns=["x", "y"])
    demand = pd.DataFrame({"day": [1.0, 9.0], "night": [1.0, 9.0]}, index=["x", "y"])
    rules = {"market": PostRule("volunteers", ("night",)), "school": PostRule("auxiliaries", ("day",))}
    posts = plan_posts(places, minutes, demand, rules, {"day": 1, "night": 1}, 5)
    assert posts[["place", "shift"]].to_numpy().tolist() == [["s", "day"], ["m", "night"]]
    assert posts["covered_share"].tolist() == pytest.approx([0.9, 0.1])
    with pytest.raises(InfeasibleError, match="2 posts are wanted in shift 'day', but 1"):
        plan_posts(places, minutes, demand, rules, {"day": 2}, 5)


def test_no_camera_stands_in_a_bath_and_none_at_a_clinic_by_default():
    places = pd.DataFrame({"kind": ["market", "clinic", "dormitory"]})
    allowed, refused = camera_places(places, include=["clinic"])
    assert (allowed.index.tolist(), refused.index.tolist()) == ([0, 1], [2])
    with pytest.raises(DataError, match="never allowed in: bath"):
        camera_places(places, include=["bath"])


def test_a_camera_sees_round_a_bend_but_not_past_a_junction():
    roads = RoadGraph.from_lines(
        lines([(0, 0), (1, 0)], [(1, 0), (1, 1)], [(1, 1), (2, 1)], [(1, 1), (0, 1)]), speed=30
    )
    start = roads.labels[[int(roads.edges.source[0])]]
    view = camera_view(roads, start, range_m=350)
    assert sorted(view.indices.tolist()) == [0, 1]
    assert view.data == pytest.approx([100, 200], rel=1e-3)
    assert camera_view(roads, start, range_m=150).indices.tolist() == [0]
    plan = max_coverage(view, 1, 350, roads.edges.length_m.to_numpy())
    sheet = camera_sheets(plan, roads, view, "thefts at the market", {})
    assert sheet["sees_m"].iloc[0] == pytest.approx(200, rel=1e-3)
    assert sheet["consultation"].tolist() == ["still to be held"]
