"""Plan files: a TOML file as dataclasses; it knows no room, only what may be asked and in which words.

Every key is checked when the file is read: an unknown one is an error that names the nearest known one, a missing
one is named with its meaning. Paths are relative to the plan file; ``${NAME}`` is taken from the environment
(``${PATROLGEO_DATA}`` defaults to ``../shared/data`` beside the folder that holds ``pyproject.toml``).
"""

from __future__ import annotations

import os
import re
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from patrolgeo._checks import check_choice, nearest
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.files import check_file

# Presets of the wishes, by name. A rural county weighs people, recorded risk and roads to be driven; a city weighs
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
FORECASTS = ("auto", "stack", "kernel", "ewma", "past_counts", "population", "area")
WORKLOAD_PARTS = ("population", "risk", "roads", "area", "visits")


@dataclass(frozen=True)
class Source:
    """A file or database and how to read it: the words of the readers, and of `Choice` in sources.

    `file` may be an address such as ``postgresql://host/county``, with `table` or `sql`. Of several ``[[incidents]]``
    the first holds the others in `also`; each may have a name (`source`) and a `channel`.
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
    streets: Path | None = None
    address_points: Path | None = None
    source: str | None = None
    channel: str | None = None
    also: tuple[Source, ...] = field(default=(), metadata={"key": ""})

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

    resolution: int = 9
    categories: list[str] | None = None
    freq: str = "W"
    origins: int = 8
    area_shares: list[float] = field(default_factory=lambda: [0.01, 0.05])
    alpha: float = 0.05
    model: str = "auto"


@dataclass(frozen=True)
class AreaWish:
    """How many patrol areas, balanced on what, travelled how fast, bordered by what.

    `workload` weighs the index; where [calls] are named, unit-minutes take its place, made with `shift_hours` and what
    follows it. `nest_in` is the column of [units] whose borders no area crosses; "" lets them. `reassign` puts units
    into other areas by hand: area number, name or radio code by unit.
    """

    n: int
    workload: dict[str, float]
    speed_kmh: float
    tolerance: float = 0.02
    link_parts: bool = True
    follow_lines: bool = True
    nest_in: str = ""
    reassign: dict[str, Any] = field(default_factory=dict)
    shift_hours: float = 8.0
    report_minutes: float = 15.0
    stop_minutes: float = 10.0
    stops: float = 1.0
    floor_days: float = 7.0
    passes_per_week: float = 1.0


@dataclass(frozen=True)
class HotSpotWish:
    """How large a hot spot may be, and how many a shift can visit (None: as many as the units have time for)."""

    max_km2: float = 0.25
    n: int | None = None


@dataclass(frozen=True)
class SiteWish:
    """How many posts, how many minutes each may reach, and what they are to be near.

    `demand` is "risk", "residents", "calls", or a column of counts of the [population] file.
    """

    n: int
    reach_minutes: float
    kinds: list[str] | None = None
    max_candidates: int = 500
    demand: str = "risk"


@dataclass(frozen=True)
class StrengthWish:
    """What the plan asks of the forces: officers of a unit and a post, hours of a post, days a year an officer works.

    `roles` are the roles of [forces] that count; None takes all dedicated ones but auxiliaries, who do not work alone.
    """

    roles: list[str] | None = None
    unit_officers: int = 2
    post_officers: int = 2
    post_hours: float = 8.0
    days_worked: float = 220.0


@dataclass(frozen=True)
class CheckpointWish:
    """How many checkpoints meet the traffic, and within how many minutes border villages want both sides.

    `grades` are the numbers on raised and highest duty; places of `key_kinds` are defended first.
    """

    n: int
    border_minutes: float
    officers: int = 2
    border_posts: int = 0
    grades: dict[str, int] = field(default_factory=dict)
    key_kinds: list[str] | None = None
    key_minutes: float = 10.0


@dataclass(frozen=True)
class Plan:
    """A plan file: the place's files and the planner's wishes.

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
    preset: str | None = None
    language: str = "en"
    audience: str = "internal"
    seed: int = 1
    synthetic: bool = False
    release_register: Path | None = None
    previous: Path | None = None
    path: Path = Path()

    @property
    def sources(self) -> dict[str, Source]:
        """The files that the plan names, by their role."""
        roles = ("incidents", "area", "population", "places", "forces", "roads", "barriers", "current", "crossings",
                 "existing", "calls", "units")  # fmt: skip
        return {role: source for role in roles if (source := getattr(self, role)) is not None}

    def settings(self) -> dict[str, Any]:
        """Return the wishes as plain values, for the manifest."""
        return {
            "preset": self.preset, "language": self.language,
            "previous": None if self.previous is None else self.previous.name,
            "release_register": None if self.release_register is None else self.release_register.name,
            "analysis": asdict(self.analysis),
            "hot_spots": asdict(self.hot_spots),
            "areas": asdict(self.areas), "sites": asdict(self.sites), "strength": asdict(self.strength),
            "checkpoints": None if self.checkpoints is None else asdict(self.checkpoints),
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
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise DataError(f"{path} is not valid TOML: {problem}. Plan files are UTF-8 text.") from None
    plan = parse_plan(content if audience is None else {**content, "audience": audience}, path)
    for role, source in plan.sources.items() if files else ():
        for part in (source, *source.also):
            for key, file in part.files.items():
                check_file(file, f"[{role}] {key}")
    return plan


def parse_plan(content: Mapping[str, Any], path: Path) -> Plan:
    """Turn the content of a plan file into a `Plan`; `path` is the file that relative paths start from."""
    content = _with_preset(dict(content), path)
    plan: Plan = _build(Plan, {**content, "path": path}, "", path)
    check_choice(plan.language, ["en", "zh"], f"{path}: language")
    check_choice(plan.audience, ["internal", "public"], f"{path}: audience")
    _check_numbers(plan, path)
    return plan


def _with_preset(content: dict[str, Any], path: Path) -> dict[str, Any]:
    name = content.get("preset")
    if name is None:
        return content
    check_choice(name, PRESETS, f"{path}: preset")
    for section, values in PRESETS[name].items():
        content[section] = {**values, **content.get(section, {})}
    return content


def _check_numbers(plan: Plan, path: Path) -> None:
    wishes = {
        "areas.n": plan.areas.n,
        "areas.speed_kmh": plan.areas.speed_kmh,
        "areas.shift_hours": plan.areas.shift_hours,
        "areas.stop_minutes": plan.areas.stop_minutes,
        "areas.floor_days": plan.areas.floor_days,
        "sites.n": plan.sites.n,
        "sites.reach_minutes": plan.sites.reach_minutes,
        "sites.max_candidates": plan.sites.max_candidates,
        "analysis.origins": plan.analysis.origins,
        "hot_spots.max_km2": plan.hot_spots.max_km2,
        "strength.unit_officers": plan.strength.unit_officers,
        "strength.post_officers": plan.strength.post_officers,
        "strength.post_hours": plan.strength.post_hours,
        "strength.days_worked": plan.strength.days_worked,
    }
    if plan.checkpoints is not None:
        wishes["checkpoints.n"] = plan.checkpoints.n
        wishes["checkpoints.border_minutes"] = plan.checkpoints.border_minutes
        wishes["checkpoints.key_minutes"] = plan.checkpoints.key_minutes
        if plan.checkpoints.key_kinds is not None and plan.places is None:
            raise DataError(f"{path}: checkpoints.key_kinds names kinds of places: name [places].")
        if plan.roads is None or plan.population is None:
            raise DataError(
                f"{path}: [checkpoints] meet traffic between villages on roads: name [roads] and [population]."
            )
    for key, value in wishes.items():
        if not value > 0:
            raise DataError(f"{path}: {key} = {value} must be above 0.")
    _check_areas(plan.areas, path)
    check_choice(plan.analysis.model, FORECASTS, f"{path}: analysis.model")
    for share in plan.analysis.area_shares:
        if not 0 < share < 1:
            raise DataError(f"{path}: analysis.area_shares holds {share}; shares lie between 0 and 1 (0.01 is 1 %).")


def _check_areas(wish: AreaWish, path: Path) -> None:
    for part, weight in wish.workload.items():
        check_choice(part, WORKLOAD_PARTS, f"{path}: areas.workload part")
        if not weight >= 0:
            raise DataError(f"{path}: areas.workload.{part} = {weight} must not be negative.")
    if not sum(wish.workload.values()) > 0:
        raise DataError(f"{path}: areas.workload needs at least one weight above 0.")
    for key in ("report_minutes", "stops", "passes_per_week"):
        if not getattr(wish, key) >= 0:
            raise DataError(f"{path}: areas.{key} = {getattr(wish, key)} must not be negative.")
    for unit, to in wish.reassign.items():
        if not isinstance(to, int | str) or isinstance(to, bool):
            raise DataError(
                f"{path}: areas.reassign.{unit} = {to!r} must be the number, name or radio code of an area."
            )


def _build(kind: Any, content: Any, where: str, path: Path) -> Any:
    """Make the dataclass `kind` from a TOML table; `where` is the key it stands at."""
    if not isinstance(content, Mapping):
        raise DataError(f"{path}: {where} must be a table ([{where}]), got {content!r}.")
    known = {key: f for f in fields(kind) if (key := f.metadata.get("key", f.name))}
    hints = typing.get_type_hints(kind)
    for key in content:
        if key not in known:
            place = f" in [{where}]" if where else ""
            raise DataError(
                f"{path}: unknown key '{key}'{place}{nearest(key, known)} Known keys: {', '.join(sorted(known))}."
            )
    missing = [name for name, f in known.items() if name not in content and _is_required(f)]
    if missing:
        raise MissingColumnError(f"{path}: {_spell(where, missing)} {_MEANING.get(kind, '')}".rstrip())
    given = {known[key].name: (value, f"{where}.{key}".lstrip(".")) for key, value in content.items()}
    return kind(**{name: _convert(value, hints[name], key, path) for name, (value, key) in given.items()})


_MEANING: dict[type, str] = {
    AreaWish: "Say how many patrol areas (n), what their workload weighs (workload = {population = …, risk = …}) and "
    'the patrol speed (speed_kmh), or name a preset (preset = "county" or "city") for the last two.',
    SiteWish: "Say how many checkpoints (n) and their reach (reach_minutes), or name a preset for the reach.",
    CheckpointWish: "Say how many checkpoints meet the traffic (n) and the minutes to the border (border_minutes).",
    Plan: "A plan needs a title, [incidents], [area], [areas] and [sites].",
    Source: 'Name the file: file = "…".',
}


def _spell(where: str, missing: list[str]) -> str:
    return f"{'[' + where + '] lacks' if where else 'the plan lacks'} {', '.join(missing)}."


def _is_required(f: Field[Any]) -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _convert(value: Any, hint: Any, where: str, path: Path) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(h for h in hint.__args__ if h is not types.NoneType)
    if hint is Source and isinstance(value, list) and value:
        return _several(value, where, path)
    if is_dataclass(hint):
        return _build(hint, value, where, path)
    if hint is Path:
        return value if isinstance(value, Path) else _resolve(value, where, path)
    return _convert_plain(str(value) if hint is str and isinstance(value, date) else value, hint, where, path)


def _convert_plain(value: Any, hint: Any, where: str, path: Path) -> Any:
    origin = typing.get_origin(hint) or hint
    if origin is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, origin) or (isinstance(value, bool) and origin is not bool):
        raise DataError(f"{path}: {where} = {value!r} must be {_KIND.get(origin, origin.__name__)}.")
    if origin is list:
        return [_convert(v, hint.__args__[0], where, path) for v in value]
    if origin is dict and hint.__args__[1] is not Any:
        return {k: _convert(v, hint.__args__[1], f"{where}.{k}", path) for k, v in value.items()}
    return value


