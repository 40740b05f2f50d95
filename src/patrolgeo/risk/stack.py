"""The default forecast: a mixture of smoothed histories whose weights the past decides."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.risk.kernel import cell_spacing, smooth
from patrolgeo.risk.likelihood import mixture_weights
from patrolgeo.risk.protocol import BaseRisk, History
from patrolgeo.risk.windows import past_windows, weights_by_age

HALF_LIVES = (7, 30, 90, 365)  # days
BANDWIDTHS = (0.5, 1.0, 2.0, 4.0)  # cell spacings
_KEPT = 96
_banks: OrderedDict[tuple[object, ...], Floats] = OrderedDict()


def atom_names(history: History) -> list[str]:
    """Return the names of the rows of `bank`."""
    time = ["mean", "year", *(f"ewma{h}" for h in HALF_LIVES if h >= history.days)]
    smooths = [f"{t}@{b:g}" for b in BANDWIDTHS for t in time]
    return [*time, *smooths, "area", *(["exposure"] if history.exposure is not None else [])]


def bank(history: History, t: int) -> Floats:
    """Return the smoothed histories known before row `t`, as expected counts a period, shape (n_atoms, n_cells).

    Kept for the next call with the same past: a rolling origin asks for the same surfaces again and again.
    """
    key = (_digest(history, t), round(history.days, 3))
    if key not in _banks:
        _banks[key] = _bank(history, t)
        while len(_banks) > _KEPT:
            _banks.popitem(last=False)
    _banks.move_to_end(key)
    return _banks[key]


def _digest(history: History, t: int) -> bytes:
    digest = blake2b(np.ascontiguousarray(history.counts[:t]).tobytes(), digest_size=16)
    digest.update("".join(history.cells).encode())
    digest.update(b"" if history.exposure is None else history.exposure.tobytes())
    return digest.digest()


def _bank(history: History, t: int) -> Floats:
    year = min(max(round(365 / history.days), 1), t)
    ages = [np.full(t, 1 / t), np.r_[np.zeros(t - year), np.full(year, 1 / year)]]
    ages += [weights_by_age(t, h / history.days) for h in HALF_LIVES if h >= history.days]
    bases = np.array(ages) @ history.counts[:t]
    spacing = cell_spacing(history)
    smooths = [smooth(bases, history, b * spacing) for b in BANDWIDTHS]
    even = [share / share.sum() * bases[0].sum() for share in (history.area, history.exposure) if share is not None]
    return np.concatenate([bases, *smooths, np.array(even)])


@dataclass
class RiskStack(BaseRisk):
    """Expected counts as a non-negative mixture of smoothed histories: the default.

    Long-run mean, last year, exponentially weighted means, kernel smooths of each, an even surface and the exposure are
    mixed; the weights are those that best explain the past windows from what was known before each of them (Poisson
    likelihood, concave, so there is one best answer). It is as good as the best simple method without having to know
    which one that is. `weights_` says what it took.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import HexGrid, RiskStack
    >>> import h3
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 2))
    >>> weeks = pd.date_range("2024-01-01", periods=20, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(np.linspace(0, 2, len(cells)), (20, len(cells)))
    >>> model = RiskStack().fit(pd.DataFrame(counts, index=weeks, columns=cells))
    >>> model.predict(2).shape
    (2, 19)
    """

    def _fit(self, history: History) -> None:
        windows = past_windows(history)
        atoms = bank(history, len(history.counts))
        weights = _learn(history, windows) if windows else np.eye(len(atoms))[0]
        self.weights_ = pd.Series(weights, index=atom_names(history), name="weight")
        shape = weights @ atoms
        self.rate_ = shape * (level(history) / shape.sum()) if shape.sum() > 0 else shape

    def _expected(self, horizon: int) -> Floats:
        return np.tile(self.rate_, (horizon, 1))


def _learn(history: History, windows: list[tuple[int, int]]) -> Floats:
    """Return the weights that explain the past windows best."""
    rows, counts, totals = [], [], []
    for start, stop in windows:
        atoms = bank(history, start) * (stop - start)
        y = history.counts[start:stop].sum(axis=0)
        rows.append(atoms[:, y > 0].T)
        counts.append(y[y > 0])
        totals.append(atoms.sum(axis=1))
    return mixture_weights(np.concatenate(rows), np.concatenate(counts), np.sum(totals, axis=0))


def level(history: History) -> float:
    """Return the expected total of a coming period: the mean of the periods, the last eight weeks counting most."""
    totals = history.counts.sum(axis=1)
    return float(weights_by_age(len(totals), 56 / history.days) @ totals)
