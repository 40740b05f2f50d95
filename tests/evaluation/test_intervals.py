"""Intervals that respect overlapping windows, and comparisons of many models."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import DataError, compare, summarise_scores
from patrolgeo.evaluation.intervals import METHODS, holm


def overlapping(rng, n, window, models=1):
    """Scores of sums over `window` periods that overlap; the true mean of every model is 0."""
    noise = rng.normal(size=(n + window - 1, models))
    sums = np.apply_along_axis(lambda x: np.convolve(x, np.ones(window) / window, "valid"), 0, noise)
    start = pd.date_range("2024-01-01", periods=n, freq="7D")
    rows = [pd.DataFrame({"model": f"m{k}", "period": start, "until": start + pd.Timedelta(days=7 * window),
                          "score": sums[:, k]}) for k in range(models)]  # fmt: skip
    return pd.concat(rows, ignore_index=True)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("window", [1, 4])
def test_intervals_hold_the_truth_nearly_as_often_as_they_promise(method, window):
    rng, held = np.random.default_rng(5), 0
    for seed in range(80):
        row = summarise_scores(overlapping(rng, 48, window), interval=method, n_boot=200, random_state=seed).iloc[0]
        held += row["low"] <= 0 <= row["high"]
    assert held / 80 > 0.85


def test_the_jackknife_of_windows_apart_is_the_textbook_standard_error():
    from scipy import stats

    scores = overlapping(np.random.default_rng(0), 12, 1)
    row = summarise_scores(scores, interval="jackknife").iloc[0]
    low, high = stats.t.interval(0.95, 11, scores["score"].mean(), stats.sem(scores["score"]))
    assert (row["low"], row["high"]) == pytest.approx((low, high))


def test_the_jackknife_over_data_sets_leaves_out_whole_sets():
    from scipy import stats

    rng = np.random.default_rng(1)
    sets = [overlapping(rng, 8, 1, 2).assign(set=str(k)) for k in range(5)]
    gain = compare(pd.concat(sets), reference="m0", interval="jackknife").iloc[0]
    wide = [s.pivot(index="period", columns="model", values="score").mean() for s in sets]
    each = [m["m1"] - m["m0"] for m in wide]
    assert (gain["low"], gain["high"]) == pytest.approx(stats.t.interval(0.95, 4, np.mean(each), stats.sem(each)))


def test_many_models_without_a_difference_are_seldom_called_better():
    rng, raw, family = np.random.default_rng(2), 0, 0
    for seed in range(40):
        table = compare(overlapping(rng, 30, 1, 21), reference="m0", n_boot=200, random_state=seed)
        raw += (table["p_value"] < 0.05).any()
        family += (table["p_adjusted"] < 0.05).any()
        assert (table["p_adjusted"] >= table["p_value"]).all()
    assert raw / 40 > 0.25  # the best of twenty looks better than it is
    assert family / 40 < 0.15


@pytest.mark.parametrize("method", METHODS)
def test_a_model_that_is_better_is_found_among_many(method):
    scores = overlapping(np.random.default_rng(3), 40, 4, 10)
    scores.loc[scores["model"] == "m7", "score"] += 2.0
    table = compare(scores, reference="m0", interval=method).set_index("model")
    assert table.loc["m7", "p_adjusted"] < 0.01
    assert table.loc["m7", "low"] > 0
    assert (table.drop("m7")["p_adjusted"] > 0.05).all()


def test_ratios_have_intervals_around_them():
    scores = overlapping(np.random.default_rng(4), 30, 1, 2)
    scores["score"] = np.exp(scores["score"] / 5)
    for method in METHODS:
        row = compare(scores, reference="m0", how="ratio", interval=method).iloc[0]
        assert row["low"] < row["value"] < row["high"]
    with pytest.raises(DataError, match="interval='bayes'"):
        compare(scores, reference="m0", interval="bayes")


def test_holm_is_that_of_the_textbook():
    assert holm(np.array([0.01, 0.04, 0.03, 0.005])).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert np.isnan(holm(np.array([np.nan, 0.02]))).tolist() == [True, False]
    assert holm(np.array([np.nan, 0.02]))[1] == 0.02
