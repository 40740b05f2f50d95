"""Knox tables, near-repeat chains and what follows from them."""

from dataclasses import replace

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid, follow_on_risk, knox, mantel, near_repeat
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning
from patrolgeo.hotspots.near_repeat import pairs_in_bands

METRES, DAYS = [0, 0.1, 100, 200], [0, 1, 7, 14]


def brute_force(xy, days, far, late, metric, weights=None):
    table = np.zeros((len(far) - 1, len(late) - 1))
    mass = np.ones(len(xy)) if weights is None else weights
    for i in range(len(xy)):
        for j in range(i):
            step = np.abs(xy[i] - xy[j])
            d = step.sum() if metric == "manhattan" else np.hypot(*step)
            a = np.searchsorted(far, d, side="right") - 1
            b = np.searchsorted(late, abs(days[i] - days[j]), side="right") - 1
            if a < len(table) and b < table.shape[1]:
                table[a, b] += mass[i] * mass[j]
    return table


def some_events(rng, n=150, whole=True):
    xy = np.round(rng.random((n, 2)) * 800, -1)
    xy[:20] = xy[20:40]
    days = rng.integers(0, 40, n) if whole else rng.random(n) * 40
    return xy, days.astype(float)


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_the_table_equals_looking_at_every_pair(metric, whole, weighted):
    rng = np.random.default_rng(1)
    xy, days = some_events(rng, whole=whole)
    weights = rng.lognormal(size=len(xy)) if weighted else None
    found = knox(xy, days, METRES, DAYS, metric, n_permutations=0, weights=weights)
    assert found.observed == pytest.approx(brute_force(xy, days, METRES, DAYS, metric, weights))


def test_bands_hold_their_lower_edge_and_not_their_upper_one():
    found = knox([[0, 0], [0, 100], [0, 300]], [0, 7, 21], [0, 100, 200, 300], [0, 7, 14, 21], n_permutations=0)
    assert found.observed.tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert (found.p_value == 1).all()


def test_a_last_band_of_a_thousand_million_days_is_no_table_of_them():
    xy, days = some_events(np.random.default_rng(2))
    long, open_end = (knox(xy, days, METRES, [0, 7, end], n_permutations=9) for end in (1e12, np.inf))
    assert long.observed.tolist() == open_end.observed.tolist()
    days, late = days * 1e9, [0, 1, 7e9 + 0.5, 1e12]
    far_apart = knox(xy, days, METRES, late, n_permutations=9)
    assert far_apart.observed == pytest.approx(brute_force(xy, days, METRES, late, "euclidean"))


def test_zero_is_put_before_the_bands():
    xy, days = some_events(np.random.default_rng(2))
    with_zero, without = (knox(xy, days, b, [7], n_permutations=0).observed for b in ([0, 100, 200], [100, 200]))
    assert with_zero.tolist() == without.tolist()


def test_expected_is_the_mean_over_permutations():
    rng = np.random.default_rng(3)
    xy, days = some_events(rng)
    weights = rng.lognormal(size=len(xy))
    for mass in (None, weights):
        found = knox(xy, days, METRES, DAYS, n_permutations=0, weights=mass)
        tables = [knox(xy, rng.permutation(days), METRES, DAYS, n_permutations=0, weights=mass) for _ in range(400)]
        mean, spread = (f([t.observed for t in tables], axis=0) for f in (np.mean, np.std))
        assert (np.abs(mean - found.expected) < 4.5 * spread / 20 + 1e-9).all()


def test_p_is_one_plus_count_over_permutations_plus_one():
    rng = np.random.default_rng(4)
    xy, days = some_events(rng)
    found = knox(xy, days, METRES, DAYS, n_permutations=99, random_state=5)
    assert found.p_value.min() >= 0.01
    assert np.rint(found.p_value * 100) == pytest.approx(found.p_value * 100)
    again = knox(xy, days, METRES, DAYS, n_permutations=99, random_state=5)
    np.testing.assert_array_equal(found.p_value, again.p_value)
    np.testing.assert_array_equal(found.residual, again.residual)


def test_without_pattern_p_is_not_liberal():
    rng = np.random.default_rng(6)
    values = []
    for _ in range(50):
        xy, days = rng.random((80, 2)) * 1000, rng.integers(0, 60, 80)
        values.append(knox(xy, days, [0, 300], [0, 14], n_permutations=99, random_state=rng.integers(99)).p_value[0, 0])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(np.array(values) <= level) <= level + 2 * np.sqrt(level * (1 - level) / 50)


