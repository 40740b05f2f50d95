"""What one site more would give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from patrolgeo.execution import progress
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.plan.sites.p_median import p_median
from patrolgeo.plan.sites.site_plan import SitePlan

Model = Callable[..., SitePlan]


def marginal_curve(
    cost: Any, n_sites: Any, max_cost: Any = None, demand: Any = None, *, model: Model | None = None, **options: Any
) -> pd.DataFrame:
    """What would one site more give?

    The model for each number of sites. Because a later number may find a better plan, the curve is read together with
    the bound beside it.

    Parameters
    ----------
    cost, demand, options
        As in the model.
    n_sites
        Numbers of sites, for example ``range(1, 13)``.
    max_cost
        Reach, for models that have one.
    model
        `max_coverage` (the default with `max_cost`), `p_median` (the default without), or another site model.

    Returns
    -------
    DataFrame by n_sites: `value`, `share` of the demand that is covered, `bound`, `gain` (over the number before, above
    zero when the value became better), `status`.

    Raises
    ------
    DataError, AlignmentError, InfeasibleError
        As the model raises them.

    Examples
    --------
    >>> from patrolgeo import marginal_curve
    >>> marginal_curve([[0.0, 9.0], [9.0, 0.0]], [1, 2], 5)["value"].tolist()
    [1.0, 2.0]
    >>> marginal_curve([[0.0, 9.0], [9.0, 0.0]], [1, 2])["gain"].tolist()
    [nan, 9.0]
    """
    model = model or (p_median if max_cost is None else max_coverage)
    reach = {} if max_cost is None else {"max_cost": max_cost}
    rows = []
    for n in progress(list(n_sites), what="sites"):
        plan = model(cost, n, demand=demand, **reach, **options)
        rows.append((n, plan.objective, plan.covered_share, plan.bound, plan.status, plan.maximize))
    table = pd.DataFrame(rows, columns=["n_sites", "value", "share", "bound", "status", "maximize"]).set_index(
        "n_sites"
    )
    rises = table.pop("maximize").all()
    gain = table["value"].diff().fillna(table["value"]) if rises else -table["value"].diff()
    table.insert(3, "gain", gain)
    return table
