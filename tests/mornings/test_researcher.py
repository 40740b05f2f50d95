"""The researcher's study, from its page: the numbers that the page tells are those of its run."""

import json
import re

import pandas as pd
import pytest

from mornings.walk import ROOT, steps, walk

PAGE = "researchers-study.md"
pytestmark = [pytest.mark.check, pytest.mark.real]


@pytest.fixture(scope="module")
def done(tmp_path_factory, real_data):
    folder = tmp_path_factory.mktemp("researcher")
    return folder, walk(PAGE, folder, PATROLGEO_DATA=str(real_data))


def test_the_model_has_forty_lines_at_most():
    model = next(body for kind, body in steps(PAGE) if kind == "python")
    assert len([line for line in model.splitlines()[1:] if line.strip()]) <= 40


def test_the_colleague_gets_the_same_bytes_without_the_data(done):
    folder, said = done
    assert said[-1].count("came out again") == 2
    for name in ("study", "trial"):
        table = "scores.parquet" if name == "study" else "summary.json"
        mine = folder / ("results" if name == "study" else "trial") / table
        assert mine.read_bytes() == (folder / "colleague" / name / table).read_bytes()


def test_the_page_says_what_the_study_found(done):
    """Six sets; clear gains where the page names them; none over all after correction; the log score of New York."""
    sets = pd.read_csv(done[0] / "results" / "tables" / "compared_by_set.csv").query("model == 'seasons'")
    hits = sets[sets["metric"] == "hit_rate"].set_index("data")
    clear = set(hits.index[(hits["p_adjusted"] < 0.05) & (hits["value"] > 0)])
    assert len(hits) == 6
    assert clear == {"Philadelphia: h3:8", "Philadelphia: square:900m", "New York: square:900m"}
    pooled = pd.read_csv(done[0] / "results" / "tables" / "compared.csv").query("model == 'seasons'")
    assert (pooled["p_adjusted"] > 0.05).all()
    score = sets[(sets["metric"] == "log_score") & sets["data"].str.startswith("New York")]
    assert ((score["value"] < 0) & (score["p_adjusted"] < 0.05)).all()


def test_the_page_says_what_the_trial_found(done):
    told = json.loads((done[0] / "trial" / "summary.json").read_text(encoding="utf-8"))
    page = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    assert float(re.search(r"change (\d+) times", page)[1]) == round(told["power"]["dispersion"])
    assert re.search(r"cut of a fifth in (\d+) %", page)[1] == f"{told['power']['power']:.0%}".rstrip("%")
    assert told["effect"]["finding"] == "no evidence"
    assert -0.4 < told["effect"]["low"] < -1 / 3
    assert 0.15 < told["effect"]["high"] < 0.18
