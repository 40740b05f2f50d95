"""The commander's Monday, from its page: files come, the brief is counted again, cells are moved, sheets printed."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import urllib.request

import geopandas as gpd
import pandas as pd
import pypdf
import pytest

from auditor import Folder, audit
from auditor.rising import Brief
from mornings.walk import ROOT, typed, walk
from patrolgeo import read_incidents

PAGE = "commanders-monday.md"
pytestmark = pytest.mark.check
OFFICER = ("drink_driving", "gambling")  # which patrols themselves record
SHIFTS = {"early": (6, 14), "late": (14, 22), "night": (22, 6), "day": (8, 18)}


@pytest.fixture(scope="module")
def monday(tmp_path_factory):
    folder = tmp_path_factory.mktemp("monday")
    walk(PAGE, folder)
    moved = by_hand(folder)
    typed("patrolgeo plan desk/plan-changed.toml --out changed\npatrolgeo sheets changed", folder)
    return folder, moved


def by_hand(folder):
    """Move two cells of the border of two areas in the running app, as its page does, and save; return the moves."""
    cells = gpd.read_parquet(folder / "plan" / "cells.parquet").dropna(subset="area")
    pairs = cells[["cell", "area", "geometry"]].sjoin(cells[["area", "geometry"]].rename(columns={"area": "to"}))
    border = pairs[pairs["area"] != pairs["to"]].drop_duplicates("cell").head(2)
    wanted = {row.cell: int(row.to) for row in border.itertuples()}
    own = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "patrolgeo", "app", "plan", "--plan", "desk/plan.toml"]
    with subprocess.Popen(command, cwd=folder, env=own, stdout=subprocess.PIPE, text=True) as app:
        try:
            address = re.search(r"http://127\.0\.0\.1:\d+/\S+/", app.stdout.readline())[0]
            for cell, to in wanted.items():
                ask(address, "do", {"do": "move", "cells": [cell], "to": to})
            assert ask(address, "save", {}) == {"saved": "plan-changed.toml"}
            ask(address, "close", {})
            app.wait(timeout=60)
        finally:
            app.kill()
    return wanted


def ask(address, what, body):
    origin = re.match(r"http://[^/]+", address)[0]
    headers = {"Content-Type": "application/json", "Origin": origin}
    asked = urllib.request.Request(address + what, json.dumps(body).encode(), headers)  # noqa: S310  # an own address
    with urllib.request.urlopen(asked) as answer:  # noqa: S310
        return json.load(answer)


@pytest.mark.filterwarnings("ignore::patrolgeo.PatrolgeoWarning")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_number_of_the_brief_is_counted_again(monday, language):
    folder = monday[0]
    read = {"places": folder / "desk" / "villages.csv", "area": gpd.read_file(folder / "desk" / "area.geojson")}
    parts = [
        read_incidents(path, **read)
        for path in (folder / "desk" / "incidents.csv", folder / "desk" / "inbox" / "2025-W01.csv")
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[(rows["origin"] != "officer") & ~rows["category"].isin(["fraud", *OFFICER])]
    records = pd.DataFrame({"time": rows["time"].dt.tz_localize(None), "category": rows["category"].astype(str),
                            "lon": rows.geometry.x, "lat": rows.geometry.y})  # fmt: skip
    tasks = pd.read_csv(folder / "plan" / "tasks.csv", encoding="utf-8-sig", parse_dates=["start"])
    reports = pd.read_csv(folder / "returned.csv")
    brief = Brief(folder / "brief", records, 8, language, tasks, reports, SHIFTS, Folder(folder / "plan"))
    found = audit(brief)
    assert found.wrong == []
    assert found.unknown == []
    assert {"changes", "spots", "brief_tasks_back", "brief_ahead_stops", "brief_roster", "strength"} <= found.keys


def test_last_weeks_sheets_are_told(monday):
    brief = json.loads((monday[0] / "brief" / "brief.json").read_text("utf-8"))
    rows, first = pd.read_csv(monday[0] / "returned.csv", parse_dates=["start"]), pd.Timestamp(brief["week"])
    week = rows[(rows["start"] >= first) & (rows["start"] < first + pd.Timedelta(days=7))]
    told = brief["tasks"]
    assert (told["tasks"], told["done"]) == (len(week), (week["done"] == "yes").sum())
    assert 0 < told["done"] < told["tasks"] < len(rows)
    assert told["tasks"] == told["issued"] == told["taken"] == told["reported"]


def test_the_changed_plan_names_what_was_moved_and_its_sheets_are_printed(monday):
    folder, moved = monday
    assert tomllib.loads((folder / "desk" / "plan-changed.toml").read_text("utf-8"))["areas"]["reassign"] == moved
    report = (folder / "changed" / "report.html").read_text("utf-8")
    cells = gpd.read_parquet(folder / "changed" / "cells.parquet").set_index("cell")
    for cell, to in moved.items():
        assert cell in report
        assert cells.loc[cell, "area"] == to
    sheets = pypdf.PdfReader(folder / "changed" / "sheets_A4.pdf")
    assert len(sheets.pages) >= 10


@pytest.mark.real
def test_the_first_half_on_the_export_of_a_city(tmp_path, real_data):
    """Philadelphia: a plan on what was known on Sunday, a new week's file, the brief of that week."""
    rows = pd.read_csv(real_data / "exports" / "philadelphia" / "incidents_2024_2025.csv.gz", dtype=str)
    day = rows["dispatch_date"]
    (tmp_path / "inbox").mkdir()
    rows[day < "2025-06-02"].to_csv(tmp_path / "known.csv", index=False)
    rows[(day >= "2025-06-02") & (day < "2025-06-09")].to_csv(tmp_path / "inbox" / "new.csv", index=False)
    shutil.copy(ROOT / "benchmarks" / "plans" / "philadelphia.toml", tmp_path / "plan.toml")
    text = (tmp_path / "plan.toml").read_text("utf-8")
    text = re.sub(r'file = ".*incidents_2024_2025.csv.gz"', 'file = "known.csv"', text)
    text = text.replace("resolution = 9", "resolution = 8\norigins = 4")
    (tmp_path / "plan.toml").write_text(text + '\n[watch]\ninbox = "inbox/*.csv"\nplan = "plan"\n', "utf-8")
    typed(
        "patrolgeo plan plan.toml --out plan\npatrolgeo watch plan.toml --out watch\n"
        "patrolgeo brief plan.toml --watch watch --week 2025-06-02 --out brief", tmp_path,
        PATROLGEO_DATA=str(real_data),
    )  # fmt: skip
    told = json.loads((tmp_path / "brief" / "brief.json").read_text("utf-8"))
    new = pd.read_csv(tmp_path / "inbox" / "new.csv")
    for row in told["changes"]:
        count = (new["text_general_code"] == row["category"]).sum()
        assert row["now"] <= count  # what lies in the city, has a place and is no record of officers
    assert sum(row["now"] for row in told["changes"]) > 0.8 * len(new)
