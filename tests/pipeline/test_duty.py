"""Who is on duty when, what they reach, and what they can man."""

from types import SimpleNamespace

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid, hexagon_graph
from patrolgeo.pipeline.duty import duty_hours, measure_strength, who_reaches, works


@pytest.fixture
def town():
    grid = HexGrid.from_cells(h3.grid_disk("892a100d2c3ffff", 6))
    return SimpleNamespace(grid=grid, travel=hexagon_graph(grid, 25.0))


def forces(grid, rows):
    table = pd.DataFrame(rows, columns=["at", "kind", "start", "end", "officers", "vehicles"])
    points = grid.centroids.iloc[table.pop("at")].to_numpy()
    return gpd.GeoDataFrame(table, geometry=points, crs="EPSG:4326")


def test_duty_may_cross_midnight_and_last_the_whole_day(town):
    table = forces(town.grid, [(0, "dedicated", "22:00", "06:00", 2, 1), (0, "dedicated", "00:00", "24:00", 2, 1)])
    start, end = duty_hours(table)
    assert [bool(works(start, end, 60 * h)[0]) for h in (21, 22, 0, 5, 6)] == [False, True, True, True, False]
    assert all(works(start, end, m)[1] for m in range(0, 1440, 30))


def test_what_is_reached_agrees_with_travel_minutes_from_every_base_on_duty(town):
    table = forces(town.grid, [(0, "dedicated", "08:00", "20:00", 2, 1), (90, "social", "18:00", "23:00", 2, 0)])
    demand = pd.Series(np.random.default_rng(1).random(len(town.grid)), index=town.grid.cells)
    posts = pd.Series(False, index=town.grid.cells)
    told = who_reaches(table, town, demand, 2.0, posts).set_index("hours")
    minutes = town.travel.travel_minutes(town.grid.cells[[0, 90]]).reindex(columns=town.grid.cells)
    on = {"08:00-18:00": [0], "18:00-20:00": [0, 1], "20:00-23:00": [1]}
    for hours, bases in on.items():
        within = (minutes.iloc[bases].min() <= 2.0).to_numpy()
        assert told.loc[hours, "reached_share"] == pytest.approx(demand[within].sum() / demand.sum())
    assert told.loc["00:00-08:00", "reached_share"] == 0


def test_new_posts_can_only_add(town):
    table = forces(town.grid, [(5, "dedicated", "00:00", "24:00", 2, 1)])
    demand = pd.Series(1.0, index=town.grid.cells)
    posts = pd.Series(np.arange(len(town.grid)) < 40, index=town.grid.cells)
    told = who_reaches(table, town, demand, 1.0, posts)
    assert (told["with_posts_share"] >= told["reached_share"]).all()
    assert told["with_posts_share"].iloc[0] >= 40 / len(town.grid) - 1e-12


def plan(n_areas=3, posts_hours=8.0, checkpoints=None):
    return SimpleNamespace(
        areas=SimpleNamespace(n=n_areas, shift_hours=8.0), checkpoints=checkpoints,
        strength=SimpleNamespace(
            roles=None, unit_officers=2, post_officers=2, post_hours=posts_hours, days_worked=219.0
        ),
    )  # fmt: skip


def test_what_is_manned_never_asks_for_more_officers_than_are_on_duty(town):
    rng = np.random.default_rng(2)
    for _ in range(60):
        rows = [(0, "dedicated", "00:00", "24:00", int(rng.integers(0, 90)), 4),
                (9, "dedicated", "06:00", "14:00", int(rng.integers(0, 9)), 0)]  # fmt: skip
        checkpoints = SimpleNamespace(n=int(rng.integers(1, 6)), officers=2)
        place = {"forces": forces(town.grid, rows), "shifts": None}
        told = measure_strength(plan(int(rng.integers(1, 6)), 16.0, checkpoints), place, int(rng.integers(0, 8)))
        used = told.wanted["staffed"]
        both = 2 * used["areas"] + 2 * used["checkpoints"]
        on_duty = told.shifts["officers_on_duty"].to_numpy()
        assert (both + 2 * used["sites"] * np.array([1, 1, 0]) <= on_duty + 1e-9).all()
        if told.enough:
            assert (told.shifts["officers_wanted"] <= told.shifts["officers_on_duty"] + 1e-9).all()
        else:
            assert (told.shifts["officers_wanted"] > told.shifts["officers_on_duty"] + 1e-9).any()


def test_officers_to_employ_count_days_off(town):
    place = {"forces": forces(town.grid, [(0, "dedicated", "00:00", "24:00", 60, 9)]), "shifts": None}
    told = measure_strength(plan(), place, 0)
    assert told.wanted.loc["areas", "officer_shifts_day"] == 3 * 2 * 3
    assert told.wanted.loc["areas", "officers"] == pytest.approx(18 * 365 / 219)
    assert told.shifts["officers_on_duty"].tolist() == pytest.approx([60 * 219 / 365 / 3] * 3)


def test_volunteers_and_auxiliaries_man_no_unit(town):
    rows = [(0, "volunteer", "00:00", "24:00", 500, 0), (0, "dedicated", "00:00", "24:00", 30, 0)]
    table = forces(town.grid, rows).assign(role=["group", "village auxiliary"])
    assert (measure_strength(plan(), {"forces": table, "shifts": None}, 2).wanted["staffed"] == 0).all()


def test_shifts_of_the_strength_are_those_of_the_plan_and_begin_in_the_morning(town):
    place = {"forces": forces(town.grid, [(0, "dedicated", "00:00", "24:00", 60, 9)])}
    nights = pd.DataFrame({"start": [1170, 450, 0], "minutes": [720, 720, 1440]}, index=["night", "day", "all"])
    wish = plan()
    wish.areas.shift_hours = 12.0
    told = measure_strength(wish, {**place, "shifts": nights}, 0)
    assert told.shifts.index.tolist() == ["07:30-19:30", "19:30-07:30"]
    eight = pd.DataFrame({"start": [0, 480, 960], "minutes": [480] * 3}, index=["a", "b", "c"])
    assert measure_strength(plan(), {**place, "shifts": eight}, 0).shifts.index[0] == "08:00-16:00"
    assert measure_strength(plan(), {**place, "shifts": nights}, 0).shifts.index[0] == "06:00-14:00"


def test_officers_of_long_shifts_work_fewer_days_and_no_more_hours(town):
    place = {"forces": forces(town.grid, [(0, "dedicated", "00:00", "24:00", 60, 9)]), "shifts": None}
    wish = plan()
    wish.strength.days_worked = None
    eight = measure_strength(wish, place, 0).wanted.loc["areas", "officers"]
    wish.areas.shift_hours = 12.0
    assert measure_strength(wish, place, 0).wanted.loc["areas", "officers"] == pytest.approx(eight)
    assert eight == pytest.approx(18 * 365 / 220)
