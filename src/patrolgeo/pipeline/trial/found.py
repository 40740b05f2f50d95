"""The steps of a trial: weeks counted, lots drawn, stops planned, dose, effect and cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._typing import Floats
from patrolgeo.config.trial import Trial
from patrolgeo.crs import local_xy, middle
from patrolgeo.errors import DataError
from patrolgeo.evaluation.cost import CostBenefit, cost_of
from patrolgeo.evaluation.impact.difference_in_differences import Impact, difference_in_differences
from patrolgeo.evaluation.impact.displacement_rings import displacement_rings, spillover
from patrolgeo.evaluation.impact.effect import Effect
from patrolgeo.evaluation.impact.effect_per_dose import effect_per_dose
from patrolgeo.evaluation.impact.hot_place_change import gamma_prior
from patrolgeo.evaluation.trial.assign_treatment import Assignment, assign_treatment
from patrolgeo.evaluation.trial.trial_power import change_dispersion, trial_power
from patrolgeo.grid.units import Units
from patrolgeo.panel.counts import count_incidents
from patrolgeo.plan.routes.design_routes import design_routes

WEEK, MOST_KINDS, BASE = pd.Timedelta(days=7), 4, "base"


@dataclass(frozen=True)
class Drawn:
    """What stands before the start: places, their arms, rings, and how likely the hoped-for cut is found."""

    assignment: Assignment
    rings: pd.Series
    expected: float  # incidents in the treated places in the time before, as in as long a time after
    power: float
    dispersion: float  # how much more its places change than chance explains
    weeks: tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """What came out."""

    impact: Impact
    kinds: pd.DataFrame
    per_hour: Effect | None
    cost: CostBenefit | None
    spent: float | None


def draw(trial: Trial, grid: Units, panel: pd.DataFrame) -> Drawn:
    """Draw the lots on what was known when the trial was registered."""
    design = trial.design
    start, registered = pd.Timestamp(design.start), pd.Timestamp(design.registered)
    since = start - design.before_weeks * WEEK
    known = panel[(panel.index >= since) & (panel.index + WEEK <= registered)]
    if not len(known):
        raise DataError(f"{trial.path}: no whole week lies between {since:%Y-%m-%d} and design.registered.")
    if panel.index[0] > since:
        raise DataError(
            f"{trial.path}: design.before_weeks = {design.before_weeks} asks for weeks from {since:%Y-%m-%d}; the "
            f"records begin on {panel.index[0]:%Y-%m-%d}. Take fewer weeks, or bring older records."
        )
    shape, rate, _ = gamma_prior(known.sum().to_numpy())
    risk = (known.sum() + shape) / (1 + rate)
    risk = risk.where(known.sum() > 0, 0.0)  # a place where nothing was recorded cannot have less
    drawn = assign_treatment(
        risk, design.n, blocks=design.blocks, buffer=design.buffer_m, units=grid, random_state=trial.seed
    )
    rings = pd.Series(None, grid.cells, dtype="str", name="ring")
    if design.rings_m:
        rings = displacement_rings(
            list(drawn.treated), grid, design.rings_m, fixed_on=design.registered, start=design.start
        )
        rings = rings.where(~rings.index.isin(drawn.table.index))
    after = after_weeks(trial)
    by_arm = drawn.table.groupby("arm")["risk"].sum() * design.before_weeks / len(known)
    dispersion = change_dispersion(known[drawn.table.index], design.before_weeks, len(after))
    power = trial_power(
        float(by_arm["treated"]), design.cut, control=float(by_arm["control"]), after=len(after) / design.before_weeks,
        dispersion=dispersion, alpha=design.alpha,
    )  # fmt: skip
    return Drawn(drawn, rings, float(by_arm["treated"]), power, dispersion, (design.before_weeks, len(after)))


def after_weeks(trial: Trial) -> pd.DatetimeIndex:
    """Return the whole weeks from start to end."""
    last = pd.Timestamp(trial.design.end) + pd.Timedelta(days=1) - WEEK
    weeks = pd.date_range(trial.design.start, last, freq=WEEK)
    if len(weeks) < 2:
        raise DataError(f"{trial.path}: from design.start to design.end there are {len(weeks)} whole weeks; take more.")
    return weeks


def promise_of(trial: Trial, drawn: Drawn) -> dict[str, Any]:
    """Return what binds the trial, in plain words and numbers."""
    design, table = trial.design, drawn.assignment.table
    return {
        "title": trial.title, "registered": design.registered, "start": design.start, "end": design.end,
        "treated": sorted(drawn.assignment.treated), "control": sorted(drawn.assignment.control),
        "blocks": {str(unit): int(block) for unit, block in table["block"].sort_index().items()},
        "units": trial.units, "outcome": trial.incidents.categories or "all", "before_weeks": design.before_weeks,
        "rings_m": design.rings_m, "alpha": design.alpha, "cut": design.cut, "power": round(drawn.power, 6),
        "estimate": "poisson difference in differences, by place", "seed": trial.seed,
    }  # fmt: skip


def plan_stops(trial: Trial, grid: Units, drawn: Drawn) -> pd.DataFrame:
    """Return stops in treated places only, drawn for every day of the trial."""
    wish, treated = trial.routes, drawn.assignment.treated
    at = grid.xy[grid.cells.get_indexer(treated)]
    base = at.mean(axis=0) if wish.base is None else _metres(grid, wish.base)
    xy = np.vstack([base, at])
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    labels = [BASE, *treated]
    travel = pd.DataFrame(far * wish.detour / 1000 / wish.speed_kmh * 60, labels, labels)
    prizes = pd.concat([pd.Series({BASE: 0.0}), drawn.assignment.table.loc[treated, "risk"]])
    plan = design_routes(
        prizes, travel, wish.units, wish.shift_minutes, wish.stop_minutes, base=BASE, effort=0.2,
        random_state=trial.seed,
    )  # fmt: skip
    days = pd.date_range(trial.design.start, trial.design.end, freq="D")
    stops = pd.concat([plan.draw(day, trial.seed).stops.assign(day=f"{day:%Y-%m-%d}") for day in days])
    stops["minutes"] = stops["leave"] - stops["arrive"]
    return stops[["day", "unit", "order", "place", "arrive", "leave", "minutes"]].reset_index(drop=True)


def _metres(grid: Units, lonlat: list[float]) -> Floats:
    """Return a place in metres around the middle of the grid, as its `xy` are."""
    return local_xy([lonlat[0]], [lonlat[1]], middle(*grid.lonlat.T))[0]


def delivered_hours(trial: Trial, grid: Units, stops: pd.DataFrame, dose: pd.DataFrame | None) -> pd.Series | None:
    """Return hours delivered by unit: from the log, or drawn from the stops in a rehearsal; None where unknown."""
    if dose is not None:
        return dose.set_index("unit")["minutes"].reindex(grid.cells, fill_value=0.0) / 60
    if trial.rehearsal is None:
        return None
    done = np.random.default_rng([trial.seed, 1]).random(len(stops)) < trial.rehearsal.done
    return stops[done].groupby("place")["minutes"].sum().reindex(grid.cells, fill_value=0.0) / 60


def plant(trial: Trial, grid: Units, drawn: Drawn, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Take out the share of a rehearsal of the incidents in treated places since the start."""
    if trial.rehearsal is None:
        return rows
    at = grid.positions(rows.geometry.x, rows.geometry.y)
    unit = pd.Series(grid.cells[at], rows.index).where(at >= 0)
    hit = unit.isin(drawn.assignment.treated) & (rows["time"] >= trial.design.start)
    luck = np.random.default_rng([trial.seed, 2]).random(len(rows))
    return rows[~(hit & (luck < trial.rehearsal.cut))]


