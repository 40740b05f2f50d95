"""The sample county on disk: written again from its seed, found and read.

The truth is written by H3 cell, so this module (not the generator) speaks with `h3`.
"""

from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import h3
import numpy as np
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import MissingFileError
from patrolgeo.sources.synthetic import make_county, write_county
from patrolgeo.sources.synthetic.later import make_later
from patrolgeo.sources.synthetic.patrols import make_patrols, patrol_files
from patrolgeo.sources.synthetic.quiet import make_quiet
from patrolgeo.sources.vector import read_layer

SAMPLE_SEED, TRUTH_RESOLUTION = 1, 8
_FOLDER = Path("data") / "samples" / "county"
_HOME = files("patrolgeo") / "sources" / "synthetic"
_BESIDE = (
    "plan.toml",
    "night.toml",
    "trial.toml",
    "training_ground.geojson",
    "reservoir.geojson",
)  # the plans, and what they leave out
_CHECKOUT = Path(__file__).parents[3]


def write_sample(folder: str | Path, seed: int = SAMPLE_SEED) -> Path:
    """Write the county of `seed` and a plan that runs on it into `folder`; the same seed writes the same bytes.

    Parameters
    ----------
    folder
        Where to write; made when it is missing.
    seed
        Seed of the county, a whole number of 0 or more.

    Returns
    -------
    The folder.

    Raises
    ------
    DataError
        When `seed` is not a whole number of 0 or more.

    Examples
    --------
    >>> from patrolgeo import write_sample
    >>> folder = write_sample("county", seed=2)  # doctest: +SKIP
    """
    texts = {name: (_HOME / name).read_text(encoding="utf-8") for name in _BESIDE}
    county = make_county(seed)
    later = make_later(county.incidents, county.villages, seed)
    quiet = make_quiet(county.incidents, county.villages, seed)
    patrols = make_patrols(county, seed)
    told = patrol_files(patrols, _cells(patrols.track["lon"].to_numpy(), patrols.track["lat"].to_numpy()))
    return write_county(county, folder, _cells, beside_it=texts | later | quiet | told)


def _cells(lon: Floats, lat: Floats) -> Array:
    return np.array([h3.latlng_to_cell(b, a, TRUTH_RESOLUTION) for a, b in zip(lon, lat, strict=True)])


def sample_folder() -> Path:
    """Return the folder of the sample county: of the working directory, or of the checkout this package runs from.

    Returns
    -------
    Path of the folder.

    Raises
    ------
    MissingFileError
        When there is none; `patrolgeo sample` writes it.

    Examples
    --------
    >>> from patrolgeo import sample_folder
    >>> (sample_folder() / "incidents.csv").exists()
    True
    """
    places = [Path.cwd() / _FOLDER, _CHECKOUT / _FOLDER]
    for place in places:
        if (place / "incidents.csv").exists():
            return place
    looked = " and ".join(map(str, places))
    raise MissingFileError(
        f"The sample county is not in {looked}. Write it with `patrolgeo sample {_FOLDER.as_posix()}` and try again."
    )


def load_sample(name: str, folder: str | Path | None = None) -> pd.DataFrame | gpd.GeoDataFrame:
    """Read a table of the sample county by its name, as it lies on disk.

    Parameters
    ----------
    name
        File name without its ending: incidents, calls, villages, area, townships, roads, places, forces, truth, ...
    folder
        Where to look; by default where `sample_folder` finds it.

    Returns
    -------
    The table as it lies on disk: a DataFrame of a CSV or Parquet file, a GeoDataFrame of a layer.

    Raises
    ------
    MissingFileError
        When there is no sample county, or no such table in it.

    Examples
    --------
    >>> from patrolgeo import load_sample
    >>> load_sample("shifts").head(3)
        name  start    end   days
    0  early  06:00  14:00  daily
    1   late  14:00  22:00  daily
    2  night  22:00  06:00  daily
    """
    folder = sample_folder() if folder is None else Path(folder)
    known = {p.stem: p for p in sorted(folder.glob("*")) if p.suffix in {".csv", ".geojson", ".parquet"}}
    if name not in known:
        raise MissingFileError(f"no table {name!r} in {folder}{nearest(name, known)} There are: {', '.join(known)}.")
    path = known[name]
    if path.suffix == ".csv":
        return pd.read_csv(path)
    return pd.read_parquet(path) if path.suffix == ".parquet" else read_layer(path)[0]
