"""Words for one-way streets and speed limits, and places that a network traps: read, or named, never guessed."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import RoadGraph, from_edges, read_roads, travel_time
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.sources.road_words import read_limit

WAYS = [shapely.LineString([(119.9 + k / 100, 31.7), (119.91 + k / 100, 31.7)]) for k in range(2)]


def street(**columns):
    return gpd.GeoDataFrame({k: pd.Series([v, v], dtype=object) for k, v in columns.items()}, geometry=WAYS, crs=4326)


def directions(word):
    graph = RoadGraph.from_lines(street(oneway=word), speed=30, oneway="oneway")
    there, back = travel_time(graph, [0], [2]).iloc[0, 0], travel_time(graph, [2], [0]).iloc[0, 0]
    return bool(np.isfinite(there)), bool(np.isfinite(back))


@pytest.mark.parametrize("word", ["yes", "Yes", " T ", "1", 1, 1.0, True, np.True_, "true", "FT", "1.0"])
def test_words_for_one_way(word):
    """Only the direction of drawing is open."""
    assert directions(word) == (True, False)


@pytest.mark.parametrize("word", ["-1", -1, -1.0, "TF", "tf", "reverse"])
def test_words_for_one_way_against_the_drawing(word):
    """Only the direction against the drawing is open."""
    assert directions(word) == (False, True)


@pytest.mark.parametrize("word", ["no", "F", "0", 0, False, "B", "", "  ", None, np.nan, pd.NA, "None", "nan"])
def test_words_for_both_ways(word):
    """Missing and empty values, too, are open both ways."""
    assert directions(word) == (True, True)


@pytest.mark.parametrize("word", [2, "maybe", "2.5", "reversible", "--1"])
def test_other_words_are_an_error_with_road_and_value(word):
    """Nothing is guessed: the road and what stands there are named."""
    with pytest.raises(DataError, match=r"2 of 2 roads .*road 0 with"):
        directions(word)


def test_columns_of_other_types_say_the_same():
    """Booleans, integers, floats with gaps and nullable booleans."""
    for values in (np.array([True, False]), [1, 0], [1.0, np.nan], pd.array([True, None], dtype="boolean")):
        graph = RoadGraph.from_lines(street().assign(oneway=values), speed=30, oneway="oneway")
        assert graph.edges.oneway.tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50), ("25 mph", 25 * 1.609344), ("25mph", 25 * 1.609344), ("50;30", 30), ("50 km/h", 50), ("70|50", 50),
        ("RO:urban", 50), ("DE:rural", 90), ("DE:zone:30", 30), ("FR:zone30", 30), ("walk", 5), (40, 40), (40.0, 40),
    ],
)  # fmt: skip
def test_speed_limits_are_read(text, kmh):
    """Units, several limits (the lowest counts), zones."""
    assert read_limit(text) == pytest.approx(kmh)
    graph = RoadGraph.from_lines(street(maxspeed=text), speed="maxspeed")
    assert graph.edges.minutes.to_numpy() == pytest.approx(graph.edges.length_m / 1000 / kmh * 60)


@pytest.mark.parametrize("text", ["none", "signals", "variable", "", None, np.nan, "fast", "RO:", -5, "0"])
def test_a_speed_that_cannot_be_read_is_named(text):
    """The message names the road and the value."""
    with pytest.raises(DataError, match="road 0 with"):
        RoadGraph.from_lines(street(maxspeed=text), speed="maxspeed")


def osm(tags, path):
    nodes = "".join(f'<node id="{k}" lat="31.7" lon="{119.9 + k / 100}" version="1"/>' for k in (1, 2))
    words = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in {"highway": "residential", **tags}.items())
    way = f'<way id="7" version="1"><nd ref="1"/><nd ref="2"/>{words}</way>'
    path.write_text(f'<osm version="0.6">{nodes}{way}</osm>')
    return RoadGraph.from_osm(path)


@pytest.mark.parametrize("limit", ["25 mph", "50;30", "none", "RO:urban", "signals", "", "1e400"])
def test_any_limit_of_openstreetmap_gives_a_speed(limit, tmp_path):
    """A limit that cannot be read falls back on the speed of the class."""
    graph = osm({"maxspeed": limit}, tmp_path / "lane.osm")
    kmh = graph.edges.length_m / 1000 / graph.edges.minutes * 60
    known = read_limit(limit)
    assert kmh.to_numpy() == pytest.approx(25 if np.isnan(known) else 0.75 * known)


TWO = pd.DataFrame({"lon": [119.90, 119.92], "lat": [31.7, 31.7]}, index=["a", "b"])


@pytest.mark.parametrize(
    ("change", "options", "said"),
    [
        ({}, {"unit": "second"}, "did you mean 'seconds'"), ({"minutes": [-1.0, 2.0]}, {}, "negative"),
        ({"minutes": [np.nan, 2.0]}, {}, "missing"), ({"minutes": ["long", "short"]}, {}, "numbers"),
        ({"source": ["a", "z"]}, {}, "'z'"), ({"target": ["b", None]}, {}, "names no node"),
    ],
)  # fmt: skip
def test_edges_that_cannot_be_are_refused(change, options, said):
    """Units, times and ids of an edge table."""
    edges = pd.DataFrame({"source": ["a", "b"], "target": ["b", "a"], "minutes": [1.0, 2.0], **change})
    with pytest.raises(DataError, match=said):
        from_edges(TWO, edges, "minutes", **options)


def test_large_ids_keep_their_digits():
    """Ids above 2^53 are told apart, and refused when a decimal column has lost their end."""
    ids = [2**53 + 1, 2**53 + 2]
    nodes = TWO.set_axis(pd.Index(ids, dtype="int64"))
    edges = pd.DataFrame({"source": [ids[0]], "target": [ids[1]], "minutes": [1.0]})
    for kind in ("int64", "uint64", object):
        graph = from_edges(nodes, edges.astype({"source": kind, "target": kind}), "minutes")
        assert graph.edges[["source", "target"]].to_numpy().tolist() == [[0, 1]]
    with pytest.raises(DataError, match="2\\^53"):
        from_edges(nodes, edges.astype({"source": float}), "minutes")


def town_with_a_driveway(n, gap_m):
    """A street of n pieces, and beside it a driveway of one piece that does not meet it."""
    step, off = 0.001, gap_m / 110_900
    main = [shapely.LineString([(119.9 + k * step, 31.7), (119.9 + (k + 1) * step, 31.7)]) for k in range(n)]
    drive = shapely.LineString([(119.9, 31.7 + off), (119.9, 31.7 + off + 0.0003)])
    return RoadGraph.from_lines(gpd.GeoSeries([*main, drive], crs=4326), speed=30, split_crossings=False)


@pytest.mark.parametrize("n", [4, 12, 60, 250])
def test_a_station_at_an_isolated_driveway_reaches_the_town(n):
    """Small networks too: a driveway of two nodes is left out, and named."""
    graph = town_with_a_driveway(n, 20)
    station = gpd.GeoSeries.from_xy([119.9], [31.7003], index=["station"], crs=4326)
    house = gpd.GeoSeries.from_xy([119.9 + 0.001 * n], [31.7], index=["house"], crs=4326)
    assert np.isfinite(travel_time(graph, station, house).to_numpy()).all()
    assert np.isfinite(travel_time(graph, house, station).to_numpy()).all()
    assert graph.left_out["line"].tolist() == [n]
    assert graph.locate(station).iloc[0] in graph.labels[graph.main]


def test_a_place_that_enters_far_from_its_road_is_named():
    """More than 100 m beyond the driveway it stands at: a warning with the number and the road."""
    graph = town_with_a_driveway(12, 300)
    farm = gpd.GeoSeries.from_xy([119.9], [31.703], index=["farm"], crs=4326)
    with pytest.warns(PatrolgeoWarning, match=r"1 of 1 places .*'farm' at road 12"):
        graph.along(farm)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        graph.along(gpd.GeoSeries.from_xy([119.905], [31.7], crs=4326))


def test_a_second_part_counts_where_the_main_part_is_far():
    """An island of 11 nodes is entered by those who stand on it, not by those who stand at the main part too."""
    main = [shapely.LineString([(119.9 + k / 1000, 31.7), (119.901 + k / 1000, 31.7)]) for k in range(20)]
    isle = [shapely.LineString([(119.9 + k / 1000, 31.71), (119.901 + k / 1000, 31.71)]) for k in range(10)]
    graph = RoadGraph.from_lines(gpd.GeoSeries([*main, *isle], crs=4326), speed=30)
    assert graph.usable.all()
    spots = gpd.GeoSeries.from_xy([119.9055, 119.9055], [31.7099, 31.7052], index=["isle", "between"], crs=4326)
    assert (graph.along(spots)["piece"].to_numpy() < 20).tolist() == [False, True]


def test_both_ways_round_a_ring_are_the_same_however_it_is_drawn():
    """A house on a ring road: the shorter way round, out and in, for a ring of one line or of two."""
    corner = [(119.90, 31.70), (119.902, 31.70), (119.902, 31.702), (119.90, 31.702), (119.90, 31.70)]
    out = shapely.LineString([(119.90, 31.70), (119.89, 31.70)])
    rings = [[shapely.LineString(corner)], [shapely.LineString(corner[:3]), shapely.LineString(corner[2:])]]
    house = gpd.GeoSeries.from_xy([119.9018], [31.70], crs=4326)
    station = gpd.GeoSeries.from_xy([119.89], [31.70], crs=4326)
    found = []
    for ring in rings:
        graph = RoadGraph.from_lines(gpd.GeoSeries([*ring, out], crs=4326), speed=30)
        found += [travel_time(graph, a, b).iloc[0, 0] for a, b in ((house, station), (station, house))]
    assert found == pytest.approx([found[0]] * 4)


def test_an_extract_of_openstreetmap_is_a_layer_of_roads(tmp_path):
    """`read_roads` takes it, and its graph is that of the extract: bridges do not meet the road below."""
    spots = {1: (119.90, 31.70), 2: (119.92, 31.70), 3: (119.91, 31.69), 4: (119.91, 31.71)}
    nodes = "".join(f'<node id="{k}" lon="{x}" lat="{y}" version="1"/>' for k, (x, y) in spots.items())
    way = '<way id="{}" version="1"><nd ref="{}"/><nd ref="{}"/><tag k="highway" v="primary"/>{}</way>'
    ways = way.format(7, 1, 2, "") + way.format(8, 3, 4, '<tag k="oneway" v="-1"/>')
    path = tmp_path / "town.osm"
    path.write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    layer, ledger = read_roads(path, return_ledger=True)
    assert ledger.to_dict()["kept"] == 2
    graph, same = RoadGraph.from_lines(layer, oneway="oneway"), RoadGraph.from_osm(path)
    assert len(graph.edges) == len(same.edges) == 2
    assert graph.edges[["minutes", "oneway"]].equals(same.edges[["minutes", "oneway"]])
