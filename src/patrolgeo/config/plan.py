"""A plan file as a whole."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from patrolgeo.config.analysis import Analysis, HotSpotWish, Limits
from patrolgeo.config.areas import AreaWish
from patrolgeo.config.cameras import CameraWish
from patrolgeo.config.checkpoints import CheckpointWish
from patrolgeo.config.cordons import CordonWish
from patrolgeo.config.equity import ConsultationWish, EquityWish
from patrolgeo.config.forces import PostWish, TierWish, WeakWish
from patrolgeo.config.output import OutputWish
from patrolgeo.config.patrols import PatrolLog
from patrolgeo.config.presets import PRESETS
from patrolgeo.config.response import ResponseWish
from patrolgeo.config.routes import RouteWish
from patrolgeo.config.sites import SiteWish, StrengthWish
from patrolgeo.config.source import Exclusion, Incidents, Points, Polygons, Records, Source, Table
from patrolgeo.config.staffing import EventWish, StaffingWish
from patrolgeo.config.watch import WatchWish
from patrolgeo.toml_tables import Range, key
from patrolgeo.words.messages import LANGUAGES


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A plan file: the place's files and the planner's settings; `read_plan` makes it from TOML."""

    title: str = key("What the plan is called; stands on every map and sheet.", example='"Sample county"')
    preset: str | None = key(
        "Workload weights, patrol speed and reach of a rural county or a city; what is said elsewhere goes before it.",
        None, choices=tuple(PRESETS), example='"county"',
    )  # fmt: skip
    language: str = key("Language of maps and reports.", "en", choices=tuple(LANGUAGES))
    audience: str = key(
        "Who reads the outputs: public leaves out forces, posts and checkpoints, and merges small cells.",
        "internal", choices=("internal", "public"),
    )  # fmt: skip
    country: str | None = key(
        "Country whose law applies, two letters of ISO 3166: in the US checkpoints for general crime control are "
        "refused, in GB pages speak of road checks.",
        None, example='"CN"',
    )  # fmt: skip
    seed: Annotated[int, Range(least=0, most=2**32 - 1)] = key("The same seed and files give the same plan.", 1)
    made: str | None = key(
        "Day that the map gives as its own; without it that of the run (or of SOURCE_DATE_EPOCH).",
        None, example='"2025-01-06"',
    )  # fmt: skip
    synthetic: bool = key("Whether the data are invented; printed on every map and sheet.", False)
    previous: Path | None = key(
        "Folder of an earlier plan: the report says what has changed since.", None, example='"../last-year"'
    )
    release_register: Path | None = key(
        "File in which public runs remember the counts by cell they published, so that a later one cannot be "
        "subtracted from them; keep it, do not publish it.",
        None, example='"releases.parquet"',
    )  # fmt: skip
    incidents: Incidents = key("Incidents; four columns suffice: id, time, category and a place (lon, lat).")
    area: Polygons = key("The study area: polygons with a coordinate reference system.")
    population: Points | None = key("Residents: polygons, points or H3 cells with a column population.", None)
    places: Points | None = key("Schools, clinics, markets, banks: where a post may stand.", None)
    forces: Points | None = key("Stations, units and posts.", None)
    roads: Source | None = key("Lines with road_class and speed_kmh, or an OpenStreetMap extract (.osm.pbf).", None)
    barriers: Source | None = key("Lines that cannot be crossed but where a road does: rivers, motorways.", None)
    current: Polygons | None = key("Today's patrol areas, to compare with or to keep.", None)
    crossings: Points | None = key("Where roads leave the study area.", None)
    existing: Points | None = key("Checkpoints that stand already.", None)
    gates: Points | None = key(
        "Camera gates: points with the column count, vehicles a day; the traffic of [checkpoints] is fitted to them.",
        None,
    )
    shifts: Table | None = key(
        "Shifts for [posts], [tiers] and areas.shift_change: name, start, end and, when not daily, days.", None
    )
    calls: Records | None = key(
        "Calls for service with their times: the work of an area is then counted in unit-minutes a shift.", None
    )
    patrols: PatrolLog | None = key(
        "Log of patrols, positions or stops of units: what was patrolled, week by week, against what was planned.", None
    )
    units: Polygons | None = key("Villages or reporting areas, to be divided instead of cells.", None)
    exclude: Exclusion | None = key("Ground that is left out: bases, airports, water, each with its kind.", None)
    analysis: Analysis = key("How the past is counted and the forecast tested.", Analysis())
    hot_spots: HotSpotWish = key("How large a hot spot may be, and how many.", HotSpotWish())
    areas: AreaWish = key("Patrol areas.")
    sites: SiteWish | None = key("Posts and booths that cover the demand.", None)
    strength: StrengthWish = key("What the plan asks of the forces, held against [forces].", StrengthWish())
    checkpoints: CheckpointWish | None = key("Staffed stops that meet the traffic.", None)
    output: OutputWish = key("How files are written.", OutputWish())
    cordon: list[CordonWish] = key("Rings around areas, one table each: [[cordon]].", [])
    posts: PostWish | None = key("Existing places as posts of forces, shift by shift.", None)
    tiers: TierWish | None = key("Minutes by tier, for the blind spots of each shift.", None)
    routes: RouteWish | None = key("Routes with timed stops, drawn anew for every day.", None)
    weak: WeakWish | None = key("Roads and units that cannot be missed.", None)
    cameras: CameraWish | None = key("Cameras along main roads, each with a sheet for the people who live there.", None)
    watch: WatchWish | None = key("Warnings of what rises: `patrolgeo watch`.", None)
    staffing: StaffingWish | None = key("Patrol units by hour of the week, shifts and the roster.", None)
    events: list[EventWish] = key("Dated plans, one table each: [[events]].", [])
    response: ResponseWish | None = key(
        "Minutes until somebody is there, simulated: vehicles of [forces] at today's bases and in the patrol areas.",
        None,
    )
    equity: EquityWish | None = key("Who bears the plan: groups of residents, for the audit alone.", None)
    consultation: ConsultationWish | None = key("What people said when they were asked; it enters this plan.", None)
    limits: Limits = key("A run that would need more is refused before it starts.", Limits())
    path: Path = field(default=Path(), metadata={"key": ""})

    @property
    def sources(self) -> dict[str, Source]:
        """The files that the plan names, by their role; what is excluded has a role each, "exclude 2" the second."""
        named = {f.name: value for f in fields(self) if isinstance(value := getattr(self, f.name), Source)}
        if (first := self.exclude) is not None:
            parts = [replace(part, also=()) for part in (first, *first.also)]
            named |= {f"exclude {n}" if n > 1 else "exclude": part for n, part in enumerate(parts, 1)}
        return named

    def settings(self) -> dict[str, Any]:
        """Return the settings as plain values, for the manifest."""
        said = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ELSEWHERE}
        return {name: _plain(value) for name, value in said.items() if not isinstance(value, Source)}


ELSEWHERE = ("title", "audience", "seed", "synthetic", "made", "path")  # these stand at other places of the manifest


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
