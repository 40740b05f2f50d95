"""The plan beside today's areas: what each patrol area has been, and who waits longer or less."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas
from patrolgeo.roads.hexagons import CellGraph

LONGER = 1.0  # minutes by which a cell must be farther from its centre to count as slower


def against_today(
    of_cell: pd.Series, today: AreaMeasures, workload: pd.Series, travel: CellGraph
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return by area what stands against today, and the share of the work that is farther from its centre than today.

    The table has `mostly` (the area of today that most of the work comes from) and `mostly_share`, `minutes_now` and
    `minutes_today` (from the centre of the area to the cells, weighted by their work).
    """
    now = minutes_from_center(measure_areas(of_cell, workload, travel), travel).reindex(of_cell.index)
    before = minutes_from_center(today, travel).reindex(of_cell.index)
    old = today.labels.reindex(of_cell.index)
    weight = workload.where(before.notna(), 0.0) + 1e-12
    total = weight.groupby(of_cell).sum()
    shared = weight.groupby([of_cell, old]).sum().unstack(fill_value=0.0).div(total, axis=0)
    table = pd.DataFrame({
        "mostly": shared.idxmax(axis=1).astype(str), "mostly_share": shared.max(axis=1),
        "minutes_now": (now * weight).groupby(of_cell).sum() / total,
        "minutes_today": (before.fillna(0.0) * weight).groupby(of_cell).sum() / total,
    })  # fmt: skip
    work = float(workload.sum()) or 1.0
    shares = {
        "slower_share": float(workload[now > before + LONGER].sum()) / work,
        "faster_share": float(workload[now < before - LONGER].sum()) / work,
    }
    return table, shares


def minutes_from_center(measures: AreaMeasures, travel: CellGraph) -> pd.Series:
    """Return the minutes to each cell from the centre of its area, missing where a cell has no area."""
    labels = measures.labels.reindex(travel.cells)
    code = measures.by_area.index.get_indexer(pd.Index(labels))
    at = travel.cells.get_indexer(pd.Index(measures.by_area["center"]))
    minutes = np.atleast_2d(dijkstra(travel.minutes, directed=False, indices=at))
    own = minutes[np.maximum(code, 0), np.arange(len(code))]
    return pd.Series(np.where(code >= 0, own, np.nan), index=travel.cells)
