"""The command line ends with one clear message and its exit code, and with nothing half-written."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo.command.main import main


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
    layers = "areas.gpkg cell_steps.parquet cells.parquet hot_spots.geojson sites.geojson"
    office = "plan.gpkg plan.gpx plan.kml plan.xlsx"
    names = f"plan.toml plan.html report.html {office} {layers} scores.csv summary.json manifest.json"
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
    fails_with(capsys, plan, tmp_path / "out", ["unknown key 'datum' in [roads]", "[population] datum"])


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
    assert run.wait() == 128 + number, message
    assert "Traceback" not in message
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


ROOT = Path(__file__).parents[1]


def run(*words, env=None, **more):
    """Run the command line in a process of its own; no traceback ever."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT / "src"), **(env or {})}
    done = subprocess.run(
        [sys.executable, "-m", "patrolgeo", *map(str, words)], env=settings, text=True, check=False, timeout=120,
        **{"stderr": subprocess.PIPE, "stdout": subprocess.PIPE, **more},
    )  # fmt: skip
    assert "Traceback" not in (done.stderr or "")
    assert (done.stderr or "").count("patrolgeo: ") <= 1
    return done


@pytest.fixture
def file(tmp_path):
    """A small incident file with Chinese names."""
    path = tmp_path / "案件.csv"
    path.write_text("id,time,category,lon,lat\n1,2024-01-01 10:00,盗窃,119.9,31.7\n", encoding="utf-8")
    return path


@pytest.mark.check
@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices as Linux has them")
def test_whatever_the_terminal_is_the_answer_or_one_message_comes(file):
    """LANG=C, ASCII only, closed or full stdout, a reader that is gone, closed stderr, no HOME."""
    assert run("check", file, env={"LANG": "C", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}).returncode == 0
    assert run("check", file, env={"HOME": "/nowhere", "XDG_CACHE_HOME": "/nowhere"}).returncode == 0
    with open("/dev/full", "w") as full:
        done = run("check", file, stdout=full)
    assert (done.returncode, "No space left" in done.stderr) == (1, True)
    for close in ("1>&-", "2>&-", "1>&- 2>&-"):
        shell = f"{sys.executable} -m patrolgeo check {file} {close}"
        done = subprocess.run(
            ["bash", "-c", shell], env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, check=False
        )
        assert done.returncode in (0, 1)
        assert b"Traceback" not in done.stderr + done.stdout
    reading, writing = os.pipe()
    os.close(reading)
    assert run("check", file, stdout=writing).returncode == 1
    os.close(writing)


def test_compiled_code_has_a_place_where_neither_the_package_nor_the_home_can_be_written(monkeypatch, file, capsys):
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    assert main(["check", str(file)]) == 0
    assert Path(os.environ["NUMBA_CACHE_DIR"]).parent == Path(tempfile.gettempdir())


def test_a_wanted_place_of_compiled_code_is_taken_where_it_can_be_written(monkeypatch, file, tmp_path):
    wanted = tmp_path / "a place" / "缓存"
    monkeypatch.setattr("os.access", lambda place, _: Path(place) == wanted)
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(wanted))
    assert main(["check", str(file)]) == 0
    assert Path(os.environ["NUMBA_CACHE_DIR"]) == wanted
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/dev/null/x")
    assert main(["check", str(file)]) == 0
    assert Path(os.environ["NUMBA_CACHE_DIR"]).parent == Path(tempfile.gettempdir())


