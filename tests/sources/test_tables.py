import io
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, MissingColumnError, inspect_incidents, read_incidents
from patrolgeo.sources.text import _read_csv

ROWS = [("1", "2024-03-05 23:40", "theft", 119.97, 31.81), ("2", "2024-03-06 01:00", "robbery", 119.98, 31.82)]
NAMES = ["id", "datetime", "category", "lon", "lat"]
TEXT = "id,datetime,category,lon,lat\n" + "".join(",".join(map(str, r)) + "\n" for r in ROWS)
CHINESE = (
    "案件编号,发案时间,案别,经度,纬度\n1,2024-03-05 23:40,盗窃,119.97,31.81\n2,2024-03-06 01:00,抢劫,119.98,31.82\n"
)


def frame():
    return pd.DataFrame(ROWS, columns=NAMES)


def check(source, **options):
    incidents, ledger = read_incidents(source, return_ledger=True, **options)
    assert incidents["id"].tolist() == ["1", "2"]
    assert incidents["time"].tolist() == [pd.Timestamp(r[1]) for r in ROWS]
    assert incidents.geometry.x.tolist() == [119.97, 119.98]
    return incidents, {e.code: e.detail for e in ledger.entries}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators(write, separator):
    check(write(TEXT.replace(",", separator)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "gbk"])
def test_encodings(write, encoding):
    text = "\ufeff" + CHINESE if encoding == "utf-16-le" else CHINESE
    incidents, codes = check(write(text, encoding=encoding))
    assert incidents["category"].tolist() == ["盗窃", "抢劫"]
    assert "案件编号, 发案时间" in codes["encoding"]


def test_big5_is_shown_and_can_be_named(write):
    text = "id,datetime,category,lon,lat\n1,2024-03-05 23:40,竊盜,119.97,31.81\n2,2024-03-06 01:00,搶奪,119.98,31.82\n"
    path = write(text, encoding="big5")
    assert check(path, encoding="big5")[0]["category"].tolist() == ["竊盜", "搶奪"]
    with pytest.raises(DataError, match="no-such"):
        read_incidents(path, encoding="no-such")


OTHERS = {
    "cp1252": "Vol métro", "cp1251": "кража,грабёж", "cp932": "自転車盗", "shift_jis": "ひったくり", "big5": "住宅竊盜",
    "cp949": "사건번호,발생일시,발생장소,죄종", "cp1254": "hırsızlık",
}  # fmt: skip


@pytest.mark.parametrize(("encoding", "words"), OTHERS.items())
def test_other_encodings_are_refused_and_not_read_into_chinese_signs(write, encoding, words):
    path = write(f"id;datetime;category;lon;lat\n1;2024-03-05 23:40;{words};119.97;31.81\n", encoding=encoding)
    with pytest.raises(DataError, match="encoding="):
        read_incidents(path)
    assert read_incidents(path, encoding=encoding)["category"].tolist() == [words]


