"""What people said when they were asked: votes become a part of the demand, refused places stay free."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo._typing import Bools
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.pipeline.results import Ground, Place


def check_consultation(plan: Plan, place: Place, ground: Ground) -> None:
    """Raise when a vote or a refusal names no place that is known."""
    wish = plan.consultation
    if wish is None:
        return
    known = _cells_by_name(place, ground)
    for key, names in (("votes", wish.votes), ("refused", wish.refused or ())):
        for name in names:
            if name not in known:
                raise DataError(
                    f"{plan.path}: consultation.{key}: {name!r} is no cell of the area and no name of [population] or "
                    f"[places]{nearest(name, known)}"
                )


def _cells_by_name(place: Place, ground: Ground) -> dict[str, str]:
    """Return the cell of every name of [places] and [population], and of every cell."""
    found: dict[str, str] = {}
    for role in ("places", "population"):
        table = place[role]
        if table is not None and "name" in table:
            cells = ground.grid.locate(table.set_geometry(table.geometry.representative_point()))
            inside = cells.notna().to_numpy()
            found |= dict(zip(table["name"].astype(str)[inside], cells[inside], strict=True))
    return found | {cell: cell for cell in ground.grid.cells}


def with_votes(plan: Plan, place: Place, ground: Ground, demand: pd.Series) -> pd.Series:
    """Return the demand of sites with the votes as the share of it that the plan says; its sum stays."""
    wish = plan.consultation
    if wish is None or not sum(wish.votes.values()) > 0:
        return demand
    known = _cells_by_name(place, ground)
    for name in wish.votes:
        if known[name] not in demand.index:
            raise DataError(
                f"{plan.path}: consultation.votes: {name!r} lies in a cell that nobody patrols, so its votes cannot "
                "enter the demand; take it out."
            )
    votes = pd.Series(list(wish.votes.values()), [known[name] for name in wish.votes]).groupby(level=0).sum()
    share = votes.reindex(demand.index, fill_value=0.0) / votes.sum()
    return ((1 - wish.weight) * demand + wish.weight * demand.sum() * share).rename(demand.name)


def is_refused(plan: Plan, points: gpd.GeoDataFrame, cells: pd.Series) -> Bools:
    """Return which candidates stand where people want none: by their name, or by the cell they lie in."""
    wish = plan.consultation
    if wish is None or not wish.refused:
        return np.zeros(len(points), bool)
    named = points["name"].astype(str).isin(wish.refused) if "name" in points else pd.Series(False, points.index)
    return np.asarray(named.to_numpy() | cells.isin(wish.refused).to_numpy())


def consultation_summary(plan: Plan) -> dict[str, Any] | None:
    """Return when who was asked, how many votes there were, and which places were refused; None without one."""
    wish = plan.consultation
    if wish is None:
        return None
    return {
        "date": wish.date, "who": wish.who, "votes": sum(wish.votes.values()), "places": len(wish.votes),
        "weight": wish.weight, "refused": list(wish.refused or ()),
    }  # fmt: skip
