"""What a risk model is: two methods, one table in, one table out; and the part that all of ours share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.risk.history import History, next_periods


class RiskModel(Protocol):
    """Anything that learns from a panel and says what to expect; `backtest` asks for nothing more."""

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None) -> Self:
        """Learn from the past; nothing after the last row is known."""

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return expected counts of the next `horizon` periods, columns as in the fit."""


@dataclass(kw_only=True, eq=False)
class BaseRisk:
    """Doors and labels of every model of this room; a model adds `_fit` and `_expected`.

    `_fit(history)` learns; `_expected(horizon)` gives counts of shape (horizon, n_cells) in the order of the history.

    Parameters
    ----------
    target
        The category to forecast when the panel holds several (outer column level); the models that can use the other
        categories as signals do so.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo.risk.protocol import BaseRisk
    >>> class LastPeriod(BaseRisk):
    ...     def _fit(self, history):
    ...         self.rate_ = history.counts[-1]
    ...     def _expected(self, horizon):
    ...         return np.tile(self.rate_, (horizon, 1))
    >>> weeks = pd.date_range("2024-01-01", periods=3, freq="7D")
    >>> LastPeriod().fit(pd.DataFrame({"a": [1, 0, 2.0]}, index=weeks)).predict(2)["a"].tolist()
    [2.0, 2.0]
    """

    target: str | None = None

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None) -> Self:
        """Learn from a panel.

        Parameters
        ----------
        panel
            Incident counts, shape (n_periods, n_cells), columns H3 strings; or (category, cell) together with `target`.
        exposure
            Opportunities by cell (residents, vehicles, places), not negative.
        covariates
            Mapping of names to what explains risk: a Series by cell (places, roads, land use), or what is known in
            advance (market days, holidays) as a table periods x cells or a Series by period, as far as the forecast.
            Models without use for them leave them aside. Groups of people and the like are refused.
        """
        self.history_ = History.of(panel, exposure, covariates, self.target)
        self.columns_ = panel.columns if self.target is None else panel[self.target].columns
        self._fit(self.history_)
        return self

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return expected counts of the next `horizon` periods, shape (horizon, n_cells), columns as in the fit."""
        if not hasattr(self, "history_"):
            raise DataError(f"{type(self).__name__} has not learned anything yet; call fit(panel) first.")
        if horizon < 1:
            raise DataError(f"horizon={horizon} must be at least 1 period.")
        rows = next_periods(self.history_.periods, horizon)
        expected = pd.DataFrame(self._expected(horizon), index=rows, columns=self.history_.cells)
        return expected[self.columns_]

    def _fit(self, history: History) -> None:
        raise NotImplementedError

    def _expected(self, horizon: int) -> Floats:
        raise NotImplementedError


class Constant(BaseRisk):
    """A forecast that is the same in every coming period."""

    rate_: Floats

    def _expected(self, horizon: int) -> Floats:
        return np.tile(self.rate_, (horizon, 1))
