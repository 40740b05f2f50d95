"""What a file holds decides how it is read; nothing in it swallows rows or takes the machine."""

import contextlib
import gzip
import json
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import DataError, PatrolgeoError, read_area, read_incidents

ROWS = [(str(i), f"2024-03-{i + 1:02} 10:00", "theft", 119.9 + i / 100, 31.8) for i in range(6)]
NAMES = ["id", "datetime", "category", "lon", "lat"]
TEXT = ",".join(NAMES) + "\n" + "".join(",".join(map(str, r)) + "\n" for r in ROWS)


def check(path, **options):
    incidents, ledger = read_incidents(path, return_ledger=True, **options)
    assert incidents["id"].tolist() == [r[0] for r in ROWS]
    assert incidents["time"].tolist() == [pd.Timestamp(r[1]) for r in ROWS]
    assert incidents.geometry.x.tolist() == pytest.approx([r[3] for r in ROWS])
    return {e.code: e.detail for e in ledger.entries}


def _workbook(path):
    pd.DataFrame(ROWS, columns=NAMES).to_excel(path.with_suffix(".xlsx"), index=False)
    path.with_suffix(".xlsx").rename(path)


def _page(path):
    path.write_text(pd.DataFrame(ROWS, columns=NAMES).to_html(index=False), encoding="utf-8")


def _zipped(path):
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("export/rows.csv", TEXT)


def _records(path):
    path.write_text(pd.DataFrame(ROWS, columns=NAMES).to_json(orient="records"))


def _lines(path):
    path.write_text(pd.DataFrame(ROWS, columns=NAMES).to_json(orient="records", lines=True))


@pytest.mark.parametrize(
    ("name", "write_it"),
    [
        ("x.csv", _workbook),
        ("x.xls", lambda p: p.write_text(TEXT)),
        ("x.xls", _page),
        ("x.zip", _zipped),
        ("x.json", _records),
        ("x.json", _lines),
        ("x.txt", _records),
        ("x.tab", lambda p: p.write_text(TEXT.replace(",", "\t"))),
        ("x.csv", lambda p: p.write_bytes(gzip.compress(TEXT.encode()))),
        ("x.csv", lambda p: p.write_bytes(TEXT.encode("utf-16-le"))),
        ("x.csv", lambda p: p.write_bytes(TEXT.encode("utf-16-be"))),
        ("x.parquet", lambda p: pd.DataFrame(ROWS, columns=NAMES).to_parquet(p)),
        ("x.csv", lambda p: pd.DataFrame(ROWS, columns=NAMES).to_parquet(p)),
    ],
)
def test_the_same_rows_read_the_same_whatever_holds_them(tmp_path, name, write_it):
    write_it(tmp_path / name)
    check(tmp_path / name)


