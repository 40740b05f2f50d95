"""Several areas are enclosed and kept apart: against brute force, by a search, with a way out for each."""

from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, seal_cordon
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.checkpoints.cordon import multiway

MANDATE = {"valid_until": "2024-03-01", "basis": "order 12"}


def town(seed, side=3, share=0.95):
    """A grid of streets with gaps, a quarter of them one-way."""
    rng = np.random.default_rng(seed)
    at = [(i, j) for i in range(side) for j in range(side)]
    ways = [(a, (a[0] + di, a[1] + dj)) for a in at for di, dj in ((0, 1), (1, 0)) if a[0] + di < side > a[1] + dj]
    ways = [w for w in ways if rng.random() < share]
    lines = gpd.GeoSeries(
        [shapely.LineString([(119.9 + x / 500, 31.7 + y / 500) for x, y in w]) for w in ways], crs="EPSG:4326"
    )
    return RoadGraph.from_lines(lines, oneway=rng.random(len(ways)) < 0.25, split_crossings=False)


def roads(graph, direction):
    """Steps from node to node with the road they take."""
    steps = []
    for line, a, b, oneway in graph.edges[["line", "source", "target", "oneway"]].itertuples(index=False):
        steps += [(a, b, line)] + ([(b, a, line)] if direction == "both" or not oneway else [])
    return [(b, a, line) for a, b, line in steps] if direction == "in" else steps


def reach(steps, start, closed):
    """Search with roads closed; return what is found."""
    found = set(start)
    while new := {b for a, b, line in steps if a in found and b not in found and line not in closed}:
        found |= new
    return found


def apart(steps, areas, outside, closed):
    return all(
        not reach(steps, area, closed) & ({v for k, a in areas.items() if k != name for v in a} | {outside})
        for name, area in areas.items()
    )


def instance(seed):
    graph, rng = town(seed), np.random.default_rng(seed)
    *starts, outside = rng.choice(len(graph.nodes), 4, replace=False).tolist()
    return graph, {name: [v] for name, v in zip("abc", starts, strict=True)}, outside


def fewest(graph, areas, outside, direction):
    """The least number of roads that keeps all apart, by trying all sets."""
    steps = roads(graph, direction)
    for n in range(len(graph.edges) + 1):
        if any(apart(steps, areas, outside, set(c)) for c in combinations(graph.edges.line, n)):
            return n
    raise AssertionError


@pytest.mark.parametrize("direction", ["both", "out", "in"])
@pytest.mark.parametrize("seed", [1, 5])
def test_the_multiway_cut_is_the_cheapest_and_holds_against_a_search(seed, direction, monkeypatch):
    graph, areas, outside = instance(seed)
    best = fewest(graph, areas, outside, direction)
    ring = seal_cordon(graph, areas, direction=direction, outside=[outside], **MANDATE)
    assert (ring.objective, ring.bound, ring.status) == (best, best, "optimal")
    assert apart(roads(graph, direction), areas, outside, set(ring.sites))
    assert ring.objective <= ring.boundary_cost
    monkeypatch.setattr(multiway, "SMALL_MODEL", 0)
    quick = seal_cordon(graph, areas, direction=direction, outside=[outside], **MANDATE)
    assert quick.bound <= best <= quick.objective <= (2 if direction == "both" else 3) * best
    assert apart(roads(graph, direction), areas, outside, set(quick.sites))


@pytest.mark.parametrize("seed", range(6))
def test_areas_apart_cost_no_less_than_one_ring_around_them_and_no_more_than_a_ring_each(seed):
    graph, areas, outside = instance(seed)
    cost = pd.Series(np.random.default_rng(seed).uniform(0.5, 3.0, len(graph.edges)))
    wish = {"outside": [outside], "costs": cost, **MANDATE}
    ring = seal_cordon(graph, areas, **wish)
    together = seal_cordon(graph, [v for a in areas.values() for v in a], **wish)
    others = {name: [v for k, a in areas.items() if k != name for v in a] for name in areas}
    each = [seal_cordon(graph, a, **wish | {"outside": [outside, *others[name]]}) for name, a in areas.items()]
    closed = pd.Index(np.unique(np.concatenate([e.sites for e in each])))
    assert together.objective - 1e-9 <= ring.objective <= cost[closed].sum() + 1e-9
    assert ring.bound <= ring.objective + 1e-9
    assert ring.objective == pytest.approx(ring.pieces.cost.sum())


@pytest.mark.parametrize("seed", range(8))
def test_each_area_keeps_a_way_out_through_staffed_gates(seed):
    graph, areas, outside = instance(seed)
    ring = seal_cordon(graph, areas, outside=[outside], **MANDATE)
    steps, closed = roads(graph, "both"), set(ring.pieces.line[~ring.pieces.gate])
    for name, area in areas.items():
        assert outside in reach(steps, area, closed) or outside not in reach(steps, area, set())
        assert (ring.area[area] == name).all()


def test_cost_by_class_existing_and_forbidden_roads_are_each_an_argument():
    graph, areas, outside = instance(3)
    kind = pd.Series(np.where(graph.edges.line % 3 == 0, "national", "village"), graph.edges.line)
    wish = {"outside": [outside], **MANDATE}
    by_class = seal_cordon(graph, areas["a"], costs={"national": 4.0}, road_class=kind, **wish)
    by_road = seal_cordon(graph, areas["a"], costs=kind.map({"national": 4.0, "village": 1.0}), **wish)
    assert (by_class.objective, by_class.sites.tolist()) == (by_road.objective, by_road.sites.tolist())
    plain = seal_cordon(graph, areas["a"], **wish)
    free = seal_cordon(graph, areas["a"], existing=plain.sites, **wish)
    assert (free.objective, set(free.sites)) == (0.0, set(plain.sites))
    other = seal_cordon(graph, areas["a"], forbidden=plain.sites[:1], **wish)
    assert plain.sites[0] not in other.sites
    assert other.objective >= plain.objective
    with pytest.raises(InfeasibleError, match="must stay open"):
        seal_cordon(graph, areas["a"], forbidden=graph.edges.line, **wish)
    with pytest.raises(DataError, match="'motorway'"):
        seal_cordon(graph, areas["a"], costs={"motorway": 2.0}, road_class=kind, **wish)
    with pytest.raises(DataError, match="two areas"):
        seal_cordon(graph, {"a": [0, 1], "b": [1, 2]}, **wish)
