"""Dated events: which units are bound there, and what is thinner elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_number
from patrolgeo._typing import Floats, Ints
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
