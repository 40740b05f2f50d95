"""The loops of the scan statistics: likelihood ratios of growing zones, for what was seen and for many replicates.

A zone family is a list of rows for each centre: a row that is 0 or more is added to the zone, ``~row`` is taken away
(circles only add; hexagon rings are differences of running sums). `ends` marks where the list so far is a zone. Time
(or groups of incidents) is a running sum within the zone, of which windows are differences.
"""

import math

import numba
import numpy as np

from patrolgeo.compiled import kernel

POISSON, BERNOULLI, EXPECTATION = 0, 1, 2
NO_COUNT = 2**31 - 1


@kernel
def llr(count, mean, total, people, model):  # type: ignore[no-untyped-def]
    """Log likelihood ratio of a zone with more than expected, 0 elsewhere.

    `total` is the number of cases, `people` that of cases and controls together (Bernoulli alone).
    """
    if count <= mean * (1 + 1e-12) or count <= 0:
        return 0.0
    if mean <= 0:
        return np.inf
    if model == EXPECTATION:
        return count * math.log(count / mean) + mean - count
    rest, left = total - count, total - mean
    inside = count * math.log(count / mean)
    outside = rest * math.log(rest / left) if rest > 1e-9 else 0.0
    if model == POISSON:
        return inside + outside
    here = mean * people / total  # cases and controls of the zone
    healthy, others = here - count, people - here
    away = others - rest
    found = inside + outside
    if healthy > 1e-9:
        found += healthy * math.log(healthy / (here * (1 - total / people)))
    if away > 1e-9:
        found += away * math.log(away / (others * (1 - total / people)))
    return found


@kernel
def largest_means(level, counts, totals, people, model):  # type: ignore[no-untyped-def]
    """Return for each total and count the largest mean at which the ratio still passes `level`, a little too large."""
    means = np.zeros((len(totals), len(counts)))
    for k in range(len(totals)):
        for g in range(len(counts)):
            low, high = 0.0, float(counts[g])
            for _ in range(40):
                middle = 0.5 * (low + high)
                if llr(float(counts[g]), middle, totals[k], people, model) > level:
                    low = middle
                else:
                    high = middle
            means[k, g] = high * (1 + 1e-9)
    return means


@kernel
def best_by_centre(  # type: ignore[no-untyped-def]
    rows, starts, ends, weight, counts, means, taken, windows, totals, people, model
):
    """Return the best ratio of each centre, where its zone ends in `rows`, and its window; no zone has a taken unit."""
    n_times = counts.shape[1]
    best, entry, window = np.zeros(len(starts) - 1), np.full(len(starts) - 1, -1), np.zeros(len(starts) - 1, np.int64)
    c, e = np.zeros(n_times + 1), np.zeros(n_times + 1)
    for i in range(len(starts) - 1):
        c[:] = 0.0
        e[:] = 0.0
        shut = 0.0
        for m in range(starts[i], starts[i + 1]):
            j = rows[m] if rows[m] >= 0 else ~rows[m]
            sign = 1.0 if rows[m] >= 0 else -1.0
            shut += sign * taken[j]
            running_c, running_e = 0.0, 0.0
            for t in range(n_times):
                running_c += counts[j, t]
                running_e += means[j, t]
                c[t + 1] += sign * running_c
                e[t + 1] += sign * running_e
            if not ends[m]:
                continue
            if shut > 0.5:
                break
            for w in range(len(windows)):
                a, b = windows[w, 0], windows[w, 1]
                count, mean = c[b] - c[a], e[b] - e[a]
                more = count - mean
                if more <= 1e-9:
                    continue
                if model != BERNOULLI:  # no ratio lies above this bound, and a logarithm is dear
                    rest = totals[w] - mean
                    bound = more * more * (0.5 / mean + (1.0 / rest if rest > 0 else np.inf)) if mean > 0 else np.inf
                    if weight[i] * bound <= best[i]:
                        continue
                found = weight[i] * llr(count, mean, totals[w], people, model)
                if found > best[i] * (1 + 1e-12):
                    best[i], entry[i], window[i] = found, m, w
    return best, entry, window


@numba.njit(cache=True, inline="always")
def _add(c, e, counts, means, row):  # type: ignore[no-untyped-def]
    """Add a row to the running sums of a zone, or take it away."""
    if row >= 0:
        for t in range(counts.shape[1]):
            e[t + 1] += means[row, t]
            for r in range(counts.shape[2]):
                c[t + 1, r] += counts[row, t, r]
    else:
        for t in range(counts.shape[1]):
            e[t + 1] -= means[~row, t]
            for r in range(counts.shape[2]):
                c[t + 1, r] -= counts[~row, t, r]


@kernel
def raise_maxima(  # type: ignore[no-untyped-def]
    centres, rows, starts, ends, weight, counts, means, windows, totals, kind, people, model, grid, reach, maxima
):
    """Raise the largest ratio of each replicate by the zones of these centres.

    `counts` (rows, times, replicates) and `means` (rows, times) are running sums over the times. `reach[kind, g]` is
    the largest mean at which ``grid[g]`` cases still pass the least of the maxima: a zone grows, its mean too, so that
    the count it needs is found by walking up. Ratios are worked out only where a replicate passes that count.
    """
    n_times, n_draws = counts.shape[1:]
    c, e = np.zeros((n_times + 1, n_draws), np.int32), np.zeros(n_times + 1)
    step = np.zeros(len(windows), np.int64)
    for i in centres:
        c[:] = 0
        e[:] = 0.0
        step[:] = 0
        for m in range(starts[i], starts[i + 1]):
            _add(c, e, counts, means, rows[m])
            if not ends[m]:
                continue
            for w in range(len(windows)):
                a, b = windows[w, 0], windows[w, 1]
                mean = e[b] - e[a]
                g = step[w]
                while reach[kind[w], g] < mean:
                    g += 1
                step[w] = g
                floor = grid[g - 1] if g > 0 else 0
                most = 0
                for r in range(n_draws):
                    most = max(most, c[b, r] - c[a, r])
                if most <= floor:
                    continue
                for r in range(n_draws):
                    if c[b, r] - c[a, r] > floor:
                        found = weight[i] * llr(float(c[b, r] - c[a, r]), mean, totals[w], people, model)
                        maxima[r] = max(maxima[r], found)
