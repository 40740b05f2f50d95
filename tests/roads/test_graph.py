"""Lines become a graph: cut where they cross, joined where they meet, timed by their length."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString

from patrolgeo import RoadGraph
from patrolgeo.errors import CRSError, DataError

METRES = "EPSG:32648"


def layer(*lines, **columns):
    shift = np.array([500_000.0, 2_600_000.0])
    return gpd.GeoDataFrame(columns, geometry=[LineString(np.array(xy) + shift) for xy in lines], crs=METRES)


def test_a_cross_of_two_lines_has_four_pieces_and_five_nodes():
    roads = RoadGraph.from_lines(layer([(0, 0), (1000, 0)], [(400, -300), (400, 300)]), speed=60)
    assert (len(roads.edges), len(roads.nodes)) == (4, 5)
    assert np.allclose(sorted(roads.edges.length_m), [300, 300, 400, 600], rtol=1e-3)


def test_without_splitting_a_bridge_does_not_meet_the_road_below():
    roads = RoadGraph.from_lines(layer([(0, 0), (1000, 0)], [(400, -300), (400, 300)]), speed=60, split_crossings=False)
    assert (len(roads.edges), len(roads.nodes), roads.summary()["parts"]) == (2, 4, 2)


def test_a_line_that_ends_almost_on_another_is_joined_to_it():
    roads = RoadGraph.from_lines(layer([(0, 0), (1000, 0)], [(400, 0.6), (400, 300)]), speed=60)
    assert (len(roads.edges), roads.summary()["parts"]) == (3, 1)


def test_ends_further_apart_than_the_snap_stay_apart():
    lines = layer([(0, 0), (1000, 0)], [(1003, 0), (2000, 0)])
    assert RoadGraph.from_lines(lines, speed=60).summary()["parts"] == 2
    assert RoadGraph.from_lines(lines, speed=60, snap=5).summary()["parts"] == 1


def test_pieces_share_the_minutes_of_their_line_by_length():
    lines = layer([(0, 0), (1000, 0)], [(250, -300), (250, 300)], m=[8.0, 2.0])
    roads = RoadGraph.from_lines(lines, minutes="m")
    assert np.allclose(sorted(roads.edges.minutes), [1, 1, 2, 6])
    assert roads.edges.groupby("line").minutes.sum().tolist() == pytest.approx([8.0, 2.0])


def test_minutes_follow_from_length_and_speed_of_the_class():
    lines = layer([(0, 0), (1000, 0)], [(1000, 0), (2000, 0)], road_class=["county", "village"])
    roads = RoadGraph.from_lines(lines, speed={"county": 60.0, "village": 20.0})
    assert np.allclose(roads.edges.minutes, [1.0, 3.0], rtol=1e-3)


def test_a_one_way_line_is_open_in_the_direction_of_drawing_only():
    roads = RoadGraph.from_lines(layer([(0, 0), (1000, 0)]), speed=60, oneway=[True])
    source, target = roads.edges.source[0], roads.edges.target[0]
    assert roads.minutes[source, target] > 0
    assert roads.minutes[target, source] == 0
    assert roads.minutes.nnz == 1


def test_of_two_roads_between_the_same_ends_the_faster_counts():
    lines = layer([(0, 0), (1000, 0)], [(0, 0), (500, 400), (1000, 0)])
    roads = RoadGraph.from_lines(lines, minutes=[7.0, 3.0])
    assert roads.minutes.data.tolist() == [3.0, 3.0]


def test_any_reference_system_gives_the_same_lengths_and_the_index_labels_stay():
    lines = layer([(0, 0), (1000, 0)], [(400, -300), (400, 300)]).set_index([["main", "lane"]])
    one, two = RoadGraph.from_lines(lines), RoadGraph.from_lines(lines.to_crs("EPSG:4326"))
    assert np.allclose(one.edges.length_m, two.edges.length_m, atol=0.01)
    assert set(one.edges.line) == {"main", "lane"}


def test_multilines_loops_and_a_road_crossed_many_times_keep_their_length():
    comb = [LineString([(x, -50), (x, 50)]) for x in range(100, 1000, 100)]
    ring = LineString([(0, 0), (500, 400), (1000, 0), (0, 0)])
    lines = gpd.GeoSeries([shapely.MultiLineString(comb), ring], crs=METRES).translate(500_000, 2_600_000)
    roads = RoadGraph.from_lines(lines)
    metric = roads.edges.length_m.groupby(roads.edges.line).sum()
    assert metric.to_numpy() == pytest.approx([900.0, ring.length], rel=1e-3)
    assert roads.summary()["parts"] == 1


def test_every_piece_begins_and_ends_at_its_nodes():
    rng = np.random.default_rng(3)
    lines = layer(*rng.uniform(0, 2000, (40, 2, 2)).tolist())
    roads = RoadGraph.from_lines(lines)
    ends = shapely.get_coordinates(shapely.get_point(roads.edges.geometry.to_numpy(), [[0], [-1]]).ravel())
    nodes = shapely.get_coordinates(roads.nodes.geometry.to_numpy())
    assert np.abs(ends - nodes[np.r_[roads.edges.source, roads.edges.target]]).max() < 2e-5
    crossings = sum(a.crosses(b) for i, a in enumerate(lines.geometry) for b in lines.geometry[i + 1 :])
    assert abs(len(roads.edges) - (40 + 2 * crossings)) <= 4  # crossings within 1 m of each other count as one


def test_assumed_speed_and_small_parts_are_reported():
    roads = RoadGraph.from_lines(layer([(0, 0), (3000, 0)], [(0, 500), (1000, 500)]))
    assert roads.summary()["assumed_speed_kmh"] == 30.0
    assert roads.summary()["largest_part_share"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda t: {"lines": t.set_crs(None, allow_override=True)}, CRSError, "coordinate reference system"),
        (lambda t: {"lines": t.iloc[:0]}, DataError, "no line"),
        (lambda t: {"lines": t.set_geometry(t.geometry.centroid)}, DataError, "not lines"),
        (lambda t: {"lines": t, "speed": [0.0, 30.0]}, DataError, "road 0"),
        (lambda t: {"lines": t, "minutes": [1.0]}, DataError, "1 values were given for 2 roads"),
        (lambda t: {"lines": t, "speed": {"county": 60}}, DataError, "village"),
    ],
)
def test_what_cannot_be_used_is_named(change, error, words):
    lines = layer([(0, 0), (1000, 0)], [(1000, 0), (2000, 0)], road_class=["county", "village"])
    with pytest.raises(error, match=words):
        RoadGraph.from_lines(**change(lines))
