"""A study comes out the same: again, after a stop, in parallel, from its bundle; its numbers are the models' own."""

import json
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.command.main import main
from patrolgeo.errors import DataError
from patrolgeo.evaluation import backtest as backtests
from study_town import OWN, STUDY, WITH_OWN, manifest, same_bytes, write_study_town


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return write_study_town(tmp_path_factory.mktemp("town"))


@pytest.fixture(scope="module")
def done(town):
    """The results of the small study with its bundle, made once."""
    out = town.parent / "done"
    pg.run_study(town, out, bundle=True)
    return out


def test_the_scores_are_what_the_library_says_of_the_raw_file(done, town):
    rows = pd.read_csv(town.parent / "incidents.csv", parse_dates=["datetime"])
    rows = rows[rows["category"] == "theft"]
    points = gpd.GeoDataFrame(
        {"time": rows["datetime"]}, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326
    )
    grid = pg.HexGrid.from_area(gpd.read_file(town.parent / "area.geojson"), 8)
    panel = pg.count_incidents(points, grid, "W", until="2023-07-03")
    said = pg.backtest({"kernel": pg.KernelRisk(bandwidth=300)}, panel, window=4, n_origins=3)
    wide = pg.evaluate(panel, said, {"pai": partial(pg.pai, area_share=0.05)})
    scores = pd.read_parquet(done / "scores.parquet")
    ours = scores.query("data == 'town: theft, window 4' and model == 'kernel' and metric == 'pai'")
    assert list(scores.columns) == ["data", "model", "period", "metric", "area_share", "value"]
    assert ours["period"].tolist() == wide["period"].tolist()
    np.testing.assert_allclose(ours["value"], wide["pai"], rtol=1e-12)
    assert (ours["area_share"] == 0.05).all()
    assert scores.query("metric == 'log_score_spatial'")["area_share"].isna().all()


def test_squares_are_scored_by_their_own_areas_and_shown_to_own_models(town, tmp_path):
    path = town.parent / "squares.toml"
    own = '[models.last]\nuse = "own_of_town:Last"\n[test]'
    text = STUDY.replace('"h3:8"', '"square:0.5km"').replace("[1, 4]", "1").replace('["theft", "burglary"]', '"theft"')
    path.write_text(text.replace("[test]", own))
    pg.run_study(path, tmp_path / "out")
    grid = pg.SquareGrid.from_area(gpd.read_file(town.parent / "area.geojson"), 500)
    rows = pg.read_incidents(town.parent / "incidents.csv").query("category == 'theft'")
    panel = pg.count_incidents(rows, grid, "W", until="2023-07-03")
    said = pg.backtest({"mean": pg.HistoricalMean()}, panel, n_origins=3, units=grid)
    wide = pg.evaluate(panel, said, {"pai": partial(pg.pai, area_share=0.05)}, units=grid)
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    np.testing.assert_allclose(scores.query("model == 'mean' and metric == 'pai'")["value"], wide["pai"], rtol=1e-12)
    assert scores.query("model == 'last'")["value"].notna().all()


def test_every_set_model_origin_and_metric_has_its_score(done):
    scores = pd.read_parquet(done / "scores.parquet")
    assert len(scores) == 4 * 3 * 3 * 4
    assert not scores.duplicated(["data", "model", "period", "metric", "area_share"]).any()
    assert pd.api.types.is_datetime64_any_dtype(scores["period"])


def test_the_summary_tells_pooled_values_with_intervals(done):
    summary = json.loads((done / "summary.json").read_text(encoding="utf-8"))
    scores = pd.read_parquet(done / "scores.parquet")
    means = scores.groupby(["model", "metric", "data"])["value"].mean().groupby(["model", "metric"]).mean()
    for row in summary["pooled"]:
        assert row["low"] <= row["value"] <= row["high"]
        assert row["value"] == pytest.approx(means[row["model"], row["metric"]], rel=1e-5)
    assert {row["model"] for row in summary["compared"]} == {"mean", "kernel"}
    one = summary["data"]["town: theft, window 1"]
    assert (one["periods"], one["exposure"]) == (26, True)


