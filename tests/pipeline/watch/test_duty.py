"""Whom a warning concerns: area and shift with most of its records, post nearest to its place; counted by hand."""

import geopandas as gpd
import h3
import pandas as pd
import pytest

from auditor import Folder, audit
from patrolgeo import run_plan
from patrolgeo.pipeline.watch.duty import Duty, name_duty
from watch_town import RISE_WEEK, records, shown, write_town

PLACE = h3.latlng_to_cell(23.05, 107.05, 7)
FINE = sorted(h3.cell_to_children(PLACE, 8))
BESIDE = sorted(h3.grid_ring(PLACE, 1))[0]
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SHIFTS = pd.DataFrame(
    {"start": [0, 360, 1320, 1140], "minutes": [1440, 600, 480, 180], "days": [DAYS] * 4},
    index=["all", "day", "night", "evening"],
)
ROWS = pd.DataFrame(
    [
        ("2024-05-06 01:00", "theft", PLACE, FINE[0]),  # night of Sunday's shift
        ("2024-05-07 20:00", "theft", PLACE, FINE[1]),
        ("2024-05-08 20:30", "theft", PLACE, FINE[1]),
        ("2024-05-09 09:00", "burglary", PLACE, FINE[0]),
        ("2024-05-10 10:00", "burglary", BESIDE, "x"),
        ("2024-05-13 10:00", "theft", PLACE, FINE[0]),  # the week after
    ],
    columns=["time", "category", "cell", "fine"],
).astype({"time": "datetime64[ns]"})
POSTS = gpd.GeoDataFrame(
    {"name": ["far", "near"]}, geometry=gpd.points_from_xy([107.2, 107.051], [23.05, 23.05]), crs=4326
)
AREAS = pd.Series({FINE[0]: "north", FINE[1]: "south", "x": "<b>east"})


def warned(kind, place, what):
    return pd.DataFrame([(pd.Timestamp("2024-05-06"), kind, place, what)], columns=["period", "kind", "place", "what"])


@pytest.mark.parametrize(("kind", "place", "what", "expected"), [
    ("place", PLACE, "", ("north", "near", "evening")),  # two and two areas: the first by name
    ("place", PLACE, "theft", ("south", "near", "evening")),
    ("spread", h3.grid_ring(BESIDE, 1)[0], "nothing such", ("", "near", "")),
    ("crime_kind", "", "burglary", ("<b>east", "", "day")),
    ("time_of_day", "", "00-06", ("north", "", "night")),
])  # fmt: skip
def test_area_post_and_shift_are_those_counted_by_hand(kind, place, what, expected):
    found = name_duty(warned(kind, place, what), ROWS.sample(frac=1, random_state=1), Duty(SHIFTS, AREAS, POSTS))
    assert tuple(found.loc[0, ["area", "post", "shift"]]) == expected


def test_what_is_not_known_is_not_named():
    assert name_duty(warned("place", PLACE, ""), ROWS, Duty()).loc[0, ["area", "post", "shift"]].tolist() == [""] * 3
    none = name_duty(warned("place", PLACE, "").iloc[:0], ROWS.iloc[:0], Duty(SHIFTS))
    assert list(none.columns) == ["period", "kind", "place", "what", "area", "post", "shift"]


@pytest.mark.check
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_run_names_the_area_and_the_shift_of_its_warnings(tmp_path, language):
    town = tmp_path / "town"
    write_town(town, more='[shifts]\nfile = "shifts.csv"\n')
    plan = (town / "plan.toml").read_text(encoding="utf-8")
    (town / "plan.toml").write_text(
        plan.replace("synthetic", f'language = "{language}"\nsynthetic', 1), encoding="utf-8"
    )
    (town / "shifts.csv").write_text("name,start,end\nearly,06:00,14:00\nlate,14:00,22:00\nnight,22:00,06:00\n")
    rows = records(75, 6, 0)
    rows = rows[rows["time"] < pd.Timestamp(RISE_WEEK) + pd.Timedelta(days=14)]
    shown(rows).to_csv(town / "base.csv", index=False)
    told = run_plan(town / "plan.toml", town / "out")["rising"]["warnings"]
    assert told
    assert all(row["area"] and row["shift"] for row in told)
    folder = Folder(town / "out", language)
    folder.records, folder.shifts = rows, {"early": (6, 14), "late": (14, 22), "night": (22, 6)}
    found = audit(folder)
    assert found.wrong == []
    assert "warning_table" in found.keys
    assert folder.words["rising_of_area"].format(name=told[0]["area"]) in folder.page
