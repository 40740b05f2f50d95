"""What planners ask of posts, and of the forces that man them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo.config.numbers import Count, Hours, Minutes
from patrolgeo.errors import MissingColumnError
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class SiteWish:
    """How many posts, how many minutes each may reach, and what they are to be near."""

    n: Count | None = key("How many posts and booths; needed unless by_hand says where they stand.", None, example="12")
    reach_minutes: Minutes = key("Minutes that a post may reach. A preset sets it.", example="15.0")
    kinds: list[str] | None = key(
        "Kinds of [places] that may take a post; without it all.", None, example='["school", "market"]'
    )
    by_hand: list[str] | None = key(
        "Cells in which the posts stand, put there by hand (`patrolgeo app` writes it); n and kinds say nothing then.",
        None, example='["8840288c4dfffff"]',
    )  # fmt: skip
    max_candidates: Count = key("Where there are more places, those with most demand around them are looked at.", 500)
    demand: str = key(
        'What the posts cover: "risk", "residents", "calls", or a column of counts of [population].',
        "risk", example='"residents"',
    )  # fmt: skip

    def check(self, path: Path) -> None:
        """Raise when nothing says how many posts there are."""
        if self.n is None and self.by_hand is None:
            raise MissingColumnError(f"{path}: [sites] lacks n. n: How many posts and booths.")


@dataclass(frozen=True, kw_only=True)
class StrengthWish:
    """What the plan asks of the forces, held against [forces]."""

    roles: list[str] | None = key(
        "Roles of [forces] that count; without it all dedicated ones but auxiliaries, who do not work alone.",
        None, example='["station"]',
    )  # fmt: skip
    unit_officers: Count = key("Officers of a patrol unit.", 2)
    post_officers: Count = key("Officers of a post.", 2)
    post_hours: Hours = key("Hours a day that a post is staffed.", 8.0)
    days_worked: Annotated[float, Range(above=0, most=366)] | None = key(
        "Days a year that an officer works; without it 220, or fewer where shift_hours are more than 8 (1,760 hours).",
        None, example="220.0",
    )  # fmt: skip
