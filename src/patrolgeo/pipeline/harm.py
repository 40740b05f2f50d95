"""By count and by harm: the weights of the plan file beside the numbers of incidents."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.results import Results
from patrolgeo.risk.harm import rank_by_harm

RANKS = ["harm", "rank_by_count", "rank_by_harm"]


def count_kinds(plan: Plan, counted: gpd.GeoDataFrame, panel: pd.DataFrame, grid: HexGrid) -> pd.DataFrame | None:
    """Return the incidents of the panel by cell and category; None when the plan weighs no harm.

    Raises
    ------
    DataError
        When a category that counts has no weight.
    """
    harm = plan.analysis.harm
    if not harm:
        return None
    kinds = counted["category"].astype(str)
    for kind in sorted(set(kinds) - set(harm)):
        raise DataError(f"{plan.path}: analysis.harm has no weight for the category {kind!r}{nearest(kind, harm)}")
    cell = grid.locate(counted)
    sums = counted["weight"].groupby([cell, kinds]).sum().unstack(fill_value=0.0)
    return sums.reindex(panel.columns, fill_value=0.0)


def harm_of_cells(results: Results) -> pd.Series | None:
    """Return the harm of what was recorded by cell; None when the plan weighs none."""
    kinds = results.counts.kinds
    return None if kinds is None else kinds @ pd.Series(results.plan.analysis.harm)[kinds.columns]


def ranks_of(results: Results, of_cell: pd.Series) -> pd.DataFrame:
    """Return harm and ranks by count and by harm of hot spots or areas; no column when the plan weighs none.

    `of_cell` is the spot or area of each cell that lies in one.
    """
    kinds = results.counts.kinds
    if kinds is None or of_cell.empty:
        return pd.DataFrame(index=pd.Index(of_cell.unique()))
    return rank_by_harm(kinds.loc[of_cell.index].groupby(of_cell).sum(), results.plan.analysis.harm)[RANKS]


def harm_summary(results: Results) -> dict[str, Any]:
    """Return `harm`: the weights, the harm of all and of the hot spots, which hot spot comes first each way.

    Empty when the plan weighs no harm.
    """
    harm, spots = harm_of_cells(results), results.hotspots.spots.of_cell
    if harm is None:
        return {}
    inside, counts = spots > 0, results.counts.panel.sum()
    ranks = ranks_of(results, spots[inside])
    first = {} if ranks.empty else {
        f"first_{way}": int(ranks.sort_index()[f"rank_{way}"].idxmin()) for way in ("by_count", "by_harm")
    }  # fmt: skip
    return {"harm": {
        "weights": dict(results.plan.analysis.harm),
        "total": float(harm.sum()),
        "in_spots_share": float(harm[inside].sum() / (harm.sum() or 1.0)),
        "incidents_in_spots_share": float(counts[inside].sum() / (counts.sum() or 1.0)),
        **first,
    }}  # fmt: skip
