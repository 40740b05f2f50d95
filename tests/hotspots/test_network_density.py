"""Density along streets: waves that part at junctions, held against every path counted one by one."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, network_density
from patrolgeo.errors import CRSError, DataError, PatrolgeoWarning

METRES = "+proj=laea +lat_0=31.7 +lon_0=119.9 +datum=WGS84 +units=m +no_defs"
FOOT = 0.3048


def streets(*ends) -> RoadGraph:
    lines = gpd.GeoSeries([shapely.LineString(e) for e in ends], crs=METRES)
    return RoadGraph.from_lines(lines, speed=30, split_crossings=False, snap=0.001)


def points(*xy) -> gpd.GeoSeries:
    return gpd.GeoSeries.from_xy(*np.array(xy, float).reshape(-1, 2).T, crs=METRES)


def mass(lixels) -> float:
    return float((lixels["density"] * lixels["length_m"]).sum())


def epanechnikov(distance, half):
    return 0.75 / half * max(1 - (distance / half) ** 2, 0.0)


def by_paths(edges, event, place, half, *, continuous):
    """Density at `place` of one `event` (edge, metres), every path followed to its end: slow, and plain to see."""
    at_node = {}
    for k, (a, b, _) in enumerate(edges):
        at_node.setdefault(a, []).append((k, True))
        at_node.setdefault(b, []).append((k, False))

    def follow(edge, forward, gone, weight):
        a, b, length = edges[edge]
        found = 0.0
        if edge == place[0]:
            here = place[1] if forward else length - place[1]
            found += weight * epanechnikov(gone + here, half)
        if gone + length < half:
            ways = at_node[b if forward else a]
            for k, out in ways:
                back = (k, out) == (edge, not forward)
                share = 2 / len(ways) - back if continuous else 0.0 if back else 1 / (len(ways) - 1)
                if share:
                    found += follow(k, out, gone + length, weight * share)
        return found

    edge, along = event
    own = epanechnikov(abs(place[1] - along), half) if edge == place[0] else 0.0
    total = own
    a, b, length = edges[edge]
    for forward, to_end in ((True, length - along), (False, along)):
        ways = at_node[b if forward else a]
        for k, out in ways:
            back = (k, out) == (edge, not forward)
            share = 2 / len(ways) - back if continuous else 0.0 if back else 1 / (len(ways) - 1)
            total += follow(k, out, to_end, share) if share and to_end < half else 0.0
    return total


# a block with a stub, a street that leaves it, and a piece of 30 centimetres between two junctions
NODES = np.array([(0, 0), (90, 5), (95, 80), (3, 84), (180, 0), (180.3, 0), (240, 40), (235, -60), (-40, 20)], float)
LINKS = [(0, 1), (1, 2), (2, 3), (3, 0), (1, 4), (4, 5), (5, 6), (5, 7), (0, 8), (4, 7)]


@pytest.fixture(scope="module")
def town():
    return streets(*[(NODES[a], NODES[b]) for a, b in LINKS])


@pytest.fixture(scope="module")
def edges():
    return [(a, b, float(np.hypot(*(NODES[a] - NODES[b])))) for a, b in LINKS]


def on_edge(edges, k, share):
    a, b, _ = edges[k]
    return NODES[a] + share * (NODES[b] - NODES[a])


@pytest.mark.parametrize("method", ["continuous", "discontinuous"])
def test_waves_equal_the_sum_over_all_paths(town, edges, method):
    bandwidth = 70.0
    half = bandwidth * np.sqrt(5)
    events, places = [(0, 0.3), (4, 0.9), (8, 0.6)], [(k, s) for k in range(len(LINKS)) for s in (0.21, 0.5, 0.83)]
    found = network_density(
        points(*[on_edge(edges, *e) for e in events]), town, bandwidth, method=method,
        at=points(*[on_edge(edges, *p) for p in places]),
    )  # fmt: skip
    exact = np.array([
        sum(by_paths(edges, (e, s * edges[e][2]), (p, t * edges[p][2]), half, continuous=method == "continuous")
            for e, s in events)
        for p, t in places
    ])  # fmt: skip
    assert exact.max() > 0.005
    assert np.abs(found - exact).max() < 0.003 * exact.max()


@pytest.mark.parametrize("kernel", ["epanechnikov", "quartic", "uniform", "gaussian"])
def test_on_a_long_road_the_bandwidth_is_the_standard_deviation(kernel):
    road = streets([(-2000, 0), (2000, 0)])
    lixels = network_density(points((13, 0)), road, 150, kernel=kernel)
    x = shapely.get_coordinates(lixels.geometry.to_crs(METRES).centroid)[:, 0]
    weight = lixels["density"] * lixels["length_m"]
    assert mass(lixels) == pytest.approx(1, abs=1e-9)
    assert (weight * x).sum() == pytest.approx(13, abs=0.5)
    assert np.sqrt((weight * (x - 13) ** 2).sum()) == pytest.approx(150, rel=0.005)


@pytest.mark.parametrize("bandwidth", [15, 60, 400])
@pytest.mark.parametrize("method", ["continuous", "heat"])
def test_all_mass_stays_on_the_roads(town, edges, method, bandwidth):
    rng = np.random.default_rng(bandwidth)
    calls = points(
        *[on_edge(edges, k, s) for k, s in zip(rng.integers(0, len(LINKS), 40), rng.random(40), strict=True)]
    )
    assert mass(network_density(calls, town, bandwidth, method=method)) == pytest.approx(40, abs=40e-6)


def test_a_dead_end_keeps_what_comes_or_loses_it():
    road = streets([(0, 0), (100, 0)])
    end = points((100, 0))
    assert mass(network_density(end, road, 20)) == pytest.approx(1)
    assert mass(network_density(end, road, 20, method="discontinuous")) == pytest.approx(0.5)


def test_continuous_does_not_jump_at_a_junction_and_discontinuous_does():
    cross = streets([(-300, 0), (0, 0)], [(0, 0), (300, 0)], [(0, 300), (0, 0)], [(0, 0), (0, -300)])
    around = points((-0.01, 0), (0.01, 0), (0, 0.01), (0, -0.01))
    smooth, split = (
        network_density(points((-40, 0)), cross, 100, method=m, at=around).to_numpy()
        for m in ("continuous", "discontinuous")
    )
    assert np.ptp(smooth) < 1e-3 * smooth.max()
    assert split[0] == pytest.approx(3 * split[1], rel=1e-3)


def test_heat_on_a_ring_is_the_wrapped_normal():
    angle = np.linspace(0, 2 * np.pi, 181)
    ring = 50 * np.column_stack([np.cos(angle), np.sin(angle)])
    ring[-1] = ring[0]
    round_way = float(shapely.LineString(ring).length)
    found = network_density(points(ring[90]), streets(ring), 60, method="heat", at=points(ring[90], ring[45], ring[0]))
    apart = np.array([0, 0.25, 0.5]) * round_way
    turns = round_way * np.arange(-5, 6)
    exact = np.exp(-0.5 * ((apart[:, None] + turns) / 60) ** 2).sum(axis=1) / 60 / np.sqrt(2 * np.pi)
    assert np.allclose(found, exact, rtol=2e-3)


def test_rows_of_incidents_and_roads_in_another_order_give_the_same(town, edges):
    rng = np.random.default_rng(3)
    calls = points(*rng.uniform(-20, 150, (60, 2)))
    order = rng.permutation(60)
    again = network_density(calls.iloc[order], town, 50)
    first = network_density(calls, town, 50)
    pd.testing.assert_series_equal(first["density"], again["density"], rtol=0, atol=1e-15)
    turned = streets(*[(NODES[b], NODES[a]) for a, b in LINKS[::-1]])
    places = points(*[on_edge(edges, k, 0.4) for k in range(len(LINKS))])
    assert np.allclose(*(network_density(calls, g, 50, at=places) for g in (town, turned)), atol=1e-6)


def test_lixels_cut_every_piece_and_name_their_road():
    bent = streets([(0, 0), (60, 0), (60, 80)], [(60, 80), (60, 130)])
    lixels = network_density(points((5, 0)), bent, 110)
    assert lixels.groupby("piece")["length_m"].agg(["size", "sum"]).round(2).to_numpy().tolist() == [[7, 140], [3, 50]]
    assert np.allclose(lixels.geometry.to_crs(METRES).length, lixels["length_m"], atol=1e-3)
    assert shapely.get_num_coordinates(lixels.geometry.to_numpy()).max() == 3  # the one with the bend
    joined = shapely.line_merge(shapely.union_all(lixels.geometry.to_numpy()))
    assert joined.geom_type == "LineString"


def test_no_incident_is_no_density(town):
    none = gpd.GeoSeries([], crs=METRES)
    assert (network_density(none, town, 50)["density"] == 0).all()
    assert network_density(none, town, 50, at=points((5, 0))).tolist() == [0.0]
    assert len(network_density(points((5, 0)), town, 50, at=none)) == 0


def test_incidents_far_from_every_road_are_counted_in_a_warning(town):
    with pytest.warns(PatrolgeoWarning, match=r"1 of 2 incidents \(50.0%\) lie more than 100 m from every road"):
        assert mass(network_density(points((5, 0), (90, 900)), town, 50)) == pytest.approx(2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bandwidth": 0.0}, "bandwidth"),
        ({"bandwidth": float("nan")}, "bandwidth"),
        ({"kernel": "triangle"}, "kernel='triangle' is not known"),
        ({"method": "simple"}, "method"),
        ({"incidents": gpd.GeoSeries([shapely.Point(5, 0), None], crs=METRES)}, "1 of 2 incidents have no place"),
    ],
)
def test_what_cannot_be_is_refused(town, change, message):
    with pytest.raises(DataError, match=message):
        network_density(**{"incidents": points((5, 0)), "graph": town, "bandwidth": 50.0, **change})


def test_points_without_a_crs_are_refused(town):
    with pytest.raises(CRSError):
        network_density(gpd.GeoSeries.from_xy([5], [0]), town, 50)


@pytest.mark.real
def test_chicago_streets_as_spatstat_has_them(real_data):
    folder = real_data / "chicago_streets"
    nodes, links, crimes, known = (
        pd.read_csv(folder / f"{name}.csv.gz")
        for name in ("vertices", "edges", "crimes", "spatstat_density_at_edge_middles")
    )
    xy = nodes[["x_ft", "y_ft"]].to_numpy() * FOOT
    ends = np.stack([xy[links["from"] - 1], xy[links["to"] - 1]], axis=1)
    roads, middles = streets(*ends), points(*ends.mean(axis=1))
    calls = points(*crimes[["x_ft", "y_ft"]].to_numpy() * FOOT)
    assert len(roads.edges) == len(links)
    for column in known.columns[1:]:
        method, feet = column.split("_")
        found = network_density(calls, roads, int(feet) * FOOT, method=method, at=middles).to_numpy() * FOOT
        assert np.corrcoef(found, known[column])[0, 1] > 0.995
        assert np.median(np.abs(found - known[column])) < 0.02 * known[column].max()
