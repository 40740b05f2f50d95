"""Arguments of `design_areas` by the names they had before rules and grounds were objects: turned into today's here."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, NamedTuple, TypedDict

import pandas as pd

from patrolgeo._checks import check_choice, nearest
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.ground import Ground, read_ground
from patrolgeo.plan.areas.rules import AreaRules


class OlderArguments(TypedDict, total=False):
    """The older names: what is divided, a table of costs, and the rules one by one."""

    workload: Any
    grid: Any
    travel: Any
    barriers: Any
    link_parts: bool
    cost: Any
    distance: Any
    adjacency: Any
    compactness: int | None
    tolerance: float | None
    stay_minutes: float
    anchors: Any
    fixed: Any
    forbidden: Any
    min_units: int
    max_minutes: float | None
    nest_in: pd.Series | None


OF_RULES = [rule.name for rule in fields(AreaRules)]
NOT_BY_COST = (
    "current",
    "anchors",
    "fixed",
    "forbidden",
    "min_units",
    "max_minutes",
    "nest_in",
    "together",
    "max_change",
    "change_by",
)


class Call(NamedTuple):
    """What was asked for, in today's words."""

    workload: Any
    travel: Any
    units: Any
    rules: AreaRules


def read_call(workload: Any, travel: Any, units: Any, rules: AreaRules, older: OlderArguments) -> Call:
    """Return the call in today's words; a name that is not known is a TypeError that names the nearest."""
    for name in older:
        if name not in OlderArguments.__annotations__:
            known = [
                *OlderArguments.__annotations__,
                "rules",
                "units",
                "current",
                "follow_lines",
                "objective",
                "effort",
            ]
            raise TypeError(f"design_areas has no argument {name!r}{nearest(name, known)}")
    workload = _one(workload, older.get("workload"), "workload")
    if not isinstance(rules, AreaRules):
        raise DataError(f"rules must be AreaRules(...), got {type(rules).__name__}.")
    given: dict[str, Any] = {name: older[name] for name in OF_RULES if name in older}  # type: ignore[literal-required]
    grid, graph = _one(travel, older.get("grid"), "grid"), older.get("travel")
    if graph is not None and units is None:
        units = grid
    return Call(workload, grid if graph is None else graph, units, replace(rules, **given) if given else rules)


def older_ground(call: Call, older: OlderArguments) -> Ground:
    """Return what is divided, cut by barriers and linked as the older names say."""
    return read_ground(
        call.travel, call.units, barriers=older.get("barriers"), adjacency=older.get("adjacency"),
        link_parts=older.get("link_parts", True),
    )  # fmt: skip


def older_cost(call: Call, current: Any, older: OlderArguments) -> dict[str, Any]:
    """Return the arguments of `design_areas_by_cost`; rules that a table of costs does not know are refused."""
    plain = AreaRules()
    asked = {"current": current} | {name: getattr(call.rules, name) for name in OF_RULES}
    refused = [n for n in NOT_BY_COST if asked[n] is not None and not _same(asked[n], getattr(plain, n, None))]
    if refused:
        raise DataError(f"{', '.join(refused)} cannot be combined with cost=; give travel= instead of a cost table.")
    compactness = older.get("compactness")
    check_choice(compactness, [None, 0, 1, 2, 3], "compactness")
    known = [call.travel, older.get("adjacency")]
    if known[0] is not None and not hasattr(known[0], "minutes"):
        known.reverse()  # neighbours that are given come before those of a grid
    adjacency = next((known for known in known if known is not None), None)
    return {
        "cost": older["cost"], "adjacency": adjacency, "distance": older.get("distance"),
        "tolerance": call.rules.tolerance, "compactness": 1 if compactness is None else compactness,
        "units": call.units if call.units is not None else call.travel if hasattr(call.travel, "geometry") else None,
    }  # fmt: skip


def _one(now: Any, older: Any, name: str) -> Any:
    if now is not None and older is not None:
        raise TypeError(f"design_areas got {name} twice, by position and by name.")
    return now if older is None else older


def _same(one: Any, other: Any) -> bool:
    return len(one) == 0 if isinstance(one, (tuple, list)) else bool(one is other or one == other)
