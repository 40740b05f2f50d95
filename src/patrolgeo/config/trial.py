"""A trial file as a whole: places, times, lots, routes, what was delivered, and what it cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import pandas as pd

from patrolgeo.config.numbers import Count, Minutes, Share
from patrolgeo.config.patrols import PatrolLog
from patrolgeo.config.source import Incidents
from patrolgeo.config.study import UNITS
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.toml_tables import Range, build, key, read_toml
from patrolgeo.words.messages import LANGUAGES

Metres = Annotated[float, Range(least=0, most=100_000)]
Part = Annotated[float, Range(least=0, most=1)]
Money = Annotated[float, Range(least=0, most=1e9)]
KEPT = "data"  # the folder of a trial's results with the rows that it used
KEPT_FILES = {"incidents": f"{KEPT}/incidents.parquet", "area": f"{KEPT}/area.parquet",
              "delivered": f"{KEPT}/delivered.parquet", "curves": f"{KEPT}/curves.parquet",
              "registration": f"{KEPT}/registration.json"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrialDesign:
    """Who is treated from when to when, and what is hoped for; all of it is promised before the start."""

    registered: str = key("The day on which this was written down; before the start.", example='"2023-12-18"')
    start: str = key("First treated day, the first day of a week.", example='"2024-01-01"')
    end: str = key("Last treated day.", example='"2024-12-29"')
    n: Count = key("How many places are treated; as many are controls.", example="20")
    before_weeks: Annotated[int, Range(least=4, most=1040)] = key("Weeks before the start that count.", 52)
    blocks: Count | None = key("Blocks of equal risk that lots are drawn in; by default pairs.", None, example="10")
    buffer_m: Metres = key("Metres between the middles of two places of the trial.", 0.0, example="3000")
    rings_m: list[Metres] = key("Outer ends of the rings where displacement is looked for.", [], example="[1500, 3000]")
    cut: Share = key("The cut hoped for, of which the power is told: 0.2 is a fifth fewer.", 0.2)
    alpha: Share = key("1 - coverage of the intervals.", 0.05)
    compare: str = key(
        "How the effect is told: treated places against their controls. A plain before-after is refused.",
        "difference-in-differences", choices=("difference-in-differences", "before-after"),
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TrialRoutes:
    """Stops for the treated places, drawn for every day of the trial."""

    units: Count = key("Units a day.", 1)
    shift_minutes: Minutes = key("Length of their shift.", 240.0)
    stop_minutes: Minutes = key("Length of a stop.", 15.0)
    speed_kmh: Annotated[float, Range(above=0, most=200)] = key("Speed between stops.", 30.0)
    detour: Annotated[float, Range(least=1, most=5)] = key("Length of a way over the straight line.", 1.3)
    base: list[float] | None = key("Longitude and latitude where shifts begin and end.", None, example="[119.9, 31.8]")


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """A rehearsal on past records: an effect is planted, and deliveries are drawn. Printed on every page."""

    cut: Part = key("Share of the incidents in treated places after the start that is taken out.", 0.2)
    done: Part = key("Share of the planned stops that is taken for done.", 0.8)


@dataclass(frozen=True, kw_only=True)
class TrialCost:
    """What the trial cost, and what an incident is worth where somebody says so."""

    total: Money | None = key("Cost of all, in place of the hours.", None, example="150000")
    per_hour: Annotated[float, Range(least=0, most=1e6)] | None = key("Cost of an hour delivered.", None, example="120")
    currency: str = key("Its name in the report.", "", example='"CNY"')
    value: Money | None = key("Worth of one incident prevented.", None, example="5000")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What one post, area, unit or hour more buys: a curve that was drawn elsewhere, a row a number."""

    what: str = key("What there is one more of, as the report names it.", example='"post"')
    file: Path = key(
        "Its table, such as `marginal_curve`, `areas_curve` or your own sheet give it.", example='"posts.csv"'
    )
    number: str = key("Column that says how many there are.", "n_sites")
    gain: str = key("Column that says what they bring.", "value", example='"mean_minutes"')
    better: str = key("Which of two values of it is the better one.", "more", choices=("more", "less"))
    unit: str = key("Unit of what they bring.", "", example='"minutes"')
    cost: Money = key("Cost of one more, in the currency of [cost].", example="90000")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A measure of the year beside the trial, for the table of the yearly adjustment."""

    measure: str = key("Its name.", example='"lights"')
    cost: Money = key("What it cost.", example="20000")
    effect: Annotated[float, Range(least=-1e6, most=1e6)] = key(
        "Change in incidents through it, by a comparison with other places; below zero they were fewer.", example="-30"
    )
    standard_error: Annotated[float, Range(above=0, most=1e6)] = key("Of the effect.", example="9")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial file. `read_trial` makes it from TOML."""

    title: str = key("What the trial is called.", example='"Stops at hot places"')
    language: str = key("Language of the report.", "en", choices=tuple(LANGUAGES))
    seed: Annotated[int, Range(least=0, most=2**32 - 1)] = key("Seed of lots, routes and rehearsal.", 1)
    synthetic: bool = key("Whether the data are invented; printed on the report.", False)
    area: Path = key("The study area: polygons with a coordinate reference system.", example='"area.geojson"')
    units: str = key('What is counted on: "h3:8", or squares such as "square:500m".', "h3:9")
    registration: Path | None = key(
        "The registration of an earlier run, which this one holds itself to.", None, example='"registration.json"'
    )
    incidents: Incidents = key("The records.")
    design: TrialDesign = key("The design.")
    routes: TrialRoutes = key("The stops.", TrialRoutes())
    delivered: PatrolLog | None = key("The log of what was patrolled.", None)
    rehearsal: Rehearsal | None = key("A rehearsal, where it is one.", None)
    cost: TrialCost = key("What it cost.", TrialCost())
    curves: list[Curve] = key("What one more buys, a table a curve.", [])
    measures: list[Measure] = key("Other measures of the year, a table a measure.", [])
    path: Path = field(default=Path(), metadata={"key": ""})


