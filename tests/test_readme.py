"""What the README shows works as it is shown."""

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from patrolgeo.config import read_plan

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language):
    return re.search(rf"```{language}\n(.*?)```", README, re.DOTALL).group(1)


@pytest.mark.filterwarnings("ignore::patrolgeo.PatrolgeoWarning")  # what the ledger asks the reader to look at
def test_the_ten_lines_of_python_draw_a_map(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(block("python"), {})
    assert (tmp_path / "plan.html").stat().st_size > 100_000


def test_the_plan_file_has_only_known_keys(tmp_path):
    (tmp_path / "plan.toml").write_text(block("toml"), encoding="utf-8")
    for name in re.findall(r'file = "(.+?)"', block("toml")):
        (tmp_path / name).touch()
    assert read_plan(tmp_path / "plan.toml").areas.n == 12


def test_the_first_lines_are_the_two_commands():
    commands = re.search(r"```\n(.*?)```", README, re.DOTALL).group(1)
    assert [line.split("#")[0].strip() for line in commands.splitlines()] == ["make plan", "make test"]
    targets = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert "\nplan: setup" in targets
    assert "\ntest: " in targets


def test_the_list_of_pages_leads_to_every_page_and_no_link_of_a_page_is_dead():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.stem for page in ROOT.glob("docs/*.md")}
    assert set(re.findall(r"\((\S+?)\.md\)", index)) | {"README"} == pages
    for page in (ROOT / "README.md", *ROOT.glob("docs/*.md")):
        links = re.findall(r"\]\(([^)#:\s]+)\)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).exists()] == [], page.name


def test_the_table_of_peers_is_that_of_the_results():
    spec = importlib.util.spec_from_file_location("peers", ROOT / ".ci" / "peers.py")
    peers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peers)
    assert peers.page() == README, "run: python .ci/peers.py"


def test_the_page_of_marks_is_that_of_the_results():
    """The day of a run stands in the history, which a shallow copy lacks: it is taken from the page."""
    spec = importlib.util.spec_from_file_location("marks", ROOT / ".ci" / "marks.py")
    marks = importlib.util.module_from_spec(spec)
    sys.modules["marks"] = marks
    spec.loader.exec_module(marks)
    text = marks.PAGE.read_text("utf-8")
    days = dict(re.findall(r"`(\w+)\.py` \| (\S+) \|", text))
    assert marks.page(days) == text, "run: python .ci/marks.py"
    assert marks.Mark("room", "what", "cells", ("exact", "mismatches"), least=1).met is False
