"""The page on columns is the one that the code gives, and holds every table of the office."""

import importlib.util
from pathlib import Path

import pytest

from patrolgeo.pages.office.tables import TABLES

SCRIPT = Path(__file__).parents[1] / ".ci" / "outputs.py"


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("outputs", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(written):
    assert written.PAGE.read_text(encoding="utf-8") == written.page(), "run: python .ci/outputs.py"


def test_every_column_of_every_table_stands_in_it(written):
    text = written.PAGE.read_text(encoding="utf-8")
    rows = [f"\n| `{column}" for spec in TABLES for column in spec.columns]
    assert [row for row in rows if row.removesuffix("`") not in text] == []