def read_trial(path: str | Path, *, kept: bool = False) -> Trial:
    """Read and check a trial file; `kept` when it runs on the rows that an earlier run kept.

    Raises
    ------
    DataError
        Unknown key, wrong type, impossible value, a plain before-after comparison; the message names the key.
    MissingFileError
        A named file does not exist.
    """
    path = check_file(path, "trial file")
    content = read_toml(path, "trial file")
    if kept:
        _use_kept(content, path.parent)
    trial: Trial = replace(build(Trial, content, path), path=path)
    _check(trial)
    return trial


def _use_kept(content: dict[str, Any], home: Path) -> None:
    """Put the kept files in place of the named ones; how those were read is done and goes, what is promised stays."""
    for name, file in KEPT_FILES.items():
        if not (home / file).exists():
            content.pop(name, None)
        elif name in ("incidents", "delivered"):
            own = content.get(name, {})
            counted = {k: own[k] for k in ("categories", "max_gap_minutes", "min_stay_minutes") if k in own}
            content[name] = {"file": file, **counted}
        elif name == "curves":
            content[name] = [one | {"file": file} for one in content.get(name, [])]
        else:
            content[name] = file


def _check(trial: Trial) -> None:
    """Check what one key asks of another, and that named files are there."""
    where, design = f"{trial.path}: design", trial.design
    if design.compare == "before-after":
        raise DataError(
            f"{where}.compare: a plain before-after comparison is refused: places that were chosen because they were "
            'hot cool down by themselves (regression to the mean). Take "difference-in-differences".'
        )
    days = {name: _day(getattr(design, name), f"{where}.{name}") for name in ("registered", "start", "end")}
    if not days["registered"] < days["start"] < days["end"]:
        raise DataError(f"{where}: registered, start and end must follow each other; rings and lots are fixed before.")
    if days["start"].day_of_week:
        monday = days["start"] - pd.Timedelta(days=days["start"].day_of_week)
        raise DataError(
            f"{where}.start = {design.start!r} is no Monday; weeks start on one, such as {monday:%Y-%m-%d}."
        )
    if sorted(set(design.rings_m)) != design.rings_m or 0 in design.rings_m:
        raise DataError(f"{where}.rings_m must rise from above 0, got {design.rings_m}.")
    if UNITS.fullmatch(trial.units) is None:
        raise DataError(f'{trial.path}: units = {trial.units!r} must be such as "h3:9" or "square:500m".')
    if trial.delivered is not None and trial.rehearsal is not None:
        raise DataError(f"{trial.path}: a rehearsal draws what was delivered; leave out [delivered] or [rehearsal].")
    if trial.routes.base is not None and len(trial.routes.base) != 2:
        raise DataError(f"{trial.path}: routes.base must be longitude and latitude, got {trial.routes.base}.")
    trial.incidents.check("incidents", trial.path)
    for name, source in (("incidents", trial.incidents), ("delivered", trial.delivered)):
        for role, file in ({} if source is None else source.files).items():
            check_file(file, f"[{name}] {role}")
    for curve in trial.curves:
        check_file(curve.file, f"curve of {curve.what!r}")
    for name in ("area", "registration"):
        if getattr(trial, name) is not None:
            check_file(getattr(trial, name), name)


def _day(text: str, where: str) -> pd.Timestamp:
    try:
        return pd.Timestamp(pd.Period(text, freq="D").start_time)
    except ValueError:
        raise DataError(f"{where} = {text!r} must be a day such as 2024-01-01.") from None
