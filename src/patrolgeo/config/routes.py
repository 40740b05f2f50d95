"""What planners ask of routes: units, hours, stops, repeats, and how hard they are to foresee."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo.config.numbers import Count, Minutes, Share
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class RouteWish:
    """Routes with timed stops in the cells with most expected risk, drawn anew for every day."""

    n: Count = key("How many units are on the road in the shift.", example="6")
    begins: str = key("Clock time at which their shift begins; it may run past midnight.", example='"20:00"')
    shift_minutes: Minutes = key("Length of the shift.", 480.0)
    stop_minutes: Minutes = key("Length of a stop; 10 to 15 minutes hold longest.", 12.0)
    visits: Annotated[int, Range(least=1, most=3)] = key("Most stops in one cell in the shift.", 2)
    gap_minutes: Annotated[float, Range(least=0, most=1440)] = key("Least minutes between two stops in one cell.", 90.0)
    break_minutes: Annotated[float, Range(least=0, most=240)] = key(
        "Length of each unit's break at its base, in the middle half of the shift.", 30.0
    )
    cells: Count = key("The cells with most expected risk that are looked at.", 150)
    days: Annotated[int, Range(least=1, most=92)] = key("For how many days from the first a plan is drawn.", 7)
    often: Share = key("A cell of the best plan is visited on at most this share of days, where plans allow it.", 0.95)
    risk_share: Share | None = key(
        "Stops in a cell lie in the shortest run of hours that holds this share of what is expected there in the "
        "shift; without it they may be at any hour.", None, example="0.5",
    )  # fmt: skip
    kinds: list[str] | None = key(
        "Kinds of [places] that every day's plan must visit once.", None, example='["middle school"]'
    )
    effort: Annotated[float, Range(least=0, most=100)] = key("Work of the search; 1 is some seconds more.", 0.1)

    def check(self, path: Path) -> None:
        """Raise when the begin is no clock time, or a stop does not fit into the shift."""
        hours, _, minutes = self.begins.partition(":")
        if not (
            hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2 and int(hours) < 24 and int(minutes) < 60
        ):
            raise DataError(f'{path}: routes.begins = {self.begins!r} must be a clock time such as "20:00".')
        if self.stop_minutes > self.shift_minutes:
            raise DataError(f"{path}: routes.stop_minutes is longer than the shift.")
