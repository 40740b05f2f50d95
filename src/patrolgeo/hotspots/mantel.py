"""Mantel: does closeness in place go with closeness in time, over all pairs?"""

from typing import Any

import numpy as np

from patrolgeo._checks import check_count, check_positive, check_seed
from patrolgeo.compiled import kernel
from patrolgeo.errors import DataError
from patrolgeo.execution import progress
from patrolgeo.hotspots.autocorrelation import GlobalStatistic
from patrolgeo.hotspots.near_repeat import checked_events

_MOST = 10_000  # all pairs are looked at in every permutation


def mantel(
    coords: Any,
    dates: Any,
    *,
    metres: float = 100.0,
    days: float = 1.0,
    weights: Any = None,
    n_permutations: int = 199,
    random_state: int | None = 0,
) -> GlobalStatistic:
    """Does closeness in place go with closeness in time? One number instead of the bands of `knox`.

    The correlation, over all pairs, of 1 / (distance + `metres`) and 1 / (delay + `days`). It says that there is
    interaction, not how far it reaches, and looks at every pair: for up to 10,000 incidents.

    Parameters
    ----------
    coords, dates, weights, n_permutations, random_state
        As in `knox`; a pair counts the product of its weights.
    metres, days
        Added to distance and delay, so that the same spot and day are close, not infinitely close.

    Returns
    -------
    The correlation, z and the two-sided p-value over orders of the dates.

    Raises
    ------
    AlignmentError
        When `dates` or `weights` have other labels than `coords`.
    DataError
        As in `knox`, and with more than 10,000 incidents.

    References
    ----------
    Mantel 1967.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import mantel
    >>> rng = np.random.default_rng(0)
    >>> first, day = rng.random((100, 2)) * 5000, rng.integers(0, 365, 100)
    >>> found = mantel(np.vstack([first, first + 50]), np.r_[day, day + 3], random_state=0)
    >>> round(found.statistic, 2), found.p_value
    (0.12, 0.01)
    """
    check_positive(metres, "metres")
    check_positive(days, "days")
    check_count(n_permutations, "n_permutations", least=1)
    xy, when, mass = checked_events(coords, dates, weights)
    if len(xy) > _MOST:
        raise DataError(f"mantel looks at all pairs of {len(xy):,} incidents; take a sample of {_MOST:,}, or use knox.")
    name, rng = "Mantel", np.random.default_rng(check_seed(random_state))
    if len(xy) < 3 or np.ptp(when) == 0 or np.ptp(xy, axis=0).max() == 0:
        nothing = "fewer than three incidents, or all in one place or on one day: nothing to test"
        return GlobalStatistic(name, float("nan"), 0.0, 0.0, 1.0, nothing)
    sums = _sums(xy, when, mass, metres, days)
    total, mean_near, mean_soon = sums[0], sums[1] / sums[0], sums[2] / sums[0]
    spread = np.sqrt((sums[3] / total - mean_near**2) * (sums[4] / total - mean_soon**2))
    if not spread > 0:
        return GlobalStatistic(name, float("nan"), 0.0, 0.0, 1.0, "all pairs are equally close: nothing to test")
    observed = (sums[5] / total - mean_near * mean_soon) / spread
    draws = np.empty(n_permutations)
    for i in progress(range(n_permutations), what="permuting dates"):
        drawn = _sums(xy, rng.permutation(when), mass, metres, days)
        draws[i] = (drawn[5] / total - mean_near * drawn[2] / total) / spread
    p_value = min(2 * (1 + min((draws >= observed).sum(), (draws <= observed).sum())) / (n_permutations + 1), 1.0)
    z = (observed - draws.mean()) / draws.std() if n_permutations and draws.std() > 0 else 0.0
    return GlobalStatistic(name, float(observed), 0.0, float(z), float(p_value))


@kernel
def _sums(xy, when, mass, metres, days):  # type: ignore[no-untyped-def]
    """Return, over all pairs and by their weights, sums of 1, near, soon, near squared, soon squared, near * soon."""
    sums = np.zeros(6)
    for i in range(len(xy)):
        for j in range(i):
            near = 1.0 / (np.hypot(xy[i, 0] - xy[j, 0], xy[i, 1] - xy[j, 1]) + metres)
            soon = 1.0 / (abs(when[i] - when[j]) + days)
            pair = mass[i] * mass[j]
            sums[0] += pair
            sums[1] += pair * near
            sums[2] += pair * soon
            sums[3] += pair * near * near
            sums[4] += pair * soon * soon
            sums[5] += pair * near * soon
    return sums
