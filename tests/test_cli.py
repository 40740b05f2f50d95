"""The command line ends with 0 or 2, one clear message, and nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo.cli import main


@pytest.fixture
def town(tmp_path):
    """A small town as four files and a plan; returns the plan's path."""
    area = gpd.GeoDataFrame(geometry=[shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326")
    area.to_file(tmp_path / "area.geojson")
    days = pd.date_range("2023-01-02", periods=400, freq="D")
    rows = pd.DataFrame({
        "id": range(400), "datetime": days.strftime("%Y-%m-%d %H:%M:%S"), "category": "theft",
        "lon": [119.91 + 0.04 * (i * 7 % 13) / 13 for i in range(400)],
        "lat": [31.71 + 0.03 * (i * 5 % 11) / 11 for i in range(400)],
    })  # fmt: skip
    rows.to_csv(tmp_path / "incidents.csv", index=False)
    people = pd.DataFrame(
        {"lon": [119.91, 119.93, 119.95], "lat": [31.71, 31.73, 31.74], "population": [500, 900, 300]}
    )
    people.to_csv(tmp_path / "people.csv", index=False)
    return write_plan(tmp_path)


def write_plan(folder, *, incidents="incidents.csv", area="area.geojson", n=3, more=""):
    path = folder / "plan.toml"
    path.write_text(
        f'title = "Town"\npreset = "city"\n[incidents]\nfile = "{incidents}"\n[area]\nfile = "{area}"\n'
        f'[population]\nfile = "people.csv"\n[analysis]\nresolution = 8\n[areas]\nn = {n}\n[sites]\nn = 2\n{more}'
    )
    return path


def fails_with(capsys, plan, out, words):
    """The command ends with 2, one message that holds `words`, and leaves no trace of `out`."""
    assert main(["plan", str(plan), "--out", str(out)]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("patrolgeo: ")
    for word in words:
        assert word in message
    assert not out.exists()
    assert not [p for p in out.parent.iterdir() if p.name.startswith(".")]


def test_a_small_town_runs_and_says_where_the_map_lies(town, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["plan", str(town), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert str(out / "plan.html") in printed
    assert str(out / "report.html") in printed
    layers = "areas.gpkg cells.parquet hot_spots.geojson sites.geojson"
    names = f"plan.html report.html {layers} scores.csv summary.json manifest.json"
    assert sorted(p.name for p in out.iterdir()) == sorted(names.split())


def test_a_missing_file_is_named(town, tmp_path, capsys):
    fails_with(
        capsys, write_plan(tmp_path, incidents="incident.csv"), tmp_path / "out", ["incident.csv", "incidents.csv"]
    )


def test_an_unknown_key_is_named(town, tmp_path, capsys):
    plan = write_plan(tmp_path, more="reach = 5\n")
    fails_with(capsys, plan, tmp_path / "out", ["unknown key 'reach'", "reach_minutes"])


def test_a_setting_that_a_file_cannot_take_is_named(town, tmp_path, capsys):
    plan = write_plan(tmp_path, more='[roads]\nfile = "area.geojson"\ndatum = "GCJ02"\n')
    fails_with(capsys, plan, tmp_path / "out", ["[roads] cannot take 'datum'", "columns, encoding"])


def test_an_unknown_column_is_named(town, tmp_path, capsys):
    rows = pd.read_csv(tmp_path / "incidents.csv").rename(columns={"datetime": "moment of it"})
    rows.to_csv(tmp_path / "other.csv", index=False)
    fails_with(capsys, write_plan(tmp_path, incidents="other.csv"), tmp_path / "out", ["time", "moment of it"])


def test_a_boundary_without_a_crs_is_named(town, tmp_path, capsys):
    area = gpd.read_file(tmp_path / "area.geojson").set_crs(None, allow_override=True)
    area.to_parquet(tmp_path / "bare.parquet")
    plan = write_plan(tmp_path, area="bare.parquet")
    fails_with(capsys, plan, tmp_path / "out", ["coordinate reference system", "bare.parquet"])


def test_a_boundary_in_another_crs_is_reprojected(town, tmp_path):
    gpd.read_file(tmp_path / "area.geojson").to_crs("EPSG:32650").to_file(tmp_path / "utm.gpkg")
    assert main(["plan", str(write_plan(tmp_path, area="utm.gpkg")), "--out", str(tmp_path / "out")]) == 0


def test_an_empty_incident_table_is_named(town, tmp_path, capsys):
    pd.read_csv(tmp_path / "incidents.csv").head(0).to_csv(tmp_path / "none.csv", index=False)
    fails_with(capsys, write_plan(tmp_path, incidents="none.csv"), tmp_path / "out", ["none.csv"])


def test_more_areas_than_cells_is_named(town, tmp_path, capsys):
    fails_with(capsys, write_plan(tmp_path, n=5000), tmp_path / "out", ["5000"])


def test_every_coordinate_outside_the_area_is_named(town, tmp_path, capsys):
    rows = pd.read_csv(tmp_path / "incidents.csv").assign(lon=10.0, lat=50.0)
    rows.to_csv(tmp_path / "far.csv", index=False)
    fails_with(capsys, write_plan(tmp_path, incidents="far.csv"), tmp_path / "out", ["outside"])


def test_single_rows_outside_are_set_aside(town, tmp_path):
    rows = pd.read_csv(tmp_path / "incidents.csv")
    rows.loc[:4, "lon"] = 10.0
    rows.to_csv(tmp_path / "incidents.csv", index=False)
    assert main(["plan", str(town), "--out", str(tmp_path / "out")]) == 0


@pytest.mark.skipif(os.name == "nt", reason="signals to a child process differ on Windows")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_the_folder_as_it_was(town, tmp_path, number):
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.html").write_text("old")
    (out / "manifest.json").write_text('{"outputs": {"plan.html": ""}}')
    before = sorted(p.name for p in tmp_path.iterdir())
    run = subprocess.Popen(
        [sys.executable, "-m", "patrolgeo", "plan", str(town), "--out", str(out)],
        # a background shell would have it ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src")},
    )  # fmt: skip
    for line in run.stderr:
        if "find hotspots" in line:
            break
    time.sleep(0.2)
    run.send_signal(number)
    message = run.stderr.read()
    assert run.wait() == 130, message
    assert "interrupted" in message
    assert (out / "plan.html").read_text() == "old"
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_check_tells_what_happened_to_every_row(town, tmp_path, capsys):
    rows = pd.read_csv(tmp_path / "incidents.csv")
    rows.loc[:4, "datetime"] = "?"
    rows.to_csv(tmp_path / "odd.csv", index=False)
    assert main(["check", str(tmp_path / "odd.csv"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["read"], told["kept"], told["set_aside"]) == (400, 395, {"bad_time": 5})
    assert main(["check", str(tmp_path / "odd.csv")]) == 0
    assert "400 rows read, 395 kept" in capsys.readouterr().out
    assert main(["check", str(tmp_path / "nowhere.csv")]) == 2
    assert "nowhere.csv" in capsys.readouterr().err
