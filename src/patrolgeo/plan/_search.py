"""Better borders: single units cross from one area to the next while every area stays connected (annealing)."""

import numpy as np
from numba import njit


@njit(cache=True)
def can_leave(unit, graph, area, mark, stamp, queue):  # type: ignore[no-untyped-def]
    """Return whether the area of `unit` is not empty and stays connected without it.

    Nearly always the neighbours of the unit touch each other around it; otherwise a search goes on until all of
    them are met.
    """
    own, need, first = area[unit], 0, -1
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        v = graph.indices[e]
        if area[v] == own:
            need += 1
            first = v
            mark[v] = -stamp
    if need <= 1:
        return need == 1
    mark[unit] = mark[first] = stamp
    queue[0] = first
    met, head, tail = 1, 0, 1
    while head < tail:  # among the neighbours only
        u = queue[head]
        head += 1
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[e]
            if mark[v] == -stamp:
                mark[v] = stamp
                met += 1
                queue[tail] = v
                tail += 1
    head = 0
    while head < tail and met < need:  # through the whole area
        u = queue[head]
        head += 1
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[e]
            if area[v] == own and mark[v] != stamp:
                if mark[v] == -stamp:
                    met += 1
                mark[v] = stamp
                queue[tail] = v
                tail += 1
    return met == need


@njit(cache=True)
def _update_border(unit, graph, area, border, place, n_border):  # type: ignore[no-untyped-def]
    inside = place[unit] < 0
    touches = False
    for e in range(graph.indptr[unit], graph.indptr[unit + 1]):
        touches |= area[graph.indices[e]] != area[unit]
    if touches and inside:
        place[unit] = n_border
        border[n_border] = unit
        return n_border + 1
    if not touches and not inside:
        last = border[n_border - 1]
        border[place[unit]] = last
        place[last] = place[unit]
        place[unit] = -1
        return n_border - 1
    return n_border


@njit(cache=True)
def _excess(load, mean, tolerance):  # type: ignore[no-untyped-def]
    """Return what an area's imbalance costs: its square, and more beyond the tolerance."""
    off = abs(load / mean - 1.0)
    return off * off + 0.3 * max(0.0, off - tolerance)


@njit(cache=True)
def anneal(graph, weight, near, area, centers, tolerance, n_steps, hot, cold, cut_weight, penalty, seed):  # type: ignore[no-untyped-def]
    """Move border units between areas, in place, accepting worse moves ever more rarely.

    Cost: weighted minutes from the centres (`near`, areas x units, in means of an area) + `cut_weight` for each cut
    pair (in mean units) + `penalty` times the squared imbalance. Centres and last units stay where they are.
    """
    np.random.seed(seed)
    n, k = len(area), len(centers)
    mean = weight.sum() / k
    load = np.zeros(k)
    total = 0.0
    for i in range(n):
        load[area[i]] += weight[i]
        total += weight[i] * near[area[i], i]
    per_minute = k / total if total > 0 else 0.0
    unit_share = k / n
    border, place, n_border = np.empty(n, np.int64), np.full(n, -1), 0
    for i in range(n):
        n_border = _update_border(i, graph, area, border, place, n_border)
    mark, queue, stamp = np.zeros(n, np.int64), np.empty(n + 1, np.int64), 0
    cooling = (cold / hot) ** (1.0 / max(n_steps, 1))
    temperature = hot * unit_share
    for _ in range(n_steps):
        temperature *= cooling
        if n_border == 0:
            break
        unit = border[np.random.randint(n_border)]
        a = area[unit]
        begin, end = graph.indptr[unit], graph.indptr[unit + 1]
        b = area[graph.indices[begin + np.random.randint(end - begin)]]
        if a == b or unit == centers[a]:
            continue
        cut = 0
        for e in range(begin, end):
            cut += (area[graph.indices[e]] == a) - (area[graph.indices[e]] == b)
        w = weight[unit]
        change = w * (near[b, unit] - near[a, unit]) * per_minute + cut_weight * cut * unit_share
        change += penalty * (
            _excess(load[a] - w, mean, tolerance) - _excess(load[a], mean, tolerance)
            + _excess(load[b] + w, mean, tolerance) - _excess(load[b], mean, tolerance)
        )  # fmt: skip
        if change > 0 and np.random.random() >= np.exp(-change / temperature):
            continue
        stamp += 1
        if not can_leave(unit, graph, area, mark, stamp, queue):
            continue
        area[unit] = b
        load[a] -= w
        load[b] += w
        n_border = _update_border(unit, graph, area, border, place, n_border)
        for e in range(begin, end):
            n_border = _update_border(graph.indices[e], graph, area, border, place, n_border)
