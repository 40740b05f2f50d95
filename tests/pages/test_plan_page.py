import re

import geopandas as gpd
import numpy as np
import pytest
import shapely

from page_data import data_of, kinds, layer_of, numbers, values, walk, written
from patrolgeo import HexGrid, write_report
from patrolgeo.errors import CRSError, DataError, PatrolgeoError
from patrolgeo.pages.plan_page.layers import WITHHELD

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def told(group, i):
    """What the card of a thing tells, by head."""
    return {head: value for head, value in zip(group["heads"], group["rows"][i], strict=True) if value}


def test_nothing_is_loaded_from_outside(tmp_path, cells, areas):
    page = written(tmp_path, cells=cells, areas=areas)
    assert not re.search(r"<(script|img|link|iframe)\b[^>]*\b(src|href)=", page)
    assert not re.search(r"url\((?!data:|#)", page)
    assert "@import" not in page


def test_only_the_internal_page_says_that_small_cells_are_not_merged(tmp_path, cells):
    assert "are not merged with others" in written(tmp_path, cells=cells)
    assert "are not merged with others" not in written(tmp_path, cells=cells, audience="public")


def test_text_from_data_stays_text(tmp_path, cells, areas, sites):
    evil = gpd.GeoDataFrame({"name": [EVIL], "kind": [EVIL]}, geometry=[shapely.Point(107.01, 23.01)], crs=4326)
    page = written(
        tmp_path, title=EVIL, subtitle=EVIL, notes=[EVIL], attribution=EVIL, cells=cells.assign(area=EVIL),
        areas=areas.iloc[:1].set_axis([EVIL]), sites=evil, places=evil, forces=evil, period=EVIL, n_periods=2,
    )  # fmt: skip
    clean = written(tmp_path, cells=cells, areas=areas)
    assert page.count("<script") == clean.count("<script")
    assert page.count("</script") == clean.count("</script")
    assert "<img" not in re.sub(r'id="data">.*?</script>', "", page, flags=re.S)


def test_the_same_input_gives_the_same_bytes(tmp_path, cells, areas):
    assert written(tmp_path, cells=cells, areas=areas) == written(tmp_path, cells=cells, areas=areas)


def corners_of(page):
    rings = data_of(page)["cells"]["rings"]
    first = walk(rings["first"]).reshape(-1, 1, 2) * rings["unit"] + rings["low"]
    apart = numbers(rings["apart"], "<i2" if rings["wide"] else "<i1").reshape(len(first), -1, 2) * rings["step"]
    return np.concatenate([first, first + rings["mean"] + apart], axis=1), rings["step"]


def ids_of(page):
    packed = data_of(page)["cells"]["ids"]
    short = int(packed["base"]) + numbers(packed["rest"], "<u8" if packed["wide"] else "<u4").astype(object)
    return [(s << packed["unused"]) | ((1 << packed["unused"]) - 1) for s in short]


def test_every_cell_travels_with_its_corners_id_and_value(tmp_path, grid, cells):
    page = written(tmp_path, cells=cells)
    corners, step = corners_of(page)
    expected = shapely.get_coordinates(grid.geometry.to_numpy()).reshape(len(grid), 7, 2)[:, :6]
    assert np.abs(corners - expected).max() <= step / 2 + 1e-6
    assert step < 1e-5  # a metre
    assert ids_of(page) == grid.ids.tolist()
    few = cells.population.between(1, 29)
    shown = [float(f"{risk:.3g}") for risk in cells.risk.mask(few, 0)]
    assert (values(layer_of(page, "risk")["values"], len(grid)) == np.array(shown, "f4")).all()


def test_a_pentagon_and_cells_far_apart_keep_their_shape_and_id(tmp_path):
    grid = HexGrid.from_cells(["8009fffffffffff", "8001fffffffffff", "80a9fffffffffff"])
    page = written(tmp_path, cells=grid.to_gdf().assign(risk=1.0))
    for made, shape in zip(corners_of(page)[0], grid.geometry, strict=True):
        assert shapely.Polygon(made).area == pytest.approx(shape.area, rel=1e-3)
    assert ids_of(page) == grid.ids.tolist()
    fine = HexGrid.from_cells(["8c2a100d2c945ff", "8c402d9401ac1ff"])
    assert ids_of(written(tmp_path, cells=fine.to_gdf().assign(risk=1.0))) == fine.ids.tolist()


