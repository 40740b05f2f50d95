"""Plan files say what is wrong with which key."""

from pathlib import Path

import pytest

from patrolgeo.config import PRESETS, parse_plan, read_plan
from patrolgeo.errors import DataError, MissingColumnError, MissingFileError

MINIMAL = {
    "title": "Town",
    "incidents": {"file": "incidents.csv"},
    "area": {"file": "area.geojson"},
    "areas": {"n": 4, "workload": {"population": 1.0}, "speed_kmh": 25},
    "sites": {"n": 3, "reach_minutes": 6},
    "population": {"file": "people.csv"},
}
STOPS = {"n": 2, "border_minutes": 6, "purpose": "sobriety", "basis": "order 1", "valid_until": "2026-06-30"}


def parse(**changes):
    return parse_plan({**MINIMAL, **changes}, Path("town/plan.toml"))


def test_paths_are_relative_to_the_plan_file():
    assert parse().incidents.file == Path("town/incidents.csv")


def test_the_release_register_is_beside_the_plan_file_and_need_not_exist_yet():
    assert parse(release_register="kept/releases.parquet").release_register == Path("town/kept/releases.parquet")
    assert parse().release_register is None
    assert parse(release_register="kept/releases.parquet").settings()["release_register"] == "releases.parquet"


def test_an_unknown_key_names_the_nearest_known_one():
    with pytest.raises(DataError, match=r"unknown key 'reach_minute' in \[sites\]; did you mean 'reach_minutes'\?"):
        parse(sites={"n": 3, "reach_minute": 6})
    with pytest.raises(DataError, match="unknown key 'arae'; did you mean 'area'"):
        parse(arae={"file": "x"})


@pytest.mark.parametrize("missing", ["n", "workload", "speed_kmh"])
def test_a_wish_has_no_silent_default(missing):
    wish = {k: v for k, v in MINIMAL["areas"].items() if k != missing}
    with pytest.raises(MissingColumnError, match=rf"\[areas\] lacks {missing}"):
        parse(areas=wish)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fills_the_wishes_and_gives_way_to_what_is_said(name):
    plan = parse(preset=name, roads={"file": "roads.geojson"}, areas={"n": 4, "speed_kmh": 99}, sites={"n": 3})
    assert plan.areas.speed_kmh == 99
    assert plan.areas.workload == PRESETS[name]["areas"]["workload"]
    assert plan.sites.reach_minutes == PRESETS[name]["sites"]["reach_minutes"]


def test_an_unknown_preset_is_said():
    with pytest.raises(DataError, match="did you mean 'county'"):
        parse(preset="country")


