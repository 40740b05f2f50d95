import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import patrolgeo
from patrolgeo import DataError, PatrolgeoError, PatrolgeoWarning, find_duplicates, read_incidents, spread_places
from patrolgeo.pipeline.duty import duty_hours
from patrolgeo.sources.persons import identifies
from patrolgeo.words.messages import load_words

PLACES = pd.DataFrame(
    {
        "name": ["板林村", "那塘村", "新洞屯", "新洞屯", "桐坪派出所"],
        "kind": ["village", "village", "village", "village", "police station"],
        "township": ["桐坪镇", "桐坪镇", "桐坪镇", "白渡镇", "桐坪镇"],
        "population": [300, 100, 0, 50, 0],
        "aliases": [None, "那塘大队", None, None, None],
        "lon": [107.1, 107.2, 107.3, 107.6, 107.15],
        "lat": [24.1, 24.2, 24.3, 24.6, 24.15],
    }
)


def rows(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"time": ["2024-03-05 10:00"] * n, "category": "theft", **columns})


def located(**columns):
    return read_incidents(rows(**columns), places=PLACES, return_ledger=True)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("板林村", "板林村"),
        ("板林", "板林村"),
        (" 板林屯 ", "板林村"),
        ("那塘大队", "那塘村"),
        ("桐坪镇板林村3组", "板林村"),
    ],
)
def test_a_village_is_found_by_name_suffix_alias_and_within_a_text(written, found):
    incidents, _ = located(place=[written])
    assert (incidents["place"].iloc[0], incidents["precision"].iloc[0]) == (found, "village")


def test_a_similar_name_is_taken_and_shown():
    places = PLACES.assign(name=["Upper Fernhill", "Ashby", "Elm", "Oak", "Station"], aliases=None)
    incidents, ledger = read_incidents(rows(place=["Uper Fernhil"]), places=places, return_ledger=True)
    assert incidents["place"].tolist() == ["Upper Fernhill"]
    assert "uper fernhil -> upperfernhill" in next(e.detail.lower() for e in ledger.entries if e.code == "fuzzy_name")


def test_a_name_of_two_places_is_set_aside_unless_the_township_tells():
    incidents, ledger = located(place=["新洞屯", "新洞屯"], township=["白渡镇", None])
    assert incidents.geometry.x.tolist() == [107.6]
    assert ledger.set_aside == {"ambiguous_name": 1}


def test_an_unknown_name_is_set_aside_and_coordinates_go_before_names():
    incidents, ledger = located(place=["无此村", "板林村"], lon=[None, 107.11], lat=[None, 24.11])
    assert incidents.geometry.x.tolist() == [107.11]
    assert incidents["precision"].tolist() == ["exact"]
    assert ledger.set_aside == {"unknown_name": 1}


def test_townships_and_stations_spread_by_population_with_mass_one():
    incidents, _ = located(
        township=["桐坪镇", None, None], station=[None, "桐坪派出所", None], place=[None, None, "板林村"]
    )
    assert incidents["precision"].tolist() == ["township", "station", "village"]
    spread = spread_places(incidents, PLACES)
    np.testing.assert_allclose(spread.groupby("id")["weight"].sum(), 1.0)
    assert spread.loc[spread["id"] == "0"].set_index("place")["weight"].to_dict() == {
        "板林村": 0.75,
        "那塘村": 0.25,
        "新洞屯": 0.0,
    }


def test_a_gazetteer_without_names_is_an_error():
    with pytest.raises(DataError, match="has no names"):
        read_incidents(rows(place=["x"]), places=PLACES.drop(columns="name"))


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("911", "reported"),
        ("Officer Initiated", "officer"),
        ("ONVIEW", "officer"),
        ("巡逻发现", "officer"),
        ("群众报警", "reported"),
        ("技防报警", "alarm"),
        ("Burglar alarm", "alarm"),
        ("???", "unknown"),
    ],
)
def test_who_started_a_record_is_one_of_four_words(written, origin):
    incidents = read_incidents(rows(lon=[1.0], lat=[2.0], origin=[written]))
    assert incidents["origin"].tolist() == [origin]