def test_a_zero_is_printed_with_its_bound_and_never_as_safe(tmp_path, cells):
    page = written(tmp_path, cells=cells, n_periods=104)
    assert layer_of(page, "incidents")["said"]["0"] == "no recorded incident; upper 95 % bound 0.0288 a week"
    assert "safe" not in re.sub(r"<script>.*?</script>|<style>.*?</style>", "", page, flags=re.S).lower()


def test_withheld_cells_carry_no_value_and_no_class(tmp_path, cells):
    cells = cells.assign(withheld=np.arange(len(cells)) == 3, risk=cells.risk.where(np.arange(len(cells)) != 3, 7.25))
    for layer in data_of(written(tmp_path, cells=cells))["layers"]:
        if layer["key"] in ("areas", "area_km2"):
            continue
        assert kinds(layer, len(cells))[3] == WITHHELD
        for packed in (layer["values"], *layer["interval"]):
            assert values(packed, len(cells))[3] == 0


def test_few_residents_are_never_shown_as_hot_by_themselves(tmp_path, cells):
    residents = np.resize([0.0, 0.4, 1.0, 29.0, 30.0], len(cells))
    few = np.resize([False, False, True, True, False], len(cells))
    page = written(tmp_path, cells=cells.assign(population=residents, hotspot=True))
    for key in ("hotspot", "risk", "population"):
        assert ((kinds(layer_of(page, key), len(cells)) == WITHHELD) == few).all()
    households = cells.assign(population=residents, households=20)
    assert not (kinds(layer_of(written(tmp_path, cells=households), "risk"), len(cells)) == WITHHELD).any()


def test_the_public_version_leaves_out_sites_forces_and_workload(tmp_path, cells, areas, sites):
    sites = sites.set_crs(4326).assign(name="Post at the mill")
    page = written(tmp_path, cells=cells, areas=areas, sites=sites, forces=sites, audience="public")
    assert "Post at the mill" not in page
    assert {layer["key"] for layer in data_of(page)["layers"]} == {
        "risk",
        "areas",
        "hotspot",
        "population",
        "incidents",
        "area_km2",
    }
    assert "Public version" in page
    assert "Internal use" not in page


def test_page_one_says_what_must_be_said(tmp_path, cells):
    assert "no ground for stopping, searching or suspecting" in written(tmp_path, cells=cells, valid_until="2025-03-30")
    page = written(tmp_path, cells=cells, valid_until="2025-03-30", language="zh", synthetic=True)
    assert "高风险单元不构成对任何人盘查的依据" in page
    assert "2025-03-30" in page
    assert "合成数据" in page
    assert '<html lang="zh-CN">' in page


def test_a_blind_spot_is_told_from_a_far_cell(tmp_path, cells):
    minutes = np.resize([0.0, 5.0, 5.1, 31.0, np.nan], len(cells))
    cells = cells.assign(minutes_to_site=minutes, patrollable=True)
    layer = layer_of(written(tmp_path, cells=cells), "minutes_to_site")
    assert kinds(layer, len(cells))[:5].tolist() == [0, 0, 1, 4, 5]
    assert values(layer["values"], len(cells))[4] == -1


def test_a_site_tells_its_kind_and_its_share(tmp_path, cells, sites):
    sites = sites.set_crs(4326).assign(adds_share=[0.3, 0.2])
    group = data_of(written(tmp_path, cells=cells, sites=sites, language="zh"))["overlays"][0]
    assert group["names"] == ["1号岗点", "2号岗点"]
    assert told(group, 0) == {"类型": "卡点", "覆盖": "0.3", "新增覆盖": "30.0%"}


