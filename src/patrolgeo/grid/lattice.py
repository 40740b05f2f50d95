"""Points to H3 cells by arithmetic: the hexagon lattice of the icosahedron's faces, h3 asked once per cell.

On each of the 20 faces of H3's icosahedron the cells of one resolution are a regular hexagon lattice in the gnomonic
projection. So a point's cell follows from its face and from rounding on that lattice, without a call; h3 only gives
the number that belongs to a place of the lattice, once per place. Where rounding could decide (a point on a side
between two cells or two faces, or close to the middle of a face, where h3's own arithmetic is coarse), h3 is asked
for the point itself, so that the answer is h3's everywhere. Of few points h3 is asked for each.
"""

from functools import cache, partial
from itertools import combinations
from typing import Any, NamedTuple

import h3.api.numpy_int as h3
import numpy as np

from patrolgeo._typing import Bools, CellIds, Floats, Ints
from patrolgeo.compiled import inner, kernel

UNSURE = -1  # the key of a point that h3 must be asked for
ELSEWHERE = -2  # the key of a point that is not on the face looked at
ABSENT = -1  # the value of a key that is not in a table
SLACK = 1e-12  # radians; both sides' rounding errors stay well below
AT_MIDDLE = np.cos(1e-3)  # about 6 km around the middle of a face
CLASS_III_TURN = np.arctan(np.sqrt(3) / 5)  # odd resolutions are turned by this against even ones
BLOCK = 4096  # points done at once
FEW = 20_000  # points or cells for which asking h3 takes less time than compiling the arithmetic
BITS = 28  # of a lattice coordinate in a key; resolution 15 needs 24
STEPS = 1024  # of the circle, in the table of sines
_DIRECTIONS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))
_CORNERS = ((2, -1), (1, 1), (-1, 2), (-2, 1), (-1, -1), (1, -2))  # of a hexagon, in thirds of a step
_ANGLES = np.arange(STEPS) * (2 * np.pi / STEPS)
_SIN, _COS = np.sin(_ANGLES), np.cos(_ANGLES)


class Table(NamedTuple):
    """A hash table with open addressing: `keys` (UNSURE where empty) and their `values`, a power of two long."""

    keys: Ints
    values: Ints


def cells_of(lon: Floats, lat: Floats, resolution: int) -> CellIds:
    """Return the H3 number of the cell of each point, shape (n,): what ``h3.latlng_to_cell`` says, but faster.

    Parameters
    ----------
    lon, lat
        Finite degrees, shape (n,).
    resolution
        H3 resolution, 0 to 15.

    Examples
    --------
    >>> import h3
    >>> import numpy as np
    >>> from patrolgeo.grid.lattice import cells_of
    >>> h3.int_to_str(int(cells_of(np.array([-74.0]), np.array([40.7]), 9)[0])) == h3.latlng_to_cell(40.7, -74.0, 9)
    True
    """
    if len(lon) <= FEW:
        return ask_h3(lon, lat, resolution)
    group, first = _group(lattice_keys(lon, lat, resolution))
    return ask_h3(lon[first], lat[first], resolution)[group]


def ask_h3(lon: Floats, lat: Floats, resolution: int) -> CellIds:
    """Return the H3 number of the cell of each point, one call for each."""
    pairs = zip(lat.tolist(), lon.tolist(), strict=True)
    return np.fromiter((h3.latlng_to_cell(*p, resolution) for p in pairs), np.uint64, len(lon))


def lattice_keys(lon: Floats, lat: Floats, resolution: int) -> Ints:
    """Return one number for each point's place on the lattice, `UNSURE` where h3 must be asked; shape (n,)."""
    return _keys(np.ascontiguousarray(lon), np.ascontiguousarray(lat), _frames(resolution), _margin(resolution))


