"""From the records of the store to warnings: cells by week, kind and time of day, judged together."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo.alerts.negbin_ewma import NegBinEwma
from patrolgeo.alerts.raise_alerts import raise_alerts
from patrolgeo.config.watch import WatchWish
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.panel.periods import period_index
from patrolgeo.pipeline.watch.store import Store

BANDS = ("00-06", "06-12", "12-18", "18-24")


def judge(
    records: pd.DataFrame,
    wish: WatchWish,
    until: pd.Timestamp | None = None,
    since: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Return the warnings of the last whole weeks; `attrs["false_alarms"]` how many are expected by chance, by week."""
    panel = weekly_panel(records, wish.history + wish.weeks, until, since)
    judged = min(wish.weeks, max(len(panel) - 1, 0))
    if not judged or panel.shape[1] == 0:
        nothing = pd.DataFrame(index=pd.DatetimeIndex([], name="period"), columns=[""], dtype=float)
        return raise_alerts(nothing, NegBinEwma(), test=None)
    places = HexGrid.from_cells(sorted(panel.columns.get_level_values("cell").unique()))
    return raise_alerts(panel, NegBinEwma(), fdr=wish.fdr, test=judged, neighbors=places.adjacency(1))


def weekly_panel(
    records: pd.DataFrame, weeks: int, until: pd.Timestamp | None = None, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return counts by week and, in the columns, category, hours and cell; the last weeks that are whole.

    Records are complete from `since` (the first one) up to `until`; by default to the end of the day of the last one.
    """
    if records.empty:
        return pd.DataFrame(index=pd.DatetimeIndex([], name="period"))
    end = records["time"].max().normalize() + pd.Timedelta(days=1) if until is None else until
    starts = period_index(records["time"].min() if since is None else since, end, "W")
    starts = starts[starts <= end][-(weeks + 1) :]
    at = np.searchsorted(starts, records["time"].to_numpy(), side="right") - 1
    inside = (at >= 0) & (at < len(starts) - 1)
    part = records[inside]
    band = pd.Categorical.from_codes(part["time"].dt.hour.to_numpy() // 6, BANDS)
    keys = [_by_name(values) for values in (part["category"], band, part["cell"])]
    columns = pd.MultiIndex.from_product([key.categories for key in keys], names=["category", "hours", "cell"])
    code = np.ravel_multi_index([key.codes for key in keys], columns.levshape) if len(part) else np.empty(0, int)
    flat = np.bincount(at[inside] * len(columns) + code, minlength=(len(starts) - 1) * len(columns))
    counts = flat.reshape(len(starts) - 1, len(columns)).astype(float)
    return pd.DataFrame(counts, pd.DatetimeIndex(starts[:-1], name="period"), columns)


def _by_name(values: Any) -> pd.Categorical:
    """Return values as codes of the names that occur, these in order."""
    known = pd.Categorical(values).remove_unused_categories()
    return known.reorder_categories(sorted(known.categories))


def recent(store: Store, wish: WatchWish) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """Return the records that the last weeks are judged by, and since when they are all there; None: always."""
    months = store.months
    if not months:
        return store.counted([]), None
    first = pd.Timestamp(months[-1]) - pd.Timedelta(weeks=wish.history + wish.weeks + 2)
    wanted = [month for month in months if month >= f"{first:%Y-%m}"]
    return store.counted(wanted), first if wanted != months else None


def located(alerts: pd.DataFrame, grid: HexGrid) -> gpd.GeoDataFrame:
    """Return the warnings that have a place, with the outline of its cell."""
    there = alerts[alerts["place"] != ""]
    return gpd.GeoDataFrame(there, geometry=grid.geometry.reindex(there["place"]).to_numpy(), crs=4326)
