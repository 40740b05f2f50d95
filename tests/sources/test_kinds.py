"""Categories become kinds by a table that the user can edit; what it does not have is listed with counts."""

import pandas as pd
import pytest

from patrolgeo import DataError, MissingColumnError, kind_table, map_kinds, read_incidents
from patrolgeo.sources.kinds import SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_table_maps_each_of_its_own_codes_and_names_to_its_row(name):
    table = kind_table(name)
    for column in ("code", "names"):
        words = table[column].str.split(";").explode()
        words = words[words != ""]
        assert not words.str.lower().duplicated().any()
        assert map_kinds(words.reset_index(drop=True), name)["kind"].tolist() == table["kind"].loc[words.index].tolist()
    assert set(table["preventable"]) | set(table["officer"]) | set(table["sensitive"]) == {"yes", "no"}


@pytest.mark.parametrize(
    ("table", "category", "kind"),
    [
        ("nibrs", "BURGLARY/BREAKING & ENTERING", "burglary"), ("nibrs", "23F", "theft from vehicle"),
        ("nibrs", "23f - Theft From Motor Vehicle", "theft from vehicle"), ("ucr", "600", "theft"),
        ("ucr", "8", "arson"), ("ucr", "900", "arson"), ("ucr", "800", "assault"), ("ucr", "09", "assault"),
        ("ucr", "Aggravated Assault Firearm", "assault"), ("home_office", "4/1", "homicide"),
        ("home_office", "49A", "theft"), ("home_office", "88E", "sexual"), ("home_office", "30C", "burglary"),
        ("home_office", "Anti-social behaviour", "disorder"),
        ("china", "盗窃电动车案", "盗窃车辆"), ("china", "盗窃案", "盗窃"), ("china", "被电信网络诈骗", "电信网络诈骗"),
    ],
)  # fmt: skip
def test_codes_names_and_longer_names_are_found(table, category, kind):
    assert map_kinds(pd.Series([category]), table)["kind"].tolist() == [kind]


@pytest.mark.parametrize("category", ["0220", "2 20", "2200", "burglar", ""])
def test_what_is_only_like_a_code_is_not_taken_for_it(category):
    assert map_kinds(pd.Series([category]), "nibrs")["kind"].isna().all()


def test_chinese_groups_are_the_six_of_the_call_centre():
    assert set(kind_table("china")["group"]) == {"刑事", "治安", "交通", "纠纷", "求助", "无效"}


def test_a_table_of_ones_own_goes_through_a_file(tmp_path):
    table = kind_table("nibrs")
    table.loc[len(table)] = ["X1", "tractor theft", "farm theft", "property", "yes", "no", "no"]
    table.to_csv(tmp_path / "ours.csv", index=False)
    found = map_kinds(pd.Series(["Tractor theft", "120"]), tmp_path / "ours.csv")
    assert found["kind"].tolist() == ["farm theft", "robbery"]
    assert found["preventable"].tolist() == [True, True]


def test_reading_gives_traits_and_lists_what_the_table_lacks():
    rows = pd.DataFrame(
        {"time": pd.date_range("2024-01-01", periods=6), "category": ["220", "11A", "90D", "zebra", "zebra", "yak"],
         "lon": 119.9, "lat": 31.7}
    )  # fmt: skip
    found, ledger = read_incidents(rows, kinds="nibrs", return_ledger=True)
    assert found["kind"].tolist()[:3] == ["burglary", "sexual", "traffic"]
    assert found["sensitive"].tolist()[:3] == [False, True, False]
    assert found["officer_made"].tolist()[:3] == [False, False, True]
    note = next(e for e in ledger.entries if e.code == "unmapped_kinds")
    assert note.rows == 3
    assert "zebra (2), yak (1)" in note.detail


def test_a_wrong_table_is_one_sentence():
    with pytest.raises(DataError, match="did you mean 'nibrs'"):
        kind_table("nibr")
    with pytest.raises(MissingColumnError, match="lacks names"):
        kind_table(pd.DataFrame({"code": ["1"]}))
    wrong = kind_table("ucr").assign(sensitive="perhaps")
    with pytest.raises(DataError, match="write yes or no"):
        map_kinds(pd.Series(["arson"]), wrong)
