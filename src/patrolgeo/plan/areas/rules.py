"""What the areas of a plan must keep: balance, size, reach, stations, units that stay or part, jurisdictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_count, check_number, check_positive, check_type, nearest
from patrolgeo._show import Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.optimise.districts.graph import Graph
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.roads.hexagons import CellGraph


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaRules(Shown):
    """Rules that every area must keep; `design_areas` takes them as `rules=`.

    Parameters
    ----------
    tolerance
        Wanted bound of ``|workload / mean - 1|`` within a part of the study area; where the units are too heavy for it
        the plan comes as near as it can and says so in `notes`. None = no balance rule.
    min_units
        Units of the smallest area allowed.
    max_minutes
        Response cap: no unit is farther than this from the centre of its area. None = no cap.
    anchors
        Units (stations) that are the centres of an area each.
    fixed
        Units that must stay in their area of today; needs `current`.
    forbidden
        Pairs of units that may not share an area, ``[(unit, unit), ...]``; an anchor stands for its area.
    nest_in
        Jurisdiction of each unit (Series by unit); no area crosses from one to the next.
    compact
        True forbids enclaves (an area within one other) and necks (units that cut their area when they are taken out,
        though not the study area). For areas by travel; not with `objective`, `robust` or `follow_lines`.
    together
        Village of each unit (Series by unit): units of one village are in one area, those without a label go by
        themselves. For areas by travel; not with `objective`, `robust` or `compact`.
    stay_minutes
        Minutes of travel a unit must save before it leaves its area of today; more keeps more units where they are.
    max_change
        Share of the units that may leave their area of today at most; needs `current`. None = any number.
    change_by
        With `max_change`: what the share is taken of (Series by unit, such as residents) in place of units.

    Raises
    ------
    DataError
        When a number is out of its range.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import AreaRules, HexGrid, design_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 4))
    >>> rules = AreaRules(tolerance=0.05, anchors=[grid.cells[0]], min_units=10)
    >>> plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 4, rules=rules)
    >>> grid.cells[0] in set(plan.measures.by_area["center"]), bool(plan.measures.by_area["units"].min() >= 10)
    (True, True)
    """

    tolerance: float | None = 0.02
    min_units: int = 1
    max_minutes: float | None = None
    anchors: Any = ()
    fixed: Any = ()
    forbidden: Any = ()
    nest_in: pd.Series | None = None
    compact: bool = False
    together: pd.Series | None = None
    stay_minutes: float = 1.0
    max_change: float | None = None
    change_by: pd.Series | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without knowing the units."""
        check_tolerance(self.tolerance)
        check_count(self.min_units, "min_units")
        check_type(self.compact, (bool, np.bool_), "compact")
        if self.together is not None:
            check_type(self.together, pd.Series, "together", "give the village of each unit, a Series by unit")
        check_number(self.stay_minutes, "stay_minutes", least=0)
        if self.max_minutes is not None:
            check_positive(self.max_minutes, "max_minutes")
        if self.max_change is not None:
            check_number(self.max_change, "max_change", least=0, hint="a share: 0.1 lets a tenth of the units change")
        elif self.change_by is not None:
            raise DataError("change_by= says what max_change= is a share of; give max_change= as well.")


def check_tolerance(tolerance: Any) -> None:
    """Raise when the balance wanted is not a share."""
    if tolerance is not None:
        check_number(
            tolerance, "tolerance", least=0, below=1, hint="a share: 0.02 allows 2 % above and below the mean workload"
        )


def make_task(
    rules: AreaRules, weight: Floats, travel: CellGraph, n_areas: int, current: Ints | None, effort: int
) -> Task:  # fmt: skip
    """Return the rules in positions, as the search wants them."""
    fixed = positions(rules.fixed, travel.cells, "fixed")
    if len(fixed) and current is None:
        raise DataError("fixed= keeps units in their area of today; give current= as well.")
    return Task(
        weight, Graph.of(travel.minutes), n_areas, rules.tolerance, effort,
        positions(rules.anchors, travel.cells, "anchors"), current, float(rules.stay_minutes),
        np.inf if rules.max_minutes is None else float(rules.max_minutes), fixed, int(rules.min_units),
        _pairs(rules.forbidden, travel.cells), _change_share(rules, travel.cells, current),
        np.inf if rules.max_change is None else float(rules.max_change), compact=bool(rules.compact),
    )  # fmt: skip


def _change_share(rules: AreaRules, units: pd.Index, current: Ints | None) -> Floats | None:
    """Return the share of all that each unit is, where only so much may change."""
    if rules.max_change is None:
        return None
    if current is None:
        raise DataError("max_change= is a share of what leaves its area of today; give current= as well.")
    if rules.change_by is None:
        return np.full(len(units), 1 / len(units))
    by = align(rules.change_by, units, "change_by", "units").to_numpy(float)
    if not (np.isfinite(by).all() and (by >= 0).all() and by.sum() > 0):
        raise DataError("change_by holds negative or missing values, or nothing above 0.")
    return by / by.sum()


def jurisdictions(rules: AreaRules, units: pd.Index) -> pd.Series | None:
    """Return the jurisdiction of each unit, in order; None where areas may lie anywhere."""
    if rules.nest_in is None:
        return None
    known = align(rules.nest_in, units, "nest_in", "units")
    if known.isna().any():
        raise DataError(f"nest_in names no jurisdiction for {units[known.isna()][0]!r}.")
    return known


def positions(which: Any, units: pd.Index, what: str) -> Ints:
    """Return the positions of the units named, each of them once."""
    wanted = pd.Index(_listed(which, what))
    at = units.get_indexer(wanted)
    if (at < 0).any():
        unknown = wanted[at < 0][0]
        raise DataError(f"{what} names {unknown!r}, which is not a unit{nearest(str(unknown), units)}")
    if wanted.has_duplicates:
        raise DataError(f"{what} names {wanted[wanted.duplicated()][0]!r} twice; name each unit once.")
    return at.astype(np.int64)


def _pairs(forbidden: Any, units: pd.Index) -> Ints:
    """Return pairs of positions, each pair once whichever way round it was given."""
    pairs = [_pair(pair) for pair in _listed(forbidden, "forbidden")]
    named = pd.Index([unit for pair in pairs for unit in pair])
    at = units.get_indexer(named)
    if (at < 0).any():
        unknown = named[at < 0][0]
        raise DataError(f"forbidden names {unknown!r}, which is not a unit{nearest(str(unknown), units)}")
    return np.unique(np.sort(at.astype(np.int64).reshape(-1, 2), axis=1), axis=0)


def _pair(pair: Any) -> tuple[Any, Any]:
    two = tuple(pair) if isinstance(pair, Iterable) and not isinstance(pair, str) else ()
    if len(two) != 2 or two[0] == two[1]:
        raise DataError(f"forbidden holds {pair!r}; give pairs of two different units, [(unit, unit), ...].")
    return two[0], two[1]


def _listed(which: Any, what: str) -> list[Any]:
    if which is None:
        return []
    if isinstance(which, (str, bytes)) or not isinstance(which, Iterable):
        raise DataError(f"{what} must be a list of units, got {which!r}.")
    return list(which)