@pytest.mark.parametrize("category", ["Telecom fraud", "ONLINE FRAUD", "电信网络诈骗", "网络刷单", "Cybercrime"])
def test_what_has_no_patrol_place_is_set_aside_and_counted(category):
    table = rows(lon=[1.0, 1.1], lat=[2.0, 2.1]).assign(category=[category, "fraud"])
    incidents, ledger = read_incidents(table, return_ledger=True)
    assert incidents["category"].tolist() == ["fraud"]
    assert ledger.set_aside == {"not_place_bound": 1}
    assert len(read_incidents(table, place_bound=False)) == 2


def test_a_point_with_many_rows_is_a_warning_with_its_number():
    rng = np.random.default_rng(0)
    table = rows(lon=[*rng.uniform(0, 1, 97), 0.5, 0.5, 0.5], lat=[*rng.uniform(0, 1, 97), 0.5, 0.5, 0.5])
    with pytest.warns(PatrolgeoWarning, match="holds 3"):
        read_incidents(table)


def test_look_alikes_are_shown_kept_and_dropped():
    table = rows(lon=[1.0, 1.0, 1.0, 1.0], lat=[2.0, 2.0, 2.0, 2.0], id=["a", "b", "c", "a"])
    table["time"] = ["2024-03-05 10:00", "2024-03-05 10:08", "2024-03-05 10:30", "2024-03-05 10:00"]
    first, ledger = read_incidents(table, return_ledger=True)
    assert first["id"].tolist() == ["a", "b", "c"]
    assert [e.rows for e in ledger.entries if e.code == "look_alike"] == [1]
    assert read_incidents(table, duplicates="alike")["id"].tolist() == ["a", "c"]
    assert read_incidents(table, duplicates="keep")["id"].tolist() == ["a", "b", "c", "a"]
    assert find_duplicates(first, metres=10, minutes=10)["id"].tolist() == ["a", "b"]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_groups_of_look_alikes_agree_with_brute_force(seed):
    rng = np.random.default_rng(seed)
    table = rows(lon=rng.uniform(0, 0.002, 25), lat=rng.uniform(0, 0.002, 25))
    table["time"] = pd.Timestamp("2024-03-05") + pd.to_timedelta(rng.integers(0, 60, 25), unit="min")
    incidents = read_incidents(table, duplicates="keep")
    found = find_duplicates(incidents, metres=60, minutes=9)
    xy = np.column_stack([incidents.geometry.x, incidents.geometry.y]) * 111_195
    near = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)) <= 60
    minute = incidents["time"].to_numpy().astype("datetime64[m]").astype(int)
    near &= np.abs(minute[:, None] - minute[None]) <= 9
    assert sorted(found.index) == np.flatnonzero(near.sum(axis=1) > 1).tolist()


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("报案人姓名", ["某某"], "by name"),
        ("Victim Name", ["x"], "by name"),
        ("col7", ["450123199001011234", "45012319900101123X"], "identity numbers"),
        ("col8", ["13900000000", "+86 13900000001"], "phone numbers"),
        ("col9", ["桂A12345", "粤B·D1234"], "plates"),
        ("x1", ["a.b@example.org"], "e-mail addresses"),
        ("x2", ["123 N Main St", "7 Elm Avenue"], "exact addresses"),
        ("x3", ["word " * 30], "free text"),
        ("beat", ["B12", "B13"], ""),
        ("hour", ["10:00"], ""),
        ("block", ["012XX N WELLS ST"], ""),
    ],
)
def test_what_identifies_persons_is_known_by_name_and_by_values(name, values, reason):
    assert identifies(name, pd.Series(values)) == reason


def test_persons_are_not_brought_back_by_keep():
    table = rows(lon=[1.0], lat=[2.0], victim=["someone"], col8=["13900000000"], beat=["B12"])
    incidents, ledger = read_incidents(table, keep=["victim", "col8", "beat"], return_ledger=True)
    assert incidents["beat"].tolist() == ["B12"]
    assert not {"victim", "col8"} & set(incidents.dropna(axis=1).columns)
    assert "13900000000" not in ledger.to_text()


