"""What a risk model is: two methods, one table in, one table out; and the part that all of ours share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_count, check_number, check_seed, check_share, check_type
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.execution import one_thread
from patrolgeo.grid.units import Units
from patrolgeo.panel.ranking import selected_share
from patrolgeo.risk.history import History, next_periods
from patrolgeo.risk.hours import Hours, share_in_hours
from patrolgeo.risk.likelihood import count_quantile
from patrolgeo.risk.thin import warn_if_thin
from patrolgeo.risk.windows import past_windows

HINDCASTS = 6


class RiskModel(Protocol):
    """Anything that learns from a panel and says what to expect; `backtest` asks for nothing more.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import backtest
    >>> class Last:
    ...     def fit(self, panel, exposure=None, covariates=None):
    ...         self.last = panel.iloc[[-1]]
    ...         return self
    ...     def predict(self, horizon=1):
    ...         after = pd.date_range(self.last.index[0], periods=horizon + 1, freq="7D")[1:]
    ...         return pd.concat([self.last] * horizon).set_axis(after)
    >>> weeks = pd.date_range("2024-01-01", periods=6, freq="7D", name="period")
    >>> panel = pd.DataFrame({"8930e1d8d03ffff": [0, 4, 8, 4, 2, 1]}, index=weeks)
    >>> backtest({"last": Last()}, panel, n_origins=2)["last"].iloc[:, 0].tolist()
    [4, 2]
    """

    def fit(self, panel: pd.DataFrame, exposure: pd.Series | None = None, covariates: Any = None) -> Self:
        """Learn from the past; nothing after the last row is known."""

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return expected counts of the next `horizon` periods, columns as in the fit."""


