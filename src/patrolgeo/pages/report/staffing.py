"""Staffing: units by hour, the service they give, shifts and people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from patrolgeo.pages.blocks import Block, Table, Text, texts
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.posts import proof
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import say

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STRETCH = 4  # hours that share a row


def blocks(found: Findings, words: Words) -> list[Block]:
    """Return what is asked, units by stretch of the day, the service, the shifts and the people."""
    told = found.summary.get("staffing")
    if not told or found.released:
        return []
    lines = [
        say(words, "staffing_asked", **_of(told, "asked_a_week", "busy_minutes", "share", "within_minutes")),
        _units(told, words),
    ]
    return [*texts(lines), _hours(told, words), *texts([*_service(told, words), _proof(told, words)]),
            _forces(told, words), Text(words["staffing_note"], "note")]  # fmt: skip


def _units(told: Mapping[str, Any], words: Words) -> str:
    least, most = told["units_least"], told["units_most"]
    if least == most:
        return say(words, "staffing_units_even", most=most)
    return say(words, "staffing_units", least=least, most=most)


def _of(told: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: told[key] for key in keys}


def _hours(told: Mapping[str, Any], words: Words) -> Table:
    """Return the most units wanted and the fewest on duty by stretch of the day and weekday."""
    wanted = np.array(told["units"]).reshape(7, -1, STRETCH).max(axis=2)
    there = np.array(told["on_duty"]).reshape(7, -1, STRETCH).min(axis=2)
    rows = [
        [f"{STRETCH * k:02d}:00-{STRETCH * (k + 1):02d}:00", *(f"{wanted[d, k]} / {there[d, k]}" for d in range(7))]
        for k in range(wanted.shape[1])
    ]
    return Table([words["hours"], *(words[f"weekday_{day}"] for day in DAYS)], rows)


def _service(told: Mapping[str, Any], words: Words) -> list[str]:
    said = _of(told, "within_share", "within_minutes", "committed_share", "committed_share_most")
    lines = [say(words, "staffing_service", **said)]
    watch, few = told["hours_watch"], told["hours_too_few"]
    lines.append(say(words, "staffing_bands", watch=watch, few=few) if watch or few else words["staffing_room"])
    if told["patrol_interval_hours"] is not None:
        lines.append(say(words, "staffing_interval", hours=told["patrol_interval_hours"]))
    lines.append(say(words, "staffing_without", n=told["area_hours_without"], of=told["area_hours"]))
    return lines


def _proof(told: Mapping[str, Any], words: Words) -> str:
    shown = {"status": told["roster_status"], "bound": told["roster_bound"]}
    proved = proof(shown, words, "staffing", gap=told["roster_gap"] or 0.0)
    hours = {"hours": told["roster_objective"], "required": told["roster_required_hours"]}
    return say(words, "staffing_shifts", **hours, proof=proved)


def _forces(told: Mapping[str, Any], words: Words) -> Table:
    heads = [words[key] for key in ("force", "roster_lines", "roster_hours", "roster_people", "roster_employed")]
    rows = [
        [words[f"force_{force}"], f"{row['lines']:,.0f}", f"{row['duty_hours']:,.0f}", f"{row['people']:,.0f}",
         f"{row['employed']:,.1f}"]
        for force, row in told["roster_forces"].items()
    ]  # fmt: skip
    there = "–" if told["employed_there"] is None else f"{told['employed_there']:,}"
    return Table(heads, [*rows, [words["roster_there"], "", "", "", there]])
