"""Routes with timed stops where they are worth most."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_number, check_seed
from patrolgeo._typing import Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.routes.bound import worth_bound
from patrolgeo.plan.optimise.routes.exact import MOST_VISITS, best_plan
from patrolgeo.plan.optimise.routes.search import Search, steps_for
from patrolgeo.plan.optimise.routes.visits import Tours
from patrolgeo.plan.outcome import same_value
from patrolgeo.plan.routes.route_plan import RoutePlan, stops_of
from patrolgeo.plan.routes.route_problem import RouteProblem, read_problem
from patrolgeo.plan.routes.route_rules import RouteRules
from patrolgeo.solver import HEURISTIC, OPTIMAL


def design_routes(
    prizes: Any,
    travel: Any,
    n_units: int,
    shift_minutes: Any,
    stop_minutes: Any,
    *,
    base: Any = None,
    start: object = None,
    end: Any = None,
    rules: RouteRules | None = None,
    effort: float = 1.0,
    random_state: int | None = 0,
) -> RoutePlan:
    """Which places does each unit visit, in which order and when, so that the stops are worth most?

    Team orienteering with timed stops: every unit leaves its start, makes stops, and is at its end before its shift is
    over. A large-neighbourhood search from many starts finds the plan, a bound says how far the best can be;
    up to 12 visits are solved exactly. The work is set by size and `effort`, never by the clock. A plan of routes
    moves patrols, it does not say that anybody there did anything.

    Parameters
    ----------
    prizes
        What a visit is worth (expected incidents, for example), Series by place or array; 0 means no visit.
    travel
        Minutes from place to place, DataFrame or array, or a mapping from kind of unit to such a table. Missing and
        infinite mean no way.
    n_units
        How many units.
    shift_minutes
        Length of the shift: one number, or one a unit.
    stop_minutes
        Length of a stop: one number, or one a place. Koper (1995) found 10 to 15 minutes best.
    base
        Place where the units begin and end; or a list, one a unit.
    start, end
        The same apart, where they differ.
    rules
        Mandatory places, windows, repeats, breaks, kinds of units, secrecy: see `RouteRules`.
    effort
        How much the search may do; 1 is some CPU seconds.
    random_state
        Seed of the search.

    Returns
    -------
    RoutePlan; `objective` is the worth of all stops.

    Raises
    ------
    InfeasibleError
        When mandatory places or breaks do not fit into the shifts; the message names them.
    DataError
        When an argument cannot be used.
    AlignmentError
        When two labelled arguments do not fit together.

    References
    ----------
    Chao, Golden and Wasil (1996), The team orienteering problem, doi:10.1016/0377-2217(94)00289-4. Koper (1995), Just
    enough police presence, doi:10.1080/07418829500096231.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import design_routes
    >>> places = ["station", "market", "school", "bank"]
    >>> minutes = pd.DataFrame([[0, 5, 9, 4], [5, 0, 6, 3], [9, 6, 0, 8], [4, 3, 8, 0]], places, places)
    >>> prizes = pd.Series({"station": 0.0, "market": 6.0, "school": 5.0, "bank": 2.0})
    >>> plan = design_routes(prizes, minutes, 1, 45, 12, base="station")
    >>> plan.stops[["place", "arrive", "leave"]].values.tolist()
    [['school', 9.0, 21.0], ['market', 27.0, 39.0]]
    >>> plan.objective, plan.bound, plan.status
    (11.0, 11.0, 'optimal')
    """
    begun = time.process_time()
    check_number(effort, "effort", least=0)
    seed, rules = check_seed(random_state), RouteRules() if rules is None else rules
    problem = read_problem(prizes, travel, n_units, shift_minutes, stop_minutes, base, start, end, rules)
    exact = len(problem.place) <= MOST_VISITS
    tours = split(best_plan(problem.visits) if exact else _search(problem, effort, seed))
    check_made(problem, tours)
    stops = stops_of(problem, tours)
    value = float(stops["prize"].sum())
    bound = value if exact else worth_bound(problem.visits) - problem.bonus * problem.forced.sum()
    status = OPTIMAL if same_value(value, bound) else HEURISTIC
    return RoutePlan(
        objective=value, bound=bound, status=status, runtime=time.process_time() - begun, maximize=True, stops=stops,
        problem=problem, tours=tours, seed=seed, effort=effort,
    )  # fmt: skip


def _search(problem: RouteProblem, effort: float, seed: int) -> Tours:
    scale = float(problem.prizes.sum())
    sure = problem.bonus * float(problem.forced.sum())
    return Search(problem.visits, max(scale, 1e-12), sure).run(steps_for(problem.visits, effort), seed)


def split(tours: Tours) -> tuple[Ints, ...]:
    """Return the visits of each unit in order."""
    return tuple(tours.order[k, 1 : size + 1].copy() for k, size in enumerate(tours.size))


def check_made(problem: RouteProblem, tours: tuple[Ints, ...]) -> None:
    """Raise when something that must be made is not."""
    made = np.concatenate(tours) if tours else np.zeros(0, np.int64)
    left = problem.forced.copy()
    left[problem.visits.group[made]] = False
    if not left.any():
        return
    first = int(np.flatnonzero(np.isin(problem.visits.group, np.flatnonzero(left)))[0])
    what = "the break at" if problem.is_break[first] else "the mandatory place"
    names = pd.Index(problem.places[problem.place[np.isin(problem.visits.group, np.flatnonzero(left))]]).unique()
    raise InfeasibleError(
        f"{int(left.sum())} stops that must be made fit into no shift; the first is {what} {names[0]!r}. Lengthen the "
        "shifts, widen its window, add a unit, or take it out of the mandatory places."
    )
