"""What was read: every row of every file, used or set aside with its reason."""

from __future__ import annotations

from typing import Any

from patrolgeo.pages.blocks import Block, Table, Text
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
    if people := known(found.summary, "population", "read", "on_cells", "outside"):
        made.append(Text(say(words, "people_kept", **people)))
    if grid := known(found.summary, "grid", "area_km2", "cells", "resolution", "patrollable"):
        made.append(Text(say(words, "cells_filled", area=grid.pop("area_km2"), **grid)))
    return made


def _row(source: str, ledger: Any, words: Words) -> list[str]:
    entry = ledger.to_dict() if hasattr(ledger, "to_dict") else ledger
    aside = sorted(entry.get("set_aside", {}).items(), key=lambda item: (-item[1], item[0]))
    reasons = "; ".join(f"{_reason(code, words)}: {rows:,}" for code, rows in aside if rows)
    name = words.get(f"role_{source}", source)
    return [name, f"{entry['read']:,}", f"{entry['kept']:,}", f"{sum(rows for _, rows in aside):,}", reasons]


def _reason(code: str, words: Words) -> str:
    """Return the words of a code of the ledger; a reason of the user's own stays as it is."""
    return words.get(f"finding_{code}", code)
