"""`patrolgeo study`, `trial`: research that another person can run again."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from patrolgeo.command.say import say
from patrolgeo.command.teach import teach
from patrolgeo.errors import DataError


def add(commands: Any) -> None:
    """Add the commands of studies and trials."""
    study = teach(
        commands,
        "study",
        "from a study file to scores, tables and a report; or the same again",
        "patrolgeo study burglary.toml --out out/burglary --bundle",
        "patrolgeo study --verify out/burglary               # does every number come out again?",
    )
    study.add_argument("study", type=Path, nargs="?", metavar="STUDY", help="STUDY.toml, or the bundle of a study")
    study.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: out/NAME of STUDY)")
    study.add_argument("--verify", type=Path, metavar="DIR", help="run what stands in DIR again, compare every number")
    study.add_argument("--bundle", action="store_true", help="also write bundle.zip, from which others run it again")
    study.add_argument("--run-code", action="store_true", help="run the code of its author that a bundle brings")
    study.add_argument("--workers", type=int, default=1, metavar="N", help="processes that forecast (default 1)")
    study.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster that forecasts")
    study.set_defaults(run=_study)
    trial = teach(
        commands,
        "trial",
        "a field trial: lots, promise and stops before it; effect and cost after",
        "patrolgeo trial county/trial.toml --out out/trial --bundle",
        "patrolgeo trial --verify out/trial",
    )
    trial.add_argument("trial", type=Path, nargs="?", metavar="TRIAL", help="TRIAL.toml, or the bundle of a trial")
    trial.add_argument("--out", type=Path, metavar="DIR", help="folder for the results (default: out/NAME of TRIAL)")
    trial.add_argument("--verify", type=Path, metavar="DIR", help="run what stands in DIR again, compare every number")
    trial.add_argument("--bundle", action="store_true", help="also write bundle.zip, from which others run it again")
    trial.set_defaults(run=_trial)


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
    say(f"the report: {out / 'report.html'}\n" + (f"the bundle: {out / 'bundle.zip'}\n" if options.bundle else ""))


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
    say(f"the report: {out / 'report.html'}\n" + (f"the bundle: {out / 'bundle.zip'}\n" if options.bundle else ""))


def _verify(options: argparse.Namespace, executor: Any) -> None:
    from patrolgeo.pipeline.study.verify import verify_study

    found = verify_study(options.verify, options.study, executor=executor, run_code=options.run_code)
    _say_verified(options.verify, found)


def _say_verified(folder: Path, found: Any) -> None:
    bad = found[found["differ"] > 0]
    say("".join(f"{name}: {row.differ:,} of {row.numbers:,} numbers differ\n" for name, row in bad.iterrows()))
    if len(bad):
        raise DataError(f"{folder} does not come out again: {len(bad)} of {len(found)} files differ.")
    say(f"{found['numbers'].sum():,} numbers in {len(found)} files came out again; {found['same'].sum()} files to the "
         "byte.\n")  # fmt: skip
