"""Columns are found by what their values say, then by their names; what is unsure is asked for with a line to paste."""

import ast
import sys
import tomllib
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from patrolgeo import CRSError, MissingColumnError, read_calls, read_incidents
from patrolgeo.sources.complete import toml_line
from patrolgeo.sources.propose import propose_columns

sys.path.insert(0, str(Path(__file__).parent))
from examples import EXAMPLES
from portals import PORTALS, kind, lat, lon, portal


def taken(ledger):
    """The columns that the ledger says were taken, by field."""
    said = " ".join(e.detail for e in ledger.entries if e.code == "columns")
    return dict(pair.split(" = ") for pair in said.removeprefix("Columns taken as: ").removesuffix(".").split(", "))


def test_every_word_of_a_role_stands_once():
    roles = tomllib.loads(files("patrolgeo.sources").joinpath("roles.toml").read_text(encoding="utf-8"))
    lists = [(role, name, words) for role, table in roles.items() for name, words in table.items()]
    assert len(lists) > 10
    twice = [(role, name, w) for role, name, words in lists if isinstance(words, list)
             for w, n in Counter(words).items() if n > 1]  # fmt: skip
    assert twice == []


@pytest.mark.parametrize("name", PORTALS)
def test_a_portal_is_read_with_the_table_alone(name):
    table, wanted = portal(name)
    incidents, ledger = read_incidents(table, return_ledger=True)
    assert len(incidents) == len(table)
    assert {field: taken(ledger).get(field) for field in wanted} == wanted
    assert "unknown" not in set(incidents["category"])


def test_the_order_of_columns_and_rows_changes_nothing():
    table, wanted = portal("austin")
    shuffled = table[sorted(table.columns)].sample(frac=1, random_state=3)
    _, ledger = read_incidents(shuffled, return_ledger=True)
    assert {field: taken(ledger).get(field) for field in wanted} == wanted


def test_only_the_time_of_the_report_is_not_taken_but_offered_as_a_line_that_mends_it():
    days = pd.date_range("2024-01-01 05:00", periods=40, freq="13h").astype(str)
    table = pd.DataFrame({"reported_at_date": days, "offense": kind()[:40], "lat": lat()[:40], "lon": lon()[:40]})
    with pytest.raises(MissingColumnError, match="time: reported_at_date") as error:
        read_incidents(table)
    line = str(error.value).split("Say which: columns=")[1].split("}")[0] + "}"
    assert len(read_incidents(table, columns=ast.literal_eval(line))) == 40
    proposed = error.value.proposed
    assert tomllib.loads(toml_line(proposed))["columns"] == proposed == ast.literal_eval(line)


def test_all_missing_columns_are_told_at_once():
    table = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    with pytest.raises(MissingColumnError, match="lacks a column for time and category and place"):
        read_incidents(table)


def test_two_columns_of_places_without_words_are_offered_not_taken():
    table = pd.DataFrame(
        {"date": pd.date_range("2024-01-01", periods=120), "offense": kind(), "p1": lon(), "p2": lat()}
    )
    with pytest.raises(MissingColumnError, match=r"lon: p1.*lat: p2"):
        read_incidents(table)


def test_a_text_that_identifies_persons_is_never_offered_as_the_category():
    names = [f"45012319900101{i:03d}X" for i in range(40)]
    table = pd.DataFrame({"offense_type": names, "victim_type": "male", "lon": lon()[:40], "lat": lat()[:40]})
    assert "category" not in {p.field for p in propose_columns(table)}


def test_scores_lie_between_0_and_1_and_fall_within_a_field():
    proposals = propose_columns(portal("toronto")[0])
    assert all(0 < p.score <= 1 for p in proposals)
    for field in {p.field for p in proposals}:
        scores = [p.score for p in proposals if p.field == field]
        assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("name", ["chicago", "new_york", "los_angeles", "police_uk", "vancouver"])
def test_a_header_that_fits_a_preset_is_read_as_with_the_preset_and_said(name, write):
    encoding, text = EXAMPLES[name]
    path = write(text, encoding=encoding)
    with_preset, _ = read_incidents(path, preset=name, return_ledger=True)
    alone, ledger = read_incidents(path, return_ledger=True)
    pd.testing.assert_frame_equal(pd.DataFrame(alone), pd.DataFrame(with_preset))
    assert "preset_recognised" in {e.code for e in ledger.entries}


