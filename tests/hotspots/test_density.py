"""Kernel density by cell."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KernelDensity

from patrolgeo import HexGrid, crs, kernel_density
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


@pytest.mark.parametrize("bandwidth", [60, 1500])
def test_with_edge_correction_density_times_area_sums_to_the_incidents_inside(points, grid, bandwidth):
    inside = points[grid.locate(points).notna()]
    density = kernel_density(inside, grid, bandwidth, edge_correction=True)
    assert (density * grid.area_km2).sum() == pytest.approx(len(inside))


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
    alone = HexGrid.from_cells(grid.cells[:1])
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
