"""Who is a neighbour of whom, for the local statistics."""

from typing import Any

import h3.api.basic_int as plain_h3  # many single calls: no array is made of each
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import check_count, check_positive
from patrolgeo._typing import CellIds, Floats
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.grid import neighbors
from patrolgeo.grid.units import Units
from patrolgeo.kernels import close_pairs


def connect(cells: pd.Index, connectivity: Any = None, units: Units | None = None) -> sparse.csr_matrix:
    """Return the neighbours of `cells` as CSR in their own order, shape (n, n).

    Parameters
    ----------
    cells
        H3 strings in any order; any labels when `connectivity` is a matrix.
    connectivity
        None for the cells that touch, a whole number for that many rings, or a matrix in the order of `cells`.
    units
        Where the cells lie, when their labels are not H3 cells.

    Raises
    ------
    AlignmentError
        When a matrix has another shape than (n, n), or `units` lacks a label.
    DataError
        When neighbours are to be derived from labels that are not H3 cells, or a weight is negative or missing.
    """
    if connectivity is None or isinstance(connectivity, int):
        rings = 1 if connectivity is None else check_count(connectivity, "connectivity")
        return _rings(cell_ids(cells), rings) if units is None else _in_their_order(units, cells, rings)
    weights = sparse.csr_matrix(connectivity, dtype=float)
    if weights.shape != (len(cells), len(cells)):
        raise AlignmentError(f"connectivity has the shape {weights.shape}, the panel has {len(cells)} cells.")
    if weights.nnz and not (np.isfinite(weights.data).all() and weights.data.min() >= 0):
        raise DataError("connectivity holds a negative or missing weight; weights are 0 (no neighbours) or more.")
    return weights


def in_order(
    panel: pd.DataFrame, connectivity: Any, units: Units | None = None
) -> tuple[pd.DataFrame, sparse.csr_matrix]:
    """Return the panel with its cells sorted, and their neighbours, so that no answer depends on the order of cells."""
    weights = connect(panel.columns, connectivity, units)
    if panel.columns.is_monotonic_increasing:
        return panel, weights
    order = np.argsort(panel.columns)
    return panel.iloc[:, order], weights[order][:, order].tocsr()


def distance_neighbors(cells: pd.Index, radius: float, *, units: Units | None = None) -> sparse.csr_matrix:
    """Return ones between cells whose centres lie at most `radius` metres apart, the diagonal left out.

    Parameters
    ----------
    cells
        Labels, shape (n,).
    radius
        Largest distance of two centres, in metres.
    units
        Where the cells lie, when their labels are not H3 cells.

    Returns
    -------
    CSR of ones, shape (n, n), without a diagonal.

    Raises
    ------
    DataError
        When `radius` is not positive.
    AlignmentError
        When `units` lacks a label.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo.hotspots.connectivity import distance_neighbors
    >>> distance_neighbors(pd.Index(["88309c4de3fffff", "88309c4de7fffff"]), radius=1500).toarray()
    array([[0., 1.],
           [1., 0.]])
    """
    check_positive(radius, "radius")
    crs.warn_of_degrees(radius, "radius")
    if units is None:
        xy = centres(cell_ids(cells))
    else:
        known = units.select(cells)
        xy = known.xy[known.cells.get_indexer(cells)]
    weights = close_pairs(xy, radius)
    weights.data[:] = 1.0
    return weights


def cell_ids(cells: pd.Index) -> CellIds:
    """Return H3 strings as numbers; labels that are none are an error that tells the way out."""
    try:
        numbers = [plain_h3.str_to_int(c) for c in cells.tolist()]
        wrong = next((c for c, i in zip(cells.tolist(), numbers, strict=True) if not plain_h3.is_valid_cell(i)), None)
        ids = np.array(numbers, np.uint64)
    except (ValueError, TypeError, AttributeError):
        ids, wrong = np.zeros(0, np.uint64), cells[0]
    if wrong is not None:
        raise DataError(
            f"The label {wrong!r} is not an H3 cell; its neighbours are unknown: give units= or connectivity=matrix."
        )
    return ids


def centres(ids: CellIds) -> Floats:
    """Return the cell centres in metres around their middle, shape (n, 2)."""
    return crs.local_xy(*np.array([h3.cell_to_latlng(c)[::-1] for c in ids], float).reshape(-1, 2).T)


def _in_their_order(units: Units, cells: pd.Index, k: int) -> sparse.csr_matrix:
    known = units.select(cells)
    at = known.cells.get_indexer(cells)
    return known.adjacency(k)[at][:, at].tocsr()


def _rings(ids: CellIds, k: int) -> sparse.csr_matrix:
    if not len(ids):
        return sparse.csr_matrix((0, 0))
    order = np.argsort(ids)
    back = np.argsort(order)
    return neighbors.adjacency(ids[order], k)[back][:, back]
