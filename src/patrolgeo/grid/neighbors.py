"""Cells as arrays: where they are in a grid, who touches whom, their outlines."""

from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from patrolgeo._typing import Array, CellIds, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.lattice import FEW, coordinates, corners, disk_steps, lattice_keys, look_up, on_one_face, table_of

SAME_CORNER_DEG = 1e-9  # a tenth of a millimetre; corners of resolution 15 are half a metre apart
NO_CELLS = np.empty(0, np.uint64)
NO_PLACES = np.empty(0, np.int64)


def h3_numbers(cells: Any) -> CellIds:
    """Return H3 cells, given as strings or numbers, as uint64; anything else is an error."""
    values = np.asarray(cells)
    if values.dtype.kind in "OUT":
        values = np.fromiter(map(_number, values.tolist()), np.uint64, len(values))
    values = values.astype(np.uint64)
    bad = [c for c in values if not h3.is_valid_cell(c)]
    if bad:
        raise DataError(f"{bad[0]} is not an H3 cell ({len(bad)} of {len(values)} are not).")
    return values


def _number(cell: object) -> int:
    try:
        return int(h3.str_to_int(cell))
    except (ValueError, TypeError):
        raise DataError(f"{cell!r} is not an H3 cell.") from None


def positions_of(wanted: CellIds, ids: CellIds) -> Ints:
    """Return the position of each wanted cell among the ascending `ids`, -1 where it is not there."""
    at = np.searchsorted(ids, wanted)
    at[at == len(ids)] = 0
    return np.where(ids[at] == wanted, at, -1).astype(np.int64)


def centres(ids: CellIds) -> Floats:
    """Return longitude and latitude of the cells' centres, shape (n, 2)."""
    return np.array([h3.cell_to_latlng(c)[::-1] for c in ids], float).reshape(-1, 2)


def places(ids: CellIds) -> tuple[Ints, int]:
    """Return the cells' places on the lattice, and their resolution."""
    resolution = int(h3.get_resolution(ids[0]))
    lon, lat = centres(ids).T
    return lattice_keys(lon, lat, resolution), resolution


def axial(ids: CellIds) -> tuple[Ints, Ints] | None:
    """Return two lattice coordinates of each cell; None where the cells do not lie on one face of the icosahedron.

    Cells are n steps apart where the largest of the differences of the first, the second and their sum is n.
    """
    if len(ids) <= FEW:
        faces = {tuple(h3.get_icosahedron_faces(c)) for c in ids}
        if len(faces) > 1 or len(next(iter(faces))) > 1:
            return None
        q, r = np.array([h3.cell_to_local_ij(ids[0], c) for c in ids], np.int64).T
        return q, -r
    keys, resolution = places(ids)
    face, q, r = coordinates(keys)
    return (q, r) if on_one_face(keys, 0, resolution).all() and (face == face[0]).all() else None


def adjacency(ids: CellIds, k: int) -> sparse.csr_matrix:
    """Return a symmetric CSR of ones between cells at most `k` rings apart, the diagonal left out.

    Neighbours of many cells are found on the lattice; h3 is asked for those of few, and for the cells whose rings reach
    over a side of a face. The `ids` are ascending.
    """
    rows, columns, seam = _beside(ids, k) if len(ids) > FEW else (NO_PLACES, NO_PLACES, np.arange(len(ids)))
    disks = [h3.grid_disk(c, k) for c in ids[seam]]
    rows = np.concatenate([rows, np.repeat(seam, [len(d) for d in disks])])
    columns = np.concatenate([columns, positions_of(np.concatenate([*disks, NO_CELLS]), ids)])
    keep = (columns >= 0) & (columns != rows)
    links = sparse.csr_matrix((np.ones(keep.sum()), (rows[keep], columns[keep])), shape=(len(ids), len(ids)))
    links.sort_indices()
    return links


def _beside(ids: CellIds, k: int) -> tuple[Ints, Ints, Ints]:
    """Return the pairs that the lattice tells, -1 for cells that are not there, and the cells of which it does not."""
    keys, resolution = places(ids)
    table = table_of(keys, np.arange(len(ids)))
    plain = on_one_face(keys, k, resolution)
    at = np.flatnonzero(plain)
    beside = [look_up(table, keys[at] + step) for step in disk_steps(k)]
    return np.tile(at, len(beside)), np.concatenate([NO_PLACES, *beside]), np.flatnonzero(~plain)


def polygons(ids: CellIds) -> Array:
    """Return the outlines of the cells as shapely polygons, longitude before latitude."""
    if len(ids) <= FEW:
        return _by_h3(ids, np.empty((0, 2)))
    keys, resolution = places(ids)
    plain = on_one_face(keys, 0, resolution)
    six = corners(keys[plain], resolution)
    closed = np.concatenate([six, six[:, :1]], axis=1).reshape(-1, 2)
    starts = np.arange(len(six) + 1)
    shapes = np.empty(len(ids), object)
    shapes[plain] = shapely.from_ragged_array(shapely.GeometryType.POLYGON, closed, (7 * starts, starts))
    if not plain.all():
        beside = six[~on_one_face(keys[plain], 3, resolution)].reshape(-1, 2)
        shapes[~plain] = _by_h3(ids[~plain], beside)
    return shapes


def _by_h3(ids: CellIds, beside: Floats) -> Array:
    """Outlines by h3; corners shared with other cells or with `beside` are made the same to the last bit.

    Without that, the cells could not be dissolved.
    """
    rings = [np.array(h3.cell_to_boundary(c))[:, ::-1] for c in ids]
    corner = np.concatenate([beside, *rings])
    same = np.arange(len(corner))
    a, b = cKDTree(corner).query_pairs(SAME_CORNER_DEG, output_type="ndarray").T
    np.minimum.at(same, b, a)
    of = np.repeat(np.arange(len(rings)), [len(r) for r in rings])
    outlines: Array = shapely.polygons(shapely.linearrings(corner[same[len(beside) :]], indices=of))
    return outlines
