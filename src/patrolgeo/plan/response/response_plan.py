"""What a plan will feel like: today against proposed, a busy day, one unit more, one less, one road closed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns, check_number, check_type
from patrolgeo._show import Rows
from patrolgeo.errors import DataError
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.response.dispatch_result import DispatchResult
from patrolgeo.plan.response.response_table import response_change, response_table
from patrolgeo.plan.response.simulate import Options, simulate_dispatch
from patrolgeo.solver import HEURISTIC

DAY = 1440.0


@dataclass(frozen=True, kw_only=True, repr=False)
class ResponsePlan(Outcome):
    """Simulated minutes until somebody is there, under the proposed plan and today's.

    The value is the mean response of the proposed plan; its bound is what no rule of dispatch can beat with these
    bases: every call answered at once from the nearest base.

    Parameters
    ----------
    proposed, today
        Simulations of the same calls; `today` None where it is not known.
    busy
        The same on the busy day, by name ("proposed", "today"); empty without one.
    table
        `response_table` of both, by priority.
    hours
        Mean response by hour of the day, of both.
    worse
        `response_change` by group: where callers wait longer than today; empty without today.
    variants
        A row a change ("one unit more", "one post less", "one road closed"): `what`, `change` of the mean response in
        minutes with `low` and `high`, and `answered_share`.
    within
        Minutes for the share in time.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import plan_response, sample_calls
    >>> travel = pd.DataFrame([[2.0, 9.0], [9.0, 3.0]], ["a", "b"], ["north", "south"])
    >>> calls = sample_calls(pd.Series({"north": 0.3, "south": 0.6}), weeks=4)
    >>> units = pd.DataFrame({"base": ["a", "b"]}, ["car 1", "car 2"])
    >>> plan = plan_response(calls, units, travel, today=units.assign(base="a"))
    >>> plan.today.summary()["mean"] > plan.objective > plan.bound
    True
    >>> plan.variants.query("kind == 'one post less'")["what"].tolist()
    ['a', 'b']
    """

    proposed: DispatchResult
    today: DispatchResult | None
    busy: dict[str, DispatchResult]
    table: pd.DataFrame
    hours: pd.DataFrame
    worse: pd.DataFrame
    variants: pd.DataFrame
    within: float

    def _head(self) -> str:
        return f"mean response {self.objective:.2f} minutes, {len(self.proposed.units)} units, {self.status}"

    def _rows(self) -> Rows:
        rows = [*self.proof(), *self.proposed._rows()[:3]]
        if self.today is not None:
            change = self.change
            words = f"{change['change']:+.2f} minutes ({change['low']:+.2f} to {change['high']:+.2f})"
            rows += [("against today", words), ("worse for", f"{int(self.worse['worse'].sum())} groups of calls")]
        if len(self.variants):
            best = self.variants.sort_values("change", kind="stable").iloc[0]
            rows.append(("best change", f"{best['kind']}: {best['what']}, {best['change']:+.2f} minutes"))
        return rows

    @property
    def change(self) -> dict[str, float]:
        """Return by how much the mean response changes from today to proposed, with its 95 % interval."""
        if self.today is None:
            raise DataError("This plan was made without today's units; give them as today=.")
        return self.today.against(self.proposed)

    def summary(self) -> dict[str, Any]:
        """Return the numbers as one dictionary."""
        told: dict[str, Any] = {
            "objective": self.objective, "bound": self.bound, "gap": self.gap, "status": self.status,
            "within_minutes": self.within, "proposed": self._side("proposed", self.proposed),
        }  # fmt: skip
        if self.today is not None:
            told |= {"today": self._side("today", self.today), "change": self.change}
            told["worse"] = int(self.worse["worse"].sum())
        return told

    def _side(self, name: str, result: DispatchResult) -> dict[str, Any]:
        values = result.counted["response"].dropna()
        share = float((values <= self.within).mean()) if len(values) else np.nan
        told = {**result.summary(), "within_share": share, "units": len(result.units)}
        if name in self.busy:
            told["busy_day"] = self.busy[name].summary()
        return told


def plan_response(
    calls: pd.DataFrame, proposed: pd.DataFrame, travel: pd.DataFrame, *, today: pd.DataFrame | None = None,
    busy: pd.DataFrame | None = None, by: Any = "place", closed: Mapping[str, pd.DataFrame] | None = None,
    within: float = 10.0, **options: Unpack[Options],
) -> ResponsePlan:  # fmt: skip
    """What will callers feel of the proposed plan, beside today, on a busy day, and when one thing changes?

    All simulations meet the same calls, so that differences are those of the plans.

    Parameters
    ----------
    calls
        As in `simulate_dispatch`; `sample_calls` draws them.
    proposed, today
        Units with their `base`, as in `simulate_dispatch`.
    travel
        Minutes, bases x places; rows for the bases of both.
    busy
        Calls of busy days (Fridays), simulated apart.
    by
        Column of the calls, or Series by call, for `worse`.
    closed
        By name of a road the travel table when it is closed; `weak_roads` names roads worth a look.
    within
        Minutes for the share in time.
    options
        As in `simulate_dispatch`.

    Returns
    -------
    ResponsePlan.

    Raises
    ------
    DataError
        When `proposed` has no column `base`, or units patrol (variants move bases).
    MissingColumnError
        When the calls have no column `by`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import plan_response, sample_calls
    >>> travel = pd.DataFrame([[2.0, 9.0], [9.0, 3.0]], ["a", "b"], ["north", "south"])
    >>> calls = sample_calls(pd.Series({"north": 0.3, "south": 0.6}), weeks=4)
    >>> units = pd.DataFrame({"base": ["a", "b"]}, ["car 1", "car 2"])
    >>> plan = plan_response(calls, units, travel, closed={"bridge": travel * 3})
    >>> plan.variants["kind"].tolist()
    ['one unit more', 'one unit more', 'one post less', 'one post less', 'one road closed']
    """
    begin = time.process_time()
    check_number(within, "within", above=0)
    check_type(proposed, pd.DataFrame, "proposed")
    if "base" not in proposed or options.get("patrols") is not None:
        raise DataError("proposed must have a column base, and patrols are not varied: simulate_dispatch takes them.")
    run = simulate_dispatch(calls, proposed, travel, **options)
    if isinstance(by, str):
        check_columns(run.calls, [by], "the calls")
    else:
        check_type(by, pd.Series, "by")
    old = None if today is None else simulate_dispatch(calls, today, travel, **options)
    sides = {"today": old, "proposed": run} if old is not None else {"proposed": run}
    fleets = {"proposed": proposed} | ({} if today is None else {"today": today})
    value = run.interval()[0]
    return ResponsePlan(
        objective=value, bound=_least(run, travel, options.get("travel_factor")), status=HEURISTIC,
        runtime=time.process_time() - begin,
        proposed=run, today=old,
        busy={} if busy is None else {n: simulate_dispatch(busy, f, travel, **options) for n, f in fleets.items()},
        table=response_table(sides, "priority", within=within),
        hours=pd.DataFrame({name: _by_hour(side) for name, side in sides.items()}),
        worse=pd.DataFrame(columns=["worse"]) if old is None else response_change(old, run, by),
        variants=_variants(calls, proposed, travel, run, closed or {}, options), within=within,
    )  # fmt: skip


def _least(result: DispatchResult, travel: pd.DataFrame, factor: Any) -> float:
    """Return the mean response if the nearest base (any place, where units move) answered every call at once."""
    moves = set(travel.index) == set(travel.columns)
    bases = travel.index if moves else result.units["base"].unique()
    counted = result.counted[result.counted["response"].notna()]
    nearest = travel.loc[bases].min().reindex(counted["place"]).to_numpy()
    more = [result.asked.loc[counted.index, c].to_numpy() for c in ("delay", "access") if c in result.asked]
    least = nearest * (1.0 if factor is None else float(np.min(factor)))
    return float((least + sum(more, np.zeros(len(counted)))).mean())


def _by_hour(result: DispatchResult) -> pd.Series:
    hour = (result.counted["received"] % DAY // 60).astype(int)
    return result.counted["response"].groupby(hour.rename("hour")).mean()


def _variants(
    calls: pd.DataFrame, units: pd.DataFrame, travel: pd.DataFrame, run: DispatchResult,
    closed: Mapping[str, pd.DataFrame], options: Options,
) -> pd.DataFrame:  # fmt: skip
    """Return what each single change does to the mean response, the best first within each kind."""
    bases = list(units["base"].unique())
    extra = {b: pd.concat([units, units[units["base"] == b].head(1).set_axis([_new(units)])]) for b in bases}
    fewer = {b: units[units["base"] != b] for b in bases} if len(bases) > 1 else {}
    rows = []
    for kind, fleets in (("one unit more", extra), ("one post less", fewer)):
        told = [_told(kind, b, run, simulate_dispatch(calls, f, travel, **options)) for b, f in fleets.items()]
        rows += sorted(told, key=lambda row: row["change"])
    for road, minutes in closed.items():
        rows.append(_told("one road closed", road, run, simulate_dispatch(calls, units, minutes, **options)))
    return pd.DataFrame(rows, columns=["kind", "what", "change", "low", "high", "answered_share"])


def _new(units: pd.DataFrame) -> Any:
    """Return a label that no unit has."""
    return max(units.index) + 1 if pd.api.types.is_integer_dtype(units.index) else "one unit more"


def _told(kind: str, what: Any, run: DispatchResult, other: DispatchResult) -> dict[str, Any]:
    change = run.against(other)
    answered = float(other.counted["response"].notna().mean())
    return {"kind": kind, "what": what, "answered_share": answered, **{k: change[k] for k in ("change", "low", "high")}}
