"""Plan files: a TOML file as dataclasses; it knows no room, only what may be asked and in which words.

Every key is checked when the file is read: an unknown one is an error that names the nearest known one, a missing
one is named with its meaning. Paths are relative to the plan file; ``${NAME}`` is taken from the environment
(``${PATROLGEO_DATA}`` defaults to ``../shared/data`` beside the folder that holds ``pyproject.toml``).
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from patrolgeo._checks import check_choice
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.toml_tables import Range, build
from patrolgeo.words.messages import LANGUAGES

# Presets of the settings, by name. A rural county weighs people, recorded risk and roads to be driven; a city weighs
# risk more, and its streets are everywhere. "visits" is the service floor: every inhabited village or cell is owed one
# a week. The reach in minutes is a planning value, not a standard.
PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "county": {
        "areas": {
            "workload": {"population": 0.4, "risk": 0.3, "roads": 0.2, "visits": 0.1},
            "speed_kmh": 30.0,
            "nest_in": "township",
        },
        "sites": {"reach_minutes": 15.0},
    },
    "city": {
        "areas": {"workload": {"population": 0.3, "risk": 0.5, "area": 0.1, "visits": 0.1}, "speed_kmh": 25.0},
        "sites": {"reach_minutes": 5.0},
    },
}
FREQS = ("D", "W", "28D", "91D", "MS", "YS")
FORECASTS = ("auto", "stack", "kernel", "ewma", "past_counts", "population", "area")
WORKLOAD_PARTS = ("population", "risk", "roads", "area", "visits")


Count = Annotated[int, Range(least=1, most=100_000)]
Share = Annotated[float, Range(above=0, below=1)]
Minutes = Annotated[float, Range(above=0, most=1440)]
Hours = Annotated[float, Range(above=0, most=168)]
Weight = Annotated[float, Range(least=0, most=1e6)]


@dataclass(frozen=True)
class Source:
    """A file or database and how to read it: the words of the readers, and of `Choice` in sources.

    `file` may be an address such as ``postgresql://host/county``, with `table` or `sql`. Of several ``[[incidents]]``
    or ``[[calls]]`` the first holds the others in `also`; each may have a name (`source`) and a `channel`.
    """

    file: Path | str
    columns: dict[str, str] = field(default_factory=dict)
    preset: str | None = None
    datum: str = "WGS84"
    tz: str | None = None
    encoding: str | None = None
    day_first: bool | None = None
    gazetteer: Path | None = None
    layer: str | None = None
    table: str | None = None
    sql: str | None = None
    hours: list[str] | None = None
    categories: list[str] | None = None
    from_: str | None = field(default=None, metadata={"key": "from"})
    until: str | None = None
    kinds: Path | str | None = None
    officer_kinds: list[str] | None = None
    streets: Path | None = None
    address_points: Path | None = None
    source: str | None = None
    channel: str | None = None
    also: tuple[Source, ...] = field(default=(), metadata={"key": ""})

    @staticmethod
    def joined(values: Sequence[Source], where: str, path: Path) -> Source:
        """Return the first of several tables of one source, which holds the others."""
        if where not in ("incidents", "calls"):
            raise DataError(
                f"{path}: [[{where}]] stands {len(values)} times; only [[incidents]] and [[calls]] "
                "take several sources."
            )
        return replace(values[0], also=tuple(values[1:]))

    @property
    def files(self) -> dict[str, Path]:
        """The files that reading this source opens, by their key; a database is none."""
        named = {key: getattr(self, key) for key in ("file", "gazetteer", "kinds", "streets", "address_points")}
        return {key: path for key, path in named.items() if isinstance(path, Path)}


@dataclass(frozen=True)
class Analysis:
    """How the past is counted and the forecast tested.

    `model` names the forecast that areas and sites are made from; "auto" takes the stack where it catches more than the
    simpler maps, else the simplest map that catches as much.
    """

    resolution: Annotated[int, Range(least=3, most=13)] = 9
    categories: list[str] | None = None
    freq: str = "W"
    origins: Annotated[int, Range(least=1, most=1000)] = 8
    area_shares: list[Share] = field(default_factory=lambda: [0.01, 0.05])
    alpha: Share = 0.05
    model: str = "auto"


@dataclass(frozen=True)
class AreaWish:
    """How many patrol areas, balanced on what, travelled how fast, bordered by what.

    `workload` weighs the index; where [calls] are named, unit-minutes take its place, made with `shift_hours` and what
    follows it. `nest_in` is the column of [units] whose borders no area crosses; "" lets them. `reassign` puts units
    into other areas by hand: area number, name or radio code by unit.
    """

    n: Count
    workload: dict[str, Weight]
    speed_kmh: Annotated[float, Range(above=0, most=200)]
    tolerance: Annotated[float, Range(least=0, most=1)] = 0.02
    link_parts: bool = True
    follow_lines: bool = True
    nest_in: str = ""
    reassign: dict[str, Any] = field(default_factory=dict)
    shift_hours: Hours = 8.0
    report_minutes: Annotated[float, Range(least=0, most=1440)] = 15.0
    stop_minutes: Minutes = 10.0
    stops: Annotated[float, Range(least=0, most=1000)] = 1.0
    floor_days: Annotated[float, Range(above=0, most=3660)] = 7.0
    passes_per_week: Annotated[float, Range(least=0, most=1000)] = 1.0


@dataclass(frozen=True)
class HotSpotWish:
    """How large a hot spot may be, and how many a shift can visit (None: as many as the units have time for)."""

    max_km2: Annotated[float, Range(above=0, most=1e5)] = 0.25
    n: Count | None = None


@dataclass(frozen=True)
class SiteWish:
    """How many posts, how many minutes each may reach, and what they are to be near.

    `demand` is "risk", "residents", "calls", or a column of counts of the [population] file.
    """

    n: Count
    reach_minutes: Minutes
    kinds: list[str] | None = None
    max_candidates: Count = 500
    demand: str = "risk"


@dataclass(frozen=True)
class StrengthWish:
    """What the plan asks of the forces: officers of a unit and a post, hours of a post, days a year an officer works.

    `roles` are the roles of [forces] that count; None takes all dedicated ones but auxiliaries, who do not work alone.
    """

    roles: list[str] | None = None
    unit_officers: Count = 2
    post_officers: Count = 2
    post_hours: Hours = 8.0
    days_worked: Annotated[float, Range(above=0, most=366)] = 220.0


@dataclass(frozen=True)
class CheckpointWish:
    """How many checkpoints meet the traffic, and within how many minutes border villages want both sides.

    `grades` are the numbers on raised and highest duty; places of `key_kinds` are defended first.
    """

    n: Count
    border_minutes: Minutes
    officers: Count = 2
    border_posts: Annotated[int, Range(least=0, most=100_000)] = 0
    grades: dict[str, Count] = field(default_factory=dict)
    key_kinds: list[str] | None = None
    key_minutes: Minutes = 10.0


@dataclass(frozen=True)
class Limits:
    """How much a run may ask of the machine; more is refused before it starts, and said."""

    cells: Annotated[int, Range(least=1)] = 500_000
    counts: Annotated[int, Range(least=1)] = 150_000_000


@dataclass(frozen=True)
class Plan:
    """A plan file: the place's files and the planner's settings.

    `read_plan` makes it from TOML; `sources` are the files by name. `release_register` is the file (Parquet) in which
    public runs remember what they published; the first one makes it. `previous` is the folder of an earlier plan
    to compare with.
    """

    title: str
    incidents: Source
    area: Source
    areas: AreaWish
    sites: SiteWish
    population: Source | None = None
    places: Source | None = None
    forces: Source | None = None
    roads: Source | None = None
    barriers: Source | None = None
    current: Source | None = None
    crossings: Source | None = None
    existing: Source | None = None
    calls: Source | None = None
    units: Source | None = None
    checkpoints: CheckpointWish | None = None
    analysis: Analysis = field(default_factory=Analysis)
    hot_spots: HotSpotWish = field(default_factory=HotSpotWish)
    strength: StrengthWish = field(default_factory=StrengthWish)
    limits: Limits = field(default_factory=Limits)
    preset: str | None = None
    language: str = "en"
    audience: str = "internal"
    seed: Annotated[int, Range(least=0, most=2**32 - 1)] = 1
    synthetic: bool = False
    release_register: Path | None = None
    previous: Path | None = None
    path: Path = field(default=Path(), metadata={"key": ""})

    @property
    def sources(self) -> dict[str, Source]:
        """The files that the plan names, by their role."""
        roles = ("incidents", "area", "population", "places", "forces", "roads", "barriers", "current", "crossings",
                 "existing", "calls", "units")  # fmt: skip
        return {role: source for role in roles if (source := getattr(self, role)) is not None}

    def settings(self) -> dict[str, Any]:
        """Return the settings as plain values, for the manifest."""
        return {
            "preset": self.preset, "language": self.language,
            "previous": None if self.previous is None else self.previous.name,
            "release_register": None if self.release_register is None else self.release_register.name,
            "analysis": asdict(self.analysis),
            "hot_spots": asdict(self.hot_spots),
            "areas": asdict(self.areas), "sites": asdict(self.sites), "strength": asdict(self.strength),
            "checkpoints": None if self.checkpoints is None else asdict(self.checkpoints),
            "limits": asdict(self.limits),
        }  # fmt: skip


def read_plan(path: str | Path, *, audience: str | None = None, files: bool = True) -> Plan:
    """Read and check a plan file.

    Parameters
    ----------
    path
        TOML file; `data/samples/county/plan.toml` is an example with every key explained.
    audience
        "internal" or "public", in place of what the plan says.
    files
        Whether every file named must be there.

    Raises
    ------
    DataError
        Unknown key, wrong type, impossible value; the message names the key and the nearest known one.
    MissingFileError
        A named file does not exist.
    """
    path = check_file(path, "plan file")
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the plan file in it.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as problem:  # bad TOML, bad UTF-8, numbers of thousands of digits
        raise DataError(f"{path} is not valid TOML: {problem}. Plan files are UTF-8 text.") from None
    except OSError as problem:
        raise DataError(f"{path} cannot be read: {problem.strerror}.") from None
    plan = parse_plan(content if audience is None else {**content, "audience": audience}, path)
    for role, source in plan.sources.items():
        for part in (source, *source.also):
            _check_words(part, role, path)
            for key, file in part.files.items() if files else ():
                check_file(file, f"[{role}] {key}")
    return plan


def _check_words(source: Source, role: str, path: Path) -> None:
    """Check the names of an encoding and a time zone, which the standard library knows."""
    try:
        codecs.lookup(source.encoding or "utf-8")
    except (LookupError, ValueError):
        raise DataError(f"{path}: {role}.encoding = {source.encoding!r} is not an encoding, such as gb18030.") from None
    try:
        ZoneInfo(source.tz or "UTC")
    except (OSError, ValueError, LookupError):
        raise DataError(f"{path}: {role}.tz = {source.tz!r} is not a time zone, such as Asia/Shanghai.") from None


def parse_plan(content: Mapping[str, Any], path: Path) -> Plan:
    """Turn the content of a plan file into a `Plan`; `path` is the file that relative paths start from."""
    content = _with_preset(dict(content), path)
    plan: Plan = replace(build(Plan, content, path, _MEANING), path=path)
    _check_together(plan, path)
    return plan


def _with_preset(content: dict[str, Any], path: Path) -> dict[str, Any]:
    name = content.get("preset")
    if name is None:
        return content
    check_choice(name, PRESETS, f"{path}: preset")
    for section, values in PRESETS[name].items():
        said = content.get(section, {})
        if isinstance(said, Mapping):
            content[section] = {**values, **said}
    return content


def _check_together(plan: Plan, path: Path) -> None:
    """Check what one key asks of another."""
    check_choice(plan.language, LANGUAGES, f"{path}: language")
    check_choice(plan.audience, ["internal", "public"], f"{path}: audience")
    check_choice(plan.analysis.freq, FREQS, f"{path}: analysis.freq")
    check_choice(plan.analysis.model, FORECASTS, f"{path}: analysis.model")
    _check_areas(plan.areas, path)
    if plan.checkpoints is not None and plan.checkpoints.grades:
        sizes = [plan.checkpoints.n, *plan.checkpoints.grades.values()]
        if "normal" in plan.checkpoints.grades or sizes != sorted(set(sizes)):
            raise DataError(
                f"{path}: checkpoints.grades = {plan.checkpoints.grades} must name rising numbers above n = "
                f"{plan.checkpoints.n}, such as raised = {2 * plan.checkpoints.n}."
            )
    for key, wanted, files in _needs(plan):
        missing = [name for name in files if getattr(plan, name) is None]
        if wanted and missing:
            raise DataError(f"{path}: {key} needs [{'] and ['.join(missing)}], which the plan does not name.")


def _needs(plan: Plan) -> list[tuple[str, bool, tuple[str, ...]]]:
    """Return which keys, when they are set, need which files."""
    by_index = plan.calls is None  # with calls the workload is in minutes, and no weights are used
    weighs = plan.areas.workload if by_index else {}
    traffic = plan.checkpoints
    usual = PRESETS.get(plan.preset or "", {}).get("areas", {}).get("nest_in", "")
    return [
        (f"areas.nest_in = {plan.areas.nest_in!r}", plan.areas.nest_in not in ("", usual), ("units",)),
        ('audience = "public"', plan.audience == "public", ("population",)),
        ("areas.workload.population", "population" in weighs, ("population",)),
        ("areas.workload.visits", "visits" in weighs, ("population",)),
        ("areas.workload.roads", "roads" in weighs, ("roads",)),
        ("sites.kinds", plan.sites.kinds is not None, ("places",)),
        ('sites.demand = "calls"', plan.sites.demand == "calls", ("calls",)),
        (f"sites.demand = {plan.sites.demand!r}", plan.sites.demand not in ("risk", "calls"), ("population",)),
        ("[checkpoints]", traffic is not None, ("roads", "population")),
        ("checkpoints.key_kinds", traffic is not None and traffic.key_kinds is not None, ("places",)),
    ]


def _check_areas(wish: AreaWish, path: Path) -> None:
    for part in wish.workload:
        check_choice(part, WORKLOAD_PARTS, f"{path}: areas.workload part")
    if not sum(wish.workload.values()) > 0:
        raise DataError(f"{path}: areas.workload needs at least one weight above 0.")
    for unit, to in wish.reassign.items():
        if not isinstance(to, int | str) or isinstance(to, bool) or (isinstance(to, int) and not 1 <= to <= wish.n):
            raise DataError(
                f"{path}: areas.reassign.{unit} = {to!r} must be the number (1 to {wish.n}), name or radio code of an "
                "area."
            )


_MEANING: dict[type, str] = {
    AreaWish: "Say how many patrol areas (n), what their workload weighs (workload = {population = …, risk = …}) and "
    'the patrol speed (speed_kmh), or name a preset (preset = "county" or "city") for the last two.',
    SiteWish: "Say how many posts (n) and their reach (reach_minutes), or name a preset for the reach.",
    CheckpointWish: "Say how many checkpoints meet the traffic (n) and the minutes to the border (border_minutes).",
    Plan: "A plan needs a title, [incidents], [area], [areas] and [sites].",
    Source: 'Name the file: file = "…".',
}
