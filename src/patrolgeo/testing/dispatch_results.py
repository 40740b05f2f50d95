"""What every simulation of dispatch must hold, read from its log alone."""

from __future__ import annotations

from typing import Any

import pandas as pd

CLOSE = 1e-6  # minutes


def check_dispatch(result: Any, *, report_minutes: float = 0.0, travel_included: bool = False) -> None:
    """Raise AssertionError when a simulation lost a call, answered one twice, or sent a unit that was busy or off.

    Only the log, the calls and the units are read, none of the arrays of the simulation.

    Parameters
    ----------
    result
        What `simulate_dispatch` gave.
    report_minutes, travel_included
        As they were given to it.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import simulate_dispatch
    >>> from patrolgeo.testing import check_dispatch
    >>> calls = pd.DataFrame({"time": [0.0, 60.0], "place": "north", "minutes": 30.0})
    >>> check_dispatch(simulate_dispatch(calls, ["car"], pd.DataFrame([[2.0]], ["car"], ["north"])))
    """
    log = result.log
    _check_times(log)
    _check_units(log, result.units)
    _check_calls(log, result, report_minutes, travel_included)


def _check_times(log: pd.DataFrame) -> None:
    finished = log[log["done"]]
    assert (log["sent"] <= log["cleared"] + CLOSE).all(), "a unit was free before it was sent"
    assert (finished["arrived"] <= finished["cleared"] + CLOSE).all(), "a unit was done before it was there"
    assert (log["sent"] <= log["arrived"]).all(), "a unit was there before it was sent"


def _check_units(log: pd.DataFrame, units: pd.DataFrame) -> None:
    """No unit does two things at once, and none is sent outside its hours (minutes of the day)."""
    for unit, mine in log.sort_values(["sent", "cleared"], kind="stable").groupby("unit"):
        free = mine["cleared"].shift(fill_value=-1.0)
        assert (mine["sent"] >= free - CLOSE).all(), f"unit {unit!r} was sent while it was busy"
        if "start" in units:
            start, end = float(units.loc[unit, "start"]), float(units.loc[unit, "end"])
            since = (mine["sent"] - start) % 1440
            near = since > 1440 - CLOSE  # rounding puts the first minute at the end of the day before
            assert ((since <= end - start + CLOSE) | near).all(), f"unit {unit!r} was sent while it was off"


def _check_calls(log: pd.DataFrame, result: Any, report: float, whole: bool) -> None:
    asked = result.asked
    wanted = asked["units"] if "units" in asked else pd.Series(1, asked.index)
    done = log[log["done"]].groupby("call").size().reindex(asked.index, fill_value=0)
    assert (done <= wanted).all(), "a call was answered more often than it asked"
    assert set(log["call"]) <= set(asked.index), "a unit was sent to no call"
    told = result.calls
    left = told["lost"] | told["response"].isna()
    gone = asked.index[(done < wanted) & ~left]
    served_in_part = log[~log["done"]].groupby("call").size().reindex(gone, fill_value=0)
    several = wanted.loc[gone] > 1
    assert (served_in_part.gt(0) | several).all(), "a call was lost without a word"
    work = (
        (log["cleared"] - log["sent"] if whole else log["cleared"] - log["arrived"]).clip(lower=0).groupby(log["call"])
    )
    enough = done == wanted
    least = (asked["minutes"] + report) * wanted
    assert (work.sum().reindex(asked.index, fill_value=0.0)[enough] >= least[enough] - CLOSE).all(), (
        "a call was cut short"
    )
