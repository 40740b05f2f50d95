"""What a simulation of dispatch leaves: the log, the calls, workloads and responses with intervals by batch means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import AlignmentError

BATCHES = 20  # stretches of time whose means are taken as independent


@dataclass(frozen=True, kw_only=True, repr=False)
class DispatchResult(Shown):
    """A simulated stretch of time, call by call.

    Parameters
    ----------
    asked, units
        The calls and units as they were given.
    levels
        Labels of priority, most urgent first.
    call_of, tasks, records, fleet, windows
        The arrays of the simulation: one task for each unit that a call takes (the row of its call in `call_of`), one
        record for each time that a unit was sent.
    tiers
        Minutes by tier.
    start, end
        Minutes between which statistics are taken.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import simulate_dispatch
    >>> calls = pd.DataFrame({"time": [0.0, 60.0], "place": "north", "minutes": 30.0})
    >>> result = simulate_dispatch(calls, ["car"], pd.DataFrame([[2.0]], ["car"], ["north"]))
    >>> result.log[["unit", "sent", "arrived", "cleared"]].values.tolist()
    [['car', 0.0, 2.0, 32.0], ['car', 60.0, 62.0, 92.0]]
    """

    asked: pd.DataFrame
    units: pd.DataFrame
    levels: pd.Index
    call_of: Ints
    tasks: Array
    records: Array
    fleet: Array
    windows: Floats
    tiers: pd.Series
    start: float
    end: float

    def _head(self) -> str:
        return f"{len(self.asked):,} calls, {len(self.units)} units"

    def _rows(self) -> Rows:
        told = self.summary()
        if not told["answered"]:
            return [("answered", "no call")]
        return [
            ("answered", f"{told['answered']:,} calls, {told['lost']:,} lost, {told['waiting']:,} without a unit"),
            ("response", _told(told["mean"], told["mean_low"], told["mean_high"], "minutes on average")),
            ("", f"median {told['median']:.2f}, 90th percentile {told['p90']:.2f} minutes"),
            (
                "wait",
                f"{told['wait_share']:.1%} of the calls wait for a unit, {told['mean_wait']:.2f} minutes on average",
            ),
            ("workload", f"mean {self.workload.mean():.3f}, {self.workload.min():.3f} to {self.workload.max():.3f}"),
        ]

    @cached_property
    def log(self) -> pd.DataFrame:
        """Return a row each time that a unit was sent.

        `call` (index of the calls), `unit`, `sent`, `arrived`, `cleared` (minutes), and `done`: false where an urgent
        call took the unit away, at `cleared`.
        """
        rows = self.records
        table = {name: rows[name] for name in ("sent", "arrived", "cleared", "done")}
        calls = self.asked.index[self.call_of[rows["task"]]]
        return pd.DataFrame({"call": calls, "unit": self.units.index[rows["unit"]], **table})

    @cached_property
    def calls(self) -> pd.DataFrame:
        """Return a row a call, as asked: `place`, `priority`, `received`, `unit` and `kind` (of the first to be there).

        `wait` (minutes from being ready to the first unit sent), `response` (minutes from `received` to the first
        arrival) and `travel`; missing where nobody came. `lost` says that no room was left to wait.
        """
        n, rows = len(self.asked), self.records
        came = rows[(rows["arrived"] <= rows["cleared"])]
        order = np.argsort(came["arrived"], kind="stable")[::-1]  # the first arrival is written last
        first = np.full(n, -1)
        first[self.call_of[came["task"][order]]] = order
        sent = _least(n, self.call_of[rows["task"]], rows["sent"])
        ready = np.full(n, np.nan)
        ready[self.call_of] = self.tasks["ready"]
        delay = self.asked["delay"].to_numpy(float) if "delay" in self.asked else np.zeros(n)
        has = first >= 0
        table = pd.DataFrame({"place": self.asked["place"].to_numpy()}, index=self.asked.index)
        table["priority"] = (
            self.asked["priority"].to_numpy() if "priority" in self.asked else self.levels[0] if n else 0
        )
        table["received"] = ready - delay
        unit = came["unit"][first[has]]
        for column in ("kind", "area"):
            if column in self.units:
                table[column] = pd.Series(self.units[column].to_numpy()[unit], table.index[has])
        table["unit"] = pd.Series(self.units.index[unit], table.index[has])
        table["wait"] = sent - ready
        table["response"], table["travel"] = np.nan, np.nan
        arrived = came["arrived"][first[has]]
        table.loc[has, "response"] = arrived - table["received"].to_numpy()[has]
        table.loc[has, "travel"] = arrived - came["sent"][first[has]]
        lost = np.zeros(n, bool)
        lost[self.call_of[self.tasks["lost"]]] = True
        return table.assign(lost=lost & ~has)

    @cached_property
    def counted(self) -> pd.DataFrame:
        """Return the calls that statistics are taken of: received after the warm-up."""
        ready = self.calls["received"] >= self.start
        return self.calls[ready]

    @cached_property
    def _edges(self) -> Floats:
        return np.linspace(self.start, max(self.end, self.start + 1.0), BATCHES + 1)

    @cached_property
    def _busy(self) -> tuple[Floats, Floats]:
        """Return busy minutes and minutes on duty, batches x units; a unit on a call after its shift is on duty."""
        n, rows = len(self.units), self.records
        owner = np.repeat(np.arange(n), self.fleet["last_window"] - self.fleet["first_window"])
        busy, duty = np.empty((BATCHES, n)), np.empty((BATCHES, n))
        for b, (a, z) in enumerate(zip(self._edges[:-1], self._edges[1:], strict=True)):
            part = np.maximum(np.minimum(rows["cleared"], z) - np.maximum(rows["sent"], a), 0.0)
            busy[b] = np.bincount(rows["unit"], part, n)
            on = np.maximum(np.minimum(self.windows[:, 1], z) - np.maximum(self.windows[:, 0], a), 0.0)
            duty[b] = np.bincount(owner, on, n)
        return busy, np.maximum(duty, busy)

    @cached_property
    def workload(self) -> pd.Series:
        """Return the share of its time on duty that each unit is busy."""
        busy, duty = self._busy
        return pd.Series(busy.sum(axis=0) / np.maximum(duty.sum(axis=0), 1e-12), self.units.index, name="workload")

    @cached_property
    def workload_interval(self) -> pd.DataFrame:
        """Return `low` and `high`, the 95 % interval of each unit's workload by batch means."""
        busy, duty = self._busy
        half = half_width(busy / np.maximum(duty, 1e-12))
        return pd.DataFrame({"low": self.workload - half, "high": self.workload + half}, self.units.index)

    def interval(self, column: str = "response", priority: Any = None) -> tuple[float, float, float]:
        """Return the mean of a column of the calls and its 95 % interval by batch means; of one priority, or of all."""
        table = self.counted if priority is None else self.counted[self.counted["priority"] == priority]
        values = table[column].to_numpy(float)
        known = np.isfinite(values)
        if not known.any():
            return np.nan, np.nan, np.nan
        mean = float(values[known].mean())
        half = float(half_width(self._by_batch(table[known], values[known])))
        return mean, mean - half, mean + half

    def _by_batch(self, table: pd.DataFrame, values: Floats) -> Floats:
        batch = np.clip(np.searchsorted(self._edges, table["received"].to_numpy(float), "right") - 1, 0, BATCHES - 1)
        count = np.bincount(batch, minlength=BATCHES)
        return (np.bincount(batch, values, BATCHES) / np.maximum(count, 1))[count > 0]

    def against(self, other: DispatchResult, column: str = "response") -> dict[str, float]:
        """Return by how much the mean of a column is higher in `other`, which met the same calls, with its interval."""
        if not self.asked.index.equals(other.asked.index):
            raise AlignmentError("Only simulations of the same calls can be compared call by call.")
        mine = self.counted
        change = other.calls.loc[mine.index, column].to_numpy(float) - mine[column].to_numpy(float)
        known = np.isfinite(change)
        mean = float(change[known].mean())
        half = float(half_width(self._by_batch(mine[known], change[known])))
        return {"change": mean, "low": mean - half, "high": mean + half, "calls": int(known.sum())}

    def summary(self) -> dict[str, Any]:
        """Return the numbers as one dictionary; minutes."""
        table = self.counted
        values = table["response"].dropna().to_numpy()
        median, p90 = np.percentile(values, [50, 90]) if len(values) else (np.nan, np.nan)
        mean, low, high = self.interval()
        waits = table["wait"].dropna().to_numpy()
        return {
            "calls": len(table), "answered": len(values), "lost": int(table["lost"].sum()),
            "waiting": int(table["response"].isna().sum() - table["lost"].sum()), "mean": mean, "mean_low": low,
            "mean_high": high, "median": float(median), "p90": float(p90),
            "wait_share": float((waits > 1e-9).mean()) if len(waits) else np.nan,
            "mean_wait": float(waits.mean()) if len(waits) else np.nan,
            "workload": float(self.workload.mean()), "most_workload": float(self.workload.max()),
        }  # fmt: skip


def half_width(batches: Floats) -> Any:
    """Return half the width of the 95 % interval of a mean, from batch means in rows."""
    n = len(batches)
    if n < 2:
        return np.full(batches.shape[1:], np.nan)
    return stats.t.ppf(0.975, n - 1) * batches.std(axis=0, ddof=1) / np.sqrt(n)


def _least(n: int, at: Ints, values: Floats) -> Floats:
    """Return the smallest value by position, missing where there is none."""
    least = np.full(n, np.nan)
    order = np.argsort(values, kind="stable")[::-1]
    least[at[order]] = values[order]
    return least


def _told(value: float, low: float, high: float, words: str) -> str:
    return f"{value:.2f} {words} ({low:.2f} to {high:.2f})"
