"""Dated events: which units are bound there, and what is thinner elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, as_floats, check_number
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError


def bind_units(on_duty: pd.DataFrame, minutes: pd.Series, share: float) -> pd.DataFrame:
    """Which areas give up units for an event, and how many are left there?

    At each hour the share of all units on duty, rounded up, is bound. Areas with most units give first, of equal ones
    the area nearest to the event, so that an area is left without a unit only when no other has two.

    Parameters
    ----------
    on_duty
        Units on duty, hours x areas.
    minutes
        Minutes from each area to the event, Series by area.
    share
        Share of the units that the event binds, 0 to 1.

    Returns
    -------
    Units left, hours x areas.

    Raises
    ------
    AlignmentError
        When `minutes` lacks an area.
    DataError
        When units are not whole numbers of 0 or more.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import bind_units
    >>> on_duty = pd.DataFrame({"near": [1, 1], "far": [2, 1]}, index=[20, 21])
    >>> bind_units(on_duty, pd.Series({"far": 30.0, "near": 2.0}), 0.5).to_dict("list")
    {'near': [0, 0], 'far': [1, 1]}
    """
    check_number(share, "share", least=0, most=1)
    if not isinstance(on_duty, pd.DataFrame):
        raise DataError(f"on_duty must be a table, hours x areas, got {type(on_duty).__name__}.")
    units = as_floats(on_duty, "on_duty")
    if not np.isfinite(units).all() or (units < 0).any() or (units % 1).any():
        raise DataError("on_duty must hold whole numbers of 0 or more.")
    away = as_floats(align(minutes, on_duty.columns, "minutes", "areas"), "minutes")
    left = [_left(row.astype(np.int64), away, share) for row in units]
    return pd.DataFrame(np.array(left).reshape(units.shape).astype(np.int64), on_duty.index, on_duty.columns)


def _left(units: Ints, away: Floats, share: float) -> Ints:
    left = units.copy()
    for _ in range(int(np.ceil(share * units.sum() - 1e-9))):
        left[np.lexsort([away, -left])[0]] -= 1
    return left


def event_spots(away: Floats, kinds: Sequence[str]) -> Ints:
    """Return for each post of an event the spot it stands at, far from one another.

    Medical posts take the spot nearest to the middle, traffic posts those in the outer half of the way, all others
    those in the inner half; each takes the spot that is farthest from all posts before it. When there are more posts
    than spots, several stand together.

    Parameters
    ----------
    away
        Metres east and north from the middle of the event, shape (n_spots, 2).
    kinds
        Kind of each post.
    """
    distance = np.hypot(*away.T)
    outer = distance > distance.max() / 2
    chosen: list[int] = []
    for kind in kinds:
        taken = away[chosen] if chosen else np.zeros((1, 2))
        apart = np.hypot(*(away[:, None] - taken[None]).transpose(2, 0, 1)).min(axis=1)
        free = ~np.isin(np.arange(len(away)), chosen[len(chosen) // len(away) * len(away) :])
        wanted = outer == (kind == "traffic")
        score = -distance if kind == "medical" else apart
        chosen.append(int(np.lexsort([-score, ~wanted, ~free])[0]))
    return np.array(chosen, np.int64)


def hand_over(area: Ints, keeps: Bools, touches: sparse.csr_matrix, work: Floats, minutes: Floats) -> Ints:
    """Give the cells of areas without a unit to their neighbours, cell by cell.

    The area with least work takes next, of the cells at its border the one it reaches soonest; so every area stays in
    one piece. Cells that touch nobody go to the area from which they are reached soonest.

    Parameters
    ----------
    area
        Area of each cell, 0 to n_areas - 1.
    keeps
        Which areas still have a unit, shape (n_areas,); at least one.
    touches
        Which cells touch, shape (n_cells, n_cells).
    work
        Work of each cell.
    minutes
        From the middle of each area to each cell, shape (n_areas, n_cells).

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from patrolgeo.plan.staffing.events import hand_over
    >>> row = sparse.csr_matrix(np.eye(6, k=1) + np.eye(6, k=-1))
    >>> away = np.abs(np.arange(6) - np.array([[0], [2], [5]]))
    >>> hand_over(np.array([0, 0, 1, 1, 1, 2]), np.array([True, False, True]), row, np.ones(6), away).tolist()
    [0, 0, 0, 2, 2, 2]
    """
    new = np.where(keeps[area], area, -1)
    load = np.bincount(area, work, len(keeps))
    border: dict[int, list[tuple[float, int]]] = {int(a): [] for a in np.flatnonzero(keeps)}
    for cell in np.flatnonzero(new >= 0).tolist():
        _look_around(cell, new, touches, minutes, border)
    while takers := [a for a, cells in border.items() if cells]:
        taker = min(takers, key=lambda a: float(load[a]))
        _, cell = heappop(border[taker])
        if new[cell] < 0:
            new[cell] = taker
            load[taker] += work[cell]
            _look_around(cell, new, touches, minutes, border)
    soonest = np.where(keeps[:, None], minutes, np.inf).argmin(axis=0)
    return np.where(new < 0, soonest, new)


def _look_around(
    cell: int, new: Ints, touches: sparse.csr_matrix, minutes: Floats, border: dict[int, list[tuple[float, int]]]
) -> None:
    """Note the cells without an area around a cell, as those that its area can take next."""
    owner = int(new[cell])
    around: Array = touches.indices[touches.indptr[cell] : touches.indptr[cell + 1]]
    for other in around[new[around] < 0]:
        heappush(border[owner], (float(minutes[owner, other]), int(other)))
