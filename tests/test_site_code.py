"""Every block of Python on the pages of the site that are made of tasks runs as it stands, on the sample county."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.check
DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(page for folder in ("start", "howto", "coming-from") for page in (DOCS / folder).glob("*.md"))
BLOCKS = {
    f"{page.parent.name}/{page.stem}-{k}": code
    for page in PAGES
    for k, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL), start=1)
}


@pytest.mark.filterwarnings("ignore::patrolgeo.PatrolgeoWarning")  # what the ledger says of the sample's planted dirt
@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_runs_as_it_stands(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(compile(BLOCKS[name], name, "exec"), {"__name__": name})
    capsys.readouterr()


def test_the_study_with_a_model_of_ones_own_runs_and_comes_again(tmp_path):
    """The page's model and its study file, saved as it says, beside copies of the sample's files."""
    import patrolgeo as pg

    text = (DOCS / "howto" / "own-model.md").read_text(encoding="utf-8")
    for name in ("incidents.csv", "villages.csv", "area.geojson"):
        (tmp_path / name).write_bytes((pg.sample_folder() / name).read_bytes())
    (tmp_path / "my_models.py").write_text(BLOCKS["howto/own-model-1"], encoding="utf-8")
    (tmp_path / "study.toml").write_text(re.search(r"```toml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    asked = [["study", "study.toml", "--out", "results"], ["study", "--verify", "results", "--run-code"]]
    for words in asked:
        done = subprocess.run(
            [sys.executable, "-m", "patrolgeo", *words], cwd=tmp_path, check=False, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()


def test_the_model_of_the_page_keeps_what_every_model_keeps():
    from patrolgeo.testing import check_risk_model

    names: dict[str, object] = {"__name__": "my_models"}
    exec(BLOCKS["howto/own-model-1"], names)
    check_risk_model(names["LastWeeks"]())
