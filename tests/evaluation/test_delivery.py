"""Delivered patrols: every minute of the log is accounted for, and the plan is held against it by place."""

import json

import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.errors import AlignmentError, DataError, MissingColumnError
from patrolgeo.evaluation.delivery.compare import ratio_interval
from patrolgeo.sources.patrols import FAULTS

GRID = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 6))
SHIFTS = pg.read_shifts(
    pd.DataFrame({"name": ["late", "night"], "start": ["14:00", "22:00"], "end": ["22:00", "06:00"]})
)


def wander(n=400, units=5, seed=0):
    """Return positions that walk over the grid and beyond it, with lost places and long gaps."""
    rng = np.random.default_rng(seed)
    unit = np.repeat([f"P{i}" for i in range(units)], n)
    step = rng.choice([30, 60, 120, 900], units * n, p=[0.4, 0.4, 0.19, 0.01])
    time = pd.Timestamp("2024-03-04 20:00") + pd.to_timedelta(np.cumsum(step.reshape(units, n), axis=1).ravel(), "s")
    walk = np.cumsum(rng.normal(0, 0.001, (units, n, 2)), axis=1).reshape(-1, 2) + np.array([119.97, 31.81])
    walk[rng.random(len(walk)) < 0.03] = np.nan
    return pd.DataFrame({"unit": unit, "time": time, "lon": walk[:, 0], "lat": walk[:, 1]})


def by_hand(log, max_gap=300):
    """Return minutes and entries by cell, worked out row by row."""
    minutes, entries = {}, {}
    for _, own in log.sort_values("time", kind="stable").groupby("unit"):
        rows, last = own.reset_index(drop=True), None
        for i, row in rows.iterrows():
            if np.isnan(row["lon"]):
                continue
            cell = h3.latlng_to_cell(row["lat"], row["lon"], 9)
            gap = (rows["time"][i + 1] - row["time"]).total_seconds() if i + 1 < len(rows) else 0
            minutes[cell] = minutes.get(cell, 0) + (gap if gap <= max_gap else 0)
            entries[cell] = entries.get(cell, 0) + (cell != last)
            last = cell
    return minutes, entries


def test_the_dose_is_what_a_loop_over_the_rows_finds_whatever_their_order():
    log = wander()
    minutes, entries = by_hand(log)
    dose = pg.patrol_dose(log, GRID)
    inside = dose.index.isin(minutes)
    assert dose.loc[inside, "minutes"].to_dict() == pytest.approx(
        {c: s / 60 for c, s in minutes.items() if c in dose.index}
    )
    assert dose.loc[inside, "visits"].to_dict() == {c: n for c, n in entries.items() if c in dose.index}
    assert (dose[~inside] == 0).all().all()
    pd.testing.assert_frame_equal(dose, pg.patrol_dose(log.sample(frac=1, random_state=1), GRID))
    pd.testing.assert_frame_equal(dose, pg.patrol_dose(log.assign(unit=log["unit"].str.lower() + "x"), GRID))


@pytest.mark.parametrize("asked", [(), ("place",), ("jump", "place", "repeated"), FAULTS])
def test_minutes_of_cells_outside_gaps_and_set_aside_are_the_log_exactly(asked):
    log = wander(seed=3)
    log.loc[::50, "lon"] += 1.0
    patrols, ledger = pg.read_patrols(log, set_aside=asked, return_ledger=True)
    told = pg.patrol_account(patrols, GRID, ledger=ledger)
    span = log.groupby("unit")["time"].agg(lambda t: (t.max() - t.min()).total_seconds()).sum()
    seconds = (told * 60).round(6)
    assert seconds["log"] == span
    assert seconds.drop("log").sum() == span
    assert told["in_cells"] == pytest.approx(pg.patrol_dose(patrols, GRID)["minutes"].sum(), abs=1e-9)
    assert (told["set_aside"] > 0) == bool(asked)
    with pytest.raises(DataError, match="not of one reading"):
        pg.patrol_account(patrols.iloc[:-40], GRID, ledger=ledger)


def test_driving_through_is_no_visit_and_shifts_share_out_the_same_minutes():
    log = wander(seed=5).dropna()
    whole, stays = pg.patrol_dose(log, GRID), pg.patrol_dose(log, GRID, min_stay_minutes=3)
    pd.testing.assert_series_equal(whole["minutes"], stays["minutes"])
    assert 0 < stays["visits"].sum() < whole["visits"].sum()
    by_shift = pg.patrol_dose(log, GRID, shifts=SHIFTS)
    pd.testing.assert_frame_equal(by_shift.groupby(level="cell").sum(), whole)
    hour = log["time"].dt.hour
    night = pg.patrol_dose(log, GRID, shifts=SHIFTS.loc[["night"]]).xs("night", level="shift")
    assert night["minutes"].sum() == by_shift.xs("night", level="shift")["minutes"].sum() > 0
    assert set(by_shift.index.get_level_values("shift")) == ({"late", "night", "none"} if hour.between(6, 13).any() else
                                                             {"late", "night"})  # fmt: skip


