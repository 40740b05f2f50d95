"""What a good division is, when it is not travel: an objective of one's own, with or without the change of a move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from patrolgeo._typing import Ints
from patrolgeo.errors import DataError


@runtime_checkable
class AreaObjective(Protocol):
    """An objective that knows what a move changes, so that the search need not value the whole plan each time.

    Units and areas are positions: `area` holds the area of each unit, shape (n_units,), numbers 0 to n_areas - 1, in
    the order of the travel graph's cells. Less is better.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 3))
    >>> class Cuts:
    ...     near = grid.adjacency(1)
    ...     def value(self, area):
    ...         pairs = self.near.tocoo()
    ...         return float((area[pairs.row] != area[pairs.col]).sum() / 2)
    ...     def change(self, area, unit, to):
    ...         around = area[self.near.indices[self.near.indptr[unit] : self.near.indptr[unit + 1]]]
    ...         return float((around == area[unit]).sum() - (around == to).sum())
    >>> plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 2, objective=Cuts(), effort=30)
    >>> plan.objective == plan.measures.cut_pairs
    True
    """

    def value(self, area: Ints) -> float:
        """Return the value of a division."""

    def change(self, area: Ints, unit: int, to: int) -> float:
        """Return how much the value rises when `unit` moves to area `to`; `area` is not changed."""


def value_of(objective: Any, labels: pd.Series, names: pd.Index) -> float:
    """Return the value of labels by an objective of either kind."""
    if _knows_moves(objective):
        return _number(objective.value(names.get_indexer(labels).astype(np.int64)))
    return _number(objective(labels))


def moves_of(objective: Any, units: pd.Index, names: pd.Index) -> Callable[[Ints, int, int], float]:
    """Return what a move changes; for a plain function of labels by valuing the plan before and after it."""
    if _knows_moves(objective):
        return lambda area, unit, to: _number(objective.change(area, unit, to))
    if not callable(objective):
        raise DataError(
            f"objective={objective!r} must be None for travel, a function of labels, or have value() and change()."
        )

    def value(area: Ints) -> float:
        return _number(objective(pd.Series(names.take(area), index=units, name="area")))

    def change(area: Ints, unit: int, to: int) -> float:
        moved = area.copy()
        moved[unit] = to
        return value(moved) - value(area)

    return change


def _knows_moves(objective: Any) -> bool:
    return isinstance(objective, AreaObjective)


def _number(value: Any) -> float:
    try:
        known = float(value)
    except (TypeError, ValueError):
        known = np.nan
    if not np.isfinite(known):
        raise DataError(f"The objective must give a finite number for every division; it gave {value!r}.")
    return known
