"""`patrolgeo audit`, `check-release`: what outsiders can check, and what they could work out."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from patrolgeo.command.say import say
from patrolgeo.command.teach import teach
from patrolgeo.errors import DataError


def add(commands: Any) -> None:
    """Add the commands of what leaves the house."""
    release = teach(
        commands,
        "check-release",
        "what somebody can work out from the public files of releases",
        "patrolgeo check-release out/public-may out/public-june",
    )
    release.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="public releases, in their order")
    release.add_argument("--threshold", type=int, default=5, help="the smallest count that may be told (default 5)")
    release.set_defaults(run=_check_release)
    audit = teach(
        commands,
        "audit",
        "the bundle with which an outsider checks a plan; or the check itself",
        "patrolgeo audit out/county --out out/county-audit",
        "patrolgeo audit --verify out/county-audit           # as an outsider does it",
    )
    audit.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="folder of a run of a plan with [equity]")
    audit.add_argument("--out", type=Path, metavar="DIR", help="folder for the bundle (default: DIR-audit)")
    audit.add_argument("--decisions", type=Path, metavar="FILE", help="a decisions.csv that people have filled in")
    audit.add_argument(
        "--internal", action="store_true", help="decisions on posts and checkpoints too: not for the public"
    )
    audit.add_argument("--verify", type=Path, metavar="DIR", help="compute the bundle in DIR again")
    audit.add_argument("--plan", type=Path, metavar="PLAN.toml", help="with --verify: run the whole plan again")
    audit.set_defaults(run=_audit)


def _check_release(options: argparse.Namespace) -> None:
    from patrolgeo.privacy.audit import check_release

    told = check_release(options.folders, options.threshold)
    say("".join(f"{line}\n" for line in told))
    if told:
        raise DataError(f"{len(told)} number(s) tell too much. Use a release_register, and publish no other tables.")
    say("No suppressed count can be bounded, and no small change subtracted, from these files.\n")


def _audit(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.audit import verify_audit, write_audit

    if options.verify is None:
        if options.folder is None:
            raise DataError("name the run: patrolgeo audit DIR --out BUNDLE, or patrolgeo audit --verify BUNDLE.")
        out = options.out or options.folder.with_name(f"{options.folder.name}-audit")
        write_audit(options.folder, out, decisions=options.decisions, internal=options.internal)
        say(f"the bundle: {out / 'guide.html'}\n")
        return
    found = verify_audit(options.verify, options.plan)
    bad = found[found["differ"] > 0]
    say("".join(f"{name}, {row.check}: {row.differ:,} of {row.numbers:,} differ\n" for name, row in bad.iterrows()))
    if len(bad):
        raise DataError(f"{options.verify} does not come out again: {bad.index.nunique()} files differ.")
    say(f"{len(found)} checks of {found.index.nunique()} files: all come out again.\n")
