"""How it went, in a run: weeks, areas and shifts add up to the log and the plan, and no unit is named anywhere."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import Findings, HexGrid, patrol_dose, read_area, read_patrols, run_plan, write_report
from patrolgeo.config import read_plan
from patrolgeo.errors import DataError
from patrolgeo.pages.release import public
from town import write_town

TABLES = """
[shifts]
file = "shifts.csv"
[patrols]
file = "patrols.csv"
planned = "tasks.csv"
reported = "reports.csv"
set_aside = ["jump"]
"""


def patrolled_town(folder):
    """Return the plan of a town with two units, two shifts and two weeks of patrols."""
    plan = write_town(folder, 30)
    rng = np.random.default_rng(1)
    pd.DataFrame({"name": ["day", "night"], "start": ["06:00", "18:00"], "end": ["18:00", "06:00"]}).to_csv(
        folder / "shifts.csv", index=False
    )
    days = pd.date_range("2023-07-03", periods=12, freq="D")
    minutes = pd.to_timedelta(np.arange(0, 300, 2), unit="min")
    parts = []
    for unit, hour in (("CAR-77", 8), ("CAR-78", 20)):
        for day in days:
            walk = np.cumsum(rng.normal(0, 0.0012, (len(minutes), 2)), axis=0)
            lonlat = np.clip(walk + np.array([119.93, 31.725]), [119.895, 31.705], [119.955, 31.745])
            parts.append(pd.DataFrame({"unit": unit, "time": day + pd.Timedelta(hours=hour) + minutes,
                                       "lon": lonlat[:, 0], "lat": lonlat[:, 1], "officer": "Li"}))  # fmt: skip
    log = pd.concat(parts)
    log.iloc[200, 2] = 121.0
    log.to_csv(folder / "patrols.csv", index=False)
    tasks = pd.DataFrame({
        "task": [f"S-{i}" for i in range(48)], "start": np.repeat(days, 4) + pd.Timedelta(hours=9), "minutes": 15,
        "shift": ["day", "night"] * 24, "lon": rng.uniform(119.91, 119.95, 48), "lat": rng.uniform(31.71, 31.74, 48),
    })  # fmt: skip
    tasks.loc[3, "lon"] = 120.5
    tasks.to_csv(folder / "tasks.csv", index=False)
    said = pd.DataFrame({"task": tasks["task"], "done": rng.choice(["yes", "no", ""], 48)})
    said.to_csv(folder / "reports.csv", index=False)
    plan.write_text(plan.read_text() + TABLES)
    return plan


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("patrolled")
    plan = patrolled_town(folder)
    return folder, plan, run_plan(plan, folder / "out")


def test_every_minute_and_every_planned_minute_is_told(ran):
    folder, _, summary = ran
    told = summary["patrols"]
    log = pd.read_csv(folder / "patrols.csv", parse_dates=["time"])
    span = log.groupby("unit")["time"].agg(lambda t: (t.max() - t.min()).total_seconds()).sum() / 60
    minutes = dict(told["minutes"])
    assert minutes.pop("log") == pytest.approx(span)
    assert sum(minutes.values()) == pytest.approx(span)
    assert minutes["set_aside"] == 2
    assert told["planned"] + told["planned_outside"] == 48 * 15
    assert told["delivered"] == pytest.approx(minutes["in_cells"])
    cells = pd.read_parquet(folder / "out" / "cells.parquet")
    assert told["cells_patrolled"] == (cells["patrol_minutes"] > 0).sum()
    for key in ("weeks", "by_area", "by_shift"):
        for part in ("planned", "done", "outside", "delivered"):
            assert sum(row[part] for row in told[key]) == pytest.approx(told[part]), (key, part)
    assert [row["week"] for row in told["weeks"]] == ["2023-07-03", "2023-07-10"]
    assert sum(row["tasks"] for row in told["tasks"]) == 48


def test_cells_and_sheets_hold_the_minutes_and_nobody_is_named(ran):
    folder, _, summary = ran
    cells = pd.read_parquet(folder / "out" / "cells.parquet")
    assert cells["patrol_minutes"].sum() == pytest.approx(summary["patrols"]["minutes"]["in_cells"])
    assert cells["planned_minutes"].sum() == summary["patrols"]["planned"]
    report = (folder / "out" / "report.html").read_text("utf-8")
    assert "How it went" in report
    assert "2023-07-10" in report
    sheets = pd.ExcelFile(folder / "out" / "plan.xlsx", engine="openpyxl").sheet_names
    assert {"Patrols by week", "Patrols by area", "Patrols by shift", "Tasks by week"} <= set(sheets)
    for file in Path(folder / "out").rglob("*"):
        if file.suffix in (".html", ".json", ".csv", ".geojson"):
            text = file.read_text("utf-8")
            assert "CAR-7" not in text, file
            assert "unit 1" not in text, file


def test_a_public_version_tells_nothing_of_patrols(ran):
    folder, _, summary = ran
    cells = gpd.read_parquet(folder / "out" / "cells.parquet").set_index("cell")
    shown = public(Findings(summary=summary, cells=cells, ledgers={"patrols": {"read": 3}}))
    assert "patrols" not in shown.summary
    assert "patrols" not in shown.ledgers
    assert not {"patrol_minutes", "patrol_visits", "planned_minutes"} & set(shown.cells)


def test_sheets_of_unknown_tasks_and_tasks_without_time_are_said_before_the_run(ran, tmp_path):
    folder, plan, _ = ran
    text = plan.read_text()
    other = folder / "other.toml"
    other.write_text(text.replace('planned = "tasks.csv"\n', ""))
    with pytest.raises(DataError, match=r"patrols.reported needs patrols.planned"):
        read_plan(other)
    pd.DataFrame({"task": ["S-1"], "lon": 119.9, "lat": 31.7}).to_csv(folder / "bare.csv", index=False)
    other.write_text(text.replace("tasks.csv", "bare.csv"))
    with pytest.raises(DataError, match=r"no task has start or minutes"):
        run_plan(other, tmp_path / "out")


def test_the_planted_truth_of_the_county_is_found():
    county = Path(__file__).parents[2] / "data" / "samples" / "county"
    truth = pd.read_csv(county / "patrols_truth.csv").groupby("cell")["seen_minutes"].sum()
    patrols = read_patrols(county / "patrols.parquet", set_aside=["clock", "jump", "repeated"])
    dose = patrol_dose(patrols, HexGrid.from_area(read_area(county / "area.geojson"), 8))["minutes"]
    assert set(dose[dose > 5].index) <= set(truth.index)
    assert dose.sum() == pytest.approx(truth.sum(), rel=0.02)
    assert (dose - truth.reindex(dose.index, fill_value=0)).abs().sum() <= 0.02 * truth.sum()


def test_the_report_tells_of_rare_positions_and_leaves_out_intervals_that_are_not_known(ran, tmp_path):
    _, _, summary = ran
    told = summary["patrols"] | {"too_rare": True, "thinning": 0.31, "low": None, "high": None}
    page = write_report(tmp_path / "report.html", {"patrols": told}, title="Town").read_text("utf-8")
    assert "change by 31%" in page
    assert f"{told['done_share']:.1%}." in page
    assert "31%" in write_report(tmp_path / "zh.html", {"patrols": told}, title="Town", language="zh").read_text(
        "utf-8"
    )
    quiet = write_report(tmp_path / "quiet.html", {"patrols": told | {"too_rare": False}}, title="Town")
    assert "too rare" not in quiet.read_text("utf-8")
