"""Places and times of other writings read the same, or are refused with the reason; never as something else."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from babel.dates import format_date
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import CRSError, DataError, from_wgs84, read_area, read_incidents, read_population
from patrolgeo.sources.angles import angle, pairs
from patrolgeo.sources.clocks import parse_clock
from patrolgeo.sources.times import parse_times
from patrolgeo.sources.wording import in_digits


def rows(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"time": ["2024-03-05"] * n, "category": "theft", **columns})


def read(table, **options):
    return read_incidents(table, return_ledger=True, **options)


def times(*texts, **options):
    return [None if np.isnat(t) else str(t) for t in parse_times(pd.Series(list(texts)), "time", **options).values]


def said(ledger, code):
    return next((e.detail for e in ledger.entries if e.code == code), None)


# --- places

WAYS = [
    "{s}{d}°{m:02}'{c:02}\"",
    "{d}°{m:02}′{c:02}″{l}",
    "{s}{d} {m:02} {c:02}",
    "{s}{d}:{m:02}:{c:02}",
    "{l}{d} {m:02} {c:02}",
    "{d}度{m:02}分{c:02}秒{l}",
    "{s}{x:.9f}",
    "{s}{x:.9f}°",
    "{x:.9f}{l}",
    "{x:.9f}° {l}",
    "{l}{x:.9f}",
    "{d}-{m:02}-{c:02}{l}",
]


@settings(max_examples=150, deadline=None)
@given(st.integers(-179 * 3600, 179 * 3600), st.sampled_from(WAYS))
def test_degrees_read_the_same_in_every_writing(seconds, way):
    size = abs(seconds)
    d, m, c = size // 3600, size // 60 % 60, size % 60
    text = way.format(s="-" if seconds < 0 else "", l="W" if seconds < 0 else "E", d=d, m=m, c=c, x=size / 3600)
    assert angle(text)[0] == pytest.approx(seconds / 3600, abs=1e-8)


@pytest.mark.parametrize(
    "text",
    ["REDACTED", "12 70 3", "119.97x", "x119.97", "1195812", "-87.6E", "N", "12.5 30", "200°", "1 2 3 4", "E5W", ""],
)
def test_a_text_is_an_angle_as_a_whole_or_not_at_all(text):
    assert angle(text) is None


def test_pairs_are_read_by_their_letters_brackets_and_order():
    texts = [
        "POINT (-87.63 41.88)",
        "(41.88, -87.63)",
        "1 MAIN ST\n(41.88, -87.63)",
        "41.88N; 87.63W",
        "87.63W, 41.88N",
    ]
    lon, lat, unread, *_ = pairs(pd.Series([*texts, "at the market", None]))
    assert lon[:5] == pytest.approx([-87.63] * 5)
    assert lat[:5] == pytest.approx([41.88] * 5)
    assert unread.tolist() == [False] * 5 + [True, False]


def test_text_that_is_no_coordinate_has_its_own_reason_and_example():
    ledger = read(rows(lon=["REDACTED", None, "-87.6"], lat=["REDACTED", None, "41.8"]))[1]
    assert ledger.set_aside == {"unread_place": 1, "missing_place": 1}
    assert "REDACTED" in said(ledger, "unread_place")


CITY = {"lon": np.linspace(-87.7, -87.6, 40), "lat": np.linspace(41.8, 41.9, 40)}


@pytest.mark.parametrize(
    ("lon", "lat", "word"),
    [
        (-1, -1, "at -1 -1"),
        (0, 41.85, "coordinate 0"),
        (-87.65, 0, "coordinate 0"),
        (10, 90, "pole"),
        (41.85, -87.65, "exchanged"),
        (87.65, 41.85, "sign lost"),
        (-87.65, -41.85, "sign lost"),
        (-60, 41, "far from"),
    ],
)
def test_a_point_far_from_the_rest_is_a_warning_with_what_it_may_be(lon, lat, word):
    ledger = read(rows(lon=[*CITY["lon"], lon], lat=[*CITY["lat"], lat]))[1]
    assert word in said(ledger, "far_place")
    assert "1 row(s)" in said(ledger, "far_place")


def test_a_country_has_no_points_far_from_the_rest():
    rng = np.random.default_rng(0)
    assert said(read(rows(lon=rng.uniform(-120, -70, 400), lat=rng.uniform(25, 48, 400)))[1], "far_place") is None


def test_when_all_rows_would_have_to_be_turned_the_area_is_suspected():
    area = gpd.GeoDataFrame(geometry=[shapely.box(51, -1, 52, 1)], crs=4326)
    with pytest.raises(CRSError, match="exchanged"):
        read(rows(lon=[0.1, 0.2], lat=[51.4, 51.5]), area=area)


def test_degrees_in_a_layer_marked_as_feet_are_refused():
    layer = gpd.GeoDataFrame(geometry=[shapely.box(-96.9, 32.7, -96.7, 32.9)], crs="EPSG:2276")
    with pytest.raises(CRSError, match="are degrees"):
        read_area(layer)


def test_an_area_of_next_to_nothing_is_a_warning():
    with pytest.warns(UserWarning, match="km2"):
        read_area(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1e-4, 1e-4)], crs=4326))


@pytest.mark.parametrize(("west", "south"), [(77.0, 28.5), (119.9, 31.8)])
def test_rows_that_spill_over_one_border_are_not_called_shifted(west, south):
    rng = np.random.default_rng(1)
    area = gpd.GeoDataFrame(geometry=[shapely.box(west, south, west + 0.05, south + 0.05)], crs=4326)
    lon, lat = rng.uniform(west, west + 0.054, 2000), rng.uniform(south, south + 0.05, 2000)
    assert said(read(rows(lon=lon, lat=lat), area=area)[1], "shift_suspect") is None


def test_rows_that_are_all_shifted_are_called_so():
    rng = np.random.default_rng(1)
    area = gpd.GeoDataFrame(geometry=[shapely.box(119.9, 31.8, 119.95, 31.85)], crs=4326)
    lon, lat = from_wgs84(rng.uniform(119.9, 119.95, 2000), rng.uniform(31.8, 31.85, 2000), "GCJ02")
    assert "GCJ02" in said(read(rows(lon=lon, lat=lat), area=area)[1], "shift_suspect")


def test_cells_are_read_as_text_and_as_whole_numbers():
    people = pd.DataFrame({"population": [1, 2], "cell": [int("88309c4de3fffff", 16), "88309c4de3fffff"]})
    assert set(read_population(people)["cell"]) == {"88309c4de3fffff"}


# --- times


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.dates(pd.Timestamp("1971-01-01").date(), pd.Timestamp("2060-01-01").date()), min_size=1, max_size=6),
    st.sampled_from(["en", "fr", "es", "de", "pt", "it", "ru", "pl", "nl", "tr", "sv", "el"]),
    st.sampled_from(["long", "d MMMM y", "d MMM y"]),
)
def test_a_date_in_any_language_is_the_day_it_names(days, language, form):
    texts = [format_date(d, form, locale=language) for d in days]
    try:
        found = times(*texts)
    except DataError as error:
        assert "in one language and" in str(error)  # noqa: PT017 - one short name can be two months
        return
    assert found == [f"{d.isoformat()}T00:00:00" for d in days]


NUMERALS = "〇一二三四五六七八九"


def _chinese(n):
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else NUMERALS[tens] + "十") + (
        NUMERALS[ones] if ones or not tens else ""
    )


HALVES = {
    "凌晨": range(6),
    "上午": range(6, 12),
    "中午": (12,),
    "下午": range(13, 18),
    "傍晚": range(17, 20),
    "晚上": range(18, 24),
}


@settings(max_examples=120, deadline=None)
@given(
    st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2050-01-01")),
    st.sampled_from(["plain", "numerals", "half", "wide", "about"]),
)
def test_chinese_writings_of_a_moment_read_the_same(moment, style):
    t = moment.replace(second=0, microsecond=0)
    year, month, day, hour, minute = str(t.year), str(t.month), str(t.day), str(t.hour), str(t.minute)
    if style == "numerals":
        year = "".join(NUMERALS[int(c)] for c in year)
        month, day, hour, minute = (_chinese(v) for v in (t.month, t.day, t.hour, t.minute))
    if style == "half":
        half = next(name for name, hours in HALVES.items() if t.hour in hours)
        hour = half + str(t.hour if t.hour <= 12 else t.hour - 12)
    text = f"{year}年{month}月{day}日 {hour}时{minute}分" + ("许" if style == "about" else "")
    if style == "wide":
        text = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text)
    assert times(text) == [t.isoformat()]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024年3月5日两点半", "2024-03-05T02:30:00"),
        ("2024年3月5日 晚上12时", "2024-03-06T00:00:00"),
        ("2024-03-05 下午 3:40", "2024-03-05T15:40:00"),
        ("2024年3月5日晚上2点", None),
        ("2024年3月5日三点一刻", "2024-03-05T03:15:00"),
        ("2024-03-05 23:40 UTC", "2024-03-05T23:40:00"),
        ("2024-03-05 2340", "2024-03-05T23:40:00"),
        ("03/2024", "2024-03-01T00:00:00"),
        ("0001-01-01", None),
        ("9999-12-31", None),
        ("00/00/0000", None),
    ],
)
def test_further_writings_are_read_as_they_are_meant(written, meant):
    assert times(written) == [meant]


@pytest.mark.parametrize("text", ["3月5日", "5 Mar", "Mar 5"])
def test_a_day_without_its_year_is_refused_with_that_reason(text):
    table = rows(lon=[1, 1.1], lat=[2, 2.1]).assign(time=[text, "2024-03-05"])
    assert read(table)[1].set_aside == {"no_year": 1}


@pytest.mark.parametrize("zone", ["Z", " UTC", "+00", "+0000", "+00:00", " GMT"])
def test_every_writing_of_utc_says_so_and_asks_for_the_zone(zone):
    table = rows(lon=[1], lat=[2]).assign(time=[f"2024-07-25 04:00:00{zone}"])
    incidents, ledger = read(table)
    assert incidents["time"].tolist() == [pd.Timestamp("2024-07-25 04:00")]
    assert "tz=" in said(ledger, "utc_clock")
    incidents, ledger = read(table, tz="America/New_York")
    assert incidents["time"].tolist() == [pd.Timestamp("2024-07-25 00:00")]
    assert "1 time(s)" in said(ledger, "from_utc")


@pytest.mark.parametrize(
    "column", [pd.to_datetime(["2024-07-25 04:00Z"]), [1721880000000], [1721880000], ["1721880000"]]
)
def test_aware_frames_and_epochs_say_that_they_are_utc(column):
    incidents, ledger = read(rows(lon=[1], lat=[2]).assign(time=column))
    assert incidents["time"].tolist() == [pd.Timestamp("2024-07-25 04:00")]
    assert said(ledger, "utc_clock")


def test_offsets_of_a_layer_are_not_lost(tmp_path):
    path = tmp_path / "x.geojson"
    layer = gpd.GeoDataFrame({"time": ["2024-03-05T23:40:00-06:00"]}, geometry=[shapely.Point(1, 2)], crs=4326)
    layer.to_file(path)
    assert read(path)[0]["time"].tolist() == [pd.Timestamp("2024-03-05 23:40")]
    assert read(path, tz="America/Chicago")[0]["time"].tolist() == [pd.Timestamp("2024-03-05 23:40")]
    assert read(path, tz="UTC")[0]["time"].tolist() == [pd.Timestamp("2024-03-06 05:40")]


def test_ranges_of_clocks_and_days_are_intervals_and_never_offsets():
    texts = ["11/29/2025 19:48-23:08", "11/28/2025 9:50-11:33", "11/30/2025 23:00-01:00", "11/27/2025 10:00"]
    incidents, ledger = read(rows(lon=[1, 2, 3, 4], lat=[1, 1, 1, 1]).assign(time=texts))
    assert incidents["time"].dt.strftime("%d %H:%M").tolist() == ["29 19:48", "28 09:50", "30 23:00", "27 10:00"]
    assert incidents["time_end"].dt.strftime("%d %H:%M").tolist()[:3] == ["29 23:08", "28 11:33", "01 01:00"]
    assert said(ledger, "time_range") is not None
    table = rows(lon=[1], lat=[1]).drop(columns="time").assign(date="11/28/25-12/20/25", clock="15:30-10:11")
    incidents, _ = read(table)
    assert incidents["time"].tolist() == [pd.Timestamp("2025-11-28 15:30")]
    assert incidents["time_end"].tolist() == [pd.Timestamp("2025-12-20 10:11")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 1439), min_size=12, max_size=20),
    st.sampled_from(
        ["colon", "hhmm", "number", "fraction", "pm", "p. m.", "half words", "dot", "dot number", "seconds", "h"]
    ),
)
def test_a_clock_in_its_own_column_reads_the_same_in_every_writing(minutes, style):
    minutes = [*minutes, 13 * 60 + 1]  # numbers up to 24 alone would be hours
    write = {
        "colon": lambda m: f"{m // 60}:{m % 60:02}",
        "hhmm": lambda m: f"{m // 60:02}{m % 60:02}",
        "number": lambda m: m // 60 * 100 + m % 60,
        "fraction": lambda m: m / 1440,
        "pm": lambda m: f"{m // 60 % 12 or 12}:{m % 60:02} {'AM' if m < 720 else 'PM'}",
        "p. m.": lambda m: f"{m // 60 % 12 or 12:02}:{m % 60:02} {'a' if m < 720 else 'p'}. m.",
        "half words": lambda m: f"{'上午' if m < 720 else '下午'}{m // 60 % 12 or 12}:{m % 60:02}",
        "dot": lambda m: f"{m // 60}.{m % 60:02}",
        "dot number": lambda m: m // 60 + m % 60 / 100,
        "seconds": lambda m: m // 60 * 10_000 + m % 60 * 100,
        "h": lambda m: f"{m // 60}h{m % 60:02}",
    }[style]
    found = parse_clock(pd.Series([write(m) for m in minutes])).astype("timedelta64[m]").astype(int)
    assert found.tolist() == minutes


@pytest.mark.parametrize("written", ["14.30", "14h30", "02:30 p. m.", "下午2:30", "오후 2:30", "143000"])
def test_a_column_of_clocks_is_found_in_every_writing_and_never_read_as_parts_of_an_hour(written):
    others = [written.replace("30", f"{10 + i}", 1) for i in range(11)]  # 14.10, 14.11, ... or 14h10, 14h11, ...
    table = rows(lon=[1.1 + i / 100 for i in range(12)], lat=[1] * 12).rename(columns={"time": "fecha"})
    table = table.assign(fecha="2024-03-13", hora=[written, *others])
    assert read(table)[0]["time"].dt.strftime("%H:%M").tolist() == ["14:30", *(f"14:{10 + i}" for i in range(11))]
    parts = table.assign(hora=[0.25, 8.5, 14.75] * 4)
    assert read(parts)[0]["time"].dt.strftime("%H:%M").tolist()[:3] == ["00:15", "08:30", "14:45"]


def test_half_past_midnight_of_a_machine_is_not_lost():
    values = [
        "2024/3/13 上午 12:30:00",
        "2024/3/13 下午 12:30:00",
        "2024년 3월 13일 오전 4시 5분",
        "2024-03-13 오후 2:30:00",
    ]
    found = parse_times(pd.Series(values), "time").values.astype("datetime64[m]").astype(str).tolist()
    assert [f[11:] for f in found] == ["00:30", "12:30", "04:05", "14:30"]


def test_hours_of_24_are_the_next_day_and_codes_are_unknown_and_counted():
    table = rows(lon=[1, 1.1, 1.2, 1.3], lat=[1] * 4).assign(
        time="2025-11-28", hour=[24, 99, -1, 8], minute=[0, 99, 0, 5]
    )
    incidents, ledger = read(table)
    assert incidents["time"].dt.strftime("%d %H:%M").tolist() == ["29 00:00", "28 00:00", "28 00:00", "28 08:05"]
    assert next(e.rows for e in ledger.entries if e.code == "unknown_hour") == 2


def test_year_month_word_and_day_are_joined():
    table = rows(lon=[1, 2], lat=[1, 1]).drop(columns="time").assign(year=2024, month=["MARZO", "abril"], day=[5, 6])
    assert read(table)[0]["time"].dt.strftime("%m-%d").tolist() == ["03-05", "04-06"]


def test_year_day_month_is_one_decision_that_one_broken_row_does_not_turn():
    assert times("2020-11-05", "2020-14-05", "2020-13-05")[0] == "2020-05-11T00:00:00"
    assert times("2020-11-05", "2020-14-05", "2020-11-06", "2020-11-20")[:2] == ["2020-11-05T00:00:00", None]


def test_the_order_that_was_taken_stands_in_the_ledger():
    ledger = read(rows(lon=[1, 2], lat=[1, 1]).assign(time=["03/04/2024", "03/25/2024"]))[1]
    assert said(ledger, "date_order") == "time was read as month, day, year."


def test_a_typing_error_does_not_decide_the_order_of_a_column():
    with pytest.raises(DataError, match="day-first"):
        times(*["03/01/2024", "04/01/2024", "05/01/2024"] * 40, "25/01/2024")


def test_a_month_that_two_languages_name_differently_is_refused():
    with pytest.raises(DataError, match="'lis' is 11 in one language and 10 in another"):
        in_digits(["5 lis 2024"])


def test_columns_exchanged_throughout_are_said_when_they_put_a_town_in_the_antarctic():
    lon, lat = np.linspace(-87.7, -87.6, 30), np.linspace(41.8, 41.9, 30)
    assert said(read(rows(lon=lat, lat=lon))[1], "antarctic_place") is not None
    assert said(read(rows(lon=lon, lat=lat))[1], "antarctic_place") is None


@pytest.mark.parametrize("name", ["location", "geometry"])
def test_points_of_databases_and_of_geojson_in_a_column(name):
    hexadecimal = shapely.to_wkb(shapely.set_srid(shapely.Point(13.5, 45.25), 4326), hex=True, include_srid=True)
    written = [
        hexadecimal,
        "{'type': 'Point', 'coordinates': [13.5, 45.25]}",
        '{"coordinates":[13.5,45.25,0]}',
        "0101zz",
    ]
    incidents, ledger = read(rows(**{name: written}))
    assert [(p.x, p.y) for p in incidents.geometry] == [(13.5, 45.25)] * 3
    assert "0101zz" in said(ledger, "unread_place")


def test_features_of_a_server_of_esri_are_read_with_their_reference_system(tmp_path):
    metres = from_wgs84_web(-77.03, 38.9)
    point = {"attributes": {"OFFENSE": "THEFT", "START_DATE": 1_709_303_400_000}, "geometry": metres}
    nowhere = {
        "attributes": {"OFFENSE": "THEFT", "START_DATE": 1_709_303_400_000},
        "geometry": {"x": "NaN", "y": "NaN"},
    }
    content = {"fields": [{"name": "OFFENSE", "type": "x"}], "features": [point, nowhere]}
    path = tmp_path / "layer.json"
    path.write_text(json.dumps({**content, "spatialReference": {"wkid": 102100, "latestWkid": 3857}}))
    incidents, ledger = read(path)
    assert (incidents.geometry.x.iloc[0], incidents.geometry.y.iloc[0]) == pytest.approx((-77.03, 38.9))
    assert ledger.to_dict()["set_aside"] == {"missing_place": 1}
    path.write_text(json.dumps(content))
    with pytest.raises(CRSError, match="coordinate reference system"):
        read(path)
    ring, hole = [[0, 0], [0, 4], [4, 4], [4, 0], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    area = {"attributes": {"NAME": "A"}, "geometry": {"rings": [ring, hole]}}
    path.write_text(json.dumps({"spatialReference": {"wkid": 4326}, "features": [area]}))
    assert shapely.area(read_area(path).geometry.iloc[0]) == 15


def from_wgs84_web(lon, lat):
    x, y = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    return {"x": x, "y": y}


def test_unix_seconds_without_a_zone_are_on_no_clock_of_none():
    table = rows(lon=[1, 2], lat=[1, 1]).assign(time=[1_709_303_400, 1_709_353_400])
    assert "None" not in read(table)[1].to_text()
    assert "Europe/Paris" in read(table, tz="Europe/Paris")[1].to_text()
