"""The notebooks, as the package brings them."""

from importlib.resources import files
from pathlib import Path

from patrolgeo.errors import MissingFileError
from patrolgeo.files import whole_file
from patrolgeo.sources.samples import write_sample

_HOMES = (files("patrolgeo") / "notebooks", Path(__file__).parents[3] / "notebooks")  # of a package, of a checkout


def write_course(folder: Path) -> tuple[list[str], list[str]]:
    """Write the notebooks, and the sample county that they read, into `folder`; what was changed there stays.

    Returns
    -------
    The names that were written, and those that differ from ours and were left alone.
    """
    home = next((home for home in _HOMES if home.is_dir()), None)
    if home is None:
        raise MissingFileError("This package was built without its notebooks: install patrolgeo from its wheel.")
    written, kept = [], []
    folder.mkdir(parents=True, exist_ok=True)
    for one in sorted((one for one in home.iterdir() if one.name.endswith(".ipynb")), key=lambda one: one.name):
        target = folder / one.name
        if not target.exists():
            with whole_file(target) as path:
                path.write_bytes(one.read_bytes())
            written.append(one.name)
        elif target.read_bytes() != one.read_bytes():
            kept.append(one.name)
    if not (county := folder / "data" / "samples" / "county").exists():
        write_sample(county)
    return written, kept