def test_planted_near_repeats_are_found():
    rng = np.random.default_rng(7)
    xy, days = rng.random((300, 2)) * 5000, rng.integers(0, 300, 300)
    xy, days = np.vstack([xy, xy[:60] + 30]), np.r_[days, days[:60] + 2]
    found = knox(xy, days, [0, 100, 400], [0, 7, 28], random_state=1)
    assert found.p_value[0, 0] == 0.001
    assert found.residual[0, 0] > 5
    assert found.to_frame().shape == (4, 10)
    assert "times what chance gives" in found.summary()


def test_bands_are_corrected_for_their_number():
    """Of 9 bands one was below 0.05 in 30 % of null runs."""
    raw = family = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = knox(rng.random((60, 2)) * 900, rng.integers(0, 90, 60), [0, 100, 200, 300], [0, 7, 14, 21],
                     n_permutations=99, random_state=seed)  # fmt: skip
        raw += found.p_value.min() <= 0.05
        family += found.p_adjusted.min() <= 0.05
        assert (found.p_adjusted >= found.p_value).all()
    assert raw > 12
    assert family <= 7  # of 60; 8 come with a chance below 1 % at 5 %
    assert found.to_frame()["p_adjusted"].tolist() == found.p_adjusted.ravel().tolist()


def test_constant_weights_change_no_p_value_and_weights_change_the_table():
    rng = np.random.default_rng(8)
    xy, days = some_events(rng)
    plain, scaled, harm = (
        knox(xy, days, METRES, DAYS, n_permutations=99, random_state=1, weights=w)
        for w in (None, np.full(len(xy), 3.3), rng.lognormal(size=len(xy)))
    )
    np.testing.assert_array_equal(plain.p_value, scaled.p_value)
    assert not np.allclose(plain.ratio, harm.ratio, equal_nan=True)


@pytest.mark.parametrize("n", [0, 1, 30])
def test_no_incident_one_incident_and_all_in_one_place_are_quiet(n):
    found = knox(np.zeros((n, 2)), np.zeros(n), [0, 100], [0, 7], n_permutations=19, random_state=0)
    assert found.observed[0, 0] == n * (n - 1) / 2
    assert found.expected[0, 0] == pytest.approx(found.observed[0, 0])
    assert found.p_value[0, 0] == 1
    assert found.summary().startswith("435 pairs" if n == 30 else "no two incidents")


def test_timestamps_count_calendar_days():
    times = pd.to_datetime(["2024-01-01 23:00", "2024-01-02 01:00"])
    assert knox([[0, 0], [1, 1]], times, [0, 10], [0, 1, 2], n_permutations=0).observed.tolist() == [[0, 1]]
    zoned = pd.Series(times).dt.tz_localize("Asia/Shanghai")
    assert knox([[0, 0], [1, 1]], zoned, [0, 10], [0, 1, 2], n_permutations=0).observed.tolist() == [[0, 1]]


@pytest.mark.parametrize("edges", [[0, 1, 7], [0, 3], [0, 0.5, 40]])
def test_pairs_by_days_without_looking_at_each(edges):
    days = np.random.default_rng(9).integers(0, 12, 60).astype(float)
    apart = np.abs(days[:, None] - days)[np.triu_indices(60, 1)]
    assert pairs_in_bands(days, np.array(edges, float)).tolist() == np.histogram(apart, [*edges, 999])[0][:-1].tolist()


