"""Weekly rosters: the wanted units are there, rest and days off are kept, the bound is near."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patrolgeo import staff_shifts
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.testing import check_roster

DATA = Path(os.environ.get("PATROLGEO_DATA", Path(__file__).parents[4] / "shared" / "data"))
DAY = np.array([5] * 7 + [6, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8, 7, 7, 6])
QUICK = {"effort": 2}


@pytest.fixture(scope="module")
def week():
    return staff_shifts(np.tile(DAY, 7))


def test_a_roster_keeps_its_rules_and_is_near_its_bound(week):
    check_roster(week)
    assert week.gap <= 0.015
    assert week.bound >= DAY.sum() * 7  # whoever is wanted must be on duty


@pytest.mark.real
def test_the_week_of_the_oracle_is_near_its_bound():
    path = DATA / "oracles" / "oracles2.json"
    if not path.exists():
        pytest.skip("the published answers are not here")
    plan = staff_shifts(json.loads(path.read_text())["units_by_hour"]["expected"]["units"])
    check_roster(plan)
    assert plan.gap <= 0.015
    assert plan.runtime <= 10


@pytest.mark.parametrize("rules", [
    {"rest_hours": 14.0, "lengths": (8, 10)}, {"days_off": 3}, {"vary_hours": 0, "effort": 1},
    {"lengths": (24,), "rest_hours": 48.0, "week_hours": 48, "days_off": 1, "effort": 1},
    {"lengths": (12,), "week_hours": 48, "rest_hours": 12.0, "effort": 1},
])  # fmt: skip
def test_other_rules_are_kept_too(rules):
    kept = {key: value for key, value in rules.items() if key not in ("lengths", "effort")}
    plan = staff_shifts(np.tile(DAY // 2, 7), **{"effort": 1, **rules})
    check_roster(plan, **kept)
    assert set(plan.roster["hours"]) <= set(rules.get("lengths", (8, 10, 12)))


def test_round_the_clock_with_twelve_hours_is_worked_out_by_hand():
    """21 duties by day and 21 by night, 3 a line: 14 lines of 36 hours, no hour without use."""
    plan = staff_shifts([3] * 168, lengths=(12,), people=3, hours_worked=1800)
    assert (plan.objective, plan.bound, plan.status) == (504.0, 504.0, "optimal")
    row = plan.people.loc["unit"]
    assert (row["lines"], row["people"], row["required_hours"]) == (14, 42, 504)
    assert row["relief_factor"] == pytest.approx(8760 / 1800)
    assert row["employed"] == pytest.approx(504 * 3 * 365 / 7 / 1800)
    longest = staff_shifts([3] * 168, lengths=(12,), people=3, hours_worked=2640).people.loc["unit"]
    assert longest["employed"] == longest["people"]  # nobody is left out of the roster, however long people work


def test_forces_do_not_stand_in_for_each_other():
    wanted = pd.DataFrame({"patrol": np.tile(DAY, 7), "checkpoint": 3}, index=range(168))
    plan = staff_shifts(wanted, people={"patrol": 2, "checkpoint": 4}, effort=2)
    check_roster(plan)
    assert (plan.staffed >= wanted).all(axis=None)
    alone = staff_shifts(wanted["patrol"], **QUICK)
    assert plan.people.loc["patrol", "duty_hours"] == alone.objective
    assert plan.people.loc["checkpoint", "people"] == 4 * plan.people.loc["checkpoint", "lines"]
    assert plan.objective == plan.people["duty_hours"].sum()


def test_the_same_seed_gives_the_same_roster_and_labels_go_by_hour(week):
    wanted = pd.Series(np.tile(DAY, 7))
    shuffled = wanted.sample(frac=1, random_state=3)
    again = staff_shifts(shuffled)
    pd.testing.assert_frame_equal(again.roster, week.roster)


def test_nobody_wanted_is_nobody_on_duty():
    plan = staff_shifts([0] * 168)
    assert (plan.objective, plan.status, len(plan.roster)) == (0.0, "optimal", 0)
    assert plan.people.loc["unit", "lines"] == 0
    assert "0 lines" in str(plan)


def test_lines_show_a_week(week):
    told = week.lines
    assert len(told) == week.people["lines"].sum()
    assert (told != "").sum(axis=None) == len(week.roster)


def test_the_check_sees_what_is_broken(week):
    """Each rule, broken by hand, is named."""
    roster = week.roster

    def broken(**columns):
        return replace(week, roster=roster.assign(**columns))

    with pytest.raises(AssertionError, match="rest"):
        check_roster(week, rest_hours=24.0)
    with pytest.raises(AssertionError, match="free days"):
        check_roster(
            broken(day=np.arange(len(roster)) % 7, line=1, hours=1), week_hours=1e9, vary_hours=24, rest_hours=-9
        )
    with pytest.raises(AssertionError, match="hours a week"):
        check_roster(week, week_hours=30)
    with pytest.raises(AssertionError, match="alike"):
        check_roster(broken(start=np.arange(len(roster)) % 13), rest_hours=0)
    with pytest.raises(AssertionError, match="wanted units"):
        check_roster(replace(week, roster=roster.iloc[:-3]))


@pytest.mark.parametrize(("required", "says"), [
    ([1] * 24, "168 hours"), ([1.5] * 168, "whole"), ([-1] * 168, "whole"), ([np.nan] * 168, "whole"),
    (np.ones((168, 2)), "168 hours"), (7, "168 hours"), ([9999] * 168, "whole"),
    (pd.DataFrame(index=range(168)), "column"),
])  # fmt: skip
def test_wishes_that_are_no_week_are_refused(required, says):
    with pytest.raises(DataError, match=says):
        staff_shifts(required)


def test_a_series_of_other_hours_is_refused():
    with pytest.raises(AlignmentError, match="hours"):
        staff_shifts(pd.Series(1, index=range(1, 169)))


@pytest.mark.parametrize(("rules", "says"), [
    ({"lengths": (14,), "days_off": 5}, "14-hour"), ({"lengths": (8, 8)}, "twice"), ({"lengths": ()}, "lengths"),
    ({"lengths": (25,)}, "24 hours"), ({"days_off": 7}, "days_off"), ({"rest_hours": 17.0}, "8-hour"),
    ({"week_hours": 4}, "week_hours"), ({"people": 0}, "people"), ({"hours_worked": 0}, "hours_worked"),
    ({"vary_hours": -1}, "vary_hours"), ({"effort": 0}, "effort"), ({"people": {"other": 2}}, "people"),
])  # fmt: skip
def test_rules_that_no_line_can_keep_are_refused(rules, says):
    with pytest.raises((AlignmentError, DataError), match=says):
        staff_shifts([1] * 168, **rules)
