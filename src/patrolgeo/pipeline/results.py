"""What the steps of a run hand to each other."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.cordons import CordonWish
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.hotspots.spots import HotSpots
from patrolgeo.pipeline.forces import BlindSpots, Delivered, Event, Posts, Response, Staffing, Strength, WeakLinks
from patrolgeo.plan.areas.design import AreaPlan
from patrolgeo.plan.areas.measures import AreaMeasures
from patrolgeo.plan.checkpoints.cordon.plan import CordonPlan
from patrolgeo.plan.checkpoints.county import CheckpointPlan
from patrolgeo.plan.routes.route_plan import RoutePlan
from patrolgeo.plan.routes.watcher import Watcher
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.risk.history import History
from patrolgeo.risk.terrain import RiskTerrain
from patrolgeo.roads.graph import RoadGraph
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

    @cached_property
    def graph(self) -> RoadGraph | None:
        """The roads as a network, None without roads."""
        roads = self["roads"]
        return None if roads is None else RoadGraph.from_lines(roads, oneway=roads.get("oneway"))


@dataclass(frozen=True)
class Ground:
    """The study area as cells: who lives there, where patrols can be, how they travel.

    `excluded` are the cells where no patrol goes, which are no part of the grid, `population_excluded` their people.
    """

    grid: HexGrid
    population: pd.Series | None
    households: pd.Series | None
    population_outside: float
    population_excluded: float
    excluded: gpd.GeoDataFrame
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
    """The panel, the incidents that do not count in it, by reason, and how many were shared out among villages.

    `records` are the counted incidents that know their own place, with the `cell` each lies in; `officer` those that
    officers started or usually make; `sensitive` counts of sensitive kinds by category and township; `kinds` the
    incidents of the panel by cell and category, when the plan weighs their harm.
    """

    panel: pd.DataFrame
    records: gpd.GeoDataFrame
    not_counted: dict[str, int]
    shared_out: int
    officer: gpd.GeoDataFrame
    sensitive: dict[str, dict[str, int | None]]
    kinds: pd.DataFrame | None = None


@dataclass(frozen=True)
class Hotspots:
    """Where more is recorded than expected: by cell, and as spots that a shift can visit.

    `cells` has `hotspot_z`, `hotspot_p`, `hotspot_q`, `hotspot_label`, and `hotspot_role`: "itself" where the cell's
    own count is too high, "surrounding" where only its neighbourhood is; and what `look_again` adds. `facts` tells of
    each spot what happens and when, and which other methods found it. `visits` is how many spots the units of a shift
    have time for.
    """

    cells: pd.DataFrame
    spots: HotSpots
    facts: pd.DataFrame
    visits: int

    @property
    def hot(self) -> pd.Series:
        """Whether a cell is significant, by cell."""
        return self.cells["hotspot_label"] == "hot"


@dataclass(frozen=True)
class Forecast:
    """What is to be expected by cell, in the next period and while the plan is valid; how good such maps were.

    `by_cell` has `risk` (expected incidents in the next period), `risk_low` and `risk_high` (90 % interval of that
    rate), `chance` (of at least one incident in the next period), `risk_plan` (mean expected incidents a period while
    the plan is valid), `top_probability`; missing where no patrol goes. `model` is the map that the plan is made from,
    `reason` the code that says why: "wished", "better" or "not better". `periods` are the starts of the periods for
    which the plan is valid, and `end` the end of the first. `history` is the past that it learned from, and `took` says
    in one line what it took from where.
    """

    model: str
    reason: str
    by_cell: pd.DataFrame
    periods: pd.DatetimeIndex
    end: pd.Timestamp
    scores: pd.DataFrame
    summary: pd.DataFrame
    against: pd.DataFrame
    ceiling: dict[float, float]
    history: History
    took: str

    @property
    def period(self) -> pd.Timestamp:
        """Start of the period forecast."""
        return self.periods[0]

    @cached_property
    def expected(self) -> pd.Series:
        """Expected incidents of the next period by cell, 0 where no patrol goes."""
        return self.by_cell["risk"].fillna(0.0)

    @cached_property
    def planned(self) -> pd.Series:
        """Mean expected incidents a period while the plan is valid, by cell: areas and sites go by it."""
        return self.by_cell["risk_plan"].fillna(0.0)


@dataclass(frozen=True)
class AreaSheet:
    """What stands beside the patrol areas for the people who use them.

    `names` has a row an area: `name`, `radio_code`, `spoken_border`; `of_cell` is the area of each cell, also where
    villages were divided; `unit` is that of the workload, "index" or "minutes" (a shift).
    `numbers` and `change` are other numbers of areas and less and more change, where they were asked for; `shifts` has
    a row a shift, and `by_shift` the area of each cell in each shift, where areas are drawn by shift; `village` is the
    unit of each cell, where villages or reporting areas were divided.
    """

    names: pd.DataFrame
    of_cell: pd.Series
    sensitivity: pd.DataFrame
    unit: str
    numbers: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    change: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    shifts: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    by_shift: pd.DataFrame = dataclasses.field(default_factory=pd.DataFrame)
    village: pd.Series | None = None

    def call(self, area: Any) -> str:
        """Return the name of an area."""
        return str(self.names.loc[area, "name"])


@dataclass(frozen=True)
class Sites:
    """The chosen sites, the candidates they were chosen from, of how many places, and minutes to each cell.

    `minutes` are those from the nearest chosen site, missing beyond the reach; `duty`: who reaches what at which hour.
    """

    plan: SitePlan
    candidates: gpd.GeoDataFrame
    possible: int
    minutes: pd.Series
    duty: pd.DataFrame


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints that meet the traffic, and all pieces of road: geometry and the name of the road."""

    plan: CheckpointPlan
    roads: gpd.GeoDataFrame


