"""Page one: what is worst, what changes, what gets worse, what is unsure, what to decide; and what cannot be had."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import Block, Figure, Lines, Part
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.picture import plan_picture
from patrolgeo.pages.report.scores import SHARES, Words, score
from patrolgeo.words.messages import number, say

WORSE = ("max_over_mean", "mean_travel_minutes", "worst_travel_minutes")  # measures of which less is better
FEW_INCIDENTS = 500  # a test of the forecast on fewer is said to rest on few


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the picture, the five findings, and the wishes that cannot be met."""
    picture = plan_picture(found, words)
    made: list[Block] = [] if picture is None else [Figure(picture)]
    if not found.summary:
        return made
    five = (worst(found, words), change(found, words), gets_worse(found.summary, words),
            unsure(found.summary, words), decide(found, words))  # fmt: skip
    lines = tuple(line for line in five if line)
    made += [Lines(lines, "findings")] if lines else []
    if unmet := unmet_lines(found, words):
        made.append(Part(words["unmet"], [Lines(tuple(unmet))]))
    return made


def worst(found: Findings, words: Words) -> str:
    """Say where most is recorded beyond what is expected; a released report tells only how much is hot."""
    told = found.summary.get("hotspots", {})
    if found.spots is not None and len(found.spots) and {"incidents", "expected", "ratio"} <= set(found.spots):
        spot = pd.DataFrame(found.spots).iloc[0]
        key = "worst_ratio" if pd.notna(spot["ratio"]) else "worst_empty"
        near = say(words, "near", name=spot["near"]) if spot.get("near") else ""
        return say(
            words, key, near=near, area=spot["area_name"], n=spot["incidents"], periods=found.n_periods,
            period=words[f"{found.period}s"], expected=spot["expected"], ratio=spot["ratio"],
            kinds=spot.get("kinds") or words["kinds_unknown"],
        )  # fmt: skip
    if not told:
        return ""
    return say(words, "worst_cells", n=told["significant_cells"]) if told["significant_cells"] else words["worst_none"]


def change(found: Findings, words: Words) -> str:
    """Say what the areas change against those of today."""
    areas = found.summary.get("areas", {})
    today = areas.get("current")
    if not areas.get("n") or areas.get("max_over_mean") is None:
        return ""
    if not today or today.get("n") is None:
        return say(words, "change_unknown", n=areas["n"], ratio=areas["max_over_mean"])
    return say(
        words, "change_today", n=areas["n"], before=today["n"], ratio=areas["max_over_mean"],
        was=today["max_over_mean"],
    )  # fmt: skip


def gets_worse(summary: Mapping[str, Any], words: Words) -> str:
    """Say every measure of the areas that is worse than today, or that none is."""
    lines = worse_than_today(summary, words)
    if lines is None:
        return words["worse_unknown"] if summary.get("areas") else ""
    return say(words, "worse_text", what=words["list_semicolon"].join(lines)) if lines else words["worse_nothing"]


def worse_than_today(summary: Mapping[str, Any], words: Words) -> list[str] | None:
    """Return what is worse than today, measure by measure; None when nothing is known of today."""
    areas = summary.get("areas", {})
    today = areas.get("current")
    felt = _waits(summary, words)
    if not today:
        return felt or None
    found = [
        say(words, f"worse_{key}", before=number(today[key]), now=number(areas[key]))
        for key in WORSE
        if (areas.get(key) or 0.0) > (today.get(key) or math.inf) * (1 + 1e-9)
    ]
    slower = (areas.get("against_today") or {}).get("slower_share", 0.0)
    if slower > 0:
        found.append(say(words, "worse_slower", share=slower))
    split, whole = today.get("noncontiguous", 0), areas.get("noncontiguous", 0)
    return found + ([say(words, "split_text", n=whole)] if whole > split else []) + felt


def _waits(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Return that callers wait longer than today, when the simulation is sure of it."""
    change = summary.get("response", {}).get("change")
    return [say(words, "worse_response", minutes=number(change["change"]))] if change and change["low"] > 0 else []


def unsure(summary: Mapping[str, Any], words: Words) -> str:
    """Say how well the map of the plan did in the past, and on how much that rests."""
    risk = summary.get("risk", {})
    hit = score(risk, "hit_rate", SHARES[0])
    if hit is None:
        return ""
    model = words.get(f"model_{risk.get('model')}", str(risk.get("model")))
    reason = words.get(f"reason_{risk.get('reason', '')}".replace(" ", "_"), "")
    tested = risk.get("incidents_tested")
    few = say(words, "unsure_few", n=tested) if tested is not None and tested < FEW_INCIDENTS else ""
    return say(
        words, "unsure_text", model=model, hit=hit[0], share=float(SHARES[0]), reason=reason,
        origins=risk.get("origins", 0), few=few,
    )  # fmt: skip


def decide(found: Findings, words: Words) -> str:
    """Say what the reader has to decide: how to staff what is short, else whether to take the plan."""
    strength = found.summary.get("strength")
    if strength and not strength.get("enough", True):
        return say(words, "decide_strength", what=_staffed(strength, words))
    sites = found.summary.get("sites", {})
    if sites.get("covered_share") is not None:
        return say(words, "decide_sites", n=sites["n"], share=sites["covered_share"], of=demand_words(sites, words))
    return words["decide_plan"] if found.summary.get("areas") else ""


def _staffed(strength: Mapping[str, Any], words: Words) -> str:
    uses = [
        say(words, "staffed_of", use=words[f"use_{use}"], staffed=row["staffed"], wanted=row["wanted"])
        for use, row in strength["uses"].items()
        if row["wanted"]
    ]
    return words["list_semicolon"].join(uses)


def demand_words(sites: Mapping[str, Any], words: Words) -> str:
    """Return what the posts were sited for."""
    demand = str(sites.get("demand", "risk"))
    return words.get(f"demand_{demand}", demand)


def unmet_lines(found: Findings, words: Words) -> list[str]:
    """Return one sentence a wish of the plan that cannot be met as it stands."""
    rows = [{**row, "force": words.get(f"force_{row.get('force')}", "")} for row in found.summary.get("unmet", [])]
    return [say(words, f"unmet_{row['wish']}", **{k: v for k, v in row.items() if k != "wish"}) for row in rows]
