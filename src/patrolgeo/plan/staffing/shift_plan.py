"""What a weekly roster is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from patrolgeo._show import Rows
from patrolgeo.plan.outcome import Outcome

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, kw_only=True, repr=False)
class ShiftPlan(Outcome):
    """Who works when in a week that repeats itself: lines of duty, their hours, the people they take.

    A line is one unit: one length of shift, the same days every week, starts that are nearly alike.

    Parameters
    ----------
    roster
        A row a duty: `force`, `line`, `day` (0 = Monday), `start` (hour of the day), `hours`; in this order.
    required, staffed
        Units wanted and on duty, hours of the week (168) x forces.
    people
        By force: `lines`, `duty_hours` a week, `required_hours`, `people` on the roster, `relief_factor` (people to be
        employed for one person around the clock), `employed` (leave, training and sickness counted; never
        fewer than stand on the roster).

    Examples
    --------
    >>> from patrolgeo import staff_shifts
    >>> plan = staff_shifts([3] * 168, lengths=(12,))
    >>> plan.objective, plan.bound, plan.surplus["unit"].sum().item()
    (504.0, 504.0, 0)
    >>> plan.roster.head(2)[["force", "line", "day", "start", "hours"]].to_numpy().tolist()
    [['unit', 1, 4, 19, 12], ['unit', 1, 5, 19, 12]]
    """

    roster: pd.DataFrame
    required: pd.DataFrame
    staffed: pd.DataFrame
    people: pd.DataFrame

    @property
    def surplus(self) -> pd.DataFrame:
        """Return the units on duty beyond those wanted, hours x forces; never negative."""
        return self.staffed - self.required

    @property
    def lines(self) -> pd.DataFrame:
        """Return a row a line (`force`, `line`), a column a weekday: its hours such as "22:00-06:00", "" when off."""
        table = self.roster.assign(
            weekday=[WEEKDAYS[d] for d in self.roster["day"]],
            told=[hours_of(s, h) for s, h in zip(self.roster["start"], self.roster["hours"], strict=True)],
        )
        wide = table.pivot_table(index=["force", "line"], columns="weekday", values="told", aggfunc="first")
        return wide.reindex(columns=list(WEEKDAYS)).fillna("").rename_axis(columns=None)

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan, plain Python values."""
        return {
            "objective": self.objective, "bound": self.bound, "gap": self.gap, "status": self.status,
            "required_hours": int(self.required.to_numpy().sum()),
            "forces": {str(k): row for k, row in self.people.to_dict("index").items()},
        }  # fmt: skip

    def _head(self) -> str:
        return f"{int(self.people['lines'].sum())} lines, {self.objective:,.6g} hours a week, {self.status}"

    def _rows(self) -> Rows:
        wanted = f"{self.required.to_numpy().sum():,} unit-hours"
        told = [
            (str(force), f"{row['lines']:.0f} lines, {row['people']:.0f} people, {row['employed']:,.1f} to be employed")
            for force, row in self.people.iterrows()
        ]
        return [*self.proof(), ("wanted", wanted), *told]


def hours_of(start: int, hours: int) -> str:
    """Return the hours of a duty in digits.

    Examples
    --------
    >>> from patrolgeo.plan.staffing.shift_plan import hours_of
    >>> hours_of(22, 8), hours_of(16, 8)
    ('22:00-06:00', '16:00-24:00')
    """
    end = start + hours
    return f"{start:02d}:00-{end if end <= 24 else end - 24:02d}:00"
