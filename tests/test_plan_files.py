"""What would fail at the end of a run is checked when the plan is read; no plan file ends in a foreign exception."""

import contextlib
import random
import re
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

import patrolgeo
from patrolgeo.config import Plan, read_plan
from patrolgeo.config.analysis import FREQS
from patrolgeo.errors import PatrolgeoError
from patrolgeo.toml_tables import Range
from plan_files import as_toml, bad_plan, good_plan


@pytest.fixture
def folder(tmp_path):
    for name in ("incidents.csv", "area.geojson", "people.csv"):
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_bad_value_is_refused_before_the_run_and_a_good_plan_is_taken(folder):
    """500 plans (5,000 in `make soak`), 7 of 10 with one bad value somewhere."""
    rng = random.Random(0)
    for _ in range(500):
        bad = rng.random() < 0.7
        plan = bad_plan(rng)[0] if bad else good_plan(rng)
        (folder / "plan.toml").write_text(as_toml(plan), encoding="utf-8")
        if bad:
            with pytest.raises(PatrolgeoError, match=r"plan\.toml|file|gazetteer"):
                read_plan(folder / "plan.toml")
        else:
            assert read_plan(folder / "plan.toml").title is not None


def test_a_plan_file_with_accidents_is_taken_or_refused_never_a_crash(folder):
    rng = random.Random(1)
    for _ in range(500):
        raw = bytearray(as_toml(good_plan(rng)).encode())
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(raw))
            raw[at : at + rng.randint(0, 3)] = bytes(rng.choice(b"\x00\xff\"'[]{}=.#\n0e-inf") for _ in range(2))
        (folder / "plan.toml").write_bytes(raw)
        with contextlib.suppress(PatrolgeoError):
            read_plan(folder / "plan.toml")


@pytest.mark.parametrize("text", ["[[areas]]\nn = 3\n", "areas = 5\n", f"seed = {'9' * 5000}\n", "a = " + "[" * 5000,
                                  "a." * 3000 + "b = 1", "\ufeff\ufeff", 'title = "\\u0000"'])  # fmt: skip
def test_odd_toml_is_one_message(folder, text):
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PatrolgeoError, match=r"plan\.toml"):
        read_plan(folder / "plan.toml")


def numbers_without_range(kind, where=""):
    for field in fields(kind):
        hint = typing.get_type_hints(kind, include_extras=True)[field.name]
        yield from _numbers(hint, f"{where}{field.name}")


def _numbers(hint, where):
    inner = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Annotated:
        assert isinstance(inner[1], Range)
    elif hint in (int, float):
        yield where
    elif is_dataclass(hint):
        if not where.endswith("also"):  # a source within a source
            yield from numbers_without_range(hint, f"{where}.")
    else:
        for part in inner:
            yield from _numbers(part, where)


def test_every_number_of_a_plan_has_a_range():
    assert list(numbers_without_range(Plan)) == []


def test_the_frequencies_of_a_plan_are_those_that_pages_can_name():
    from patrolgeo.pipeline.door import DAYS
    from patrolgeo.pipeline.outputs import PERIODS

    assert set(FREQS) == set(PERIODS) == set(DAYS)


def keys_of(kind):
    for field in fields(kind):
        key, hint = field.metadata.get("key", field.name), typing.get_type_hints(kind)[field.name]
        if not key:
            continue
        yield key
        for inner in (hint, *typing.get_args(hint)):
            if is_dataclass(inner):
                yield from keys_of(inner)


def test_the_plan_of_the_sample_county_explains_every_key():
    text = (Path(patrolgeo.__file__).parent / "sources" / "synthetic" / "plan.toml").read_text(encoding="utf-8")
    assert not sorted(key for key in set(keys_of(Plan)) if not re.search(rf"\b{key}\b", text))


def test_where_a_plan_file_lies_is_not_a_key(folder):
    (folder / "plan.toml").write_text(as_toml(good_plan(random.Random(0))).replace("title", 'path = "x"\ntitle', 1))
    with pytest.raises(PatrolgeoError, match="unknown key 'path'"):
        read_plan(folder / "plan.toml")


def test_jurisdictions_without_units_to_divide_are_told(folder):
    plan = good_plan(random.Random(0)) | {"areas.nest_in": "beat"}
    (folder / "plan.toml").write_text(as_toml(plan), encoding="utf-8")
    with pytest.raises(PatrolgeoError, match=r"areas\.nest_in = 'beat' needs \[units\]"):
        read_plan(folder / "plan.toml")
