"""A trial run from its file, from a bundle or from an earlier run's folder: always to the same numbers."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config.trial import KEPT_FILES, Trial, read_trial
from patrolgeo.evaluation.trial.registration import hold_to_registration
from patrolgeo.files import check_file
from patrolgeo.folders import check_folder, whole_folder
from patrolgeo.panel.counts import count_incidents
from patrolgeo.pipeline.clock import Clock, seconds_before
from patrolgeo.pipeline.study.bundle import read_results
from patrolgeo.pipeline.study.gather import Kept, as_points
from patrolgeo.pipeline.study.ground import lay_units
from patrolgeo.pipeline.study.verify import compare_again
from patrolgeo.pipeline.trial.buys import next_steps
from patrolgeo.pipeline.trial.found import delivered_hours, draw, judge, plan_stops, plant, promise_of
from patrolgeo.pipeline.trial.gather import gather_trial, kept_table
from patrolgeo.pipeline.trial.outputs import OUTPUTS, TRIAL, Told, write_outputs


def run_trial(path: str | Path, out: str | Path, *, bundle: bool = False) -> dict[str, Any]:
    """Run a field trial from its file: lots, promise and stops before it; effect and cost once it is over.

    Run it before the start: the lots are drawn on what is known then, the registration says what is promised, and the
    stops are planned for treated places only. Run it again after the end with ``registration`` naming that file: the
    run is held to it. Records that officers made are left out of the outcome.

    Parameters
    ----------
    path
        The trial file (TOML), a bundle (zip), or the folder that an earlier run left. The last two run on the rows that
        they hold.
    out
        Folder for the results; replaced whole when everything went well, untouched when not.
    bundle
        Also put everything into ``bundle.zip``: another person runs the trial again from it.

    Returns
    -------
    The content of ``summary.json``.

    Raises
    ------
    PatrolgeoError
        When the trial or its data cannot be used; the message says what is wrong and how to mend it.
    OSError
        When the system will not have the results: no right to write, no space.

    Examples
    --------
    >>> from patrolgeo import run_trial
    >>> summary = run_trial("trial.toml", "out/trial")  # doctest: +SKIP
    """
    clock = Clock(seconds_before(Path(out)))
    check_folder(out, OUTPUTS)
    with tempfile.TemporaryDirectory() as scratch:
        with clock.step("read the files"):
            trial, text, kept = _opened(path, Path(scratch))
        told = _found(trial, kept, clock)
        with clock.step("write the tables and the report"), whole_folder(out) as folder:
            return write_outputs(folder, text, kept, told, clock, bundle=bundle)


def _opened(path: str | Path, scratch: Path) -> tuple[Trial, bytes, Kept]:
    """Return a trial with its text and rows: of its file, or of what an earlier run left."""
    path = check_file(path, "trial")
    if path.is_file() and path.suffix.lower() == ".toml":
        trial = read_trial(path)
        kept = gather_trial(trial)
        return _with_files(trial, kept, scratch), path.read_bytes(), kept
    results = read_results(path, TRIAL)
    (scratch / TRIAL).write_bytes(results.study)
    for name, content in results.kept.files.items():
        (scratch / name).parent.mkdir(parents=True, exist_ok=True)
        (scratch / name).write_bytes(content)
    return read_trial(scratch / TRIAL, kept=True), results.study, results.kept


def _with_files(trial: Trial, kept: Kept, scratch: Path) -> Trial:
    """Return the trial with the registration as it was kept, so that all runs read the same bytes."""
    if trial.registration is None:
        return trial
    copy = scratch / "registration.json"
    copy.write_bytes(kept.files[KEPT_FILES["registration"]])
    return replace(trial, registration=copy)


def _found(trial: Trial, kept: Kept, clock: Clock) -> Told:
    area = gpd.read_parquet(kept.read(KEPT_FILES["area"]))
    rows = as_points(pd.read_parquet(kept.read(KEPT_FILES["incidents"])))
    with clock.step("draw the lots"):
        grid = lay_units(area, trial.units)
        drawn = draw(trial, grid, count_incidents(rows, grid, "W"))
        promise = promise_of(trial, drawn)
        held = None if trial.registration is None else hold_to_registration(trial.registration, promise)
    with clock.step("plan the stops"):
        stops = plan_stops(trial, grid, drawn)
    with clock.step("judge the effect"):
        hours = delivered_hours(trial, grid, stops, kept_table(kept, "delivered"))
        left = plant(trial, grid, drawn, rows)
        judged = judge(trial, grid, drawn, left, hours)
    steps = next_steps(trial, kept_table(kept, "curves"))
    return Told(trial, grid, drawn, promise, held, stops, hours, judged, len(rows) - len(left), steps)


def verify_trial(folder: str | Path) -> pd.DataFrame:
    """Does a trial come out again as it stands in its folder?

    Parameters
    ----------
    folder
        What an earlier run left.

    Returns
    -------
    Table by file, as that of `verify_study`: `numbers`, `differ`, `difference`, `same`.

    Raises
    ------
    PatrolgeoError
        When it is no folder of a trial, or the trial cannot be run.

    Examples
    --------
    >>> from patrolgeo import verify_trial
    >>> bool((verify_trial("out/trial")["differ"] == 0).all())  # doctest: +SKIP
    True
    """
    return compare_again(folder, "trial", run_trial, TRIAL)
