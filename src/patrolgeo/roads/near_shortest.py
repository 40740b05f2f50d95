"""The shortest ways between two nodes, one after the other, without a node twice."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import inner, kernel

MOST_LOOKED_AT = 1_000_000  # beginnings of ways looked at for one trip; far more than roads need


class Arcs(NamedTuple):
    """Arcs that leave node v: ``start[v]:start[v + 1]``, with where they lead and their minutes."""

    start: Ints
    head: Ints
    minutes: Floats


@kernel
def near_shortest(
    arcs: Arcs, origin: int, destination: int, ahead: Floats, n_ways: int, limit: float
) -> tuple[Ints, Ints, Floats]:
    """Return up to `n_ways` shortest ways of at most `limit` minutes: ends (flat), arcs, minutes; shortest first.

    Beginnings of ways are taken in the order of their least possible length: minutes so far plus the minutes still
    `ahead` (the exact shortest ones from every node). So whole ways come out in the order of their length, and hardly a
    beginning is looked at that belongs to none of them.
    """
    node, back, arc, length = [origin], [-1], [-1], [0.0]
    waiting, found = [(ahead[origin], 0)], [0][:0]
    while waiting and len(found) < n_ways and len(node) < MOST_LOOKED_AT:
        _, at = heappop(waiting)
        if node[at] == destination:
            found.append(at)
            continue
        for e in range(arcs.start[node[at]], arcs.start[node[at] + 1]):
            so_far, to = length[at] + arcs.minutes[e], arcs.head[e]
            if so_far + ahead[to] <= limit and not _passed(to, at, node, back):
                heappush(waiting, (so_far + ahead[to], len(node)))
                node.append(to)
                back.append(at)
                arc.append(e)
                length.append(so_far)
    return _unrolled(found, back, arc, length)


@inner
def _passed(wanted: int, at: int, node: list[int], back: list[int]) -> bool:
    while at >= 0:
        if node[at] == wanted:
            return True
        at = back[at]
    return False


@inner
def _unrolled(
    found: list[int], back: list[int], arc: list[int], length: list[float]
) -> tuple[Ints, Ints, Floats]:  # fmt: skip
    ends, steps, minutes = np.zeros(len(found) + 1, np.int64), [0][:0], np.zeros(len(found))
    for k in range(len(found)):
        minutes[k], at, way = length[found[k]], found[k], [0][:0]
        while back[at] >= 0:
            way.append(arc[at])
            at = back[at]
        steps.extend(way[::-1])
        ends[k + 1] = len(steps)
    return ends, np.array(steps, np.int64), minutes
