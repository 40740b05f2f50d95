"""Nearest neighbours and Ripley's K: by hand, uniform p without a pattern, people; smoothed rates beside esda."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse, stats

from patrolgeo import DataError, empirical_bayes_rates, nearest_neighbor_index, ripley_k
from patrolgeo.hotspots.rates import smooth_rates

BOX = gpd.GeoSeries([shapely.box(0, 0, 2000, 1000)], crs="EPSG:32650")


def points(xy):
    return gpd.GeoSeries(gpd.points_from_xy(*np.asarray(xy, float).T), crs="EPSG:32650")


def test_k_counts_ordered_pairs_by_hand():
    xy = [[100, 100], [160, 100], [100, 190], [1500, 700]]
    found = ripley_k(points(xy), [50, 80, 100, 200], BOX, n_permutations=9).table
    scale = 2e6 / (4 * 3)
    assert found["k"].tolist() == pytest.approx([0, 2 * scale, 4 * scale, 6 * scale], rel=0.005)
    nearest = nearest_neighbor_index(points(xy), BOX, n_permutations=9)
    apart = [60, 60, 90, np.hypot(1340, 600)]
    assert nearest.observed_m == pytest.approx(np.mean(apart), rel=0.005)
    assert nearest.formula_m == pytest.approx(0.5 * np.sqrt(2e6 / 4), rel=0.005)


def test_p_values_are_uniform_without_a_pattern():
    rng, found = np.random.default_rng(1), []
    for seed in range(60):
        cloud = points(rng.random((30, 2)) * [2000, 1000])
        found.append([
            nearest_neighbor_index(cloud, BOX, n_permutations=39, random_state=seed).p_value,
            ripley_k(cloud, [50, 150, 300], BOX, n_permutations=39, random_state=seed).p_value,
        ])  # fmt: skip
    for k, steps in ((0, 20), (1, 40)):
        p = np.array(found)[:, k] - rng.random(60) / steps
        assert stats.kstest(p, "uniform").pvalue > 0.005


def test_clusters_and_regular_points_lie_on_either_side():
    rng = np.random.default_rng(2)
    crowded = points(rng.normal([700, 500], 60, (60, 2)))
    x, y = np.meshgrid(np.arange(50, 2000, 100), np.arange(50, 1000, 100))
    regular = points(np.column_stack([x.ravel(), y.ravel()]))
    for cloud, below in ((crowded, True), (regular, False)):
        index = nearest_neighbor_index(cloud, BOX, n_permutations=99)
        assert (index.index < index.low) == below
        assert index.p_value == pytest.approx(0.02)
    assert (ripley_k(crowded, [50, 200], BOX).table["ratio"] > 10).all()
    assert ripley_k(regular, [90], BOX).table["ratio"].iloc[0] == 0


def test_points_that_follow_the_people_are_no_pattern():
    halves = gpd.GeoSeries([shapely.box(0, 0, 400, 1000), shapely.box(400, 0, 2000, 1000)], ["town", "land"], crs=32650)
    rng = np.random.default_rng(3)
    cloud = points(np.r_[rng.random((90, 2)) * [400, 1000], rng.random((10, 2)) * [1600, 1000] + [400, 0]])
    people = pd.Series({"land": 100, "town": 900})
    assert ripley_k(cloud, [100, 300], halves).p_value < 0.02
    assert ripley_k(cloud, [100, 300], halves, exposure=people).p_value > 0.02
    assert nearest_neighbor_index(cloud, halves, exposure=people).index > nearest_neighbor_index(cloud, halves).index


def test_the_order_of_points_does_not_matter():
    rng = np.random.default_rng(4)
    cloud = points(rng.random((40, 2)) * [2000, 1000])
    one, other = (ripley_k(c, [60, 120], BOX, n_permutations=19) for c in (cloud, cloud.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(one.table, other.table)
    with pytest.raises(DataError, match="two are needed"):
        ripley_k(cloud.iloc[:1], [60], BOX)
    with pytest.raises(DataError, match="ascending"):
        ripley_k(cloud, [60, 60], BOX)


VILLAGES = pd.Index([f"v{i}" for i in range(49)], name="village")


def queen(n=7):
    x, y = (a.ravel() for a in np.meshgrid(range(n), range(n)))
    near = np.maximum(abs(x[:, None] - x), abs(y[:, None] - y)) == 1
    return sparse.csr_matrix(near, dtype=float)


def test_rates_are_those_of_marshall_in_esda():
    smoothing = pytest.importorskip("esda.smoothing")
    libpysal = pytest.importorskip("libpysal")
    rng = np.random.default_rng(5)
    people = rng.integers(50, 3000, 49)
    counts = rng.poisson(people * rng.gamma(5, 0.004, 49))
    c, p = pd.Series(counts, VILLAGES), pd.Series(people, VILLAGES)
    theirs = smoothing.Empirical_Bayes(counts, people).r.ravel()
    np.testing.assert_allclose(empirical_bayes_rates(c, p)["eb_rate"], theirs, rtol=1e-9)
    weights = libpysal.weights.WSP(queen()).to_W(silence_warnings=True)
    theirs = smoothing.Spatial_Empirical_Bayes(counts, people, weights).r.ravel()
    ours = empirical_bayes_rates(c, p, connectivity=queen())["eb_rate"]
    assert (
        np.corrcoef(ours, theirs)[0, 1] > 0.97
    )  # esda takes another number of people for the noise of a neighbourhood


def test_small_units_are_drawn_to_the_mean_and_intervals_hold_the_truth():
    rng, held, drawn = np.random.default_rng(6), [], []
    for _ in range(30):
        people = pd.Series(rng.integers(20, 3000, 49), VILLAGES)
        truth = rng.gamma(4, 0.005, 49)
        table = empirical_bayes_rates(pd.Series(rng.poisson(people * truth), VILLAGES), people)
        held.append(((table["low"] <= truth) & (truth <= table["high"])).mean())
        drawn.append(np.mean((table["eb_rate"] - truth) ** 2) / np.mean((table["rate"] - truth) ** 2))
        own = table["own_share"].to_numpy()[np.argsort(people.to_numpy())]
        assert (np.diff(own) >= -1e-12).all()
    assert np.mean(held) == pytest.approx(0.95, abs=0.025)
    assert np.mean(drawn) < 0.7


def test_rates_without_people_differences_or_incidents():
    people = pd.Series(100.0, VILLAGES)
    people.iloc[0] = 0
    alike = empirical_bayes_rates(pd.Series(np.where(people > 0, 5, 0), VILLAGES), people)
    assert alike["eb_rate"].to_numpy() == pytest.approx(0.05)
    assert np.isnan(alike["rate"].iloc[0])
    assert (alike["low"] < 0.05).all()
    assert (alike["high"] > 0.05).all()
    nothing = empirical_bayes_rates(pd.Series(0, VILLAGES), people)
    assert (nothing["eb_rate"] == 0).all()
    assert (nothing["high"] > 0).all()
    counts = pd.Series(np.arange(49), VILLAGES)
    plain, harm = (empirical_bayes_rates(counts * k, people, incident=k) for k in (1, 7.5))
    np.testing.assert_allclose(harm["eb_rate"], plain["eb_rate"] * 7.5)
    np.testing.assert_allclose(smooth_rates(counts.to_numpy(float), people.to_numpy()), plain["eb_rate"])
    with pytest.raises(DataError, match="exposure is 0"):
        empirical_bayes_rates(counts, people * 0)