def test_binary_rubbish_is_an_error_that_asks_for_the_encoding(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(bytes(range(128, 256)) * 3)
    with pytest.raises(DataError, match="encoding="):
        read_incidents(path)


@pytest.mark.parametrize("name", ["x.parquet", "x.gpkg", "x.geojson", "x.shp", "x.geoparquet"])
def test_formats_with_and_without_geometry(tmp_path, name):
    path = tmp_path / name
    table = frame()
    if name == "x.parquet":
        table.to_parquet(path)
    else:
        points = gpd.points_from_xy(table.pop("lon"), table.pop("lat"), crs="EPSG:4326")
        layer = gpd.GeoDataFrame(table, geometry=points)
        layer.to_parquet(path) if name.endswith("parquet") else layer.to_file(path)
    check(path)


def test_frames_are_read_and_stay_as_they_were():
    table = frame()
    before = table.copy()
    check(table)
    pd.testing.assert_frame_equal(table, before)


def test_a_frame_of_another_library_is_taken():
    class Foreign:
        def to_pandas(self):
            return frame()

    check(Foreign())


@pytest.fixture
def workbook(tmp_path):
    """A workbook as offices write it: a title over merged cells, a township cell over its rows, a sheet of remarks."""
    book = openpyxl.Workbook()
    remarks = book.active
    remarks.title = "说明"
    remarks.append(["本表由指挥中心导出"])
    for number, (name, rows) in enumerate({"桐坪镇": ROWS[:1], "白渡镇": ROWS[1:]}.items()):
        sheet = book.create_sheet(name)
        sheet.append(["2024年案件台账"])
        sheet.merge_cells("A1:E1")
        sheet.append([])
        sheet.append(["案件编号", "发案时间", "案别", "经度", "纬度"])
        for row in rows:
            sheet.append([row[0], pd.Timestamp(row[1]).to_pydatetime() if number else 45356.98611111, *row[2:]])
    path = tmp_path / "book.xlsx"
    book.save(path)
    return path


def test_a_workbook_with_titles_and_a_sheet_for_each_township(workbook):
    _, codes = check(workbook)
    assert "Sheets read: 桐坪镇, 白渡镇; not read: 说明" in codes["sheets"]
    assert "title_rows" in codes


def test_merged_cells_count_for_every_row_they_cover(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(NAMES)
    for row in [*ROWS, ("3", "2024-03-07", None, 119.99, 31.83)]:
        sheet.append(list(row))
    sheet["C2"], sheet["C3"] = "theft", None
    sheet.merge_cells("C2:C4")
    path = tmp_path / "merged.xlsx"
    book.save(path)
    incidents, ledger = read_incidents(path, return_ledger=True)
    assert incidents["category"].tolist() == ["theft"] * 3
    assert any(e.code == "merged_cells" for e in ledger.entries)


def test_a_file_that_only_calls_itself_a_workbook_is_an_error(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04rubbish")
    with pytest.raises(DataError, match=r"x\.xlsx cannot be read"):
        read_incidents(path)


@pytest.mark.parametrize("name", ["x.parquet", "x.gpkg", "x.csv.gz", "x.zip"])
def test_a_broken_file_is_an_error_that_names_it(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"rubbish")
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        read_incidents(path)


def test_an_unknown_ending_lists_the_known(tmp_path):
    path = tmp_path / "x.docx"
    path.write_text("x")
    with pytest.raises(DataError, match=r"Known endings: \.csv"):
        read_incidents(path)


def test_title_rows_blank_lines_and_long_rows_in_a_text(write):
    text = "Export of 2024\n\n" + TEXT + "\n3,2024-03-07,theft,119.9,31.8,too,many\n4,2024-03-07,theft\n"
    incidents, ledger = read_incidents(write(text), return_ledger=True)
    assert incidents["id"].tolist() == ["1", "2"]
    assert ledger.to_dict() == {"read": 4, "kept": 2, "set_aside": {"ragged_row": 1, "missing_place": 1}}
    assert {"title_rows", "joined_lines"} <= {e.code for e in ledger.entries}


def test_a_stray_quote_does_not_swallow_the_rows_after_it(write):
    text = TEXT.replace("theft", '"theft') + "3,2024-03-07,theft,119.99,31.83\n"
    incidents, ledger = read_incidents(write(text), return_ledger=True)
    assert (ledger.read, len(incidents)) == (3, 3)
    assert any(e.code == "stray_quote" for e in ledger.entries)


def test_row_numbers_are_those_of_a_spreadsheet(write):
    ledger = inspect_incidents(write(TEXT + "3,never,theft,119.9,31.8\n"))
    bad = next(e for e in ledger.entries if e.code == "bad_time")
    assert bad.examples == (4,)
    assert "never (row 4)" in bad.detail


def test_several_sources_are_fused_with_their_names(write):
    first = write(TEXT, "first.csv")
    second = write(TEXT.replace("\n2,", "\n3,"), "second.csv", "gb18030")
    incidents, ledger = read_incidents(
        [first, second, frame().iloc[:0].assign(id="9").reindex([0])], return_ledger=True
    )
    assert incidents["source"].tolist() == ["first.csv", "first.csv", "second.csv"]
    assert ledger.to_dict() == {"read": 5, "kept": 3, "set_aside": {"empty_row": 1, "duplicate_id": 1}}


def test_what_lies_between_sources_can_be_kept(write):
    incidents = read_incidents([write(TEXT, "a.csv"), write(TEXT, "b.csv")], duplicates="keep")
    assert len(incidents) == 4


def test_columns_can_be_named_and_further_ones_kept(write):
    text = TEXT.replace("datetime", "wann").replace("category", "beat")
    path = write(text)
    with pytest.raises(MissingColumnError, match="lacks a column for time"):
        read_incidents(path)
    table = read_incidents(path, columns={"time": "wann"}, keep=["beat"])
    assert table["beat"].tolist() == ["theft", "robbery"]
    with pytest.raises(MissingColumnError, match="to keep"):
        read_incidents(path, columns={"time": "wann"}, keep=["nothing"])


def test_an_unknown_field_is_an_error_that_names_the_nearest(write):
    with pytest.raises(DataError, match="did you mean 'category'"):
        read_incidents(write(TEXT), columns={"categroy": "category"})


def test_the_same_ledger_gives_the_same_workbook(write, tmp_path):
    ledger = inspect_incidents(write(TEXT + "3,?,theft,119.9,31.8\n"))
    one, two = ledger.to_excel(tmp_path / "a.xlsx"), ledger.to_excel(tmp_path / "b.xlsx", language="en")
    assert one.read_bytes() == two.read_bytes()
    assert zipfile.ZipFile(one).testzip() is None
    read = pd.read_excel(one, engine="calamine")
    assert read["code"].tolist() == ledger.to_frame()["code"].tolist()
    assert read["rows"].tolist() == ledger.to_frame()["rows"].tolist()
    openpyxl.load_workbook(one)


def test_a_layer_of_several_is_said(tmp_path):
    layer = gpd.GeoDataFrame(frame(), geometry=[shapely.Point(119.97, 31.81), shapely.Point(119.98, 31.82)], crs=4326)
    layer.to_file(tmp_path / "x.gpkg", layer="one")
    layer.to_file(tmp_path / "x.gpkg", layer="two")
    _, codes = check(tmp_path / "x.gpkg")
    assert "not read: two" in codes["layers"]


def test_columns_of_any_name_can_be_kept_beside_the_fields(write):
    table = frame().assign(kind="street", time_zone="x")
    incidents = read_incidents(table, keep=(c for c in ["kind", "id", "time_zone"]))
    assert incidents.columns.tolist() == ["id", "time", "category", "kind", "time_zone", "record_span", "geometry"]
    assert incidents["time"].tolist() == [pd.Timestamp(r[1]) for r in ROWS]


def test_a_column_that_changes_far_down_is_read_as_a_whole():
    """pandas reads a wide table in blocks of 16,384 rows; what stands in the last must count for the first."""
    wide = {f"c{i}": "1" for i in range(60)}
    late = {"code": ("12", "x"), "flag": ("True", ""), "sum": ("12", "1.5"), "long": ("1234567890123456789", "")}
    rows = [",".join([*wide.values(), *(first for first, _ in late.values())])] * 17_000
    rows.append(",".join([*wide.values(), *(last for _, last in late.values())]))
    text = ",".join([*wide, *late]) + "\n" + "\n".join(rows) + "\n"
    whole = pd.read_csv(io.StringIO(text), low_memory=False)
    read = _read_csv(text, {"sep": ",", "header": None, "names": [*wide, *late], "skiprows": 1, "index_col": False})
    pd.testing.assert_frame_equal(read, whole, check_exact=True)
    assert read["code"].iloc[0] == "12"
