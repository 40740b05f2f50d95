"""The hypercube as the service of `staff_units`: a unit must not only be free, it must be there in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, by_label, check_number, check_type
from patrolgeo.errors import DataError
from patrolgeo.plan.response.hypercube import hypercube

EXACT_UNITS = 12  # above, 168 hours of the exact answer would take minutes


def hypercube_service(
    travel: pd.DataFrame, demand: Any, *, mean_service_hours: float, within_minutes: float
) -> Callable[[float, int], float]:
    """Which share of calls has a unit there in time, as `staff_units` asks it with ``service=``?

    A call is in time when a unit is free at once and its way is short enough; one that waits counts as late, so the
    share is a careful one. It misleads when units are not placed in the order given, and beyond 12 units the shares are
    those of the approximation.

    Parameters
    ----------
    travel
        Minutes, bases x places, in the order in which bases are manned; when all are, the first gets its second unit.
    demand
        Calls by place, as relative numbers: Series or array.
    mean_service_hours
        Mean hours that a unit is busy with a call, the way included.
    within_minutes
        Minutes of way within which a unit is there in time.

    Returns
    -------
    Function of calls an hour and number of units, with the share in time; at most the demand within reach of a base.

    Raises
    ------
    DataError
        When travel or demand cannot be used.
    AlignmentError
        When `demand` lacks a place of `travel`.

    Notes
    -----
    The share is (1 - wait) times the dispatches within reach of the loss system: given that a unit is free, the queue
    without limit and the loss system have the same chances when units serve alike (Larson 1974).

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import hypercube_service, staff_units
    >>> travel = pd.DataFrame([[2.0, 20.0], [20.0, 2.0]], columns=["north", "south"])
    >>> service = hypercube_service(travel, [1, 1], mean_service_hours=0.5, within_minutes=10)
    >>> [round(service(0.4, units), 3) for units in (1, 2, 4)]
    [0.4, 0.9, 0.995]
    >>> staff_units([0.4], mean_service_hours=0.5, share=0.8, within_hours=10 / 60, service=service).tolist()
    [2]
    """
    check_type(travel, pd.DataFrame, "travel")
    minutes = as_floats(travel, "travel")
    calls = by_label(demand, travel.columns, "demand", "places")
    check_number(mean_service_hours, "mean_service_hours", above=0, most=24)
    check_number(within_minutes, "within_minutes", least=0)
    if not (np.isfinite(calls).all() and (calls >= 0).all() and calls.sum() > 0):
        raise DataError("demand must be finite numbers, 0 or more and not all 0.")

    def share_in_time(rate: float, units: int) -> float:
        way = minutes[np.arange(units) % len(minutes)]
        each, finished = rate * calls / calls.sum(), 1 / mean_service_hours
        method: Literal["auto", "approximate"] = "auto" if units <= EXACT_UNITS else "approximate"
        at_once = hypercube(each, finished, capacity=0, travel=way, method=method).dispatch_share.to_numpy()
        wait = hypercube(each, finished, travel=way, method=method).wait
        return min(1.0, float((1 - wait) * at_once[way.T <= within_minutes].sum()))

    return share_in_time
