"""Shortest paths on the travel graph, compiled: a binary heap, Voronoi regions, minutes from a centre.

The graph is the CSR triple `indptr, indices, minutes`; `keys, values` are the heap, at least one longer than the
number of its edges plus that of its seeds.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import kernel, lean, lean_kernel

FAR = np.inf


class Graph(NamedTuple):
    """A symmetric travel graph as plain arrays, as the compiled functions want it."""

    indptr: Array
    indices: Array
    minutes: Floats

    @classmethod
    def of(cls, minutes: sparse.csr_matrix) -> "Graph":
        """Return the arrays of a CSR matrix, neighbours in ascending order."""
        matrix = sparse.csr_matrix(minutes, copy=True)
        matrix.sort_indices()
        return cls(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data.astype(float))


@lean
def push(keys, values, size, key, value):  # type: ignore[no-untyped-def]
    """Add an entry to the heap and return its new size."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] <= key:
            break
        keys[at], values[at] = keys[up], values[up]
        at = up
    keys[at], values[at] = key, value
    return size + 1


@lean
def drop_top(keys, values, size):  # type: ignore[no-untyped-def]
    """Remove the least entry of the heap and return its new size."""
    size -= 1
    key, value, at = keys[size], values[size], 0
    while True:
        down = 2 * at + 1
        if down >= size:
            break
        if down + 1 < size and keys[down + 1] < keys[down]:
            down += 1
        if keys[down] >= key:
            break
        keys[at], values[at] = keys[down], values[down]
        at = down
    keys[at], values[at] = key, value
    return size


@kernel
def new_heap(graph, n_seeds):  # type: ignore[no-untyped-def]
    """Return the two arrays of an empty heap."""
    size = len(graph.indices) + n_seeds + 1
    return np.empty(size), np.empty(size, np.int64)


@lean_kernel
def voronoi(graph, seeds, offsets, area, dist, keys, values):  # type: ignore[no-untyped-def]
    """Give each unit to the seed with the least offset + minutes; regions are connected, a seed keeps itself."""
    for i in range(len(area)):
        dist[i], area[i] = FAR, -1
    size = 0
    for j in range(len(seeds)):
        area[seeds[j]] = j
        dist[seeds[j]] = -FAR  # no path may take a seed from its own region
        size = push(keys, values, size, offsets[j], seeds[j])
    while size > 0:
        key, u = keys[0], values[0]
        size = drop_top(keys, values, size)
        if key > dist[u] and dist[u] != -FAR:
            continue
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v, reached = graph.indices[e], key + graph.minutes[e]
            if reached < dist[v]:
                dist[v], area[v] = reached, area[u]
                size = push(keys, values, size, reached, v)
    for j in range(len(seeds)):
        dist[seeds[j]] = offsets[j]


@lean
def reach_area(graph, source, area, own, n_own, margin, dist, seen, keys, values):  # type: ignore[no-untyped-def]
    """Fill `dist` around `source` until all `n_own` units of area `own` are met, then on to `margin` times as far.

    `dist` is infinite at entry; returns how many units `seen` lists and the minutes to the farthest own unit.
    """
    dist[source] = 0.0
    size, met, count, farthest = push(keys, values, 0, 0.0, source), 0, 0, FAR
    while size > 0:
        key, u = keys[0], values[0]
        size = drop_top(keys, values, size)
        if key > dist[u]:
            continue
        if met >= n_own and key > farthest * margin:
            dist[u] = FAR
            continue
        seen[count] = u
        count += 1
        if area[u] == own:
            met += 1
            if met == n_own:
                farthest = key
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v, reached = graph.indices[e], key + graph.minutes[e]
            if reached < dist[v]:
                dist[v] = reached
                size = push(keys, values, size, reached, v)
    return count, farthest


class Goal(NamedTuple):
    """What the minutes to a unit cost.

    Parameters
    ----------
    limit, late
        A unit beyond `limit` minutes costs `late` minutes more.
    worst, far
        Every unit, whatever its workload, costs `far` times (minutes / worst) to the eighth power besides.
    """

    limit: float
    late: float
    worst: float
    far: float


TRAVEL = Goal(np.inf, 0.0, 1.0, 0.0)  # minutes alone


@lean
def toll(minutes, weight, goal):  # type: ignore[no-untyped-def]
    """Return what the minutes to a unit of this workload cost."""
    cost = weight * minutes
    if minutes > goal.limit:
        cost += weight * goal.late
    if goal.far > 0:
        ratio = (minutes / goal.worst) * (minutes / goal.worst)
        cost += goal.far * ratio * ratio * ratio * ratio
    return cost


@kernel
def tolls(near, weight, goal):  # type: ignore[no-untyped-def]
    """Return what a unit of workload costs by its minutes from each centre, shape (units, areas)."""
    cost = np.empty_like(near)
    for i in range(near.shape[0]):
        for j in range(near.shape[1]):
            cost[i, j] = toll(near[i, j], weight[i], goal) / weight[i]
    return cost


