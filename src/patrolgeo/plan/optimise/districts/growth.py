"""A first plan: spread the centres over the workload, then let each area grow or shrink until workloads meet."""

import numpy as np

from patrolgeo.compiled import kernel, lean
from patrolgeo.plan.optimise.districts.graph import FAR, TRAVEL, drop_top, new_heap, push, recenter, voronoi

DRAWS = 6  # candidates tried for each new centre
STEP = 0.7
DECAY = 1.5


@lean
def _gain(graph, source, weight, dist, keep, keys, values, seen, old):  # type: ignore[no-untyped-def]
    """Return how much weighted distance a centre at `source` saves; `dist` is lowered for good only when `keep`."""
    size, count = push(keys, values, 0, 0.0, source), 1
    seen[0], old[0] = source, dist[source]
    saved = weight[source] * np.sqrt(dist[source])
    dist[source] = 0.0
    while size > 0:
        key, u = keys[0], values[0]
        size = drop_top(keys, values, size)
        if key > dist[u]:
            continue
        for e in range(graph.indptr[u], graph.indptr[u + 1]):
            v, reached = graph.indices[e], key + graph.minutes[e]
            if reached < dist[v]:
                seen[count], old[count] = v, dist[v]
                count += 1
                saved += weight[v] * (np.sqrt(dist[v]) - np.sqrt(reached))
                dist[v] = reached
                size = push(keys, values, size, reached, v)
    if not keep:
        for t in range(count - 1, -1, -1):  # backwards, so that a unit lowered twice ends at its first value
            dist[seen[t]] = old[t]
    return saved


@kernel
def spread_seeds(graph, weight, n_seeds, anchors, seed):  # type: ignore[no-untyped-def]
    """Draw centres one by one, likelier where much work is far from one; of several draws the best is kept.

    The `anchors` come first. The root of the minutes counts, so that dense places get the many centres that equal
    workloads will ask for.
    """
    np.random.seed(seed)
    n = len(weight)
    seeds = np.empty(n_seeds, np.int64)
    dist = np.full(n, FAR)
    keys, values = new_heap(graph, 1)
    seen, old = np.empty(len(keys), np.int64), np.empty(len(keys))
    given = len(anchors)
    for j in range(given):
        seeds[j] = anchors[j]
    if given == 0:
        given = 1
        seeds[0] = min(n - 1, np.searchsorted(np.cumsum(weight), np.random.random() * weight.sum(), side="right"))
    for j in range(given):
        _gain(graph, seeds[j], weight, dist, True, keys, values, seen, old)
    for j in range(given, n_seeds):
        left = np.cumsum(weight * np.sqrt(dist))
        best, most = -1, -1.0
        for _ in range(DRAWS):
            c = min(n - 1, np.searchsorted(left, np.random.random() * left[-1], side="right"))
            gain = _gain(graph, c, weight, dist, False, keys, values, seen, old)
            if gain > most:
                best, most = c, gain
        seeds[j] = best
        _gain(graph, best, weight, dist, True, keys, values, seen, old)
    return seeds


@kernel
def grow_evenly(graph, weight, centers, offsets, n_pinned, first, last, n_passes):  # type: ignore[no-untyped-def]
    """Return areas and centres after shifting the borders towards equal workloads (Voronoi regions with offsets).

    Of `n_passes` those from `first` to before `last` are made; `centers` and `offsets` are left as they stand then.

    An overloaded area gets a later start, an idle one an earlier start, in steps that shrink; every third pass the
    centres but the first `n_pinned` move to the middle of their workload. The most even pass of the second half is
    kept, or where none was made the last one.
    """
    n, k = len(weight), len(centers)
    area, dist = np.empty(n, np.int64), np.empty(n)
    keys, values = new_heap(graph, k)
    mean = weight.sum() / k
    best_area, best_centers, least = area.copy(), centers.copy(), FAR
    for p in range(first, last):
        voronoi(graph, centers, offsets, area, dist, keys, values)
        load, minutes = np.zeros(k), np.zeros(k)
        for i in range(n):
            load[area[i]] += weight[i]
            minutes[area[i]] += weight[i] * (dist[i] - offsets[area[i]])
        if p < n_passes // 2 or load.max() < least:
            least = FAR if p < n_passes // 2 else load.max()
            best_area, best_centers = area.copy(), centers.copy()
        middle = 0.0
        for j in range(k):
            step = minutes[j] / load[j] * STEP / (1 + p * DECAY / n_passes)
            offsets[j] += step * min(load[j] / mean - 1, 1.0)
            middle += offsets[j]
        for j in range(k):
            offsets[j] -= middle / k
        if p < 0.7 * n_passes and p % 3 == 2:
            recenter(graph, weight, area, centers, n_pinned, 1, TRAVEL)
    return best_area, best_centers
