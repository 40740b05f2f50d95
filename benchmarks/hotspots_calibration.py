"""Do the p-values of the hotspot statistics mean what they say when there is no pattern?

Used by benchmarks/hotspots.py (500 runs) and by the tests (50 runs).
"""

import h3
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo import GetisOrd, LocalMoran, compare_counts, geary, knox, moran

CELLS = pd.Index(sorted(h3.grid_disk("8840e0c48bfffff", 5)), name="cell")
PEOPLE = pd.Series(np.random.default_rng(0).gamma(0.7, 100, len(CELLS)), index=CELLS)
LEVELS = (0.01, 0.05)


def table(values):
    return pd.DataFrame(np.atleast_2d(values), index=pd.date_range("2024-01-01", periods=np.atleast_2d(values).shape[0],
                        freq="7D"), columns=CELLS, dtype=float)  # fmt: skip


def skewed(rng):
    return table(rng.lognormal(size=len(CELLS)))


def _local(model):
    def one(rng):
        model.random_state = int(rng.integers(2**31))
        return model.fit(skewed(rng)).p_value_.iloc[int(rng.integers(len(CELLS)))]

    return one


def _global(statistic):
    def one(rng):
        return statistic(skewed(rng), null="raw", n_permutations=199, random_state=int(rng.integers(2**31))).p_value

    return one


def _knox(rng):
    xy, days = rng.random((120, 2)) * 1000, rng.random(120) * 60
    found = knox(xy, days, [0, 250], [0, 20], n_permutations=199, random_state=int(rng.integers(2**31)))
    return found.p_value[0, 0]


CONTINUOUS = {
    "Gi* permuted": _local(GetisOrd(null="raw", n_permutations=999)),
    "Gi permuted, never stopped early": _local(GetisOrd(null="raw", star=False, n_permutations=999, early_stop=None)),
    "local Moran permuted": _local(LocalMoran(null="raw")),
    "Moran": _global(moran),
    "Geary": _global(geary),
    "Knox": _knox,
}


def _expected(model, mean, weeks):
    """Counts proportional to people, and the reported and randomised p of one cell of each run."""
    share = PEOPLE / PEOPLE.sum()

    def one(rng):
        model.random_state = int(rng.integers(2**31))
        model.fit(table(rng.poisson(mean * len(CELLS) * share / weeks, (weeks, len(CELLS)))), PEOPLE)
        tested = np.flatnonzero(model.p_randomised_.notna())
        i = tested[int(rng.integers(len(tested)))] if len(tested) else 0
        return model.p_value_.iloc[i], model.p_randomised_.iloc[i]

    return one


def _permuted(model, mean):
    """Counts alike in all cells."""

    def one(rng):
        model.random_state = int(rng.integers(2**31))
        model.fit(table(rng.poisson(mean, len(CELLS))))
        i = int(rng.integers(len(CELLS)))
        return model.p_value_.iloc[i], model.p_randomised_.iloc[i]

    return one


def _change(mean):
    def one(rng):
        p = compare_counts(rng.poisson(mean, 1), rng.poisson(mean, 1))["p_value"].iloc[0]
        return p, np.nan  # no randomised form is offered

    return one


EXACT = {"min_expected": 0.0}  # the floor only makes p larger; off, so that the randomised p can be uniform
COUNTS = {
    "Gi* expected, 0.3 a cell": _expected(GetisOrd(alone=False, **EXACT), 0.3, 1),
    "Gi* expected, 5 a cell, 8 weeks": _expected(GetisOrd(alone=False, **EXACT), 5.0, 8),
    "Gi* expected with the cell alone (default)": _expected(GetisOrd(), 1.0, 8),
    "Gi expected": _expected(GetisOrd(star=False, **EXACT), 1.0, 1),
    "local Moran expected": _expected(LocalMoran(**EXACT), 1.0, 1),
    "Gi* permuted, 0.3 a cell": _permuted(GetisOrd(null="raw", n_permutations=499, early_stop=None), 0.3),
    "local Moran permuted, 0.3 a cell": _permuted(LocalMoran(null="raw", n_permutations=499, early_stop=None), 0.3),
    "change, 3 before and after": _change(3.0),
}


def uniformity(draw, runs):
    """Return the p-value of a Kolmogorov-Smirnov test that the p-values of `runs` simulations are uniform."""
    rng = np.random.default_rng(11)
    return float(stats.kstest([draw(rng) for _ in range(runs)], "uniform").pvalue)


def count_calibration(draw, runs):
    """Return uniformity of the randomised p, how often the reported p is at most each level, and where too often."""
    rng = np.random.default_rng(12)
    reported, randomised = np.array([draw(rng) for _ in range(runs)]).T
    share = {level: float((reported <= level).mean()) for level in LEVELS}
    liberal = [a for a in LEVELS if share[a] > a + 2 * np.sqrt(a * (1 - a) / runs)]
    used = randomised[np.isfinite(randomised)]
    uniform = float(stats.kstest(used, "uniform").pvalue) if len(used) else None
    return {"randomised_ks_p": uniform, "share_at_most": share, "liberal": liberal}
