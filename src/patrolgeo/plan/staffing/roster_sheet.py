"""The roster as a duty report: date, shift, area, call sign, vehicles, posts (勤务报备)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import by_label, check_count, check_time, check_type
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.optimise.rosters import WEEK
from patrolgeo.plan.staffing.shift_plan import ShiftPlan, hours_of


def roster_sheet(
    plan: ShiftPlan,
    first_day: Any,
    places: Mapping[Any, pd.Series],
    *,
    weeks: int = 1,
    vehicles: Mapping[Any, int] | None = None,
    posts: pd.Series | None = None,
) -> pd.DataFrame:
    """Who stands where on which day: one row a duty, to be filed.

    Every duty of a force gets one of its places. First comes a place where nobody of the force is most of the time,
    then the one with the fewest unit-hours for its weight, then that which the line had before. Call signs are of
    units, never of persons: the force and the number of the line.

    Parameters
    ----------
    plan
        The weekly roster, which repeats itself.
    first_day
        First date of the sheet.
    places
        By force, the weight of each place (patrol area, checkpoint, post), Series by its name.
    weeks
        How many weeks the sheet holds.
    vehicles
        Vehicles of a unit by force; none where nothing is said.
    posts
        Posts to be visited or held, words by name of a place.

    Returns
    -------
    Table with `date`, `shift` ("06:00-14:00"), `force`, `area_name` (the place), `call_sign`, `people`, `vehicles`,
    `posts`, in the order of time.

    Raises
    ------
    DataError
        When a force of the plan has no places, a weight is not above 0, or the date is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import roster_sheet, staff_shifts
    >>> plan = staff_shifts([3] * 168, lengths=(12,))
    >>> sheet = roster_sheet(plan, "2025-01-06", {"unit": pd.Series({"north": 2.0, "south": 1.0})})
    >>> len(sheet), sheet["area_name"].value_counts().to_dict(), sheet["date"].iloc[0].day_name()
    (42, {'north': 28, 'south': 14}, 'Monday')
    """
    first = check_time(first_day, "first_day").normalize()
    n_weeks = check_count(weeks, "weeks")
    cars = pd.Series(vehicles or {}, dtype=object)
    tables = []
    for force, duties in plan.roster.groupby("force", sort=False):
        if force not in places:
            raise DataError(f"places lacks the force {force!r} of the plan; it has: {list(places)}.")
        where = _placed(duties, _weights(places[force], f"places[{force!r}]"))
        crew = int(plan.people.loc[force, "people"] / plan.people.loc[force, "lines"])
        tables.append(duties.assign(area=where, people=crew, vehicles=check_count(cars.get(force, 0), "vehicles", 0)))
    return _dated(pd.concat(tables), first, n_weeks, posts) if tables else pd.DataFrame(columns=list(COLUMNS))


COLUMNS = ("date", "shift", "force", "area_name", "call_sign", "people", "vehicles", "posts")


def _weights(weights: Any, name: str) -> pd.Series:
    check_type(weights, pd.Series, name)
    values = by_label(weights, weights.index, name, "places")
    if not len(values) or not (np.isfinite(values) & (values > 0)).all():
        raise DataError(f"{name} must give each place a weight above 0.")
    return pd.Series(values, weights.index)


def _placed(duties: pd.DataFrame, weights: pd.Series) -> list[Any]:
    """Return the place of each duty, in the order of the duties."""
    cover, weight = np.zeros((len(weights), WEEK)), weights.to_numpy()
    usual: dict[int, int] = {}
    chosen = np.zeros(len(duties), np.int64)
    begin = (24 * duties["day"] + duties["start"]).to_numpy()
    for k in np.lexsort([duties["line"], begin]):
        line, hours = int(duties["line"].iloc[k]), (begin[k] + np.arange(duties["hours"].iloc[k])) % WEEK
        chosen[k] = usual[line] = _best_place(cover, weight, hours, usual.get(line, -1))
        cover[chosen[k], hours] += 1
    return weights.index[chosen].tolist()


def _best_place(cover: Floats, weight: Floats, hours: Ints, usual: int) -> int:
    empty = (cover[:, hours] == 0).sum(axis=1)
    empty[2 * empty <= len(hours)] = 0  # the next duty fills what is left of a gap
    work = np.round(cover.sum(axis=1) / weight, 9)
    other = np.arange(len(weight)) != usual
    return int(np.lexsort([other, work, -empty])[0])


def _dated(duties: pd.DataFrame, first: pd.Timestamp, weeks: int, posts: pd.Series | None) -> pd.DataFrame:
    days = ((duties["day"] - first.day_of_week) % 7).to_numpy()
    rows = pd.concat([duties.assign(at=days + 7 * week) for week in range(weeks)])
    told = {} if posts is None else posts.to_dict()
    table = pd.DataFrame(
        {
            "date": first + pd.to_timedelta(rows["at"], unit="D"),
            "shift": [hours_of(s, h) for s, h in zip(rows["start"], rows["hours"], strict=True)],
            "force": rows["force"],
            "area_name": rows["area"],
            "call_sign": [f"{force} {line:02d}" for force, line in zip(rows["force"], rows["line"], strict=True)],
            "people": rows["people"],
            "vehicles": rows["vehicles"],
            "posts": [told.get(a, "") for a in rows["area"]],
        }
    ).assign(_start=rows["start"], _order=rows["force"].map({f: k for k, f in enumerate(duties["force"].unique())}))
    order = ["date", "_order", "_start", "area_name", "call_sign"]
    return table.sort_values(order, kind="stable").drop(columns=["_start", "_order"]).reset_index(drop=True)


def on_duty_by_place(sheet: pd.DataFrame, places: pd.Index) -> pd.DataFrame:
    """Return how many units are on duty at each hour of the week at each place, (168 x places).

    Parameters
    ----------
    sheet
        One week of one force, as `roster_sheet` gives it.
    places
        Names of all places.
    """
    count = pd.DataFrame(0, pd.RangeIndex(WEEK, name="hour"), places)
    for row in sheet.itertuples():
        start, end = (int(text[:2]) for text in row.shift.split("-"))
        length = (end - start) % 24 or 24
        hours = (24 * row.date.day_of_week + start + np.arange(length)) % WEEK
        count.iloc[hours, places.get_loc(row.area_name)] += 1
    return count
