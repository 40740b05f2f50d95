"""How likely is it that a trial sees what is there?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import optimize, special

from patrolgeo._checks import as_floats, check_count, check_number, check_share
from patrolgeo.errors import DataError, InfeasibleError


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
        Variance over mean of the counts; above 1 where incidents come in series or places change by themselves, which
        `change_dispersion` tells from the past.
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


def change_dispersion(panel: pd.DataFrame, before: int, after: int) -> float:
    """How much more do places change from one time to the next than chance alone explains?

    The periods are cut in two, as long to each other as `before` to `after`, and the table of places by the two is
    held against its margins (Pearson's chi-square over its degrees of freedom). What is above 1 there is read as places
    that change each by a factor of its own, and carried over to times as long as those of the trial.

    Parameters
    ----------
    panel
        Counts before the trial, periods x places of the trial.
    before, after
        Periods that the trial will count before and after its start.

    Returns
    -------
    `dispersion` of `trial_power`, at least 1.

    Raises
    ------
    DataError
        When there are fewer than two periods, fewer than two places with incidents, or a bad number or count.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import change_dispersion
    >>> counts = pd.DataFrame(np.random.default_rng(0).poisson(3.0, (52, 40)))
    >>> bool(change_dispersion(counts, 52, 26) < 1.6)
    True
    """
    check_count(before, "before")
    check_count(after, "after")
    counts = as_floats(panel, "panel")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise DataError("panel holds counts that are missing, infinite or below 0; fill them with 0 if they mean none.")
    counts = counts[:, counts.sum(axis=0) > 0]
    if len(counts) < 2 or counts.shape[1] < 2:
        raise DataError(
            f"panel has {len(counts)} periods and {counts.shape[1]} places with incidents; two of each are needed."
        )
    cut = int(np.clip(round(len(counts) * before / (before + after)), 1, len(counts) - 1))
    two = np.vstack([counts[:cut].sum(axis=0), counts[cut:].sum(axis=0)])
    expected = np.outer(two.sum(axis=1), two.sum(axis=0)) / max(two.sum(), 1.0)
    if (expected == 0).any():
        return 1.0
    excess = max(float(((two - expected) ** 2 / expected).sum() / (two.shape[1] - 1)) - 1, 0.0)
    rate = counts.mean(axis=0)
    own = excess / (_harmonic(cut, len(counts) - cut) * rate.mean())  # variance of the factor of a place
    return float(1 + own * _harmonic(before, after) * ((rate**2).sum() / rate.sum()))


def _harmonic(before: float, after: float) -> float:
    return before * after / (before + after)
