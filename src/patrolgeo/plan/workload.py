"""What an area has to carry: unit-minutes a shift where calls are known, a weighted index of shares where not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_columns, check_number, check_positive, check_type, nearest
from patrolgeo.errors import AlignmentError, DataError

WEEK = 7.0
KIND_COLUMNS = ("units", "scene_minutes", "report_minutes")


def workload_index(
    population: pd.Series | None = None, risk: pd.Series | None = None, roads: pd.Series | None = None,
    *, weights: Mapping[str, float], area: pd.Series | None = None, visits: pd.Series | None = None,
    parts: bool = False,
) -> Any:  # fmt: skip
    """How is the burden spread when nobody knows minutes? An index, not minutes.

    Each part is turned into shares that sum to 1, and the shares are weighted. The weights are a judgement: print
    them beside the plan, and look how much it changes when they change (`workload_sensitivity`).

    Parameters
    ----------
    population, risk, roads, area, visits
        Series by cell, not negative: residents, expected incidents, road kilometres, square kilometres, and visits
        that are owed whatever happens (the service floor: one to every inhabited village or cell).
    weights
        Weight of each part that is given, by its name; they are divided by their sum.
    parts
        Return the parts apart.

    Returns
    -------
    Series by cell, named "workload", that sums to 1; with `parts` a DataFrame, a column each part, that sums to 1.

    Raises
    ------
    AlignmentError
        When a part lacks a cell of the first one given, or holds values for one more.
    DataError
        When a weight has no part or a part no weight, when a weight is negative, or when a part sums to zero.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import workload_index
    >>> people, risk = pd.Series({"a": 30, "b": 10}), pd.Series({"a": 1.0, "b": 3.0})
    >>> workload_index(people, risk, weights={"population": 0.6, "risk": 0.4}).round(3).to_dict()
    {'a': 0.55, 'b': 0.45}
    """
    check_type(weights, Mapping, "weights", "give {part: weight}")
    known = {"population": population, "risk": risk, "roads": roads, "area": area, "visits": visits}
    given = {name: part for name, part in known.items() if part is not None}
    _check_weights(weights, given)
    total = sum(weights.values())
    cells = next(iter(given.values())).index
    table = pd.DataFrame({name: _shares(part, cells, name) * (weights[name] / total) for name, part in given.items()})
    return table if parts else table.sum(axis=1).rename("workload")


def workload_minutes(
    rates: pd.DataFrame | None = None, kinds: pd.DataFrame | None = None, *, travel_minutes: pd.Series | float = 0.0,
    visits: pd.Series | None = None, inhabited: pd.Series | None = None, stop_minutes: float = 10.0,
    floor_days: float = WEEK, shift_hours: float = 8.0, road_km: pd.Series | None = None, passes: float = 1.0,
    speed_kmh: float = 30.0, parts: bool = False,
) -> Any:  # fmt: skip
    """How many unit-minutes does each cell ask for in a shift?

    Calls (rate x units x (travel + scene + report minutes), summed over the kinds), directed stops (visits x stop
    minutes) and road coverage (kilometres x passes / speed). The service floor is part of it: what is inhabited is
    visited once in `floor_days`, also where nobody calls.

    Parameters
    ----------
    rates
        Calls a shift, cells x kinds, as `call_rates` returns them.
    kinds
        One row a kind: `units` that go, `scene_minutes`, `report_minutes`.
    travel_minutes
        Minutes to each cell, Series by cell or one number.
    visits
        Directed visits a shift, Series by cell.
    inhabited
        Inhabited villages in each cell (or True where people live), Series by cell; each is owed the floor.
    stop_minutes
        Length of a visit.
    floor_days
        Days between two visits that are owed at the least.
    shift_hours
        Length of a shift.
    road_km
        Kilometres of road to be covered, Series by cell.
    passes
        How often a road is to be passed in a shift.
    speed_kmh
        Patrol speed on it.
    parts
        Return calls, visits and roads apart.

    Returns
    -------
    Series by cell, named "workload", unit-minutes a shift; with `parts` a DataFrame with a column each part.

    Raises
    ------
    AlignmentError
        When a table lacks a cell of the first one given, or holds values for one more.
    DataError
        When nothing is given, a kind of call has no row in `kinds`, or a value is negative or missing.

    References
    ----------
    Wilson and Weiss 2012, A performance-based approach to police staffing and allocation, COPS Office.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import workload_minutes
    >>> rates = pd.DataFrame({"dispute": [0.5, 0.0]}, index=["a", "b"])
    >>> kinds = pd.DataFrame({"units": 1, "scene_minutes": 30, "report_minutes": 20}, index=["dispute"])
    >>> workload_minutes(rates, kinds, travel_minutes=10, inhabited=pd.Series({"a": 1, "b": 3}), parts=True).round(2)
       calls  visits
    a   30.0    0.48
    b    0.0    1.43
    """
    for name, value in {"stop_minutes": stop_minutes, "floor_days": floor_days, "shift_hours": shift_hours,
                        "speed_kmh": speed_kmh}.items():  # fmt: skip
        check_positive(value, name)
    check_number(passes, "passes", least=0)
    if not isinstance(travel_minutes, pd.Series):
        check_number(travel_minutes, "travel_minutes", least=0)
    known = [table for table in (rates, visits, inhabited, road_km) if table is not None]
    if not known:
        raise DataError("workload_minutes needs rates, visits, inhabited or road_km to know what there is to do.")
    cells = known[0].index
    table = {}
    if rates is not None:
        table["calls"] = _call_minutes(rates, kinds, travel_minutes)
    if visits is not None or inhabited is not None:
        owed = shift_hours / 24 / floor_days * _numbers(inhabited, cells, "inhabited")
        table["visits"] = np.maximum(_numbers(visits, cells, "visits"), owed) * stop_minutes
    if road_km is not None:
        table["roads"] = _numbers(road_km, cells, "road_km") * passes / speed_kmh * 60
    minutes = pd.DataFrame(table, index=cells)
    return minutes if parts else minutes.sum(axis=1).rename("workload")


def call_rates(
    calls: pd.DataFrame, cells: pd.Series, units: pd.Index, *, shift_hours: float = 8.0, report_minutes: float = 15.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How many calls of which kind come from where in a shift, and how long do they take?

    Parameters
    ----------
    calls
        As `read_calls` returns them: `received`, `arrived`, `cleared`, `category`, `units`; also those that officers
        started, for they are work.
    cells
        Cell (or village) of each call, as ``grid.locate(calls)`` returns it; calls in none are left out.
    units
        All cells, in order.
    shift_hours
        Length of a shift.
    report_minutes
        Writing up, which no stamp tells: a planning value.

    Returns
    -------
    Calls a shift (cells x kinds), and one row a kind: mean `units`, `travel_minutes` and `scene_minutes` (the medians
    of dispatched or received to arrived and of arrived to cleared), `report_minutes`, `calls`.

    Raises
    ------
    AlignmentError
        When `cells` lacks a call.
    DataError
        When there are no calls, or a length is out of its range.
    MissingColumnError
        When `calls` lack a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import call_rates
    >>> day = pd.to_datetime(["2024-03-05 00:10", "2024-03-05 20:00"])
    >>> calls = pd.DataFrame({"received": day, "arrived": day + pd.Timedelta("12min"), "category": "dispute",
    ...                       "cleared": day + pd.Timedelta("42min"), "units": 2})
    >>> rates, kinds = call_rates(calls, pd.Series(["a", "a"]), pd.Index(["a", "b"]))
    >>> rates["dispute"].round(2).to_dict(), kinds.loc["dispute", "scene_minutes"]
    ({'a': 0.67, 'b': 0.0}, np.float64(30.0))
    """
    check_columns(calls, ["received", "arrived", "cleared", "category", "units"], "calls")
    check_positive(shift_hours, "shift_hours")
    check_number(report_minutes, "report_minutes", least=0)
    cells = align(cells, calls.index, "cells", "calls")
    if not len(calls):
        raise DataError("There are no calls; plan with workload_index instead.")
    if len(cells) != len(calls):
        raise DataError(f"cells names the cell of each call: {len(calls)} calls, but {len(cells)} cells.")
    days = (calls["received"].max().normalize() - calls["received"].min().normalize()).days + 1
    kind = calls["category"].fillna("unknown").astype(str)
    counts = pd.crosstab(cells.to_numpy(object), kind.to_numpy(object)).reindex(index=units, fill_value=0)
    rates = counts.reindex(columns=sorted(kind.unique()), fill_value=0) / (days * 24 / shift_hours)
    start = calls["dispatched"].fillna(calls["received"]) if "dispatched" in calls else calls["received"]
    known = pd.DataFrame({
        "units": calls["units"].to_numpy(float),
        "travel_minutes": (calls["arrived"] - start).dt.total_seconds().to_numpy() / 60,
        "scene_minutes": (calls["cleared"] - calls["arrived"]).dt.total_seconds().to_numpy() / 60,
    }).groupby(kind.to_numpy(object))  # fmt: skip
    table = known.median().fillna(known.median().median()).fillna(0.0)
    table["units"] = known["units"].mean()
    return rates.rename_axis(columns=None), table.assign(report_minutes=report_minutes, calls=known.size())


