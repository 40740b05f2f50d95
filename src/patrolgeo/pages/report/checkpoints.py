"""What the checkpoints meet, what they cost, how good they are, which borders are shared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import ROWS, Block, Part, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

KINDS = ("inside", "in", "out", "through")
NAMED = 12  # border villages that are named one by one


def checkpoint_lines(found: Mapping[str, Any], words: Words) -> list[str]:
    """Return the sentences, each from a number of `summary.json`'s section "checkpoints"."""
    if found.get("intercepted_share") is None:
        return []
    lines = [*_ground(found, words)]
    lines += [say(words, "checkpoints_text", n=found["n"], share=found["intercepted_share"]), _proof(found, words)]
    if found.get("gates"):
        lines.append(say(words, "gates_text", n=found["gates"], counted=found["gates_counted"]))
    if found.get("flows_kept") is not None:
        lines.append(say(words, "flows_kept_text", share=found["flows_kept"]))
    if kinds := found.get("by_kind"):
        parts = [say(words, f"flow_{kind}", share=share) for kind in KINDS if (share := kinds.get(kind)) is not None]
        lines.append(say(words, "kinds_text", parts=words["list_comma"].join(parts)))
    if found.get("one_more_share") is not None:
        lines.append(say(words, "one_more_text", share=found["one_more_share"]))
    if found.get("staff_hours_per_day") is not None:
        lines.append(say(words, "staff_text", **{k: number(float(found[k])) for k in _STAFF}))
    if found.get("key_places"):
        lines.append(say(words, "key_places_text", n=found["key_places"], defended=found["key_places_defended"]))
    if found.get("border_villages"):
        twice, n = found["border_villages_covered_twice"], found["border_villages"]
        reach = "…" if found.get("border_minutes") is None else number(found["border_minutes"])
        lines.append(say(words, "border_text", n=n, twice=twice, missing=n - twice, minutes=reach))
    return lines


def _ground(found: Mapping[str, Any], words: Words) -> list[str]:
    """Return purpose, basis and end, and what the law of the country says of them."""
    if found.get("purpose") is None:
        return []
    law = {"GB": "pace_text", "US": "edmond_text"}.get(found.get("country") or "")
    lines = [
        say(words, "checkpoint_ground", purpose=found["purpose"], basis=found["basis"], until=found["valid_until"])
    ]
    if found["valid_until"][:10] < found.get("plan_until", ""):
        lines.append(say(words, "checkpoint_ends", plan=found["plan_until"]))
    return lines + ([words[law]] if law else [])


_STAFF = ("posts", "officers", "shifts_per_day", "officers_per_day", "staff_hours_per_day")


def _proof(found: Mapping[str, Any], words: Words) -> str:
    if found.get("status") == "optimal":
        return words["meet_optimal_text"]
    bound, gap = found.get("bound"), found.get("gap")
    return words["unproven_text"] if bound is None or gap is None else say(words, "meet_text", bound=bound, gap=gap)


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the sentences, the grades of duty, and the border villages not reached from both sides."""
    told = found.summary.get("checkpoints", {})
    made = texts(checkpoint_lines(told, words))
    if not made:
        return []
    if grades := told.get("grades"):
        heads = [words[key] for key in ("grade", "checkpoints", "meets", "grade_loss")]
        rows = [
            [words.get(f"grade_{grade}", grade), str(row["n"]), f"{row['intercepted_share']:.1%}", f"{row['loss']:.1%}"]
            for grade, row in grades.items()
        ]
        made.append(Part(words["grades"], [Table(heads, rows), Text(words["grades_text"], "note")]))
    if told.get("border_proposals"):
        made.append(Part(words["border_help"], _help(told, found.overlays.get("border_villages"), words)))
    elif missing := told.get("border_villages_missing"):
        names = words["list_comma"].join(missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
        made.append(Part(words["border_missing"], [Text(names)]))
    return [*made, Text(words["gates_note" if told.get("gates") else "traffic_note"], "note")]


def _help(told: Mapping[str, Any], villages: Any, words: Words) -> list[Block]:
    """Return what can be done for border villages that lack a side: how often each, and village by village."""
    counts = told["border_proposals"]
    made: list[Block] = [
        Text(say(words, "border_help_text", n=sum(counts.values()), posts=told["border_posts_proposed"], **counts))
    ]
    if villages is not None and len(villages):
        heads = [words[key] for key in ("village", "residents", "side", "of_area", "proposal", "by", "minutes_away")]
        rows = [
            [str(row.name), f"{row.residents:,.0f}", words[f"side_{row.side}"], str(row.of_area),
             words[f"proposal_{row.proposal}"], "–" if pd.isna(row.by) else str(row.by),
             "–" if pd.isna(row.minutes_away) else number(float(row.minutes_away))]
            for row in villages.head(ROWS).itertuples(index=False)
        ]  # fmt: skip
        made.append(Table(heads, rows))
    return [*made, Text(words["border_help_note"], "note")]
