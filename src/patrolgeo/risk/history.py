"""The past as arrays: what every risk model learns from, checked and put in order once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import blake2b
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import align, check_choice, check_count, check_panel
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.units import Units
from patrolgeo.risk.refusals import refuse_covariate, refuse_target


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
        Labels of the cells or other units, ascending.
    exposure
        Opportunities by cell, shape (n_cells,), or None.
    places
        Covariates that stay, name -> shape (n_cells,).
    points
        Where those of `places` lie that came as points, name -> metres as in `grid.xy`, shape (n, 2).
    calendar
        Covariates known in advance, name -> periods x cells (or x one column, the same for all).
    signals
        Counts of other categories, name -> shape (n_periods, n_cells).
    labels
        The cells as a tuple; made from `cells`.
    units
        The cells as units, for panels whose labels are not H3 cells; None reads places and areas from the labels.
    """

    counts: Floats
    periods: pd.DatetimeIndex
    cells: pd.Index
    exposure: Floats | None = None
    places: dict[str, Floats] = field(default_factory=dict)
    calendar: dict[str, pd.DataFrame] = field(default_factory=dict)
    signals: dict[str, Floats] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    units: Units | None = None
    points: dict[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Spell the labels out once: walking a string index is dear, and every smoother is looked up by them."""
        if not self.labels:
            object.__setattr__(self, "labels", tuple(self.cells.tolist()))

    @classmethod
    def of(
        cls,
        panel: pd.DataFrame,
        exposure: pd.Series | None = None,
        covariates: Any = None,
        target: str | None = None,
        units: Units | None = None,
    ) -> History:
        """Check a panel and what goes with it, once."""
        panel = check_panel(panel)
        if panel.shape[0] == 0 or panel.shape[1] == 0:
            raise DataError(
                f"The panel has {panel.shape[0]} periods and {panel.shape[1]} cells; one of each is needed."
            )
        wanted, others = _split(panel, target)
        cells = wanted.columns.sort_values()
        past = cls(
            np.ascontiguousarray(wanted[cells].to_numpy(float)),
            panel.index,
            cells,
            None if exposure is None else _checked_exposure(exposure, cells),
            signals={name: other[cells].to_numpy(float) for name, other in others.items()},
            units=None if units is None else _of_panel(units, tuple(cells)),
        )
        past = past._with(covariates)
        if target is not None:
            refuse_target(target, float(past.area.mean()))
        return past

    def _with(self, covariates: Any) -> History:
        """Return the past with covariates: what stays, what lies somewhere, and what the calendar knows in advance."""
        places: dict[str, Floats] = {}
        points: dict[str, Floats] = {}
        calendar: dict[str, pd.DataFrame] = {}
        for name, table in _named(covariates).items():
            if isinstance(table, (gpd.GeoSeries, gpd.GeoDataFrame)):
                places[name], points[name] = _counted(table, self.grid, name)
            elif isinstance(table.index, pd.DatetimeIndex):
                calendar[name] = _by_period(table, self.cells, name)
            else:
                places[name] = _finite(align(table, self.cells, f"covariate {name!r}").to_numpy(float), name)
        return replace(self, places=places, points=points, calendar=calendar)

    @cached_property
    def grid(self) -> Units:
        """The cells as units: centres in metres, areas, neighbours."""
        return _grid(self.labels) if self.units is None else self.units

    @cached_property
    def area(self) -> Floats:
        """The ground that each cell stands for, km2."""
        return self.grid.ground_km2.to_numpy()

    @cached_property
    def days(self) -> float:
        """Typical length of a period in days."""
        steps = np.diff(self.periods.append(next_periods(self.periods, 1)).to_numpy())
        return float(np.median(steps) / np.timedelta64(1, "D"))

    def until(self, t: int) -> History:
        """Return what was known before row `t`."""
        signals = {name: counts[:t] for name, counts in self.signals.items()}
        return replace(self, counts=self.counts[:t], periods=self.periods[:t], signals=signals)

    @cached_property
    def digests(self) -> list[bytes]:
        """What stands for the past before each row (0 to n_periods): nothing later enters it."""
        names = repr((round(self.days, 3), sorted(self.signals), sorted(self.places), self.labels))
        digest = blake2b(names.encode(), digest_size=16)
        if self.units is not None:
            digest.update(self.grid.xy.tobytes() + self.area.tobytes())
        kept = (self.exposure, *(table[p] for table in (self.places, self.points) for p in sorted(table)))
        for values in kept:
            digest.update(b"none" if values is None else values.tobytes())
        tables = [self.counts, *(self.signals[s] for s in sorted(self.signals))]
        found = [digest.digest()]
        for row in range(len(self.counts)):
            for table in tables:
                digest.update(np.ascontiguousarray(table[row]).data)
            found.append(digest.copy().digest())
        return found


@lru_cache(maxsize=8)
def _grid(cells: tuple[str, ...]) -> HexGrid:
    try:
        return HexGrid.from_cells(list(cells))
    except (ValueError, TypeError) as error:
        raise DataError(
            f"The columns of the panel are not H3 cells ({error}); give the squares, areas or segments that it was "
            "counted on as units=."
        ) from None


@lru_cache(maxsize=8)
def _of_panel(units: Units, cells: tuple[str, ...]) -> Units:
    """Return the units of a panel, the same object for the same panel, so that what is derived is derived once."""
    return units.select(list(cells))


def next_periods(periods: pd.DatetimeIndex, horizon: int) -> pd.DatetimeIndex:
    """Return the starts of the `horizon` periods that follow.

    Parameters
    ----------
    periods
        Starts of the periods of a panel, in order.
    horizon
        How many periods, 1 or more.

    Returns
    -------
    DatetimeIndex named "period", of the same frequency.

    Raises
    ------
    DataError
        When there is one period and its frequency is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import next_periods
    >>> next_periods(pd.date_range("2024-01-01", periods=3, freq="7D"), 2).strftime("%d %b").tolist()
    ['22 Jan', '29 Jan']
    """
    check_count(horizon, "horizon")
    freq: Any = periods.freq or (pd.DatetimeIndex(periods, freq="infer").freq if len(periods) > 2 else None)
    if freq is None and len(periods) > 1:
        freq = pd.Timedelta(np.median(np.diff(periods.to_numpy())))
    if freq is None:
        raise DataError(
            "A panel of one period needs the frequency of its rows: set panel.index.freq, for example '7D'."
        )
    return pd.date_range(periods[-1], periods=horizon + 1, freq=freq, name="period")[1:]


def _split(panel: pd.DataFrame, target: str | None) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return the counts to forecast and those of the other categories."""
    if panel.columns.nlevels == 1:
        if target is not None:
            raise DataError(f"target={target!r} needs a panel of several categories (columns category, cell).")
        return panel, {}
    categories = list(panel.columns.get_level_values(0).unique())
    if target is None:
        raise DataError(
            f"The panel holds several categories; name one as target=, or pick it: panel[{categories[0]!r}]."
        )
    check_choice(target, categories, "target")
    wanted = panel[target]
    others = {str(c): panel[c] for c in categories if c != target}
    for name, other in others.items():
        if not other.columns.sort_values().equals(wanted.columns.sort_values()):
            raise AlignmentError(
                f"The category {name!r} is counted on other cells than {target!r}; use one grid for all."
            )
    return wanted, others


def _checked_exposure(exposure: pd.Series, cells: pd.Index) -> Floats:
    aligned = align(exposure, cells, "exposure").to_numpy(float)
    if not (np.isfinite(aligned).all() and (aligned >= 0).all() and aligned.sum() > 0):
        raise DataError("exposure must be finite, not negative, and above 0 in at least one cell.")
    return aligned


def _named(covariates: Any) -> dict[str, Any]:
    """Return the covariates by name, none of them refused; a layer of places is one covariate for each kind."""
    if covariates is None:
        return {}
    if isinstance(covariates, gpd.GeoDataFrame) and "kind" in covariates:
        covariates = {str(kind): layer for kind, layer in covariates.groupby("kind")}
    if not isinstance(covariates, (Mapping, pd.DataFrame)):
        raise DataError(f"covariates must map names to tables, got {type(covariates).__name__}.")
    roles = getattr(covariates, "attrs", {}).get("roles", {})
    for name in covariates:
        refuse_covariate(str(name), roles.get(name, getattr(covariates[name], "attrs", {}).get("role")))
    return {str(name): covariates[name] for name in covariates}


def _counted(layer: gpd.GeoSeries | gpd.GeoDataFrame, units: Units, name: str) -> tuple[Floats, Floats]:
    """Return how many places each unit holds, and where all of them lie in the metres of the units."""
    shapes = crs.to_lonlat(layer, name).geometry.to_numpy()
    if (missing := shapely.is_missing(shapes) | shapely.is_empty(shapes)).any():
        raise DataError(f"The covariate {name!r} has {missing.sum()} places without a point; leave them out first.")
    lonlat = shapely.get_coordinates(shapely.point_on_surface(shapes))
    lon, lat = lonlat.T
    at = units.positions(lon, lat)
    counts = np.bincount(at[at >= 0], minlength=len(units)).astype(float)
    return counts, crs.local_xy(lon, lat, center=crs.middle(*units.lonlat.T))


def _by_period(table: pd.Series | pd.DataFrame, cells: pd.Index, name: str) -> pd.DataFrame:
    by_cell = isinstance(table, pd.DataFrame)
    table = align(table.T, cells, f"covariate {name!r}").T if by_cell else table.to_frame()
    _finite(table.to_numpy(float), name)
    return table


def _finite(values: Floats, name: str) -> Floats:
    if not np.isfinite(values).all():
        raise DataError(f"The covariate {name!r} has {np.sum(~np.isfinite(values))} missing values; fill them first.")
    return values
