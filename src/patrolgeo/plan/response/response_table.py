"""Response times from records and from models, side by side, and the places where a plan makes them worse."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._checks import align, check_columns, check_number
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError, MissingColumnError
from patrolgeo.plan.response.dispatch_result import DispatchResult
from patrolgeo.plan.response.simulate import Options, simulate_dispatch

LEVEL = 0.05
LEAST = 5  # calls in a group, below which a change is not tested


def response_table(
    sources: Mapping[str, Any], by: str | Sequence[str] | None = None, *, within: float = 10.0
) -> pd.DataFrame:
    """How long until somebody was there, by group: median, 90th percentile, share in time, each with its interval?

    Calls are taken as independent, so intervals are somewhat too narrow where one bad hour delays many calls.

    Parameters
    ----------
    sources
        By name ("record", "today", "proposed"): calls with `received` and `arrived` as `read_calls` gives them, a table
        with `response` in minutes, or a DispatchResult.
    by
        Columns to group by ("priority", "area", "shift", "kind"); None: all together.
    within
        Minutes for the share in time.

    Returns
    -------
    DataFrame by group and source: `calls` (with a response), `median`, `p90`, `within`, and of each `_low` and `_high`,
    its 95 % interval (order statistics; Wilson's of the share).

    Raises
    ------
    MissingColumnError
        When a source has neither response nor times, or lacks a column to group by.
    DataError
        When a source has no response at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import response_table
    >>> calls = pd.DataFrame({"response": [4.0, 6.0, 8.0, 20.0], "priority": [1, 1, 2, 2]})
    >>> response_table({"record": calls}, "priority")[["calls", "median", "within"]].values.tolist()
    [[2.0, 5.0, 1.0], [2.0, 14.0, 0.5]]
    """
    check_number(within, "within", above=0)
    columns = [by] if isinstance(by, str) else list(by or [])
    rows = []
    for name, source in sources.items():
        table = _responses(source, name, columns)
        groups = (
            table.groupby(columns, sort=True, observed=True)["response"] if columns else [("all", table["response"])]
        )
        for label, values in groups:
            key = label if isinstance(label, tuple) else (label,)
            rows.append((*key, name, *_told(values.to_numpy(float), within)))
    names = [*(columns or ["calls_of"]), "source"]
    stats_of = [f"{s}{end}" for s in ("median", "p90", "within") for end in ("", "_low", "_high")]
    told = pd.DataFrame(rows, columns=[*names, "calls", *stats_of])
    return told.set_index(names).sort_index(level=list(range(len(names) - 1)), sort_remaining=False)


def response_change(today: DispatchResult, proposed: DispatchResult, by: Any) -> pd.DataFrame:
    """Where do callers wait longer under the proposed plan, call by call, than today?

    Both simulations met the same calls, so the difference of each call is known.

    Parameters
    ----------
    today, proposed
        Two simulations of the same calls.
    by
        Column of the calls ("place", "priority"), or a Series of groups by call.

    Returns
    -------
    DataFrame by group, worst first: `calls`, `today` and `proposed` (mean minutes), `change` with `low` and `high` (its
    95 % interval), `p_adjusted` (two-sided, corrected for all groups), and `worse`: longer, and significantly so.

    Raises
    ------
    AlignmentError
        When the calls are not the same, or `by` lacks some.
    DataError
        When `by` is neither a column nor a Series.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import response_change, sample_calls, simulate_dispatch
    >>> travel = pd.DataFrame([[2.0, 9.0], [9.0, 3.0]], ["a", "b"], ["north", "south"])
    >>> calls = sample_calls(pd.Series({"north": 0.3, "south": 0.3}), weeks=2)
    >>> today, proposed = (simulate_dispatch(calls, [base], travel) for base in ("a", "b"))
    >>> response_change(today, proposed, "place")["worse"].to_dict()
    {'north': True, 'south': False}
    """
    if not today.asked.index.equals(proposed.asked.index):
        raise AlignmentError("Only simulations of the same calls can be compared call by call.")
    before, after = today.counted, proposed.calls.loc[today.counted.index]
    if isinstance(by, str):
        check_columns(before, [by], "the calls")
        group = before[by]
    else:
        group = align(by, before.index, "by", "calls")
    both = pd.DataFrame({"today": before["response"], "proposed": after["response"], "group": group}).dropna()
    both["change"] = both["proposed"] - both["today"]
    groups = both.groupby("group", observed=True)
    table = groups[["today", "proposed", "change"]].mean()
    table.insert(0, "calls", groups.size())
    error = groups["change"].std().fillna(0.0) / np.sqrt(table["calls"])
    half = stats.t.ppf(1 - LEVEL / 2, np.maximum(table["calls"] - 1, 1)) * error
    table["low"], table["high"] = table["change"] - half, table["change"] + half
    z = np.abs(table["change"]) / np.maximum(error, 1e-300)
    p = np.where(table["change"] == 0, 1.0, 2 * stats.t.sf(z, np.maximum(table["calls"] - 1, 1)))
    p = np.where(table["calls"] < LEAST, 1.0, p)
    table["p_adjusted"] = stats.false_discovery_control(p) if len(p) else p
    table["worse"] = (table["change"] > 0) & (table["p_adjusted"] < LEVEL)
    return table.sort_values("change", ascending=False, kind="stable")


def replay_dispatch(
    calls: pd.DataFrame, units: Any, travel: pd.DataFrame, *, by: str | None = None, within: float = 10.0,
    **options: Unpack[Options],
) -> pd.DataFrame:  # fmt: skip
    """What does the model say of recorded calls, beside what the record says?

    Each call comes when it came, takes a unit when the record sent one (so waits for a free unit are in the record's
    delay too), and the work that it took; the model chooses units and drives.

    Parameters
    ----------
    calls
        As `read_calls` gives them, with `place` (a column of `travel`); calls without all four times are left out of
        the model and kept in the record.
    units, travel, options
        As in `simulate_dispatch`.
    by, within
        As in `response_table`.

    Returns
    -------
    `response_table` of "record" and "model".

    Raises
    ------
    MissingColumnError
        When one of the four times, or the place, is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import replay_dispatch
    >>> at = pd.Timestamp("2024-03-04 10:00")
    >>> times = {n: [at + pd.Timedelta(minutes=m)] for n, m in
    ...          {"received": 0, "dispatched": 1, "arrived": 9, "cleared": 39}.items()}
    >>> calls = pd.DataFrame({**times, "place": ["north"], "origin": ["reported"]})
    >>> told = replay_dispatch(calls, ["car"], pd.DataFrame([[6.0]], ["car"], ["north"]))
    >>> told["median"].to_dict()
    {('all', 'record'): 9.0, ('all', 'model'): 7.0}
    """
    check_columns(calls, ["received", "dispatched", "arrived", "cleared", "place"], "calls")
    whole = calls.dropna(subset=["received", "dispatched", "arrived", "cleared"])
    if not len(whole):
        raise DataError("calls: no row has all of received, dispatched, arrived and cleared.")
    told = whole.assign(
        time=whole["received"], delay=_minutes(whole, "received", "dispatched"),
        minutes=_minutes(whole, "arrived", "cleared"),
    )  # fmt: skip
    model = simulate_dispatch(told, units, travel, **options)
    answered = model.calls if by is None or by in model.calls else model.calls.assign(**{by: whole[by]})
    return response_table({"record": calls, "model": answered}, by, within=within)


def _minutes(table: pd.DataFrame, start: str, end: str) -> Floats:
    return ((table[end] - table[start]) / pd.Timedelta(minutes=1)).to_numpy(float)


def _responses(source: Any, name: str, columns: list[str]) -> pd.DataFrame:
    """Return the calls that have a response, with the columns to group by."""
    table = source.counted if isinstance(source, DispatchResult) else source
    check_columns(table, columns, f"sources[{name!r}]")
    if "response" not in table:
        if not {"received", "arrived"} <= set(table.columns):
            raise MissingColumnError(f"sources[{name!r}] has neither response nor received and arrived.")
        if "origin" in table:
            table = table[table["origin"] != "officer"]  # as in response_minutes: nobody waited for these
        table = table.assign(response=_minutes(table, "received", "arrived"))
    table = table.dropna(subset=["response"])
    if not len(table):
        raise DataError(f"sources[{name!r}]: no call has a response.")
    return table


def _told(values: Floats, within: float) -> tuple[float, ...]:
    values, n = np.sort(values), len(values)
    told: list[float] = [float(n)]
    for share in (0.5, 0.9):
        ends = stats.binom.ppf([LEVEL / 2, 1 - LEVEL / 2], n, share).astype(int).clip(0, n - 1)
        told += [float(np.quantile(values, share)), *map(float, values[ends])]
    hits = stats.binomtest(int((values <= within).sum()), n)
    interval = hits.proportion_ci(method="wilson")
    return (*told, float(hits.statistic), float(interval.low), float(interval.high))
