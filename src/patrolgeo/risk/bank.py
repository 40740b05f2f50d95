"""The bank: smoothed histories known before a row, from which the stack and the boosted model are made.

Every surface is linear in the past: weights by age times counts, then a smoother over cells. Banks are kept for the
next call with the same past, because a rolling origin asks for the same surfaces again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.smoothing import cell_spacing, smooth
from patrolgeo.risk.windows import weights_by_age

HALF_LIVES = (7, 30, 90, 365, 730)  # days
BANDWIDTHS = (0.5, 1.0, 2.0, 4.0)  # cell spacings
PRIOR_EVENTS = (0.5, 2.0, 8.0)  # how many incidents of its own a cell needs to count as much as what is expected of it
SIGNAL_BANDWIDTHS = (0.5, 1.0, 2.0)
RATE_BANDWIDTHS = (2.0, 4.0)
_MEMORY_BYTES = 300_000_000


@dataclass(frozen=True)
class Bank:
    """Surfaces known before a row: `names`, and `rates` as expected counts a period, shape (n_atoms, n_cells)."""

    names: tuple[str, ...]
    rates: NDArray[np.float32]


Surfaces = Callable[[History, int], Bank]  # what is known before a row of a history
_banks: OrderedDict[bytes, Bank] = OrderedDict()


def bank(history: History, t: int) -> Bank:
    """Return the surfaces known before row `t`."""
    key = history.digests[t]
    if key not in _banks:
        _banks[key] = _made(history, t)
        while sum(b.rates.nbytes for b in _banks.values()) > _MEMORY_BYTES and len(_banks) > 1:
            _banks.popitem(last=False)
    _banks.move_to_end(key)
    return _banks[key]


def _made(history: History, t: int) -> Bank:
    atoms: dict[str, Floats] = {}
    spacing = cell_spacing(history)
    bases = _by_age(history, t)
    stacked = np.array(list(bases.values()))
    atoms |= bases
    for width in BANDWIDTHS:
        smoothed = smooth(stacked, history, width * spacing)
        atoms |= {f"{name}@{width:g}": surface for name, surface in zip(bases, smoothed, strict=True)}
    for name, share in (("area", history.area), ("exposure", history.exposure)):
        if share is not None:
            atoms[name] = share / share.sum() * bases["mean"].sum()
    priors = ["mean@1"]
    if history.exposure is not None:
        relative = _relative(bases["mean"], history.exposure, history)
        atoms |= relative
        priors += ["exposure", *relative]
    atoms |= {name: s for prior in priors for name, s in _shrunk(prior, atoms[prior], bases["mean"], t).items()}
    atoms |= _smoothed(_signals(history, t) | _places(history, bases["mean"].sum()), history)
    return Bank(tuple(atoms), np.array(list(atoms.values()), np.float32))


def _by_age(history: History, t: int) -> dict[str, Floats]:
    """Return the counts before row `t` averaged with several memories."""
    year = min(max(round(365 / history.days), 1), t)
    ages = {"mean": np.full(t, 1 / t), "year": np.r_[np.zeros(t - year), np.full(year, 1 / year)]}
    ages |= {f"ewma{h}": weights_by_age(t, h / history.days) for h in HALF_LIVES if h >= history.days}
    return dict(zip(ages, np.array(list(ages.values())) @ history.counts[:t], strict=True))


def _relative(mean: Floats, exposure: Floats, history: History) -> dict[str, Floats]:
    """Return the exposure times the rate of the surroundings: risk where the people are, as high as around here."""
    atoms = {}
    for width in RATE_BANDWIDTHS:
        events, people = smooth(np.array([mean, exposure]), history, width * cell_spacing(history))
        atoms[f"exposure x rate@{width:g}"] = exposure * events / np.maximum(people, 1e-9 * exposure.mean())
    return atoms


def _shrunk(name: str, prior: Floats, mean: Floats, t: int) -> dict[str, Floats]:
    """Return the means shrunk to what is expected of each cell: the posterior mean of a gamma prior on its rate.

    A busy cell speaks for itself, a quiet one says what its surroundings (or its people) say.
    """
    return {f"{name} + own/{k:g}": prior * (k + mean * t) / (k + prior * t) for k in PRIOR_EVENTS}


def _signals(history: History, t: int) -> dict[str, Floats]:
    """Return the long-run means of the other categories, and of all of them together."""
    means = {name: counts[:t].mean(axis=0) for name, counts in history.signals.items()}
    return means | ({"others": np.sum(list(means.values()), axis=0)} if len(means) > 1 else {})


def _places(history: History, total: float) -> dict[str, Floats]:
    """Return the covariates that can be read as a quantity of something in a cell, scaled to the incidents."""
    return {
        name: values * (total / values.sum())
        for name, values in history.places.items()
        if values.min() >= 0 and values.sum() > 0
    }


def _smoothed(surfaces: dict[str, Floats], history: History) -> dict[str, Floats]:
    """Return surfaces as they are and with the widths for signals."""
    if not surfaces:
        return {}
    stacked, atoms = np.array(list(surfaces.values())), dict(surfaces)
    for width in SIGNAL_BANDWIDTHS:
        spread = smooth(stacked, history, width * cell_spacing(history))
        atoms |= {f"{name}@{width:g}": surface for name, surface in zip(surfaces, spread, strict=True)}
    return atoms
