import h3
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from patrolgeo import BoostedStack, HistoricalMean, KernelRisk, RiskStack, backtest, evaluate, log_score
from patrolgeo.errors import PatrolgeoError
from patrolgeo.kernels import smoother
from patrolgeo.risk.bank import bank
from patrolgeo.risk.history import History
from patrolgeo.risk.kernel import scale_space
from patrolgeo.risk.likelihood import mixture_weights
from patrolgeo.risk.smoothing import cell_spacing, smooth


def test_mixture_weights_reach_the_optimum_of_a_general_solver():
    rng = np.random.default_rng(0)
    atoms = rng.gamma(1.0, 1.0, (400, 5))
    y = rng.poisson(atoms @ [0.5, 0, 2.0, 0, 0.1]).astype(float)
    seen, totals = y > 0, atoms.sum(axis=0)

    def loss(w):
        return totals @ w - y[seen] @ np.log(atoms[seen] @ w + 1e-12)

    ours = mixture_weights(atoms[seen], y[seen], totals, tolerance=1e-9)
    theirs = minimize(loss, np.ones(5), bounds=[(0, None)] * 5, options={"ftol": 1e-14, "maxiter": 2000})
    assert loss(ours) <= theirs.fun + 1e-4
    assert (ours >= 0).all()


def test_a_wide_kernel_applied_in_steps_is_the_wide_kernel_away_from_the_border(hex_panel):
    history = History.of(hex_panel(periods=2, rings=14))
    at = int(np.argmin(np.hypot(*history.grid.xy.T)))
    point = np.eye(len(history.cells))[at]
    wide = 2 * cell_spacing(history)
    assert smooth(point[None], history, wide)[0] == pytest.approx(
        smoother(history.grid.xy, wide)[:, at].toarray()[:, 0], abs=2e-4
    )


def test_smoothing_keeps_the_sum_whatever_the_bandwidth(hex_panel):
    history = History.of(hex_panel())
    bandwidths, surfaces = scale_space(history.counts[0], history)
    assert surfaces.sum(axis=1) == pytest.approx(history.counts[0].sum())
    assert (np.diff(bandwidths) > 0).all()
    assert (np.diff(surfaces.max(axis=1)) <= 1e-9).all()


def test_kernel_tuned_by_likelihood_takes_narrow_for_points_and_wide_for_plains(hex_panel):
    panel = hex_panel(periods=40)
    plain = pd.DataFrame(
        np.random.default_rng(1).poisson(0.05, panel.shape).astype(float), index=panel.index, columns=panel.columns
    )
    assert KernelRisk().fit(panel).bandwidth_ < 100
    assert KernelRisk().fit(plain).bandwidth_ > 600


def test_the_stack_is_about_as_good_as_the_better_of_mean_and_kernel_on_either_kind(hex_panel):
    for seed in (0, 1):
        panel = hex_panel(periods=60, rings=7, seed=seed)
        if seed:
            panel = pd.DataFrame(
                np.random.default_rng(2).poisson(0.2, panel.shape).astype(float),
                index=panel.index,
                columns=panel.columns,
            )
        models = {"mean": HistoricalMean(), "kernel": KernelRisk(), "stack": RiskStack()}
        scores = evaluate(panel, backtest(models, panel, n_origins=10)).groupby("model")["log_score_spatial"].mean()
        assert scores["stack"] > scores[["mean", "kernel"]].max() - 0.01


def test_another_category_that_tells_where_wins_score(hex_panel):
    rng = np.random.default_rng(3)
    many = hex_panel(periods=40, rings=7)
    few = pd.DataFrame(rng.binomial(many.astype(int), 0.05).astype(float), index=many.index, columns=many.columns)
    both = pd.concat({"few": few, "many": many}, axis=1, names=["category", "cell"])
    alone = backtest({"m": RiskStack()}, few, n_origins=8, window=4)
    helped = backtest({"m": RiskStack(target="few")}, both, n_origins=8, window=4)
    assert evaluate(few, helped)["log_score_spatial"].mean() > evaluate(few, alone)["log_score_spatial"].mean() + 0.05


def test_places_that_attract_incidents_get_weight(hex_panel):
    rng = np.random.default_rng(4)
    panel = hex_panel(periods=30, rings=7)
    bars = pd.Series((rng.random(panel.shape[1]) < 0.1) * 1.0, index=panel.columns, name="bars")
    panel[:] = rng.poisson(0.005 + 0.1 * bars.to_numpy(), panel.shape)
    weights = RiskStack().fit(panel, covariates={"bars": bars}).weights_[1.0]
    assert weights.filter(like="bars").sum() > 0.3


