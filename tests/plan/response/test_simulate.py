"""Simulated dispatch against exact results, published waits, small cases by hand, and a checker that reads the log."""

import json

import numpy as np
import pandas as pd
import pytest

from patrolgeo import (
    AlignmentError,
    DataError,
    MissingColumnError,
    hypercube,
    replay_dispatch,
    response_change,
    response_table,
    sample_calls,
    simulate_dispatch,
)
from patrolgeo.errors import PatrolgeoError
from patrolgeo.testing import check_dispatch

PLACES = [f"p{k}" for k in range(6)]
XY = np.random.default_rng(3).uniform(0, 10, (6, 2))
BETWEEN = pd.DataFrame(np.abs(XY[:, None] - XY[None]).sum(axis=2), PLACES, PLACES)
UNITS = pd.DataFrame(
    {"base": ["p0", "p1", "p2", "p3"], "kind": ["dedicated", "dedicated", "social", "volunteer"], "area": list("abab")},
    index=["u1", "u2", "u3", "u4"],
)
AREAS = pd.Series(list("aabbab"), PLACES)
RATES = pd.Series([0.5, 0.8, 0.3, 0.9, 0.4, 0.6], PLACES)


def calls(weeks=3, seed=0, **more):
    return sample_calls(RATES, weeks, minutes=30.0, priorities={1: 0.2, 2: 0.5, 3: 0.3}, random_state=seed, **more)


