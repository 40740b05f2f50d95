"""Rates, their intervals and chances say what they claim; the map of a plan is the simplest that does as well."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from patrolgeo.pipeline.forecast import chance_of_one, choose_model, rate_interval


@given(st.floats(0, 1e4), st.integers(1, 2000), st.floats(0, 50))
def test_an_interval_holds_its_rate(rate, periods, dispersion):
    low, high = rate_interval(np.array([rate]), periods, dispersion)
    assert 0 <= low[0] <= rate <= high[0]
    assert high[0] > 0


def test_without_extra_variance_the_interval_is_the_exact_one_of_poisson_counts():
    for events in (1, 7, 250):
        low, high = rate_interval(np.array([events / 52]), 52, 0.0)
        assert low[0] * 52 == pytest.approx(stats.chi2.ppf(0.05, 2 * events) / 2)
        assert high[0] * 52 == pytest.approx(stats.chi2.ppf(0.95, 2 * events + 2) / 2)


def test_where_nothing_was_recorded_the_upper_bound_is_that_of_no_event():
    low, high = rate_interval(np.array([0.0]), 100, 0.3)
    assert low[0] == 0
    assert np.exp(-high[0] * 100) == pytest.approx(0.05)


def test_more_records_and_less_variance_make_an_interval_narrower():
    widths = [np.subtract(*rate_interval(np.array([0.4]), n, d)[::-1])[0] for n, d in ((26, 1), (104, 1), (104, 0.1))]
    assert widths[0] > widths[1] > widths[2]


def test_the_chance_of_one_is_that_of_drawn_counts():
    rng = np.random.default_rng(0)
    for dispersion in (0.0, 0.8):
        rates = 0.5 * (rng.gamma(1 / dispersion, dispersion, 200_000) if dispersion else np.ones(200_000))
        assert chance_of_one(np.array([0.5]), dispersion)[0] == pytest.approx(
            (rng.poisson(rates) > 0).mean(), abs=0.005
        )


def table(past, population):
    index = pd.MultiIndex.from_product(
        [["past_counts", "population"], ["hit_rate_0.01", "hit_rate_0.05"]], names=["rival", "metric"]
    )
    return pd.DataFrame([*past, *population], columns=["value", "low", "high"], index=index)


SUMMARY = pd.DataFrame(
    {"value": [0.2, 0.4, 0.1, 0.5]},
    index=pd.MultiIndex.from_product([["past_counts", "population"], ["hit_rate_0.01", "hit_rate_0.05"]]),
)
BETTER, TIE, WORSE = (0.1, 0.05, 0.15), (0.0, -0.1, 0.1), (-0.1, -0.2, -0.05)


@pytest.mark.parametrize(
    ("past", "population", "model", "reason"),
    [
        ([BETTER, TIE], [TIE, BETTER], "stack", "better"),
        ([TIE, TIE], [BETTER, BETTER], "past_counts", "not better"),
        ([BETTER, WORSE], [BETTER, BETTER], "past_counts", "not better"),
        ([WORSE, TIE], [TIE, TIE], "past_counts", "not better"),
    ],
)
def test_the_stack_must_catch_more_than_both_simple_maps_and_nowhere_less(past, population, model, reason):
    assert choose_model("auto", table(past, population), SUMMARY) == (model, reason)


def test_a_wished_model_is_taken_whatever_the_scores_say():
    assert choose_model("kernel", table([TIE, TIE], [TIE, TIE]), SUMMARY) == ("kernel", "wished")
