"""Windows of stops from the risk of the hour: when a place is worth a stop."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_number, check_share, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.routes.route_rules import RouteRules

HOURS = 24


def risk_windows(
    risk: pd.DataFrame, day_begins: str, shift_minutes: float, *, share: float = 0.5, stop_minutes: float = 15.0
) -> pd.DataFrame:
    """In which hours of the shift is each place worth a stop?

    The window of a place is the shortest run of whole clock hours (those at the ends of the shift cut) that holds at
    least `share` of what is expected there in the shift; of several as short the one with most, then the earliest.

    Parameters
    ----------
    risk
        Expected incidents by place (rows) and clock hour (columns 0 to 23).
    day_begins
        Clock time of the plan's zero, such as "20:00".
    shift_minutes
        Length of the shift from there, at most a day.
    share
        Share of the shift's risk that the window holds.
    stop_minutes
        No window is shorter.

    Returns
    -------
    DataFrame by place with `from` and `to`, minutes after the plan's zero, for `RouteRules(windows=...)`, and `share`,
    what of the shift's risk it holds. Places without risk in the shift have no window and are left out.

    Raises
    ------
    DataError
        When a column of hours is missing, a number cannot be used, or no place has risk in the shift.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import risk_windows
    >>> risk = pd.DataFrame([[0.0] * 24], index=["bars"])
    >>> risk.loc["bars", [21, 22, 23, 0, 1]] = [1.0, 1.0, 3.0, 4.0, 1.0]
    >>> risk_windows(risk, "20:00", 480, share=0.6)[["from", "to"]].loc["bars"].tolist()
    [180.0, 300.0]
    """
    check_type(risk, pd.DataFrame, "risk", "a table of places by hours")
    check_share(share, "share")
    check_number(shift_minutes, "shift_minutes", least=stop_minutes, most=60 * HOURS)
    if len(risk.columns) != HOURS or set(risk.columns) != set(range(HOURS)):
        raise DataError("risk must have the 24 columns 0, 1, ..., 23: what is expected in each clock hour.")
    values = as_floats(risk[list(range(HOURS))], "risk")
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError("risk holds negative or missing values; an hour in which nothing is expected has 0.")
    zero = RouteRules(day_begins="00:00").minutes(day_begins, "day_begins")
    cuts = np.unique(np.clip(np.r_[0.0, 60 * np.arange(2 * HOURS + 1) - zero, shift_minutes], 0, shift_minutes))
    hour = ((cuts[:-1] + zero) // 60).astype(int) % HOURS
    within = values[:, hour] * np.diff(cuts) / 60
    found = [_shortest(row, cuts, share, stop_minutes) for row in within]
    table = pd.DataFrame(found, risk.index, ["from", "to", "share"], dtype=float)[within.sum(axis=1) > 0]
    if table.empty:
        raise DataError("risk: no place has risk in the hours of the shift.")
    return table


def _shortest(row: Floats, cuts: Floats, share: float, least: float) -> tuple[float, float, float]:
    """Return begin, end and share of the shortest run of hours that holds a share of the whole."""
    held = np.r_[0.0, np.cumsum(row)]
    first, last = np.triu_indices(len(cuts), 1)
    holds, long = (held[last] - held[first]) / max(held[-1], 1e-300), cuts[last] - cuts[first]
    fits = (holds >= share - 1e-9) & (long >= least)
    best = np.lexsort((cuts[first], -holds, long, ~fits))[0]
    return float(cuts[first][best]), float(cuts[last][best]), float(holds[best])
