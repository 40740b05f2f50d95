"""What planners ask of cameras, and what they owe the people who live there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from patrolgeo.config.numbers import Count
from patrolgeo.config.said import check_date, check_said
from patrolgeo.toml_tables import Range, key


@dataclass(frozen=True, kw_only=True)
class CameraWish:
    """How many cameras, what for, where; who was asked."""

    n: Count = key("How many cameras.", example="10")
    purpose: str = key("What they are for, in one sentence; stands on every sheet.", example='"thefts at the markets"')
    operator: str = key(
        "Who runs them and where people object, with a telephone number; stands on every sheet and sign.",
        example='"County police office, tel. 0770 000 000"',
    )
    keep_days: Annotated[int, Range(least=1, most=3660)] = key("Days for which pictures are kept.", 30)
    range_m: Annotated[float, Range(above=0, most=1000)] = key("Metres that a camera sees along a road.", 80.0)
    road_classes: list[str] | None = key(
        "Classes of [roads] along which a camera may stand; without it all.", None, example='["national", "provincial"]'
    )
    kinds: list[str] | None = key(
        "Kinds of [places] at which a camera may stand too, off those roads.", None, example='["market", "bus station"]'
    )
    include: dict[str, str] = key(
        "Homes, worship and clinics are excluded within the range; kinds of them that are wanted all the same, each "
        "with the date of the consultation that agreed to it.",
        {}, example='{clinic = "2026-05-01"}',
    )  # fmt: skip
    consulted: dict[str, str] = key(
        "Dates of consultations by camera (its id, from an earlier run); on the sheets of the others it is still to be "
        "held.",
        {}, example='{"8c41a2d6a9b1dff" = "2026-05-01"}',
    )  # fmt: skip

    def check(self, path: Path) -> None:
        """Raise when a sentence is empty, or a date of a consultation is none."""
        for name in ("purpose", "operator"):
            check_said(getattr(self, name), f"{path}: cameras.{name}")
        for name in ("include", "consulted"):
            for of, date in getattr(self, name).items():
                check_date(date, f"{path}: cameras.{name}.{of}")