def test_rows_are_accounted_for_and_persons_dropped(done):
    source = manifest(done)["inputs"]["town"]
    assert source["read"] == source["kept"] + sum(source["set_aside"].values()) == 900
    assert source["used"] + sum(source["not_counted"].values()) == source["kept"]
    kept = pd.read_parquet(done / "data" / "01-town-file.parquet")
    assert set(kept["category"]) == {"theft", "burglary"}
    assert not {"id", "officer_name"} & set(kept.columns)
    assert len(kept) == source["used"]


def test_the_manifest_names_every_file_and_no_folder_of_this_machine(done, town):
    told = manifest(done)
    assert set(told["outputs"]) == {p.relative_to(done).as_posix() for p in done.rglob("*") if p.is_file()} - {
        "manifest.json"
    }
    assert str(town.parent) not in (done / "manifest.json").read_text(encoding="utf-8")
    assert told["inputs"]["town"]["file"] == "incidents.csv"


def test_a_second_run_and_shuffled_rows_give_the_same(done, town, tmp_path):
    pg.run_study(town, tmp_path / "again", bundle=True)
    same_bytes(done, tmp_path / "again", but=("manifest.json",))
    shuffled = write_study_town(tmp_path / "shuffled", shuffled=True)
    pg.run_study(shuffled, tmp_path / "out")
    assert (tmp_path / "out" / "scores.parquet").read_bytes() == (done / "scores.parquet").read_bytes()
    assert (tmp_path / "out" / "summary.json").read_bytes() == (done / "summary.json").read_bytes()


def test_another_person_gets_the_same_from_the_bundle_without_the_sources(done, tmp_path):
    bundle = shutil.copy(done / "bundle.zip", tmp_path / "from a colleague.zip")
    pg.run_study(bundle, tmp_path / "elsewhere")
    same_bytes(done, tmp_path / "elsewhere")


def test_forecasts_fan_out_to_the_same(done, town, tmp_path):
    with ThreadPoolExecutor(3) as pool:
        pg.run_study(town, tmp_path / "out", executor=pool)
    same_bytes(done, tmp_path / "out")


def test_verify_finds_no_difference_and_one_when_there_is_one(done, town, tmp_path, capsys):
    found = pg.verify_study(done)
    assert (found["differ"] == 0).all()
    assert found["same"].all()
    assert found.loc["scores.parquet", "numbers"] == 144 * 6
    other = shutil.copytree(done, tmp_path / "other")
    scores = pd.read_parquet(other / "scores.parquet")
    scores.loc[5, "value"] += 1e-6
    scores.to_parquet(other / "scores.parquet", index=False)
    assert main(["study", str(town), "--verify", str(other)]) == 2
    said = capsys.readouterr()
    assert "scores.parquet: 1 of 864 numbers differ" in said.out
    assert "does not come out again" in said.err


