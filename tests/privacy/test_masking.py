"""Masking: even by area in the ring, never across a border, k told; noise as its formula says."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.stats import kstest

from patrolgeo import DataError, HexGrid, PatrolgeoWarning, crs, geomask, noisy_counts

AREA = gpd.GeoSeries(
    [shapely.box(119.80, 31.60, 119.91, 31.80), shapely.box(119.91, 31.60, 120.05, 31.80)], crs="EPSG:4326"
)


def points_at(lon, lat):
    return gpd.GeoDataFrame({"id": range(len(lon))}, geometry=gpd.points_from_xy(lon, lat), crs="EPSG:4326")


def cloud(n, seed=0):
    rng = np.random.default_rng(seed)
    return points_at(rng.uniform(119.88, 119.98, n), rng.uniform(31.68, 31.77, n))


def test_moves_are_even_by_area_within_the_ring():
    masked = geomask(cloud(3000), AREA, radius_m=(200, 500), random_state=0)
    moved = masked["moved_m"]
    assert moved.between(200, 500).all()
    far = masked[np.abs(cloud(3000).geometry.x - 119.91) > 0.01]["moved_m"]  # no border near
    share = (far**2 - 200**2) / (500**2 - 200**2)
    assert kstest(share, "uniform").pvalue > 0.01


def test_points_move_into_every_direction():
    """The angle of the move is even around the circle: no side of the true place is more likely than another."""
    true = points_at(np.full(4000, 119.86) + np.arange(4000) * 1e-7, np.full(4000, 31.70))
    masked = geomask(true, AREA, radius_m=(200, 500), random_state=3)
    move = np.column_stack([masked.geometry.x - true.geometry.x, masked.geometry.y - true.geometry.y])
    angle = np.arctan2(move[:, 1], move[:, 0] * np.cos(np.radians(31.7)))
    assert kstest((angle + np.pi) / (2 * np.pi), "uniform").pvalue > 0.01


def test_no_point_crosses_the_border_of_its_polygon():
    true = cloud(2000)
    masked = geomask(true, AREA, radius_m=(100, 2000), random_state=1)
    assert ((true.geometry.x < 119.91) == (masked.geometry.x < 119.91)).all()
    metres = crs.to_local(true, (119.91, 31.7)).distance(crs.to_local(masked, (119.91, 31.7)))
    np.testing.assert_allclose(metres, masked["moved_m"], rtol=1e-3)


def test_points_of_one_place_move_together_and_the_seed_repeats():
    twice = points_at([119.9] * 3 + [119.95], [31.7] * 4)
    masked = geomask(twice, AREA, radius_m=(100, 300), random_state=7)
    assert masked.geometry.iloc[:3].nunique() == 1
    assert masked.geometry.equals(geomask(twice, AREA, radius_m=(100, 300), random_state=7).geometry)
    assert twice.geometry.iloc[0].x == 119.9


def test_the_radius_follows_the_people_and_k_is_told():
    grid = HexGrid.from_area(gpd.GeoSeries([AREA.union_all()], crs="EPSG:4326"), 8)
    town = grid.lonlat[:, 0] < 119.91
    people = pd.Series(np.where(town, 2000.0, 40.0) * grid.area_km2.to_numpy(), index=grid.cells)
    true = points_at([119.85] * 150 + [119.98] * 150, np.linspace(31.65, 31.75, 150).tolist() * 2)
    masked = geomask(true, AREA, k=200, grid=grid, population=people, random_state=2)
    ring = np.sqrt(200 / np.array([2000, 40]) / np.pi) * 1000
    assert masked["moved_m"][:150].between(ring[0] / 10**0.5 * 0.8, ring[0] * 1.2).all()
    assert masked["moved_m"][150:].max() > 3 * masked["moved_m"][:150].max()
    assert masked["realised_k"].between(10, 260).all()
    expected = 2000 * np.pi * (masked["moved_m"][:150] / 1000) ** 2
    np.testing.assert_allclose(masked["realised_k"][:150], expected, rtol=0.1)


def test_points_without_a_place_to_go_are_withheld_and_said():
    stray = points_at([119.9, 10.0], [31.7, 10.0])
    with pytest.warns(PatrolgeoWarning, match="1 of 2 points"):
        masked = geomask(stray, AREA, radius_m=(100, 200), random_state=0)
    assert masked.geometry.isna().tolist() == [False, True]


def test_clear_messages_for_contradictory_wishes():
    with pytest.raises(DataError, match="either radius_m"):
        geomask(cloud(3), AREA)
    with pytest.raises(DataError, match="inner and a larger"):
        geomask(cloud(3), AREA, radius_m=(300, 100))
    with pytest.raises(DataError, match="needs grid"):
        geomask(cloud(3), AREA, k=20)


def test_noise_has_the_mean_and_spread_of_its_formula():
    counts = pd.DataFrame(1000.0, index=pd.date_range("2024-01-01", periods=100), columns=range(200))
    noise = noisy_counts(counts, 0.5, max_events=2, random_state=0) - 1000
    a = np.exp(-0.25)
    assert noise.to_numpy().mean() == pytest.approx(0, abs=0.15)
    assert noise.to_numpy().var() == pytest.approx(2 * a / (1 - a) ** 2, rel=0.05)
    assert (noise.to_numpy() == np.rint(noise.to_numpy())).all()
    assert (noisy_counts(counts * 0, 0.1, random_state=0).to_numpy() >= 0).all()
    with pytest.raises(DataError, match="epsilon"):
        noisy_counts(counts, 0)


@pytest.mark.parametrize(
    "odd",
    [{"radius_m": (100, np.inf)}, {"radius_m": (np.nan, 3)}, {"radius_m": ("a", "b")}, {"radius_m": 5},
     {"radius_m": (1, 2, 3)}, {"k": -1}, {"k": 2.5}, {"k": "many"}],
)  # fmt: skip
def test_radii_and_numbers_out_of_range_are_refused(odd):
    with pytest.raises(DataError):
        geomask(cloud(3), AREA, **odd)


@pytest.mark.parametrize("odd", [(0, 1), (np.nan, 1), ("x", 1), (np.inf, 1), (1.0, 0), (1.0, 1.5), (1.0, "x")])
def test_budgets_out_of_range_are_refused(odd):
    counts = pd.DataFrame(1.0, index=pd.date_range("2024-01-01", periods=2), columns=range(2))
    with pytest.raises(DataError):
        noisy_counts(counts, odd[0], max_events=odd[1])
