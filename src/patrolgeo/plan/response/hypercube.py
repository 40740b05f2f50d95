"""The hypercube queue: which unit answers which place, how busy each is, and how long calls wait."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, by_label, check_number
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError
from patrolgeo.plan.optimise.queues import approximate, exact, general
from patrolgeo.plan.optimise.queues.erlang import priority_waits, queue_length
from patrolgeo.plan.optimise.queues.exact import Solved
from patrolgeo.plan.response.hypercube_result import MOST_UNITS, Dispatch, HypercubeResult


def hypercube(
    rates: Any,
    service_rate: Any,
    preference: Any = None,
    capacity: int | None = None,
    *,
    travel: Any = None,
    method: Literal["auto", "exact", "approximate"] = "auto",
    priorities: Any = None,
    units_per_call: Any = 1,
    home: tuple[Any, Any] | None = None,
    keep_home: int = 0,
) -> HypercubeResult:
    """How busy is each unit, who answers where, and how long do calls wait, in the long run?

    Calls come at random, each to the first free unit in the list of its place; service times are exponential and do not
    depend on the travel. It misleads where one shift is far from the long run, or where travel is a large part of the
    service: `simulate_dispatch` has neither limit.

    Parameters
    ----------
    rates
        Calls per unit of time, by place: Series or array.
    service_rate
        Calls that a unit finishes per unit of time while busy: one number, or Series or array by unit.
    preference
        Positions of units in the order in which they are asked, places x units. A list may end early: -1 fills the row,
        and the calls of that place are lost to others when all of its units are busy (only with ``capacity=0``). None:
        by travel, nearest first, ties by position.
    capacity
        How many calls may wait: None without limit, 0 none (they are lost). The unit that frees first takes the call
        that has waited longest.
    travel
        Travel by unit and place, units x places, in any unit (minutes).
    method
        "exact" for at most 18 units; "approximate" (Larson; Jarvis for unequal service rates) for any number; "auto"
        takes the exact way where it can.
    priorities
        Shares of the calls by class, most urgent first: gives the waits by class, without interruptions.
    units_per_call
        How many units a call takes, one number or by place; each leaves on its own. Where fewer are free, those go.
        More than 1 needs ``capacity=0`` and at most 14 units.
    home
        Home of each unit and home of each place (two Series or lists): a unit leaves its home only while more than
        `keep_home` units of its home are free. Needs ``capacity=0`` and at most 14 units.
    keep_home
        See `home`.

    Returns
    -------
    HypercubeResult.

    Raises
    ------
    DataError
        When rates, service rates, lists or travel cannot be used.
    AlignmentError
        When labels or shapes do not agree.
    InfeasibleError
        When the units cannot keep up and calls may wait without limit, or there are too many units for the exact way.

    Notes
    -----
    Exact: 2^n states by Gauss-Seidel sweeps with levels in balance; a queue follows the full state geometrically. The
    approximation takes units as busy independently but for one factor by rank. Its known weakness are units of very
    unlike workload at low load: relative errors of 3 % and more there, about 1 % at load 0.6; `worst_error` of the
    result says it for the case at hand.

    References
    ----------
    Larson (1974), doi:10.1016/0305-0548(74)90076-8; Larson (1975), doi:10.1287/opre.23.5.845;
    Jarvis (1985), doi:10.1287/mnsc.31.2.235; Cobham (1954), doi:10.1287/opre.2.1.70;
    Chelst and Barlach (1981), doi:10.1287/mnsc.27.12.1390.

    Examples
    --------
    >>> from patrolgeo import hypercube
    >>> result = hypercube([1.0, 1.0], 2.0, [[0, 1], [1, 0]], 0, travel=[[2 / 3, 4 / 3], [4 / 3, 2 / 3]])
    >>> result.workload.round(6).tolist(), result.dispatch_share.round(3).values.tolist(), round(result.mean_travel, 4)
    ([0.4, 0.4], [[0.375, 0.125], [0.125, 0.375]], 0.8333)
    """
    rates, places = _by_place(rates, preference, travel)
    service, units = _by_unit(service_rate, preference, travel)
    minutes = None if travel is None else _travel(travel, units, places)
    lists = _lists(preference, minutes, places, len(units))
    room = math.inf if capacity is None else float(capacity)
    dispatch = Dispatch(rates, service, lists, room)
    _check(dispatch, capacity, places)
    rule = _rule(lists, units_per_call, home, keep_home, units, places)
    if rule is not None:
        solved, used = _general(dispatch, rule), "exact"
    else:
        used = _method(method, len(units))
        solved = (exact.solve if used == "exact" else approximate.approximate)(*dispatch)
    return _result(dispatch, solved, used, _classes(priorities, room), minutes, units, places)


def _result(
    dispatch: Dispatch, solved: Solved, method: str, classes: Floats | None, minutes: Floats | None, units: pd.Index,
    places: pd.Index,
) -> HypercubeResult:  # fmt: skip
    rates, service, lists, room = dispatch
    ratio, full = float(rates.sum() / service.sum()), float(solved.busy[-1])
    last = full * ratio**room if math.isfinite(room) else 0.0  # as many wait as may
    waits = 0.0 if room == 0 else full + solved.queue - last
    answered = solved.at_once + waits * service / service.sum()
    share = answered * rates[:, None] / float(rates @ answered.sum(axis=1))
    queue = full * queue_length(ratio, room) if room else 0.0
    served = float(rates @ answered.sum(axis=1))
    by_place = None if minutes is None else _travel_by_place(answered, minutes)
    has = rates > 0
    return HypercubeResult(
        workload=pd.Series(solved.workload, units, name="workload"),
        dispatch_share=pd.DataFrame(share, places, units),
        busy=pd.Series(np.r_[solved.busy[:-1], full + solved.queue], name="busy"),
        loss=max(0.0, 1.0 - served / float(rates.sum())),
        wait=waits,
        mean_wait=queue / served,
        wait_by_priority=None if classes is None else pd.Series(
            priority_waits(waits, float(service.sum()), classes * rates.sum()), name="mean_wait"
        ),
        mean_travel=None if by_place is None else float(share.sum(axis=1)[has] @ by_place[has]),
        travel_by_place=None if by_place is None else pd.Series(by_place, places, name="mean_travel"),
        cross_share=float(1.0 - share[np.arange(len(lists)), lists[:, 0]].sum()),
        method=method,
        dispatch=dispatch,
    )  # fmt: skip


def _travel_by_place(answered: Floats, minutes: Floats) -> Floats:
    """Return the mean travel by place, over the units that come there at all; missing where none ever does."""
    way = np.where(answered > 0, minutes.T, 0.0)
    total = answered.sum(axis=1)
    return np.divide((answered * way).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)


def _general(dispatch: Dispatch, rule: general.Rule) -> Solved:
    n_units = len(dispatch.service)
    if dispatch.capacity != 0:
        raise DataError("units_per_call and home are for calls that do not wait: give capacity=0, or simulate.")
    if n_units > general.MOST_UNITS:
        raise InfeasibleError(
            f"units_per_call and home take at most {general.MOST_UNITS} units, got {n_units}; take fewer, or simulate."
        )
    p = general.solve_general(dispatch.rates, dispatch.service, rule, exact.CLOSE)
    first = general.general_shares(p, rule)
    together = exact.all_busy(p)
    return Solved(together[1 << np.arange(n_units)], first, exact.by_level(p, n_units), 0.0)


# --- the door ------------------------------------------------------------------------------------------------------


def _by_place(rates: Any, preference: Any, travel: Any) -> tuple[Floats, pd.Index]:
    labels = next((t.index for t in (rates, preference) if isinstance(t, (pd.Series, pd.DataFrame))), None)
    if labels is None and isinstance(travel, pd.DataFrame):
        labels = travel.columns
    values = as_floats(rates, "rates")
    if values.ndim != 1 or not len(values):
        raise DataError(f"rates must be a list of numbers, one a place; got shape {values.shape}.")
    if not (np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0):
        raise DataError("rates must be finite, 0 or more, and not all 0.")
    return values, pd.RangeIndex(len(values)) if labels is None or len(labels) != len(values) else labels


def _by_unit(service_rate: Any, preference: Any, travel: Any) -> tuple[Floats, pd.Index]:
    """Return the service rates and the labels of the units; travel, the rates or the lists say how many there are."""
    if preference is None and travel is None:
        raise DataError("preference=None needs a travel table to order the units by.")
    if isinstance(travel, pd.DataFrame):
        units = travel.index
    elif isinstance(service_rate, pd.Series):
        units = service_rate.index
    else:
        counts = (
            [np.size(service_rate)]
            if np.ndim(service_rate)
            else [np.shape(t)[a] for t, a in ((travel, 0), (preference, 1)) if np.ndim(t) == 2]
        )
        units = pd.RangeIndex(counts[0] if counts else 0)
    if np.ndim(service_rate) == 0:
        check_number(service_rate, "service_rate", above=0)
        return np.full(len(units), float(service_rate)), units
    values = by_label(service_rate, units, "service_rate", "units")
    if not (len(values) and np.isfinite(values).all() and (values > 0).all()):
        raise DataError("service_rate must be finite and above 0 for every unit.")
    return values, units


def _travel(travel: Any, units: pd.Index, places: pd.Index) -> Floats:
    if isinstance(travel, pd.DataFrame) and set(travel.columns) == set(places):
        travel = travel[places]
    minutes = as_floats(travel, "travel")
    if minutes.shape != (len(units), len(places)):
        raise AlignmentError(
            f"travel has shape {minutes.shape}; there are {len(units)} units and {len(places)} places."
        )
    if not (minutes >= 0).all():
        raise DataError("travel must be 0 or more everywhere; infinite where a unit cannot go.")
    return minutes


def _lists(preference: Any, minutes: Floats | None, places: pd.Index, n_units: int) -> Ints:
    if preference is None:
        assert minutes is not None  # noqa: S101
        return np.ascontiguousarray(minutes.T.argsort(axis=1, kind="stable"))
    if isinstance(preference, pd.DataFrame) and set(preference.index) == set(places):
        preference = preference.loc[places]
    whole = isinstance(preference, np.ndarray) and preference.dtype == np.int64
    asked: Any = preference if whole else as_floats(preference, "preference")
    if asked.ndim != 2 or asked.shape[0] != len(places) or not 0 < asked.shape[1] <= n_units:
        raise AlignmentError(
            f"preference has shape {asked.shape}; there are {len(places)} places and {n_units} units, one row a place."
        )
    lists: Ints = asked if whole else np.where(np.isfinite(asked), asked, -2).astype(np.int64)
    inside = (lists >= 0) & (lists < n_units)
    seen = np.zeros((len(lists), n_units + 1), bool)
    seen[np.arange(len(lists))[:, None], np.where(inside, lists, n_units)] = True
    wrong = seen[:, :n_units].sum(axis=1) != inside.sum(axis=1)  # a unit twice
    wrong |= ((lists != asked) | (~inside & (lists != -1))).any(axis=1) | (lists[:, 0] < 0)
    wrong |= (inside[:, 1:] & ~inside[:, :-1]).any(axis=1)  # a unit after the end of the list
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"preference, place {places[at]!r}: {lists[at].tolist()} must name units by position (0 to {n_units - 1}), "
            "each once, with -1 only after the last."
        )
    return lists


def _check(dispatch: Dispatch, capacity: Any, places: pd.Index) -> None:
    if capacity is not None:
        check_number(capacity, "capacity", least=0, whole=True)
    short = (dispatch.preference < 0).any(axis=1) | (dispatch.preference.shape[1] < len(dispatch.service))
    if dispatch.capacity and short.any():
        raise DataError(
            f"preference, place {places[np.flatnonzero(short)[0]]!r}: a list that leaves units out needs capacity=0 "
            "(its calls are lost to others when its units are busy)."
        )
    asked, can = float(dispatch.rates.sum()), float(dispatch.service.sum())
    if math.isinf(dispatch.capacity) and asked >= can:
        raise InfeasibleError(
            f"Calls come at {asked:.6g} and {len(dispatch.service)} units finish at most {can:.6g} in the same time: "
            "the queue grows without end. Take more units, or capacity=0."
        )


def _method(method: str, n_units: int) -> str:
    if method == "exact" and n_units > MOST_UNITS:
        raise InfeasibleError(f"method='exact' takes at most {MOST_UNITS} units, got {n_units}; take 'approximate'.")
    return ("exact" if n_units <= MOST_UNITS else "approximate") if method == "auto" else method


def _classes(priorities: Any, room: float) -> Floats | None:
    if priorities is None:
        return None
    shares = as_floats(priorities, "priorities")
    if shares.ndim != 1 or not (shares >= 0).all() or not math.isclose(shares.sum(), 1.0, abs_tol=1e-9):
        raise DataError(f"priorities must be shares that sum to 1, most urgent first; got {shares.tolist()}.")
    if math.isfinite(room):
        raise DataError("priorities are about calls that wait: give capacity=None.")
    return shares


def _rule(
    lists: Ints, units_per_call: Any, home: Any, keep_home: Any, units: pd.Index, places: pd.Index
) -> general.Rule | None:
    """Return the rule of sending, None when it is the usual one: one unit, the first that is free."""
    check_number(keep_home, "keep_home", least=0, whole=True)
    if np.ndim(units_per_call) == 0 and units_per_call == 1 and home is None:
        return None
    wanted = np.full(len(places), units_per_call) if np.ndim(units_per_call) == 0 else units_per_call
    wanted = by_label(wanted, places, "units_per_call", "places")
    if not ((wanted >= 1) & (wanted == np.floor(wanted))).all():
        raise DataError("units_per_call must be whole numbers of 1 or more.")
    of_unit, of_place = ([0] * len(units), [0] * len(places)) if home is None else home
    if len(of_unit) != len(units) or len(of_place) != len(places):
        raise AlignmentError(f"home must name a home for each of {len(units)} units and of {len(places)} places.")
    codes, _ = pd.factorize(np.r_[np.asarray(of_unit, object), np.asarray(of_place, object)])
    return general.Rule(lists, wanted.astype(np.int64), codes[: len(units)], codes[len(units) :], int(keep_home))
