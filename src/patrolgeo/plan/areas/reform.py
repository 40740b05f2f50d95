"""What does redrawing today's areas gain, and how much change does it cost?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from patrolgeo._checks import align, check_number, check_type
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.design import design_areas
from patrolgeo.plan.areas.measures import measure_areas

STAY_MINUTES = (20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.0)


def reform_curve(
    workload: pd.Series, current: pd.Series, stay_minutes: Sequence[float] = STAY_MINUTES, **options: Any
) -> pd.DataFrame:
    """How much better do areas get when more units may change theirs?

    One plan for each price of a change: the minutes of travel a unit must save before it leaves its area of today.

    Parameters
    ----------
    workload, current
        As in `design_areas`; `current` says how many areas there are.
    stay_minutes
        Prices of a change, from timid to bold.
    options
        Everything else that `design_areas` takes (`grid` or `travel`, `rules`, `follow_lines`, ...), but no `cost`.

    Returns
    -------
    DataFrame by `stay_minutes`: `units_moved`, `moved_share` of the units, `moved_workload_share`, `minutes_saved`
    (mean travel today less the plan's), `max_over_mean` and `max_over_mean_today`, `mean_travel_minutes`,
    `worst_travel_minutes`.

    Raises
    ------
    DataError
        When a price is negative; otherwise as `design_areas`.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, reform_curve
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 4))
    >>> today = pd.Series((grid.lonlat[:, 0] > 108.31).astype(int), index=grid.cells)
    >>> curve = reform_curve(pd.Series(1.0, index=grid.cells), today, (5.0, 0.0), grid=grid)
    >>> bool(curve["max_over_mean"].max() < curve["max_over_mean_today"].min())
    True
    """
    check_type(current, pd.Series, "current", "give the area of today of each unit")
    for price in stay_minutes:
        check_number(price, "stay_minutes", least=0)
    if options.get("cost") is not None:
        raise DataError("reform_curve counts minutes of travel, which a table of costs does not know; leave out cost=.")
    rows = {}
    for price in stay_minutes:
        plan = design_areas(
            workload, n_areas=current.nunique(), current=current, stay_minutes=price, prove=False, **options
        )
        today = measure_areas(current, plan.workload, plan.travel)
        moved = plan.labels != align(current, plan.labels.index, "current")
        rows[price] = {
            "units_moved": plan.units_moved, "moved_share": moved.mean(),
            "moved_workload_share": plan.workload[moved].sum() / plan.workload.sum() if plan.workload.sum() else 0.0,
            "minutes_saved": (today.mean_travel_minutes or 0.0) - (plan.mean_travel_minutes or 0.0),
            "max_over_mean": plan.max_over_mean, "max_over_mean_today": today.max_over_mean,
            "mean_travel_minutes": plan.mean_travel_minutes, "worst_travel_minutes": plan.worst_travel_minutes,
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(index="stay_minutes")
