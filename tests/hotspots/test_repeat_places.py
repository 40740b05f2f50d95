"""Repeats at places that may be named, risky facilities, 80-20 tables; homes only as rates of an area."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    AreaUnits,
    HexGrid,
    concentration,
    eighty_twenty,
    repeat_places,
    repeat_rates,
    risky_facilities,
)
from patrolgeo.errors import AlignmentError, DataError, MissingColumnError

METRES = "+proj=laea +lat_0=31.7 +lon_0=119.9 +datum=WGS84 +units=m +no_defs"


def points(xy):
    return gpd.GeoSeries(shapely.points(np.asarray(xy, float).reshape(-1, 2)), crs=METRES)


def kiosks(n):
    places = points(np.c_[np.arange(n) * 100, np.zeros(n)]).to_numpy()
    return gpd.GeoDataFrame({"kind": ["kiosk"] * n}, geometry=places, crs=METRES)


@pytest.fixture(scope="module")
def facilities():
    """Forty bars 100 m apart in a row, ten shops in the next; labels are no positions."""
    x = np.r_[np.arange(40), np.arange(10)] * 100.0
    y = np.repeat([0.0, 500.0], [40, 10])
    table = {"kind": np.repeat(["bar", "shop"], [40, 10]), "name": [f"place {k}" for k in range(50)]}
    return gpd.GeoDataFrame(table, geometry=points(np.c_[x, y]).to_numpy(), index=range(900, 950), crs=METRES)


@pytest.fixture(scope="module")
def segments():
    lines = [shapely.LineString([(100 * k, 0), (100 * k + 100, 0)]) for k in range(30)]
    return AreaUnits.from_layer(gpd.GeoDataFrame(geometry=lines, index=[f"s{k:02d}" for k in range(30)], crs=METRES))


def test_repeats_by_chance_are_those_of_balls_in_boxes():
    rng = np.random.default_rng(0)
    row = kiosks(60)
    balls = rng.integers(0, 60, (4000, 90))
    free = np.array([len(np.unique(b)) for b in balls])
    found = repeat_places(points(np.c_[balls[0] * 100, np.zeros(90)]), row, n_draws=999)
    assert found.repeat_share == (90 - free[0]) / 90
    assert found.expected_share == pytest.approx((90 - free.mean()) / 90, abs=3 * free.std() / np.sqrt(4000) / 90)
    assert found.chance == pytest.approx(tuple(np.quantile((90 - free) / 90, [0.025, 0.975])), abs=0.02)
    twice = np.mean([(np.bincount(b, minlength=60) == 2).sum() for b in balls])
    assert found.table.loc["2", "expected"] == pytest.approx(twice, rel=0.02)
    assert found.table["places"].sum() == 60
    assert found.table["expected"].sum() == pytest.approx(60)


def test_under_no_pattern_p_is_rarely_small():
    rng = np.random.default_rng(1)
    row = kiosks(80)
    p = [
        repeat_places(points(np.c_[rng.integers(0, 80, 60) * 100, np.zeros(60)]), row, n_draws=99).p_value
        for _ in range(100)
    ]
    assert np.mean(np.array(p) <= 0.05) <= 0.11
    assert np.mean(np.array(p) <= 0.5) >= 0.35


def test_segments_take_their_length_as_base(segments):
    rng = np.random.default_rng(2)
    calls = points(np.c_[np.r_[rng.uniform(0, 3000, 60), np.full(15, 1750.0)], np.zeros(75)])
    length = pd.Series(np.r_[0.1, np.full(29, 0.2)], index=segments.cells)
    found = repeat_places(calls, segments, base=length.sample(frac=1, random_state=0))
    assert found.places.index[0] == "s17"
    assert found.places["expected"]["s00"] == pytest.approx(75 * 0.1 / length.sum())
    assert found.places["expected"].sum() == pytest.approx(75)


def test_the_order_of_rows_does_not_matter(facilities):
    rng = np.random.default_rng(3)
    calls = points(np.c_[rng.uniform(0, 4000, 200), rng.uniform(-20, 520, 200)])
    mixed = calls.sample(frac=1, random_state=1), facilities.sample(frac=1, random_state=2)
    for of in (lambda c, f: repeat_places(c, f).places, lambda c, f: risky_facilities(c, f).facilities):
        pd.testing.assert_frame_equal(of(calls, facilities), of(*mixed))
    pd.testing.assert_frame_equal(risky_facilities(calls, facilities).kinds, risky_facilities(*mixed).kinds)


def test_of_facilities_at_one_spot_the_first_label_has_the_incident():
    pair = gpd.GeoDataFrame({"kind": "bar"}, geometry=points([(0, 0), (0, 0)]).to_numpy(), index=["b", "a"], crs=METRES)
    assert repeat_places(points([(3, 0)]), pair).places["incidents"].to_dict() == {"a": 1.0, "b": 0.0}


def test_incidents_beyond_reach_count_nowhere(facilities):
    assert repeat_places(points([(0, 29), (0, 31)]), facilities).places["incidents"].sum() == 1


@pytest.mark.parametrize("kind", ["home", "Apartments", "private residence", "residential building", "住宅", "居民楼"])
def test_homes_are_refused(facilities, kind):
    homes = facilities.assign(kind=["bar"] * 49 + [kind])
    for ask in (repeat_places, risky_facilities):
        with pytest.raises(DataError, match="1 of 50 facilities are homes"):
            ask(points([(0, 0)]), homes)


@pytest.mark.parametrize("kind", ["nursing home", "guest house", "public house", "warehouse", "bar", "超市"])
def test_other_houses_are_facilities(facilities, kind):
    assert len(repeat_places(points([(0, 0)]), facilities.assign(kind=kind)).places) == 50


def test_units_as_small_as_buildings_are_refused():
    houses = gpd.GeoDataFrame(geometry=[shapely.box(20 * k, 0, 20 * k + 12, 10) for k in range(9)], crs=METRES)
    with pytest.raises(DataError, match="may be single buildings"):
        repeat_places(points([(0, 0)]), AreaUnits.from_layer(houses))
    burglaries = gpd.GeoDataFrame(
        {"time": pd.to_datetime(["2024-01-01"])}, geometry=points([(0, 0)]).to_numpy(), crs=METRES
    )
    with pytest.raises(DataError, match="may be single buildings"):
        repeat_rates(burglaries, AreaUnits.from_layer(houses))


def test_a_risky_bar_is_found_and_alike_ones_are_not(facilities):
    rng = np.random.default_rng(4)
    at = np.r_[rng.integers(0, 40, 80), np.full(30, 7)] * 100.0
    found = risky_facilities(points(np.c_[at, np.zeros(110)]), facilities)
    risky = found.facilities.query("p_adjusted <= 0.05")
    assert risky["name"].tolist() == ["place 7"]
    assert found.kinds.loc["bar", ["facilities", "incidents", "risky"]].tolist() == [40, 110, 1]
    assert found.kinds.loc["bar", "top_share"] > found.kinds.loc["bar", "top_by_chance"]
    assert found.kinds.loc["shop", "incidents"] == 0


def test_nothing_to_count(facilities):
    none = points(np.zeros((0, 2)))
    found = repeat_places(none, facilities)
    assert (found.repeat_share, found.expected_share, found.p_value) == (0, 0, 1)
    assert found.summary().startswith("no incident")
    assert (risky_facilities(none, facilities).kinds["risky"] == 0).all()
    assert len(repeat_places(points([(0, 0)]), facilities.iloc[:0]).places) == 0


def test_what_cannot_be_is_refused(facilities, segments):
    calls = points([(0, 0)])
    with pytest.raises(MissingColumnError, match="kind"):
        repeat_places(calls, facilities.drop(columns="kind"))
    with pytest.raises(DataError, match="occurs twice"):
        risky_facilities(calls, pd.concat([facilities, facilities]))
    with pytest.raises(AlignmentError):
        repeat_places(calls, segments, base=pd.Series({"s00": 1.0}))
    with pytest.raises(DataError, match="base"):
        repeat_places(calls, segments, base=pd.Series(0.0, index=segments.cells))


def test_an_eighty_twenty_table_counts_the_last_place_in_part():
    counts = pd.Series([10.0, 50, 0, 20, 20], index=list("abcde"))
    table = eighty_twenty(counts, top=[0.2, 0.3, 1.0])
    assert table["incident_share"].tolist() == [0.5, 0.6, 1.0]
    assert table["places"].tolist() == [1, 2, 5]
    streets = pd.Series(
        [1.0, 1, 6, 1, 1], index=list("abcde")
    )  # the busiest is a fifth of the places, a tenth of length
    assert eighty_twenty(counts, streets, top=[0.1])["incident_share"].tolist() == [0.5]


def test_an_eighty_twenty_table_agrees_with_the_lorenz_curve():
    rng = np.random.default_rng(5)
    counts = pd.Series(rng.poisson(rng.gamma(0.3, 4, 300)).astype(float))
    table = eighty_twenty(counts)
    curve = concentration(counts)
    assert table["incident_share"].tolist() == pytest.approx([curve.incident_share(s) for s in table.index])
    assert (table["low"] <= table["incident_share"]).all()
    assert (table["incident_share"] <= table["high"]).all()
    even = eighty_twenty(pd.Series(rng.poisson(2.0, 300).astype(float)))
    assert np.allclose(even["incident_share"], even["chance"], atol=0.06)


def test_eighty_twenty_of_nothing_and_of_nonsense():
    assert eighty_twenty(pd.Series([0.0, 0.0])).isna().all(axis=None)
    for top in ([0.0], [1.5], [float("nan")]):
        with pytest.raises(DataError, match="top"):
            eighty_twenty(pd.Series([1.0, 2.0]), top=top)


# --- homes ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def villages():
    boxes = [shapely.box(3000 * k, 0, 3000 * k + 2500, 2500) for k in range(4)]
    return AreaUnits.from_layer(gpd.GeoDataFrame(geometry=boxes, index=["again", "beside", "none", "few"], crs=METRES))


@pytest.fixture(scope="module")
def burglaries():
    """By village: each home hit twice; a home, then its neighbour; homes at random; three in all."""
    rng = np.random.default_rng(6)
    rows = []
    for k, step in ((0, 0.0), (1, 80.0)):
        x, y, day = *rng.uniform(300, 2200, (2, 25)), rng.uniform(0, 700, 25)
        rows += [np.c_[x + 3000 * k, y, day], np.c_[x + 3000 * k + step, y, day + 6]]
    for k, n in ((2, 50), (3, 3)):
        rows += [np.c_[rng.uniform(300, 2200, (2, n)).T + np.array([3000 * k, 0]), rng.uniform(0, 700, n)]]
    table = np.concatenate(rows)
    times = pd.Timestamp("2023-01-01") + pd.to_timedelta(table[:, 2], "D")
    return gpd.GeoDataFrame({"time": times}, geometry=points(table[:, :2]).to_numpy(), crs=METRES)


def test_each_village_gets_the_advice_of_its_repeats(burglaries, villages):
    found = repeat_rates(burglaries, villages)
    assert found["advice"].to_dict() == {"again": "repeat", "beside": "near", "none": "general", "few": "few"}
    assert found.loc["again", "repeat_share"] == pytest.approx(0.5, abs=0.02)
    assert found.loc["beside", "near_share"] > 3 * found.loc["beside", "near_by_chance"]
    assert found.loc["few", "repeat_share":"near_q"].isna().all()


def test_rates_do_not_hang_on_the_order_of_rows(burglaries, villages):
    again = repeat_rates(burglaries.sample(frac=1, random_state=3), villages)
    pd.testing.assert_frame_equal(repeat_rates(burglaries, villages), again)


def test_rates_refuse_what_would_tell_of_single_homes(burglaries, villages):
    with pytest.raises(DataError, match="fewest"):
        repeat_rates(burglaries, villages, fewest=1)
    with pytest.raises(DataError, match="near_m"):
        repeat_rates(burglaries, villages, near_m=20)


def test_cells_are_areas_too(burglaries):
    grid = HexGrid.from_area(burglaries.buffer(200), 7)
    found = repeat_rates(burglaries, grid)
    assert found["incidents"].sum() == len(burglaries)
    assert found.index.equals(grid.cells)
