"""Rules that no plan can keep, found before the search, and rules that the plan found does not keep, after it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count
from patrolgeo._typing import Bools, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.districts.graph import minutes_own
from patrolgeo.plan.optimise.districts.task import Task


def check_number_of_areas(n_areas: Any, n_units: int) -> int:
    """Return the number of areas; a number below 1 or above the number of units is an error."""
    n_areas = check_count(n_areas, "n_areas")
    if n_areas > n_units:
        raise InfeasibleError(
            f"n_areas={n_areas}, but there are only {n_units} cells; ask for at most {n_units} areas."
        )
    return n_areas


def check_task(task: Task, units: pd.Index) -> None:
    """Raise for a rule that contradicts itself, or the number of units and areas."""
    if task.min_units * task.n_areas > len(units):
        raise InfeasibleError(
            f"min_units={task.min_units} in each of {task.n_areas} areas needs {task.min_units * task.n_areas} units, "
            f"but there are {len(units)}; ask for at most {len(units) // task.n_areas} units, or for fewer areas."
        )
    if task.n_areas == 1 and len(task.forbidden):
        a, b = units[task.forbidden[0]]
        raise InfeasibleError(f"forbidden keeps {a!r} and {b!r} apart, which a single area cannot; raise n_areas.")
    if len(task.anchors) > task.n_areas:
        raise InfeasibleError(f"{len(task.anchors)} anchors need an area each, but n_areas={task.n_areas}.")
    if task.current is not None:
        _check_anchors_of_today(task.anchors, task.current, units)


def check_enough_areas(parts: Ints, units: pd.Index, n_areas: int) -> None:
    """Raise when the neighbours fall into more parts than there are areas: some part would belong to no area."""
    size = np.bincount(parts)
    if len(size) > n_areas:
        named = ", ".join(
            f"{size[p]} units at {units[np.argmax(parts == p)]}" for p in np.argsort(-size, kind="stable")
        )
        raise InfeasibleError(
            f"The neighbours fall into {len(size)} parts ({named}), but n_areas={n_areas}. Add the pairs of neighbours "
            "that bridges or ferries join to adjacency=, leave out the small parts, or ask for more areas."
        )


def _check_anchors_of_today(anchors: Ints, current: Ints, units: pd.Index) -> None:
    areas = current[anchors]
    for at, area in enumerate(areas):
        if area in areas[:at]:
            other = anchors[np.argmax(areas[:at] == area)]
            raise InfeasibleError(
                f"The anchors {units[other]!r} and {units[anchors[at]]!r} lie in one area of `current`, but need "
                "an area each; put one of them into another area first, or leave `current` out."
            )


def check_nested(current: Ints, jurisdiction: Ints, units: pd.Index) -> None:
    """Raise when an area of today lies in two jurisdictions, so that no plan can keep both."""
    if (jurisdiction < 0).any():
        raise DataError(f"nest_in names no jurisdiction for {units[jurisdiction < 0][0]}.")
    first = jurisdiction[np.unique(current, return_index=True)[1]]
    outside = np.flatnonzero(jurisdiction != first[current])
    if len(outside):
        raise InfeasibleError(
            f"The area of {units[outside[0]]!r} in `current` crosses a border of nest_in ({len(outside)} units lie "
            "beyond one); give areas that nest, or leave `current` out."
        )


def check_by_travel(task: Task, what: str) -> None:
    """Raise when enclaves and necks are forbidden where the search would make new ones."""
    if task.compact:
        raise DataError(f"compact=True holds for areas by travel and cannot be combined with {what}; leave one out.")


def check_compact(units: pd.Index, necks: Bools, enclaves: list[tuple[Ints, int]]) -> None:
    """Raise when areas still hang by a neck or lie within another; say how many, and where the first is."""
    if necks.any() or enclaves:
        first = units[np.argmax(necks)] if necks.any() else units[enclaves[0][0][0]]
        raise InfeasibleError(
            f"compact: the best plan found still has {int(necks.sum())} necks and {len(enclaves)} enclaves (one at "
            f"{first}); widen the tolerance, ask for fewer areas, or drop anchors, fixed units or pairs."
        )


def check_kept(task: Task, units: pd.Index, area: Ints, centers: Ints) -> None:
    """Raise for the first rule the plan does not keep, and say how near it came."""
    together = task.together(area)
    if len(together):
        a, b = units[together[0]]
        raise InfeasibleError(
            f"forbidden: no plan was found that keeps {a!r} and {b!r} apart ({len(together)} of {len(task.forbidden)} "
            "pairs share an area); drop pairs, allow a wider tolerance, or ask for more areas."
        )
    size = np.bincount(area, minlength=task.n_areas)
    if size.min() < task.min_units:
        raise InfeasibleError(
            f"min_units={task.min_units}: the smallest area of the best plan found has {size.min()} units; lower it, "
            "or ask for fewer areas."
        )
    if task.current is not None and (area[task.fixed] != task.current[task.fixed]).any():
        lost = units[task.fixed[np.argmax(area[task.fixed] != task.current[task.fixed])]]
        raise InfeasibleError(f"fixed: {lost!r} is cut off from the rest of its area of today and cannot stay in it.")
    if task.current is not None and task.change_share is not None:
        changed = float(task.change_share[area != task.current].sum())
        if changed > task.max_change + 1e-9:
            raise InfeasibleError(
                f"max_change={task.max_change:g}: joining the split areas of `current` alone moves {changed:.3f}; "
                "allow that, or give areas that hang together."
            )
    farthest = minutes_own(task.graph, centers, area).max()
    if farthest > task.max_minutes * (1 + 1e-9):
        raise InfeasibleError(
            f"max_minutes={task.max_minutes:g}: the best plan found still reaches {farthest:.1f} minutes from a "
            "centre; allow that, ask for more areas, or widen the tolerance."
        )