def test_the_dose_by_period_sums_to_the_dose():
    log = wander(seed=7)
    days = pd.date_range("2024-03-04", periods=3)
    panel = pg.patrol_panel(log, GRID, days, end="2024-03-08")
    pd.testing.assert_series_equal(panel.sum().rename("minutes"), pg.patrol_dose(log, GRID)["minutes"])
    assert pg.patrol_panel(log, GRID, days - pd.Timedelta(days=30)).to_numpy().sum() == 0
    with pytest.raises(DataError, match="One period alone"):
        pg.patrol_panel(log, GRID, days[:1])


def test_thinning_tells_of_positions_too_rare_for_the_cells():
    seconds = np.arange(0, 6 * 3600, 30)
    log = pd.DataFrame({"unit": "a", "time": pd.Timestamp("2024-03-04") + pd.to_timedelta(seconds, "s"),
                        "lon": 119.945 + 0.05 * seconds / seconds.max(), "lat": 31.81})  # fmt: skip
    assert pg.thinning_change(log, GRID) < 0.03
    assert pg.thinning_change(log.iloc[::40], GRID, max_gap_minutes=30) > 0.1


def test_delivered_is_done_and_beyond_and_outside_in_every_cell_area_and_shift():
    rng = np.random.default_rng(0)
    labels = pd.MultiIndex.from_product([list("abcdefgh"), ["day", "night"]], names=["cell", "shift"])
    plan = pd.Series(rng.choice([0, 10, 20], 16), labels).astype(float)
    dose = pd.DataFrame({"minutes": rng.choice([0, 5, 30], 16).astype(float)}, labels)
    dose["visits"] = (dose["minutes"] > 0).astype(int)
    areas = pd.Series([1, 1, 2, 2, 2, 3, 3, 3], list("abcdefgh"))
    went = pg.compare_delivery(plan[plan > 0], dose, areas=areas)
    for table in (went.by_cell, went.by_area, went.by_shift, went.total.to_frame().T):
        np.testing.assert_allclose(table["delivered"], table["done"] + table["beyond"] + table["outside"])
    assert went.done_share == np.minimum(plan, dose["minutes"]).sum() / plan.sum()
    assert went.minutes_outside == dose["minutes"][plan == 0].sum()
    assert list(went.never_visited) == list(plan[(plan > 0) & (dose["minutes"] == 0)].index)
    assert went.by_area.sum()["never"] == went.by_shift.sum()["never"] == len(went.never_visited)
    assert (went.by_area["low"].dropna() < went.by_area["done_share"][went.by_area["low"].notna()]).all()
    assert went.by_area["low"].isna().tolist() == [False, True, False]  # one planned cell tells of no other
    assert np.isnan(pg.compare_delivery(plan[plan > 0], 0 * dose).total["high"])
    share = dose["minutes"].groupby("cell").sum() / dose["minutes"].sum()
    assert went.entropy == pytest.approx(-(share[share > 0] * np.log(share[share > 0])).sum())
    assert went.dose_curve.is_monotonic_decreasing
    again = pg.compare_delivery(plan.sample(frac=1, random_state=0), dose.sample(frac=1, random_state=1), areas=areas)
    pd.testing.assert_frame_equal(again.by_area, went.by_area)


def test_stops_of_a_plan_and_shifts_of_one_side_only():
    stops = pd.DataFrame({"place": ["a", "b", "a"], "arrive": [0.0, 20.0, 60.0], "leave": [12.0, 32.0, 72.0]})
    dose = pd.Series([24.0, 6.0], ["a", "b"])
    went = pg.compare_delivery(stops, dose)
    assert (went.by_shift, went.done_share) == (None, 30 / 36)
    rest = pd.DataFrame({"place": ["b"], "arrive": [40.0], "leave": [60.0], "activity": ["break"]})
    again = pg.compare_delivery(pd.concat([stops.assign(activity="stop"), rest]), dose)
    assert again.done_share == went.done_share
    labels = pd.MultiIndex.from_product([["a", "b"], ["day"]], names=["cell", "shift"])
    assert pg.compare_delivery(stops, pd.Series([24.0, 6.0], labels)).done_share == 30 / 36
    with pytest.raises(AlignmentError, match="names 1 cells"):
        pg.compare_delivery(stops, dose[["a"]])
    for wrong in (
        pd.Series([np.nan], ["a"]),
        pd.Series([-1.0], ["a"]),
        pd.Series([0.0], ["a"]),
        "no",
        pd.Series(["x"]),
    ):
        with pytest.raises(DataError):
            pg.compare_delivery(wrong, dose)
    with pytest.raises(MissingColumnError, match="place"):
        pg.compare_delivery(pd.DataFrame({"minutes": [3]}), dose)


