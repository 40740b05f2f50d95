"""What is weak: every number that should make a reader careful, and what was noted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Lines, Part, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.areas import AREA_KEYS
from patrolgeo.pages.report.first_page import FEW_INCIDENTS, worse_than_today
from patrolgeo.pages.report.scores import SHARES, Words, ahead, known, rivals, score, verdict
from patrolgeo.words.messages import number, say
from patrolgeo.words.note import worded

# where a number becomes a weakness worth a line
ENOUGH_PLACED = 0.85  # a first minimum of rows with a place (Ratcliffe 2004)
FEW, UNEVEN, FAR_MINUTES, WIDE_GAP = 0.005, 1.1, 60, 0.02


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the weaknesses found in the summary, and the notes of the run."""
    lines = (
        *_weak_data(found.summary, words), *_weak_forecast(found.summary, words), *_weak_plan(found.summary, words),
        *(say(words, "worse_today", what=what) for what in worse_than_today(found.summary, words) or ()),
        *_assumed(found.summary, words),
    )  # fmt: skip
    noted = tuple(str(worded(note, words)) for note in found.notes)
    made: list[Block] = [Lines(lines) if lines else Text(words["weak_none"])]
    return [*made, Part(words["noted"], [Lines(noted, "note")])] if noted else made


def _weak_data(summary: Mapping[str, Any], words: Words) -> list[str]:
    incidents, people = known(summary, "incidents", "read", "kept"), known(summary, "population", "read", "outside")
    links = summary.get("grid", {}).get("links") or []
    found = []
    rate = summary.get("incidents", {}).get("mapping_rate")
    if rate is None and incidents.get("read"):
        rate = incidents["kept"] / incidents["read"]
    if rate is not None and rate < ENOUGH_PLACED:
        found.append(say(words, "weak_mapping", share=rate))
    if people.get("read") and people["outside"] / people["read"] > FEW:
        found.append(say(words, "weak_people", share=people["outside"] / people["read"]))
    if links:
        found.append(say(words, "weak_links", n=len(links), km=number(max(link["km"] for link in links))))
    return found


def _weak_forecast(summary: Mapping[str, Any], words: Words) -> list[str]:
    risk = summary.get("risk", {})
    tested = risk.get("incidents_tested")
    few = (
        [say(words, "weak_few", n=tested, origins=risk["origins"])]
        if tested is not None and tested < FEW_INCIDENTS
        else []
    )
    if risk.get("model") in risk.get("naive", {}):
        return few  # the plan goes by a simple map; that the stack is not better stands beside it
    return few + [
        say(words, "weak_forecast", rival=rival, share=float(share))
        for share in SHARES
        if (hit := score(risk, "hit_rate", share))
        for name, rival, naive in rivals(risk, share, words)
        if verdict(hit, naive, ahead(risk, name, share)) != "better"
    ]


def _assumed(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Return what the plan assumes because nothing was given."""
    areas = summary.get("areas", {})
    found = []
    if areas.get("speeds_from_roads") is False:
        found.append(say(words, "assumed_speed", speed=areas["speed_kmh"]))
    if areas.get("barriers") is False:
        found.append(words["assumed_no_barriers"])
    if summary.get("workload", {}).get("unit") == "index":
        found.append(words["assumed_index"])
    if summary.get("population", {"read": 0}).get("read") is None:
        found.append(words["assumed_no_people"])
    return found


def _weak_plan(summary: Mapping[str, Any], words: Words) -> list[str]:
    areas = known(summary, "areas", *AREA_KEYS)
    gap = summary.get("sites", {}).get("gap")
    found = []
    if areas and areas["max_over_mean"] > UNEVEN:
        found.append(say(words, "weak_balance", excess=areas["max_over_mean"] - 1))
    if areas and areas["worst_travel_minutes"] > FAR_MINUTES:
        found.append(say(words, "weak_reach", worst=number(areas["worst_travel_minutes"])))
    if gap is not None and gap > WIDE_GAP:
        found.append(say(words, "weak_gap", gap=gap))
    return found
