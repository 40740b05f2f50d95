"""Does an installed patrolgeo work? Run by the Python of a clean environment, outside the checkout.

python smoke.py core | notebooks | app | db | dask | docs
"""

import importlib
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import patrolgeo as pg

COMMAND = (sys.executable, "-m", "patrolgeo")
NOT_IN_CORE = ("jupyterlab", "notebook", "ipykernel", "sphinx", "myst_nb", "dask", "duckdb", "starlette")


def say(*words: str) -> str:
    """Run the command; it must end well."""
    return subprocess.run([*COMMAND, *words], check=True, capture_output=True, text=True).stdout


def core(folder: Path) -> None:
    """The commands that need no extra; `doctor` plans a small town from its incidents to a page."""
    there = [name for name in NOT_IN_CORE if importlib.util.find_spec(name)]
    assert not there, f"the core install brings {there}"
    say("sample", str(folder / "county"))
    say("check", str(folder / "county" / "incidents.csv"))
    say("notebooks", str(folder / "course"))
    assert len(list((folder / "course").glob("*.ipynb"))) >= 15
    assert "_patrolgeo" in say("completion", "bash")
    sys.stdout.write(say("doctor"))


def notebooks(folder: Path) -> None:
    """Jupyter starts, and its kernel runs our code."""
    import nbformat
    from nbclient import NotebookClient

    cells = [nbformat.v4.new_code_cell("import patrolgeo as pg\npg.__version__")]
    ran = NotebookClient(nbformat.v4.new_notebook(cells=cells), resources={"metadata": {"path": str(folder)}}).execute()
    assert ran.cells[0].outputs[0]["data"]["text/plain"] == repr(pg.__version__)
    subprocess.run([sys.executable, "-m", "jupyterlab", "--version"], check=True)


def app(folder: Path) -> None:
    """The local page can be loaded."""
    del folder
    from patrolgeo.app import serve

    assert serve.run_app


def db(folder: Path) -> None:
    """Incidents are read from a database."""
    import duckdb

    path = folder / "city.duckdb"
    with duckdb.connect(str(path)) as base:
        base.execute("create table cases as select 1 as id, timestamp '2024-01-02 03:00' as time, 'theft' as category, "
                     "119.9 as lon, 31.7 as lat")  # fmt: skip
    assert len(pg.read_incidents(path, table="cases")) == 1


def dask(folder: Path) -> None:
    """Work runs on a cluster of one worker."""
    del folder
    from distributed import Client

    from patrolgeo.execution import run_all

    with Client(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as client:
        assert list(run_all(abs, [-1, -2], executor=client)) == [1, 2]


def docs(folder: Path) -> None:
    """What builds the pages can be loaded."""
    del folder
    for name in ("myst_nb", "pydata_sphinx_theme", "sphinx_design", "sphinx_copybutton", "sphinx"):
        importlib.import_module(name)


if __name__ == "__main__":
    part = {part.__name__: part for part in (core, notebooks, app, db, dask, docs)}[sys.argv[1]]
    with tempfile.TemporaryDirectory() as scratch:
        part(Path(scratch))
    sys.stdout.write(f"{part.__name__}: works on Python {sys.version.split()[0]}\n")
