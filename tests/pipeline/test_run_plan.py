"""The main way runs on the sample county and on a real city, accounts for everything, and repeats to the byte."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from auditor import QUESTIONS, Folder, audit, unanswered
from county_plan import COUNTY, county_text
from office_files import check_office, office_layers, office_sheets
from patrolgeo import check_release, run_plan
from patrolgeo.errors import DataError, PatrolgeoWarning

ROOT = Path(__file__).parents[2]
MARKED = ("sites", "checkpoints", "posts", "day_stops", "event_posts")


@pytest.fixture(scope="module")
def county(tmp_path_factory):
    """The outputs of the sample county, made once."""
    out = tmp_path_factory.mktemp("county") / "out"
    run_plan(COUNTY, out)
    return out


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """The public version of the sample county."""
    out = tmp_path_factory.mktemp("public") / "out"
    run_plan(COUNTY, out, audience="public")
    return out


def read(out, name):
    return json.loads((out / name).read_text(encoding="utf-8"))


def check_accounts(summary):
    """Rows, people and shares add up, and bounds bind."""
    rows = summary["incidents"]
    assert rows["read"] == rows["kept"] + sum(rows["set_aside"].values())
    assert rows["kept"] == rows["counted"] + sum(rows["not_counted"].values())
    people = summary["population"]
    assert people["read"] == pytest.approx(people["on_cells"] + people["outside"], abs=1e-4)
    assert summary["areas"]["noncontiguous"] == 0
    assert summary["areas"]["max_over_mean"] >= 1
    sites = summary["sites"]
    assert 0 < sites["covered_share"] <= sites["bound"] + 1e-6 <= 1 + 2e-6
    for score in ("hit_rate", "pai", "pei"):
        for share in ("0.01", "0.05"):
            interval = summary["risk"][score][share]
            assert interval["low"] <= interval["value"] <= interval["high"]
    assert summary["risk"]["hit_rate"]["0.05"]["value"] > summary["risk"]["naive"]["population"]["0.05"]


def test_the_county_adds_up(county):
    summary = read(county, "summary.json")
    check_accounts(summary)
    assert summary["population"]["read"] == 143_000
    assert summary["areas"]["n"] == 9
    assert summary["sites"]["n"] == 12
    traffic = summary["checkpoints"]
    assert traffic["n"] == 6
    assert 0 < traffic["intercepted_share"] <= traffic["bound"] + 1e-9
    assert traffic["staff_hours_per_day"] == 6 * 2 * 24
    assert (
        traffic["border_villages_covered_twice"] + len(traffic["border_villages_missing"]) == traffic["border_villages"]
    )


def test_the_tables_tell_what_the_summary_tells(county):
    summary, cells = read(county, "summary.json"), gpd.read_parquet(county / "cells.parquet")
    areas, sites = gpd.read_file(county / "areas.gpkg"), gpd.read_file(county / "sites.geojson")
    assert len(cells) == summary["grid"]["cells"] == cells["cell"].nunique()
    assert cells["population"].sum() == pytest.approx(summary["population"]["on_cells"])
    assert cells["incidents"].sum() == summary["incidents"]["counted"]
    assert (cells["hotspot"]).sum() == summary["hotspots"]["significant_cells"]
    assert areas["workload"].max() / areas["workload"].mean() == pytest.approx(summary["areas"]["max_over_mean"], 1e-5)
    assert sites["adds_share"].sum() == pytest.approx(summary["sites"]["covered_share"], abs=1e-6)
    within = cells["minutes_to_site"] <= summary["sites"]["reach_minutes"]
    assert cells.loc[within, "risk_plan"].sum() / cells["risk_plan"].sum() == pytest.approx(
        summary["sites"]["covered_share"], 1e-5
    )


def test_the_manifest_lists_every_input_and_output(county):
    manifest = read(county, "manifest.json")
    assert set(manifest["outputs"]) == {p.name for p in county.iterdir()} - {"manifest.json"}
    assert set(manifest["inputs"]) >= {"incidents", "area", "population", "places", "forces", "roads"}
    assert all(re.fullmatch("[0-9a-f]{64}", source["sha256"]) for source in manifest["inputs"].values())
    assert manifest["seed"] == 1
    assert manifest["seconds"]


@pytest.mark.check
def test_a_second_run_writes_the_same_bytes(county, tmp_path):
    run_plan(COUNTY, tmp_path / "again")
    names = sorted(p.name for p in county.iterdir() if p.name != "manifest.json")
    assert [n for n in names if (county / n).read_bytes() != (tmp_path / "again" / n).read_bytes()] == []
    first, second = read(county, "manifest.json"), read(tmp_path / "again", "manifest.json")
    assert {**first, "seconds": 0} == {**second, "seconds": 0}


def test_the_pages_open_without_internet_and_say_what_must_be_said(county):
    for name in ("plan.html", "report.html"):
        page = (county / name).read_text(encoding="utf-8")
        assert not re.findall(r"""<(?:script|img|link|iframe)[^>]+(?:src|href)=["']https?:""", page)
        assert "no ground for stopping, searching or suspecting" in page
        assert "What was recorded is not what happened" in page
        assert "Synthetic data" in page
        assert "not merged with others and small counts are not suppressed" in page
        assert "officers" in page
        assert "Valid until 2025-03-30" in page


