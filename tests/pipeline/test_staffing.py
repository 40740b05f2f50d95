"""Staffing and dated events of a plan run: what its files hold, what a public version leaves out, what is refused."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

from patrolgeo import run_plan, staff_units
from patrolgeo.config import read_plan
from patrolgeo.config.routes import RouteWish
from patrolgeo.config.staffing import EventWish
from patrolgeo.errors import DataError
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.release import public, public_manifest
from patrolgeo.pipeline.events import bound_on_routes, check_events, hours_of_event
from patrolgeo.pipeline.plan import read_place
from town import write_town

WISHES = """
[calls]
file = "calls.csv"
[places]
file = "places.csv"
[forces]
file = "forces.csv"
[staffing]
share = 0.9
within_minutes = 5.0
lengths = [8, 12]
[[events]]
name = "fair"
kind = "market day"
place = "Old market"
start = "2023-06-03 10:00"
end = "2023-06-03 18:00"
people = 2000
calls = 6.0
posts = {medical = 1, exit = 2, traffic = 2}
units_share = 0.4
[[events]]
name = "gathering on the square"
kind = "assembly"
place = "Old market"
start = "2023-06-10 10:00"
end = "2023-06-10 12:00"
people = 300
posts = {medical = 1, exit = 2}
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    folder = tmp_path_factory.mktemp("staffed")
    plan = write_town(folder, 20)
    rng = np.random.default_rng(2)
    received = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.sort(rng.integers(0, 140 * 24 * 60, 6000)), unit="min")
    calls = pd.DataFrame({"received": received, "dispatched": received + pd.Timedelta("2min"),
                          "arrived": received + pd.Timedelta("10min"), "cleared": received + pd.Timedelta("40min"),
                          "category": "dispute", "units": 1, "lon": rng.uniform(119.902, 119.958, 6000),
                          "lat": rng.uniform(31.702, 31.748, 6000)})  # fmt: skip
    calls.rename_axis("id").reset_index().to_csv(folder / "calls.csv", index=False)
    pd.DataFrame({"name": ["Old market", "School"], "kind": "market", "lon": [119.93, 119.91], "lat": 31.72}).to_csv(
        folder / "places.csv", index=False
    )
    pd.DataFrame({"name": ["station"], "role": "station", "kind": "dedicated", "officers": 20, "lon": 119.93,
                  "lat": 31.72}).to_csv(folder / "forces.csv", index=False)  # fmt: skip
    plan.write_text(plan.read_text() + WISHES)
    return plan


