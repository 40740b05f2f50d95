"""Files for other programs: GeoPackage, GeoParquet, GeoJSON, written so that the same table gives the same bytes."""

from pathlib import Path

import geopandas as gpd
import pyogrio

from patrolgeo.errors import DataError
from patrolgeo.files import whole_file

EPOCH = "2000-01-01T00:00:00.000Z"  # GeoPackage stamps its time; a fixed one keeps runs equal


def write_layer(layer: gpd.GeoDataFrame, path: str | Path) -> Path:
    """Write a table with geometry; the ending of `path` names the format.

    Parameters
    ----------
    layer
        The table; its index becomes a column when it has a name.
    path
        ``.gpkg``, ``.geojson``, ``.kml`` or ``.parquet``. The file is whole or not there.

    Returns
    -------
    The path.

    Examples
    --------
    >>> import geopandas as gpd, shapely, tempfile
    >>> table = gpd.GeoDataFrame({"name": ["gate"]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    >>> len(gpd.read_file(write_layer(table, tempfile.mkdtemp() + "/sites.geojson")))
    1
    """
    path = Path(path)
    drivers = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".kml": "KML"}
    if path.suffix != ".parquet" and path.suffix not in drivers:
        raise DataError(f"{path.name}: the ending must be one of .parquet {' '.join(drivers)}.")
    with whole_file(path) as beside:
        if path.suffix == ".parquet":
            layer.to_parquet(beside)
        else:
            beside.unlink()
            _write_with_gdal(layer, beside, drivers[path.suffix], path.stem)
    return path


def _write_with_gdal(layer: gpd.GeoDataFrame, path: Path, driver: str, name: str) -> None:
    table = layer.reset_index() if layer.index.name else layer
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": EPOCH})
    try:
        table.to_file(path, driver=driver, engine="pyogrio", layer=name)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
