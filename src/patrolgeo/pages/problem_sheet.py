"""The problem sheet of a hot spot in words: what and when, why here, who else, and when we will know."""

from __future__ import annotations

from collections.abc import Mapping

from patrolgeo.hotspots.problem_sheet import ProblemSheet
from patrolgeo.pages.blocks import Lines, Part, Text
from patrolgeo.words.messages import say

ALL = 0.995  # of the hours are known, as printed


def sheet_part(sheet: ProblemSheet, words: Mapping[str, str]) -> Part:
    """Return the sheet as a part of a page; the patrol is the last of those who can change it."""
    return Part(
        say(words, "sheet_title", spot=sheet.spot),
        [
            Text(say(words, "sheet_scan", text=_scan(sheet, words))),
            Text(words["sheet_analyse"]),
            Lines((*(words[f"reason_{r}"] for r in sheet.reasons), *_factors(sheet, words), *_near(sheet, words))),
            Text(words["sheet_respond"]),
            Lines(tuple(words[f"partner_{p}"] for p in sheet.partners)),
            Text(say(words, "sheet_assess", text=_assess(sheet, words))),
        ],
    )


def _scan(sheet: ProblemSheet, words: Mapping[str, str]) -> str:
    what = say(words, "sheet_what", incidents=sheet.incidents, expected=sheet.expected, kinds=sheet.kinds)
    hours = {"workdays": sheet.peak_workdays or "–", "weekend": sheet.peak_weekend or "–"}
    some = f" {say(words, 'sheet_hours', known=sheet.hours_known)}" if sheet.hours_known < ALL else ""
    return f"{what} {say(words, 'sheet_when', **hours)}{some}"


def _factors(sheet: ProblemSheet, words: Mapping[str, str]) -> list[str]:
    return [
        say(words, f"sheet_factor_{operation}", kind=kind, reach=reach, factor=factor, low=low, high=high)
        for kind, operation, reach, factor, low, high in sheet.factors
    ]


def _near(sheet: ProblemSheet, words: Mapping[str, str]) -> list[str]:
    places = [
        say(words, "sheet_place" if round(metres) else "sheet_place_in", name=name, kind=kind, metres=metres)
        for name, kind, metres in sheet.near
    ]
    return [say(words, "sheet_near", places=words["list_comma"].join(places))] if places else []


def _assess(sheet: ProblemSheet, words: Mapping[str, str]) -> str:
    date = f"{sheet.assess_on:%Y-%m-%d}"
    if not sheet.fewer_than:
        return say(words, "sheet_assess_long", date=date, usual=sheet.usual)
    return say(words, "sheet_assess_text", date=date, usual=sheet.usual, fewer=sheet.fewer_than)
