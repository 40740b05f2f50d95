"""From incidents to the panel: what counts, what does not, and rows that know only their township."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.panel.counts import count_incidents
from patrolgeo.pipeline.harm import count_kinds
from patrolgeo.pipeline.refused import by_township, not_on_cells
from patrolgeo.pipeline.results import Counts, Ground, Place
from patrolgeo.risk.history import next_periods
from patrolgeo.risk.refusals import OFFICER_MADE, SENSITIVE
from patrolgeo.sources.gazetteer import spread_places
from patrolgeo.sources.places import read_places

VAGUE = ("township", "station")


def count(plan: Plan, place: Place, ground: Ground) -> Counts:
    """Count the incidents of the wanted categories into periods and cells; account for those that do not count.

    What officers found on patrol says where patrols were: it is work, not risk. Rows known only by their township or
    station are shared out among its villages, so that no hotspot stands where its point is; their sum stays.
    """
    incidents, wanted = place.incidents, plan.analysis.categories
    reason = not_on_cells(incidents, float(ground.grid.area_km2.mean()), plan.incidents.officer_kinds)
    if wanted is not None:
        reason = reason.mask(~incidents["category"].isin(wanted), "other_category")
    if len(ground.excluded):
        left_out = HexGrid.from_cells(ground.excluded.index).locate(incidents).notna()
        reason = reason.mask((reason == "") & left_out, "excluded")
    not_counted = {str(name): int(rows) for name, rows in reason[reason != ""].value_counts(sort=False).items()}
    officer = incidents[reason.isin([OFFICER_MADE, "officer_initiated"])]
    sensitive = incidents[reason == SENSITIVE]
    incidents = incidents[reason == ""]
    if incidents.empty:
        raise DataError(f"{plan.path}: no incident is left to count ({_told(not_counted)}).")
    shared = share_out(plan, incidents, ground.grid)
    panel = count_incidents(shared, ground.grid, plan.analysis.freq, weight="weight")
    total = round(panel.to_numpy().sum())
    not_counted["unfinished_period"] = len(incidents) - total
    return Counts(
        panel,
        _located(shared, panel, ground.grid),
        {reason: rows for reason, rows in not_counted.items() if rows},
        int((shared["weight"] < 1).groupby(shared["_incident"]).any().sum()),
        officer.assign(cell=ground.grid.locate(officer)),
        by_township(sensitive),
        count_kinds(plan, _whole_periods(shared, panel), panel, ground.grid),
    )


def _told(not_counted: dict[str, int]) -> str:
    return ", ".join(f"{reason} {rows:,}" for reason, rows in not_counted.items())


def _located(shared: gpd.GeoDataFrame, panel: pd.DataFrame, grid: HexGrid) -> gpd.GeoDataFrame:
    """Return the rows that count in the panel and know their own place, with their `cell`."""
    own = _whole_periods(shared, panel)
    own = own[own["weight"] == 1]
    return own.assign(cell=grid.locate(own)).dropna(subset="cell")


def _whole_periods(shared: gpd.GeoDataFrame, panel: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the rows before the end of the last period."""
    return shared[(shared["time"].dt.tz_localize(None) < next_periods(panel.index, 1)[0]).to_numpy()]


def share_out(plan: Plan, incidents: gpd.GeoDataFrame, grid: HexGrid) -> gpd.GeoDataFrame:
    """Return the incidents with a `weight`: those known only by township or station on each village of it in the area.

    `_incident` tells which rows were one incident.
    """
    whole = incidents.assign(weight=1.0, _incident=np.arange(len(incidents)))
    gazetteer = plan.incidents.gazetteer
    if gazetteer is None or not whole["precision"].isin(VAGUE).any():
        return whole
    places = read_places(gazetteer)
    return spread_places(whole, places[grid.positions(places.geometry.x, places.geometry.y) >= 0])
