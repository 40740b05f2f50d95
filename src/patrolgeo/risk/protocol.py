"""What a risk model is: two methods, one table in, one table out; and the part that all of ours share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from patrolgeo._checks import align_to_cells, check_panel
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid


class RiskModel(Protocol):
    """Anything that learns from a panel and says what to expect; `backtest` asks for nothing more."""

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None) -> Self:
        """Learn from the past; nothing after the last row is known."""

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return expected counts of the next `horizon` periods, columns as in the fit."""


@dataclass(frozen=True)
class History:
    """The past as arrays, cells in ascending order, so that the order of the caller's columns cannot matter.

    Parameters
    ----------
    counts
        Incidents, shape (n_periods, n_cells).
    periods
        Starts of the periods.
    cells
        H3 strings, ascending.
    exposure
        Opportunities by cell, shape (n_cells,), or None.
    """

    counts: Floats
    periods: pd.DatetimeIndex
    cells: pd.Index
    exposure: Floats | None = None

    @classmethod
    def of(cls, panel: pd.DataFrame, exposure: pd.Series | None = None) -> History:
        """Check a panel and what goes with it once, at the door."""
        panel = check_panel(panel)
        if panel.shape[0] == 0 or panel.shape[1] == 0:
            raise DataError(
                f"The panel has {panel.shape[0]} periods and {panel.shape[1]} cells; one of each is needed."
            )
        cells = panel.columns.sort_values()
        aligned = None
        if exposure is not None:
            aligned = align_to_cells(exposure, cells, "exposure").to_numpy(float)
            if not (np.isfinite(aligned).all() and (aligned >= 0).all() and aligned.sum() > 0):
                raise DataError("exposure must be finite, not negative, and above 0 in at least one cell.")
        return cls(np.ascontiguousarray(panel[cells].to_numpy(float)), panel.index, cells, aligned)

    @property
    def grid(self) -> HexGrid:
        """The cells as a grid: centres in metres and areas come from the labels."""
        return _grid(tuple(self.cells))

    @cached_property
    def area(self) -> Floats:
        """Area of the cells in km2."""
        return self.grid.area_km2.to_numpy()

    @cached_property
    def days(self) -> float:
        """Typical length of a period in days."""
        steps = np.diff(self.periods.append(next_periods(self.periods, 1)).to_numpy())
        return float(np.median(steps) / np.timedelta64(1, "D"))


@lru_cache(maxsize=8)
def _grid(cells: tuple[str, ...]) -> HexGrid:
    try:
        return HexGrid.from_cells(list(cells))
    except ValueError as error:
        raise DataError(f"Risk models read places from H3 labels; the columns of the panel are none: {error}") from None


def next_periods(periods: pd.DatetimeIndex, horizon: int) -> pd.DatetimeIndex:
    """Return the starts of the `horizon` periods that follow."""
    freq = periods.freq or (pd.infer_freq(periods) if len(periods) > 2 else None)
    if freq is None and len(periods) > 1:
        freq = pd.Timedelta(np.median(np.diff(periods.to_numpy())))
    if freq is None:
        raise DataError(
            "A panel of one period needs the frequency of its rows: set panel.index.freq, for example '7D'."
        )
    return pd.date_range(periods[-1], periods=horizon + 1, freq=freq, name="period")[1:]


class BaseRisk:
    """Doors and labels of every model of this room; a model adds `_fit` and `_expected`.

    `_fit(history)` learns; `_expected(horizon)` gives counts of shape (horizon, n_cells) in the order of the history.

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

    history_: History
    columns_: pd.Index

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None) -> Self:  # noqa: ARG002
        """Learn from a panel.

        Parameters
        ----------
        panel
            Incident counts, shape (n_periods, n_cells), columns H3 strings.
        exposure
            Opportunities by cell (residents, vehicles, places), above or equal 0.
        covariates
            Not used by this model.
        """
        self.history_ = History.of(panel, exposure)
        self.columns_ = panel.columns
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
