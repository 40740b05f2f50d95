import numpy as np
import pandas as pd
import pytest

from patrolgeo import BoostedStack, HistoricalMean, RiskStack, randomised_pit
from patrolgeo.errors import AlignmentError, DataError


@pytest.fixture(scope="module")
def trembling(hex_panel):
    """Counts whose common level changes from week to week: variance of totals far above Poisson."""
    quiet = hex_panel(periods=60, rings=5)
    rng = np.random.default_rng(5)
    level = rng.gamma(20, 1 / 20, len(quiet))[:, None]
    rate = rng.gamma(1, 1.0, quiet.shape[1])
    return pd.DataFrame(rng.poisson(rate * level).astype(float), index=quiet.index, columns=quiet.columns)


def test_bounds_of_totals_cover_as_often_as_they_say(trembling):
    city = pd.Series("city", index=trembling.columns)
    inside = []
    for t in range(40, 60):
        bounds = HistoricalMean().fit(trembling.iloc[:t]).predict_interval(level=0.9, groups=city).iloc[0]
        inside.append(bounds["low", "city"] <= trembling.iloc[t].sum() <= bounds["high", "city"])
    assert np.mean(inside) >= 0.8


def test_bounds_of_cells_hold_the_share_they_say_and_bracket_the_forecast(trembling):
    model = RiskStack().fit(trembling.iloc[:-1])
    bounds = model.predict_interval(level=0.9)
    low, high, happened = (b.to_numpy() for b in (bounds["low"].iloc[0], bounds["high"].iloc[0], trembling.iloc[-1]))
    assert ((low <= happened) & (happened <= high)).mean() >= 0.85
    pd.testing.assert_index_equal(bounds["low"].columns, trembling.columns)
    assert (bounds["low"].iloc[0] <= model.predict().iloc[0] + 1).all()


def test_a_wider_level_gives_wider_bounds_and_longer_horizons_have_rows(trembling):
    model = HistoricalMean().fit(trembling)
    narrow, wide = model.predict_interval(3, level=0.5), model.predict_interval(3, level=0.95)
    assert len(wide) == 3
    assert (wide["high"] >= narrow["high"]).all().all()
    assert (wide["low"] <= narrow["low"]).all().all()


def test_totals_that_move_together_are_more_dispersed_than_poisson(trembling):
    model = HistoricalMean().fit(trembling)
    assert model.dispersion(pd.Series("city", index=trembling.columns)) == pytest.approx(1 / 20, rel=0.6)


def test_wrong_levels_and_groups_are_refused(trembling):
    model = HistoricalMean().fit(trembling)
    with pytest.raises(DataError, match="level=90"):
        model.predict_interval(level=90)
    with pytest.raises(AlignmentError, match="groups lacks 1"):
        model.predict_interval(groups=pd.Series("city", index=trembling.columns[1:]))


def test_probability_of_the_top_sums_to_the_cells_flagged_and_follows_the_forecast(trembling):
    model = BoostedStack().fit(trembling)
    probability = model.top_probability(area_share=0.1)
    assert probability.sum() == pytest.approx(0.1 * trembling.shape[1], rel=0.01)
    assert probability.idxmax() in model.predict().iloc[0].nlargest(3).index
    pd.testing.assert_index_equal(probability.index, trembling.columns)


def test_a_fresh_fit_forgets_the_old_dispersion(trembling):
    model = HistoricalMean().fit(trembling)
    before = model.dispersion()
    assert model.fit(trembling * 0 + 1).dispersion() < before


def test_pit_is_uniform_for_the_right_dispersion_and_not_for_poisson():
    rng = np.random.default_rng(0)
    mean = np.full(20000, 5.0)
    y = rng.poisson(mean * rng.gamma(2, 1 / 2, len(mean)))
    right, wrong = randomised_pit(y, mean, dispersion=0.5), randomised_pit(y, mean)
    assert np.mean((right > 0.05) & (right < 0.95)) == pytest.approx(0.9, abs=0.01)
    assert np.mean((wrong > 0.05) & (wrong < 0.95)) < 0.8