def test_what_the_user_says_goes_before_a_recognised_preset(write):
    encoding, text = EXAMPLES["vancouver"]
    moved, _ = read_incidents(write(text, encoding=encoding), datum="EPSG:26911", return_ledger=True)
    assert moved.geometry.x.iloc[0] == pytest.approx(-117.12, abs=0.05)


def test_a_column_named_time_that_holds_clocks_finds_its_day():
    days = pd.date_range("2024-01-01 05:00", periods=120, freq="13h")
    table = pd.DataFrame(
        {"time": days.strftime("%H:%M"), "day_of_crime_date": days.strftime("%Y-%m-%d"), "offense": kind()}
    ).assign(lon=lon(), lat=lat())
    assert read_incidents(table)["time"].tolist() == list(days.floor("min"))


def test_numbers_that_are_not_coordinates_are_not_taken_for_them():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"when_date": pd.date_range("2024-01-01", periods=50), "kind": "theft"})
    table = table.assign(long_wait=rng.random(50) * 90, flat_rate=rng.random(50) * 20)
    with pytest.raises(MissingColumnError, match="place"):
        read_incidents(table.drop(columns="flat_rate"))


def test_a_column_of_times_goes_before_a_year_and_a_month():
    days = pd.date_range("2024-01-01 05:00", periods=120, freq="13h")
    table = pd.DataFrame({"YEAR": days.year, "MONTH": days.month, "HOUR": days.hour, "offense": kind()})
    table = table.assign(lon=lon(), lat=lat())
    months, _ = read_incidents(table, return_ledger=True)
    assert set(months["time_precision"]) == {"month"}
    exact = read_incidents(table.assign(OCCURRED_ON_DATE=days.strftime("%Y-%m-%d %H:%M:%S")))
    assert exact["time"].tolist() == list(days)


def test_hours_of_half_days_are_not_hours_of_the_day():
    days = pd.date_range("2024-01-01 05:00", periods=120, freq="13h")
    table = pd.DataFrame({"crime_date": days.strftime("%Y-%m-%d"), "crime_hour": days.hour, "offense": kind()})
    table = table.assign(lon=lon(), lat=lat())
    assert read_incidents(table, return_ledger=True)[0]["time"].dt.hour.tolist() == days.hour.tolist()
    halves = table.assign(crime_hour=(days.hour - 1) % 12 + 1, crime_ampm=days.strftime("%p"))
    found, _ = read_incidents(halves, return_ledger=True)
    assert found["time"].dt.hour.tolist() == days.hour.tolist()
    assert len(found) == len(halves)
    alone, _ = read_incidents(
        halves.rename(columns={"crime_ampm": "shift"}).assign(other_ampm="AM"), return_ledger=True
    )
    assert set(alone["time"].dt.hour) == {0}


def test_the_day_a_record_was_opened_is_not_the_day_it_happened():
    days = pd.date_range("2024-01-01", periods=120).astype(str)
    table = pd.DataFrame({"DateOpened": days, "Group": kind(), "Latitude": lat(), "Longitude": lon()})
    with pytest.raises(MissingColumnError, match="time: DateOpened"):
        read_incidents(table)


@pytest.mark.parametrize(("east", "north"), [("point_x", "point_y"), ("coord_x", "coord_y"), ("GEO_X", "GEO_Y")])
def test_names_that_differ_by_x_and_y_alone_tell_which_is_which(east, north):
    days = pd.date_range("2024-01-01", periods=120)
    table = pd.DataFrame({north: lat(), east: lon(), "offense": kind(), "event_date": days})
    _, ledger = read_incidents(table, return_ledger=True)
    assert (taken(ledger)["lon"], taken(ledger)["lat"]) == (east, north)


@pytest.mark.parametrize(
    "zone", ["America/Toronto", "America/Bogota", "Asia/Shanghai", "Asia/Kolkata", "Pacific/Auckland"]
)
@pytest.mark.parametrize("tz", [False, True])
@pytest.mark.parametrize("name", ["occurrencedate", "crime_day_dt"])  # "occurrence date" is a known name
def test_days_written_as_midnights_in_utc_keep_their_day_and_take_the_hour_beside_them(zone, tz, name):
    moments = pd.date_range("2024-01-01 05:00", periods=120, freq="73h")
    midnights = moments.floor("D").tz_localize(zone).tz_convert("UTC").strftime("%Y-%m-%d %H:%M:%S+00")
    hour = name.replace("date", "hour").replace("day_dt", "hour")
    table = pd.DataFrame({name: midnights, hour: moments.hour, "offense": kind()}).assign(lon=lon(), lat=lat())
    found, ledger = read_incidents(table, tz=zone if tz else None, return_ledger=True)
    assert found["time"].tolist() == list(moments.floor("h"))
    assert ("midnights" in {e.code for e in ledger.entries}) == (not tz)


