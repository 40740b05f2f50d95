"""Which kinds of places raise risk: what is planted is found, what is noise stays out, what is told is true."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
from scipy.spatial import cKDTree

from patrolgeo import HexGrid, RiskTerrain, load_model, save_model
from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.risk.blocks import blocks_of
from patrolgeo.risk.history import History

COLUMNS = ["kind", "operation", "reach_m", "factor", "low", "high"]


@pytest.fixture(scope="module")
def town():
    """1,261 cells with clustered risk, in which risk is doubled within 300 m of 150 shops; gates mean nothing."""
    grid = HexGrid.from_cells(sorted(h3.grid_disk("8930e1d8d03ffff", 20)))
    rng = np.random.default_rng(5)
    box = grid.geometry.total_bounds
    shops, gates = (rng.uniform(box[:2], box[2:], (150, 2)) for _ in range(2))
    layers = {k: gpd.GeoSeries.from_xy(*p.T, crs="EPSG:4326") for k, p in {"shop": shops, "gate": gates}.items()}
    at = History.of(frame(np.zeros((1, len(grid))), grid), covariates=layers).points["shop"]
    near = cKDTree(at).query(grid.xy)[0] <= 300
    hills = np.exp(0.5 * np.sin(grid.xy[:, 0] / 700) + 0.5 * np.cos(grid.xy[:, 1] / 900))
    rate = 0.06 * hills * rng.gamma(2.0, 0.5, len(grid)) * np.where(near, 2.0, 1.0)
    return grid, layers, near, frame(rng.poisson(rate, (40, len(grid))), grid)


def frame(counts, grid):
    weeks = pd.date_range("2024-01-01", periods=len(counts), freq="7D", name="period")
    return pd.DataFrame(np.asarray(counts, float), index=weeks, columns=grid.cells)


def test_a_planted_factor_is_found_at_its_distance_and_noise_stays_out(town):
    grid, layers, near, panel = town
    model = RiskTerrain().fit(panel, covariates=layers)
    assert list(model.relative_risk_.columns) == COLUMNS
    [found] = model.relative_risk_.to_dict("records")
    assert (found["kind"], found["operation"], found["reach_m"]) == ("shop", "within", 300)
    assert found["low"] < 2.0 < found["high"]
    told = model.story()
    assert set(told["cell"]) == set(grid.cells[near])
    assert set(model.story(grid.cells[:50])["cell"]) == set(grid.cells[:50][near[:50]])


def test_the_slope_is_that_of_a_regression_with_a_constant_for_each_block(town):
    """Checked by the Poisson likelihood with all constants spelled out."""
    grid, layers, near, panel = town
    model = RiskTerrain(reaches=(300.0,)).fit(panel, covariates={"shop": layers["shop"]})
    blocks = blocks_of(model.history_).toarray()
    y, area = panel.sum().to_numpy(), grid.area_km2.to_numpy()
    slope = np.log(model.relative_risk_["factor"].iloc[0])
    by_block = (blocks @ y) / (blocks @ (area * np.exp(slope * near)))
    mu = area * np.exp(slope * near) * (blocks.T @ by_block)
    assert float(near @ (y - mu)) == pytest.approx(0, abs=1e-5)
    assert blocks @ mu == pytest.approx(blocks @ y)


def test_clusters_that_ignore_places_let_nothing_in(town):
    """Ten towns whose incidents sit in clumps: the Poisson criterion let layers into nearly all of them."""
    grid, layers, *_ = town
    entered = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        clumps = grid.xy[rng.integers(0, len(grid), 40)]
        rate = 0.02 + np.exp(-((cKDTree(clumps).query(grid.xy)[0] / 300) ** 2)) * rng.gamma(0.5, 1, len(grid))
        entered += len(RiskTerrain().fit(frame(rng.poisson(rate, (10, len(grid))), grid), covariates=layers).layers_)
    assert entered <= 1


def test_too_little_on_one_side_is_no_support(town):
    grid, _, _, panel = town
    few = pd.Series(np.arange(len(grid)) == 600, index=grid.cells, dtype=float)
    assert RiskTerrain(reaches=(0.0,)).fit(panel * 50, covariates={"tower": few}).relative_risk_.empty


def test_two_kinds_are_measured_beside_each_other(town):
    grid, layers, _, panel = town
    rng = np.random.default_rng(9)
    bars = pd.Series(rng.random(len(grid)) < 0.1, index=grid.cells, dtype=float)
    more = frame(rng.poisson(panel.mean().to_numpy() * np.where(bars > 0, 3.0, 1.0), (40, len(grid))), grid)
    table = RiskTerrain().fit(more, covariates=layers | {"bar": bars}).relative_risk_.set_index("kind")
    assert set(table.index) == {"shop", "bar"}
    assert table.loc["bar", "low"] < 3.0 < table.loc["bar", "high"]
    assert table.loc["bar", "reach_m"] == 0


def test_a_kind_that_always_comes_with_another_one_adds_nothing(town):
    _, layers, _, panel = town
    table = RiskTerrain().fit(panel, covariates={"shop": layers["shop"], "sign": layers["shop"]}).relative_risk_
    assert table["kind"].tolist() == ["shop"]


def test_points_and_layers_of_places_mean_the_same_and_are_saved(town, tmp_path):
    _, layers, _, panel = town
    together = pd.concat([gpd.GeoDataFrame({"kind": k}, geometry=p, index=p.index) for k, p in layers.items()])
    model = RiskTerrain().fit(panel, covariates=together)
    pd.testing.assert_frame_equal(model.relative_risk_, RiskTerrain().fit(panel, covariates=layers).relative_risk_)
    again = load_model(save_model(model, tmp_path / "model.npz"))
    pd.testing.assert_frame_equal(again.relative_risk_, model.relative_risk_)


def test_nonsense_is_refused(town):
    _, layers, _, panel = town
    for settings in ({"reaches": "far"}, {"reaches": (-1.0,)}, {"alpha": 0}, {"block_m": -5.0}):
        with pytest.raises(PatrolgeoError):
            RiskTerrain(**settings).fit(panel, covariates=layers)
    with pytest.raises(DataError, match="without a point"):
        RiskTerrain().fit(panel, covariates={"shop": gpd.GeoSeries([None, *layers["shop"]], crs="EPSG:4326")})
    with pytest.raises(PatrolgeoError, match="refused"):
        RiskTerrain().fit(panel, covariates={"mosque": layers["shop"]})
    with pytest.raises(PatrolgeoError):
        RiskTerrain().fit(panel, covariates=layers).story(["nowhere"])
