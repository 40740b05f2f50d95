"""An unknown key names the nearest one, and where such a wish is said; keys of earlier versions say what to change."""

from pathlib import Path

import pytest

from patrolgeo.config import parse_plan
from patrolgeo.config.wishes import WORDS, every_key
from patrolgeo.errors import DataError

TOWN = {
    "title": "Town", "preset": "city", "incidents": {"file": "incidents.csv"}, "area": {"file": "area.geojson"},
    "population": {"file": "people.csv"}, "areas": {"n": 4}, "sites": {"n": 3},
}  # fmt: skip
FIRST_VERSION = """
title = "Sample county"
preset = "county"
language = "en"
audience = "internal"
seed = 1
synthetic = true
[incidents]
file = "incidents.csv"
[area]
file = "area.geojson"
[population]
file = "villages.csv"
[roads]
file = "roads.geojson"
[current]
file = "townships.geojson"
[analysis]
resolution = 8
freq = "W"
origins = 8
area_shares = [0.01, 0.05]
[areas]
n = 9
tolerance = 0.05
[sites]
n = 12
"""


def parse(table, **keys):
    content = {**TOWN, table: {**TOWN.get(table, {}), **keys}} if table else {**TOWN, **keys}
    return parse_plan(content, Path("town/plan.toml"))


@pytest.mark.parametrize(
    ("table", "key", "value", "place"),
    [
        (
            "areas",
            "hours",
            ["22:00", "06:00"],
            r"'hours' may be what is said by \[incidents\] hours or \[calls\] hours",
        ),
        ("", "districts", {"file": "d.geojson"}, r"\[current\] file"),
        ("", "hours", ["22:00", "06:00"], r"\[incidents\] hours"),
        ("sites", "n_sites", 5, r"\[sites\] n\b"),
        ("area", "hours", ["22:00", "06:00"], r"\[incidents\] hours"),
        ("areas", "resolution", 9, r"\[analysis\] resolution"),
        ("areas", "resolutoin", 9, r"\[analysis\] resolution"),
        ("", "osm", "roads.osm.pbf", r"\[roads\] file"),
    ],
)
def test_an_unknown_key_says_where_such_a_wish_is_said(table, key, value, place):
    with pytest.raises(DataError, match=place) as told:
        parse(table, **{key: value})
    assert f"unknown key '{key}'" in str(told.value)
    assert str(told.value).endswith("docs/plan-file.md explains every key.")


def test_a_key_like_no_other_is_led_to_the_page():
    with pytest.raises(
        DataError, match=r"unknown key 'xyzzy' in \[areas\]\. Known keys: [a-z_, ]+\. docs/plan-file\.md"
    ):
        parse("areas", xyzzy=1)


def test_the_words_for_a_wish_lead_to_keys_that_there_are_and_each_to_one():
    assert [key for key in WORDS if key not in every_key()] == []
    words = " ".join(WORDS.values()).split()
    assert len(words) == len(set(words))


def test_the_first_plan_file_of_the_sample_county_is_read_as_it_was(tmp_path):
    from tomllib import loads

    plan = parse_plan(loads(FIRST_VERSION), tmp_path / "plan.toml")
    assert (plan.areas.n, plan.sites.n, plan.areas.tolerance) == (9, 12, 0.05)


def test_a_key_that_is_gone_says_what_to_change():
    with pytest.raises(DataError, match=r"seconds in \[sites\] is of version 0\.1: .* take the line out"):
        parse("sites", seconds=10.0)


def test_compact_areas_are_asked_for_by_a_key_that_names_what_it_cannot_go_with():
    def asked(**areas):
        return parse_plan({**TOWN, "areas": {"n": 4, "compact": True, **areas}}, Path("town.toml")).areas

    assert asked(follow_lines=False).compact
    for against, named in (({}, "follow_lines = true"), ({"follow_lines": False, "shift_change": 0.1}, "shift_change"),
                           ({"follow_lines": False, "choice": {"minmax": 1.0}}, "goals in choice")):  # fmt: skip
        with pytest.raises(DataError, match=f"compact = true cannot be kept together with {named}"):
            asked(**against)


def test_whole_villages_are_asked_for_by_a_key_that_needs_them_and_names_what_it_cannot_go_with():
    def asked(**areas):
        return parse_plan({**TOWN, "areas": {"n": 4, "together": True, **areas}}, Path("town.toml")).areas

    with pytest.raises(DataError, match=r"areas\.together needs \[units\]"):
        asked()
    for against, named in (({"choice": {"minmax": 1.0}}, "goals in choice"), ({"keep": "exactly"}, "keep"),
                           ({"compact": True, "follow_lines": False}, "together")):  # fmt: skip
        with pytest.raises(DataError, match=f"cannot be kept together with {named}"):
            asked(**against)
