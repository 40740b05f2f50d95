"""The ring is a minimum cut, holds against a search, and leaves a way open for ambulance and fire."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.optimize import linprog

from patrolgeo import RoadGraph, seal_cordon
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.mincut import minimum_cut

MANDATE = {"valid_until": "2024-03-01", "basis": "order 12"}


def town(seed, side=7, share=0.8):
    """A grid of streets with gaps, some of them one-way."""
    rng = np.random.default_rng(seed)
    at = [(i, j) for i in range(side) for j in range(side)]
    ways = [(a, (a[0] + di, a[1] + dj)) for a in at for di, dj in ((0, 1), (1, 0)) if a[0] + di < side > a[1] + dj]
    ways = [w for w in ways if rng.random() < share]
    lines = gpd.GeoSeries(
        [shapely.LineString([(119.9 + x / 500, 31.7 + y / 500) for x, y in w]) for w in ways],
        index=[f"r{k}" for k in range(len(ways))], crs="EPSG:4326",
    )  # fmt: skip
    return RoadGraph.from_lines(lines, oneway=rng.random(len(ways)) < 0.2, split_crossings=False)


def hops(graph, start):
    """Count hops by a plain search, either way along a road."""
    far, rim, k = dict.fromkeys(start, 0), list(start), 0
    e = graph.edges
    near = {v: [] for v in range(len(graph.nodes))}
    for a, b in zip(e.source, e.target, strict=True):
        near[a].append(b)
        near[b].append(a)
    while rim:
        k += 1
        rim = [w for v in rim for w in near[v] if w not in far and not far.update({w: k})]
    return far


def reaches(graph, start, closed, direction):
    """Search with roads closed; return what is found."""
    e = graph.edges
    steps = []
    for line, a, b, oneway in zip(e.line, e.source, e.target, e.oneway, strict=True):
        if line in closed:
            continue
        steps.append((a, b))
        if direction == "both" or not oneway:
            steps.append((b, a))
    steps = [(b, a) for a, b in steps] if direction == "in" else steps
    found = set(start)
    while True:
        new = {b for a, b in steps if a in found} - found
        if not new:
            return found
        found |= new


def cheapest(graph, start, depth, direction, cost):
    """The minimum cut by linear programming over node potentials."""
    far, n, e = hops(graph, start), len(graph.nodes), graph.edges
    rows, price = [], []
    for k, (a, b, oneway) in enumerate(zip(e.source, e.target, e.oneway, strict=True)):
        c = cost[k] if max(far.get(a, 99), far.get(b, 99)) <= depth else 1e4
        ways = [(a, b)] if oneway and direction != "both" else [(a, b), (b, a)]
        for u, v in ways:
            rows.append((v, u) if direction == "in" else (u, v))
            price.append(c)
    m = len(rows)
    matrix = np.zeros((m, n + m))
    for k, (u, v) in enumerate(rows):
        matrix[k, [u, v, n + k]] = [1, -1, -1]
    bounds = [(1, 1) if v in start else (0, 0) if far.get(v, 99) > depth else (0, 1) for v in range(n)]
    return linprog(np.r_[np.zeros(n), price], matrix, np.zeros(m), bounds=bounds + [(0, None)] * m).fun


@pytest.mark.parametrize("direction", ["both", "in", "out"])
@pytest.mark.parametrize("seed", range(12))
def test_cost_is_the_minimum_cut_and_a_search_finds_no_way(seed, direction):
    graph, rng = town(seed), np.random.default_rng(seed)
    start, depth = [int(rng.integers(len(graph.nodes)))], int(rng.integers(1, 4))
    cost = rng.integers(1, 5, len(graph.edges)) if seed % 2 else rng.uniform(0.5, 2.0, len(graph.edges))
    far = hops(graph, start)
    if max(far.values()) <= depth:
        pytest.skip("the seed's area reaches nothing beyond")
    ring = seal_cordon(graph, start, depth, direction, costs=dict(zip(graph.edges.line, cost, strict=True)), **MANDATE)
    assert ring.objective == pytest.approx(cheapest(graph, start, depth, direction, cost), rel=1e-9, abs=1e-9)
    assert ring.objective == pytest.approx(ring.bound, rel=1e-9, abs=1e-9) == ring.pieces.cost.sum()
    found = reaches(graph, start, set(ring.sites), direction)
    assert not {v for v in found if far.get(v, 99) > depth and v in far}
    assert ring.objective <= ring.boundary_cost + 1e-9
    ends = graph.edges.set_index("line").loc[ring.sites, ["source", "target"]].to_numpy()
    assert all(max(far[a], far[b]) <= depth for a, b in ends)


def test_real_costs_are_exact_beyond_what_whole_numbers_hold():
    rng = np.random.default_rng(3)
    tail, head = rng.integers(0, 40, (2, 300))
    cost = rng.uniform(0, 1, 300) * 10.0 ** rng.integers(-4, 5, 300)
    cut = minimum_cut(tail, head, cost, 40, 0, 1, float(cost[tail == 0].sum()))
    crossing = cut.side[tail] & ~cut.side[head]
    assert cut.side[0]
    assert not cut.side[1]
    assert cost[crossing].sum() == pytest.approx(cut.flow, rel=1e-10)


def two_bridges():
    """A village at node 0, tied to a town by two bridges, the second twice as long."""
    ways = [
        [(0, 0), (1, 1)],
        [(0, 0), (1, -2)],
        [(1, 1), (3, 0)],
        [(1, -2), (3, 0)],
        [(3, 0), (4, 0)],
        [(4, 0), (5, 0)],
    ]
    shapes = [shapely.LineString([(119.9 + x / 100, 31.7 + y / 100) for x, y in w]) for w in ways]
    names = ["north", "south", "north far", "south far", "bridge", "street"]
    return RoadGraph.from_lines(gpd.GeoSeries(shapes, index=names, crs="EPSG:4326"), speed=30)


def test_the_ring_goes_where_the_network_is_narrow_and_free_posts_draw_it():
    graph = two_bridges()
    assert seal_cordon(graph, [0], 3, **MANDATE).sites.tolist() == ["bridge"]
    assert seal_cordon(graph, [0], 2, **MANDATE).objective == 2
    free = seal_cordon(graph, [0], 2, existing=["north far", "south far"], **MANDATE)
    assert (free.objective, set(free.sites)) == (0.0, {"north far", "south far"})
    dear = seal_cordon(graph, [0], 3, costs={"bridge": 5.0}, **MANDATE)
    assert (dear.objective, dear.boundary_cost) == (2.0, 2.0)


def test_the_gate_is_the_nearest_to_hospital_and_nobody_is_cut_off():
    graph = two_bridges()
    people = gpd.GeoDataFrame({"population": [60, 10]}, geometry=graph.nodes.geometry.iloc[[0, 4]].to_numpy(), crs=4326)
    hospital = gpd.GeoSeries(graph.nodes.geometry.iloc[[5]].to_numpy(), crs=4326)
    ring = seal_cordon(graph, [0], 1, population=people, hospitals=hospital, **MANDATE)
    assert set(ring.sites) == {"north", "south"}
    assert ring.gates.tolist() == ["north"]
    said = ring.rescue
    assert (said.residents, said.without_gate, said.cut_off) == (60.0, 60.0, 0.0)
    assert said.minutes_after == pytest.approx(said.minutes_before)
    assert said.most_added == pytest.approx(0.0)


@pytest.mark.parametrize("seed", range(10))
def test_every_enclosed_part_has_a_gate_through_which_it_can_leave(seed):
    graph = town(seed, share=0.75)
    far = hops(graph, [24])
    if max(far.values()) <= 2:
        pytest.skip("the seed's area reaches nothing beyond")
    ring = seal_cordon(graph, [10, 24, 38], 2, **MANDATE)
    inside = {graph.labels.get_loc(v) for v in ring.enclosed}
    closed = set(ring.pieces.line[~ring.pieces.gate])
    for start in (10, 24, 38):
        part = reaches(graph, [start], set(ring.pieces.line), "both")
        tied = set(graph.edges.line[graph.edges.source.isin(part) ^ graph.edges.target.isin(part)])
        if tied & set(ring.sites):
            assert reaches(graph, [start], closed, "both") - inside


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"valid_until": None}, DataError, "valid_until is missing"),
        ({"valid_until": "soon"}, DataError, "a date"),
        ({"basis": " "}, DataError, "basis is missing"),
        ({"direction": "up"}, DataError, "direction='up'"),
        ({"depth": 0}, DataError, "at least 1"),
        ({"depth": 9}, InfeasibleError, "No road leads further than 4 hops"),
        ({"costs": {"nowhere": 1.0}}, DataError, "'nowhere'"),
        ({"costs": {"north": -1.0}}, DataError, "negative"),
        ({"costs": {"north": np.inf, "north far": np.inf}, "depth": 2}, InfeasibleError, "'north', 'north far'"),
        ({"inside": [99]}, DataError, "99 is not a node"),
        ({"inside": shapely.box(0, 0, 1, 1)}, DataError, "holds no node"),
        ({"outside": [0]}, DataError, "share nodes"),
    ],
)
def test_a_wish_that_cannot_be_met_says_why(wish, error, words):
    given = {"inside": [0], "depth": 2, **MANDATE} | wish
    with pytest.raises(error, match=words):
        seal_cordon(two_bridges(), **given)


def test_polygons_points_and_labels_name_the_same_area():
    graph = two_bridges()
    box = shapely.box(119.89, 31.69, 119.905, 31.705)
    rings = [
        seal_cordon(graph, area, 2, **MANDATE)
        for area in ([0], box, gpd.GeoSeries([box], crs=4326), gpd.GeoSeries.from_xy([119.9], [31.7], crs=4326))
    ]
    assert len({(tuple(r.sites), r.objective, tuple(r.inside)) for r in rings}) == 1
    assert rings[0].valid_until == pd.Timestamp("2024-03-01")
    assert rings[0].summary()["basis"] == "order 12"