def test_days_written_as_noons_keep_their_day():
    moments = pd.date_range("2024-01-01 05:00", periods=120, freq="13h")
    table = pd.DataFrame({"date": moments.strftime("%Y-%m-%d 12:00:00"), "hour": moments.hour, "offense": kind()})
    assert read_incidents(table.assign(lon=lon(), lat=lat()))["time"].tolist() == list(moments.floor("h"))


@pytest.mark.parametrize("rows", [1, 120])
def test_times_at_one_clock_beside_the_same_hour_are_times(rows):
    days = pd.date_range("2024-01-01 13:00", periods=120, freq="24h")
    table = pd.DataFrame({"date": days.strftime("%Y-%m-%dT%H:%M:%SZ"), "hour": 13, "offense": kind()})
    found = read_incidents(table.assign(lon=lon(), lat=lat()).head(rows), return_ledger=True)[0]
    assert found["time"].tolist() == list(days[:rows])


def test_times_at_one_hour_without_an_hour_beside_them_stay_as_they_are():
    days = pd.date_range("2024-01-01 13:00", periods=120, freq="24h")
    table = pd.DataFrame({"occurrence_date": days.strftime("%Y-%m-%d %H:%M:%S"), "offense": kind()})
    assert read_incidents(table.assign(lon=lon(), lat=lat()))["time"].tolist() == list(days)


def test_an_hour_whose_name_is_of_another_moment_is_not_joined_to_a_day_known_by_name():
    days = pd.date_range("2024-01-01", periods=120, freq="13h")
    table = pd.DataFrame({"event_date": days.strftime("%Y-%m-%d"), "arrival_hour": days.hour, "offense": kind()})
    assert set(read_incidents(table.assign(lon=lon(), lat=lat()))["time"].dt.hour) == {0}


def test_hours_minutes_and_halves_of_two_moments_are_offered_as_the_parts_of_one():
    moments = pd.date_range("2024-01-01 05:07", periods=120, freq="797min")
    table = pd.DataFrame({"offense": kind(), "lon": lon(), "lat": lat()})
    for name, late in (("clearance", 0), ("at_scene", 90)):
        at = moments + pd.Timedelta(minutes=late)
        table[f"{name}_date"], table[f"{name}_hour"] = at.strftime("%Y-%m-%d"), (at.hour - 1) % 12 + 1
        table[f"{name}_minute"], table[f"{name}_ampm"] = at.minute, at.strftime("%p")
    with pytest.raises(MissingColumnError, match="Say which") as error:
        read_incidents(table)
    parts = {
        field: column for field, column in error.value.proposed.items() if field in ("date", "hour", "minute", "ampm")
    }
    first = parts["date"].removesuffix("_date")
    assert parts == {part: f"{first}_{part}" for part in ("date", "hour", "minute", "ampm")}
    wanted = moments if first == "clearance" else moments + pd.Timedelta(minutes=90)
    assert read_incidents(table, columns=error.value.proposed)["time"].tolist() == list(wanted)


@pytest.mark.parametrize(
    "values",
    [["I", "O", "Outside"], ["Felony", "Misdemeanor", "FELONY"], ["Y", "N", "Y"], ["Monday", "Friday", "Sunday"]],
)
def test_places_classes_and_days_are_not_kinds_of_incidents_whatever_the_column_is_called(values):
    table = pd.DataFrame({"offense_description": values * 40, "crime_code": ["4E", "6C", "3AF"] * 40})
    assert [p.column for p in propose_columns(table) if p.field == "category"] == ["crime_code"]


def test_large_numbers_without_the_name_of_a_coordinate_are_not_offered_as_places():
    table = pd.DataFrame({"complaint": np.arange(2.0e14, 2.0e14 + 120), "year_of": 2024, "when_date": "2024-03-05"})
    assert not {"x", "y"} & {p.field for p in propose_columns(table)}
    named = pd.DataFrame({"x_metres": 660_000.5 + np.arange(120), "y_metres": 2_290_000.5 + np.arange(120)})
    assert {"x", "y"} <= {p.field for p in propose_columns(named)}


