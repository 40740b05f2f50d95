"""The workload in unit-minutes and as an index, and how much a plan hangs on the weights."""

import h3
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrolgeo import (
    AlignmentError,
    DataError,
    HexGrid,
    call_rates,
    design_areas,
    workload_index,
    workload_minutes,
    workload_sensitivity,
)

people = pd.Series({"a": 30.0, "b": 10.0, "c": 0.0})
risk = pd.Series({"c": 2.0, "b": 2.0, "a": 0.0})


def test_the_index_is_the_weighted_sum_of_shares_by_label():
    index = workload_index(people, risk, weights={"population": 3, "risk": 1})
    assert index.to_dict() == pytest.approx({"a": 0.5625, "b": 0.3125, "c": 0.125})
    assert index.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"population": 1}, "risk is given but has no weight"),
        ({"population": 1, "risk": 1, "roads": 1}, "'roads', which is not given"),
        ({"population": 0, "risk": 0}, "sum above 0"),
        ({"population": -1, "risk": 2}, "at least 0"),
    ],
)
def test_weights_and_parts_must_match(weights, message):
    with pytest.raises(DataError, match=message):
        workload_index(people, risk, weights=weights)


def test_a_part_of_zeros_has_no_shares():
    with pytest.raises(DataError, match="sums to zero"):
        workload_index(people * 0, weights={"population": 1})


CELLS = pd.Index(["a", "b", "c"])
KINDS = pd.DataFrame(
    {"units": [2, 1], "scene_minutes": [30, 20], "report_minutes": [10, 5]}, index=["fight", "dispute"]
)  # fmt: skip


def test_minutes_follow_the_formula_worked_by_hand():
    rates = pd.DataFrame({"fight": [0.5, 0, 0], "dispute": [1, 0.2, 0]}, index=CELLS)
    minutes = workload_minutes(
        rates, KINDS, travel_minutes=pd.Series([10.0, 20, 30], CELLS), visits=pd.Series([2.0, 0, 0], CELLS),
        inhabited=pd.Series([1, 3, 0], CELLS), stop_minutes=12, shift_hours=8, road_km=pd.Series([6.0, 0, 3], CELLS),
        passes=2, speed_kmh=30, parts=True,
    )  # fmt: skip
    assert minutes["calls"].tolist() == pytest.approx([0.5 * 2 * 50 + 35, 0.2 * 45, 0])
    assert minutes["visits"].tolist() == pytest.approx([24, 3 * 12 / 21, 0])  # a week has 21 shifts of eight hours
    assert minutes["roads"].tolist() == pytest.approx([24, 0, 12])
    whole = workload_minutes(rates, KINDS, travel_minutes=pd.Series([10.0, 20, 30], CELLS))
    assert whole.name == "workload"
    pd.testing.assert_series_equal(whole, minutes["calls"], check_names=False)


@given(st.floats(0.1, 10))
def test_twice_the_calls_are_twice_the_minutes_and_half_the_shift_half_the_floor(factor):
    rates = pd.DataFrame({"fight": [0.5, 0, 2]}, index=CELLS)
    once, scaled = (workload_minutes(rates * f, KINDS, travel_minutes=7) for f in (1, factor))
    assert scaled.to_numpy() == pytest.approx(once.to_numpy() * factor)
    lived = pd.Series([True, False, True], CELLS)
    floor = workload_minutes(inhabited=lived, shift_hours=8)
    assert workload_minutes(inhabited=lived, shift_hours=4).to_numpy() == pytest.approx(floor.to_numpy() / 2)
    assert floor.tolist() == pytest.approx([10 / 21, 0, 10 / 21])


def test_wrong_minutes_are_refused_with_the_name():
    rates = pd.DataFrame({"fihgt": [0.5, 0, 2]}, index=CELLS)
    with pytest.raises(DataError, match="no row for 'fihgt'; did you mean 'fight'"):
        workload_minutes(rates, KINDS)
    with pytest.raises(DataError, match="needs rates"):
        workload_minutes()
    with pytest.raises(DataError, match="need kinds="):
        workload_minutes(rates)
    with pytest.raises(DataError, match="road_km holds negative or missing values; the first is at b"):
        workload_minutes(road_km=pd.Series([1, -1, 0], CELLS))
    with pytest.raises(DataError, match="stop_minutes=0"):
        workload_minutes(road_km=pd.Series([1, 1, 0], CELLS), stop_minutes=0)


def test_rates_of_calls_add_up_and_take_the_median_times():
    start = pd.to_datetime(["2024-03-05 00:10", "2024-03-05 09:00", "2024-03-06 23:00", "2024-03-06 23:30"])
    calls = pd.DataFrame({
        "received": start, "dispatched": [start[0], pd.NaT, start[2], start[3]],
        "arrived": [start[0] + pd.Timedelta("8min"), start[1] + pd.Timedelta("12min"), pd.NaT, pd.NaT],
        "cleared": [start[0] + pd.Timedelta("28min"), start[1] + pd.Timedelta("52min"), pd.NaT, pd.NaT],
        "category": ["dispute", "dispute", "fight", "fight"], "units": [1, 1, 2, 4],
    })  # fmt: skip
    rates, kinds = call_rates(calls, pd.Series(["a", "b", "b", None]), CELLS, shift_hours=12)
    assert rates.to_numpy().tolist() == [[0.25, 0.0], [0.25, 0.25], [0.0, 0.0]]
    assert kinds.loc["dispute", ["travel_minutes", "scene_minutes"]].tolist() == [10, 30]
    assert kinds.loc["fight", "units"] == 3
    assert kinds.loc["fight", "scene_minutes"] == 30  # no fight was timed: the middle of the other kinds
    assert (kinds["report_minutes"] == 15).all()


