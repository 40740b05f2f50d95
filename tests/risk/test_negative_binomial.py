"""Regression of counts: equal to the plain maximum of the likelihood, and intervals that hold under clusters."""

import h3
import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from patrolgeo import HexGrid, NegativeBinomialRegression
from patrolgeo.errors import DataError
from patrolgeo.risk.negative_binomial import fitted


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(sorted(h3.grid_disk("8930e1d8d03ffff", 15)))


def panel_of(counts, grid):
    weeks = pd.date_range("2024-01-01", periods=1, freq="364D", name="period")
    return pd.DataFrame(np.asarray(counts, float)[None], index=weeks, columns=grid.cells)


@pytest.mark.filterwarnings("ignore:The panel has 1 period")
def test_the_table_is_the_maximum_of_the_likelihood_found_without_our_steps(grid):
    rng = np.random.default_rng(3)
    bars, km = rng.poisson(0.4, len(grid)).astype(float), rng.gamma(2.0, 500.0, len(grid))
    area = grid.area_km2.to_numpy()
    y = rng.poisson(20 * area * np.exp(0.5 * bars - 0.0004 * km) * rng.gamma(1.5, 1 / 1.5, len(grid)))

    def loss(b):
        mu, size = area * np.exp(b[0] + b[1] * bars + b[2] * km / 1000), np.exp(-b[3])
        return -stats.nbinom.logpmf(y, size, size / (size + mu)).sum()

    best = optimize.minimize(loss, [1.0, 0, 0, 0], method="BFGS", options={"gtol": 1e-7}).x
    covariates = {"bars": pd.Series(bars, grid.cells), "road metres": pd.Series(km, grid.cells)}
    model = NegativeBinomialRegression().fit(panel_of(y, grid), covariates=covariates)
    assert model.coefficients_["coefficient"].to_numpy() == pytest.approx([best[0], best[1], best[2] / 1000], abs=1e-5)
    assert model.overdispersion_ == pytest.approx(np.exp(best[3]), rel=1e-4)
    assert model.coefficients_.loc["bars", "p_adjusted"] < 0.001
    assert model.coefficients_["ratio"].to_numpy() == pytest.approx(np.exp(model.coefficients_["coefficient"]))


@pytest.mark.filterwarnings("ignore:The panel has 1 period")
def test_intervals_hold_the_truth_where_covariate_and_incidents_both_come_in_patches(grid):
    """Patches of 1 km in both; the truth is a coefficient of 0, which plain errors would deny in half of the runs."""
    patch = np.unique(np.floor(grid.xy / 1000).astype(int), axis=0, return_inverse=True)[1].ravel()
    held, plain = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(0, 1, patch.max() + 1)[patch]
        y = rng.poisson(4 * grid.area_km2 * 10 * rng.gamma(2.0, 0.5, patch.max() + 1)[patch])
        row = NegativeBinomialRegression().fit(panel_of(y, grid), covariates={"x": pd.Series(x, grid.cells)})
        row = row.coefficients_.loc["x"]
        held.append(row["low"] <= 0 <= row["high"])
        X = np.column_stack([np.ones(len(x)), x])
        slopes, d = fitted(X, y.astype(float), grid.area_km2.to_numpy())
        mu = grid.area_km2.to_numpy() * np.exp(X @ slopes)
        error = np.sqrt(np.linalg.inv((X * (mu / (1 + d * mu))[:, None]).T @ X)[1, 1])
        plain.append(abs(slopes[1]) <= 1.96 * error)
    assert np.mean(held) >= 0.85
    assert np.mean(plain) < 0.7


def test_covariates_that_say_the_same_are_refused(grid):
    same = {name: pd.Series(np.arange(len(grid), dtype=float), grid.cells) for name in ("one", "other")}
    panel = pd.concat([panel_of(np.ones(len(grid)), grid)] * 1)
    with pytest.warns(match="1 period"), pytest.raises(DataError, match="not free of each other"):
        NegativeBinomialRegression().fit(panel, covariates=same)
