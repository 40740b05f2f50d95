"""What changed since the last plan, and whether each change is more than noise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from patrolgeo import crs
from patrolgeo.errors import DataError
from patrolgeo.hotspots.change import compare_counts
from patrolgeo.pipeline.results import Results
from patrolgeo.plan.areas.measures import AreaMeasures, measure_areas

SAME_PLACE_M = 50.0  # two posts nearer than this are the same one
WORTH = 0.01  # a gain of this share in minutes or coverage is worth a change
ALPHA = 0.05
FILES = ("summary.json", "cells.parquet")


def since_last_plan(results: Results, earlier: Path | None) -> dict[str, Any] | None:
    """Hold the plan against an earlier one; None without one, or when it was made for other cells.

    Areas are matched by the ground they share, posts by place, hot spots by their cells. The old areas and posts are
    measured with today's workload and demand: where they would do as well, the change is noise.
    """
    if earlier is None:
        return None
    before, summary = _read(earlier)
    cells = results.ground.grid.cells
    if before is None or not cells.equals(pd.Index(before.index)):
        return None
    last = pd.Timestamp(summary["incidents"]["last"])
    return {
        "last": last.isoformat(),
        "areas": _areas(results, before["area"]),
        "sites": _sites(results, earlier, before),
        "spots": _spots(results, before["hot_spot"], last),
    }


def earlier_plan(out: Path, named: Path | None) -> Path | None:
    """Return the folder of the earlier plan: the one that is named, else what the run is about to replace."""
    if named is not None:
        missing = [name for name in FILES if not (named / name).is_file()]
        if missing:
            raise DataError(f"previous = {named} holds no plan: {', '.join(missing)} is not there.")
        return named
    return out if all((out / name).is_file() for name in FILES) else None


def _read(folder: Path) -> tuple[gpd.GeoDataFrame | None, dict[str, Any]]:
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        cells = gpd.read_parquet(folder / "cells.parquet").set_index("cell")
    except (OSError, ValueError) as problem:
        raise DataError(
            f"The earlier plan in {folder} cannot be read ({problem}); name another or remove it."
        ) from None
    return (cells if {"area", "hot_spot"} <= set(cells) else None), summary


def _areas(results: Results, before: pd.Series) -> dict[str, Any]:
    now, workload = results.sheet.of_cell + 1, results.workload
    old = before.reindex(now.index)
    moved = old.map(matched(old, now, workload)) != now
    people = results.ground.population
    old_measures = measure_areas(old, workload, results.ground.travel)
    new_measures = measure_areas(now, workload, results.ground.travel)
    return {
        "cells": int(moved.sum()),
        "cells_share": float(moved.mean()),
        "workload_share": float(workload[moved].sum() / workload.sum()),
        "people": None if people is None else float(people[moved].sum()),
        "old": _told(old_measures if moved.any() else results.areas.measures),
        "new": _told(results.areas.measures),  # as everywhere on the pages; what is needed is judged like for like
        "needed": _needed(old_measures, new_measures, results.areas.tolerance, results.areas.n_areas),
    }


def matched(old: pd.Series, new: pd.Series, weight: pd.Series) -> dict[Any, Any]:
    """Return which area of today each old one has become: one to one, most workload staying."""
    shared = (weight + weight.sum() * 1e-9 + 1e-12).groupby([old, new]).sum().unstack(fill_value=0.0)
    row, column = linear_sum_assignment(shared.to_numpy(), maximize=True)
    return dict(zip(shared.index[row], shared.columns[column], strict=True))


def _told(measures: AreaMeasures) -> dict[str, float | None]:
    return {"max_over_mean": measures.max_over_mean, "mean_travel_minutes": measures.mean_travel_minutes}


def _needed(old: AreaMeasures, new: AreaMeasures, tolerance: float | None, n: int) -> bool:
    """Say whether the old areas no longer do: another number, too uneven, in pieces, or slower by more than 1 %."""
    uneven = tolerance is not None and old.max_over_mean > max(1 + tolerance, new.max_over_mean + WORTH)
    before, now = old.mean_travel_minutes, new.mean_travel_minutes
    slower = before is not None and now is not None and before > now * (1 + WORTH)
    return bool(len(old.by_area) != n or uneven or slower or old.noncontiguous)


def _sites(results: Results, earlier: Path, before: pd.DataFrame) -> dict[str, Any] | None:
    path, sites, wish = earlier / "sites.geojson", results.sites, results.plan.sites
    if not path.is_file() or sites is None or wish is None or "minutes_to_site" not in before:
        return None
    chosen = sites.candidates.loc[sites.plan.sites]
    old = gpd.read_file(path)
    middle = tuple(results.ground.grid.lonlat.mean(axis=0))
    here, there = (crs.to_local(t, middle).geometry.get_coordinates().to_numpy() for t in (chosen, old))
    apart = cdist(here, there)
    demand = sites.plan.demand.to_numpy()
    reached = (before["minutes_to_site"] <= wish.reach_minutes).to_numpy()
    total = float(demand.sum()) or 1.0
    now, then = sites.plan.objective / total, float(demand[reached].sum()) / total
    return {
        "added": chosen["name"][apart.min(axis=1, initial=np.inf) > SAME_PLACE_M].tolist(),
        "dropped": old["name"][apart.min(axis=0, initial=np.inf) > SAME_PLACE_M].tolist(),
        "covered_share": now,
        "old_covered_share": then,
        "needed": bool(now - then > WORTH),
    }


def _spots(results: Results, before: pd.Series, last: pd.Timestamp) -> dict[str, Any]:
    """Return the hot spots that share no cell with an old one, and the old ones that share none with a new one."""
    now = results.hotspots.spots.of_cell
    old = before.reindex(now.index).fillna(0).astype(int)
    new = sorted(set(now[now > 0]) - set(now[(now > 0) & (old > 0)]))
    gone = sorted(set(old[old > 0]) - set(old[(old > 0) & (now > 0)]))
    tests = pd.concat([_rise(results.counts.panel, now, new, last), _rise(results.counts.panel, old, gone, last)])
    return {
        "new": [_spot(number, tests.iloc[i]) for i, number in enumerate(new)],
        "gone": [_spot(number, tests.iloc[len(new) + i]) for i, number in enumerate(gone)],
        "stayed": int(len(set(now[now > 0])) - len(new)),
    }


def _rise(panel: pd.DataFrame, spot: pd.Series, wanted: list[int], last: pd.Timestamp) -> pd.DataFrame:
    """Compare the records since the last plan with those before it, in each wanted spot."""
    by_spot = panel.T.groupby(spot.reindex(panel.columns).to_numpy()).sum().T.reindex(columns=wanted, fill_value=0.0)
    newer = by_spot.index > last
    if not newer.any() or newer.all() or not wanted:
        return pd.DataFrame({"ratio": np.nan, "p_adjusted": 1.0}, index=wanted)
    table = compare_counts(
        by_spot[~newer].sum(), by_spot[newer].sum(), time_before=float((~newer).sum()), time_after=float(newer.sum())
    )
    return table[["ratio", "p_adjusted"]]


def _spot(number: int, test: pd.Series) -> dict[str, Any]:
    ratio = float(test["ratio"])
    return {
        "spot": int(number), "ratio": ratio if np.isfinite(ratio) else None, "p_adjusted": float(test["p_adjusted"]),
        "more_than_noise": bool(test["p_adjusted"] <= ALPHA),
    }  # fmt: skip
