"""What the page of costs says of the time ahead: what one more buys, and the table for the yearly adjustment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text
from patrolgeo.words.messages import number, say

Words = Mapping[str, str]
Summary = Mapping[str, Any]


def what_next(summary: Summary, words: Words) -> list[Block]:
    """Return the parts on what one more buys and on the year; nothing where nothing is known."""
    more, year = list(_more(summary, words)), list(_year(summary, words))
    parts = ((words["trial_next"], more), (words["trial_year"], year))
    return [Part(heading, blocks) for heading, blocks in parts if blocks]


def _more(summary: Summary, words: Words) -> Iterator[Block]:
    if (hour := summary["next_hour"]) is not None:
        yield Text(say(words, "trial_next_hour", **{name: number(value) for name, value in hour.items()}))
    if summary["next_steps"]:
        heads = ("what", "number", "value", "more", "price")
        yield Table([words[f"trial_step_{head}"] for head in heads], list(map(_step, summary["next_steps"])))
        yield Text(words["trial_step_note"], "note")


def _step(row: Mapping[str, Any]) -> list[str]:
    """Return a step as texts: what there is more of, how many then, what they bring, and the price of a unit."""
    value, more = (f"{number(row[name])} {row['unit']}".strip() for name in ("value", "more"))
    return [row["what"], number(row["number"]), value, more, _or_dash(row["cost"])]


def _year(summary: Summary, words: Words) -> Iterator[Block]:
    if not summary["year"]:
        return
    rows = [
        [row["measure"], number(row["cost"]), _or_dash(row["prevented"]), _or_dash(row["per_incident"]),
         _span(row, words), words["trial_said_" + row["said"].replace(" ", "_")]]
        for row in summary["year"]
    ]  # fmt: skip
    heads = ("trial_measure", "trial_money", "trial_fewer_by", "trial_price", "trial_interval", "trial_said")
    yield Table([words[head] for head in heads], rows)
    yield Text(words["trial_year_note"], "note")


def _span(row: Mapping[str, Any], words: Words) -> str:
    """Return the interval of a price; without an upper end where none prevented is not ruled out."""
    if row["low"] is None:
        return "–"
    return f"{number(row['low'])} – {words['trial_no_end'] if row['high'] is None else number(row['high'])}"


def _or_dash(value: float | None) -> str:
    return "–" if value is None else number(value)
