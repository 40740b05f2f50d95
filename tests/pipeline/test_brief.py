"""The Monday brief: counts of the week, counted again; both languages; nothing in per cent."""

import json
from types import SimpleNamespace

import geopandas as gpd
import pandas as pd
import pytest

from auditor import audit
from auditor.rising import Brief
from patrolgeo import HexGrid, write_brief
from patrolgeo.errors import DataError
from patrolgeo.pipeline.brief import _monday
from patrolgeo.words.messages import load_words
from watch_town import RISE_AT, RISE_WEEK, records, shown, write_town


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    town = tmp_path_factory.mktemp("brief") / "town"
    write_town(town, weeks=80)
    told = write_brief(town / "plan.toml", town / "out", week="2024-05-01")
    return town, told


def test_the_counts_of_the_week_are_those_of_the_file(brief):
    town, told = brief
    rows = pd.read_csv(town / "base.csv", parse_dates=["time"])
    assert told["week"] == "2024-04-29"

    def counted(start, days):
        inside = rows["time"].between(start, pd.Timestamp(start) + pd.Timedelta(days=days), inclusive="left")
        return rows[inside]["category"].value_counts()

    for row in told["changes"]:
        assert row["now"] == counted("2024-04-29", 7)[row["category"]]
        assert row["before"] == counted("2024-04-22", 7)[row["category"]]
        assert row["year_ago"] == counted("2023-04-24", 21)[row["category"]]
    pages = [(town / "out" / name).read_text("utf-8") for name in ("brief.html", "brief.zh.html")]
    for page in pages:
        body = page[page.index("<body>") :]
        assert "%" not in body
        assert "2024-04-29" in body
    assert json.loads((town / "out" / "brief.json").read_text("utf-8")) == told


def test_records_of_less_than_a_year_are_told_without_the_year_before(tmp_path):
    write_town(tmp_path, weeks=20)
    told = write_brief(tmp_path / "plan.toml", tmp_path / "out")
    assert {(row["year_ago"], row["p_year"]) for row in told["changes"]} == {(None, None)}
    assert json.loads((tmp_path / "out" / "brief.json").read_text("utf-8")) == told


def test_of_a_plan_without_routes_no_stops_are_told_and_none_are_asked_for(brief):
    town, _ = brief
    grid = HexGrid.from_area(gpd.read_file(town / "area.geojson"), 8)
    cells = gpd.GeoDataFrame({"cell": list(grid.cells)}, geometry=grid.geometry.to_numpy(), crs=4326)
    (town / "finished").mkdir()
    cells.assign(area_name="North").to_parquet(town / "finished" / "cells.parquet")
    (town / "finished" / "summary.json").write_text('{"strength": null, "staffing": null}')
    plan = (town / "plan.toml").read_text("utf-8").replace("[watch]", '[watch]\nplan = "finished"')
    (town / "with.toml").write_text(plan, "utf-8")
    told = write_brief(town / "with.toml", town / "with", week="2024-05-01")
    assert told["ahead"]["stops"] == 0
    assert not any("drawn" in spot for spot in told["spots"])
    for language, name in (("en", "brief.html"), ("zh", "brief.zh.html")):
        page = (town / "with" / name).read_text("utf-8")
        assert load_words(language)["brief_decide_draw"] not in page
        assert load_words(language)["brief_ahead_nothing"] in page
    for text in ("", "{", '{"strength": 1'):
        (town / "finished" / "summary.json").write_text(text)
        with pytest.raises(DataError, match="finished plan cannot be read"):
            write_brief(town / "with.toml", town / "with", week="2024-05-01")
    (town / "finished" / "summary.json").write_text("{}")
    (town / "finished" / "tasks.csv").write_text("task,start\n1,never\n")
    with pytest.raises(DataError, match="finished plan cannot be read"):
        write_brief(town / "with.toml", town / "with", week="2024-05-01")


@pytest.mark.parametrize("week", ["some day", "2030-01-01", "1990-01-01"])
def test_a_week_without_records_is_refused(brief, week):
    with pytest.raises(DataError, match="week"):
        write_brief(brief[0] / "plan.toml", brief[0] / "none", week=week)


