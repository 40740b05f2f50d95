"""What the steps of a run hand to each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.plan.areas.design import AreaPlan
from patrolgeo.plan.areas.measures import AreaMeasures
from patrolgeo.plan.checkpoints.county import CheckpointPlan
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.roads.hexagons import CellGraph
from patrolgeo.sources.ledger import Ledger


@dataclass(frozen=True)
class Place:
    """The tables that were read, by role, and what happened to every row."""

    tables: dict[str, gpd.GeoDataFrame]
    ledgers: dict[str, Ledger]

    def __getitem__(self, role: str) -> gpd.GeoDataFrame | None:
        """Return the table of a role, None when the plan names none."""
        return self.tables.get(role)

    @property
    def incidents(self) -> gpd.GeoDataFrame:
        """The incidents that were kept."""
        return self.tables["incidents"]

    @property
    def area(self) -> gpd.GeoDataFrame:
        """The study area."""
        return self.tables["area"]

    @property
    def stations(self) -> gpd.GeoDataFrame | None:
        """The forces that stand at a station, or all dedicated ones where no roles are known; None without forces."""
        forces = self["forces"]
        if forces is None:
            return None
        return forces[forces["role"] == "station"] if "role" in forces else forces[forces["kind"] == "dedicated"]


@dataclass(frozen=True)
class Ground:
    """The study area as cells: who lives there, where patrols can be, how they travel."""

    grid: HexGrid
    population: pd.Series | None
    households: pd.Series | None
    population_outside: float
    road_km: pd.Series | None
    patrollable: pd.Series
    travel: CellGraph

    @cached_property
    def patrollable_cells(self) -> pd.Index:
        """Labels of the patrollable cells, in the order of the grid."""
        return self.grid.cells[self.patrollable.to_numpy()]

    @property
    def exposure(self) -> pd.Series:
        """What lets expect incidents: residents, or land where nothing is known of residents."""
        return self.grid.area_km2 if self.population is None else self.population


@dataclass(frozen=True)
class Counts:
    """The panel, the incidents that do not count in it, by reason, and how many were shared out among villages."""

    panel: pd.DataFrame
    not_counted: dict[str, int]
    shared_out: int = 0


@dataclass(frozen=True)
class Forecast:
    """What the next period lets expect by cell, and how good such forecasts were.

    `by_cell` has `risk` (expected incidents), `risk_low`, `risk_high`, `top_probability`; missing where no patrol goes.
    """

    model: str
    by_cell: pd.DataFrame
    period: pd.Timestamp
    scores: pd.DataFrame
    summary: pd.DataFrame
    ceiling: dict[float, float]

    @cached_property
    def expected(self) -> pd.Series:
        """Expected incidents by cell, 0 where no patrol goes."""
        return self.by_cell["risk"].fillna(0.0)


@dataclass(frozen=True)
class AreaSheet:
    """What stands beside the patrol areas for the people who use them.

    `names` has a row an area: `name`, `radio_code`, `spoken_border`; `of_cell` is the area of each cell, also where
    villages were divided; `unit` is that of the workload, "index" or "minutes" (a shift).
    """

    names: pd.DataFrame
    of_cell: pd.Series
    sensitivity: pd.DataFrame
    unit: str

    def call(self, area: Any) -> str:
        """Return the name of an area."""
        return str(self.names.loc[area, "name"])


@dataclass(frozen=True)
class Sites:
    """The chosen sites, the candidates they were chosen from, and minutes from candidates to cells."""

    plan: SitePlan
    candidates: gpd.GeoDataFrame
    minutes: pd.DataFrame


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints that meet the traffic, and all pieces of road: geometry and the name of the road."""

    plan: CheckpointPlan
    roads: gpd.GeoDataFrame


@dataclass(frozen=True)
class Results:
    """Everything a run found, for the summary, the files, the map and the report."""

    plan: Plan
    place: Place
    ground: Ground
    counts: Counts
    hotspots: pd.DataFrame
    forecast: Forecast
    workload: pd.Series
    areas: AreaPlan
    sheet: AreaSheet
    current: AreaMeasures | None
    sites: Sites
    checkpoints: Checkpoints | None
