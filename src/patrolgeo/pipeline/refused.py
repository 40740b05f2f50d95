"""Which categories do not count on cells: what must not be forecast, what is sensitive, what officers make."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.risk.refusals import OFFICER_MADE, REFUSED, SENSITIVE, TOWNSHIP_KM2, rule_of
from patrolgeo.sources.kinds import SHIPPED, map_kinds

FEW = 10  # a smaller count of sensitive records is not told, not even for a township
CODED = 0.5  # a shipped table speaks of codes when it knows so many of the categories


def rules_of(incidents: gpd.GeoDataFrame) -> pd.Series:
    """Return by category the rule that keeps it from the cells, "" where none does.

    The words of a category speak first, in English and Chinese; then the kinds that the user's table gives, or, without
    one, the codes and names of the shipped tables.
    """
    names = pd.Index(sorted(incidents["category"].astype(str).unique()), name="category")
    rules = pd.Series([rule_of(name) for name in names], index=names, dtype="str")
    for sensitive, officer in _traits(incidents, names):
        rules = rules.mask((rules == "") & sensitive, SENSITIVE)
        rules = rules.mask((rules == "") & officer, OFFICER_MADE)
    return rules


def _traits(incidents: gpd.GeoDataFrame, names: pd.Index) -> list[tuple[pd.Series, pd.Series]]:
    """Return, table by table, which categories are sensitive, and which are usually made by officers."""
    if "sensitive" in incidents and "officer_made" in incidents:
        by_name = incidents.groupby(incidents["category"].astype(str))[["sensitive", "officer_made"]].max()
        return [_answers(by_name.reindex(names))]
    numbers = pd.Series(~names.str.contains(r"[^\W\d_]", regex=True), index=names)
    found = []
    for table in SHIPPED:
        traits = map_kinds(pd.Series(names, index=names), table)
        speaks = not numbers.any() or traits["kind"].notna()[numbers].mean() >= CODED
        sensitive, officer = _answers(traits)
        found.append((sensitive & (~numbers | speaks), officer & (~numbers | speaks)))
    return found


def _answers(traits: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    sensitive, officer = (traits[trait].fillna(False).astype(bool) for trait in ("sensitive", "officer_made"))
    return sensitive, officer


def check_categories(plan: Plan, incidents: gpd.GeoDataFrame) -> None:
    """Raise when the plan names a category that no incident has, or one that must not be counted on cells."""
    names = set(incidents["category"].astype(str))
    wanted = plan.analysis.categories or []
    for name in sorted(set(wanted) - names):
        raise DataError(f"{plan.path}: analysis.categories: no incident is a {name!r}{nearest(name, names)}")
    for name in sorted(set(plan.incidents.officer_kinds or []) - names):
        raise DataError(f"{plan.path}: incidents.officer_kinds: no incident is a {name!r}{nearest(name, names)}")
    rules = rules_of(incidents)
    for name in wanted:
        if rules[name] == REFUSED:
            raise DataError(
                f"{plan.path}: analysis.categories: {name!r} is not forecast here: petitions, assemblies, religion and "
                "politics are no risk. Take it out of the list."
            )
        if rules[name] == SENSITIVE:
            raise DataError(
                f"{plan.path}: analysis.categories: {name!r} is not counted below township level, since cells would "
                "point at homes. Take it out of the list; its rows are counted by township in the summary."
            )


def may_be_shown(incidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the incidents without sensitive and refused kinds: not even a cell's being there may tell of these."""
    rules = incidents["category"].astype(str).map(rules_of(incidents))
    return incidents[~rules.isin([SENSITIVE, REFUSED])]


def not_on_cells(incidents: gpd.GeoDataFrame, cell_km2: float, officer_kinds: Sequence[str] | None = None) -> pd.Series:
    """Return for each incident the reason that keeps it from the cells, "" for those that count.

    What officers started, or kinds that they usually make where the records do not say who started them, tells where
    patrols were: it is work, not risk. `officer_kinds` are the planner's list of them. Cells as large as a township may
    show sensitive kinds.
    """
    rules = rules_of(incidents)
    if cell_km2 >= TOWNSHIP_KM2:
        rules = rules.mask(rules == SENSITIVE, "")
    category = incidents["category"].astype(str)
    reason = category.map(rules)
    if officer_kinds is not None:
        made = category.isin(officer_kinds)
        reason = reason.mask(reason == OFFICER_MADE, "").mask(made & (reason == ""), OFFICER_MADE)
    elif "origin" in incidents:
        reason = reason.mask(reason == OFFICER_MADE, "")
    if "origin" in incidents:
        reason = reason.mask((incidents["origin"] == "officer") & (reason == ""), "officer_initiated")
    return reason.rename("reason")


def by_township(incidents: gpd.GeoDataFrame) -> dict[str, dict[str, int | None]]:
    """Return counts of sensitive kinds by township, None for fewer than ten; one township "all" where none is known."""
    named = "township" in incidents and incidents["township"].notna().any()
    township = incidents["township"].fillna("").astype(str) if named else pd.Series("all", index=incidents.index)
    counts = incidents.groupby([incidents["category"].astype(str), township]).size()
    told: dict[str, dict[str, int | None]] = {}
    for (kind, place), rows in counts.items():
        told.setdefault(str(kind), {})[str(place)] = int(rows) if rows >= FEW else None
    return told
