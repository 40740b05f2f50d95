"""What an area has to carry: a weighted index of shares where minutes are not known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from patrolgeo._checks import align_to_cells, nearest
from patrolgeo.errors import DataError


def workload_index(
    population: pd.Series | None = None, risk: pd.Series | None = None, roads: pd.Series | None = None,
    *, weights: Mapping[str, float], area: pd.Series | None = None,
) -> pd.Series:  # fmt: skip
    """How is the burden spread when nobody knows minutes? An index, not minutes.

    Each part is turned into shares that sum to 1, and the shares are weighted. The weights are a judgement: print
    them beside the plan, and look how much it changes when they change.

    Parameters
    ----------
    population, risk, roads, area
        Series by cell, not negative: residents, expected incidents, road kilometres, square kilometres.
    weights
        Weight of each part that is given, by its name; they are divided by their sum.

    Returns
    -------
    Series by cell, named "workload", that sums to 1.

    Raises
    ------
    DataError
        When a weight has no part or a part no weight, when a weight is negative, or when a part sums to zero.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import workload_index
    >>> people, risk = pd.Series({"a": 30, "b": 10}), pd.Series({"a": 1.0, "b": 3.0})
    >>> workload_index(people, risk, weights={"population": 0.6, "risk": 0.4}).round(3).to_dict()
    {'a': 0.55, 'b': 0.45}
    """
    given = {"population": population, "risk": risk, "roads": roads, "area": area}
    parts = {name: part for name, part in given.items() if part is not None}
    _check_weights(weights, parts)
    total = sum(weights.values())
    cells = next(iter(parts.values())).index
    index = sum((_shares(part, cells, name) * (weights[name] / total) for name, part in parts.items()))
    return pd.Series(index, index=cells, name="workload")


def _check_weights(weights: Mapping[str, float], parts: Mapping[str, pd.Series]) -> None:
    for name in weights:
        if name not in parts:
            raise DataError(f"weights names {name!r}, which is not given{nearest(name, parts)}; given: {list(parts)}.")
    for name in parts:
        if name not in weights:
            raise DataError(f"{name} is given but has no weight; add weights[{name!r}], 0 to leave it out.")
    if any(not np.isfinite(w) or w < 0 for w in weights.values()) or not sum(weights.values()) > 0:
        raise DataError(f"weights={dict(weights)} must be numbers of 0 or more with a sum above 0.")


def _shares(part: pd.Series, cells: pd.Index, name: str) -> pd.Series:
    part = align_to_cells(part, cells, name).astype(float)
    if not (np.isfinite(part).all() and (part >= 0).all()):
        raise DataError(f"{name} holds negative or missing values; the first is at {part.index[~(part >= 0)][0]}.")
    if part.sum() == 0:
        raise DataError(f"{name} sums to zero and has no shares; leave it out.")
    return part / part.sum()
