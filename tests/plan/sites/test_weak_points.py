"""Blind spots, weak links by exact removal, the curve of gain, posts and cameras."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from patrolgeo import (
    HexGrid,
    PostRule,
    RoadGraph,
    blind_spots,
    camera_places,
    camera_sheets,
    camera_view,
    cut_stretches,
    hexagon_graph,
    join_graphs,
    marginal_curve,
    max_coverage,
    p_center,
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


@pytest.mark.parametrize("seed", range(3))
def test_weak_roads_equal_closing_each_road_and_measuring_anew(seed):
    rng = np.random.default_rng(seed)
    at = np.arange(12).reshape(3, 4)
    spots = np.column_stack([(at.ravel() % 4) * 5, (at.ravel() // 4) * 5]) + rng.uniform(-1, 1, (12, 2))
    ends = np.r_[np.c_[at[:, :-1].ravel(), at[:, 1:].ravel()], np.c_[at[:-1].ravel(), at[1:].ravel()]]
    ends = np.r_[ends[rng.random(len(ends)) > 0.3], ends[:2]]  # some streets missing, two of them double
    roads = RoadGraph.from_lines(lines(*[spots[e] for e in ends]), speed=30, oneway=rng.random(len(ends)) < 0.2)
    bases, demand = roads.labels[:2], pd.Series(rng.integers(1, 9, len(roads.labels)).astype(float), roads.labels)
    weak = weak_roads(roads, bases, demand, max_minutes=3, share=0.0)
    before = travel_time(roads, bases, roads.labels, max_minutes=3).min()
    for line in range(len(ends)):
        left = roads.without([line])
        after = travel_time(left, bases, left.labels, max_minutes=3).min()
        lost = demand[np.isfinite(before) & ~np.isfinite(after)].sum()
        assert weak["lost"].get(line, 0.0) == pytest.approx(lost)


def test_in_a_joined_graph_a_road_is_weak_when_the_cells_are_too_slow_a_way_round():
    town = gpd.GeoSeries([Point(119.9, 31.7).buffer(0.03)], crs="EPSG:4326")
    grid = HexGrid.from_area(town, 8)
    road = gpd.GeoSeries([LineString([(119.875, 31.7), (119.9, 31.7)]), LineString([(119.9, 31.7), (119.925, 31.7)])])
    roads = RoadGraph.from_lines(road.set_crs("EPSG:4326"), speed=60)
    demand = pd.Series(1.0, grid.cells)
    for cells_kmh, weak_lines in ((60, 0), (2, 2)):
        graph = join_graphs(roads, hexagon_graph(grid, speed_kmh=cells_kmh), access_kmh=60)
        base = [grid.locate(gpd.GeoSeries([Point(119.9, 31.7)], crs="EPSG:4326"))[0]]
        assert len(weak_roads(graph, base, demand, max_minutes=25)) == weak_lines
        lost = weak_roads(graph, base, demand, max_minutes=25, share=0.0)["lost"]
        for line, gone in lost.items():  # the same by closing the road for good, ties of the cells kept
            reached = [np.isfinite(_reach(g, base, grid, 25)) for g in (graph, _closed(graph, line))]
            assert gone == (reached[0] & ~reached[1]).sum()


def _reach(graph, base, grid, limit):
    return travel_time(graph, base, grid.cells, max_minutes=limit).to_numpy()[0]


def _closed(graph, line):
    """The graph with the pieces of one road taken out by hand."""
    minutes, first = graph.minutes.tolil(), len(graph.on_roads)
    for piece in graph.roads.edges[graph.roads.edges.line == line].itertuples():
        minutes[first + piece.source, first + piece.target] = 0
        minutes[first + piece.target, first + piece.source] = 0
    return type("Closed", (), {"minutes": minutes.tocsr(), "labels": graph.labels})()


def _times(roads, base):
    return travel_time(roads, base, roads.labels).to_numpy()[0]


def test_the_curve_rises_and_its_gains_add_up():
    rng = np.random.default_rng(0)
    cost = rng.random((20, 200))
    curve = marginal_curve(cost, range(1, 6), 0.1, effort=0.1)
    assert curve["value"].is_monotonic_increasing
    assert curve["gain"].sum() == pytest.approx(curve["value"].iloc[-1])
    assert (curve["bound"] >= curve["value"]).all()


def test_the_curve_of_a_median_falls_and_its_gains_are_what_is_saved():
    cost = np.random.default_rng(1).random((15, 60))
    curve = marginal_curve(cost, range(1, 5))
    assert curve["value"].is_monotonic_decreasing
    assert curve["gain"].sum() == pytest.approx(curve["value"].iloc[0] - curve["value"].iloc[-1])
    assert (curve["bound"] <= curve["value"] + 1e-9).all()
    longest = marginal_curve(cost, [1, 2], model=p_center)
    assert longest["value"].iloc[0] == cost.max(axis=1).min()


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


def test_forces_compete_at_once_and_a_place_holds_one_of_them():
    rng = np.random.default_rng(2)
    places = pd.DataFrame({"kind": ["market", "bank", "school", "station", "market"]}, index=list("abcde"))
    minutes = pd.DataFrame(rng.uniform(0, 10, (5, 30)), places.index)
    demand = pd.DataFrame(rng.uniform(0, 5, (30, 2)), columns=["day", "night"])
    car, foot = PostRule("dedicated", ("day", "night")), PostRule("volunteers", ("day",))
    rules = {"market": (car, foot), "bank": (car, foot), "school": foot, "station": car}
    wanted = {"day": {"dedicated": 1, "volunteers": 2}, "night": {"dedicated": 2}}
    posts = plan_posts(places, minutes, demand, rules, wanted, {"dedicated": 4.0, "volunteers": 2.0})
    best = 0.0
    for cars in "abde":
        for first, second in combinations([p for p in "abce" if p != cars], 2):
            seen = (minutes.loc[cars] <= 4) | (minutes.loc[[first, second]] <= 2).any()
            best = max(best, demand["day"][seen].sum())
    assert posts.loc[posts["shift"] == "day", "gain"].sum() == pytest.approx(best)
    assert posts.attrs["shifts"]["day"]["status"] == "optimal"
    assert not posts.duplicated(["place", "shift"]).any()
    assert set(posts.loc[posts["shift"] == "night", "force"]) == {"dedicated"}
    with pytest.raises(InfeasibleError, match=r"2 posts of 'volunteers' .* 'night', but 0 places"):
        plan_posts(places, minutes, demand, rules, {"night": {"volunteers": 2}}, 4)
    with pytest.raises(DataError, match=r"no reach for .*'volunteers'"):
        plan_posts(places, minutes, demand, rules, wanted, {"dedicated": 4.0})


@pytest.mark.parametrize("kind", ["room", "dormitory", "bath", "changing_room"])
def test_a_forbidden_place_stays_forbidden_whatever_is_asked(kind):
    places = pd.DataFrame({"kind": ["market", kind]})
    assert camera_places(places)[1].to_dict() == {1: f"forbidden: {kind}"}
    with pytest.raises(DataError, match="never allowed"):
        camera_places(places, include=[kind])


@pytest.mark.parametrize("kind", ["home", "worship", "clinic"])
def test_homes_worship_and_clinics_are_excluded_unless_named(kind):
    places = pd.DataFrame({"kind": ["market", kind]})
    assert camera_places(places)[1].to_dict() == {1: f"excluded by default: {kind}"}
    assert camera_places(places, include=[kind])[1].empty


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
    held = camera_sheets(plan, roads, view, "thefts", {0: "1 May 2026"}, names=pd.Series({0: "Mill Lane"}))
    assert held[["sees_lines", "consultation"]].to_numpy().tolist() == [["Mill Lane, without a name", "2026-05-01"]]
    with pytest.raises(DataError, match="'soon' is not a date"):
        camera_sheets(plan, roads, view, "thefts", {0: "soon"})
    with pytest.raises(DataError, match="purpose is empty"):
        camera_sheets(plan, roads, view, " ", {})


def test_on_a_long_road_a_camera_sees_as_far_as_its_range_and_stands_anywhere():
    roads = RoadGraph.from_lines(lines([(0, 0), (10, 0)], [(10, 0), (10, 5)], [(10, 0), (12, 0)]), speed=30)
    assert camera_view(roads, roads.labels, range_m=100).nnz == 0  # every piece is longer than the view
    fine = cut_stretches(roads, 25)
    assert fine.edges.length_m.sum() == pytest.approx(roads.edges.length_m.sum())
    assert fine.edges.groupby("line").minutes.sum().to_numpy() == pytest.approx(roads.edges.minutes.to_numpy())
    middle = fine.locate(lines([(5, 0), (5, 1)]).interpolate(0))
    view = camera_view(fine, middle, range_m=101)
    assert 190 < fine.edges.length_m.iloc[view.indices].sum() <= 202  # both ways
    times = [travel_time(g, roads.labels, roads.labels) for g in (roads, fine)]
    assert np.allclose(*times)
