"""Strength: what the plan asks of the forces and what they have; who reaches whom at which hour."""

from __future__ import annotations

from patrolgeo.pages.blocks import Block, Part, Table, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.first_page import demand_words
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return officers and vehicles wanted beside those there, by use and by shift, and the demand reached by hour."""
    if found.released:
        return []
    return [*_wanted(found, words), *_duty(found, words)]


def _wanted(found: Findings, words: Words) -> list[Block]:
    strength = found.summary.get("strength")
    if not strength or "uses" not in strength:
        return [Text(words["strength_unknown"])] if found.summary.get("areas") else []
    heads = [words[k] for k in ("use", "wanted", "staffed", "officer_shifts_day", "officers_employed", "vehicles")]
    rows = [
        [words[f"use_{use}"], str(row["wanted"]), str(row["staffed"]), number(float(row["officer_shifts_day"])),
         f"{row['officers']:,.0f}", str(row["vehicles"])]
        for use, row in strength["uses"].items() if row["wanted"]
    ]  # fmt: skip
    columns = ("officers_wanted", "officers_on_duty", "vehicles_wanted", "vehicles_on_duty")
    shifts = [[shift, *[number(float(row[column])) for column in columns]] for shift, row in strength["shifts"].items()]
    return [
        Text(say(words, "strength_text", relief=strength["relief_factor"])), Table(heads, rows),
        Table([words["shift"], *[words[c] for c in columns]], shifts), Text(words["strength_note"], "note"),
    ]  # fmt: skip


def _duty(found: Findings, words: Words) -> list[Block]:
    sites = found.summary.get("sites", {})
    duty = sites.get("duty", [])
    if not duty:
        return [Text(words["duty_unknown"])] if sites else []
    heads = [
        words[k] for k in ("hours", "forces_on_duty", "officers", "reached_share", "with_posts_share", "blind_spot")
    ]
    rows = [
        [row["hours"], f"{row['forces']:,}", f"{row['officers']:,.0f}", f"{row['reached_share']:.1%}",
         f"{row['with_posts_share']:.1%}", f"{1 - row['with_posts_share']:.1%}"]
        for row in duty
    ]  # fmt: skip
    said = say(words, "duty_text", minutes=number(sites["reach_minutes"]), of=demand_words(sites, words))
    return [Part(words["duty"], [Text(said), Table(heads, rows)])]
