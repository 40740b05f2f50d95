"""The files of a plan, each read by the reader of its role with the words that the plan says; and checked."""

from __future__ import annotations

from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

from patrolgeo.config import Plan, Source, read_plan
from patrolgeo.config.source import Records
from patrolgeo.errors import DataError, MissingColumnError, PatrolgeoError
from patrolgeo.files import check_file
from patrolgeo.sources.boundaries import read_area, read_polygons
from patrolgeo.sources.calls import read_calls
from patrolgeo.sources.choice import Choice
from patrolgeo.sources.complete import toml_line
from patrolgeo.sources.forces import read_forces, read_shifts
from patrolgeo.sources.gates import read_gates
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.lines import read_roads
from patrolgeo.sources.patrols import read_patrols
from patrolgeo.sources.places import read_places
from patrolgeo.sources.population import read_population
from patrolgeo.sources.tables import Where

RECORDS = ("incidents", "calls")
NOT_OF_READERS = (  # what the plan says beside a file, for later steps
    *("file", "also", "officer_kinds", "gazetteer", "credit", "kind"),
    *("planned", "reported", "max_gap_minutes", "min_stay_minutes"),
)
_TOLD_APART = {"incidents": ["source", "channel"], "calls": ["source"]}
_READERS: dict[str, Any] = {
    "incidents": read_incidents, "area": read_area, "population": read_population, "places": read_places,
    "forces": read_forces, "roads": read_roads, "barriers": read_roads, "current": read_polygons,
    "crossings": read_places, "existing": read_places, "gates": read_gates, "shifts": read_shifts,
    "calls": read_calls, "patrols": read_patrols, "units": read_polygons, "exclude": read_polygons,
}  # fmt: skip


def read_source(plan: Plan, role: str, area: Any = None) -> tuple[Any, Ledger]:
    """Return the table of one role of a plan and its ledger; `area` sets records outside it aside."""
    source = plan.sources[role]
    said = said_of(plan.path, role, source)
    if not isinstance(source, Records):
        return _reader(role)(source.file, **said, return_ledger=True)
    options = {"area": area, "places": source.gazetteer, "return_ledger": True}
    if not (source.also or {"source", "channel"} & said.keys()):
        return _READERS[role](source.file, **said, **options)
    parts = [{"file": part.file, **said_of(plan.path, role, part)} for part in (source, *source.also)]
    return _READERS[role](parts, **options)


def _reader(role: str) -> Any:
    """Return the reader of a role; "exclude 2" is the second file of its kind."""
    return _READERS[role.split(maxsplit=1)[0]]


def said_of(path: Path, role: str, source: Source, *, reader: str | None = None) -> dict[str, Any]:
    """Return what a plan or study says of how to read a file; what its reader cannot take is an error, not ignored.

    `reader` is the role by which the file is read, where its table has another name.
    """
    usual = type(source)(source.file)
    said = {name: value for name, value in vars(source).items() if value != getattr(usual, name)}
    said = {name: value for name, value in said.items() if name not in NOT_OF_READERS}
    if "name" in said:
        said["columns"] = {**source.columns, "name": said.pop("name")}
    for name in said:
        if name not in _words(reader or role):
            raise DataError(f"{path}: [{role}] cannot take '{name.rstrip('_')}'.")
    return said


def _words(role: str) -> list[str]:
    """Return the options of a role's reader, those behind its ``**`` too."""
    named = signature(_reader(role)).parameters
    further = get_type_hints(Choice if role in RECORDS else Where)
    return [*named, *further, *_TOLD_APART.get(role, [])]


@dataclass(frozen=True)
class Checked:
    """What one file of a plan gave: a ledger, or the message of what is wrong and the line that mends it."""

    role: str
    file: str
    ledger: Ledger | None
    fault: str = ""
    mends: str = ""


def check_plan(path: str | Path) -> list[Checked]:
    """What would a plan read from every one of its files?

    Every file is tried, whatever is wrong with the others.

    Raises
    ------
    DataError, MissingColumnError
        When the plan itself cannot be understood.
    """
    plan = read_plan(path, files=False)
    found: list[Checked] = []
    area: Any = None
    for role in sorted(plan.sources, key=lambda r: (r in RECORDS, r != "area")):
        checked, table = _check(plan, role, area)
        found.append(checked)
        area = table if role == "area" else area
    return found


def _check(plan: Plan, role: str, area: Any) -> tuple[Checked, Any]:
    source = plan.sources[role]
    name = getattr(source.file, "name", str(source.file).rsplit("@", 1)[-1])
    try:
        for part in (source, *source.also):
            for key, file in part.files.items():
                check_file(file, f"[{role}] {key}")
        table, ledger = read_source(plan, role, area)
    except MissingColumnError as problem:
        mends = f"[{role}]\n{toml_line(problem.proposed)}" if problem.proposed else ""
        return Checked(role, name, None, str(problem), mends), None
    except PatrolgeoError as problem:
        return Checked(role, name, None, str(problem)), None
    return Checked(role, name, ledger), table


def plan_check_text(found: list[Checked], language: str = "en") -> str:
    """Return the check of a plan as lines that a person reads, with the TOML lines that mend it last."""
    lines = []
    for one in found:
        told = one.ledger.to_text(language) if one.ledger is not None else f"{one.file}: {one.fault}"
        lines.append(f"[{one.role}] {told}")
    mends = [one.mends for one in found if one.mends]
    faults = sum(one.ledger is None for one in found)
    lines.append(f"{len(found) - faults} of {len(found)} files can be read.")
    if mends:
        lines += ["To mend it, look at these lines and put them into the plan:", "", *mends]
    return "\n".join(lines)
