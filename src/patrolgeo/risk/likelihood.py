"""How well an expected count explains what happened, and the mixture of expected counts that explains it best."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from scipy.special import gammaln

from patrolgeo._checks import as_floats, by_label, check_choice, check_number, together
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError

_TINY = 1e-12


def spread(y_pred: Floats, area: Floats | None = None, floor: float = 0.02) -> Floats:
    """Return the forecast with a share `floor` of its total spread evenly by area.

    A forecast of zero where something happens would cost infinitely much; this makes every forecast pay the same small
    price for admitting that it may be wrong anywhere.
    """
    even = np.ones_like(y_pred) if area is None else np.asarray(area, float)
    return (1 - floor) * y_pred + floor * y_pred.sum() * even / even.sum()


def scored(area: Any, **arguments: Any) -> list[Floats]:
    """Return what is scored, and the areas last, as flat arrays in one order: Series by label, arrays by position.

    `y_true` and `y_past` are counts, finite and not negative; forecasts are finite; areas (1 when None) are above 0.
    """
    arrays = together(**arguments)
    labels = next((a.index for a in arguments.values() if isinstance(a, pd.Series)), None)
    if area is None:
        area = np.ones_like(arrays[0])
    size = as_floats(area, "area") if labels is None else by_label(area, labels, "area")
    if size.size != arrays[0].size:
        raise DataError(f"y_true, y_pred and area must agree in shape; got {arrays[0].shape} and area {size.shape}.")
    if not size.size:
        raise DataError("There is no cell to score.")
    for name, values in zip(arguments, arrays, strict=True):
        if not np.isfinite(values).all() or (name != "y_pred" and (values < 0).any()):
            what = "finite numbers" if name == "y_pred" else "counts of 0 or more"
            raise DataError(f"{name} must hold {what} in every cell; fill missing ones with 0 if they mean none.")
    if not (np.isfinite(size) & (size > 0)).all():
        raise DataError(f"area must be above 0 in every cell (lowest: {size.min():g}).")
    return [a.ravel() for a in (*arrays, size)]


def log_score(
    y_true: Any, y_pred: Any, *, area: Any = None, floor: float = 0.02, part: str = "total", per_event: bool = True
) -> float:
    """How likely was what happened, under the forecast?

    Poisson log likelihood in nats per event; higher is better. It is proper: only the true expected counts maximise
    it. The spatial part asks *where* (the forecast scaled to what happened in all), the level part *how much*; the two
    add up to the total.

    Parameters
    ----------
    y_true, y_pred
        Counts and expected counts by cell, shape (n_cells,). Series are aligned by label.
    area
        Areas by cell for the floor; equal when not given.
    floor
        Share of the forecast spread by area before it is scored.
    part
        "total", "spatial" or "level".
    per_event
        Divide by the number of events; False gives the sum.

    Returns
    -------
    Nats per event. Without events the spatial part is NaN, and the others are sums.

    Raises
    ------
    AlignmentError
        When two Series do not hold the same labels.
    DataError
        When shapes differ, counts or forecasts are negative or missing, or a word or number is none of those known.

    Examples
    --------
    >>> from patrolgeo import log_score
    >>> round(log_score([2, 0], [1.0, 1.0], part="spatial"), 3)
    -1.347
    """
    check_choice(part, ("total", "spatial", "level"), "part")
    check_number(floor, "floor", least=0, most=1)
    y, lam, size = scored(area, y_true=y_true, y_pred=y_pred)
    if (lam < 0).any():
        raise DataError(f"y_pred holds negative values (lowest: {lam.min():g}); expected counts are 0 or more.")
    lam = np.maximum(spread(lam, size, floor), np.finfo(float).tiny)
    scale = float(y.sum()) if per_event and y.sum() > 0 else 1.0
    if part == "total" or (part == "level" and not y.any()):
        return _poisson(y, lam) / scale
    spatial = _poisson(y, lam * (y.sum() / lam.sum())) if y.any() else np.nan
    return (spatial if part == "spatial" else _poisson(y, lam) - spatial) / scale


def _poisson(y: Floats, lam: Floats) -> float:
    seen = y > 0  # where nothing happened two of the three terms are 0
    return float((y[seen] * np.log(lam[seen]) - gammaln(y[seen] + 1)).sum() - lam.sum())


def count_quantile(mean: Floats, dispersion: float, q: float) -> Floats:
    """Return quantiles of counts with this mean and variance mean + dispersion * mean^2 (negative binomial)."""
    from scipy.stats import nbinom, poisson

    if dispersion < 1e-9:
        return np.asarray(poisson.ppf(q, mean), float)
    size = 1 / dispersion
    return np.where(mean > 0, nbinom.ppf(q, size, size / (size + np.maximum(mean, _TINY))), 0.0)


def count_cdf(y: Floats, mean: Floats, dispersion: float) -> Floats:
    """Return the probability of at most `y` counts, as in `count_quantile`."""
    from scipy.stats import nbinom, poisson

    if dispersion < 1e-9:
        return np.asarray(poisson.cdf(y, mean), float)
    size = 1 / dispersion
    return np.asarray(nbinom.cdf(y, size, size / (size + np.maximum(mean, _TINY))), float)


def mixture_weights(atoms: Floats, y: Floats, totals: Floats, *, steps: int = 40, tolerance: float = 1e-3) -> Floats:
    """Return the non-negative weights with which `atoms` explain the counts best (Poisson).

    The likelihood is concave, so the answer is the global optimum; only cells with events and the sums over all cells
    are needed, so the cost does not grow with empty cells. Newton steps, each a small non-negative least squares.

    Parameters
    ----------
    atoms
        Expected counts of each atom where events happened, shape (n_event_cells, n_atoms).
    y
        Counts there, all above 0, shape (n_event_cells,).
    totals
        Sums of each atom over all cells and windows, shape (n_atoms,).
    tolerance
        Gain in log likelihood (nats) below which the search ends.

    References
    ----------
    Kim, Carbonetto, Stephens and Anitescu 2020, doi:10.1080/10618600.2019.1689985 (sequential quadratic programming).

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.risk.likelihood import mixture_weights
    >>> mixture_weights(np.array([[1.0, 0], [0, 1]]), np.array([3.0, 1]), np.array([1.0, 1])).round(3)
    array([3., 1.])
    """
    used = totals > 0
    if not used.any():  # nothing was known before anything happened
        return np.zeros(len(totals))
    scaled = atoms[:, used] / totals[used]
    weights = np.full(scaled.shape[1], y.sum() / max(scaled.shape[1], 1))
    loss = _loss(scaled, y, weights)
    for _ in range(steps):
        step, slope = _newton_step(scaled, y, weights)
        weights, new = _search(scaled, y, weights, step, slope, loss)
        if loss - new < tolerance:
            break
        loss = new
    out = np.zeros(len(totals))
    out[used] = weights / totals[used]
    return out


def _loss(atoms: Floats, y: Floats, weights: Floats) -> float:
    return float(weights.sum() - y @ np.log(atoms @ weights + _TINY))


def _newton_step(atoms: Floats, y: Floats, weights: Floats) -> tuple[Floats, float]:
    """Return the step to the best non-negative point of the quadratic model, and the slope along it."""
    lam = atoms @ weights + _TINY
    gradient = 1 - atoms.T @ (y / lam)
    root = atoms * (np.sqrt(y) / lam)[:, None]
    hessian = root.T @ root
    hessian[np.diag_indices_from(hessian)] += 1e-8 * np.trace(hessian) / len(weights) + 1e-12
    lower = np.linalg.cholesky(hessian)
    target, _ = nnls(lower.T, np.linalg.solve(lower, hessian @ weights - gradient), maxiter=20 * len(weights))
    return target - weights, float(gradient @ (target - weights))


def _search(atoms: Floats, y: Floats, weights: Floats, step: Floats, slope: float, loss: float) -> tuple[Floats, float]:
    """Return the first point along the step, halved as often as needed, that lowers the loss enough."""
    for size in 0.5 ** np.arange(20):
        trial = np.maximum(weights + size * step, 0)
        new = _loss(atoms, y, trial)
        if new <= loss + 1e-4 * size * slope:
            return trial, new
    return weights, loss


def ridge_poisson(features: Floats, y: Floats, base: Floats, penalty: float, *, steps: int = 25) -> Floats:
    """Return intercept and slopes of a Poisson regression with expected counts ``base * exp(b0 + features @ b)``.

    Newton steps, halved where they overshoot; the slopes (not the intercept) are shrunk by a squared penalty.

    Parameters
    ----------
    features
        Shape (n, p), standardised by the caller.
    y, base
        Counts and their offsets (above 0), shape (n,).
    penalty
        Weight of the squared slopes.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.risk.likelihood import ridge_poisson
    >>> x = np.array([[-1.0], [1.0]])
    >>> ridge_poisson(x, np.array([1.0, np.e**2]), np.ones(2), 1e-9).round(3)
    array([1., 1.])
    """
    X = np.column_stack([np.ones(len(y)), features])
    ridge = np.full(X.shape[1], penalty)
    ridge[0] = 1e-9
    slopes = np.zeros(X.shape[1])
    slopes[0] = np.log(max(y.sum(), 1e-9) / base.sum())

    def loss(b: Floats) -> float:
        linear = np.clip(X @ b, -30, 30)
        return float(base @ np.exp(linear) - y @ linear + 0.5 * ridge @ b**2)

    now = loss(slopes)
    for _ in range(steps):
        lam = base * np.exp(np.clip(X @ slopes, -30, 30))
        hessian = (X * lam[:, None]).T @ X + np.diag(ridge + 1e-12)
        step = np.linalg.lstsq(hessian, X.T @ (y - lam) - ridge * slopes, rcond=None)[0]
        sizes = (s for s in 0.5 ** np.arange(12) if loss(slopes + s * step) < now)
        size = next(sizes, 0.0)
        slopes, before = slopes + size * step, now
        now = loss(slopes)
        if before - now < 1e-6:
            break
    return slopes


def thinned(y: Floats, most: int = 30_000) -> tuple[Ints, Floats]:
    """Return rows to learn from, all with events and a sample of the empty ones, and how many rows each stands for."""
    seen, empty = np.flatnonzero(y > 0), np.flatnonzero(y == 0)
    room = min(max(most - len(seen), most // 4), len(empty))
    kept = np.sort(np.random.default_rng(0).choice(empty, room, replace=False))
    return np.r_[seen, kept], np.r_[np.ones(len(seen)), np.full(room, len(empty) / max(room, 1))]
