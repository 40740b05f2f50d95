"""The page for when a step fails knows every error and every reason for a row, and quotes what the program says."""

import inspect
import re
import runpy
from pathlib import Path

import pytest

from patrolgeo import errors

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "when-a-step-fails.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "patrolgeo"
ROWS = [line.split("|")[1] for line in PAGE.split("## By message")[1].split("Without a message")[0].splitlines()[4:]
        if line.startswith("|")]  # fmt: skip
QUOTED = [part.strip() for row in ROWS for text in re.findall(r"`([^`]+)`", row) for part in text.split("…")]


def test_every_error_and_warning_is_on_the_page():
    classes = [name for name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__]
    assert len(classes) > 5
    for name in classes:
        assert re.search(rf"^\| `{name}` \| \S", PAGE, re.M), name


def test_the_table_of_reasons_is_that_of_the_words():
    assert runpy.run_path(str(ROOT / ".ci" / "failures.py"))["page"](PAGE) == PAGE


@pytest.fixture(scope="module")
def said():
    """All text of the program, strings that go on in the next line joined."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", text)


@pytest.mark.parametrize("words", sorted({part for part in QUOTED if part}))
def test_what_the_page_quotes_is_what_the_program_says(words, said):
    assert words in said
