"""Demand by shift: places count in each shift, and only sites that are open then can serve them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align
from patrolgeo.errors import DataError


def by_shift(
    cost: pd.DataFrame, demand: pd.DataFrame, open_in: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.Series]:
    """Spread costs and demand over shifts, for one choice of sites that serves them all.

    Every site model takes the result. A site stands in all shifts in which it is open; `SitePlan.uncovered` then
    names the blind spots by shift, and ``plan.uncovered.groupby("shift").sum()`` is their demand.

    Parameters
    ----------
    cost
        Travel minutes, candidates x places.
    demand
        Expected demand, places x shifts.
    open_in
        Candidates x shifts, true where a candidate is open; all are by default.

    Returns
    -------
    Costs, candidates x (shift, place), infinite where the candidate is closed; and demand by (shift, place).

    Raises
    ------
    DataError
        When `cost` is not a DataFrame.
    AlignmentError
        When `demand` lacks places, or `open_in` candidates or shifts.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import by_shift, max_coverage
    >>> minutes = pd.DataFrame([[1, 9], [9, 1]], index=["school", "market"], columns=["x", "y"])
    >>> demand = pd.DataFrame({"day": [9.0, 2.0], "night": [0.0, 8.0]}, index=["x", "y"])
    >>> hours = pd.DataFrame({"day": [True, True], "night": [False, True]}, index=["school", "market"])
    >>> cost, weight = by_shift(minutes, demand, hours)
    >>> plan = max_coverage(cost, 1, 5, weight)
    >>> plan.sites.tolist(), plan.uncovered.to_dict()
    (['market'], {('day', 'x'): 9.0})
    """
    if not isinstance(cost, pd.DataFrame):
        raise DataError(f"cost must be a DataFrame, candidates x places, got {type(cost).__name__}.")
    demand = align(demand, cost.columns, "demand", "places")
    hours = pd.DataFrame(True, cost.index, demand.columns) if open_in is None else open_in
    hours = align(align(hours, cost.index, "open_in", "candidates").T, demand.columns, "open_in", "shifts").T
    minutes = cost.to_numpy(float)
    is_open = hours.to_numpy(bool)
    table = np.concatenate([np.where(is_open[:, [k]], minutes, np.inf) for k in range(is_open.shape[1])], axis=1)
    columns = pd.MultiIndex.from_product([demand.columns, cost.columns], names=["shift", cost.columns.name or "place"])
    values: Any = demand.to_numpy(float).T.ravel()
    return pd.DataFrame(table, cost.index, columns), pd.Series(values, columns, name="demand")
