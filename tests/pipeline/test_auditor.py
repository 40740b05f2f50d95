"""An auditor that knows nothing of the pipeline recomputes every sentence with a number from the output files."""

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pypdf
import pytest

from auditor import Folder, audit, unanswered
from auditor.held import audit_sheets, hours
from county_plan import county_text
from patrolgeo import print_sheets, run_plan
from patrolgeo.pipeline.layers import LAYERS
from town import add_control, write_town

ROOT = Path(__file__).parents[2]


def settle(plan, **changes):
    """Write a plan anew with other first lines."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in changes.items())
    plan.write_text(lines + plan.read_text(encoding="utf-8"), encoding="utf-8")
    return plan


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Three reports of a town: internal and public in English, and internal in Chinese."""
    folder = tmp_path_factory.mktemp("town")
    plan = add_control(write_town(folder, 52, hot_from=40))
    run_plan(plan, folder / "internal")
    run_plan(plan, folder / "public", audience="public")
    run_plan(settle(plan, language="zh", previous="internal"), folder / "zh")
    return folder


def check(folder, language, at_least):
    found = audit(Folder(folder, language))
    assert found.wrong == []
    assert found.unknown == []
    assert found.statements >= at_least
    return found


@pytest.mark.parametrize(
    ("which", "language", "at_least"), [("internal", "en", 70), ("public", "en", 40), ("zh", "zh", 70)]
)
def test_every_sentence_with_a_number_is_recomputed_from_the_files(town, which, language, at_least):
    check(town / which, language, at_least)
    assert which == "public" or unanswered(Folder(town / which, language)) == []


def test_a_public_version_says_nothing_of_posts_cameras_rings_and_gates(town):
    assert not [p.name for p in (town / "public").iterdir() if p.suffix == ".geojson" or p.name == "camera_sheets.html"]
    layers = {name for name, _ in pyogrio.list_layers(town / "public" / "plan.gpkg")}
    assert {"posts", "cameras", "rings"} <= {name for name, _ in pyogrio.list_layers(town / "internal" / "plan.gpkg")}
    assert not layers & {*LAYERS, "sites", "checkpoints"}
    for name in ("summary.json", "manifest.json"):
        told = (town / "public" / name).read_text(encoding="utf-8")
        for word in ("posts", "blind", "tiers", "weak_links", "weak", "cameras", "rings", "cordon", "gates", "order 8"):
            assert f'"{word}"' not in told
            assert "order 8" not in told
    page = (town / "public" / "plan.html").read_text(encoding="utf-8")
    assert "order 8 of 2023" not in page
    assert "order 8 of 2023" in (town / "internal" / "plan.html").read_text(encoding="utf-8")


def test_a_number_that_is_changed_in_a_sentence_of_the_report_is_found(town):
    """Every number of every sentence is raised in turn: the auditor of its section complains each time."""
    folder = Folder(town / "internal")
    text = re.compile(r"(<(?:p|li)[^>]*>)([^<]*\d[^<]*)(</(?:p|li)>)")
    tried = 0
    for section in re.split("(?=<section>)", re.sub("<table.*?</table>", "", folder.page, flags=re.DOTALL)):
        for piece in text.finditer(section):
            for number in re.finditer(r"(?<![\d.,/A-Za-z])\d+(?=[\d.,]*\D)", piece[2]):
                other = piece[2][: number.start()] + str(int(number[0]) + 7) + piece[2][number.end() :]
                found = audit(folder, section[: piece.start(2)] + other + section[piece.end(2) :])
                tried += 1
                assert found.wrong or found.unknown, (piece[2], other)
    assert tried >= 100


def changed(folder, tmp_path, name):
    """Copy a folder of outputs and return the path of one file in the copy."""
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy" / name


def test_a_layer_that_is_changed_is_found(town, tmp_path):
    path = changed(town / "internal", tmp_path, "cells.parquet")
    cells = gpd.read_parquet(path)
    cells.loc[cells["incidents"].idxmax(), "incidents"] += 50
    cells.to_parquet(path)
    wrong = audit(Folder(path.parent)).wrong
    assert {"counted_text"} <= {key for key, *_ in wrong}


def test_hours_and_steps_that_are_changed_are_found(town, tmp_path):
    path = changed(town / "internal", tmp_path, "cell_steps.parquet")
    folder = Folder(path.parent)
    assert hours(folder)
    assert audit(folder).wrong == []
    table = pd.read_parquet(path)
    table.loc[table.index[-1], "incidents"] += 1
    table.to_parquet(path)
    folder.summary["areas"]["by_area"][0]["by_hour"][3] += 0.01
    assert {"hours", "hours_of_the_workbook", "steps", "steps_of_the_page"} == {key for key, *_ in audit(folder).wrong}


@pytest.mark.check
@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_hours_of_printed_sheets_are_those_of_the_tables(town, tmp_path, language):
    """Every hour of every sheet of an area and shift, and its sum, read back from the paper."""
    folder = Folder(town / "internal", language)
    pages = pypdf.PdfReader(print_sheets(folder.path, tmp_path / "s.pdf", language=language)).pages
    texts = [page.extract_text() for page in pages]
    told = sum(folder.words["sheet_by_hour"] in text for text in texts)
    assert audit_sheets(folder, texts) == told >= len(hours(folder)) > 1


def test_the_scores_of_the_past_periods_bear_the_hit_rate(town, tmp_path):
    path = changed(town / "internal", tmp_path, "scores.csv")
    scores = pd.read_csv(path)
    scores["hit_rate_0.05"] *= 0.9
    scores.to_csv(path, index=False)
    assert {"forecast_text", "unsure_text"} <= {key for key, *_ in audit(Folder(path.parent)).wrong}


def test_a_sentence_that_nobody_knows_is_told(town):
    folder = Folder(town / "internal")
    assert audit(folder, "<p>The town has 7 secret posts.</p>").unknown == ["The town has 7 secret posts."]


@pytest.mark.check
@pytest.mark.parametrize(("audience", "language"), [("internal", "zh"), ("public", "zh")])
def test_the_county_in_chinese(tmp_path, audience, language):
    text = county_text()
    plan = tmp_path / "plan.toml"
    plan.write_text(text.replace('language = "en"', f'language = "{language}"', 1), encoding="utf-8")
    run_plan(plan, tmp_path / "out", audience=audience)
    check(tmp_path / "out", language, 60)


@pytest.mark.check
@pytest.mark.real
@pytest.mark.parametrize("city", ["philadelphia", "nyc"])
def test_a_real_city(real_data, tmp_path, monkeypatch, city):
    monkeypatch.setenv("PATROLGEO_DATA", str(real_data))
    run_plan(ROOT / "benchmarks" / "plans" / f"{city}.toml", tmp_path / "out")
    check(tmp_path / "out", "en", 100)
    assert unanswered(Folder(tmp_path / "out")) == []
