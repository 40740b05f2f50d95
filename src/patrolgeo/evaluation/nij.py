"""The rules of the forecasting challenge of the National Institute of Justice (2017), on any data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_count, check_number
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.evaluate import evaluate
from patrolgeo.evaluation.ranked import Ranked
from patrolgeo.execution import Executor
from patrolgeo.grid.units import Units
from patrolgeo.risk.protocol import RiskModel

SQ_FT_KM2, SQ_MI_KM2 = 0.3048**2 / 1e6, 1.609344**2
CELL_SQ_FT = (62_500.0, 360_000.0)  # smallest and largest cell
TOTAL_SQ_MI = (0.25, 0.75)  # least and most that is flagged
WEEKS = (1, 2, 4, 9, 13)  # one and two weeks, one, two and three months
EVEN = 0.01  # cells are of one size, but for the map projection
ROUNDING = 1e-6


def nij_scores(
    panel: pd.DataFrame, forecasts: pd.DataFrame, units: Units, *, sq_mi: float | None = 0.25, window: int | None = None
) -> pd.DataFrame:
    """How would forecasts have done under the rules of the NIJ challenge?

    Cells are of one size, 62,500 to 360,000 square feet; 0.25 to 0.75 square miles of whole cells are flagged. PAI is
    (n/N) / (a/A); PEI* is n / n*, n* the most that as many cells could hold. Cells of equal score count by expectation.

    Parameters
    ----------
    panel, forecasts, window
        As in `evaluate`.
    units
        The cells: a `SquareGrid` of 250 to 600 ft, or H3 resolution 10.
    sq_mi
        How much is flagged, in square miles; None flags the cells whose score is above 0, as lists of flagged cells do.

    Returns
    -------
    Scores as of `evaluate`: model, period, pai, pei (PEI*), flagged (cells), sq_mi.

    Raises
    ------
    DataError
        When the cells or what is flagged break the rules.
    AlignmentError
        When panel, forecasts and units do not hold the same cells or periods.

    References
    ----------
    National Institute of Justice, Real-time crime forecasting challenge 2017.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, shapely
    >>> from patrolgeo import HistoricalMean, SquareGrid, backtest, nij_scores
    >>> grid = SquareGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs=4326), 600, "ft")
    >>> weeks = pd.date_range("2024-01-01", periods=6, freq="7D")
    >>> counts = np.random.default_rng(0).poisson(np.linspace(0, 1, len(grid)), (6, len(grid)))
    >>> panel = pd.DataFrame(counts.astype(float), index=weeks, columns=grid.cells)
    >>> said = backtest({"mean": HistoricalMean()}, panel, n_origins=1, units=grid)
    >>> nij_scores(panel, said, grid)[["flagged", "pai", "pei"]].round(2).to_numpy().tolist()
    [[20.0, 1.53, 0.32]]
    """
    cell_km2 = _cell_km2(units.select(panel.columns))
    wanted = None if sq_mi is None else _number_of_cells(sq_mi, cell_km2)
    if wanted is not None and wanted > panel.shape[1]:
        raise DataError(f"{sq_mi:g} sq mi are {wanted} cells of {cell_km2:.4f} km2; there are {panel.shape[1]}.")

    def flagged(_: Floats, y_pred: Floats) -> float:
        return float(wanted or _flagged_cells(y_pred, cell_km2))

    def pei(y_true: Floats, y_pred: Floats) -> float:
        of, share = Ranked(y_true, y_pred, np.ones(len(y_pred))), flagged(y_true, y_pred) / len(y_pred)
        return of.hits(share) / of.best(share) if of.total > 0 else np.nan

    def pai(y_true: Floats, y_pred: Floats) -> float:
        of, share = Ranked(y_true, y_pred, np.ones(len(y_pred))), flagged(y_true, y_pred) / len(y_pred)
        return of.hits(share) / of.total / share if of.total > 0 else np.nan

    scores = evaluate(panel, forecasts, {"pai": pai, "pei": pei, "flagged": flagged}, window=window)
    return scores.assign(sq_mi=scores["flagged"] * cell_km2 / SQ_MI_KM2)


def nij_challenge(
    models: Mapping[str, RiskModel],
    panel: pd.DataFrame,
    units: Units,
    *,
    windows: Sequence[int] = WEEKS,
    sq_mi: float = 0.25,
    n_origins: int = 4,
    exposure: pd.Series | None = None,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Hold pseudo-challenges on the data at hand: one and two weeks, one, two and three months after each origin.

    One window of a rare type is luck; pool windows, origins and types before anything is said of a model.

    Parameters
    ----------
    models
        Name to model.
    panel
        Incident counts by week, shape (n_weeks, n_cells).
    units
        The cells: a `SquareGrid` of 250 to 600 ft, or H3 resolution 10.
    windows
        Periods of the panel that each challenge sums.
    sq_mi
        How much is flagged, 0.25 to 0.75 square miles.
    n_origins
        Challenges of each window, one after another without overlap; fewer where the panel is too short.
    exposure, executor
        As in `backtest`.

    Returns
    -------
    Scores with the column "set" (the window), which `summarise_scores` and `compare` pool.

    Raises
    ------
    DataError
        When the cells or what is flagged break the rules, or the panel is too short for a window.
    AlignmentError
        When `units` or `exposure` lacks cells of the panel.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, shapely
    >>> from patrolgeo import HistoricalMean, SquareGrid, nij_challenge
    >>> grid = SquareGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs=4326), 600, "ft")
    >>> weeks = pd.date_range("2024-01-01", periods=12, freq="7D")
    >>> counts = np.random.default_rng(0).poisson(np.linspace(0, 1, len(grid)), (12, len(grid)))
    >>> panel = pd.DataFrame(counts.astype(float), index=weeks, columns=grid.cells)
    >>> nij_challenge({"mean": HistoricalMean()}, panel, grid, windows=[1, 2], n_origins=2)["set"].tolist()
    ['1 periods', '1 periods', '2 periods', '2 periods']
    """
    _number_of_cells(sq_mi, _cell_km2(units.select(panel.columns)))
    if not len(windows):
        raise DataError("windows is empty; name at least one, for example (1, 2, 4, 9, 13).")
    found = []
    for window in windows:
        check_count(window, "windows")
        said = backtest(
            models, panel, window=window, step=window, n_origins=n_origins, exposure=exposure, units=units,
            executor=executor,
        )  # fmt: skip
        found.append(nij_scores(panel, said, units, sq_mi=sq_mi).assign(set=f"{window} periods"))
    return pd.concat(found, ignore_index=True)


