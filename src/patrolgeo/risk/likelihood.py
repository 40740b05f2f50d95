"""How well an expected count explains what happened, and the mixture of expected counts that explains it best."""

from typing import Any

import numpy as np
from scipy.special import gammaln

from patrolgeo._checks import check_choice
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError


def spread(y_pred: Floats, area: Floats | None = None, floor: float = 0.02) -> Floats:
    """Return the forecast with a share `floor` of its total spread evenly by area.

    A forecast of zero where something happens would cost infinitely much; this makes every forecast pay the same small
    price for admitting that it may be wrong anywhere.
    """
    even = np.ones_like(y_pred) if area is None else np.asarray(area, float)
    return (1 - floor) * y_pred + floor * y_pred.sum() * even / even.sum()


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
        Counts and expected counts by cell, shape (n_cells,).
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

    Examples
    --------
    >>> from patrolgeo import log_score
    >>> round(log_score([2, 0], [1.0, 1.0], part="spatial"), 3)
    -1.347
    """
    check_choice(part, ("total", "spatial", "level"), "part")
    y, lam = np.asarray(y_true, float), np.asarray(y_pred, float)
    if y.shape != lam.shape:
        raise DataError(f"y_true has shape {y.shape} and y_pred {lam.shape}; both are by cell.")
    lam = np.maximum(spread(lam, area, floor), np.finfo(float).tiny)
    scale = y.sum() if per_event and y.sum() > 0 else 1.0
    total = _poisson(y, lam)
    spatial = _poisson(y, lam * (y.sum() / lam.sum())) if y.sum() > 0 else np.nan
    wanted = {"total": total, "spatial": spatial, "level": total - spatial if y.sum() > 0 else total}
    return float(wanted[part] / scale)


def _poisson(y: Floats, lam: Floats) -> float:
    return float((y * np.log(lam) - lam - gammaln(y + 1)).sum())


def mixture_weights(
    atoms: Floats, y: Floats, totals: Floats, *, steps: int = 300, prior: float = 1e-3, tolerance: float = 1e-6
) -> Floats:
    """Return the non-negative weights with which `atoms` explain the counts best (Poisson, by EM).

    The likelihood is concave, so the answer is the global optimum; only cells with events and the sums over all cells
    are needed, so the cost does not grow with empty cells.

    Parameters
    ----------
    atoms
        Expected counts of each atom where events happened, shape (n_event_cells, n_atoms).
    y
        Counts there, all above 0, shape (n_event_cells,).
    totals
        Sums of each atom over all cells and windows, shape (n_atoms,).
    """
    weights = np.full(atoms.shape[1], y.sum() / max(totals.sum(), np.finfo(float).tiny))
    for _ in range(steps):
        lam = atoms @ weights + 1e-12
        new = weights * (atoms.T @ (y / lam) + prior) / (totals + prior)
        if np.abs(new - weights).max() < tolerance:
            return new
        weights = new
    return weights
