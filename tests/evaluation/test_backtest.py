from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
import pytest

from patrolgeo import (
    Ewma,
    ExposureMap,
    HistoricalMean,
    KernelRisk,
    backtest,
    compare,
    evaluate,
    hit_rate,
    naive_maps,
    summarise_scores,
)
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning
from patrolgeo.evaluation import backtest as backtests


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
    with pytest.raises(AlignmentError, match="lacks 1 of 61 cells"):
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


def test_an_interrupted_backtest_makes_no_forecast_twice(panel, tmp_path, monkeypatch):
    made, plain = [], backtests._said

    def stopped_at_the_sixth(*arguments):
        made.append(1)
        if len(made) == 6:
            raise KeyboardInterrupt
        return plain(*arguments)

    monkeypatch.setattr(backtests, "_said", stopped_at_the_sixth)
    models = {"mean": HistoricalMean(), "kernel": KernelRisk(bandwidth=300.0), "area": ExposureMap()}
    with pytest.raises(KeyboardInterrupt):
        backtest(models, panel, n_origins=3, cache=tmp_path)
    backtest(models, panel, n_origins=3, cache=tmp_path)
    assert len(made) == 6 + 9 - 5


def test_a_missing_forecast_stays_missing(panel):
    class Mute(HistoricalMean):
        def _fit(self, history):
            self.rate_ = np.full(history.counts.shape[1], np.nan)

    assert backtest({"mute": Mute()}, panel, n_origins=1, window=2).isna().all(axis=None)


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
    minutes = pd.Series(np.random.default_rng(1).uniform(1, 9, panel.shape[1]), index=panel.columns[::-1])
    share = evaluate(panel, said, {"h": lambda t, p, area: hit_rate(t, p, 0.3, area)}, budget=minutes)["h"].iloc[0]
    happened, left, hits = panel.loc[said.index[0]], 0.3 * minutes.sum(), 0.0
    for cell in (said["mean"].iloc[0] / minutes).sort_values(ascending=False).index:
        hits += happened[cell] * min(left / minutes[cell], 1)
        left = max(left - minutes[cell], 0)
    assert share == pytest.approx(hits / happened.sum())
    with pytest.raises(AlignmentError, match="budget"):
        evaluate(panel, said, budget=minutes.iloc[1:])


def test_the_two_naive_maps_stand_beside_a_forecast_and_know_people(panel):
    people = pd.Series(np.arange(panel.shape[1], dtype=float), index=panel.columns)
    said = backtest({"ewma": Ewma(half_life=4)} | naive_maps(), panel, n_origins=2, exposure=people)
    assert list(said.columns.get_level_values(0).unique()) == ["ewma", "past counts", "population"]
    assert said["population"].iloc[0].corr(people) == pytest.approx(1)


WEEKS = pd.date_range("2024-01-01", periods=60, freq="7D")


def two_windows(panel):
    return (backtest({f"w{w}": HistoricalMean()}, panel, window=w, step=4, n_origins=3) for w in (4, 1))


@pytest.mark.parametrize("way", ["csv", "parquet", "rows", "attrs", "model"])
def test_the_window_of_a_forecast_survives_files_and_tables(panel, tmp_path, way):
    said, _ = two_windows(panel)
    if way == "csv":
        said.to_csv(tmp_path / "f.csv")
        kept = pd.read_csv(tmp_path / "f.csv", header=[0, 1], index_col=0, parse_dates=True)
    elif way == "parquet":
        said.to_parquet(tmp_path / "f.parquet")
        kept = pd.read_parquet(tmp_path / "f.parquet")
    elif way == "rows":
        kept = pd.concat([said.iloc[:1], said.iloc[1:]])
    elif way == "attrs":
        kept = said.copy()
        kept.attrs = {}
    else:
        kept = pd.concat({"again": said["w4"]}, axis=1)
    scores = evaluate(panel, kept).drop(columns="model")
    pd.testing.assert_frame_equal(scores, evaluate(panel, said).drop(columns="model"), check_dtype=False)


@pytest.mark.parametrize("way", ["concat", "join", "joined", "named", "rows", "nameless"])
def test_a_window_that_is_lost_or_mixed_is_an_error_and_not_scored_as_one_period(panel, way):
    four, one = (backtest({f"w{w}": HistoricalMean()}, panel, window=w, n_origins=5) for w in (4, 1))
    four = four.loc[four.index.intersection(one.index)]
    one = one.loc[four.index]  # the very same rows, so that nothing is missing
    mixed = {
        "concat": lambda: pd.concat([four, one], axis=1),
        "join": lambda: four.join(one),
        "joined": lambda: one.join(four),
        "named": lambda: pd.concat({"a": four["w4"], "b": one["w1"]}, axis=1),
        "rows": lambda: pd.concat([four, one.rename(columns={"w1": "w4"})]),
        "nameless": lambda: four.rename_axis(index=None),
    }[way]()
    with pytest.raises(AlignmentError, match="how many periods a row sums"):
        evaluate(panel, mixed)
    with pytest.raises(AlignmentError, match="window=1"):
        evaluate(panel, four, window=1)
    pd.testing.assert_frame_equal(evaluate(panel, four.rename_axis(index=None), window=4), evaluate(panel, four))
    by_hand = pd.concat({"w1": one["w1"].rename_axis(columns=None)}, axis=1)
    pd.testing.assert_frame_equal(evaluate(panel, by_hand), evaluate(panel, one))


def test_cells_that_only_the_forecast_has_are_not_dropped_without_a_word(panel):
    said = backtest({"mean": HistoricalMean()}, panel, n_origins=2)
    with pytest.raises(AlignmentError, match="hold 3 cells that the panel has not"):
        evaluate(panel.iloc[:, 3:], said)
    assert len(evaluate(panel.iloc[:, 3:], said, cells=panel.columns[3:])) == 2
    with pytest.raises(AlignmentError, match="lacks 1 of 2"):
        evaluate(panel, said, cells=[panel.columns[0], "elsewhere"])


def test_one_window_has_no_interval_and_says_so(panel):
    said = backtest({"a": HistoricalMean(), "b": Ewma(half_life=3)}, panel, n_origins=1)
    overlapping = backtest({"a": HistoricalMean(), "b": Ewma(half_life=3)}, panel, window=4, n_origins=3)
    for scores in (evaluate(panel, said), evaluate(panel, overlapping)):
        for table in (lambda s=scores: summarise_scores(s), lambda s=scores: compare(s, "a")):
            with pytest.warns(PatrolgeoWarning, match=r"1 window\(s\)"):
                found = table()
            assert found[["low", "high"]].isna().all().all()
            assert found["value"].notna().all()


def test_intervals_of_overlapping_windows_hold_the_truth_as_often_as_those_of_windows_apart():
    rng, held = np.random.default_rng(3), {1: 0, 4: 0}
    for _ in range(120):
        weeks = rng.normal(0, 1, 51)
        sums = np.convolve(weeks, np.ones(4), "valid")
        for step in held:
            at = np.arange(0, len(sums), step)
            table = pd.DataFrame({"model": "m", "period": WEEKS[at], "until": WEEKS[at + 4], "s": sums[at]})
            found = summarise_scores(table, n_boot=300, random_state=1).iloc[0]
            assert found["n_effective"] == 12
            held[step] += found["low"] <= 0 <= found["high"]
    assert abs(held[1] - held[4]) <= 10
    assert held[1] >= 102