def table_of(keys: Ints, values: Ints) -> Table:
    """Return a table from keys to values; of a key given twice, the first value stays."""
    size = 1 << max(4, int(2 * len(keys)).bit_length())
    table = Table(np.full(size, UNSURE), np.full(size, ABSENT))
    _fill(table.keys, table.values, keys, values)
    return table


def look_up(table: Table, keys: Ints) -> Ints:
    """Return the value of each key, `ABSENT` where the table does not know it."""
    return _look_up(table.keys, table.values, keys)


def coordinates(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the face of each place and its two lattice coordinates, shape (n,) each; of no use where UNSURE."""
    low, half = (1 << BITS) - 1, 1 << (BITS - 1)
    return keys >> 2 * BITS, ((keys >> BITS) & low) - half, (keys & low) - half


def disk_steps(k: int) -> Ints:
    """Return what to add to a key to reach the places within `k` rings on the same face, the place itself left out."""
    q, r = np.meshgrid(np.arange(-k, k + 1), np.arange(-k, k + 1))
    near = (abs(q + r) <= k) & ((q != 0) | (r != 0))
    return (q[near].astype(np.int64) << BITS) + r[near]


def on_one_face(keys: Ints, k: int, resolution: int) -> Bools:
    """Return whether a place and all places within `k` rings lie on one face, shape (n,); False where UNSURE."""
    return _on_one_face(keys, float(k + 1), _frames(resolution))


def corners(keys: Ints, resolution: int) -> Floats:
    """Return longitude and latitude of the six corners of each place, counterclockwise, shape (n, 6, 2).

    A corner that cells of one face share is the same to the last bit in each of them.
    """
    return _corners(keys, _frames(resolution))


def _margin(resolution: int) -> float:
    """Distance to a cell's side, in units of the lattice, below which rounding could decide."""
    return SLACK * float(np.sqrt(7.0) ** resolution / 0.38)


@cache
def _frames(resolution: int) -> Floats:
    """Return eight vectors for each face, shape (20, 24): its normal n, a and b, three for its sides, two steps.

    For a unit vector p on the face, the lattice coordinates are (a @ p) / (n @ p) and (b @ p) / (n @ p); p is on the
    face when its products with the three are positive. Back from coordinates, p points to n + q * step + r * step.
    """
    corners = np.array([_unit_vector(*h3.cell_to_latlng(c)) for c in h3.get_pentagons(0)])
    closeness = corners @ corners.T
    faces = [f for f in combinations(range(12), 3) if min(closeness[i, j] for i, j in combinations(f, 2)) > 0.4]
    frames = np.array([_frame(corners[list(f)], resolution) for f in faces])
    normals = frames[:, :3]
    beside = np.argsort(-normals @ normals.T, axis=1)[:, 1:4]
    sides = (normals[:, None] - normals[beside]).reshape(len(frames), 9)
    return np.hstack([frames[:, :9], sides, frames[:, 9:]])


def _unit_vector(lat: float, lon: float) -> Floats:
    lat, lon = np.radians(lat), np.radians(lon)
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def _frame(corners: Floats, resolution: int) -> Floats:
    normal = corners.sum(axis=0) / np.linalg.norm(corners.sum(axis=0))
    corner = corners[0] / (corners[0] @ normal) - normal  # two steps of the lattice of resolution 0 from the middle
    step = _turned(corner, normal, CLASS_III_TURN * (resolution % 2)) / 2 / np.sqrt(7.0) ** resolution
    steps = np.column_stack([step, _turned(step, normal, np.pi / 3)])
    return np.concatenate([normal, *np.linalg.pinv(steps), *steps.T])


def _turned(vector: Floats, normal: Floats, angle: float) -> Floats:
    """Turn a vector at right angles to `normal` counterclockwise, seen from outside."""
    return vector * np.cos(angle) + np.cross(normal, vector) * np.sin(angle)


@inner
def _sin_cos(degrees: float) -> Any:
    """Sine and cosine to about 1e-16: the nearest of a table, and a short series for the rest."""
    angle = degrees * (np.pi / 180.0)
    near = np.int64(np.rint(angle * (STEPS / (2 * np.pi))))
    rest = angle - near * (2 * np.pi / STEPS)
    square = rest * rest
    sin = rest * (1.0 - square / 6.0 * (1.0 - square / 20.0))
    cos = 1.0 - square / 2.0 * (1.0 - square / 12.0)
    s, c = _SIN[near & (STEPS - 1)], _COS[near & (STEPS - 1)]
    return s * cos + c * sin, c * cos - s * sin


@inner
def _dot(row: Floats, at: int, x: float, y: float, z: float) -> float:
    return row[at] * x + row[at + 1] * y + row[at + 2] * z


@inner
def _on_face(row: Floats, x: float, y: float, z: float) -> bool:
    """Whether the point is clearly nearer to the middle of this face than to the three beside it."""
    least = 10 * SLACK
    return (_dot(row, 9, x, y, z) > least) & (_dot(row, 12, x, y, z) > least) & (_dot(row, 15, x, y, z) > least)


@partial(inner, error_model="numpy")
def _keys_on(face: int, row: Floats, lon: Floats, lat: Floats, margin: float, keys: Ints) -> None:
    """Write the keys of points on this face, ELSEWHERE for others; without branches, so that many are done at once."""
    for i in range(len(lon)):
        sin_lat, cos_lat = _sin_cos(lat[i])
        sin_lon, cos_lon = _sin_cos(lon[i])
        x, y, z = cos_lat * cos_lon, cos_lat * sin_lon, sin_lat
        w = _dot(row, 0, x, y, z)
        key = _key(face, _dot(row, 3, x, y, z) / w, _dot(row, 6, x, y, z) / w, margin)
        key = UNSURE if w > AT_MIDDLE else key
        key = key if _on_face(row, x, y, z) else ELSEWHERE
        keys[i] = key if (abs(lon[i]) <= 360.0) & (abs(lat[i]) <= 90.0) else UNSURE


@kernel
def _keys(lon: Floats, lat: Floats, frames: Floats, margin: float) -> Ints:
    """Do block after block on the face of the one before, and again on other faces while points of them are left."""
    keys, spare = np.empty(len(lon), np.int64), np.empty(BLOCK, np.int64)
    face = 0
    for start in range(0, len(lon), BLOCK):
        stop = min(start + BLOCK, len(lon))
        _keys_on(face, frames[face], lon[start:stop], lat[start:stop], margin, keys[start:stop])
        for at in range(start, stop):
            if keys[at] == ELSEWHERE:
                face = _nearest_face(lon[at], lat[at], frames)
                _keys_on(face, frames[face], lon[at:stop], lat[at:stop], margin, spare)
                spare[0] = UNSURE if spare[0] == ELSEWHERE else spare[0]  # on the side between two faces
                for i in range(at, stop):
                    keys[i] = spare[i - at] if keys[i] == ELSEWHERE else keys[i]
    return keys


@inner
def _nearest_face(lon: float, lat: float, frames: Floats) -> int:
    sin_lat, cos_lat = _sin_cos(lat)
    sin_lon, cos_lon = _sin_cos(lon)
    best, nearest = 0, -2.0
    for face in range(len(frames)):
        w = _dot(frames[face], 0, cos_lat * cos_lon, cos_lat * sin_lon, sin_lat)
        if w > nearest:
            best, nearest = face, w
    return best


@inner
def _key(face: int, q: float, r: float, margin: float) -> Any:
    """Round to the nearest hexagon; UNSURE within `margin` of its side."""
    near_q, near_r, near_s = np.rint(q), np.rint(r), np.rint(-q - r)
    off_q, off_r, off_s = abs(near_q - q), abs(near_r - r), abs(near_s + q + r)
    if off_q > off_r and off_q > off_s:
        near_q = -near_r - near_s
    elif off_r > off_s:
        near_r = -near_q - near_s
    a, b = q - near_q, r - near_r
    c = -a - b
    if max(abs(a - b), abs(b - c), abs(c - a)) > 1.0 - margin:
        return UNSURE
    half = 1 << (BITS - 1)
    return (face << 2 * BITS) | ((np.int64(near_q) + half) << BITS) | (np.int64(near_r) + half)


@inner
def _coordinates(key: int) -> Any:
    low = (1 << BITS) - 1
    half = 1 << (BITS - 1)
    return key >> 2 * BITS, ((key >> BITS) & low) - half, (key & low) - half


@inner
def _vector(row: Floats, q: float, r: float) -> Any:
    """Return the point of the face's plane with these lattice coordinates, as x, y, z."""
    return (
        row[0] + q * row[18] + r * row[21],
        row[1] + q * row[19] + r * row[22],
        row[2] + q * row[20] + r * row[23],
    )


@kernel
def _on_one_face(keys: Ints, reach: float, frames: Floats) -> Bools:
    inside = np.zeros(len(keys), np.bool_)
    for i in range(len(keys)):
        if keys[i] != UNSURE:
            face, q, r = _coordinates(keys[i])
            inside[i] = True
            for dq, dr in _DIRECTIONS:
                inside[i] &= _on_face(frames[face], *_vector(frames[face], q + reach * dq, r + reach * dr))
    return inside


@kernel
def _corners(keys: Ints, frames: Floats) -> Floats:
    lonlat = np.empty((len(keys), 6, 2))
    for i in range(len(keys)):
        face, q, r = _coordinates(keys[i])
        for c in range(6):
            thirds_q, thirds_r = 3 * q + _CORNERS[c][0], 3 * r + _CORNERS[c][1]  # whole, so that neighbours agree
            x, y, z = _vector(frames[face], thirds_q / 3.0, thirds_r / 3.0)
            lonlat[i, c, 0] = np.degrees(np.arctan2(y, x))
            lonlat[i, c, 1] = np.degrees(np.arctan2(z, np.hypot(x, y)))
    return lonlat


@inner
def _place(table_keys: Ints, key: int) -> Any:
    """Where `key` is in the table, or the free place where it belongs."""
    last = len(table_keys) - 1
    mixed = key * np.int64(-7046029254386353131)
    at = (mixed ^ (mixed >> 32)) & last
    while table_keys[at] != key and table_keys[at] != UNSURE:
        at = (at + 1) & last
    return at


@kernel
def _fill(table_keys: Ints, table_values: Ints, keys: Ints, values: Ints) -> None:
    for i in range(len(keys)):
        if keys[i] != UNSURE:
            at = _place(table_keys, keys[i])
            if table_keys[at] == UNSURE:
                table_keys[at], table_values[at] = keys[i], values[i]


@kernel
def _look_up(table_keys: Ints, table_values: Ints, keys: Ints) -> Ints:
    found = np.full(len(keys), ABSENT)
    for i in range(len(keys)):
        if keys[i] != UNSURE:
            found[i] = table_values[_place(table_keys, keys[i])]
    return found


@kernel
def _group(keys: Ints) -> Any:
    """Number the distinct keys in the order they come: each key's number, and where each number came first.

    Every UNSURE key gets a number of its own: it always finds a free place and leaves it free.
    """
    table_keys, table_values = np.full(1024, UNSURE), np.full(1024, ABSENT)
    number, first = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    n = 0
    for i in range(len(keys)):
        at = _place(table_keys, keys[i])
        if table_keys[at] == UNSURE:
            table_keys[at], table_values[at], first[n] = keys[i], n, i
            n += 1
            if 2 * n > len(table_keys):
                size = 4 * len(table_keys)
                old_keys, old_values = table_keys, table_values
                table_keys, table_values = np.full(size, UNSURE), np.full(size, ABSENT)
                _fill(table_keys, table_values, old_keys, old_values)
            number[i] = n - 1
        else:
            number[i] = table_values[at]
    return number, first[:n].copy()