def test_a_busy_week_of_dates_without_hours_is_whole():
    days = pd.date_range("2024-01-01", "2024-05-05").repeat(400)
    told = _monday(pd.DataFrame({"time": days}), None, SimpleNamespace(path="plan.toml"))
    assert told == pd.Timestamp("2024-04-29")


@pytest.mark.parametrize(("a_day", "whole"), [(0.5, True), (2.0, True), (8.0, False)])
def test_an_empty_sunday_is_believed_where_chance_leaves_days_empty(a_day, whole):
    """A Sunday is empty with chance exp(-n a day); below 1 % the week is not whole, and the one before is told."""
    times = pd.date_range("2024-01-01", "2024-05-04 23:00", freq=pd.Timedelta(days=1 / a_day))
    rows = pd.DataFrame({"time": times})
    told = _monday(rows, None, SimpleNamespace(path="plan.toml"))
    assert told == pd.Timestamp("2024-04-29" if whole else "2024-04-22")
    if not whole:
        with pytest.raises(DataError, match="not whole"):
            _monday(rows, "2024-05-01", SimpleNamespace(path="plan.toml"))


SHIFTS = {"early": (6, 14), "late": (14, 22), "night": (22, 6)}
TASKS = """
[shifts]
file = "shifts.csv"
[patrols]
file = "log.csv"
planned = "tasks.csv"
reported = "sheets.csv"
"""


@pytest.fixture(scope="module")
def risen(tmp_path_factory):
    """The week of the planted rise, with tasks of which some came back, and a log of what was done."""
    town = tmp_path_factory.mktemp("risen") / "town"
    write_town(town, more=TASKS)
    rows = records(75, 6, 0)
    shown(rows).to_csv(town / "base.csv", index=False)
    start = pd.Timestamp(RISE_WEEK) + pd.to_timedelta([-30, 10, 20, 34, 130, 170], unit="h")
    tasks = pd.DataFrame({"task": [f"T{k}" for k in range(6)], "start": start, "minutes": 20.0, "lon": RISE_AT[0],
                          "lat": RISE_AT[1]})  # fmt: skip
    tasks.to_csv(town / "tasks.csv", index=False)
    sheets = pd.DataFrame({"task": ["T0", "T1", "T2", "T3"], "issued": ["yes", "yes", "yes", "no"],
                           "taken": ["yes", "yes", "no", "no"], "done": ["yes", "yes", None, None]})  # fmt: skip
    sheets.to_csv(town / "sheets.csv", index=False)
    stops = tasks.iloc[[1, 3, 4]]
    log = stops.assign(unit="car", end=stops["start"] + pd.to_timedelta([15, 20, 30], "min"))
    log[["unit", "start", "end", "lon", "lat"]].to_csv(town / "log.csv", index=False)
    rows_of_shifts = [f"{name},{a:02d}:00,{b:02d}:00" for name, (a, b) in SHIFTS.items()]
    (town / "shifts.csv").write_text("\n".join(["name,start,end", *rows_of_shifts, "all,00:00,24:00"]))
    told = write_brief(town / "plan.toml", town / "out", week=RISE_WEEK)
    return town, told, rows, tasks, sheets


def test_the_tasks_of_the_week_and_what_the_log_holds_of_them(risen):
    """Four tasks of twenty minutes, in one cell, where 65 of 80 minutes were given; one without a sheet was issued."""
    told = risen[1]["tasks"]
    assert told == {"tasks": 4, "planned": 80, "issued": 3, "taken": 1, "reported": 1, "done": 1, "delivered": 65}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_of_the_brief_is_recounted_from_the_records(risen, language):
    town, told, rows, tasks, sheets = risen
    brief = Brief(town / "out", rows, 8, language, tasks, sheets, SHIFTS)
    found = audit(brief)
    assert found.wrong == []
    assert found.unknown == []
    assert {"warning_table", "changes", "spots", "rising_chance", "brief_tasks_log", "brief_decide_rise"} <= found.keys
    assert len(told["rising"]) >= 1
    assert all(row["shift"] in SHIFTS for row in told["rising"])
    shift = brief.words["rising_of_shift"].format(name=told["rising"][0]["shift"])
    assert audit(brief, brief.page.replace(shift, shift + "x")).wrong
    wrong = brief.page.replace(f"<td>{int(told['rising'][0]['observed'])}</td>", "<td>9999</td>")
    assert audit(brief, wrong).wrong