def _several(values: list[Any], where: str, path: Path) -> Source:
    """Return the first of several tables of one source, which holds the others."""
    if where != "incidents":
        raise DataError(f"{path}: [[{where}]] stands {len(values)} times; only [[incidents]] takes several sources.")
    first, *others = (_build(Source, value, where, path) for value in values)
    return replace(first, also=tuple(others))


_KIND: dict[Any, str] = {
    str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list", dict: "a table",
}  # fmt: skip


def _resolve(value: Any, where: str, path: Path) -> Path | str:
    if not isinstance(value, str):
        raise DataError(f"{path}: {where} = {value!r} must be the path of a file.")

    def known(match: re.Match[str]) -> str:
        name = match.group(1)
        found = os.environ.get(name) or (_default_data(path) if name == "PATROLGEO_DATA" else None)
        if found is None:
            raise DataError(f"{path}: {where} names ${{{name}}}, which is not set in the environment.")
        return found

    value = re.sub(r"\$\{(\w+)\}", known, value)
    is_path = "://" not in value and (not where.endswith(".kinds") or "." in value)
    return path.parent / value if is_path else value


def _default_data(path: Path) -> str:
    home = next((p for p in path.resolve().parents if (p / "pyproject.toml").exists()), Path.cwd())
    return str(home.parent / "shared" / "data")
