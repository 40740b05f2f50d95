"""Records that come late: what share of a period's records has arrived by now?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_time, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.periods import period_edges

LEAST = 0.05  # a share below this is not trusted: the period is too young


def arrived_share(times: pd.Series, entered: pd.Series, periods: pd.DatetimeIndex, as_of: object) -> pd.Series:
    """What share of the records of each period has been entered by now, judged by how late records came so far?

    Learned from the times of entry, with allowance for records that are not there yet (right truncation). Multiply the
    exposure of a detector with it, so that a young period is not taken for a quiet one.

    Parameters
    ----------
    times, entered
        When something happened and when its record was entered, by record.
    periods
        Starts of the periods.
    as_of
        Now: the time of the last look at the records.

    Returns
    -------
    Series by period, above 0 to 1.

    Raises
    ------
    DataError
        When a record was entered before it happened or after `as_of`, or there are none.
    AlignmentError
        When `times` and `entered` have different labels.

    Notes
    -----
    The share that came within d days is the product over larger delays x of 1 - n(x) / N(x): n(x) are the records x
    days late, N(x) those at most x days late, of what happened at least x days ago (Lawless 1994).

    References
    ----------
    Lawless 1994, doi:10.2307/3315820.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import arrived_share
    >>> days = pd.date_range("2024-01-01", periods=28, freq="D", name="period")
    >>> times = pd.Series(days.repeat(2))
    >>> entered = times + pd.to_timedelta([0, 5] * 28, "D")
    >>> here = entered <= "2024-01-28"
    >>> arrived_share(times[here], entered[here], days, "2024-01-28").iloc[[0, 21, 27]].round(2).tolist()
    [1.0, 1.0, 0.5]
    """
    check_type(times, pd.Series, "times")
    check_type(entered, pd.Series, "entered")
    now = check_time(as_of, "as_of")
    happened, came = pd.to_datetime(times), pd.to_datetime(align(entered, times.index, "entered", "records"))
    late, could = ((end - happened).dt.days.to_numpy() for end in (came, now))
    if not len(late) or (late < 0).any() or (late > could).any():
        raise DataError(
            f"{int((late < 0).sum())} records were entered before they happened and {int((late > could).sum())} after "
            f"as_of={as_of!r}, of {len(late)}; leave such rows out, and give at least one."
        )
    within = _share_within(late, could)
    middle = np.asarray(period_edges(periods)[:-1] + np.diff(period_edges(periods)) / 2)
    days = np.asarray((np.datetime64(now) - middle) / np.timedelta64(1, "D"), float)
    age = np.clip(days, 0, len(within) - 1).astype(int)
    return pd.Series(np.maximum(within[age], LEAST), periods, name="arrived_share")


def _share_within(late: Floats, could: Floats) -> Floats:
    """Return the share of records that come within d days, d = 0, 1, ..., the longest delay seen."""
    share = np.ones(int(late.max()) + 1)
    for day in range(len(share) - 1, 0, -1):
        in_view = could >= day
        came, by_then = int((late[in_view] == day).sum()), int((late[in_view] <= day).sum())
        share[day - 1] = share[day] * (1 - came / by_then if by_then else 1.0)
    return share
