"""Notebooks are committed without outputs, as their twins in plain Python say; nbmake runs them."""

import shutil
import subprocess
import sys
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


def test_the_same_text_gives_the_same_bytes(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        twin = shutil.copy(FOLDER / "06_patrol_areas.py", tmp_path / name)
        subprocess.run([sys.executable, FOLDER.parent / ".ci" / "notebooks.py", twin], check=True)
        made.append(Path(twin).with_suffix(".ipynb").read_bytes())
    assert made[0] == made[1] == (FOLDER / "06_patrol_areas.ipynb").read_bytes()
