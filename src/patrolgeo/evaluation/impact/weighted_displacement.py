"""Weighted displacement difference: before and after, treated against control, with what moved next door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from patrolgeo._checks import as_floats, check_number, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact.effect import Effect, reach, two_sided

NAMES = ("control", "treated", "displacement_control", "displacement_treated")


def weighted_displacement(
    control: Any,
    treated: Any,
    displacement_control: Any = None,
    displacement_treated: Any = None,
    *,
    periods: Sequence[float] = (1, 1),
    areas: Any = None,
    weights: Any = None,
    dispersion: float = 1.0,
    alpha: float = 0.05,
) -> Effect:
    """How many incidents fewer were there than in the control area, what moved next door counted in?

    The change of the treated area less that of the control area, plus the same for the areas around them where
    displacement is looked for. Counts are taken for Poisson; where they vary more, say `dispersion` (variance over
    mean): without it the interval is too narrow. Places chosen because they were hot go down by themselves: take as
    control equally hot ones.

    Parameters
    ----------
    control, treated
        Counts before and after, shape (2,); of several kinds a row each, shape (n_kinds, 2).
    displacement_control, displacement_treated
        The same around each; both or none.
    periods
        Lengths of the times before and after; counts are divided by them.
    areas
        Sizes of control, treated and, where given, displacement control and displacement treated.
    weights
        Harm of an incident of each kind, shape (n_kinds,); the effect is then the weighted sum.
    dispersion
        Variance over mean of the counts.
    alpha
        1 - coverage of the interval.

    Returns
    -------
    Effect, in incidents (or harm) a unit of `periods` and `areas`; z and interval are NaN where nothing was counted.

    Raises
    ------
    DataError
        When counts are negative or missing, only one displacement area is given, or shapes do not fit.

    References
    ----------
    Wheeler and Ratcliffe 2018, A simple weighted displacement difference test, doi:10.1186/s40163-018-0085-5.

    Examples
    --------
    >>> from patrolgeo import weighted_displacement
    >>> found = weighted_displacement((308, 318), (207, 110), (150, 140), (178, 157))
    >>> found.effect, round(found.z, 2), round(found.low, 1), round(found.high, 1)
    (-118.0, -2.98, -195.6, -40.4)
    """
    check_share(alpha, "alpha")
    check_number(dispersion, "dispersion", above=0)
    if (displacement_control is None) != (displacement_treated is None):
        raise DataError("displacement_control and displacement_treated belong together: give both or none.")
    given = (control, treated, displacement_control, displacement_treated)
    counts = np.array([_pairs(one, name) for one, name in zip(given, NAMES, strict=True) if one is not None])
    scale = _sizes(periods, "periods", 2)[None, :] * _sizes(areas, "areas", len(counts))[:, None]
    sign = np.array([[1.0, -1.0], [-1.0, 1.0]] * (len(counts) // 2))
    harm = np.ones(counts.shape[1]) if weights is None else as_floats(weights, "weights")
    if harm.shape != (counts.shape[1],):
        raise DataError(f"weights has shape {harm.shape}, but there are {counts.shape[1]} kinds.")
    effect = float(((sign / scale)[:, None, :] * counts).sum(axis=(0, 2)) @ harm)
    variance = float((counts / scale[:, None, :] ** 2).sum(axis=(0, 2)) @ harm**2) * dispersion
    error = np.sqrt(variance)
    z = effect / error if error > 0 else np.nan
    half = reach(alpha) * error if error > 0 else np.nan
    return Effect(effect, float(error), float(z), float(effect - half), float(effect + half), two_sided(z), alpha)


def _pairs(values: Any, name: str) -> Floats:
    """Return counts as kinds x (before, after)."""
    counts = np.atleast_2d(as_floats(values, name))
    if counts.ndim != 2 or counts.shape[1] != 2:
        raise DataError(f"{name} must be a pair (before, after), or a row of two for each kind; got {counts.shape}.")
    if not (np.isfinite(counts) & (counts >= 0)).all():
        raise DataError(f"{name} holds negative or missing counts.")
    return counts


def _sizes(values: Any, name: str, n: int) -> Floats:
    sizes = np.ones(n) if values is None else as_floats(values, name)
    if name == "areas" and sizes.shape == (4,) and n == 2:
        sizes = sizes[:2]
    if sizes.shape != (n,) or not (np.isfinite(sizes) & (sizes > 0)).all():
        raise DataError(f"{name} must be {n} numbers above 0, got {np.asarray(values).tolist()}.")
    return sizes
