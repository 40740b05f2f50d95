"""The first hot spots as problems: what happens there, why there, who else can change it, when we will know."""

from __future__ import annotations

from patrolgeo.pages.blocks import Block, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.problem_sheet import sheet_part
from patrolgeo.pages.report.scores import Words


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return a sheet a hot spot; nothing without them."""
    if not found.sheets:
        return []
    return [Text(words["sheets_lead"]), *(sheet_part(sheet, words) for sheet in found.sheets)]
