"""Names and radio codes are unique and stay; borders are told as they lie."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from patrolgeo import AreaPlan, DataError, describe_borders, design_areas, name_areas, spoken_borders
from patrolgeo.plan.areas.names import radio_codes

WEST, EAST = 108.0, 108.08


def grid_of(n):
    return gpd.GeoDataFrame(
        index=[f"{i}{j}" for i in range(n) for j in range(n)],
        geometry=[shapely.box(*(WEST + i / 100, 22 + j / 100), *(WEST + (i + 1) / 100, 22 + (j + 1) / 100))
                  for i in range(n) for j in range(n)],
        crs="EPSG:4326",
    )  # fmt: skip


@pytest.fixture(scope="module")
def units():
    return grid_of(4)


@pytest.fixture(scope="module")
def quarters(units) -> AreaPlan:
    """Four quarters; unit "00" lies in the south-west, "03" in the north-west, "30" south-east, "33" north-east."""
    quarter = pd.Series([f"{int(u[0]) // 2}{int(u[1]) // 2}" for u in units.index], index=units.index)
    return design_areas(pd.Series(1.0, index=units.index), None, 4, units=units, nest_in=quarter, random_state=0)


def towns(units, where, **columns):
    return gpd.GeoDataFrame(columns, geometry=units.representative_point()[where].to_numpy(), crs=units.crs)


def test_the_largest_settlement_gives_the_name_and_a_station_goes_before(quarters, units):
    places = towns(units, ["00", "01", "03", "30"], name=["Ash", "Elm", "Oak", "Yew"], population=[9, 40, 7, 90])
    station = towns(units, ["30"], name=["Hill police station"])
    named = name_areas(quarters, places, station)["name"]
    assert named[quarters.labels[["00", "03", "30"]]].tolist() == ["Elm", "Oak", "Hill"]
    unknown = quarters.labels["33"]
    assert named[unknown] == f"Area {unknown + 1}"


def test_a_name_that_occurs_twice_goes_to_the_larger_place(quarters, units):
    places = towns(units, ["00", "03", "02"], name=["Elm", "Elm", "Oak"], population=[9, 40, 7])
    named = name_areas(quarters, places)["name"]
    assert named[quarters.labels["03"]] == "Elm"
    assert named[quarters.labels["00"]] != "Elm"
    assert named.is_unique


def test_numbers_are_no_names_and_todays_areas_stand_in(quarters, units):
    places = towns(units, ["00"], name=["36061"], population=[9])
    today = quarters.labels.map(lambda a: f"precinct {a + 40}")
    assert name_areas(quarters, places, current=today)["name"].tolist() == [f"precinct {a}" for a in range(40, 44)]


def test_an_area_of_today_gives_its_name_only_where_most_of_both_is_the_same_ground(quarters):
    halves = quarters.labels.map({0: "east", 1: "east", 2: "west", 3: "north"})
    named = name_areas(quarters, current=halves)["name"]
    assert named.tolist() == ["Area 1", "Area 2", "west", "north"]


def test_the_longest_street_gives_a_name_and_no_hexagon_ever_does(quarters):
    streets = gpd.GeoDataFrame(
        {"name": ["High Street", "Low Street", "12", "High Street"]},
        geometry=[shapely.LineString([(WEST + 0.001, 22.001), (WEST + 0.019, 22.001)]),
                  shapely.LineString([(WEST + 0.001, 22.002), (WEST + 0.010, 22.002)]),
                  shapely.LineString([(WEST + 0.001, 22.021), (WEST + 0.019, 22.021)]),
                  shapely.LineString([(WEST + 0.021, 22.001), (WEST + 0.030, 22.001)])],
        crs="EPSG:4326",
    )  # fmt: skip
    named = name_areas(quarters, streets=streets, numbered="{}号巡区")["name"]
    assert named[quarters.labels["00"]] == "High Street"
    assert sorted(named.drop(quarters.labels["00"])) == ["2号巡区", "3号巡区", "4号巡区"]


def test_areas_that_were_given_as_words_keep_them(units):
    today = pd.Series(["north" if u[1] > "1" else "south" for u in units.index], index=units.index)
    plan = design_areas(pd.Series(1.0, index=units.index), None, 2, units=units, current=today, prove=False)
    assert name_areas(plan, towns(units, ["00"], name=["Elm"], population=[1]))["name"].tolist() == ["north", "south"]


def test_more_areas_than_codes_are_refused():
    units = grid_of(31).set_axis(range(961))
    each = pd.Series(1.0, index=units.index)
    with pytest.raises(DataError, match="961 areas"):
        name_areas(design_areas(each, None, 961, units=units, prove=False))


names = st.lists(st.text(min_size=1, max_size=4), unique=True, min_size=1, max_size=60)


@given(names, st.randoms(use_true_random=False))
def test_codes_are_unique_and_do_not_depend_on_the_numbering(words, random):
    table = pd.Series(words, dtype=object)
    codes = radio_codes(table)
    assert codes.is_unique
    assert codes.str.fullmatch("[1-9][0-9]{2}").all()
    random.shuffle(words)
    again = radio_codes(pd.Series(words, dtype=object))
    assert dict(zip(words, again, strict=True)) == dict(zip(table, codes, strict=True))


def test_a_renamed_area_leaves_the_codes_of_the_others():
    before = radio_codes(pd.Series(["石垌", "云朗", "平桑", "岚城"]))
    after = radio_codes(pd.Series(["石垌", "云朗", "古塘", "岚城"]))
    assert after[[0, 1, 3]].tolist() == before[[0, 1, 3]].tolist()


@pytest.fixture
def borders(quarters):
    lines = gpd.GeoDataFrame(
        {"name": ["Lan", "S210", ""], "kind": ["river", "provincial", "county"]},
        geometry=[shapely.LineString([(WEST, 22.02), (WEST + 0.02, 22.02)]),  # between 0 and 1
                  shapely.LineString([(WEST + 0.02, 22), (WEST + 0.02, 22.02)]),  # between 0 and 2
                  shapely.LineString([(WEST + 0.03, 22), (WEST + 0.03, 22.04)])],  # through the eastern quarters
        crs="EPSG:4326",
    )  # fmt: skip
    return describe_borders(quarters, lines)


def test_every_side_is_told_as_it_lies(borders, quarters):
    at = quarters.labels
    sides = borders[borders["area"] == at["00"]].set_index("side")
    assert sides["kind"].to_dict() == {"north": "river", "east": "provincial", "south": "edge", "west": "edge"}
    assert sides["share"].to_numpy() == pytest.approx(1, abs=0.05)
    beyond = borders[(borders["area"] == at["33"]) & (borders["side"] == "west")]
    assert beyond[["kind", "name"]].to_numpy().tolist() == [["area", at["03"]]]
    assert set(borders["side"]) == {"north", "east", "south", "west"}


def test_a_line_through_an_area_is_no_border(borders):
    assert "county" not in set(borders["kind"])


def test_the_border_is_spoken_in_both_languages(borders, quarters):
    at = quarters.labels
    called = pd.Series({at["00"]: "Elm", at["03"]: "Oak", at["30"]: "Yew", at["33"]: "Ash"})
    spoken = spoken_borders(borders, called)
    elm = at["00"]
    assert spoken[elm] == "north: river Lan; east: S210; south: edge of the study area; west: edge of the study area"
    assert spoken[at["33"]].endswith("west: area Oak")
    numbered = called.replace({"Oak": "Area 2"})
    assert spoken_borders(borders, numbered)[at["33"]].endswith("west: Area 2")
    assert spoken_borders(borders, called, "zh")[elm] == "北：Lan；东：S210；南：辖区边界；西：辖区边界"
    unnamed = spoken_borders(borders.assign(name=borders["name"].replace({"Lan": "", "S210": ""})), called, "zh")
    assert unnamed[elm].startswith("北：河；东：省道")