SETTINGS = {
    "nearest": {},
    "own area": {"policy": "own area", "areas": AREAS},
    "held for the own unit": {"hold_minutes": {2: 8.0, 3: 20.0}, "areas": AREAS},
    "tiers": {"tiers": {"near": (4.0, ["volunteer", "social"]), "far": (9.0, ["social", "dedicated"])}},
    "a preset": {"tiers": "county"},
    "taken on the way": {"preempt": "on the way"},
    "taken at the scene": {"preempt": "at the scene", "report_minutes": 5.0},
    "the nearest waiting": {"queued": "nearest", "travel_factor": np.linspace(0.8, 1.5, 24)},
    "no room": {"capacity": 0},
    "meals": {"breaks": pd.DataFrame({"unit": ["u1", "u2"], "start": [720, 750], "end": [750, 780]})},
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("shifts", [False, True])
def test_no_call_is_lost_or_answered_twice_or_by_a_busy_unit(name, shifts):
    """Every rule of dispatch, units that work always or in shifts, some calls that take two: the log holds."""
    asked = calls()
    asked["units"] = 1 + (np.arange(len(asked)) % 7 == 0)
    units = UNITS.assign(start=[0, 360, 720, 1320], end=[1440, 1080, 1500, 2000]) if shifts else UNITS
    result = simulate_dispatch(asked, units, BETWEEN, **SETTINGS[name])
    check_dispatch(result, report_minutes=SETTINGS[name].get("report_minutes", 0.0))
    told = result.summary()
    assert told["answered"] + told["lost"] + told["waiting"] == len(asked)
    assert told["answered"] > 0.5 * len(asked)
    if name == "no room":
        assert told["lost"] > 0


def test_the_checker_finds_what_it_is_for():
    """A log in which a unit is sent while it is busy, a call is answered twice, or a call is missing."""

    class Wrong:
        def __init__(self, result, log):
            self.asked, self.units, self.calls, self.log = result.asked, result.units, result.calls, log

    result = simulate_dispatch(calls(1), UNITS, BETWEEN)
    late = result.log.copy()
    late.loc[5, "cleared"] += 300
    for log in (late, pd.concat([result.log, result.log.tail(1).assign(sent=1e6, arrived=1e6, cleared=2e6)]),
                result.log.drop(index=3)):  # fmt: skip
        with pytest.raises(AssertionError, match=r"busy|more often|lost"):
            check_dispatch(Wrong(result, log))


def test_intervals_cover_the_exact_workloads():
    """Five units, 20 seeds: the 95 % intervals hold the exact workload in 90 % of the cases."""
    rng = np.random.default_rng(0)
    travel = pd.DataFrame(rng.uniform(0, 9, (5, 12)))
    rates = rng.lognormal(0, 1, 12)
    rates *= 3.0 / rates.sum()
    lists = travel.to_numpy().T.argsort(axis=1)
    right = hypercube(rates, 1.0, lists).workload
    inside = []
    for seed in range(20):
        asked = sample_calls(rates, 20, minutes=60.0, random_state=seed)
        result = simulate_dispatch(asked, range(5), travel, policy=lists, travel_included=True)
        known = result.workload_interval
        inside += ((known["low"] <= right) & (right <= known["high"])).tolist()
    assert np.mean(inside) >= 0.9


def test_intervals_cover_cobhams_waits(real_data):
    """Six alike units, three priorities: the waits by class lie in the intervals in 90 % of the cases."""
    case = json.loads((real_data / "oracles" / "oracles2.json").read_text())["priority_wait"]
    rates = case["inputs"]["arrivals_per_hour"]
    right = np.array(case["expected"]["mean_wait_hours"]) * 60
    zero = pd.DataFrame(np.zeros((6, 1)))
    inside = []
    for seed in range(20):
        asked = sample_calls([sum(rates)], 30, minutes=36.0, priorities=dict(enumerate(rates)), random_state=seed)
        result = simulate_dispatch(asked, range(6), zero)
        told = [result.interval("wait", k) for k in range(3)]
        inside += [low <= wait <= high for (_, low, high), wait in zip(told, right, strict=True)]
    assert np.mean(inside) >= 0.9


def test_small_cases_by_hand():
    """One unit after another: urgent first, pre-emption, a held call, a unit on its way back, a patrol, a neighbour."""
    line = pd.DataFrame(np.abs(np.subtract.outer([0.0, 10, 20], [0, 10, 20])), list("abc"), list("abc"))
    car = pd.DataFrame({"base": ["a"]}, index=["car"])
    asked = pd.DataFrame({"time": [0.0, 1, 2], "place": list("bca"), "minutes": 10.0, "priority": [2, 3, 1]})
    assert simulate_dispatch(asked, car, line).calls["response"].tolist() == [10, 10 + 10 + 10 + 10 + 20 - 1, 28]
    taken = simulate_dispatch(asked, car, line, preempt="on the way")
    assert taken.log["done"].tolist() == [False, True, True, True]
    assert taken.calls["response"].tolist()[2] == 2  # it was two minutes away
    back = pd.DataFrame({"time": [0.0, 35.0], "place": ["b", "b"], "minutes": [20.0, 1.0]})
    assert simulate_dispatch(back, car, line).calls["travel"].tolist() == [10, 5]
    route = pd.DataFrame({"unit": "car", "place": ["b", "c"], "arrive": [60, 80], "leave": [70, 90]})
    rides = pd.DataFrame({"time": [65.0, 1440 + 75.0], "place": ["b", "b"], "minutes": 0.0})
    assert simulate_dispatch(rides, car, line, patrols=route).calls["travel"].tolist() == [0, 5]
    two = pd.DataFrame({"base": ["a", "b"], "aid": [False, True]}, index=["own", "other"])
    both = pd.DataFrame({"time": [0.0, 1.0], "place": ["b", "b"], "minutes": 30.0})
    assert simulate_dispatch(both, two, line, most_aid=1).calls["unit"].tolist() == ["own", "other"]
    assert simulate_dispatch(both, two, line).calls["unit"].tolist() == ["own", "own"]
    area = pd.DataFrame({"base": ["a", "c"], "area": ["x", "y"]}, index=["one", "two"])
    held = pd.DataFrame({"time": [0.0, 1.0], "place": ["a", "a"], "minutes": [30.0, 5.0]})
    options = {"areas": pd.Series(list("xxy"), list("abc")), "hold_minutes": {0: 10.0}}
    assert simulate_dispatch(held, area, line, **options).calls["wait"].tolist() == [0, 10]


def test_the_same_calls_give_the_same_answer_in_any_order():
    """Shuffled rows of calls and units change nothing but the order."""
    asked, turn = calls(), np.random.default_rng(0)
    plain = simulate_dispatch(asked, UNITS, BETWEEN, tiers="county")
    mixed = simulate_dispatch(asked.sample(frac=1, random_state=1), UNITS, BETWEEN, tiers="county")
    pd.testing.assert_frame_equal(plain.calls, mixed.calls.loc[asked.index])
    order = turn.permutation(6)
    turned = simulate_dispatch(asked, UNITS, BETWEEN.iloc[order], tiers="county")
    pd.testing.assert_frame_equal(plain.calls, turned.calls)


def test_drawn_calls_have_the_rates_and_hours_asked_for():
    """Counts by place and by hour within five standard deviations; recorded minutes are drawn as they are."""
    rhythm = np.r_[np.zeros(12), np.ones(12)]
    asked = sample_calls(RATES, 60, minutes=[5.0, 7.0], rhythm=rhythm, random_state=1)
    expected = RATES * 60 * 168
    counts = asked["place"].value_counts().reindex(RATES.index)
    assert ((counts - expected).abs() < 5 * np.sqrt(expected)).all()
    assert (asked["time"] % 1440 >= 720).all()
    assert set(asked["minutes"]) == {5.0, 7.0}
    assert asked["time"].is_monotonic_increasing


def test_drawn_calls_take_as_many_units_as_asked():
    """Shares of units come out; each unit is sent; and without them nothing of the draw changes."""
    one = sample_calls([2.0], weeks=40, priorities={1: 0.5, 2: 0.5})
    several = sample_calls([2.0], weeks=40, priorities={1: 0.5, 2: 0.5}, units={1: 0.7, 2: 0.2, 3: 0.1})
    assert several.drop(columns="units").equals(one)
    share = several["units"].value_counts(normalize=True)
    assert abs(share - pd.Series({1: 0.7, 2: 0.2, 3: 0.1})).max() < 4 * np.sqrt(0.25 / len(several))
    result = simulate_dispatch(several, range(6), pd.DataFrame(np.ones((6, 1))))
    check_dispatch(result)
    assert len(result.records) == several["units"].sum()
    for wrong in ({0: 1.0}, {1.5: 1.0}, {1: 0.0}, {}, [1.0]):
        with pytest.raises(PatrolgeoError, match="units"):
            sample_calls([2.0], units=wrong)


def test_response_by_group_with_intervals():
    """Quantiles and shares are numpy's; intervals hold the truth in 90 % of samples; officers' own events are out."""
    rng = np.random.default_rng(0)
    held = []
    for _ in range(100):
        told = response_table({"x": pd.DataFrame({"response": rng.exponential(10, 80)})}, within=10).iloc[0]
        held.append(told["median_low"] <= 10 * np.log(2) <= told["median_high"])
    assert np.mean(held) >= 0.9
    at = pd.Timestamp("2024-01-01")
    rows = pd.DataFrame(
        {"received": at, "arrived": at + pd.to_timedelta([4, 9, 0], "min"), "origin": ["reported"] * 2 + ["officer"]}
    )
    told = response_table({"record": rows}, within=5)
    assert told[["calls", "median", "within"]].values.tolist() == [[2, 6.5, 0.5]]


def test_places_that_get_worse_are_named_and_no_others():
    """A unit moves from north to south: north is worse; with the same plan nothing changes."""
    travel = BETWEEN[["p0", "p5"]].rename(columns={"p0": "north", "p5": "south"}).loc[["p0", "p5"]]
    asked = sample_calls(pd.Series({"north": 0.2, "south": 0.2}), 8)
    today, proposed = (simulate_dispatch(asked, [base], travel) for base in ("p0", "p5"))
    told = response_change(today, proposed, "place")
    assert told["worse"].to_dict() == {"north": True, "south": False}
    assert told.loc["north", "change"] == pytest.approx(
        proposed.calls.query("place == 'north'")["response"].mean()
        - today.calls.query("place == 'north'")["response"].mean()
    )
    same = response_change(today, today, "place")
    assert not same["worse"].any()
    change = today.against(proposed)
    assert change["change"] == pytest.approx((proposed.calls["response"] - today.calls["response"]).mean())


def test_what_cannot_be_used_is_said():
    """One message that names the argument."""
    asked = calls(1)
    for change, error, words in [
        ({"calls": asked.drop(columns="place")}, MissingColumnError, "place"),
        ({"calls": asked.assign(place="x")}, AlignmentError, "no column"),
        ({"calls": asked.assign(minutes=-1.0)}, DataError, "minutes"),
        ({"calls": asked.assign(time=np.nan)}, DataError, "time"),
        ({"units": []}, DataError, "at least one"),
        ({"units": ["x"]}, AlignmentError, "no row"),
        ({"policy": "far"}, DataError, "policy"),
        ({"policy": [[0]]}, AlignmentError, "policy"),
        ({"tiers": {"a": (5, ["dedicated"]), "b": (3, ["dedicated"])}}, DataError, "rising"),
        ({"tiers": {"a": (5, ["army"])}}, DataError, "kinds of force"),
        ({"priorities": [1]}, AlignmentError, "priorities lacks"),
        ({"travel": -BETWEEN}, DataError, "travel"),
        ({"preempt": "always"}, DataError, "preempt"),
        ({"capacity": -1}, DataError, "capacity"),
        ({"travel_factor": [1.0]}, DataError, "travel_factor"),
        ({"units": UNITS.assign(start=0, end=2000)}, DataError, "start and end"),
    ]:
        given = {"calls": asked, "units": UNITS, "travel": BETWEEN, **change}
        with pytest.raises(error, match=words):
            simulate_dispatch(**given)
    with pytest.raises(DataError, match="all of"):
        stamps = ("received", "dispatched", "arrived", "cleared")
        replay_dispatch(pd.DataFrame({c: pd.to_datetime([None]) for c in stamps} | {"place": "p0"}), UNITS, BETWEEN)