def test_the_number_of_an_event_is_not_a_telephone(write):
    rows = "\n".join(f"2024-03-0{1 + i % 9},theft,119.9,31.7,1500026{i:04d}" for i in range(60))
    table, ledger = read_incidents(
        write(f"time,category,lon,lat,cad_event_number\n{rows}\n"), keep=["cad_event_number"], return_ledger=True
    )
    assert table["cad_event_number"].notna().all()
    assert "persons_dropped" not in {e.code for e in ledger.entries}
    called = read_incidents(write(f"time,category,lon,lat,ring_back\n{rows}\n"), return_ledger=True)[1]
    assert "persons_dropped" in {e.code for e in called.entries}


N = 40
_COMMAS = {
    "east": [f"{440_000 + 9 * i},123" for i in range(N)],
    "north": [f"{4_474_000 + 9 * i},123" for i in range(N)],
    "lon": [f"{10 + i / 100:.4f}".replace(".", ",") for i in range(N)],
    "lat": [f"{53 + i / 100:.4f}".replace(".", ",") for i in range(N)],
}


def test_accidents_of_germany_stand_in_their_month_at_their_place():
    """No date exists there: year, month, hour and weekday; degrees have a decimal comma."""
    table = {"UJAHR": 2023, "UMONAT": 5, "USTUNDE": 7, "UWOCHENTAG": 2, "LINREFX": _COMMAS["east"]}
    table |= {"LINREFY": _COMMAS["north"], "XGCSWGS84": _COMMAS["lon"], "YGCSWGS84": _COMMAS["lat"]}
    rows = read_incidents(pd.DataFrame(table, index=range(N)), duplicates="keep", return_ledger=True)[0]
    assert rows["time_precision"].eq("month").all()
    assert (rows.geometry.x[1], rows.geometry.y[1]) == (10.01, 53.01)


@pytest.mark.parametrize("name", ["coordenada_{}_utm", "Coordenada_UTM_{}_ETRS89", "metros_{}"])
def test_metres_with_a_decimal_comma_are_found_and_their_system_is_asked_for(name):
    x, y = name.format("x"), name.format("y")
    days = pd.date_range("2023-01-01", periods=N).strftime("%d/%m/%Y")
    table = pd.DataFrame({"fecha": days, "tipo": "Alcance", x: _COMMAS["east"], y: _COMMAS["north"]})
    with pytest.raises(CRSError, match=rf"x = {x}, y = {y}\); name their system"):
        read_incidents(table)
    rows = read_incidents(table, datum="EPSG:25830", return_ledger=True)[0]
    assert rows.geometry.x.between(-4, -3).all()
    assert rows.geometry.y.between(40, 41).all()


def test_calls_of_seattle_and_new_orleans_are_read_as_they_come():
    """Call Type is who called; of New Orleans the points are taken, not the feet beside them."""
    day = pd.date_range("2024-03-01", periods=N)
    first, later = (t.strftime("%m/%d/%Y %I:%M:%S %p") for t in (day, day + pd.Timedelta("9min")))
    kinds = np.resize(["TRAFFIC STOP", "BURGLAR ALARM"], N)
    seattle = {"CAD Event Number": range(N), "Call Type": "911", "Priority": 2, "Initial Call Type": kinds}
    seattle |= {"Original Time Queued": first, "Arrived Time": later}
    seattle |= {"Blurred_Longitude": np.linspace(-122.4, -122.3, N), "Blurred_Latitude": np.linspace(47.5, 47.6, N)}
    orleans = {"NOPD_Item": range(N), "Type": "94", "TypeText": kinds, "Priority": "1A", "MapX": 3_680_000.0 + day.day}
    orleans |= {"MapY": 530_000.0 + day.day, "TimeCreate": first, "TimeDispatch": first, "TimeArrive": later}
    orleans |= {"TimeClosed": later, "Zip": "70117", "Location": [f"POINT (-90.0{i:02} 29.9)" for i in range(N)]}
    for table in (seattle, orleans):
        calls = read_calls(pd.DataFrame(table), return_ledger=True)[0]
        assert calls["category"].tolist() == list(kinds)
        assert ((calls["arrived"] - calls["received"]) == pd.Timedelta("9min")).all()
        assert calls.geometry.x.between(-123, -89).all()