@pytest.fixture(scope="module")
def out(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "plan"
    run_plan(town, folder)
    return folder


@pytest.fixture(scope="module")
def summary(out):
    return json.loads((out / "summary.json").read_text())


def test_units_are_those_of_the_calls_or_one_for_every_area(summary):
    told = summary["staffing"]
    assert told["asked_a_week"] == pytest.approx(300)
    assert told["busy_minutes"] == pytest.approx(38 + 15)  # dispatched to cleared, and the report
    units = staff_units([300 / 168], mean_service_hours=53 / 60, share=0.9, within_hours=5 / 60).iloc[0]
    assert min(told["units"]) >= 3  # areas
    assert abs(np.mean(told["units"]) - max(units, 3)) <= 1
    assert all(there >= wanted for there, wanted in zip(told["on_duty"], told["units"], strict=True))
    assert told["committed_share"] == pytest.approx(300 * 53 / 60 / told["roster_objective"], abs=1e-6)
    assert {"wish": "staff_roster", "wanted": int(np.ceil(told["employed"])), "can": 20} in summary["unmet"]


def test_the_roster_is_a_sheet_a_day_and_a_sheet_of_the_workbook(out, summary):
    book = openpyxl.load_workbook(out / "roster.xlsx", read_only=True)
    days = book.sheetnames[1:]
    assert days == [f"{day:%Y-%m-%d}" for day in pd.date_range(summary["staffing"]["first_day"], periods=7)]
    assert pd.Timestamp(days[0]).day_name() == "Monday"
    rows = [row for day in days for row in list(book[day].values)[1:]]
    whole = openpyxl.load_workbook(out / "plan.xlsx", read_only=True)["Roster"]
    assert len(rows) == whole.max_row - 1
    assert {row[2] for row in rows} == {"patrol units"}


def test_an_event_says_what_it_takes_and_what_is_thinner(out, summary):
    fair, square = summary["events"]
    assert (fair["hours"], fair["officers"], fair["officer_hours"]) == (8, 10, 80)
    assert fair["bound"] == fair["units"] - fair["left"] > 0
    assert fair["within_share_meanwhile"] < fair["within_share"]
    assert fair["committed_share_meanwhile"] > fair["committed_share"]
    assert all(row["minutes_meanwhile"] >= row["minutes"] for row in fair["areas"])
    assert {"wish": "staff_event", "event": "fair", "wanted": fair["own_units"], "can": fair["bound"]} in summary[
        "unmet"
    ]
    assert "bound" not in square
    assert square["gathering"]
    posts = gpd.read_file(out / "event_posts.geojson")
    assert posts["event_post"].value_counts().to_dict() == {"exit": 4, "medical": 2, "traffic": 2}
    assert set(posts.loc[posts["event"] == "fair", "valid_until"].astype(str).str[:16]) <= {
        "2023-06-03 18:00", "2023-06-03T18:00"}  # fmt: skip


def test_the_report_says_it_in_sentences(out):
    page = (out / "report.html").read_text("utf-8")
    for words in ("Staffing: units by hour", "to be employed", "This part of the plan ends then", "Nobody is watched"):
        assert words in page


def test_a_public_version_tells_nothing_of_it(out, summary):
    posts = gpd.read_file(out / "event_posts.geojson")
    found = Findings(summary, roster=pd.DataFrame({"date": [1]}), overlays={"event_posts": posts})
    shown = public(found)
    assert not {"staffing", "events"} & set(shown.summary)
    assert shown.roster is None
    assert not shown.overlays
    assert not [row for row in shown.summary["unmet"] if row["wish"].startswith("staff")]
    assert not {"staffing", "events"} & set(
        public_manifest(json.loads((out / "manifest.json").read_text()))["settings"]
    )


@pytest.mark.parametrize(("old", "new", "says"), [
    ('name = "fair"', 'name = "protest at the fair"', "by its name it is an assembly"),
    ('name = "fair"', 'name = "宗教活动"', "by its name"),
    ('place = "Old market"', 'place = "Old markt"', "did you mean 'Old market'"),
    ('start = "2023-06-03 10:00"\nend = "2023-06-03 18:00"', 'start = "2023-01-03"\nend = "2023-01-04"', "holds from"),
    ('start = "2023-06-03 10:00"\nend = "2023-06-03 18:00"', 'start = "2033-01-03"\nend = "2033-01-04"', "holds from"),
    ("people = 2000", 'people = 2000\nweekdays = ["mon"]', "no hour between"),
])  # fmt: skip
def test_events_that_the_files_do_not_allow_are_refused_before_the_run(town, tmp_path, old, new, says):
    wrong = town.with_name(f"wrong_{abs(hash(new))}.toml")
    wrong.write_text(town.read_text().replace(old, new, 1))
    plan = read_plan(wrong)
    with pytest.raises(DataError, match=says):
        check_events(plan, read_place(plan))


def event(**said):
    return EventWish(name="x", kind="school gates", place="p", people=1, **said)


def test_units_that_an_event_binds_do_not_drive_routes_in_its_hours():
    """A shift past midnight belongs to the day it begins; several events bind together; one unit drives on."""
    wish = RouteWish(n=5, begins="20:00", shift_minutes=480.0)
    fair = event(start="2025-01-18 23:30", end="2025-01-19 02:00", units_share=0.3)
    late = replace(event(start="2025-01-18 03:00", end="2025-01-18 05:00", units_share=1.0), name="late")
    day = pd.Timestamp("2025-01-18")
    assert bound_on_routes([fair], wish, day) == {fair.name: 2}
    assert bound_on_routes([fair, late], wish, day - pd.Timedelta(days=1)) == {"late": 4}
    assert bound_on_routes([fair], wish, day + pd.Timedelta(days=1)) == {}
    assert bound_on_routes([fair, replace(fair, name="two", units_share=1.0)], wish, day) == {fair.name: 2, "two": 2}


def test_the_hours_of_an_event_by_hand():
    one = hours_of_event(event(start="2025-01-18 09:30", end="2025-01-18 11:10"))
    assert [h.hour for h in one] == [9, 10, 11]
    term = event(start="2025-01-06", end="2025-01-18", hours=["07:15", "08:30"], weekdays=["mon", "tue"])
    assert [f"{h:%d %H}" for h in hours_of_event(term)] == [
        f"{d} {h}" for d in ("06", "07", "13", "14") for h in ("07", "08")
    ]
    night = event(start="2025-01-06", end="2025-01-07", hours=["22:00", "02:00"])
    assert [h.hour for h in hours_of_event(night)] == [0, 1, 22, 23]
