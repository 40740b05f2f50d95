"""A study run from its file, from a bundle or from an earlier run's folder: always to the same numbers."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.config.read_study import kept_names, read_study
from patrolgeo.config.study import Study
from patrolgeo.errors import DataError, PatrolgeoError
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.evaluate import evaluate
from patrolgeo.execution import Executor
from patrolgeo.files import check_file
from patrolgeo.folders import check_folder, whole_folder
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.clock import Clock, seconds_before
from patrolgeo.pipeline.manifest import made_with
from patrolgeo.pipeline.study.bundle import STUDY, read_results
from patrolgeo.pipeline.study.counting import Counted, count_sets
from patrolgeo.pipeline.study.found import Found
from patrolgeo.pipeline.study.gather import Kept, gather, incidents_of, with_code
from patrolgeo.pipeline.study.outputs import OUTPUTS, write_outputs
from patrolgeo.pipeline.study.own_code import is_own, make_models
from patrolgeo.pipeline.study.scoring import COLUMNS, as_rows, asked_metrics, summaries
from patrolgeo.pipeline.study.tables import Made, make_tables
from patrolgeo.risk.protocol import RiskModel


def run_study(
    path: str | Path, out: str | Path, *, executor: Executor | None = None, bundle: bool = False, run_code: bool = False
) -> dict[str, Any]:
    """Run a study file, or what somebody else's study left, and write scores, tables and a report into `out`.

    What a study names by import path is its author's code, and it runs. A run that was stopped goes on where it was:
    the forecasts that it had made lie beside `out` until the study is done.

    Parameters
    ----------
    path
        The study file (TOML), a bundle (zip), or the folder that an earlier run left. The last two run on the rows that
        they hold.
    out
        Folder for the results; replaced whole when everything went well, untouched when not.
    executor
        Where origins are forecast: a ``concurrent.futures`` executor or a Dask client; by default here. The numbers
        are the same.
    bundle
        Also put everything into ``bundle.zip``: another person runs the study from it, on another machine.
    run_code
        Let the code run that a bundle or folder brings along. Say so only when you trust its author.

    Returns
    -------
    The content of ``summary.json``.

    Raises
    ------
    PatrolgeoError
        When the study or its data cannot be used; the message says what is wrong and how to mend it. Nothing is
        written.
    OSError
        When the system will not have the results: no right to write, no space.

    Examples
    --------
    >>> from patrolgeo import run_study
    >>> summary = run_study("burglary.toml", "out/burglary")  # doctest: +SKIP
    """
    clock = Clock(seconds_before(Path(out)))
    check_folder(out, OUTPUTS)
    with tempfile.TemporaryDirectory() as scratch, _opened(path, Path(scratch), run_code) as ready:
        models = make_models(ready.study.models, ready.study.path, ready.code)
        tables = make_tables(ready.study, ready.code)
        with clock.step("read the files"):
            kept = ready.kept or gather(ready.study)
        with clock.step("count the incidents"):
            counted = count_sets(ready.study, kept) if models else []
        with _progress(Path(out)) as progress:
            with clock.step("forecast and score"):
                found = _forecast(ready.study, models, counted, executor, progress)
                found = replace(found, tables=_make(ready.study, tables, kept, Path(scratch)))
            with clock.step("write the tables and the report"), whole_folder(out) as folder:
                summary = write_outputs(folder, ready.study, ready.text, kept, found, clock, bundle=bundle)
    return summary


@dataclass(frozen=True)
class _Ready:
    study: Study
    text: bytes
    kept: Kept | None
    code: Path


@contextmanager
def _opened(path: str | Path, scratch: Path, run_code: bool) -> Iterator[_Ready]:
    """Give the study of a file, a bundle or a folder."""
    path = check_file(path, "study")
    if path.is_file() and path.suffix.lower() == ".toml":
        study = read_study(path)
        yield _Ready(study, path.read_bytes(), None, path.parent.resolve())
        return
    results = read_results(path)
    (scratch / STUDY).write_bytes(results.study)
    study = read_study(scratch / STUDY, kept=True)
    own = [use for use in study.named if is_own(use)]
    if own and not run_code:
        raise DataError(
            f"{path} brings code of its author ({', '.join(own)}), which is not run unless you say so: read it, and "
            "give --run-code (run_code=True) if you trust it."
        )
    kept = with_code(results.kept, scratch)
    yield _Ready(replace(study, path=path), results.study, kept, kept.folder)


@contextmanager
def _progress(out: Path) -> Iterator[Path]:
    """Give the folder beside `out` where forecasts wait for the end of the study; it goes with the study's end.

    What another version of the code has left is not taken. After a stop the folder stays; after an error it goes.
    """
    out = out.resolve()
    home = out.parent / f".patrolgeo-study-{hashlib.sha256(out.name.encode()).hexdigest()[:8]}"
    stamp = hashlib.sha256(json.dumps(made_with(), sort_keys=True).encode()).hexdigest()[:12]
    try:
        yield home / stamp
    except PatrolgeoError:
        shutil.rmtree(home, ignore_errors=True)
        raise
    shutil.rmtree(home, ignore_errors=True)


def _forecast(
    study: Study, models: Mapping[str, RiskModel], counted: list[Counted], executor: Executor | None, progress: Path
) -> Found:
    """Forecast every set at every origin and score it."""
    if not counted:
        return Found(counted, pd.DataFrame({name: pd.Series(dtype=_DTYPES.get(name, "str")) for name in COLUMNS}))
    scores, forecasts = [], {}
    for one in counted:
        units = None if isinstance(one.units, HexGrid) else one.units  # H3 labels say by themselves where they lie
        said = backtest(
            models, one.panel, one.set.horizon, one.set.window, study.test.min_train, study.test.step, executor,
            exposure=one.exposure, units=units, n_origins=study.test.origins, cache=progress,
        )  # fmt: skip
        scores.append(evaluate(one.panel, said, asked_metrics(study), units=units).assign(set=one.set.name))
        if study.forecasts:
            forecasts[one.set.name] = said
    wide = pd.concat(scores, ignore_index=True)
    return Found(counted, as_rows(wide), summaries(study, wide), forecasts=forecasts)


_DTYPES = {"period": "datetime64[us]", "area_share": "float64", "value": "float64"}


def _make(study: Study, tables: Mapping[str, Made], kept: Kept, scratch: Path) -> dict[str, pd.DataFrame]:
    """Make the further tables from the kept incidents and files."""
    if not tables:
        return {}
    names = kept_names({"data": {name: vars(table) for name, table in study.data.items()}, "files": study.files})
    incidents = {name: incidents_of(kept, names[name, "file"]) for name in study.data}
    files = {key: scratch / names["", key] for key in study.files}
    for key, path in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(kept.files[names["", key]])
    return {name: make(incidents, files) for name, make in tables.items()}
