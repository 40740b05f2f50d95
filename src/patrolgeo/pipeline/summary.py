"""The numbers of a run: `summary.json` and the report show the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config.sites import SiteWish
from patrolgeo.pipeline.cameras import cameras_summary
from patrolgeo.pipeline.chosen import chosen_records, credits_of, titled
from patrolgeo.pipeline.consultation import consultation_summary
from patrolgeo.pipeline.equity import equity_summary
from patrolgeo.pipeline.events import events_summary, events_unmet
from patrolgeo.pipeline.excluded import excluded_numbers
from patrolgeo.pipeline.forces import Strength
from patrolgeo.pipeline.forecast import VALID
from patrolgeo.pipeline.harm import harm_summary, ranks_of
from patrolgeo.pipeline.patrols import patrols_summary
from patrolgeo.pipeline.posts import posts_summary, posts_unmet
from patrolgeo.pipeline.problems import problems_summary, sheets_of
from patrolgeo.pipeline.response import response_summary
from patrolgeo.pipeline.results import Results, Sites
from patrolgeo.pipeline.rings import rings_summary
from patrolgeo.pipeline.rising import rising_summary
from patrolgeo.pipeline.routes import routes_summary
from patrolgeo.pipeline.staffing import staffing_summary, staffing_unmet
from patrolgeo.pipeline.terrain import terrain_summary
from patrolgeo.pipeline.tiers import blind_summary
from patrolgeo.pipeline.traffic import traffic_summary
from patrolgeo.pipeline.weak import weak_summary


def summarise(results: Results, since: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the numbers of the run, plain Python values by section; `since` is what changed since an earlier plan."""
    summary = {
        "title": titled(results.plan),
        "audience": results.plan.audience,
        "synthetic": results.plan.synthetic,
        "records": chosen_records(results.plan),
        "credits": credits_of(results.plan),
        "incidents": _incidents(results),
        "population": _population(results),
        "grid": _grid(results),
        "hotspots": _hotspots(results),
        "risk": _risk(results),
        "workload": _workload(results),
        "areas": _areas(results),
        "strength": _strength(results.strength),
        "since": None if since is None else _plain(since),
        "unmet": _unmet(results),
    }
    left_out = excluded_numbers(
        results.plan, results.place, results.ground.excluded, results.ground.population_excluded
    )
    if left_out is not None:
        summary["excluded"] = _plain(left_out) | {"incidents": results.counts.not_counted.get("excluded", 0)}
    if results.sites is not None and results.plan.sites is not None:
        summary["sites"] = _sites(results.sites, results.plan.sites, results.plan.strength.post_hours)
    return summary | _wished(results)


def _wished(results: Results) -> dict[str, Any]:
    """Return the sections of what a plan need not ask for, those that it asks for."""
    plan, told = results.plan, harm_summary(results)
    if results.checkpoints is not None and plan.checkpoints is not None:
        told["checkpoints"] = traffic_summary(plan.checkpoints, results.place, results.checkpoints) | {
            "country": plan.country, "plan_until": f"{results.place.incidents['time'].max() + VALID:%Y-%m-%d}"
        }  # fmt: skip
    if results.delivered is not None:
        told["patrols"] = patrols_summary(results.delivered, results.sheet.names["name"])
    if results.rising is not None and plan.watch is not None:
        told["rising"] = rising_summary(results.rising, plan.watch.weeks)
    if results.rings:
        told["rings"] = rings_summary(results.rings)
    if results.posts is not None and plan.posts is not None:
        told["posts"] = posts_summary(plan.posts, results.posts)
    if results.blind is not None:
        told["blind_spots"] = blind_summary(results.blind)
    if results.weak is not None and plan.weak is not None:
        told["weak_links"] = weak_summary(plan.weak, results.weak)
    if results.response is not None:
        told["response"] = response_summary(results.response)
    if results.cameras is not None and plan.cameras is not None:
        told["cameras"] = cameras_summary(plan.cameras, results.cameras, plan.country)
    if results.staffing is not None and plan.staffing is not None:
        told["staffing"] = staffing_summary(plan.staffing, results.staffing)
    if results.events:
        told["events"] = events_summary(results.events)
    if results.routes is not None and plan.routes is not None:
        told["routes"] = routes_summary(plan.routes, results.routes)
    return _plain(told | _who_bears(results))