@pytest.mark.check
def test_a_public_version_shows_no_checkpoints_and_no_few_people(county, released):
    assert not list((released).glob("*.geojson"))
    assert "radio_code" not in gpd.read_file(released / "areas.gpkg")
    assert set(read(released, "summary.json")["areas"]["by_area"][0]) == {"area", "name", "spoken_border"}
    for name in ("plan.html", "report.html"):
        assert "not merged with others" not in (released / name).read_text(encoding="utf-8")
    assert "checkpoints" not in read(released, "summary.json")
    assert "sites" not in read(released, "summary.json")
    cells = gpd.read_parquet(released / "cells.parquet").set_index("cell")
    inside = gpd.read_parquet(county / "cells.parquet").set_index("cell")
    homes = inside["households"].groupby(cells["unit"]).sum()
    assert ((homes.round() == 0) | (homes >= 10 - 1e-9)).all()
    assert cells.loc[cells["withheld"], ["population", "risk"]].isna().all(axis=None)
    small = inside["incidents"].between(1, 4)
    assert small.any()
    assert cells.loc[small, "incidents"].isna().all()
    few = inside["households"].round().between(1, 9)
    assert not cells.loc[few, "hotspot"].any()


@pytest.mark.real
@pytest.mark.check
def test_new_york_runs_and_adds_up(real_data, tmp_path, monkeypatch):
    monkeypatch.setenv("PATROLGEO_DATA", str(real_data))
    summary = run_plan(ROOT / "benchmarks" / "plans" / "nyc.toml", tmp_path / "nyc")
    check_accounts(summary)
    assert summary["incidents"]["read"] == 191_580
    assert summary["population"]["read"] == 8_560_072
    assert summary["population"]["on_cells"] >= 0.999 * 8_560_072
    assert len(summary["grid"]["links"]) == 7
    names = [row["name"] for row in summary["areas"]["by_area"]]
    assert len(set(names)) == 77
    assert all(re.fullmatch(r"(precinct|Area) \d+", name) for name in names)
    assert any(name.startswith("precinct ") for name in names)


def test_every_area_has_a_name_a_code_and_a_border_wherever_areas_are_told(county):
    told = read(county, "summary.json")["areas"]["by_area"]
    areas = gpd.read_file(county / "areas.gpkg")
    page, report = ((county / name).read_text(encoding="utf-8") for name in ("plan.html", "report.html"))
    assert areas["name"].is_unique
    assert areas["radio_code"].is_unique
    for row, in_layer in zip(told, areas.to_dict("records"), strict=True):
        for key in ("name", "radio_code", "spoken_border"):
            assert row[key] == in_layer[key]
            assert row[key] in page
            assert row[key] in report
        assert row["spoken_border"].startswith("north: ")
        assert row["area"] == in_layer["area"]


