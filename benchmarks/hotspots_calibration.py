"""Do the p-values of the hotspot statistics mean what they say when there is no pattern?

Run by itself it writes benchmarks/results/hotspots_calibration.json: for each test and mean count how often p is at
most 0.05 and 0.01. Its parts are also used by benchmarks/hotspots.py (500 runs) and by the tests (50 runs).
"""

import json
import sys
import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo import GetisOrd, LocalMoran, compare_counts, compare_periods, geary, general_g, knox, mantel, moran

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


# --- every test at five means: how often is p at most 0.05 and 0.01 when there is no pattern? -----------------------

MEANS = (0.1, 1, 10, 100, 300)
WIDE = pd.Index(sorted(h3.grid_disk("8840e0c48bfffff", 18)), name="cell")  # 1,027 cells
SMALL = pd.Index(sorted(h3.grid_disk("8840e0c48bfffff", 3)), name="cell")  # 37
P_VALUES = {"local": 100_000, "global": 5_000}
PERMUTATIONS = 199  # of global tests: enough for p = 0.01 from both sides
AT_MOST, AT_LEAST = 1.1, 0.8


def on(cells, values, freq="7D"):
    values = np.atleast_2d(values).astype(float)
    return pd.DataFrame(values, pd.date_range("2024-01-01", periods=len(values), freq=freq), cells)


def _people(cells, rng):
    return pd.Series(rng.gamma(0.7, 100, len(cells)) + 1, cells)


def _fitted(model, weeks=1, even=False, weighted=False):
    """Counts by people (or alike in all cells), total left to chance: p and randomised p of all tested cells."""

    def draw(mean, rng):
        people = pd.Series(1.0, WIDE) if even else _people(WIDE, rng)
        rate = mean * len(WIDE) * people.to_numpy() / people.sum() / weeks
        counts = rng.poisson(rate, (weeks, len(WIDE)))
        model.random_state = int(rng.integers(2**31))
        model.fit(on(WIDE, counts * (7.0 if weighted else 1.0)), people, incident=7.0 if weighted else None)
        tested = model.p_randomised_.notna()
        if not tested.any():
            return model.p_value_.to_numpy(), None
        return model.p_value_[tested].to_numpy(), model.p_randomised_[tested].to_numpy()

    return draw


def _one(statistic, by_people=False):
    def draw(mean, rng):
        people = _people(SMALL, rng) if by_people else pd.Series(1.0, SMALL)
        counts = rng.poisson(mean * len(SMALL) * people / people.sum())
        told = {"exposure": people} if by_people else {}
        found = statistic(on(SMALL, counts), **told, n_permutations=PERMUTATIONS, random_state=int(rng.integers(2**31)))
        return np.array([found.p_value]), None

    return draw


def _events(test):
    """Incidents without interaction; `mean` of their pairs are expected to be close in place and time."""

    def draw(mean, rng):
        n = {0.1: 20, 1: 40, 10: 80, 100: 200, 300: 300}[mean]
        xy, days = rng.random((n, 2)) * 1000, rng.integers(0, 60, n)
        return np.array([test(xy, days, mean / (0.22 * n * n / 2), int(rng.integers(2**31)))]), None

    return draw


def _knox_p(xy, days, share, seed):
    reach = 1000 * np.sqrt(share / np.pi)
    return knox(xy, days, [0, reach], [0, 7], n_permutations=PERMUTATIONS, random_state=seed).p_value[0, 0]


def _knox_open_p(xy, days, share, seed):
    reach = 1000 * np.sqrt(share / np.pi)
    return knox(xy, days, [0, reach, np.inf], [0, 7, np.inf], n_permutations=PERMUTATIONS, random_state=seed).p_value[
        1, 0
    ]


def _mantel_p(xy, days, _, seed):
    return mantel(xy[:40], days[:40], n_permutations=PERMUTATIONS, random_state=seed).p_value