def test_what_a_ledger_warns_of_is_told_in_both_languages():
    table = rows(lon=[1.0, 1.0], lat=[2.0, 2.0])
    ledger = read_incidents(table, return_ledger=True)[1]
    ledger.warned("empty_row", [True, False])
    ledger.warned("empty_row", detail="The last row is empty.")
    chinese = [note.worded(load_words("zh")) for note in ledger.warnings[-2:]]
    assert ledger.warnings[-2:] == ["1 row(s): the row is empty", "The last row is empty."]
    assert chinese == ["空行：1条", "空行"]
    with pytest.raises(KeyError):
        ledger.warned("no such code")


cell = st.one_of(st.none(), st.text(max_size=12), st.floats(allow_nan=True), st.integers(-10, 10**13), st.booleans())


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.tuples(cell, cell, cell, cell, cell), min_size=1, max_size=8),
    st.sampled_from(
        [["id", "time", "category", "lon", "lat"], ["id", "date", "clock", "x", "y"], ["a", "b", "c", "d", "e"]]
    ),
)
def test_any_frame_gives_accounted_rows_or_a_clear_error(values, names):
    table = pd.DataFrame(values, columns=names, dtype=object)
    try:
        incidents, ledger = read_incidents(table, return_ledger=True)
    except PatrolgeoError as error:
        assert str(error)  # noqa: PT017
        return
    account = ledger.to_dict()
    assert account["read"] == len(table) == account["kept"] + sum(account["set_aside"].values())
    assert account["kept"] == len(incidents)


def test_forces_have_a_known_kind_and_a_speed():
    table = pd.DataFrame(
        {
            "name": list("abcd"),
            "kind": ["社会巡防", "Dedicated", "army", None],
            "speed": [5, 0, 5, 40],
            "lon": 1.0,
            "lat": 2.0,
        }
    )
    forces, ledger = patrolgeo.read_forces(table, return_ledger=True)
    assert forces["kind"].tolist() == ["social", "dedicated"]
    assert ledger.set_aside == {"bad_kind": 1, "bad_speed": 1}


def test_shifts_may_cross_midnight():
    table = pd.DataFrame(
        {"name": ["day", "night"], "start": ["08:00", "22:00"], "end": ["18:00", "06:00"], "days": ["Mon-Fri", "周末"]}
    )
    shifts = patrolgeo.read_shifts(table)
    assert shifts["minutes"].tolist() == [600, 480]
    assert shifts["days"].tolist() == [["Mon", "Tue", "Wed", "Thu", "Fri"], ["Sat", "Sun"]]
    with pytest.raises(DataError, match="not a time of day"):
        patrolgeo.read_shifts(table.assign(end="noon"))


def test_population_says_which_rows_have_none():
    table = pd.DataFrame({"population": [5, None, -1, "x"], "households": [2, 1, 1, 1], "lon": 1.0, "lat": 2.0})
    people, ledger = patrolgeo.read_population(table, return_ledger=True)
    assert people["population"].tolist() == [5.0]
    assert ledger.set_aside == {"missing_population": 2, "negative_population": 1}


def test_hours_of_duty_as_whole_numbers_are_hours_however_few():
    shifts = patrolgeo.read_shifts(pd.DataFrame({"name": ["night", "day"], "start": [22, 6], "end": [6, 22]}))
    assert shifts["start"].tolist() == [1320, 360]
    assert shifts["minutes"].tolist() == [480, 960]
    table = pd.DataFrame({"name": ["A"], "start": [22], "end": [6], "lon": [1.0], "lat": [2.0]})
    assert [int(side[0]) for side in duty_hours(patrolgeo.read_forces(table))] == [1320, 1800]


def test_hours_of_duty_and_officers_that_cannot_be_read_are_said():
    table = pd.DataFrame({
        "name": ["A", "B", "C"], "start": ["22:00", "25:00", None], "end": ["6:00", "06:00", None],
        "officers": ["4", "four", None], "lon": [1.0, 1.1, 1.2], "lat": [2.0] * 3,
    })  # fmt: skip
    codes = {e.code: e for e in patrolgeo.read_forces(table, return_ledger=True)[1].entries}
    assert (codes["unread_duty"].rows, "25:00" in codes["unread_duty"].detail) == (1, True)
    assert (codes["unread_officers"].rows, "four" in codes["unread_officers"].detail) == (1, True)
