"""Streets that must be driven, shared out among units of limited capacity: capacitated arc routing."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._checks import as_floats, check_columns, check_count, check_number, check_positive, check_seed
from patrolgeo._show import Rows
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.kernels import least_csr
from patrolgeo.plan.optimise.routes.search import Search, steps_for
from patrolgeo.plan.optimise.routes.visits import Visits
from patrolgeo.plan.outcome import Outcome, same_value
from patrolgeo.solver import HEURISTIC, OPTIMAL

STREET_WORK = 4.0  # a step on streets is shorter than one of stops
SPARE = 3  # units above the least number, where their number is free


@dataclass(frozen=True, kw_only=True, repr=False)
class StreetPlan(Outcome):
    """Which unit drives which streets, in which order and direction.

    Parameters
    ----------
    routes
        DataFrame, a row a street that is served: `id` (unit and order), `unit`, `order`, `edge` (label in the table
        given), `source` and `target` in the direction driven, `cost`, `demand`, and `way`: the cost of coming there
        from the street before, or from the depot.
    units
        DataFrame by unit: `streets`, `demand`, `back` (the cost of the way to the depot) and `cost` of the whole tour.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import street_routes
    >>> edges = pd.DataFrame({"source": [0, 1, 0], "target": [1, 2, 2], "cost": [2, 3, 4], "demand": [1, 1, 1]})
    >>> plan = street_routes(edges, 0, 3)
    >>> plan.objective, plan.status, plan.units["cost"].tolist()
    (9.0, 'optimal', [9.0])
    """

    routes: pd.DataFrame
    units: pd.DataFrame

    def _head(self) -> str:
        return f"{len(self.routes)} streets by {len(self.units)} units, cost {self.objective:,.6g}, {self.status}"

    def _rows(self) -> Rows:
        served = float(self.routes["cost"].sum())
        return [*self.proof(), ("of it", f"{served:,.6g} along streets served, {self.objective - served:,.6g} between")]

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "units": len(self.units), "streets": len(self.routes), "objective": self.objective, "bound": self.bound,
            "gap": self.gap, "status": self.status, "served_cost": float(self.routes["cost"].sum()),
        }  # fmt: skip


@dataclass(frozen=True)
class _Net:
    """The streets that must be served, as positions, and the shortest ways between nodes."""

    labels: pd.Index
    nodes: pd.Index
    ends: Ints
    cost: Floats
    demand: Floats
    ways: Floats
    depot: int
    lowest: float


def street_routes(
    edges: pd.DataFrame,
    depot: Any,
    capacity: float,
    *,
    n_units: int | None = None,
    effort: float = 1.0,
    random_state: int | None = 0,
) -> StreetPlan:
    """Which unit drives which streets, so that every street with a demand is driven once at the least total cost?

    Capacitated arc routing on an undirected network: each unit leaves the depot, serves streets whose demands add up to
    its capacity at most (minutes of slow drive-by patrol, for example), and comes back. Ways between streets cost what
    the shortest way costs. The search is that of `design_routes`, a street being two visits of which one is made.

    Parameters
    ----------
    edges
        DataFrame with source, target, cost and demand; streets without demand may be driven but need not.
    depot
        The node where units begin and end.
    capacity
        Most demand that a unit serves.
    n_units
        Most units; without it as many as lower the cost.
    effort
        How much the search may do; 1 is some CPU seconds.
    random_state
        Seed of the search.

    Returns
    -------
    StreetPlan; `objective` is the total cost of all tours, `bound` what no plan can be below.

    Raises
    ------
    DataError
        When the table or a number cannot be used.
    InfeasibleError
        When a street asks for more than a unit has, cannot be reached, or the units are too few.

    References
    ----------
    Golden and Wong (1981), Capacitated arc routing problems, doi:10.1002/net.3230110308.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import street_routes
    >>> edges = pd.DataFrame({"source": [0, 1, 0], "target": [1, 2, 2], "cost": [2, 3, 4], "demand": [1, 1, 1]})
    >>> plan = street_routes(edges, 0, 2)
    >>> plan.objective, len(plan.units)
    (13.0, 2)
    """
    begun = time.process_time()
    check_positive(capacity, "capacity")
    check_number(effort, "effort", least=0)
    seed, net = check_seed(random_state), _read(edges, depot, capacity)
    least = max(1, math.ceil(net.demand.sum() / capacity * (1 - 1e-9)))
    units = min(least + SPARE, max(len(net.cost), 1)) if n_units is None else check_count(n_units, "n_units")
    if units < least:
        raise InfeasibleError(f"n_units={units} with capacity={capacity:g} serve less than the demand; {least} could.")
    visits = _visits(net, capacity, units)
    tours = Search(visits, net.lowest).run(steps_for(visits, STREET_WORK * effort), seed) if len(net.cost) else None
    made = [] if tours is None else [tours.order[k, 1 : size + 1] for k, size in enumerate(tours.size) if size]
    if sum(len(tour) for tour in made) < len(net.cost):
        raise InfeasibleError(f"No plan of {units} units was found that serves every street; allow more units.")
    routes, table = _tables(net, [_directed(net, tour) for tour in made])
    value = float(table["cost"].sum())
    bound = _bound(net, least)
    return StreetPlan(
        objective=value, bound=bound, status=OPTIMAL if same_value(value, bound) else HEURISTIC,
        runtime=time.process_time() - begun, routes=routes, units=table,
    )  # fmt: skip


def _read(edges: Any, depot: Any, capacity: float) -> _Net:
    check_columns(edges, ["source", "target", "cost", "demand"], "edges")
    numbers = {name: as_floats(edges[name], f"edges.{name}") for name in ("cost", "demand")}
    for name, values in numbers.items():
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise DataError(f"edges.{name} holds negative or missing values; they are numbers of 0 or more.")
    if edges[["source", "target"]].isna().to_numpy().any():
        raise DataError("edges: source and target must name a node in every row.")
    over = numbers["demand"] > capacity * (1 + 1e-9)
    if over.any():
        first = edges.index[int(np.argmax(over))]
        raise InfeasibleError(f"{over.sum()} streets ask for more than capacity={capacity:g} (first: {first!r}).")
    codes, nodes = pd.factorize(np.r_[edges["source"].to_numpy(), edges["target"].to_numpy()])
    ends, known = codes.reshape(2, -1).T.astype(np.int64), pd.Index(nodes)
    if depot not in known:
        raise DataError(f"depot={depot!r} is no end of any street.")
    at = int(known.get_loc(depot))
    loops = ends[:, 0] != ends[:, 1]
    both = np.vstack([ends[loops], ends[loops][:, ::-1]])
    graph = least_csr(both[:, 0], both[:, 1], np.tile(numbers["cost"][loops], 2), (len(known), len(known)))
    ways, must = dijkstra(graph), numbers["demand"] > 0
    lost = must & ~np.isfinite(ways[at, ends[:, 0]])
    if lost.any():
        first = edges.index[int(np.argmax(lost))]
        raise InfeasibleError(f"{lost.sum()} streets cannot be reached from the depot (first: {first!r}).")
    cost = numbers["cost"][must]
    lowest = max(float(cost.sum()), 1e-9)
    return _Net(edges.index[must], known, ends[must], cost, numbers["demand"][must], ways, at, lowest)


def _visits(net: _Net, capacity: float, units: int) -> Visits:
    """Return each street as two visits, one a direction, of which one must be made."""
    m = len(net.cost)
    begins = np.r_[net.ends[:, 0], net.ends[:, 1], net.depot]
    stops = np.r_[net.ends[:, 1], net.ends[:, 0], net.depot]
    far = 4.0 * (net.lowest + m * float(np.where(np.isfinite(net.ways), net.ways, 0.0).max()) + 1.0)
    load = np.tile(net.demand, 2)
    worth = far * (0.5 + net.demand / max(float(net.demand.max(initial=0.0)), 1e-12))
    return Visits(
        travel=np.ascontiguousarray(net.ways[np.ix_(stops, begins)])[None],
        spot=np.r_[np.arange(2 * m), np.full(2 * units, 2 * m)].astype(np.int64),
        group=np.tile(np.arange(m), 2), worth=worth[:, None], stay=np.zeros(2 * m + 2 * units),
        early=np.zeros(2 * m + 2 * units), late=np.full(2 * m + 2 * units, 1e12), load=load,
        able=np.ones((units, 2 * m), bool), kind=np.zeros(units, np.int64), room=np.full(units, float(capacity)),
        alike=np.zeros(units, np.int64), toll=1.0,
    )  # fmt: skip


def _directed(net: _Net, tour: Ints) -> Ints:
    """Return the tour with the best direction of each street, the order kept: a shortest path over two states."""
    m, depot = len(net.cost), net.depot
    ends = np.vstack([net.ends, net.ends[:, ::-1]])
    choices = np.column_stack([tour % m, tour % m + m])
    best, back = net.ways[depot, ends[choices[0], 0]], []
    for before, after in pairwise(choices):
        total = best[:, None] + net.ways[np.ix_(ends[before, 1], ends[after, 0])]
        back.append(total.argmin(axis=0))
        best = total.min(axis=0)
    side = int((best + net.ways[ends[choices[-1], 1], depot]).argmin())
    sides = [side]
    for came in reversed(back):
        sides.append(int(came[sides[-1]]))
    return choices[np.arange(len(tour)), sides[::-1]]


def _tables(net: _Net, tours: list[Ints]) -> tuple[pd.DataFrame, pd.DataFrame]:
    m, rows, units = len(net.cost), [], []
    ends = np.vstack([net.ends, net.ends[:, ::-1]])
    for unit, tour in enumerate(tours, 1):
        at, total = net.depot, 0.0
        for order, arc in enumerate(tour.tolist(), 1):
            edge, (begin, stop) = arc % m, ends[arc]
            way = float(net.ways[at, begin])
            rows.append([f"{unit}-{order:02d}", unit, order, net.labels[edge], net.nodes[begin], net.nodes[stop],
                         net.cost[edge], net.demand[edge], way])  # fmt: skip
            at, total = stop, total + way + float(net.cost[edge])
        back = float(net.ways[at, net.depot])
        units.append([unit, len(tour), float(net.demand[tour % m].sum()), back, total + back])
    names = ["id", "unit", "order", "edge", "source", "target", "cost", "demand", "way"]
    routes = pd.DataFrame(rows, columns=names).astype({"cost": float, "demand": float, "way": float})
    table = pd.DataFrame(units, columns=["unit", "streets", "demand", "back", "cost"]).set_index("unit")
    return routes, table.astype({"back": float, "cost": float, "demand": float})


def _bound(net: _Net, least: int) -> float:
    """Return what no plan can be below: the streets themselves, and the ways that odd corners or the depot ask for.

    A tour enters a node as often as it leaves it, so that every node with an odd number of streets is the end of a way
    without service, which leads to another such node; and `least` units pass the depot's streets twice each.
    """
    streets = np.bincount(net.ends.ravel(), minlength=len(net.nodes))
    odd = np.flatnonzero(streets % 2)
    apart = net.ways[np.ix_(odd, odd)] + np.diag(np.full(len(odd), np.inf))
    corners = 0.5 * float(apart.min(axis=1).sum()) if len(odd) else 0.0
    leave = net.ways[net.depot][np.arange(len(net.nodes)) != net.depot]
    depot = max(0, 2 * least - int(streets[net.depot])) * float(leave.min(initial=np.inf) if len(leave) else 0.0)
    return float(net.cost.sum()) + max(corners, depot if np.isfinite(depot) else 0.0)
