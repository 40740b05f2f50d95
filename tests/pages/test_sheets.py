"""Sheets say what the data say, in both languages, on the right number of pages; hostile texts are only text."""

import json
import re

import geopandas as gpd
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely

from patrolgeo import DataError, MissingFileError, print_sheets
from patrolgeo.escape import printable
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.office import write_office
from patrolgeo.pages.sheets import paper
from patrolgeo.pages.sheets.paper import Line
from patrolgeo.pages.sheets.print_sheets import _paged
from patrolgeo.pages.sheets.printed import Shift
from patrolgeo.pages.sheets.said import _bar
from patrolgeo.words.messages import load_words
from test_hostile_text import PAYLOADS, Poison

DAY = "2024-12-30"
NUMBER = r"([\d.]+)"
BY_HOUR = {1: [(h + 1) / 100 for h in range(24)], 2: [1 / 24] * 24}  # of 3 and 1 expected in the areas
HOSTILE = [text for text in PAYLOADS if "\x00" not in text]


def points(xy, **columns):
    return gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(*zip(*xy, strict=True)), crs="EPSG:4326")


def plan_folder(folder, language="en", name=("石垌", "Elm & Oak"), villages=("枫湾屯", "Low Mill", "平竹屯")):
    """A finished plan of two areas and two shifts, small enough to know every word of it."""
    squares = [shapely.box(107, 23, 107.05, 23.06), shapely.box(107.05, 23, 107.1, 23.06)]
    areas = gpd.GeoDataFrame(
        {"name": list(name), "radio_code": ["077", "345"], "spoken_border": ["north: river 岚江", "west: S210"],
         "population": [1200.0, 800.0], "area_km2": [33.0, 34.0], "risk_plan": [3.0, 1.0], "mean_minutes": [11.0, 14.0],
         "worst_minutes": [23.0, 41.0]}, geometry=squares, crs="EPSG:4326",
        index=pd.Index([1, 2], name="area"))  # fmt: skip
    at = [(107.01, 23.01), (107.06, 23.02), (107.02, 23.05)]
    posts = points(at, shift=["day", "night", "day"], rank=[1, 1, 2], name=["青柏小学", "Bank", "Market"],
                   kind=["primary school", "bank", "market"], force=["social", "dedicated", "volunteer"],
                   hours=["08:00-18:00", "22:00-06:00", "08:00-18:00"], people=[2, 3, 4])  # fmt: skip
    stops = points(at, id=["a", "b", "c"], day=[DAY] * 3, unit=[1, 1, 2], order=[1, 2, 3], activity=["stop"] * 3,
                   **{"from": ["22:10", "23:30", "19:00"], "to": ["22:22", "23:42", "19:12"]},
                   place=["x"] * 3, name=["", "Gate", ""])  # fmt: skip
    spots = gpd.GeoDataFrame(
        {"spot": [1], "near": ["石垌1街"], "area": [1], "incidents": [78.0], "ratio": [2.4], "peak_workdays": ["10-14"],
         "peak_weekend": ["18-22"]}, geometry=[shapely.box(107.02, 23.02, 107.03, 23.03)], crs="EPSG:4326")  # fmt: skip
    crossing = points([(107.07, 23.03)], rank=[1], name=["大坛屯"], road=["G901"], grade=["raised"], area=[2])
    told = [{"shift": s, "hours": h, "force": f, "posts": 1, "people": 2} for s, h, f in
            (("day", "08:00-18:00", "social"), ("night", "22:00-06:00", "dedicated"))]  # fmt: skip
    found = Findings(
        summary={"posts": {"by_force": told}}, areas=areas, spots=spots, checkpoints=crossing,
        roads=gpd.GeoDataFrame({"name": ["S210"], "road_class": ["county"]}, crs="EPSG:4326",
                               geometry=[shapely.LineString([(107, 23.01), (107.1, 23.03)])]),
        overlays={"posts": posts, "stops": stops, "day_stops": stops, "villages": points(at, name=list(villages))},
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    write_office(folder, found, Edition("Longhe", language=language))
    summary = {"title": "Longhe 龙河", "audience": "internal", "synthetic": False, "credits": "© OSM",
               "incidents": {"last": "2024-12-29T20:47:00"}, "posts": {"by_force": told},
               "areas": {"by_area": [{"area": area, "by_hour": told} for area, told in BY_HOUR.items()]},
               "response": {"by_area": [{"area": name[0], "proposed": 22.4}]}}  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary), "utf-8")
    (folder / "manifest.json").write_text(json.dumps({"settings": {"language": language}}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_folder(tmp_path_factory.mktemp("plan"))


def bare(text):
    return re.sub(r"\s", "", text)


def texts(path):
    return [bare(page.extract_text()) for page in pypdf.PdfReader(path).pages]


def hours_on(page):
    """The hours that a page tells: begin, end, bar, number."""
    return re.findall(r"(\d\d:\d\d)–(\d\d:\d\d)([▏▎▍▌▋▊▉█]+)([\d.]+?)(?=\d\d:\d\d–|[^\d.])", page)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_sheet_says_what_the_data_say(plan, tmp_path, monkeypatch, language):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735600000")
    pages = texts(print_sheets(plan, tmp_path / "s.pdf", language=language))
    words = {key: bare(text) for key, text in load_words(language).items()}
    # an index; two areas in two shifts and one for the stop at 19:00, which is in neither; three kinds of force
    assert len(pages) == 1 + 2 * 3 + 3
    for page in pages:
        assert all(text in page for text in ("Longhe龙河", "2024-12-30", "2025-03-30", words["no_ground"], "©OSM"))
        assert words["internal"] in page
        assert words["sheet_approval"][:4] in page
    index, day, night, rest, east_day, east_night, *_ = pages
    assert all(text in index for text in ("石垌", "Elm&Oak", "077", "345", "1,200", "800"))
    for area in (day, night, rest):
        assert all(text in area for text in ("石垌", "077", "north:river岚江", "S210", "枫湾屯", "平竹屯", "11", "23"))
        assert all(text in area for text in ("石垌1街", "78", "2.4", "10-14", "18-22", "75%", "Elm&Oak", "22"))
    assert "青柏小学" in day
    assert "Market" in day
    assert "青柏小学" not in night + east_day
    assert "Bank" in east_night
    assert "22:10–22:22" in night
    assert "19:00" not in day + night
    assert "19:00–19:12" in rest
    assert "23:30–23:42" in east_night
    assert all(text in east_day for text in ("大坛屯", "G901", words["grade_raised"]))
    for page, area, begin, end in ((day, 1, 8, 18), (night, 1, 22, 30), (east_day, 2, 8, 18), (east_night, 2, 22, 30)):
        told = hours_on(page)
        clock = [(f"{h % 24:02d}:00", f"{(h + 1) % 24:02d}:00") for h in range(begin, end)]
        assert [hour[:2] for hour in told] == clock
        known = [BY_HOUR[area][h % 24] for h in range(begin, end)]
        assert [float(n) for *_, n in told] == pytest.approx(known, rel=6e-3)
        n, whole = re.findall(words["sheet_by_hour_text"].replace("{n}", NUMBER).replace("{whole}", NUMBER), page)[0]
        assert (float(n), float(whole)) == pytest.approx((sum(known), sum(BY_HOUR[area])), rel=6e-3)
        longest = [len(bar) for _, _, bar, _ in told]
        assert longest == [len(_bar(share / max(BY_HOUR[area]))) for share in known]
    assert hours_on(rest) == hours_on(index) == []
    for force, name in (("social", "青柏小学"), ("dedicated", "Bank"), ("volunteer", "Market")):
        page = next(p for p in pages[-3:] if words[f"force_{force}"] in p)
        assert name in page
    assert (
        bare(load_words(language)["sheet_on_page"].format(shift="", n=5)).strip("：:") in index
    )  # the east begins there


@pytest.mark.check
def test_same_plan_same_bytes(plan, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1735600000")
    one, two = (print_sheets(plan, tmp_path / f"{n}.pdf") for n in "12")
    assert one.read_bytes() == two.read_bytes()


def test_hostile_names_are_text(tmp_path):
    folder = plan_folder(tmp_path / "plan", name=("$x^2$ ${title}", "\\frac{1}{2} <b>"), villages=HOSTILE[:3])
    pages = texts(path := print_sheets(folder, tmp_path / "s.pdf", paper="A3"))
    box = pypdf.PdfReader(path).pages[0].mediabox
    assert (float(box.width) / 72 * 25.4, float(box.height) / 72 * 25.4) == pytest.approx((297, 420), abs=0.5)
    assert all(bare("$x^2$ ${title}") in page for page in pages[:4])
    everything = "".join(pages)
    assert all(bare(text) in everything for text in HOSTILE[:3])


STEERING = {"shift", "hours", "force", "grade", "id", "day", "activity", "from", "to", "place", "peak_workdays",
            "peak_weekend", "road_class"}  # fmt: skip
PRINTED = {"areas": ("name", "radio_code", "spoken_border"), "posts": ("name", "kind"), "villages": ("name",),
           "checkpoints": ("name", "road"), "hot_spots": ("near",)}  # fmt: skip


@pytest.mark.parametrize("offset", [0, *(pytest.param(n, marks=pytest.mark.check) for n in (11, 22))])
def test_every_text_of_every_layer_is_printed_as_written_and_none_acts(tmp_path, offset):
    folder, poison, wanted = plan_folder(tmp_path / "plan"), Poison(offset), []
    for name, _ in pyogrio.list_layers(folder / "plan.gpkg"):
        layer = gpd.read_file(folder / "plan.gpkg", layer=name)
        if not isinstance(layer, gpd.GeoDataFrame):
            continue
        for column in layer.columns.difference([*STEERING, "geometry"]):
            if isinstance(layer[column].iloc[0], str):
                layer[column] = [printable(poison(text)) if text else text for text in layer[column]]
                wanted += [text for text in layer[column] if text and column in PRINTED.get(name, ())]
        layer.to_file(folder / "plan.gpkg", layer=name)
    path = print_sheets(folder, tmp_path / "s.pdf")
    everything = "".join(texts(path))
    assert len(wanted) > 10
    assert [text for text in wanted if bare(text) not in everything] == []
    assert not re.findall(rb"/(JS|JavaScript|URI|Launch|EmbeddedFile|SubmitForm|OpenAction|AA)\b", path.read_bytes())


def test_what_does_not_fit_goes_on_and_nothing_is_left_out():
    names = [f"Village number {i} of a long list" for i in range(400)]
    sheets = list(_paged("title", 1, [], [Line("Villages", "head"), Line(", ".join(names))], "A4"))
    assert [sheet.mapped for sheet in sheets] == [True, *[False] * (len(sheets) - 1)]
    assert len(sheets) > 1
    lines = [line.text for sheet in sheets for column in sheet.columns for line in column]
    assert bare("".join(lines)) == bare("Villages" + ", ".join(names))


def test_without_a_chinese_font_there_is_one_warning(plan, tmp_path, monkeypatch):
    monkeypatch.setattr(paper, "fonts", lambda: ["DejaVu Sans"])
    with pytest.warns(UserWarning, match="fonts-noto-cjk") as told:
        paper.warn_without_chinese("平竹屯")
    assert len(told) == 1


def test_what_cannot_be_printed_is_said(plan, tmp_path):
    with pytest.raises(MissingFileError, match=r"manifest\.json is missing"):
        print_sheets(tmp_path, tmp_path / "s.pdf")
    with pytest.raises(DataError, match=r"its days are: 2024-12-30"):
        print_sheets(plan, tmp_path / "s.pdf", day="2030-01-01")
    with pytest.raises(DataError, match="A4"):
        print_sheets(plan, tmp_path / "s.pdf", paper="A5")
    (broken := plan_folder(tmp_path / "broken")).joinpath("plan.gpkg").write_bytes(b"no package")
    with pytest.raises(DataError, match="Run the plan again"):
        print_sheets(broken, tmp_path / "s.pdf")
    assert not (tmp_path / "s.pdf").exists()


def test_a_shift_is_told_hour_by_hour():
    assert Shift("evening", "19:30-22:15").parts() == [(1170, 1200), (1200, 1260), (1260, 1320), (1320, 1335)]
    assert [end for _, end in Shift("night", "22:00-06:00").parts()] == [1380 + 60 * k for k in range(8)]
    assert sum(end - begin for begin, end in Shift("all", "00:00-24:00").parts()) == 1440
    assert len(Shift().parts()) == 24
    assert [_bar(share) for share in (0, 0.01, 1 / 12, 1)] == ["", "▏", "█", "█" * 12]


def test_a_shift_past_midnight_holds_both_sides():
    night = Shift("night", "22:00-06:00")
    assert [night.holds(t) for t in ("21:59", "22:00", "05:59", "06:00")] == [False, True, True, False]
    assert Shift("day", "08:00-18:00").holds("18:00") is False
    assert Shift().holds("03:00")


def test_lines_are_as_wide_as_they_are_said_to_be():
    text = "北：岚江；东：古塘巡区 and a road S210 with a very-long-name-that-has-no-end " * 3
    lines = paper.wrap(text, 40, 8)
    assert bare("".join(lines)) == bare(text)
    assert max(paper.width(line, 8) for line in lines) <= 40
    assert not any(line[0] in paper.CLINGS for line in lines)
