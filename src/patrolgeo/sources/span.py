"""From when to when records reach: a column of the incidents, so that a filtered table still knows its quiet ends."""

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo.errors import DataError

SPAN = "record_span"


def with_record_span(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return incidents with the column `record_span`: first and last time of the whole table, the same in each row.

    A column stays with the rows when they are filtered, grouped, put together with others, or written to a file.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo.sources.span import record_span, with_record_span
    >>> points = gpd.GeoSeries.from_xy([119.9, 119.9], [31.7, 31.7], crs="EPSG:4326")
    >>> table = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-01-03", "2024-03-01"])}, geometry=points)
    >>> whole = with_record_span(table)
    >>> record_span(whole[whole["time"] < "2024-02-01"])[1]
    Timestamp('2024-03-01 00:00:00')
    """
    times = incidents["time"]
    times = times if times.dt.tz is None else times.dt.tz_localize(None)
    text = f"{times.min().isoformat()}/{last_known(times, incidents).isoformat()}"
    constant = pd.Categorical.from_codes(np.zeros(len(incidents), np.int8), [text])
    at = list(incidents.columns).index(incidents.geometry.name)
    marked = incidents.copy(deep=False)
    marked.insert(at, SPAN, constant)
    return marked


def record_span(incidents: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return first and last time of the records that `incidents` were taken from; None when the table does not say."""
    if SPAN not in incidents.columns:
        return None
    texts = _distinct(incidents[SPAN])
    try:
        ends = [(pd.Timestamp(a), pd.Timestamp(b)) for a, b in (str(t).split("/") for t in texts)]
    except ValueError:
        raise DataError(
            f"The column {SPAN} must hold 'first/last', such as '2023-01-01/2024-12-31': {texts[0]!r}."
        ) from None
    return (min(a for a, _ in ends), max(b for _, b in ends)) if ends else None


def _distinct(column: pd.Series) -> list[Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.dtype.categories)  # they stay where every row was filtered away
    return list(column.dropna().unique())


def last_known(times: pd.Series, incidents: pd.DataFrame) -> pd.Timestamp:
    """Return the last moment that an incident can mean: of a month, its last day."""
    last: pd.Timestamp = times.max()
    if "time_precision" not in incidents.columns or not (incidents["time_precision"] == "month").any():
        return last
    month = times[incidents["time_precision"] == "month"].max()
    return max(last, month + pd.offsets.MonthEnd(0))
