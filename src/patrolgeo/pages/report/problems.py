"""The first hot spots as problems: what happens there, why there, who else can change it, when we will know."""

from __future__ import annotations

from patrolgeo.pages.blocks import Block, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.problem_sheet import sheet_part
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return a sheet a hot spot; nothing without them."""
    if not found.sheets:
        return []
    return [Text(words["sheets_lead"]), *_terrain(found, words), *(sheet_part(sheet, words) for sheet in found.sheets)]


def _terrain(found: Findings, words: Words) -> list[Block]:
    """Say how many kinds of places raise risk; nothing where none was looked at."""
    told = found.summary.get("hotspots", {}).get("terrain")
    if not told or not told["kinds"]:
        return []
    n = len(told["factors"])
    return [Text(say(words, "terrain_text" if n else "terrain_none", kinds=told["kinds"], n=n))]
