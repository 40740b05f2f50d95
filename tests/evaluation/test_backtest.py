from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

from patrolgeo import Ewma, HistoricalMean, backtest, compare, evaluate, hit_rate, naive_maps, summarise_scores
from patrolgeo.errors import AlignmentError, DataError


@pytest.fixture
def panel(hex_panel):
    return hex_panel(periods=16)


class Clairvoyant:
    """Says the last row it was shown: what it was shown is what the backtest lets it know."""

    def fit(self, panel, exposure=None, covariates=None):
        self.panel = panel
        return self

    def predict(self, horizon=1):
        rows = pd.date_range(self.panel.index[-1], periods=horizon + 1, freq="7D")[1:]
        return pd.DataFrame([self.panel.iloc[-1]] * horizon, index=rows)


def test_a_forecast_sits_horizon_periods_after_the_last_row_its_model_knew(panel):
    said = backtest({"last": Clairvoyant()}, panel, horizon=3, min_train=5)["last"]
    assert said.index[0] == panel.index[7]
    assert (said.to_numpy() == panel.iloc[4:-3].to_numpy()).all()


def test_a_window_sums_the_periods_from_its_label_on(panel):
    said = backtest({"mean": HistoricalMean()}, panel, window=4, min_train=8)
    assert said.index[-1] == panel.index[-4]
    assert said["mean"].iloc[0].to_numpy() == pytest.approx(4 * panel.iloc[:8].mean().to_numpy())
    scores = evaluate(panel, said, {"n": lambda y_true, y_pred: y_true.sum()})
    assert scores["n"].iloc[0] == panel.iloc[8:12].to_numpy().sum()


def test_processes_give_the_identical_answer(panel):
    models = {"mean": HistoricalMean(), "ewma": Ewma(half_life=4)}
    here = backtest(models, panel, n_origins=3)
    with ProcessPoolExecutor(1) as pool:
        there = backtest(models, panel, n_origins=3, executor=pool)
    pd.testing.assert_frame_equal(here, there)


def test_models_of_the_caller_stay_unfitted(panel):
    model = HistoricalMean()
    backtest({"mean": model}, panel, n_origins=1)
    assert not hasattr(model, "rate_")


def test_evaluate_fills_area_from_the_labels_and_follows_labels_not_positions(panel):
    said = backtest({"mean": HistoricalMean()}, panel, n_origins=2)
    seen = []
    evaluate(panel, said, {"m": lambda y_true, y_pred, area: seen.append(area) or 0.0})
    assert (seen[0] > 0.05).all()
    assert len(set(seen[0])) > 1
    mixed = said[said.columns[::-1]]
    mixed.attrs = said.attrs
    pd.testing.assert_frame_equal(evaluate(panel, mixed), evaluate(panel, said))


def test_scores_of_a_subset_of_cells_use_their_area_only(panel):
    said = backtest({"mean": HistoricalMean()}, panel, n_origins=2)
    some = panel.columns[:5]
    scores = evaluate(
        panel, said, {"h": lambda y_true, y_pred: hit_rate(y_true, y_pred, 1.0) * len(y_true)}, cells=some
    )
    assert (scores["h"].dropna() == 5).all()


def test_comparing_a_model_with_itself_under_another_name_gives_no_difference(panel):
    said = backtest({"a": HistoricalMean(), "b": HistoricalMean()}, panel, n_origins=4)
    table = compare(evaluate(panel, said), reference="a")
    assert table[["value", "low", "high"]].abs().to_numpy().max() == 0


def test_pairing_finds_a_small_steady_gain_that_unpaired_intervals_hide():
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 1, 12)
    rows = [{"model": m, "period": t, "s": hard[t] + gain} for m, gain in (("a", 0), ("b", 0.05)) for t in range(12)]
    scores = pd.DataFrame(rows)
    gain = compare(scores, reference="a").iloc[0]
    assert gain["low"] == pytest.approx(0.05)
    alone = summarise_scores(scores).set_index("model")
    assert alone.loc["a", "high"] > alone.loc["b", "low"]


