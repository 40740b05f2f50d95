"""Roads of real files and edge tables, closures, and roads joined with hexagons."""

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from patrolgeo import HexGrid, RoadGraph, from_edges, hexagon_graph, join_graphs, travel_time
from patrolgeo.errors import DataError, MissingFileError

OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="31.70" lon="119.90" version="1"/><node id="2" lat="31.70" lon="119.91" version="1"/>
<node id="3" lat="31.70" lon="119.92" version="1"/><node id="4" lat="31.71" lon="119.91" version="1"/>
<node id="5" lat="31.69" lon="119.905" version="1"/><node id="6" lat="31.71" lon="119.905" version="1"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/>
<tag k="maxspeed" v="60"/></way>
<way id="11" version="1"><nd ref="4"/><nd ref="2"/><tag k="highway" v="residential"/><tag k="oneway" v="-1"/></way>
<way id="12" version="1"><nd ref="5"/><nd ref="6"/><tag k="highway" v="motorway"/><tag k="bridge" v="yes"/></way>
<way id="14" version="1"><nd ref="3"/><nd ref="4"/><tag k="route" v="ferry"/><tag k="motor_vehicle" v="{cars}"/></way>
<way id="15" version="1"><nd ref="1"/><nd ref="4"/><tag k="route" v="bus"/></way>
<way id="13" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="footway"/></way>
</osm>"""


@pytest.fixture
def crossing(tmp_path):
    path = tmp_path / "crossing.osm"
    path.write_text(OSM.format(cars="no"))
    return RoadGraph.from_osm(path)


def test_a_ferry_that_takes_cars_is_a_road_and_another_is_not(crossing, tmp_path):
    path = tmp_path / "ferry.osm"
    path.write_text(OSM.format(cars="yes"))
    ferry = RoadGraph.from_osm(path)
    assert len(ferry.edges) == len(crossing.edges) + 1
    slowest = (ferry.edges.length_m / ferry.edges.minutes).min() * 60 / 1000
    assert slowest == pytest.approx(10)  # km/h


def test_osm_ways_meet_at_shared_nodes_only_and_keep_their_rules(crossing):
    edges = crossing.edges
    assert len(edges) == 4  # the primary road cut in two, the lane, the bridge; no footpath
    assert crossing.summary()["parts"] == 2  # the motorway passes over
    primary = edges[edges.length_m.between(940, 955)]
    assert primary.minutes.to_numpy() == pytest.approx(primary.length_m / 1000 / 45 * 60)  # 3/4 of 60 km/h
    assert edges.oneway.tolist().count(True) == 2


def test_a_way_drawn_against_its_direction_is_turned(crossing):
    lane = crossing.edges[(crossing.edges.length_m > 1000) & (crossing.edges.length_m < 1200)].iloc[0]
    start = crossing.nodes.geometry.iloc[lane.source]
    assert (round(start.x, 3), round(start.y, 3)) == (119.91, 31.70)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingFileError, match=r"nowhere\.pbf"):
        RoadGraph.from_osm(tmp_path / "nowhere.pbf")


def test_a_closed_road_sends_traffic_round():
    square = [(119.90, 31.70), (119.92, 31.70), (119.92, 31.72), (119.90, 31.72), (119.90, 31.70)]
    lines = gpd.GeoSeries([LineString(square[i : i + 2]) for i in range(4)], index=list("abcd"), crs="EPSG:4326")
    roads = RoadGraph.from_lines(lines, speed=30)
    at = roads.edges.set_index("line")
    ends = roads.labels[[at.source["a"], at.target["a"]]]
    near = travel_time(roads, ends[:1], ends[1:]).to_numpy().item()
    far = travel_time(roads.without(["a"]), ends[:1], ends[1:]).to_numpy().item()
    assert near == pytest.approx(at.minutes["a"])
    assert far == pytest.approx(at.minutes[["b", "c", "d"]].sum())
    with pytest.raises(DataError, match="'z'"):
        roads.without(["z"])


def test_roads_and_hexagons_make_one_graph():
    grid = HexGrid.from_area(gpd.GeoSeries([Point(119.9, 31.7).buffer(0.03)], crs="EPSG:4326"), 8)
    east = LineString([(119.87, 31.7), (119.9, 31.7)])
    roads = RoadGraph.from_lines(gpd.GeoSeries([east], crs="EPSG:4326"), speed=60)
    cells = hexagon_graph(grid, speed_kmh=5)
    joined = join_graphs(roads, cells)
    alone = travel_time(cells, grid, grid)
    both = travel_time(joined, grid, grid)
    assert np.isfinite(both).all(axis=None)
    first, last = joined.on_roads[joined.on_roads].index[[0, -1]]
    assert both.loc[first, last] < 0.75 * alone.loc[first, last]
    off = joined.on_roads[~joined.on_roads].index
    neighbours = cells.minutes[grid.cells.get_loc(off[0])].indices
    step = grid.cells[neighbours[0]]
    assert both.loc[off[0], step] <= alone.loc[off[0], step] + 1e-9


@pytest.mark.real
def test_manhattan_at_eight_equals_the_known_times(real_data):
    nodes = pd.read_csv(real_data / "nyc" / "manhattan_road_nodes.csv.gz").set_index("node")
    edges = pd.read_parquet(real_data / "nyc" / "manhattan_road_edges.parquet").set_index("edge")
    roads = from_edges(nodes, edges, "week_08", unit="seconds")
    table = travel_time(roads, [1], roads.labels) * 60
    assert table.loc[1, 4091] == pytest.approx(2088)
    assert table.loc[1].mean() == pytest.approx(1207.1731, abs=1e-3)
    assert roads.usable.all()


@pytest.mark.real
def test_porto_alegre_has_one_large_network(real_data):
    roads = RoadGraph.from_osm(real_data / "porto_alegre" / "roads.osm.pbf")
    assert roads.summary()["largest_part_share"] > 0.97
    graph = nx.from_scipy_sparse_array(roads.minutes, create_using=nx.DiGraph)
    start = int(np.flatnonzero(roads.usable)[0])
    oracle = nx.single_source_dijkstra_path_length(graph, start)
    table = travel_time(roads, [start], roads.labels).to_numpy()[0]
    assert np.allclose([table[k] for k in oracle], list(oracle.values()), rtol=0, atol=1e-9)
    assert np.isfinite(table).sum() == len(oracle)
