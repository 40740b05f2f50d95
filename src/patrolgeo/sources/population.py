"""Population: counts of people by polygon, point or H3 cell; never persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import geopandas as gpd
import h3.api.basic_str as h3
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._typing import Floats
from patrolgeo.sources.boundaries import polygons_of
from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import check_datum, with_points
from patrolgeo.sources.tables import Where, open_table

COUNTS = ("population", "registered", "in_migrants", "out_migrants", "households")


def read_population(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """How many people live where?

    Parameters
    ----------
    source
        Polygons (tracts, villages), points with ``lon, lat`` (blocks, hamlets), or an H3 table with a ``cell`` column.
        A column ``population`` is needed; ``registered, in_migrants, out_migrants, households`` and other columns
        come along.
    columns
        Names of columns by field, for example ``{"population": "resident_2020"}``.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.
    datum
        "WGS84", "GCJ02" or "BD09", for points.
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame in EPSG:4326. The geometry of an H3 table is the cell's polygon.

    Raises
    ------
    MissingColumnError
        When there is no column `population`, or neither shapes, coordinates nor cells.
    CRSError
        When the datum or the coordinate reference system is not known.
    DataError
        When the file cannot be read or no row can be used.
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_population
    >>> people = read_population(pd.DataFrame({"cell": ["88309c4de3fffff"], "population": [120]}))
    >>> people.geom_type[0], people["population"].sum()
    ('Polygon', np.float64(120.0))
    """
    table, ledger = open_table(source, "population", encoding=encoding, **where)
    table = name_columns(table, "population", ledger, columns=columns, needed=("population",))
    table = drop_persons(table, ledger, set(known_names("population")))
    check_datum(datum)
    table = _with_counts(_with_shapes(table, ledger, datum), ledger)
    table = ledger.close(table, "population rows")
    return ledger.finish(table, return_ledger)


def _with_shapes(table: Any, ledger: Ledger, datum: str) -> gpd.GeoDataFrame:
    if isinstance(table, gpd.GeoDataFrame) and not (table.geom_type.dropna() == "Point").all():
        return polygons_of(table, ledger, "population")
    if "cell" in table.columns and not isinstance(table, gpd.GeoDataFrame):
        return _cells(table, ledger)
    return with_points(table, ledger, "population", datum)


def _cells(table: pd.DataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    cells = [_cell(c) for c in table["cell"]]
    ledger.reject([c is None for c in cells], "bad_cell")
    shapes = [None if c is None else _hexagon(c) for c in cells]
    return gpd.GeoDataFrame(table.assign(cell=cells), geometry=shapes, crs=crs.LONLAT)


def _cell(written: object) -> str | None:
    """Return an H3 cell written as text or as a whole number, or None."""
    text = str(written).strip()
    if text.isdecimal() and len(text) > 16:
        number = int(text)
        return str(h3.int_to_str(number)) if number < 2**63 and h3.is_valid_cell(h3.int_to_str(number)) else None
    return text if h3.is_valid_cell(text) else None


def _hexagon(cell: str) -> shapely.Polygon:
    return shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])


def _counts(column: pd.Series, name: str, ledger: Ledger) -> Floats:
    numbers = read_numbers(column, f"{ledger.source}, {name}", whole=True)
    if numbers.said:
        ledger.noted("separators", detail=numbers.said)
    return numbers.values


def _with_counts(table: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    counts = {name: _counts(table[name], name, ledger) for name in COUNTS if name in table.columns}
    ledger.reject(~np.isfinite(counts["population"]), "missing_population")
    ledger.reject(counts["population"] < 0, "negative_population")
    for name in (c for c in counts if c != "population"):
        bad = ~(counts[name] >= 0) & ledger.alive
        if bad.any():
            ledger.repaired("missing_count", bad, f"{name} is missing or below 0 in {bad.sum():,} row(s).")
            counts[name] = np.where(bad, np.nan, counts[name])
    return table.assign(**counts)
