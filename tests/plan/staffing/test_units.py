"""Units by hour against published and recomputed answers, and what so many units give."""

import json
import os
from math import exp, factorial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patrolgeo import hourly_calls, measure_units, staff_units
from patrolgeo.errors import DataError, InfeasibleError, MissingColumnError
from patrolgeo.plan.optimise.queues.by_hour import fewest_servers
from patrolgeo.plan.optimise.queues.erlang import erlang_b, erlang_c, mean_wait, share_within

DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[4] / "shared" / "data"))
WISH = {"mean_service_hours": 2 / 3, "share": 0.9, "within_hours": 5 / 60}


@pytest.fixture(scope="module")
def oracles():
    path = DATA / "oracles" / "oracles2.json"
    if not path.exists():
        pytest.skip("the published answers are not here")
    return json.loads(path.read_text())


def waiting_by_sums(n, a):
    """Erlang C from its textbook sums, another way than the recursion."""
    last = a**n / factorial(n) * n / (n - a)
    return last / (sum(a**k / factorial(k) for k in range(n)) + last)


@pytest.mark.real
def test_units_by_hour_are_those_of_the_oracle(oracles):
    case = oracles["units_by_hour"]
    units = staff_units(case["inputs"]["arrivals_per_hour"], **WISH)
    assert units.tolist() == case["expected"]["units"]
    assert units.sum() == case["expected"]["unit_hours"]


@pytest.mark.real
def test_queues_are_those_of_the_tables(oracles):
    for row in oracles["erlang"]["expected"]:
        n, a = row["servers"], float(row["load"])
        assert erlang_b(n, a) == pytest.approx(row["blocking"], abs=1e-12)
        if "waiting" in row:
            assert erlang_c(n, a) == pytest.approx(row["waiting"], abs=1e-12)
            assert mean_wait(n, a) == pytest.approx(row["mean_wait_in_service_times"], abs=1e-12)
            assert share_within(n, a, 0.2) == pytest.approx(row["share_served_within_0.2_service_times"], abs=1e-12)


@pytest.mark.parametrize(("n", "a"), [(1, 0.5), (3, 2.9), (12, 7.0)])
def test_waiting_equals_its_sums(n, a):
    assert float(erlang_c(n, a)) == pytest.approx(waiting_by_sums(n, a))
    assert float(share_within(n, a, 0.3)) == pytest.approx(1 - waiting_by_sums(n, a) * exp(-(n - a) * 0.3))


@pytest.mark.parametrize("share", [0.5, 0.9, 0.999])
def test_one_unit_fewer_would_not_do(share):
    load = np.random.default_rng(0).uniform(0.01, 40, 50)
    fewest = fewest_servers(load, 0.1, share)
    for n, a in zip(fewest.tolist(), load.tolist(), strict=True):
        assert share_within(n - 1, a, 0.1) < share <= share_within(n, a, 0.1)


def test_no_call_asks_for_no_unit():
    assert staff_units([0.0, 1.0], **WISH).iloc[0] == 0
    row = measure_units([0], [0.0], mean_service_hours=1, within_hours=0.1).iloc[0]
    assert (row["waits_share"], row["mean_wait_minutes"], row["within_share"], row["committed_share"]) == (0, 0, 1, 0)


def test_lag_takes_the_rate_of_one_service_time_ago_around_the_week():
    rates = np.zeros(168)
    rates[167] = 30.0
    now, later = (staff_units(rates, mean_service_hours=1.0, share=0.9, within_hours=0.1, lag=k) for k in (False, True))
    assert np.flatnonzero(now).tolist() == [167]
    assert np.flatnonzero(later).tolist() == [0]
    assert now[167] == later[0]


def test_time_that_is_not_to_be_had_needs_more_units_on_duty():
    plain, more = staff_units([9.0], **WISH), staff_units([9.0], **WISH, administrative_share=0.2)
    assert more.iloc[0] == int(np.ceil(plain.iloc[0] / 0.8))
    table = measure_units(more, [9.0], mean_service_hours=2 / 3, within_hours=5 / 60, administrative_share=0.2)
    assert table["within_share"].iloc[0] >= 0.9
    assert table["committed_share"].iloc[0] == pytest.approx(9 * (2 / 3) / (more.iloc[0] * 0.8))


def test_bands_and_patrol_interval_by_hand():
    table = measure_units([10, 10, 10, 3], [4.9, 6.0, 6.1, 4.0], mean_service_hours=1, within_hours=0.1, road_km=60)
    assert table["advice"].tolist() == ["room", "watch", "too few", "too few"]
    assert table["patrol_interval_hours"].tolist() == pytest.approx([2 / 5.1, 2 / 4, 2 / 3.9, np.inf])
    assert table["within_share"].iloc[3] == 0
    assert np.isinf(table["mean_wait_minutes"].iloc[3])


