"""Waves along streets: what incidents send down every piece of road, parted at each junction they meet; arrays only.

An incident sends its kernel both ways along its piece. At a junction the wave goes on along the other pieces, weakened,
and (by the continuous rule) a part of it turns back. The rule is linear and the kernel depends on the distance gone
alone, so the waves of all incidents travel together: `sent[t, d]` is what sets out along the directed piece d after t
steps. A wave that arrives between two steps is parted between them, and the tail of the kernel is read as straight
between steps; then the mass is kept exactly, whatever the lengths of the pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.special import ndtr

from patrolgeo._typing import Floats, Ints

STEPS = 128  # of the half-width; a wave is off by half a step at most, and not on average
CHUNK = 20_000  # directed pieces that are read at a time
SHORTEST = 1e-6  # of a step: a piece of no length would let a wave turn for ever
_GAUSS = 5.0  # the Gaussian is cut at so many standard deviations, where 6e-7 of it is left


@dataclass(frozen=True)
class Kernel:
    """A kernel along a line, by u = distance / half-width: half-width over standard deviation, and shape."""

    reach: float
    density: Callable[[Floats], Floats]  # times the half-width
    tail: Callable[[Floats], Floats]  # mass beyond u on one side: a half at 0, nothing at 1


KERNELS = {
    "epanechnikov": Kernel(np.sqrt(5), lambda u: 0.75 * (1 - u**2), lambda u: 0.5 - (3 * u - u**3) / 4),
    "quartic": Kernel(
        np.sqrt(7), lambda u: 15 / 16 * (1 - u**2) ** 2, lambda u: 0.5 - 15 / 16 * (u - 2 * u**3 / 3 + u**5 / 5)
    ),
    "uniform": Kernel(np.sqrt(3), lambda u: np.full_like(u, 0.5), lambda u: 0.5 - u / 2),
    "gaussian": Kernel(
        _GAUSS,
        lambda u: _GAUSS * np.exp(-0.5 * (_GAUSS * u) ** 2) / np.sqrt(2 * np.pi) / (1 - 2 * ndtr(-_GAUSS)),
        lambda u: (ndtr(-_GAUSS * u) - ndtr(-_GAUSS)) / (1 - 2 * ndtr(-_GAUSS)),
    ),
}


@dataclass(frozen=True)
class Streets:
    """Pieces of road between nodes; directed piece d runs as drawn, d + number of pieces against it."""

    source: Ints
    target: Ints
    length: Floats

    @property
    def n(self) -> int:
        """The number of pieces."""
        return len(self.length)

    def junctions(self, *, continuous: bool) -> sparse.csr_matrix:
        """Return what goes on along each directed piece (rows) of what arrives by each (columns).

        At a junction of m pieces the continuous rule sends 2/m on along each and 2/m - 1 back, so that the density does
        not jump and a dead end sends all of it back; the discontinuous one sends 1/(m - 1) on and nothing back.
        """
        tail, head = np.r_[self.source, self.target], np.r_[self.target, self.source]
        piece, one = np.arange(2 * self.n), np.ones(2 * self.n)
        nodes = int(tail.max(initial=-1)) + 1
        leaves = sparse.csr_matrix((one, (piece, tail)), shape=(2 * self.n, nodes))
        arrives = sparse.csr_matrix((one, (head, piece)), shape=(nodes, 2 * self.n))
        back = sparse.csr_matrix((one, (piece, np.roll(piece, self.n))), shape=(2 * self.n, 2 * self.n))
        ways = np.bincount(tail, minlength=nodes)[tail]
        if continuous:
            return (sparse.diags(2.0 / ways) @ leaves @ arrives - back).tocsr()
        on = (sparse.diags(1.0 / np.maximum(ways - 1, 1)) @ (leaves @ arrives - back)).tocsr()
        on.eliminate_zeros()
        return on


def send(streets: Streets, piece: Ints, at: Floats, mass: Floats, half: float, *, continuous: bool) -> Floats:
    """Let waves set out `at` metres along each `piece`; return what sets out along each directed piece by step."""
    step = half / STEPS
    lag = np.maximum(np.tile(streets.length, 2) / step, SHORTEST)
    whole = np.minimum(lag, STEPS).astype(np.int64)
    late = np.where(whole < STEPS, lag - whole, 0.0)  # the share that arrives a step later
    first = _first_arrivals(streets, piece, at, mass, step)
    on = streets.junctions(continuous=continuous)
    passed = _Passed(on, whole, late)
    order = np.argsort(whole, kind="stable")
    within_reach = np.searchsorted(whole[order], np.arange(STEPS), side="right")
    sent = np.zeros((STEPS, 2 * streets.n))
    for t in range(STEPS):
        arriving = np.zeros(2 * streets.n)
        row = slice(first.indptr[t], first.indptr[t + 1])
        arriving[first.indices[row]] = first.data[row]
        now, then = order[len(passed.short) : within_reach[t]], order[: within_reach[t - 1] if t else 0]
        arriving[now] += (1 - late[now]) * sent[t - whole[now], now]
        arriving[then] += late[then] * sent[t - 1 - whole[then], then]
        sent[t] = on @ passed.with_own(arriving)
    return sent


class _Passed:
    """Pieces shorter than a step: waves cross them, on and back, within it, so what crosses is solved for at once."""

    def __init__(self, on: sparse.csr_matrix, whole: Ints, late: Floats) -> None:
        self.short = np.flatnonzero(whole == 0)
        self.entering, self.at_once = on[self.short], 1 - late[self.short]
        loop = self.entering[:, self.short] @ sparse.diags(self.at_once)
        self.solve = splu((sparse.eye_array(len(self.short)) - loop).tocsc()).solve if len(self.short) else None

    def with_own(self, arriving: Floats) -> Floats:
        """Add what crosses short pieces within the step."""
        if self.solve is not None:
            arriving[self.short] += self.at_once * self.solve(self.entering @ arriving)
        return arriving


def _first_arrivals(streets: Streets, piece: Ints, at: Floats, mass: Floats, step: float) -> sparse.csr_matrix:
    """Return what comes to the ends of the pieces where waves began, shape (steps + 1, directed pieces)."""
    gone = np.maximum(np.r_[streets.length[piece] - at, at] / step, 0.0)
    reached = gone < STEPS
    gone, directed, mass = gone[reached], np.r_[piece, piece + streets.n][reached], np.tile(mass, 2)[reached]
    whole = gone.astype(np.int64)
    late = gone - whole
    parts = np.r_[mass * (1 - late), mass * late], (np.r_[whole, whole + 1], np.tile(directed, 2))
    return sparse.csr_matrix(parts, shape=(STEPS + 1, 2 * streets.n))


def read(sent: Floats, shape: Floats, directed: Ints, at: Floats) -> Floats:
    """Return the sum of all waves `at` so many steps along directed pieces; `shape` is the kernel at every step.

    For the first of each piece's distances the sum over steps is one matrix product, a chunk of pieces at a time.
    """
    order = np.argsort(directed, kind="stable")
    steps = np.minimum(at[order], STEPS)
    whole = steps.astype(np.int64)
    furthest = int(whole.max(initial=0)) + 2
    padded = np.r_[shape, np.zeros(STEPS + 2)]
    ahead = padded[np.arange(STEPS)[:, None] + np.arange(furthest)]
    sums = np.empty(len(at))
    for start in range(0, sent.shape[1], CHUNK):
        lo, hi = np.searchsorted(directed[order], [start, start + CHUNK])
        if lo == hi:
            continue
        table = sent[:, start : start + CHUNK].T @ ahead
        row, column, part = directed[order[lo:hi]] - start, whole[lo:hi], (steps - whole)[lo:hi]
        sums[order[lo:hi]] = (1 - part) * table[row, column] + part * table[row, column + 1]
    return sums
