"""Weekly lines of duty by annealing: starts move by hours, days off change, lines come and go; rest is never broken.

A line is what one unit works in a week: one length of shift, a start on each of its days. Two hours of the week matter
most in a search: one that lacks a unit (a hole), and a duty that ends or begins just beside it. Moving that duty over
the hole moves the hole to its other end, where it may meet an hour with a unit too many. Half of the moves do this.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.compiled import kernel, lean

DAYS, WEEK = 7, 168
DIRECTED, STARTS, PATTERNS, SHIFTED = 0.5, 0.7, 0.86, 0.96  # shares of moves, each up to the next; the rest: lines
HOT, COLD = 3.0, 0.2  # heat in hours of duty, at the beginning and at the end
NEAR = 2  # hours that a duty beside a hole may be moved
STEP = 4  # hours that a start moves at most


class Rules(NamedTuple):
    """What a line may be: hours of its shifts, hours a week, patterns of days (bits), rest, how far starts may vary."""

    lengths: Ints
    hours: Floats
    patterns: Ints
    n_patterns: Ints
    rest: float
    vary: int


@kernel
def anneal(slack: Ints, rules: Rules, kinds: Ints, rows: Ints, n: int, penalty: float, moves: int, seed: int) -> int:
    """Improve the first `n` lines in place; return how many the best plan without a hole has, -1 where none was met.

    Parameters
    ----------
    slack
        Units on duty less units wanted by hour of the week, shape (168,), before any line: 0 or less. Changed.
    rules
        What lines may be.
    kinds, rows
        Length (its position) and starts by day of each line, -1 on days off; shapes (most,) and (most, 7).
    n
        How many lines there are at the beginning.
    penalty
        Hours of duty that an hour with a unit too few costs.
    moves
        How many moves are tried.
    seed
        The same seed gives the same lines.
    """
    np.random.seed(seed)
    off, new, old = np.full(DAYS, -1), np.full(DAYS, -1), np.full(DAYS, -1)
    best_kinds, best_rows, best_n, best = np.zeros_like(kinds), np.zeros_like(rows), -1, np.inf
    cost, holes = 0.0, 0
    for h in range(WEEK):
        holes -= slack[h]
    for i in range(n):
        cost += rules.hours[kinds[i]]
        holes += _exchange(slack, off, 0, rows[i], rules.lengths[kinds[i]])
    for move in range(moves + 1):
        if holes == 0 and cost < best - 1e-9:
            best, best_n = cost, n
            _copy_lines(best_kinds, best_rows, kinds, rows, n)
        i, kind = _propose(new, slack, rules, kinds, rows, n, holes)
        if i < 0 or (kind >= 0 and not _lawful(new, rules.lengths[kind], rules.rest, rules.vary)):
            continue
        length, dearer = 0, 0.0
        if kind >= 0:
            length, dearer = rules.lengths[kind], rules.hours[kind]
        else:
            _copy(new, off)
        old_length = 0
        if i < n:
            old_length, dearer = rules.lengths[kinds[i]], dearer - rules.hours[kinds[i]]
            _copy(old, rows[i])
        else:
            _copy(old, off)
        more = _exchange(slack, old, old_length, new, length)
        worse = dearer + penalty * more
        if worse > 0 and np.random.random() >= np.exp(-worse / (HOT * (COLD / HOT) ** (move / moves))):
            _exchange(slack, new, length, old, old_length)
            continue
        cost, holes = cost + dearer, holes + more
        if kind < 0:
            n -= 1
            kinds[i] = kinds[n]
            _copy(rows[i], rows[n])
        else:
            kinds[i] = kind
            _copy(rows[i], new)
            n = max(n, i + 1)
    _copy_lines(kinds, rows, best_kinds, best_rows, best_n)
    return best_n


@lean
def _copy(to: Ints, row: Ints) -> None:
    for d in range(DAYS):
        to[d] = row[d]


@lean
def _copy_lines(to_kinds: Ints, to_rows: Ints, kinds: Ints, rows: Ints, n: int) -> None:
    for i in range(n):
        to_kinds[i] = kinds[i]
        _copy(to_rows[i], rows[i])


@lean
def _exchange(slack: Ints, old: Ints, old_length: int, new: Ints, new_length: int) -> int:
    """Take the duties of one line out and put those of another in; return by how much the holes grow."""
    more = 0
    for d in range(DAYS):
        if old[d] != new[d] or old_length != new_length:
            if old[d] >= 0:
                for q in range(old_length):
                    h = (24 * d + old[d] + q) % WEEK
                    slack[h] -= 1
                    more += slack[h] < 0
            if new[d] >= 0:
                for q in range(new_length):
                    h = (24 * d + new[d] + q) % WEEK
                    more -= slack[h] < 0
                    slack[h] += 1
    return more


@lean
def _lawful(row: Ints, length: int, rest: float, vary: int) -> bool:
    """Return whether there is rest between any two duties, around the end of the week too, and starts are alike."""
    low, high, first, last = 99, -1, -1, -1
    for d in range(DAYS):
        if row[d] >= 0:
            low, high = min(low, row[d]), max(high, row[d])
            if last >= 0 and 24 * (d - last) + row[d] - row[last] - length < rest:
                return False
            if first < 0:
                first = d
            last = d
    return high - low <= vary and 24 * (first + DAYS - last) + row[first] - row[last] - length >= rest


@lean
def _propose(new: Ints, slack: Ints, rules: Rules, kinds: Ints, rows: Ints, n: int, holes: int) -> tuple[int, int]:
    """Write the starts of a changed line into `new`; return the line and its length (-1: it goes), -1 for no move."""
    kind_of_move = np.random.random()
    if n == 0 or kind_of_move >= SHIFTED:
        return _other_line(new, rules, kinds, n)
    i = np.random.randint(n)
    if kind_of_move < DIRECTED and holes > 0:
        return _over_a_hole(new, slack, rules, kinds, rows, n, i)
    _copy(new, rows[i])
    if kind_of_move < STARTS:
        d = np.random.randint(DAYS)
        new[d] = _hour(new[d], np.random.randint(-STEP, STEP + 1))
        return (i if rows[i, d] >= 0 and new[d] >= 0 else -1), kinds[i]
    if kind_of_move < PATTERNS:
        _other_days(new, rules, kinds[i])
        return i, kinds[i]
    by = np.random.randint(-STEP, STEP + 1)
    for d in range(DAYS):
        if new[d] >= 0:
            new[d] = _hour(new[d], by)
            if new[d] < 0:
                return -1, -1
    return i, kinds[i]


@lean
def _hour(start: int, by: int) -> int:
    """Return a start moved by so many hours, -1 where that is another day."""
    return start + by if 0 <= start + by < 24 else -1


@lean
def _over_a_hole(new: Ints, slack: Ints, rules: Rules, kinds: Ints, rows: Ints, n: int, first: int) -> tuple[int, int]:
    """Move a duty that ends or begins just beside a random hole over it; lines are looked at from `first` on."""
    h = np.random.randint(WEEK)
    while slack[h] >= 0:
        h = (h + 1) % WEEK
    later = np.random.random() < 0.5
    for z in range(n):
        i = (first + z) % n
        for d in range(DAYS):
            if rows[i, d] >= 0:
                begin = 24 * d + rows[i, d]
                gap = (h - begin - rules.lengths[kinds[i]] + 1) % WEEK if later else (begin - h) % WEEK
                if 1 <= gap <= NEAR:
                    _copy(new, rows[i])
                    new[d] = _hour(new[d], gap if later else -gap)
                    return (i if new[d] >= 0 else -1), kinds[i]
    return -1, -1


@lean
def _other_days(new: Ints, rules: Rules, kind: int) -> None:
    """Give a line another pattern of days; days that stay keep their start, the others take one of them."""
    usual = -1
    while usual < 0:
        usual = new[np.random.randint(DAYS)]
    pattern = rules.patterns[kind, np.random.randint(rules.n_patterns[kind])]
    for d in range(DAYS):
        works = (pattern >> d) & 1
        new[d] = (new[d] if new[d] >= 0 else usual) if works else -1


@lean
def _other_line(new: Ints, rules: Rules, kinds: Ints, n: int) -> tuple[int, int]:
    """Return a line in place of another, one more, or one less."""
    what = np.random.randint(3) if n > 0 else 1
    if what == 0:
        return np.random.randint(n), -1
    if what == 1 and n == len(kinds):
        return -1, -1
    kind, start = np.random.randint(len(rules.lengths)), np.random.randint(24)
    pattern = rules.patterns[kind, np.random.randint(rules.n_patterns[kind])]
    for d in range(DAYS):
        new[d] = start if (pattern >> d) & 1 else -1
    return (n if what == 1 else np.random.randint(n)), kind
