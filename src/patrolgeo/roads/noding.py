"""From lines to pieces that meet at their ends only: cut at crossings, snap near ends together."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError


@dataclass(frozen=True)
class Pieces:
    """Road pieces: row of the line each came from, end nodes, length in metres, geometry; and the nodes, (n, 2)."""

    line: Ints
    source: Ints
    target: Ints
    length: Floats
    geometry: Array
    nodes: Floats


def cut(lines: Any, snap: float, split_crossings: bool) -> Pieces:
    """Cut `lines` (GeoSeries in metres) into pieces, and join ends within `snap` metres to nodes."""
    parts, line = shapely.get_parts(lines.to_numpy(), return_index=True)
    if not (shapely.get_type_id(parts) == 1).all():
        raise DataError("The road layer holds geometries that are not lines; keep LineString and MultiLineString only.")
    real = shapely.length(parts) > 0
    parts, line = parts[real], line[real]
    at, where = _cuts(parts, snap) if split_crossings else (np.zeros(0, np.int64), np.zeros(0))
    part, geometry = _split(parts, at, where, snap)
    label, nodes = _join(_ends(geometry), snap)
    half = len(geometry)
    return Pieces(line[part], label[:half], label[half:], shapely.length(geometry), geometry, nodes)


def _cuts(parts: Array, snap: float) -> tuple[Ints, Floats]:
    """Return which line is to be cut, and how far along it: where lines cross and where an end lies on another line."""
    tree = shapely.STRtree(parts)
    ends = shapely.points(_different(_ends(parts))[0])
    end, touched = tree.query(ends, predicate="dwithin", distance=snap)
    a, b = tree.query(parts, predicate="intersects")
    a, b = a[a < b], b[a < b]
    if snap > 0:  # where lines only touch, an end of one lies on the other: it is among `touched`
        inside = ~shapely.touches(parts[a], parts[b])
        a, b = a[inside], b[inside]
    xy, pair = shapely.get_coordinates(shapely.intersection(parts[a], parts[b]), return_index=True)
    crossings = shapely.points(xy)
    line = np.r_[touched, a[pair], b[pair]]
    return line, shapely.line_locate_point(parts[line], np.r_[ends[end], crossings, crossings])


def _ends(lines: Array) -> Floats:
    """Return the first point of every line, then the last of every line, shape (2 lines, 2)."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    turn = np.diff(line) != 0
    return np.r_[xy[np.r_[True, turn]], xy[np.r_[turn, True]]]


def _different(xy: Floats) -> tuple[Floats, Ints]:
    """Return the different points, and which of them each point is (as complex numbers they sort six times faster)."""
    found, back = np.unique(np.ascontiguousarray(xy).view(complex).ravel(), return_inverse=True)
    return found.view(float).reshape(-1, 2), back


def _split(parts: Array, line: Ints, where: Floats, snap: float) -> tuple[Ints, Array]:
    """Cut each line at its positions (metres along it; those within `snap` of an end or of each other count as one)."""
    xy, owner = shapely.get_coordinates(parts, return_index=True)
    step = np.r_[0.0, np.hypot(*np.diff(xy, axis=0).T)]
    step[np.r_[True, np.diff(owner) != 0]] = 0.0
    along = np.cumsum(step)
    start = along[np.searchsorted(owner, np.arange(len(parts)))]
    line, where = _distinct(line, where, shapely.length(parts), snap)
    new = shapely.get_coordinates(shapely.line_interpolate_point(parts[line], where))
    is_end = np.r_[True, np.diff(owner) != 0] | np.r_[np.diff(owner) != 0, True]
    owner, xy = np.r_[owner, line], np.r_[xy, new]
    place, stop = np.r_[along - start[owner[: len(along)]], where], np.r_[is_end, np.ones(len(line), bool)]
    order = np.lexsort((place, owner))
    return _runs(owner[order], xy[order], stop[order])


def _distinct(line: Ints, where: Floats, length: Floats, snap: float) -> tuple[Ints, Floats]:
    inside = (where > snap) & (where < length[line] - snap)
    line, where = line[inside], where[inside]
    order = np.lexsort((where, line))
    line, where = line[order], where[order]
    fresh = np.r_[True, (np.diff(line) != 0) | (np.diff(where) > snap)] if len(line) else np.zeros(0, bool)
    return line[fresh], where[fresh]


def _runs(owner: Ints, xy: Floats, stop: Array) -> tuple[Ints, Array]:
    """Return the pieces between stops: each stop inside a line ends one piece and begins the next."""
    inner = stop & np.r_[False, owner[1:] == owner[:-1]] & np.r_[owner[1:] == owner[:-1], False]
    copies = 1 + inner
    row = np.repeat(np.arange(len(owner)), copies)
    begins = stop[row] & ~np.r_[False, row[1:] == row[:-1]]
    second = np.r_[False, row[1:] == row[:-1]]
    opens = (begins & ~inner[row] & np.r_[True, owner[row][1:] != owner[row][:-1]]) | second
    piece = np.cumsum(opens) - 1
    geometry = shapely.linestrings(xy[row], indices=piece)
    return owner[row][opens], geometry


def _join(ends: Floats, snap: float) -> tuple[Ints, Floats]:
    """Return the node of each end and the middle of each node's ends; ends within `snap` metres are one node."""
    distinct, back = _different(ends)
    pairs = cKDTree(distinct).query_pairs(snap, output_type="ndarray")
    links = sparse.coo_matrix((np.ones(len(pairs)), pairs.T), shape=(len(distinct),) * 2)
    n, group = csgraph.connected_components(links, directed=False)
    size = np.bincount(group, minlength=n)
    middle = np.column_stack([np.bincount(group, distinct[:, k], minlength=n) / size for k in (0, 1)])
    return group[back].astype(np.int64), middle
