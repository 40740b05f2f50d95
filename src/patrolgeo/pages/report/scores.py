"""Scores with their intervals, as the report reads them from the summary."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from patrolgeo.words.messages import number, say

SHARES = ("0.05", "0.01")  # of the patrollable area; the first is the one a reader meets first
Interval = tuple[float, float | None, float | None]
Words = Mapping[str, str]


def known(summary: Mapping[str, Any], part: str, *keys: str) -> dict[str, Any]:
    """Return the named numbers of one part of the summary, or nothing when one of them is missing."""
    found = {key: summary.get(part, {}).get(key) for key in keys}
    return {} if any(value is None for value in found.values()) else found


def score(risk: Mapping[str, Any], metric: str, share: str) -> Interval | None:
    """Return a score at one share of the area."""
    return as_interval(risk.get(metric, {}).get(share))


def as_interval(found: Any) -> Interval | None:
    """Return value, lower and upper end of a number or of ``{"value", "low", "high"}``; None when not known."""
    if isinstance(found, Mapping):
        if "hit_rate" in found:
            return as_interval(found["hit_rate"])
        value, low, high = found.get("value"), found.get("low"), found.get("high")
    else:
        value, low, high = found, None, None
    value, low, high = (None if v is None or not math.isfinite(v) else float(v) for v in (value, low, high))
    return None if value is None else (value, low, high)


def rivals(risk: Mapping[str, Any], share: str, words: Words) -> list[tuple[str, str, Interval]]:
    """Return the naive maps, each with its code, its words and its hit rate at one share of the area."""
    naive = risk.get("naive", {}).items()
    found = [(name, words.get(f"naive_{name}", name), as_interval(by.get(share))) for name, by in naive]
    return [(name, called, hit) for name, called, hit in found if hit]


def ahead(risk: Mapping[str, Any], rival: str, share: str) -> Interval | None:
    """Return by how much the stack was ahead of a simple map in the same periods; None where the plan is not by it."""
    told = risk.get("stack_against", {}).get(rival, {}).get(share)
    return as_interval(told) if risk.get("model") == "stack" else None


def verdict(hit: Interval, naive: Interval, difference: Interval | None = None) -> str:
    """Judge by the interval of the difference in the same periods, else by that of the forecast's own hit rate."""
    if difference is not None:
        hit, naive = difference, (0.0, None, None)
    value, low, high = hit
    if (low if low is not None else value) > naive[0]:
        return "better"
    return "worse" if (high if high is not None else value) < naive[0] else "similar"


def share_text(hit: Interval | None, words: Words) -> str:
    """Write a share with its interval, in per cent."""
    return _text(hit, words, lambda value: f"{value:.1%}")


def interval_text(hit: Interval | None, words: Words) -> str:
    """Write a number with its interval."""
    return _text(hit, words, number)


def _text(hit: Interval | None, words: Words, write: Any) -> str:
    if hit is None:
        return ""
    value, low, high = hit
    if low is None or high is None:
        return str(write(value))
    return say(words, "interval", value=write(value), low=write(low), high=write(high))
