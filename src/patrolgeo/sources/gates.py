"""Camera gates: points at roads with the vehicles that they counted; no plates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import with_points
from patrolgeo.sources.tables import Where, open_table


def read_gates(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """How many vehicles a day did each camera gate count?

    Parameters
    ----------
    source
        Table with ``lon, lat`` (or points) and ``count``: vehicles a day, both ways together; further columns are kept,
        those that identify vehicles or persons are dropped.
    columns
        Names of columns by field.
    datum
        "WGS84", "GCJ02" or "BD09".
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``count`` and what else the source has; gates without a count are set aside.

    Raises
    ------
    MissingColumnError
        When there is no column `count`, or there are neither points nor coordinates.
    CRSError
        When the datum or the coordinate reference system is not known.
    DataError
        When the file cannot be read or no row can be used.
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_gates
    >>> read_gates(pd.DataFrame({"count": [600, -1], "lon": [119.9, 119.8], "lat": [31.7, 31.7]}))["count"].tolist()
    [600.0]
    """
    table, ledger = open_table(source, "gates", encoding=encoding, **where)
    table = name_columns(table, "gates", ledger, columns=columns, needed=("count",))
    table = drop_persons(table, ledger, set(known_names("gates")))
    table = _counted(with_points(table, ledger, "gates", datum), ledger)
    return ledger.finish(ledger.close(table, "gates"), return_ledger)


def _counted(table: Any, ledger: Ledger) -> Any:
    count = read_numbers(table["count"], f"{ledger.source}, count", whole=True).values
    ledger.reject(~(np.isfinite(count) & (count >= 0)), "bad_count")
    return table.assign(count=count)
