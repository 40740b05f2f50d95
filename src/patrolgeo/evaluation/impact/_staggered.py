"""Estimates over cohorts with starts of their own: compared with those not yet started, never with those that have."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._typing import Bools, Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact._contrast import (
    Contrast,
    log_observed_over_expected,
    log_ratio,
    mean_change,
    weighted,
)
from patrolgeo.evaluation.impact._design import NEVER, Design


def overall(design: Design, model: str, base: str) -> Contrast:
    """Return the effect over all treated places and their periods since the start."""
    if model == "linear":
        return weighted(*_weighed(design, base))
    cohorts = []
    for start in _compared(design):
        others = _not_before(design, _last(design))
        end = _last(design) + 1
        after = design.values[:, start:end]
        old = design.values[:, start - 1 : start] if base == "last" else design.values[:, :start]
        cohorts.append((old.mean(axis=1) * after.shape[1], after.sum(axis=1), design.begins == start, others))
    return log_observed_over_expected(cohorts)


def _weighed(design: Design, base: str) -> tuple[list[Contrast], list[float]]:
    """Return the effects since each start and the places that each is of."""
    if not design.staggered:
        start = design.starts[0]
        new = design.values[:, start:].mean(axis=1, keepdims=True)
        old = _base(design, start, start, base)
        return [mean_change(new - old, design.treated, design.control)], [1.0]
    parts, sizes = [], []
    for start in design.starts:
        for period in range(start, _last(design) + 1):
            parts.append(_one(design, start, period, "linear", base))
            sizes.append(float((design.begins == start).sum()))
    return parts, sizes


def group_times(design: Design, model: str, base: str) -> tuple[dict[Any, Contrast], dict[Any, Contrast]]:
    """Return effects by start and period, and by period relative to the start, weighed by places."""
    times, beside, sizes = {}, {}, {}  # type: ignore[var-annotated]
    for start in design.starts:
        for period in range(1 if base == "last" else 0, _last(design) + 1):
            one = _one(design, start, period, model, base)
            times[design.periods[start], design.periods[period]] = one
            beside.setdefault(period - start, []).append(one)
            sizes.setdefault(period - start, []).append(float((design.begins == start).sum()))
    return times, {at: weighted(beside[at], sizes[at]) for at in sorted(beside)}


def _one(design: Design, start: int, period: int, model: str, base: str) -> Contrast:
    ours, others = design.begins == start, _not_before(design, max(period, start))
    new, old = design.values[:, period, None], _base(design, start, period, base)
    return log_ratio(old, new, ours, others) if model == "poisson" else mean_change(new - old, ours, others)


def _base(design: Design, start: int, period: int, base: str) -> Floats:
    """Return what a period is held against."""
    if base == "all":
        return design.values[:, :start].mean(axis=1, keepdims=True)
    return design.values[:, min(start, period) - 1, None]


def _not_before(design: Design, period: int) -> Bools:
    """Return the comparison of a period: units never treated or, where all are in time, those not yet treated."""
    return design.control if design.control.any() else (design.begins > period) & (design.begins != NEVER)


def _compared(design: Design) -> list[int]:
    """Return the starts that have a comparison afterwards."""
    return [start for start in design.starts if start <= _last(design)]


def _last(design: Design) -> int:
    """Return the last period that has a comparison."""
    return design.values.shape[1] - 1 if design.control.any() else design.starts[-1] - 1


def joined(parts: list[Contrast]) -> Contrast:
    """Return estimates of one column each as one of many columns."""
    if not parts:
        raise DataError("No period has a comparison.")
    return Contrast(np.concatenate([p.value for p in parts]), np.concatenate([p.influence for p in parts], axis=1))
