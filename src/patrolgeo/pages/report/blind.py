"""Blind spots by tier and shift."""

from __future__ import annotations

from patrolgeo.pages.blocks import Block, Table, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number

HEADS = ("tier", "within_minutes", "shift", "hours", "forces_on_duty", "blind_share", "residents_blind", "blind_near")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return what a blind spot is, and one row a tier and shift."""
    told = found.summary.get("blind_spots")
    if not told:
        return []
    rows = [
        [row["tier"], number(row["within_minutes"]), row["shift"], row["hours"], f"{row['forces']:,}",
         f"{row['blind_share']:.1%}", "–" if row["residents"] is None else f"{row['residents']:,.0f}",
         row["near_place"]]
        for row in told
    ]  # fmt: skip
    made: list[Block] = [Text(words["blind_text"])]
    if not any(row["cells"] for row in told):
        made.append(Text(words["blind_none"]))
    return [*made, Table([words[head] for head in HEADS], rows)]
