"""What planners ask of staffing, and of dated events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo._checks import check_choice
from patrolgeo.config.numbers import Count, Hours, Minutes, Share
from patrolgeo.config.said import check_date
from patrolgeo.config.source import WEEKDAYS
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import Range, key

GATHERINGS = ("assembly", "religious", "political")
EVENTS = ("large event", "school gates", "market day", "festival", *GATHERINGS)
SAFETY_POSTS = ("medical", "exit", "traffic")
EVENT_POSTS = (*SAFETY_POSTS, "entrance", "patrol", "information", "camera", "checkpoint")
Part = Annotated[float, Range(least=0, below=1)]


@dataclass(frozen=True, kw_only=True)
class StaffingWish:
    """Which service units are to give by hour of the week, and which shifts they may work; needs [calls]."""

    share: Share = key("Wanted share of calls for which a unit is free in time.", 0.9)
    within_minutes: Minutes = key("Within so many minutes.", 10.0)
    lag: bool = key("Whether work of an hour is looked for one mean service time later.", False)
    administrative_share: Part = key("Share of its time that a unit on duty is not to be had.", 0.0)
    at_least: Annotated[int, Range(least=0, most=1000)] | None = key(
        "Fewest patrol units on duty at any hour; without it one for every patrol area.", None, example="9"
    )
    lengths: list[Count] = key("Whole hours that a shift may have.", [8, 10, 12])
    rest_hours: Hours = key("Least hours between two duties.", 11.0)
    days_off: Annotated[int, Range(least=0, most=6)] = key("Least free days in a row each week.", 2)
    week_hours: Hours = key("Most hours of duty a week.", 40.0)
    first_day: str | None = key(
        "First date of the roster sheet; without it the first Monday after the newest record.",
        None, example='"2025-01-06"',
    )  # fmt: skip

    def check(self, path: Path) -> None:
        """Raise when the date is none."""
        if self.first_day is not None:
            check_date(self.first_day, f"{path}: staffing.first_day")


@dataclass(frozen=True, kw_only=True)
class EventWish:
    """A dated plan: an event with place, hours and end, what it needs, and what it takes from the rest."""

    name: str = key("What the event is called.", example='"lantern festival"')
    kind: str = key(
        "Kind of event. For an assembly, a religious or a political gathering only safety posts are offered.",
        choices=EVENTS, example='"festival"',
    )  # fmt: skip
    place: str = key("Name of one of [places] at which it is.", example='"Longhe market"')
    start: str = key("When it begins.", example='"2025-01-28 18:00"')
    end: str = key("When it ends; nothing of it holds longer.", example='"2025-01-28 23:00"')
    hours: list[str] | None = key(
        "Where it lasts several days: from when to when each day.", None, example='["07:00", "08:30"]'
    )
    weekdays: list[str] | None = key(
        "Where it lasts several days: on which of them.", None, choices=WEEKDAYS, example='["mon", "fri"]'
    )
    people: Annotated[int, Range(least=1, most=10_000_000)] = key("People expected at a time.", example="3000")
    calls: Annotated[float, Range(least=0, most=1000)] = key("Calls an hour expected there: its own demand.", 0.0)
    posts: dict[str, Count] = key(
        "Its own posts by kind: " + ", ".join(EVENT_POSTS) + ".", {}, example="{medical = 2, exit = 4}"
    )
    officers: Count = key("People at a post.", 2)
    reach_m: Annotated[float, Range(least=50, most=5000)] = key(
        "Metres around the place in which its posts stand.", 300.0
    )
    units_share: Part = key("Share of the patrol units on duty that it binds.", 0.0)

    def check(self, path: Path) -> None:
        """Raise when it does not end, or asks for what is not offered for its kind."""
        where = f"{path}: events {self.name!r}"
        for said, text in (("start", self.start), ("end", self.end)):
            check_date(text, f"{where}: {said}")
        if self.end <= self.start:
            raise DataError(f"{where}: end = {self.end!r} must be after start = {self.start!r}.")
        if self.hours is not None and not (len(self.hours) == 2 and all(re.fullmatch(CLOCK, h) for h in self.hours)):
            raise DataError(f'{where}: hours = {self.hours!r} must be two clock times, such as ["07:00", "08:30"].')
        for post in self.posts:
            check_choice(post, EVENT_POSTS, f"{where}: posts")
            if self.kind in GATHERINGS and post not in SAFETY_POSTS:
                raise DataError(self._refusal(where, repr(post)))
        if self.kind in GATHERINGS and self.calls:
            raise DataError(self._refusal(where, "calls, a forecast of the event,"))

    def _refusal(self, where: str, what: str) -> str:
        return (
            f"{where}: {what} is not offered for an event of the kind {self.kind!r}; only safety posts are: "
            f"{', '.join(SAFETY_POSTS)}. Nobody is watched, checked or forecast for gathering."
        )


CLOCK = r"([01]?\d|2[0-3]):[0-5]\d|24:00"
