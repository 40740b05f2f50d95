"""What the sites cover, and what nobody reaches in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, printed_columns, printed_table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.first_page import demand_words
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

COLUMNS = ("name", "kind", "area_name", "gain", "adds_share")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return coverage, what the posts alone miss, proof and table."""
    sites = found.summary.get("sites", {})
    made: list[Block] = []
    if sites.get("covered_share") is not None:
        share, minutes = sites["covered_share"], sites.get("reach_minutes")
        reach = "…" if minutes is None else number(minutes)
        of = demand_words(sites, words)
        covered = say(words, "sites_text", n=sites["n"], share=share, minutes=reach, of=of)
        made += texts([covered, say(words, "beyond_text", share=1 - share, of=of), _proof(sites, words)])
    if found.sites is not None and len(found.sites):
        made.append(printed_table(printed_columns(found.sites, COLUMNS), words))
    return made


def _proof(sites: Mapping[str, Any], words: Words) -> str:
    if sites.get("status") == "optimal":
        among = "" if sites.get("candidates") is None else say(words, "among", n=sites["candidates"])
        return say(words, "optimal_text", among=among)
    bound, gap = sites.get("bound"), sites.get("gap")
    return words["unproven_text"] if bound is None or gap is None else say(words, "proven_text", bound=bound, gap=gap)
