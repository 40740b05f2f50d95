"""What besides time binds a plan of routes: points that must be visited, hours, repeats, breaks, secrecy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_columns, check_count, check_number, check_type
from patrolgeo._show import Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

DAY = 1440.0
CLOCK = re.compile(r"(\d{1,2}):(\d{2})")


@dataclass(frozen=True, kw_only=True, repr=False)
class RouteRules(Shown):
    """Rules of a plan of routes; `design_routes` takes them as `rules=`.

    Times are minutes after the plan's zero, or clock times such as "16:30" where `day_begins` says at which clock time
    zero is; a time before it belongs to the next day, so that shifts may cross midnight.

    Parameters
    ----------
    mandatory
        Places that must be visited, whatever they are worth: checkpoints, a school at closing time.
    windows
        Mapping or table by place of (from, to): every stop there lies wholly within.
    visits
        Most visits of a place in all shifts together: one number, or a Series by place.
    gap_minutes
        Least minutes between two visits of one place, by whatever unit.
    falling
        What the first, second, third, ... visit of a place is worth, as shares of its prize; never rising.
    break_minutes, break_window
        Length of the break that every unit takes at the place where its shift ends, and (from, to) within which it
        lies; without a window any time of the shift.
    day_begins
        Clock time of the plan's zero, such as "22:00".
    shift_begins
        When each unit's shift begins: one time, or one a unit.
    unit_names, unit_kinds
        Names of the units, 1, 2, ... by default; and the kind of each, keys of `travel` ("vehicle", "foot", "drone").
    control
        Places that get no visit: the control cells of a trial that runs.
    visit_range
        Chance wanted of a visit on a day: (low, high) for every place of `visit_range_places`, or a table by place with
        the columns low and high. `RoutePlan.draw` keeps it.
    visit_range_places
        The places that a plain `visit_range` counts for, such as the hot cells; all that a plan of the pool visits by
        default.
    week_minutes
        Most minutes of stops a week at a place, over all units and days: one number, or a Series by place.
    homes, points
        For units of the kind "drone", which fly in a straight line: polygons where people live (of a table with
        `population`, such as cells, those that have some), and the point of each place. A way that touches homes is
        none, and a place among them is not flown to.
    over_homes
        Whether drones may fly over homes; then nothing is checked.

    Examples
    --------
    >>> from patrolgeo import RouteRules
    >>> rules = RouteRules(mandatory=["school"], windows={"school": ("16:30", "17:15")}, day_begins="14:00")
    >>> rules
    RouteRules(mandatory=['school'], windows={'school': ('16:30', '17:15')}, day_begins='14:00')
    >>> rules.minutes("01:00", "windows")
    660.0
    """

    mandatory: Any = ()
    windows: Any = None
    visits: Any = 1
    gap_minutes: float = 0.0
    falling: tuple[float, ...] = (1.0, 0.6, 0.35)
    break_minutes: float = 0.0
    break_window: Any = None
    day_begins: str | None = None
    shift_begins: Any = 0.0
    unit_names: Any = None
    unit_kinds: Any = None
    control: Any = ()
    visit_range: Any = None
    visit_range_places: Any = None
    week_minutes: Any = None
    homes: Any = None
    points: Any = None
    over_homes: bool = False

    def __post_init__(self) -> None:
        """Check what can be checked without the places."""
        check_number(self.gap_minutes, "gap_minutes", least=0)
        check_number(self.break_minutes, "break_minutes", least=0)
        check_type(self.over_homes, bool, "over_homes")
        if self.day_begins is not None:
            _clock(self.day_begins, "day_begins")
        falling = as_floats(self.falling, "falling").reshape(-1)
        if not len(falling) or falling[0] <= 0 or (falling < 0).any() or (np.diff(falling) > 0).any():
            raise DataError(f"falling={self.falling} must begin above 0 and never rise, such as (1, 0.6, 0.35).")

    def minutes(self, time: Any, name: str) -> float:
        """Return a time as minutes after the plan's zero."""
        if isinstance(time, str):
            if self.day_begins is None:
                raise DataError(f"{name}={time!r} is a clock time; say day_begins, the clock time of the plan's zero.")
            return (_clock(time, name) - _clock(self.day_begins, "day_begins")) % DAY
        check_number(time, name, least=0)
        return float(time)

    def window(self, given: Any, name: str) -> tuple[float, float]:
        """Return (from, to) in minutes after zero."""
        try:
            begin, end = given
        except (TypeError, ValueError):
            raise DataError(f"{name}={given!r} must be a pair (from, to).") from None
        low, high = self.minutes(begin, name), self.minutes(end, name)
        if not low < high:
            raise DataError(f"{name}=({begin!r}, {end!r}) must end after it begins, counted from the plan's zero.")
        return low, high

    def windows_by(self, places: pd.Index, horizon: float) -> Floats:
        """Return (from, to) by place, shape (n, 2); the whole horizon where none is given."""
        found = np.tile([0.0, horizon], (len(places), 1))
        given = self.windows if self.windows is not None else {}
        if isinstance(given, pd.DataFrame):
            check_columns(given, ["from", "to"], "windows")
            given = dict(zip(given.index, zip(given["from"], given["to"], strict=True), strict=True))
        if not isinstance(given, (Mapping, pd.Series)):
            raise DataError(f"windows must map places to (from, to), got {type(given).__name__}.")
        for place, window in given.items():
            found[position(places, place, "windows")] = self.window(window, f"windows[{place!r}]")
        return found

    def worth(self, prizes: Floats, places: pd.Index) -> Floats:
        """Return what each visit of a place is worth, shape (places, times)."""
        if np.ndim(self.visits) == 0:
            times = np.full(len(places), check_count(self.visits, "visits"))
        else:
            given = pd.Series(self.visits)
            times = np.ones(len(places), np.int64)
            for place, n in given.items():
                times[position(places, place, "visits")] = check_count(n, f"visits[{place!r}]")
        most = int(times.max(initial=1))
        falling = np.zeros(max(most, len(self.falling)))
        falling[: len(self.falling)] = self.falling
        return np.where(np.arange(most) < times[:, None], prizes[:, None] * falling[:most], 0.0)


def position(places: pd.Index, place: Any, name: str) -> int:
    """Return the row position of a place."""
    try:
        return int(places.get_loc(place))
    except (KeyError, TypeError):
        raise DataError(f"{name}: {place!r} is none of the places (rows of travel).") from None


def _clock(text: Any, name: str) -> float:
    found = CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None or int(found[1]) > 24 or int(found[2]) > 59:
        raise DataError(f"{name}={text!r} must be a clock time such as '22:00'.")
    return 60.0 * int(found[1]) + int(found[2])