@pytest.mark.parametrize(
    ("words", "code"),
    [(["plan", "nowhere.toml", "--out", "out"], 2), (["plan", ".", "--out", "out"], 2), (["check", "."], 2),
     (["check", "/dev/null"], 2), (["check", "x" * 300 + ".csv"], 2), (["check", "a\nb.csv"], 2), (["check", ""], 2),
     (["check", "http://127.0.0.1:1/a.csv"], 2), (["nonsense"], 2), ([], 2), (["plan"], 2)],
)  # fmt: skip
def test_what_is_asked_wrongly_is_one_message_and_2(words, code, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == code
    assert "Traceback" not in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("out", [".", "file", "file/out", "x" * 300, "a\nb", "a/../.."])
def test_a_place_for_results_that_cannot_be_is_said_before_the_run(town, tmp_path, capsys, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert main(["plan", str(town), "--out", out]) == 2
    said = capsys.readouterr().err
    assert said.startswith("patrolgeo: ")
    assert "read the files" not in said
    assert sorted(tmp_path.rglob("*")) == before


def test_a_mistake_of_ours_is_one_sentence_and_1(capsys, monkeypatch):
    monkeypatch.setattr("patrolgeo.command.files._check", lambda _: 1 / 0)
    assert main(["check", "a.csv"]) == 1
    assert capsys.readouterr().err.startswith("patrolgeo: ZeroDivisionError: division by zero. This is a mistake of")


@pytest.mark.parametrize("name", ["incidents.csv", "people.csv", "plan.toml"])
@pytest.mark.parametrize("change", ["written", "replaced", "deleted"])
def test_a_file_that_changes_while_the_run_reads_is_an_error_that_says_so(
    town, tmp_path, capsys, monkeypatch, name, change
):
    from patrolgeo.pipeline import plan as steps

    real, path = steps.read_place, tmp_path / name

    def reads_while_it_changes(plan):
        place = real(plan)
        if change == "written":
            path.write_text(path.read_text() + "\n")
        elif change == "replaced":
            other = tmp_path / "other"
            other.write_text(path.read_text())
            other.replace(path)
        else:
            path.unlink()
        return place

    monkeypatch.setattr(steps, "read_place", reads_while_it_changes)
    fails_with(capsys, town, tmp_path / "out", [name, "deleted" if change == "deleted" else "changed"])


def test_the_manifest_tells_what_was_read_with_what(town, tmp_path):
    out = tmp_path / "out"
    assert main(["plan", str(town), "--out", str(out), "--private"]) == 0
    manifest = json.loads((out / "manifest.json").read_text())
    for role, name in {"incidents": "incidents.csv", "area": "area.geojson", "population": "people.csv"}.items():
        assert manifest["inputs"][role]["sha256"] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
    assert manifest["plan"] == {"file": "plan.toml", "sha256": hashlib.sha256(town.read_bytes()).hexdigest()}
    assert (out / "plan.toml").read_bytes() == town.read_bytes()
    assert {"python", "numpy", "gdal", "geos", "proj"} <= set(manifest["versions"])
    assert manifest["commit"] is None or len(manifest["commit"].split("-")[0]) == 40
    assert manifest["platform"]
    if os.name != "nt":
        assert {p.stat().st_mode & 0o777 for p in out.iterdir()} == {0o600}


def test_a_run_that_asks_too_much_of_the_machine_is_refused_with_what_to_set(town, tmp_path, capsys):
    plan = write_plan(tmp_path, more="[limits]\ncells = 20\n")
    fails_with(capsys, plan, tmp_path / "out", ["cells, more than the 20 allowed", "cells in [limits]"])
    plan = write_plan(tmp_path, more="[limits]\ncounts = 1000\n")
    fails_with(capsys, plan, tmp_path / "out", ["periods from 2023-01-02", "counts in [limits]"])


def test_outputs_have_the_names_that_are_looked_for_before_the_run(town, tmp_path, capsys):
    from patrolgeo.pipeline.outputs import OUTPUTS

    out = tmp_path / "out"
    assert main(["plan", str(town), "--out", str(out)]) == 0
    assert {p.name for p in out.iterdir()} <= set(OUTPUTS)
    (out / "manifest.json").unlink()
    assert main(["plan", str(town), "--out", str(out)]) == 2
    assert "which no earlier run wrote" in capsys.readouterr().err
