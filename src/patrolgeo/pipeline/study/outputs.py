"""The files that a study leaves behind, and the manifest that accounts for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.config.read_study import KEPT, slug
from patrolgeo.config.study import Study
from patrolgeo.crs import LONLAT
from patrolgeo.files import write_json, write_text
from patrolgeo.folders import MANIFEST
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.study.report import figures, write_study_report
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.manifest import made_with, outputs_of
from patrolgeo.pipeline.study.bundle import BUNDLE, STUDY, write_bundle
from patrolgeo.pipeline.study.found import Found, summarise
from patrolgeo.pipeline.study.gather import CODE, Kept

SCORES = "scores.parquet"
OUTPUTS = (
    MANIFEST, STUDY, SCORES, "summary.json", "report.html", KEPT, CODE, "tables", "figures", "forecasts", BUNDLE,
)  # fmt: skip


def write_outputs(
    folder: Path, study: Study, text: bytes, kept: Kept, found: Found, clock: Clock, *, bundle: bool
) -> dict[str, Any]:
    """Write all files of a study into `folder`; return the summary."""
    (folder / STUDY).write_bytes(text)
    for name, content in kept.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    found.scores.to_parquet(folder / SCORES, index=False)
    for name, table in _tables(found):
        write_text(folder / name, table.to_csv(index=False, lineterminator="\n"))
    for number, (name, said) in enumerate(found.forecasts.items(), start=1):
        _write_forecasts(said, folder / "forecasts" / f"{number:02d}-{slug(name)}.parquet")
    summary = summarise(study, found, kept.told)
    write_json(folder / "summary.json", summary)
    edition = Edition(study.title, language=study.language, synthetic=study.synthetic)
    for name, picture in figures(summary, edition).items():
        write_text(folder / "figures" / f"{name}.svg", picture)
    write_study_report(folder / "report.html", summary, found.tables, edition)
    manifest = _manifest(folder, study, kept)
    write_json(folder / MANIFEST, {**manifest, "seconds": {}})
    if bundle:  # without times, so that the same study gives the same bundle
        write_bundle(folder)
    write_json(folder / MANIFEST, {**manifest, "outputs": outputs_of(folder), "seconds": clock.seconds})
    return summary


def _tables(found: Found) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, table in found.summaries.items():
        yield f"tables/{name}.csv", table
    for number, (name, table) in enumerate(found.tables.items(), start=1):
        yield f"tables/{number:02d}-{slug(name)}.csv", table


def _write_forecasts(said: pd.DataFrame, path: Path) -> None:
    """Write forecasts with a row for each period and cell, a column a model."""
    path.parent.mkdir(exist_ok=True)
    cell = said.columns.names[-1]
    said.stack(cell, future_stack=True).rename_axis(["period", "cell"]).reset_index().to_parquet(path, index=False)


def _manifest(folder: Path, study: Study, kept: Kept) -> dict[str, Any]:
    outputs = outputs_of(folder)
    return {
        **made_with(),
        "study": {"file": STUDY, "sha256": outputs[STUDY]},
        "inputs": kept.told,
        "settings": {
            "models": study.models, "test": asdict(study.test), "compare": asdict(study.compare),
            "tables": study.tables, "forecasts": study.forecasts, "language": study.language,
        },
        "seed": study.seed,
        "audience": "internal",
        "crs": LONLAT,
        "outputs": outputs,
    }  # fmt: skip
