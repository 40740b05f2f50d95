"""Cells as arrays: where they are in a grid, who touches whom, their outlines."""

import h3.api.numpy_int as h3
import numpy as np
import shapely
from scipy import sparse

from patrolgeo._typing import Array, CellIds, Ints


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
