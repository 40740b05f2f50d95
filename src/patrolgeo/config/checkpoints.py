"""What planners ask of checkpoints."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo.config.numbers import Count, Minutes
from patrolgeo.errors import DataError
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class CheckpointWish:
    """How many checkpoints meet the traffic, and within how many minutes border villages want both sides."""

    n: Count = key("How many staffed checkpoints on normal duty, the existing ones included.", example="6")
    border_minutes: Minutes = key(
        "A border village wants someone from both sides within so many minutes.", example="30.0"
    )
    purpose: str = key("What the checkpoints are for, in one sentence.", example='"safety on the mountain roads"')
    basis: str = key("The law or order that they rest on.", example='"order 3 of 2 January 2026 of the county"')
    valid_until: str = key("Until when they may stand.", example='"2026-06-30"')
    officers: Count = key("Officers at a checkpoint at a time, around the clock.", 2)
    border_posts: Annotated[int, Range(least=0, most=100_000)] = key(
        "Further posts that may be set up at border villages.", 0
    )
    grades: dict[str, Count] = key(
        "Numbers on higher duty: posts are added, none is moved.", {}, example="{raised = 12, highest = 18}"
    )
    key_kinds: list[str] | None = key(
        "Kinds of [places] that have a checkpoint within `key_minutes` before any is put on traffic.",
        None, example='["hospital"]',
    )  # fmt: skip
    key_minutes: Minutes = key("Minutes within which a place of `key_kinds` has a checkpoint.", 10.0)

    def check(self, path: Path) -> None:
        """Raise when the grades do not rise."""
        sizes = [self.n, *self.grades.values()]
        if self.grades and ("normal" in self.grades or sizes != sorted(set(sizes))):
            raise DataError(
                f"{path}: checkpoints.grades = {self.grades} must name rising numbers above n = {self.n}, such as "
                f"raised = {2 * self.n}."
            )
