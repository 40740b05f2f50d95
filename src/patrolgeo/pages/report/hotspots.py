"""What was found: hot spots to visit, the wider raised ground, and what is expected next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.pages.blocks import Block, Part, Table, Text, printed_table, texts
from patrolgeo.pages.findings import DAYS, Findings
from patrolgeo.pages.plan_page.layers import withheld_cells
from patrolgeo.pages.problem_sheet import ALL
from patrolgeo.pages.report.scores import Words, known
from patrolgeo.words.messages import say

KINDS = ("new", "consecutive", "intensifying", "persistent", "diminishing", "sporadic", "oscillating", "historical")
NO_PATTERN = "no pattern"
SHOWN = ("risk_plan", "per_year", "risk_low", "risk_high", "chance", "incidents", "area_name")
RISKIEST, SPOTS = 10, 15


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return what is significant, the ranked hot spots, and the cells with most to be expected."""
    made: list[Block] = list(texts(hot_lines(found.summary, words)))
    if found.spots is not None and len(found.spots):
        made += [Part(words["hot_spots"], [_spots(found, words), Text(words["hot_spots_note"], "note"),
                                          *_hours(found.spots, words)])]  # fmt: skip
    made += _changes(found.summary, words)
    table = riskiest(found) if found.top_cells is None else found.top_cells
    if table is not None and len(table):
        note = [Text(words["rates_note"], "note")] if found.top_cells is None and not found.released else []
        made.append(Part(words["top_cells"], [printed_table(table, words), *note]))
    return made


def hot_lines(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Return what the test of cells says and does not say."""
    told = summary.get("hotspots", {})
    numbers = known(summary, "hotspots", "significant_cells") | known(summary, "grid", "patrollable")
    if len(numbers) != 2:
        return []
    base = words[f"explained_by_{told.get('exposure', 'residents')}"]
    if not numbers["significant_cells"]:
        return [say(words, "no_hot_text", base=base)]
    lines = [say(words, "hot_text", n=numbers["significant_cells"], patrollable=numbers["patrollable"], base=base)]
    if told.get("hot_themselves") is not None:
        lines.append(say(words, "hot_roles", itself=told["hot_themselves"], around=told["hot_surrounding"],
                         without=told["without_incident"]))  # fmt: skip
    if told.get("spots"):
        spots = {"n": told["spots"], "km2": told["spots_km2"], "incidents": told["incidents_in_spots"]}
        limits = {"wider": told["wider_cells"], "max": told["max_km2"], "cell": told.get("cell_km2", 0.0)}
        large = limits["cell"] > limits["max"]
        lines.append(say(words, "spots_large_text" if large else "spots_text", **spots, **limits))
        lines += _visits(told, words)
        lines += _harm(summary, words)
        lines += [say(words, "found_by_text", **told["found_by"])] if told.get("found_by") else []
    return lines


def _changes(summary: Mapping[str, Any], words: Words) -> list[Block]:
    """Return how many cells are of which class of change; nothing where the records are too short for it."""
    told = dict(summary.get("hotspots", {}).get("change") or {})
    if not told:
        return []
    rest = told.pop(NO_PATTERN, 0)
    made: list[Block] = [Text(say(words, "change_text", n=sum(told.values()), rest=rest))]
    rows = [
        (words[f"hotspot_change_{kind} {way}"], _whole(told[f"{kind} {way}"]), words[f"meaning_{kind}"])
        for kind in KINDS for way in ("hot", "cold") if told.get(f"{kind} {way}")
    ]  # fmt: skip
    if rows:
        heads = [words[f"change_{name}"] for name in ("kind", "cells", "meaning")]
        made += [Table(heads, rows), Text(words["change_note"], "note")]
    return [Part(words["change_part"], made)]


def _visits(told: Mapping[str, Any], words: Words) -> list[str]:
    """Say how many of the hot spots the units of a shift can visit; nothing where that may not be told."""
    n = told.get("visits_a_shift")
    if n is None:
        return []
    if n >= told["spots"]:
        return [words["visits_all_text"]]
    return [say(words, "visits_text", n=n, spots=told["spots"])]


def _harm(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Say which hot spot comes first by count and which by harm; nothing where the plan weighs no harm."""
    told = summary.get("harm")
    if not told or "first_by_harm" not in told:
        return []
    shares = {"share": told["incidents_in_spots_share"], "harm_share": told["in_spots_share"]}
    return [say(words, "harm_text", count=told["first_by_count"], harm=told["first_by_harm"], **shares)]


def _spots(found: Findings, words: Words) -> Table:
    """Return one row a hot spot, those with the largest excess first."""
    table = pd.DataFrame(found.spots).head(SPOTS).rename_axis("rank").reset_index()
    table["peaks"] = [
        say(words, "spot_peak", workdays=workdays or "–", weekend=weekend or "–")
        for workdays, weekend in _pairs(table, "peak_workdays", "peak_weekend")
    ]
    table["repeats"] = [
        say(words, "spot_repeat", share=share, chance=chance)
        for share, chance in _pairs(table, "repeat_share", "repeat_by_chance")
    ]
    table["by"] = [_found_by(*pair, words) for pair in _pairs(table, "by_scan", "by_clusters")]
    table["years"] = [f"{above}/{years}" for above, years in _pairs(table, "years_above", "years")]
    columns = [c for c in _SPOT if c in table]
    shown = [[_SPOT[c](value) for value in table[c]] for c in columns]
    return Table([words[f"spot_{c}"] for c in columns], list(zip(*shown, strict=True)))


def _pairs(table: pd.DataFrame, one: str, other: str) -> Iterable[tuple[Any, Any]]:
    missing = pd.Series(0, index=table.index)
    return zip(table.get(one, missing), table.get(other, missing), strict=True)


def _hours(spots: pd.DataFrame, words: Words) -> list[Block]:
    """Say of how many incidents the hour is known, where it is not of all."""
    known = spots.get("hours_known", pd.Series(dtype=float)).head(SPOTS)
    if not known.min() < ALL:
        return []
    return [Text(say(words, "spot_hours", least=known.min(), most=known.max()), "note")]


def _found_by(scan: Any, clusters: Any, words: Words) -> str:
    return words["by_both" if scan and clusters else "by_scan" if scan else "by_clusters" if clusters else "by_none"]


def _times(value: float) -> str:
    return "–" if pd.isna(value) else f"{value:.1f}"


def _whole(value: float) -> str:
    return f"{value:,.0f}"


_SPOT: dict[str, Callable[[Any], str]] = {
    "rank": str, "area_name": str, "near": str, "incidents": _whole, "expected": _times, "ratio": _times,
    "harm": _whole, "rank_by_harm": str,
    "residents": _whole, "ratio_places": _times, "kinds": str, "peaks": str, "repeats": str, "years": str,
    "by": str,
}  # fmt: skip


def riskiest(found: Findings) -> pd.DataFrame | None:
    """Return the cells with most to be expected that may be shown by themselves, with rates a period and a year."""
    cells = found.cells
    if cells is None or "risk" not in cells:
        return None
    order = "risk_plan" if "risk_plan" in cells else "risk"
    shown = pd.DataFrame(cells[~withheld_cells(cells, released=found.released)]).sort_values(
        order, ascending=False, kind="stable"
    )
    shown = shown.assign(per_year=shown[order] * 365.25 / DAYS[found.period])
    if isinstance(cells, gpd.GeoDataFrame) and found.released:
        return shown[[c for c in (order, "per_year", "incidents", "area_name") if c in shown]].head(RISKIEST)
    return shown[[c for c in SHOWN if c in shown]].head(RISKIEST)