def _cell_km2(units: Units) -> float:
    """Return the size of a legal cell."""
    if units.are_lines:
        raise DataError("The challenge knows cells of equal area; street segments have none.")
    area = units.area_km2.to_numpy()
    if area.max() > area.min() * (1 + EVEN):
        raise DataError(
            f"The cells of the challenge are of one size; these are {area.min():.4g} to {area.max():.4g} km2."
        )
    mean, (least, most) = float(area.mean()), CELL_SQ_FT
    if not least * (1 - ROUNDING) <= mean / SQ_FT_KM2 <= most * (1 + ROUNDING):
        raise DataError(
            f"A cell of the challenge has 62,500 to 360,000 sq ft; these have {mean / SQ_FT_KM2:,.0f}. Take squares of "
            "250 to 600 ft, or H3 resolution 10."
        )
    return mean


def _number_of_cells(sq_mi: Any, cell_km2: float) -> int:
    """Return how many whole cells make at least so many square miles, within the rules."""
    least, most = TOTAL_SQ_MI
    check_number(sq_mi, "sq_mi", least=least, most=most, hint="the challenge flags 0.25 to 0.75 square miles")
    wanted = int(np.ceil(sq_mi * SQ_MI_KM2 / cell_km2 - ROUNDING))
    return wanted if wanted * cell_km2 <= most * SQ_MI_KM2 * (1 + ROUNDING) else wanted - 1


def _flagged_cells(said: Floats, cell_km2: float) -> int:
    """Return how many cells a list flags, within the rules."""
    n, (least, most) = int((said > 0).sum()), TOTAL_SQ_MI
    total = n * cell_km2 / SQ_MI_KM2
    if not least * (1 - ROUNDING) <= total <= most * (1 + ROUNDING):
        raise DataError(
            f"The challenge flags 0.25 to 0.75 square miles; a forecast flags {n} cells, {total:.3f} sq mi."
        )
    return n
