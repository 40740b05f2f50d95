"""Nobody drives around the plan within the detour, by a search of the whole network; brute force on a small town."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, flow_paths, intercept_evasive_flows, intercept_flows, travel_time
from patrolgeo.errors import DataError
from patrolgeo.plan.optimise import hitting
from patrolgeo.roads.paths import PathSearch


def town(seed=0, side=4):
    rng = np.random.default_rng(seed)
    at = [(i, j) for i in range(side) for j in range(side)]
    ways = [(a, (a[0] + di, a[1] + dj)) for a in at for di, dj in ((0, 1), (1, 0)) if a[0] + di < side > a[1] + dj]
    lines = gpd.GeoSeries(
        [shapely.LineString([(119.9 + x / 500, 31.7 + y / 500) for x, y in w]) for w in ways], crs="EPSG:4326"
    )
    return RoadGraph.from_lines(lines, speed=rng.uniform(20, 60, len(ways)), split_crossings=False)


def traffic(graph, seed, n=12):
    rng = np.random.default_rng(seed)
    ends = rng.choice(len(graph.nodes), (n, 2))
    ends = [(a, b) for a, b in ends if a != b]
    pairs = pd.MultiIndex.from_tuples(dict.fromkeys(ends))
    return pd.Series(rng.integers(1, 20, len(pairs)).astype(float), pairs)


def not_around(graph, flows, sites, detour):
    """Flow that has no way within the detour when the sites are closed, by all shortest paths without them."""
    nodes = list(range(len(graph.nodes)))
    quick = travel_time(graph, nodes, nodes)
    left = RoadGraph(graph.nodes, graph.edges.drop(index=list(sites)), graph.center)
    around = travel_time(left, nodes, nodes)
    return sum(f for (a, b), f in flows.items() if around.loc[a, b] > quick.loc[a, b] * (1 + detour) + 1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_value_is_exact_and_the_bound_holds_against_all_plans(seed):
    graph = town(seed, 3)
    flows = traffic(graph, seed)
    plan = intercept_evasive_flows(graph, flows, 3, 0.3, prove=True)
    best = max(not_around(graph, flows, s, 0.3) for s in combinations(graph.edges.index, 3))
    assert plan.objective == not_around(graph, flows, plan.sites, 0.3)
    assert plan.objective <= best <= plan.bound + 1e-9
    assert plan.objective == best
    assert plan.status == "optimal"


def test_the_plain_plan_is_worth_less_than_it_says_when_drivers_go_around():
    graph = town(3, 6)
    flows = traffic(graph, 3, 20)
    plain = intercept_flows(flow_paths(graph, flows), flows, 6)
    evasive = intercept_evasive_flows(graph, flows, 6, 0.2)
    assert not_around(graph, flows, plain.sites, 0.2) < plain.objective
    assert not_around(graph, flows, evasive.sites, 0.2) == evasive.objective
    assert evasive.objective >= not_around(graph, flows, plain.sites, 0.2)
    assert evasive.objective == evasive.flows[evasive.intercepted].sum()


@pytest.mark.parametrize("seed", range(4))
def test_prices_alone_bound_every_plan(seed, monkeypatch):
    graph = town(seed, 5)
    flows = traffic(graph, seed, 25)
    ways = flow_paths(graph, flows, detour=0.2, n_paths=4)
    best = intercept_flows(ways, flows, 4, prove=True)
    monkeypatch.setattr(hitting, "SMALL_MODEL", 0)
    quick = intercept_flows(ways, flows, 4)
    assert best.status == "optimal"
    assert quick.objective <= best.objective <= quick.bound + 1e-9
    assert quick.bound < flows.sum()
    again = intercept_flows(ways, flows, 4, start=quick.sites, effort=0)
    assert again.objective >= quick.objective


def test_sites_on_nodes_are_not_driven_around_either():
    graph = town(5, 5)
    flows = traffic(graph, 5, 30)
    plan = intercept_evasive_flows(graph, flows, 4, 0.2, on="nodes")
    search = PathSearch(graph, flows, None, "nodes")
    limit = search.quickest().shortest * 1.2 + 1e-9
    around = search.quickest(limit, closed=graph.labels.isin(plan.sites))
    assert set(around.flow) == set(np.flatnonzero(~plan.intercepted))


def test_without_detour_it_is_the_plain_model():
    graph = town(6, 5)
    flows = traffic(graph, 6, 30)
    plain = intercept_flows(flow_paths(graph, flows), flows, 3, prove=True)
    assert intercept_evasive_flows(graph, flows, 3, 0.0, prove=True).objective == plain.objective
    with pytest.raises(DataError, match="detour"):
        intercept_evasive_flows(graph, flows, 3, -0.1)
