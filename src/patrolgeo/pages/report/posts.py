"""Existing places as posts: what they reach in each shift, whom they take, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Table, Text, printed_columns, printed_table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

COLUMNS = ("shift", "rank", "name", "kind", "force", "hours", "people", "adds_share")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the sentences by shift, the table by shift and force, and the posts."""
    told = found.summary.get("posts")
    if not told:
        return []
    lines = [say(words, "posts_text", **{key: told[key] for key in ("n", "places", "possible", "people")})]
    lines += [_shift(row, words) for row in told["by_shift"]]
    made = [*texts(lines), _by_force(told, words)]
    if (posts := found.overlays.get("posts")) is not None:
        made.append(
            printed_table(
                printed_columns(posts, COLUMNS).assign(force=posts["force"].map(lambda force: words[f"force_{force}"])),
                words,
            )
        )
    return [*made, Text(words["posts_note"], "note")]


def _shift(row: Mapping[str, Any], words: Words) -> str:
    told = {"shift": row["shift"], "n": row["posts"], "share": row["covered_share"]}
    return say(words, "posts_shift_text", **told, proof=proof(row, words, "posts"))


def proof(row: Mapping[str, Any], words: Words, what: str, **values: Any) -> str:
    """Return what is proved of a choice: that it is the best, or what no other can exceed; "" when nothing is."""
    if row["status"] == "optimal":
        return say(words, f"{what}_optimal", **values)
    return "" if row["bound"] is None else say(words, f"{what}_bound", bound=row["bound"], **values)


def _by_force(told: Mapping[str, Any], words: Words) -> Table:
    heads = [words[key] for key in ("shift", "hours", "force", "posts_count", "people", "people_there")]
    rows = [
        [row["shift"], row["hours"], words[f"force_{row['force']}"], f"{row['posts']:,}", f"{row['people']:,}",
         "–" if row["there"] is None else f"{row['there']:,}"]
        for row in told["by_force"]
    ]  # fmt: skip
    return Table(heads, rows)
