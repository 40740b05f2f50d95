"""Kernel density by cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KernelDensity

from patrolgeo import HexGrid, crs, kernel_density, relative_density
from patrolgeo.errors import CRSError, DataError, PatrolgeoWarning


@pytest.fixture(scope="module")
def grid() -> HexGrid:
    return HexGrid.from_area(gpd.GeoSeries.from_xy([119.9], [31.7], crs="EPSG:4326").to_crs(32650).buffer(4000), 9)


@pytest.fixture(scope="module")
def points() -> gpd.GeoDataFrame:
    rng = np.random.default_rng(0)
    lon, lat = 119.9 + rng.normal(0, 0.01, 400), 31.7 + rng.normal(0, 0.01, 400)
    geometry = gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326")
    return gpd.GeoDataFrame({"harm": rng.lognormal(0, 1, 400)}, geometry=geometry)


def sklearn_density(points, grid, bandwidth, weights=None):
    center = tuple((grid.lonlat.min(axis=0) + grid.lonlat.max(axis=0)) / 2)
    xy = crs.local_xy(points.geometry.x, points.geometry.y, center=center)
    model = KernelDensity(bandwidth=bandwidth).fit(xy, sample_weight=weights)
    total = len(points) if weights is None else weights.sum()
    return np.exp(model.score_samples(grid.xy)) * total * 1e6


@pytest.mark.parametrize("weights", [None, "harm"])
def test_equal_to_scikit_learn_up_to_a_thousandth_of_the_peak(points, grid, weights):
    density = kernel_density(points, grid, 300, weights=weights)
    exact = sklearn_density(points, grid, 300, None if weights is None else points[weights])
    assert np.abs(density - exact).max() < 1e-3 * exact.max()


@pytest.mark.parametrize("kernel", ["gaussian", "epanechnikov", "quartic", "uniform"])
def test_every_kernel_keeps_the_mass_and_has_the_bandwidth_as_standard_deviation(grid, kernel):
    one = gpd.GeoSeries.from_xy([119.9], [31.7], crs="EPSG:4326")
    density = kernel_density(one, grid, 600, kernel)
    mass = density * grid.area_km2
    assert mass.sum() == pytest.approx(1, abs=0.01)
    assert np.sqrt((mass * grid.xy[:, 0] ** 2).sum()) == pytest.approx(600, rel=0.02)


@pytest.mark.filterwarnings("ignore:bandwidth=20 m")
@pytest.mark.parametrize("bandwidth", [20, 200, 1500])
def test_with_edge_correction_density_times_area_sums_to_the_incidents_inside(points, grid, bandwidth):
    inside = points[grid.locate(points).notna()]
    density = kernel_density(inside, grid, bandwidth, edge_correction=True)
    assert (density * grid.area_km2).sum() == pytest.approx(len(inside))


@pytest.mark.filterwarnings("ignore:bandwidth=20 m")
@pytest.mark.parametrize("bandwidth", [20, 300])
def test_adaptive_density_keeps_the_mass_too(points, grid, bandwidth):
    inside = points[grid.locate(points).notna()]
    density = kernel_density(inside, grid, bandwidth, edge_correction=True, adaptive=True)
    assert (density * grid.area_km2).sum() == pytest.approx(len(inside))


def test_adaptive_bandwidths_are_narrower_in_the_crowd(points, grid):
    fixed, adaptive = (kernel_density(points, grid, 400, adaptive=a) for a in (False, True))
    assert adaptive.max() > fixed.max()
    outskirts = fixed < 0.01 * fixed.max()
    assert adaptive[outskirts].sum() > fixed[outskirts].sum()


@pytest.mark.parametrize("weights", [None, "harm"])
def test_binned_density_is_within_a_thousandth_of_the_peak(points, grid, weights):
    exact, binned = (kernel_density(points, grid, 300, weights=weights, binned=b) for b in (False, True))
    assert np.abs(exact - binned).max() < 1e-3 * exact.max()


def test_the_likelihood_finds_the_spread_of_clusters_even_when_points_share_their_spot(grid):
    rng = np.random.default_rng(3)
    lon = 119.9 + np.repeat(rng.uniform(-0.03, 0.03, 40), 50) + rng.normal(0, 0.002, 2000)
    lat = 31.7 + np.repeat(rng.uniform(-0.03, 0.03, 40), 50) + rng.normal(0, 0.002, 2000)
    apart = gpd.GeoSeries.from_xy(lon, lat, crs="EPSG:4326")
    doubled = pd.concat([apart, apart], ignore_index=True)
    for points in (apart, doubled):
        chosen = kernel_density(points, grid, "likelihood").attrs["bandwidth"]
        assert 60 < chosen < 300


def test_dual_density_of_incidents_where_people_live_is_flat(grid):
    rng = np.random.default_rng(4)
    people = pd.Series(rng.gamma(1, 100, len(grid)), index=grid.cells)
    cells = rng.choice(len(grid), 40_000, p=people / people.sum())
    points = gpd.GeoSeries(grid.centroids.to_numpy()[cells], crs="EPSG:4326")
    rate = relative_density(points, grid, people, 600)
    assert rate.to_numpy() == pytest.approx(40_000 / people.sum(), rel=0.25)


def test_a_bandwidth_far_below_the_cells_is_said(points, grid):
    with pytest.warns(PatrolgeoWarning, match="below a quarter"):
        kernel_density(points, grid, 20)


def test_points_outside_are_counted_in_a_warning(grid):
    far = gpd.GeoSeries.from_xy([119.9, 100], [31.7, 10], crs="EPSG:4326")
    with pytest.warns(PatrolgeoWarning, match="1 of 2 points"):
        kernel_density(far, grid, 300, edge_correction=True)
    assert kernel_density(far, grid, 300).max() > 0


def test_any_crs_gives_the_same_density(points, grid):
    pd.testing.assert_series_equal(
        kernel_density(points, grid, 300), kernel_density(points.to_crs(32650), grid, 300), rtol=1e-6
    )


def test_no_points_and_one_cell_are_quiet(points, grid):
    assert (kernel_density(points.iloc[:0], grid, 300) == 0).all()
    for bandwidth in ("likelihood", "scott"):
        assert (kernel_density(points.iloc[:0], grid, bandwidth) == 0).all()
        assert kernel_density(points.iloc[:1], grid, bandwidth, adaptive=True).max() > 0
    same = points.iloc[[0] * 30]
    assert kernel_density(same, grid, "likelihood").max() > 0
    alone = HexGrid.from_cells(grid.cells[:1])
    with pytest.warns(PatrolgeoWarning, match="of 400 points .* lie outside"):
        assert np.isfinite(kernel_density(points, alone, 300)).all()


def test_wrong_input_is_refused(points, grid):
    with pytest.raises(DataError, match="bandwidth=0"):
        kernel_density(points, grid, 0)
    with pytest.raises(DataError, match="did you mean 'gaussian'"):
        kernel_density(points, grid, 300, kernel="gausian")
    with pytest.raises(DataError, match="400 numbers"):
        kernel_density(points, grid, 300, weights=[1, 2])
    with pytest.raises(CRSError, match="no coordinate reference system"):
        kernel_density(gpd.GeoSeries(np.array(points.geometry)), grid, 300)