def test_the_drawn_areas_tile_the_cells(county):
    areas, cells = gpd.read_file(county / "areas.gpkg"), gpd.read_parquet(county / "cells.parquet")
    flat = cells.estimate_utm_crs()
    whole = cells.to_crs(flat).area.sum()
    assert areas.to_crs(flat).area.sum() == pytest.approx(whole, rel=1e-7)
    assert areas.to_crs(flat).union_all().area == pytest.approx(whole, rel=1e-7)


def test_the_work_is_told_in_minutes_and_by_part(county):
    summary = read(county, "summary.json")
    work, areas = summary["workload"], summary["areas"]
    assert work["unit"] == "minutes"
    assert sum(work["parts"].values()) == pytest.approx(work["unit_minutes"])
    assert work["committed_share"] == pytest.approx(work["unit_minutes"] / (9 * 480), abs=1e-6)
    for part, minutes in work["parts"].items():
        assert sum(row["work"][part] for row in areas["by_area"]) == pytest.approx(minutes, abs=1e-4)
    assert [row["part"] for row in work["sensitivity"]] == ["none", *[p for p in work["parts"] for _ in range(2)]]
    report = (county / "report.html").read_text(encoding="utf-8")
    for text in ("unit-minutes", "these centres only", "km of borders", "units that change area", "Grain"):
        assert text in report