def test_parts_of_the_index_sum_to_their_weights_and_to_the_index():
    people, visits = pd.Series([3.0, 1, 0], CELLS), pd.Series([1.0, 1, 0], CELLS)
    weights = {"population": 3, "visits": 1}
    table = workload_index(people, visits=visits, weights=weights, parts=True)
    assert table.sum().to_dict() == pytest.approx({"population": 0.75, "visits": 0.25})
    whole = workload_index(people, visits=visits, weights=weights)
    pd.testing.assert_series_equal(table.sum(axis=1).rename("workload"), whole)


@pytest.fixture(scope="module")
def town():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 8))


@pytest.fixture(scope="module")
def divided(town):
    east = pd.Series(town.lonlat[:, 0] - 108.2, index=town.cells) ** 4
    parts = workload_index(east, area=town.area_km2, weights={"population": 0.5, "area": 0.5}, parts=True)
    return design_areas(parts, town, 4, tolerance=0.03, random_state=0, prove=False)


def test_the_workload_table_adds_up(divided):
    table = divided.workload_table
    assert table[["population", "area"]].sum(axis=1).to_numpy() == pytest.approx(table["workload"].to_numpy())
    assert table[["population", "area"]].sum().tolist() == pytest.approx([0.5, 0.5])
    unit = divided.labels.index[divided.labels == 0][0]
    moved = divided.reassign({unit: 1}).workload_table
    assert moved["population"].sum() == pytest.approx(0.5)
    assert moved.loc[1, "workload"] > table.loc[1, "workload"]


def test_the_sensitivity_has_a_row_up_and_down_for_each_weight(divided):
    table = workload_sensitivity(divided, random_state=0)
    assert table["part"].tolist() == ["none", "population", "population", "area", "area"]
    assert table["changed_to"][1:].tolist() == pytest.approx([0.45, 0.55, 0.45, 0.55])
    assert (table["share_moved"] == table["units_moved"] / len(divided.labels)).all()
    assert table["kept_max_over_mean"][0] == pytest.approx(divided.max_over_mean)
    assert table["kept_max_over_mean"][1:].max() > table["kept_max_over_mean"][0]
    assert table["units_moved"][0] == 0
    assert workload_sensitivity(divided, step=0.5, random_state=0)["units_moved"].max() > 0
    assert table["share_moved"].max() < 0.5  # areas are drawn on, not drawn anew
    pd.testing.assert_frame_equal(table, workload_sensitivity(divided, random_state=0))


def test_minutes_change_by_a_tenth_and_jurisdictions_hold(town, divided):
    west = pd.Series(town.lonlat[:, 0] < 108.3, index=town.cells)
    plan = design_areas(divided.parts, town, 4, nest_in=west, random_state=0, prove=False)
    table = workload_sensitivity(plan, unit="minutes", nest_in=west)
    assert table["changed_to"][1:].tolist() == [0.9, 1.1, 0.9, 1.1]
    alike = workload_sensitivity(plan, unit="minutes", step=1e-9, nest_in=west)
    assert alike["kept_max_over_mean"].to_numpy() == pytest.approx(plan.max_over_mean)


def test_a_plan_without_parts_cannot_tell(town):
    plan = design_areas(pd.Series(1.0, index=town.cells), town, 2, prove=False)
    with pytest.raises(DataError, match="parts=True"):
        workload_sensitivity(plan)


def test_tables_of_other_cells_are_refused_and_other_orders_are_not():
    people, risk = pd.Series({"a": 30.0, "b": 10.0}), pd.Series({"b": 3.0, "a": 1.0})
    weights = {"population": 0.5, "risk": 0.5}
    mixed, plain = (workload_index(people, r, weights=weights) for r in (risk, risk[["a", "b"]]))
    pd.testing.assert_series_equal(mixed, plain)
    for other in (risk.drop("a"), pd.concat([risk, pd.Series({"c": 5.0})])):
        with pytest.raises(AlignmentError):
            workload_index(people, other, weights=weights)
    with pytest.raises(AlignmentError):
        workload_minutes(visits=people, road_km=pd.Series({"a": 1.0, "b": 1.0, "c": 2.0}))


@pytest.mark.parametrize(
    "wrong",
    [{"passes": -1}, {"speed_kmh": 0}, {"travel_minutes": -2}, {"shift_hours": "eight"}, {"floor_days": 0},
     {"stop_minutes": float("nan")}, {"visits": "many"}],
)  # fmt: skip
def test_lengths_out_of_their_range_are_refused(wrong):
    with pytest.raises(DataError):
        workload_minutes(**({"visits": pd.Series({"a": 1.0})} | wrong))


def test_calls_go_to_their_cells_by_label():
    day = pd.to_datetime(["2024-03-05 00:10", "2024-03-05 20:00", "2024-03-05 21:00"])
    calls = pd.DataFrame(
        {"received": day, "arrived": day, "cleared": day, "category": list("xxy"), "units": 1}, list("pqr")
    )
    cells = pd.Series({"p": "a", "q": "a", "r": "b"})
    rates = call_rates(calls, cells, pd.Index(["a", "b"]))[0]
    pd.testing.assert_frame_equal(rates, call_rates(calls, cells[["r", "q", "p"]], pd.Index(["a", "b"]))[0])
    with pytest.raises(AlignmentError):
        call_rates(calls, cells.drop("q"), pd.Index(["a", "b"]))
    with pytest.raises(DataError):
        call_rates(calls, cells, pd.Index(["a", "b"]), shift_hours=0)
