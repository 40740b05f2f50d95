"""Series of the four kinds of alerts, from one panel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Array
from patrolgeo.errors import AlignmentError, DataError

CRIME, PLACE, TIME, SPREAD = "crime_kind", "place", "time_of_day", "spread"
LEVELS = ("category", "hours", "cell")
NAMES = ["kind", "place", "what"]


def families(panel: pd.DataFrame, neighbors: Any, what: str | None) -> tuple[pd.DataFrame, dict[int, Array]]:
    """Return a column a series, and for each ring (by its position) the series of the place that it surrounds.

    Columns are labelled by kind of alert, place ("" for the whole area) and category or hours ("" for all).
    """
    columns, levels = panel.columns, _levels(panel)
    parts: list[pd.DataFrame] = []
    if "category" in levels:
        totals = panel.T.groupby(level="category", sort=True).sum().T
        parts.append(_labelled(totals, CRIME, [""] * totals.shape[1], totals.columns))
    if "hours" in levels:
        totals = panel.T.groupby(level="hours", sort=True).sum().T
        parts.append(_labelled(totals, TIME, [""] * totals.shape[1], totals.columns))
    by_place = panel if columns.nlevels == 1 else panel.T.groupby(level="cell", sort=True).sum().T
    parts.append(_labelled(by_place, PLACE, by_place.columns, [what or ""] * by_place.shape[1]))
    if "category" in levels:
        pairs = panel.T.groupby(level=["category", "cell"], sort=True).sum().T
        parts.append(_labelled(pairs, PLACE, pairs.columns.get_level_values(1), pairs.columns.get_level_values(0)))
    series, rings = pd.concat(parts, axis=1), {}
    if neighbors is not None:
        around = _around(by_place, neighbors)
        start = series.shape[1]
        place = series.columns.get_level_values("place")
        is_place = series.columns.get_level_values("kind") == PLACE
        series = pd.concat([series, _labelled(around, SPREAD, around.columns, [what or ""] * around.shape[1])], axis=1)
        rings = {start + k: np.flatnonzero(is_place & (place == cell)) for k, cell in enumerate(around.columns)}
    return series, rings


def _levels(panel: pd.DataFrame) -> list[Any]:
    names = list(panel.columns.names)
    if len(names) > 1 and ("cell" not in names or set(names) - set(LEVELS)):
        raise DataError(f"panel: the levels of its columns are {names}; name them cell, and category or hours.")
    return names if len(names) > 1 else []


def _labelled(table: pd.DataFrame, kind: str, places: Any, whats: Any) -> pd.DataFrame:
    labels = [(kind, place, what) for place, what in zip(places, whats, strict=True)]
    return table.set_axis(pd.MultiIndex.from_tuples(labels, names=NAMES), axis=1)


def _around(by_place: pd.DataFrame, neighbors: Any) -> pd.DataFrame:
    """Return the counts of the ring around each place, the place itself left out."""
    n = by_place.shape[1]
    if getattr(neighbors, "shape", None) != (n, n):
        raise AlignmentError(
            f"neighbors must be a matrix of {n} x {n} places, got {getattr(neighbors, 'shape', None)}."
        )
    matrix = sparse.csr_array(neighbors).astype(bool).astype(float)
    matrix.setdiag(0)
    return pd.DataFrame((matrix @ by_place.to_numpy(float).T).T, by_place.index, by_place.columns)
