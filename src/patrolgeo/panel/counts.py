"""Incidents into the panel: periods as rows, cells as columns, zeros present."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_count, nearest
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units
from patrolgeo.panel.events import effective_size
from patrolgeo.panel.periods import DAYS, SHIFTS, period_index, period_positions
from patrolgeo.sources.span import last_known, record_span

AUTO = ("W", "28D", "91D")  # the shortest of these that carries enough incidents
MAX_COUNTS = 250_000_000  # of a panel: 2 GB
ENOUGH_IN_CITY, ENOUGH_IN_TOP, TOP_SHARE = 50, 1, 0.01


@dataclass(frozen=True)
class Tally:
    """The frame in which incidents are counted: kinds, periods and cells, and one place for what lies outside.

    Parameters
    ----------
    grid
        Cells or other units.
    starts
        Starts of the periods, and the end of the last.
    kinds
        The categories that are counted apart; None counts all together.
    """

    grid: Units
    starts: pd.DatetimeIndex
    kinds: tuple[str, ...] | None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Kinds, periods, and cells with one more for what lies outside."""
        return (len(self.kinds) if self.kinds else 1, len(self.starts) - 1, len(self.grid.cells) + 1)

    @property
    def size(self) -> int:
        """Number of places in the frame."""
        return math.prod(self.shape)

    def check_budget(self, max_counts: int) -> None:
        """Raise when the frame is larger than wanted, before memory is asked for."""
        check_count(max_counts, "max_counts")
        kinds, periods, width = self.shape
        if self.size > max_counts:
            raise DataError(
                f"The panel would have {periods:,} periods ({self.starts[0]:%Y-%m-%d} to {self.starts[-1]:%Y-%m-%d}) x "
                f"{kinds * (width - 1):,} cells, above max_counts={max_counts:,}. Look for a wrong date, take longer "
                f"periods or larger cells, or set max_counts={self.size} ({self.size / 1e9 * 8:.1f} GB)."
            )

    def codes(self, times: pd.Series, lon: Any, lat: Any, category: Any = None) -> Ints:
        """Return the place of each incident in the frame laid out flat, -1 where category or time is not in it."""
        _, periods, width = self.shape
        cell = self.grid.positions(lon, lat)
        period = period_positions(times, self.starts)
        kind = pd.Index(self.kinds).get_indexer(category) if self.kinds else 0
        code = (kind * periods + period) * width + np.where(cell >= 0, cell, width - 1)
        return np.where((period >= 0) & (kind >= 0), code, -1)

    def panel(self, flat: Array, until: pd.Timestamp | None) -> pd.DataFrame:
        """Make the panel of a flat frame; periods that end after `until` are left out (None: all stay)."""
        frame = flat.reshape(self.shape)
        whole = len(self.starts) - 1
        if until is not None:
            whole = max(int((self.starts[1:] <= until).sum()), min(1, whole))
        cells = self.grid.cells
        columns = pd.MultiIndex.from_product([self.kinds, cells], names=["category", "cell"]) if self.kinds else cells
        counts = np.concatenate(list(frame[:, :whole, :-1]), axis=1)
        panel = pd.DataFrame(counts, index=self.starts[:whole], columns=columns)
        panel.attrs.update(
            outside=float(frame[:, :, -1].sum()),
            unfinished=float(frame[:, whole:, :-1].sum()),
            freq=self.starts.freqstr,
        )
        return panel


