"""The check of docstrings bites: what is left out is named."""

import importlib.util
from pathlib import Path

import patrolgeo
from patrolgeo._checks import check_positive

PLACE = Path(__file__).parents[1] / ".ci" / "docstrings.py"


def load():
    spec = importlib.util.spec_from_file_location("docstrings", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def checks(width: float) -> float:
    """Return the width."""
    check_positive(width, "width")
    return width


def raises() -> None:
    """Do nothing."""
    raise ValueError("no")


def says(width: float) -> float:
    """Return the width.

    Raises
    ------
    DataError
        When `width` is not positive.
    """
    check_positive(width, "width")
    return width


def test_a_function_that_checks_or_raises_must_say_when():
    unsaid = load()._unsaid
    assert unsaid(checks) == ["Raises: does not say when it raises (check_positive)"]
    assert unsaid(raises) == ["Raises: does not say when it raises (raise)"]
    assert unsaid(says) == []
    assert unsaid(load) == []


def test_a_public_name_without_its_sections_is_named(monkeypatch):
    """The docstring of one public function is cut to its summary: what is missing is told, section by section."""
    function = patrolgeo.p_median.__wrapped__
    docstrings = load()
    assert docstrings.faults("plan.sites.p_median", "p_median") == []
    monkeypatch.setattr(function, "__doc__", "Say nothing.")
    found = " ".join(docstrings.faults("plan.sites.p_median", "p_median"))
    assert all(code in found for code in ("PR01", "RT01", "EX01", "Raises"))