@dataclass(kw_only=True, eq=False)
class BaseRisk(ABC):
    """Checks and labels of every model of this room; a model adds `_fit` and `_expected`.

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
    >>> LastPeriod().fit(pd.DataFrame({"a": [10, 0, 20.0]}, index=weeks)).predict(2)["a"].tolist()
    [20.0, 20.0]
    """

    target: str | None = None

    def fit(
        self,
        panel: pd.DataFrame,
        exposure: pd.Series | None = None,
        covariates: Any = None,
        *,
        units: Units | None = None,
    ) -> Self:
        """Learn from a panel.

        Parameters
        ----------
        panel
            Incident counts, shape (n_periods, n_cells), columns the labels of cells; or (category, cell) together with
            `target`.
        exposure
            Opportunities by cell (residents, vehicles, places), not negative.
        covariates
            Mapping of names to what explains risk: a Series by cell (roads, land use, how many places), a layer of
            points (places; a layer with `kind` is itself a mapping, one covariate for each kind), or what is known in
            advance (market days, holidays) as a table periods x cells or a Series by period, as far as the forecast.
            Models without use for them leave them aside. Groups of people and the like are refused.
        units
            Where the units of the panel lie, when its labels are not H3 cells: `SquareGrid` or `AreaUnits`.

        Warns
        -----
        PatrolgeoWarning
            When the panel has one period or fewer than ten incidents, has fallen silent, or seems to know months only.
        """
        self._check_settings()
        history = History.of(panel, exposure, covariates, self.target, units)
        warn_if_thin(history)
        self.columns_ = panel.columns if self.target is None else panel[self.target].columns
        return self._learned_from(history)

    def predict(self, horizon: int = 1) -> pd.DataFrame:
        """Return expected counts of the next `horizon` periods, shape (horizon, n_cells), columns as in the fit."""
        self._check_fitted()
        check_count(horizon, "horizon")
        rows = next_periods(self.history_.periods, horizon)
        said, cells = self._expected(horizon), self.history_.cells
        if np.shape(said) != (horizon, len(cells)):
            raise DataError(
                f"{type(self).__name__}._expected({horizon}) must return {horizon} periods x {len(cells)} cells, "
                f"got shape {np.shape(said)}."
            )
        return pd.DataFrame(np.asarray(said), index=rows, columns=cells)[self.columns_]

    def predict_interval(
        self, horizon: int = 1, level: float = 0.9, *, groups: pd.Series | None = None
    ) -> pd.DataFrame:
        """Return the bounds between which counts of the next periods fall with probability `level`.

        Negative binomial around the forecast; how much more than Poisson counts vary is learned from how far this model
        would have missed on past windows, for cells or for the sums that are asked for. Cells of an area rise and fall
        together, so bounds of an area are not sums of bounds.

        Parameters
        ----------
        groups
            Area of each cell; the bounds are then for the sums over areas. A constant gives the whole city.

        Returns
        -------
        Columns (bound, cell or area) with the bounds "low" and "high"; rows as in `predict`.
        """
        check_share(level, "level", "0.9 means 90 %")
        expected = summed(self.predict(horizon), groups)
        spread = self.dispersion(groups)
        tails = ((1 - level) / 2, (1 + level) / 2)
        bounds = [count_quantile(expected.to_numpy(), spread, q) for q in tails]
        tables = [pd.DataFrame(b, index=expected.index, columns=expected.columns) for b in bounds]
        return pd.concat(dict(zip(("low", "high"), tables, strict=True)), axis=1, names=["bound"])

    def predict_hours(
        self,
        incidents: Any,
        horizon: int = 1,
        *,
        days: Sequence[str] | None = None,
        hours: tuple[str, str] | None = None,
    ) -> pd.DataFrame:
        """Return what to expect in some hours of the week: on Friday night, in the day shift.

        The forecast times the share of a week's incidents that falls into these hours, cell by cell: the share of the
        area, moved by that of the surroundings and of the cell as far as it has helped on the past (`risk/hours`). The
        seven days, or hours that fill the day, add up to the forecast about, not exactly: each is estimated by itself.

        Parameters
        ----------
        incidents
            The incidents behind the panel: points with `time`. Those after its last period are left aside, and those
            whose hour is not known (`hour_known`).
        horizon
            How many periods, 1 or more.
        days
            Days on which the hours begin, "Mon" to "Sun"; all by default.
        hours
            Start and end on the clock, as ("22:00", "06:00"); the whole day by default. Hours after midnight belong
            to the day on which they began.

        Returns
        -------
        A panel, rows and columns as in `predict`.

        Raises
        ------
        DataError
            When periods are shorter than a week, or a day or hour is none.
        MissingColumnError
            When incidents have no time.

        Examples
        --------
        >>> import geopandas as gpd, h3, numpy as np, pandas as pd
        >>> from patrolgeo import HexGrid, HistoricalMean, count_incidents
        >>> grid = HexGrid.from_cells(sorted(h3.grid_disk("8930e1d8d03ffff", 2)))
        >>> rng = np.random.default_rng(1)
        >>> times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 52 * 7 * 24 * 60, 3000), unit="min")
        >>> at = grid.lonlat[rng.integers(0, len(grid), 3000)]
        >>> points = gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*at.T), crs="EPSG:4326")
        >>> model = HistoricalMean().fit(count_incidents(points, grid))
        >>> night = model.predict_hours(points, days=["Fri"], hours=("22:00", "06:00"))
        >>> round(float(night.to_numpy().sum() / model.predict().to_numpy().sum()), 3), round(8 / 168, 3)
        (0.054, 0.048)
        """
        wanted = Hours.of(days, hours)
        whole = self.predict(horizon)
        if self.history_.days < 6.5:
            raise DataError("Hours of the week need a panel of weeks or longer; panels of shifts know their hours.")
        share = share_in_hours(self.history_, incidents, wanted)
        return whole * pd.Series(share, index=self.history_.cells)[self.columns_]

    def dispersion(self, groups: pd.Series | None = None) -> float:
        """Return how much counts vary beyond Poisson: variance = mean + dispersion * mean^2, from past misses."""
        past = [[summed(table, groups).to_numpy() for table in pair] for pair in self._hindcasts()]
        if not past:
            return 0.0
        said, happened = (np.concatenate(tables) for tables in zip(*past, strict=True))
        return max(float(((happened - said) ** 2 - said).sum() / max((said**2).sum(), 1e-12)), 0.0)

    def top_probability(self, area_share: float = 0.01, *, n_draws: int = 400, random_state: Any = 0) -> pd.Series:
        """How sure is it that a cell is among the riskiest `area_share` of the area in the next period?

        Rates are drawn around the forecast (gamma, with the dispersion of the past); the share of draws in which a
        cell is among the riskiest is its probability. Show it beside a hotspot: 0.5 is a coin.

        Parameters
        ----------
        area_share
            Share of the area, above 0 to 1.
        n_draws
            Number of draws.
        random_state
            Seed or Generator; None draws a fresh seed.

        Returns
        -------
        Series by cell, named "top_probability".
        """
        expected, area = self.predict().iloc[0][self.history_.cells].to_numpy(), self.history_.area
        check_number(area_share, "area_share", above=0, most=1, hint="0.01 means 1 % of the area")
        rng, spread = np.random.default_rng(check_seed(random_state)), self.dispersion()
        shares = np.zeros(len(area))
        for _ in range(check_count(n_draws, "n_draws")):
            rates = expected * rng.gamma(1 / spread, spread, len(area)) if spread > 1e-9 else expected
            shares += selected_share(rates / area, area, area_share * area.sum())
        return pd.Series(shares / n_draws, index=self.history_.cells, name="top_probability")[self.columns_]

    def _hindcasts(self) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
        """Return what this model would have said in the latest past windows, and what happened there."""
        past = self.history_
        key = past.digests[-1]
        if getattr(self, "_hindcast_key", None) != key:
            self._hindcast_key, self._hindcast_tables = key, []
            for start, stop in past_windows(past)[:HINDCASTS]:
                before = replace(self)._learned_from(past.until(start))
                tables = (before._expected(stop - start), past.counts[start:stop])
                labels = {"index": past.periods[start:stop], "columns": past.cells}
                self._hindcast_tables.append(tuple(pd.DataFrame(t, **labels) for t in tables))
        return self._hindcast_tables

    def _learned_from(self, history: History) -> Self:
        self.history_ = history
        with one_thread():
            self._fit(history)
        return self

    @property
    def took_(self) -> str:
        """One line: what the fitted model took from where, and up to when.

        Raises
        ------
        DataError
            When the model has not learned anything yet.
        """
        self._check_fitted()
        return f"{self._took()} up to the period of {self.history_.periods[-1]:%Y-%m-%d}"

    def _took(self) -> str:
        """Return what the forecast was taken from, to be followed by "up to the period of"; a model says it better."""
        return f"{type(self).__name__} of {len(self.history_.counts)} periods"

    def _check_fitted(self) -> None:
        if not hasattr(self, "history_"):
            raise DataError(f"{type(self).__name__} has not learned anything yet; call fit(panel) first.")

    def _check_settings(self) -> None:
        """Raise when a setting is out of its range; a model with settings extends it."""
        if self.target is not None:
            check_type(self.target, str, "target")

    @abstractmethod
    def _fit(self, history: History) -> None:
        """Learn from the history."""

    @abstractmethod
    def _expected(self, horizon: int) -> Floats:
        """Return expected counts, shape (horizon, n_cells), in the order of the history."""


def summed(table: pd.DataFrame, groups: pd.Series | None) -> pd.DataFrame:
    """Return sums over the areas of `groups`; the table itself without them."""
    if groups is None:
        return table
    return table.T.groupby(align(groups, table.columns, "groups").to_numpy()).sum().T


class Constant(BaseRisk):
    """A forecast that is the same in every coming period."""

    rate_: Floats

    def _expected(self, horizon: int) -> Floats:
        return np.tile(self.rate_, (horizon, 1))
