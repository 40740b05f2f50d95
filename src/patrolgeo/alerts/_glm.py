"""Quasi-Poisson regression of many columns of counts on one design, all at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from patrolgeo._typing import Bools, Floats

ROUNDS, CLOSE = 25, 1e-8


@dataclass(frozen=True)
class Fit:
    """A log-linear fit by column.

    `coef` (n_columns, p); `mean` and the leverage `hat` of each count (n_columns, n); `cov` (n_columns, p, p) for
    dispersion 1; `pearson`, the sum of squared residuals over n - p; `converged`.
    """

    coef: Floats
    mean: Floats
    cov: Floats
    pearson: Floats
    hat: Floats
    converged: Bools

    @property
    def dispersion(self) -> Floats:
        """Variance over mean, never below that of the Poisson."""
        return np.maximum(self.pearson, 1.0)

    def squares_of(self, counts: Floats) -> Floats:
        """Return the squared errors by column, raised by what the fit takes of them."""
        n, p = self.mean.shape[1], self.coef.shape[1]
        return ((counts - self.mean) ** 2).sum(axis=1) * n / max(n - p, 1)


def fit_glm(design: Floats, counts: Floats, offset: Floats, weights: Floats, start: Floats | None = None) -> Fit:
    """Fit log mean = offset + design @ coef by iterated least squares, which stop as those of `glm` in R do.

    Parameters
    ----------
    design
        Shape (n, p), shared by all columns.
    counts, offset, weights
        Shape (n_columns, n).
    start
        Means to start from; the counts and a little without them.
    """
    pairs, (i, j) = _products(design)
    mean = counts + 0.1 if start is None else start.copy()
    coef = np.zeros((len(counts), design.shape[1]))
    fixed = (weights * (special.xlogy(counts, counts) - counts)).sum(axis=1)
    deviance, active = np.full(len(counts), np.inf), np.arange(len(counts))
    converged = np.zeros(len(counts), bool)
    for _ in range(ROUNDS):
        y, w, off, m = counts[active], weights[active], offset[active], mean[active]
        eta = np.log(m) - off
        coef[active] = _solve((w * m) @ pairs, (w * (m * eta + y - m)) @ design, i, j)
        eta = np.clip(coef[active] @ design.T + off, -40, 40)
        m = np.exp(eta)
        new = 2 * (fixed[active] + (w * (m - y * eta)).sum(axis=1))
        with np.errstate(invalid="ignore"):
            done = np.abs(new - deviance[active]) < CLOSE * (np.abs(new) + 0.1)
        mean[active], deviance[active], converged[active] = m, new, done
        active = active[~done]
        if not len(active):
            break
    return _finish(design, counts, mean, coef, weights, converged)


def _finish(design: Floats, counts: Floats, mean: Floats, coef: Floats, weights: Floats, converged: Bools) -> Fit:
    pairs, (i, j) = _products(design)
    cov = np.asarray(np.linalg.inv(_ridged((weights * mean) @ pairs, i, j, design.shape[1])), np.float64)
    twice = np.where(i == j, 1.0, 2.0)
    hat = weights * mean * ((cov[:, i, j] * twice) @ pairs.T)
    degrees = max(len(design) - design.shape[1], 1)
    pearson = (weights * (counts - mean) ** 2 / mean).sum(axis=1) / degrees
    return Fit(coef, mean, cov, pearson, hat, converged)


def _products(design: Floats) -> tuple[Floats, tuple[np.ndarray, np.ndarray]]:
    """Return the products of pairs of columns, so that all normal matrices are one product of matrices."""
    i, j = np.triu_indices(design.shape[1])
    return design[:, i] * design[:, j], (i, j)


def _square(packed: Floats, i: np.ndarray, j: np.ndarray, p: int) -> Floats:
    full = np.empty((len(packed), p, p))
    full[:, i, j] = packed
    full[:, j, i] = packed
    return full


def _ridged(packed: Floats, i: np.ndarray, j: np.ndarray, p: int) -> Floats:
    """Return normal matrices that can be solved where a season without counts leaves nothing to solve."""
    full = _square(packed, i, j, p)
    at = np.arange(p)
    full[:, at, at] += 1e-12 * np.maximum(np.trace(full, axis1=1, axis2=2), 1e-12)[:, None]
    return full


def _solve(packed: Floats, right: Floats, i: np.ndarray, j: np.ndarray) -> Floats:
    solved = np.linalg.solve(_ridged(packed, i, j, right.shape[1]), right[..., None])
    return np.asarray(solved[..., 0], np.float64)
