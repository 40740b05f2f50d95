"""Names of areas that two tables write differently."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._typing import Array
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import Points
from patrolgeo.sources.times import text_of
from patrolgeo.words.note import Note

_MOST_NAMES = 1_000
_ALIKE = 0.5


def compare_names(raw: Any, points: Points, areas: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Warn of area names in `raw` that the polygons do not have, and say which polygon their rows lie in.

    A column is taken for area names when half of its different values, and more than one, name polygons.
    """
    for label in (c for c in areas.columns if c != "geometry"):
        known = set(text_of(areas[label]).dropna())
        if len(known) < 2:
            continue
        for column in (c for c in raw.columns if c != "geometry"):
            found = _names(raw[column])
            same = [n for n in found if n in known]
            strange = [n for n in found if n not in known]
            if strange and len(same) > 1 and len(same) >= _ALIKE * len(found):
                _tell(raw[column], strange, points, areas, label, ledger)


def _names(column: pd.Series) -> list[str]:
    if pd.api.types.is_float_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return []
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column.dropna().unique()
    return sorted(text_of(pd.Series(values)).dropna().unique()) if len(values) <= _MOST_NAMES else []


def _tell(
    column: pd.Series, strange: list[str], points: Points, areas: gpd.GeoDataFrame, label: str, ledger: Ledger
) -> None:
    text = text_of(column).to_numpy(object)
    rows = pd.Series(text).isin(strange).to_numpy()
    said = []
    for name in strange:
        here = _area_of(points, np.flatnonzero((text == name) & points.known), areas, label)
        told = {"name": repr(name), "rows": int((text == name).sum())}
        said.append(Note("detail_name_in", {**told, "area": repr(here)}) if here else Note("detail_name", told))
    if rows.any():
        ledger.warned("names_differ", rows, Note("detail_names_differ", {"column": column.name, "names": tuple(said)}))


def _area_of(points: Points, rows: Array, areas: gpd.GeoDataFrame, label: str) -> str:
    """Return the name of the polygon in which most of (a sample of) the rows lie."""
    sample = rows[:: max(1, len(rows) // 200)]
    layer = gpd.GeoSeries(gpd.points_from_xy(points.lon[sample], points.lat[sample]), crs=crs.LONLAT)
    hit = areas.sindex.query(layer, predicate="intersects")[1]
    return "" if not len(hit) else str(areas[label].iloc[hit].mode().iloc[0])
