"""Risk terrain modelling: which kinds of places raise risk, and how far do they reach?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from patrolgeo._checks import check_number, check_type
from patrolgeo._typing import Floats
from patrolgeo.risk.history import History
from patrolgeo.risk.kernel import cell_spacing, smooth
from patrolgeo.risk.level import at_level
from patrolgeo.risk.likelihood import ridge_poisson
from patrolgeo.risk.protocol import Constant


@dataclass(eq=False)
class RiskTerrain(Constant):
    """Risk from places alone: cells near a kind of place are so many times as risky as others.

    For each covariate (how much of a kind of place is in each cell) the layers "near one" and "many around" are tried
    at several reaches; layers enter one by one while they lower the Bayesian information criterion, one for each
    kind. `relative_risk_` says which entered and by which factor. It says where risk would be without any history, so
    it suits new areas and rare incidents; with a history the stack is better, and takes the same covariates.

    Parameters
    ----------
    reaches
        Reach of a place in cell spacings.

    References
    ----------
    Caplan and Kennedy 2011, Risk terrain modeling compendium; Kennedy, Caplan and Piza 2011,
    doi:10.1007/s10940-010-9126-2.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import RiskTerrain
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 4))
    >>> bars = pd.Series(np.arange(len(cells)) % 12 == 0, index=cells, dtype=float)
    >>> weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(0.05 + 0.5 * bars, (30, len(cells)))
    >>> model = RiskTerrain().fit(pd.DataFrame(counts, index=weeks, columns=cells), covariates={"bars": bars})
    >>> bool(model.relative_risk_.iloc[0] > 5)
    True
    """

    reaches: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)

    def _check_settings(self) -> None:
        super()._check_settings()
        check_type(self.reaches, (tuple, list), "reaches")
        for reach in self.reaches:
            check_number(reach, "reaches", least=0)

    def _fit(self, history: History) -> None:
        base = (history.area if history.exposure is None else history.exposure) + 1e-9
        y = history.counts.sum(axis=0)
        layers = _layers(history, self.reaches)
        chosen: list[tuple[str, str, float]] = []
        best = _criterion(np.empty((len(y), 0)), y, base)[0]
        while y.sum() > 0:
            free = [k for k in layers if k[0] not in {c[0] for c in chosen}]
            tried = {k: _criterion(np.column_stack([layers[c] for c in [*chosen, k]]), y, base)[0] for k in free}
            if not tried or min(tried.values()) >= best:
                break
            chosen.append(min(tried, key=lambda k: tried[k]))
            best = tried[chosen[-1]]
        X = np.column_stack([layers[c] for c in chosen]) if chosen else np.empty((len(y), 0))
        slopes = _criterion(X, y, base)[1]
        names = [f"{kind} {how}@{reach:g}" for kind, how, reach in chosen]
        self.relative_risk_ = pd.Series(np.exp(slopes[1:]), index=names, name="relative_risk")
        self.rate_ = at_level(base * np.exp(X @ slopes[1:]), history)


def _layers(history: History, reaches: tuple[float, ...]) -> dict[tuple[str, str, float], Floats]:
    """Return 0/1 layers: near a place of the kind, and (where that differs) among the densest tenth of what is near."""
    layers: dict[tuple[str, str, float], Floats] = {}
    for kind, values in history.places.items():
        for reach in reaches:
            spread = values if reach == 0 else smooth(values[None], history, reach * cell_spacing(history))[0]
            positive = spread[spread > 1e-3 * spread.max()] if spread.max() > 0 else spread[:0]
            if not len(positive):
                continue
            for how, cut in (("near", positive.min()), ("many", np.quantile(positive, 0.9))):
                layer = (spread >= cut).astype(float)
                if 0 < layer.sum() < len(layer):
                    layers[kind, how, reach] = layer
    return layers


def _criterion(X: Floats, y: Floats, base: Floats) -> tuple[float, Floats]:
    """Return the Bayesian information criterion of a Poisson regression, and its slopes."""
    slopes = ridge_poisson(X, y, base, penalty=1e-3)
    linear = slopes[0] + X @ slopes[1:]
    return float(-2 * (y @ linear - base @ np.exp(linear)) + X.shape[1] * np.log(len(y))), slopes