def test_data_sets_are_pooled_alike_and_drawn_along_with_their_origins():
    def scores(name, gain, n):
        rows = [
            {"set": name, "model": m, "period": t, "h": 1 + t + (m == "b") * gain * (1 + t)}
            for m in "ab"
            for t in range(n)
        ]
        return pd.DataFrame(rows)

    both = pd.concat([scores("many", 1.0, 40), scores("few", 3.0, 4)])
    ratio = compare(both, reference="a", how="ratio").iloc[0]
    assert ratio["value"] == pytest.approx((2 * 4) ** 0.5)
    assert ratio[["low", "high"]].tolist() == pytest.approx([2, 4])  # a further set may be like either
    alone = compare(scores("many", 1.0, 40), reference="a", how="ratio").iloc[0]
    assert alone[["value", "low", "high"]].tolist() == pytest.approx([2, 2, 2])
    assert ratio["n"] == 44


def test_too_short_a_panel_and_foreign_forecasts_are_refused(panel):
    with pytest.raises(DataError, match="no origin"):
        backtest({"mean": HistoricalMean()}, panel, min_train=16)
    said = backtest({"mean": HistoricalMean()}, panel, n_origins=2)
    with pytest.raises(AlignmentError, match="lack 1 cells"):
        evaluate(panel, said.iloc[:, 1:])
    with pytest.raises(AlignmentError, match="needs 1 period"):
        evaluate(panel.iloc[:-1], said)


def test_an_interrupted_backtest_goes_on_from_its_cache(panel, tmp_path):
    class Tired(Clairvoyant):
        fits = 0

        def __repr__(self):
            return "Tired()"

        def fit(self, panel, exposure=None, covariates=None):
            Tired.fits += 1
            if Tired.fits == 3:
                raise KeyboardInterrupt
            return super().fit(panel)

    with pytest.raises(KeyboardInterrupt):
        backtest({"m": Tired()}, panel, n_origins=4, cache=tmp_path)
    said = backtest({"m": Tired()}, panel, n_origins=4, cache=tmp_path)
    assert Tired.fits == 5
    pd.testing.assert_frame_equal(said, backtest({"m": Clairvoyant()}, panel, n_origins=4))


def test_a_cache_does_not_confuse_settings_or_panels(panel, tmp_path):
    for half_life in (2, 20):
        for shown in (panel, panel * 2):
            models = {"m": Ewma(half_life=half_life)}
            cached = backtest(models, shown, n_origins=2, cache=tmp_path)
            pd.testing.assert_frame_equal(cached, backtest(models, shown, n_origins=2))


def test_between_refits_a_model_says_what_it_said_then_of_the_later_periods(panel):
    said = backtest({"last": Clairvoyant()}, panel, min_train=5, refit_every=3)["last"]
    every = backtest({"last": Clairvoyant()}, panel, min_train=5)["last"]
    pd.testing.assert_index_equal(said.index, every.index)
    learned = [4 + 3 * (i // 3) for i in range(len(said))]
    assert (said.to_numpy() == panel.iloc[learned].to_numpy()).all()


def test_a_refit_schedule_resumes_from_its_cache_and_must_be_positive(panel, tmp_path):
    settings = {"n_origins": 5, "refit_every": 2, "window": 2}
    models = {"m": Ewma(half_life=3)}
    first, again = (backtest(models, panel, cache=tmp_path, **settings) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(first, backtest(models, panel, **settings))
    with pytest.raises(DataError, match="refit_every=0"):
        backtest(models, panel, refit_every=0)


def test_a_budget_of_minutes_takes_the_place_of_the_area(panel):
    said = backtest({"mean": HistoricalMean()}, panel, n_origins=1)
    best = said["mean"].iloc[0].idxmax()
    minutes = pd.Series(1.0, index=panel.columns[::-1]).where(panel.columns[::-1] != best, len(panel.columns) - 1.0)
    share = evaluate(panel, said, {"h": lambda t, p, area: hit_rate(t, p, 0.5, area)}, budget=minutes)["h"].iloc[0]
    happened = panel.loc[said.index[0]]
    assert share == pytest.approx(happened[best] / happened.sum())
    with pytest.raises(AlignmentError, match="budget"):
        evaluate(panel, said, budget=minutes.iloc[1:])


def test_the_two_naive_maps_stand_beside_a_forecast_and_know_people(panel):
    people = pd.Series(np.arange(panel.shape[1], dtype=float), index=panel.columns)
    said = backtest({"ewma": Ewma(half_life=4)} | naive_maps(), panel, n_origins=2, exposure=people)
    assert list(said.columns.get_level_values(0).unique()) == ["ewma", "past counts", "population"]
    assert said["population"].iloc[0].corr(people) == pytest.approx(1)