def _call_minutes(rates: pd.DataFrame, kinds: pd.DataFrame | None, travel_minutes: pd.Series | float) -> pd.Series:
    if kinds is None:
        raise DataError("rates need kinds=, a table with the units, scene_minutes and report_minutes of each kind.")
    check_columns(kinds, KIND_COLUMNS, "kinds")
    for name in rates.columns:
        if name not in kinds.index:
            raise DataError(f"kinds has no row for {name!r}{nearest(name, kinds.index)} Its rows: {list(kinds.index)}.")
    known = kinds.loc[rates.columns, list(KIND_COLUMNS)].astype(float)
    if not ((known >= 0) & np.isfinite(known)).all(axis=None) or not (np.isfinite(rates) & (rates >= 0)).all(axis=None):
        raise DataError("rates and kinds must hold numbers of 0 or more; some are negative or missing.")
    if isinstance(travel_minutes, pd.Series):
        travel = _numbers(travel_minutes, rates.index, "travel_minutes")
    else:
        travel = pd.Series(float(travel_minutes), index=rates.index)
    busy = known["scene_minutes"] + known["report_minutes"]
    by_units = rates.to_numpy(float) * known["units"].to_numpy()
    return travel * by_units.sum(axis=1) + by_units @ busy.to_numpy()


