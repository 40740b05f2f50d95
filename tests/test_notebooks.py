"""Notebooks are committed without outputs, as their twins in plain Python say; nbmake runs them."""

from pathlib import Path

import jupytext
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(notebook):
    return [(c.cell_type, c.source) for c in notebook.cells]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[p.stem for p in NOTEBOOKS])
def test_a_notebook_is_its_python_twin_without_outputs(path):
    notebook = jupytext.read(path)
    assert cells(notebook) == cells(jupytext.read(path.with_suffix(".py")))
    assert not any(c.get("outputs") or c.get("execution_count") for c in notebook.cells)


def test_every_python_twin_has_its_notebook():
    assert {p.stem for p in FOLDER.glob("*.py")} == {p.stem for p in NOTEBOOKS}
