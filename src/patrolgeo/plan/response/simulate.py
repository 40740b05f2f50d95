"""Dispatch simulated event by event: who goes where, how long callers wait, how busy units are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_choice, check_columns, check_number, check_type
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.plan.optimise.queues import dispatch
from patrolgeo.plan.optimise.queues.dispatch import DAY, HOURS, STOP, TASK, UNIT, Rules
from patrolgeo.plan.response.dispatch_result import DispatchResult

PREEMPT = {"never": dispatch.NEVER, "on the way": dispatch.ON_THE_WAY, "at the scene": dispatch.AT_THE_SCENE}
TIERS = {"urban": (1.0, 3.0, 5.0), "city": (5.0, 10.0, 15.0), "county": (5.0, 15.0, 30.0)}
IN_TIER = (("volunteer", "social", "dedicated"), ("social", "dedicated"), ("dedicated",))
Tiers = Mapping[str, tuple[float, Sequence[str]]]


class Options(TypedDict, total=False):
    """The options of `simulate_dispatch`."""

    policy: Any
    priorities: Sequence[Any] | None
    tiers: str | Tiers | None
    patrols: pd.DataFrame | None
    breaks: pd.DataFrame | None
    areas: Any
    travel_factor: Any
    capacity: int | None
    preempt: Literal["never", "on the way", "at the scene"]
    hold_minutes: Mapping[Any, float] | None
    queued: Literal["oldest", "nearest"]
    report_minutes: float
    most_aid: int
    travel_included: bool
    warm_up_minutes: float


def simulate_dispatch(
    calls: pd.DataFrame,
    units: Any,
    travel: pd.DataFrame,
    *,
    policy: Any = "nearest",
    priorities: Sequence[Any] | None = None,
    tiers: str | Tiers | None = None,
    patrols: pd.DataFrame | None = None,
    breaks: pd.DataFrame | None = None,
    areas: Any = None,
    travel_factor: Any = None,
    capacity: int | None = None,
    preempt: Literal["never", "on the way", "at the scene"] = "never",
    hold_minutes: Mapping[Any, float] | None = None,
    queued: Literal["oldest", "nearest"] = "oldest",
    report_minutes: float = 0.0,
    most_aid: int = 0,
    travel_included: bool = False,
    warm_up_minutes: float = 0.0,
) -> DispatchResult:
    """What happens to these calls when these units answer them?

    Nothing is drawn at random in here: the calls bring their times, places and work along (`sample_calls` draws them),
    so two plans that get the same calls meet the same luck and their difference is known well. It misleads as far as
    travel times, work times and the rules of dispatch are not those of the street.

    Parameters
    ----------
    calls
        A row a call: `time` (a time, or minutes from Monday 00:00), `place` (a column of `travel`), `minutes` of work
        at the scene; when known `priority`, `units` (how many it takes, 1), `delay` (minutes from the call until a unit
        can be sent), `access` (minutes from the road to the door, added to each way).
    units
        Table by unit (index): `base` (a row of `travel`; without it the unit's own label), `kind` of force, `area`,
        `aid` (true for units of a neighbour), `start` and `end` (minutes of the day in which it works; always, without
        them). Or a list of labels of rows of `travel`.
    travel
        Minutes, bases x places. Where rows and columns are the same places, units start from where they are: at the
        base, on the way back to it, or (next call at once) at the last scene.
    policy
        "nearest" free unit; "own area" first, then the nearest; or lists of unit positions, places x units.
    priorities
        Labels of priority, most urgent first; ascending by default. The waiting call that is most urgent goes first.
    tiers
        Graded response: by tier minutes and the kinds of force that answer within them. The nearest unit of the first
        tier that has one in time goes; kinds of the last tier go beyond it too. Or a preset, planning values: "urban"
        (1, 3, 5 minutes), "city" (5, 10, 15), "county" (5, 15, 30), with volunteers in the first tier, social patrols
        in two, dedicated ones in all.
    patrols
        Routes of units under way: `unit, place, arrive, leave` (minutes of the day); between stops a unit is between
        them. Needs a table of places x places.
    breaks
        Minutes of the day in which a unit is not sent (meals, changes of shift): `unit, start, end`; a call that runs
        into one cuts it.
    areas
        Area of each place, Series: for `policy="own area"` and `hold_minutes`.
    travel_factor
        Factor of the minutes by hour, 24 or 168 from Monday 00:00.
    capacity
        How many calls may wait; more are lost. None: any number.
    preempt
        Whether a call of the first priority takes a unit from others: never, while that is on the way, or at the scene
        too. The call that was left waits again with the work that is left.
    hold_minutes
        By priority the minutes that a call waits for the unit of its own area although others are free (stacking).
    queued
        Which waiting call of a priority a free unit takes.
    report_minutes
        Minutes of writing after each call.
    most_aid
        How many units of neighbours may be away from home at once; they go when no own unit is free.
    travel_included
        Whether `minutes` run from being sent (then travel does not lengthen them), as in the hypercube. A call whose
        way is longer than its minutes still lasts until the unit is there.
    warm_up_minutes
        First minutes that are left out of all statistics.

    Returns
    -------
    DispatchResult.

    Raises
    ------
    MissingColumnError
        When a column is missing.
    DataError
        When a value cannot be used.
    AlignmentError
        When a place, base, unit or priority is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import simulate_dispatch
    >>> travel = pd.DataFrame([[2.0, 9.0], [8.0, 3.0]], index=["car 1", "car 2"], columns=["north", "south"])
    >>> calls = pd.DataFrame({"time": [0.0, 5.0, 6.0], "place": ["north", "north", "south"], "minutes": [30, 10, 10]})
    >>> result = simulate_dispatch(calls, ["car 1", "car 2"], travel)
    >>> result.calls[["unit", "response"]].values.tolist()
    [['car 1', 2.0], ['car 2', 8.0], ['car 2', 20.0]]
    """
    check_columns(calls, ["time", "place", "minutes"], "calls")
    check_type(travel, pd.DataFrame, "travel")
    table, fleet_at = _units(units, travel)
    moves = len(travel.index) == len(travel.columns) and travel.index.isin(travel.columns).all()
    minutes = as_floats(travel[travel.index] if moves else travel, "travel")
    places = travel.index if moves else travel.columns
    if np.isnan(minutes).any() or (minutes < 0).any():
        raise DataError("travel must be 0 or more everywhere; infinite where a unit cannot go.")
    tasks, call_of, levels = _tasks(calls, places, priorities, hold_minutes)
    fleet, kinds = _fleet(table, fleet_at)
    of_place = _areas(areas, places, table, fleet)
    first, last = (float(tasks["ready"].min()), float(tasks["ready"].max())) if len(tasks) else (0.0, 0.0)
    windows = _windows(table, breaks, fleet, first, last)
    stops = _stops(patrols, table.index, places, fleet, moves)
    own_first, lists = _policy(policy, places, len(table))
    reach, tier_table = _reach(tiers, kinds)
    for name, value in (("report_minutes", report_minutes), ("warm_up_minutes", warm_up_minutes)):
        check_number(value, name, least=0)
    check_number(most_aid, "most_aid", least=0, whole=True)
    if capacity is not None:
        check_number(capacity, "capacity", least=0, whole=True)
    check_choice(preempt, PREEMPT, "preempt")
    check_choice(queued, ("oldest", "nearest"), "queued")
    rules = Rules(
        own_first=own_first, moves=bool(moves), whole=travel_included, report=float(report_minutes),
        preempt=PREEMPT[preempt], most_aid=int(most_aid), nearest_waiting=queued == "nearest",
        capacity=-1 if capacity is None else int(capacity),
    )  # fmt: skip
    world = dispatch.make_world(
        rules, minutes, tasks, fleet, windows=windows, stops=stops, factor=_factor(travel_factor), lists=lists,
        reach=reach, area=of_place, n_levels=len(levels),
    )  # fmt: skip
    log = dispatch.simulate(world)
    return DispatchResult(
        asked=calls, units=table, levels=levels, call_of=call_of, tasks=tasks, records=log, windows=windows,
        fleet=fleet, tiers=tier_table, start=first + warm_up_minutes, end=last,
    )  # fmt: skip


# --- the door ------------------------------------------------------------------------------------------------------


def week_minutes(times: pd.Series) -> Floats:
    """Return times as minutes from the Monday 00:00 before the first; numbers stay as they are."""
    if not pd.api.types.is_datetime64_any_dtype(times):
        return as_floats(times, "calls, time")
    if not len(times):
        return np.empty(0)
    first = times.min().normalize()
    monday = first - pd.Timedelta(days=first.day_of_week)
    return ((times - monday) / pd.Timedelta(minutes=1)).to_numpy(float)


def _units(units: Any, travel: pd.DataFrame) -> tuple[pd.DataFrame, Ints]:
    table = units if isinstance(units, pd.DataFrame) else pd.DataFrame(index=pd.Index(list(units)))
    if not len(table) or table.index.has_duplicates:
        raise DataError("units must name at least one unit, each once.")
    base = table["base"] if "base" in table else pd.Series(table.index, table.index)
    at = travel.index.get_indexer(pd.Index(base))
    if (at < 0).any():
        raise AlignmentError(f"travel has no row {base[at < 0].iloc[0]!r}, which is the base of a unit.")
    return table, at.astype(np.int64)


def _tasks(
    calls: pd.DataFrame, places: pd.Index, priorities: Sequence[Any] | None, hold: Mapping[Any, float] | None
) -> tuple[Array, Ints, pd.Index]:
    """Return one task a unit wanted, in the order in which they can be given out, and the row of each one's call."""
    time, work = week_minutes(calls["time"]), as_floats(calls["minutes"], "calls, minutes")
    delay = as_floats(calls["delay"], "calls, delay") if "delay" in calls else np.zeros(len(calls))
    wanted = as_floats(calls["units"], "calls, units") if "units" in calls else np.ones(len(calls))
    access = as_floats(calls["access"], "calls, access") if "access" in calls else np.zeros(len(calls))
    for name, values, least in (
        ("time", time, 0.0),
        ("minutes", work, 0.0),
        ("delay", delay, 0.0),
        ("access", access, 0.0),
        ("units", wanted, 1.0),
    ):
        if not (np.isfinite(values).all() and (values >= least).all()):
            raise DataError(f"calls, {name}: every value must be finite and {least:g} or more.")
    at = places.get_indexer(pd.Index(calls["place"]))
    if (at < 0).any():
        raise AlignmentError(f"travel has no column {calls['place'][at < 0].iloc[0]!r}, where a call comes from.")
    told = calls["priority"] if "priority" in calls else pd.Series(0, calls.index)
    levels = pd.Index(sorted(told.unique()) if priorities is None else list(priorities), name="priority")
    level = levels.get_indexer(pd.Index(told))
    if (level < 0).any():
        raise AlignmentError(f"priorities lacks {told[level < 0].iloc[0]!r}, which a call has.")
    held = pd.Series(levels.map(dict(hold or {}))).fillna(0.0).to_numpy(float) if hold else np.zeros(len(levels))
    order = np.repeat(np.arange(len(calls)), wanted.astype(np.int64))
    order = order[np.argsort((time + delay)[order], kind="stable")]
    tasks = np.zeros(len(order), TASK)
    tasks["ready"], tasks["minutes"], tasks["place"] = (time + delay)[order], work[order], at[order]
    tasks["access"] = access[order]
    tasks["level"], tasks["held"] = level[order], held[level[order]] if len(levels) else 0.0
    return tasks, order, levels


def _fleet(table: pd.DataFrame, at: Ints) -> tuple[Array, pd.Index]:
    fleet = np.zeros(len(table), UNIT)
    fleet["base"] = at
    kind, kinds = (
        pd.factorize(table["kind"]) if "kind" in table else (np.zeros(len(table), int), pd.Index(["dedicated"]))
    )
    fleet["kind"], fleet["area"] = kind, -1
    fleet["aid"] = table["aid"].astype(bool) if "aid" in table else False
    return fleet, pd.Index(kinds)


def _areas(areas: Any, places: pd.Index, table: pd.DataFrame, fleet: Array) -> Ints:
    """Return the area of each place as a number, -2 where it has none; writes those of the units."""
    if areas is not None:
        check_type(areas, pd.Series, "areas")
    if areas is None or "area" not in table:
        return np.full(len(places), -2)
    codes, _ = pd.factorize(pd.concat([table["area"].astype(object), areas.reindex(places).astype(object)]))
    fleet["area"] = codes[: len(table)]
    of_place = codes[len(table) :].astype(np.int64)
    return np.where(of_place < 0, -2, of_place)


def _windows(table: pd.DataFrame, breaks: Any, fleet: Array, first: float, last: float) -> Floats:
    """Return when each unit works, from the first to the last call and two days on; writes the rows of each unit."""
    if "start" not in table and breaks is None:
        fleet["first_window"], fleet["last_window"] = np.arange(len(table)), np.arange(1, len(table) + 1)
        return np.array([[0.0, np.inf]] * len(table))
    days = DAY * np.arange(int(first // DAY) - 1, int(last // DAY) + 3)
    rest = {} if breaks is None else {u: g[["start", "end"]].to_numpy(float) for u, g in breaks.groupby("unit")}
    found: list[Floats] = []
    for k, unit in enumerate(table.index):
        start, end = (float(table[c].iloc[k]) if c in table else d for c, d in (("start", 0.0), ("end", DAY)))
        if not 0 <= start < end <= start + DAY:
            raise DataError(f"units, {unit!r}: start and end must be minutes of the day, the end at most a day later.")
        mine = _without(start, end, rest.get(unit, np.empty((0, 2))))
        own = np.sort((days[:, None, None] + mine).reshape(-1, 2), axis=0)
        own = np.maximum(own[own[:, 1] > max(0.0, first)], 0.0)
        fleet["first_window"][k] = sum(map(len, found))
        found.append(_joined(own))
        fleet["last_window"][k] = sum(map(len, found))
    return np.concatenate(found)


def _without(start: float, end: float, rest: Floats) -> Floats:
    """Return a day's work without its breaks, which may be told by the hours of the next day."""
    parts = [(start, end)]
    for a, b in [(a + d, b + d) for a, b in rest for d in (0.0, DAY)]:
        parts = [p for x, y in parts for p in ((x, min(y, a)), (max(x, b), y)) if p[0] < p[1]]
    return np.array(parts).reshape(-1, 2)


def _joined(windows: Floats) -> Floats:
    """Join windows that touch, so that a unit that works round the clock never goes off."""
    if not len(windows):
        return windows
    new = np.r_[True, windows[1:, 0] > windows[:-1, 1]]
    return np.c_[windows[new, 0], windows[np.r_[new[1:], True], 1]]


def _stops(patrols: Any, units: pd.Index, places: pd.Index, fleet: Array, moves: bool) -> Array | None:
    if patrols is None:
        return None
    check_columns(patrols, ["unit", "place", "arrive", "leave"], "patrols")
    if not moves:
        raise DataError("patrols under way need travel minutes between all places, places x places.")
    at, stop = units.get_indexer(pd.Index(patrols["unit"])), places.get_indexer(pd.Index(patrols["place"]))
    if (at < 0).any() or (stop < 0).any():
        raise AlignmentError("patrols names a unit that is not in units, or a place that is not in travel.")
    arrive, leave = (as_floats(patrols[c], f"patrols, {c}") for c in ("arrive", "leave"))
    order = np.lexsort((arrive, at))
    stops = np.zeros(len(order), STOP)
    stops["stop"], stops["arrive"], stops["leave"] = stop[order], arrive[order], leave[order]
    same = at[order][1:] == at[order][:-1]
    if (leave < arrive).any() or (stops["arrive"][1:] < stops["leave"][:-1])[same].any():
        raise DataError("patrols: a unit leaves a stop before it arrives, or is at two stops at once.")
    fleet["first_stop"] = np.searchsorted(at[order], np.arange(len(units)))
    fleet["last_stop"] = np.searchsorted(at[order], np.arange(len(units)), side="right")
    return stops


def _policy(policy: Any, places: pd.Index, n_units: int) -> tuple[bool, Ints | None]:
    if isinstance(policy, str):
        check_choice(policy, ("nearest", "own area"), "policy")
        return policy == "own area", None
    if isinstance(policy, pd.DataFrame) and set(policy.index) == set(places):
        policy = policy.loc[places]
    lists = as_floats(policy, "policy")
    if lists.ndim != 2 or len(lists) != len(places) or not np.isin(lists, np.arange(-1, n_units)).all():
        raise AlignmentError(
            f"policy must be 'nearest', 'own area' or unit positions (0 to {n_units - 1}) with a row for each of "
            f"{len(places)} places; got shape {lists.shape}."
        )
    return False, lists.astype(np.int64)


def _reach(tiers: str | Tiers | None, kinds: pd.Index) -> tuple[Floats | None, pd.Series]:
    """Return minutes by tier and kind, and minutes by tier."""
    if tiers is None:
        return None, pd.Series(dtype=float)
    if isinstance(tiers, str):
        check_choice(tiers, TIERS, "tiers")
        tiers = {f"tier {k + 1}": (m, IN_TIER[k]) for k, m in enumerate(TIERS[tiers])}
    minutes = [float(m) for m, _ in tiers.values()]
    if not minutes or minutes != sorted(set(minutes)) or minutes[0] <= 0:
        raise DataError(f"tiers must name rising minutes above 0, got {minutes}.")
    reach = np.array([[m if kind in of else -1.0 for kind in kinds] for m, of in tiers.values()])
    if (reach < 0).all():
        raise DataError(f"tiers name none of the kinds of force that the units are: {', '.join(map(str, kinds))}.")
    return reach, pd.Series(minutes, list(tiers), name="minutes")


def _factor(travel_factor: Any) -> Floats | None:
    if travel_factor is None:
        return None
    factor = as_floats(travel_factor, "travel_factor")
    if factor.shape not in ((24,), (HOURS,)) or not (np.isfinite(factor).all() and (factor > 0).all()):
        raise DataError("travel_factor must be 24 or 168 finite numbers above 0.")
    return np.tile(factor, HOURS // len(factor))
