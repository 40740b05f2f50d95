"""What the sites cover, and what nobody reaches in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Text, printed_columns, printed_table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

COLUMNS = ("name", "kind", "area_name", "gain", "adds_share")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return coverage, blind spot, proof and the table of sites; a released report says that they are left out."""
    if found.released:
        return [Text(words["public_text"])]
    sites = found.summary.get("sites", {})
    made: list[Block] = []
    if sites.get("covered_share") is not None:
        share, minutes = sites["covered_share"], sites.get("reach_minutes")
        reach = "…" if minutes is None else number(minutes)
        covered = say(words, "sites_text", n=sites["n"], share=share, minutes=reach)
        made += texts([covered, say(words, "blind_text", share=1 - share), _proof(sites, words)])
    if found.sites is not None and len(found.sites):
        made.append(printed_table(printed_columns(found.sites, COLUMNS), words))
    return made


def _proof(sites: Mapping[str, Any], words: Words) -> str:
    if sites.get("status") == "optimal":
        return words["optimal_text"]
    bound, gap = sites.get("bound"), sites.get("gap")
    return words["unproven_text"] if bound is None or gap is None else say(words, "proven_text", bound=bound, gap=gap)
