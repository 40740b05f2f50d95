"""Arrays behind the comparison of changes: an estimate, and what each unit adds to its error.

Every estimate here is a smooth function of sums over units; its influence by unit, summed within clusters and squared,
is its variance (robust to any dependence within a cluster). A fit of two-way fixed effects with a common start gives
the same numbers: the mean change of the treated less that of the others; for Poisson counts, the ratio of the ratios.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints


class Contrast(NamedTuple):
    """Estimates, shape (m,), and influences, shape (n_units, m)."""

    value: Floats
    influence: Floats


def mean_change(change: Floats, treated: Bools, control: Bools) -> Contrast:
    """Return the mean change of the treated less that of the control units; `change` (n_units, m)."""
    ours, theirs = change[treated].mean(axis=0), change[control].mean(axis=0)
    influence = np.zeros_like(change)
    influence[treated] = (change[treated] - ours) / treated.sum()
    influence[control] = (theirs - change[control]) / control.sum()
    return Contrast(ours - theirs, influence)


def log_ratio(before: Floats, after: Floats, treated: Bools, control: Bools) -> Contrast:
    """Return the log of the ratio of ratios of mean counts; `before` and `after` (n_units, m)."""
    value, influence = np.zeros(after.shape[1]), np.zeros_like(after)
    with np.errstate(divide="ignore", invalid="ignore"):
        for arm, sign in ((treated, 1.0), (control, -1.0)):
            new, old = after[arm].sum(axis=0), before[arm].sum(axis=0)
            value = value + sign * np.log(new / old)
            influence[arm] = sign * (after[arm] / new - before[arm] / old)
    return Contrast(value, influence)


def log_observed_over_expected(cohorts: list[tuple[Floats, Floats, Bools, Bools]]) -> Contrast:
    """Return the log of all counts after over what the control's change lets expect, over cohorts with own windows.

    Each cohort brings `before` and `after` (n_units,), mean before times the length of the time after, and who is
    treated and who is control. Of one cohort it is `log_ratio`.
    """
    observed = sum(after[ours].sum() for _, after, ours, _ in cohorts)
    influence = np.zeros(len(cohorts[0][0]))
    parts = np.zeros_like(influence)
    expected = 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        for before, after, ours, theirs in cohorts:
            old, new = before[theirs].sum(), after[theirs].sum()
            hoped = before[ours].sum() * new / old
            expected += hoped
            influence[ours] += after[ours] / observed
            parts[ours] += before[ours] * new / old
            parts[theirs] += hoped * (after[theirs] / new - before[theirs] / old)
        influence -= parts / expected
        return Contrast(np.array([np.log(observed / expected)]), influence[:, None])


def weighted(parts: list[Contrast], weights: list[float]) -> Contrast:
    """Return the weighted mean of estimates."""
    share = np.asarray(weights, float) / np.sum(weights)
    value = sum(w * part.value for w, part in zip(share, parts, strict=True))
    influence = sum(w * part.influence for w, part in zip(share, parts, strict=True))
    return Contrast(np.asarray(value), np.asarray(influence))


def spread(influence: Floats, cluster: Ints, arm: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """Return standard errors and their degrees of freedom, shape (m,) each; NaN where an arm has one cluster.

    Where every cluster lies in one arm the arms' variances add up. A cluster with a large share `h` of the weight of
    its arm draws the estimate to itself, so that its influence looks small: it is raised by 1 / sqrt(1 - h), and the
    degrees of freedom are those of as many equal clusters as the shares are worth (Bell and McCaffrey's correction; for
    equal clusters the variance and degrees of Welch and Satterthwaite). Clusters across arms count together.
    """
    m = influence.shape[1]
    sums = np.zeros((cluster.max() + 1, m))
    np.add.at(sums, cluster, influence)
    squares = sums**2
    involved = np.abs(influence).sum(axis=1) > 0
    of_cluster = np.full(len(sums), -1)
    of_cluster[cluster] = arm
    if (of_cluster[cluster] != arm)[involved].any():
        count = len(np.unique(cluster[involved]))
        factor = count / (count - 1) if count > 1 else np.nan
        return np.sqrt(squares.sum(axis=0) * factor), np.full(m, count - 1.0)
    total, spent = np.zeros(m), np.zeros(m)
    for one in np.unique(arm[involved]):
        sizes = np.bincount(cluster[arm == one], weight[arm == one], len(sums))
        members = np.flatnonzero(sizes > 0)
        share = sizes[members] / sizes.sum()
        if len(members) < 2:
            return np.full(m, np.nan), np.full(m, np.nan)
        part = (squares[members] / (1 - share)[:, None]).sum(axis=0)
        total, spent = total + part, spent + part**2 / max(1 / (share**2).sum() - 1, 1e-9)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(total), np.where(spent > 0, total**2 / spent, np.nan)


def plain_errors(values: Floats, after: Bools, arms: Ints, cluster: Ints) -> tuple[Floats, Floats]:
    """Return textbook errors of the two-way fit of a common start: HC1 counting all dummies, and by cluster.

    `values` (n_units, n_periods); `arms` 0 for control, 1, 2, ... for what stands beside it. One error an arm.
    """
    kinds = (arms[:, None] == np.arange(1, arms.max() + 1)).astype(float)
    units, times = kinds - kinds.mean(axis=0), after - after.mean()
    inside = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    bread = np.linalg.inv(units.T @ units * (times**2).sum())
    scores = units.T @ inside @ times
    left = inside - np.outer(units @ (bread @ scores), times)
    n, p = values.size, sum(values.shape) - 1 + kinds.shape[1]
    meat = (units * ((left * times) ** 2).sum(axis=1)[:, None]).T @ units * n / (n - p)
    by_cluster = np.zeros((cluster.max() + 1, kinds.shape[1]))
    np.add.at(by_cluster, cluster, units * (left @ times)[:, None])
    count = len(by_cluster)
    middle = by_cluster.T @ by_cluster * count / max(count - 1, 1)
    robust, clustered = (np.sqrt(np.diag(bread @ m @ bread)) for m in (meat, middle))
    return robust, clustered