def count_incidents(
    incidents: gpd.GeoDataFrame,
    grid: Units,
    freq: str = "W",
    category: str | Sequence[str] | None = None,
    weight: str | Mapping[str, float] | None = None,
    *,
    week_start: str = "Mon",
    day_start: str = "00:00",
    shifts: Sequence[str] = SHIFTS,
    until: str | pd.Timestamp | None = None,
    partial: bool = False,
    max_counts: int = MAX_COUNTS,
) -> pd.DataFrame:
    """How many incidents fell in each cell in each period?

    A zero means that no incident was recorded there and then, not that none happened. The periods are those of the
    records, not only of the rows given: a table of `read_incidents` knows them (`record_span`) however it is filtered.

    Parameters
    ----------
    incidents
        Points with `time` and, when categories matter, `category`.
    grid
        The study area: a `HexGrid`, a `SquareGrid`, or `AreaUnits` of villages, reporting areas, street segments.
    freq
        "D", "W", "28D", "91D", "MS", "YS", "shift", or "auto": the shortest of W, 28D and 91D that has on average at
        least 50 incidents in a period and 1 in the 1 % of cells with most (else 91D).
    category
        Count only this category; a list counts each apart, in an outer level of the columns.
    weight
        Column of weights, or a mapping from category to weight (harm); by default each incident counts 1. The size of
        an effective incident is then in ``attrs["incident"]`` for the statistics that need it; pass it on as
        `incident` where a table has lost it.
    week_start, day_start
        When weeks and days begin. With ``day_start="06:00"``, 01:30 on Saturday belongs to Friday.
    shifts
        Hours at which shifts start, for ``freq="shift"``.
    until
        Moment up to which the records are complete; by default the end of the day of the last record. Rows filtered by
        hand from a table without the column `record_span` need it, else the panel ends with their last incident.
    partial
        Keep periods that end after `until`; by default they are left out.
    max_counts
        Most periods x cells; more are an error, most often caused by a wrong date.

    Returns
    -------
    The panel, shape (n_periods, n_cells). ``attrs`` tells what is not on it: `outside` lies outside the grid,
    `unfinished` on the cells but in a period left out. Panel + outside + unfinished = what came in.

    Raises
    ------
    MissingColumnError, DataError
        When a column is missing, nothing is to be counted, a time is missing, or a category has no weight; when of
        some incidents only the month is known (`time_precision`) and `freq` is shorter; when a weight is negative,
        missing or not a number; when the panel would be larger than `max_counts`.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import HexGrid, count_incidents
    >>> points = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-01-02", "2024-01-09", "2024-01-14"])},
    ...     geometry=[shapely.Point(119.9, 31.7)] * 3, crs="EPSG:4326")
    >>> grid = HexGrid.from_cells(["88309c4de3fffff"])
    >>> count_incidents(points, grid).sum(axis=1).tolist()
    [1.0, 2.0]
    """
    kinds = None if category is None or isinstance(category, str) else tuple(category)
    needed = ["time", "category"] if category is not None or isinstance(weight, Mapping) else ["time"]
    check_columns(incidents, [*needed, *([weight] if isinstance(weight, str) else [])], "incidents")
    if freq not in ("MS", "YS") and "time_precision" in incidents.columns:
        refuse_months(incidents["time_precision"], f"freq={freq!r}")
    times = wall_clock(incidents["time"])
    first, last = _reach(incidents, times)
    end = whole_until(last, until, min(shifts) if freq == "shift" else day_start)
    chosen = _chosen(incidents, category)
    points = crs.to_lonlat(incidents, "incidents").geometry[chosen]
    labels = incidents["category"][chosen] if kinds else None
    mass = masses(incidents, weight)[chosen]

    def count(at_freq: str) -> pd.DataFrame:
        newest = max(last, end - pd.Timedelta(seconds=1))
        starts = period_index(first, newest, at_freq, week_start=week_start, day_start=day_start, shifts=shifts)
        tally = Tally(grid, starts, kinds)
        tally.check_budget(max_counts)
        code = tally.codes(times[chosen], points.x, points.y, labels)
        return tally.panel(np.bincount(code, mass, minlength=tally.size), None if partial else end)

    panel = _shortest_with_enough(count) if freq == "auto" else count(freq)
    if weight is not None and mass.any():
        panel.attrs["incident"] = _effective_size(mass, labels)
    if not grid.are_lines:  # most incidents lie beside a few streets
        crs.warn_if_mostly_outside(panel.attrs["outside"], mass.sum())
    return panel


