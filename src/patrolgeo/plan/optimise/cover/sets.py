"""Who covers whom: cover sets by candidate, demand that the same candidates cover merged into groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.kernels import within


class CoverArrays(NamedTuple):
    """Cover sets for compiled code: members of candidate i are ``member[start[i]:start[i + 1]]``, and back again."""

    start: Array
    member: Array
    back: Array
    owner: Array
    weight: Floats
    second: Floats  # what being covered twice adds


@dataclass(frozen=True)
class Covers:
    """Cover sets of candidates over groups of demand that the same candidates cover.

    Parameters
    ----------
    sets
        CSR, candidates x groups: a stored entry says that the candidate covers the group.
    served_by
        CSR, groups x candidates (the transpose).
    weight
        Demand of each group, shape (groups,).
    group
        Group of each demand place, -1 where nobody covers it.
    backup
        What being covered twice adds, as a share of the weight.
    """

    sets: sparse.csr_matrix
    served_by: sparse.csr_matrix
    weight: Floats
    group: Ints
    backup: float = 0.0

    @property
    def most(self) -> float:
        """Return what covering everything would be worth."""
        twice = np.diff(self.served_by.indptr) > 1
        return float(self.weight.sum() + self.backup * self.weight[twice].sum())

    def worth(self, open_sites: Floats) -> float:
        """Return what a plan (ones and zeros by candidate) covers, once and twice."""
        times = self.served_by @ open_sites
        return float(self.weight[times > 0.5].sum() + self.backup * self.weight[times > 1.5].sum())

    def among(self, candidates: Ints) -> Covers:
        """Return the cover sets of these candidates only, equal ones merged again."""
        return merge_equal(sparse.csr_matrix(self.sets[candidates]), self.weight, self.backup)

    @property
    def arrays(self) -> CoverArrays:
        """Return what the compiled functions take."""
        sets, back = self.sets, self.served_by
        return CoverArrays(sets.indptr, sets.indices, back.indptr, back.indices, self.weight, self.weight * self.backup)


def reach_matrix(cost: Any, max_cost: Floats) -> sparse.csr_matrix:
    """Return which candidate covers which place: stored (or finite) cost at most `max_cost` of the candidate."""
    if sparse.issparse(cost):
        row = np.repeat(np.arange(cost.shape[0]), np.diff(cost.indptr))
        keep = np.isfinite(cost.data) & (cost.data <= within(max_cost[row]))
        row, column = row[keep], cost.indices[keep]
    else:
        row, column = np.nonzero(np.isfinite(cost) & (cost <= within(max_cost[:, None])))
    return sparse.csr_matrix((np.ones(len(row)), (row, column)), shape=cost.shape)


def merge_equal(reach: sparse.csr_matrix, demand: Floats, backup: float = 0.0) -> Covers:
    """Merge places that the same candidates cover, and leave out those without demand or without a candidate.

    Equal columns are found by two independent sums of random 64-bit keys of their candidates.
    """
    keys = np.random.default_rng(0).integers(1, 2**63, size=(reach.shape[0], 2), dtype=np.int64)
    columns = reach.tocsc()
    sums = np.zeros((reach.shape[1] + 1, 2), np.int64)
    with np.errstate(over="ignore"):
        running = np.concatenate([np.zeros((1, 2), np.int64), np.cumsum(keys[columns.indices], axis=0)])
        sums = running[columns.indptr[1:]] - running[columns.indptr[:-1]]
    wanted = (np.diff(columns.indptr) > 0) & (demand > 0)
    group = np.full(len(demand), -1, np.int64)
    _, first, label = np.unique(sums[wanted], axis=0, return_index=True, return_inverse=True)
    group[wanted] = label.ravel()
    weight: Floats = np.bincount(group[wanted], demand[wanted], minlength=len(first)).astype(float)
    served_by = sparse.csr_matrix(columns[:, np.flatnonzero(wanted)[first]].T)
    served_by.sort_indices()
    return Covers(served_by.T.tocsr(), served_by, weight, group, backup)
