"""Forces: stations, units, posts and volunteer groups, with kind, base, shift and speed; no officers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.sources.columns import name_columns
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import locate, to_numbers
from patrolgeo.sources.tables import open_table
from patrolgeo.sources.times import text_of

KINDS = {"专业巡防": "dedicated", "社会巡防": "social", "群防群治": "volunteer", "志愿巡防": "volunteer"}


def read_forces(
    source: Any,
    *,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    encoding: str | None = None,
    return_ledger: bool = False,
) -> Any:
    """Which forces are there, where do they start from, when and how fast?

    Parameters
    ----------
    source
        Table with ``lon, lat`` (or points): ``name, kind`` ("dedicated", "social", "volunteer"), ``base, shift,
        speed_kmh, vehicles`` when known; further columns are kept.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``name, kind`` and what else the source has.

    Raises
    ------
    DataError
        When a speed is not above 0.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_forces
    >>> units = pd.DataFrame({"name": ["Unit 1"], "kind": ["dedicated"], "speed_kmh": [40], "lon": [119.9],
    ...                       "lat": [31.7]})
    >>> read_forces(units)[["name", "kind", "speed_kmh"]]
         name       kind  speed_kmh
    0  Unit 1  dedicated       40.0
    """
    table, ledger = open_table(source, "forces", encoding=encoding)
    table = name_columns(table, "forces", ledger, columns=columns, needed=("name",))
    table = locate(table, ledger, "forces", datum)
    table = _checked(table, ledger)
    ledger.close(table, "forces")
    table = table.reset_index(drop=True)
    return (table, ledger) if return_ledger else table


def _checked(table: Any, ledger: Ledger) -> Any:
    kind = text_of(table["kind"]) if "kind" in table.columns else pd.Series(index=table.index, dtype="str")
    table = table.assign(name=text_of(table["name"]).fillna(""), kind=kind.replace(KINDS).fillna("dedicated"))
    if "speed_kmh" in table.columns:
        table = table.assign(speed_kmh=to_numbers(table["speed_kmh"]))
        slow = table["speed_kmh"] <= 0
        if slow.any():
            raise DataError(f"{ledger.source}, row {table.index[slow][0]}: speed_kmh must be above 0.")
    return table
