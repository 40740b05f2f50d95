"""The command `patrolgeo`: reads its words, runs one command, ends with one message and a code."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from typing import Any

from patrolgeo import __version__
from patrolgeo.command import files, machine, plan, public, study, watch
from patrolgeo.command.stops import DONE, INTERRUPTED, Stops, end, told
from patrolgeo.errors import PatrolgeoWarning

_FIRST = """the first time:
  patrolgeo doctor                                    # is everything here?
  patrolgeo sample county                             # a county with everything in it, all invented
  patrolgeo plan county/plan.toml --out out/county    # then open out/county/plan.html
your own place:
  patrolgeo new my-town                               # a plan file from the files in that folder
  patrolgeo check my-town/plan.toml                   # what is in them
  patrolgeo plan my-town/plan.toml --out out/my-town
`patrolgeo COMMAND --help` explains a command, with examples."""
FAMILIES = (files, plan, watch, study, public, machine)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Words of the command line; by default those of the process.

    Returns
    -------
    0 when done, 1 when the system will not (disk, rights, memory), 2 for bad input, 130 or 143 when interrupted. One
    message says why, never a traceback.
    """
    stops = Stops()
    try:
        with stops:
            _be_able_to_print()
            code = _run(_parser().parse_args(arguments))
            if sys.stdout is not None:
                sys.stdout.flush()
    except SystemExit as stop:  # argparse has said why
        return int(stop.code or DONE)
    except BaseException as problem:
        if os.environ.get("PATROLGEO_TRACEBACK"):
            raise
        return end(*(INTERRUPTED, stops.code) if stops.code else told(problem))
    return code


def _run(options: argparse.Namespace) -> int:
    form = "%(asctime)s %(message)s" if options.loud == logging.DEBUG else "%(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, datefmt="%H:%M:%S", stream=sys.stderr, force=True)
    logging.getLogger("patrolgeo").setLevel(options.loud)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", PatrolgeoWarning)
        warnings.showwarning = _show_warning
        return options.run(options) or DONE


def _be_able_to_print() -> None:
    """Let any text be printed where the terminal knows few letters; keep compiled code where we may write."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.raiseExceptions = False
    if not _can_cache():
        os.environ["NUMBA_CACHE_DIR"] = os.path.join(tempfile.gettempdir(), f"patrolgeo-{_user()}")


def _can_cache() -> bool:
    """Say whether compiled code can be kept where the user wants it, beside the package or in the user's folder."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~")
    wanted = os.environ.get("NUMBA_CACHE_DIR", "")
    with contextlib.suppress(OSError):
        os.makedirs(wanted)
    places = (wanted, os.path.dirname(os.path.dirname(__file__)), home)
    return any(os.access(place, os.W_OK | os.X_OK) for place in places)


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patrolgeo",
        description="Place-based crime analysis and patrol planning: places, never persons.",
        epilog=_FIRST,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"patrolgeo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in FAMILIES:
        family.add(commands)
    for command in commands.choices.values():
        loud = command.add_mutually_exclusive_group()
        loud.add_argument("--verbose", dest="loud", action="store_const", const=logging.DEBUG, help="times too")
        loud.add_argument("--quiet", dest="loud", action="store_const", const=logging.WARNING, help="no steps")
        command.set_defaults(loud=logging.INFO, parser=parser)
    return parser


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"note: {message}\n")
