"""What every risk model keeps, whoever made it."""

from __future__ import annotations

import warnings
from copy import deepcopy

import h3
import numpy as np
import pandas as pd

from patrolgeo.risk.protocol import RiskModel
from patrolgeo.testing._hold import hold, same


def check_risk_model(model: RiskModel, *, seed: int = 0) -> None:
    """Hold a risk model against what every forecast must keep.

    On a seeded panel of 61 cells and 24 weeks: rows, columns and signs; the input stays untouched; the same input gives
    the same answer; shuffled cells give the shuffled answer; what happens later changes no earlier forecast; a past
    without any incident is survived.

    Parameters
    ----------
    model
        An unfitted model with `fit` and `predict`; it is copied before each use.
    seed
        Seed of the panel.

    Raises
    ------
    AssertionError
        When something does not hold.

    Examples
    --------
    >>> from patrolgeo import HistoricalMean
    >>> from patrolgeo.testing import check_risk_model
    >>> check_risk_model(HistoricalMean())
    """
    panel = _panel(seed)
    before = panel.copy()
    said = deepcopy(model).fit(panel).predict(3)
    hold(panel.equals(before), "fit or predict changes the panel it was given")
    hold(said.shape == (3, panel.shape[1]), f"predict(3) must be 3 periods x {panel.shape[1]} cells, got {said.shape}")
    hold(said.columns.equals(panel.columns), "the forecast must have the columns of the panel, in their order")
    hold(said.index[0] == panel.index[-1] + pd.Timedelta(days=7), "the first row must be the period after the last")
    hold(bool(np.isfinite(said.to_numpy()).all()), "a forecast must be finite in every cell")
    hold(bool((said.to_numpy() >= 0).all()), "expected counts must be 0 or more")
    hold(same(deepcopy(model).fit(panel).predict(3), said), "the same panel must give the same answer")
    mixed = panel.sample(frac=1, axis=1, random_state=seed + 1)
    turned = deepcopy(model).fit(mixed).predict(3)
    hold(same(turned[panel.columns], said), "cells in another order must give the same answer for each cell")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a model may say that there is little to learn from
        silent = deepcopy(model).fit(panel * 0.0).predict(3).to_numpy()
    hold(bool((np.isfinite(silent) & (silent >= 0)).all()), "a past without incidents must give counts of 0 or more")
    changed = panel.copy()
    changed.iloc[18:] = changed.iloc[18:].to_numpy()[:, ::-1] * 7 + 1
    early = [deepcopy(model).fit(p.iloc[:18]).predict() for p in (panel, changed)]
    hold(same(*early), "what happens after the last row that was shown must not change a forecast")


def _panel(seed: int) -> pd.DataFrame:
    """Return seeded counts of 24 weeks on 61 cells: a few hot ones, most of them quiet."""
    rng = np.random.default_rng(seed)
    cells = pd.Index(sorted(h3.grid_disk("892a100d2c3ffff", 4)), name="cell")
    weeks = pd.date_range("2024-01-01", periods=24, freq="7D", name="period")
    rate = rng.gamma(0.3, 1.0, len(cells))
    return pd.DataFrame(rng.poisson(rate, (24, len(cells))).astype(float), index=weeks, columns=cells)