def _reach(incidents: pd.DataFrame, times: pd.Series) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return first and last time of the records: of the rows, and of the table that they were taken from."""
    known = record_span(incidents)
    ends = [*(known or ()), *((times.min(), last_known(times, incidents)) if len(times) else ())]
    if not ends:
        raise DataError("There is no incident to count.")
    return min(ends), max(ends)


def _effective_size(mass: Floats, kinds: pd.Series | None) -> float:
    """Return what one effective incident adds; of several kinds the largest, so that no evidence is made up."""
    if kinds is None:
        return effective_size(mass)
    return max(effective_size(of) for _, of in pd.Series(mass).groupby(kinds.to_numpy()) if of.any())


def hour_of_week(incidents: pd.DataFrame, weight: str | None = None) -> pd.DataFrame:
    """When in the week do incidents happen?

    Parameters
    ----------
    incidents
        Table with `time`.
    weight
        Column of weights; by default each incident counts 1.

    Returns
    -------
    DataFrame of counts (or weights), shape (7, 24): days from Monday as rows, hours as columns.

    Raises
    ------
    MissingColumnError, DataError
        When a column is missing, a time is missing or no time, or a weight is not a number of 0 or more.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import hour_of_week
    >>> nights = pd.DataFrame({"time": pd.to_datetime(["2024-01-05 23:10", "2024-01-06 01:30", "2024-01-13 01:59"])})
    >>> int(hour_of_week(nights).loc["Sat", 1])
    2
    """
    check_columns(incidents, ["time", *([weight] if weight else [])], "incidents")
    times = wall_clock(incidents["time"])
    at = (times.dt.day_of_week * 24 + times.dt.hour).to_numpy()
    counts = np.bincount(at, masses(incidents, weight), minlength=7 * 24).reshape(7, 24)
    return pd.DataFrame(counts, index=pd.Index(DAYS, name="day"), columns=pd.RangeIndex(24, name="hour"))


def wall_clock(times: pd.Series) -> pd.Series:
    """Return times as the clock on the wall shows them, without a zone; a missing time or a text is an error."""
    if not pd.api.types.is_datetime64_any_dtype(times):
        raise DataError(f"The column time holds {times.dtype}, not times; convert it with pandas.to_datetime.")
    if times.isna().any():
        raise DataError(f"{times.isna().sum()} incidents have no time; leave them out or give them one.")
    return times.dt.tz_localize(None)


def whole_until(last: pd.Timestamp, until: str | pd.Timestamp | None, day_start: str) -> pd.Timestamp:
    """Return the moment up to which the records are complete: `until`, or the end of the day that holds `last`.

    An `until` that names a month or a year, as "2023-06", is its end.
    """
    if until is None:
        return period_index(last, last, "D", day_start=day_start)[-1]
    if isinstance(until, str) and re.fullmatch(r"\d{4}(-\d{2})?", until):
        return (pd.Period(until) + 1).start_time
    return pd.Timestamp(until)


def refuse_months(precision: pd.Series, what: str) -> None:
    """Raise when only the month of some incidents is known: as days they would all stand on its first."""
    coarse = int((precision == "month").sum())
    if coarse:
        raise DataError(
            f"Of {coarse:,} of {len(precision):,} incidents only the month is known; {what} would count them on "
            "its first day. Use freq='MS' or 'YS', or leave them out."
        )


def _chosen(incidents: pd.DataFrame, category: str | Sequence[str] | None) -> Bools:
    if category is None:
        return np.ones(len(incidents), bool)
    names = [category] if isinstance(category, str) else list(category)
    for name in names:
        if not (incidents["category"] == name).any():
            known = incidents["category"].unique()
            raise DataError(f"No incident is in the category {name!r}{nearest(name, known)}")
    return incidents["category"].isin(names).to_numpy()


def masses(incidents: pd.DataFrame, weight: str | Mapping[str, float] | None) -> Floats:
    """Return what each incident counts; a weight that is not a number of 0 or more is an error."""
    if weight is None:
        return np.ones(len(incidents))
    values = incidents["category"].map(weight) if isinstance(weight, Mapping) else incidents[weight]
    mass = pd.to_numeric(values, errors="coerce").to_numpy(float, na_value=np.nan)
    wrong = ~(np.isfinite(mass) & (mass >= 0))
    if wrong.any():
        bad = incidents[wrong].iloc[0]
        what = f"category {bad['category']!r}" if isinstance(weight, Mapping) else f"{weight}={bad[weight]!r}"
        raise DataError(
            f"Weights must be numbers of at least 0; {wrong.sum()} of {len(mass)} incidents have none (first: {what}, "
            f"row {incidents.index[wrong].tolist()[0]!r}). Set these rows aside, give them a weight, or make "
            "numbers of texts such as '1,234'."
        )
    return mass


def _shortest_with_enough(count: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    panels = map(count, AUTO)
    panel = next(panels)
    while not _has_enough(panel) and (longer := next(panels, None)) is not None:
        panel = longer
    return panel


def _has_enough(panel: pd.DataFrame) -> bool:
    by_cell = np.sort(panel.to_numpy().sum(axis=0))
    top = by_cell[-math.ceil(TOP_SHARE * len(by_cell)) :]
    return bool(by_cell.sum() >= ENOUGH_IN_CITY * len(panel) and top.sum() >= ENOUGH_IN_TOP * len(panel))
