"""Units joined into groups for the search: their work and rules are summed, the ways between them found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.districts.graph import Graph
from patrolgeo.plan.optimise.districts.task import Task


def crossings(graph: Graph, group: Ints) -> Ints:
    """Return the edges that lead from one group to another: position of the edge, unit here, unit there."""
    rows = np.repeat(np.arange(len(group)), np.diff(graph.indptr))
    edge = np.flatnonzero(group[rows] != group[graph.indices])
    return np.stack([edge, rows[edge], graph.indices[edge]])


def ways_between(graph: Graph, group: Ints, dist: Floats, n_groups: int) -> sparse.csr_matrix:
    """Return the minutes between neighbouring groups: the shortest way from head to head over their border.

    `dist` is the minutes of each unit from the head of its group.
    """
    edge, i, j = crossings(graph, group)
    way = dist[i] + graph.minutes[edge] + dist[j]
    order = np.lexsort((way, group[j], group[i]))
    a, b, way = group[i][order], group[j][order], way[order]
    first = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)][: len(a)]
    return sparse.csr_matrix((way[first], (a[first], b[first])), shape=(n_groups, n_groups))


def sums_of(values: Floats, group: Ints, n_groups: int) -> Floats:
    """Return the sums of each column by group, shape (groups, columns)."""
    return np.column_stack([np.bincount(group, column, n_groups) for column in values.T])


def minutes_within(graph: Graph, group: Ints, heads: Ints) -> Floats:
    """Return the minutes of each unit from the head of its group, on ways inside the group."""
    n = len(group)
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    inside = group[rows] == group[graph.indices]
    ways = sparse.csr_matrix((graph.minutes[inside], (rows[inside], graph.indices[inside])), shape=(n, n))
    minutes: Floats = dijkstra(ways, directed=False, indices=heads, min_only=True)
    return minutes


def join_task(task: Task, group: Ints, heads: Ints) -> Task:
    """Return the task of groups in place of units; its smallest area is one group, what was asked is checked later.

    A side of border between groups costs what its sides between units cost together. The area of today of a group is
    that of most of it; what lies elsewhere has changed, whatever the plan, and is taken off what may change.
    """
    n = len(heads)
    edge, i, j = crossings(task.graph, group)
    price = np.ones(len(task.graph.indices)) if task.prices is None else task.prices.data.astype(float)
    prices = sparse.csr_matrix((price[edge], (group[i], group[j])), shape=(n, n))
    minutes = ways_between(task.graph, group, minutes_within(task.graph, group, heads), n)
    today = None if task.current is None else mostly(task, task.current, group, n)
    changed = 0.0 if today is None else task.changed(today[group])
    return replace(
        task, weight=np.bincount(group, task.weight, n).astype(float), graph=Graph.of(minutes), prices=prices,
        current=today,
        anchors=group[task.anchors], fixed=np.unique(group[task.fixed]), min_units=1,
        forbidden=np.unique(np.sort(group[task.forbidden], axis=1), axis=0),
        change_share=None if task.change_share is None else np.bincount(group, task.change_share, n).astype(float),
        max_change=task.max_change - changed,
    )  # fmt: skip


def mostly(task: Task, current: Ints, group: Ints, n_groups: int) -> Ints:
    """Return the area of today that holds most of each group; anchors and fixed units decide for theirs."""
    n = len(group)
    share = np.full(n, 1 / n) if task.change_share is None else task.change_share + 1e-9
    held = np.zeros(n)
    held[np.r_[task.anchors, task.fixed]] = 2.0 * n
    by_area = sparse.csr_matrix((share + held, (group, current)), shape=(n_groups, task.n_areas))
    return np.asarray(by_area.argmax(axis=1)).ravel().astype(np.int64)
