"""What every plan of routes keeps, whoever made it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo.plan.routes.route_plan import RoutePlan
from patrolgeo.testing._hold import hold

SLACK = 1e-6


def check_route_plan(plan: RoutePlan) -> None:
    """Hold the table of stops of a plan against what was asked: shifts, ways, windows, gaps, breaks, mandatory places.

    Only the table of stops and the rules are read, not what the search worked with, but for the table of ways.

    Parameters
    ----------
    plan
        The plan, drawn or best.

    Raises
    ------
    AssertionError
        When something does not hold.

    Examples
    --------
    >>> from patrolgeo import design_routes
    >>> from patrolgeo.testing import check_route_plan
    >>> check_route_plan(design_routes([0, 10, 20], [[0, 5, 9], [5, 0, 6], [9, 6, 0]], 1, 60, 12, base=0))
    """
    stops, rules, problem = plan.stops, plan.problem.rules, plan.problem
    hold(stops["id"].is_unique, "two stops have one id")
    for k, unit in enumerate(problem.units):
        _check_unit(plan, k, stops[stops["unit"] == unit])
    halts = stops[stops["activity"] == "stop"]
    for place, mine in halts.groupby("place"):
        times = mine.sort_values("arrive")
        gaps = times["arrive"].to_numpy()[1:] - times["leave"].to_numpy()[:-1]
        hold((gaps >= rules.gap_minutes - SLACK).all(), f"two visits of {place!r} are too near in time")
        if isinstance(rules.windows, dict) and place in rules.windows:
            low, high = rules.window(rules.windows[place], "windows")
            inside = (times["arrive"] >= low - SLACK) & (times["leave"] <= high + SLACK)
            hold(inside.all(), f"a visit of {place!r} lies outside its window")
        if np.ndim(rules.visits) == 0:
            hold(len(mine) <= rules.visits, f"{place!r} is visited too often")
    hold(set(rules.mandatory) <= set(halts["place"]), "a mandatory place is missed")
    hold(not set(rules.control) & set(halts["place"]), "a control place is visited")
    worth = halts.sort_values(["arrive", "unit"])["prize"].sum()
    hold(abs(worth - plan.objective) <= SLACK * max(1.0, abs(worth)), "the value is not the sum of the stops")


def _check_unit(plan: RoutePlan, k: int, mine: pd.DataFrame) -> None:
    """Hold one unit's stops against ways and shift."""
    problem, rules, n, units = plan.problem, plan.problem.rules, len(plan.problem.place), len(plan.problem.units)
    v, unit = problem.visits, problem.units[k]
    hold(mine["order"].tolist() == list(range(1, len(mine) + 1)), f"the stops of {unit!r} are not in order")
    at, now = int(v.spot[n + k]), float(v.early[n + k])
    for stop in mine.itertuples():
        to = int(problem.places.get_loc(stop.place))
        hold(stop.arrive >= now + v.travel[v.kind[k], at, to] - SLACK, f"{unit!r} comes to {stop.place!r} too early")
        hold(stop.leave >= stop.arrive, f"{unit!r} leaves {stop.place!r} before it comes")
        at, now = to, float(stop.leave)
    if len(mine):
        back = now + v.travel[v.kind[k], at, int(v.spot[n + units + k])]
        hold(back <= v.late[n + units + k] + SLACK, f"{unit!r} comes back after its shift")
    breaks = mine[mine["activity"] == "break"]
    hold(len(breaks) == (1 if rules.break_minutes > 0 else 0), f"{unit!r} has {len(breaks)} breaks")
    for taken in breaks.itertuples():
        hold(
            abs(taken.leave - taken.arrive - rules.break_minutes) <= SLACK, f"the break of {unit!r} has another length"
        )
        if rules.break_window is not None:
            low, high = rules.window(rules.break_window, "break_window")
            hold(
                low - SLACK <= taken.arrive and taken.leave <= high + SLACK, f"the break of {unit!r} is out of its time"
            )
