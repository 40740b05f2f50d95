"""What an hour of patrol did: the effect of being assigned, over the dose that was delivered because of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_choice, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact._contrast import mean_change, spread
from patrolgeo.evaluation.impact._design import Design, read_design
from patrolgeo.evaluation.impact._staggered import overall
from patrolgeo.evaluation.impact.effect import Effect, reach, two_sided


def effect_per_dose(
    panel: pd.DataFrame,
    treated: Any,
    start: object,
    dose: pd.Series,
    *,
    model: str = "poisson",
    cluster: Any = None,
    alpha: float = 0.05,
) -> Effect:
    """What did a unit of what was delivered do?

    The lot is the instrument: it decided who was to be treated, and had no other way to change incidents. The change
    that it made is divided by the dose that it made. Comparing places by their dose alone would mislead, since patrols
    go where incidents are. The interval (Fieller, Anderson and Rubin) holds also when little was delivered; it is then
    without an end.

    Parameters
    ----------
    panel, treated, start, model, cluster, alpha
        As in `difference_in_differences`; one common start.
    dose
        Series by unit: what was delivered after the start, more than before (hours, minutes, visits).

    Returns
    -------
    Effect of one unit of dose: incidents a place and period (linear), or relative change (Poisson). `low` and `high`
    are infinite (Poisson: -1 and infinite) where the dose of the arms cannot be told apart.

    Raises
    ------
    DataError
        When starts are staggered, doses are missing or negative, or both arms had the same.
    AlignmentError
        When labels do not fit the panel.

    References
    ----------
    Angrist, Imbens and Rubin 1996, doi:10.1080/01621459.1996.10476902; Fieller 1954.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import effect_per_dose
    >>> rng = np.random.default_rng(0)
    >>> panel = pd.DataFrame(rng.poisson(6, (20, 40)))
    >>> hours = pd.Series([10.0, 5.0] * 10 + [0.0] * 20)
    >>> panel.iloc[10:] = rng.poisson(6 * np.exp(-0.05 * hours.to_numpy()), (10, 40))
    >>> found = effect_per_dose(panel, range(20), 10, hours)
    >>> found.finding, -0.1 < found.effect < 0
    ('fewer', True)
    """
    check_choice(model, ("poisson", "linear"), "model")
    check_share(alpha, "alpha")
    design = read_design(panel, treated, start, cluster, None, None, counts=model == "poisson")
    if design.staggered:
        raise DataError("effect_per_dose needs one common start.")
    given = as_floats(align(dose, panel.columns, "dose", "units"), "dose")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise DataError("dose holds missing or negative numbers; write 0 where nothing was delivered.")
    change, got = overall(design, model, "all"), mean_change(given[:, None], design.treated, design.control)
    if got.value[0] == 0:
        raise DataError("Both arms got the same dose: what it did cannot be told.")
    a, d = float(change.value[0]), float(got.value[0])
    both = np.hstack([change.influence, got.influence])
    v_a, v_d, v_ad, freedom = _variances(both, design, model)
    low, high = _fieller(a, d, v_a, v_d, v_ad, reach(alpha, freedom))
    value = a / d
    error = np.sqrt(max(v_a - 2 * value * v_ad + value**2 * v_d, 0.0)) / abs(d)
    z = a / np.sqrt(v_a) if v_a > 0 else np.nan
    ends = [float(np.expm1(x)) if model == "poisson" else float(x) for x in (value, low, high)]
    return Effect(ends[0], float(error), float(z), ends[1], ends[2], two_sided(z, freedom), alpha)


def _variances(both: Floats, design: Design, model: str) -> tuple[float, float, float, float]:
    """Return the variances of change and dose, their covariance, and the degrees of freedom of the change."""
    scale = np.abs(both).sum(axis=0)
    if not (np.isfinite(scale).all() and scale[0] > 0):
        return np.nan, np.nan, np.nan, np.nan
    by = both / np.where(scale > 0, scale, 1.0)
    columns = np.column_stack([by[:, 0], by[:, 1], by[:, 0] + by[:, 1], by[:, 0] - by[:, 1]])
    errors, degrees = spread(columns, design.cluster, design.arm, design.weight(model))
    squares = errors**2
    covariance = (squares[2] - squares[3]) / 4 * scale[0] * scale[1]
    return float(squares[0] * scale[0] ** 2), float(squares[1] * scale[1] ** 2), float(covariance), float(degrees[0])


def _fieller(a: float, d: float, v_a: float, v_d: float, v_ad: float, half: float) -> tuple[float, float]:
    """Return the ratios b for which a - b d lies within `half` of its standard errors of 0."""
    lead, middle, last = d**2 - half**2 * v_d, a * d - half**2 * v_ad, a**2 - half**2 * v_a
    if not np.isfinite([lead, middle, last]).all():
        return np.nan, np.nan
    if lead <= 0:
        return -np.inf, np.inf
    root = np.sqrt(max(middle**2 - lead * last, 0.0))
    return (middle - root) / lead, (middle + root) / lead
