"""Routes with timed stops: what they bring, how far from the best, how hard to foresee, and the first day's stops."""

from __future__ import annotations

from patrolgeo.pages.blocks import Block, Text, printed_columns, printed_table, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

COLUMNS = ("id", "from", "to", "activity", "place", "name", "expected")


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return the sentences, and the stops of the first day."""
    told = found.summary.get("routes")
    if not told:
        return []
    lines = [say(words, "routes_text", **{k: told[k] for k in ("units", "stops", "places", "begins", "shift_minutes")})]
    if told["of_bound"] is not None:
        lines.append(say(words, "routes_bound", share=told["of_bound"]))
    if told.get("risk_share") is not None:
        lines.append(say(words, "routes_hours", share=told["risk_share"]))
    lines.append(say(words, "routes_draws", days=told["days"], plans=told["plans"], least=told["least_drawn"]))
    if told["tasks"]:
        lines.append(say(words, "routes_tasks", n=told["tasks"]))
    lines += [say(words, "routes_fewer", **row) for row in told["fewer"]]
    if told["too_often"]:
        lines.append(say(words, "routes_too_often", n=told["too_often"], often=told["often"], needed=told["needed"]))
    lines.append(
        say(words, "routes_watcher", **{k: told["watcher"][k] for k in ("days", "hit_rate", "reference", "ratio")})
    )
    made = texts(lines)
    if (stops := found.overlays.get("day_stops")) is not None:
        table = printed_columns(stops, COLUMNS)
        table["activity"] = stops["activity"].map(lambda activity: words[f"activity_{activity}"])
        made.append(printed_table(table.rename(columns=lambda c: f"route_{c}" if f"route_{c}" in words else c), words))
    return [*made, Text(words["routes_note"], "note")]
