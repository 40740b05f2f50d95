"""At a glance: the numbers a reader wants first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Tiles
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import SHARES, Words, score
from patrolgeo.words.messages import say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return one tile a number that is known."""
    summary = found.summary
    hit = score(summary.get("risk", {}), "hit_rate", SHARES[0])
    worst = summary.get("areas", {}).get("worst_travel_minutes")
    facts = {
        words["incidents_used"]: _shown(summary, "incidents", "kept", ","),
        words["patrollable_cells"]: _shown(summary, "grid", "patrollable", ","),
        words["hot_cells"]: _shown(summary, "hotspots", "spots", ","),
        say(words, "hit_tile", share=float(SHARES[0])): f"{hit[0]:.0%}" if hit else "",
        words["balance_tile"]: _shown(summary, "areas", "max_over_mean", ".2f"),
        words["worst_tile"]: "" if worst is None else say(words, "minutes", value=f"{worst:.0f}"),
        words["covered_tile"]: _shown(summary, "sites", "covered_share", ".0%"),
    }
    return [Tiles(facts)] if any(facts.values()) else []


def _shown(summary: Mapping[str, Any], part: str, key: str, form: str) -> str:
    value = summary.get(part, {}).get(key)
    return "" if value is None else format(value, form)
