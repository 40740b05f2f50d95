"""The notebooks as pages, with what they show: each is run once and kept until it or the library changes.

Folium maps become pages of their own that ask nothing of the network. Where real data are absent the notebooks say so.
"""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
from gallery import library
from nbclient import NotebookClient
from staged import Stage

# run in the kernel before the notebook: maps become files beside it, warnings of the ledger are left to notebook 02
BEFORE = """
import hashlib, io, warnings
from pathlib import Path
import folium
import patrolgeo as pg
warnings.simplefilter("ignore", pg.PatrolgeoWarning)
%config InlineBackend.print_figure_kwargs = {'metadata': {'Software': None}, 'bbox_inches': 'tight'}
def _shown(self):
    folder = Path(MAPS)
    folder.mkdir(parents=True, exist_ok=True)
    drawn = pg.save_html(self, folder / "new.html")
    name = hashlib.sha256(drawn.read_bytes()).hexdigest()[:16] + ".html"
    drawn.rename(folder / name)
    return f'<iframe class="map" src="maps/{name}" title="map"></iframe>'
folium.Map._repr_html_ = _shown
"""


def write(stage: Stage, root: Path, kept: Path | None) -> None:
    """Stage the notebooks, run when there is a place to keep what they show."""
    paths = sorted((root / "notebooks").glob("*.ipynb"))
    if kept is None:
        stage.copy(root, "notebooks", only=".ipynb")
        return
    with ThreadPoolExecutor(2) as two:
        folders = list(two.map(lambda path: executed(path, root, kept / "notebooks"), paths))
    for path, folder in zip(paths, folders, strict=True):
        stage.bytes(f"notebooks/{path.name}", (folder / path.name).read_bytes())
        stage.beside |= {f"notebooks/maps/{drawn.name}": drawn.read_bytes() for drawn in folder.glob("maps/*.html")}


def executed(path: Path, root: Path, kept: Path) -> Path:
    """Return the folder that holds the executed notebook and its maps."""
    key = hashlib.sha256(path.read_bytes() + BEFORE.encode() + library(root)).hexdigest()[:24]
    folder = kept / f"{path.stem}-{key}"
    if not (folder / path.name).exists():
        notebook = nbformat.read(path, as_version=4)
        before = nbformat.v4.new_code_cell(BEFORE.replace("MAPS", repr(str(folder / "maps"))))
        notebook.cells.insert(0, before)
        client = NotebookClient(
            notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": path.parent}},
            extra_arguments=["--log-level=ERROR"],
        )  # fmt: skip
        data = os.environ.get("PATROLGEO_DATA", "")  # without it the notebooks say that real data are absent
        client.execute(env={**os.environ, "PATROLGEO_DATA": data})
        del notebook.cells[0]
        notebook.metadata.pop("widgets", None)
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / path.name)
    return folder
