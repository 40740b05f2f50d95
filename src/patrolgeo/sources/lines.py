"""Road lines as a layer; the network is built from them in the room `roads`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import geopandas as gpd

from patrolgeo.errors import DataError
from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.osm import is_osm, read_osm
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import to_lonlat
from patrolgeo.sources.tables import Where, open_table


def read_roads(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """Which roads are there?

    Parameters
    ----------
    source
        Line layer (GeoPackage, GeoJSON, Shapefile, GeoParquet) or a GeoDataFrame, with a CRS; or an OpenStreetMap
        extract (.osm.pbf, .osm), of which the roads for motor vehicles are taken.
    columns
        Names of columns by field: ``road_class, speed_kmh, oneway, name``.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame of lines in EPSG:4326 with the columns of the source; ``road_class, speed_kmh, oneway`` where known.

    Raises
    ------
    DataError
        When the file cannot be read or holds no lines.
    CRSError
        When the file does not say its coordinate reference system.
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import read_roads
    >>> lines = gpd.GeoDataFrame({"highway": ["primary"]}, geometry=[shapely.LineString([(0, 0), (0, 1)])],
    ...                          crs="EPSG:4326")
    >>> read_roads(lines)["road_class"].tolist()
    ['primary']
    """
    table, ledger = open_table(read_osm(source) if is_osm(source) else source, "roads", encoding=encoding, **where)
    if not isinstance(table, gpd.GeoDataFrame):
        raise DataError(f"{ledger.source} holds no lines; roads need a GeoPackage, GeoJSON, Shapefile or GeoParquet.")
    table = name_columns(to_lonlat(table, ledger, "roads"), "roads", ledger, columns=columns)
    table = drop_persons(table, ledger, set(known_names("roads")))
    ledger.reject(table.geometry.isna() | table.geometry.is_empty, "missing_shape")
    ledger.reject(~table.geom_type.isin(["LineString", "MultiLineString"]), "no_line")
    table = ledger.close(table, "roads")
    return ledger.finish(table, return_ledger)
