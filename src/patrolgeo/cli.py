"""The command line: `patrolgeo new`, `patrolgeo plan`, `patrolgeo study`, `patrolgeo trial`, `patrolgeo check`, ..."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import logging
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from patrolgeo import __version__
from patrolgeo.errors import DataError, PatrolgeoError, PatrolgeoWarning
from patrolgeo.words.messages import LANGUAGES

DONE, SYSTEM, BAD_INPUT = 0, 1, 2
_INTERRUPTED = "interrupted; no half-written results were left."
REPORT = "This is a mistake of patrolgeo: please report it with the command. PATROLGEO_TRACEBACK=1 shows where."


class Stops:
    """Within, a signal ends the run as an exception; outside, signals do what they did before.

    Libraries turn an exception that meets them while they are loaded into one of their own, so the signal is kept here.
    """

    def __init__(self) -> None:
        self.code = 0

    def __enter__(self) -> Stops:
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number: int, _: Any) -> None:
        self.code = 128 + number
        raise KeyboardInterrupt


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
            _run(_parser().parse_args(arguments))
            if sys.stdout is not None:
                sys.stdout.flush()
    except SystemExit as end:  # argparse has said why
        return int(end.code or DONE)
    except BaseException as problem:
        if os.environ.get("PATROLGEO_TRACEBACK"):
            raise
        return _end(*(_INTERRUPTED, stops.code) if stops.code else _told(problem))
    return DONE


def _told(problem: BaseException) -> tuple[str, int]:
    """Return one message and the exit code for what ended a run."""
    if isinstance(problem, KeyboardInterrupt):
        return _INTERRUPTED, 130
    if isinstance(problem, PatrolgeoError):
        return str(problem), BAD_INPUT
    if isinstance(problem, BrokenPipeError):  # nobody reads any more
        return "", SYSTEM
    if isinstance(problem, MemoryError):
        return "the memory of this machine does not suffice; take a lower resolution or fewer files.", SYSTEM
    if isinstance(problem, OSError):
        place = f" ({problem.filename})" if problem.filename else ""
        return f"the system says: {problem.strerror or problem}{place}.", SYSTEM
    return f"{type(problem).__name__}: {problem}. {REPORT}", SYSTEM


def _run(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr, force=True)
    logging.getLogger("patrolgeo").setLevel(logging.INFO)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("default", PatrolgeoWarning)
        warnings.showwarning = _show_warning
        options.run(options)


def _end(message: str, code: int) -> int:
    """Say one message and make sure that nothing more is said when the interpreter ends."""
    with contextlib.suppress(OSError, ValueError):
        if message and sys.stderr is not None:
            sys.stderr.write(f"patrolgeo: {message}\n")
            sys.stderr.flush()
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):  # closed, or the disk behind it is full
            with contextlib.suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code


def _be_able_to_print() -> None:
    """Let any text be printed where the terminal knows few letters; keep compiled code where we may write."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    logging.raiseExceptions = False
    if "NUMBA_CACHE_DIR" not in os.environ and not _can_cache():
        os.environ["NUMBA_CACHE_DIR"] = os.path.join(tempfile.gettempdir(), f"patrolgeo-{_user()}")


