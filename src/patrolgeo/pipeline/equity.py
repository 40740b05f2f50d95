"""Who bears the plan: by group of residents, with and without the forecast; records of officers; silence."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import geopandas as gpd
import h3
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.config.equity import EquityWish
from patrolgeo.errors import MissingColumnError, PatrolgeoWarning
from patrolgeo.evaluation.equity.exposure import exposure_audit
from patrolgeo.evaluation.equity.feedback import feedback_audit
from patrolgeo.evaluation.equity.under_reporting import under_reporting
from patrolgeo.grid.areal import interpolate
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.naming import nearest_names
from patrolgeo.pipeline.results import Counts, Equity, Forecast, Ground, Place, Sites
from patrolgeo.pipeline.sites import place_sites

COARSER = 2  # resolutions by which places of silence are coarser than cells
SHOWN, N_BOOT = 5, 400
DOSES = ("work", "work_without", "reached", "reached_without")


def check_groups(plan: Plan, place: Place) -> None:
    """Raise when [population] lacks a group."""
    wish, people = plan.equity, place["population"]
    if wish is None or people is None:
        return
    for group in wish.groups:
        if group not in people:
            raise MissingColumnError(
                f"{plan.path}: equity.groups: [population] has no column {group!r}{nearest(group, people.columns)}"
            )


def audit_equity(
    plan: Plan, place: Place, ground: Ground, counts: Counts, forecast: Forecast, parts: pd.DataFrame, unit: str,
    sites: Sites | None,
) -> Equity | None:  # fmt: skip
    """Return who bears the plan; None when it is not asked or nothing is known of residents."""
    wish, people = plan.equity, place["population"]
    if wish is None or people is None or ground.population is None:
        return None
    cells = pd.DataFrame({
        "residents": ground.population, **interpolate(people, ground.grid, wish.groups).to_dict("series"),
        "recorded": counts.panel.sum(), "calls": _help_calls(place, ground, counts),
        "work": parts.sum(axis=1), "work_without": without_forecast(plan, parts, unit),
        "reached": None if sites is None else sites.minutes.notna().astype(float),
        "reached_without": _sites_without(plan, place, ground, forecast),
    }).dropna(axis=1, how="all").rename_axis("cell")  # fmt: skip
    cells[wish.groups] = cells[wish.groups].clip(upper=cells["residents"], axis=0)
    return Equity(cells, group_table(cells, wish), _feedback(counts), _silence(cells, place))


def without_forecast(plan: Plan, parts: pd.DataFrame, unit: str) -> pd.Series:
    """Return the work by cell if the forecast and the hot spots were dropped.

    In minutes, stops at hot spots fall away and every inhabited village keeps the visit it is owed; of an index the
    part of risk falls away and the rest grows to the same sum.
    """
    wish = plan.areas
    if unit == "index":
        rest = parts.drop(columns="risk", errors="ignore").sum(axis=1)
        return rest / rest.sum() * parts.to_numpy().sum() if rest.sum() > 0 else rest
    if "visits" not in parts:
        return parts.sum(axis=1)
    owed = parts["visits"].clip(upper=wish.stop_minutes * wish.shift_hours / 24 / wish.floor_days)
    return parts.assign(visits=owed).sum(axis=1)


def _sites_without(plan: Plan, place: Place, ground: Ground, forecast: Forecast) -> pd.Series | None:
    """Return whether a site reaches each cell if sites were chosen by residents instead of by risk."""
    if plan.sites is None:
        return None
    by_people = place_sites(plan, replace(plan.sites, demand="residents"), place, ground, forecast)
    return by_people.minutes.notna().astype(float)


def _help_calls(place: Place, ground: Ground, counts: Counts) -> pd.Series | None:
    """Return the calls by cell whose kind is none of the incidents': they tell how readily people call for help."""
    calls = place["calls"]
    if calls is None or "category" not in calls:
        return None
    crimes = set(counts.records["category"].astype(str)) | set(counts.officer["category"].astype(str))
    other = calls[~calls["category"].astype(str).isin(crimes)]
    if "origin" in other:
        other = other[other["origin"] != "officer"]
    return ground.grid.locate(other).value_counts().reindex(ground.grid.cells, fill_value=0).astype(float)


