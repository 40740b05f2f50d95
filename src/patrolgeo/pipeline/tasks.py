"""The list of tasks that a run issues: the stops of all days drawn, each with an id, so that it can come back."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo.panel.shifts import shift_of
from patrolgeo.pipeline.results import Ground, Place, Routes
from patrolgeo.plan.routes.route_plan import STOP
from patrolgeo.tasks.task_list import make_tasks


def route_tasks(routes: Routes, place: Place, ground: Ground, of_cell: pd.Series) -> pd.DataFrame | None:
    """Return the stops as tasks, `of_cell` the name of the area by cell; None where no unit stops anywhere.

    Breaks are no tasks. The area and the shift of a stop are where and when it begins.
    """
    days = [drawn.to_gdf(routes.spots.geometry) for drawn in routes.drawn]
    stops = gpd.GeoDataFrame(pd.concat(days, ignore_index=True), geometry="geometry", crs=routes.spots.crs)
    stops = stops[stops["activity"] == STOP].rename(columns={"begins": "start"}).reset_index(drop=True)
    if stops.empty:
        return None
    stops["start"] = stops["start"].dt.floor("min")  # as sheets and the report print it
    stops["minutes"] = (stops["leave"] - stops["arrive"]).round(6)
    stops["cell"] = ground.grid.locate(stops).to_numpy()
    stops["area"] = stops["cell"].map(of_cell)
    if (shifts := place["shifts"]) is not None:
        at = shift_of(stops["start"], shifts)
        stops["shift"] = np.where(at >= 0, shifts.index.astype(str)[at], None)
    return make_tasks({"stop": stops})
