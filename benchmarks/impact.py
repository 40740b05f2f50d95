"""Do the intervals of effects cover as often as they say, and do power and draws keep what they promise?

    python benchmarks/impact.py --out benchmarks/results/impact.json
    python benchmarks/impact.py --only staggered --out benchmarks/results/impact.json   # renews these rows

Every line simulates trials of one kind with a known effect and counts how often the 95 % interval holds it; `low` and
`high` are the interval of that share over the simulations (Wilson).
"""

import argparse
import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

import patrolgeo as pg

CUT = 0.2


def gamma_means(rng, units, mean, shape):
    return rng.gamma(shape, mean / shape, units)


def panels(rng, units, periods, mean, *, shape=2.0, dispersion=1.0, starts=None, level=0.0):
    """Return counts, places with means of their own and a common path over time; treated ones fall by CUT."""
    path = np.exp(rng.normal(0, 0.1, periods))
    means = gamma_means(rng, units, mean, shape)[None] * path[:, None]
    starts = np.where(np.arange(units) < units // 2, periods // 2, periods) if starts is None else starts
    means = np.where(np.arange(periods)[:, None] >= starts, means * (1 - CUT), means)
    if level:
        means = means * np.exp(rng.normal(0, level, (1, units)) * (np.arange(periods) >= periods // 2)[:, None])
    if dispersion > 1:
        return pd.DataFrame(rng.negative_binomial(means / (dispersion - 1) + 1e-12, 1 / dispersion)), starts
    return pd.DataFrame(rng.poisson(means)), starts


def did(rng, units, mean, more):
    panel, starts = panels(rng, units, 24, mean, **more)
    treated = panel.columns[starts < len(panel)]
    begin = starts[0] if len(np.unique(starts)) == 2 else pd.Series(starts[treated], treated)
    return pg.difference_in_differences(panel, treated, begin), -CUT


STAGGERED = np.r_[np.repeat([8, 12, 16], 14), np.full(38, 24)]
KINDS = {  # units, mean count a week, and what else is so
    "common (mean 4)": (60, 4.0, {}),
    "rare (mean 0.3)": (60, 0.3, {}),
    "overdispersed (variance 3 x mean)": (60, 4.0, {"dispersion": 3.0}),
    "places drift (sd 0.2)": (60, 4.0, {"level": 0.2}),
    "staggered (3 starts)": (80, 4.0, {"starts": STAGGERED}),
    "12 clusters": (12, 4.0, {}),
    "five clusters": (5, 4.0, {}),
}


def linear(rng):
    """Return a trial with a common additive effect of -1."""
    units, periods = 40, 24
    panel = rng.poisson(6, (periods, units)) + rng.normal(0, 1, units) + rng.normal(0, 1, (periods, 1))
    panel[12:, :20] -= 1.0
    return pg.difference_in_differences(pd.DataFrame(panel), range(20), 12, model="linear"), -1.0


def wild(rng):
    panel, _ = panels(rng, 8, 24, 4.0)
    return pg.difference_in_differences(panel, range(4), 12, inference="wild"), -CUT


def displacement(rng, mean, dispersion=1.0, said=1.0):
    means = np.array([mean, mean, mean, mean * (1 - CUT), mean, mean, mean, mean])
    if dispersion > 1:
        k = rng.negative_binomial(means / (dispersion - 1), 1 / dispersion).reshape(4, 2)
    else:
        k = rng.poisson(means).reshape(4, 2)
    return pg.weighted_displacement(*k, dispersion=said), -mean * CUT


def ratio(rng, mean, mid_p=False):
    return pg.exact_ratio(*rng.poisson([mean, mean * (1 - CUT)]).tolist(), mid_p=mid_p), -CUT


def synthetic(rng):
    factors = rng.normal(0, 1, (30, 2)).cumsum(axis=0)
    table = factors @ rng.dirichlet(np.ones(2), 30).T + rng.normal(0, 0.5, (30, 30))
    table[20:, 0] -= 2.0
    return pg.synthetic_control(pd.DataFrame(table), 0, 20), -2.0


def series(rng):
    week = np.arange(208)
    mean = 20 * np.exp(0.001 * week + 0.3 * np.cos(2 * np.pi * week / 52)) * np.where(week >= 156, 1 - CUT, 1)
    return pg.interrupted_time_series(pd.Series(rng.negative_binomial(mean / 0.5, 1 / 1.5)), 156), -CUT


def hot(rng):
    mean = gamma_means(rng, 300, 5.0, 1.5)
    before, after = rng.poisson(mean), mean.copy()
    chosen = np.argsort(-before, kind="stable")[:40]
    after[chosen] *= 1 - CUT
    return pg.hot_place_change(pd.Series(before), pd.Series(rng.poisson(after)), chosen), -CUT


def cost(rng):
    found, truth = displacement(rng, 50.0)
    money = pg.cost_benefit(found.effect, 1000.0, found.standard_error)
    inside = (money.low if np.isfinite(money.low) else np.inf) <= 1000 / -truth <= money.high
    return inside, None


COVERED = {
    **{
        f"difference in differences, {name}": partial(did, units=u, mean=m, more=o) for name, (u, m, o) in KINDS.items()
    },
    "difference in differences, linear": linear,
    "difference in differences, 8 clusters, wild bootstrap": wild,
    "weighted displacement, common (100)": lambda rng: displacement(rng, 100.0),
    "weighted displacement, rare (5)": lambda rng: displacement(rng, 5.0),
    "weighted displacement, overdispersed x3, nothing said": lambda rng: displacement(rng, 100.0, 3.0),
    "weighted displacement, overdispersed x3, dispersion=3": lambda rng: displacement(rng, 100.0, 3.0, 3.0),
    "exact ratio, common (100)": lambda rng: ratio(rng, 100.0),
    "exact ratio, rare (5)": lambda rng: ratio(rng, 5.0),
    "exact ratio, rare (5), mid_p=True": lambda rng: ratio(rng, 5.0, mid_p=True),
    "synthetic control, 29 placebos": synthetic,
    "interrupted time series": series,
    "hot place change": hot,
    "cost of an incident prevented": cost,
}


def coverage(name, make, times):
    """Return how often an interval was offered, and how often it held the truth where it was."""
    rng = np.random.default_rng(sum(map(ord, name)))
    offered = held = 0
    for _ in range(times):
        found, truth = make(rng)
        if truth is None:
            offered, held = offered + 1, held + bool(found)
        elif not np.isnan(found.low):
            offered, held = offered + 1, held + bool(found.low <= truth <= found.high)
    return row(name, "coverage", held, offered, times)


def row(name, what, held, offered, times):
    share = held / offered if offered else np.nan
    low, high = stats.binomtest(held, offered).proportion_ci(method="wilson") if offered else (np.nan, np.nan)
    return {"kind": name, "what": what, "value": share, "low": low, "high": high, "offered": offered, "trials": times}


def power(before, cut, times):
    """Return how often a simulated trial finds what is there; `trial_power` promised it."""
    rng = np.random.default_rng(int(before * 100 + cut * 1000))
    k = rng.poisson([before, before, before, before * (1 - cut)], (times, 4))
    z = (k[:, 3] - k[:, 2] - k[:, 1] + k[:, 0]) / np.sqrt(np.maximum(k.sum(axis=1), 1))
    found = int((np.abs(z) > stats.norm.ppf(0.975)).sum())
    told = row(f"power, {before} before, cut {cut:.0%}", "power", found, times, times)
    return told | {"promised": pg.trial_power(before, cut)}


def balance(times):
    """Return how the p of balance lies over draws of lots; it should be uniform."""
    rng = np.random.default_rng(5)
    risk, people = pd.Series(rng.gamma(1, 3, 40)), pd.Series(rng.normal(size=40))
    p = [pg.assign_treatment(risk, 10, random_state=seed).balance(people) for seed in range(times)]
    test = stats.kstest(p, "uniform")
    return {"kind": "lots: p of balance, Kolmogorov-Smirnov against uniform", "what": "p", "value": test.pvalue,
            "trials": times}  # fmt: skip


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=2000)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [coverage(n, make, options.times) for n, make in COVERED.items() if options.only in n]
    if options.only in "power":
        rows += [power(b, c, 20_000) for b, c in ((30, 0.3), (100, 0.2), (100, 0.3), (400, 0.15))]
    if options.only in "lots":
        rows.append(balance(options.times))
    table = pd.DataFrame(rows)
    print(table.round(4).to_string())
    if options.out:
        told = json.loads(table.round(4).to_json(orient="records"))
        kept = json.loads(options.out.read_text(encoding="utf-8"))["rows"] if options.out.exists() else []
        new = {row["kind"]: row for row in told}
        rows = [new.pop(row["kind"], row) for row in kept] + list(new.values())  # a part run renews its own rows
        options.out.write_text(json.dumps({"cut": CUT, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
