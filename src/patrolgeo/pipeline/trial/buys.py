"""What the next step buys, and the table for the yearly adjustment: what the page of costs says beyond the trial."""

from __future__ import annotations

import math

import pandas as pd

from patrolgeo.config.trial import Curve, Trial
from patrolgeo.errors import DataError
from patrolgeo.evaluation.cost import marginal_value, yearly_costs
from patrolgeo.pipeline.trial.found import Judged
from patrolgeo.sources.tables import open_table

OF_YEAR = ["measure", "cost", "prevented", "per_incident", "low", "high", "said"]


def read_curves(trial: Trial) -> pd.DataFrame:
    """Return the rows of all curves of a trial: `curve` (its place in the file, from 0), `number`, `value`.

    Raises
    ------
    DataError
        When a table lacks a column, or what stands there is no number, stands twice, or makes no step.
    """
    where = f"{trial.path}: [[curves]]"
    parts = [_read(curve, f"{where} {curve.what}").assign(curve=at) for at, curve in enumerate(trial.curves)]
    return pd.concat(parts, ignore_index=True)[["curve", "number", "value"]]


def _read(curve: Curve, where: str) -> pd.DataFrame:
    table, _ = open_table(curve.file, "a curve")
    if missing := [name for name in (curve.number, curve.gain) if name not in table]:
        have = ", ".join(table.columns)
        raise DataError(f"{where}: {curve.file.name} lacks the column(s) {', '.join(missing)}; it has: {have}.")
    rows = pd.DataFrame({"number": table[curve.number], "value": table[curve.gain]})
    numbers = rows.apply(pd.to_numeric, errors="coerce")
    if not numbers.map(math.isfinite).all(axis=None):
        raise DataError(f"{where}: {curve.number} and {curve.gain} of {curve.file.name} must be numbers in every row.")
    if len(numbers) < 2 or numbers["number"].duplicated().any():
        raise DataError(f"{where}: {curve.file.name} must have two rows or more, each {curve.number} once.")
    return numbers.sort_values("number", ignore_index=True)


def next_steps(trial: Trial, curves: pd.DataFrame | None) -> pd.DataFrame:
    """Return what each step of each curve buys.

    Columns `what`, `unit`, `number` (after the step), `value`, `more` (what one more adds), `cost` of a unit of that;
    infinite where the step adds nothing.
    """
    names = ["what", "unit", "number", "value", "more", "cost"]
    if curves is None:
        return pd.DataFrame(columns=names)
    parts = []
    for at, curve in enumerate(trial.curves):
        rows = curves[curves["curve"] == at].reset_index(drop=True)
        rows["gain"] = rows["value"] if curve.better == "more" else -rows["value"]
        steps = marginal_value(rows, curve.cost, number="number", gain="gain")
        parts.append(steps.assign(what=curve.what, unit=curve.unit, value=rows["value"].iloc[1:].to_numpy()))
    return pd.concat(parts, ignore_index=True)[names]


def next_hour(judged: Judged | None, hours: dict[str, float] | None) -> dict[str, float] | None:
    """Return incidents prevented for each hour that treated places got beyond the controls; None where not known."""
    more = 0.0 if hours is None else hours["treated"] - hours["control"]
    if judged is None or more <= 0 or not all(map(math.isfinite, judged.impact.prevented)):
        return None
    value, low, high = (prevented / more for prevented in judged.impact.prevented)
    return {"value": value, "low": low, "high": high}


def year_table(trial: Trial, judged: Judged | None) -> pd.DataFrame:
    """Return the table for the yearly adjustment: this trial and the measures that its file names, cheapest first."""
    rows = pd.DataFrame(columns=OF_YEAR)
    if trial.measures:
        told = pd.DataFrame([vars(measure) for measure in trial.measures])
        rows = yearly_costs(told, alpha=trial.design.alpha)
    if judged is not None and (cost := judged.cost) is not None:
        own = [trial.title, cost.cost, cost.prevented, cost.per_incident, cost.low, cost.high, judged.impact.finding]
        own_row = pd.DataFrame([own], columns=OF_YEAR)
        rows = pd.concat([own_row, rows], ignore_index=True) if len(rows) else own_row
    return rows.sort_values("per_incident", kind="stable", ignore_index=True)