def test_checkpoints_have_a_card_and_traffic_its_width(tmp_path, cells, sites):
    checkpoints = sites.set_crs(4326).assign(grade=["normal", "raised"], adds_share=[0.3, 0.2], staff_hours=48.0)
    lines = [shapely.LineString([(107.0, 23.0 + k / 100), (107.05, 23.0 + k / 100)]) for k in range(4)]
    flows = gpd.GeoDataFrame({"trips": [1000.0, 250.0, 11.0, 3.0]}, geometry=lines, crs="EPSG:4326")
    given = {"cells": cells, "checkpoints": checkpoints, "flows": flows}
    page = written(tmp_path, **given, language="zh")
    group = data_of(page)["overlays"][0]
    assert group["names"] == ["1号卡点", "2号卡点"]
    assert {("勤务等级", "加强"), ("新增覆盖", "20.0%"), ("每日人时", "48")} <= set(told(group, 1).items())
    shown = data_of(page)["flows"]
    assert shown["rank"] == [4, 2, 0]  # the last carries less than a hundredth of the busiest
    assert shown["widths"] == sorted(shown["widths"])
    assert "交通流量" in page
    public = data_of(written(tmp_path, **given, audience="public"))
    assert public["flows"] is None
    assert not public["overlays"]


def test_sorts_of_forces_differ_in_sign_and_look(tmp_path, cells, sites):
    forces = sites.set_crs(4326).assign(kind=["dedicated", "volunteer"], role=["station", "village auxiliary"])
    page = written(tmp_path, cells=cells, forces=forces, language="zh")
    group = data_of(page)["overlays"][0]
    station, volunteer = (group["sorts"][sort] for sort in group["sort"])
    assert (station["sign"], station["look"]) != (volunteer["sign"], volunteer["look"])
    assert [station["title"], volunteer["title"]] == ["派出所", "群防群治"]
    assert "社会巡防" not in page


def test_a_further_layer_is_a_row_and_a_table_and_is_not_public(tmp_path, cells):
    lines = gpd.GeoDataFrame(
        {"name": ["Lan", "Mill"], "width_m": [120, 4]},
        geometry=[shapely.LineString([(107, 23 + k / 99), (107.05, 23.02)]) for k in range(2)], crs=4326,
    )  # fmt: skip
    group = data_of(written(tmp_path, cells=cells, overlays={"barriers": lines}))["overlays"][0]
    assert group["names"] == ["Lan", "Mill"]
    assert told(group, 0) == {"width_m": "120"}
    assert len(numbers(group["paths"]["sizes"], "<i4")) == 2
    public = data_of(written(tmp_path, cells=cells, overlays={"barriers": lines}, audience="public"))["overlays"][0]
    assert (public["names"], told(public, 0)) == (["Lan", "Mill"], {})
    hidden = written(tmp_path, cells=cells, overlays={"cordon": lines}, audience="public")
    assert not data_of(hidden)["overlays"]


def test_checkpoints_of_higher_duty_and_places_wait_for_a_click(tmp_path, cells, sites):
    points = sites.set_crs(4326)
    page = written(tmp_path, cells=cells, places=points, checkpoints=points.assign(grade=["normal", "raised"]))
    checked = dict(re.findall(r'name="overlay" value="(\w+)"( checked)?', page))
    assert checked == {"checkpoints": " checked", "places": ""}
    grades = re.findall(r'name="sort" data-of="checkpoints" value="\d"( checked)?', page)
    assert grades == [" checked", ""]


def test_areas_that_touch_have_different_colours(tmp_path, cells, areas):
    first, second = data_of(written(tmp_path, cells=cells, areas=areas))["areas"]["tints"]
    assert first != second


def test_own_words_take_the_place_of_ours(tmp_path, cells):
    assert "Erwartete Fälle" in written(tmp_path, cells=cells, words={"risk": "Erwartete Fälle"})
    with pytest.raises(DataError, match="did you mean 'risk'"):
        written(tmp_path, cells=cells, words={"risks": "x"})


