"""Demand x cost as one finite table, and what each site of a plan would be missed for."""

from __future__ import annotations

import numpy as np

from patrolgeo._typing import Floats, Ints


def weighted(cost: Floats, demand: Floats) -> tuple[Floats, float]:
    """Return demand x cost, and what stands in it where there is no way: more than any plan with all ways costs."""
    finite = np.isfinite(cost)
    table = np.where(finite, cost, 0.0) * demand
    unreachable = float(np.floor(1.001 * table.max(axis=0, initial=0.0).sum())) + 1.0
    table[~finite] = unreachable
    return np.ascontiguousarray(table), unreachable


def loss_without(table: Floats, chosen: Ints, unreachable: float) -> Floats:
    """Return by how much the total rises when each site alone is closed; infinite when it cannot be missed."""
    rows = table[chosen]
    if len(rows) <= 1:
        return np.full(len(rows), np.inf)
    order = np.sort(rows, axis=0)
    rise = np.bincount(rows.argmin(axis=0), order[1] - order[0], minlength=len(rows))
    return np.where(rise > unreachable / 2, np.inf, rise)
