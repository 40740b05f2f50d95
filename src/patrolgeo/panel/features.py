"""Tables of what was known before a period: lags, rings, seasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._typing import Array, Floats
from patrolgeo.grid.hexgrid import HexGrid

LAGS_DAYS = (28, 91, 365)


def known_before(
    counts: Floats, t: int, rings: list[sparse.csr_matrix], period_days: float, lags_days: tuple[float, ...] = LAGS_DAYS
) -> Floats:
    """Return what was known before row `t`: mean counts of several memories, in the cell and in the rings around it.

    Parameters
    ----------
    counts
        Shape (n_periods, n_cells).
    rings
        Matrices (n_cells, n_cells) that average over each ring.

    Returns
    -------
    Shape (n_cells, n_memories x (1 + n_rings)), logarithms of rates; the last memory is the whole past.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.panel.features import known_before
    >>> known_before(np.ones((8, 2)), 8, [], period_days=7, lags_days=(28,)).round(3)
    array([[0.049, 0.049],
           [0.049, 0.049]])
    """
    spans = [min(max(round(days / period_days), 1), t) for days in lags_days] + [t]
    means = [counts[t - span : t].mean(axis=0) for span in spans]
    offset = 0.05 * means[-1].mean() + 1e-6
    return np.column_stack([np.log(f(m) + offset) for m in means for f in (lambda x: x, *(r.dot for r in rings))])


def ring_means(adjacency: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the matrix that averages over neighbours; a cell without any takes 0."""
    degree = np.asarray(adjacency.sum(axis=1)).ravel()
    return (sparse.diags(1 / np.maximum(degree, 1)) @ adjacency).tocsr()


def season(periods: pd.DatetimeIndex) -> Floats:
    """Return sine and cosine of the day of the year, shape (n_periods, 2)."""
    angle: Array = 2 * np.pi * periods.day_of_year.to_numpy() / 365.25
    return np.column_stack([np.sin(angle), np.cos(angle)])


def roll_up(panel: pd.DataFrame, resolution: int) -> pd.DataFrame:
    """Return a panel (or forecasts) of fine cells summed over their H3 parents; every row keeps its sum.

    Parameters
    ----------
    panel
        Counts or expected counts, shape (n_periods, n_cells), columns H3 strings.
    resolution
        Resolution of the parents, at most that of the cells.

    Returns
    -------
    Panel of the parents, rows as they were.

    Raises
    ------
    DataError
        When a column is not an H3 cell, or the resolution is finer than the cells.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import roll_up
    >>> fine = pd.DataFrame([[1.0] * 7], columns=sorted(h3.cell_to_children("892a100d2c3ffff")))
    >>> roll_up(fine, 9).to_dict("list")
    {'892a100d2c3ffff': [7.0]}
    """
    parents = HexGrid.from_cells(panel.columns).parents(resolution)
    rolled = panel.T.groupby(parents.reindex(panel.columns).to_numpy()).sum().T
    return rolled.rename_axis(columns=panel.columns.name or "cell")
