"""What the hypercube says: how busy each unit is, who answers where, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.queues import exact

MOST_UNITS = 18  # of the exact way


class Dispatch(NamedTuple):
    """What is solved: rates by place, service rate by unit, lists by place, how many calls may wait."""

    rates: Floats
    service: Floats
    preference: Ints
    capacity: float


@dataclass(frozen=True, kw_only=True, repr=False)
class HypercubeResult(Shown):
    """Workloads, dispatches and waits in the long run.

    Parameters
    ----------
    workload
        Share of the time that each unit is busy, Series by unit.
    dispatch_share
        Share of all answered calls that are of this place and answered by this unit, places x units; sums to 1. Where a
        call takes several units, the one that is first in the list of those sent.
    busy
        Chance that so many units are busy, Series from 0 to all.
    loss
        Share of the calls that no unit answers: they go elsewhere.
    wait
        Share of the calls that wait because all units are busy.
    mean_wait
        Mean wait of all answered calls, those without a wait included, in the unit of time of the rates.
    wait_by_priority
        Mean wait by class, most urgent first; None when no classes were given.
    mean_travel
        Mean travel of all answered calls, queued ones too; None without a travel table.
    travel_by_place
        The same by place; None without a travel table.
    cross_share
        Share of the answered calls that another unit than the first of the place's list answers.
    method
        "exact" or "approximate".
    dispatch
        The rates, service rates, lists and capacity that were solved, as arrays.

    Examples
    --------
    >>> from patrolgeo import hypercube
    >>> result = hypercube([1.0, 1.0], 2.0, [[0, 1], [1, 0]], capacity=0)
    >>> result.workload.tolist(), round(result.loss, 3), result.worst_error
    ([0.4, 0.4], 0.2, 0.0)
    """

    workload: pd.Series
    dispatch_share: pd.DataFrame
    busy: pd.Series
    loss: float
    wait: float
    mean_wait: float
    wait_by_priority: pd.Series | None
    mean_travel: float | None
    travel_by_place: pd.Series | None
    cross_share: float
    method: str
    dispatch: Dispatch

    def _head(self) -> str:
        return f"{len(self.workload)} units, {len(self.dispatch_share)} places, {self.method}"

    def _rows(self) -> Rows:
        rows = [
            ("workload", f"mean {self.workload.mean():.3f}, {self.workload.min():.3f} to {self.workload.max():.3f}"),
            ("busiest", f"{self.workload.idxmax()}"),
            ("lost", f"{self.loss:.2%} of the calls"),
            ("wait", f"{self.wait:.2%} of the calls; {self.mean_wait:.4g} on average of all answered"),
            ("other areas", f"{self.cross_share:.1%} of the answered calls go to a unit that is not the first"),
        ]
        if self.mean_travel is not None:
            rows.append(("mean travel", f"{self.mean_travel:.4g}"))
        if self.method == "approximate":
            rows.append(("error", "see .worst_error; a simulation is the test of an approximate result"))
        return rows

    @cached_property
    def error(self) -> pd.Series:
        """Return by how much each approximate workload differs from the exact one, by unit; 0 when exact.

        Known for at most 18 units; beyond, `simulate_dispatch` tells.
        """
        if self.method == "exact":
            return pd.Series(0.0, self.workload.index, name="error")
        rates, service, preference, capacity = self.dispatch
        if len(service) > MOST_UNITS:
            raise InfeasibleError(f"The error is known for at most {MOST_UNITS} units; compare with simulate_dispatch.")
        right = exact.solve(rates, service, preference, capacity).workload
        return (self.workload - right).rename("error")

    @property
    def worst_error(self) -> float:
        """Return the largest absolute error of a workload that is known (see `error`)."""
        return float(np.abs(self.error).max())

    def summary(self) -> dict[str, Any]:
        """Return the numbers as one dictionary."""
        return {
            "units": len(self.workload), "workload": float(self.workload.mean()),
            "most_workload": float(self.workload.max()), "loss": self.loss, "wait": self.wait,
            "mean_wait": self.mean_wait, "mean_travel": self.mean_travel, "cross_share": self.cross_share,
            "method": self.method,
        }  # fmt: skip
