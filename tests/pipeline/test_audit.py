"""The audit bundle: an outsider computes it again from an empty folder; nothing small is in it; changes are found."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h3
import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo.config.equity import EquityWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.audit import shared_places
from patrolgeo.pipeline.equity import by_parent, group_table
from patrolgeo.words.messages import load_words

RNG = np.random.default_rng(28)


def make_run(folder, language="en"):
    """Write what a run leaves, as far as a bundle reads it."""
    folder.mkdir()
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(24.3, 107.3, 8), 14))
    people = RNG.poisson(40, len(cells)) * RNG.integers(0, 2, len(cells))
    table = pd.DataFrame({
        "residents": people, "young": people * RNG.uniform(0, 0.5, len(cells)),
        "recorded": RNG.poisson(0.4, len(cells)),
        "calls": RNG.poisson(2.0, len(cells)), "work": RNG.gamma(2, 1, len(cells)),
        "work_without": RNG.gamma(2, 1, len(cells)), "reached": RNG.integers(0, 2, len(cells)) * 1.0,
    }, index=pd.Index(cells, name="cell"))  # fmt: skip
    table.to_csv(folder / "equity_cells.csv")
    groups = group_table(table, EquityWish(groups=["young"])).reset_index()
    feedback = {"records": 100, "officer": 10, "share": 0.1, "first": 5, "changed": 1, "drives": False, "kinds": []}
    score = {"0.05": {"value": 0.4, "low": 0.3, "high": 0.5}}
    summary = {
        "title": "Longhe", "audience": "internal", "synthetic": True, "credits": [],
        "incidents": {"first": "2023-01-01T00:00", "last": "2024-12-29T00:00", "counted": 2234},
        "risk": {"model": "stack", "hit_rate": score, "naive": {"population": {"0.05": 0.3}}},
        "areas": {"by_area": [{"area": 1, "name": "East", "spoken_border": "the river"}]},
        "equity": {"groups": groups.astype(object).where(groups.notna(), None).to_dict("records"),
                   "feedback": feedback, "silent": []},
    }  # fmt: skip
    manifest = {
        "patrolgeo": pg.__version__, "commit": None, "seed": 1, "resolution": 8,
        "audience": "internal", "crs": "EPSG:4326",
        "plan": {"file": "plan.toml", "sha256": "0" * 64}, "previous": None, "changed_by_hand": [], "outputs": {},
        "settings": {"language": language, "release_register": None}, "seconds": {"read": 1.0},
        "inputs": {"incidents": {"read": 2574, "kept": 2234}, "forces": {"read": 264, "kept": 264}},
    }  # fmt: skip
    (folder / "summary.json").write_text(json.dumps(summary))
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return table


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    cells = make_run(folder / "run")
    return pg.write_audit(folder / "run", folder / "bundle"), cells


def test_an_outsider_computes_it_again_from_an_empty_folder(bundle, tmp_path):
    given = shutil.copytree(bundle[0], tmp_path / "given")
    command = [sys.executable, "-m", "patrolgeo", "audit", "--verify", str(given)]
    env = os.environ | {"PYTHONPATH": str(Path(pg.__file__).parents[1])}
    found = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, env=env)
    assert found.returncode == 0, found.stderr
    assert "all come out again" in found.stdout


def test_a_number_that_was_changed_is_found(bundle, tmp_path):
    given = shutil.copytree(bundle[0], tmp_path / "given")
    equity = pd.read_csv(given / "equity.csv")
    equity.loc[0, "work_ratio"] += 0.01
    equity.to_csv(given / "equity.csv", index=False)
    found = pg.verify_audit(given)
    assert found.loc["equity.csv", "differ"].tolist() == [1, 1]
    assert found.drop(index="equity.csv")["differ"].sum() == 0


def test_no_small_count_few_people_or_police_is_told(bundle):
    folder, cells = bundle
    places = pd.read_csv(folder / "data" / "places.csv", index_col="place")
    for count in ("recorded", "calls"):
        told = places[count].dropna()
        assert not told.between(0.5, 4.5).any()
        hidden = by_parent(cells)[count].sum() - told.sum()
        assert hidden == 0 or hidden >= 5
    alone = places.drop(index="rest", errors="ignore")["residents"]
    assert not alone.between(0.5, 29).any()
    assert places["residents"].sum() == pytest.approx(cells["residents"].sum(), abs=len(places))
    assert places["work"].sum() == pytest.approx(cells["work"].sum(), rel=1e-3)
    text = "".join(p.read_text("utf-8") for p in folder.rglob("*") if p.suffix in (".html", ".json", ".csv"))
    assert "264" not in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_in_the_language_of_the_plan_and_has_its_form(tmp_path, language):
    make_run(tmp_path / "run", language)
    folder, words = pg.write_audit(tmp_path / "run", tmp_path / "bundle"), load_words(language)
    for page in ("guide", "public", "assessment", "transparency", "statement"):
        text = (folder / f"{page}.html").read_text("utf-8")
        assert words[f"audit_{page}"] in text
        assert words["audit_no_ground"] in text
    assert words["form_remark"] in (folder / "public.html").read_text("utf-8")
    assert "个人信息保护影响评估" in (folder / "assessment.html").read_text("utf-8")


def test_decisions_of_people_are_kept_and_strange_ones_refused(bundle, tmp_path):
    folder = bundle[0]
    decided = pd.read_csv(folder / "decisions.csv", dtype=str, keep_default_na=False)
    assert decided["decision"].tolist() == ["open"]
    decided.loc[0, ["decision", "reason", "role", "date"]] = [
        "accepted",
        "as asked for",
        "head of patrols",
        "2025-01-03",
    ]
    decided.to_csv(tmp_path / "filled.csv", index=False)
    again = pg.write_audit(folder.parent / "run", tmp_path / "bundle", decisions=tmp_path / "filled.csv")
    assert (again / "decisions.csv").read_text() == (tmp_path / "filled.csv").read_text()
    decided.assign(id="area 99").to_csv(tmp_path / "strange.csv", index=False)
    with pytest.raises(DataError, match="area 99"):
        pg.write_audit(folder.parent / "run", tmp_path / "other", decisions=tmp_path / "strange.csv")


def test_a_run_without_equity_and_a_folder_that_is_no_bundle_are_refused(bundle, tmp_path):
    run = shutil.copytree(bundle[0].parent / "run", tmp_path / "run")
    summary = json.loads((run / "summary.json").read_text())
    (run / "summary.json").write_text(json.dumps({k: v for k, v in summary.items() if k != "equity"}))
    with pytest.raises(DataError, match=r"\[equity\]"):
        pg.write_audit(run, tmp_path / "bundle")
    with pytest.raises(DataError, match="no audit bundle"):
        pg.verify_audit(run)


def test_the_rest_is_no_place_of_few_people():
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(24.3, 107.3, 6), 1))
    children = [h3.cell_to_center_child(cell, 8) for cell in cells]
    table = pd.DataFrame({"residents": 200.0, "young": 50.0, "recorded": 9.0, "work": 1.0}, pd.Index(children))
    table["residents"] = [7.0, 300, 90, 200, 200, 200, 200]
    told = shared_places(table, ["young"])
    assert told.loc["rest", "residents"] == 97.0  # seven people, and the smallest other place
    assert len(told) == 6
    alone = shared_places(table.iloc[:1], ["young"])
    assert alone.loc["rest", "residents"] == 7.0  # there is nobody to join


def test_files_that_are_cut_short_are_said_and_decisions_may_come_from_a_spreadsheet(bundle, tmp_path):
    folder = bundle[0]
    decided = pd.read_csv(folder / "decisions.csv", dtype=str, keep_default_na=False).assign(reason="按要求")
    decided.to_csv(tmp_path / "filled.csv", index=False, encoding="gb18030")
    again = pg.write_audit(folder.parent / "run", tmp_path / "bundle", decisions=tmp_path / "filled.csv")
    assert "按要求" in (again / "decisions.csv").read_text("utf-8")
    (tmp_path / "filled.csv").write_text("")
    with pytest.raises(DataError, match="no table"):
        pg.write_audit(folder.parent / "run", tmp_path / "other", decisions=tmp_path / "filled.csv")
    (again / "manifest.json").write_text('{"outputs": ')
    with pytest.raises(DataError, match="cut short"):
        pg.verify_audit(again)