def test_bank_of_the_same_past_is_kept_and_that_of_another_past_is_not_mistaken(hex_panel):
    panel = hex_panel()
    first = bank(History.of(panel), 10)
    assert bank(History.of(panel.iloc[:15]), 10) is first
    changed = panel.copy()
    changed.iloc[3, 3] += 1
    assert bank(History.of(changed), 10) is not first
    assert bank(History.of(panel, exposure=panel.iloc[0] + 1), 10).names != first.names


def test_the_hottest_ground_gets_its_own_weights_and_a_rare_type_hardly_leaves_the_common_ones(hex_panel):
    rng = np.random.default_rng(5)
    panel = hex_panel(periods=60, rings=8)
    hot = np.argsort(panel.sum().to_numpy())[-8:]
    rate = np.full(panel.shape[1], 0.05)
    rate[hot] = 8.0
    panel[:] = rng.poisson(rate, panel.shape)
    panel.iloc[:, hot[:4]] *= np.where(np.arange(60) % 20 < 10, 2, 0)[:, None]  # busy places that come and go
    rare = pd.DataFrame(rng.binomial(panel.astype(int), 0.01), panel.index, panel.columns).astype(float)
    shifts = []
    for shown in (panel, rare):
        weights = RiskStack().fit(shown).weights_
        share = weights / weights.sum()
        shifts.append((share[0.05] - share[1.0]).abs().sum())
    assert list(weights.columns) == [1.0, 0.2, 0.05]
    assert shifts[0] > 0.5 > shifts[1]


def test_a_quiet_cell_is_shrunk_to_its_people_and_a_busy_one_speaks_for_itself(hex_panel):
    panel = hex_panel(periods=10) * 0
    panel.iloc[:, 0], panel.iloc[-1, 1] = 50.0, 1.0
    people = pd.Series(1.0, index=panel.columns)
    history = History.of(panel, exposure=people)
    surfaces = bank(history, 10)
    shrunk = dict(zip(surfaces.names, surfaces.rates, strict=True))["exposure + own/8"]
    expected = panel.to_numpy().sum() / 10 / panel.shape[1]
    for cell, own in ((0, 500), (1, 1), (2, 0)):
        assert shrunk[cell] == pytest.approx(expected * (8 + own) / (8 + 10 * expected), rel=1e-5)


def test_a_forecast_says_in_one_line_what_it_took_from_where(hex_panel):
    """The shares that the line names are those of the expected incidents, counted from weights and surfaces."""
    panel = hex_panel(periods=60)
    model = RiskStack().fit(panel)
    surfaces = bank(model.history_, 60)
    mass = model.weights_[1.0].to_numpy() * surfaces.rates.sum(axis=1)
    top = int(mass.argmax())
    assert model.took_.startswith(f"{mass[top] / mass.sum():.0%} {surfaces.names[top]}")
    assert model.took_.endswith(f"windows up to the period of {panel.index[-1]:%Y-%m-%d}")
    assert "\n" not in BoostedStack().fit(panel).took_


def test_a_member_joins_where_it_explains_what_the_smoothed_past_does_not():
    """Bursts that last a day or two, on panels of days: the quickest surface of the bank halves in a week."""
    cells = sorted(h3.grid_disk("8930e1d8d03ffff", 5))
    rng = np.random.default_rng(0)
    counts = np.zeros((200, len(cells)))
    for day in range(200):
        counts[day] = rng.poisson(0.02 + (0.7 * counts[day - 1] if day else 0.0))
    panel = pd.DataFrame(counts, pd.date_range("2024-01-01", periods=200, freq="D"), cells)
    model = RiskStack(members=("hawkes",)).fit(panel)
    assert model.weights_.loc["hawkes", 1.0] > 0.25
    alone = RiskStack().fit(panel)
    assert "hawkes" not in alone.weights_.index
    told = [log_score(rng.poisson(0.02 + 0.7 * counts[-1]), m.predict().iloc[0].to_numpy()) for m in (model, alone)]
    assert told[0] > told[1]
    with pytest.raises(PatrolgeoError, match="members"):
        RiskStack(members=("prophet",)).fit(panel)
