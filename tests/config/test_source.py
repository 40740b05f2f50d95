"""A wrong word about a file is one sentence before anything is read."""

from pathlib import Path

import pytest

from patrolgeo.config import parse_plan
from patrolgeo.errors import DataError

TOWN = {
    "title": "Town", "preset": "city", "incidents": {"file": "incidents.csv"}, "area": {"file": "area.geojson"},
    "population": {"file": "people.csv"}, "areas": {"n": 4}, "sites": {"n": 3},
}  # fmt: skip


def parse(role, **keys):
    return parse_plan({**TOWN, role: {"file": "x.csv", **keys}}, Path("town/plan.toml"))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"hours": ["22:00"]}, "incidents.hours = .* must be two clock times"),
        ({"hours": ["late", "early"]}, "must be two clock times"),
        ({"hours": ["25:00", "06:00"]}, "must be two clock times"),
        ({"weekdays": ["fri", "sunday"]}, "incidents.weekdays='sunday' is not known"),
        ({"weekdays": []}, "incidents.weekdays = .* must name at least one"),
        ({"from": "soon"}, "incidents.from must be a date such as"),
        ({"until": "2024-13"}, "incidents.until must be a date such as"),
        ({"from": "2024-05", "until": "2024-04"}, "from = '2024-05' lies after until = '2024-04'"),
        ({"categories": []}, "incidents.categories = .* must name at least one"),
        ({"tz": "Mars/Olympus"}, "is not a time zone"),
        ({"encoding": "klingon"}, "is not an encoding"),
    ],
)
def test_what_cannot_be_meant_is_said_for_every_source(keys, words):
    with pytest.raises(DataError, match=words):
        parse("incidents", **keys)
    parts = [{"file": "a.csv"}, {"file": "b.csv", **keys}]
    with pytest.raises(DataError, match=words):
        parse_plan({**TOWN, "incidents": parts}, Path("town/plan.toml"))


def test_what_can_be_meant_is_taken():
    said = parse("incidents", hours=["18:00", "24:00"], weekdays=["fri", "sat"], until="2024-06", **{"from": "2024-06"})
    assert said.incidents.weekdays == ["fri", "sat"]


@pytest.mark.parametrize("role", ["area", "roads", "population"])
def test_only_records_have_hours(role):
    with pytest.raises(DataError, match=rf"unknown key 'hours' in \[{role}\]"):
        parse(role, hours=["22:00", "06:00"])


@pytest.mark.parametrize("role", ["population", "roads"])
def test_only_layers_of_polygons_have_a_name_key(role):
    with pytest.raises(DataError, match=rf"unknown key 'name' in \[{role}\]"):
        parse(role, name="x")
