"""`patrolgeo check`, `new`, `sample`: files that are read, and files to begin with."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from patrolgeo.command.say import say
from patrolgeo.command.teach import teach
from patrolgeo.errors import DataError
from patrolgeo.words.messages import LANGUAGES

_OPTIONS = ("columns", "preset", "datum", "tz", "day_first", "encoding", "layer", "table", "area", "places")


def add(commands: Any) -> None:
    """Add the commands of files."""
    check = teach(
        commands,
        "check",
        "what happened to every row of an incident file, or of a plan's files",
        "patrolgeo check incidents.csv                       # every column and row of it",
        "patrolgeo check export.csv --columns time=occurred_on,category=offense --tz America/Chicago",
        "patrolgeo check my-town/plan.toml                   # every file of a plan",
        "patrolgeo check incidents.csv --html rows.html      # a page to look at",
    )
    check.add_argument("file", metavar="FILE", help="a file, a database address, or PLAN.toml")
    check.add_argument("--json", action="store_true", help="for machines: rows read, kept and set aside by reason")
    check.add_argument("--html", type=Path, metavar="PAGE.html", help="write a page that shows the table")
    check.add_argument("--columns", type=_columns, metavar="FIELD=COLUMN,…", help="time=occurred_on,category=offense")
    check.add_argument("--preset", help="how a known export is written")
    check.add_argument("--datum", default="WGS84", help="WGS84, GCJ02, BD09, CGCS2000 or a CRS")
    check.add_argument("--tz", help="time zone, for example Europe/London")
    check.add_argument("--day-first", action=argparse.BooleanOptionalAction, help="02/01/2024 is the second of January")
    check.add_argument("--encoding", help="of a text file that is neither UTF-8 nor GB18030")
    check.add_argument("--layer", help="layer of a GeoPackage or folder of a KML")
    check.add_argument("--table", help="table of a database")
    check.add_argument("--area", type=Path, help="boundary of the study area")
    check.add_argument("--places", type=Path, help="gazetteer that locates rows without coordinates")
    check.add_argument("--language", choices=LANGUAGES, default="en")
    check.set_defaults(run=_check)
    new = teach(
        commands,
        "new",
        "a commented plan file from the files in a folder",
        "patrolgeo new my-town                               # looks at the files in my-town, writes my-town/plan.toml",
    )
    new.add_argument("folder", type=Path, metavar="DIR")
    new.set_defaults(run=_new)
    sample = teach(
        commands,
        "sample",
        "write the synthetic sample county",
        "patrolgeo sample county                             # a county with everything in it, all invented",
        "patrolgeo sample forms --blank                      # empty tables with headings, to fill in",
    )
    sample.add_argument("folder", type=Path, metavar="DIR")
    sample.add_argument("--blank", action="store_true", help="blank workbooks of every input table instead, to fill in")
    sample.set_defaults(run=_sample)
    notebooks = teach(
        commands,
        "notebooks",
        "write the course: notebooks that walk through every question, with the sample county beside them",
        "patrolgeo notebooks course                          # then: jupyter lab course",
    )
    notebooks.add_argument("folder", type=Path, metavar="DIR")
    notebooks.set_defaults(run=_notebooks)


def _check(options: argparse.Namespace) -> None:
    from patrolgeo.sources.incidents import inspect_incidents

    if options.file.endswith(".toml"):
        _check_plan(options)
        return
    said = {name: getattr(options, name) for name in _OPTIONS}
    ledger = inspect_incidents(options.file, html=options.html, language=options.language, **said)
    say(f"{_as_json(ledger, options) if options.json else ledger.to_text(options.language)}\n")


def _check_plan(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.reading import check_plan, plan_check_text

    found = check_plan(options.file)
    if options.json:
        files = {one.role: one.ledger.to_dict() if one.ledger else {"fault": one.fault} for one in found}
        say(json.dumps(files, ensure_ascii=False, indent=2) + "\n")
    else:
        say(plan_check_text(found, options.language) + "\n")
    faults = [one.role for one in found if one.ledger is None]
    if faults:
        raise DataError(f"{options.file}: {len(faults)} of {len(found)} files cannot be read: {', '.join(faults)}.")


def _as_json(ledger: Any, options: argparse.Namespace) -> str:
    entries = ledger.to_frame(options.language).to_dict("records")
    return json.dumps({**ledger.to_dict(), "entries": entries}, ensure_ascii=False, indent=2, default=str)


def _columns(text: str) -> dict[str, str]:
    """Read ``time=occurred_on,category=offense``."""
    pairs = [pair.split("=", 1) for pair in text.split(",")]
    if not all(len(pair) == 2 and all(part.strip() for part in pair) for pair in pairs):
        raise argparse.ArgumentTypeError(f"{text!r}: write FIELD=COLUMN, several with commas: time=occurred_on,lon=x")
    return {field.strip(): column.strip() for field, column in pairs}


def _new(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.new import new_plan

    path, found = new_plan(options.folder)
    say("".join(f"{guess.told}\n" for guess in found))
    say(f"{path}: look at every line, then\n  patrolgeo check {path}\n  patrolgeo plan {path} --out out\n")


def _sample(options: argparse.Namespace) -> None:
    if options.blank:
        from patrolgeo.sources.blank import write_blank

        written = [path.name for path in write_blank(options.folder)]
        say(f"blank tables in {options.folder}: {', '.join(written) or 'all were there already'}\n")
        return
    from patrolgeo.sources.samples import write_sample

    write_sample(options.folder)
    say(f"the sample county: {options.folder}\ntry: patrolgeo plan {options.folder / 'plan.toml'} --out out\n")


def _notebooks(options: argparse.Namespace) -> None:
    from patrolgeo.sources.course import write_course

    written, kept = write_course(options.folder)
    say(f"{len(written)} notebooks written to {options.folder}"
        + (f"; as you left them: {', '.join(kept)}" if kept else "") + "\n")  # fmt: skip
    say(f'open them: jupyter lab {options.folder}   (it comes with: pip install "patrolgeo[notebooks]")\n')