def _changes(mean, rng):
    return compare_counts(rng.poisson(mean, 5000), rng.poisson(mean, 5000))["p_value"].to_numpy(), None


def _period_changes(mean, rng):
    panel = on([f"unit {i}" for i in range(5000)], rng.poisson(mean / 4, (8, 5000)))
    return compare_periods(panel)["p_value"].to_numpy(), None


LOCAL = {
    "Gi*, expected (default)": _fitted(GetisOrd(), weeks=8),
    "Gi*, expected, one period": _fitted(GetisOrd(alone=False)),
    "Gi*, expected, weighted": _fitted(GetisOrd(), weeks=8, weighted=True),
    "Gi, expected": _fitted(GetisOrd(star=False)),
    "Gi*, raw": _fitted(GetisOrd(null="raw"), even=True),
    "Gi, raw": _fitted(GetisOrd(null="raw", star=False), even=True),
    "Gi*, raw, permuted": _fitted(GetisOrd(null="raw", n_permutations=999), even=True),
    "Gi*, rate": _fitted(GetisOrd(null="rate"), even=True),
    "local Moran, expected": _fitted(LocalMoran()),
    "local Moran, raw": _fitted(LocalMoran(null="raw"), even=True),
    "local Moran, rate": _fitted(LocalMoran(null="rate"), even=True),
}
GLOBAL = {
    "Moran, expected": _one(moran, by_people=True),
    "Moran, raw": _one(lambda panel, **told: moran(panel, null="raw", **told)),
    "Geary, expected": _one(geary, by_people=True),
    "Geary, raw": _one(lambda panel, **told: geary(panel, null="raw", **told)),
    "General G": _one(general_g),
    "Knox": _events(_knox_p),
    "Knox, open bands": _events(_knox_open_p),
    "Mantel": _events(_mantel_p),
    "compare_counts": _changes,
    "compare_periods": _period_changes,
}


def shares(draw, mean, wanted, seed):
    """Return how often p, and the randomised p where there is one, is at most each level, and whether that is right."""
    rng = np.random.default_rng([seed, round(10 * mean)])
    collected = []
    while sum(len(p) for p, _ in collected) < wanted:
        p, randomised = draw(mean, rng)
        collected.append((p, randomised))
    kinds = {"p": np.concatenate([p for p, _ in collected])}
    smoothed = [r for _, r in collected if r is not None]
    if smoothed:
        kinds["randomised"] = np.concatenate(smoothed)
    row = {"n": len(kinds["p"])}
    for kind, values in kinds.items():
        for level in LEVELS:
            share = float((values <= level + 1e-12).mean())
            slack = 1.96 * np.sqrt(level * (1 - level) / len(values))
            right = share <= AT_MOST * level + slack and (kind == "p" or share >= AT_LEAST * level - slack)
            row[f"{kind}<={level}"] = {
                "share": round(share, 5),
                "of_nominal": round(share / level, 3),
                "right": bool(right),
            }
    return row


def main(wanted=P_VALUES, names=()):
    result = {"permutations": PERMUTATIONS, "rows": []}
    for scope, tests in (("local", LOCAL), ("global", GLOBAL)):
        for i, (name, draw) in enumerate(tests.items()):
            if names and name not in names:
                continue
            start = time.process_time()
            for mean in MEANS:
                row = {"test": name, "scope": scope, "mean": mean, **shares(draw, mean, wanted[scope], i)}
                result["rows"].append(row)
                told = {k: v["of_nominal"] for k, v in row.items() if isinstance(v, dict)}
                wrong = [k for k, v in row.items() if isinstance(v, dict) and not v["right"]]
                print(name, mean, row["n"], told, "WRONG" if wrong else "", *wrong, flush=True)
            print(f"  {time.process_time() - start:.0f} s", flush=True)
    return result


if __name__ == "__main__":
    found = main(names=sys.argv[1:])
    if not sys.argv[1:]:
        path = Path(__file__).parent / "results" / "hotspots_calibration.json"
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
