"""Homes: how often an area is hit again at the same spot or nearby, and what prevention that asks for."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_count, check_positive
from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError
from patrolgeo.hotspots._at_places import check_areas
from patrolgeo.hotspots._followers import followers

FEWEST = 10  # an area with fewer incidents would tell of single homes
MIXINGS = 199
ALPHA = 0.05


def repeat_rates(
    incidents: gpd.GeoDataFrame,
    areas: Any,
    *,
    days: float = 28.0,
    same_m: float = 25.0,
    near_m: float = 200.0,
    fewest: int = FEWEST,
) -> pd.DataFrame:
    """In which areas are homes hit again, or the homes beside them, and what should be done there?

    No home is named or counted by itself: the answer is two rates of an area, each beside what the same incidents with
    their days mixed would give, and the advice that follows. Give incidents at homes (burglaries).

    Parameters
    ----------
    incidents
        Points with `time`.
    areas
        `AreaUnits`, `HexGrid` or other units: villages, patrol areas, cells.
    days
        How soon counts as again.
    same_m
        Within so many metres it is the same spot; a repeat.
    near_m
        Within so many metres, but not the same spot, it is a near repeat.
    fewest
        Areas with fewer incidents are not rated, at least 5: their advice is "too few".

    Returns
    -------
    DataFrame by area: `incidents`, `repeat_share`, `repeat_by_chance`, `near_share`, `near_by_chance`, `repeat_q`,
    `near_q` (corrected p-values), `advice`: "repeat" (protect the home that was hit, at once), "near" (warn and help
    the neighbours), "both", "general" (no more than chance: advice for all homes) or "few". Words for them are
    `advice_repeat` and so on in ``words/*/advice.toml``.

    Raises
    ------
    MissingColumnError
        When `time` is missing.
    DataError
        When the areas are as small as buildings, a point or time is missing, or a distance is out of range.

    References
    ----------
    Pease 1998 (repeat victimisation); Johnson et al. 2007; Chainey 2012 (cocooning: advice to the homes around).

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import AreaUnits, repeat_rates
    >>> days = pd.date_range("2024-01-01", periods=24, freq="20D")
    >>> spots = [119.9 + k // 2 / 1000 for k in range(24)]  # each spot twice, twenty days apart
    >>> homes = gpd.GeoDataFrame({"time": days}, geometry=gpd.points_from_xy(spots, [31.7] * 24), crs="EPSG:4326")
    >>> village = gpd.GeoSeries([shapely.box(119.8, 31.6, 120, 31.8)], index=["east"], crs="EPSG:4326")
    >>> found = repeat_rates(homes, AreaUnits.from_layer(village.to_frame("geometry")))
    >>> found[["repeat_share", "advice"]].values.tolist()
    [[0.5, 'both']]
    """
    check_columns(incidents, ["time"], "incidents")
    for name, value in (("days", days), ("same_m", same_m), ("near_m", near_m)):
        check_positive(value, name)
    if near_m <= same_m:
        raise DataError(f"near_m={near_m:g} must be above same_m={same_m:g}.")
    check_count(fewest, "fewest", least=5)
    check_areas(areas, "areas")
    points = crs.to_lonlat(incidents, "incidents")
    if points.geometry.isna().any() or incidents["time"].isna().any():
        raise DataError("Some incidents have no place or no time; set them aside first.")
    at = areas.positions(points.geometry.x, points.geometry.y)
    inside, times = points[at >= 0], incidents["time"][at >= 0].dt.tz_localize(None)
    counts = np.bincount(at[at >= 0], minlength=len(areas.cells))
    rated = counts >= fewest
    table = pd.DataFrame({"incidents": counts}, index=areas.cells)
    for name, metres, beyond in (("repeat", same_m, -1.0), ("near", near_m, same_m)):
        again = followers(inside, times, at[at >= 0], days=days, metres=metres, beyond=beyond, mixings=MIXINGS)
        table[[f"{name}_share", f"{name}_by_chance", f"{name}_q"]] = _rates(*again, at[at >= 0], counts, rated)
    table["advice"] = _advice(table, rated)
    return table[[*(c for c in table if not c.endswith("_q") and c != "advice"), "repeat_q", "near_q", "advice"]]


def _rates(follows: Bools, mixed: Bools, at: Any, counts: Any, rated: Bools) -> Floats:
    """Return the share that follow another, the same by chance, and the corrected p; missing where not rated."""
    own = np.bincount(at, follows, len(counts))
    by_chance = np.array([np.bincount(at, row, len(counts)) for row in mixed])
    p = (1 + (by_chance >= own).sum(axis=0)) / (len(mixed) + 1)
    q = np.ones(len(counts))
    if rated.any():
        q[rated] = stats.false_discovery_control(p[rated])
    number = np.maximum(counts, 1)
    table = np.column_stack([own / number, by_chance.mean(axis=0) / number, q])
    table[~rated] = np.nan
    return table


def _advice(table: pd.DataFrame, rated: Bools) -> Any:
    repeat, near = (table[f"{name}_q"].to_numpy() <= ALPHA for name in ("repeat", "near"))
    return np.select([~rated, repeat & near, repeat, near], ["few", "both", "repeat", "near"], "general")
