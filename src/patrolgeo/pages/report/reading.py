"""What was read: every row of every file, used or set aside with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words, known
from patrolgeo.words.messages import say

HEADS = ("source", "read", "kept", "set_aside", "reasons")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the table of the files, then people on cells and cells in the area."""
    ledgers = dict(found.ledgers or {})
    if not ledgers and "incidents" in found.summary:
        ledgers = {"incidents": found.summary["incidents"]}
    rows = [_row(source, ledger, words) for source, ledger in ledgers.items()]
    made: list[Block] = [Text(words["was_read_text"]), Table([words[key] for key in HEADS], rows)]
    made += texts(counting_lines(found.summary, words))
    if people := known(found.summary, "population", "read", "on_cells", "outside"):
        made.append(Text(say(words, "people_kept", **people)))
    if grid := known(found.summary, "grid", "area_km2", "cells", "resolution", "patrollable"):
        made.append(Text(say(words, "cells_filled", area=grid.pop("area_km2"), **grid)))
    return made


def counting_lines(summary: Mapping[str, Any], words: Words) -> list[str]:
    """Return how many rows had a place, how many count, and why the others do not."""
    told = summary.get("incidents", {})
    lines = []
    if told.get("mapping_rate") is not None:
        lines.append(say(words, "mapping_text", share=told["mapping_rate"]))
    if told.get("counted") is not None and told.get("not_counted") is not None:
        reasons = words["list_semicolon"].join(
            f"{words.get(f'not_counted_{reason}', reason)} {rows:,}" for reason, rows in told["not_counted"].items()
        )
        lines.append(say(words, "counted_text", counted=told["counted"], kept=told["kept"],
                         reasons=reasons or words["none"]))  # fmt: skip
    if told.get("officer_kinds"):
        kinds = words["list_comma"].join(f"{kind} ({rows:,})" for kind, rows in told["officer_kinds"].items())
        lines.append(say(words, "officer_text", kinds=kinds))
    if told.get("sensitive_by_township"):
        lines.append(words["sensitive_text"])
    return lines


def _row(source: str, ledger: Any, words: Words) -> list[str]:
    entry = ledger.to_dict() if hasattr(ledger, "to_dict") else ledger
    aside = sorted(entry.get("set_aside", {}).items(), key=lambda item: (-item[1], item[0]))
    reasons = "; ".join(f"{_reason(code, words)}: {rows:,}" for code, rows in aside if rows)
    role, _, number = source.partition(" ")  # "exclude 2" is the second file of its kind
    name = f"{words.get(f'role_{role}', role)} {number}".rstrip()
    return [name, f"{entry['read']:,}", f"{entry['kept']:,}", f"{sum(rows for _, rows in aside):,}", reasons]


def _reason(code: str, words: Words) -> str:
    """Return the words of a code of the ledger; a reason of the user's own stays as it is."""
    return words.get(f"finding_{code}", code)
