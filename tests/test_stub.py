"""The stub of the package is the one that its public names give."""

import importlib.util
from pathlib import Path

import pytest

import patrolgeo

SCRIPT = Path(__file__).parents[1] / ".ci" / "stub.py"


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("stub", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_stub_is_up_to_date(written):
    assert written.STUB.read_text(encoding="utf-8") == written.stub(), "run: python .ci/stub.py"


def test_the_stub_knows_every_public_name(written):
    text = written.STUB.read_text(encoding="utf-8")
    assert [n for n in patrolgeo.__all__ if f" as {n}\n" not in text and f"def {n}(" not in text] == []


def test_a_typo_in_a_public_name_suggests_the_nearest():
    with pytest.raises(AttributeError, match="did you mean 'max_coverage'"):
        patrolgeo.max_coverge  # noqa: B018
