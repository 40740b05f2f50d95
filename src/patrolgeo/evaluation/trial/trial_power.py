"""How likely is it that a trial sees what is there?"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from patrolgeo._checks import check_number, check_share
from patrolgeo.errors import InfeasibleError


def trial_power(
    before: float,
    cut: float,
    *,
    control: float | None = None,
    after: float = 1.0,
    dispersion: float = 1.0,
    alpha: float = 0.05,
) -> float:
    """How likely is it that a trial of this size finds a cut of this size?

    Poisson counts in a treated and a control area, before and after; the treated mean falls by the cut. Two-sided test
    on the weighted displacement difference, normal approximation with the variance at the true means.

    Parameters
    ----------
    before
        Incidents expected in the treated area in the time before.
    cut
        True cut: 0.2 is a fifth fewer.
    control
        The same for the control area; by default as many.
    after
        Length of the time after over that before.
    dispersion
        Variance over mean of the counts; above 1 where incidents come in series.
    alpha
        Two-sided level.

    Returns
    -------
    Probability, from 0 to 1.

    Raises
    ------
    DataError
        When a number is out of its range.

    Examples
    --------
    >>> from patrolgeo import trial_power
    >>> round(trial_power(100, 0.3), 3)
    0.345
    """
    check_number(before, "before", above=0)
    check_number(cut, "cut", least=0, most=1, hint="0.2 is a fifth fewer")
    check_number(dispersion, "dispersion", above=0)
    check_share(alpha, "alpha")
    check_number(after, "after", above=0)
    if control is not None:
        check_number(control, "control", above=0)
    other = before if control is None else control
    size = before * cut  # the control area counts as it is, so its change is 0 on average
    error = np.sqrt((before + other + (before * (1 - cut) + other) / after) * dispersion)
    edge = special.ndtri(1 - alpha / 2)
    return float(special.ndtr(size / error - edge) + special.ndtr(-size / error - edge))


def smallest_cut(
    before: float,
    *,
    power: float = 0.8,
    control: float | None = None,
    after: float = 1.0,
    dispersion: float = 1.0,
    alpha: float = 0.05,
) -> float:
    """How large must a cut be for a trial of this size to find it as often as wanted?

    Parameters
    ----------
    before, control, after, dispersion, alpha
        As in `trial_power`.
    power
        How often it is to be found.

    Returns
    -------
    The smallest cut, 0.2 is a fifth fewer.

    Raises
    ------
    InfeasibleError
        When even a cut to nothing would be missed too often.
    DataError
        When a number is out of its range.

    Examples
    --------
    >>> from patrolgeo import smallest_cut
    >>> round(smallest_cut(400), 3)
    0.271
    """
    check_share(power, "power", "0.8 means 80 %")

    def short(cut: float) -> float:
        return trial_power(before, cut, control=control, after=after, dispersion=dispersion, alpha=alpha) - power

    if short(1.0) < 0:
        raise InfeasibleError(
            f"With {before:g} incidents before, even a cut to nothing is found in only {short(1.0) + power:.0%} of "
            f"trials, and {power:.0%} were wanted. Take more places, or a longer time."
        )
    return float(optimize.brentq(short, 0.0, 1.0)) if short(0.0) < 0 else 0.0
