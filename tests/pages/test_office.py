"""The files of the office hold what the findings hold, repeat to the byte, and act in no program that opens them."""

import datetime as dt
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from python_calamine import CalamineWorkbook

from patrolgeo.maps.colours import RAMPS
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office import tables
from patrolgeo.pages.office.fields import PLACE, Reader
from patrolgeo.pages.office.gathered import named
from patrolgeo.pages.office.office import OFFICE, write_office
from patrolgeo.pages.office.styles import Style, qml
from patrolgeo.pages.office.tables import TABLES, OfficeTable, office_tables
from patrolgeo.pages.release import public
from patrolgeo.words.messages import LANGUAGES, load_words

NAMES = {"gpx": "http://www.topografix.com/GPX/1/1", "kml": "http://www.opengis.net/kml/2.2"}


@pytest.fixture(scope="module")
def found(grid):
    n = len(grid)
    west = grid.lonlat[:, 0] < 107.03
    cells = grid.to_gdf().assign(
        risk=np.linspace(0.1, 2, n) ** 3, hotspot=False, workload=1 / n, population=40.0, incidents=np.arange(n) % 7,
        area=np.where(west, "west", "east"), patrollable=np.arange(n) != 1, minutes_to_site=2.0,
    )  # fmt: skip
    areas = cells[["area", "geometry"]].dissolve("area")
    points = gpd.GeoDataFrame({"name": ["East gate", "=1+1"], "kind": "school", "adds_share": [0.3, 0.2]},
                              geometry=grid.centroids[:2].values).rename_axis("rank")  # fmt: skip
    line = shapely.LineString(shapely.get_coordinates(points.geometry.to_numpy()))
    by_area = [{"area": a, "name": a, "spoken_border": "", "mostly": "Old", "mostly_share": 0.7} for a in areas.index]
    shifts = {"22:00-06:00": {"officers_wanted": 4, "officers_on_duty": 2.5}}
    return Findings(
        summary={"areas": {"by_area": by_area}, "strength": {"shifts": shifts}}, cells=cells,
        areas=areas.assign(name=["East", "West"], radio_code=["077120", "345"], workload=[0.4, 0.6]), sites=points,
        roads=gpd.GeoDataFrame({"name": ["G1"], "keeper": ["a name"]}, geometry=[line], crs=points.crs),
        past_scores=pd.DataFrame({"model": ["kernel"], "period": [pd.Timestamp("2024-05-06")], "hit_rate_0.05": [0.4]}),
        ledgers={"incidents": {"read": 10, "kept": 9, "set_aside": {"missing_time": 1}}},
    )  # fmt: skip


@pytest.fixture(scope="module")
def english(found, tmp_path_factory):
    return office(found, tmp_path_factory.mktemp("english"))


@pytest.fixture(scope="module")
def chinese(found, tmp_path_factory):
    return office(found, tmp_path_factory.mktemp("chinese"), "zh")


def office(found, folder, language="en", **words):
    folder.mkdir(exist_ok=True)
    write_office(folder, found, Edition("Longhe", language=language), **words)
    return folder


def sheet(folder, name):
    head, *rows = CalamineWorkbook.from_path(folder / "plan.xlsx").get_sheet_by_name(name).to_python()
    return pd.DataFrame(rows, columns=head)


def test_the_same_findings_give_the_same_bytes(found, english, tmp_path):
    again = office(found, tmp_path / "again")
    assert sorted(p.name for p in again.iterdir()) == sorted(OFFICE)
    assert [name for name in OFFICE if (english / name).read_bytes() != (again / name).read_bytes()] == []


def test_layers_and_sheets_hold_what_the_findings_hold(found, english):
    folder = english
    layers = {name for name, kind in pyogrio.list_layers(folder / "plan.gpkg") if kind is not None}
    assert layers == {"areas", "sites", "cells", "roads"}
    for name in ("areas", "sites", "cells"):
        back = gpd.read_file(folder / "plan.gpkg", layer=name)
        ours = getattr(found, name).reset_index()
        assert back.crs == ours.crs
        assert back.geometry.geom_equals_exact(ours.geometry, 0).all()
        for column in ours.columns.drop("geometry"):
            pd.testing.assert_series_equal(back[column], ours[column], check_dtype=False)
    assert gpd.read_file(folder / "plan.gpkg", layer="roads").columns.tolist() == ["name", "geometry"]
    cells = sheet(folder, "Cells")
    np.testing.assert_allclose(cells["Forecast (incidents a week)"], found.cells["risk"])
    assert cells["Patrollable"].tolist() == found.cells["patrollable"].tolist()
    assert sheet(folder, "Patrol areas")["Radio code"].tolist() == ["077120", "345"]
    assert sheet(folder, "Patrol areas")["Mostly today's"].tolist() == ["Old", "Old"]
    at = sheet(folder, "Posts")[["Longitude", "Latitude"]].to_numpy()
    np.testing.assert_allclose(at, found.sites.get_coordinates().to_numpy())


