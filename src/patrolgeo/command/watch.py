"""`patrolgeo watch`, `brief`: what is new, and what the week was."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from patrolgeo.command.say import say
from patrolgeo.command.teach import teach


def add(commands: Any) -> None:
    """Add the commands of every hour and every week."""
    watch = teach(
        commands,
        "watch",
        "what is new into the store, and what rises; safe to run each hour",
        "patrolgeo watch county/plan.toml --out out/watch    # once; run it again when new files came",
        "patrolgeo watch county/plan.toml --out out/watch --every 1h",
    )
    watch.add_argument("plan", type=Path, metavar="PLAN.toml")
    watch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the store and the warnings")
    watch.add_argument("--every", type=_seconds, metavar="1h", help="stay, and run again each 10min, 1h, 1d")
    watch.add_argument("--until", metavar="DATE", help="replay: the warnings as of this day, beside the store")
    watch.add_argument("--wait", action="store_true", help="wait while another run works on the folder")
    watch.set_defaults(run=_watch)
    brief = teach(
        commands,
        "brief",
        "the Monday brief: what changed, what rises, where, what to decide",
        "patrolgeo brief county/plan.toml --out out/brief    # the last whole week",
        "patrolgeo brief county/plan.toml --week 2025-12-22 --out out/brief",
    )
    brief.add_argument("plan", type=Path, metavar="PLAN.toml")
    brief.add_argument("--week", metavar="DATE", help="a day of the week (default: the last whole week)")
    brief.add_argument("--watch", type=Path, metavar="DIR", help="folder of `patrolgeo watch`: with what came since")
    brief.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pages")
    brief.set_defaults(run=_brief)


def _watch(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.watch.run import run_watch, watch_every

    if options.every is not None:
        watch_every(options.plan, options.out, options.every)
    numbers = run_watch(options.plan, options.out, until=options.until, wait=options.wait)
    say(f"{numbers['records']:,} records of {numbers['files']:,} files; "
         + ("the warnings: " if numbers["news"] else "nothing new; the warnings: ")
         + f"{options.out / 'warnings.html'}\n")  # fmt: skip


def _brief(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.brief import write_brief

    write_brief(options.plan, options.out, week=options.week, watch=options.watch)
    say(f"the brief: {options.out / 'brief.html'}\n")


def _seconds(text: str) -> float:
    """Read ``10min``, ``1h``, ``1d``."""
    import pandas as pd

    try:
        seconds = float(pd.Timedelta(text).total_seconds())
    except ValueError:
        seconds = 0.0
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: write a time such as 10min, 1h or 1d")
    return seconds
