"""Weeks beside their season, areas beside their size: limits hold when nothing is special."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from patrolgeo import funnel, weekly_band
from patrolgeo.errors import AlignmentError, DataError


def by_week(counts, start="2021-01-04"):
    monday = pd.date_range(start, periods=len(counts), freq="7D")
    times = np.concatenate(
        [m + pd.to_timedelta(np.linspace(0, 6.99, n), "D") for m, n in zip(monday, counts, strict=True)]
    )
    return pd.DataFrame({"time": pd.to_datetime(times)})


def test_a_season_is_found_again_and_one_week_in_twenty_lies_outside():
    rng = np.random.default_rng(0)
    week = np.arange(208)
    season = np.exp(0.5 * np.sin(2 * np.pi * week / 52.18))
    outside, worst = [], []
    for _ in range(4):
        found = weekly_band(by_week(rng.poisson(30 * season * (1 + 0.002 * week))))
        outside.append((found["unusual"] != "").mean())
        worst.append(np.abs(found["season"] / (season / season.mean()) - 1).max())
    assert np.mean(outside) == pytest.approx(0.045, abs=0.025)
    assert np.mean(worst) < 0.08


def test_weeks_that_vary_more_widen_the_band():
    rng = np.random.default_rng(1)
    found = weekly_band(by_week(stats.nbinom.rvs(4, 4 / 24, size=150, random_state=rng)))
    assert (found["unusual"] != "").mean() < 0.09


def test_unfinished_weeks_are_left_out():
    days = pd.date_range("2024-01-03", "2024-04-10 12:00", freq="6h")  # a Wednesday to a Wednesday
    found = weekly_band(pd.DataFrame({"time": days}))
    assert (found.index[0], found.index[-1]) == (pd.Timestamp("2024-01-08"), pd.Timestamp("2024-04-01"))
    assert (found["observed"] == 28).all()
    assert (found["season"] == 1).all()


def test_too_few_weeks_and_nonsense_are_refused():
    with pytest.raises(DataError, match="whole weeks"):
        weekly_band(pd.DataFrame({"time": pd.date_range("2024-01-01", periods=20)}))
    with pytest.raises(DataError, match="no incident"):
        weekly_band(pd.DataFrame({"time": pd.to_datetime([])}))
    with pytest.raises(DataError, match="level"):
        weekly_band(by_week([5] * 20), level=95)


def test_without_pattern_areas_of_every_size_stay_within_the_limits():
    rng = np.random.default_rng(2)
    size = pd.Series(rng.lognormal(3, 1.2, 400))
    found = funnel(pd.Series(rng.poisson(size).astype(float)), size)
    assert found.attrs["dispersion"] == pytest.approx(1, abs=0.1)
    beyond = (found["ratio"] > found["high_95"]) | (found["ratio"] < found["low_95"])
    assert beyond.mean() < 0.07
    assert (found["outside"] != "").mean() <= 0.01


def test_limits_are_those_of_the_poisson_distribution():
    found = funnel(pd.Series([20.0, 20.0]), pd.Series([1.0, 1.0]))
    assert found["high_998"].tolist() == [stats.poisson.ppf(0.999, 20) / 20] * 2
    assert found["low_95"].tolist() == [stats.poisson.ppf(0.025, 20) / 20] * 2


def test_areas_that_all_differ_widen_the_limits():
    rng = np.random.default_rng(3)
    size = pd.Series(np.full(200, 100.0))
    found = funnel(pd.Series(rng.poisson(100 * rng.gamma(10, 0.1, 200)).astype(float)), size)
    assert found.attrs["dispersion"] > 4
    assert (found["outside"] != "").mean() < 0.05


def test_an_area_without_exposure_has_no_ratio():
    found = funnel(pd.Series([5.0, 3, 0]), pd.Series([10.0, 6, 0]))
    assert np.isnan(found["ratio"].iloc[2])
    assert found["outside"].tolist() == ["", "", ""]


def test_funnel_refuses_nonsense():
    with pytest.raises(AlignmentError):
        funnel(pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"a": 1.0}))
    with pytest.raises(DataError, match="exposure is 0"):
        funnel(pd.Series({"a": 1.0}), pd.Series({"a": 0.0}))
    with pytest.raises(DataError, match="not whole"):
        funnel(pd.Series({"a": 1.5}), pd.Series({"a": 2.0}))
