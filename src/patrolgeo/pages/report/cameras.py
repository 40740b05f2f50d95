"""Cameras: what they see, what was refused, who was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from patrolgeo.pages.blocks import Block, Table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.posts import proof
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

HEADS = ("rank", "camera", "near_place", "sees_roads", "sees_m", "adds_expected", "consultation")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the sentences, and one row a camera."""
    told = found.summary.get("cameras")
    if not told:
        return []
    made = texts(_lines(told, words))
    cameras = found.overlays.get("cameras")
    return made if cameras is None else [*made, _table(cameras, words)]


def _lines(told: Mapping[str, Any], words: Words) -> list[str]:
    lines = [
        say(words, "cameras_text", n=told["n"], share=told["covered_share"], purpose=told["purpose"],
            operator=told["operator"], days=told["keep_days"]),
        proof(told, words, "cameras", candidates=told["candidates"]),
    ]  # fmt: skip
    if told["refused"]:
        parts = [say(words, "cameras_refused_part", n=n, kind=words.get(k, k)) for k, n in told["refused"].items()]
        lines.append(say(words, "cameras_refused", range=told["range_m"], parts=words["list_comma"].join(parts)))
    if told["included"]:
        parts = [f"{words.get(kind, kind)} ({date})" for kind, date in told["included"].items()]
        lines.append(say(words, "cameras_included", parts=words["list_comma"].join(parts)))
    if told["consulted_elsewhere"]:
        lines.append(say(words, "cameras_elsewhere", n=len(told["consulted_elsewhere"])))
    return [line for line in [*lines, say(words, "cameras_consulted", held=told["consulted"], n=told["n"])] if line]


def _table(cameras: pd.DataFrame, words: Words) -> Table:
    rows = [
        [str(rank), row.camera, row.name, row.roads, f"{row.sees_m:,.0f}", f"{row.adds_share:.2%}",
         words["consultation_open"] if pd.isna(row.consulted) else str(row.consulted)]
        for rank, row in zip(cameras.index, cameras.itertuples(index=False), strict=True)
    ]  # fmt: skip
    return Table([words[head] for head in HEADS], rows)
