"""The bulletin of a month in words: one page from the numbers of the month and its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.hotspots.problem_sheet import ProblemSheet
from patrolgeo.pages.blocks import Block, Section, Table, Text, as_image, texts
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.problem_sheet import sheet_part
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say

SHEETS = 3  # hot spots that are printed as problems
SURE = 0.05


@dataclass(frozen=True)
class Month:
    """What is known of a month.

    Parameters
    ----------
    month, before, since
        Names of the month, of the one before, and of the first of the twelve months behind the hot spots ("2024-05").
    total, year_ago
        Rows of `compare_counts` on the month before and on the same month a year ago (None where not known).
    kinds
        By category: `now`, `before`, `year_ago`, `ratio`, `p_adjusted`.
    spots
        Ranked hot spots with what is known of them; may be empty.
    share
        Of the incidents of the twelve months that lie in the spots.
    sheets
        The problem sheets of the spots.
    tables
        Further tables of the workbook by the key of their name.
    months_only
        Incidents of which only the month is known: with any, nothing is told by day or week.
    """

    month: str
    before: str
    since: str
    total: Mapping[str, float]
    year_ago: Mapping[str, float] | None
    kinds: pd.DataFrame
    spots: gpd.GeoDataFrame
    share: float
    sheets: Sequence[ProblemSheet]
    tables: Mapping[str, pd.DataFrame]
    months_only: int = 0


# section -> its figures
FIGURES = {
    "bulletin_when": ("calendar", "hours", "weeks"),
    "bulletin_where": ("top_ten", "lorenz"),
    "bulletin_areas": ("funnel",),
    "bulletin_again": ("knox",),
}


def month_page(found: Month, figures: Mapping[str, str], edition: Edition) -> str:
    """Return the page: the month in short, kinds, when, where, problem sheets; empty sections are left out."""
    words = edition.table
    sections = [
        Section(words["bulletin_in_short"], texts(in_short(found, words))),
        Section(words["bulletin_kinds"], [_kinds(found.kinds, words), Text(words["bulletin_p_note"], "note")]),
        *(Section(words[name], _pictures(figures, of)) for name, of in FIGURES.items()),
        Section(words["bulletin_sheets"], [sheet_part(sheet, words) for sheet in found.sheets[:SHEETS]]),
    ]
    return str(render(
        "report.html", edition=edition, words=words | {"provenance": words["bulletin_files"]}, span="",
        heading=say(words, "bulletin", month=found.month), sections=sections, style=source("report.css"),
        first_page=[words["no_ground"], words["recorded"], words["bulletin_by_area"]],
    ))  # fmt: skip


def in_short(found: Month, words: Mapping[str, str]) -> list[str]:
    """Return the month in a few sentences."""
    total, names = found.total, {"month": found.month, "before": found.before}
    counts = {"now": int(total["after"]), "then": int(total["before"])}
    if counts["then"]:
        lines = [say(words, "bulletin_total", **names, **counts, **_range(total))]
    else:
        lines = [say(words, "bulletin_total_none", **names, now=counts["now"])]
    if found.year_ago is None or not found.year_ago["before"]:
        lines.append(words["bulletin_no_year"])
    else:
        lines.append(say(words, "bulletin_year", then=int(found.year_ago["before"]), **_range(found.year_ago)))
    lines += [_changed(found.kinds, words), _spots(found, words)]
    return lines + ([say(words, "bulletin_months", n=found.months_only)] if found.months_only else [])


def _range(row: Mapping[str, float]) -> dict[str, float]:
    return {name: float(row[name]) for name in ("ratio", "low", "high")}


def _changed(kinds: pd.DataFrame, words: Mapping[str, str]) -> str:
    sure = kinds[kinds["p_adjusted"] <= SURE]
    named = [
        say(words, "bulletin_up" if ratio > 1 else "bulletin_down", kind=kind) for kind, ratio in sure["ratio"].items()
    ]
    return say(words, "bulletin_sure", kinds=words["list_comma"].join(named)) if named else words["bulletin_unsure"]


def _spots(found: Month, words: Mapping[str, str]) -> str:
    if not len(found.spots):
        return say(words, "bulletin_no_spots", since=found.since)
    return say(words, "bulletin_spots", n=len(found.spots), share=found.share, since=found.since)


def _kinds(kinds: pd.DataFrame, words: Mapping[str, str]) -> Table:
    rows = [
        [str(kind), *(_count(row[c]) for c in ("now", "before", "year_ago")), _times(row["ratio"]),
         f"{row['p_adjusted']:.3f}"]
        for kind, row in kinds.to_dict("index").items()
    ]  # fmt: skip
    return Table([words[f"bulletin_{c}"] for c in ("kind", "now", "before", "year_ago", "change", "p")], rows)


def _count(value: Any) -> str:
    return "–" if pd.isna(value) else f"{value:,.0f}"


def _times(value: Any) -> str:
    return "–" if pd.isna(value) or value == float("inf") else f"{value:.2f}"


def _pictures(figures: Mapping[str, str], names: Sequence[str]) -> list[Block]:
    return [as_image(figures[name]) for name in names if name in figures]
