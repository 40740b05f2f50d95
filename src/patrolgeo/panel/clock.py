"""Of which incidents is the hour known? Dates alone, wide intervals and default midnights tell nothing of the clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns, check_number
from patrolgeo._typing import Bools
from patrolgeo.panel.counts import wall_clock

WIDEST_HOURS = 2.0
HEAP = 3.0  # midnights that are so many times the other full hours were filled in by a form


def hour_known(incidents: Any, *, widest_hours: float = WIDEST_HOURS) -> pd.Series:
    """Of which incidents is the hour of the day known?

    It is not where only a date or month is (`time_precision`), where the interval up to `time_end` is wider than
    `widest_hours`, and where the clock stands at 00:00:00 as so many others do that a form must have filled it in: more
    than three times as many as at the other full hours.

    Parameters
    ----------
    incidents
        Table with `time`, and `time_end` and `time_precision` where known, as from `read_incidents`.
    widest_hours
        An interval up to so long tells the hour well enough.

    Returns
    -------
    Series of booleans by incident, named "hour_known".

    Raises
    ------
    MissingColumnError, DataError
        When there is no column `time`, or a time is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import hour_known
    >>> table = pd.DataFrame({"time": pd.to_datetime(["2024-01-05 23:10", "2024-01-06 20:00"]),
    ...                       "time_end": pd.to_datetime([None, "2024-01-07 07:00"])})
    >>> hour_known(table).tolist()
    [True, False]
    """
    check_columns(incidents, ["time"], "incidents")
    check_number(widest_hours, "widest_hours", least=0)
    times = wall_clock(incidents["time"])
    known = ~_filled_in(times)
    if "time_precision" in incidents.columns:
        known &= (incidents["time_precision"] == "exact").to_numpy()
    if "time_end" in incidents.columns:
        wide = (incidents["time_end"].dt.tz_localize(None) - times) / pd.Timedelta(hours=1) > widest_hours
        known &= ~wide.to_numpy()
    return pd.Series(known, index=incidents.index, name="hour_known")


def _filled_in(times: pd.Series) -> Bools:
    second = (times - times.dt.normalize()).dt.total_seconds().to_numpy()
    at_midnight: Bools = second == 0
    others = np.isin(second, np.arange(1, 24) * 3600.0).sum() / 23
    return at_midnight & (at_midnight.sum() > HEAP * (others + 1))
