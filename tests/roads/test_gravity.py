"""Flows add up to what places send and draw, on market days and hour by hour."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import gravity_flows, hourly_flows, market_attraction
from patrolgeo.errors import AlignmentError, DataError


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("decay", ["power", "exponential"])
def test_rows_sum_to_what_is_sent_and_columns_to_what_is_drawn(balanced, decay):
    rng = np.random.default_rng(1)
    names = list("abcdefgh")
    xy = rng.uniform(0, 30, (8, 2))
    minutes = pd.DataFrame(np.hypot(*(xy[:, None] - xy).T), names, names)
    sent, drawn = (pd.Series(rng.uniform(50, 150, 8), names) for _ in range(2))
    flows = gravity_flows(minutes, sent, drawn, decay=decay, balanced=balanced)
    assert np.allclose(flows.groupby("origin").sum(), sent, rtol=1e-6)
    if balanced:
        assert np.allclose(flows.groupby("destination").sum(), drawn * sent.sum() / drawn.sum(), rtol=1e-6)
    assert len(flows) == 56


def test_nobody_drives_where_there_is_no_way_and_the_far_draw_less():
    minutes = pd.DataFrame([[0, 5, np.inf], [5, 0, np.inf], [np.inf, np.inf, 0]], list("abc"), list("abc"))
    flows = gravity_flows(minutes, pd.Series(10.0, list("abc")))
    assert flows.to_dict() == {("a", "b"): 10.0, ("b", "a"): 10.0}


@pytest.mark.parametrize(
    ("masses", "error", "words"),
    [
        (pd.Series({"a": 1.0}), AlignmentError, "lacks 1 of 2"),
        (pd.Series({"a": 1.0, "b": -1.0}), DataError, "negative"),
    ],
)
def test_masses_that_do_not_fit_are_refused(masses, error, words):
    with pytest.raises(error, match=words):
        gravity_flows(pd.DataFrame([[0, 1], [1, 0]], list("ab"), list("ab")), masses)


def test_a_market_draws_only_on_its_day_and_only_where_it_is_held():
    places = pd.DataFrame({"population": [900, 200, 700, 800], "township": ["Ford", "Ford", "Hill", "Hill"]})
    markets = pd.DataFrame({"township": ["Ford", "Hill", "Ford"], "date": ["2023-01-05", "2023-01-06", "2023-01-08"]})
    assert market_attraction(places, markets, "2023-01-06", 2).tolist() == [900, 200, 700, 1600]
    assert market_attraction(places, markets, "2023-01-07").tolist() == places["population"].tolist()
    here = pd.Series([False, True, False, False])
    assert market_attraction(places, markets, "2023-01-08", 2, seats=here).tolist() == [900, 400, 700, 800]


@pytest.mark.parametrize("hours", ["workday", "market"])
def test_hours_add_up_to_the_day_out_and_home(hours):
    flows = pd.Series({("a", "b"): 10.0, ("b", "a"): 4.0, ("a", "c"): 6.0}).rename_axis(["origin", "destination"])
    by_hour = hourly_flows(flows, hours)
    assert by_hour.sum(axis=1).to_dict() == pytest.approx(
        {("a", "b"): 14, ("b", "a"): 14, ("a", "c"): 6, ("c", "a"): 6}
    )
    assert by_hour.shape == (4, 24)
    out, home = by_hour.loc[("a", "c")], by_hour.loc[("c", "a")]
    assert out.idxmax() < home.idxmax()


def test_own_hours_are_taken_as_they_are_and_must_add_up():
    hours = pd.DataFrame({"out": [0.75, 0.25], "home": [0.0, 1.0]}, index=[8, 12])
    assert hourly_flows(pd.Series({("a", "b"): 8.0}), hours).to_numpy().tolist() == [[6.0, 2.0], [0.0, 8.0]]
    with pytest.raises(DataError, match="add up to 1"):
        hourly_flows(pd.Series({("a", "b"): 8.0}), hours * 2)
    with pytest.raises(DataError, match="'market'"):
        hourly_flows(pd.Series({("a", "b"): 8.0}), "markt")
