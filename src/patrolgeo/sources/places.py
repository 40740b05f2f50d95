"""Places: schools, markets, booths, stations; points with a name and a kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from patrolgeo.sources.columns import known_names, name_columns
from patrolgeo.sources.persons import drop_persons
from patrolgeo.sources.positions import with_points
from patrolgeo.sources.tables import Where, open_table
from patrolgeo.sources.times import text_of


def read_places(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
    **where: Unpack[Where],
) -> Any:
    """Which places matter: schools, hospitals, markets, banks, posts, booths?

    Parameters
    ----------
    source
        Table with ``lon, lat`` or a point layer; ``name`` and ``kind`` are taken when present. Of polygons an inner
        point is taken.
    columns
        Names of columns by field.
    where
        ``layer`` of a vector file, ``table`` or ``sql`` of a database.
    datum
        "WGS84", "GCJ02" or "BD09".
    encoding
        Encoding of a text file; found out by default.
    return_ledger
        Return the ledger too.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``name, kind``, the other columns of the source, and ``geometry``.

    Raises
    ------
    MissingColumnError
        When there are neither points nor coordinates.
    CRSError
        When the datum or the coordinate reference system is not known.
    DataError
        When the file cannot be read or no row can be used.
    MissingFileError
        When the file does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_places
    >>> read_places(pd.DataFrame({"kind": ["school"], "lon": [119.9], "lat": [31.7]}))[["name", "kind"]]
      name    kind
    0       school
    """
    table, ledger = open_table(source, "places", encoding=encoding, **where)
    table = name_columns(table, "places", ledger, columns=columns)
    table = drop_persons(table, ledger, set(known_names("places")))
    table = ledger.close(with_points(table, ledger, "places", datum), "places")
    for field, unknown in (("kind", "place"), ("name", "")):
        table = table.assign(**{field: text_of(table[field]).fillna(unknown) if field in table.columns else unknown})
    table = table[["name", "kind", *(c for c in table.columns if c not in ("name", "kind"))]]
    return ledger.finish(table, return_ledger)