def _can_cache() -> bool:
    """Say whether compiled code can be kept beside the package or in the user's folder."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~")
    return any(os.access(place, os.W_OK | os.X_OK) for place in (os.path.dirname(__file__), home))


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else "user"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="patrolgeo", description="Place-based crime analysis and patrol planning: places, never persons."
    )
    parser.add_argument("--version", action="version", version=f"patrolgeo {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    plan = commands.add_parser("plan", help="from a plan file to patrol areas, posts, checkpoints, map and report")
    plan.add_argument("plan", type=Path, metavar="PLAN.toml")
    plan.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the outputs")
    plan.add_argument("--audience", choices=["internal", "public"], help="who reads the outputs (default: the plan's)")
    plan.add_argument("--private", action="store_true", help="only you may read the outputs")
    plan.set_defaults(run=_plan)
    _add_watch(commands)
    study = commands.add_parser("study", help="from a study file to scores, tables and a report; or the same again")
    study.add_argument("study", type=Path, nargs="?", metavar="STUDY", help="STUDY.toml, or the bundle of a study")
    study.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: out/NAME of STUDY)")
    study.add_argument("--verify", type=Path, metavar="DIR", help="run what stands in DIR again, compare every number")
    study.add_argument("--bundle", action="store_true", help="also write bundle.zip, from which others run it again")
    study.add_argument("--run-code", action="store_true", help="run the code of its author that a bundle brings")
    study.add_argument("--workers", type=int, default=1, metavar="N", help="processes that forecast (default 1)")
    study.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster that forecasts")
    study.set_defaults(run=_study)
    _add_printing(commands)
    _add_trial(commands)
    check = commands.add_parser("check", help="what happened to every row of an incident file, or of a plan's files")
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
    audit = commands.add_parser("check-release", help="what somebody can work out from the public files of releases")
    audit.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="public releases, in their order")
    audit.add_argument("--threshold", type=int, default=5, help="the smallest count that may be told (default 5)")
    audit.set_defaults(run=_check_release)
    _add_audit(commands)
    new = commands.add_parser("new", help="a commented plan file from the files in a folder")
    new.add_argument("folder", type=Path, metavar="DIR")
    new.set_defaults(run=_new)
    sample = commands.add_parser("sample", help="write the synthetic sample county")
    sample.add_argument("folder", type=Path, metavar="DIR")
    sample.add_argument("--blank", action="store_true", help="blank workbooks of every input table instead, to fill in")
    sample.set_defaults(run=_sample)
    return parser


def _add_printing(commands: Any) -> None:
    sheets = commands.add_parser(
        "sheets", help="a finished plan as a PDF to print: an index, a sheet an area and shift"
    )
    sheets.add_argument("folder", type=Path, metavar="DIR", help="folder of a finished plan")
    sheets.add_argument("--paper", choices=["A4", "A3"], default="A4")
    sheets.add_argument("--language", choices=LANGUAGES, help="default: that of the plan")
    sheets.add_argument("--day", metavar="DATE", help="whose stops are printed (default: the first day)")
    sheets.add_argument("--out", type=Path, metavar="FILE.pdf", help="default: sheets_A4.pdf beside the plan's files")
    sheets.set_defaults(run=_sheets)
    app = commands.add_parser("app", help="a page on this machine to change a finished plan by hand")
    app.add_argument("folder", type=Path, metavar="DIR", help="folder of a finished plan")
    app.add_argument("--plan", type=Path, metavar="PLAN.toml", help="its plan file; changed plans are saved beside it")
    app.set_defaults(run=_app)


def _add_trial(commands: Any) -> None:
    trial = commands.add_parser("trial", help="a field trial: lots, promise and stops before it; effect and cost after")
    trial.add_argument("trial", type=Path, nargs="?", metavar="TRIAL", help="TRIAL.toml, or the bundle of a trial")
    trial.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: out/NAME of TRIAL)")
    trial.add_argument("--verify", type=Path, metavar="DIR", help="run what stands in DIR again, compare every number")
    trial.add_argument("--bundle", action="store_true", help="also write bundle.zip, from which others run it again")
    trial.set_defaults(run=_trial)


def _add_audit(commands: Any) -> None:
    audit = commands.add_parser("audit", help="the bundle with which an outsider checks a plan; or the check itself")
    audit.add_argument("folder", type=Path, nargs="?", metavar="DIR", help="folder of a run of a plan with [equity]")
    audit.add_argument("--out", type=Path, metavar="DIR", help="folder for the bundle (default: DIR-audit)")
    audit.add_argument("--decisions", type=Path, metavar="FILE", help="a decisions.csv that people have filled in")
    audit.add_argument(
        "--internal", action="store_true", help="decisions on posts and checkpoints too: not for the public"
    )
    audit.add_argument("--verify", type=Path, metavar="DIR", help="compute the bundle in DIR again")
    audit.add_argument("--plan", type=Path, metavar="PLAN.toml", help="with --verify: run the whole plan again")
    audit.set_defaults(run=_audit)


def _add_watch(commands: Any) -> None:
    watch = commands.add_parser("watch", help="what is new into the store, and what rises; safe to run each hour")
    watch.add_argument("plan", type=Path, metavar="PLAN.toml")
    watch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the store and the warnings")
    watch.add_argument("--every", type=_seconds, metavar="1h", help="stay, and run again each 10min, 1h, 1d")
    watch.add_argument("--until", metavar="DATE", help="replay: the warnings as of this day, beside the store")
    watch.add_argument("--wait", action="store_true", help="wait while another run works on the folder")
    watch.set_defaults(run=_watch)
    brief = commands.add_parser("brief", help="the Monday brief: what changed, what rises, where, what to decide")
    brief.add_argument("plan", type=Path, metavar="PLAN.toml")
    brief.add_argument("--week", metavar="DATE", help="a day of the week (default: the last whole week)")
    brief.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the pages")
    brief.set_defaults(run=_brief)


def _say(text: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(text)


def _plan(options: argparse.Namespace) -> None:
    from patrolgeo.config import read_plan

    read_plan(options.plan, audience=options.audience)  # a bad plan is said before the rest is loaded
    from patrolgeo.pipeline.plan import run_plan

    run_plan(options.plan, options.out, audience=options.audience, private=options.private)
    for name, what in {"plan.html": "the map", "report.html": "the report"}.items():
        _say(f"{what}: {options.out / name}\n")


def _sheets(options: argparse.Namespace) -> None:
    from patrolgeo.pages.sheets.print_sheets import print_sheets

    out = options.out or options.folder / f"sheets_{options.paper}.pdf"
    path = print_sheets(options.folder, out, paper=options.paper, language=options.language, day=options.day)
    _say(f"the sheets: {path}\n")


def _app(options: argparse.Namespace) -> None:
    from patrolgeo.app.serve import run_app

    def say(address: str) -> None:
        _say(f"open {address}it ends when the page is closed, or with Ctrl+C\n")
        sys.stdout.flush()

    run_app(options.folder, options.plan, say)


def _watch(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.watch.run import run_watch, watch_every

    if options.every is not None:
        watch_every(options.plan, options.out, options.every)
    numbers = run_watch(options.plan, options.out, until=options.until, wait=options.wait)
    _say(f"{numbers['records']:,} records of {numbers['files']:,} files; "
         + ("the warnings: " if numbers["news"] else "nothing new; the warnings: ")
         + f"{options.out / 'warnings.html'}\n")  # fmt: skip


def _brief(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.brief import write_brief

    write_brief(options.plan, options.out, week=options.week)
    _say(f"the brief: {options.out / 'brief.html'}\n")


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


def _study(options: argparse.Namespace) -> None:
    if options.study is None and options.verify is None:
        raise DataError("name the study: patrolgeo study STUDY.toml --out DIR, or patrolgeo study --verify DIR.")
    if str(options.study).lower().endswith(".toml"):
        from patrolgeo.config.read_study import read_study

        read_study(options.study)  # a bad study is said before the rest is loaded
    with _workers(options) as executor:
        if options.verify is not None:
            _verify(options, executor)
            return
        from patrolgeo.pipeline.study.run import run_study

        out = options.out or Path("out") / options.study.stem
        run_study(options.study, out, executor=executor, bundle=options.bundle, run_code=options.run_code)
    _say(f"the report: {out / 'report.html'}\n" + (f"the bundle: {out / 'bundle.zip'}\n" if options.bundle else ""))


@contextlib.contextmanager
def _workers(options: argparse.Namespace) -> Iterator[Any]:
    """Give what forecasts run on: processes or a Dask cluster where asked for, else None."""
    if options.workers < 1:
        raise DataError(f"--workers {options.workers} must be at least 1.")
    if options.dask:
        try:
            from distributed import Client
        except ImportError:
            raise DataError("--dask needs the package distributed: pip install distributed.") from None
        with Client(options.dask) as client:
            yield client
    elif options.workers > 1:
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            yield pool
    else:
        yield None


def _trial(options: argparse.Namespace) -> None:
    if options.verify is not None:
        from patrolgeo.pipeline.trial.run import verify_trial

        _say_verified(options.verify, verify_trial(options.verify))
        return
    if options.trial is None:
        raise DataError("name the trial: patrolgeo trial TRIAL.toml --out DIR, or patrolgeo trial --verify DIR.")
    if str(options.trial).lower().endswith(".toml"):
        from patrolgeo.config.trial import read_trial

        read_trial(options.trial)  # a bad trial is said before the rest is loaded
    from patrolgeo.pipeline.trial.run import run_trial

    out = options.out or Path("out") / options.trial.stem
    run_trial(options.trial, out, bundle=options.bundle)
    _say(f"the report: {out / 'report.html'}\n" + (f"the bundle: {out / 'bundle.zip'}\n" if options.bundle else ""))


def _verify(options: argparse.Namespace, executor: Any) -> None:
    from patrolgeo.pipeline.study.verify import verify_study

    found = verify_study(options.verify, options.study, executor=executor, run_code=options.run_code)
    _say_verified(options.verify, found)


def _say_verified(folder: Path, found: Any) -> None:
    bad = found[found["differ"] > 0]
    _say("".join(f"{name}: {row.differ:,} of {row.numbers:,} numbers differ\n" for name, row in bad.iterrows()))
    if len(bad):
        raise DataError(f"{folder} does not come out again: {len(bad)} of {len(found)} files differ.")
    _say(f"{found['numbers'].sum():,} numbers in {len(found)} files came out again; {found['same'].sum()} files to the "
         "byte.\n")  # fmt: skip


_OPTIONS = ("columns", "preset", "datum", "tz", "day_first", "encoding", "layer", "table", "area", "places")


def _check(options: argparse.Namespace) -> None:
    from patrolgeo.sources.incidents import inspect_incidents

    if options.file.endswith(".toml"):
        _check_plan(options)
        return
    said = {name: getattr(options, name) for name in _OPTIONS}
    ledger = inspect_incidents(options.file, html=options.html, language=options.language, **said)
    _say(f"{_as_json(ledger, options) if options.json else ledger.to_text(options.language)}\n")


def _check_plan(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.reading import check_plan, plan_check_text

    found = check_plan(options.file)
    if options.json:
        files = {one.role: one.ledger.to_dict() if one.ledger else {"fault": one.fault} for one in found}
        _say(json.dumps(files, ensure_ascii=False, indent=2) + "\n")
    else:
        _say(plan_check_text(found, options.language) + "\n")
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


def _check_release(options: argparse.Namespace) -> None:
    from patrolgeo.privacy.audit import check_release

    told = check_release(options.folders, options.threshold)
    _say("".join(f"{line}\n" for line in told))
    if told:
        raise DataError(f"{len(told)} number(s) tell too much. Use a release_register, and publish no other tables.")
    _say("No suppressed count can be bounded, and no small change subtracted, from these files.\n")


def _audit(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.audit import verify_audit, write_audit

    if options.verify is None:
        if options.folder is None:
            raise DataError("name the run: patrolgeo audit DIR --out BUNDLE, or patrolgeo audit --verify BUNDLE.")
        out = options.out or options.folder.with_name(f"{options.folder.name}-audit")
        write_audit(options.folder, out, decisions=options.decisions, internal=options.internal)
        _say(f"the bundle: {out / 'guide.html'}\n")
        return
    found = verify_audit(options.verify, options.plan)
    bad = found[found["differ"] > 0]
    _say("".join(f"{name}, {row.check}: {row.differ:,} of {row.numbers:,} differ\n" for name, row in bad.iterrows()))
    if len(bad):
        raise DataError(f"{options.verify} does not come out again: {bad.index.nunique()} files differ.")
    _say(f"{len(found)} checks of {found.index.nunique()} files: all come out again.\n")


def _new(options: argparse.Namespace) -> None:
    from patrolgeo.pipeline.new import new_plan

    path, found = new_plan(options.folder)
    _say("".join(f"{guess.told}\n" for guess in found))
    _say(f"{path}: look at every line, then\n  patrolgeo check {path}\n  patrolgeo plan {path} --out out\n")


def _sample(options: argparse.Namespace) -> None:
    if options.blank:
        from patrolgeo.sources.blank import write_blank

        written = [path.name for path in write_blank(options.folder)]
        _say(f"blank tables in {options.folder}: {', '.join(written) or 'all were there already'}\n")
        return
    from patrolgeo.sources.samples import write_sample

    write_sample(options.folder)
    _say(f"the sample county: {options.folder}\ntry: patrolgeo plan {options.folder / 'plan.toml'} --out out\n")


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    if sys.stderr is not None:
        sys.stderr.write(f"note: {message}\n")


if __name__ == "__main__":
    sys.exit(main())
