"""Flows add up to what places send, and their ways are the quickest there are."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, calibrate_flows, flow_paths, gravity_flows, travel_time
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.roads.flows import PathSearch


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


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("decay", ["power", "exponential"])
def test_rows_sum_to_what_is_sent_and_columns_to_what_is_drawn(balanced, decay):
    rng = np.random.default_rng(1)
    names = list("abcdefgh")
    xy = rng.uniform(0, 30, (8, 2))
    minutes = pd.DataFrame(np.hypot(*(xy[:, None] - xy).T), names, names)
    sent, drawn = (pd.Series(rng.uniform(50, 150, 8), names) for _ in range(2))
    flows = gravity_flows(minutes, sent, drawn, decay=decay, balanced=balanced)
    assert np.allclose(flows.groupby("origin").sum(), sent, rtol=1e-6)
    if balanced:
        assert np.allclose(flows.groupby("destination").sum(), drawn * sent.sum() / drawn.sum(), rtol=1e-6)
    assert len(flows) == 56


def test_nobody_drives_where_there_is_no_way_and_the_far_draw_less():
    minutes = pd.DataFrame([[0, 5, np.inf], [5, 0, np.inf], [np.inf, np.inf, 0]], list("abc"), list("abc"))
    flows = gravity_flows(minutes, pd.Series(10.0, list("abc")))
    assert flows.to_dict() == {("a", "b"): 10.0, ("b", "a"): 10.0}


@pytest.mark.parametrize(
    ("masses", "error", "words"),
    [
        (pd.Series({"a": 1.0}), AlignmentError, "lacks 1 of 2"),
        (pd.Series({"a": 1.0, "b": -1.0}), DataError, "negative"),
    ],
)
def test_masses_that_do_not_fit_are_refused(masses, error, words):
    with pytest.raises(error, match=words):
        gravity_flows(pd.DataFrame([[0, 1], [1, 0]], list("ab"), list("ab")), masses)


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


def test_further_ways_are_new_and_within_the_detour():
    graph = town(2, 8)
    flows = all_pairs(range(0, 64, 9))
    one, more = flow_paths(graph, flows), flow_paths(graph, flows, detour=0.15, n_paths=4)
    assert len(more.flow) > len(one.flow)
    assert (more.minutes <= 1.15 * more.shortest[more.flow] + 1e-6).all()
    assert np.array_equal(more.shortest, one.shortest)
    ways = [(q, tuple(more.step[a:b])) for q, a, b in zip(more.flow, more.start[:-1], more.start[1:], strict=True)]
    assert len(ways) == len(set(ways))
    assert (np.diff(more.flow) >= 0).all()


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
    paths = flow_paths(graph, flows)
    assert np.isinf(paths.minutes).tolist() == [False, True, False]
    assert np.diff(paths.start).tolist() == [0, 0, 1]


def test_load_counts_each_flow_on_its_quickest_way():
    graph = town(4)
    flows = all_pairs([0, 7, 20], 3.0)
    paths = flow_paths(graph, flows, detour=0.2, n_paths=3)
    assert paths.load(flows).equals(flow_paths(graph, flows).load(flows))
    assert paths.load(flows).sum() == 3.0 * len(flow_paths(graph, flows).step)


def test_calibrated_flows_show_the_counts_and_leave_the_rest():
    graph = town(5)
    flows = all_pairs(range(0, 36, 4), 10.0)
    paths = flow_paths(graph, flows)
    busy = paths.load(flows).nlargest(2)
    new = calibrate_flows(flows, paths, busy * 1.7)
    assert np.allclose(paths.load(new)[busy.index], busy * 1.7, rtol=1e-5)
    touched = np.asarray(paths.passes[:, busy.index].sum(axis=1)).ravel() > 0
    assert (new[~touched] == 10.0).all()
    with pytest.raises(DataError, match="no flow passes the gate"):
        calibrate_flows(flows, paths, pd.Series({paths.load(flows).idxmin(): 5.0}))


def test_flows_of_unknown_places_are_named():
    with pytest.raises(AlignmentError, match="'x'"):
        flow_paths(town(), pd.Series({("x", 0): 1.0}))
    with pytest.raises(DataError, match="MultiIndex"):
        flow_paths(town(), pd.Series({0: 1.0}))
