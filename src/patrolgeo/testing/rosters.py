"""What every weekly roster keeps, recomputed duty by duty."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from patrolgeo.plan.staffing.shift_plan import ShiftPlan
from patrolgeo.testing._hold import hold

WEEK = 168


def check_roster(
    plan: ShiftPlan, *, rest_hours: float = 11.0, days_off: int = 2, week_hours: float = 40.0, vary_hours: int = 3
) -> None:
    """Hold a roster against its rules, by clocks that run over three weeks.

    Rest between any two duties of a line, free days in a row, hours a week, likeness of starts; every wanted unit is
    there at every hour; the value is the sum of hours and not below the bound.

    Parameters
    ----------
    plan
        The roster.
    rest_hours, days_off, week_hours, vary_hours
        What `staff_shifts` was given.

    Raises
    ------
    AssertionError
        When something does not hold.

    Examples
    --------
    >>> from patrolgeo import staff_shifts
    >>> from patrolgeo.testing import check_roster
    >>> check_roster(staff_shifts([3] * 168))
    """
    for (force, line), duties in plan.roster.groupby(["force", "line"]):
        _check_line(f"line {line} of {force}", duties, rest_hours, days_off, week_hours, vary_hours)
    for force, wanted in plan.required.items():
        there = dict.fromkeys(range(WEEK), 0)
        for row in plan.roster[plan.roster["force"] == force].itertuples():
            for hour in range(row.day * 24 + row.start, row.day * 24 + row.start + row.hours):
                there[hour % WEEK] += 1
        hold(all(there[h] >= wanted[h] for h in there), f"every hour must have the wanted units of {force}")
        hold(all(there[h] == plan.staffed[force][h] for h in there), f"staffed must count the duties of {force}")
    hold(plan.objective == plan.roster["hours"].sum(), "the objective must be the hours of duty")
    hold(plan.bound is None or plan.objective >= plan.bound - 1e-6, "the value must not be below its bound")


def _check_line(
    name: str, duties: pd.DataFrame, rest: float, days_off: int, week_hours: float, vary: int
) -> None:  # fmt: skip
    hold(duties["hours"].sum() <= week_hours, f"{name} must not work more than {week_hours} hours a week")
    hold(duties["start"].max() - duties["start"].min() <= vary, f"{name} must begin at hours that are alike")
    clock = sorted(
        (week * WEEK + row.day * 24 + row.start, row.hours) for week in range(3) for row in duties.itertuples()
    )
    gaps = [later - (start + hours) for (start, hours), (later, _) in pairwise(clock)]
    hold(all(gap >= rest for gap in gaps), f"{name} must rest {rest} hours between duties, but has {min(gaps)}")
    days = sorted({start // 24 for start, _ in clock})
    free = max((later - day - 1 for day, later in pairwise(days)), default=7)
    hold(free >= days_off, f"{name} must have {days_off} free days in a row, but has {free}")
