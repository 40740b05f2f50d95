"""Incidents: id, time, category and place of what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.errors import MissingColumnError
from patrolgeo.sources.boundaries import read_area
from patrolgeo.sources.columns import name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import clip, locate
from patrolgeo.sources.tables import open_table
from patrolgeo.sources.times import parse_times, text_of

FIELDS = ("id", "time", "time_end", "category", "origin", "weight", "precision", "geometry")


def read_incidents(
    source: Any,
    *,
    preset: str | None = None,  # noqa: ARG001
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    tz: str | None = None,  # noqa: ARG001
    encoding: str | None = None,
    area: Any = None,
    places: Any = None,  # noqa: ARG001
    return_ledger: bool = False,
) -> Any:
    """Which incidents were recorded, when and where?

    Every row is kept, or set aside with its reason; the ledger counts them.

    Parameters
    ----------
    source
        Path (CSV, Parquet, GeoParquet, GeoPackage, GeoJSON, Shapefile) or a frame. A table with the columns
        ``id, datetime, category, lon, lat`` needs no further word.
    columns
        Names of columns by field, for example ``{"time": "reported_on"}``.
    datum
        "WGS84", "GCJ02" or "BD09".
    encoding
        Encoding of a text file, when it is neither UTF-8 nor GB18030.
    area
        Study area (polygons, or a path to them); rows outside are set aside.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``id, time, category, geometry`` and, when known, ``time_end, origin, weight,
    precision``; with `return_ledger` a pair of it and a `Ledger`.

    Raises
    ------
    DataError
        When there is no row, or none that can be used.
    MissingColumnError, MissingFileError
        When a column or the file is not there; the message names what is.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_incidents
    >>> table = pd.DataFrame({"id": [7], "datetime": ["2024-03-05 23:40"], "category": ["theft"],
    ...                       "lon": [119.97], "lat": [31.81]})
    >>> read_incidents(table)[["id", "time", "category"]]
      id                time category
    0  7 2024-03-05 23:40:00    theft
    """
    table, ledger = open_table(source, "incidents", encoding=encoding)
    table = name_columns(table, "incidents", ledger, columns=columns)
    table = _with_times(table, ledger)
    table = _with_labels(table)
    table = locate(table, ledger, "incidents", datum)
    if area is not None:
        table = clip(table, read_area(area), ledger)
    ledger.close(table, "incidents")
    table = table[[f for f in FIELDS if f in table.columns]].reset_index(drop=True)
    return (table, ledger) if return_ledger else table


def _with_times(table: Any, ledger: Ledger) -> Any:
    if "time_start" in table.columns and ("time_end" in table.columns or "time" not in table.columns):
        table = table.drop(columns="time", errors="ignore").rename(columns={"time_start": "time"})
    if "time" not in table.columns:
        raise MissingColumnError(
            f"{ledger.source} lacks a column for time; it has: {', '.join(table.columns)}. "
            "Rename one, or name it: columns={'time': '...'}."
        )
    time, precision = parse_times(table["time"], f"{ledger.source}, column time")
    table = table.assign(time=time)
    if "time_end" in table.columns:
        table["time_end"] = parse_times(table["time_end"], f"{ledger.source}, column time_end")[0]
    if precision != "exact":
        table.attrs["time_precision"] = precision
    return ledger.drop(table, table["time"].isna(), "bad_time", "The time is missing or cannot be read.")


def _with_labels(table: Any) -> Any:
    ids = table["id"] if "id" in table.columns else pd.Series(table.index, index=table.index)
    category = text_of(table["category"]) if "category" in table.columns else pd.Series("unknown", index=table.index)
    return table.assign(id=ids.astype("str"), category=category.fillna("unknown"))
