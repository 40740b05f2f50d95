"""The bulletin: its numbers are those of the records, its files the same every time, its texts shown as written."""

import re
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

from patrolgeo import AreaUnits, Edition, HexGrid, SquareGrid, bulletin
from patrolgeo.errors import CRSError, DataError, MissingColumnError
from patrolgeo.pipeline.month import month_facts, month_named
from patrolgeo.words.messages import load_words
from test_hostile_text import PAYLOADS, Counter, parsed

TOWN = gpd.GeoSeries([shapely.box(119.88, 31.68, 119.92, 31.72)], crs="EPSG:4326")
HOT = (119.905, 31.705)


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_area(TOWN, 9)


@pytest.fixture(scope="module")
def incidents():
    """Fourteen months; one corner has a fifth of it, and May 2024 three times as many burglaries."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2023-04-01", "2024-05-31")
    time = np.repeat(days, 4) + pd.to_timedelta(rng.uniform(0, 24, 4 * len(days)), "h")
    kind = np.where(rng.random(len(time)) < 0.3, "burglary", "theft")
    more = pd.date_range("2024-05-01 21:00", "2024-05-31 23:00", freq="8h")
    time, kind = time.append(more), np.r_[kind, np.full(len(more), "burglary")]
    xy = rng.uniform([119.881, 31.681], [119.919, 31.719], (len(time), 2))
    xy[rng.random(len(time)) < 0.2] = HOT
    return gpd.GeoDataFrame({"time": time, "category": kind}, geometry=gpd.points_from_xy(*xy.T), crs="EPSG:4326")


@pytest.fixture(scope="module")
def places():
    at = gpd.points_from_xy([HOT[0], 119.89], [HOT[1] + 0.0003, 31.69])
    return gpd.GeoDataFrame({"name": ["Golden", "Far"], "kind": ["bar", "school"]}, geometry=at, crs="EPSG:4326")


@pytest.fixture(scope="module")
def areas():
    halves = [shapely.box(119.88, 31.68, 119.90, 31.72), shapely.box(119.90, 31.68, 119.92, 31.72)]
    return gpd.GeoDataFrame({"name": ["West", "East"], "population": [500, 400]}, geometry=halves, crs="EPSG:4326")


@pytest.fixture(scope="module")
def made(incidents, grid, places, areas, tmp_path_factory):
    return bulletin(incidents, grid, tmp_path_factory.mktemp("out"), places=places, areas=areas)


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def text_of(path):
    counter = Counter()
    counter.feed(path.read_text("utf-8").split("<body>")[1])
    return " ".join(" ".join(counter.words).split())


def test_the_numbers_of_the_month_are_those_of_the_records(incidents, made):
    month = incidents["time"].dt.to_period("M").astype(str)
    now, before, year = ((month == m).sum() for m in ("2024-05", "2024-04", "2023-05"))
    page = text_of(made)
    ratio = (now / 31) / (before / 30)
    assert f"{now} incidents were recorded in 2024-05, {before} in 2024-04: {ratio:.2f} times as many a day" in page
    assert f"In the same month a year ago it was {year}: {now / year:.2f} times" in page
    assert "More than chance explains: burglary (more)." in page
    burglaries = [
        ((month == m) & (incidents["category"] == "burglary")).sum() for m in ("2024-05", "2024-04", "2023-05")
    ]
    assert "burglary " + " ".join(map(str, burglaries)) in page


def test_the_hot_corner_is_named_by_its_area_and_place_and_has_a_sheet(made):
    book = openpyxl.load_workbook(made.parent / "bulletin.xlsx")
    words = load_words("en")
    rows = list(book[words["bulletin_where"]].values)
    first = dict(zip(rows[0], rows[1], strict=True))
    assert (first["in area"], first["near"]) == ("East", "Golden")
    page = text_of(made)
    assert "Hot spot 1" in page
    assert "Golden (bar" in page
    assert page.index(words["partner_venue"]) < page.index(words["partner_patrol"])
    assert {words[k][:31] for k in ("chart_hours", "chart_weeks", "chart_knox", "chart_funnel")} <= set(book.sheetnames)


def test_every_figure_is_a_file_and_an_image_of_the_page(made):
    names = {p.stem for p in (made.parent / "figures").glob("*.svg")}
    assert names == {"calendar", "hours", "weeks", "top_ten", "lorenz", "funnel", "knox"}
    assert parsed(made).acting["img"] == len(names)
    for figure in (made.parent / "figures").glob("*.svg"):
        assert ElementTree.fromstring(figure.read_text("utf-8")).tag.endswith("svg")  # noqa: S314


def test_the_same_records_in_another_order_give_the_same_bytes(incidents, grid, places, areas, made, tmp_path):
    mixed = incidents.sample(frac=1, random_state=1)
    bulletin(mixed, grid, tmp_path, places=places.iloc[::-1], areas=areas.iloc[::-1])
    ours, again = files(made.parent), files(tmp_path)
    assert set(ours) == set(again)
    assert [name for name in ours if ours[name] != again[name]] == []


def test_chinese_has_no_english_words_of_ours(incidents, grid, tmp_path):
    path = bulletin(incidents, grid, tmp_path, edition=Edition("龙河", language="zh"))
    page = text_of(path)
    assert "本月概要" in page
    assert "最后才是巡逻" in page
    assert "每周发案数" in (tmp_path / "figures" / "weeks.svg").read_text("utf-8")
    left = set(re.findall(r"[A-Za-z]{4,}", page)) - {"burglary", "theft", "figures", "bulletin", "xlsx"}
    assert not left


def test_hostile_texts_are_shown_as_written(incidents, grid, places, areas, made, tmp_path):
    kinds = incidents["category"].map({"burglary": PAYLOADS[8], "theft": PAYLOADS[1]})
    path = bulletin(
        incidents.assign(category=kinds), grid, tmp_path, places=places.assign(name=PAYLOADS[10], kind=PAYLOADS[11]),
        areas=areas.assign(name=[PAYLOADS[9], PAYLOADS[5]]), edition=Edition(PAYLOADS[10]),
    )  # fmt: skip
    clean, page = parsed(made), parsed(path)
    assert page.acting == clean.acting
    assert page.handlers == []
    assert PAYLOADS[8] in text_of(path)
    for figure in (tmp_path / "figures").glob("*.svg"):
        drawn = parsed(figure)
        assert set(drawn.acting) <= {"svg", "style"}
        assert drawn.handlers == []


@pytest.mark.parametrize("kind", ["squares", "streets"])
def test_other_units_do_too(incidents, kind, tmp_path):
    if kind == "squares":
        units = SquareGrid.from_area(TOWN, 300)
    else:
        ways = [shapely.LineString([(119.88 + k * 0.002, 31.68), (119.88 + k * 0.002, 31.72)]) for k in range(20)]
        units = AreaUnits.from_layer(gpd.GeoDataFrame(geometry=ways, crs="EPSG:4326"), within_m=100)
    assert "hot spots hold" in text_of(bulletin(incidents.iloc[::3], units, tmp_path))


def test_short_records_say_less(incidents, grid, tmp_path):
    few = incidents[incidents["time"] >= "2024-05-01"]
    page = text_of(bulletin(few, grid, tmp_path))
    assert "2024-04 has none to compare with" in page
    assert "do not reach back to the same month a year ago" in page
    assert not (tmp_path / "figures" / "weeks.svg").exists()


def test_the_month_is_the_last_whole_one_or_the_one_asked_for(incidents):
    times = incidents[incidents["time"] < "2024-05-20"]
    assert str(month_named(incidents, None)) == "2024-05"
    assert str(month_named(times, None)) == "2024-04"
    assert str(month_named(times, "2023-11")) == "2023-11"
    for month in ("2025-01", "May", "2023-03"):
        with pytest.raises(DataError, match="month"):
            month_named(times, month)
    with pytest.raises(DataError, match="no whole month"):
        month_named(times[times["time"] < "2023-04-20"], None)


def test_months_alone_give_no_days_and_filled_in_midnights_no_peak(incidents, grid, tmp_path):
    months = incidents["time"].dt.to_period("M").dt.start_time
    page = text_of(bulletin(incidents.assign(time=months, time_precision="month"), grid, tmp_path))
    assert f"Of {len(incidents):,} incidents only the month is known" in page
    assert not {"calendar", "weeks", "knox"} & {p.stem for p in (tmp_path / "figures").glob("*.svg")}
    day = incidents["time"].dt.normalize()
    filled = (day + pd.Timedelta(hours=15, minutes=20)).where(incidents.index % 3 == 0, day)  # the rest at 00:00:00
    spots = month_facts(incidents.assign(time=filled), grid, pd.Period("2024-05"), None, None, None).spots
    assert set(spots["peak_workdays"]) == {"12-16"}


def test_what_cannot_be_told_is_refused(incidents, grid, areas, tmp_path):
    with pytest.raises(DataError, match=r"1 of .* have no kind"):
        bulletin(incidents.assign(category=incidents["category"].where(incidents.index != 3)), grid, tmp_path)
    with pytest.raises(DataError, match=r"1 of .* have no place"):
        bulletin(incidents.set_geometry(incidents.geometry.where(incidents.index != 3)), grid, tmp_path)
    with pytest.raises(CRSError, match="areas"):
        bulletin(incidents, grid, tmp_path, areas=areas.set_crs(None, allow_override=True))
    with pytest.raises(MissingColumnError, match="category"):
        bulletin(incidents.drop(columns="category"), grid, tmp_path)
    with pytest.raises(DataError, match="no incident"):
        bulletin(incidents.iloc[:0], grid, tmp_path)
    with pytest.raises(MissingColumnError, match="name"):
        bulletin(incidents, grid, tmp_path, areas=areas.drop(columns="name"))
