"""The command line: `patrolgeo plan`, `patrolgeo check`, `patrolgeo sample`."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patrolgeo import __version__
from patrolgeo.errors import DataError, PatrolgeoError, PatrolgeoWarning

DONE, BAD_INPUT, INTERRUPTED = 0, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0 when done, 2 for bad input, 130 when interrupted."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("patrolgeo").setLevel(logging.INFO)
    signal.signal(signal.SIGTERM, _interrupt)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", PatrolgeoWarning)
        warnings.showwarning = _show_warning
        try:
            options.run(options)
        except PatrolgeoError as problem:
            sys.stderr.write(f"patrolgeo: {problem}\n")
            return BAD_INPUT
        except KeyboardInterrupt:
            sys.stderr.write("patrolgeo: interrupted; nothing was written.\n")
            return INTERRUPTED
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patrolgeo", description="Place-based crime analysis and patrol planning: places, never persons."
    )
    parser.add_argument("--version", action="version", version=f"patrolgeo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help="from a plan file to patrol areas, checkpoints, map and report")
    plan.add_argument("plan", type=Path, metavar="PLAN.toml")
    plan.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the outputs")
    plan.add_argument("--audience", choices=["internal", "public"], help="who reads the outputs (default: the plan's)")
    plan.set_defaults(run=_plan)
    check = commands.add_parser("check", help="what happened to every row of an incident file, or of a plan's files")
    check.add_argument("file", metavar="FILE", help="a file, a database address, or PLAN.toml")
    check.add_argument("--json", action="store_true", help="for machines: rows read, kept and set aside by reason")
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
    check.add_argument("--language", choices=["en", "zh"], default="en")
    check.set_defaults(run=_check)
    sample = commands.add_parser("sample", help="write the synthetic sample county")
    sample.add_argument("folder", type=Path, metavar="DIR")
    sample.set_defaults(run=_sample)
    return parser


def _plan(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline import run_plan

    run_plan(options.plan, options.out, audience=options.audience)
    for name, what in {"plan.html": "the map", "report.html": "the report"}.items():
        sys.stdout.write(f"{what}: {options.out / name}\n")


_OPTIONS = ("columns", "preset", "datum", "tz", "day_first", "encoding", "layer", "table", "area", "places")


def _check(options: argparse.Namespace) -> None:
    from patrolgeo.sources.incidents import inspect_incidents

    if options.file.endswith(".toml"):
        _check_plan(options)
        return
    ledger = inspect_incidents(options.file, **{name: getattr(options, name) for name in _OPTIONS})
    sys.stdout.write(f"{_as_json(ledger, options) if options.json else ledger.to_text(options.language)}\n")


def _check_plan(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.reading import check_plan, plan_check_text

    found = check_plan(options.file)
    if options.json:
        files = {one.role: one.ledger.to_dict() if one.ledger else {"fault": one.fault} for one in found}
        sys.stdout.write(json.dumps(files, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(plan_check_text(found, options.language) + "\n")
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


def _sample(options: argparse.Namespace) -> None:
    from patrolgeo.sources.samples import write_sample

    write_sample(options.folder)
    sys.stdout.write(
        f"the sample county: {options.folder}\ntry: patrolgeo plan {options.folder / 'plan.toml'} --out out\n"
    )


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    sys.stderr.write(f"note: {message}\n")


if __name__ == "__main__":
    sys.exit(main())
