"""Clusters of incidents: published counts, brute force, order of rows; middles and ellipses; clusters of clusters."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, MissingColumnError, centrography, cluster_incidents, nearest_neighbor_clusters

AREA = gpd.GeoSeries([shapely.box(0, 0, 5000, 5000)], crs="EPSG:32650")


def crowd(rng, n=150):
    xy = np.r_[
        rng.uniform(0, 5000, (n, 2)), rng.normal([1500, 1500], 60, (30, 2)), rng.normal([3500, 900], 60, (25, 2))
    ]
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 60, len(xy)), "D")
    return gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:32650")


@pytest.mark.real
def test_memphis_clusters_are_those_of_brute_force(real_data):
    table = pd.read_parquet(real_data / "memphis" / "robberies_2019.parquet").rename(columns={"datetime": "time"})
    north = (table["lat"] - table["lat"].mean()) * 111319.49079
    east = (table["lon"] - table["lon"].mean()) * 111319.49079 * np.cos(np.radians(table["lat"].mean()))
    plane = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(east, north), crs="EPSG:32616")
    oracle = json.loads((real_data / "oracles" / "oracles2.json").read_text())["st_dbscan_memphis"]["expected"]
    for words, expected in oracle.items():
        metres, days, fewest = (float(w.split()[0]) for w in words.split(", "))
        found = cluster_incidents(plane, method="st_dbscan", max_distance=metres, max_days=days,
                                  min_incidents=int(fewest))  # fmt: skip
        sizes = found.labels[found.core].value_counts().tolist()
        assert (len(found), (found.labels < 0).sum(), found.core.sum()) == (
            expected["clusters"], expected["noise"], expected["core"],
        )  # fmt: skip
        assert sizes[: len(expected["core_sizes"])] == expected["core_sizes"]


@pytest.mark.parametrize("method", ["dbscan", "st_dbscan"])
def test_cores_and_noise_are_those_of_the_definition(method):
    table = crowd(np.random.default_rng(1))
    xy = np.column_stack([table.geometry.x, table.geometry.y])
    day = (table["time"] - table["time"].min()).to_numpy() / np.timedelta64(1, "D")
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= 150
    if method == "st_dbscan":
        near &= np.abs(day[:, None] - day[None]) <= 20
    days = 20 if method == "st_dbscan" else None
    found = cluster_incidents(table, method=method, max_distance=150, min_incidents=5, max_days=days)
    core = near.sum(axis=1) >= 5
    np.testing.assert_array_equal(found.core, core)
    np.testing.assert_array_equal(found.labels < 0, ~core & ~(near & core).any(axis=1))
    labels = found.labels.to_numpy()
    assert (labels[:, None] == labels[None])[near & core[:, None] & core[None]].all()
    border = np.flatnonzero((labels >= 0) & ~core)
    for b in border:
        to_core = np.where(near[b] & core, np.hypot(*(xy - xy[b]).T), np.inf)
        assert labels[b] == labels[to_core.argmin()]


@pytest.mark.parametrize("method", ["dbscan", "st_dbscan", "hdbscan"])
def test_shuffled_rows_give_the_same_clusters(method):
    table = crowd(np.random.default_rng(2))
    mixed = table.sample(frac=1, random_state=1)
    days = 30 if method == "st_dbscan" else None
    one, other = (
        cluster_incidents(t, method=method, max_distance=120, min_incidents=6, max_days=days) for t in (table, mixed)
    )
    pd.testing.assert_series_equal(one.labels, other.labels.reindex(table.index))
    assert len(one) >= 2
    sizes = one.labels[one.labels >= 0].value_counts().sort_index()
    assert (sizes.diff().dropna() <= 0).all()
    shown = one.to_gdf()
    assert shown["incidents"].tolist() == sizes.tolist()
    assert (shown["first"] <= shown["last"]).all()
    hull = shown.geometry.iloc[0]
    assert shapely.covers(hull.buffer(1e-9), table.to_crs(4326).geometry[one.labels == 0].to_numpy()).all()


def test_few_incidents_and_missing_times_are_told():
    table = crowd(np.random.default_rng(3))
    assert len(cluster_incidents(table.iloc[:2], max_distance=100, min_incidents=5)) == 0
    assert cluster_incidents(table.iloc[:0], max_distance=100, min_incidents=5).to_gdf().empty
    with pytest.raises(DataError, match="max_days"):
        cluster_incidents(table, max_distance=100, min_incidents=5, max_days=7)
    with pytest.raises(MissingColumnError, match="time"):
        cluster_incidents(table[["geometry"]], method="st_dbscan", max_distance=100, min_incidents=5, max_days=7)


def test_the_ellipse_has_the_axes_of_the_covariance_and_the_median_the_least_sum_of_distances():
    rng = np.random.default_rng(4)
    xy = rng.multivariate_normal([300.0, 500.0], [[90000, 50000], [50000, 60000]], 400) + np.array([500000, 3500000])
    weights = rng.gamma(1, 1, 400)
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs="EPSG:32650")
    found = centrography(points, weights)
    off = xy - np.average(xy, axis=0, weights=weights)
    spread, axes = np.linalg.eigh(np.cov(off.T, aweights=weights, ddof=0))
    assert (found.minor_m, found.major_m) == pytest.approx(np.sqrt(2 * spread), rel=0.003)
    assert found.angle == pytest.approx(np.degrees(np.arctan2(*axes[:, 1])) % 180, abs=2)  # grid north is not north
    metres = gpd.GeoSeries([found.median_center, found.mean_center], crs=4326).to_crs(32650)
    assert (metres.x[1], metres.y[1]) == pytest.approx(np.average(xy, axis=0, weights=weights), abs=1)
    sums = [weights @ np.hypot(xy[:, 0] - metres.x[0] - dx, xy[:, 1] - metres.y[0] - dy)
            for dx, dy in ((0, 0), (9, 0), (-9, 0), (0, 9), (0, -9))]  # fmt: skip
    assert min(sums) == sums[0]
    inside = shapely.contains(found.ellipse, points.to_crs(4326).to_numpy())
    assert weights[inside].sum() / weights.sum() == pytest.approx(1 - np.exp(-1), abs=0.06)


def test_middles_of_clusters_cluster_again():
    rng = np.random.default_rng(5)
    middles = np.array([[800, 800], [1500, 800], [800, 1500], [4000, 4000], [4600, 4200], [3900, 4600]])
    xy = np.concatenate([rng.normal(m, 25, (15, 2)) for m in middles])
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs="EPSG:32650")
    found = nearest_neighbor_clusters(points, AREA, min_incidents=10)
    assert found.labels["order_1"].nunique() == 6
    second = found.labels["order_2"].to_numpy().reshape(6, 15)
    assert {len(set(second[:3].ravel())), len(set(second[3:].ravel()))} == {1}
    assert found.reach_m[0] == pytest.approx(0.5 * np.sqrt(25e6 / 90), rel=0.005)
    assert found.to_gdf(2)["points"].tolist() == [45, 45]
    mixed = nearest_neighbor_clusters(points.sample(frac=1, random_state=1), AREA, min_incidents=10)
    pd.testing.assert_frame_equal(mixed.labels.reindex(points.index), found.labels)


def test_a_crowd_of_people_is_no_cluster_when_the_risk_is_adjusted():
    rng = np.random.default_rng(6)
    halves = gpd.GeoSeries(
        [shapely.box(0, 0, 1000, 5000), shapely.box(1000, 0, 5000, 5000)], ["town", "land"], crs=32650
    )
    people = pd.Series({"town": 9000, "land": 1000})
    town = np.column_stack([rng.uniform(0, 1000, 450), rng.uniform(0, 5000, 450)])
    land = np.r_[rng.uniform(1000, 5000, (35, 2)), rng.normal([3000, 2500], 60, (15, 2))]
    points = gpd.GeoSeries(gpd.points_from_xy(*np.r_[town, land].T), crs=32650)
    plain = nearest_neighbor_clusters(points, halves, min_incidents=6).labels["order_1"]
    adjusted = nearest_neighbor_clusters(points, halves, min_incidents=6, exposure=people).labels["order_1"]
    assert (plain[:450] >= 0).mean() > 5 * (adjusted[:450] >= 0).mean()
    assert (adjusted[-15:] >= 0).all()


def test_chance_makes_small_nearest_neighbour_clusters_as_documented():
    """It is no test: evenly scattered points have some clusters of 4 points, and hardly any of the usual 10."""
    xy = np.random.default_rng(0).uniform(0, 5000, (1000, 2)) + np.array([500_000, 3_500_000])
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs="EPSG:32650")
    area = gpd.GeoSeries([shapely.box(500_000, 3_500_000, 505_000, 3_505_000)], crs="EPSG:32650")
    few, usual = (nearest_neighbor_clusters(points, area, min_incidents=k).labels["order_1"].max() for k in (4, 10))
    assert 10 <= few <= 35
    assert usual == -1