def _numbers(values: pd.Series | None, cells: pd.Index, name: str) -> pd.Series:
    """Return the values in the order of the cells; without any, zeros."""
    if values is None:
        return pd.Series(0.0, index=cells)
    known = align(values, cells, name)
    known = pd.Series(as_floats(known, name), index=cells)
    bad = ~(np.isfinite(known) & (known >= 0))
    if bad.any():
        raise DataError(f"{name} holds negative or missing values; the first is at {known.index[bad][0]}.")
    beyond = values[~values.index.isin(cells)]
    beyond = beyond[as_floats(beyond, name) != 0]
    if len(beyond):
        raise AlignmentError(
            f"{name} holds values for {len(beyond)} cells that the first table given lacks (first: "
            f"{beyond.index[0]!r}); give every table the same cells, with 0 where there is nothing."
        )
    return known


def _check_weights(weights: Mapping[str, float], parts: Mapping[str, pd.Series]) -> None:
    for name in weights:
        if name not in parts:
            raise DataError(f"weights names {name!r}, which is not given{nearest(name, parts)} Given: {list(parts)}.")
    for name in parts:
        if name not in weights:
            raise DataError(f"{name} is given but has no weight; add weights[{name!r}], 0 to leave it out.")
    for name, weight in weights.items():
        check_number(weight, f"weights[{name!r}]", least=0)
    if not sum(weights.values()) > 0:
        raise DataError(f"weights={dict(weights)} must be numbers of 0 or more with a sum above 0.")


def _shares(part: pd.Series, cells: pd.Index, name: str) -> pd.Series:
    part = _numbers(part, cells, name)
    if part.sum() == 0:
        raise DataError(f"{name} sums to zero and has no shares; leave it out.")
    return part / part.sum()
