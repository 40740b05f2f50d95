"""What is rising, in words: a table of warnings by kind and grade, and how many of them chance would bring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import Block, Section, Table, Text
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say

MOST = 40  # warnings that are printed


def rising_page(alerts: pd.DataFrame, span: str, numbers: Mapping[str, Any], edition: Edition) -> str:
    """Return the page of a watch over some weeks: what rises now, what rose, and what was read."""
    words = edition.table
    now = alerts[alerts["state"] == "continuing"]
    over = alerts[alerts["state"] == "over"]
    read = say(words, "rising_read", files=numbers["files"], rows=numbers["read"], records=numbers["records"],
               withdrawn=numbers["withdrawn"])  # fmt: skip
    sections = [
        Section(words["rising_now"], rising_blocks(now, numbers["by_chance_a_week"], words)),
        Section(words["rising_over"], [warning_table(over, words)] if len(over) else []),
        Section(words["rising_how"], [Text(words["rising_grades"], "note"), Text(words["rising_kinds"], "note"),
                                      Text(read, "note")]),
    ]  # fmt: skip
    return str(render(
        "report.html", edition=edition, words=words | {"provenance": words["rising_files"]}, span=span,
        heading=words["rising"], sections=sections, style=source("report.css"),
        first_page=[words["no_ground"], words["recorded"], words["rising_not_statutory"]],
    ))  # fmt: skip


def rising_blocks(alerts: pd.DataFrame, by_chance: Mapping[str, float], words: Mapping[str, str]) -> list[Block]:
    """Return what rises as a sentence, a table, and the number of warnings that chance brings, kind by kind."""
    parts = [say(words, "rising_of_kind", kind=words[f"rising_kind_{kind}"], n=n) for kind, n in by_chance.items()]
    blocks: list[Block] = [
        Text(say(words, "rising_chance", n=sum(by_chance.values()), kinds=words["list_semicolon"].join(parts)))
    ]
    if alerts.empty:
        return [Text(words["rising_none"]), *blocks]
    blocks.append(warning_table(alerts, words))
    if any(_concerns(row, words) for row in alerts.itertuples()):
        blocks.append(Text(words["rising_duty_note"], "note"))
    if alerts["recording"].astype(bool).any():
        blocks.append(Text(words["rising_recording"], "note"))
    return blocks


def warning_table(alerts: pd.DataFrame, words: Mapping[str, str]) -> Table:
    """Return the rarest warnings first, the newest before older ones."""
    shown = alerts.sort_values(["period", "p"], ascending=[False, True], kind="stable").head(MOST)
    heads = ["period", "kind", "place", "what", "grade", "observed", "expected", "by_chance", "since", "duty"]
    rows = [
        [
            str(row.period)[:10], words[f"rising_kind_{row.kind}"], str(row.place) or words["rising_whole"],
            words.get(str(row.what), str(row.what)), str(row.grade), f"{row.observed:.0f}", f"{row.expected:.1f}",
            f"{row.by_chance_a_year:.3f}", str(row.first_seen)[:10] + (" *" if row.recording else ""),
            _concerns(row, words) or "–",
        ]
        for row in shown.itertuples()
    ]  # fmt: skip
    return Table([words[f"rising_{name}"] for name in heads], rows)


def _concerns(row: Any, words: Mapping[str, str]) -> str:
    """Return patrol area, post, shift and forces of a warning, those that are known."""
    known = [(name, str(getattr(row, name, ""))) for name in ("area", "post", "shift", "forces")]
    return words["list_semicolon"].join(say(words, f"rising_of_{n}", name=value) for n, value in known if value)
