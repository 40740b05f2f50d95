"""How it went: what was patrolled, week by week, against the plan; by place and shift, never by officer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

COUNTS = ("planned", "delivered", "outside")
SHARES = ("issued_share", "taken_share", "reported_share", "done_share")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the sentences, and the tables by week, area, shift and of the tasks."""
    told = found.summary.get("patrols")
    if not told:
        return []
    made: list[Block] = [*texts(_lines(told, words)), _weeks(told["weeks"], words)]
    for key, label in (("by_area", "area_name"), ("by_shift", "shift")):
        if told.get(key):
            made.append(Part(words[f"patrols_{key}"], [_held(told[key], label, words)]))
    if told.get("tasks"):
        made.append(Part(words["patrols_tasks"], [_tasks(told["tasks"], words)]))
    return [*made, Text(words["patrols_note"], "note")]


def _lines(told: Mapping[str, Any], words: Words) -> list[str]:
    count = {"units": told["units"], "cells": told["cells_patrolled"], "visits": told["visits"]}
    lines = [say(words, "patrols_text", **count, **told["minutes"])]
    if "planned" in told:
        done = {key: told[key] for key in ("done", "planned", "done_share")}
        lines.append(say(words, "patrols_done", **done, interval=_interval(told, "", words)))
        lines.append(say(words, "patrols_beside", **{k: told[k] for k in ("outside", "beyond", "never", "cells")}))
        if told["planned_outside"]:
            lines.append(say(words, "patrols_no_cell", minutes=told["planned_outside"]))
    if told["too_rare"]:
        lines.append(say(words, "patrols_rare", share=told["thinning"]))
    return lines


def _interval(row: Mapping[str, Any], step: str, words: Words) -> str:
    """Return the 95 % interval of a share, nothing where there is none."""
    low, high = row.get(f"{step}low"), row.get(f"{step}high")
    return "" if low is None or high is None else say(words, "share_interval", low=low, high=high)


def _weeks(rows: Sequence[Mapping[str, Any]], words: Words) -> Block:
    if any("planned" in row for row in rows):
        return _held(rows, "week", words)
    heads = [words[key] for key in ("week", "delivered_minutes", "visits")]
    return Table(heads, [[row["week"], f"{row['minutes']:,.0f}", f"{row['visits']:,}"] for row in rows])


def _held(rows: Sequence[Mapping[str, Any]], label: str, words: Words) -> Table:
    """Return planned against delivered, a row a week, area or shift."""
    heads = [words[key] for key in (label, "planned_minutes", "delivered_minutes", "outside_minutes", "done_share",
                                    "never_visited")]  # fmt: skip
    return Table(heads, [_row(row, label, words) for row in rows])


def _row(row: Mapping[str, Any], label: str, words: Words) -> list[str]:
    if "planned" not in row:
        return [str(row[label]), "–", f"{row['minutes']:,.0f}", "–", "–", "–"]
    share = "–" if row.get("done_share") is None else f"{row['done_share']:.1%}{_interval(row, '', words)}"
    return [str(row[label]), *(f"{row[key]:,.0f}" for key in COUNTS), share, f"{row['never']:,} / {row['cells']:,}"]


def _tasks(rows: Sequence[Mapping[str, Any]], words: Words) -> Table:
    heads = [words["week"], words["tasks"], *(words[f"task_{key}"] for key in SHARES)]
    lines = [[row["week"], f"{row['tasks']:,}", *(_share(row, key, words) for key in SHARES)] for row in rows]
    return Table(heads, lines)


def _share(row: Mapping[str, Any], key: str, words: Words) -> str:
    if row.get(key) is None:
        return "–"
    return f"{row[key]:.1%}{_interval(row, key.removesuffix('share'), words)}"
