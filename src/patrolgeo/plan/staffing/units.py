"""Units by hour: how few give the wanted service, and what so many units give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import by_label, check_number, check_share
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.queues.by_hour import fewest_servers
from patrolgeo.plan.optimise.queues.erlang import erlang_c, mean_wait, share_within
from patrolgeo.plan.staffing.demand import read_load

ROOM, FULL = 0.5, 0.6  # committed shares: below the first there is room to patrol, above the second too little
DAY = 24.0
MOST_TRIED = 1000  # units that a model of the caller is asked about, above the load


def staff_units(
    rates: Any,
    *,
    mean_service_hours: float,
    share: float,
    within_hours: float,
    lag: bool = False,
    administrative_share: float = 0.0,
    service: Callable[[float, int], float] | None = None,
) -> pd.Series:
    """How few units at each hour begin the wanted share of calls in time?

    Each hour is taken as a queue in balance (Erlang C: calls at random, exponential service, units alike, first come
    first served). That is good while the rate changes slowly against the service time. When calls last long, work of
    a busy hour is still there in the next one: `lag` then looks at the rate one mean service time ago. Travel is part
    of the service; how far the free unit is away is not in it: use `service` for a model that knows the map.

    Parameters
    ----------
    rates
        Calls (times units that go) an hour, shape (n_hours,): Series by hour, or array. 168 are a week.
    mean_service_hours
        Mean hours that a unit is busy with a call: way, scene, report.
    share
        Wanted share of calls, such as 0.9.
    within_hours
        Within so many hours a unit is free for them.
    lag
        Take the rate of one mean service time ago; the hour before the first is the last.
    administrative_share
        Share of its time that a unit on duty is not to be had (breaks, court, vehicle): more are on duty then.
    service
        A model of your own in place of Erlang C: from calls an hour and number of units the share served in time,
        such as one of `hypercube` or a simulation. It must not fall with more units.

    Returns
    -------
    Series by hour, whole numbers, named "units".

    Raises
    ------
    DataError
        When a rate is negative or missing, or a share does not lie between 0 and 1.
    InfeasibleError
        When the model of the caller does not reach the share with any number of units.

    References
    ----------
    Green, Kolesar and Soares 2001, doi:10.1287/opre.49.4.549.11228 (hour by hour, with and without lag).

    Examples
    --------
    >>> from patrolgeo import staff_units
    >>> staff_units([2.0, 6.0, 9.0], mean_service_hours=2 / 3, share=0.9, within_hours=5 / 60).tolist()
    [4, 7, 10]
    """
    check_share(share, "share", "0.9 means 90 %")
    check_number(within_hours, "within_hours", least=0, most=DAY)
    check_number(administrative_share, "administrative_share", least=0, below=1)
    known, load = read_load(rates, mean_service_hours, lag=lag)
    if service is None:
        free = fewest_servers(load, within_hours / mean_service_hours, share)
    else:
        free = _fewest_by_model(load / mean_service_hours, load, service, share)
    on_duty = np.ceil(free / (1 - administrative_share) - 1e-9).astype(np.int64)
    return pd.Series(on_duty, known.index, name="units")


def _fewest_by_model(rates: Floats, load: Floats, service: Callable[[float, int], float], share: float) -> Ints:
    """Return the fewest units by a model of the caller, from the load upwards; equal rates are asked about once."""
    found: dict[float, int] = {}
    for rate, busy in zip(rates, load, strict=True):
        if rate not in found:
            first = int(np.floor(busy)) + 1 if rate else 0
            enough = (n for n in range(first, first + MOST_TRIED) if _share_of(service, float(rate), n) >= share)
            found[rate] = next(enough, -1)
            if found[rate] < 0:
                raise InfeasibleError(
                    f"service does not reach share = {share:g} at {rate:g} calls an hour with {first + MOST_TRIED - 1} "
                    "units; ask for less, or look whether it gives a share that grows with the units."
                )
    return np.array([found[rate] for rate in rates])


def _share_of(service: Callable[[float, int], float], rate: float, units: int) -> float:
    if not units:
        return 1.0
    value = service(rate, units)
    check_number(value, f"service({rate:g}, {units})", least=0, most=1)
    return float(value)


def measure_units(
    units: Any,
    rates: Any,
    *,
    mean_service_hours: float,
    within_hours: float,
    lag: bool = False,
    administrative_share: float = 0.0,
    road_km: float | None = None,
    speed_kmh: float = 30.0,
) -> pd.DataFrame:
    """What service do so many units give, hour by hour, and how much of their time is left to patrol?

    Parameters
    ----------
    units
        Units on duty, whole numbers: Series by hour or array, one an hour of `rates`.
    rates, mean_service_hours, within_hours, lag, administrative_share
        As in `staff_units`. Of the units on duty the whole ones that are to be had count.
    road_km
        Kilometres of road to be patrolled; without them the patrol interval is missing.
    speed_kmh
        Patrol speed on them.

    Returns
    -------
    Table by hour: `units`, `load` (mean units busy), `waits_share` (calls that wait), `mean_wait_minutes` (of all
    calls; infinite where the queue grows without end), `within_share`, `committed_share` (busy time in the time that
    units are to be had), `advice` ("room" below 0.5, "watch" to 0.6, "too few" above: common planning values, not a
    law), `patrol_interval_hours` (road km / (speed x free units)).

    Raises
    ------
    AlignmentError
        When `units` lack an hour of `rates`.
    DataError
        When units are no whole numbers of 0 or more.

    References
    ----------
    Police Allocation Manual 1993, NHTSA (patrol interval). Wilson and Weiss 2012, COPS Office (committed time).

    Examples
    --------
    >>> from patrolgeo import measure_units
    >>> table = measure_units([6, 9], [6.0, 6.0], mean_service_hours=2 / 3, within_hours=5 / 60, road_km=100)
    >>> table[["within_share", "committed_share", "patrol_interval_hours"]].round(3).values.tolist()
    [[0.778, 0.667, 1.667], [0.987, 0.444, 0.667]]
    >>> table["advice"].tolist()
    ['too few', 'room']
    """
    check_number(within_hours, "within_hours", least=0, most=DAY)
    check_number(administrative_share, "administrative_share", least=0, below=1)
    check_number(speed_kmh, "speed_kmh", above=0)
    known, load = read_load(rates, mean_service_hours, lag=lag)
    on_duty = by_label(units, known.index, "units", "hours")
    if not np.isfinite(on_duty).all() or (on_duty < 0).any() or (on_duty % 1).any():
        raise DataError("units must be whole numbers of 0 or more, one an hour.")
    free = np.floor(on_duty * (1 - administrative_share) + 1e-9).astype(np.int64)
    hours = on_duty * (1 - administrative_share)
    committed = np.divide(load, hours, out=np.where(load > 0, np.inf, 0.0), where=hours > 0)
    patience = within_hours / mean_service_hours
    waits, wait, within = np.array([_service(n, a, patience) for n, a in zip(free, load, strict=True)]).T
    table = {
        "units": on_duty.astype(np.int64), "load": load, "waits_share": waits,
        "mean_wait_minutes": 60 * mean_service_hours * wait, "within_share": within,
        "committed_share": committed, "advice": advise(committed),
        "patrol_interval_hours": _interval(road_km, speed_kmh, hours - load),
    }  # fmt: skip
    return pd.DataFrame(table, index=known.index)


def _service(units: int, load: float, patience: float) -> tuple[float, float, float]:
    """Return the share of calls that wait, the mean wait and the share in time, in mean service times."""
    if not load:
        return 0.0, 0.0, 1.0
    return erlang_c(units, load), mean_wait(units, load), share_within(units, load, patience)


def advise(committed: Floats) -> Any:
    """Return what is said of a committed share: "room", "watch", "too few"."""
    return np.select([committed < ROOM, committed <= FULL], ["room", "watch"], "too few")


def _interval(road_km: float | None, speed_kmh: float, free: Floats) -> Floats:
    """Return the hours between two passes of a patrol: infinite where nobody is free, missing where roads are not."""
    if road_km is None:
        return np.full(len(free), np.nan)
    check_number(road_km, "road_km", least=0)
    return np.divide(road_km / speed_kmh, free, out=np.full(len(free), np.inf), where=free > 0)