@dataclass(frozen=True)
class Cameras:
    """The cameras, a row each by id with its sheet, how good the choice is, and what was refused, by reason."""

    plan: SitePlan
    table: gpd.GeoDataFrame
    candidates: int
    refused: dict[str, int]


@dataclass(frozen=True)
class Routes:
    """The best plan of routes, one drawn for each day, what a watcher could guess, and where stops may be.

    `spots` has a row a place: `prize` (what is expected there), `name` and a point; `lines` a row a unit, the first
    day's routes. `fewer` has the days on which events bind units that would drive: how many, by event.
    """

    best: RoutePlan
    drawn: tuple[RoutePlan, ...]
    guess: Watcher
    spots: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    fewer: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Ring:
    """A ring as it was wished, its plan, and the class and name of each of its roads."""

    wish: CordonWish
    plan: CordonPlan
    table: gpd.GeoDataFrame


@dataclass(frozen=True)
class Equity:
    """Who bears the plan: by cell, by group of residents; records of officers; places that tell little.

    `cells` has residents, groups, needs and doses (`work`, `reached`, and the same without the forecast), `groups` what
    `pipeline.equity.group_table` tells, `silence` the places where less is recorded than expected, lowest first.
    """

    cells: pd.DataFrame
    groups: pd.DataFrame
    feedback: dict[str, Any]
    silence: gpd.GeoDataFrame


@dataclass(frozen=True)
class Results:
    """Everything a run found, for the summary, the files, the map and the report.

    `against` is what `pipeline.today.against_today` tells, None where today's areas are not known. `by_hour` are
    expected incidents a period by area and hour of the day.
    """

    plan: Plan
    place: Place
    ground: Ground
    counts: Counts
    hotspots: Hotspots
    forecast: Forecast
    workload: pd.Series
    areas: AreaPlan
    sheet: AreaSheet
    current: AreaMeasures | None
    against: tuple[pd.DataFrame, dict[str, Any]] | None
    sites: Sites | None
    checkpoints: Checkpoints | None
    strength: Strength | None
    posts: Posts | None = None
    blind: BlindSpots | None = None
    weak: WeakLinks | None = None
    cameras: Cameras | None = None
    rings: tuple[Ring, ...] = ()
    delivered: Delivered | None = None
    staffing: Staffing | None = None
    events: tuple[Event, ...] = ()
    rising: pd.DataFrame | None = None
    response: Response | None = None
    routes: Routes | None = None
    terrain: RiskTerrain | None = None
    equity: Equity | None = None
    by_hour: pd.DataFrame | None = None
