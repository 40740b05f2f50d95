"""Roads at a date and an hour: closures that begin and end, ferries and gates with hours and a wait."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns, check_time
from patrolgeo._typing import Array, Bools
from patrolgeo.errors import DataError
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.sources.clocks import parse_clock

DAY = 24 * 60


def open_roads(
    roads: RoadGraph, when: Any, *, closures: pd.DataFrame | None = None, hours: pd.DataFrame | None = None
) -> RoadGraph:
    """Which roads are open at this date and hour, and what does a ferry cost then?

    Parameters
    ----------
    roads
        The network with every road, ferries included (a ferry is a line like any other, with its own minutes).
    when
        Date and time, local as the two tables are.
    closures
        Columns `line`, `start`, `end`: roads closed for a time (a flood, works). An end without an hour includes that
        day; a missing end means until further notice. A road may have several rows.
    hours
        Columns `line`, `opens`, `closes` ("06:00", "21:30", across midnight too) and, when boarding takes time,
        `wait_minutes`: ferries, gates, market streets. A road with several rows is open in any of them; roads that are
        not named are always open.

    Returns
    -------
    RoadGraph without the roads that are closed then; on a ferry the wait is part of the minutes.

    Raises
    ------
    DataError
        When a row names a road that is not in the network, or a time cannot be read.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, open_roads
    >>> ways = [shapely.LineString([(119.9 + k / 100, 31.7), (119.91 + k / 100, 31.7)]) for k in (0, 1)]
    >>> banks = gpd.GeoSeries(ways, index=["road", "ferry"], crs="EPSG:4326")
    >>> roads = RoadGraph.from_lines(banks, minutes=[2, 5])
    >>> ferry = pd.DataFrame({"line": ["ferry"], "opens": ["06:00"], "closes": ["20:00"], "wait_minutes": [10]})
    >>> open_roads(roads, "2026-05-01 07:00", hours=ferry).edges.minutes.tolist()
    [2.0, 15.0]
    >>> open_roads(roads, "2026-05-01 22:00", hours=ferry).edges.line.tolist()
    ['road']
    """
    moment = check_time(when, "when")
    if pd.isna(moment):
        raise DataError(f"when={when!r} is not a date and time such as '2026-05-01 07:00'.")
    if closures is not None:
        shut = _checked(closures, roads, "closures", ["start", "end"])[_closed(closures, moment)]
        roads = roads.without(pd.unique(shut))
    if hours is None:
        return roads
    lines = _checked(hours, roads, "hours", ["opens", "closes"], known=closures)
    is_open = _open(hours, moment)
    roads = roads.without(pd.Index(lines[~is_open]).difference(lines[is_open]).intersection(roads.edges.line.unique()))
    return _waiting(roads, hours[is_open]) if "wait_minutes" in hours else roads


def _checked(table: pd.DataFrame, roads: RoadGraph, name: str, columns: list[str], known: Any = None) -> Array:
    """Return the roads a table names; all must be in the network, or known from the table of closures."""
    check_columns(table, ["line", *columns], name)
    lines = pd.Index(table["line"])
    unknown = lines.difference(roads.edges.line.unique())
    if known is not None:
        unknown = unknown.difference(known["line"])
    if len(unknown):
        raise DataError(f"{name}: {len(unknown)} roads are not in the graph (first: {unknown.tolist()[0]!r}).")
    return lines.to_numpy()


def _closed(closures: pd.DataFrame, moment: pd.Timestamp) -> Bools:
    start, end = (_dates(closures[c], c) for c in ("start", "end"))
    whole_day = end.notna() & (end == end.dt.normalize())
    end = end.where(~whole_day, end + pd.Timedelta(days=1))
    return ((start.isna() | (start <= moment)) & (end.isna() | (moment < end))).to_numpy(bool)


def _dates(column: pd.Series, name: str) -> pd.Series:
    dates = pd.to_datetime(column, errors="coerce", format="mixed")
    bad = dates.isna() & column.notna()
    if bad.any():
        raise DataError(f"closures, {name}: {column[bad].iloc[0]!r} is not a date such as 2026-05-01.")
    return dates


def _open(hours: pd.DataFrame, moment: pd.Timestamp) -> Bools:
    opens, closes = (_minutes(hours[c], c) for c in ("opens", "closes"))
    now = moment.hour * 60 + moment.minute
    closes = np.where(closes > opens, closes, closes + DAY)  # across midnight
    is_open: Bools = ((opens <= now) & (now < closes)) | (now + DAY < closes)
    return is_open


def _minutes(column: pd.Series, name: str) -> Array:
    seconds = parse_clock(column)
    if np.isnat(seconds).any():
        raise DataError(f"hours, {name}: {column[np.isnat(seconds)].iloc[0]!r} is not a time of day such as 06:00.")
    return seconds.astype(np.int64) // 60


def _waiting(roads: RoadGraph, hours: pd.DataFrame) -> RoadGraph:
    """Add the wait of each line to its pieces by their share of its minutes, so that it counts once a crossing."""
    wait = hours.groupby("line")["wait_minutes"].min()
    edges = roads.edges
    share = edges["minutes"] / edges.groupby("line")["minutes"].transform("sum")
    more = edges["line"].map(wait).fillna(0.0).astype(float) * share
    return replace(roads, edges=edges.assign(minutes=edges["minutes"] + more))
