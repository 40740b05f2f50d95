"""Ways of flows are the quickest there are, and the next quickest within the detour."""

from itertools import islice

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, flow_paths, travel_time
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.roads.paths import PathSearch


def town(seed=0, side=6):
    rng = np.random.default_rng(seed)
    at = [(i, j) for i in range(side) for j in range(side)]
    ways = [(a, (a[0] + di, a[1] + dj)) for a in at for di, dj in ((0, 1), (1, 0)) if a[0] + di < side > a[1] + dj]
    lines = gpd.GeoSeries(
        [shapely.LineString([(119.9 + x / 500, 31.7 + y / 500) for x, y in w]) for w in ways], crs="EPSG:4326"
    )
    return RoadGraph.from_lines(lines, speed=rng.uniform(20, 60, len(ways)), oneway=rng.random(len(ways)) < 0.1)


def all_pairs(nodes, value=1.0):
    return pd.Series(value, index=pd.MultiIndex.from_product([nodes, nodes])).pipe(
        lambda s: s[s.index.get_level_values(0) != s.index.get_level_values(1)]
    )


@pytest.mark.parametrize("on", ["edges", "nodes"])
def test_paths_are_the_quickest_and_hang_together(on):
    graph = town()
    flows = all_pairs(range(0, len(graph.nodes), 5))
    paths = flow_paths(graph, flows, on=on)
    minutes = travel_time(graph, list(range(len(graph.nodes))), list(range(len(graph.nodes))))
    assert np.allclose(paths.minutes, [minutes.loc[o, d] for o, d in flows.index])
    e = graph.edges
    for k, (o, d) in enumerate(flows.index):
        steps = paths.step[paths.start[k] : paths.start[k + 1]]
        if on == "nodes":
            chain = [o, *steps, d]
            assert minutes.to_numpy()[chain[:-1], chain[1:]].sum() == pytest.approx(minutes.loc[o, d])
        else:
            assert e.minutes.iloc[steps].sum() == pytest.approx(minutes.loc[o, d])
            here = o
            for s in steps:
                here = e.target[s] if e.source[s] == here else e.source[s]
            assert here == d


@pytest.mark.parametrize("seed", range(3))
def test_further_ways_are_the_next_quickest_within_the_detour(seed):
    graph, flows = town(seed), all_pairs([0, 14, 21, 35])
    ways = flow_paths(graph, flows, detour=0.4, n_paths=6)
    streets = nx.DiGraph()
    for a, b, minutes, oneway in graph.edges[["source", "target", "minutes", "oneway"]].itertuples(index=False):
        for u, v in [(a, b)] if oneway else [(a, b), (b, a)]:
            streets.add_edge(u, v, minutes=minutes)
    for q, (origin, destination) in enumerate(flows.index):
        wanted = islice(nx.shortest_simple_paths(streets, origin, destination, "minutes"), 6)
        lengths = [nx.path_weight(streets, way, "minutes") for way in wanted]
        within = [x for x in lengths if x <= 1.4 * lengths[0] + 1e-9]
        assert np.allclose(ways.minutes[ways.flow == q], within)
    steps = [(q, tuple(ways.step[a:b])) for q, a, b in zip(ways.flow, ways.start[:-1], ways.start[1:], strict=True)]
    assert len(steps) == len(set(steps))
    for (_, way), minutes in zip(steps, ways.minutes, strict=True):
        assert graph.edges.minutes.iloc[list(way)].sum() == pytest.approx(minutes)
    assert flow_paths(graph, flows).load(flows).equals(ways.load(flows))


@pytest.mark.parametrize("on", ["edges", "nodes"])
def test_closed_sites_are_driven_around(on):
    graph = town(3)
    flows = all_pairs([0, 14, 35])
    search = PathSearch(graph, flows, None, on)
    free = search.quickest()
    closed = np.zeros(len(free.labels), bool)
    closed[free.step[free.start[0]]] = True
    around = search.quickest(closed=closed)
    assert not closed[around.step].any()
    assert (around.minutes >= free.minutes - 1e-9).all()
    assert around.minutes[0] > free.minutes[0]


def test_a_flow_without_a_way_and_one_within_a_node_stay_in_the_list():
    lines = [shapely.LineString([(119.9 + a, 31.7), (119.91 + a, 31.7)]) for a in (0, 0.1)]
    graph = RoadGraph.from_lines(gpd.GeoSeries(lines, crs="EPSG:4326"))
    flows = pd.Series({(0, 0): 1.0, (0, 3): 1.0, (0, 1): 1.0})
    for paths in (flow_paths(graph, flows), flow_paths(graph, flows, detour=0.1, n_paths=3)):
        assert np.isinf(paths.minutes).tolist() == [False, True, False]
        assert np.diff(paths.start).tolist() == [0, 0, 1]


def test_load_counts_each_flow_on_its_quickest_way():
    graph = town(4)
    flows = all_pairs([0, 7, 20], 3.0)
    paths = flow_paths(graph, flows, detour=0.2, n_paths=3)
    assert paths.load(flows).equals(flow_paths(graph, flows).load(flows))
    assert paths.load(flows).sum() == 3.0 * len(flow_paths(graph, flows).step)


def test_flows_of_unknown_places_are_named():
    with pytest.raises(AlignmentError, match="'x'"):
        flow_paths(town(), pd.Series({("x", 0): 1.0}))
    with pytest.raises(DataError, match="MultiIndex"):
        flow_paths(town(), pd.Series({0: 1.0}))
