"""Rings: which roads are closed for a time, on what ground, and what it means for the people inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import Block, Part, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

HEADS = ("ring_road", "road_class", "near_place", "cost", "gate")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return for each ring its sentences and its roads."""
    rings = found.summary.get("rings")
    if not rings:
        return []
    made: list[Block] = []
    pieces = found.overlays.get("rings")
    for told in rings:
        inner = texts(ring_lines(told, words))
        if pieces is not None:
            inner.append(_table(pieces[pieces["ring"] == told["name"]], words))
        made.append(Part(told["name"], inner))
    return [*made, Text(words["rings_note"], "note")]


def ring_lines(told: Mapping[str, Any], words: Words) -> list[str]:
    """Return ground and end first, then the roads, the gates and the people."""
    cost, boundary, bound = (number(told[key]) for key in ("cost", "boundary_cost", "bound"))
    lines = [
        say(words, "ring_ground", basis=told["basis"], until=told["valid_until"]),
        say(words, "ring_text", name=told["name"], n=told["pieces"], cost=cost, boundary=boundary),
        words["ring_optimal"] if told["status"] == "optimal" else say(words, "ring_bound", bound=bound),
        say(words, "ring_gates", n=told["gate_pieces"]),
    ]
    if told.get("hospital_minutes_after") is not None:
        lines.append(say(
            words, "ring_people", residents=told["residents_enclosed"], cut=told["residents_cut_off"],
            without=told["residents_cut_off_without_gate"], before=number(told["hospital_minutes_before"]),
            after=number(told["hospital_minutes_after"]), most=number(told["hospital_minutes_most_added"]),
        ))  # fmt: skip
    return lines


def _table(pieces: pd.DataFrame, words: Words) -> Table:
    rows = [
        ["" if pd.isna(row.name) else row.name, "" if pd.isna(row.road_class) else row.road_class, row.near_place,
         number(float(row.cost)), words[f"gate_{row.gate}"]]
        for row in pieces.itertuples(index=False)
    ]  # fmt: skip
    return Table([words[head] for head in HEADS], rows)
