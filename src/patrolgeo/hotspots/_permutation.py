"""Conditional permutations of local sums: a cell stays, the others change places among its neighbours."""

import numpy as np
from scipy import sparse

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.compiled import kernel


def permute_neighbors(
    values: Floats, weights: sparse.csr_matrix, n_permutations: int, rng: np.random.Generator, enough: int | None = None
) -> tuple[Floats, Floats]:
    """Return two-sided pseudo p-values of the neighbours' sums, and their randomised form; shape (n,) each.

    All cells share one table of draws without replacement, moved past the cell itself, so the cost is
    O(links x permutations) and the answer depends on nothing but the generator. p = (1 + count) / (R + 1), twice the
    smaller tail. With `enough`, a cell stops when both tails have been passed that often (Besag and Clifford 1991):
    its p is then count / draws, large anyway.

    Parameters
    ----------
    values
        Shape (n,).
    weights
        Neighbours; the diagonal is left out of the sums.
    """
    links = sparse.csr_matrix(weights, copy=True)
    links.setdiag(0)
    links.eliminate_zeros()
    links.sort_indices()
    most = int(np.diff(links.indptr).max(initial=0))
    table = draw_table(len(values), most, n_permutations, rng)
    above, ties, draws = _passed(values, links.indptr, links.indices, links.data, table, enough or n_permutations + 1)
    return pseudo_p(above, ties, draws, n_permutations, rng)


def pseudo_p(
    above: Ints, ties: Ints, draws: Ints, n_permutations: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return two-sided p from counts of larger and equal draws, and the randomised p that breaks the ties."""
    own = (draws == n_permutations).astype(int)  # the observed order is one of them, unless counting stopped early
    upper, lower = above + ties + own, draws - above + own
    within = (above + rng.random(len(above)) * (ties + own)) / (draws + own)
    return np.minimum(2 * np.minimum(upper, lower) / (draws + own), 1.0), 2 * np.minimum(within, 1 - within)


def draw_table(n: int, size: int, n_permutations: int, rng: np.random.Generator) -> Array:
    """Return draws of `size` different positions out of n - 1, shape (n_permutations, size)."""
    if size == 0:
        return np.zeros((n_permutations, 0), np.int32)
    if n - 1 < size**2:
        return np.array([rng.permutation(n - 1)[:size] for _ in range(n_permutations)], np.int32)
    table = rng.integers(0, n - 1, (n_permutations, size), dtype=np.int32)
    while True:
        ordered = np.sort(table, axis=1)
        again = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not len(again):
            return table
        table[again] = rng.integers(0, n - 1, (len(again), size), dtype=np.int32)


@kernel
def _passed(values, indptr, indices, data, table, enough):  # type: ignore[no-untyped-def]
    """Count draws above and equal to the observed sum of each cell, until both tails hold `enough`."""
    n = len(values)
    others = values[1:].copy()  # all but cell i, kept up to date as i moves on
    above, ties, draws = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        if i > 0:
            others[i - 1] = values[i - 1]
        start, size = indptr[i], indptr[i + 1] - indptr[i]
        observed, scale = 0.0, 0.0
        for q in range(size):
            observed += data[start + q] * values[indices[start + q]]
            scale += abs(data[start + q] * values[indices[start + q]])
        tolerance = 1e-12 * scale
        for p in range(len(table)):
            total = 0.0
            for q in range(size):
                total += data[start + q] * others[table[p, q]]
            draws[i] += 1
            if total > observed + tolerance:
                above[i] += 1
            elif total >= observed - tolerance:
                ties[i] += 1
            if min(above[i] + ties[i], draws[i] - above[i]) >= enough:
                break
    return above, ties, draws
