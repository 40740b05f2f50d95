"""The mixture behind the stack: weights of the bank's surfaces, learned on the past, apart for the hottest ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from patrolgeo._typing import Floats
from patrolgeo.risk.bank import Surfaces, banks
from patrolgeo.risk.history import History
from patrolgeo.risk.likelihood import mixture_weights

FADE = 4  # windows after which a past window counts half
HOTTER = (0.2, 0.05)  # shares of the area, the hottest first, that get weights of their own
SAID = 3  # surfaces that the line on the origin of a forecast names
HELD_BY = 1000.0  # incidents for which the weights of the wider ground stand when those of the hotter are learned


@dataclass(frozen=True)
class Mixture:
    """Weights of the bank's surfaces.

    Parameters
    ----------
    weights
        Shape (n_atoms, n_tiers): a column for each share of the area, from 1.0 (everywhere) to the hottest. A cell
        takes the last column whose ground holds it.
    area
        Areas of the cells.
    """

    weights: pd.DataFrame
    area: Floats

    def surface(self, rates: NDArray[np.float32]) -> Floats:
        """Return the mixture of `rates`, shape (n_atoms, n_cells), by cell."""
        everywhere, *hotter = self.weights.columns
        out = np.asarray(self.weights[everywhere].to_numpy() @ rates, float)
        rank = _area_above(out / self.area, self.area)
        for share in hotter:
            inside = rank <= share
            out[inside] = self.weights[share].to_numpy() @ rates[:, inside]
        return out


def told(mixture: Mixture, rates: NDArray[np.float32], windows: list[tuple[int, int]]) -> str:
    """Return in one line what the forecast took from where: shares of the expected incidents, the largest three."""
    mass = pd.Series(mixture.weights[1.0].to_numpy() * rates.sum(axis=1, dtype=float), index=mixture.weights.index)
    share = (mass[mass > 0] / mass.sum()).sort_values(ascending=False, kind="stable")
    parts = [f"{value:.0%} {name}" for name, value in share.head(SAID).items()]
    rest = [f"{share.iloc[SAID:].sum():.0%} of {len(share) - SAID} more"] if len(share) > SAID else []
    learned = f"weights from {len(windows)} windows" if windows else "no past to weigh on"
    return f"{', '.join([*parts, *rest])}; {learned}"


class _Past(NamedTuple):
    """One past window: the surfaces known before it, what they are worth as exposure, and what happened."""

    rates: NDArray[np.float32]
    exposure: float
    counts: Floats

    def inside(self, mixture: Mixture, share: float) -> _Past:
        """Return the part of the window on the hottest ground as it was known then."""
        everywhere = np.asarray(mixture.weights[1.0].to_numpy() @ self.rates, float)
        here = _area_above(everywhere / mixture.area, mixture.area) <= share
        return _Past(self.rates[:, here], self.exposure, self.counts[here])


def learn_mixture(history: History, windows: list[tuple[int, int]], surfaces: Surfaces = banks) -> Mixture:
    """Return the mixture of `surfaces` that explains the past windows (newest first) best; recent ones count more.

    Frequent places speak for themselves and quiet ones are better read from their surroundings, so the hottest ground
    gets weights of its own. They are held to those of the wider ground by as many expected incidents, so that a rare
    type hardly leaves them.
    """
    now, *before = surfaces(
        history, [windows[0][1] if windows else len(history.counts), *(start for start, _ in windows)]
    )
    past = [
        _Past(known.rates, (stop - start) * recent, history.counts[start:stop].sum(axis=0) * recent)
        for known, (start, stop), recent in zip(before, windows, 0.5 ** (np.arange(len(windows)) / FADE), strict=True)
    ]
    weights = _best_weights(past) if any(p.counts.any() for p in past) else np.zeros(len(now.names))
    if not weights.any():  # the past teaches no weights: the mean
        return Mixture(pd.DataFrame({1.0: np.eye(len(now.names))[0]}, index=now.names), history.area)
    mixture = Mixture(pd.DataFrame({1.0: weights}, index=now.names), history.area)
    for share in HOTTER:
        wider = _Past(now.rates, 1.0, mixture.surface(now.rates)).inside(mixture, share)
        if not wider.counts.any():  # no cell is so small a share of the area
            break
        held = HELD_BY / wider.counts.sum()
        parts = [p.inside(mixture, share) for p in past]
        own = _best_weights([*parts, _Past(wider.rates, held, wider.counts * held)])
        mixture = Mixture(mixture.weights.assign(**{"own": own}).rename(columns={"own": share}), history.area)
    return mixture


def _best_weights(past: list[_Past]) -> Floats:
    """Return the weights that make the counts most likely; empty cells enter by the sums of the surfaces alone."""
    seen = [p.counts > 0 for p in past]
    rows = np.concatenate([p.rates[:, s].T for p, s in zip(past, seen, strict=True)]).astype(float)
    counts = np.concatenate([p.counts[s] for p, s in zip(past, seen, strict=True)])
    return mixture_weights(rows, counts, sum(p.exposure * p.rates.sum(axis=1, dtype=float) for p in past))


def _area_above(score: Floats, area: Floats) -> Floats:
    """Return for each cell the share of the area that is at least as hot; cells of equal score come together."""
    order = np.argsort(score, kind="stable")[::-1]
    ends = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]
    upto = np.cumsum(area[order])[ends] / area.sum()
    out = np.empty(len(score))
    out[order] = np.repeat(upto, np.diff(np.r_[-1, ends]))
    return out