def group_table(cells: pd.DataFrame, wish: EquityWish) -> pd.DataFrame:
    """Return by group its residents, the doses a head against everybody's with intervals, and against the needs.

    `cells` may be the cells of a run or the coarser places of an audit bundle.
    """
    residents = cells["residents"]
    shares = cells[wish.groups].div(residents.where(residents > 0), axis=0).fillna(0.0).clip(0.0, 1.0)
    needs = {name: cells[name].fillna(0.0) for name in ("recorded", "calls") if name in cells and cells[name].sum() > 0}
    table = pd.DataFrame()
    for dose in (d for d in DOSES if d in cells):
        n_boot = 1 if dose.startswith("reached") else N_BOOT
        asked = needs if dose == "work" else None
        told = exposure_audit(cells[dose], shares, residents, need=asked, reference="all", n_boot=n_boot)
        by_group = told.by_group
        if table.empty:
            table = by_group[["residents", "areas", "reason"]].assign(share=by_group["residents"] / residents.sum())
        if dose.startswith("reached"):  # the share of the group that a site reaches
            table[dose] = by_group["exposure"]
            continue
        columns = {f"per_head_{k}": f"{dose}_{k}" for k in ("ratio", "low", "high")} | {"per_head": f"{dose}_a_head"}
        table = table.join(by_group[list(columns)].rename(columns=columns))
        if told.by_need is not None:
            for need in needs:
                table[f"over_{need}"] = told.by_need.loc[need, "over_need"]
    return table


def _feedback(counts: Counts) -> dict[str, Any]:
    """Return what the records that officers started would do to the map: they are left out of it."""
    both = pd.concat(
        [counts.records[["category", "cell"]].assign(by=0), counts.officer[["category", "cell"]].assign(by=1)]
    )
    both = both.dropna(subset="cell").astype({"category": str})
    table = (
        both.groupby(["category", "cell", "by"])
        .size()
        .unstack("by", fill_value=0)
        .reindex(columns=[0, 1], fill_value=0)
    )
    week = [counts.panel.index[0]]
    panels = [pd.DataFrame([values.to_numpy(float)], week, table.index) for values in (table.sum(axis=1), table[1])]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PatrolgeoWarning)
        found = feedback_audit(*panels)
    kinds = found.by_kind.drop(index="all")
    kinds = kinds[kinds["officer"] > 0].sort_values("officer_share", ascending=False, kind="stable")
    everything = found.by_kind.loc["all"]
    return {
        "records": float(everything["records"]), "officer": float(everything["officer"]),
        "share": float(everything["officer_share"]), "first": int(found.by_place["top"].sum()),
        "changed": round(found.top_changed * found.by_place["top"].sum()), "drives": found.drives,
        "kinds": [{"kind": k, "records": float(row["records"]), "share": float(row["officer_share"])}
                  for k, row in kinds.iterrows()],
    }  # fmt: skip


def _silence(cells: pd.DataFrame, place: Place) -> gpd.GeoDataFrame:
    """Return the places, coarser than cells, that tell less than calls, residents and neighbours let expect."""
    sums = by_parent(cells)
    known = {name: sums[name] for name in ("calls", "residents") if name in sums and sums[name].sum() > 0}
    grid = HexGrid.from_cells(sums.index)
    found = under_reporting(sums["recorded"], known, connectivity=grid.adjacency(), size="residents")
    expected = found.filter(like="expected_").mean(axis=1)
    table = found[["recorded", "score", "p_adjusted", "reason"]].assign(expected=expected, residents=sums["residents"])
    low = table[(table["reason"] == "") & (table["score"] < 0)].head(SHOWN)
    shown = grid.to_gdf(low).loc[low.index] if len(low) else grid.to_gdf(table).iloc[:0]
    middles = shown.set_geometry(grid.centroids[shown.index])
    near = nearest_names(middles, [place["population"], place["places"]])
    return shown.assign(near=near.where(near != "", shown.index.to_series()))


def by_parent(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the sums of cells by the coarser cell they lie in, in order."""
    parents = [h3.cell_to_parent(c, max(h3.get_resolution(c) - COARSER, 0)) for c in cells.index]
    return cells.groupby(pd.Index(parents, name="place")).sum().sort_index()


def equity_summary(equity: Equity) -> dict[str, Any]:
    """Return the numbers of who bears the plan."""
    groups = equity.groups.reset_index()
    silent = pd.DataFrame(equity.silence.drop(columns="geometry")).reset_index(names="place")
    return {
        "groups": groups.astype(object).where(groups.notna(), None).to_dict("records"),
        "feedback": equity.feedback,
        "silent": silent.astype(object).where(silent.notna(), None).to_dict("records"),
    }
