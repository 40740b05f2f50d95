"""Families of zones for the scan statistics: growing circles, ellipses and hexagon rings, as lists of rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from patrolgeo._typing import Array, Bools, CellIds, Floats, Ints
from patrolgeo.errors import PatrolgeoWarning
from patrolgeo.grid import neighbors

MOST_ENTRIES = 20_000_000  # of all lists together: 80 MB
STRETCHES = {1.5: 4, 2.0: 6, 3.0: 9, 4.0: 12, 5.0: 15}  # long axis over short one, and in how many directions
_TIE = 1 + 1e-9


@dataclass(frozen=True)
class Zones:
    """Lists of rows, one after another: `starts` of each centre's, whether a zone `ends` there, `weight` of its ratio.

    Here a row is a unit. Ellipses bring several lists a unit.
    """

    rows: Ints
    starts: Ints
    ends: Bools
    weight: Floats

    def table(self, values: Array) -> Array:
        """Return values by unit, shape (n, ...), as values by row."""
        return values

    def members(self, centre: int, entry: int) -> Ints:
        """Return the positions of the units of the zone that ends at `entry`, ascending."""
        return np.sort(self.rows[self.starts[centre] : entry + 1])


@dataclass(frozen=True)
class RingZones(Zones):
    """Hexagon rings: a ring is six straight sides, each the difference of two running sums along lines of cells.

    `q` and `r` are the places of the units on the lattice; `orders` has a row for each direction of lines: the units
    line by line. A row of the table is a running sum, those of one direction below those of another.
    """

    q: Ints
    r: Ints
    orders: Ints

    def table(self, values: Array) -> Array:
        """Return the running sums along the three directions, each after a row of zeros."""
        nil = np.zeros((1, *values.shape[1:]), values.dtype)
        return np.concatenate([x for o in self.orders for x in (nil, values[o].cumsum(axis=0, dtype=values.dtype))])

    def members(self, centre: int, entry: int) -> Ints:
        """Return the positions of the units within the ring that ends at `entry`."""
        ring = (entry - self.starts[centre] - 1) // 12
        dq, dr = self.q - self.q[centre], self.r - self.r[centre]
        return np.flatnonzero(np.maximum(np.maximum(abs(dq), abs(dr)), abs(dq + dr)) <= ring)


def circles(points: Floats, share: Floats, max_share: float, max_units: int | None) -> Zones:
    """Return the circles around each point, shape (n, 2) or (n, 3); units at one distance come in together."""
    return _joined([_nearest(points, share, max_share, _room(len(points), 1, max_units), 1.0)])


def ellipses(xy: Floats, share: Floats, max_share: float, max_units: int | None) -> Zones:
    """Return circles and ellipses; the ratio of a long one counts less (Kulldorff et al. 2006, exponent 1/2)."""
    room = _room(len(xy), 1 + sum(STRETCHES.values()), max_units)
    found = [_nearest(xy, share, max_share, room, 1.0)]
    for stretch, directions in STRETCHES.items():
        weight = float(np.sqrt(4 * stretch / (stretch + 1) ** 2))
        for angle in np.arange(directions) * np.pi / directions:
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            found.append(_nearest(xy @ turn * [1.0, stretch], share, max_share, room, weight))
    return _joined(found)


def hop_rings(links: sparse.csr_matrix, share: Floats, max_share: float, max_units: int | None) -> Zones:
    """Return rings of neighbours around each unit: those one step away, two steps away, and so on."""
    n = links.shape[0]
    room = _room(n, 1, max_units)
    parts = []
    for centres in np.array_split(np.arange(n), max(n * n // MOST_ENTRIES, 1)):
        steps = csgraph.dijkstra(links, unweighted=True, indices=centres)
        parts.append(_ordered(steps, share, max_share, room))
    return _joined([_stacked(parts, 1.0)])


def lattice_rings(ids: CellIds, share: Floats, max_share: float, max_units: int | None) -> RingZones | None:
    """Return the hexagon rings around each H3 cell; None where the cells do not lie on one face of the icosahedron."""
    found = neighbors.axial(ids)
    if found is None:
        return None
    q, r = found
    reach = int(max(np.ptp(q), np.ptp(r), np.ptp(q + r)))
    if max_units is not None:
        reach = min(reach, int(np.sqrt(max_units / 3)) + 2)
    q, r = q - q.min() + reach + 2, r - r.min() + reach + 2
    rank = _ranks(q, r, (int(q.max()) + reach + 3, int(r.max()) + reach + 3))
    orders = np.argsort(rank[:, q, r], axis=1)
    bare = RingZones(**vars(_joined([])), q=q, r=r, orders=orders)
    steps, direction = _ring_steps(reach)
    table = bare.table(np.column_stack([share, np.full(len(ids), 1.0 / len(ids))]))
    most = np.array([max_share, (max_units or len(ids)) / len(ids)]) * _TIE
    parts = []
    for centres in np.array_split(np.arange(len(ids)), max(len(ids) * len(steps) // (MOST_ENTRIES // 4), 1)):
        at = rank[direction, q[centres, None] + steps[:, 0], r[centres, None] + steps[:, 1]]
        gain = table[at]
        gain[:, 1::2] *= -1
        at[:, 1::2] = ~at[:, 1::2]
        fits = (np.cumsum(gain, axis=1) <= most).all(axis=2) & (np.arange(len(steps)) % 12 == 1)
        parts.append(_cut(at, fits))
    return RingZones(**vars(_joined([_stacked(parts, 1.0)])), q=q, r=r, orders=orders)


def _ranks(q: Ints, r: Ints, box: tuple[int, int]) -> Ints:
    """Return the row of the running sum at each place of the box, by direction of the lines, shape (3, *box).

    It is how many cells come no later when places are gone through line by line, after the rows of other directions.
    """
    here = np.zeros(box, bool)
    here[q, r] = True
    rows, columns = np.indices(box)
    ranks: Array = np.empty((3, *box), np.int32)
    for d, walk in enumerate([(rows, columns), (columns, rows), (-rows, rows + columns)]):
        order = np.lexsort([key.ravel() for key in walk])
        ranks[d].ravel()[order] = np.cumsum(here.ravel()[order]) + d * (len(q) + 1)
    return ranks


def _ring_steps(reach: int) -> tuple[Ints, Ints]:
    """Return where the running sums of ring 0, 1, ... stand, as steps from the centre, and their directions.

    By turns one is taken and one is taken away: the last cell of a side, and the one before its first.
    """
    k, nil = np.arange(1, reach + 1), np.zeros(reach, int)
    sides = [
        (2, (nil + 1, k - 1), (k + 1, nil - 1)), (0, (nil, k), (-k, k)), (1, (-k, k), (-k, nil)),
        (2, (-k, nil), (nil, -k)), (0, (k - 1, -k), (nil - 1, -k)), (1, (k, nil - 1), (k, -k - 1)),
    ]  # fmt: skip
    cells = np.array([cell for _, *pair in sides for cell in pair])  # (12, 2, reach)
    steps = np.r_[[[0, 0], [-1, 0]], cells.transpose(2, 0, 1).reshape(-1, 2)]
    return steps, np.r_[0, 0, np.tile(np.repeat([side[0] for side in sides], 2), reach)]


def _room(n: int, lists: int, max_units: int | None) -> int:
    """Return how many units a zone may have: as wished, or as many as there is memory for, and then it is said."""
    wish = n if max_units is None else min(max_units, n)
    room = max(MOST_ENTRIES // (n * lists), 1) if n else 1
    if room < wish and max_units is None:
        warnings.warn(
            f"Zones hold at most {room:,} of the {n:,} units, the most that there is memory for; max_units= says "
            "another number.",
            PatrolgeoWarning,
            stacklevel=5,
        )
        return room
    return wish


def _nearest(points: Floats, share: Floats, max_share: float, room: int, weight: float) -> tuple[Any, float]:
    n = len(points)
    if room > n // 8:
        split = np.array_split(np.arange(n), max(n * n // MOST_ENTRIES, 1))
        parts = [_ordered(cdist(points[some], points), share, max_share, room) for some in split]
        return _stacked(parts, weight)
    distance, order = cKDTree(points).query(points, room + 1)
    return _stacked([_with_ties(distance, order, share, max_share, room)], weight)


def _ordered(distance: Floats, share: Floats, max_share: float, room: int) -> tuple[Ints, Ints, Bools]:
    order = np.argsort(distance, axis=1, kind="stable")[:, : room + 1]
    return _with_ties(np.take_along_axis(distance, order, axis=1), order, share, max_share, room)


def _with_ties(distance: Floats, order: Ints, share: Floats, max_share: float, room: int) -> tuple[Ints, Ints, Bools]:
    """Return lists in which a zone ends only where the next unit is farther away, as long as it is small enough."""
    reach = np.where(np.isfinite(distance), distance, -1.0)
    beyond = np.c_[distance[:, 1:] > np.maximum(reach[:, :-1] * _TIE, reach.max() * 1e-12), np.ones(len(order), bool)]
    beyond &= np.isfinite(distance)
    fits = beyond & (np.cumsum(share[order], axis=1) <= max_share * _TIE)
    return _cut(order[:, :room], fits[:, :room])


def _cut(rows: Ints, ends: Bools) -> tuple[Ints, Ints, Bools]:
    """Return lists without what follows their last zone: rows, length of each list, and where zones end."""
    length = np.where(ends.any(axis=1), ends.shape[1] - np.argmax(ends[:, ::-1], axis=1), 0)
    keep = np.arange(rows.shape[1]) < length[:, None]
    return rows[keep].astype(np.int32), length, ends[keep]


def _stacked(parts: list[tuple[Ints, Ints, Bools]], weight: float) -> tuple[Any, float]:
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True)), weight


def _joined(found: list[tuple[Any, float]]) -> Zones:
    """Return several families as one."""
    rows, length, ends = (
        [np.concatenate([part[i] for part, _ in found]) for i in range(3)] if found else np.zeros((3, 0), int)
    )
    weight = [np.full(len(part[1]), w) for part, w in found] or [np.zeros(0)]
    return Zones(rows, np.r_[0, np.cumsum(length)].astype(np.int64), ends.astype(bool), np.concatenate(weight))