def test_sheets_are_joined_without_regard_to_case(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(NAMES)
    other = book.create_sheet("second")
    other.append([n.upper() for n in NAMES])
    for i, row in enumerate(ROWS):
        (book.active if i < 3 else other).append(row)
    book.save(tmp_path / "x.xlsx")
    check(tmp_path / "x.xlsx")


def test_a_file_without_a_header_says_so(write):
    with pytest.raises(DataError, match="no header"):
        read_incidents(write(TEXT.split("\n", 1)[1]))


def test_several_tables_in_one_zip_are_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("a.csv", TEXT)
        packed.writestr("b.csv", TEXT)
    with pytest.raises(DataError, match=r"a\.csv, b\.csv"):
        read_incidents(tmp_path / "x.zip")


WORDS = st.lists(
    st.sampled_from(["pipe", '12"', '"new"', "a,b", '"', "x", 'say ""hi""', '"a, b"']), min_size=0, max_size=4
).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(st.lists(WORDS, min_size=6, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_no_quote_of_a_text_swallows_another_row(tmp_path_factory, words, quoted):
    """A text is written as CSV wants it, or as careless exports do: without quotes around it."""
    texts = [
        f'"{w.replace(chr(34), chr(34) * 2)}"' if q else w.replace(",", "") for w, q in zip(words, quoted, strict=True)
    ]
    lines = [",".join([*map(str, row[:3]), t, *map(str, row[3:])]) for row, t in zip(ROWS, texts, strict=True)]
    path = tmp_path_factory.mktemp("quotes") / "x.csv"
    path.write_text("id,datetime,category,what,lon,lat\n" + "\n".join(lines) + "\n")
    incidents, ledger = read_incidents(path, return_ledger=True)
    assert ledger.read == len(ROWS)
    right = {r[0]: pd.Timestamp(r[1]) for r in ROWS}
    assert all(right[i] == t for i, t in zip(incidents["id"], incidents["time"], strict=True))
    sound = [r[0] for r, w, q in zip(ROWS, words, quoted, strict=True) if q or '"' not in w]
    assert set(sound) <= set(incidents["id"])


def test_a_text_over_several_lines_is_one_row(write):
    text = TEXT.replace("category", "category,what").replace("theft", 'theft,"first line\nsecond, line\n\nend"')
    codes = check(write(text))
    assert "stray_quote" not in codes


def test_a_quote_opened_in_one_row_and_closed_rows_later_keeps_the_rows_between(write):
    rows = [f"{i},2024-03-05 10:00,{chr(34) * (i in (10, 60))}theft,119.{i:03},31.8" for i in range(80)]
    incidents, ledger = read_incidents(write(",".join(NAMES) + "\n" + "\n".join(rows)), return_ledger=True)
    assert (ledger.read, len(incidents)) == (80, 80)
    assert "Line 12, 62:" in next(e.detail for e in ledger.entries if e.code == "stray_quote")


def test_codes_with_leading_zeros_stay_text(write):
    text = TEXT.replace("category", "category,iucr").replace("theft", "theft,0460").replace("0460", "820", 1)
    kept = read_incidents(write(text), keep=["iucr"])["iucr"]
    assert kept.tolist() == ["820", *["0460"] * 5]


def test_a_layer_can_be_named(tmp_path):
    for name, lon in (("one", 10), ("two", 20)):
        layer = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.box(lon, 0, lon + 1, 1)], crs=4326)
        layer.to_file(tmp_path / "x.gpkg", layer=name)
    assert read_area(tmp_path / "x.gpkg", layer="two").total_bounds[0] == 20
    with pytest.raises(DataError, match="did you mean 'two'"):
        read_area(tmp_path / "x.gpkg", layer="twoo")
    with pytest.warns(UserWarning, match="layer='two'"):
        read_area(tmp_path / "x.gpkg")


def polygon_file(path, *rings):
    shapes = [{"type": "Polygon", "coordinates": [ring]} for ring in rings]
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_ring_that_does_not_close_is_closed_and_one_of_two_points_set_aside(tmp_path):
    path = polygon_file(tmp_path / "x.geojson", [[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 0]], [[5, 5]])
    area, ledger = read_area(path, return_ledger=True)
    assert area.geometry.iloc[0].equals(shapely.Polygon([(0, 0), (1, 0), (1, 1)]))
    assert ledger.to_dict()["kept"] == 1
    assert any(e.code == "closed_rings" for e in ledger.entries)


def test_a_spike_is_repaired_to_its_polygon(tmp_path):
    path = polygon_file(tmp_path / "x.geojson", [[0, 0], [1, 0], [1, 1], [3, 3], [1, 1], [0, 1], [0, 0]])
    area = read_area(path)
    assert area.geom_type.tolist() == ["Polygon"]
    assert area.geometry.iloc[0].equals(shapely.box(0, 0, 1, 1))


def test_budgets_are_told_with_what_to_set(tmp_path, monkeypatch):
    monkeypatch.setenv("PATROLGEO_MAX_UNPACKED_BYTES", "10000")
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"0" * 100_000))
    with pytest.raises(DataError, match="PATROLGEO_MAX_UNPACKED_BYTES"):
        read_incidents(tmp_path / "x.csv.gz")
    (tmp_path / "wide.csv").write_text(",".join(f"c{i}" for i in range(100_000)) + "\n1\n")
    with pytest.raises(DataError, match="PATROLGEO_MAX_COLUMNS"):
        read_incidents(tmp_path / "wide.csv")
    monkeypatch.setenv("PATROLGEO_MAX_ROWS", "3")
    (tmp_path / "x.csv").write_text(TEXT)
    with pytest.raises(DataError, match="PATROLGEO_MAX_ROWS"):
        read_incidents(tmp_path / "x.csv")
    monkeypatch.setenv("PATROLGEO_MAX_VERTICES", "3")
    with pytest.raises(DataError, match="PATROLGEO_MAX_VERTICES"):
        read_area(polygon_file(tmp_path / "x.geojson", [[0, 0], [1, 0], [1, 1], [0, 0]]))


def book_with(cells, folder):
    """A workbook of the rows and of further cells by name."""
    book = openpyxl.Workbook()
    for row in (NAMES, *ROWS):
        book.active.append(row)
    for name in cells:
        book.active[name] = "x"
    book.save(folder / "x.xlsx")
    return folder / "x.xlsx"


