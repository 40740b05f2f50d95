"""Cells as arrays: where they are in a grid, who touches whom, their outlines."""

from typing import Any

import h3.api.numpy_int as h3
import numpy as np
import shapely
from scipy import sparse

from patrolgeo._typing import Array, CellIds, Ints
from patrolgeo.errors import DataError


def h3_numbers(cells: Any) -> CellIds:
    """Return H3 cells, given as strings or numbers, as uint64; anything else is an error."""
    values = np.asarray(cells)
    if values.dtype.kind in "OUT":
        values = np.fromiter(map(_number, values.tolist()), np.uint64, len(values))
    values = values.astype(np.uint64)
    bad = [c for c in values if not h3.is_valid_cell(c)]
    if bad:
        raise DataError(f"{bad[0]} is no H3 cell ({len(bad)} of {len(values)} are not).")
    return values


def _number(cell: object) -> int:
    try:
        return int(h3.str_to_int(cell))
    except (ValueError, TypeError):
        raise DataError(f"{cell!r} is no H3 cell.") from None


def positions_of(wanted: CellIds, ids: CellIds) -> Ints:
    """Return the position of each wanted cell among the ascending `ids`, -1 where it is not there."""
    at = np.searchsorted(ids, wanted)
    at[at == len(ids)] = 0
    return np.where(ids[at] == wanted, at, -1).astype(np.int64)


def adjacency(ids: CellIds, k: int) -> sparse.csr_matrix:
    """Return a symmetric CSR of ones between cells at most `k` rings apart, the diagonal left out."""
    disks = [h3.grid_disk(c, k) for c in ids]
    rows = np.repeat(np.arange(len(ids)), [len(d) for d in disks])
    columns = positions_of(np.concatenate(disks).astype(np.uint64), ids)
    keep = (columns >= 0) & (columns != rows)
    links = sparse.csr_matrix((np.ones(keep.sum()), (rows[keep], columns[keep])), shape=(len(ids), len(ids)))
    links.sort_indices()
    return links


def polygons(ids: CellIds) -> Array:
    """Return the outlines of the cells as shapely polygons, longitude before latitude."""
    rings = [h3.cell_to_boundary(c) for c in ids]
    corners = np.repeat(np.arange(len(ids)), [len(r) for r in rings])
    latlng = np.concatenate([np.asarray(r) for r in rings])
    return shapely.polygons(shapely.linearrings(latlng[:, ::-1], indices=corners))