def test_the_interval_of_the_share_done_covers_that_of_the_cells_behind_it():
    rng, covered, draws = np.random.default_rng(4), 0, 1000
    planned = rng.choice([10.0, 20.0, 40.0], 4000)
    got = planned * rng.beta(2, 1, 4000)
    truth = np.minimum(planned, got).sum() / planned.sum()
    for _ in range(draws):
        at = rng.choice(4000, 60, replace=False)
        share, low, high = ratio_interval(np.minimum(got, planned)[at], planned[at], 0.95)
        covered += low <= truth <= high
    assert 0.93 <= covered / draws <= 0.97
    total = pg.compare_delivery(pd.Series(planned[at], at), pd.Series(got[at], at)).total
    assert (total["done_share"], total["low"], total["high"]) == pytest.approx((share, low, high))


def test_forces_of_few_units_are_told_together_and_nothing_is_lost():
    log = wander(units=12, n=60).dropna()
    kind = dict(zip(log["unit"].unique(), ["dedicated"] * 6 + ["social"] * 4 + ["volunteer"] * 2, strict=True))
    told = pg.dose_by_force(log.assign(force=log["unit"].map(kind)), GRID)
    assert told["units"].to_dict() == {"dedicated": 6, "other": 6}
    assert told["minutes"].sum() == pytest.approx(pg.patrol_dose(log, GRID)["minutes"].sum())
    every = pg.dose_by_force(log.assign(force=log["unit"].map(kind)), GRID, least_units=2)
    assert every["units"].to_dict() == {"dedicated": 6, "social": 4, "volunteer": 2}
    assert pg.dose_by_force(log.assign(force=log["unit"].map(kind)), GRID, least_units=50)["units"].to_dict() == {
        "other": 12
    }
    with pytest.raises(MissingColumnError, match="force"):
        pg.dose_by_force(log, GRID)


def test_minutes_a_head_are_none_where_nobody_lives():
    dose = pg.patrol_dose(wander(seed=9), GRID)
    people = pd.Series(np.arange(len(GRID)), GRID.cells)[::-1]
    heads = pg.delivered_per_head(dose, people)
    assert heads.name == "minutes_per_head"
    assert heads.iloc[0] == 0
    assert (heads * people[heads.index]).iloc[1:].tolist() == pytest.approx(dose["minutes"].iloc[1:].tolist())
    with pytest.raises(AlignmentError):
        pg.delivered_per_head(dose, people.iloc[5:])


@pytest.mark.real
def test_the_buses_of_austin_and_the_stops_of_plainfield_are_as_published(real_data):
    known = json.loads((real_data / "oracles" / "oracles2.json").read_text())
    bus, log = known["bus_pings_austin"]["expected"], known["plainfield_stop_log"]["expected"]
    raw = pd.read_parquet(real_data / "bus_pings_austin" / "pings_2016_01_17.parquet")
    patrols = pg.read_patrols(raw)
    grid = pg.HexGrid.from_cells([h3.latlng_to_cell(b, a, 9) for a, b in zip(raw["lon"], raw["lat"], strict=True)])
    dose = pg.patrol_dose(patrols, grid)
    assert (len(patrols), patrols["unit"].nunique()) == (bus["pings"], bus["units"])
    assert dose["minutes"].sum() == pytest.approx(bus["minutes_attributed"], abs=1e-6)
    assert (dose["minutes"].idxmax(), dose["visits"].max()) == (bus["top_cell"], bus["most_entered_cell_entries"])
    assert ((dose["minutes"] > 0).sum(), (dose["visits"] > 0).sum()) == (bus["cells_with_time"], bus["cells_seen"])
    stops, ledger = pg.read_patrols(real_data / "plainfield" / "patrol_stops.csv.gz", return_ledger=True)
    assert (len(stops), stops["unit"].nunique(), stops["end"].isna().sum()) == (
        log["stops"], log["units"], log["stops_without_end"]
    )  # fmt: skip
    assert stops["minutes"].sum() == pytest.approx(log["minutes"], abs=1e-9)
    assert stops["minutes"].median() == log["median_minutes"]
    told = pg.patrol_account(stops, grid, ledger=ledger)
    assert told["outside"] + told["no_place"] == pytest.approx(log["minutes"], abs=1e-6)
