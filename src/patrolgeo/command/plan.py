"""`patrolgeo plan`, `sheets`, `app`: the plan, on paper, and changed by hand."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from patrolgeo.command.say import say
from patrolgeo.command.teach import teach
from patrolgeo.words.messages import LANGUAGES


def add(commands: Any) -> None:
    """Add the commands of a plan."""
    plan = teach(
        commands,
        "plan",
        "from a plan file to patrol areas, posts, checkpoints, map and report",
        "patrolgeo plan county/plan.toml --out out/county    # a few minutes; then open out/county/plan.html",
        "patrolgeo plan county/plan.toml --out out/public --audience public",
        "patrolgeo plan county/plan.toml --out out/county --quiet",
    )
    plan.add_argument("plan", type=Path, metavar="PLAN.toml")
    plan.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the outputs")
    plan.add_argument("--audience", choices=["internal", "public"], help="who reads the outputs (default: the plan's)")
    plan.add_argument("--private", action="store_true", help="only you may read the outputs")
    plan.set_defaults(run=_plan)
    sheets = teach(
        commands,
        "sheets",
        "a finished plan as a PDF to print: an index, a sheet an area and shift",
        "patrolgeo sheets out/county                         # writes out/county/sheets_A4.pdf",
        "patrolgeo sheets out/county --paper A3 --day 2026-01-05",
    )
    sheets.add_argument("folder", type=Path, metavar="DIR", help="folder of a finished plan")
    sheets.add_argument("--paper", choices=["A4", "A3"], default="A4")
    sheets.add_argument("--language", choices=LANGUAGES, help="default: that of the plan")
    sheets.add_argument("--day", metavar="DATE", help="whose stops are printed (default: the first day)")
    sheets.add_argument("--out", type=Path, metavar="FILE.pdf", help="default: sheets_A4.pdf beside the plan's files")
    sheets.set_defaults(run=_sheets)
    app = teach(
        commands,
        "app",
        "a page on this machine to change a finished plan by hand",
        "patrolgeo app out/county --plan county/plan.toml    # open the address that it says",
    )
    app.add_argument("folder", type=Path, metavar="DIR", help="folder of a finished plan")
    app.add_argument("--plan", type=Path, metavar="PLAN.toml", help="its plan file; changed plans are saved beside it")
    app.add_argument(
        "--beside", type=Path, metavar="DIR", help="folder of another plan of the same cells to compare with"
    )
    app.set_defaults(run=_app)


def _plan(options: argparse.Namespace) -> None:
    from patrolgeo.config import read_plan

    read_plan(options.plan, audience=options.audience)  # a bad plan is said before the rest is loaded
    from patrolgeo.pipeline.plan import run_plan

    run_plan(options.plan, options.out, audience=options.audience, private=options.private)
    for name, what in {"plan.html": "the map", "report.html": "the report"}.items():
        say(f"{what}: {options.out / name}\n")


def _sheets(options: argparse.Namespace) -> None:
    from patrolgeo.pages.sheets.print_sheets import print_sheets

    out = options.out or options.folder / f"sheets_{options.paper}.pdf"
    path = print_sheets(options.folder, out, paper=options.paper, language=options.language, day=options.day)
    say(f"the sheets: {path}\n")


def _app(options: argparse.Namespace) -> None:
    from patrolgeo.app.serve import run_app

    def open_(address: str) -> None:
        say(f"open {address}it ends when the page is closed, or with Ctrl+C\n")
        sys.stdout.flush()

    run_app(options.folder, options.plan, options.beside, open_)
