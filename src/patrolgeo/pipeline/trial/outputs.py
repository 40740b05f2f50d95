"""The files that a trial leaves behind."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.config.trial import KEPT, Trial
from patrolgeo.crs import LONLAT
from patrolgeo.evaluation.cost import CostBenefit
from patrolgeo.evaluation.impact.effect import Effect
from patrolgeo.evaluation.trial.registration import register_trial
from patrolgeo.files import write_json, write_text
from patrolgeo.folders import MANIFEST
from patrolgeo.grid.units import Units
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.trial.report import write_trial_report
from patrolgeo.pipeline.clock import Clock
from patrolgeo.pipeline.manifest import made_with, outputs_of
from patrolgeo.pipeline.study.bundle import BUNDLE, write_bundle
from patrolgeo.pipeline.study.gather import Kept
from patrolgeo.pipeline.trial.buys import next_hour, year_table
from patrolgeo.pipeline.trial.found import Drawn, Judged

TRIAL, REGISTRATION = "trial.toml", "registration.json"
OUTPUTS = (MANIFEST, TRIAL, REGISTRATION, "summary.json", "report.html", KEPT, "tables", BUNDLE)


@dataclass(frozen=True)
class Told:
    """Everything that a trial found."""

    trial: Trial
    grid: Units
    drawn: Drawn
    promise: dict[str, Any]
    held: pd.DataFrame | None
    stops: pd.DataFrame
    hours: pd.Series | None
    judged: Judged | None
    planted: int
    steps: pd.DataFrame


def write_outputs(folder: Path, text: bytes, kept: Kept, told: Told, clock: Clock, *, bundle: bool) -> dict[str, Any]:
    """Write all files of a trial into `folder`; return the summary."""
    (folder / TRIAL).write_bytes(text)
    for name, content in kept.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    seal = register_trial(folder / REGISTRATION, told.promise)
    (folder / "tables").mkdir(exist_ok=True)
    for name, table in _tables(told).items():
        write_text(folder / "tables" / f"{name}.csv", table.to_csv(lineterminator="\n"))
    summary = summarise(told, kept.told, seal)
    write_json(folder / "summary.json", summary)
    edition = Edition(told.trial.title, language=told.trial.language, synthetic=told.trial.synthetic)
    write_trial_report(folder / "report.html", summary, edition)
    manifest = {
        **made_with(), "inputs": kept.told, "settings": _settings(told.trial), "seed": told.trial.seed,
        "audience": "internal", "crs": LONLAT, "outputs": outputs_of(folder),
    }  # fmt: skip
    write_json(folder / MANIFEST, {**manifest, "seconds": {}})
    if bundle:  # without times, so that the same trial gives the same bundle
        write_bundle(folder)
    write_json(folder / MANIFEST, {**manifest, "outputs": outputs_of(folder), "seconds": clock.seconds})
    return summary


def _settings(trial: Trial) -> dict[str, Any]:
    parts: dict[str, Any] = {name: asdict(getattr(trial, name)) for name in ("design", "routes", "cost")}
    parts["curves"] = [{k: v for k, v in vars(curve).items() if k != "file"} for curve in trial.curves]
    parts["measures"] = [vars(measure) for measure in trial.measures]
    rehearsal = None if trial.rehearsal is None else asdict(trial.rehearsal)
    return {**parts, "rehearsal": rehearsal, "language": trial.language, "units": trial.units}


def _tables(told: Told) -> dict[str, pd.DataFrame]:
    tables = {"assignment": told.drawn.assignment.table.assign(hours=_hours(told)), "stops": told.stops}
    if told.judged is not None:
        impact = told.judged.impact
        tables["by_week"] = impact.by_period if impact.by_period is not None else pd.DataFrame()
        tables["by_kind"] = told.judged.kinds
        if impact.rings is not None:
            tables["rings"] = impact.rings
    more = {"next_steps": told.steps, "year": year_table(told.trial, told.judged)}
    return tables | {name: table for name, table in more.items() if len(table)}


def _hours(told: Told) -> Any:
    return pd.NA if told.hours is None else told.hours[told.drawn.assignment.table.index].to_numpy()


def summarise(told: Told, inputs: dict[str, Any], seal: str) -> dict[str, Any]:
    """Return the numbers of a trial."""
    trial, drawn = told.trial, told.drawn
    table = drawn.assignment.table
    planned = told.stops.loc[told.stops["place"] != "base", "minutes"].sum() / 60
    hours = None if told.hours is None else {
        arm: float(told.hours[table.index[table["arm"] == arm]].sum()) for arm in ("treated", "control")
    } | {"all": float(told.hours.sum())}  # fmt: skip
    return {
        "title": trial.title, "promise": told.promise, "seal": seal, "inputs": inputs,
        "rehearsal": None if trial.rehearsal is None else {**asdict(trial.rehearsal), "taken_out": told.planted},
        "kept_promises": None if told.held is None else _held(told.held),
        "power": {"cut": trial.design.cut, "power": drawn.power, "expected": drawn.expected,
                  "dispersion": drawn.dispersion,
                  "weeks_before": drawn.weeks[0], "weeks_after": drawn.weeks[1]},
        "risk": table.groupby("arm")["risk"].mean().to_dict(),
        "stops": {"n": len(told.stops), "days": int(told.stops["day"].nunique()), "hours": float(planned),
                  "places": int(told.stops["place"].nunique()), "delivered": hours},
        "effect": None if told.judged is None else _judged(told.judged),
        "cost": None if told.judged is None or told.judged.cost is None else _cost(told.judged.cost, trial),
        "next_hour": next_hour(told.judged, hours), "next_steps": _rows(told.steps),
        "year": _rows(year_table(trial, told.judged)),
    }  # fmt: skip


def _held(held: pd.DataFrame) -> list[dict[str, Any]]:
    return [{"name": str(name), "kept": bool(row.kept), "promised": row.promised, "done": row.done}
            for name, row in held.iterrows()]  # fmt: skip


def _judged(judged: Judged) -> dict[str, Any]:
    impact = judged.impact
    rings = [] if impact.rings is None else [
        {"ring": str(name), **_span(row)} for name, row in impact.rings.iterrows()
    ]  # fmt: skip
    kinds = [{"kind": kind, "where": where, **_span(row)} for (kind, where), row in judged.kinds.iterrows()]
    value, low, high = map(plain, impact.prevented)
    return {
        **effect_of(impact), "rings": rings, "kinds": kinds, "mark": impact.mark,
        "clusters": list(impact.n_clusters), "prevented": {"value": value, "low": low, "high": high},
        "per_hour": None if judged.per_hour is None else effect_of(judged.per_hour),
    }  # fmt: skip


def effect_of(found: Effect) -> dict[str, Any]:
    """Return an effect as numbers of a JSON file; what is not finite is null, and said by `finding`."""
    names = ("effect", "standard_error", "low", "high", "p_value", "alpha")
    return {name: plain(getattr(found, name)) for name in names} | {"finding": found.finding}


def _span(row: Any) -> dict[str, Any]:
    found = Effect(row.effect, math.nan, math.nan, row.low, row.high, row.p_value)
    return {name: plain(getattr(row, name)) for name in ("effect", "low", "high")} | {"finding": found.finding}


def _cost(cost: CostBenefit, trial: Trial) -> dict[str, Any]:
    names = ("cost", "prevented", "prevented_low", "prevented_high", "per_incident", "low", "high")
    worth = {name: plain(getattr(cost, name)) for name in ("benefit", "benefit_low", "benefit_high")}
    told = {name: plain(getattr(cost, name)) for name in names} | {"unbounded": cost.unbounded}
    return told | worth | {"value": cost.value, "currency": trial.cost.currency}


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = table.to_dict("records")
    return [{str(name): plain(v) if isinstance(v, float) else v for name, v in row.items()} for row in rows]


def plain(value: float) -> float | None:
    """Return a number as JSON has it: null where it is not finite."""
    return float(value) if math.isfinite(value) else None