def test_a_workbook_has_filters_a_fixed_head_numbers_dates_and_no_formula(found, english):
    book = openpyxl.load_workbook(english / "plan.xlsx")
    assert {cell.data_type for page in book for row in page for cell in row} <= {"s", "n", "b", "d", "inlineStr"}
    for page in book.worksheets[1:]:
        assert page.freeze_panes == ("C2" if page.max_column > 8 else "A2")
        assert page.auto_filter.ref == page.dimensions
    assert {cell.value: cell.data_type for cell in book["Posts"]["B"]}["=1+1"] in ("s", "inlineStr")
    assert book["Scores by period"]["B2"].value == dt.datetime(2024, 5, 6)
    assert book["Scores by period"]["B2"].number_format == "yyyy-mm-dd"
    assert book["Scores by period"]["C2"].number_format == "0.0%"
    shown = {cell.value: book["Cells"].cell(2, cell.column).number_format for cell in book["Cells"][1]}
    assert shown["Recorded incidents"] == "#,##0"  # all are whole; shared-out ones would be 0.0
    assert book["Cells"]["A2"].value == found.cells.index[0]
    assert book.properties.created == dt.datetime(2000, 1, 1)


def test_page_one_of_the_workbook_says_what_must_be_read_first(chinese):
    first = sheet(chinese, "使用须知")["使用须知"].tolist()
    assert first[:2] == ["Longhe", "内部使用"]
    assert load_words("zh")["no_ground"] in first


def test_codes_and_headings_are_in_the_language_and_explained_on_the_last_sheet(chinese):
    posts = sheet(chinese, "岗点")
    assert posts["类型"].tolist() == ["学校"] * 2
    told = sheet(chinese, "各列说明")
    assert set(posts.columns) == set(told.loc[told["表"] == "岗点", "列名"])
    row = told[(told["表"] == "单元") & (told["文件中的字段名"] == "risk")].iloc[0]
    assert (row["列名"], row["单位"]) == ("预计案件（起/周）", "起/周")
    assert sheet(chinese, "文件行数")["去向"].tolist() == ["读取", "使用", load_words("zh")["finding_missing_time"]]


def test_names_stand_in_both_languages_where_that_is_wished(found, tmp_path):
    folder = office(found, tmp_path / "a", names=["zh", "en"])
    assert {"单元 / Cell", "面积 / Land（平方千米 / km2）"} <= set(sheet(folder, "单元"))
    styles = pyogrio.read_dataframe(folder / "plan.gpkg", layer="layer_styles", read_geometry=False)
    assert "名称 / Name" in styles["styleQML"][0]


def test_whose_data_it_is_stands_in_every_file(found, tmp_path):
    write_office(tmp_path, found, Edition("Longhe", attribution="© OpenStreetMap contributors"))
    assert "© OpenStreetMap contributors" in sheet(tmp_path, "Read this first")["Read this first"].tolist()
    for name in ("plan.gpkg", "plan.gpx", "plan.kml"):
        assert "© OpenStreetMap contributors".encode() in (tmp_path / name).read_bytes()


def test_the_geopackage_is_written_in_the_wished_crs_devices_in_degrees(found, tmp_path):
    folder = office(found, tmp_path / "a", crs="EPSG:4490")
    assert {gpd.read_file(folder / "plan.gpkg", layer=n).crs.to_epsg() for n in ("areas", "sites", "cells")} == {4490}
    flat = Findings(sites=found.sites.to_crs("EPSG:32648"))
    point = gpd.read_file(office(flat, tmp_path / "b") / "plan.gpx", layer="waypoints").geometry[0]
    assert point.distance(found.sites.geometry.iloc[0]) < 1e-6


def test_devices_get_posts_and_borders(found, english):
    folder = english
    points = gpd.read_file(folder / "plan.gpx", layer="waypoints")
    tracks = gpd.read_file(folder / "plan.gpx", layer="tracks")
    assert points["name"].tolist() == ["post 0 East gate", "post 1 =1+1"]
    np.testing.assert_allclose(points.get_coordinates(), found.sites.get_coordinates(), atol=1e-7)
    assert tracks["name"].tolist() == ["patrol area east East", "patrol area west West"]
    lengths = shapely.length(found.areas.geometry.to_numpy())
    np.testing.assert_allclose(shapely.length(tracks.geometry.to_numpy()), lengths, rtol=1e-4)
    outlines = gpd.read_file(folder / "plan.kml", layer="Patrol areas")
    shared = shapely.intersection(outlines.geometry.to_numpy(), found.areas.geometry.to_numpy())
    np.testing.assert_allclose(shapely.area(shared), shapely.area(found.areas.geometry.to_numpy()), rtol=1e-4)
    root = ElementTree.parse(folder / "plan.kml").getroot()  # noqa: S314  our own file
    assert not [e for e in root.iter() if e.tag.endswith("href")]  # nothing is fetched when it is opened