def test_a_stopped_study_goes_on_where_it_was(done, town, tmp_path, monkeypatch):
    calls, plain = [], backtests._said

    def stopped_at_the_tenth(*arguments):
        calls.append(arguments)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return plain(*arguments)

    monkeypatch.setattr(backtests, "_said", stopped_at_the_tenth)
    with pytest.raises(KeyboardInterrupt):
        pg.run_study(town, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    pg.run_study(town, tmp_path / "out")
    assert len(calls) == 10 + 4 * 3 * 3 - 9
    same_bytes(done, tmp_path / "out")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_kept_forecasts_that_were_altered_are_made_again(done, town, tmp_path, monkeypatch):
    plain = backtests._said
    calls = []

    def stops_after_one(*arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return plain(*arguments)

    monkeypatch.setattr(backtests, "_said", stops_after_one)
    with pytest.raises(KeyboardInterrupt):
        pg.run_study(town, tmp_path / "out")
    (kept,) = tmp_path.rglob("*.npz")
    kept.write_bytes(kept.read_bytes()[:-20])
    monkeypatch.setattr(backtests, "_said", plain)
    pg.run_study(town, tmp_path / "out")
    same_bytes(done, tmp_path / "out")


# --- the author's own code -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def with_own(tmp_path_factory):
    path = write_study_town(tmp_path_factory.mktemp("own"), study=WITH_OWN)
    pg.run_study(path, path.parent / "done", bundle=True)
    return path.parent / "done"


def test_own_models_and_tables_take_part(with_own):
    scores = pd.read_parquet(with_own / "scores.parquet")
    assert set(scores["model"]) == {"mean", "kernel", "people", "last"}
    kept = pd.read_parquet(with_own / "data" / "01-town-file.parquet")
    table = pd.read_csv(with_own / "tables" / "01-busiest.csv")
    assert table.to_numpy().tolist() == [["theft", int((kept["category"] == "theft").sum())]]
    assert (with_own / "code" / "own_of_town.py").read_text() == OWN


def test_the_code_in_a_bundle_runs_only_when_asked_for(with_own, tmp_path, monkeypatch):
    bundle = shutil.copy(with_own / "bundle.zip", tmp_path / "b.zip")
    monkeypatch.setattr("patrolgeo.pipeline.study.own_code.load", pytest.fail)
    with pytest.raises(DataError, match=r"own_of_town:Last, own_of_town\.busiest.*--run-code"):
        pg.run_study(bundle, tmp_path / "out")
    monkeypatch.undo()
    assert not (tmp_path / "out").exists()
    pg.run_study(bundle, tmp_path / "out", run_code=True)
    same_bytes(with_own, tmp_path / "out")


def test_changed_code_is_read_again_and_takes_no_old_forecasts(with_own, tmp_path):
    path = write_study_town(tmp_path, study=WITH_OWN)
    (tmp_path / "own_of_town.py").write_text(OWN.replace("history.counts[-1]", "history.counts[-2]"))
    pg.run_study(path, tmp_path / "out")
    one, other = (pd.read_parquet(folder / "scores.parquet") for folder in (with_own, tmp_path / "out"))
    changed = one["value"].ne(other["value"]) & one["value"].notna()
    assert set(one["model"][changed]) == {"last"}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import nowhere_to_be_found", "cannot be imported"),
        ("x = 1", "has no 'Last'"),
        (OWN.replace("history.counts[-1]", "1 / 0"), "ZeroDivisionError"),
        (OWN.replace("class Last(HistoricalMean)", "class Last").replace("_fit", "lean"), "is no model"),
        (OWN.replace("history.counts[-1]", "history.counts[-1] * float('nan')"), "missing in some cells"),
        (OWN.replace('.reset_index(name="rows")', "").replace("return", "return 3 or"), "must give a table"),
    ],
)
def test_faults_of_own_code_are_one_sentence_and_leave_nothing(tmp_path, code, said):
    path = write_study_town(tmp_path, study=WITH_OWN)
    (tmp_path / "own_of_town.py").write_text(code)
    with pytest.raises(DataError, match=said):
        pg.run_study(path, tmp_path / "out")
    assert not [p for p in tmp_path.iterdir() if p.name == "out" or p.name.startswith(".")]