def plan_with(tmp_path, **words):
    """Write the county's plan with other words into a file of its own, its paths made absolute."""
    text = county_text()
    for old, new in words.items():
        text, n = re.subn(rf"^{old} = [^#\n]*", f"{old} = {new} ", text, count=1, flags=re.M)
        assert n == 1, old
    (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
    return tmp_path / "plan.toml"


@pytest.fixture(scope="module")
def by_village(tmp_path_factory):
    """A run by months on villages nested in townships, one moved by hand, with rows that know only their township."""
    folder = tmp_path_factory.mktemp("villages")
    rows = pd.read_csv(COUNTY.parent / "incidents.csv", dtype=str)
    rows.loc[rows["lon"].isna(), "village"] = None
    rows.to_csv(folder / "incidents.csv", index=False)
    path = plan_with(folder, freq='"MS"', origins="500", n="12", tolerance='0.05\nreassign = {"大岭村" = 12}')
    text = path.read_text(encoding="utf-8").replace(f"{COUNTY.parent.as_posix()}/incidents.csv", "incidents.csv")
    units = f'\n[units]\nfile = "{COUNTY.parent.as_posix()}/village_areas.geojson"\n'
    path.write_text(text + units, encoding="utf-8")
    with pytest.warns(PatrolgeoWarning, match="origins = 500, but this past allows 12"):
        run_plan(path, folder / "out")
    return folder / "out"


@pytest.mark.check
def test_villages_nested_in_townships_are_divided_as_they_are(by_village):
    summary = read(by_village, "summary.json")
    villages = gpd.read_file(COUNTY.parent / "village_areas.geojson")
    villages = villages[villages["name"] != "大岭村"]  # moved by hand, and so out of its township
    areas = gpd.read_file(by_village / "areas.gpkg")
    assert areas["units"].sum() == len(villages) + 1
    inside = villages.set_geometry(villages.representative_point()).sjoin(areas[["area", "geometry"]])
    assert len(inside) == len(villages)
    assert (inside.groupby("area")["township"].nunique() == 1).all()
    parts = summary["workload"]["parts"]
    assert sum(row["workload"] for row in summary["areas"]["by_area"]) == pytest.approx(sum(parts.values()), abs=1e-3)
    check_accounts({**summary, "areas": {**summary["areas"], "noncontiguous": 0}})


@pytest.mark.check
def test_a_unit_moved_by_hand_is_said_on_page_one_and_in_the_manifest(by_village):
    (moved,) = read(by_village, "manifest.json")["changed_by_hand"]
    summary = read(by_village, "summary.json")
    names = [row["name"] for row in summary["areas"]["by_area"]]
    assert moved["unit"] == "大岭村"
    assert moved["to"] == names[11]
    assert moved["from"] in names[:11]
    assert summary["areas"]["status"] == "by hand"
    assert summary["areas"]["units_by_hand"] == 1
    for page in ("plan.html", "report.html"):
        text = (by_village / page).read_text(encoding="utf-8")
        assert f"Changed by hand: 大岭村 from area {moved['from']} to area {moved['to']}" in text


@pytest.mark.check
def test_rows_known_by_township_are_shared_out_and_the_sums_hold(by_village):
    summary = read(by_village, "summary.json")
    assert summary["incidents"]["shared_out"] > 400
    cells = gpd.read_parquet(by_village / "cells.parquet")
    assert cells["incidents"].sum() == pytest.approx(summary["incidents"]["counted"])
    assert (cells["incidents"] % 1 > 1e-6).sum() > 100
    assert (summary["risk"]["origins"], summary["risk"]["origins_wished"]) == (12, 500)
    report = (by_village / "report.html").read_text(encoding="utf-8")
    assert "known only by township or station" in report
    assert "tested at 12 origins; the plan asked for 500" in report


@pytest.mark.filterwarnings("ignore:.*no interval can be given")
def test_an_area_that_is_none_is_said_with_those_there_are(tmp_path):
    path = plan_with(tmp_path, freq='"91D"', origins="1", n='2\nreassign = {"8840288c4dfffff" = "Nowhere"}')
    with pytest.raises(DataError, match=r"'Nowhere' is no area\. The areas are 1 "):
        run_plan(path, tmp_path / "out")


def test_a_unit_that_is_none_is_said_before_anything_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("patrolgeo.pipeline.plan.count", None)
    path = plan_with(tmp_path, freq='"91D"', origins="1", n='2\nreassign = {"8840288c4dffff" = 1}')
    with pytest.raises(DataError, match=r"areas\.reassign: '8840288c4dffff' is not a cell .* mean '8840288c4dfffff'"):
        run_plan(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("which", "at_least"), [("county", 150), pytest.param("released", 60, marks=pytest.mark.check)]
)
def test_the_auditor_recomputes_every_number_of_the_report(request, which, at_least):
    found = audit(Folder(request.getfixturevalue(which)))
    assert found.wrong == []
    assert found.unknown == []
    assert found.statements >= at_least


def test_ten_questions_of_a_commander_are_answered_where_the_page_on_it_says(county):
    assert unanswered(Folder(county)) == []
    page = (ROOT / "docs" / "plan-run.md").read_text(encoding="utf-8")
    assert len(QUESTIONS) == 10
    assert [question for question in QUESTIONS if question not in page] == []


def test_every_file_joins_by_number_name_and_radio_code(county):
    """One numbering from 1: whoever joins two files in a GIS names the right area."""
    areas = gpd.read_file(county / "areas.gpkg").set_index("area")
    cells = gpd.read_parquet(county / "cells.parquet")
    assert areas.index.tolist() == list(range(1, 10))
    assert set(cells["area"]) == set(areas.index)
    layers = {name: gpd.read_file(county / f"{name}.geojson") for name in ("sites", "checkpoints", "hot_spots")}
    for name, layer in {**layers, "cells": cells}.items():
        assert (layer["area"].map(areas["name"]) == layer["area_name"]).all(), name
        if "radio_code" in layer:
            assert (layer["area"].map(areas["radio_code"]) == layer["radio_code"]).all(), name
    for name in ("sites", "checkpoints"):
        at = layers[name][["area", "geometry"]].sjoin(cells[["area", "geometry"]], lsuffix="told", rsuffix="is")
        assert len(at) == len(layers[name])
        assert (at["area_told"] == at["area_is"]).all(), name
    assert sorted(cells.loc[cells["hot_spot"] > 0, "hot_spot"].unique()) == layers["hot_spots"]["spot"].tolist()
    told = read(county, "summary.json")["areas"]["by_area"]
    assert [(row["area"], row["name"], row["radio_code"]) for row in told] == [
        (n, row["name"], row["radio_code"]) for n, row in areas.iterrows()
    ]
    by_area = cells.groupby("area")[["incidents", "population"]].sum()
    assert (by_area.round(6) == areas[["incidents", "population"]].round(6)).all(axis=None)


def test_map_and_report_show_the_same_number_of_hot_spots(county):
    spots = gpd.read_file(county / "hot_spots.geojson")
    page = (county / "plan.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
    (group,) = [group for group in data["overlays"] if group["key"] == "spots"]
    assert len(group["at"]) == len(spots) == read(county, "summary.json")["hotspots"]["spots"]
    assert f"<b>{len(spots)}</b><span>hot spots</span>" in (county / "report.html").read_text(encoding="utf-8")
    assert "officer_records" in [layer["key"] for layer in data["layers"]]


def leaves(part):
    """Yield every number of nested tables."""
    for value in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from leaves(value)
    if isinstance(part, int | float) and not isinstance(part, bool):
        yield part


@pytest.mark.check
def test_no_public_file_holds_an_internal_number_or_name(county, released):
    """Every file is searched for names of forces, posts, radio codes, and every long number that is internal only."""
    inside, told = read(county, "summary.json"), read(released, "summary.json")
    assert not set(told) & {"sites", "checkpoints", "strength", "since"}
    open_numbers = {json.dumps(n) for n in leaves(told)}
    secret = [inside[part] for part in ("sites", "checkpoints", "strength")] + inside["areas"]["by_area"]
    numbers = {json.dumps(n) for n in leaves(secret)} - open_numbers
    numbers = {n for n in numbers if len(n.replace(".", "").lstrip("0")) >= 5}
    sites, stops = (gpd.read_file(county / f"{name}.geojson") for name in ("sites", "checkpoints"))
    places = pd.read_csv(COUNTY.parent / "places.csv")
    at = {f"{value:.5f}" for layer in (sites, stops) for point in layer.geometry for value in point.coords[0]}
    at -= {f"{value:.5f}" for column in ("lon", "lat") for value in places[column]}  # a post may stand at a school
    forces = set(pd.read_csv(COUNTY.parent / "forces.csv")["name"])
    forces -= set(places["name"])  # a station is a place that everybody knows
    words = {"radio_code", "officers_on_duty", "staff_", "visits_a_shift", "drink_driving"}
    assert min(len(numbers), len(forces)) > 100
    assert len(at) > 20
    texts = {
        p.name: p.read_text("utf-8") for p in released.iterdir() if p.suffix in (".html", ".json", ".csv", ".toml")
    }
    assert set(texts) == {"plan.html", "report.html", "summary.json", "manifest.json"}
    for name, text in texts.items():
        shown = re.sub(r'"[A-Za-z0-9+/=]{40,}"', "", text)  # packed coordinates of cells
        assert [word for word in sorted(at | forces | words) if word in shown] == [], name
        assert sorted(numbers & set(re.findall(r"\d+(?:\.\d+)?", shown))) == [], name  # whole, not digits of others
    assert "forces" not in texts["manifest.json"]
    assert not {"workload", "center", "risk", "incidents"} & set(gpd.read_file(released / "areas.gpkg"))
    assert not {"workload", "officer_records", "radio_code", "minutes_to_site", "hot_spot"} & set(
        gpd.read_parquet(released / "cells.parquet")
    )


def test_the_office_files_hold_what_the_tables_and_the_summary_tell(county):
    layers, sheets = check_office(county)
    summary = read(county, "summary.json")
    assert len(layers["roads"]) == read(county, "manifest.json")["inputs"]["roads"]["kept"]
    assert layers["traffic"]["trips"].min() > 0
    assert sheets["Cells"]["incidents"].sum() == summary["incidents"]["counted"]
    assert sheets["Patrol areas"]["name"].tolist() == [row["name"] for row in summary["areas"]["by_area"]]
    assert sheets["Reach by hour"].to_dict("records") == summary["sites"]["duty"]
    assert sheets["Strength"]["officers"].tolist() == [u["officers"] for u in summary["strength"]["uses"].values()]
    assert sheets["Officers by shift"]["shift"].tolist() == list(summary["strength"]["shifts"])
    rows = sheets["Rows of the files"]
    assert rows.loc[(rows["role"] == "incidents") & (rows["finding"] == "read"), "rows"].item() == 2574
    points = gpd.read_file(county / "plan.gpx", layer="waypoints")
    assert len(points) == sum(len(layers[name]) for name in MARKED)
    on_globe = gpd.read_file(county / "plan.kml", layer="Posts")
    np.testing.assert_allclose(on_globe.get_coordinates(), layers["sites"].get_coordinates(), atol=1e-7)


@pytest.mark.check
def test_a_public_office_holds_no_key_layer_or_column_of_an_internal_thing(released):
    layers, sheets = office_layers(released), office_sheets(released)
    assert set(layers) == {"areas", "cells", "roads", "villages", "barriers"}
    assert set(layers["villages"]) == set(layers["barriers"]) == {"name", "geometry"}
    assert set(sheets) == {"Patrol areas", "Cells", "Scores", "Rows of the files"}
    columns = {column for table in (*layers.values(), *sheets.values()) for column in table}
    assert not columns & {"workload", "radio_code", "minutes_to_site", "hot_spot", "officer_records", "grade", "rank"}
    cells = gpd.read_parquet(released / "cells.parquet")
    for table in (layers["cells"], sheets["Cells"]):
        pd.testing.assert_series_equal(table["incidents"], cells["incidents"], check_dtype=False)
    assert check_release(released) == []


@pytest.mark.check
def test_ogrinfo_opens_every_layer_of_the_county(county):
    if shutil.which("ogrinfo") is None:
        pytest.skip("ogrinfo is absent")
    counts = {name: len(layer) for name, layer in office_layers(county).items()}
    for file, wanted in {
        "plan.gpkg": counts,
        "plan.gpx": {"waypoints": sum(counts[n] for n in MARKED), "tracks": counts["areas"]},
        "plan.kml": {"Posts": counts["sites"], "Checkpoints": counts["checkpoints"], "Patrol areas": counts["areas"]},
    }.items():
        for layer, n in wanted.items():
            told = subprocess.run(
                ["ogrinfo", "-ro", "-so", county / file, layer], capture_output=True, text=True, check=True
            )
            assert f"Feature Count: {n}\n" in told.stdout, (file, layer)
            assert "Warning" not in told.stderr, told.stderr


@pytest.mark.real
@pytest.mark.check
@pytest.mark.parametrize(("city", "resolution"), [("philadelphia", 8), ("nyc", 8)])
def test_the_office_files_of_cities_hold_what_their_tables_tell(real_data, tmp_path, monkeypatch, city, resolution):
    monkeypatch.setenv("PATROLGEO_DATA", str(real_data))
    text = (ROOT / "benchmarks" / "plans" / f"{city}.toml").read_text(encoding="utf-8")
    (tmp_path / "plan.toml").write_text(text.replace("resolution = 9", f"resolution = {resolution}"), encoding="utf-8")
    shutil.copy(ROOT / "benchmarks" / "plans" / "shifts.csv", tmp_path)
    run_plan(tmp_path / "plan.toml", tmp_path / "out")
    check_office(tmp_path / "out")


@pytest.mark.check
def test_the_response_of_the_plan_stands_beside_todays(county, released):
    """Both sides with intervals, the sum of the areas, the layer of every shift; nothing of it is public."""
    told, cells = read(county, "summary.json")["response"], gpd.read_parquet(county / "cells.parquet")
    for side in ("today", "proposed"):
        assert told[side]["mean_low"] <= told[side]["mean"] <= told[side]["mean_high"]
        assert told[side]["answered"] + told[side]["lost"] + told[side]["waiting"] == told[side]["calls"]
    assert told["bound"] <= told["objective"] == told["proposed"]["mean"]
    areas = pd.DataFrame(told["by_area"])
    change = (areas["change"] * areas["calls"]).sum() / areas["calls"].sum()
    assert change == pytest.approx(told["change"]["change"], abs=1e-4)
    assert change == pytest.approx(told["proposed"]["mean"] - told["today"]["mean"], abs=1e-4)
    shifts = {row["shift"]: row["mean_minutes"] for row in told["by_shift"]}
    for shift, mean in shifts.items():
        assert cells[f"response_{shift}"].mean() == pytest.approx(mean, abs=1e-3)
    report = (county / "report.html").read_text(encoding="utf-8")
    assert "What the plan will feel like" in report
    assert "response" not in read(released, "summary.json")
    assert not gpd.read_parquet(released / "cells.parquet").filter(like="response_").shape[1]
    assert "What the plan will feel like" not in (released / "report.html").read_text(encoding="utf-8")