def test_every_layer_has_a_style_that_fits_its_shapes_and_names_its_columns(english):
    path = english / "plan.gpkg"
    styles = pyogrio.read_dataframe(path, layer="layer_styles", read_geometry=False).set_index("f_table_name")
    assert set(styles.index) == {"areas", "sites", "cells", "roads"}
    assert styles["useAsDefault"].all()
    for name, text in styles["styleQML"].items():
        root = ElementTree.fromstring(text.split("\n", 1)[1])  # noqa: S314  our own text
        columns = gpd.read_file(path, layer=name).columns.drop("geometry")
        assert {alias.get("field") for alias in root.iter("alias")} == set(columns)
        kinds = {"Polygon": "fill", "MultiPolygon": "fill", "Point": "marker", "LineString": "line"}
        info = pyogrio.read_info(path, layer=name)
        assert {symbol.get("type") for symbol in root.iter("symbol")} == {kinds[info["geometry_type"]]}
        assert styles.loc[name, "f_geometry_column"] == info["geometry_name"]


def test_the_classes_of_a_style_hold_every_value_and_darken_upwards(cells):
    cells = cells.assign(risk=np.where(np.arange(len(cells)) < 3, 0.0, cells["risk"]))
    root = ElementTree.fromstring(qml(Style("cells", by="risk"), cells, {}).split("\n", 1)[1])  # noqa: S314
    ends = [(float(r.get("lower")), float(r.get("upper"))) for r in root.iter("range")]
    assert ends[0] == (0, 0)
    assert [high for _, high in ends[1:-1]] == [low for low, _ in ends[2:]]
    assert ends[-1][1] > cells["risk"].max()
    fills = [[int(n) for n in p.get("v").split(",")[:3]] for p in root.iter("prop") if p.get("k") == "color"]
    grey = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in fills]
    assert grey == sorted(grey, reverse=True)
    assert len(fills) == len(ends) <= len(RAMPS["risk"])


def test_markers_of_posts_and_checkpoints_differ_without_colour():
    points = [spec.style for spec in TABLES if spec.style.draws == "points"]
    assert len({style.shape for style in points}) == len(points)


def test_one_line_adds_a_table_to_every_file(found, tmp_path, monkeypatch):
    lamps = OfficeTable("lamps", named("lamps"), {"name": "", "kind": "word"},
                        style=Style("points", shape="square", label="name"), sign="area")  # fmt: skip
    words = {"table_lamps": "Lamps"}
    monkeypatch.setattr(tables, "TABLES", (*TABLES, lamps))
    monkeypatch.setattr("patrolgeo.pages.edition.load_words", lambda *_: load_words("en") | words)
    folder = office(Findings(overlays={"lamps": found.sites}), tmp_path / "a")
    assert len(gpd.read_file(folder / "plan.gpkg", layer="lamps")) == 2
    assert sheet(folder, "Lamps")["Kind"].tolist() == ["school"] * 2
    for name in ("plan.gpx", "plan.kml"):
        assert "East gate" in (folder / name).read_text("utf-8")


def test_nothing_internal_is_in_a_public_file_by_name_or_value(found, grid, tmp_path):
    told = public(found, grid)
    folder = office(told, tmp_path / "a")
    assert {spec.key for spec, _ in office_tables(told)} == {"areas", "cells", "roads", "files"}
    names = {name for name, _ in pyogrio.list_layers(folder / "plan.gpkg")}
    assert names == {"areas", "cells", "roads", "columns", "layer_styles"}
    assert CalamineWorkbook.from_path(folder / "plan.xlsx").sheet_names == [
        "Read this first", "Patrol areas", "Cells", "Rows of the files", "Columns",
    ]  # fmt: skip
    words = pyogrio.read_dataframe(folder / "plan.gpkg", layer="columns", read_geometry=False)["column"]
    assert not {"workload", "radio_code", "rank", "minutes_to_site", "officer_records"} & set(words)
    whole = b"".join((folder / name).read_bytes() for name in ("plan.gpkg", "plan.gpx", "plan.kml"))
    texts = str([CalamineWorkbook.from_path(folder / "plan.xlsx").get_sheet_by_index(i).to_python() for i in range(5)])
    for secret in ("East gate", "wpt", "077120", "workload", "radio"):
        assert secret.encode() not in whole
        assert secret.casefold() not in texts.casefold()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_of_every_table_has_its_words_and_unit(language):
    reader = Reader([load_words(language)])
    for spec in TABLES:
        assert reader.say(f"table_{spec.key}")
        assert not spec.sign or spec.sign in reader.words
        for column, unit in {**spec.columns, **PLACE}.items():
            told = reader.field(spec, column)
            assert told.meaning, (spec.key, column)
            assert told.unit or unit in ("", "word", "number"), (spec.key, column)


def test_a_run_without_anything_still_writes_files_that_open(tmp_path):
    folder = office(Findings(), tmp_path / "a")
    assert CalamineWorkbook.from_path(folder / "plan.xlsx").sheet_names == ["Read this first", "Columns"]
    for name, space in NAMES.items():
        root = ElementTree.parse(folder / f"plan.{name}").getroot()  # noqa: S314  our own file
        assert root.tag == f"{{{space}}}{name}"