# --- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('use = "KernelRisk"', 'use = "KernelRsk"', "did you mean 'KernelRisk'"),
        ('use = "KernelRisk"', 'use = "read_incidents"', "no model is called"),
        ("bandwidth = 300", "bandwith = 300", "bandwith"),
        ("bandwidth = 300", "bandwidth = -1", "bandwidth"),
        ("bandwidth = 300", 'target = "theft"', "cannot take 'target'"),
        ("origins = 3", "origins = 40", "26 whole periods of W"),
        ('freq = "W"', 'freq = "91D"', "it needs 5"),
        ('["theft", "burglary"]', '"thefts"', "did you mean 'theft'"),
        ('["theft", "burglary"]', '"petition"', "not forecast here"),
        ('file = "incidents.csv"', 'file = "people.csv"', "people.csv"),
        ('category = ["theft"', 'datum = "moon"\ncategory = ["theft"', "moon"),
        ("[test]", '[tables.x]\nuse = "knoks"\n[test]', "did you mean 'knox'"),
        ("[test]", '[tables.x]\nuse = "knox"\nbands = 3\n[test]', "knox cannot be made"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_two_and_writes_nothing(town, tmp_path, capsys, old, new, said):
    assert old in STUDY
    path = town.parent / "bad.toml"
    path.write_text(STUDY.replace(old, new, 1), encoding="utf-8")
    assert main(["study", str(path), "--out", str(tmp_path / "out")]) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert message.startswith("patrolgeo: ")
    assert said in message
    assert list(tmp_path.iterdir()) == []


def test_sensitive_kinds_are_not_counted_on_cells(tmp_path):
    path = write_study_town(tmp_path, study=STUDY.replace('["theft", "burglary"]', '"rape"'))
    rows = pd.read_csv(tmp_path / "incidents.csv").replace({"category": {"petition": "rape"}})
    rows.to_csv(tmp_path / "incidents.csv", index=False)
    with pytest.raises(DataError, match="township level"):
        pg.run_study(path, tmp_path / "out")
    path.write_text(STUDY.replace('category = ["theft", "burglary"]\n', "").replace("[1, 4]", "1"))
    pg.run_study(path, tmp_path / "out")
    assert manifest(tmp_path / "out")["inputs"]["town"]["not_counted"]["sensitive_kind"] > 0
    assert "rape" not in set(pd.read_parquet(tmp_path / "out" / "data" / "01-town-file.parquet")["category"])


def test_what_is_no_bundle_or_was_altered_is_refused(done, tmp_path):
    (tmp_path / "no.zip").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with pytest.raises(DataError, match="is a file"):
        pg.verify_study(done / "bundle.zip")
    for name in ("no.zip", "empty.zip"):
        with pytest.raises(DataError, match="bundle"):
            pg.run_study(tmp_path / name, tmp_path / "out")
    other = shutil.copytree(done, tmp_path / "other")
    (other / "data" / "01-town-area.parquet").write_bytes(b"x")
    with pytest.raises(DataError, match="was altered"):
        pg.run_study(other, tmp_path / "out")
    (other / "data" / "01-town-area.parquet").unlink()
    with pytest.raises(DataError, match="not whole"):
        pg.run_study(other, tmp_path / "out")
    told = manifest(done)
    told["outputs"]["data/../../evil"] = "0"
    (other / "manifest.json").write_text(json.dumps(told))
    with pytest.raises(DataError, match=r"no manifest\.json of a study"):
        pg.run_study(other, tmp_path / "out")


def test_the_knox_table_is_that_of_the_library(town, tmp_path):
    study = 'title = "Near"\n[data.town]\nfile = "incidents.csv"\ncategory = "burglary"\n'
    path = town.parent / "near.toml"
    bands = 'data = "town"\ndistance_bands = [0, 200, 400]\nday_bands = [0, 7]\nn_permutations = 9\n'
    path.write_text(f'{study}[tables.near]\nuse = "knox"\n{bands}')
    pg.run_study(path, tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "tables" / "01-near.csv")
    rows = pg.read_incidents(town.parent / "incidents.csv").query("category == 'burglary'")
    flat = rows.to_crs(32651)  # its scale is 1.0004 there: a pair or two cross the edge of a band
    whole = rows["time"].dt.normalize().to_numpy()
    days = np.abs(whole[:, None] - whole) / np.timedelta64(1, "D")
    x, y = flat.geometry.x.to_numpy(), flat.geometry.y.to_numpy()
    apart = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))
    pairs = [np.triu((days < 7) & (apart >= a) & (apart < b), 1).sum() for a, b in ((0, 200), (200, 400))]
    np.testing.assert_allclose(table["observed"], pairs, atol=2)
    assert len(pd.read_parquet(tmp_path / "out" / "scores.parquet")) == 0
