"""The duty report: every duty once, a place for each, dates that are those of the week."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import bind_units, roster_sheet, staff_shifts
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.plan.staffing.events import event_spots
from patrolgeo.plan.staffing.roster_sheet import on_duty_by_place

PLACES = pd.Series(1.0, index=["north", "middle", "south"])


@pytest.fixture(scope="module")
def plan():
    return staff_shifts([3] * 168, lengths=(12,))


def test_every_duty_stands_once_on_its_date(plan):
    sheet = roster_sheet(plan, "2025-01-08", {"unit": PLACES}, weeks=2, vehicles={"unit": 1})
    assert len(sheet) == 2 * len(plan.roster)
    assert (sheet["date"].min(), sheet["date"].max()) == (pd.Timestamp("2025-01-08"), pd.Timestamp("2025-01-21"))
    told = {
        (d.day_of_week, s[:5], c) for d, s, c in zip(sheet["date"], sheet["shift"], sheet["call_sign"], strict=True)
    }
    rows = zip(plan.roster["day"], plan.roster["start"], plan.roster["line"], strict=True)
    assert told == {(day, f"{start:02d}:00", f"unit {line:02d}") for day, start, line in rows}
    assert (sheet["people"] == 2).all()
    assert (sheet["vehicles"] == 1).all()
    assert sheet["date"].is_monotonic_increasing


def test_as_many_units_as_areas_leave_no_area_alone(plan):
    week = roster_sheet(plan, "2025-01-06", {"unit": PLACES})
    there = on_duty_by_place(week, PLACES.index)
    assert (there == 1).all(axis=None)
    assert there.sum(axis=1).tolist() == plan.staffed["unit"].tolist()


def test_heavy_areas_get_more_units_and_posts_are_told():
    plan = staff_shifts([6] * 168, lengths=(12,), effort=2)
    heavy = pd.Series({"town": 4.0, "hills": 1.0})
    week = roster_sheet(plan, "2025-01-06", {"unit": heavy}, posts=pd.Series({"town": "market; school"}))
    share = (week["area_name"] == "town").mean()
    assert 0.7 <= share <= 0.85
    assert week.groupby("area_name")["posts"].first().to_dict() == {"town": "market; school", "hills": ""}


@pytest.mark.parametrize(("wrong", "says"), [
    ({"places": {}}, "lacks the force"), ({"places": {"unit": [1, 2]}}, "Series"), ({"weeks": 0}, "weeks"),
    ({"places": {"unit": PLACES * 0}}, "above 0"), ({"first_day": "soon"}, "first_day"),
])  # fmt: skip
def test_a_sheet_that_cannot_be_written_says_why(plan, wrong, says):
    with pytest.raises(DataError, match=says):
        roster_sheet(plan, **{"first_day": "2025-01-06", "places": {"unit": PLACES}, **wrong})


def test_units_are_bound_where_most_are_then_where_it_is_nearest():
    on_duty = pd.DataFrame({"near": [1, 2], "far": [1, 3], "away": [1, 1]}, index=[20, 21])
    minutes = pd.Series({"away": 50.0, "far": 20.0, "near": 5.0})
    left = bind_units(on_duty, minutes, 0.5)
    assert left.to_dict("list") == {"near": [0, 1], "far": [0, 1], "away": [1, 1]}
    assert (on_duty.sum(axis=1) - left.sum(axis=1)).tolist() == [2, 3]
    pd.testing.assert_frame_equal(bind_units(on_duty, minutes, 0), on_duty)
    assert bind_units(on_duty, minutes, 1).sum(axis=None) == 0
    with pytest.raises(AlignmentError, match="minutes"):
        bind_units(on_duty, minutes.drop("far"), 0.5)
    with pytest.raises(DataError, match="whole"):
        bind_units(on_duty - 0.5, minutes, 0.5)


def test_posts_of_an_event_stand_apart_and_traffic_stands_outside():
    away = np.array([[0, 0], [100, 0], [-100, 0], [0, 260], [0, -280], [300, 0], [-300, 0]], float)
    at = event_spots(away, ["medical", "exit", "exit", "traffic", "traffic"])
    assert at[0] == 0
    assert set(at[1:3]) == {1, 2}
    assert np.hypot(*away[at[3:]].T).min() >= 260
    assert len(set(at)) == 5
    assert len(event_spots(away[:2], ["exit"] * 5)) == 5
    assert len(event_spots(away, [])) == 0
