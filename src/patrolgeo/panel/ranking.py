"""Which cells a budget of area takes when they are ranked by a score, ties counted by their expectation."""

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError


def selected_share(score: Floats, area: Floats, budget: float) -> Floats:
    """Return how much of each cell is taken when the highest scores are taken until the area budget is spent.

    Cells of equal score are taken in random order, so each of them gets the same share: what is left of the budget
    over their joint area. The last cell is taken in part, so that the area taken is the budget exactly.

    Parameters
    ----------
    score
        Shape (n_cells,); higher is taken first. Pass densities (score / area) to rank by density.
    area
        Area of each cell, shape (n_cells,), any unit.
    budget
        Area to take, in the unit of `area`; all of it when the cells are less.

    Returns
    -------
    Shares in [0, 1], shape (n_cells,); ``shares @ area`` is the budget.

    Examples
    --------
    >>> from patrolgeo.panel.ranking import selected_share
    >>> selected_share([5, 0, 3, 3], [1, 1, 1, 1], budget=2)
    array([1. , 0. , 0.5, 0.5])
    """
    score, area = np.asarray(score, float), np.asarray(area, float)
    if score.shape != area.shape or score.ndim != 1:
        raise AlignmentError(f"score has shape {score.shape}, area has {area.shape}; both must be (n_cells,).")
    if np.isnan(score).any():
        raise DataError(f"{np.isnan(score).sum()} of {len(score)} scores are missing; they cannot be ranked.")
    if not (area > 0).all() or budget < 0:
        raise DataError("Every area must be above 0 and the budget must not be negative.")
    levels, group = np.unique(-score, return_inverse=True)
    in_group = np.bincount(group, area, minlength=len(levels))
    before = np.cumsum(in_group) - in_group
    return np.clip((budget - before) / in_group, 0.0, 1.0)[group]


def expected_hits(y_true: Floats, score: Floats, area: Floats, budget: float) -> float:
    """Return how many of the incidents `y_true` lie in the area that the highest scores take for `budget`.

    Examples
    --------
    >>> from patrolgeo.panel.ranking import expected_hits
    >>> expected_hits([4, 1, 2, 0], [5, 0, 3, 3], [1, 1, 1, 1], budget=2)
    5.0
    """
    return float(np.asarray(y_true, float) @ selected_share(score, area, budget))
