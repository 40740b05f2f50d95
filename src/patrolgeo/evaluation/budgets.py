"""How much may be flagged: a share, km2, km of street, a number of units, or minutes of patrol."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_number
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.units import Units

_WORDS = {
    "share": ("%", "percent"),
    "km2": ("km2", "km²", "sq km"),
    "sq mi": ("sq mi", "mi2"),
    "km": ("km",),
    "m": ("m", "metres", "meters"),
    "units": ("units", "unit", "cells", "cell", "segments", "squares"),
    "minutes": ("minutes", "minute", "min"),
    "hours": ("hours", "hour", "h"),
}
_KIND = {word: kind for kind, words in _WORDS.items() for word in words}
_SCALE = {"sq mi": 2.589988110336, "m": 0.001, "hours": 60.0}
_OF = {"km2": "area", "sq mi": "area", "km": "length", "m": "length", "minutes": "minutes", "hours": "minutes"}


class Sized(NamedTuple):
    """A budget on the units at hand: its name, what it takes of each unit, shape (n_units,), its share of the whole.

    `of` says which sizes these are, so that budgets of one kind share one order of the units.
    """

    name: str
    of: str
    size: Floats
    share: float


class Sizes:
    """What the kinds of budgets take of the units of a study area.

    Parameters
    ----------
    cells
        The units of the study area, in order.
    units
        Where they lie; None reads H3 labels, and only when an area is asked for.
    cost
        Own cost by unit (minutes, metres of street); shares are then shares of it.
    """

    def __init__(self, cells: pd.Index, units: Units | None, cost: pd.Series | None) -> None:
        self.cells = cells
        self._units = units
        self.cost = None if cost is None else align(cost, cells, "budget").to_numpy(float)
        if self.cost is not None and not (np.isfinite(self.cost) & (self.cost > 0)).all():
            raise DataError(f"area must be above 0 in every cell (lowest: {np.min(self.cost):g}).")

    @property
    def units(self) -> Units:
        """The units, made of the labels where none were given."""
        if self._units is None:
            try:
                self._units = HexGrid.from_cells(self.cells)
            except DataError as error:
                raise DataError(
                    f"{error} Give the squares, areas or segments that the panel was counted on as units=."
                ) from None
        return self._units

    def usual(self) -> Floats:
        """Return what a share is a share of: the own cost, else area, or length of segments."""
        if self.cost is not None:
            return self.cost
        return self.units.select(self.cells).size[self.cells].to_numpy(float)

    def of(self, budget: Any) -> Sized:
        """Return a budget as a share of what it is counted in."""
        amount, kind = read_budget(budget)
        if kind == "share":
            return Sized(f"{amount:g}", "usual", self.usual(), amount)
        size = self._of_kind(kind)
        amount *= _SCALE.get(kind, 1.0)
        if amount > size.sum() * (1 + 1e-9):
            said = "minutes" if kind == "hours" else {"sq mi": "km2", "m": "km"}.get(kind, kind)
            raise DataError(
                f"The budget of {budget} is larger than the whole study area, which has {size.sum():,.6g} {said}."
            )
        return Sized(str(budget), _OF.get(kind, kind), size, min(amount / float(size.sum()), 1.0))

    def _of_kind(self, kind: str) -> Floats:
        if kind == "units":
            return np.ones(len(self.cells))
        if _OF[kind] == "minutes" or (_OF[kind] == "length" and self.cost is not None):
            if self.cost is None:
                raise DataError(f"A budget in {kind} needs budget=, a Series of what each unit takes of it.")
            return self.cost
        if self.units.are_lines != (_OF[kind] == "length"):
            raise DataError(
                "Street segments have no area: give a budget in km." if self.units.are_lines else
                f"Units with an area have no length: a budget in {kind} needs budget=, the km of street in each."
            )  # fmt: skip
        return self.units.select(self.cells).size[self.cells].to_numpy(float)


def read_budget(budget: Any) -> tuple[float, str]:
    """Return amount and kind of a budget: a share as a number, or an amount with its unit as text.

    Examples
    --------
    >>> from patrolgeo.evaluation.budgets import read_budget
    >>> read_budget(0.01), read_budget("1 %"), read_budget("100 units"), read_budget("0.25 sq mi")
    ((0.01, 'share'), (0.01, 'share'), (100.0, 'units'), (0.25, 'sq mi'))
    """
    if not isinstance(budget, str):
        check_number(budget, "budgets", above=0, most=1, hint="0.01 means 1 %; give other amounts as '100 units'")
        return float(budget), "share"
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*([^\d\s].*?)\s*", budget)
    kind = _KIND.get(found[2].lower()) if found else None
    if found is None or kind is None or float(found[1]) <= 0:
        raise DataError(
            f"The budget {budget!r} is not known; say a share such as 0.01 or '1 %', or an amount such as '2 km2', "
            "'5 km', '100 units', '480 minutes'."
        )
    amount = float(found[1]) / (100 if kind == "share" else 1)
    if kind == "share" and amount > 1:
        raise DataError(f"The budget {budget!r} is larger than the whole study area.")
    return amount, kind
