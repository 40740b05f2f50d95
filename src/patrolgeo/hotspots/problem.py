"""What is known of a hot spot: main kinds, peak hours, repeats, and whether it persists."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_columns, check_positive
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.hotspots._followers import followers
from patrolgeo.panel.clock import hour_known

WINDOW_HOURS = 4
WORKDAYS = {"workdays": range(5), "weekend": range(5, 7)}
MAIN_KINDS = 3
MIXINGS = 9  # of the days of a spot, to see how many repeats chance makes


def describe_spots(
    incidents: gpd.GeoDataFrame,
    spot: pd.Series,
    expected_share: pd.Series,
    *,
    repeat_days: float = 28.0,
    repeat_metres: float = 100.0,
) -> pd.DataFrame:
    """What happens at each hot spot, when, again and again, and since when?

    Parameters
    ----------
    incidents
        The incidents that were counted: points, `time`, `category`, and `time_end` and `time_precision` where known.
        All of the study area, so that a year can be held against the whole.
    spot
        Number of the spot of each incident, 0 for none; index as `incidents`.
    expected_share
        Share of all incidents that each spot would have by its people (or another exposure), by spot.
    repeat_days, repeat_metres
        An incident is a repeat when an earlier one of the same spot lies within so many days and metres.

    Returns
    -------
    DataFrame by spot: `kinds` (the three most frequent categories with their shares, as text), `peak_workdays` and
    `peak_weekend` (the four hours with most incidents, "20-24"), with `peak_workdays_share`, `peak_weekend_share` (of
    the incidents on these days whose hour is known), `hours_known` (the share of which it is, see `hour_known`: a date
    alone, stored as midnight, is no hour), `repeat_share` and `repeat_by_chance` (the share if the days of the spot's
    incidents were mixed among them; a busy spot has many repeats by chance alone), `years_above` of `years` (calendar
    years with at least 180 days of records in which the spot had more than its share).

    Raises
    ------
    MissingColumnError
        When `time` or `category` is missing.
    DataError
        When `spot` lacks labels of `incidents` (an AlignmentError).

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd
    >>> from patrolgeo import describe_spots
    >>> times = pd.to_datetime(["2024-01-05 21:00", "2024-01-12 22:00", "2024-08-06 09:00", "2024-09-09 10:00"])
    >>> table = gpd.GeoDataFrame({"time": times, "category": ["theft", "theft", "robbery", "theft"]},
    ...     geometry=gpd.points_from_xy([119.9, 119.9, 119.9, 119.99], [31.7] * 4), crs="EPSG:4326")
    >>> facts = describe_spots(table, pd.Series([1, 1, 1, 0]), pd.Series({1: 0.2}))
    >>> facts.loc[1, ["kinds", "peak_workdays"]].tolist(), int(facts.loc[1, "years_above"])
    (['theft 67 %, robbery 33 %', '19-23'], 1)
    """
    check_columns(incidents, ["time", "category"], "incidents")
    if not len(incidents):
        raise DataError("incidents holds no row; nothing can be said of hot spots.")
    check_positive(repeat_days, "repeat_days")
    check_positive(repeat_metres, "repeat_metres")
    spot = align(spot, incidents.index, "spot", "incidents")
    inside = incidents[(spot > 0).to_numpy()]
    number = spot[inside.index].to_numpy()
    times = inside["time"].dt.tz_localize(None)
    clock = hour_known(incidents).to_numpy()[(spot > 0).to_numpy()]
    repeats, mixed = followers(inside, times, number, days=repeat_days, metres=repeat_metres, mixings=MIXINGS)
    by_chance = mixed.mean(axis=0)
    years = _years(incidents["time"].dt.tz_localize(None), spot, expected_share)
    rows = {}
    for one in expected_share.index:
        here = number == one
        rows[one] = {
            "kinds": _kinds(inside["category"][here]), **_peaks(times[here & clock]),
            "hours_known": _mean(clock[here]), "repeat_share": _mean(repeats[here]),
            "repeat_by_chance": _mean(by_chance[here]),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").join(years).rename_axis("spot")


def _kinds(category: pd.Series) -> str:
    shares = category.value_counts(normalize=True, sort=False).reset_index()
    top = shares.sort_values(["proportion", "category"], ascending=[False, True]).head(MAIN_KINDS)
    return ", ".join(f"{name} {share:.0%}".replace("%", " %") for name, share in top.itertuples(index=False))


def _peaks(times: pd.Series) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, days in WORKDAYS.items():
        hours = times[times.dt.day_of_week.isin(days)].dt.hour
        counts = np.bincount(hours, minlength=24)
        windows = np.array([np.roll(counts, -start)[:WINDOW_HOURS].sum() for start in range(24)])
        start, total = int(windows.argmax()), int(counts.sum())
        found[f"peak_{name}"] = f"{start}-{(start + WINDOW_HOURS - 1) % 24 + 1}" if total else ""
        found[f"peak_{name}_share"] = float(windows[start] / total) if total else np.nan
    return found


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan


def _years(times: pd.Series, spot: pd.Series, expected_share: pd.Series) -> pd.DataFrame:
    """Return in how many of the years that the records cover a spot had more than its share."""
    first, last = times.min(), times.max()
    whole = [y for y in range(first.year, last.year + 1) if _days_known(y, first, last) >= 180]
    year = times.dt.year.to_numpy()
    counts = pd.crosstab(spot.to_numpy(), year).reindex(index=expected_share.index, columns=whole, fill_value=0)
    total = pd.Series(year).value_counts().reindex(whole, fill_value=0)
    above = counts.gt(np.outer(expected_share, total))
    return pd.DataFrame({"years_above": above.sum(axis=1), "years": len(whole)}, index=expected_share.index)


def _days_known(year: int, first: pd.Timestamp, last: pd.Timestamp) -> int:
    start, end = max(first, pd.Timestamp(year, 1, 1)), min(last, pd.Timestamp(year, 12, 31))
    return (end - start).days + 1
