"""Who bears it: work and sites by group of residents, records that officers started, places that tell little."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

RATIOS = ("work_without_ratio", "over_recorded", "over_calls")
SHARES = ("reached", "reached_without")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the groups, what officers started, and the places that tell little."""
    told = found.summary.get("equity")
    if not told:
        return []
    made: list[Block] = [
        Text(words["bears_text"]),
        group_rows(told["groups"], words),
        Text(words["bears_note"], "note"),
    ]
    if (asked := found.summary.get("consultation")) is not None:
        made.append(Text(say(words, "bears_consulted", **{**asked, "refused": len(asked["refused"])})))
    return [*made, Part(words["bears_officer_head"], _officer(told["feedback"], words)),
            Part(words["bears_silent_head"], _silent(told["silent"], words))]  # fmt: skip


def group_rows(rows: list[dict[str, Any]], words: Words) -> Table:
    """Return who bears the plan, a row a group."""
    shown = [name for name in (*RATIOS, *SHARES) if any(row.get(name) is not None for row in rows)]
    heads = [words[f"bears_{name}"] for name in ("group", "residents", "share", "work", *shown)]
    return Table(heads, [_group(row, shown, words) for row in rows])


def _group(row: Mapping[str, Any], shown: list[str], words: Words) -> list[str]:
    name = words["bears_all"] if row["group"] == "all" else str(row["group"])
    if row["reason"]:
        return [name, f"{row['residents']:,.0f}", words[f"bears_reason_{row['reason'].replace(' ', '_')}"],
                *["–"] * (len(shown) + 1)]  # fmt: skip
    work = f"{row['work_ratio']:.2f} ({row['work_low']:.2f}–{row['work_high']:.2f})"
    cells = [_told(row.get(name), ".0%" if name in SHARES else ".2f") for name in shown]
    return [name, f"{row['residents']:,.0f}", f"{row['share']:.1%}", work, *cells]


def _told(value: float | None, how: str) -> str:
    return "–" if value is None else format(value, how)


def _officer(told: Mapping[str, Any], words: Words) -> list[Block]:
    values = {name: told[name] for name in ("officer", "records", "share", "changed", "first")}
    made: list[Block] = [Text(say(words, "bears_officer", **values))]
    if told["kinds"]:
        heads = [words[key] for key in ("bears_kind", "bears_records", "bears_officer_share")]
        rows = [[words.get(row["kind"], row["kind"]), f"{row['records']:,.0f}", f"{row['share']:.0%}"]
                for row in told["kinds"]]  # fmt: skip
        made.append(Table(heads, rows))
    return made


def _silent(rows: list[Mapping[str, Any]], words: Words) -> list[Block]:
    if not rows:
        return [Text(words["bears_silent_none"])]
    heads = [words[f"bears_{key}"] for key in ("near", "residents", "recorded", "expected", "p")]
    table = [[row["near"], f"{row['residents']:,.0f}", f"{row['recorded']:,.0f}", f"{row['expected']:,.1f}",
              f"{row['p_adjusted']:.2f}"] for row in rows]  # fmt: skip
    return [Text(words["bears_silent"]), Table(heads, table)]
