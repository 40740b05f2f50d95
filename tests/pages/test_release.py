"""One place decides what is public: nothing that it hides is in any public page or layer."""

import inspect
import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import Edition, Findings, HexGrid, Note, write_layer, write_plan_page, write_report
from patrolgeo.pages import release
from patrolgeo.pages.release import public

# every value that must not leave the house, each one of a kind so that it can be searched
SECRET = ["771001", "771002", "771003", "771004", "771005", "771006", "771007", "771008", "771009", "771010", "771011"]


@pytest.fixture
def grid():
    area = gpd.GeoSeries([shapely.box(107.0, 23.0, 107.06, 23.05)], crs="EPSG:4326")
    return HexGrid.from_area(area, 8)


@pytest.fixture
def found(grid):
    point = gpd.GeoDataFrame({"name": ["s771001"], "kind": ["k771002"]}, geometry=grid.centroids[:1].values, crs=4326)
    line = shapely.LineString(shapely.get_coordinates(grid.centroids[:2].to_numpy()))
    cells = grid.to_gdf().assign(
        risk=1.0, population=500.0, incidents=30, hotspot=False, workload=771003.0, minutes_to_site=771004.0,
        area=1, area_name="East", radio_code="771005",
    )  # fmt: skip
    areas = cells[["area", "geometry"]].dissolve("area").assign(
        name="East", radio_code="771005", spoken_border="north: river Lan", over_mean=771.006, work_calls=771006.0,
        center="771007",
    )  # fmt: skip
    row = {"area": 1, "name": "East", "spoken_border": "", "radio_code": "771005", "work": {"calls": 771006}}
    return Findings(
        summary={
            "incidents": {"read": 60, "kept": 50}, "areas": {"n": 1, "by_area": [row]}, "since": {"n": 771008},
            "sites": {"n": 771001, "covered_share": 0.771009}, "strength": {"officers": 771010},
            "checkpoints": {"n": 771011, "intercepted_share": 0.771009},
        },
        cells=cells, areas=areas, sites=point, checkpoints=point, forces=point, spots=areas,
        flows=gpd.GeoDataFrame({"trips": [771008.0]}, geometry=[line], crs=4326),
        ledgers={"incidents": {"read": 60, "kept": 50}, "forces": {"read": 771010, "kept": 771010}},
        notes=[Note("from_file", {"role": "forces", "said": "771010 units"}), "river Lan is a border"],
    )  # fmt: skip


def pages(found, audience, folder):
    edition = Edition("Longhe", audience=audience)
    paths = [
        write_plan_page(folder / "plan.html", found, edition),
        write_report(folder / "report.html", found, edition),
    ]
    return [path.read_text("utf-8") for path in paths]


def digits(text):
    return text.replace(",", "").replace(".", "").replace("\\u002e", "")


def test_no_public_page_or_layer_holds_what_is_internal(found, grid, tmp_path):
    shown = public(found, grid)
    written = pages(shown, "public", tmp_path)
    written.append(json.dumps(shown.summary))
    written += [gpd.read_file(write_layer(layer, tmp_path / "x.gpkg")).to_csv() for layer in (shown.areas, shown.cells)]
    for text in written:
        assert not [secret for secret in SECRET if secret in digits(text)]
    assert "river Lan" in written[1]


def test_the_internal_pages_do_hold_it(found, tmp_path):
    """So the search above can find what it looks for."""
    report = digits(pages(found, "internal", tmp_path)[1])
    assert all(secret in report for secret in ("771001", "771002", "771005", "771010", "771011"))


def test_a_public_page_of_what_nobody_released_leaves_the_same_out(found, tmp_path):
    for text in pages(found, "public", tmp_path):
        names = ("s771001", "k771002", "771010 units", "771005")
        assert not [name for name in names if name in text]


def test_what_was_released_is_not_released_twice(found, grid, tmp_path):
    register = tmp_path / "register.parquet"
    once = public(found, grid, register)
    assert public(once, grid, register) is once
    assert not found.released


def test_only_one_file_decides_what_is_public():
    """No page, section or step of a run asks for the audience to leave something out."""
    from patrolgeo.pages.plan_page import features, layers, panel
    from patrolgeo.pages.report import areas, checkpoints, forecast, glance, hotspots, reading, weak

    for module in (areas, checkpoints, features, forecast, glance, hotspots, layers, panel, reading, weak):
        assert "public" not in inspect.getsource(module).replace("published", "")


def test_a_public_manifest_names_no_forces_and_no_wishes():
    manifest = {
        "inputs": {"incidents": {"file": "a.csv", "read": 7, "kept": 6}, "forces": {}, "existing": {}},
        "settings": {"analysis": 1, "sites": 2},
        "seed": 1,
    }
    shown = release.public_manifest(manifest)
    assert shown == {"inputs": {"incidents": {"file": "a.csv"}}, "settings": {"analysis": 1}, "seed": 1}


def test_without_residents_cells_are_not_released(found, grid):
    with pytest.raises(ValueError, match=r"needs \[population\]"):
        public(Findings(cells=pd.DataFrame(found.cells).drop(columns="population")), grid)
