"""The plan beside the areas of today."""

from __future__ import annotations

import pandas as pd

from patrolgeo._checks import check_type
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.measures import AreaMeasures


def compare_areas(plan: AreaPlan | AreaMeasures, current: AreaPlan | AreaMeasures) -> pd.DataFrame:
    """What does a plan change beside the areas of today?

    Parameters
    ----------
    plan, current
        A plan, or measures of labels (`measure_areas`).

    Returns
    -------
    DataFrame by measure: `plan`, `current`, `change` (plan less current); missing where a measure is not known.

    Raises
    ------
    DataError
        When one of them is neither a plan nor measures.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, compare_areas, design_areas, hexagon_graph, measure_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 3))
    >>> work, travel = pd.Series(1.0, index=grid.cells), hexagon_graph(grid)
    >>> today = pd.Series((grid.lonlat[:, 0] > 108.305).astype(int), index=grid.cells)
    >>> plan = design_areas(work, grid, 2, travel=travel)
    >>> table = compare_areas(plan, measure_areas(today, work, travel))
    >>> bool(table.loc["max_over_mean", "change"] < 0)
    True
    """
    columns = {"plan": _measures_of(plan).summary(), "current": _measures_of(current).summary()}
    table = pd.DataFrame(columns, dtype=float).rename_axis(index="measure")
    return table.assign(change=table["plan"] - table["current"])


def _measures_of(what: AreaPlan | AreaMeasures) -> AreaMeasures:
    check_type(what, (AreaPlan, AreaMeasures), "what is compared")
    return what if isinstance(what, AreaMeasures) else what.measures
