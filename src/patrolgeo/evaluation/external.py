"""Forecasts that were made elsewhere: tables of scores, and polygons that were flagged day by day."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import as_floats, check_columns, check_count, check_type
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.evaluation.hits import hit_rate, pai, ser
from patrolgeo.evaluation.splits import with_window
from patrolgeo.files import check_file
from patrolgeo.grid.units import Units

COLUMNS = ("period", "cell", "score")


def read_forecasts(
    source: str | Path | pd.DataFrame,
    *,
    columns: Mapping[str, str] | None = None,
    cells: pd.Index | None = None,
    window: int = 1,
) -> pd.DataFrame:
    """Take forecasts of another program: a row for each unit and period, with its score.

    Scores need not be counts where only ranks matter (hit rate, PAI, PEI); the log score, CRPS and calibration need
    expected counts.

    Parameters
    ----------
    source
        A CSV or Parquet file, or a table: `period` (start of the period, ISO 8601), `cell` (label of the unit),
        `score`, and `model` when there are several.
    columns
        Its own names, where they are others: ``{"cell": "grid_id", "score": "risk"}``.
    cells
        The units of the study area: those that a period does not list have the score 0, as in lists of flagged cells.
        Without it every period must list every unit.
    window
        Periods of the panel that a row forecasts.

    Returns
    -------
    Forecasts as `backtest` returns them: rows "period", columns (model, cell). Without `model` its name is "forecast".

    Raises
    ------
    MissingFileError, MissingColumnError
        When the file or a column is not there.
    DataError
        When a period is no date, a score no number, or a unit has two scores of one period.
    AlignmentError
        When a unit has no score in some period, or a label is none of `cells`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_forecasts
    >>> boxes = pd.DataFrame({"day": ["2024-01-01", "2024-01-02"], "cell": ["a", "b"], "score": [3, 1]})
    >>> read_forecasts(boxes, columns={"period": "day"}, cells=pd.Index(["a", "b"]))["forecast"].to_numpy().tolist()
    [[3.0, 0.0], [0.0, 1.0]]
    """
    check_count(window, "window")
    table = _table(source)
    own = {mine: theirs for theirs, mine in (columns or {}).items()}
    check_columns(table, [(columns or {}).get(name, name) for name in COLUMNS], "the forecasts")
    table = table.rename(columns=own)
    period = pd.to_datetime(table["period"], errors="coerce", format="ISO8601")
    score = as_floats(table["score"], "score")
    if not len(table) or period.isna().any() or not np.isfinite(score).all():
        bad = table[(period.isna() | ~np.isfinite(score)).to_numpy()].head(1).to_dict("records")
        raise DataError(f"Every row of the forecasts needs a date as period and a number as score (first: {bad}).")
    model = table["model"].astype(str) if "model" in table else "forecast"
    long = pd.DataFrame({"period": period, "model": model, "cell": table["cell"].to_numpy(), "score": score})
    if long.duplicated(["period", "model", "cell"]).any():
        twice = long[long.duplicated(["period", "model", "cell"])].iloc[0]
        raise DataError(f"The unit {twice['cell']!r} has two scores of {twice['period']:%Y-%m-%d}; keep one.")
    wide = long.pivot(index="period", columns=["model", "cell"], values="score").sort_index(axis=1)
    return with_window(_filled(wide, cells), window)


def _table(source: Any) -> pd.DataFrame:
    if isinstance(source, pd.DataFrame):
        return source
    path = check_file(source, "forecasts")
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, OSError) as problem:
        raise DataError(f"{path} is no table of forecasts: {str(problem).splitlines()[0]}.") from None


def _filled(wide: pd.DataFrame, cells: pd.Index | None) -> pd.DataFrame:
    """Return scores of all units: 0 where a list of flagged cells leaves one out, an error where nothing says so."""
    if cells is not None:
        lone = wide.columns.get_level_values(1).unique().difference(pd.Index(cells))
        if len(lone):
            raise AlignmentError(f"The forecasts hold {len(lone)} units that cells= has not (first: {lone[0]!r}).")
        models = wide.columns.get_level_values(0).unique()
        return wide.reindex(columns=pd.MultiIndex.from_product([models, cells])).fillna(0.0)
    if wide.isna().any(axis=None):
        model, cell = wide.columns[wide.isna().any()][0]
        raise AlignmentError(
            f"{int(wide.isna().sum().sum())} units have no score in some period (first: {cell!r} of {model!r}); give "
            "the units of the study area as cells= when the forecasts list flagged ones only."
        )
    return wide


def flag_units(flagged: gpd.GeoDataFrame, units: Units, *, day: str = "day", name: str = "flagged") -> pd.DataFrame:
    """Which part of each unit was flagged on each day? Polygons of a day, such as boxes, as a forecast.

    Parameters
    ----------
    flagged
        Polygons with a CRS and the column `day`; those of a day may overlap.
    units
        The units of the panel.
    day
        Column with the day, or the start of the period, that a polygon was flagged for.
    name
        Name of the forecast.

    Returns
    -------
    Forecasts as `backtest` returns them: the share of each unit that was flagged, 0 to 1.

    Raises
    ------
    MissingColumnError, CRSError
        When the column of days or the coordinate reference system is missing.
    DataError
        When a day is no date, or no polygon is given.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import SquareGrid, flag_units
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.91, 31.71)], crs="EPSG:4326")
    >>> grid = SquareGrid.from_area(area, 500)
    >>> box = gpd.GeoDataFrame({"day": ["2024-01-01"]}, geometry=[grid.geometry.iloc[0]], crs="EPSG:4326")
    >>> flag_units(box, grid)["flagged"].round(6).to_numpy().tolist()
    [[1.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """
    days = _days(flagged, day)
    middle = tuple(units.lonlat.mean(axis=0))
    shapes = crs.to_local(units.geometry, middle).to_numpy()
    polygons = crs.to_local(flagged, middle).geometry.to_numpy()
    measure = shapely.length if units.are_lines else shapely.area
    whole, tree = measure(shapes), shapely.STRtree(shapes)
    rows = {}
    for one in pd.DatetimeIndex(days).unique().sort_values():
        joined = shapely.union_all(polygons[(days == one).to_numpy()])
        at = tree.query(joined, predicate="intersects")
        rows[one] = np.zeros(len(units))
        rows[one][at] = np.minimum(measure(shapely.intersection(shapes[at], joined)) / whole[at], 1.0)
    said = pd.DataFrame.from_dict(rows, orient="index", columns=units.cells)
    said.index = pd.DatetimeIndex(said.index)
    return with_window(pd.concat({name: said}, axis=1), 1)


def score_flagged(
    incidents: gpd.GeoDataFrame, flagged: gpd.GeoDataFrame, area: Any, *, day: str = "day"
) -> pd.DataFrame:
    """What did flagged polygons catch, day by day? Exactly: n, N, a and A of the polygons themselves, without units.

    The numbers are those of `hit_rate`, `pai` and `ser` at the share of the area that was flagged on the day. Few
    incidents a day make daily ratios jumpy: pool them as ``caught.sum() / incidents.sum()``.

    Parameters
    ----------
    incidents
        Points with `time`; those outside the area, and of days without a flag, do not count.
    flagged
        Polygons with a CRS and the column `day`, and `model` when there are several; those of a day may overlap.
    area
        The study area, polygons with a CRS; what was flagged outside it does not count.
    day
        Column with the day a polygon was flagged for.

    Returns
    -------
    Scores by model and period: hit_rate, pai, ser (incidents per km2), and what stands behind them: caught, incidents,
    area_share.

    Raises
    ------
    MissingColumnError, CRSError
        When a column or a coordinate reference system is missing.
    DataError
        When a day is no date, nothing was flagged within the area on a day, or `area` holds no polygon.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import score_flagged
    >>> area = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.92, 31.71)], crs="EPSG:4326")
    >>> box = gpd.GeoDataFrame({"day": ["2024-01-01"]}, geometry=[shapely.box(119.90, 31.70, 119.91, 31.71)], crs=4326)
    >>> points = gpd.GeoDataFrame({"time": pd.to_datetime(["2024-01-01 08:00", "2024-01-01 21:00"])},
    ...     geometry=gpd.points_from_xy([119.905, 119.915], [31.705, 31.705]), crs="EPSG:4326")
    >>> score_flagged(points, box, area)[["hit_rate", "pai"]].round(3).to_numpy().tolist()
    [[0.5, 1.0]]
    """
    check_columns(incidents, ["time"], "incidents")
    days = _days(flagged, day)
    middle = _middle(area)
    whole = shapely.make_valid(crs.to_local(area, middle).geometry.union_all())
    if not whole.area > 0:
        raise DataError("The area holds no polygon; name a boundary file with at least one.")
    points, when = crs.to_local(incidents, middle).geometry.to_numpy(), _day_of(incidents["time"])
    shapely.prepare(whole)
    inside = shapely.intersects(whole, points)
    points, when = points[inside], when[inside]
    polygons = crs.to_local(flagged, middle).geometry.to_numpy()
    model = flagged["model"].astype(str) if "model" in flagged else pd.Series("flagged", flagged.index)
    rows = []
    for (name, one), at in pd.Series(np.arange(len(days))).groupby([model.to_numpy(), days.to_numpy()]):
        taken = shapely.intersection(shapely.union_all(polygons[at]), whole)
        rows.append({"model": name, "period": one} | _caught(points[(when == one).to_numpy()], taken, whole, one))
    return pd.DataFrame(rows)


def _caught(points: Array, taken: Any, whole: Any, day: Any) -> dict[str, float]:
    """Return the scores of one day: the flagged ground is one unit, the rest another."""
    flagged, rest = taken.area / 1e6, max((whole.area - taken.area) / 1e6, 0.0)
    if not flagged > 0:
        raise DataError(f"Nothing was flagged within the area for {pd.Timestamp(day):%Y-%m-%d}; leave the day out.")
    caught = float(shapely.intersects(taken, points).sum())
    counts: Floats = np.array([caught, len(points) - caught])
    size, share = np.array([flagged, rest]), flagged / (flagged + rest)
    parts = slice(0, 2 if rest > 0 else 1)
    y, said, area = counts[parts], np.array([1.0, 0.0])[parts], size[parts]
    found = {m.__name__: m(y, said, share, area) for m in (hit_rate, pai, ser)}
    return found | {"caught": caught, "incidents": float(len(points)), "area_share": share}


def _days(flagged: gpd.GeoDataFrame, day: str) -> pd.Series:
    check_type(flagged, gpd.GeoDataFrame, "flagged")
    check_columns(flagged, [day], "flagged")
    days = pd.to_datetime(flagged[day], errors="coerce", format="ISO8601")
    if not len(days) or days.isna().any():
        raise DataError(f"Every flagged polygon needs a date in {day!r}, and at least one polygon is needed.")
    return _day_of(days)


def _day_of(times: pd.Series) -> pd.Series:
    return times.dt.tz_localize(None).dt.normalize()


def _middle(area: Any) -> tuple[float, float]:
    west, south, east, north = crs.to_lonlat(area, "area").total_bounds
    return (west + east) / 2, (south + north) / 2
