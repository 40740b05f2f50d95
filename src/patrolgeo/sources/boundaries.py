"""Polygons: the study area, patrol areas of today, jurisdictions, villages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import geopandas as gpd
import shapely

from patrolgeo import crs
from patrolgeo.errors import DataError
from patrolgeo.sources.columns import name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import to_lonlat
from patrolgeo.sources.tables import Where, open_table
from patrolgeo.words.note import Note

_SMALLEST_KM2 = 1e-3


def read_area(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """What is the study area?

    Parameters
    ----------
    source
        Path to polygons (GeoPackage, GeoJSON, Shapefile, GeoParquet), a GeoDataFrame or a GeoSeries. It may have
        several parts and holes.
    columns
        Names of columns by field: ``{"name": "dist_num"}``.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame of polygons in EPSG:4326 with the columns of the source; invalid rings are repaired, and the ledger
    says so.

    Raises
    ------
    CRSError
        When the file does not say its coordinate reference system.
    DataError
        When there is no polygon.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import read_area
    >>> bowtie = gpd.GeoDataFrame(geometry=[shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], crs="EPSG:4326")
    >>> area, ledger = read_area(bowtie, return_ledger=True)
    >>> area.geom_type[0], ledger.notes
    ('MultiPolygon', ['1 polygon(s) had crossing or repeated rings and were repaired.'])
    """
    return read_polygons(source, what="area", columns=columns, encoding=encoding, return_ledger=return_ledger, **where)


def read_polygons(
    source: Any,
    *,
    what: str = "polygons",
    columns: Mapping[str, str] | None = None,
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """Which polygons divide the land: patrol areas of today, station jurisdictions, villages?

    As `read_area`, for any layer; `what` is the word that messages use.

    Parameters
    ----------
    source, columns, encoding, where
        As in `read_area`.
    what
        What the polygons are, for messages.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame of polygons in EPSG:4326 with the columns of the source.

    Raises
    ------
    CRSError
        When the file does not say its coordinate reference system.
    DataError
        When there is no polygon.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import read_polygons
    >>> areas = gpd.GeoDataFrame({"name": ["North"]}, geometry=[shapely.box(119.9, 31.7, 120, 31.8)], crs="EPSG:4326")
    >>> read_polygons(areas)["name"].tolist()
    ['North']
    """
    if isinstance(source, gpd.GeoSeries):
        source = source.to_frame("geometry")
    table, ledger = open_table(source, what, encoding=encoding, **where)
    table = polygons_of(table, ledger, what)
    table = name_columns(table, "areas", ledger, columns=columns)
    if what != "area" and len(table) > 1 and "name" not in table.columns:
        _ask_for_name(table, ledger)
    table = ledger.close(drop_persons(table, ledger, {"name"}), "polygons")
    return ledger.finish(table, return_ledger)


def _ask_for_name(table: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Say that the polygons have no name but their row number, and which columns could give one."""
    likely = [c for c in table.columns if c != "geometry" and table[c].notna().all() and table[c].is_unique]
    told = f" Different in every row: {', '.join(map(str, likely[:6]))}." if likely else ""
    ledger.noted("no_name", detail=f"The row number stands for it; name a column: columns={{'name': '...'}}.{told}")


def polygons_of(table: Any, ledger: Ledger, what: str) -> gpd.GeoDataFrame:
    """Return the table with valid polygons in EPSG:4326; rows without one are set aside."""
    if not isinstance(table, gpd.GeoDataFrame):
        raise DataError(
            f"{ledger.source} holds no polygons; {what} needs a GeoPackage, GeoJSON, Shapefile or GeoParquet."
        )
    table = table.rename_geometry("geometry") if table.geometry.name != "geometry" else table
    table = to_lonlat(table, ledger, what)
    ledger.reject(table.geometry.isna() | table.geometry.is_empty, "missing_shape")
    table = _repaired(table, ledger)
    ledger.reject(~(shapely.area(table.geometry.to_numpy()) > 0), "no_polygon")
    _warn_of_size(table[ledger.alive], ledger)
    return table


def _warn_of_size(table: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Warn of polygons that together are smaller than a house: degrees taken for metres, or a wrong CRS."""
    if not len(table):
        return
    size = float(crs.to_local(table.geometry).area.sum()) / 1e6
    if size < _SMALLEST_KM2:
        ledger.warned("tiny_area", detail=Note("detail_tiny_area", {"km2": size}))


def _repaired(table: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    broken = ~table.is_valid.to_numpy() & ledger.alive
    if not broken.any():
        return table
    text = f"{broken.sum()} polygon(s) had crossing or repeated rings and were repaired."
    ledger.repaired("invalid_rings", broken, text)
    shapes = table.geometry.to_numpy().copy()
    shapes[broken] = [_polygon_part(shape) for shape in shapely.make_valid(shapes[broken])]
    return table.set_geometry(gpd.GeoSeries(shapes, index=table.index, crs=table.crs))


def _polygon_part(shape: Any) -> Any:
    """Return the polygons of a shape without the lines and points that a spike leaves."""
    if shape.geom_type != "GeometryCollection":
        return shape
    polygons = [part for part in shape.geoms if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(polygons) if polygons else shape
