"""Whom a warning concerns: area and shift with most of its records, post nearest to its place; counted by hand."""

import geopandas as gpd
import h3
import pandas as pd
import pytest

from auditor import Folder, audit
from auditor.rising import Brief, Watch
from patrolgeo import run_plan, run_watch, write_brief
from patrolgeo.errors import DataError
from patrolgeo.pipeline.watch.duty import KNOWN, Duty, name_duty
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
    assert name_duty(warned("place", PLACE, ""), ROWS, Duty()).loc[0, KNOWN].tolist() == [""] * 4
    none = name_duty(warned("place", PLACE, "").iloc[:0], ROWS.iloc[:0], Duty(SHIFTS))
    assert list(none.columns) == ["period", "kind", "place", "what", *KNOWN]


FORCES = pd.DataFrame(
    [("b", "north", 300, 1000), ("a", "north", 0, 1440), ("", "north", 0, 1440), ("c", "south", 0, 1440),
     ("night", "north", 1320, 1800), ("d", "north", 700, 900), ("e", "north", 0, 1440)],
    columns=["name", "area", "start", "end"],
)  # fmt: skip


@pytest.mark.parametrize(("what", "expected"), [
    ("00-06", "a, e, night (+1)"),  # the night shift, in its middle at 02:00; one of the four has no name
    ("18-24", ""),  # no records, no area
])  # fmt: skip
def test_who_is_on_duty_in_the_area_in_the_middle_of_the_shift(what, expected):
    found = name_duty(warned("time_of_day", "", what), ROWS.iloc[[0]], Duty(SHIFTS, AREAS, POSTS, FORCES))
    assert found.loc[0, "forces"] == expected


MORE = """
[shifts]
file = "shifts.csv"
[places]
file = "places.csv"
[forces]
file = "forces.csv"
[posts]
reach_minutes = 10.0
[[posts.forces]]
kind = "social"
places = ["school"]
n = {early = 2, late = 3}
"""


def plan_of(town, language):
    """Write a town with shifts, posts to choose from and forces, before its rise is over; return its records."""
    write_town(town, more=MORE)
    plan = (town / "plan.toml").read_text(encoding="utf-8")
    (town / "plan.toml").write_text(
        plan.replace("synthetic", f'language = "{language}"\nsynthetic', 1), encoding="utf-8"
    )
    (town / "shifts.csv").write_text("name,start,end\nearly,06:00,14:00\nlate,14:00,22:00\nnight,22:00,06:00\n")
    spots = [(107.01 + 0.02 * k, 23.01 + 0.02 * j) for k in range(5) for j in range(5)]
    at = [f"{x:.3f},{y:.3f}" for x, y in spots]
    (town / "places.csv").write_text(
        "\n".join(["name,kind,lon,lat", *(f"School {k},school,{p}" for k, p in enumerate(at))])
    )
    hours = [("06:00", "18:00"), ("18:00", "06:00"), ("00:00", "24:00")]
    rows_of_forces = [f"Car {k},dedicated,2,{hours[k % 3][0]},{hours[k % 3][1]},{p}" for k, p in enumerate(at)]
    (town / "forces.csv").write_text("\n".join(["name,kind,officers,start,end,lon,lat", *rows_of_forces]))
    rows = records(75, 6, 0)
    rows = rows[rows["time"] < pd.Timestamp(RISE_WEEK) + pd.Timedelta(days=14)]
    shown(rows).to_csv(town / "base.csv", index=False)
    forces = pd.DataFrame(spots, columns=["lon", "lat"]).assign(
        name=[f"Car {k}" for k in range(25)], start=[(6, 18, 0)[k % 3] for k in range(25)],
        end=[(18, 6, 24)[k % 3] for k in range(25)],
    )  # fmt: skip
    return rows, forces


THREE = {"early": (6, 14), "late": (14, 22), "night": (22, 6)}


@pytest.mark.check
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_run_watch_and_brief_name_area_post_shift_and_forces_of_a_warning(tmp_path, language):
    """Each page is recounted from the records, the forces and the layers of the plan."""
    town = tmp_path / "town"
    rows, forces = plan_of(town, language)
    told = run_plan(town / "plan.toml", town / "out")["rising"]["warnings"]
    assert told
    assert all(row["area"] and row["shift"] for row in told)
    assert any(row["post"] for row in told)
    assert any(row["forces"] for row in told)
    folder = Folder(town / "out", language)
    folder.records, folder.shifts, folder.forces = rows, THREE, forces
    found = audit(folder)
    assert found.wrong == []
    assert "warning_table" in found.keys
    named = folder.words["rising_of_post"].format(name=next(row["post"] for row in told if row["post"]))
    assert named in folder.page
    assert audit(folder, folder.page.replace(named, named + "x")).wrong

    plan = town / "plan.toml"
    plan.write_text(plan.read_text("utf-8").replace("[watch]", '[watch]\nplan = "out"'), encoding="utf-8")
    run_watch(plan, town / "watched")
    write_brief(plan, town / "brief", week=RISE_WEEK)
    pages = [Watch(town / "watched", rows, "continuing", language, THREE, folder),
             Brief(town / "brief", rows, 8, language, shifts=THREE, plan=folder)]  # fmt: skip
    spans = (["2024-04-22 – 2024-05-13"], [])  # the four weeks of [watch], the last one after that of the rise
    for page, span in zip(pages, spans, strict=True):
        page.forces = forces
        assert any(row["post"] and row["forces"] and row["area"] for row in page.told("rising", "warnings"))
        found = audit(page)
        assert found.wrong == []
        assert found.unknown == span
        assert "warning_table" in found.keys


def test_the_folder_of_the_plan_must_be_one(tmp_path):
    town = tmp_path / "town"
    write_town(town)
    plan = town / "plan.toml"
    plan.write_text(plan.read_text("utf-8").replace("[watch]", '[watch]\nplan = "none"'), encoding="utf-8")
    with pytest.raises(DataError, match=r"watch\.plan = 'none'"):
        run_watch(plan, town / "out")
