"""Logs of patrols: faults are noted and stay unless asked, units leave as hashes, officers not at all."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import read_patrols
from patrolgeo.errors import DataError, MissingColumnError

LOG = pd.DataFrame({
    "Call Sign": ["P7", "P7 ", "P7", "P7", "P9", "P9"],
    "timestamp": ["2024-03-05 22:04", "2024-03-05 22:00", "2024-03-05 22:02", "2024-03-05 22:30", "2024-03-05 22:01",
                  "2024-03-05 22:03"],
    "lon": [119.97, 119.97, 119.99, 119.97, 119.97, None], "lat": [31.81] * 6,
    "speed": [30, 20, 40, 500, 0, 10], "driver": list("abcdef"), "Officer_2": list("abcdef"), "note": "x",
})  # fmt: skip


def codes(ledger):
    return {entry.code: entry.rows for entry in ledger.entries}


def test_positions_come_by_unit_and_time_with_the_minutes_to_the_next():
    patrols, ledger = read_patrols(LOG, return_ledger=True)
    assert list(patrols.columns) == ["unit", "time", "lon", "lat", "minutes"]
    assert patrols["unit"].tolist() == ["unit 1"] * 4 + ["unit 2"] * 2
    assert patrols["minutes"].tolist() == [2, 2, 26, 0, 2, 0]
    assert ledger.to_dict() == {"read": 6, "kept": 6, "set_aside": {}}
    assert ledger.minutes == {"log": 32.0, "set_aside": 0.0}


def test_officers_are_dropped_and_counted_and_speeds_do_not_stay():
    _, ledger = read_patrols(LOG, return_ledger=True)
    told = next(e for e in ledger.entries if e.code == "persons_dropped")
    assert "driver" in told.detail
    assert "Officer_2" in told.detail
    assert told.rows == 6
    with pytest.raises(DataError, match="column of officers"):
        read_patrols(LOG, columns={"unit": "driver"})


def test_faults_stay_until_they_are_asked_for():
    kept = codes(read_patrols(LOG, return_ledger=True)[1])
    assert (kept["ping_speed"], kept["ping_no_place"], kept["ping_gap"]) == (1, 1, 1)
    table, ledger = read_patrols(LOG, set_aside=["speed", "place"], return_ledger=True)
    assert ledger.set_aside == {"ping_no_place": 1, "ping_speed": 1}
    assert len(table) == 4
    with pytest.raises(DataError, match=r"set_aside='speeed'.*'speed'"):
        read_patrols(LOG, set_aside=["speeed"])


def test_a_jump_is_neither_reached_nor_left_and_two_clocks_are_told_apart():
    n = 60
    log = pd.DataFrame({"unit": "a", "time": pd.date_range("2024-03-05", periods=n, freq="min"), "lon": 119.97,
                        "lat": 31.81})  # fmt: skip
    log.loc[20, "lon"] = 121.0
    log.loc[40:, "lat"] = 32.5  # stays there: the step is too fast, but none of its ends is alone
    assert codes(read_patrols(log, return_ledger=True)[1])["ping_jump"] == 1
    assert len(read_patrols(log, set_aside=["jump"])) == n - 1
    log.loc[5, "time"] = pd.Timestamp("2004-07-20")
    table, ledger = read_patrols(log, set_aside=["clock", "jump"], return_ledger=True)
    assert ledger.set_aside == {"ping_clock": 1, "ping_jump": 1}
    assert ledger.minutes["log"] == table["minutes"].sum() + 1 == n - 1
    twice = pd.concat([log, log.iloc[[10]]])
    assert codes(read_patrols(twice, return_ledger=True)[1])["ping_repeated"] == 1


def test_the_key_gives_a_unit_one_code_in_every_file_and_nobody_else_can_make_it():
    one, two = read_patrols(LOG, key="ours"), read_patrols(LOG.iloc[::-1], key="ours")
    assert set(one["unit"]) == set(two["unit"])
    assert not set(one["unit"]) & set(read_patrols(LOG, key="theirs")["unit"])
    assert not one["unit"].str.contains("P7").any()


def test_positions_without_unit_or_time_hold_no_minutes_and_go():
    bad = LOG.assign(**{"Call Sign": ["P7", None, *["P7"] * 4], "timestamp": [*LOG["timestamp"][:4], "?", None]})
    _, ledger = read_patrols(bad, return_ledger=True)
    assert ledger.set_aside == {"missing_unit": 1, "missing_time": 1, "bad_time": 1}
    with pytest.raises(MissingColumnError, match="unit"):
        read_patrols(LOG.drop(columns="Call Sign"))
    with pytest.raises(MissingColumnError, match="time or start"):
        read_patrols(LOG.drop(columns="timestamp"))
    with pytest.raises(DataError, match="none of the 6 positions"):
        read_patrols(LOG.assign(timestamp="?"))


def test_stops_keep_what_is_not_known_and_say_what_is_odd():
    log = pd.DataFrame({
        "unit": list("aabbc"), "start": ["2024-03-05 22:00"] * 3 + [None, "2024-03-07 10:00"],
        "end": ["2024-03-05 22:15", "2024-03-05 21:00", "2024-03-05 22:30", None, "2024-03-09 10:00"],
        "minutes": [15, None, 60, 7.5, None], "lon": [119.97, 119.97, None, 119.97, 119.97], "lat": 31.81,
    })  # fmt: skip
    stops, ledger = read_patrols(log, return_ledger=True)
    assert stops["minutes"].fillna(-1).tolist() == [15, -1, 60, 7.5, 2880]
    told = codes(ledger)
    assert (told["stop_clock"], told["ping_no_place"], told["stop_no_minutes"], told["stop_minutes_differ"]) == (
        2,
        1,
        1,
        1,
    )
    asked, ledger = read_patrols(log, set_aside=["clock", "place", "minutes"], return_ledger=True)
    assert ledger.set_aside == {"stop_clock": 2, "ping_no_place": 1}
    assert asked["minutes"].tolist() == [15, 7.5]
    assert ledger.minutes == {"log": 2962.5, "set_aside": 2940.0}


def test_every_kind_of_file_gives_the_same_log(tmp_path):
    log = LOG.dropna(subset="lon").rename(columns={"Call Sign": "unit"}).assign(unit=lambda t: t["unit"].str.strip())
    log = log[["unit", "timestamp", "lon", "lat"]]
    log.to_csv(tmp_path / "log.csv", index=False)
    log.to_parquet(tmp_path / "log.parquet")
    rows = list(log.itertuples(index=False))
    feature = [{"type": "Feature", "properties": {"unit": r.unit, "time": r.timestamp},
                "geometry": {"type": "Point", "coordinates": [r.lon, r.lat]}} for r in rows]  # fmt: skip
    own = [r for r in rows if r.unit == "P7"]
    lines = [{"type": "Feature", "properties": {"unit": "P7", "coordTimes": [r.timestamp for r in own]},
              "geometry": {"type": "LineString", "coordinates": [[r.lon, r.lat] for r in own]}}]  # fmt: skip
    for name, content in (("points", feature), ("lines", lines)):
        (tmp_path / f"{name}.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": content}))
    tracks = "".join(
        f"<trk><name>{unit}</name><trkseg>" + "".join(
            f'<trkpt lat="{r.lat}" lon="{r.lon}"><time>{r.timestamp.replace(" ", "T")}:00Z</time></trkpt>'
            for r in rows if r.unit == unit
        ) + "</trkseg></trk>" for unit in ("P7", "P9")
    )  # fmt: skip
    (tmp_path / "log.gpx").write_text(f'<gpx xmlns="http://www.topografix.com/GPX/1/1">{tracks}</gpx>')
    known = read_patrols(log, key="k")
    for name in ("log.csv", "log.parquet", "points.geojson", "log.gpx"):
        pd.testing.assert_frame_equal(read_patrols(tmp_path / name, key="k"), known, check_dtype=False)
    one = known[known["unit"] == known["unit"].iloc[0]].reset_index(drop=True)
    pd.testing.assert_frame_equal(read_patrols(tmp_path / "lines.geojson", key="k"), one, check_dtype=False)


def test_gpx_that_is_none_or_calls_out_is_refused(tmp_path):
    for text, said in (("<gpx></gpx>", "no point"), ("<gpx", "cannot be read"),
                       ('<!DOCTYPE gpx [<!ENTITY a "b">]><gpx/>', "entities")):  # fmt: skip
        (tmp_path / "log.gpx").write_text(text)
        with pytest.raises(DataError, match=said):
            read_patrols(tmp_path / "log.gpx")


def test_lines_without_a_time_for_each_point_are_refused():
    import geopandas as gpd

    line = gpd.GeoDataFrame({"unit": ["a"]}, geometry=[shapely.LineString([(119.9, 31.8), (120, 31.8)])], crs=4326)
    with pytest.raises(DataError, match="lines without times"):
        read_patrols(line)
    with pytest.raises(DataError, match="2 points and 1 times"):
        read_patrols(line.assign(coordTimes=['["2024-03-05 22:00"]']))


def test_what_was_read_is_not_changed():
    before = LOG.copy()
    read_patrols(LOG)
    pd.testing.assert_frame_equal(LOG, before)
    assert np.isnan(read_patrols(LOG)["lon"]).sum() == 1