@pytest.mark.parametrize("metric", ["euclidean", "manhattan"])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize(("far", "late"), [(METRES, [0, 7, np.inf]), ([0, 100, np.inf], DAYS), ([np.inf], [3, np.inf])])
def test_bands_without_an_end_hold_all_that_is_left(metric, weighted, far, late):
    rng = np.random.default_rng(12)
    xy, days = some_events(rng, 60)
    weights = rng.integers(1, 5, len(xy)).astype(float) if weighted else None
    found = knox(xy, days, far, late, metric, n_permutations=99, random_state=3, weights=weights)
    far, late = (b if b[0] == 0 else [0, *b] for b in (far, late))
    assert found.observed == pytest.approx(brute_force(xy, days, far, late, metric, weights))
    draws = np.random.default_rng(3)
    order = np.lexsort((xy[:, 0], xy[:, 1] // (np.ptp(xy[:, 1]) / np.sqrt(len(xy)))))
    xy, days = xy[order], days[order]
    mass = None if weights is None else weights[order]
    tables = [brute_force(xy, draws.permutation(days), far, late, metric, mass) for _ in range(99)]
    assert found.p_value == pytest.approx((1 + (np.array(tables) >= found.observed - 1e-6).sum(axis=0)) / 100)


def test_dates_go_with_points_by_their_labels_or_are_refused():
    rng = np.random.default_rng(13)
    points = gpd.GeoSeries.from_xy(*(rng.random((2, 50)) * 900 + [[600_000], [3_500_000]]), crs=32650)
    days = pd.Series(rng.integers(0, 30, 50))
    weights = pd.Series(rng.integers(1, 5, 50))
    straight, shuffled = (
        knox(points, d, [0, 200, 400], [0, 7, 14], n_permutations=19, weights=w)
        for d, w in ((days, weights), (days.sample(frac=1, random_state=1), weights.sample(frac=1, random_state=2)))
    )
    np.testing.assert_array_equal(straight.p_value, shuffled.p_value)
    np.testing.assert_array_equal(straight.observed, shuffled.observed)
    for ask in (lambda d: knox(points, d, [0, 200], [0, 7]), lambda d: mantel(points, d)):
        with pytest.raises(AlignmentError, match="other labels than coords"):
            ask(days.set_axis(days.index + 1))


def test_degrees_for_metres_are_told():
    town = gpd.GeoDataFrame({"time": pd.date_range("2024-01-01", periods=9)}, geometry=gpd.GeoSeries.from_xy(
        119.9 + np.arange(9) * 1e-3, [31.7] * 9, crs=4326))  # fmt: skip
    degrees = town.get_coordinates().to_numpy()
    with pytest.warns(PatrolgeoWarning, match="distance=0.002 is read as metres"):
        near_repeat(town, 0.002, 14)
    with pytest.warns(PatrolgeoWarning, match="coords spans 0.008 x 0"):
        knox(degrees, town["time"], [0, 100], [0, 7], n_permutations=9)
    with pytest.warns(PatrolgeoWarning, match="last edge=0.002"):
        knox(town, town["time"], [0, 0.002], [0, 7], n_permutations=9)
    with pytest.warns(PatrolgeoWarning, match="coords spans"):
        mantel(degrees, town["time"], n_permutations=9)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin", "Asia/Shanghai"])
@pytest.mark.parametrize(("first", "later", "days"), [("2024-03-28", "2024-04-04", 7), ("2024-10-24", "2024-10-30", 6)])
def test_days_are_days_over_a_change_of_the_clock(zone, first, later, days):
    times = pd.to_datetime([f"{first} 10:00", f"{later} 10:00"]).tz_localize(zone)
    town = gpd.GeoDataFrame({"time": times}, geometry=gpd.GeoSeries.from_xy([119.9] * 2, [31.7] * 2, crs=4326))
    assert near_repeat(town, 100, days).links.empty
    assert near_repeat(town, 100, 1e-300).links.empty
    assert near_repeat(town, 100, days + 1).links["days"].tolist() == [days]
    grid = HexGrid.from_cells([h3.latlng_to_cell(31.7, 119.9, 9)])
    found = knox(np.zeros((40, 2)), np.r_[np.zeros(20), np.full(20, 3.0)], [0, 400], [0, 7], n_permutations=0)
    found = replace(found, p_value=np.array([[0.01]]), ratio=np.array([[3.0]]))
    due = [follow_on_risk(found, town[:1], grid, pd.Timestamp(first) + pd.Timedelta(days=d)).max() for d in (0, 6, 7)]
    assert due == [0, 2, 0]


def test_links_run_from_the_earlier_to_the_later_however_the_rows_stand():
    times = pd.to_datetime(["2024-01-02 23:00", "2024-01-02 01:00", "2024-01-03 00:30", "2024-01-03 00:30"])
    town = gpd.GeoDataFrame(
        {"time": times}, geometry=gpd.GeoSeries.from_xy([119.9] * 4, [31.7] * 4, crs=4326)
    ).set_axis(["late", "early", "next", "again"])
    links = near_repeat(town, 100, 7).links
    ordered = {"early": 0, "late": 1, "again": 2, "next": 3}
    assert (links["first"].map(ordered) < links["second"].map(ordered)).all()
    other = near_repeat(town.iloc[[3, 0, 2, 1]], 100, 7)
    pd.testing.assert_frame_equal(links, other.links)


def test_missing_times_and_places_and_repeated_labels_are_said():
    times = pd.to_datetime(["2024-01-01", None, "2024-01-02"])
    town = gpd.GeoDataFrame({"time": times}, geometry=gpd.GeoSeries.from_xy([119.9] * 3, [31.7] * 3, crs=4326))
    with pytest.raises(DataError, match="1 incidents have no time"):
        near_repeat(town, 100, 7)
    with pytest.raises(DataError, match="to_datetime"):
        near_repeat(town.assign(time=["2024-01-01", "2024-01-02", "2024-01-03"]), 100, 7)
    town["time"] = pd.Timestamp("2024-01-01")
    with pytest.raises(DataError, match="'a' twice"):
        near_repeat(town.set_axis(["a", "a", "b"]), 100, 7)
    with pytest.raises(DataError, match="1 of 3 incidents have no place"):
        near_repeat(town.set_geometry(gpd.GeoSeries([None, *town.geometry[1:]], crs=4326)), 100, 7)


def test_wrong_input_is_refused():
    for edges in ([0, np.inf, np.inf], [np.nan, 1], [0, np.nan], [[0, 1]], "near"):
        with pytest.raises(DataError, match="distance_bands"):
            knox([[0, 0]], [0], edges, [0, 1])
    with pytest.raises(DataError, match="n_permutations=-1"):
        knox([[0, 0]], [0], [0, 5], [0, 1], n_permutations=-1)
    with pytest.raises(DataError, match="ascending"):
        knox([[0, 0]], [0], [0, 5, 5], [0, 1])
    with pytest.raises(DataError, match="1 coords, 2 dates"):
        knox([[0, 0]], [0, 1], [0, 5], [0, 1])
    with pytest.raises(DataError, match="shape"):
        knox([0, 0, 1], [0], [0, 5], [0, 1])
    with pytest.raises(DataError, match="missing"):
        knox([[0, 0]], [np.nan], [0, 5], [0, 1])
    with pytest.raises(DataError, match="did you mean 'manhattan'"):
        knox([[0, 0]], [0], [0, 5], [0, 1], metric="manhatan")


def test_points_in_any_crs_need_no_projection():
    rng = np.random.default_rng(11)
    points = gpd.GeoSeries.from_xy(*(rng.random((2, 80)) * 2000 + [[600_000], [3_500_000]]), crs=32650)
    days = rng.integers(0, 60, 80)
    metres = points.get_coordinates().to_numpy()
    tables = [knox(p, days, [200, 500], [7, 14], n_permutations=0).observed for p in (metres, points.to_crs(4326))]
    assert np.abs(tables[0] - tables[1]).max() <= 1
    assert tables[0].sum() > 50


@pytest.mark.parametrize("weighted", [False, True])
def test_mantel_is_the_correlation_of_closeness_over_all_pairs(weighted):
    rng = np.random.default_rng(12)
    xy, days = some_events(rng, n=60)
    mass = rng.lognormal(size=60) if weighted else np.ones(60)
    i, j = np.triu_indices(60, 1)
    near = 1 / (np.hypot(*(xy[i] - xy[j]).T) + 50)
    soon = 1 / (np.abs(days[i] - days[j]) + 2)
    truth = np.cov(near, soon, aweights=mass[i] * mass[j])
    truth = truth[0, 1] / np.sqrt(truth[0, 0] * truth[1, 1])
    found = mantel(xy, days, metres=50, days=2, weights=mass if weighted else None, n_permutations=9)
    assert found.statistic == pytest.approx(truth)


def test_mantel_finds_interaction_and_is_quiet_about_nothing():
    rng = np.random.default_rng(13)
    xy, days = rng.random((80, 2)) * 5000, rng.integers(0, 300, 80)
    assert mantel(np.vstack([xy, xy + 30]), np.r_[days, days + 2], random_state=1).p_value == 0.01
    assert mantel(xy, days, random_state=1).p_value > 0.05
    for few in (xy[:0], xy[:1], np.zeros((9, 2))):
        assert "nothing to test" in mantel(few, days[: len(few)]).summary()
    with pytest.raises(DataError, match="take a sample"):
        mantel(np.zeros((10_001, 2)), np.zeros(10_001))


@pytest.fixture(scope="module")
def incidents():
    lon = 119.9 + np.array([0, 3, 6, 400, 403, 900]) * 1e-4
    times = pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-07", "2024-01-01", "2024-01-09", "2024-01-01"])
    return gpd.GeoDataFrame(
        {"time": times}, index=list("abcdef"), geometry=gpd.GeoSeries.from_xy(lon, [31.7] * 6, crs="EPSG:4326").values
    )


def test_chains_link_what_follows_closely(incidents):
    found = near_repeat(incidents, distance=40, days=7)
    assert found.links[["first", "second", "days"]].to_numpy().tolist() == [["b", "a", 2.0], ["b", "c", 6.0]]
    assert found.chains.dropna().to_dict() == {"a": 1, "b": 1, "c": 1}
    assert (found.links.to_crs(32650).length - found.links["metres"]).abs().max() < 0.1
    assert found.summary() == "1 chains, the longest of 3; 50.0% of 6 incidents belong to one"
    later = near_repeat(incidents, distance=40, days=9)
    assert later.chains.dropna().to_dict() == {"a": 1, "b": 1, "c": 1, "d": 2, "e": 2}


def test_no_incident_and_one_give_no_chain(incidents):
    for few in (incidents.iloc[:0], incidents.iloc[:1]):
        found = near_repeat(few, distance=40, days=7)
        assert len(found.links) == 0
        assert found.chains.isna().all()
        assert found.summary().startswith("0 chains")


def test_follow_ups_are_due_around_recent_incidents_only():
    rng = np.random.default_rng(7)
    xy, days = rng.random((300, 2)) * 5000, rng.integers(0, 300, 300)
    found = knox(np.vstack([xy, xy[:60] + 30]), np.r_[days, days[:60] + 2], [0, 200], [0, 7], random_state=1)
    grid = HexGrid.from_area(gpd.GeoSeries.from_xy([119.9], [31.7], crs="EPSG:4326").to_crs(32650).buffer(2000), 10)
    here = gpd.GeoSeries.from_xy([119.9, 119.91], [31.7, 31.7], crs="EPSG:4326")
    incidents = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-03-01 22:00", "2024-01-01 00:00"])}, geometry=here)
    due = follow_on_risk(found, incidents, grid, "2024-03-04")
    distance = grid.centroids.to_crs(32650).distance(here.to_crs(32650).iloc[0])
    assert due.max() == pytest.approx(found.ratio[0, 0] - 1)
    assert (due > 0).equals((distance < 200).rename("follow_on"))
    for day in ("2024-03-01", "2024-03-08"):
        assert (follow_on_risk(found, incidents, grid, day) == 0).all()


def test_pairs_are_the_same_in_blocks_of_any_size_and_too_many_are_told_first(monkeypatch):
    rng = np.random.default_rng(12)
    xy, days = some_events(rng)
    weights = rng.lognormal(size=len(xy))
    whole, told = (knox(xy, days, METRES, DAYS, n_permutations=19, weights=weights) for _ in range(2))
    monkeypatch.setattr("patrolgeo.hotspots._pairs._BLOCK", 40)
    blocks = knox(xy, days, METRES, DAYS, n_permutations=19, weights=weights)
    np.testing.assert_allclose(blocks.observed, whole.observed, rtol=1e-12)
    np.testing.assert_array_equal(blocks.p_value, whole.p_value)
    np.testing.assert_array_equal(told.observed, whole.observed)
    with pytest.raises(DataError, match="4,999,950,000 pairs of 100,000 incidents lie within 100 m"):
        knox(np.zeros((100_000, 2)), np.zeros(100_000), [0, 100], [0, 7])


def test_links_are_those_of_all_pairs_tried():
    rng, n, start = np.random.default_rng(13), 300, pd.Timestamp("2024-01-01")
    times = start + pd.to_timedelta(rng.integers(0, 40 * 24, n), unit="h")
    lonlat = np.array([119.9, 31.7]) + rng.normal(0, 0.003, (n, 2))
    points = gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*lonlat.T, crs="EPSG:4326"))
    found = near_repeat(points, 150, 5).links
    xy, day = np.column_stack([(p := points.to_crs(points.estimate_utm_crs()).geometry).x, p.y]), times.normalize()
    first, second = np.triu_indices(n, 1)
    near = np.hypot(*(xy[first] - xy[second]).T) < 150.05
    soon = np.abs((day[first] - day[second]).days) < 5
    brute = {frozenset(pair) for pair in zip(first[near & soon].tolist(), second[near & soon].tolist(), strict=True)}
    ours = {frozenset(pair) for pair in found[["first", "second"]].to_numpy().tolist()}
    assert len(ours) > 100
    assert len(ours ^ brute) <= 0.01 * len(ours)  # metres of another projection
    assert found[["first", "second"]].equals(found[["first", "second"]].sort_values(["first", "second"]))
