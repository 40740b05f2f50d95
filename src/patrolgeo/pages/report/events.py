"""Dated events: until when, with which posts and people, and what is thinner elsewhere meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return a part for each event."""
    if found.released:
        return []
    return [Part(event["name"], _event(event, words)) for event in found.summary.get("events", ())]


def _event(told: Mapping[str, Any], words: Words) -> list[Block]:
    what = {key: told[key] for key in ("place", "area", "start", "end", "hours", "expected")}
    lines = [say(words, "event_text", kind=words[f"event_{told['kind'].replace(' ', '_')}"], **what)]
    if told["gathering"]:
        lines.append(words["event_gathering"])
    if told["posts"]:
        posts = words["list_semicolon"].join(f"{words[f'event_post_{kind}']} {n}" for kind, n in told["posts"].items())
        lines.append(
            say(words, "event_posts_text", posts=posts, officers=told["officers"], hours=told["officer_hours"])
        )
    if told["own_units"]:
        lines.append(say(words, "event_own", calls=told["calls"], units=told["own_units"]))
    return [*texts(lines), *_thinner(told, words)]


def _thinner(told: Mapping[str, Any], words: Words) -> list[Block]:
    if "bound" not in told:
        return [Text(words["event_none_bound"])]
    keys = ("bound", "units", "left", "within_share", "within_share_meanwhile", "committed_share",
            "committed_share_meanwhile")  # fmt: skip
    heads = [words[key] for key in ("col_area", "event_units", "event_left", "event_minutes", "event_meanwhile")]
    rows = [
        [row["name"], f"{row['units']:.0f}", f"{row['left']:.0f}", _minutes(row["minutes"]),
         _minutes(row["minutes_meanwhile"])]
        for row in told["areas"]
    ]  # fmt: skip
    return [
        Text(say(words, "event_thinner", **{key: told[key] for key in keys})), *_redrawn(told, words),
        Table(heads, rows), Text(words["event_note"], "note"),
    ]  # fmt: skip


def _redrawn(told: Mapping[str, Any], words: Words) -> list[Block]:
    if "redrawn" not in told:
        return []
    new = told["redrawn"]
    areas = words["list_comma"].join(new["handed_over"])
    said = {"n": new["areas"], "heaviest": new["heaviest"], "minutes": new["minutes"]}
    return [Text(say(words, "event_redrawn", areas=areas, **said))]


def _minutes(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"
