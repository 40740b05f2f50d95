"""Today against proposed: what is said is what two simulations say, and the bound is one."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import DataError, plan_response, sample_calls, simulate_dispatch

TRAVEL = pd.DataFrame([[2.0, 9.0, 14.0], [9.0, 3.0, 8.0], [15.0, 8.0, 2.0]], list("abc"), ["n", "m", "s"])
RATES = pd.Series([0.4, 0.6, 0.9], TRAVEL.columns)
TODAY = pd.DataFrame({"base": ["a", "a"]}, ["car 1", "car 2"])
PROPOSED = pd.DataFrame({"base": ["b", "c"]}, ["car 1", "car 2"])


def test_the_numbers_are_those_of_the_simulations():
    """Means, change, worse places, variants and the busy day, each simulated again by itself."""
    calls = sample_calls(RATES, 8, minutes=25.0, priorities={1: 0.3, 2: 0.7})
    busy = sample_calls(RATES * 2, 1, minutes=25.0, priorities={1: 0.3, 2: 0.7}, random_state=1)
    plan = plan_response(calls, PROPOSED, TRAVEL, today=TODAY, busy=busy, closed={"bridge": TRAVEL + 5}, within=12)
    runs = {name: simulate_dispatch(calls, units, TRAVEL) for name, units in (("today", TODAY), ("new", PROPOSED))}
    mean = {name: run.calls["response"].mean() for name, run in runs.items()}
    assert plan.objective == pytest.approx(mean["new"])
    assert plan.change["change"] == pytest.approx(mean["new"] - mean["today"])
    nearest = TRAVEL.loc[["b", "c"]].min()[calls["place"]].mean()
    assert plan.bound == pytest.approx(nearest)
    assert plan.objective > plan.bound
    assert plan.worse["worse"].to_dict() == {"n": True, "m": False, "s": False}
    closed = simulate_dispatch(calls, PROPOSED, TRAVEL + 5).calls["response"].mean()
    row = plan.variants.set_index("kind").loc["one road closed"]
    assert row["change"] == pytest.approx(closed - mean["new"])
    assert plan.busy["today"].calls["response"].mean() == pytest.approx(
        simulate_dispatch(busy, TODAY, TRAVEL).calls["response"].mean()
    )
    told = plan.summary()
    assert told["proposed"]["within_share"] == pytest.approx((runs["new"].calls["response"] <= 12).mean())
    more = plan.variants[plan.variants["kind"] == "one unit more"]
    assert (more["change"] < 0).all()
    assert plan.hours["today"].notna().all()


def test_without_today_nothing_is_compared():
    """A plan by itself: no change, and a sentence that says so."""
    plan = plan_response(sample_calls(RATES, 2), PROPOSED, TRAVEL)
    assert plan.today is None
    assert not len(plan.worse)
    assert "today" not in plan.summary()
    with pytest.raises(DataError, match="today="):
        _ = plan.change
    with pytest.raises(DataError, match="column base"):
        plan_response(sample_calls(RATES, 2), pd.DataFrame(index=["car"]), TRAVEL)


def test_the_bound_holds_where_units_move_and_roads_are_slow():
    """Square travel and a factor by hour: the value stays above the bound, or the plan could not be made."""
    square = TRAVEL.set_axis(TRAVEL.columns)
    units = pd.DataFrame({"base": ["n", "s"]})
    for seed in range(5):
        calls = sample_calls(RATES, 3, random_state=seed)
        plan = plan_response(calls, units, square, travel_factor=np.linspace(0.7, 1.5, 24))
        assert plan.bound <= plan.objective