@lean
def cost_from(  # type: ignore[no-untyped-def]
    graph, source, weight, area, own, n_own, load, limit, goal, dist, seen, keys, values
):
    """Return what area `own` costs from `source`, infinite where that is `limit` or more; `dist` is left infinite.

    Whatever is left of the area's `load` is no nearer than the unit just met, which most often shows early that a
    source is no better.
    """
    dist[source] = 0.0
    size, met, count, cost, left = push(keys, values, 0, 0.0, source), 0, 0, 0.0, load
    while size > 0 and met < n_own and cost + left * keys[0] < limit:
        key, u = keys[0], values[0]
        size = drop_top(keys, values, size)
        if key > dist[u]:
            continue
        seen[count] = u
        count += 1
        if area[u] == own:
            met += 1
            left -= weight[u]
            cost += toll(key, weight[u], goal)
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v, reached = graph.indices[e], key + graph.minutes[e]
            if reached < dist[v]:
                dist[v] = reached
                size = push(keys, values, size, reached, v)
    for t in range(size):
        dist[values[t]] = FAR
    for t in range(count):
        dist[seen[t]] = FAR
    return FAR if size > 0 and met < n_own else cost


@kernel
def recenter(graph, weight, area, centers, n_pinned, max_steps, goal):  # type: ignore[no-untyped-def]
    """Move each centre but the first `n_pinned`, in place, to better neighbours in its area, step by step."""
    n, k = len(weight), len(centers)
    n_own, load = np.bincount(area, minlength=k), np.zeros(k)
    for i in range(n):
        if area[i] < k:
            load[area[i]] += weight[i]
    dist, seen, tried = np.full(n, FAR), np.empty(n, np.int64), np.zeros(n, np.bool_)
    keys, values = new_heap(graph, 1)
    for j in range(n_pinned, k):
        here = centers[j]
        best = cost_from(graph, here, weight, area, j, n_own[j], load[j], FAR, goal, dist, seen, keys, values)
        tried[here] = True
        for _ in range(max_steps):
            here, to = centers[j], -1
            for e in range(graph.indptr[here], graph.indptr[here + 1]):
                v = graph.indices[e]
                if area[v] == j and not tried[v]:
                    tried[v] = True
                    least = best * (1 - 1e-12)
                    cost = cost_from(
                        graph, v, weight, area, j, n_own[j], load[j], least, goal, dist, seen, keys, values
                    )
                    if cost < least:
                        best, to = cost, v
            if to < 0:
                break
            centers[j] = to


@kernel
def minutes_near(graph, centers, area, margin):  # type: ignore[no-untyped-def]
    """Return minutes to units from each centre, shape (n, areas), to `margin` times its farthest own, else infinite."""
    n, k = len(area), len(centers)
    n_own = np.bincount(area, minlength=k)
    near = np.full((n, k), np.float32(FAR), np.float32)
    dist, seen = np.full(n, FAR), np.empty(n, np.int64)
    keys, values = new_heap(graph, 1)
    for j in range(k):
        count, _ = reach_area(graph, centers[j], area, j, n_own[j], margin, dist, seen, keys, values)
        for t in range(count):
            near[seen[t], j] = dist[seen[t]]
            dist[seen[t]] = FAR
    return near


@kernel
def minutes_own(graph, centers, area):  # type: ignore[no-untyped-def]
    """Return the minutes of each unit from the centre of its own area, shape (n,)."""
    n, k = len(area), len(centers)
    n_own = np.bincount(area, minlength=k)
    dist, seen, own = np.full(n, FAR), np.empty(n, np.int64), np.full(n, FAR)
    keys, values = new_heap(graph, 1)
    for j in range(k):
        count, _ = reach_area(graph, centers[j], area, j, n_own[j], 1.0, dist, seen, keys, values)
        for t in range(count):
            if area[seen[t]] == j:
                own[seen[t]] = dist[seen[t]]
            dist[seen[t]] = FAR
    return own


def pieces(graph: Graph, area: Ints) -> tuple[int, Ints]:
    """Return the number of connected pieces all areas fall into, and the piece of each unit."""
    n = len(area)
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    inside = area[rows] == area[graph.indices]
    same = sparse.csr_matrix((np.ones(inside.sum()), (rows[inside], graph.indices[inside])), shape=(n, n))
    count, piece = connected_components(same, directed=False)
    return int(count), piece.astype(np.int64)


def heaviest_units(area: Ints, weight: Floats, k: int) -> Ints:
    """Return the heaviest unit of each of the first `k` areas, the first of equals."""
    order = np.lexsort((np.arange(len(area)), -weight, area))
    return order[np.searchsorted(area[order], np.arange(k))].astype(np.int64)
