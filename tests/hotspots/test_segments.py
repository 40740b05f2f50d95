"""Street segments are units like cells: local statistics, concentration and PAI take their length."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import AreaUnits, GetisOrd, LocalMoran, RoadGraph, concentration, count_incidents, pai

METRES = "+proj=laea +lat_0=31.7 +lon_0=119.9 +datum=WGS84 +units=m +no_defs"


@pytest.fixture(scope="module")
def segments():
    """A lattice of blocks of 100 m; the streets of every third row are cut into halves, so lengths differ."""
    ways = [[(100 * i, 100 * j), (100 * i + 100, 100 * j)] for i in range(8) for j in range(9)]
    ways += [[(100 * i, 100 * j), (100 * i, 100 * j + 100)] for i in range(9) for j in range(8)]
    halves = [[(100 * i + 50, 300 * j), (100 * i + 50, 300 * j + 20)] for i in range(8) for j in range(3)]
    lines = gpd.GeoSeries(shapely.linestrings(np.array(ways + halves, float)), crs=METRES)
    return AreaUnits.from_roads(RoadGraph.from_lines(lines, speed=30))


@pytest.fixture(scope="module")
def panel(segments):
    """Incidents that follow length, 26 weeks, and one street with a hundred more."""
    rng = np.random.default_rng(0)
    length = segments.size.to_numpy()
    on = np.r_[rng.choice(len(length), 1500, p=length / length.sum()), np.full(100, 40)]
    at = shapely.line_interpolate_point(
        segments.geometry.to_numpy()[on], rng.uniform(0.1, 0.9, len(on)), normalized=True
    )
    time = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 182, len(on)), "D")
    return count_incidents(gpd.GeoDataFrame({"time": time}, geometry=at, crs="EPSG:4326"), segments, until="2024-07-01")


def test_getis_ord_finds_the_street_with_length_as_exposure(segments, panel):
    found = GetisOrd().fit(panel, segments.size, units=segments)
    own = segments.cells[40]
    around = set(segments.cells[segments.adjacency()[[40]].indices]) | {own}
    assert found.labels_[own] == "hot"
    assert set(found.labels_.index[found.labels_ == "hot"]) <= around
    assert found.p_value_[own] < 1e-9


def test_local_moran_takes_segments_too(segments, panel):
    found = LocalMoran().fit(panel, segments.size, units=segments)
    assert found.labels_.index.equals(panel.columns)
    assert found.p_adjusted_.between(0, 1).all()


def test_concentration_over_length_is_near_chance_but_for_the_street(segments, panel):
    hot = segments.cells[40]
    whole, rest = (concentration(p, segments.size[p.columns]) for p in (panel, panel.drop(columns=hot)))
    assert rest.gini_corrected == pytest.approx(0, abs=0.06)
    assert whole.gini_corrected > rest.gini_corrected + 0.04


def test_pai_by_length_is_share_of_incidents_over_share_of_street(segments, panel):
    then, now = panel.iloc[:13].sum(), panel.iloc[13:].sum()
    length = segments.size[panel.columns]
    by_length = pai(now, then, area_share=0.05, area=length)
    order = (then / length).sort_values(ascending=False, kind="stable")
    assert by_length > 1.5
    budget, caught = 0.05 * length.sum(), 0.0
    for rate in order.unique():  # ties by expectation: equal rates share what is left of the budget
        tied = order.index[order == rate]
        part = min(1.0, budget / length[tied].sum())
        caught += part * now[tied].sum()
        budget -= part * length[tied].sum()
        if budget <= 1e-12:
            break
    assert by_length == pytest.approx(caught / now.sum() / 0.05)