def _who_bears(results: Results) -> dict[str, Any]:
    """Return who bears the plan and what people said of the last one, where they are known."""
    asked = consultation_summary(results.plan)
    told = {} if results.equity is None else {"equity": equity_summary(results.equity)}
    return told if asked is None else told | {"consultation": asked}


def _plain(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return the same with numbers fit for JSON."""
    return {key: _plain_value(value) for key, value in numbers.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _plain(value)
    if isinstance(value, list):
        return [_plain_value(part) for part in value]
    return number(value) if isinstance(value, float) else value


def _incidents(results: Results) -> dict[str, Any]:
    times, panel = results.place.incidents["time"], results.counts.panel
    return {
        **results.place.ledgers["incidents"].to_dict(),
        "mapping_rate": number(mapping_rate(results.place.ledgers["incidents"].to_dict())),
        "counted": number(panel.to_numpy().sum()),
        "not_counted": results.counts.not_counted,
        "shared_out": results.counts.shared_out,
        "officer_kinds": {str(k): int(n) for k, n in results.counts.officer["category"].value_counts().items()},
        "sensitive_by_township": results.counts.sensitive,
        "not_patrollable": number(panel.loc[:, ~results.ground.patrollable.to_numpy()].to_numpy().sum()),
        "periods": len(panel),
        "first": times.min().isoformat(),
        "last": times.max().isoformat(),
    }


def _population(results: Results) -> dict[str, Any]:
    people = results.place["population"]
    if people is None or results.ground.population is None:
        return {"read": None, "on_cells": None, "outside": None}
    return {
        "read": number(people["population"].sum()),
        "on_cells": number(results.ground.population.sum()),
        "outside": number(results.ground.population_outside),
        **({} if results.ground.excluded.empty else {"excluded": number(results.ground.population_excluded)}),
    }


def _grid(results: Results) -> dict[str, Any]:
    grid = results.ground.grid
    return {
        "resolution": grid.resolution,
        "cells": len(grid),
        "patrollable": int(results.ground.patrollable.sum()),
        "area_km2": number(grid.area_km2.sum()),
        "links": [
            {"from": link.from_cell, "to": link.to_cell, "km": number(link.km)}
            for link in results.ground.travel.links.itertuples()
        ],
    }


def _hotspots(results: Results) -> dict[str, Any]:
    found, counts = results.hotspots, results.counts.panel.sum()
    roles = found.cells["hotspot_role"]
    in_spots = found.spots.of_cell > 0
    return {
        "significant_cells": int(found.hot.sum()),
        "alpha": results.plan.analysis.alpha,
        "exposure": "area" if results.ground.population is None else "residents",
        "hot_themselves": int((roles == "itself").sum()),
        "hot_surrounding": int((roles == "surrounding").sum()),
        "without_incident": int((found.hot & (counts == 0)).sum()),
        "spots": len(found.spots),
        "visits_a_shift": found.visits,
        "max_km2": results.plan.hot_spots.max_km2,
        "cell_km2": number(results.ground.grid.area_km2.mean()),
        "incidents_in_spots": number(counts[in_spots].sum()),
        "spots_km2": number(results.ground.grid.area_km2[in_spots].sum()),
        "wider_cells": int(found.spots.wider.sum()),
        "found_by": _found_by(found.facts),
        "change": {str(kind): int(n) for kind, n in found.cells["hotspot_change"].value_counts().sort_index().items()},
        "problems": _plain_value(problems_summary(sheets_of(results))),
        "terrain": _plain_value(terrain_summary(results.terrain)),
    }


def _found_by(facts: pd.DataFrame) -> dict[str, int]:
    """Return how many hot spots the scan and clusters of incidents found too: both, one of them, none."""
    if not len(facts):
        return {"all": 0, "scan_alone": 0, "clusters_alone": 0, "neither": 0}
    scan, clusters = facts["by_scan"], facts["by_clusters"]
    said = {"all": scan & clusters, "scan_alone": scan & ~clusters, "clusters_alone": clusters & ~scan}
    return {**{k: int(v.sum()) for k, v in said.items()}, "neither": int((~scan & ~clusters).sum())}


def _risk(results: Results) -> dict[str, Any]:
    forecast, shares = results.forecast, results.plan.analysis.area_shares
    interval = {
        metric: {f"{share:g}": _interval(forecast.summary, forecast.model, f"{metric}_{share:g}") for share in shares}
        for metric in ("hit_rate", "pai", "pei")
    }
    naive = {
        name: {f"{share:g}": _interval(forecast.summary, name, f"hit_rate_{share:g}")["value"] for share in shares}
        for name in ("population", "area", "past_counts")
        if name in forecast.summary.index.get_level_values(0)
    }
    return {
        "model": forecast.model,
        "reason": forecast.reason,
        "took": forecast.took,
        "period": forecast.period.isoformat(),
        "period_end": forecast.end.isoformat(),
        "plan_periods": len(forecast.periods),
        "expected_incidents": number(forecast.expected.sum()),
        "expected_a_period": number(forecast.planned.sum()),
        "stack_against": _against(forecast.against),
        "stack_hit_rate": {
            f"{share:g}": _interval(forecast.summary, "stack", f"hit_rate_{share:g}")["value"] for share in shares
        },
        "origins": int(forecast.scores["period"].nunique()),
        "incidents_tested": number(_tested(results)),
        "origins_wished": results.plan.analysis.origins,
        **interval,
        "pei_ceiling": {f"{share:g}": number(value) for share, value in forecast.ceiling.items()},
        "naive": naive,
    }


def _tested(results: Results) -> float:
    """Return how many incidents fell into the periods at which the forecast was tested."""
    panel, periods = results.counts.panel, results.forecast.scores["period"].unique()
    return float(panel.loc[panel.index.isin(periods), results.ground.patrollable_cells].to_numpy().sum())


def _unmet(results: Results) -> list[dict[str, Any]]:
    """Return the wishes that cannot be met as they stand, each with what can be had."""
    rows: list[dict[str, Any]] = []
    if results.strength is not None:
        for use, row in results.strength.wanted.iterrows():
            if row["staffed"] < row["wanted"]:
                rows.append({"wish": f"staff_{use}", "wanted": int(row["wanted"]), "can": int(row["staffed"])})
    rows += posts_unmet(results.posts) + staffing_unmet(results.staffing) + events_unmet(results.events)
    ran, wished = int(results.forecast.scores["period"].nunique()), results.plan.analysis.origins
    if ran < wished:
        rows.append({"wish": "origins", "wanted": wished, "can": ran})
    tolerance, off = results.areas.tolerance, results.areas.max_over_mean - 1
    if tolerance is not None and off > tolerance + 5e-5:
        rows.append({"wish": "balance", "wanted": tolerance, "can": number(off)})
    return rows


def _against(against: pd.DataFrame) -> dict[str, dict[str, dict[str, float | None]]]:
    """Return how much more the stack caught than each simple map, by share of the area."""
    told: dict[str, dict[str, dict[str, float | None]]] = {}
    for (rival, metric), row in against.iterrows():
        share = str(metric).removeprefix("hit_rate_")
        told.setdefault(str(rival), {})[share] = {name: number(row[name]) for name in ("value", "low", "high")}
    return told


def _interval(summary: pd.DataFrame, model: str, metric: str) -> dict[str, float | None]:
    row = summary.loc[(model, metric)]
    return {name: number(row[name]) for name in ("value", "low", "high")}


def _areas(results: Results) -> dict[str, Any]:
    return {
        **_plain(results.areas.summary()),
        "current": None if results.current is None else _plain(results.current.summary()),
        "against_today": None if results.against is None else _plain(results.against[1]),
        "barriers": results.place["barriers"] is not None,
        "speeds_from_roads": results.place["roads"] is not None,
        "speed_kmh": number(results.plan.areas.speed_kmh),
        "keep": results.plan.areas.keep,
        "by_area": _by_area(results),
        **_choices(results),
    }


def _choices(results: Results) -> dict[str, Any]:
    """Return what stands beside the areas where it was asked for: goals, other numbers of areas, more change."""
    goals = results.areas.goals
    tables = {
        "goals": pd.DataFrame() if goals is None else goals.reset_index(),
        "numbers": results.sheet.numbers, "change": results.sheet.change, "shifts": results.sheet.shifts,
    }  # fmt: skip
    told = {name: table.astype(object).where(table.notna(), None) for name, table in tables.items() if len(table)}
    return {
        name: [_plain({str(k): v for k, v in row.items()}) for row in t.to_dict("records")] for name, t in told.items()
    }


def _workload(results: Results) -> dict[str, Any]:
    wish, plan, sheet = results.plan.areas, results.areas, results.sheet
    parts = {} if plan.parts is None else {str(k): number(v) for k, v in plan.parts.sum().items()}
    rows = [_plain({str(k): v for k, v in row.items()}) for row in sheet.sensitivity.to_dict("records")]
    told: dict[str, Any] = {"unit": sheet.unit, "parts": parts, "sensitivity": rows}
    if sheet.unit == "index":
        return {**told, "weights": dict(wish.workload)}
    total = float(plan.workload.sum())
    return {
        **told, "shift_hours": wish.shift_hours, "unit_minutes": number(total),
        "committed_share": number(total / (60 * wish.shift_hours * plan.n_areas)),
    }  # fmt: skip


def _by_area(results: Results) -> list[dict[str, Any]]:
    """Return what is said of each area: number, name, radio code, border, balance, reach, and its work by part."""
    told = results.areas.measures.by_area[["workload", "over_mean", "mean_minutes", "worst_minutes"]]
    parts = results.areas.workload_table.drop(columns=["workload", "over_mean"])
    sums = pd.DataFrame({"population": results.ground.population, "incidents": results.counts.panel.sum()})
    told = told.join(sums.dropna(axis=1, how="all").groupby(results.sheet.of_cell).sum())
    told = told.join(ranks_of(results, results.sheet.of_cell))
    if results.against is not None:
        told = told.join(results.against[0][["mostly", "mostly_share", "minutes_today"]])
    hours = results.by_hour
    return [
        {
            "area": int(area) + 1, **results.sheet.names.loc[area].to_dict(), **_plain(told.loc[area].to_dict()),
            "work": _plain({str(part): float(value) for part, value in parts.loc[area].items()}),
            **({} if hours is None else {"by_hour": [number(float(value)) for value in hours.loc[area]]}),
        }
        for area in told.index
    ]  # fmt: skip


def _sites(sites: Sites, wish: SiteWish, post_hours: float) -> dict[str, Any]:
    plan = sites.plan
    total = float(plan.demand.sum()) or 1.0
    return {
        "n": len(plan.sites),
        "candidates": len(sites.candidates),
        "possible": sites.possible,
        "demand": wish.demand,
        "reach_minutes": wish.reach_minutes,
        "covered_share": number(plan.objective / total),
        "bound": None if plan.bound is None else number(plan.bound / total),
        "gap": number(plan.gap),
        "status": plan.status,
        "post_hours": number(post_hours),
        "duty": [_plain({str(k): v for k, v in row.items()}) for row in sites.duty.to_dict("records")],
    }


def _strength(strength: Strength | None) -> dict[str, Any] | None:
    """Return what the plan asks of the forces and what they have, None where nothing is known of officers."""
    if strength is None:
        return None
    return {
        "enough": strength.enough,
        "relief_factor": number(strength.relief_factor),
        "uses": {str(use): _plain(row) for use, row in strength.wanted.to_dict("index").items()},
        "shifts": {str(shift): _plain(row) for shift, row in strength.shifts.to_dict("index").items()},
    }


PLACELESS = ("missing_place", "zero_place", "bad_place", "unread_place", "unknown_name", "ambiguous_name")


def mapping_rate(ledger: dict[str, Any]) -> float | None:
    """Return the share of rows with a place among those that were set aside for nothing else; None without rows."""
    lost = {reason: rows for reason, rows in ledger["set_aside"].items() if reason in PLACELESS}
    placeless = sum(lost.values())
    return ledger["kept"] / (ledger["kept"] + placeless) if ledger["kept"] + placeless else None


def number(value: float | None, digits: int = 6) -> float | int | None:
    """Return a value fit for JSON: whole numbers whole, others rounded, what is not finite as None."""
    if value is None or not np.isfinite(value):
        return None
    rounded = round(float(value), digits)
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 2**53 else rounded
