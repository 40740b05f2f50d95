"""Lorenz curves, Gini and shares."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import concentration
from patrolgeo.errors import AlignmentError, DataError


def test_one_unit_with_everything_and_all_alike():
    one = concentration(pd.Series([100.0] + [0] * 99))
    assert one.gini == pytest.approx(0.99)
    assert one.incident_share(0.01) == pytest.approx(1)
    even = concentration(pd.Series([50.0] * 100))
    assert even.gini == pytest.approx(0)
    assert even.shares.loc[0.5, "base"] == pytest.approx(0.5)


def test_shares_by_hand():
    found = concentration(pd.Series([6.0, 3, 1, 0], index=list("abcd")), pd.Series([1.0, 1, 2, 4], index=list("abcd")))
    assert found.curve["base"].tolist() == pytest.approx([1 / 8, 2 / 8, 4 / 8, 1])
    assert found.curve["incidents"].tolist() == pytest.approx([0.6, 0.9, 1, 1])
    assert found.incident_share(1 / 16) == pytest.approx(0.3)
    assert found.shares.loc[0.5, "base"] == pytest.approx(5 / 48)


def test_few_incidents_of_an_even_risk_are_not_called_concentrated():
    rng = np.random.default_rng(1)
    found = [concentration(pd.Series(rng.multinomial(60, np.full(500, 1 / 500)).astype(float))) for _ in range(20)]
    assert np.mean([f.gini for f in found]) > 0.8
    assert np.abs([f.gini_corrected for f in found]).mean() < 0.1
    assert np.mean([f.gini_interval[0] <= 0 <= f.gini_interval[1] for f in found]) >= 0.8


def test_against_people_a_map_that_follows_them_is_even():
    people = pd.Series(np.random.default_rng(2).gamma(0.5, 100, 400))
    counts = pd.Series(np.random.default_rng(3).multinomial(5000, people / people.sum()).astype(float))
    by_area, by_people = concentration(counts), concentration(counts, people)
    assert by_people.gini_corrected < 0.1 < 0.5 < by_area.gini_corrected


def test_the_interval_holds_the_share_and_the_order_of_units_does_not_matter():
    counts = pd.Series(np.random.default_rng(4).gamma(0.3, 10, 200).round())
    found = concentration(counts)
    assert (found.shares["low"] <= found.shares["base"]).all()
    assert (found.shares["base"] <= found.shares["high"]).all()
    assert concentration(counts.sample(frac=1, random_state=1)).gini == pytest.approx(found.gini)
    assert concentration(counts * 7.5, incident=7.5).gini == pytest.approx(found.gini)


def test_weights_change_the_answer_and_a_panel_is_summed():
    panel = pd.DataFrame(np.random.default_rng(5).poisson(1.0, (4, 30)), columns=[f"c{i}" for i in range(30)])
    assert concentration(panel).gini == concentration(panel.sum()).gini
    assert concentration(panel.sum() * np.arange(30)).gini != concentration(panel.sum()).gini


def test_nothing_recorded_and_one_unit_are_quiet():
    empty = concentration(pd.Series([0.0, 0, 0]))
    assert empty.incidents == 0
    assert np.isnan(empty.gini)
    assert empty.summary().startswith("no incident is recorded")
    assert concentration(pd.Series([5.0])).gini == pytest.approx(0)
    assert np.isnan(concentration(pd.Series([], dtype=float)).gini)


def test_wrong_input_is_refused():
    with pytest.raises(DataError, match="counts holds negative"):
        concentration(pd.Series([-1.0, 2]))
    with pytest.raises(DataError, match="base is 0"):
        concentration(pd.Series([1.0, 2]), pd.Series([0.0, 0]))
    with pytest.raises(AlignmentError, match="lacks"):
        concentration(pd.Series([1.0, 2]), pd.Series([1.0]))