@pytest.mark.parametrize(
    ("section", "content", "words"),
    [
        ("areas", {"n": "four"}, "areas.n = 'four' must be a whole number"),
        ("areas", {"n": 0}, "areas.n=0 must be a whole number|areas.n=0 must be a number of at least 1"),
        ("areas", {"n": True}, "areas.n = True must be a whole number"),
        ("areas", {"workload": {"peopel": 1}}, "did you mean 'population'|is not known"),
        ("areas", {"workload": {"risk": 0.0}}, "at least one weight above 0"),
        ("areas", {"workload": {"risk": -1}}, "areas.workload.risk=-1.0 must be a number of at least 0"),
        ("sites", {"reach_minutes": -2}, "sites.reach_minutes=-2.0 must be a number above 0"),
        ("incidents", {"file": 5}, "must be the path of a file"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(section, content, words):
    with pytest.raises(DataError, match=words):
        parse(**{section: {**MINIMAL[section], **content}})


def test_posts_by_hand_need_no_number_and_others_do():
    plan = parse(sites={"by_hand": ["8840288c4dfffff"], "reach_minutes": 6})
    assert (plan.sites.n, plan.sites.by_hand) == (None, ["8840288c4dfffff"])
    with pytest.raises(MissingColumnError, match=r"\[sites\] lacks n"):
        parse(sites={"reach_minutes": 6})


def test_a_section_that_is_no_table_is_said():
    with pytest.raises(DataError, match=r"areas must be a table"):
        parse(areas=5)


def test_the_environment_is_expanded_and_missing_names_are_said(monkeypatch):
    monkeypatch.setenv("MY_DATA", "/data")
    assert parse(area={"file": "${MY_DATA}/a.gpkg"}).area.file == Path("/data/a.gpkg")
    with pytest.raises(DataError, match="NOWHERE_SET"):
        parse(area={"file": "${NOWHERE_SET}/a.gpkg"})


def test_a_plan_that_is_not_there_or_not_toml_is_said(tmp_path):
    with pytest.raises(MissingFileError, match=r"plan\.toml does not exist"):
        read_plan(tmp_path / "plan.toml")
    (tmp_path / "plan.toml").write_text("title = ")
    with pytest.raises(DataError, match="not valid TOML"):
        read_plan(tmp_path / "plan.toml")


def test_a_file_that_the_plan_names_must_be_there(tmp_path):
    (tmp_path / "plan.toml").write_text(
        'title="t"\npreset="city"\n[incidents]\nfile="i.csv"\n[area]\nfile="a.gpkg"\n[population]\nfile="p.csv"\n[areas]\nn=2\n[sites]\nn=1\n'
    )
    with pytest.raises(MissingFileError, match=r"\[incidents\] file .*i\.csv does not exist"):
        read_plan(tmp_path / "plan.toml")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"population": None}, r"areas\.workload\.population needs \[population\]"),
        ({"population": None, "areas": {"n": 2, "workload": {"risk": 1}, "speed_kmh": 9}, "audience": "public"},
         r'audience = "public" needs \[population\]'),
        ({"sites": {"n": 3, "reach_minutes": 6, "kinds": ["school"]}}, r"sites\.kinds needs \[places\]"),
        ({"sites": {"n": 3, "reach_minutes": 6, "demand": "calls"}}, r"needs \[calls\]"),
        ({"checkpoints": {**STOPS, "n": 3}}, r"\[checkpoints\] needs \[roads\]"),
        ({"checkpoints": {**STOPS, "n": 3, "grades": {"raised": 2}}}, "rising numbers above n = 3"),
    ],
)  # fmt: skip
def test_what_one_key_asks_of_another_is_checked_at_the_door(changes, words):
    content = {key: value for key, value in {**MINIMAL, **changes}.items() if value is not None}
    with pytest.raises(DataError, match=words):
        parse_plan(content, Path("town/plan.toml"))


@pytest.mark.parametrize(
    ("areas", "words"),
    [
        ({"keep": "all"}, "areas.keep='all' is not known.* Choose one of 'exactly', 'mostly'"),
        ({"keep": "mostly"}, r'areas\.keep = "mostly" needs \[current\]'),
        ({"keep": "exactly", "stay_minutes": 5.0}, "areas.stay_minutes has no meaning with keep"),
        ({"keep": "exactly", "tolerance": 0.1}, "areas.tolerance has no meaning with keep"),
        ({"fixed": ["North"]}, "areas.fixed needs keep"),
        ({"anchors": "stations"}, r'areas\.anchors = "stations" needs \[forces\]'),
        ({"anchors": "schools"}, "areas.anchors='schools' is not known"),
        ({"stay_minutes": -1}, "areas.stay_minutes=-1.0 must be a number of at least 0"),
        ({"fixed": []}, "areas.fixed = .* must name at least one"),
    ],
)
def test_wishes_for_the_areas_of_today_that_are_at_odds_are_said(areas, words):
    with pytest.raises(DataError, match=words):
        parse(areas={**MINIMAL["areas"], **areas})


def test_with_areas_that_are_kept_their_number_need_not_be_said():
    wish = {"keep": "mostly", "workload": {"risk": 1.0}, "speed_kmh": 25}
    assert parse(areas=wish, current={"file": "districts.geojson"}).areas.keep == "mostly"


@pytest.mark.parametrize("crs", ["EPSG:999999", "CGCS", "gcj02"])
def test_a_reference_system_that_there_is_not_is_said(crs):
    with pytest.raises(DataError, match=r"output\.crs = .* is no coordinate reference system"):
        parse(output={"crs": crs})
