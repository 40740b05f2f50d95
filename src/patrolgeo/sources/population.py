"""Population: counts of people by polygon, point or H3 cell; never persons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import h3.api.basic_str as h3
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo.sources.boundaries import polygons_of
from patrolgeo.sources.columns import name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import locate, to_numbers
from patrolgeo.sources.tables import open_table

COUNTS = ("population", "registered", "in_migrants", "out_migrants", "households")


def read_population(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
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
    datum
        "WGS84", "GCJ02" or "BD09", for points.

    Returns
    -------
    GeoDataFrame in EPSG:4326. The geometry of an H3 table is the cell's polygon.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_population
    >>> people = read_population(pd.DataFrame({"cell": ["88309c4de3fffff"], "population": [120]}))
    >>> people.geom_type[0], people["population"].sum()
    ('Polygon', np.float64(120.0))
    """
    table, ledger = open_table(source, "population", encoding=encoding)
    table = name_columns(table, "population", ledger, columns=columns, needed=("population",))
    table = _with_shapes(table, ledger, datum)
    table = _with_counts(table, ledger)
    ledger.close(table, "population rows")
    table = table.reset_index(drop=True)
    return (table, ledger) if return_ledger else table


def _with_shapes(table: Any, ledger: Ledger, datum: str) -> gpd.GeoDataFrame:
    if isinstance(table, gpd.GeoDataFrame):
        if (table.geom_type.dropna() == "Point").all():
            return locate(table, ledger, "population", datum)
        return polygons_of(table, ledger, "population")
    if "cell" in table.columns:
        return _cells(table, ledger)
    return locate(table, ledger, "population", datum)


def _cells(table: pd.DataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    known = table["cell"].map(lambda c: isinstance(c, str) and h3.is_valid_cell(c)).to_numpy(bool)
    table = ledger.drop(table, ~known, "bad_cell", "No H3 cell.")
    rings = [[(lon, lat) for lat, lon in h3.cell_to_boundary(c)] for c in table["cell"]]
    return gpd.GeoDataFrame(table, geometry=[shapely.Polygon(r) for r in rings], crs=crs.LONLAT)


def _with_counts(table: gpd.GeoDataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    for name in (c for c in COUNTS if c in table.columns):
        table = table.assign(**{name: to_numbers(table[name])})
    people = table["population"]
    table = ledger.drop(table, people.isna(), "missing_population", "The population is missing or no number.")
    table = ledger.drop(table, table["population"] < 0, "negative_population", "The population is below 0.")
    for name in (c for c in COUNTS[1:] if c in table.columns):
        bad = ~(table[name] >= 0)
        if bad.any():
            ledger.repaired(f"missing_{name}", table.index[bad], f"{name} is missing in {bad.sum()} row(s).")
            table = table.assign(**{name: np.where(bad, np.nan, table[name])})
    return table
