"""What the steps on forces hand to each other: posts, blind spots, strength, rosters, events, response, patrols."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config.staffing import EventWish
from patrolgeo.plan.response.response_plan import ResponsePlan
from patrolgeo.plan.staffing.shift_plan import ShiftPlan


@dataclass(frozen=True)
class Posts:
    """Existing places as posts, shift by shift.

    `table` has a row a post and shift (`plan_posts`, with `name`, `adds_share` and `geometry`), `answers` by shift
    value, bound, gap and status; `expected` is what is expected in each shift, `possible` how many places there are.
    `people` has a row a shift and force: `hours`, `posts`, `people` (whom they take), `there` (on duty, None when not
    known).
    """

    table: pd.DataFrame
    answers: dict[str, dict[str, Any]]
    expected: pd.Series
    possible: int
    people: pd.DataFrame


@dataclass(frozen=True)
class BlindSpots:
    """Where nobody arrives in time.

    `table` has a row a tier and shift: `within_minutes`, `hours`, `forces` on duty, `blind_share` of what is expected,
    `residents`, `cells`, the `worst` cell and the place near it (`near_place`). `cells` tells it by cell x (tier,
    shift).
    """

    table: pd.DataFrame
    cells: pd.DataFrame


@dataclass(frozen=True)
class WeakLinks:
    """Units and roads that cannot be missed, worst first, with `lost_share`; None where they were not looked at."""

    units: gpd.GeoDataFrame | None
    roads: gpd.GeoDataFrame | None
    looked_at: int


@dataclass(frozen=True)
class Strength:
    """What the plan asks of the forces, and what they have.

    `wanted` has a row a use ("areas", "checkpoints", "sites"): `wanted` and `staffed` (how many of them the forces can
    man), `officer_shifts_day`, `officers` (to be employed, days off included), `vehicles`. `shifts` has a row a shift:
    `officers_wanted`, `officers_on_duty`, `vehicles_wanted`, `vehicles_on_duty`.
    """

    wanted: pd.DataFrame
    shifts: pd.DataFrame
    relief_factor: float

    @property
    def enough(self) -> bool:
        """Whether the forces can man all that the plan asks for."""
        return bool((self.wanted["staffed"] == self.wanted["wanted"]).all())


@dataclass(frozen=True)
class Delivered:
    """What was patrolled.

    `weeks` has a row a week (from its Monday), `by_cell` `patrol_minutes`, `patrol_visits` and, against a plan,
    `planned_minutes`; `by_area` and `by_shift` are the sums of all weeks, None without a plan or shifts. `account` is
    every minute of the log, `thinning` the change of the median cell, `shares` those of the tasks by week,
    `planned_outside` the planned minutes that lie in no cell.
    """

    weeks: pd.DataFrame
    by_cell: pd.DataFrame
    by_area: pd.DataFrame | None
    by_shift: pd.DataFrame | None
    total: pd.Series | None
    account: pd.Series
    units: int
    thinning: float
    shares: pd.DataFrame | None
    planned_outside: float


@dataclass(frozen=True)
class Staffing:
    """What the plan needs at which hour, the shifts, and the sheet of the first week.

    `rates` is what `hourly_calls` tells, `busy_hours` how long a unit is busy with a call; `service` what the patrol
    units on duty give by hour (`measure_units`); `on_duty` the patrol units by hour of the week and area; `employed`
    how many officers there are, None when not known.
    """

    rates: pd.DataFrame
    busy_hours: float
    shifts: ShiftPlan
    service: pd.DataFrame
    sheet: pd.DataFrame
    on_duty: pd.DataFrame
    employed: int | None


@dataclass(frozen=True)
class Event:
    """One event: its wish, where it is, its posts, its hours, and what is thinner meanwhile.

    `posts` has a row a post; `hours` are the starts of the hours it lasts; `by_hour` has a row an hour of the week
    (`units`, `bound`, `left`, `within_share`, `within_share_meanwhile`, `committed_share`,
    `committed_share_meanwhile`); `by_area` a row a patrol area that gives units (`units`, `left`: fewest;
    `minutes`, `minutes_meanwhile`: mean, at worst); both empty when no unit is bound. `own_units` is how many its own
    calls need. `areas` are the patrol areas drawn anew for its hours, a row an area (`name`, `units`, `load`: over the
    mean, `minutes`: mean from its middle); empty where every area keeps a unit.
    """

    wish: EventWish
    area: str
    posts: gpd.GeoDataFrame
    hours: pd.DatetimeIndex
    own_units: int
    by_hour: pd.DataFrame
    by_area: pd.DataFrame
    areas: gpd.GeoDataFrame


@dataclass(frozen=True)
class Response:
    """The simulated response: the plan beside today, where the calls came from, and minutes by cell and shift.

    `minutes` has expected minutes by cell, a column a shift; `of_calls` says whether times and work are those of
    recorded calls; `friday_factor` by how much a busy Friday has more calls than the usual one.
    """

    plan: ResponsePlan
    minutes: pd.DataFrame
    of_calls: bool
    service_minutes: float
    friday_factor: float
