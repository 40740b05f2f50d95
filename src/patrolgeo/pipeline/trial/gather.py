"""The inputs of a trial as it uses them, kept as files that can be handed on: all runs work on these only."""

from __future__ import annotations

import io
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.config.trial import KEPT_FILES, Trial
from patrolgeo.errors import DataError
from patrolgeo.evaluation.delivery.dose import patrol_dose
from patrolgeo.pipeline.counting import VAGUE
from patrolgeo.pipeline.inputs import files_of, pin_files
from patrolgeo.pipeline.reading import said_of
from patrolgeo.pipeline.refused import not_on_cells
from patrolgeo.pipeline.study.gather import Kept, as_parquet, plain_rows
from patrolgeo.pipeline.study.ground import lay_units, usual_km2
from patrolgeo.pipeline.trial.buys import read_curves
from patrolgeo.sources.boundaries import read_area
from patrolgeo.sources.databases import shown
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.patrols import read_patrols


def gather_trial(trial: Trial) -> Kept:
    """Read the sources of a trial and cut them down to what it uses; records made by officers are left out.

    Raises
    ------
    DataError
        When a source cannot be used or changes meanwhile, or no incident is left.
    """
    pinned = pin_files(_roles(trial))
    area = read_area(trial.area)
    files = {KEPT_FILES["area"]: as_parquet(gpd.GeoDataFrame(geometry=area.geometry.reset_index(drop=True)))}
    rows, told = _incidents(trial, area)
    files[KEPT_FILES["incidents"]] = as_parquet(rows)
    inputs: dict[str, Any] = {"incidents": told | pinned.of("incidents file"), "area": pinned.of("area")}
    if trial.delivered is not None:
        dose, went = _dose(trial, area)
        files[KEPT_FILES["delivered"]] = as_parquet(dose)
        inputs["delivered"] = went
    if trial.curves:
        files[KEPT_FILES["curves"]] = as_parquet(read_curves(trial))
        inputs["curves"] = {role: pinned.of(role) for role in _curves(trial)}
    if trial.registration is not None:
        files[KEPT_FILES["registration"]] = trial.registration.read_bytes()
        inputs["registration"] = pinned.of("registration")
    pinned.check_unchanged()
    return Kept(files, inputs, trial.path.parent.resolve())


def _roles(trial: Trial) -> dict[str, list[Any]]:
    roles: dict[str, list[Any]] = {"area": files_of(trial.area)}
    for name, source in (("incidents", trial.incidents), ("delivered", trial.delivered)):
        roles |= {} if source is None else {f"{name} {key}": files_of(path) for key, path in source.files.items()}
    roles |= _curves(trial)
    return roles | ({} if trial.registration is None else {"registration": [trial.registration]})


def _curves(trial: Trial) -> dict[str, list[Any]]:
    return {f"curve {at}": files_of(curve.file) for at, curve in enumerate(trial.curves, 1)}


def _incidents(trial: Trial, area: gpd.GeoDataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the rows that count, and what is told of the source: its ledger, and what did not count."""
    source = trial.incidents
    said = said_of(trial.path, "incidents", source, reader="incidents")
    rows, ledger = read_incidents(source.file, **said, area=area, places=source.gazetteer, return_ledger=True)
    reason = not_on_cells(rows, usual_km2(trial.units), source.officer_kinds)
    vague = rows["precision"].isin(VAGUE) if "precision" in rows else pd.Series(False, index=rows.index)
    reason = reason.mask(vague & (reason == ""), "vague_place")
    used = rows[reason == ""]
    if used.empty:
        raise DataError(f"{trial.path}: no incident is left to count.")
    left = {str(key): int(n) for key, n in reason[reason != ""].value_counts().sort_index().items()}
    origins = (
        {str(k): int(n) for k, n in rows["origin"].value_counts().sort_index().items()} if "origin" in rows else {}
    )
    told = {"file": shown(source.file), "not_counted": left, "counted": len(used), "origins": origins}
    return plain_rows(used), {**ledger.to_dict(), **told}


def _dose(trial: Trial, area: gpd.GeoDataFrame) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return minutes and visits by unit between start and end."""
    log = trial.delivered
    if log is None:
        raise DataError("the trial names no log of patrols.")
    said = said_of(trial.path, "delivered", log, reader="patrols")
    kept = {name: value for name, value in said.items() if name not in ("max_gap_minutes", "min_stay_minutes")}
    patrols, ledger = read_patrols(log.file, **kept, return_ledger=True)
    time = pd.to_datetime(patrols["start" if "start" in patrols else "time"])
    inside = (time >= trial.design.start) & (time < pd.Timestamp(trial.design.end) + pd.Timedelta(days=1))
    grid = lay_units(area, trial.units)
    dose = patrol_dose(
        patrols[inside], grid, max_gap_minutes=log.max_gap_minutes, min_stay_minutes=log.min_stay_minutes
    )
    return dose.rename_axis("unit").reset_index(), ledger.to_dict()


def kept_table(kept: Kept, name: str) -> pd.DataFrame | None:
    """Return a kept table, None where there is none."""
    file = KEPT_FILES[name]
    return pd.read_parquet(io.BytesIO(kept.files[file])) if file in kept.files else None
