"""Files for other programs: GeoPackage, GeoParquet, GeoJSON, written so that the same table gives the same bytes."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from patrolgeo import crs
from patrolgeo.errors import DataError, PatrolgeoError, PatrolgeoWarning
from patrolgeo.escape import escape, printable
from patrolgeo.files import whole_file

EPOCH = "2000-01-01T00:00:00.000Z"  # GeoPackage stamps its time; a fixed one keeps runs equal
DRIVERS = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".kml": "KML"}
_GDAL_ERRORS = (DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError)
GPKG = {"VERSION": "1.2"}  # what programs of 2018 read too
LONLAT_ONLY = (".geojson", ".kml")  # the formats know nothing else


def write_layer(layer: gpd.GeoDataFrame, path: str | Path) -> Path:
    """Write a table with geometry; the ending of `path` names the format.

    Columns whose names another program would take for one (``Name`` and ``name``, or an index named like a column) are
    written under names of their own, and a warning says which. Control characters in texts are replaced.

    Parameters
    ----------
    layer
        The table; its index becomes a column when it has a name.
    path
        ``.gpkg``, ``.geojson``, ``.kml`` or ``.parquet``. The file is whole or not there. GeoJSON and KML are written
        in longitude and latitude (EPSG:4326), the others as the table is.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When `layer` is not a table with one geometry, the ending is not known, or the format cannot hold a column.
    CRSError
        When GeoJSON or KML is wanted and the layer has no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile
    >>> table = gpd.GeoDataFrame({"name": ["gate"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    >>> len(gpd.read_file(write_layer(table, tempfile.mkdtemp() + "/sites.geojson")))
    1
    """
    path = Path(path)
    if not isinstance(layer, gpd.GeoDataFrame):
        raise DataError(f"layer must be a GeoDataFrame, got {type(layer).__name__}.")
    if path.suffix != ".parquet" and path.suffix not in DRIVERS:
        raise DataError(f"{path.name}: the ending must be one of .parquet {' '.join(DRIVERS)}.")
    if path.suffix != ".parquet" and len(shapes := layer.columns[layer.dtypes == "geometry"]) > 1:
        raise DataError(
            f"{path.name} holds one geometry, the layer has {', '.join(map(str, shapes))}; drop the others."
        )
    with whole_file(path) as beside:
        try:
            if path.suffix == ".parquet":
                layer.rename(columns=str).to_parquet(beside)
            else:
                beside.unlink()
                _write_with_gdal(layer, beside, path)
        except (TypeError, ValueError, *_GDAL_ERRORS) as problem:
            if isinstance(problem, PatrolgeoError):
                raise
            raise DataError(f"{path.name}: the layer cannot be written: {problem}") from None
    return path


@dataclass(frozen=True, eq=False)
class Layer:
    """A table as a layer of a GeoPackage: its name, and what programs show beside it: a title, and marks."""

    name: str
    table: pd.DataFrame
    title: str = ""
    marks: str = ""


def write_layers(path: Path, layers: Iterable[Layer]) -> Path:
    """Write tables as the layers of one GeoPackage, those without shapes as plain tables; the same give the same bytes.

    Raises
    ------
    DataError
        When the format cannot hold a column.
    """
    with whole_file(path) as beside, _one_date():
        beside.unlink()
        for layer in layers:
            table = _printable(layer.table)
            told = {"FID": _free_name("row", table.columns)}
            told |= {k: v for k, v in {"IDENTIFIER": layer.title, "DESCRIPTION": layer.marks}.items() if v}
            dataset = {} if beside.exists() else GPKG
            try:
                pyogrio.write_dataframe(
                    table, beside, layer=layer.name, driver="GPKG", layer_options=told, dataset_options=dataset
                )
            except (TypeError, ValueError, *_GDAL_ERRORS) as problem:
                raise DataError(f"{path.name}: the layer {layer.name} cannot be written: {problem}") from None
    return path


@contextmanager
def _one_date() -> Iterator[None]:
    """Let GDAL stamp its files with a fixed time meanwhile."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": EPOCH})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write_with_gdal(layer: gpd.GeoDataFrame, beside: Path, path: Path) -> None:
    table = _printable(_with_own_names(layer, path))
    if path.suffix in LONLAT_ONLY:
        table = crs.to_lonlat(table, path.name)
    name = path.stem
    if path.suffix == ".kml":  # GDAL writes names into the XML as they are
        table, name = table.rename(columns=escape).set_geometry(escape(table.geometry.name)), escape(name)
    # GeoPackage numbers its rows in a column that must not be one of ours
    options = {"FID": _free_name("row", table.columns), **GPKG} if path.suffix == ".gpkg" else {}
    with _one_date():
        table.to_file(beside, driver=DRIVERS[path.suffix], engine="pyogrio", layer=name, **options)


def _with_own_names(layer: gpd.GeoDataFrame, path: Path) -> gpd.GeoDataFrame:
    """Return the layer with its named index as columns, and no two columns of one name in any letter case."""
    named = any(name is not None for name in layer.index.names)
    levels = [f"level_{i}" if name is None else name for i, name in enumerate(layer.index.names)] if named else []
    taken: list[str] = []
    for name in [*levels, *layer.columns]:
        taken.append(_free_name(printable(name), taken))
    own = dict(zip(layer.columns, taken[len(levels) :], strict=True))
    renamed = [f"{old!r} as {new!r}" for old, new in own.items() if printable(old) != new]
    if renamed:
        warnings.warn(
            f"{path.name}: {len(renamed)} columns share a name and are written anew: {', '.join(renamed)}.",
            PatrolgeoWarning, stacklevel=4,
        )  # fmt: skip
    table = layer.rename(columns=own).set_geometry(own[layer.geometry.name])
    return table.rename_axis(taken[: len(levels)]).reset_index() if levels else table


def _free_name(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number where it is taken."""
    known = {other.casefold() for other in taken}
    names = (f"{name}_{i}" if i > 1 else name for i in count(1))
    return next(free for free in names if free.casefold() not in known)


def _printable(table: pd.DataFrame) -> pd.DataFrame:
    texts = [c for c in table.columns if pd.api.types.infer_dtype(table[c]) == "string"]
    return table.assign(**{c: table[c].map(printable, na_action="ignore") for c in texts})
