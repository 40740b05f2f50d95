"""Linear programs of weekly rosters: the least hours of any roster, and lines to begin with."""

from __future__ import annotations

import math

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.rosters import DAYS, WEEK, Rules
from patrolgeo.solver import solve_milp


def least_hours(need: Ints, rules: Rules) -> float:
    """Return a bound of the hours of duty: without rest and likeness of starts, lines in parts.

    Columns are duties (length, day, start) and lines (length, pattern of days). As many duties of a length begin on a
    day as lines of that length work on it. Hours of lines are whole multiples, so the value is rounded up to one.
    """
    lengths, patterns = len(rules.lengths), _patterns(rules)
    cover = sparse.hstack([_duties(rules, k) for k in range(lengths)])
    begin = sparse.block_diag([sparse.kron(sparse.eye(DAYS), np.ones((1, 24))) for _ in range(lengths)])
    works = sparse.block_diag([_days_of(p) for p in patterns])
    matrix = sparse.bmat([[cover, None], [begin, -works]], format="csc")
    cost = np.concatenate([np.zeros(cover.shape[1]), np.repeat(rules.hours, [len(p) for p in patterns])])
    lower = np.concatenate([need, np.zeros(DAYS * lengths)])
    upper = np.concatenate([np.full(WEEK, np.inf), np.zeros(DAYS * lengths)])
    answer = solve_milp(cost, matrix, lower, upper, integer=np.zeros(len(cost), bool), bounds=(0.0, np.inf))
    if answer.bound is None:
        raise AssertionError("A roster without limits always exists, and HiGHS found none. Please report it.")
    step = math.gcd(*rules.hours.astype(int))
    return step * math.ceil(answer.bound / step - 1e-6)


def greedy_lines(need: Ints, rules: Rules) -> tuple[Ints, Ints]:
    """Return lines with one start each that leave no hole: each covers the most holes for its hours, one by one."""
    days = [_days_of(p) for p in _patterns(rules)]
    column = [(k, j, start) for k, d in enumerate(days) for j in range(d.shape[1]) for start in range(24)]
    matrix = sparse.hstack([
        _duties(rules, k) @ sparse.kron(sparse.csc_matrix(d), sparse.eye(24)) for k, d in enumerate(days)
    ], format="csr")  # fmt: skip
    hours = np.array([rules.hours[k] for k, _, _ in column])
    left, chosen = need.astype(float), []
    while (left > 0).any():
        c = int(np.argmax((matrix.T @ (left > 0)) / hours))
        chosen.append(column[c])
        left -= matrix[:, [c]].toarray().ravel()
    rows = [np.where(days[k][:, j] > 0, start, -1) for k, j, start in chosen]
    return np.array([k for k, _, _ in chosen], np.int64), np.array(rows, np.int64).reshape(-1, DAYS)


def _patterns(rules: Rules) -> list[Ints]:
    return [rules.patterns[k, :n] for k, n in enumerate(rules.n_patterns)]


def _days_of(patterns: Ints) -> Floats:
    """Return which days the patterns work, shape (7, n_patterns)."""
    return ((patterns[None, :] >> np.arange(DAYS)[:, None]) & 1).astype(float)


def _duties(rules: Rules, kind: int) -> sparse.csc_matrix:
    """Return which hours the duties of a length cover, hours x (days x starts)."""
    begin = np.arange(WEEK)
    hours = (begin[:, None] + np.arange(rules.lengths[kind])) % WEEK
    columns = np.broadcast_to(begin[:, None], hours.shape)
    return sparse.csc_matrix((np.ones(hours.size), (hours.ravel(), columns.ravel())), shape=(WEEK, WEEK))