def judge(trial: Trial, grid: Units, drawn: Drawn, rows: gpd.GeoDataFrame, hours: pd.Series | None) -> Judged | None:
    """Return effect and cost once the records reach the end; None before."""
    weeks = after_weeks(trial)
    start = weeks[0]
    since = start - trial.design.before_weeks * WEEK
    wanted = pd.date_range(since, weeks[-1], freq=WEEK)
    chosen = drawn.assignment.table.index.union(drawn.rings.dropna().index)
    every = count_incidents(rows, grid, "W")
    if not wanted.isin(every.index).all():
        return None
    settings: dict[str, Any] = {"alpha": trial.design.alpha, "random_state": trial.seed}
    rings = drawn.rings[chosen]
    blocks = drawn.assignment.table["block"].reindex(chosen, fill_value=-1)
    treated = list(drawn.assignment.treated)
    found = difference_in_differences(every.loc[wanted, chosen], treated, start, rings=rings, blocks=blocks, **settings)
    common = rows.loc[rows["time"] >= since, "category"].astype(str).value_counts().index[:MOST_KINDS]
    kinds = {kind: _weeks(rows, grid, kind, wanted, chosen) for kind in sorted(common)}
    per_hour = spent = cost = None
    if hours is not None and hours[drawn.assignment.treated].sum() > 0:
        pair = drawn.assignment.table.index
        per_hour = effect_per_dose(every.loc[wanted, pair], treated, start, hours[pair], alpha=trial.design.alpha)
        if trial.cost.per_hour is not None:
            spent = trial.cost.per_hour * float(hours.sum())
    spent = trial.cost.total if trial.cost.total is not None else spent
    if spent is not None:
        value, low, high = found.prevented
        cost = cost_of(value, (low, high), spent, trial.cost.value)
    return Judged(found, spillover(kinds, treated, start, rings, **settings), per_hour, cost, spent)


def _weeks(rows: gpd.GeoDataFrame, grid: Units, kind: str, wanted: pd.DatetimeIndex, chosen: pd.Index) -> pd.DataFrame:
    panel = count_incidents(rows, grid, "W", category=kind)
    return panel.reindex(index=wanted, columns=chosen, fill_value=0)
