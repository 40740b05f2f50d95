"""Enclaves and necks: areas that one other encloses, units by which an area hangs together; counted and mended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Bools, Ints
from patrolgeo.compiled import kernel
from patrolgeo.plan.optimise.districts.anneal import Round
from patrolgeo.plan.optimise.districts.graph import Graph, pieces
from patrolgeo.plan.optimise.districts.solve import COLD, Division, anneal_from
from patrolgeo.plan.optimise.districts.task import Task

# Tells whether the units of the first lie within the units of the second, apart from the edge of all.
Inside = Callable[[Ints, Ints], bool]

DEAR = 1000.0  # what a neck costs while it is mended, in mean units: neither travel nor balance outweighs it
MENDING = (
    Round(0.25, COLD, 300.0, 0.5, DEAR), Round(0.12, COLD, 300.0, 0.5, DEAR),
    Round(0.5, COLD, 300.0, 0.7, DEAR, focus=True),
)  # fmt: skip
TURNS = 6


@kernel
def cut_units(graph, area):  # type: ignore[no-untyped-def]
    """Return which units cut their area when they are taken out (articulation points; Tarjan 1972), shape (n,)."""
    n = len(area)
    cut, above, at = np.zeros(n, np.bool_), np.full(n, -1), graph.indptr[:-1].copy()
    met, low, clock = np.zeros(n, np.int64), np.zeros(n, np.int64), 0
    for root in range(n):
        if met[root] > 0:
            continue
        u, branches, clock = root, 0, clock + 1
        met[u] = low[u] = clock
        while u >= 0:
            if at[u] < graph.indptr[u + 1]:
                v = graph.indices[at[u]]
                at[u] += 1
                if area[v] != area[u]:
                    continue
                if met[v] > 0:
                    low[u] = min(low[u], met[v])
                else:
                    clock += 1
                    met[v] = low[v] = clock
                    above[v], u = u, v
                continue
            v, u = u, above[u]
            if u == root:
                branches += 1
                low[u] = min(low[u], low[v])
            elif u >= 0:
                cut[u] |= low[v] >= met[u]
                low[u] = min(low[u], low[v])
        cut[root] = branches > 1
    return cut


def necks(graph: Graph, area: Ints) -> Bools:
    """Return which units cut their area but not the study area itself, whose narrows no plan can help, shape (n,)."""
    narrows = cut_units(graph, np.zeros(len(area), np.int64))
    return np.asarray(cut_units(graph, area) & ~narrows)


def enclaves(graph: Graph, area: Ints, inside: Inside) -> list[tuple[Ints, int]]:
    """Return the units of each piece that one other area encloses, and that area."""
    piece = pieces(graph, area)[1]
    rows = np.repeat(np.arange(len(area)), np.diff(graph.indptr))
    beside = np.unique(np.stack([piece[rows], area[graph.indices]])[:, area[rows] != area[graph.indices]], axis=1)
    alone, first, count = np.unique(beside[0], return_index=True, return_counts=True)
    found = []
    for one, around in zip(alone[count == 1], beside[1, first[count == 1]], strict=True):
        units = np.flatnonzero(piece == one)
        if inside(units, np.flatnonzero(area == around)):
            found.append((units, int(around)))
    return found


def mend(task: Task, area: Ints, centers: Ints, inside: Inside, seed: int) -> Division:
    """Return the areas with the fewest enclaves and necks that were found; of those, the most even.

    Enclaves are opened along the shortest way out; then the borders are annealed with a price on necks that nothing
    outweighs. All rules of the task are kept; the balance is too where that is possible.
    """
    limit = max(_off(task, area), 0.0 if task.tolerance is None else task.tolerance)
    best, least, plan = (area, centers), _faults(task, area, inside, limit), (area, centers)
    for turn in range(TURNS):
        if least <= (0, 0.0):
            break
        plan = anneal_from(task, _opened(task, *plan, inside), plan[1], seed + 100 + turn, MENDING)
        kept = len(task.together(plan[0])) == 0 and task.changed(plan[0]) <= task.max_change + 1e-9
        if kept and (faults := _faults(task, plan[0], inside, limit)) < least:
            best, least = plan, faults
    return best


def _faults(task: Task, area: Ints, inside: Inside, limit: float) -> tuple[int, float]:
    """Return how many enclaves and necks there are, and how far an area is beyond the limit of the balance."""
    count = int(necks(task.graph, area).sum()) + len(enclaves(task.graph, area, inside))
    return count, 0.0 if task.tolerance is None else max(0.0, _off(task, area) - limit - 1e-9)


def _off(task: Task, area: Ints) -> float:
    load = np.bincount(area, task.weight, task.n_areas)
    return float(np.abs(load / load.mean() - 1).max())


def _opened(task: Task, area: Ints, centers: Ints, inside: Inside) -> Ints:
    """Return the areas with each enclave led out: the way through the area around it to a third one becomes its own."""
    area = area.copy()
    for units, around in enclaves(task.graph, area, inside):
        way = _way_out(task.graph, area, units, around)
        held = np.isin(way, np.r_[centers, task.fixed, task.anchors])
        opened = area.copy()
        opened[way] = area[units[0]]
        if len(way) and not held.any() and pieces(task.graph, opened)[0] <= pieces(task.graph, area)[0]:
            area = opened
    return area


def _way_out(graph: Graph, area: Ints, units: Ints, around: int) -> Ints:
    """Return the units of the area around that lie on the shortest way from the enclave to a third area."""
    passes = (area == around) | np.isin(np.arange(len(area)), units)
    rows = np.repeat(np.arange(len(area)), np.diff(graph.indptr))
    inner = passes[rows] & passes[graph.indices]
    ends = np.unique(rows[(area[rows] == around) & ~passes[graph.indices]])
    if not len(ends):
        return np.empty(0, np.int64)
    shape = (len(area), len(area))
    ways = sparse.csr_matrix((graph.minutes[inner], (rows[inner], graph.indices[inner])), shape=shape)
    minutes, before, _ = dijkstra(ways, directed=False, indices=units, min_only=True, return_predecessors=True)
    unit, way = int(ends[np.argmin(minutes[ends])]), []
    while unit >= 0 and area[unit] == around:
        way.append(unit)
        unit = int(before[unit])
    return np.asarray(way, np.int64)
