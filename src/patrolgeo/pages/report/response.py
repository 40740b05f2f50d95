"""What the plan will feel like: minutes until somebody is there, today and under the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from patrolgeo.pages.blocks import Block, Part, Table, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

SIDES = ("today", "proposed")
FIRST = 3  # changes of a kind that are told


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return what was simulated, both sides with intervals, who waits longer, what single changes do, the shifts."""
    told = found.summary.get("response")
    if not told:
        return []
    text = say(
        words, "response_text", calls=told["proposed"]["calls"], units=told["proposed"]["units"],
        today=told["today"]["units"], minutes=number(told["service_minutes"]),
        source=words["response_of_calls" if told["of_calls"] else "response_of_incidents"],
    )  # fmt: skip
    return [
        Text(text), _both(told, words), Text(_against(told, words)), Text(_worse(told, words)),
        Part(words["response_changes"], [*_use(told, words), _changes(told, words)]),
        Part(words["response_shifts"], [Text(words["response_shifts_text"]), _shifts(told, words)]),
    ]  # fmt: skip


def _both(told: Mapping[str, Any], words: Words) -> Table:
    sides = [side for side in SIDES if side in told]
    within = say(words, "response_within", minutes=number(told["within_minutes"]))
    rows = [
        [words["response_mean"], *(_interval(told[side]) for side in sides)],
        [words["response_median"], *(number(told[side]["median"]) for side in sides)],
        [words["response_p90"], *(number(told[side]["p90"]) for side in sides)],
        [within, *(f"{told[side]['within_share']:.1%}" for side in sides)],
        [words["response_wait"], *(f"{told[side]['wait_share']:.1%}" for side in sides)],
        [words["response_workload"], *(f"{told[side]['workload']:.1%}" for side in sides)],
        [words["response_friday"], *(_interval(told[side]["busy_day"]) for side in sides)],
    ]
    return Table(["", *(words[f"response_{side}"] for side in sides)], rows)


def _interval(side: Mapping[str, Any]) -> str:
    return f"{number(side['mean'])} ({number(side['mean_low'])}–{number(side['mean_high'])})"


def _against(told: Mapping[str, Any], words: Words) -> str:
    change = told["change"]
    key = "response_longer" if change["low"] > 0 else "response_shorter" if change["high"] < 0 else "response_same"
    signed = [change[name] for name in ("change", "low", "high")]
    if key == "response_shorter":
        signed = [-change[name] for name in ("change", "high", "low")]
    minutes, low, high = map(number, signed)
    return say(words, key, minutes=minutes, low=low, high=high)


def _worse(told: Mapping[str, Any], words: Words) -> str:
    names = told["worse_areas"]
    return (
        say(words, "response_worse", areas=words["list_comma"].join(names)) if names else words["response_none_worse"]
    )


def _use(told: Mapping[str, Any], words: Words) -> list[Block]:
    """Say what the changes are, and when no vehicle more shortens the mean for certain."""
    helps = any(row["high"] < 0 for row in told["variants"] if row["kind"] == "one unit more")
    return [Text(words[key]) for key in ("response_changes_text", *(() if helps else ("response_more_of_no_use",)))]


def _changes(told: Mapping[str, Any], words: Words) -> Table:
    """Return the changes that matter most: units that help most, posts and roads whose loss costs most."""
    rows = []
    for kind, sign in (("one unit more", 1), ("one post less", -1), ("one road closed", -1)):
        mine = [row for row in told["variants"] if row["kind"] == kind][::sign]  # from the least change to the largest
        rows += [
            [
                words[kind.replace(" ", "_")],
                row["what"],
                f"{row['change']:+.2f} ({row['low']:+.2f} – {row['high']:+.2f})",
            ]
            for row in mine[:FIRST]
        ]
    return Table([words["response_change"], words["response_where"], words["response_minutes"]], rows)


def _shifts(told: Mapping[str, Any], words: Words) -> Table:
    rows = [[row["shift"], number(row["mean_minutes"])] for row in told["by_shift"] if row["mean_minutes"] is not None]
    return Table([words["response_shift"], words["response_cells"]], rows)
