"""The page of every key is the one that the code gives, and its examples can be taken as they stand."""

import importlib.util
import typing
from pathlib import Path
from tomllib import loads

import pytest

from patrolgeo.config.plan import Plan
from patrolgeo.config.trial import Trial
from patrolgeo.config.wishes import table_of
from patrolgeo.toml_tables import build, keys_of

NEEDED = {
    "title": "Town", "incidents": {"file": "i.csv"}, "area": {"file": "a.gpkg"},
    "areas": {"n": 1, "workload": {"risk": 1}, "speed_kmh": 9}, "sites": {"n": 1, "reach_minutes": 5},
}  # fmt: skip
SCRIPT = Path(__file__).parents[2] / ".ci" / "plan_file.py"


@pytest.fixture(scope="module")
def written():
    spec = importlib.util.spec_from_file_location("plan_file", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(written):
    assert written.PAGE.read_text(encoding="utf-8") == written.page(), "run: python .ci/plan_file.py"
    assert written.TRIAL_PAGE.read_text(encoding="utf-8") == written.trial_page(), "run: python .ci/plan_file.py"


def tables():
    pairs = [(whole, f) for whole in (Plan, Trial) for f in keys_of(whole).values()]
    kinds = [table_of(typing.get_type_hints(whole)[f.name]) for whole, f in pairs]
    return [Plan, *dict.fromkeys(kind for kind in kinds if kind is not None)]


@pytest.mark.parametrize("kind", tables(), ids=lambda kind: kind.__name__)
def test_every_key_says_what_it_does_and_its_example_is_taken(written, kind):
    needed = {
        key: f.metadata["example"] for key, f in keys_of(kind).items() if written.required(f) and kind is not Plan
    }
    for key, f in keys_of(kind).items():
        assert f.metadata["says"].endswith("."), f"{kind.__name__}.{key}"
        if kind is Plan and table_of(typing.get_type_hints(Plan)[f.name]) is not None:
            continue
        example = f.metadata["example"] or written.value(written.default(f))
        said = {**needed, key: example}
        content = loads("\n".join(f"{k} = {v}" for k, v in said.items()))
        if kind is Plan:
            content = NEEDED | content
        made = build(kind, content, Path("plan.toml"))
        assert getattr(made, f.name) is not None
