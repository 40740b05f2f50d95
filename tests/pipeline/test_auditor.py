"""An auditor that knows nothing of the pipeline recomputes every sentence with a number from the output files."""

import json
import re
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from auditor import Folder, audit, unanswered
from patrolgeo import run_plan
from town import write_town

ROOT = Path(__file__).parents[2]
COUNTY = ROOT / "data" / "samples" / "county" / "plan.toml"
FORCES = (
    "name,kind,role,officers,vehicles,start,end,lon,lat\n"
    "North,dedicated,station,9,1,00:00,24:00,119.92,31.74\nSouth,dedicated,patrol unit,7,1,08:00,20:00,119.93,31.71\n"
)


def settle(plan, **changes):
    """Write a plan anew with other first lines."""
    lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in changes.items())
    plan.write_text(lines + plan.read_text(encoding="utf-8"), encoding="utf-8")
    return plan


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Three reports of a town: internal and public in English, and internal in Chinese."""
    folder = tmp_path_factory.mktemp("town")
    plan = write_town(folder, 52, hot_from=40)
    (folder / "forces.csv").write_text(FORCES, encoding="utf-8")
    plan.write_text(plan.read_text() + '[forces]\nfile = "forces.csv"\n')
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


def test_a_number_that_is_changed_in_a_sentence_of_the_report_is_found(town):
    """Every number of every sentence is raised in turn: the auditor complains each time."""
    folder = Folder(town / "internal")
    folder.__dict__["page"] = re.sub("<table.*?</table>", "", folder.page, flags=re.DOTALL)
    text = re.compile(r"(<(?:p|li)[^>]*>)([^<]*\d[^<]*)(</(?:p|li)>)")
    tried = 0
    for piece in text.finditer(folder.page):
        for number in re.finditer(r"(?<![\d.,/A-Za-z])\d+(?=[\d.,]*\D)", piece[2]):
            other = piece[2][: number.start()] + str(int(number[0]) + 7) + piece[2][number.end() :]
            page = folder.page[: piece.start(2)] + other + folder.page[piece.end(2) :]
            found = audit(folder, page)
            tried += 1
            assert found.wrong or found.unknown, (piece[2], other)
    assert tried >= 60


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
    text = re.sub(
        r'^(file|gazetteer) = "', rf'\1 = "{COUNTY.parent.as_posix()}/', COUNTY.read_text("utf-8"), flags=re.M
    )
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
