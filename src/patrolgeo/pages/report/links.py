"""Units and roads that cannot be missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Text, printed_columns, printed_table
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

COLUMNS = {"units": ("name", "kind", "lost_share"), "roads": ("name", "road_class", "near_place", "lost_share")}


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return how many units and roads cannot be missed, and which, worst first."""
    told = found.summary.get("weak_links")
    if not told:
        return []
    made: list[Block] = []
    for what in ("units", "roads"):
        if told.get(what) is None:
            continue
        made.append(Text(_sentence(told, what, words)))
        table = found.overlays.get(f"weak_{what}")
        if table is not None and len(table):
            listed = printed_columns(table, COLUMNS[what])
            made.append(Part(words[f"weak_{what}"], [printed_table(listed, words)]))
    return [*made, Text(words["weak_links_note"], "note")]


def _sentence(told: Mapping[str, Any], what: str, words: Words) -> str:
    values = {"share": told["share"], "minutes": number(told["reach_minutes"]), "looked": told["units_looked_at"]}
    if not told[what]:
        return say(words, f"weak_{what}_none", **values)
    return say(words, f"weak_{what}_text", n=told[what], worst=told[f"{what}_worst_share"], **values)
