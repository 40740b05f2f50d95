"""How a hot spot came, stayed or went: local sums in space and time, their trend, and classes by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, check_panel, check_share
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units
from patrolgeo.hotspots._expected import local_excess
from patrolgeo.hotspots._local import adjust, shares, with_diagonal
from patrolgeo.hotspots.connectivity import connect, in_order
from patrolgeo.hotspots.getis_ord import classical
from patrolgeo.hotspots.trend import trend_test
from patrolgeo.panel.events import check_total, incident_size

MOST_PERIODS = 0.9  # the share of periods from which a hot spot is one nearly always
NO_PATTERN = "no pattern"
KINDS = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
FEWEST = 3


@dataclass(frozen=True, repr=False)
class SpaceTimeHotspots(Shown):
    """Local sums in space and time against what is expected; every table has the shape of the panel.

    Parameters
    ----------
    statistic
        Gi* (z): above 0 where more is around a cell, in the same period and the one before.
    p_value, p_adjusted
        Two-sided, and corrected for all cells and periods together (Benjamini and Hochberg).
    labels
        "hot", "cold" or "not significant".
    """

    statistic: pd.DataFrame
    p_value: pd.DataFrame
    p_adjusted: pd.DataFrame
    labels: pd.DataFrame

    def _head(self) -> str:
        periods, cells = self.labels.shape
        return f"{cells:,} cells in {periods} periods, {int((self.labels == 'hot').to_numpy().sum()):,} of them hot"

    def _rows(self) -> Rows:
        hot, cold = ((self.labels == word).sum(axis=1) for word in ("hot", "cold"))
        return [(f"{period:%Y-%m-%d}", f"{hot[period]} hot, {cold[period]} cold") for period in self.labels.index]


def space_time_hotspots(
    panel: pd.DataFrame,
    exposure: Any = None,
    *,
    units: Units | None = None,
    adjacency: Any = None,
    connectivity: int = 1,
    alpha: float = 0.05,
    incident: Any = None,
) -> SpaceTimeHotspots:
    """Which cells are hot or cold in which period, neighbours in space and time included?

    The neighbourhood of a cell is the cell and those around it, in the same period and the one before. Without
    `exposure` it is the classical Gi* over the whole cube of cells and periods, also for values that are not counts;
    with it the sum is held against what the exposure predicts, as in `GetisOrd`.

    Parameters
    ----------
    panel
        Counts (or, without `exposure`, any values of 0 or more), shape (n_periods, n_cells).
    exposure
        Residents or another exposure by cell (the same in every period), or by period and cell.
    units
        Where the units of the panel lie, when its labels are not H3 cells: `SquareGrid` or `AreaUnits`.
    adjacency
        Or a matrix of neighbours in the order of the panel's columns, shape (n_cells, n_cells).
    connectivity
        How many rings of neighbours.
    alpha
        Labels are given where the corrected p is at most this.
    incident
        For sums of weights with `exposure`: the weights of the incidents, or the size of one, as in `GetisOrd.fit`.

    Returns
    -------
    Tables of the statistic, of p and of labels, in the shape of the panel.

    Raises
    ------
    AlignmentError
        When `exposure`, `units` or `adjacency` do not fit the panel.
    DataError
        When the labels are not H3 cells and neither `units` nor `adjacency` is given, or a setting is out of range.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, space_time_hotspots
    >>> grid = HexGrid.from_cells(h3.grid_disk("89309c4de37ffff", 3))
    >>> months = pd.date_range("2024-01-01", periods=12, freq="MS", name="period")
    >>> panel = pd.DataFrame(1.0, index=months, columns=grid.cells)
    >>> panel.loc["2024-11":, h3.grid_disk("89309c4de37ffff", 1)] = 5.0
    >>> space_time_hotspots(panel).labels["89309c4de37ffff"].tolist()[-3:]
    ['not significant', 'hot', 'hot']
    """
    check_share(alpha, "alpha")
    check_panel(panel)
    check_total(panel.to_numpy(float), "panel")
    near = connect(panel.columns, connectivity if adjacency is None else adjacency, units)
    given = panel.columns
    panel, near = in_order(panel, near)
    cube = _cube(with_diagonal(near, star=True), len(panel))
    draws = np.full(panel.size, 0.5)
    if exposure is None:
        test = classical(panel.to_numpy(float).ravel(), cube, draws)
    else:
        events = panel.to_numpy(float) / incident_size(panel, incident)
        share = _share(panel, exposure)
        test = local_excess(events.ravel(), cube, share.ravel(), _step_dispersion(near @ events.T), 1.0, draws)
    adjusted = adjust(test.p_guarded, test.tested)
    kind = (adjusted <= alpha) * ((test.z > 0) + 2 * (test.z < 0))
    words = np.array(["not significant", "hot", "cold"])[kind]

    def table(values: Array) -> pd.DataFrame:
        return pd.DataFrame(values.reshape(panel.shape), panel.index, panel.columns)[given]

    return SpaceTimeHotspots(
        table(test.z), table(np.where(test.tested, test.p_value, 1.0)), table(adjusted), table(words)
    )


def classify_change(
    panel: pd.DataFrame,
    exposure: Any = None,
    *,
    units: Units | None = None,
    adjacency: Any = None,
    connectivity: int = 1,
    alpha: float = 0.05,
    incident: Any = None,
) -> pd.DataFrame:
    """How did each hot or cold spot come, stay or go?

    `space_time_hotspots` says when each cell was hot; `trend_test` whether its statistic rises or falls; together they
    give the classes of emerging hot spot analysis. Ten periods or more are wanted; periods so short that most counts
    are 0 show little.

    Parameters
    ----------
    panel, exposure, units, adjacency, connectivity, incident
        As in `space_time_hotspots`.
    alpha
        For labels (corrected for all cells and periods) and trends (corrected for all cells).

    Returns
    -------
    DataFrame by cell: `change` (the class and "hot" or "cold", or "no pattern"), `hot_periods`, `cold_periods`, `run`
    (how many of the last periods in a row are like the last one), `last` (label of the last period), `z` (its
    statistic), `trend_s`, `trend_z`, `trend_p`, `trend_p_adjusted`.

    Raises
    ------
    AlignmentError, DataError
        As in `space_time_hotspots`; and when there are fewer than three periods.

    Notes
    -----
    Hot classes; cold ones mirror them. Nearly always: in at least 90 % of the periods.

    - new: hot in the last period, never before (nor cold).
    - consecutive: hot in the last periods in a row, two or more, never before (nor cold), not nearly always.
    - intensifying, diminishing: nearly always and in the last period hot, the statistic rises, falls.
    - persistent: nearly always and in the last period hot, without a trend.
    - sporadic: hot in the last period and off and on before, never cold, not nearly always.
    - oscillating: hot in the last period, cold in an earlier one, not nearly always.
    - historical: nearly always hot, but not in the last period.

    References
    ----------
    Harris, Niedzwiedz and Bennett 2017 (emerging hot spot analysis); Ord and Getis 1995; Mann 1945.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, classify_change
    >>> grid = HexGrid.from_cells(h3.grid_disk("89309c4de37ffff", 3))
    >>> months = pd.date_range("2024-01-01", periods=12, freq="MS", name="period")
    >>> panel = pd.DataFrame(1.0, index=months, columns=grid.cells)
    >>> panel.loc["2024-10":, h3.grid_disk("89309c4de37ffff", 1)] = 5.0
    >>> classify_change(panel)["change"].value_counts().to_dict()
    {'no pattern': 24, 'consecutive hot': 13}
    """
    if len(check_panel(panel)) < FEWEST:
        raise DataError(f"The panel has {len(panel)} periods; change needs at least {FEWEST}, better ten.")
    cube = space_time_hotspots(
        panel, exposure, units=units, adjacency=adjacency, connectivity=connectivity, alpha=alpha, incident=incident
    )
    trend = trend_test(cube.statistic)
    hot, cold = ((cube.labels == word).to_numpy() for word in ("hot", "cold"))
    way = np.sign(trend["s"].to_numpy()) * (trend["p_adjusted"].to_numpy() <= alpha)
    words = _classes(hot, cold, way, "hot")
    words = np.where(words == "", _classes(cold, hot, -way, "cold"), words)
    like = cube.labels.to_numpy() == cube.labels.to_numpy()[-1]
    return pd.DataFrame({
        "change": np.where(words == "", NO_PATTERN, words), "hot_periods": hot.sum(axis=0),
        "cold_periods": cold.sum(axis=0), "run": _run(like), "last": cube.labels.to_numpy()[-1],
        "z": cube.statistic.to_numpy()[-1], "trend_s": trend["s"].to_numpy(), "trend_z": trend["z"].to_numpy(),
        "trend_p": trend["p_value"].to_numpy(), "trend_p_adjusted": trend["p_adjusted"].to_numpy(),
    }, index=panel.columns)  # fmt: skip


def _classes(hot: Bools, cold: Bools, way: Floats, word: str) -> Array:
    """Return the class of each cell, "" where it is none of these; `way` is 1 for rising, -1 for falling, else 0."""
    last, always = hot[-1], hot.mean(axis=0) >= MOST_PERIODS - 1e-9
    times, run, mixed = hot.sum(axis=0), _run(hot), cold.any(axis=0)
    rules = {
        "historical": ~last & always,
        "intensifying": last & always & (way > 0),
        "diminishing": last & always & (way < 0),
        "persistent": last & always,
        "oscillating": last & mixed,
        "new": last & (times == 1),
        "consecutive": last & (times == run),
        "sporadic": last,
    }
    return np.select(list(rules.values()), [f"{name} {word}" for name in rules], "")


def _run(marked: Bools) -> Ints:
    """Return how many of the last periods in a row are marked, by cell."""
    return np.cumprod(marked[::-1], axis=0).sum(axis=0)


def _cube(near: sparse.csr_matrix, n_periods: int) -> sparse.csr_matrix:
    """Return neighbours in the same period and the one before, periods one after another."""
    back = np.arange(1, n_periods)
    before = sparse.csr_matrix((np.ones(len(back)), (back, back - 1)), shape=(n_periods, n_periods))
    return sparse.kron(before + sparse.identity(n_periods), near, format="csr")


def _share(panel: pd.DataFrame, exposure: Any) -> Floats:
    """Return the share of each period and cell in the exposure of all periods, in the shape of the panel."""
    if isinstance(exposure, pd.DataFrame):
        table = align(align(exposure, panel.index, "exposure", "periods").T, panel.columns, "exposure").T
        values = table.to_numpy(float)
        if not (np.isfinite(values).all() and (values >= 0).all() and values.any()):
            raise DataError("exposure holds negative or missing values, or nothing but 0; put 0 only where nobody is.")
        return values / values.sum()
    return np.repeat(shares(panel.columns, exposure)[None, :], len(panel), axis=0) / max(len(panel), 1)


def _step_dispersion(sums: Floats) -> float:
    """Return the variance of the steps of local sums from period to period over its Poisson variance, 1 or more.

    Lasting differences and slow changes, which are what is looked for, count little.
    """
    total = sums.sum(axis=0)
    early, late, n, m = sums[:, :-1], sums[:, 1:], total[:-1], total[1:]
    variance = (late * n**2 + early * m**2).sum()
    return max(float(((late * n - early * m) ** 2).sum() / variance), 1.0) if variance > 0 else 1.0