def test_a_model_of_the_caller_takes_the_place_of_erlang():
    asked = []

    def with_travel(rate, units):
        asked.append(rate)
        return float(share_within(units, rate * 2 / 3, 1 / 8)) * 0.97

    units = staff_units([3.0, 9.0, 9.0], **WISH, service=with_travel)
    assert (units >= staff_units([3.0, 9.0, 9.0], **WISH)).all()
    assert units.iloc[1] == units.iloc[2]
    assert asked.count(9.0) == units.iloc[1] - 6  # from the load upwards, equal hours once
    with pytest.raises(InfeasibleError, match="does not reach"):
        staff_units([1.0], **WISH, service=lambda rate, units: 0.5)
    with pytest.raises(DataError, match="service"):
        staff_units([1.0], **WISH, service=lambda rate, units: 1.5)


def test_labels_stay_and_order_does_not_matter():
    rates = pd.Series([9.0, 2.0, 6.0], index=["fri", "mon", "sat"])
    units = staff_units(rates, **WISH)
    assert units.to_dict() == {"fri": 10, "mon": 4, "sat": 7}
    shuffled = measure_units(units.iloc[::-1], rates, mean_service_hours=2 / 3, within_hours=5 / 60)
    assert shuffled["units"].to_dict() == units.to_dict()


@pytest.mark.parametrize("rates", [[], [-1.0], [np.nan], "many", [[1.0, 2.0]], [1e9]])
def test_rates_that_are_none_are_refused(rates):
    with pytest.raises(DataError, match="rates"):
        staff_units(rates, **WISH)


@pytest.mark.parametrize("wrong", [
    {"share": 1.0}, {"share": 0.0}, {"within_hours": -1}, {"mean_service_hours": 0}, {"administrative_share": 1.0},
])  # fmt: skip
def test_wishes_out_of_range_are_refused(wrong):
    with pytest.raises(DataError, match=next(iter(wrong))):
        staff_units([1.0], **{**WISH, **wrong})


def test_units_are_whole():
    with pytest.raises(DataError, match="whole"):
        measure_units([2.5], [1.0], mean_service_hours=1, within_hours=0.1)


def calls(received, minutes=45, units=1):
    received = pd.to_datetime(pd.Series(received))
    return pd.DataFrame({"received": received, "cleared": received + pd.Timedelta(minutes=minutes), "units": units})


def test_hours_without_a_record_have_no_rate_and_the_others_an_interval():
    table, hours = hourly_calls(calls(["2024-01-01 08:10"] * 4), report_minutes=0)
    assert hours == 0.75
    assert table.loc[8, ["asked", "rate"]].tolist() == [4.0, 4.0]
    assert table.loc[8, "low"] == pytest.approx(1.0899, abs=1e-4)  # Garwood: 1.0899 to 10.2416 at 4
    assert table.loc[8, "high"] == pytest.approx(10.2416, abs=1e-4)
    assert table.loc[9, ["rate", "low"]].tolist() == [0.0, 0.0]
    assert table.loc[9, "high"] == pytest.approx(3.6889, abs=1e-4)
    assert table.loc[24:, "rate"].isna().all()  # there is no record of a Tuesday


def test_pairs_of_units_ask_twice_and_are_less_sure():
    pairs, _ = hourly_calls(calls(["2024-01-01 08:10"] * 4, units=2))
    single, _ = hourly_calls(calls(["2024-01-01 08:10"] * 4))
    assert pairs.loc[8, ["rate", "low", "high"]].tolist() == pytest.approx(
        (2 * single.loc[8, ["rate", "low", "high"]]).tolist()
    )


def test_calls_to_which_nobody_went_ask_for_none():
    rows = calls(["2024-01-01 08:10", "2024-01-01 08:20"])
    rows.loc[1, ["units", "cleared"]] = [0, pd.NaT]
    table, hours = hourly_calls(rows, report_minutes=15)
    assert (table.loc[8, "asked"], hours) == (1.0, 1.0)


def test_calls_that_cannot_be_used_are_refused():
    with pytest.raises(MissingColumnError, match="cleared"):
        hourly_calls(pd.DataFrame({"received": []}))
    with pytest.raises(DataError, match="asks for a unit"):
        hourly_calls(calls(["2024-01-01"], units=0))
    with pytest.raises(DataError, match="negative"):
        hourly_calls(calls(["2024-01-01"], units=-1))
    rows = calls(["2024-01-01"])
    with pytest.raises(DataError, match="cleared"):
        hourly_calls(rows.assign(cleared=pd.NaT))
