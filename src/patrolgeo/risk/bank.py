"""The bank: smoothed histories known before a row, from which the stack and the boosted model are made.

Every surface is linear in the past: weights by age times counts, then a smoother over cells. Banks are kept for the
next call with the same past, because a rolling origin asks for the same surfaces again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.smoothing import cell_spacing, smooth_each
from patrolgeo.risk.windows import weights_by_age

HALF_LIVES = (7, 30, 90, 365, 730)  # days
BANDWIDTHS = (0.5, 1.0, 2.0, 4.0)  # cell spacings
PRIOR_EVENTS = (0.5, 2.0, 8.0)  # how many incidents of its own a cell needs to count as much as what is expected of it
SIGNAL_BANDWIDTHS = (0.5, 1.0, 2.0)
RATE_BANDWIDTHS = (2.0, 4.0)
_MEMORY_BYTES = 600_000_000
_TOGETHER = 4  # rows whose surfaces are made at once
Atoms = dict[str, Floats]


@dataclass(frozen=True)
class Bank:
    """Surfaces known before a row: `names`, and `rates` as expected counts a period, shape (n_atoms, n_cells)."""

    names: tuple[str, ...]
    rates: NDArray[np.float32]


Surfaces = Callable[[History, Sequence[int]], list[Bank]]  # what is known before rows of a history
_kept: OrderedDict[bytes, Bank] = OrderedDict()


def bank(history: History, t: int) -> Bank:
    """Return the surfaces known before row `t`."""
    return banks(history, [t])[0]


def banks(history: History, rows: Sequence[int]) -> list[Bank]:
    """Return the surfaces known before each of these rows."""
    keys = {t: history.digests[t] for t in rows}
    found = {t: _kept[key] for t, key in keys.items() if key in _kept}
    missing = [t for t in keys if t not in found]
    for some in (missing[i : i + _TOGETHER] for i in range(0, len(missing), _TOGETHER)):
        found |= {t: _bank(atoms) for t, atoms in zip(some, _made(history, some), strict=True)}
    for t, key in keys.items():
        _kept[key] = found[t]
        _kept.move_to_end(key)
        while sum(b.rates.nbytes for b in _kept.values()) > _MEMORY_BYTES and len(_kept) > 1:
            _kept.popitem(last=False)
    return [found[t] for t in rows]


def _bank(atoms: Atoms) -> Bank:
    return Bank(tuple(atoms), np.array(list(atoms.values()), np.float32))


def _made(history: History, rows: Sequence[int]) -> list[Atoms]:
    """Make the surfaces of several rows: smoothing many at once costs half as much as each by itself."""
    bases = [_by_age(history, t) for t in rows]
    others = [_signals(history, t) | _places(history, own["mean"].sum()) for t, own in zip(rows, bases, strict=True)]
    exposure = [] if history.exposure is None else [{"exposure": history.exposure}]
    spread = _smoothed([*bases, *exposure], BANDWIDTHS, history)
    told = _smoothed(others, SIGNAL_BANDWIDTHS, history)
    return [
        _joined(history, t, bases[i], spread[i], spread[-1] if exposure else {}) | others[i] | told[i]
        for i, t in enumerate(rows)
    ]


def _joined(history: History, t: int, bases: Atoms, spread: Atoms, people: Atoms) -> Atoms:
    """Return the histories as they are and smoothed, even surfaces, and means shrunk to what is expected."""
    atoms = bases | spread
    for name, share in (("area", history.area), ("exposure", history.exposure)):
        if share is not None:
            atoms[name] = share / share.sum() * bases["mean"].sum()
    priors = ["mean@1"]
    if history.exposure is not None:
        relative = _relative(spread, history.exposure, people)
        atoms |= relative
        priors += ["exposure", *relative]
    return atoms | {name: s for prior in priors for name, s in _shrunk(prior, atoms[prior], bases["mean"], t).items()}


def _by_age(history: History, t: int) -> Atoms:
    """Return the counts before row `t` averaged with several memories."""
    year = min(max(round(365 / history.days), 1), t)
    ages = {"mean": np.full(t, 1 / t), "year": np.r_[np.zeros(t - year), np.full(year, 1 / year)]}
    ages |= {f"ewma{h}": weights_by_age(t, h / history.days) for h in HALF_LIVES if h >= history.days}
    return dict(zip(ages, np.array(list(ages.values())) @ history.counts[:t], strict=True))


def _relative(spread: Atoms, exposure: Floats, people: Atoms) -> Atoms:
    """Return the exposure times the rate of the surroundings: risk where the people are, as high as around here."""
    least = 1e-9 * exposure.mean()
    return {
        f"exposure x rate@{width:g}": exposure
        * spread[f"mean@{width:g}"]
        / np.maximum(people[f"exposure@{width:g}"], least)
        for width in RATE_BANDWIDTHS
    }


def _shrunk(name: str, prior: Floats, mean: Floats, t: int) -> Atoms:
    """Return the means shrunk to what is expected of each cell: the posterior mean of a gamma prior on its rate.

    A busy cell speaks for itself, a quiet one says what its surroundings (or its people) say.
    """
    return {f"{name} + own/{k:g}": prior * (k + mean * t) / (k + prior * t) for k in PRIOR_EVENTS}


def _signals(history: History, t: int) -> Atoms:
    """Return the long-run means of the other categories, and of all of them together."""
    means = {name: counts[:t].mean(axis=0) for name, counts in history.signals.items()}
    return means | ({"others": np.sum(list(means.values()), axis=0)} if len(means) > 1 else {})


def _places(history: History, total: float) -> Atoms:
    """Return the covariates that can be read as a quantity of something in a cell, scaled to the incidents."""
    return {
        name: values * (total / values.sum())
        for name, values in history.places.items()
        if values.min() >= 0 and values.sum() > 0
    }


def _smoothed(tables: list[Atoms], widths: Sequence[float], history: History) -> list[Atoms]:
    """Return each table's surfaces smoothed with each width in cell spacings, all in one go."""
    stacked = [surface for table in tables for surface in table.values()]
    if not stacked:
        return tables
    spread = smooth_each(np.array(stacked), history, [width * cell_spacing(history) for width in widths])
    out: list[Atoms] = []
    for table in tables:
        begin = sum(map(len, tables[: len(out)]))
        out.append(
            {f"{name}@{w:g}": s[begin + k] for w, s in zip(widths, spread, strict=True) for k, name in enumerate(table)}
        )
    return out