def test_a_map_without_cells_crs_or_values_is_refused_with_a_message(tmp_path, cells):
    with pytest.raises(DataError, match="at least one cell"):
        written(tmp_path, cells=cells.iloc[:0])
    with pytest.raises(CRSError, match="coordinate reference system"):
        written(tmp_path, cells=cells.set_crs(None, allow_override=True))
    with pytest.raises(DataError, match="resolutions"):
        written(tmp_path, cells=cells.iloc[:2].set_axis(["89309c00003ffff", "88309c0001fffff"]))
    with pytest.raises(DataError, match="none of the columns"):
        written(tmp_path, cells=cells[["geometry"]])
    with pytest.raises(PatrolgeoError, match="language"):
        written(tmp_path, cells=cells, language="fr")


def test_one_cell_and_all_zeros_make_a_page(tmp_path, cells):
    layer = layer_of(written(tmp_path, cells=cells.iloc[:1].assign(risk=0.0)), "risk")
    assert kinds(layer, 1).tolist() == [0]


def test_the_card_and_the_list_tell_the_radio_code_but_not_in_public(tmp_path, cells, areas):
    called = areas.assign(name="Elm", radio_code="735", spoken_border="north: river Lan")
    inside, outside = (written(tmp_path, cells=cells, areas=called, audience=a) for a in ("internal", "public"))
    first = told(data_of(inside)["areas"], 0)
    assert (first["radio code"], first["border"], first["worst travel"]) == ("735", "north: river Lan", "12 min")
    assert "<td>735</td>" in inside
    assert told(data_of(outside)["areas"], 0) == {"border": "north: river Lan"}
    assert "735" not in outside.split("<script")[0]


@pytest.mark.parametrize("key", ["areas", "sites", "places"])
def test_a_row_without_geometry_is_a_sentence(tmp_path, cells, key):
    layer = gpd.GeoDataFrame({"name": ["a", "b"]}, geometry=[shapely.box(107, 23, 107.1, 23.1), None], crs=4326)
    with pytest.raises(DataError, match=f"{key}: 1 of 2 rows have no geometry"):
        written(tmp_path, cells=cells, **{key: layer})


def test_areas_end_at_the_boundary_so_that_there_is_one_outline(tmp_path, cells, areas):
    box = shapely.box(107.01, 23.01, 107.05, 23.04)
    inner = gpd.GeoDataFrame(geometry=[box], crs=4326)
    data = data_of(written(tmp_path, cells=cells, areas=areas, boundary=inner))
    paths = data["areas"]["paths"]
    corners = walk(paths["xy"]) * paths["unit"] + paths["origin"]
    assert shapely.distance(shapely.points(corners), box).max() < 1e-5
    assert len(numbers(data["boundary"]["sizes"], "<i4")) == 1


def test_the_head_tells_the_records_the_forecast_and_the_day_it_was_made(tmp_path, cells):
    page = written(
        tmp_path, cells=cells, data_span=("2023-01-02", "2024-12-29"), made="2025-01-04",
        summary={"risk": {"period": "2024-12-30T00:00:00", "period_end": "2025-01-06T00:00:00"}},
    )  # fmt: skip
    dates = re.search(r'class="dates">(.*?)</p>', page)[1]
    assert re.findall(r"\d{4}-\d\d-\d\d", dates) == [
        "2023-01-02", "2024-12-29", "2024-12-30", "2025-01-05", "2025-01-04",
    ]  # fmt: skip


def test_pieces_of_a_road_are_joined_under_its_name(tmp_path, cells):
    lines = [shapely.LineString([(107 + k / 64, 23.01), (107 + (k + 1) / 64, 23.01)]) for k in range(4)]
    roads = gpd.GeoDataFrame({"name": ["G1", "G1", "G1", ""], "road_class": ["national"] * 3 + ["village"]},
                             geometry=lines, crs=4326)  # fmt: skip
    found = data_of(written(tmp_path, cells=cells, roads=roads))["roads"]
    assert (found["names"], found["rank"]) == (["G1", ""], [0, 3])
    assert numbers(found["paths"]["sizes"], "<i4").tolist() == [2, 2]


def test_who_must_be_named_stands_on_the_map_and_the_report(tmp_path, cells):
    credit = "© OpenStreetMap contributors"
    assert credit in data_of(written(tmp_path, cells=cells, attribution=credit))["attribution"]
    report = write_report(tmp_path / "report.html", {}, title="Longhe", attribution=credit)
    assert credit in report.read_text("utf-8")
