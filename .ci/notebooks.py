"""Make the notebooks from their text: the same text gives the same bytes.

    python .ci/notebooks.py notebooks/*.py

A cell's id is the notebook's number and the cell's place in it; what jupytext and nbformat would draw is random.
"""

import sys
from pathlib import Path

import jupytext


def convert(source: Path) -> Path:
    """Write the notebook of `source` beside it."""
    notebook = jupytext.read(source)
    for place, cell in enumerate(notebook.cells, start=1):
        cell["id"] = f"{source.stem.split('_')[0]}-{place:03d}"
    target = source.with_suffix(".ipynb")
    jupytext.write(notebook, target)
    return target


if __name__ == "__main__":
    for name in sys.argv[1:]:
        convert(Path(name))
