import sys
from pathlib import Path

import pandas as pd
import pytest

from patrolgeo import DataError, preset_names, read_calls, read_incidents

sys.path.insert(0, str(Path(__file__).parent))
from examples import CALLS, EXAMPLES

# preset -> rows kept as (id, time, category, lon, lat), and the rows set aside by reason
INCIDENTS = {
    "chicago": (
        [
            ("13311263", "2024-03-05 23:40", "THEFT", -87.63394, 41.88602),
            ("13311264", "2024-03-10 03:00", "BATTERY", -87.62789, 41.89140),  # 02:30 was skipped that night
        ],
        {"missing_place": 1},
    ),
    "new_york": (
        [
            ("281234561H1", "2024-03-05 22:00", "PETIT LARCENY", -73.9857, 40.7484),
            ("281234563", "2024-03-07 00:01", "ROBBERY", -73.8648, 40.8448),
        ],
        {"implausible_time": 1},
    ),
    "los_angeles": (
        [
            ("240308765", "2024-03-05 23:40", "VEHICLE - STOLEN", -118.2456, 34.0454),
            ("240308766", "2024-03-05 00:05", "BURGLARY FROM VEHICLE", -118.2558, 34.0459),
        ],
        {"zero_place": 1},
    ),
    "police_uk": (
        [
            ("row 2", "2024-03-01", "Anti-social behaviour", -0.11150, 51.51823),
            ("4bc2e1f0aa", "2024-03-01", "Burglary", -0.09760, 51.52070),
        ],
        {"missing_place": 1},
    ),
    "vancouver": (
        [
            ("2", "2024-03-05 23:40", "Theft from Vehicle", -123.12365, 49.28526),
            ("3", "2024-03-10 03:00", "Break and Enter Commercial", -123.12721, 49.28008),
        ],
        {"zero_place": 1},
    ),
    "state_plane_feet": (
        [
            ("041234-2024", "2024-03-05 23:40", "BURGLARY-BUSINESS", -96.80309, 32.77747),
            ("041235-2024", "2024-03-06 07:05", "THEFT FROM MOTOR VEHICLE", -96.79808, 32.78427),
        ],
        {"missing_place": 1},
    ),
    "china_cases": (
        [
            ("A4501232024030001", "2024-03-05 20:00", "盗窃电动车", 108.3712, 22.8190),
            ("A4501232024030002", "2024-03-06 21:15", "赌博", 108.3801, 22.8207),
        ],
        {"bad_time": 1, "not_place_bound": 1},
    ),
}


def read_example(preset, write, **options):
    encoding, text = EXAMPLES[preset]
    read = read_calls if preset in CALLS else read_incidents
    return read(write(text, encoding=encoding), preset=preset, return_ledger=True, **options)


def test_every_preset_has_an_example():
    assert set(preset_names()) == set(EXAMPLES)


@pytest.mark.parametrize("preset", INCIDENTS)
def test_an_export_of_incidents_is_read_to_the_expected_table(preset, write):
    expected, set_aside = INCIDENTS[preset]
    table, ledger = read_example(preset, write)
    rows = zip(
        table["id"], table["time"], table["category"], table.geometry.x.round(5), table.geometry.y.round(5), strict=True
    )
    assert list(rows) == [(i, pd.Timestamp(t), *rest) for i, t, *rest in expected]
    assert ledger.set_aside == set_aside


def test_places_of_us_and_uk_portals_are_known_to_the_street_only(write):
    assert set(read_example("chicago", write)[0]["precision"]) == {"street"}


def test_months_of_police_uk_stay_months(write):
    table, ledger = read_example("police_uk", write)
    assert set(table["time_precision"]) == {"month"}
    assert "month_precision" in {e.code for e in ledger.entries}


def test_the_end_of_an_interval_is_kept(write):
    table, _ = read_example("china_cases", write)
    assert table["time_end"].iloc[0] == pd.Timestamp("2024-03-06 07:30")
    assert table["origin"].tolist() == ["reported", "officer"]


def test_units_of_a_us_call_become_one_row(write):
    calls, ledger = read_example("us_cad", write)
    first = calls.iloc[0]
    assert (first["arrived"], first["cleared"], first["units"]) == (
        pd.Timestamp("2024-03-05 23:47:30"),
        pd.Timestamp("2024-03-06 00:25"),
        2,
    )
    assert ledger.set_aside == {"further_unit": 1}
    assert calls["origin"].tolist() == ["reported", "officer", "reported"]
    assert (calls.geometry.x.round(5).iloc[0], calls.geometry.y.round(5).iloc[0]) == (-90.07263, 29.95501)


def test_stamps_in_the_wrong_order_or_days_later_are_left_out(write):
    calls, ledger = read_example("uk_command_control", write)
    assert calls["arrived"].isna().tolist() == [False, True, True]
    assert pd.isna(calls["cleared"].iloc[2])
    assert {"negative_duration", "long_duration"} <= {e.code for e in ledger.entries}
    assert calls["received"].iloc[0] == pd.Timestamp("2024-03-05 23:40")  # day first
    assert calls["origin"].tolist() == ["reported", "alarm", "reported"]


def test_the_report_back_of_a_chinese_call_is_not_its_clearing(write):
    calls, _ = read_example("china_110", write)
    assert calls["cleared"].tolist()[:2] == [pd.Timestamp("2024-03-06 00:20"), pd.Timestamp("2024-03-06 00:40")]
    assert pd.isna(calls["cleared"].iloc[2])
    assert "feedback" not in calls.columns


@pytest.mark.parametrize("preset", ["china_cases", "china_110", "state_plane_feet"])
def test_persons_do_not_come_in(preset, write):
    table, ledger = read_example(preset, write)
    assert any(e.code == "persons_dropped" for e in ledger.entries)
    text = table.to_csv() + str(ledger.to_frame().drop(columns="detail").to_dict())
    assert not any(word in text for word in ("13900000000", "450123199001011234", "张三", "DOE JANE"))


def test_an_unknown_preset_names_the_nearest():
    with pytest.raises(DataError, match="did you mean 'chicago'"):
        read_incidents("x.csv", preset="chikago")


def test_a_preset_of_calls_is_refused_for_incidents():
    with pytest.raises(DataError, match="read_calls"):
        read_incidents("x.csv", preset="us_cad")


def test_a_preset_of_ones_own_is_a_file(write, tmp_path):
    own = tmp_path / "ours.toml"
    own.write_text(
        'title = "ours"\nkind = "incidents"\nday_first = true\n[columns]\ntime = "wann"\nlon = "ost"\nlat = "nord"\n',
        encoding="utf-8",
    )
    table = read_incidents(write("wann;ost;nord\n05/03/2024 10:00;7,5;50,1\n"), preset=str(own))
    assert table["time"].iloc[0] == pd.Timestamp("2024-03-05 10:00")
    assert (table.geometry.x.iloc[0], table.geometry.y.iloc[0]) == (7.5, 50.1)