@pytest.mark.parametrize("cells", [["XFD1048576"], ["AZZ1048576", "B1048570"], ["XFD3", "XFA1000000"]])
def test_a_few_cells_far_from_the_table_are_left_out_and_named(tmp_path, cells):
    _, ledger = check_entries(book_with(cells, tmp_path))
    told = next(e.detail for e in ledger.entries if e.code == "stray_cells")
    assert all(f"{name} of sheet1" in told for name in cells)


def check_entries(path):
    check(path)
    return read_incidents(path, return_ledger=True)


def test_many_cells_far_from_the_table_are_one_sentence(tmp_path):
    path = book_with([f"XFD{1_000_000 + i}" for i in range(30)], tmp_path)
    with pytest.raises(DataError, match="stray cell"):
        read_incidents(path)


def test_one_sheet_of_a_workbook_and_one_table_of_a_zip_are_named_by_layer(tmp_path):
    book = openpyxl.Workbook()
    book.active.title = "old"
    second = book.create_sheet("new")
    for row in (NAMES, *ROWS):
        second.append(row)
        book.active.append([row[0], row[1], "fraud", *row[3:]] if row[0] != "id" else row)
    book.save(tmp_path / "x.xlsx")
    check(tmp_path / "x.xlsx", layer="new")
    assert len(read_incidents(tmp_path / "x.xlsx", duplicates="keep")) == 12
    with pytest.raises(DataError, match="has no sheet 'newer'; did you mean 'new'"):
        read_incidents(tmp_path / "x.xlsx", layer="newer")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr("a.csv", "b,c\n1,2\n")
        packed.writestr("b.csv", TEXT)
    with pytest.raises(DataError, match=r"2 table\(s\): a.csv, b.csv. Say which: layer='a.csv'"):
        read_incidents(tmp_path / "x.zip")
    check(tmp_path / "x.zip", layer="b.csv")


def test_merged_cells_beyond_the_sheet_do_no_harm(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(NAMES)
    for row in ROWS:
        book.active.append(row)
    book.active.merge_cells("F2:Z9000")
    book.active.merge_cells("C7:C9000")
    book.save(tmp_path / "x.xlsx")
    check(tmp_path / "x.xlsx")


def test_a_damaged_file_is_an_error_that_names_it(tmp_path):
    """Whole files of every format, with some bytes turned: a table comes out, or one error of our own."""
    table = pd.DataFrame(ROWS, columns=NAMES)
    layer = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs=4326)
    table.to_parquet(tmp_path / "x.parquet")
    table.to_excel(tmp_path / "x.xlsx", index=False)
    layer.to_parquet(tmp_path / "x.geoparquet")
    for name in ("x.gpkg", "x.shp", "x.fgb"):
        layer.to_file(tmp_path / name)
    for path in [tmp_path / n for n in ("x.parquet", "x.xlsx", "x.geoparquet", "x.gpkg", "x.shp", "x.fgb")]:
        whole = path.read_bytes()
        for at in range(5, len(whole), len(whole) // 6):
            path.write_bytes(whole[:at] + bytes(b ^ 0x5A for b in whole[at : at + 3]) + whole[at + 3 :])
            with contextlib.suppress(PatrolgeoError):
                read_incidents(path, return_ledger=True)


def test_lines_that_stand_in_quotes_as_a_whole_are_rows(write):
    rows = [f'{i},2024-03-{i + 1:02} 10:00,"theft, ""petty""",{119.9 + i / 100},31.8' for i in range(6)]
    plain = read_incidents(write(",".join(NAMES) + "\n" + "\n".join(rows), name="plain.csv"))
    doubled = ['"' + row.replace('"', '""') + '"' if i % 3 else row for i, row in enumerate(rows)]
    wrapped, ledger = read_incidents(write(",".join(NAMES) + "\n" + "\n".join(doubled)), return_ledger=True)
    pd.testing.assert_frame_equal(pd.DataFrame(wrapped), pd.DataFrame(plain))
    assert any(e.code == "whole_lines" and e.detail.startswith("4 line(s)") for e in ledger.entries)


def test_a_quoted_text_with_as_many_commas_as_the_header_stays_a_text(write):
    rows = "".join(f'{i},2024-03-{i + 1:02} 10:00,"a,b,c,d,e",119.9,31.8\n' for i in range(6))
    assert set(read_incidents(write(",".join(NAMES) + "\n" + rows))["category"]) == {"a,b,c,d,e"}


def test_lines_that_end_with_a_carriage_return_alone_are_read(write):
    check(write(TEXT.replace("\n", "\r")))


def test_places_that_were_reprojected_from_zero_are_unknown_places(write):
    text = TEXT + "9,2024-03-09 10:00,theft,-0.0000024,0.0000012\n"
    _, ledger = read_incidents(write(text), return_ledger=True)
    assert ledger.set_aside == {"zero_place": 1}
